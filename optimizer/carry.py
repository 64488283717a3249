"""Foreign files in a folder that is replaced: they are carried over into the new folder and never deleted.

The files are linked into the new folder before it replaces the old one, so that they always exist and nothing is
copied. Files that appear in the old folder in the meantime are moved when it is removed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

KEPT = "kept"  # folder for foreign files whose name the new folder uses itself
Parts = tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of folder that capopt writes.

    Attributes
    ----------
    head : str
        File that marks the folder as one of this kind; written last.
    is_ours : callable
        Whether capopt writes a file, by the parts of its path below the folder.
    folders : frozenset of str
        Folders in it that capopt writes.
    misleads : callable
        Whether a foreign file would be read as one of ours.
    """

    head: str
    is_ours: Callable[[Parts], bool]
    folders: frozenset[str] = frozenset()
    misleads: Callable[[Parts], bool] = lambda _: False

    def has_folder(self, parts: Parts) -> bool:
        """Whether capopt writes this folder."""
        return len(parts) == 1 and parts[0] in self.folders


def carry(old: Path, draft: Path, kind: Kind, strict: bool = False) -> dict[Parts, Parts]:
    """Link the foreign files of an old folder into a new one.

    Parameters
    ----------
    old, draft : Path
        The two folders.
    kind : Kind
        Kind of the folder.
    strict : bool
        Whether a file that can neither be linked nor copied is an error; otherwise it stays in the old folder.

    Returns
    -------
    dict
        New paths of the files by their old paths, as parts below the folders.

    Raises
    ------
    OSError
        If `strict`, and a file cannot be carried over.
    """
    carried: dict[Parts, Parts] = {}

    def folder(parts: Parts, into: Parts) -> None:
        for entry in _entries(old.joinpath(*parts), kind.head):
            mine, mode = (*parts, entry.name), entry.stat(follow_symlinks=False).st_mode
            if stat.S_ISREG(mode) and kind.is_ours(mine):
                continue
            if stat.S_ISDIR(mode) and kind.has_folder(mine):
                folder(mine, mine)
                continue
            place = free_place(draft, mine, (*into, entry.name), kind)
            try:
                _link(Path(entry.path), draft.joinpath(*place), mode)
                carried[mine] = place
                if stat.S_ISDIR(mode):
                    folder(mine, place)
            except OSError:
                if strict:
                    raise

    folder((), ())
    return carried


def clear(old: Path, kind: Kind, carried: dict[Parts, Parts], new: Path) -> str:
    """Remove an old folder; move foreign files that have not been carried over into the new one.

    Parameters
    ----------
    old, new : Path
        The two folders.
    kind : Kind
        Kind of the folder.
    carried : dict
        As returned by :func:`carry`.

    Returns
    -------
    str
        ``""``, or the first reason why a file stays.
    """
    reasons: list[str] = []

    def entry_of(entry: os.DirEntry[str], mine: Parts, place: Parts) -> None:
        mode = entry.stat(follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode) and (kind.has_folder(mine) or new.joinpath(*place).is_dir()):
            folder(mine, place)
        elif (stat.S_ISREG(mode) and kind.is_ours(mine)) or _is_there(entry, new, place):
            os.unlink(entry.path)
        else:
            _move(Path(entry.path), new.joinpath(*free_place(new, mine, place, kind)))

    def folder(parts: Parts, there: Parts) -> None:
        for entry in _entries(old.joinpath(*parts), kind.head)[::-1]:  # the head first: the rest is not a plan any more
            mine = (*parts, entry.name)
            try:
                entry_of(entry, mine, carried.get(mine, (*there, entry.name)))
            except OSError as error:
                reasons.append(f"{entry.name}: {error.strerror or error}")
        with contextlib.suppress(OSError):
            os.rmdir(old.joinpath(*parts))

    folder((), ())
    return reasons[0] if reasons else ""


def free_place(root: Path, parts: Parts, wanted: Parts, kind: Kind) -> Parts:
    """Return the new path of a foreign file: its own, or one in `KEPT` if that is in use or would be misread."""
    if not os.path.lexists(root.joinpath(*wanted)) and not kind.misleads(wanted):
        return wanted
    place, number = (KEPT, *parts), 1
    while os.path.lexists(root.joinpath(*place)):
        number += 1
        place = (KEPT, *parts[:-1], f"{number}-{parts[-1]}")
    return place


def _entries(folder: Path, head: str) -> list[os.DirEntry[str]]:
    """Return the entries of a folder by name, the head last."""
    with os.scandir(folder) as found:
        return sorted(found, key=lambda entry: (entry.name == head, entry.name))


def _link(source: Path, place: Path, mode: int) -> None:
    """Link an entry to a second path: a folder as a new one, a file by a hard link or a copy."""
    place.parent.mkdir(parents=True, exist_ok=True)
    if stat.S_ISDIR(mode):
        os.mkdir(place)
        shutil.copystat(source, place)
    elif stat.S_ISLNK(mode):
        os.symlink(os.readlink(source), place)
    else:
        try:
            os.link(source, place, follow_symlinks=False)
        except (OSError, NotImplementedError):
            _copy(source, place, mode)


def _copy(source: Path, place: Path, mode: int) -> None:
    """Copy a file where the system has no hard links."""
    if not stat.S_ISREG(mode):
        raise OSError(0, "it is not a file", str(source))
    try:
        shutil.copy2(source, place)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(place)
        raise


def _is_there(entry: os.DirEntry[str], new: Path, place: Parts) -> bool:
    """Whether the same file is in the new folder."""
    path = new.joinpath(*place)
    try:
        mine, other = entry.stat(follow_symlinks=False), os.lstat(path)
        if stat.S_ISLNK(mine.st_mode) and stat.S_ISLNK(other.st_mode):
            return os.readlink(entry.path) == os.readlink(path)
    except OSError:
        return False
    same = (mine.st_size, mine.st_mtime_ns) == (other.st_size, other.st_mtime_ns)
    return os.path.samestat(mine, other) or (same and stat.S_ISREG(mine.st_mode) and stat.S_ISREG(other.st_mode))


def _move(source: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    os.rename(source, place)

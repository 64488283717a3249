"""Atomic replacement of folders: the old one or the new one exists, complete, even after a crash.

The new folder is written as a draft next to the old one, locked by its run. Foreign files of the old folder are carried
over, the two are exchanged, and the old one is removed.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from optimizer import files
from optimizer.carry import Kind, carry, clear
from optimizer.exchange import OLD, exchange

MARK = ".draft"  # file that marks a draft; a replaced folder does not have it
ANY = "any"  # any content may be replaced
_TAKEN = (errno.EEXIST, errno.ENOTEMPTY, errno.EISDIR, errno.ENOTDIR)


@dataclass(frozen=True)
class Placed:
    """Location of a written folder.

    Attributes
    ----------
    folder : Path
        Its path.
    notes : tuple of str
        Remarks, in sentences.
    """

    folder: Path
    notes: tuple[str, ...] = ()


class NotPlaced(OSError):
    """A folder is complete but could not be put into its place; it is at `kept`."""

    def __init__(self, why: OSError, kept: Path) -> None:
        super().__init__(why.errno, f"{why.strerror or why}; what was written is complete in {kept}", why.filename)
        self.why, self.kept = why, kept


class Superseded(OSError):
    """The folder to replace has been replaced by another run."""


def replace_folder(target: Path, contents: Mapping[str, bytes], kind: Kind, expected: str = ANY) -> Placed:
    """Write a folder atomically, in the place of an earlier one of its kind.

    Parameters
    ----------
    target : Path
        Its path; missing folders are made. The target of a symbolic link is replaced, and the link stays.
    contents : mapping of str to bytes
        The files by their paths below the folder.
    kind : Kind
        Kind of the folder; foreign files of the earlier one are carried over.
    expected : str
        Fingerprint of the folder that may be replaced; another one is not changed.

    Returns
    -------
    Placed
        Its path, and remarks.

    Raises
    ------
    NotPlaced
        If it was written but could not be put into its place; it is complete under another name.
    OSError
        If it could not be written; nothing is changed then.
    """
    real = Path(os.path.realpath(target))
    ours = _with_mark(replace(kind, is_ours=lambda parts: kind.is_ours(parts) or "/".join(parts) in contents))
    notes = recover(target, kind)
    with _new_draft(real) as draft:
        _fill(draft.path, contents, kind.head)
        try:
            return Placed(target, (*notes, *_place(draft.path, real, ours, expected)))
        except OSError as error:
            draft.stays = True
            raise NotPlaced(error, _put_next_to(draft.path, real)) from error


def update_folder(target: Path, contents: Mapping[str, bytes], kind: Kind, expected: str) -> Placed:
    """Write files into an existing folder, all at once; its other files stay unchanged.

    Raises
    ------
    Superseded
        If the folder has been replaced in the meantime.
    OSError
        If it could not be written; nothing is changed then.
    """
    real = Path(os.path.realpath(target))
    only = replace(kind, is_ours=lambda parts: "/".join(parts) in contents, misleads=lambda _: False)
    with _new_draft(real) as draft:
        _fill(draft.path, contents, kind.head)
        return Placed(target, _place(draft.path, real, _with_mark(only), expected, strict=True))


def fingerprint(folder: Path, kind: Kind) -> str:
    """Return a hash of the head of a folder, which identifies its content; ``""`` if it has none."""
    try:
        return hashlib.sha256((folder / kind.head).read_bytes()).hexdigest()
    except OSError:
        return ""


def check_replaceable(real: Path, kind: Kind) -> None:
    """Refuse a path that is neither a folder of the kind nor an empty folder.

    Raises
    ------
    OSError
        If the path is refused.
    """
    if not real.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "it is not a folder", str(real))
    if not (real / kind.head).is_file() and os.listdir(real):
        raise FileExistsError(errno.EEXIST, "it is not empty and holds something else", str(real))


def check_place(target: Path) -> None:
    """Check that a folder can be written to a path, by making and removing a draft.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    real = Path(os.path.realpath(target))
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        os.stat(target)  # raises for a name that is too long or circular links
    if os.path.ismount(real):
        raise OSError(errno.EBUSY, "it is where a file system is mounted; name a folder below it", str(real))
    home = real.parent
    while not home.exists():
        home = home.parent
    if not home.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, "Not a directory; name another place", str(home))
    remedy = "; no folder can be made here, name another place"
    if not os.access(home, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, f"Permission denied{remedy}", str(home))
    probe = files.draft_of(home / real.name)
    try:
        os.mkdir(probe)
        os.rmdir(probe)
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror}{remedy}", str(home)) from error


# ---------------------------------------------------------------- a draft
def _with_mark(kind: Kind) -> Kind:
    return replace(kind, is_ours=lambda parts: parts == (MARK,) or kind.is_ours(parts))


@dataclass
class _Draft:
    """A new folder: its path, and whether it is kept."""

    path: Path
    stays: bool = False


@contextlib.contextmanager
def _new_draft(real: Path) -> Iterator[_Draft]:
    """Make a new folder next to another one, locked by this process; remove it at the end if it still exists."""
    real.parent.mkdir(parents=True, exist_ok=True)
    path = files.draft_of(real)
    with files.folder_lock(real.parent):
        os.mkdir(path)
        number = _locked(path)
    draft, made = _Draft(path), os.stat(path)
    try:
        yield draft
    finally:
        with contextlib.suppress(OSError):
            if not draft.stays and os.path.samestat(
                made, os.stat(path)
            ):  # and not the folder that it was exchanged with
                shutil.rmtree(path, ignore_errors=True)
        _unlock(number)


def _locked(folder: Path) -> int:
    """Open and lock a folder; return the file descriptor, -1 where folders cannot be opened."""
    try:
        number = os.open(folder, os.O_RDONLY)
    except OSError:
        return -1
    files.lock(number)
    return number


def _unlock(number: int) -> None:
    if number >= 0:
        os.close(number)


def _fill(draft: Path, contents: Mapping[str, bytes], head: str) -> None:
    """Write all files into a draft, the head last."""
    files.write_new(draft / MARK, b"")
    for name in sorted(contents, key=lambda name: name == head):
        (draft / name).parent.mkdir(parents=True, exist_ok=True)
        files.write_new(draft / name, contents[name])
    for folder in {(draft / name).parent for name in contents}:
        files.sync_folder(folder)


def _place(draft: Path, real: Path, kind: Kind, expected: str, strict: bool = False) -> tuple[str, ...]:
    """Put a draft into its place; return remarks on the earlier folder."""
    with files.folder_lock(real.parent):
        found = fingerprint(real, kind)
        if expected not in (ANY, found) and (found or strict):
            raise Superseded(0, "another run has written it in the meantime", str(real))
        if os.path.lexists(real):
            notes = _replace(draft, real, kind, strict)
        else:
            os.rename(draft, real)
            notes = ()
        with contextlib.suppress(OSError):
            os.unlink(real / MARK)
        files.sync_folder(real.parent)
    return notes


def _replace(draft: Path, real: Path, kind: Kind, strict: bool) -> tuple[str, ...]:
    """Exchange a draft with an earlier folder, and remove that."""
    check_replaceable(real, kind)
    carried = carry(real, draft, kind, strict)
    with contextlib.suppress(OSError):
        os.unlink(real / MARK)
    with contextlib.suppress(OSError):
        os.chmod(draft, stat.S_IMODE(os.stat(real).st_mode))
    number = _locked(real)
    try:
        old = exchange(draft, real)
        why = clear(old, kind, carried, real)
    finally:
        _unlock(number)
    note = f"what was in {real} before could not be deleted ({why}): what is left of it is in {old}; delete it"
    return (note,) if why else ()


def _put_next_to(draft: Path, real: Path) -> Path:
    """Give a complete draft a visible name next to its place; return its path."""
    stem = os.fsdecode(os.fsencode(real.name)[:200])
    for number in range(2, 10_000):
        path = real.with_name(f"{stem}-{number}")
        if os.path.lexists(path):
            continue
        try:
            os.rename(draft, path)
        except OSError as error:
            if error.errno in _TAKEN:  # another run has just taken the name
                continue
            return draft
        with contextlib.suppress(OSError):
            os.unlink(path / MARK)
        return path
    return draft


# ---------------------------------------------------------------- leftovers of killed runs
def recover(target: Path, kind: Kind) -> tuple[str, ...]:
    """Clean up the leftovers of killed runs next to a folder, without touching those of active runs.

    A missing folder that was being replaced is restored. A complete draft gets a visible name. Incomplete drafts, and
    folders that were replaced already, are removed.

    Returns
    -------
    tuple of str
        Remarks, in sentences.
    """
    real = Path(os.path.realpath(target))
    drafts = [path for path in files.drafts_of(real) if path.is_dir() and not path.is_symlink()]
    if not drafts:
        return ()
    with files.folder_lock(real.parent) as alone:
        left = [path for path in drafts if alone and _is_abandoned(path, real)]
        return tuple(filter(None, (_recovered(path, real, _with_mark(kind)) for path in left)))


def _is_abandoned(path: Path, real: Path) -> bool:
    """Whether no run uses a draft: it is not locked, and it is old or its place is empty."""
    if not files.is_abandoned(path):
        return False
    with contextlib.suppress(OSError):
        newest = max(os.lstat(one).st_mtime for one in (path, *path.iterdir()))
        return time.time() - newest > files.AGE or (path.name.endswith(OLD) and not os.path.lexists(real))
    return False


def _recovered(path: Path, real: Path, kind: Kind) -> str:
    """Clean up one leftover; return a remark on it."""
    with contextlib.suppress(OSError):
        os.rmdir(path)  # if it is empty
        return ""
    complete = (path / kind.head).is_file()
    if (path / MARK).exists():
        if complete:
            return f"a run that was cut off had left a complete folder for {real}; it is now {_put_next_to(path, real)}"
        shutil.rmtree(path, ignore_errors=True)
        return ""
    if complete and not os.path.lexists(real):
        os.rename(path, real)
        return f"a run that was cut off had moved {real} away; it is back"
    if (real / kind.head).is_file() and (why := clear(path, kind, {}, real)):
        return f"{path}, which a run that was cut off has left, could not be deleted ({why}); delete it"
    return ""


def restore(target: Path, kind: Kind) -> None:
    """Restore a folder that a killed run had moved away to replace it."""
    real = Path(os.path.realpath(target))
    olds = [path for path in files.drafts_of(real) if path.name.endswith(OLD)]
    if olds and not os.path.lexists(real):
        time.sleep(0.2)  # an active run needs less time than this
        recover(real, kind)

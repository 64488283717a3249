"""Atomic writing of files: a reader finds the old content or the new one, even after a crash.

The content is written to a draft in the same folder, synchronised to the disk, and renamed to the file.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import stat
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_fcntl: Any = None
with contextlib.suppress(ImportError):  # not on Windows: drafts of other runs cannot be recognised there
    import fcntl as _fcntl

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_LONGEST = 160  # bytes of the name in the name of a draft, so that it stays within the limit of the file system
AGE = 60.0  # seconds after which an unlocked draft counts as abandoned: other machines may not see locks
_PATIENCE = 10.0  # seconds to wait for another run that replaces a folder


def write_file(path: str | Path, content: str | bytes) -> Path:
    """Write a file atomically; an earlier one stays until the new one is complete.

    Parameters
    ----------
    path : str or Path
        File to write; missing folders are made. The target of a symbolic link is replaced, and the link stays. Devices
        and pipes are written to directly.
    content : str or bytes
        Text is written as UTF-8, with its line ends unchanged.

    Returns
    -------
    Path
        The path as given.

    Raises
    ------
    OSError
        If it cannot be written; nothing is changed then.
    """
    target = Path(path)
    return write_files(target.parent, {target.name: content})[0]


def write_files(folder: str | Path, contents: Mapping[str, str | bytes]) -> list[Path]:
    """Write files into a folder as :func:`write_file` does: all of them, or none if one cannot be written.

    Raises
    ------
    OSError
        If one cannot be written.
    """
    home = at = Path(folder)
    drafts: dict[Path, Path] = {}
    try:
        home.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            at = home / name
            data = content.encode() if isinstance(content, str) else content
            if _is_special(at):
                _write_through(at, data)
            else:
                drafts[_write_draft(at, data)] = at
        for draft, at in drafts.items():
            os.replace(draft, os.path.realpath(at))
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(at)) from error
    finally:
        for draft in drafts:
            with contextlib.suppress(OSError):
                os.unlink(draft)
    for parent in {draft.parent for draft in drafts}:
        sync_folder(parent)
    return [home / name for name in contents]


def _write_draft(path: Path, data: bytes) -> Path:
    """Write the draft of a file, with its permissions, in the folder that really contains the file."""
    real = Path(os.path.realpath(path))
    _remove_abandoned(real)
    draft = draft_of(real)
    try:
        write_new(draft, data)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise
    with contextlib.suppress(OSError):
        os.chmod(draft, stat.S_IMODE(os.stat(real).st_mode))
    return draft


def write_new(path: Path, data: bytes) -> None:
    """Write a new file and synchronise it to the disk."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        lock(number)
        _write_all(number, data)
        os.fsync(number)
    finally:
        os.close(number)


def _write_all(number: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(number, rest) :]


def _is_special(path: Path) -> bool:
    """Whether a path is a device, a pipe or one of the process's own streams."""
    if str(path.absolute()).startswith(("/dev/std", "/dev/fd/", "/proc/")):
        return True
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _write_through(path: Path, data: bytes) -> None:
    number = os.open(path, os.O_WRONLY)
    try:
        _write_all(number, data)
    finally:
        os.close(number)


def sync_folder(folder: Path) -> None:
    """Synchronise the entries of a folder to the disk, where the system supports it."""
    with contextlib.suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


# ---------------------------------------------------------------- drafts
def draft_of(path: Path) -> Path:
    """Return an unused path next to another one, which :func:`drafts_of` recognises."""
    return path.with_name(f"{_draft_prefix(path)}{secrets.token_hex(4)}")


def drafts_of(path: Path) -> list[Path]:
    """Return the drafts of a path, of active and of killed runs."""
    prefix = _draft_prefix(path)
    try:
        names = os.listdir(path.parent)
    except OSError:
        return []
    return [path.with_name(name) for name in sorted(names) if name.startswith(prefix)]


def _draft_prefix(path: Path) -> str:
    return f".{os.fsdecode(os.fsencode(path.name)[:_LONGEST])}.draft-"


def _remove_abandoned(path: Path) -> None:
    """Remove the drafts that killed runs have left of a file; drafts of active runs stay."""
    for draft in drafts_of(path):
        with contextlib.suppress(OSError):
            status = os.lstat(draft)
            if stat.S_ISREG(status.st_mode) and time.time() - status.st_mtime > AGE and is_abandoned(draft):
                os.unlink(draft)


# ---------------------------------------------------------------- locks, which end with their process
def lock(number: int) -> bool:
    """Lock an open file or folder for this process; False if another process has locked it or locks do not work."""
    if _fcntl is None:
        return False
    try:
        _fcntl.flock(number, _fcntl.LOCK_EX | _fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def is_abandoned(path: Path) -> bool:
    """Whether no run uses a draft any more; False if that cannot be determined."""
    try:
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return False
    try:
        return lock(number)
    finally:
        os.close(number)


@contextlib.contextmanager
def folder_lock(folder: Path) -> Iterator[bool]:
    """Lock a folder against replacements by other runs; yield False if the lock was not available in time."""
    try:
        number = os.open(folder, os.O_RDONLY)
    except OSError:
        yield False
        return
    try:
        end, found = time.monotonic() + _PATIENCE, lock(number)
        while not found and _fcntl is not None and time.monotonic() < end:
            time.sleep(0.01)
            found = lock(number)
        yield found
    finally:
        os.close(number)


# ---------------------------------------------------------------- signals
@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Delay Ctrl-C and SIGTERM until the end of a block."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for request in came[:1]:
            signal.raise_signal(request)

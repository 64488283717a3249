"""Exchange of two paths: in one step where the system supports it, otherwise in two reversible steps."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from functools import cache
from pathlib import Path
from typing import Any

_HERE = -100  # AT_FDCWD of Linux
_SWAP = 2  # RENAME_EXCHANGE of Linux, RENAME_SWAP of macOS
OLD = ".old"  # at the end of the name of an earlier folder, where two steps are needed
_CANNOT = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EXDEV)


def exchange(draft: Path, target: Path) -> Path:
    """Put a draft into the place of a folder; return where the earlier folder is now.

    Where the system cannot exchange two names, the earlier folder is moved first, to the path of the draft with
    `OLD` at its end: a run that is killed between the two steps leaves it there, complete.

    Raises
    ------
    OSError
        If the exchange fails; both paths are then unchanged.
    """
    if _swap(draft, target):
        return draft
    old = draft.with_name(f"{draft.name}{OLD}")
    os.rename(target, old)
    try:
        os.rename(draft, target)
    except BaseException:
        os.rename(old, target)
        raise
    return old


def _swap(a: Path, b: Path) -> bool:
    """Exchange two paths in one step; False if the system or file system does not support it."""
    call = _system_call()
    if call is None:
        return False
    if call(os.fsencode(a), os.fsencode(b)) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT:
        return False
    raise OSError(number, os.strerror(number), str(b))


@cache
def _system_call() -> Any:
    """Return the system call that exchanges two paths; None if there is none."""
    system: str = sys.platform
    try:
        library = ctypes.CDLL(None, use_errno=True)
        if system == "linux":
            renameat2 = library.renameat2
            return lambda a, b: renameat2(_HERE, a, _HERE, b, _SWAP)
        if system == "darwin":
            renamex = library.renamex_np
            return lambda a, b: renamex(a, b, _SWAP)
    except (OSError, AttributeError, TypeError):
        return None
    return None

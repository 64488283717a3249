"""Two paths that change places in one step, where the system can do that; else in two, with a way back."""

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
    """Put a draft into the place of a folder; returns where the earlier folder is now.

    Where the system cannot exchange two names, the earlier folder is moved first, to the path of the draft with
    `OLD` at its end: whoever is cut off between the two steps leaves it there, complete.

    Raises
    ------
    OSError
        If it cannot be done; both are where they were then.
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
    """Exchange two paths in one step; False if this system or file system cannot."""
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
    """What exchanges two paths, None where there is nothing."""
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

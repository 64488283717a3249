"""Versions of the package and of its libraries, also without installed metadata."""

from __future__ import annotations

from functools import cache
from importlib import import_module, metadata

from optimizer import __version__


@cache
def version_of(name: str) -> str:
    """Look up the version of a distribution.

    Parameters
    ----------
    name : str
        Name of the distribution; its module has the same one.

    Returns
    -------
    str
        Version of the installed metadata; without metadata, as in a checkout that is not installed, ``__version__`` of
        the module; ``"unknown"`` if it has none.
    """
    if name == "capopt":
        return __version__
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return _of_module(name)


def _of_module(name: str) -> str:
    try:
        module = import_module(name)
    except ImportError:
        return "unknown"
    return str(getattr(module, "__version__", "unknown"))

"""Versions of the package and of the libraries it runs on, also where no metadata of theirs is installed."""

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
        From the installed metadata; of a checkout that is not installed, or of a library that came without metadata,
        what the module itself says; ``"unknown"`` if it says nothing.
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

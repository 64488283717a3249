"""Find the shipped examples, and the INSTANCE of the command line."""

from __future__ import annotations

import difflib
from pathlib import Path

from optimizer.errors import Fault, InstanceError


def examples_folder() -> Path:
    """Folder with the shipped examples: ``instances/`` of a checkout, or what an installed package carries."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "_instances", package.parent / "instances"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"{package} has no instances/: the installation is incomplete; install capopt again")


def example_names() -> list[str]:
    """Names of the shipped examples, in order."""
    return sorted(entry.parent.name for entry in examples_folder().glob("*/instance.toml"))


def find_example(name: str) -> Path:
    """Folder of a shipped example.

    Parameters
    ----------
    name : str
        Name of the example.

    Raises
    ------
    InstanceError
        If no example has this name; the message lists the examples.
    """
    names = example_names()
    if name in names:
        return examples_folder() / name
    raise _unknown(name, f"there is no shipped example of this name; there are {', '.join(names)}.", names)


def find_instance(name: str) -> Path:
    """Path of what INSTANCE means on the command line: a folder or workbook that exists, or a shipped example.

    Parameters
    ----------
    name : str
        A path, or the name of an example. A path that exists comes first.

    Raises
    ------
    InstanceError
        If it is neither.
    """
    names = example_names()
    if _exists(name):
        return Path(name)
    if name in names:
        return examples_folder() / name
    problem = f"neither a folder or workbook nor a shipped example; the examples are {', '.join(names)}."
    raise _unknown(name, problem, names)


def _exists(name: str) -> bool:
    """Whether a path is there; one that the system cannot even look up is not, nor is no path at all."""
    try:
        return bool(name) and Path(name).exists()
    except (OSError, ValueError):
        return False


def _unknown(name: str, problem: str, names: list[str]) -> InstanceError:
    near = difflib.get_close_matches(name[:80], names, n=1)
    short = name if len(name) <= 80 else f"{name[:77]}..."
    return InstanceError([Fault(where=short or "''", value=short, problem=problem, nearest=near[0] if near else "")])

"""Bounds and integrality of variable families: what program.toml declares, and the functions of the rooms for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

Limits = Callable[..., tuple[float | None, float | None]]
_HOOKS = {"limits_": "bounds", "integer_": "integer"}  # prefixes of the functions, and what they declare


@dataclass(frozen=True)
class ColumnKind:
    """What the columns of a family are.

    Attributes
    ----------
    lower, upper : float or None
        Bounds; None where ``limits`` gives them by key.
    integer : bool or None
        Whether they are integers; None where ``integer_of`` says so by key.
    limits : callable or None
        Bounds by key, called with the program.
    integer_of : callable or None
        Whether a column is an integer, by key, called with the index.
    """

    lower: float | None = 0.0
    upper: float | None = float("inf")
    integer: bool | None = False
    limits: Limits | None = None
    integer_of: Callable[..., bool] | None = None


def column_kind(family: str, entry: Mapping[str, Any], room: ModuleType) -> ColumnKind:
    """Return what the columns of a family are, as declared.

    Parameters
    ----------
    family : str
        Its name.
    entry : mapping
        Its entry in program.toml.
    room : module
        The module with its functions.

    Raises
    ------
    LookupError
        If something is declared in words and no function gives it, or in numbers although a function does.
    """
    lower, upper = (None if isinstance(side, str) else float(side) for side in entry["bounds"])
    integer = None if isinstance(entry["integer"], str) else bool(entry["integer"])
    limits, integer_of = getattr(room, f"limits_{family}", None), getattr(room, f"integer_{family}", None)
    _agree(family, room, "limits_", limits is not None, None in (lower, upper))
    _agree(family, room, "integer_", integer_of is not None, integer is None)
    return ColumnKind(lower, upper, integer, limits, integer_of)


def _agree(family: str, room: ModuleType, hook: str, there: bool, declared: bool) -> None:
    """See that a function is there exactly where the declaration is in words."""
    if there == declared:
        return
    place = f"program.toml, [variables.{family}], {_HOOKS[hook]}"
    problem = "in words, and there is no function" if declared else "in numbers, and there is a function"
    raise LookupError(f"{place}: declared {problem} {hook}{family} in {room.__name__}; declare what is built")


def check_hooks(contents: Mapping[str, Any], rooms: Mapping[str, ModuleType]) -> None:
    """See that every function for bounds or integrality belongs to a variable of its room.

    Raises
    ------
    LookupError
        If one does not, such as one with its name misspelt: nothing would ever call it.
    """
    for name, room in rooms.items():
        for hook, family in _hooks(room):
            if contents["variables"].get(family, {}).get("room") != name:
                raise LookupError(
                    f"{room.__name__}.{hook}{family}: program.toml declares no variable {family} in room {name}; "
                    f"name the function after the variable it belongs to"
                )


def _hooks(room: ModuleType) -> Iterator[tuple[str, str]]:
    """Beginning and family of every function of a room for bounds or integrality."""
    for name in vars(room):
        for hook in _HOOKS:
            if name.startswith(hook):
                yield hook, name.removeprefix(hook)

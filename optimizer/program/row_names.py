"""Names of rows and columns: family, key, and the items in their index without the months."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from optimizer.program.program_data import key_parts
from optimizer.schema import program_contents


def family_of(component: Any) -> str:
    """Return the family of a row or column; ``""`` if it was added to the program.

    A row or column is a pair of family and key, an addition, or a component of the Pyomo model.
    """
    if component.__class__ is tuple:
        return str(component[0])
    parent = getattr(component, "parent_component", None)
    name = parent().local_name if parent is not None else ""
    contents = program_contents()
    return name if name in contents["constraints"] or name in contents["variables"] else ""


def key_of(component: Any) -> tuple[Any, ...]:
    """Return the key of a row or column as a tuple; for an addition, its name."""
    if component.__class__ is tuple:
        return key_parts(component[1])
    index = getattr(component, "index", None)  # of a component of the Pyomo model
    return (str(component.name),) if index is None else key_parts(index())


def name_of(component: Any) -> str:
    """Return the name of a row or column in the Pyomo model: ``demand_met[chat,3]``."""
    if component.__class__ is not tuple:
        return str(component.name)
    family, key = component
    return f"{family}[{','.join(map(str, key_parts(key)))}]" if key is not None else str(family)


def kinds_of(family: str) -> tuple[str, ...]:
    """Return the kind of each position of a family's index."""
    contents = program_contents()
    return tuple((contents["constraints"].get(family) or contents["variables"][family])["index"])


def defines(component: Any) -> bool:
    """Return whether a row only defines a quantity."""
    family = family_of(component)
    return bool(family and program_contents()["constraints"].get(family, {}).get("defines", False))


def item_group(component: Any) -> Hashable:
    """Return family and index without months; for an addition, its identity."""
    family = family_of(component)
    if not family:
        return id(component)
    kinds = kinds_of(family)
    return family, tuple(part for kind, part in zip(kinds, key_of(component), strict=True) if kind != "month")

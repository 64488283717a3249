"""What rows and bounds of the program say to a planner, with the table rows they come from."""

from __future__ import annotations

from typing import Any

from optimizer.program.build import Program
from optimizer.schema import program_contents


def label(program: Program, component: Any) -> str:
    """Sentence for a constraint, or for the bounds of a variable, and the table rows behind it.

    Parameters
    ----------
    program : Program
        The program the component belongs to.
    component : ConstraintData, VarData or str
        A row, or a column whose bounds are meant; a row that was added to the arrays says it itself.
    """
    if isinstance(component, str):
        return component
    contents = program_contents()
    family = component.parent_component().local_name
    entry = contents["constraints"].get(family) or contents["variables"].get(family)
    if entry is None:
        return f"{component.name} (added to the model)"
    index = component.index()
    key = index if isinstance(index, tuple) else (index,)
    names = [
        program.instance.label(part) if kind == "month" else str(part)
        for kind, part in zip(entry["index"], key, strict=False)
    ]
    sources = _sources(program, entry.get("tables", {}), names)
    return str(entry["says"]).format(*names) + (f" ({'; '.join(sources)})" if sources else "")


def _sources(program: Program, tables: dict[str, int], names: list[str]) -> list[str]:
    """Table rows that a component comes from: those that name its item."""
    found = []
    for table, position in tables.items():
        wanted = {names[position], names[position].split("/")[0]}
        rows = program.instance.rows[table]
        places = [i for i, row in enumerate(rows) if wanted & set(_texts(row))]
        if places:
            more = f" and {len(places) - 3} more" if len(places) > 3 else ""
            found.append(", ".join(program.instance.place(table, i) for i in places[:3]) + more)
    return found


def _texts(row: Any) -> list[str]:
    """First text cells of a row: what names it or what it belongs to."""
    return [value for value in list(dict(row).values())[:1] if isinstance(value, str)]

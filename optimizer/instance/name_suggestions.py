"""Names offered in place of an unknown one: near ones, those that contain it, and those of a party so called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from optimizer.instance.name_text import difference
from optimizer.instance.raw import nearest, plain
from optimizer.schema import load_schema

if TYPE_CHECKING:
    from optimizer.instance.instance import Instance

_MOST = 3  # names that are offered
_LEAST = 3  # letters of a name from which on names that contain it are offered


def suggestions(name: str, names: Iterable[str], parties: Mapping[str, str] | None = None) -> list[str]:
    """Return the names that may be meant by an unknown one, the most likely first.

    Parameters
    ----------
    name : str
        Unknown name.
    names : iterable of str
        Known names.
    parties : mapping of str to str, optional
        Party of items by name: those of ``names`` whose party is called ``name`` are offered.
    """
    known, text = list(dict.fromkeys(names)), plain(name)
    found = [near] if (near := nearest(name, known)) else []
    if len(text) >= _LEAST:
        found += sorted((other for other in known if text in plain(other)), key=len)
        found += [other for other in known if parties and plain(parties.get(other, "")) == text]
    return list(dict.fromkeys(found))[:_MOST]


def did_you_mean(name: str, names: Iterable[str], parties: Mapping[str, str] | None = None) -> str:
    """Return a question with what :func:`suggestions` finds, after a blank; ``""`` if that is nothing."""
    found = suggestions(name, names, parties)
    if not found:
        return ""
    alike = difference(name, found[0])
    quoted = [repr(other) for other in found]
    listed = f"{', '.join(quoted[:-1])} or {quoted[-1]}" if len(quoted) > 1 else quoted[0]
    return f"{f' {alike}' if alike else ''} Did you mean {listed}?"


def parties_of(instance: Instance) -> dict[str, str]:
    """Return the party of every item that has one, by the item's name."""
    columns = {name: table.party_column for name, table in load_schema().tables.items() if table.party_column}
    items = ((item, row, column) for name, column in columns.items() for item, row in instance.named[name].items())
    return {item: str(getattr(row, column)) for item, row, column in items}

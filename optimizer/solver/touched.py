"""Which rows of the program are to be written anew after edits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from optimizer.program.commitments import COUNTED
from optimizer.program.money import kinds_of
from optimizer.program.parts import Parts
from optimizer.schema import IN_HOUSE
from optimizer.solver.effects import Touched

Places = dict[int | None, set[str]]  # names by their position in the index of a family; None: all of it


def families(touched: Iterable[Touched], kind: str) -> dict[str, Places]:
    """Families that edits touch: of rows, or of variables by their bounds."""
    found: dict[str, Places] = {}
    for effect, names in touched:
        for family, position in getattr(effect, kind).items():
            found.setdefault(family, {}).setdefault(position, set()).update(names)
    return found


def is_touched(key: Any, places: Places) -> bool:
    """Whether a key of a family is among what is touched."""
    parts = key if isinstance(key, tuple) else (key,)
    return any(position is None or parts[position] in items for position, items in places.items())


def rows_touched(m: Parts, touched: list[Touched]) -> Iterator[tuple[str, Any]]:
    """Constraints to be written anew, by family and key.

    Parameters
    ----------
    m : Parts
        The program with the new data.
    touched : list
        What the edits touch.
    """
    found = families(touched, "rows")
    terms = {term for effect, _ in touched for term in effect.terms}
    items = {name for effect, names in touched if effect.terms for name in names}
    parties = _parties(m.ix, items)
    budgets = {name for name, row in m.budgets.items() if terms & set(kinds_of(row))}
    _add(found, "budget_limit", budgets)
    _add(found, "spend_balance", parties if terms & set(COUNTED) else set())
    _add(found, "own_rule", _rules(m.ix, touched, items | parties | _sites(m.ix, items)))
    for family, places in found.items():
        for key in m.rows[family]:
            if is_touched(key, places):
                yield family, key


def _add(found: dict[str, Places], family: str, names: set[str]) -> None:
    if names:
        found.setdefault(family, {}).setdefault(0, set()).update(names)


def _parties(ix: Any, items: set[str]) -> set[str]:
    """Parties that are paid for items, or pay for them."""
    found = {IN_HOUSE} if items else set()
    for item in items:
        if item in ix.agreements:
            found.add(ix.agreements[item].party)
        elif item in ix.offers:
            found.add(ix.offers[item].provider)
        elif item in ix.commitments:
            found.add(ix.commitments[item].provider)
    return found


def _sites(ix: Any, items: set[str]) -> set[str]:
    """Sites of builds and purchases."""
    rows = [table[item] for table in (ix.builds, ix.purchases) for item in items if item in table]
    return {row.site for row in rows}


def _rules(ix: Any, touched: list[Touched], paid: set[str]) -> set[str]:
    """The planner's own rules that count a quantity which is another now, or the money of something paid anew."""
    quantities = {quantity for effect, _ in touched for quantity in effect.quantities}
    return {
        term.rule
        for term in ix.rows["rule_terms"]
        if term.quantity in quantities or (term.quantity == "spend" and term.item in paid)
    }

"""The rule on constraints that were added to the program: what they come to is worked out from the tables again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.auditing.prices import Priced, paid_to
from optimizer.auditing.verdict import BLOCK, LARGEST, RELATIVE, Findings
from optimizer.format import number

Array = NDArray[Any]
Index = list[Any]
_BROKEN = (AttributeError, IndexError, KeyError, TypeError, ValueError)  # what a head that is not understood raises


def added_constraint(case: Priced, say: Findings) -> None:
    """A constraint that was added to the program holds, with the value that the tables give it."""
    part = case.head.get("added") or {"constraints": (), "variables": ()}
    try:
        own = {str(one["name"]): float(one["value"]) for one in part["variables"]}
        for one in part["constraints"]:
            _check(case, say, one, own)
    except _BROKEN as error:
        found = f"{type(error).__name__}: {error}"
        say.that(
            False, "added", "", found, "constraints and variables as a plan of an edited program has them expected"
        )


def _check(case: Priced, say: Findings, one: Mapping[str, Any], own: Mapping[str, float]) -> None:
    name, reported, size, floor = str(one["name"]), float(one["value"]), 0.0, 0.0
    parts = [_term(case, term, own) for term in one["terms"]]
    if None not in parts:
        pairs = [part for part in parts if part is not None]
        value, size = sum(amount for amount, _ in pairs), sum(abs(amount) for amount, _ in pairs)
        floor = sum(slack for _, slack in pairs)
        say.compare(reported, "=", value, "reported as value", name, "", floor=floor, relative_to=size)
    sides = [
        -np.inf if one["at_least"] is None else one["at_least"],
        np.inf if one["at_most"] is None else one["at_most"],
    ]
    slack = RELATIVE * (max(abs(side) for side in (reported, *sides) if abs(side) < LARGEST) + size) + max(
        floor, RELATIVE
    )
    low, high = sides
    say.that(
        reported >= low - slack, name, "", f"comes to {number(reported, 6)}", f"at least {number(low, 6)} required"
    )
    say.that(
        reported <= high + slack, name, "", f"comes to {number(reported, 6)}", f"at most {number(high, 6)} allowed"
    )


def _term(case: Priced, term: Mapping[str, Any], own: Mapping[str, float]) -> tuple[float, float] | None:
    """Amount of a term and what it may be off by; None of a variable that the tables do not determine."""
    coefficient, index = float(term["coefficient"]), term["index"]
    if index is None:
        return coefficient * own[term["variable"]], 0.0
    found = _FAMILIES.get(term["variable"])
    if found is None:
        return None
    value, kind = found
    amount = value(case, index)
    if np.isnan(amount):
        return None
    slack = {"block": BLOCK, "money": case.money_floor, "work": case.work_floor}.get(kind, case.accelerator_floor)
    return coefficient * float(amount), abs(coefficient) * slack


# ---------------------------------------------------------------- what the tables give, by family
def _month(case: Priced, index: Index) -> int:
    return case.facts.month_of[index[-1]]


def _monthly(values: Callable[[Priced, str], Array]) -> Callable[[Priced, Index], float]:
    """A family that has one value for each item and month."""
    return lambda case, index: float(values(case, index[0])[_month(case, index)])


def _firm(case: Priced, name: str) -> Array:
    """Blocks within their minimum term, by month."""
    stock, months = case.stocks[name], np.arange(case.facts.months)
    found: Array = stock.begun_by(months) - stock.begun_by(months - stock.agreement.term)
    return found


def _rows(table: str, *columns: str) -> Callable[[Priced, Index], float]:
    """Accelerators of the rows of a table about some names and a month."""

    def amount(case: Priced, index: Index) -> float:
        rows = case.tables[table]
        mine = rows.t == _month(case, index)
        for column, name in zip(columns, index[:-1], strict=True):
            mine &= rows[column] == name
        return float(rows["accelerators"][mine].sum())

    return amount


def _used(case: Priced, pool: str) -> Array:
    place = case.facts.names["pool"][pool]
    found: Array = case.used[place] + case.leased[place]
    return found


def _placed(case: Priced, index: Index) -> float:
    run, pool, size, _ = index
    place, t = case.facts.names["pool"][pool], _month(case, index)
    mine = [one for one in case.placements if (one.run, one.pool, one.start, one.before) == (run, place, t, None)]
    return float(sum(one.share for one in mine if abs(one.accelerators - one.share * size) <= RELATIVE * size))


def _reference(case: Priced, index: Index) -> float:
    worth = {row.accelerator: row.reference for row in case.facts.rows["accelerators"]}
    lasting = ((place, pool) for place, pool in enumerate(case.facts.pools) if pool.source != "on_demand")
    t = _month(case, index)
    return float(sum(case.capacity[place, t] * worth[pool.accelerator] for place, pool in lasting))


def _lots(case: Priced, purchase: str) -> Array:
    found: Array = case.installed(purchase) / case.facts.tables["purchases"][purchase].lot_size
    return found


def _violated(sense: str) -> Callable[[Priced, Index], float]:
    """By how much a rule is over or under its limit; of an equation the table gives both together."""

    def amount(case: Priced, index: Index) -> float:
        if case.facts.tables["rules"][index[0]].sense != sense:
            return float("nan")
        rows = case.tables["rules"]
        return float(rows["violation"][(rows["rule"] == index[0]) & (rows.t == _month(case, index))].sum())

    return amount


# Value by index and what kind of figure it is. Shortfalls of years that end together are one payment in the tables, and
# so are the two sides of an equation; of contracts with a minimum take the tables give the power of their site and the
# invoice. The value that the plan reports for constraints that count these is not checked.
_FAMILIES: dict[str, tuple[Callable[[Priced, Index], float], str]] = {
    "one": (lambda *_: 1.0, "block"),
    "ordered": (_monthly(lambda case, name: case.ordered[name]), "block"),
    "built": (_monthly(lambda case, name: np.cumsum(case.ordered[name])), "block"),
    "bought": (_monthly(lambda case, name: case.lots[name]), "block"),
    "installed": (_monthly(_lots), "block"),
    "started": (_monthly(lambda case, name: case.stocks[name].new_starts()), "block"),
    "ended": (_monthly(lambda case, name: case.stocks[name].new_handed), "block"),
    "in_force": (_monthly(lambda case, name: case.stocks[name].active), "block"),
    "delivered": (_monthly(lambda case, name: case.stocks[name].delivered()), "block"),
    "firm": (_monthly(_firm), "block"),
    "signed": (_monthly(lambda case, name: case.stocks[name].new_starts() > BLOCK), "block"),
    "option_open": (_monthly(lambda case, name: case.stocks[name].active > BLOCK), "block"),
    "allocated": (_rows("allocation", "demand", "pool"), "accelerators"),
    "leased": (_rows("leases", "outlet", "pool"), "accelerators"),
    "used": (_monthly(_used), "accelerators"),
    "unserved": (_monthly(lambda case, name: case.unserved[case.facts.names["workload"][name]]), "work"),
    "placed": (_placed, "block"),
    "not_run": (lambda case, index: 1.0 - sum(one.share for one in case.placements if one.run == index[0]), "block"),
    "committed": (_monthly(lambda case, name: case.committed[name]), "block"),
    "running": (_monthly(lambda case, name: case.running[name]), "block"),
    "spent": (_monthly(lambda case, name: np.cumsum(paid_to(case, name))), "money"),
    "reference_capacity": (_reference, "accelerators"),
    "emergency": (_rows("outages", "policy", "member", "workload", "pool"), "accelerators"),
    "over": (_violated("<="), "block"),
    "under": (_violated(">="), "block"),
}

"""Rules on the figures that the head shows first, each derived again from the tables and the instance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.auditing.headline import is_number, part
from optimizer.auditing.prices import Priced
from optimizer.auditing.tables import Table
from optimizer.auditing.verdict import Findings, rounding, total
from optimizer.cash_terms import terms_of_kind
from optimizer.format import number

Array = NDArray[Any]
Expected = tuple[float | int | str | None, float]  # a figure, and by how much it may be off

_EXACT = 1e-15  # a difference of two figures of the head
_MONTHS_AHEAD = 3
_POOLS = ("in_house", "contract", "on_demand")
_STOPS = ("gap_reached", "time_limit", "interrupted")
_SIZES = ("columns", "rows", "nonzeros", "integers")


def headline(case: Priced, say: Findings) -> None:
    """Every figure of the headline is what the tables and the bound make of it."""
    given, expected = part(case.head, "headline"), _headline(case)
    for key in (key for key in given if key not in expected):
        say.add(f"headline.{key}", "", repr(given[key]), "no such figure expected")
    for key, right in expected.items():
        if isinstance(right, dict):
            _each(say, f"headline.{key}", given.get(key), right)
        else:
            _agrees(say, f"headline.{key}", given, key, right)


def _each(say: Findings, name: str, given: Any, expected: Mapping[str, Expected]) -> None:
    """Compare the figures of a part of the headline."""
    found = given if isinstance(given, dict) else {}
    for key in (key for key in found if key not in expected):
        say.add(f"{name}.{key}", "", repr(found[key]), "no such figure expected")
    for key, right in expected.items():
        _agrees(say, f"{name}.{key}", found, key, right)


def _agrees(say: Findings, name: str, given: Mapping[str, Any], key: str, expected: Expected) -> None:
    """Compare one figure: null, a count or a month exactly, another number within its rounding."""
    found, (right, floor) = given.get(key), expected
    text = repr(found) if key in given else "missing"
    if right is None:
        say.that(key in given and found is None, name, "", text, "null expected")
    elif isinstance(right, int | str):
        say.that(type(found) is type(right) and found == right, name, "", text, f"{right} expected")
    else:
        good = is_number(found) and abs(found - right) <= floor
        say.that(good, name, "", text, f"{number(right, 6)} expected")


def _headline(case: Priced) -> dict[str, Expected | dict[str, Expected]]:
    """Figures of the headline, with what the rounding of the tables leaves open."""
    cash, service = case.tables["cash"], case.tables["service"]
    bound, cost = case.head.get("bound"), case.head.get("objective")
    wanted, missing = float(service["demand"].sum()), float(service["unserved"].sum())
    proven = bound if is_number(bound) else None
    saving = None if proven is None or not is_number(cost) else cost - proven
    share = missing / wanted if wanted else None
    acts = [row for row in case.decisions if row.verb != "expire"]
    return {
        "net_present_cost": total(cash["present_value"]),
        "bound": (None if proven is None else float(proven), 0.0),
        "gap_money": (saving, _EXACT * abs(cost) if is_number(cost) else 0.0),
        "cash_out": total(_paid(cash, *terms_of_kind("capex", "opex"))),
        "lease_out_revenue": total(-_paid(cash, *terms_of_kind("revenue"))),
        "unserved_share": (share, max(rounding(service[column]) for column in ("demand", "unserved"))),
        "unserved_penalty": total(_paid(cash, "unserved")),
        "peak_accelerators": _peaks(case.tables["capacity"], "accelerators"),
        "peak_mw": _peaks(case.tables["capacity"], "mw"),
        **_owed(case),
        "decisions": (len(acts), 0.0),
        "decisions_due_soon": (sum(row.t < _MONTHS_AHEAD for row in acts), 0.0),
    }


def _owed(case: Priced) -> dict[str, Expected]:
    """What is owed in the first month and at most, and what is due after the plan as of its last month."""
    table, last = case.tables["obligations"], case.facts.months - 1
    sums = [total(table["owed"][table.t == t]) for t in range(last + 1)]
    peak, off = max(sums)
    given = part(case.head, "headline").get("owed_peak_month")
    highest = [case.facts.label(t) for t, (owed, _) in enumerate(sums) if owed >= peak - off]  # in all but rounding
    month = given if isinstance(given, str) and given in highest else highest[0]
    return {
        "owed_at_start": sums[0],
        "owed_peak": (peak, off),
        "owed_peak_month": (month if peak else None, 0.0),
        "owed_after_horizon": total(table["owed_after_horizon"][table.t == last]),
    }


def _paid(cash: Table, *terms: str) -> Array:
    """Amounts of some cash terms."""
    found: Array = cash["amount"][np.isin(cash["term"].astype(str), terms)]
    return found


def _peaks(capacity: Table, column: str) -> dict[str, Expected]:
    """The most of a column in any month: of all pools, and of those of each source."""
    found: dict[str, Expected] = {}
    off = rounding(capacity[column])
    for source in ("total", *_POOLS):
        rows = np.ones(len(capacity), dtype=bool) if source == "total" else capacity["source"] == source
        by_month: dict[int, float] = {}
        for t, amount in zip(capacity.t[rows].tolist(), capacity[column][rows].tolist(), strict=True):
            by_month[t] = by_month.get(t, 0.0) + amount
        peak = max(by_month.values(), default=0.0)
        found[source] = peak, off * peak
    return found


def record(case: Priced, say: Findings) -> None:
    """What the tables do not determine is of its kind: why the search ended, the program's size, seconds, memory."""
    stopped = case.head.get("stopped")
    say.that(stopped in _STOPS, "stopped", "", repr(stopped), f"one of {', '.join(_STOPS)} expected")
    size = part(case.head, "size")
    good = {name: _is_count(size.get(name)) for name in _SIZES}
    for name, counted in good.items():
        say.that(counted, f"size.{name}", "", repr(size.get(name, "missing")), "a number of them expected")
    if all(good.values()):
        _fits(say, size)
    for key in ("seconds", "memory_mb"):
        for phase, value in part(case.head, key).items():
            measured = is_number(value) and value >= 0
            say.that(measured, f"{key}.{phase}", "", repr(value), "a number from 0 on expected")


def _fits(say: Findings, size: Mapping[str, int]) -> None:
    """Sizes fit one another."""
    most = {"integers": size["columns"], "nonzeros": size["columns"] * size["rows"]}
    for name, limit in most.items():
        say.that(size[name] <= limit, f"size.{name}", "", str(size[name]), f"at most {limit} allowed")


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0

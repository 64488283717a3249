"""MW drawn and billed of contracts with a minimum take, at the least cost for what their sites use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.program.build import Program
from optimizer.program.payments import mw_prices

Floats = NDArray[np.float64]


def settle_metered(program: Program, values: Floats, counted: Collection[int]) -> None:
    """Recompute, in ``values``, what is drawn and billed; the incumbent of a stopped search can bill more than it must.

    Where an own rule, a spend commitment or an added constraint can require more, the values of the solver stay.
    """
    m, index = program.parts, program.index
    if index.commitments or counted or any(term.quantity == "spend" for term in index.rows["rule_terms"]):
        return
    prices = {name: mw_prices(one) for name, one in index.agreements.items() if one.is_metered}
    sites: dict[tuple[str, int], list[str]] = defaultdict(list)
    for name, t in m.col["drawn"]:
        sites[index.agreements[name].row.site, t].append(name)
    for (site, t), names in sites.items():
        delivered = {name: _delivered(program, values, name, t) for name in names}
        _settle(program, values, t, delivered, _needed(program, values, site, t, names), prices)


def _delivered(program: Program, values: Floats, contract: str, t: int) -> float:
    """MW that a contract delivers, in the program's units."""
    row, drawn = program.parts.rows["drawn_delivered"][contract, t], program.parts.col["drawn"][contract, t]
    terms = zip(row.coefficients, row.columns, strict=True)
    return float(row.high) - sum(c * float(values[x]) for c, x in terms if x != drawn)


def _needed(program: Program, values: Floats, site: str, t: int, names: list[str]) -> float:
    """MW that a site needs of its contracts with a minimum take, in the program's units."""
    row, left = program.parts.rows["site_power"][site, t], program.index.share_left(site, t)
    drawn = {program.parts.col["drawn"][name, t] for name in names}
    terms = zip(row.coefficients, row.columns, strict=True)
    short = sum(c * float(values[x]) for c, x in terms if x not in drawn) - float(row.high)
    return max(short, 0.0) / left if left else 0.0


def _settle(
    program: Program, values: Floats, t: int, delivered: dict[str, float], needed: float, prices: dict[str, Any]
) -> None:
    """Draw what is needed: first what minimum takes bill anyway, then the cheapest."""
    col, agreements = program.parts.col, program.index.agreements
    least = {name: agreements[name].take * mw for name, mw in delivered.items()}
    more = max(needed - sum(least.values()), 0.0)
    for name in sorted(delivered, key=lambda name: float(prices[name][t])):
        extra = min(more, delivered[name] - least[name])
        drawn = min(needed, least[name] + extra)
        values[col["billed"][name, t]] = least[name] + extra
        values[col["drawn"][name, t]] = drawn
        more, needed = more - extra, needed - drawn

"""Accelerators at own sites: the fleet, and what is bought."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.program.decided import ordered_by
from optimizer.program.index import Index
from optimizer.program.program_data import ProgramData
from optimizer.program.row import Row
from optimizer.schema import IN_HOUSE


def sets(index: Index) -> dict[str, list[Any]]:
    """Index sets of this room."""
    installed = [(name, t) for name, months in index.installed_months.items() for t in months]
    fed = [name for name, pool in index.pools.items() if pool.source == IN_HOUSE and index.purchases_of.get(name)]
    return {
        "bought": [(name, t) for name, months in index.purchase_orders.items() for t in months],
        "installed": installed,
        "purchase_stock": installed,
        "purchase_total": [name for name, row in index.purchases.items() if row.max_total is not None],
        "in_house_capacity": [(name, t) for name in fed for t in np.flatnonzero(index.possible[name]).tolist()],
    }


def limits_bought(m: ProgramData, purchase: str, t: int) -> tuple[float, float | None]:
    """Bounds of ``bought``: at most ``max_per_month`` and ``max_total``."""
    row = m.index.purchases[purchase]
    given = [limit for limit in (row.max_per_month, row.max_total) if limit is not None]
    if not given:
        return 0.0, None
    lots = min(given) / row.lot_size
    return 0.0, float(np.floor(lots + 1e-9)) if row.integer else lots


def integer_bought(index: Index, purchase: str, t: int) -> bool:
    """Whether ``bought`` is an integer."""
    return bool(index.purchases[purchase].integer)


def purchase_stock(m: ProgramData, purchase: str, t: int) -> Row:
    """Lots installed are delivered and within their life.

    ``installed[k,t] = installed[k,t-1] + bought[k,t-lead] - bought[k,t-lead-life]`` for each purchase and month in
    which lots can be installed.
    """
    spec, installed = m.index.purchases[purchase], m.col["installed"]
    ordered = t - spec.lead_months
    stock = Row(_installed_before(m, purchase) if t == 0 else installed.get((purchase, t - 1), 0.0))
    stock.add(1, _lots(m, purchase, ordered)).less(_lots(m, purchase, ordered - spec.life_months))
    return Row(installed[purchase, t]).equals(stock)


def _lots(m: ProgramData, purchase: str, t: int) -> Row:
    """Lots ordered in a month, which can lie before the plan."""
    before = sum(order.blocks for order in m.index.orders_before[purchase] if order.month == t)
    return Row(float(before), m.col["bought"].get((purchase, t), 0.0))


def _installed_before(m: ProgramData, purchase: str) -> float:
    """Lots installed in the month before the plan."""
    row = m.index.purchases[purchase]
    ages = ((-1 - order.month - row.lead_months, order.blocks) for order in m.index.orders_before[purchase])
    return float(sum(blocks for age, blocks in ages if 0 <= age < row.life_months))


def purchase_total(m: ProgramData, purchase: str) -> Row:
    """A limit in all: ``sum(bought[k,t] over t) <= max_total / lot_size`` for each purchase with ``max_total``."""
    spec = m.index.purchases[purchase]
    bought = Row(*(m.col["bought"][purchase, t] for t in m.index.purchase_orders[purchase]))
    bought.add(1, ordered_by(m.index.orders_before[purchase], -1))
    return bought.at_most(spec.max_total / spec.lot_size)


def in_house_capacity(m: ProgramData, pool: str, t: int) -> Row:
    """Accelerators in use are there.

    ``used[p,t] <= fleet[p,t] + sum(lot_size[k] installed[k,t])`` for each pool that purchases feed and month in which
    it can have capacity, over these purchases.
    """
    unit = m.units.accelerators
    there = Row(float(m.index.fleet[pool][t]) / unit)
    for purchase in m.index.purchases_of[pool]:
        there.add(m.index.purchases[purchase].lot_size / unit, m.col["installed"].get((purchase, t), 0.0))
    return Row(m.col["used"].get((pool, t), 0.0)).at_most(there)

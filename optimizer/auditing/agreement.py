"""Contracts and outlets as the audit sees them: prices and ramps read from their step series."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optimizer.instance.instance import Instance

Array = NDArray[np.float64]
Steps = list[tuple[int, float]]


def values_at(steps: Steps, months: ArrayLike, before: float) -> Array:
    """Value of a step series in each of some months: of its last row up to then, or ``before`` its first."""
    if not steps:
        return np.full(np.shape(months), before, dtype=float)
    values = np.array([before, *(value for _, value in steps)], dtype=float)
    found: Array = values[np.searchsorted([month for month, _ in steps], months, side="right")]
    return found


def steps(rows: Iterable[tuple[str, int, float]]) -> dict[str, Steps]:
    """Step series by item, each in the order of months."""
    found: dict[str, Steps] = {}
    for item, month, value in rows:
        found.setdefault(item, []).append((month, value))
    return {item: sorted(series) for item, series in found.items()}


def interrupted(rows: Iterable[Any], months: NDArray[Any], column: str) -> Array:
    """Product of a fraction of the interruptions that cover each of some months."""
    found = np.ones(len(months))
    for row in rows:
        inside = (months >= row.from_) & (True if row.to is None else months <= row.to)
        found[inside] *= getattr(row, column)
    return found


@dataclass(frozen=True)
class Agreement:
    """A contract or an outlet, with its committed start if it is agreed already.

    Attributes
    ----------
    name, party : str
        Its name; its provider or tenant.
    outlet : bool
        Whether it leases out.
    row : Row
        Its row in the instance.
    units : float
        What one block costs or earns a month, per unit of price.
    prices, capacity_ramp, price_ramp : list of (month, value)
        Step series: of the price by month, of the fractions by age.
    interruptions : tuple of Row
        Its rows in the table.
    """

    name: str
    party: str
    outlet: bool
    row: Any
    units: float
    prices: Steps
    capacity_ramp: Steps
    price_ramp: Steps
    interruptions: tuple[Any, ...] = ()

    @property
    def committed(self) -> bool:
        """Whether it is agreed already."""
        return self.row.committed_blocks is not None

    @property
    def fixed(self) -> bool:
        """Whether it has a fixed term, else it is terminable."""
        return self.row.term_months is not None

    @property
    def term(self) -> int:
        """Fixed term, or minimum term."""
        return int(self.row.term_months if self.fixed else self.row.min_term_months)

    @property
    def notice(self) -> int:
        """Months from the decision to hand or take back to the first month without the blocks."""
        return max(1, int(self.row.notice_months))

    @property
    def accelerators(self) -> float:
        """Accelerators of one block at full delivery; none of powered space."""
        return float(self.row.accelerators_per_block) if not self.outlet or self.row.sells == "accelerators" else 0.0

    @property
    def escalation(self) -> float:
        """Rise of the price after each full year of a block's age; none of an outlet."""
        return 0.0 if self.outlet else float(self.row.escalation)

    def block_prices(self, months: ArrayLike) -> Array:
        """Full price of one block in each of some months."""
        found: Array = values_at(self.prices, months, self.row.price) * self.units
        return found

    def price_fractions(self, ages: ArrayLike) -> Array:
        """Share of the price charged at each of some ages: the ramp, and the escalation by full years."""
        years = np.maximum(np.asarray(ages), 0) // 12
        found: Array = values_at(self.price_ramp, ages, 1.0) * (1.0 + self.escalation) ** years
        return found

    def capacity_fractions(self, ages: ArrayLike) -> Array:
        """Share of the accelerators delivered at each of some ages."""
        return values_at(self.capacity_ramp, ages, 1.0)

    @property
    def metered(self) -> bool:
        """Whether it supplies MW that are billed as drawn, above a minimum take."""
        return not self.outlet and bool(self.row.minimum_take < 1)

    @property
    def prepaid(self) -> float:
        """Share of the price of the fixed or minimum term that is paid at signature; none of an outlet."""
        return 0.0 if self.outlet else float(self.row.prepaid_fraction)

    def term_prices(self, start: int, months: int, agreed: float | None = None) -> Array:
        """Price of a block in each month of its fixed or minimum term, ``months`` being those of the plan.

        A fixed term keeps the price of its start, of the plan's first month if that is before; a terminable contract
        has the price of each month, after the plan that of the last; so has one with a minimum take, which is billed.
        An agreed price of a block replaces the one in the tables.
        """
        ages = np.arange(self.term)
        each = np.minimum(np.maximum(start + ages, 0), months - 1)
        at = np.full(self.term, max(start, 0)) if self.fixed and not self.metered else each
        charged = interrupted(self.interruptions, start + ages, "price_fraction")
        prices = self.block_prices(at) if agreed is None else np.full(self.term, agreed)
        found: Array = prices * self.price_fractions(ages) * charged
        if self.metered:
            left = interrupted(self.interruptions, start + ages, "capacity_fraction")
            found = found * self.row.minimum_take * self.capacity_fractions(ages) * left
        return found

    def bound_cost(self, start: int, months: int) -> float:
        """What one block that starts in a month binds to: upfront and price over the fixed or the minimum term."""
        if self.metered:
            return float(self.row.upfront_per_block) + float(self.term_prices(start, months).sum())
        ages = np.arange(self.term)
        prices = self.block_prices(np.full(self.term, start) if self.fixed else start + ages)
        prices = prices * interrupted(self.interruptions, start + ages, "price_fraction")
        return float(self.row.upfront_per_block) + float((prices * self.price_fractions(ages)).sum())


def agreements(instance: Instance, prices: dict[str, Steps]) -> dict[str, Agreement]:
    """Contracts and outlets by name."""
    ramps = instance.rows["ramps"]
    capacity = steps((row.contract, row.month_of_term, row.capacity_fraction) for row in ramps)
    price = steps((row.contract, row.month_of_term, row.price_fraction) for row in ramps)
    found = {}
    for outlet, table in ((False, "contracts"), (True, "outlets")):
        for row in instance.rows[table]:
            units = {
                "block_month": 1.0,
                "mw_month": row.mw_per_block,
                "accelerator_month": row.accelerators_per_block,
                "accelerator_hour": row.accelerators_per_block * instance.head.hours_per_month,
            }[row.per]
            name, party = (row.outlet, row.tenant) if outlet else (row.contract, row.provider)
            by_age: tuple[Steps, Steps] = ([], []) if outlet else (capacity.get(name, []), price.get(name, []))
            breaks = tuple(one for one in instance.rows["interruptions"] if one.item == name)
            found[name] = Agreement(name, party, outlet, row, units, prices.get(name, []), *by_age, breaks)
    return found

"""One agreement: a contract or an outlet, which are one mechanism in two directions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from optimizer.instance.notice import notice_of
from optimizer.program.decided import Start
from optimizer.program.steps import Array, Steps

_YEAR = 12


@dataclass(frozen=True)
class Agreement:
    """A contract (capacity from others) or an outlet (capacity to others), with its months worked out.

    Months are counted from the plan's first; ages from the block's start.
    """

    name: str
    is_outlet: bool
    party: str
    row: Any
    horizon: int
    block_price: Steps  # price of one block and month, by month
    capacity: Steps  # ramp of the delivery, by age
    price: Steps  # ramp of the price, by age, the escalation included
    available: Steps  # share of its delivery that interruptions leave, by month
    charged: Steps  # share of its monthly price that interruptions leave, by month
    decided: tuple[Start, ...] = ()  # signed before the plan
    returned: Mapping[int, float] = field(default_factory=dict)  # hand-backs decided before, by first month without

    @property
    def fixed(self) -> bool:
        """Whether the term is fixed (else it is terminable)."""
        return self.row.term_months is not None

    @property
    def term(self) -> int:
        """Fixed term, or minimum term of a terminable agreement, in months."""
        return int(self.row.term_months if self.fixed else self.row.min_term_months)

    @property
    def last_month(self) -> int:
        """Last month of the plan in which it can run."""
        ends_by = self.row.ends_by
        return self.horizon - 1 if ends_by is None else min(int(ends_by), self.horizon - 1)

    @property
    def committed(self) -> float | None:
        """Blocks agreed already; None for an offer."""
        blocks = self.row.committed_blocks
        return None if blocks is None else float(blocks)

    @cached_property
    def agreed(self) -> tuple[Start, ...]:
        """Starts that are agreed already: committed blocks, and those signed before the plan."""
        committed = (Start(int(self.row.earliest), self.committed),) if self.committed else ()
        return (*committed, *self.decided)

    @cached_property
    def given(self) -> tuple[Start, ...]:
        """Starts that are constants: all agreed ones but committed blocks that start in the plan."""
        return self.decided if self.committed and self.row.earliest >= 0 else self.agreed

    def given_in(self, month: int) -> float:
        """Blocks of constant starts in a month."""
        return float(sum(start.blocks for start in self.given if start.month == month))

    def _running_before(self, t: int) -> list[Start]:
        """Constant starts whose blocks run in a month before the plan, if they are not handed back."""
        running = [one for one in self.given if one.month <= t and (not self.fixed or t < one.month + self.term)]
        return running if t <= self.last_month else []

    def _returned_by(self, t: int) -> float:
        """Blocks handed back up to a month before the plan, if it is one in which blocks can run."""
        return float(sum(blocks for end, blocks in self.returned.items() if end <= t)) if t <= self.last_month else 0.0

    def active_before(self, t: int) -> float:
        """Blocks active in a month before the plan."""
        return float(sum(one.blocks for one in self._running_before(t))) - self._returned_by(t)

    @cached_property
    def delivered_before(self) -> float:
        """Blocks active in the month before the plan, each by the delivered fraction at its age."""
        there = sum(one.blocks * self.capacity.at(-1 - one.month) for one in self._running_before(-1))
        return float(there) - self._returned_by(-1) * self.full_capacity

    @cached_property
    def starts(self) -> tuple[int, ...]:
        """Months of the plan in which blocks can start."""
        if self.committed is not None:
            start = int(self.row.earliest)
            return (start,) if 0 <= start < self.horizon and self.committed > 0 else ()
        first = max(int(self.row.earliest), int(self.row.lead_months), 0)
        last = min(int(self.row.latest), self.horizon - 1)
        if self.row.ends_by is not None:
            last = min(last, int(self.row.ends_by) - max(self.term, 1) + 1)
        if self.most_blocks <= 0:
            return ()
        return tuple(range(first, last + 1))

    @property
    def first_start(self) -> int | None:
        """First month in which blocks can have started, negative if before the plan; None if never."""
        return min((*(one.month for one in self.given), *self.starts[:1]), default=None)

    @cached_property
    def months(self) -> range:
        """Months of the plan in which blocks can be active; none of what has ended before it."""
        first = self.first_start
        if first is None:
            return range(0)
        last = self.last_month
        if self.fixed:
            last = min(last, max([first, *(one.month for one in self.given), *self.starts[-1:]]) + self.term - 1)
        return range(max(first, 0), max(first, last + 1, 0))

    @cached_property
    def hand_backs(self) -> tuple[int, ...]:
        """Months that can be the first without blocks handed back."""
        first = self.first_start
        if self.fixed or first is None:
            return ()
        earliest = max(notice_of(self.row), first + self.term)
        return tuple(range(earliest, self.last_month + 1))

    @property
    def most_blocks(self) -> float:
        """Most blocks active at once."""
        if self.committed is not None:
            return self.committed
        most = float(self.row.max_blocks)
        return float(np.floor(most + 1e-9)) if self.row.integer else most

    @property
    def least_blocks(self) -> float:
        """Least blocks in one signature, 0 where it does not matter."""
        if self.committed is not None:
            return 0.0
        least = float(self.row.min_blocks)
        if self.row.integer:
            least = float(np.ceil(least - 1e-9))
            return least if least > 1 else 0.0
        return least

    @cached_property
    def ramped(self) -> bool:
        """Whether the delivery ramps."""
        return any(self.capacity.at(age) != 1.0 for age in self.capacity.at_months if age < self.ramp_end)

    @property
    def ramp_end(self) -> int:
        """First age at which no ramp matters any more."""
        return self.term if self.fixed else max(self.term, *(self.capacity.at_months or [0])) + 1

    @cached_property
    def capacity_steps(self) -> tuple[tuple[int, float], ...]:
        """Ages at which the delivered fraction changes, and by how much; the first from 0."""
        steps, before = [], 0.0
        for age in sorted({0, *self.capacity.at_months}):
            now = self.capacity.at(age)
            if now != before and age < self.ramp_end:
                steps.append((age, now - before))
            before = now
        return tuple(steps)

    @property
    def full_capacity(self) -> float:
        """Delivered fraction of a block that ends."""
        return self.capacity.at(self.term - 1) if self.fixed else self.capacity.at(self.ramp_end)

    @property
    def full_price(self) -> float:
        """Price fraction of a block of a terminable agreement that is past its minimum term."""
        return self.price.at(max([self.term, *self.price.at_months]))

    def start_price(self, start: int) -> float:
        """Price of one block and month fixed at the start (month 0 if it started before)."""
        return self.block_price.at(max(start, 0))

    def fixed_prices(self, start: int, agreed: float | None = None) -> Array:
        """Price of each month of a fixed term that starts in ``start``: ramp, escalation and interruptions applied.

        An agreed price of one block and month replaces the one in the tables.
        """
        price = self.start_price(start) if agreed is None else agreed
        return price * self.price.over(0, self.term) * self.charged.over(start, start + self.term)

    @property
    def supplies_mw(self) -> bool:
        """Whether it is a contract of MW at a site, which has no pool."""
        return not self.is_outlet and self.row.supplies == "mw"

    @property
    def take(self) -> float:
        """Share of the MW delivered that is billed even if less is drawn."""
        return float(self.row.minimum_take) if self.supplies_mw else 1.0

    @property
    def is_metered(self) -> bool:
        """Whether MW are billed as drawn above a minimum take, at the price of each month."""
        return self.take < 1

    @property
    def prepaid(self) -> float:
        """Share of the price of the fixed or minimum term that is paid at signature."""
        return 0.0 if self.is_outlet else float(self.row.prepaid_fraction)

    def term_prices(self, start: int, agreed: float | None = None) -> Array:
        """Price of each month of the fixed or minimum term of a block that starts in ``start``.

        Ramp, escalation and interruptions are applied; after the plan a terminable contract has its last month's price.
        Of a contract with a minimum take below 1 it is what is billed at least. An agreed price of a fixed term
        replaces the one in the tables.
        """
        if self.fixed and not self.is_metered:
            return self.fixed_prices(start, agreed)
        months = np.arange(start, start + self.term)
        prices = self.block_price.over(0, self.horizon)[np.clip(months, 0, self.horizon - 1)]
        if self.is_metered:
            prices = prices * self.take * self.capacity.over(0, self.term)
            prices = prices * self.available.over(start, start + self.term)
        return prices * self.price.over(0, self.term) * self.charged.over(start, start + self.term)

    def bound_cost(self, start: int, agreed: float | None = None) -> float:
        """What one block binds to at signature: upfront and the price over the fixed or minimum term."""
        if self.fixed or self.is_metered:
            prices = self.term_prices(start) if self.is_metered else self.fixed_prices(start, agreed)
            monthly = float(prices.sum())
        else:
            prices = self.block_price.over(start, start + self.term) * self.charged.over(start, start + self.term)
            monthly = float((prices * self.price.over(0, self.term)).sum())
        return monthly + float(self.row.upfront_per_block)


def escalated(fractions: Steps, row: Any) -> Steps:
    """Return price fractions by age of a fixed term that rise by ``escalation`` after every twelve months."""
    ages = sorted({*fractions.at_months, *range(_YEAR, int(row.term_months), _YEAR)})
    points = ((age, fractions.at(age) * (1.0 + row.escalation) ** (age // _YEAR)) for age in ages)
    return Steps(points, fractions.at(-1))

"""Blocks of an agreement in force, by the month they started in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.auditing.agreement import Agreement, interrupted

Array = NDArray[Any]

_BACK = ("hand_back", "take_back")


@dataclass(frozen=True)
class Lot:
    """Blocks that start together.

    Attributes
    ----------
    start : int
        First month with them, which may lie before the plan or after it.
    blocks : float
        How many.
    committed, decided : bool
        Whether they are those of `committed_blocks`, or signed in a row of `decided`.
    price : float or None
        Agreed price of one block and month; None for the one in the tables.
    """

    start: int
    blocks: float
    committed: bool = False
    decided: bool = False
    price: float | None = None


class Stock:
    """Blocks of one agreement by the month they started in.

    Attributes
    ----------
    lots : list of Lot
        What is signed, in the plan and before it, in the order of starts.
    starts, blocks : array
        Their start months and blocks.
    handed, new_handed : array
        Blocks handed back, by month of the plan: all, and those that the plan decides on.
    returned : list of (month, blocks)
        Those whose hand-back was decided before the plan, by first month without them.
    alive : array
        Blocks still in force: starts by months. The oldest are handed back first.
    price : array
        Full price of a block by month.
    """

    def __init__(self, agreement: Agreement, signed: list[tuple[int, float]], handed: Array, past: list[Any]) -> None:
        row, months = agreement.row, np.arange(len(handed))
        self.agreement, self.new_handed = agreement, handed
        self.lots = sorted([*_lots(agreement, past), *(Lot(*one) for one in signed)], key=lambda lot: lot.start)
        self.starts = np.array([lot.start for lot in self.lots], dtype=int)
        self.blocks = np.array([lot.blocks for lot in self.lots], dtype=float)
        self.returned = [(_first_without(agreement, one), one.blocks) for one in past if one.decision in _BACK]
        self.handed = handed + np.diff(self._returned_by(np.arange(-1, len(handed))))
        self.price = agreement.block_prices(months)
        self.ages = months[None, :] - self.starts[:, None]
        if agreement.fixed:
            in_force = (self.ages >= 0) & (self.ages < agreement.term)
            self.alive = np.where(in_force, self.blocks[:, None], 0.0)
            return
        left = np.cumsum(self.blocks)[:, None] - self.handed_by(months)[None, :]
        in_force = (self.ages >= 0) & (months <= (len(months) if row.ends_by is None else row.ends_by))
        self.alive = np.where(in_force, np.minimum(np.maximum(left, 0.0), self.blocks[:, None]), 0.0)

    def _returned_by(self, months: Array) -> Array:
        """Blocks whose hand-back was decided before the plan, up to each of some months."""
        return np.array([sum(blocks for end, blocks in self.returned if end <= t) for t in months.tolist()])

    def handed_by(self, months: Array) -> Array:
        """Blocks handed back up to each of some months, which can lie before the plan or after it."""
        made = np.concatenate([[0.0], np.cumsum(self.new_handed)])
        found: Array = made[np.clip(months + 1, 0, len(self.new_handed))] + self._returned_by(months)
        return found

    @property
    def active(self) -> Array:
        """Blocks in force by month."""
        found: Array = self.alive.sum(axis=0)
        return found

    def begun_by(self, months: Array) -> Array:
        """Blocks that have started up to each of some months, that month included."""
        so_far = np.concatenate([[0.0], np.cumsum(self.blocks)])
        found: Array = so_far[np.searchsorted(self.starts, months, side="right")]
        return found

    def new_starts(self) -> Array:
        """Blocks that start in each month of the plan and were not signed before it by a row of `decided`."""
        found = np.zeros(len(self.handed))
        for lot in self.lots:
            if not lot.decided and 0 <= lot.start < len(found):
                found[lot.start] += lot.blocks
        return found

    def begun(self) -> Array:
        """Blocks that start in each month of the plan."""
        months = np.arange(len(self.handed))
        return self.begun_by(months) - self.begun_by(months - 1)

    def expired(self) -> Array:
        """Blocks that run out, by the first month without them."""
        found = np.zeros(len(self.handed))
        ends_by = self.agreement.row.ends_by
        if self.agreement.fixed:
            for end, blocks in zip(self.starts + self.agreement.term, self.blocks, strict=True):
                if 0 <= end < len(found):
                    found[end] += blocks
        elif ends_by is not None and 0 <= ends_by + 1 < len(found):
            gone = self._returned_by(np.array([ends_by]))[0] + self.new_handed[: ends_by + 1].sum()
            found[ends_by + 1] = max(0.0, float(self.blocks[self.starts <= ends_by].sum() - gone))
        return found

    def delivered(self) -> Array:
        """Blocks in force by month, each by the share of it that the ramp delivers."""
        found: Array = (self.alive * self._fractions("capacity")).sum(axis=0)
        return found

    def available(self) -> Array:
        """Blocks delivered by month, as far as interruptions leave them."""
        return self.delivered() * self._left("capacity_fraction")

    def paid(self) -> Array:
        """Price of the blocks in force: for a fixed term that of the month they started in (the first, if before)."""
        first = np.clip(self.starts, 0, len(self.price) - 1)
        own = [self.price[t] if lot.price is None else lot.price for lot, t in zip(self.lots, first, strict=True)]
        price = np.array(own).reshape(-1, 1) if self.agreement.fixed else self.price[None, :]
        in_term = (self.ages >= 0) & (self.ages < self.agreement.term)
        due = np.where(in_term, 1.0 - self.agreement.prepaid, 1.0)
        found: Array = (self.alive * price * due * self._fractions("price")).sum(axis=0)
        return found * self._left("price_fraction")

    def prepaid(self) -> Array:
        """What of the price of terms is paid at their signature, where that is in the plan."""
        agreement, found = self.agreement, np.zeros(len(self.handed))
        for signed, lot in self._signatures():
            found[signed] += lot.blocks * agreement.prepaid * agreement.term_prices(lot.start, len(found)).sum()
        return found

    def due_after(self, rate: float) -> float:
        """Invoices of terms after the plan, each discounted to the month after it at a rate per year."""
        agreement, months = self.agreement, len(self.handed)
        total = 0.0
        for lot in self.lots:
            prices = agreement.term_prices(lot.start, months, lot.price) * (1.0 - agreement.prepaid)
            for age, price in enumerate(prices.tolist()):
                beyond = lot.start + age - months
                if beyond >= 0:
                    total += lot.blocks * price * (1.0 + rate) ** (-beyond / 12.0)
        return total

    def upfront(self) -> Array:
        """Paid at the signature of the blocks, where that is in the plan."""
        found = np.zeros(len(self.handed))
        for signed, lot in self._signatures():
            found[signed] += lot.blocks * self.agreement.row.upfront_per_block
        return found

    def _signatures(self) -> Iterator[tuple[int, Lot]]:
        """Yield month and blocks of the signatures in the plan; what was due at those of `decided` is sunk."""
        for lot in self.lots:
            signed = lot.start - self.agreement.row.lead_months
            if 0 <= signed < len(self.handed) and not lot.decided:
                yield signed, lot

    def fees(self) -> Array:
        """Fees for handing or taking back."""
        found: Array = self.handed * self.price * self.agreement.row.termination_fee_months
        return found

    def _left(self, column: str) -> Array:
        """Share that interruptions leave by month."""
        return interrupted(self.agreement.interruptions, np.arange(len(self.handed)), column)

    def _fractions(self, of: str) -> Array:
        """Ramp of every block in every month: ``capacity`` or ``price`` fraction by its age."""
        agreement, ages = self.agreement, np.maximum(self.ages, 0)
        if of == "capacity":
            return agreement.capacity_fractions(ages) if agreement.capacity_ramp else np.ones(ages.shape)
        return agreement.price_fractions(ages) if agreement.price_ramp or agreement.escalation else np.ones(ages.shape)


def _lots(agreement: Agreement, past: list[Any]) -> Iterator[Lot]:
    """Yield what is committed, and what the rows of `decided` about an agreement signed."""
    row = agreement.row
    if agreement.committed:
        yield Lot(row.earliest, row.committed_blocks, committed=True)
    for one in past:
        if one.decision not in _BACK:
            start = one.month + row.lead_months if one.starts is None else one.starts
            price = None if one.price is None else one.price * agreement.units
            yield Lot(start, one.blocks, decided=True, price=price)


def _first_without(agreement: Agreement, back: Any) -> int:
    """First month without the blocks of a row of `decided` that hands back."""
    return int(back.month + agreement.notice if back.ends is None else back.ends + 1)

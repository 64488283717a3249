"""Blocks of an agreement in force, by the month they started in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.auditing.agreement import Agreement, interrupted

Array = NDArray[Any]


class Stock:
    """Blocks of one agreement by the month they started in.

    Attributes
    ----------
    starts : array of int
        Start month of each lot of blocks, in order; the committed one may lie before the plan.
    blocks : array
        Blocks that started then.
    handed : array
        Blocks handed back, by month of the plan.
    alive : array
        Blocks still in force: starts by months. The oldest are handed back first.
    price : array
        Full price of a block by month.
    """

    def __init__(self, agreement: Agreement, signed: list[tuple[int, float]], handed: Array) -> None:
        row, months = agreement.row, np.arange(len(handed))
        began = sorted(([(row.earliest, row.committed_blocks)] if agreement.committed else []) + signed)
        self.agreement = agreement
        self.starts = np.array([start for start, _ in began], dtype=int)
        self.blocks = np.array([blocks for _, blocks in began], dtype=float)
        self.handed = handed
        self.price = agreement.block_prices(months)
        self.ages = months[None, :] - self.starts[:, None]
        if agreement.fixed:
            in_force = (self.ages >= 0) & (self.ages < agreement.term)
            self.alive = np.where(in_force, self.blocks[:, None], 0.0)
            return
        left = np.cumsum(self.blocks)[:, None] - np.cumsum(handed)[None, :]
        in_force = (self.ages >= 0) & (months <= (len(months) if row.ends_by is None else row.ends_by))
        self.alive = np.where(in_force, np.minimum(np.maximum(left, 0.0), self.blocks[:, None]), 0.0)

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
            left = float(self.blocks[self.starts <= ends_by].sum() - self.handed[: ends_by + 1].sum())
            found[ends_by + 1] = max(0.0, left)
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
        price = self.price[first][:, None] if self.agreement.fixed else self.price[None, :]
        in_term = (self.ages >= 0) & (self.ages < self.agreement.term)
        due = np.where(in_term, 1.0 - self.agreement.prepaid, 1.0)
        found: Array = (self.alive * price * due * self._fractions("price")).sum(axis=0)
        return found * self._left("price_fraction")

    def prepaid(self) -> Array:
        """What of the price of terms is paid at their signature, where that is in the plan."""
        agreement, found = self.agreement, np.zeros(len(self.handed))
        for start, blocks in zip(self.starts, self.blocks, strict=True):
            signed = start - agreement.row.lead_months
            if 0 <= signed < len(found):
                found[signed] += blocks * agreement.prepaid * agreement.term_prices(start, len(found)).sum()
        return found

    def due_after(self, rate: float) -> float:
        """Invoices of terms after the plan, each discounted to the month after it at a rate per year."""
        agreement, months = self.agreement, len(self.handed)
        total = 0.0
        for start, blocks in zip(self.starts.tolist(), self.blocks.tolist(), strict=True):
            prices = agreement.term_prices(start, months) * (1.0 - agreement.prepaid)
            for age, price in enumerate(prices.tolist()):
                beyond = start + age - months
                if beyond >= 0:
                    total += blocks * price * (1.0 + rate) ** (-beyond / 12.0)
        return total

    def upfront(self) -> Array:
        """Paid at the signature of the blocks, where that is in the plan."""
        row, found = self.agreement.row, np.zeros(len(self.handed))
        for signed, blocks in zip(self.starts - row.lead_months, self.blocks, strict=True):
            if 0 <= signed < len(found):
                found[signed] += blocks * row.upfront_per_block
        return found

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

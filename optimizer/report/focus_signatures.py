"""Contracts of a plan signature by signature: how many blocks of each are active, and what they deliver and cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from optimizer.program.agreement import Agreement
from optimizer.program.index import Index
from optimizer.program.steps import Array

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

_NOISE = 1e-9


@dataclass
class Signature:
    """Blocks of a contract that start together.

    Attributes
    ----------
    agreement : Agreement
        The contract.
    start : int
        First month, counted from the plan's first; negative if before.
    blocks : float
        How many start.
    agreed : bool
        Whether it was made before the plan.
    active : ndarray
        Blocks by month of the plan.
    ended : ndarray
        Blocks handed back, by first month without them.
    """

    agreement: Agreement
    start: int
    blocks: float
    agreed: bool
    active: Array
    ended: Array = field(init=False)

    def __post_init__(self) -> None:
        self.ended = np.zeros_like(self.active)

    @property
    def signed(self) -> int:
        """Month of signature."""
        return self.start - int(self.agreement.row.lead_months)

    @property
    def bound_months(self) -> range:
        """Months for which the planner is bound: the fixed or the minimum term, one month at least."""
        return range(self.start, self.start + max(self.agreement.term, 1))

    @property
    def committed_cost(self) -> float:
        """Money that the signature commits: upfront, and the price over the fixed or minimum term."""
        return self.blocks * self.agreement.bound_cost(self.start)

    @property
    def committed_block_months(self) -> float:
        """Blocks times months in the fixed or minimum term, the ramp and interruptions applied."""
        fractions = self.agreement.capacity.over(0, self.agreement.term)
        fractions = fractions * self.agreement.available.over(self.start, self.start + self.agreement.term)
        return float(self.blocks * fractions.sum())

    @property
    def delivered(self) -> Array:
        """Blocks by month, the ramp and interruptions applied."""
        months = len(self.active)
        fractions = self.agreement.capacity.over(-self.start, months - self.start)
        return self.active * fractions * self.agreement.available.over(0, months)

    @property
    def price(self) -> Array:
        """Money by month at the price of each month, the ramp of the price and interruptions."""
        months = len(self.active)
        fractions = self.agreement.price.over(-self.start, months - self.start)
        fractions = fractions * self.agreement.charged.over(0, months)
        in_term = np.arange(months) < self.start + self.agreement.term
        fractions = fractions * np.where(in_term, 1 - self.agreement.prepaid, 1.0)
        if self.agreement.fixed:
            return self.active * self.agreement.start_price(self.start) * fractions
        return self.active * self.agreement.block_price.over(0, months) * fractions

    def weight(self, split: str, month: int) -> float:
        """Return the weight of this signature when a payment in a month is split between a contract's signatures.

        Parameters
        ----------
        split : {"signed", "ended", "price"}
            What the payment is split by, as declared with its cash term.
        month : int
            Month of the payment.
        """
        if split == "signed":
            return self.blocks if self.signed == month else 0.0
        return float(self.ended[month] if split == "ended" else self.price[month])


def signatures(plan: Plan, index: Index) -> dict[str, list[Signature]]:
    """Signatures of every contract by name, in order of start; what is handed back is the oldest that can be."""
    found: dict[str, list[Signature]] = {}
    signed = plan.decisions[plan.decisions["decision"] == "sign"]
    for name, agreement in index.agreements.items():
        if agreement.is_outlet:
            continue
        rows = signed[signed["item"] == name]
        starts = [(plan.instance.month_index(str(row["starts"])), float(row["blocks"])) for _, row in rows.iterrows()]
        own = [_signature(agreement, start, blocks, False) for start, blocks in starts]
        if agreement.committed:
            own.append(_signature(agreement, int(agreement.row.earliest), agreement.committed, True))
        found[name] = sorted(own, key=lambda signature: signature.start)
        _hand_back(plan, name, found[name])
    return found


def _signature(agreement: Agreement, start: int, blocks: float, agreed: bool) -> Signature:
    """A signature that runs its full fixed term, or as long as it can."""
    last = start + agreement.term - 1 if agreement.fixed else agreement.last_month
    months = np.arange(agreement.horizon)
    active = np.where((months >= start) & (months <= last), blocks, 0.0)
    return Signature(agreement, start, blocks, agreed, active)


def _hand_back(plan: Plan, name: str, own: list[Signature]) -> None:
    """Take what is handed back from the oldest signatures whose minimum term is over."""
    table = plan.decisions
    rows = table[(table["decision"] == "hand_back") & (table["item"] == name)].sort_values("ends")
    for last, blocks in zip(rows["ends"], rows["blocks"], strict=True):
        end, left = plan.instance.month_index(str(last)) + 1, float(blocks)
        for signature in own:
            if signature.start + signature.agreement.term > end:
                continue
            taken = min(left, float(signature.blocks - signature.ended.sum()))
            if taken > _NOISE * signature.blocks:
                signature.ended[end] += taken
                signature.active[end:] = np.maximum(signature.active[end:] - taken, 0.0)
                left -= taken

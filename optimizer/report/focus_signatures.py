"""Contracts of a plan signature by signature: how many blocks of each are active, and what they deliver and cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from optimizer.program.agreement import Agreement
from optimizer.program.decided import Start
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
    made : Start
        First month, blocks, and the agreed price if there is one.
    agreed : bool
        Whether it was made before the plan.
    active : ndarray
        Blocks by month of the plan.
    number : int
        Its number among those of the contract that start in the same month, from 1 on.
    ended : ndarray
        Blocks handed back, by first month without them.
    gone : float
        Blocks handed back in all, before the plan and after it too.
    """

    agreement: Agreement
    made: Start
    agreed: bool
    active: Array
    number: int = 1
    ended: Array = field(init=False)
    gone: float = 0.0

    def __post_init__(self) -> None:
        self.ended = np.zeros_like(self.active)

    @property
    def start(self) -> int:
        """First month, counted from the plan's first; negative if before."""
        return self.made.month

    @property
    def blocks(self) -> float:
        """Number of blocks that start."""
        return self.made.blocks

    @property
    def signed(self) -> int:
        """Month of signature."""
        return self.start - int(self.agreement.row.lead_months) if self.made.signed is None else self.made.signed

    @property
    def bound_months(self) -> range:
        """Months for which the planner is bound: the fixed or the minimum term, one month at least."""
        return range(self.start, self.start + max(self.agreement.term, 1))

    @property
    def committed_cost(self) -> float:
        """Money that the signature commits: upfront, and the price over the fixed or minimum term."""
        return self.blocks * self.agreement.bound_cost(self.start, self.made.price)

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
            price = self.agreement.start_price(self.start) if self.made.price is None else self.made.price
            return self.active * price * fractions
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
        own = [_signature(agreement, Start(start, blocks), False) for start, blocks in starts]
        own += [_signature(agreement, one, True) for one in agreement.agreed]
        found[name] = sorted(own, key=lambda signature: signature.start)
        for place, one in enumerate(found[name]):
            one.number = 1 + sum(other.start == one.start for other in found[name][:place])
        _hand_back(found[name], sorted([*_handed(plan, name), *agreement.returned.items()]))
    return found


def _signature(agreement: Agreement, one: Start, agreed: bool) -> Signature:
    """A signature that runs its full fixed term, or as long as it can."""
    last = one.month + agreement.term - 1 if agreement.fixed else agreement.last_month
    months = np.arange(agreement.horizon)
    active = np.where((months >= one.month) & (months <= last), one.blocks, 0.0)
    return Signature(agreement, one, agreed, active)


def _handed(plan: Plan, name: str) -> list[tuple[int, float]]:
    """First months without blocks of a contract that a plan hands back, and their numbers."""
    table = plan.decisions
    rows = table[(table["decision"] == "hand_back") & (table["item"] == name)]
    months = [plan.instance.month_index(str(last)) + 1 for last in rows["ends"]]
    return list(zip(months, rows["blocks"].to_list(), strict=True))


def _hand_back(own: list[Signature], handed: list[tuple[int, float]]) -> None:
    """Take what is handed back from the oldest signatures: in order of start, their minimum terms are over first."""
    for end, blocks in handed:
        left = blocks
        for signature in own:
            taken = min(left, signature.blocks - signature.gone)
            if taken > _NOISE * signature.blocks:
                later = signature.active[max(end, 0) :]
                signature.ended[max(end, 0) :][:1] += taken * (end >= 0)
                later[:] = np.maximum(later - taken, 0.0)
                signature.gone += taken
                left -= taken

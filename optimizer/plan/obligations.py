"""Obligations: what is still to be paid for what is signed and ordered, if all is handed back as early as allowed.

Obligations of a month are those at its start, after its decisions are made and before anything of it is paid.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.cash_terms import cash_terms
from optimizer.format import exact_percent, grouped
from optimizer.instance.instance import Instance
from optimizer.plan.settle import Floats, Settled
from optimizer.plan.tables import make_table
from optimizer.program.agreement import Agreement
from optimizer.program.build import Program
from optimizer.program.decided import Order
from optimizer.program.payments import build_instalments, build_price, lot_payments

_YEAR = 12
_MOST = 3  # maximum number of items in a note
_NOISE = 1e-9  # relative to the largest amount: smaller ones are left out
_NEVER = int(np.iinfo(np.int64).max)  # a month after all others

Months = NDArray[np.int64]
Payment = tuple[int, int, float]  # month of the decision, month of payment, amount


@dataclass(frozen=True)
class Dues:
    """Payments that the decisions on an item bind to, and when they end if it is left as early as allowed.

    Attributes
    ----------
    item, party : str
        What is paid for, and to whom.
    since : array of int
        First month of the plan in which each part of it is bound.
    amounts, fees : array
        By part and month, from the plan's first month on: payments, and the fee if it is left in that month.
    ends : array of int
        By part and month of the plan: first month without payments, if it is left as early as allowed by then.
    """

    item: str
    party: str
    since: Months
    amounts: Floats
    fees: Floats
    ends: Months

    def due(self, first: int = 0, stop: int = _NEVER) -> Floats:
        """Return what is to be paid from month ``first`` to ``stop - 1``, as seen in each month of the plan.

        What was due before the month in which it is seen is paid.
        """
        seen, width = np.arange(self.ends.shape[1]), self.amounts.shape[1]
        start, paid = np.maximum(seen, first), np.pad(np.cumsum(self.amounts, axis=1), ((0, 0), (1, 0)))
        end = np.maximum(np.minimum(np.minimum(self.ends, stop), width), np.minimum(start, width))
        owed = np.take_along_axis(paid, end, 1) - paid[:, np.minimum(start, width)]
        leaving = (start <= self.ends) & (self.ends < min(stop, width))
        owed += np.where(leaving, np.take_along_axis(self.fees, np.clip(self.ends, 0, width - 1), 1), 0.0)
        found: Floats = np.where(seen >= self.since[:, None], owed, 0.0).sum(axis=0)
        return found


def obligations_table(program: Program, settled: Settled) -> pd.DataFrame:
    """Return the plan table ``obligations`` of a settled solution."""
    horizon, label = program.index.horizon, program.instance.label
    dues = [*_contracts(program, settled), *_orders(program, settled)]
    parts = [(one.item, one.party, one.due(), one.due(horizon)) for one in dues]
    found: dict[str, tuple[str, Floats]] = {}
    for item, party, *owed in (*parts, *_commitments(program, settled, dues)):
        found.setdefault(item, (party, np.zeros((2, horizon))))[1][:] += owed
    most = max((float(owed.max()) for _, owed in found.values()), default=0.0)
    rows = [
        (label(t), item, party, *owed[:, t].tolist())
        for t in range(horizon)
        for item, (party, owed) in found.items()
        if owed[0, t] > _NOISE * most
    ]
    return make_table("obligations", rows)


# ---------------------------------------------------------------- contracts
def _contracts(program: Program, settled: Settled) -> Iterator[Dues]:
    """Yield the payments of contracts."""
    for name, agreement in program.index.agreements.items():
        lots = [] if agreement.is_outlet else _lots(agreement, settled.started[name], settled.ended[name])
        if lots:
            yield _fixed(agreement, lots) if agreement.fixed else _terminable(agreement, lots)
            yield _upfronts(agreement, lots)


@dataclass(frozen=True)
class _Lot:
    """Blocks that start and end together.

    Attributes
    ----------
    start, end : int
        First month with them; first one without them if they are handed back.
    blocks : float
        How many.
    since : int
        First month of the plan in which they are signed: the first one for those signed before it.
    due : bool
        Whether what is due at their signature can fall into the plan: not if a row of `decided` signed them.
    price : float or None
        Agreed price of one block and month; None for the one in the tables.
    """

    start: int
    blocks: float
    end: int
    since: int
    due: bool = True
    price: float | None = None


def _lots(agreement: Agreement, started: Floats, ended: Floats) -> list[_Lot]:
    """Return the blocks of a contract by start and hand-back; the oldest are handed back first."""
    found = list[_Lot]()
    ends = sorted([*agreement.returned.items(), *((e, float(ended[e])) for e in np.flatnonzero(ended).tolist())])
    ends.reverse()
    for lot in sorted(_signatures(agreement, started), key=lambda lot: lot.start):
        left = lot.blocks
        while left > 0 and ends:
            end, handed = ends.pop()
            part = min(left, handed)
            found.append(replace(lot, blocks=part, end=end))
            left -= part
            if handed > part:
                ends.append((end, handed - part))
        if left > 0:
            found.append(replace(lot, blocks=left))
    return found


def _signatures(agreement: Agreement, started: Floats) -> Iterator[_Lot]:
    """Yield what is signed of a contract, in the plan and before it."""
    if agreement.committed:
        yield _Lot(int(agreement.row.earliest), agreement.committed, _NEVER, 0)
    for one in agreement.decided:
        yield _Lot(one.month, one.blocks, _NEVER, 0, due=False, price=one.price)
    for t in np.flatnonzero(started).tolist() if agreement.committed is None else ():
        yield _Lot(t, float(started[t]), _NEVER, t - int(agreement.row.lead_months))


def _since(lots: Sequence[_Lot]) -> Months:
    """Return the first month of the plan in which each of some lots is signed."""
    return np.array([lot.since for lot in lots], dtype=np.int64)


def _fixed(agreement: Agreement, lots: Sequence[_Lot]) -> Dues:
    """Return the payments of blocks with a fixed term."""
    last = max(lot.start for lot in lots) + agreement.term
    amounts = np.zeros((len(lots), max(last, 0) + 1))
    for place, lot in enumerate(lots):
        first, end = max(lot.start, 0), max(lot.start + agreement.term, 0)
        prices = agreement.term_prices(lot.start, lot.price)[first - lot.start :]
        amounts[place, first:end] = lot.blocks * (1 - agreement.prepaid) * prices
    ends = np.full((len(lots), agreement.horizon), amounts.shape[1], dtype=np.int64)
    return Dues(agreement.name, agreement.party, _since(lots), amounts, np.zeros_like(amounts), ends)


def _terminable(agreement: Agreement, lots: Sequence[_Lot]) -> Dues:
    """Return the payments of terminable blocks, with the fee for leaving; after the plan prices stay."""
    row, horizon = agreement.row, agreement.horizon
    columns = zip(*((lot.start, lot.blocks, lot.end) for lot in lots), strict=True)
    starts, blocks, handed = (np.array(column)[:, None] for column in columns)
    last = _NEVER if row.ends_by is None else int(row.ends_by) + 1  # runs out, without a fee
    notice = np.arange(horizon) + max(1, int(row.notice_months))
    ends = np.minimum(np.maximum(starts + agreement.term, notice), np.minimum(handed, last))
    months = np.arange(max(int(ends.max()), int(starts.max()), 0) + 1)
    prices = blocks * agreement.block_price.over(0, horizon)[np.minimum(months, horizon - 1)]
    fractions = np.array([agreement.price.over(-start, len(months) - start) for start in starts[:, 0].tolist()])
    amounts = np.where(months >= starts, prices * fractions * agreement.charged.over(0, len(months)), 0.0)
    amounts *= np.where(months < starts + agreement.term, 1 - agreement.prepaid, 1.0)
    if agreement.is_metered:
        ramp = [agreement.capacity.over(-start, len(months) - start) for start in starts[:, 0].tolist()]
        amounts *= agreement.take * np.array(ramp) * agreement.available.over(0, len(months))
    fees = np.where(months < last, row.termination_fee_months * prices, 0.0)
    return Dues(agreement.name, agreement.party, _since(lots), amounts, fees, ends)


def _upfronts(agreement: Agreement, lots: Sequence[_Lot]) -> Dues:
    """Return what is paid at signature, where that is in the plan: nothing that follows reduces it."""
    signed = [lot.start - int(agreement.row.lead_months) for lot in lots]
    amounts = np.zeros((len(lots), max(*signed, 0) + 1))
    for place, lot in enumerate(lots):
        if signed[place] >= 0 and lot.due:
            prepaid = agreement.prepaid * float(agreement.term_prices(lot.start).sum())
            amounts[place, signed[place]] = lot.blocks * (agreement.row.upfront_per_block + prepaid)
    ends = np.full((len(lots), agreement.horizon), amounts.shape[1], dtype=np.int64)
    return Dues(agreement.name, agreement.party, _since(lots), amounts, np.zeros_like(amounts), ends)


# ---------------------------------------------------------------- builds and purchases
def _orders(program: Program, settled: Settled) -> Iterator[Dues]:
    """Yield the payments of builds and purchases, of orders before the plan too."""
    index = program.index
    for name, row in index.builds.items():
        instalments: list[Payment] = []
        for order in (*index.orders_before[name], *_made(settled.ordered[name])):
            months, share = build_instalments(row, order.month)
            amount = share * order.blocks * build_price(row, order)
            instalments += [(order.month, month, amount) for month in months]
        yield from _payments(program, name, cash_terms()["build"].party("builds", row), instalments)
    for name, row in index.purchases.items():
        payments: list[Payment] = []
        for order in (*index.orders_before[name], *_made(settled.bought[name])):
            parts = lot_payments(index, row, order.month, order.price)
            payments += [(order.month, month, order.blocks * amount) for month, amount in parts]
        yield from _payments(program, name, cash_terms()["purchase"].party("purchases", row), payments)


def _made(ordered: Floats) -> Iterator[Order]:
    """Yield the orders of a plan."""
    return (Order(t, float(ordered[t])) for t in np.flatnonzero(ordered).tolist())


def _payments(program: Program, item: str, party: str, payments: Sequence[Payment]) -> Iterator[Dues]:
    """Yield the payments for an item that are due in the plan or after it, if there are any."""
    payments = [payment for payment in payments if payment[1] >= 0]
    if payments:
        amounts = np.zeros((len(payments), max(month for _, month, _ in payments) + 1))
        for place, (_, month, amount) in enumerate(payments):
            amounts[place, month] = amount
        ends = np.full((len(payments), program.index.horizon), amounts.shape[1], dtype=np.int64)
        since = np.array([ordered for ordered, _, _ in payments], dtype=np.int64)
        yield Dues(item, party, since, amounts, np.zeros_like(amounts), ends)


# ---------------------------------------------------------------- spend commitments
def _commitments(program: Program, settled: Settled, dues: Sequence[Dues]) -> Iterator[tuple[str, str, Floats, Floats]]:
    """Yield item, provider, what is owed, and what of it falls due after the plan, by month.

    Of each year it is what is neither paid to the provider yet nor due to it for contracts.
    """
    index = program.index
    for name, row in index.commitments.items():
        starts, owed = list(_started(program, settled, name)), np.zeros((2, index.horizon))
        firm = [one for one in dues if one.party == row.provider]
        paid = _paid_to(program, settled, row.provider) if starts else np.zeros(index.horizon)
        for start, share, since, before in starts:
            for year in range(start, start + _YEAR * row.years, _YEAR) if share > 0 else ():
                cut = min(max(year, index.horizon), year + _YEAR)  # the year's first month after the plan
                for place, first, stop in ((0, year, cut), (1, cut, year + _YEAR)):
                    amount = share * row.annual_amount * (stop - first) / _YEAR
                    amount -= before if first < 0 < stop else 0.0
                    owed[place] += _left(amount, paid, firm, since, first, stop)
        yield name, row.provider, owed.sum(axis=0), owed[1]


def _started(program: Program, settled: Settled, commitment: str) -> Iterator[tuple[int, float, int, float]]:
    """Yield start, share, first month in which it is owed and what was spent before the plan in its current year."""
    made = program.index.commitments_before.get(commitment)
    if made is not None:
        yield made.start, 1.0, 0, made.spent
    for (item, s), column in program.parts.col["committed"].items():
        if item == commitment:
            yield s, float(settled.values[column]), s, 0.0


def _left(amount: float, paid: Floats, firm: Sequence[Dues], since: int, first: int, stop: int) -> Floats:
    """Return what is left of an amount to be spent in some months, by the month of the plan in which it is seen."""
    seen, inside = np.arange(len(paid)), np.where(np.arange(len(paid)) >= first, paid, 0.0)
    spent = np.cumsum(inside) - inside
    bound = sum((one.due(first, stop) for one in firm), np.zeros(len(paid)))
    left = np.maximum(amount - spent - bound, 0.0)
    return np.where((seen >= since) & (seen < stop), left, 0.0)


def _paid_to(program: Program, settled: Settled, provider: str) -> Floats:
    """Return what is paid to a provider and counts towards its commitments, by month."""
    found = np.zeros(program.index.horizon)
    for t, (amounts, columns) in program.parts.counted.get(provider, {}).items():
        found[t] = float(np.dot(amounts, settled.values[columns]))
    return found


# ---------------------------------------------------------------- what falls due after the plan
def owed_after(instance: Instance, obligations: pd.DataFrame) -> dict[str, float]:
    """Return nominal payments due after the plan's last month for what is signed and ordered by then.

    Parameters
    ----------
    instance : Instance
        The planned instance.
    obligations : DataFrame
        The plan's table of obligations.

    Returns
    -------
    dict of str to float
        Amount by item, in the instance's currency, the largest first, without zero amounts.
    """
    last = obligations[obligations["month"] == instance.label(instance.head.months - 1)]
    rows = zip(last["item"].to_list(), last["owed_after_horizon"].to_list(), strict=True)
    return dict(sorted(((item, amount) for item, amount in rows if amount > 0.005), key=lambda pair: -pair[1]))


def notes(instance: Instance, obligations: pd.DataFrame) -> list[str]:
    """Return the note on obligations after the plan for its head; empty if there are none."""
    owed, head = owed_after(instance, obligations), instance.head
    if not owed:
        return []
    largest = ", ".join(f"{item} {grouped(amount)}" for item, amount in list(owed.items())[:_MOST])
    more = f" and {len(owed) - _MOST} more" if len(owed) > _MOST else ""
    counts = "The cost counts none of it; plan more months or set tail_fraction to count it."
    if head.tail_fraction:
        share = exact_percent(head.tail_fraction)
        counts = f"The cost counts {share} of the terms of contracts in it (tail_fraction), and none of the rest."
    return [
        f"{grouped(sum(owed.values()))} {head.currency} fall due after the plan's last month, "
        f"{instance.label(head.months - 1)}, for what is signed and ordered by then: {largest}{more}. "
        f"{counts}"
    ]

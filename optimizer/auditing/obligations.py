"""What is still to be paid for what is signed and ordered, month by month, from the decisions and the prices alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from optimizer.auditing.agreement import interrupted
from optimizer.auditing.prices import Priced, paid_to
from optimizer.auditing.stock import Lot, Stock

Array = NDArray[np.float64]
Owed = tuple[str, Array, Array]  # item; what is owed for it, and what of that is due after the plan, by month


def obligations(case: Priced) -> Iterator[Owed]:
    """Yield what is owed for each item at the start of each month: its decisions are made, nothing of it is paid.

    All is handed back as early as allowed, by notice of that month or of the plan, whichever is earlier.
    """
    end, contracts = case.facts.months, dict[str, list[Array]]()
    for name, stock in case.stocks.items():
        if not stock.agreement.outlet:
            due = _contract(stock)
            yield name, due.sum(axis=1), due[:, end:].sum(axis=1)
            contracts.setdefault(stock.agreement.party, []).append(due)
    for order in case.orders:
        due = _unpaid(end, order.month, order.due)
        yield order.item, due.sum(axis=1), due[:, end:].sum(axis=1)
    for name, row in case.facts.tables["commitments"].items():
        yield name, *_commitment(case, name, contracts.get(row.provider, []))


def _unpaid(end: int, decided: int, payments: Array) -> Array:
    """Payments by the month of the plan in which they are owed, and the month in which they are due."""
    seen, due = np.arange(end)[:, None], np.arange(len(payments))[None, :]
    found: Array = np.where((seen >= decided) & (due >= seen), payments, 0.0)
    return found


def _contract(stock: Stock) -> Array:
    """What is owed for a contract, by month of the plan and month in which it is due."""
    agreement, end = stock.agreement, len(stock.handed)
    row = agreement.row
    width = max([end + agreement.notice, *(stock.starts + agreement.term).tolist()]) + 1
    found, before = np.zeros((end, width)), 0.0
    for lot in stock.lots:
        signed, upfront = lot.start - row.lead_months, np.zeros(width)
        left = lot.blocks - np.clip(stock.handed_by(np.arange(-1, width)) - before, 0.0, lot.blocks)
        before += lot.blocks
        if signed >= 0 and not lot.decided:
            prepaid = agreement.prepaid * float(agreement.term_prices(lot.start, end).sum())
            upfront[signed] = lot.blocks * (row.upfront_per_block + prepaid)
        since = 0 if lot.committed or lot.decided else signed
        found += _unpaid(end, since, upfront)
        if agreement.fixed:
            found += _unpaid(end, since, _fixed(stock, lot, width))
        else:
            found += _terminable(stock, lot.start, since, left)
    return found


def _fixed(stock: Stock, lot: Lot, width: int) -> Array:
    """Invoices of a fixed term by month."""
    prices, found = stock.agreement.term_prices(lot.start, len(stock.handed), lot.price), np.zeros(width)
    for month, price in enumerate(prices.tolist(), lot.start):
        if month >= 0:
            found[month] = lot.blocks * price * (1.0 - stock.agreement.prepaid)
    return found


def _terminable(stock: Stock, start: int, decided: int, left: Array) -> Array:
    """What is owed for blocks of which ``left`` are not handed back by the plan, as for :func:`_contract`.

    ``left`` is by month, from the one before the plan on. Blocks that are left leave after term and notice, with a fee,
    or run out before without any. Prices after the plan stay.
    """
    handed, left = -np.diff(left), left[1:]
    agreement, months, seen = stock.agreement, np.arange(len(left)), np.arange(len(stock.handed))[:, None]
    last = len(left) if agreement.row.ends_by is None else agreement.row.ends_by
    price = agreement.block_prices(np.minimum(months, len(stock.handed) - 1))
    billed = left * price * agreement.price_fractions(np.maximum(months - start, 0))
    billed *= interrupted(agreement.interruptions, months, "price_fraction")
    billed *= np.where(months < start + agreement.term, 1.0 - agreement.prepaid, 1.0)
    if agreement.metered:
        billed *= agreement.row.minimum_take * agreement.capacity_fractions(np.maximum(months - start, 0))
        billed *= interrupted(agreement.interruptions, months, "capacity_fraction")
    leave = np.maximum(start + agreement.term, seen + agreement.notice)
    due = np.where((months >= start) & (months < leave), billed, 0.0)
    leaving = np.where(months < leave, handed, 0.0)
    leaving += np.where(months == leave, left[leave - 1], 0.0)
    due += leaving * price * agreement.row.termination_fee_months
    found: Array = np.where((months >= seen) & (months <= last) & (seen >= decided), due, 0.0)
    return found


def _commitment(case: Priced, name: str, contracts: list[Array]) -> tuple[Array, Array]:
    """What is left of the years of a commitment: neither paid to the provider yet, nor owed to it for contracts."""
    end, row = case.facts.months, case.facts.tables["commitments"][name]
    seen, paid, owed = np.arange(end), paid_to(case, row.provider), np.zeros((2, end))
    for one in case.taken(name):
        for year in range(one.start, one.start + 12 * row.years, 12):
            parts = ((0, year, min(year + 12, end)), (1, max(year, end), year + 12))  # in the plan, and after it
            for place, first, stop in (part for part in parts if part[1] < part[2]):
                amount = one.share * row.annual_amount * (stop - first) / 12.0
                amount -= one.spent if first < 0 < stop else 0.0
                spent = np.array([paid[max(first, 0) : t].sum() for t in seen])
                bound = sum((due[:, max(first, 0) : max(stop, 0)].sum(axis=1) for due in contracts), np.zeros(end))
                left = np.maximum(amount - spent - bound, 0.0)
                owed[place] += np.where((seen >= one.since) & (seen < stop), left, 0.0)
    return owed[0] + owed[1], owed[1]

"""Obligations of a plan after its last month, which its cost does not include."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from optimizer.instance.instance import Instance
from optimizer.program.agreement import Agreement
from optimizer.program.index import Index
from optimizer.program.money import build_instalments

if TYPE_CHECKING:
    import pandas as pd

_YEAR = 12
_MOST = 3  # maximum number of items in a note


def owed_after(instance: Instance, decisions: pd.DataFrame) -> dict[str, float]:
    """Return nominal payments due after the plan's last month for decisions and agreements made by then.

    The invoices of fixed and minimum terms that lie there (of a terminable contract at the price of the plan's last
    month), what is still to be paid for orders, and the years of spend commitments, which are to be spent or paid.

    Parameters
    ----------
    instance : Instance
        The planned instance.
    decisions : DataFrame
        The plan's table of decisions.

    Returns
    -------
    dict of str to float
        Amount by item, in the instance's currency, the largest first, without zero amounts.
    """
    return _owed(Index(instance), decisions)


def notes(index: Index, decisions: pd.DataFrame) -> list[str]:
    """Return the note on obligations for the plan's head; empty if there are none."""
    owed, head = _owed(index, decisions), index.instance.head
    if not owed:
        return []
    largest = ", ".join(f"{item} {amount:,.0f}" for item, amount in list(owed.items())[:_MOST])
    more = f" and {len(owed) - _MOST} more" if len(owed) > _MOST else ""
    counts = "The cost counts none of it; plan more months (months) to count it."
    if head.tail_fraction:
        share = f"{100 * head.tail_fraction:g} %"
        counts = f"The cost counts {share} of the terms of contracts in it (tail_fraction), and none of the rest."
    return [
        f"{sum(owed.values()):,.0f} {head.currency} fall due after the plan's last month, "
        f"{index.instance.label(index.horizon - 1)}, for what is signed and ordered by then: {largest}{more}. "
        f"{counts}"
    ]


def _owed(index: Index, decisions: pd.DataFrame) -> dict[str, float]:
    """Return the amounts of :func:`owed_after`."""
    found: dict[str, float] = {}
    for item, amount in (*_decided(index, decisions), *_agreed(index)):
        found[item] = found.get(item, 0.0) + amount
    kept = {item: amount for item, amount in found.items() if amount > 0.005}
    return dict(sorted(kept.items(), key=lambda pair: -pair[1]))


def _decided(index: Index, decisions: pd.DataFrame) -> Iterator[tuple[str, float]]:
    """Yield item and amount of each decision; the audit reports items that the instance does not have."""
    columns = (decisions[name].to_list() for name in ("month", "decision", "item", "blocks", "starts"))
    for month, decision, item, blocks, starts in zip(*columns, strict=True):
        if decision == "sign" and item in index.agreements:
            yield item, blocks * _block(index.agreements[item], index.instance.month_index(starts))
        elif decision == "commit_spend" and item in index.commitments:
            row, start = index.commitments[item], index.instance.month_index(starts)
            months = min(max(start + _YEAR * row.years - index.horizon, 0), _YEAR * row.years)
            yield item, blocks * row.annual_amount * months / _YEAR
        elif decision == "order_build" and item in index.builds:
            yield item, blocks * _build(index, item, index.instance.month_index(month))
        elif decision == "buy" and item in index.purchases:
            yield item, blocks * _lot(index, item, index.instance.month_index(month))


def _agreed(index: Index) -> Iterator[tuple[str, float]]:
    """Yield item and amount of each contract that was agreed before the plan."""
    for name, agreement in index.agreements.items():
        if agreement.committed and not agreement.is_outlet:
            yield name, agreement.committed * _block(agreement, int(agreement.row.earliest))


def _block(agreement: Agreement, start: int) -> float:
    """Return the cost of one block after the plan's last month, within its fixed or minimum term."""
    paid = min(max(agreement.horizon - start, 0), agreement.term)  # months of the term that lie in the plan or before
    return (1 - agreement.prepaid) * float(agreement.term_prices(start)[paid:].sum())


def _build(index: Index, item: str, order: int) -> float:
    """Return the cost of one block of a build after the plan's last month."""
    row = index.builds[item]
    months, share = build_instalments(row, order)
    return float(sum(month >= index.horizon for month in months) * share * row.capex_per_mw * row.mw_per_block)


def _lot(index: Index, item: str, order: int) -> float:
    """Return the cost of one lot of a purchase after the plan's last month."""
    row = index.purchases[item]
    if order + row.lead_months < index.horizon:
        return 0.0
    price = index.item_price(item, row.unit_price).at(order)
    return float((1 - row.deposit_fraction) * price * row.lot_size)

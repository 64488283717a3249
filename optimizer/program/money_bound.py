"""Money that decisions bind, per block or lot: price of the build or lots, firm term, fee, commitment."""

from __future__ import annotations

from optimizer.program.index import Index


def money_bound(index: Index, family: str, item: str, t: int) -> float:
    """Return the money that one block or lot binds when it is decided on, in the instance's currency, not discounted.

    Parameters
    ----------
    index : Index
        What the instance means.
    family : str
        Family of columns: ``ordered``, ``bought``, ``started``, ``ended``, ``committed`` or ``placed``.
    item : str
        Build, purchase, agreement, spend commitment or training run.
    t : int
        Month of the column: of the order, the start, or the first month without the block.

    Returns
    -------
    float
        Money out; for outlets, what a block brings in over its firm term. A training run binds no money.
    """
    return _BOUND[family](index, item, t)


def _ordered(index: Index, item: str, t: int) -> float:
    row = index.builds[item]
    return float(row.mw_per_block * row.capex_per_mw)


def _bought(index: Index, item: str, t: int) -> float:
    row = index.purchases[item]
    return float(row.lot_size * index.item_price(item, row.unit_price).at(t))


def _started(index: Index, item: str, t: int) -> float:
    return index.agreements[item].bound_cost(t)


def _ended(index: Index, item: str, t: int) -> float:
    agreement = index.agreements[item]
    return float(agreement.row.termination_fee_months * agreement.block_price.at(t))


def _committed(index: Index, item: str, t: int) -> float:
    row = index.commitments[item]
    return float(row.annual_amount * row.years)


def _placed(index: Index, item: str, t: int) -> float:
    return 0.0


_BOUND = {
    "ordered": _ordered,
    "bought": _bought,
    "started": _started,
    "ended": _ended,
    "committed": _committed,
    "placed": _placed,
}

"""Decisions made before the plan, as its table of decisions would have them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from optimizer.instance.notice import notice_of
from optimizer.plan.tables import make_table
from optimizer.program.index import Index
from optimizer.program.placement import last_month
from optimizer.schema import IN_HOUSE, load_schema

if TYPE_CHECKING:
    import pandas as pd

    from optimizer.instance.instance import Instance

_YEAR = 12
Months = tuple[int | None, int | None]  # first and last month; None where there is none


def earlier_decisions(instance: Instance) -> pd.DataFrame:
    """Return the rows of ``decided`` with the columns of the plan's table ``decisions``.

    Sizes and months that are blank follow from the items; ``committed_cost`` is 0, because nothing is newly committed.
    Expiries are left out.

    Parameters
    ----------
    instance : Instance
        The planned instance.
    """
    made = [row for row in instance.rows["decided"] if row.decision in _MONTHS]
    index = Index(instance) if made else None
    return make_table("decisions", [_row(index, row) for row in sorted(made, key=lambda row: row.month)])


def _row(index: Any, row: Any) -> tuple[Any, ...]:
    label, tables = index.instance.label, load_schema().tables
    table = next(t for t in load_schema().decisions[row.decision] if row.item in index.instance.named[t])
    item, party = index.instance.named[table][row.item], tables[table].party_column
    first, last = _MONTHS[row.decision](index, row, item)
    months = ("" if month is None else label(month) for month in (first, last))
    who = getattr(item, party) if party else IN_HOUSE
    if row.decision == "start_run":
        who = index.pools[row.pool].party
    return label(row.month), row.decision, row.item, who, row.blocks, *_size(index, row, item), *months, 0.0


def _size(index: Any, row: Any, item: Any) -> tuple[float, float]:
    """Accelerators and MW."""
    if row.decision == "start_run":
        _, pool, size, _ = index.runs_before[row.item]
        return size, size * index.pools[pool].mw
    per_block = getattr(item, "lot_size", None) or getattr(item, "accelerators_per_block", None) or 0.0
    return row.blocks * per_block, row.blocks * getattr(item, "mw_per_block", 0.0)


# ---------------------------------------------------------------- months
def _build(index: Any, row: Any, item: Any) -> Months:
    return row.month + item.lead_months, None


def _purchase(index: Any, row: Any, item: Any) -> Months:
    first = row.month + item.lead_months
    return first, first + item.life_months - 1


def _signature(index: Any, row: Any, item: Any) -> Months:
    first = row.month + item.lead_months if row.starts is None else row.starts
    return first, None if item.term_months is None else first + item.term_months - 1


def _hand_back(index: Any, row: Any, item: Any) -> Months:
    return None, row.month + notice_of(item) - 1 if row.ends is None else row.ends


def _commitment(index: Any, row: Any, item: Any) -> Months:
    first = index.commitments_before[row.item].start
    return first, first + _YEAR * item.years - 1


def _run(index: Any, row: Any, item: Any) -> Months:
    place = index.runs_before[row.item]
    return place[3], last_month(index, place)


_MONTHS: dict[str, Callable[[Any, Any, Any], Months]] = {
    "order_build": _build,
    "buy": _purchase,
    "sign": _signature,
    "hand_back": _hand_back,
    "lease_out": _signature,
    "take_back": _hand_back,
    "commit_spend": _commitment,
    "start_run": _run,
}

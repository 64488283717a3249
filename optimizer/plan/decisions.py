"""Rows of the decisions table: orders, purchases, signatures, hand-backs, expiries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from optimizer.instance.notice import notice_of
from optimizer.plan.settle import Floats, Settled
from optimizer.program.agreement import Agreement
from optimizer.program.build import Program
from optimizer.program.index import Index
from optimizer.program.money_bound import money_bound
from optimizer.program.placement import Placement, last_month
from optimizer.schema import IN_HOUSE

Decision = tuple[Any, ...]  # month number first, then the columns of the table from `decision` on


def decision_rows(program: Program, settled: Settled) -> list[tuple[Any, ...]]:
    """Return all decisions in order of month; of agreed contracts only the end counts as a decision."""
    label = program.instance.label
    rows = [*_orders(program.index, settled, label), *_purchases(program.index, settled, label)]
    for agreement in program.index.agreements.values():
        rows += _signatures(program.index, agreement, settled, label)
        rows += _hand_backs(program.index, agreement, settled, label)
        rows += _expiries(agreement, settled, label)
    rows += [*_commitments(program, settled, label), *_runs(program, settled, label)]
    rows.sort(key=lambda row: row[0])
    return [(label(month), *rest) for month, *rest in rows]


def _each(by_month: Any) -> Iterator[tuple[int, float]]:
    for month in np.flatnonzero(by_month).tolist():
        yield month, float(by_month[month])


def _orders(index: Index, settled: Settled, label: Any) -> Iterator[Decision]:
    for name, row in index.builds.items():
        for t, blocks in _each(settled.ordered[name]):
            mw = blocks * row.mw_per_block
            starts = label(t + row.lead_months)
            cost = blocks * money_bound(index, "ordered", name, t)
            yield t, "order_build", name, IN_HOUSE, blocks, 0.0, mw, starts, "", cost


def _purchases(index: Index, settled: Settled, label: Any) -> Iterator[Decision]:
    for name, row in index.purchases.items():
        for t, lots in _each(settled.bought[name]):
            count, first = lots * row.lot_size, t + row.lead_months
            cost, last = lots * money_bound(index, "bought", name, t), first + row.life_months - 1
            yield t, "buy", name, IN_HOUSE, lots, count, 0.0, label(first), label(last), cost


def _size(agreement: Agreement, blocks: float) -> tuple[float, float, float]:
    """Blocks, accelerators and MW."""
    row = agreement.row
    counted = not agreement.is_outlet or row.sells == "accelerators"
    return blocks, blocks * row.accelerators_per_block if counted else 0.0, blocks * row.mw_per_block


def _signatures(index: Index, agreement: Agreement, settled: Settled, label: Any) -> Iterator[Decision]:
    if agreement.committed is not None:
        return
    decision, sign = ("lease_out", -1.0) if agreement.is_outlet else ("sign", 1.0)
    for s, blocks in _each(settled.started[agreement.name]):
        ends = label(s + agreement.term - 1) if agreement.fixed else ""
        cost = sign * blocks * money_bound(index, "started", agreement.name, s)
        signed = s - agreement.row.lead_months
        yield signed, decision, agreement.name, agreement.party, *_size(agreement, blocks), label(s), ends, cost


def _hand_backs(index: Index, agreement: Agreement, settled: Settled, label: Any) -> Iterator[Decision]:
    decision = "take_back" if agreement.is_outlet else "hand_back"
    for e, blocks in _each(settled.ended[agreement.name]):
        fee = blocks * money_bound(index, "ended", agreement.name, e)
        noticed = e - notice_of(agreement.row)
        yield noticed, decision, agreement.name, agreement.party, *_size(agreement, blocks), "", label(e - 1), fee


def _expiries(agreement: Agreement, settled: Settled, label: Any) -> Iterator[Decision]:
    for month, blocks in _ends(agreement, settled):
        yield month, "expire", agreement.name, agreement.party, *_size(agreement, blocks), "", label(month - 1), 0.0


def _commitments(program: Program, settled: Settled, label: Any) -> Iterator[Decision]:
    for (name, s), column in program.parts.col["committed"].items():
        share, row = float(settled.values[column]), program.index.commitments[name]
        if share > 0:
            ends, cost = label(s + 12 * row.years - 1), share * money_bound(program.index, "committed", name, s)
            yield s, "commit_spend", name, row.provider, share, 0.0, 0.0, label(s), ends, cost


def _runs(program: Program, settled: Settled, label: Any) -> Iterator[Decision]:
    for place, share in placed_runs(program, settled.values):
        name, pool, size, start = place
        count, own = share * size, program.index.pools[pool]
        ends = label(last_month(program.index, place))
        yield start, "start_run", name, own.party, share, count, count * own.mw, label(start), ends, 0.0


def placed_runs(program: Program, values: Floats) -> list[tuple[Placement, float]]:
    """Return the chosen placements, each with its share: 1, or less in a relaxed plan."""
    placed = program.parts.col["placed"]
    places, shares = list(placed), values[list(placed.values())]
    return [(places[at], float(shares[at])) for at in np.flatnonzero(shares > 0).tolist()]


def _ends(agreement: Agreement, settled: Settled) -> Iterator[tuple[int, float]]:
    """Yield the first month without expired blocks, and their number."""
    horizon = agreement.horizon
    if agreement.fixed:
        ends = np.zeros(horizon)
        starts = [*_each(settled.started[agreement.name]), *((one.month, one.blocks) for one in agreement.given)]
        for s, blocks in starts:
            if 0 <= s + agreement.term < horizon:
                ends[s + agreement.term] += blocks
        yield from _each(ends)
    elif agreement.row.ends_by is not None and 0 <= agreement.row.ends_by + 1 < horizon:
        last = agreement.row.ends_by
        blocks = float(settled.active[agreement.name][last]) if last >= 0 else agreement.active_before(last)
        if blocks > 0:
            yield agreement.row.ends_by + 1, blocks

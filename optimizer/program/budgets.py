"""Budgets: limits on nominal money out."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.cash_terms import terms_of_kind
from optimizer.program.index import Index
from optimizer.program.ledger import Entries
from optimizer.program.program_data import ProgramData
from optimizer.program.row import Row


def sets(index: Index) -> dict[str, list[Any]]:
    """Index sets of this room."""
    return {"budget_limit": [row.budget for row in index.rows["budgets"]]}


def budget_terms(row: Any) -> tuple[str, ...]:
    """Return the cash terms that a budget counts."""
    return terms_of_kind(*(("capex", "opex") if row.covers == "all" else (row.covers,)), *["revenue"] * row.net)


def counted_in(m: ProgramData, row: Any) -> NDArray[np.bool_]:
    """Entries of the ledger that a budget counts, as a mask."""
    entries: Entries = m.entries
    inside: NDArray[np.bool_] = entries.of_terms(budget_terms(row)) & (entries.months >= max(row.from_, 0))
    inside &= (entries.months <= row.to) & (entries.months < m.index.horizon)
    return inside


def budget_limit(m: ProgramData, budget: str) -> Row:
    """Money out is at most the amount.

    ``sum(amount[column] column) <= amount`` for each budget, over the entries of the ledger in its window of the kinds
    covered, nominal, less lease-out revenue if ``net``.
    """
    row = m.budgets[budget]
    entries, inside = m.entries, counted_in(m, row)
    spend = entries.per_column(np.where(inside, entries.amounts, 0.0), len(m.names)) / m.units.money
    columns = np.flatnonzero(spend)
    return Row().add_all(spend[columns].tolist(), columns.tolist()).at_most(row.amount / m.units.money)

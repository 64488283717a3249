"""Dependence of constraints on the price of an offer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optimizer.cash_terms import cash_terms


def is_constrained(rows: Mapping[str, Any], table: str, item: str, row: Any, party: str) -> bool:
    """Whether a budget, commitment or rule counts the payments for an offer.

    Parameters
    ----------
    rows : mapping
        Rows of the instance by table.
    table : str
        Table of the offer.
    item : str
        Name of the offer.
    row : row of that table
        Row of the offer.
    party : str
        Party that is paid, or that pays.
    """
    names = {item, party, getattr(row, "site", None)}
    return (
        any(_covers(budget, table, row) for budget in rows["budgets"])
        or (_commits(table) and any(deal.provider == party for deal in rows["commitments"]))
        or any(term.quantity == "spend" and term.item in names for term in rows["rule_terms"])
    )


def _covers(budget: Any, table: str, row: Any) -> bool:
    """Whether a budget counts the offer; the revenue of an outlet counts only in a net budget, its fees always."""
    kinds = {term.kind for term in cash_terms().values() if term.priced and table in term.items}
    if "revenue" in kinds:
        return bool(budget.net) or (row.termination_fee_months > 0 and budget.covers != "capex")
    return budget.covers == "all" or budget.covers in kinds


def _commits(table: str) -> bool:
    """Whether payments for the items of a table count towards spend commitments."""
    return any(table in term.commits for term in cash_terms().values())

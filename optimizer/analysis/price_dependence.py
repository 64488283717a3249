"""Whether more than the cost hangs on the price of an offer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def counted(rows: Mapping[str, Any], table: str, item: str, row: Any, party: str) -> bool:
    """Whether a budget, commitment or rule counts what is paid for an offer.

    Parameters
    ----------
    rows : mapping
        The instance's, by table.
    table : str
        Of the offer.
    item : str
        Its name.
    row : row of that table
        The offer.
    party : str
        Whom it is paid to, or who pays.
    """
    names = {item, party, getattr(row, "site", None)}
    return (
        any(_covers(budget, table, row) for budget in rows["budgets"])
        or (table in ("contracts", "on_demand") and any(deal.provider == party for deal in rows["commitments"]))
        or any(term.quantity == "spend" and term.item in names for term in rows["rule_terms"])
    )


def _covers(budget: Any, table: str, row: Any) -> bool:
    """Whether a budget counts it; of an outlet, what it brings only if the budget is net, and its fees in any case."""
    if table == "outlets":
        return bool(budget.net) or (row.termination_fee_months > 0 and budget.covers != "capex")
    return budget.covers in ("all", "capex" if table in ("builds", "purchases") else "opex")

"""Rules on money: payments add up to the objective, and budgets hold."""

from __future__ import annotations

import numpy as np

from optimizer.auditing.headline import is_number
from optimizer.auditing.prices import Priced
from optimizer.auditing.verdict import FLOOR, Findings, total
from optimizer.cash_terms import terms_of_kind
from optimizer.format import number


def objective(case: Priced, say: Findings) -> None:
    """The plan's objective is the sum of the present values."""
    found, values = case.head.get("objective"), case.tables["cash"]["present_value"]
    right, floor = total(values)
    good = is_number(found) and abs(found - right) <= floor
    say.that(good, "objective", "", repr(found), f"{number(right, 6)} expected")


def budget(case: Priced, say: Findings) -> None:
    """No more money goes out in a budget's window than its amount."""
    for row in case.facts.rows["budgets"]:
        kinds = ["capex", "opex"] if row.covers == "all" else [row.covers]
        terms = terms_of_kind(*kinds, *["revenue"] * row.net)
        places = [place for (term, _), place in case.facts.names["cash"].items() if term in terms]
        window = case.facts.window(row)
        paid = case.priced[places][:, list(window)]
        gross = float(np.abs(paid).sum())
        month = case.facts.label(window[-1]) if window else ""
        floor = max(case.money_floor, FLOOR * gross)
        say.compare(float(paid.sum()), "<=", row.amount, "spent", row.budget, month, floor=floor, relative_to=gross)

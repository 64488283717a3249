"""Rules on money: every payment is as it is priced again, budgets hold, and all of it adds up to the objective."""

from __future__ import annotations

import numpy as np

from optimizer.auditing.headline import is_number
from optimizer.auditing.prices import Priced
from optimizer.auditing.verdict import FLOOR, Findings, number, total
from optimizer.schema import terms_of_kind

COVERS = {"all": ("capex", "opex"), "capex": ("capex",), "opex": ("opex",)}
"""Kinds of cash terms that a budget counts."""


def cash(case: Priced, say: Findings) -> None:
    """Every payment is what its decisions and figures cost by the instance's prices, and none is left out."""
    names, table = case.facts.names["cash"], case.tables["cash"]
    found = table.grid("cash", case.priced.shape, "amount")
    floor = FLOOR * float(np.abs(case.priced).max(initial=0.0))
    for term in dict.fromkeys(term for term, _ in names):
        items = {item: place for (other, item), place in names.items() if other == term}
        places = list(items.values())
        say.compare(found[places], "=", case.priced[places], f"paid as {term}", list(items), floor=floor)


def cash_party(case: Priced, say: Findings) -> None:
    """A payment names the party that is paid or pays, `in_house` for own sites, none for a penalty."""
    table = case.tables["cash"]
    expected = np.array(case.facts.payees[1], dtype=object)[table.codes["cash"]]
    say.checks += len(table)
    for row in np.flatnonzero(table["party"] != expected).tolist():
        found = f"party {table['party'][row]!r} of {table['term'][row]}"
        say.add(table["item"][row], table["month"][row], found, f"{expected[row]!r} expected")


def present_value(case: Priced, say: Findings) -> None:
    """The present value of a payment is its amount discounted to the plan's first month."""
    table = case.tables["cash"]
    worth = table["amount"] * case.facts.discount[table.t]
    say.compare(table["present_value"], "=", worth, "present value", table["item"], table["month"])


def objective(case: Priced, say: Findings) -> None:
    """The plan's objective is the sum of the present values."""
    found, values = case.head.get("objective"), case.tables["cash"]["present_value"]
    right, floor = total(values)
    good = is_number(found) and abs(found - right) <= floor
    say.that(good, "objective", "", repr(found), f"{number(right, 6)} expected")


def budget(case: Priced, say: Findings) -> None:
    """No more money goes out in a budget's window than its amount."""
    for row in case.facts.rows["budgets"]:
        terms = terms_of_kind(*COVERS[row.covers], *(["revenue"] if row.net else []))
        places = [place for (term, _), place in case.facts.names["cash"].items() if term in terms]
        window = case.facts.window(row)
        paid = case.priced[places][:, list(window)]
        gross = float(np.abs(paid).sum())
        month = case.facts.label(window[-1]) if window else ""
        floor = max(case.money_floor, FLOOR * gross)
        say.compare(float(paid.sum()), "<=", row.amount, "spent", row.budget, month, floor=floor, beside=gross)

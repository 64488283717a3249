"""Warnings on outcomes whose data differ before they are known."""

from __future__ import annotations

from typing import Any

import pytest

import optimizer
from tests.instance.test_scenarios import change
from tests.program.tiny import frames, month


def known(month_known: int | None, *changes: dict[str, Any], **given: Any) -> list[str]:
    """Warnings on when the outcome late of the risk site is known, of an instance of 6 months."""
    row = {"risk": "site", "outcome": "late", "probability": 0.5}
    owned = [{**change, "risk": "site", "outcome": "late"} for change in changes]
    risks = [row if month_known is None else {**row, "known": month_known}]
    demand = given.pop("demand", {"jobs": [10, 20, 20, 40]})
    found = optimizer.read(frames(6, demand, fleet=[{"count": 5}], risks=risks, changes=owned, **given))
    return [one.problem for one in found.warnings if one.column == "known"]


def test_what_is_known_before_it_differs_is_no_surprise() -> None:
    """Tests that demand that differs from month 2 on is known in time until month 2, and too late from 3 on."""
    more = {**change("multiply", 2), "from": 2}
    assert known(2, more) == []
    (late,) = known(3, more)
    assert late.startswith(
        f"demand.amount of 'jobs' differs from {month(2)} on, but this becomes known only in {month(3)}. "
        f"The planner sees it in {month(2)} at the latest"
    )
    (never,) = known(None, more)
    assert "does not become known within the plan" in never


def test_a_factor_of_1_is_no_difference() -> None:
    """Tests that only months in which the values differ count: here 3 on, where 40 becomes 41."""
    assert known(3, change("multiply", 1), {**change("add", 1), "from": 3}) == []


def test_lead_times_and_dates_explain_themselves() -> None:
    """Tests that a delay, or a later date, is not seen before it comes."""
    builds = [{"capex_per_mw": 1, "lead_months": 3}]
    late = change("delay", 2, "builds", "lead_months", key="wing")
    moved = change("set", month(2), "builds", "earliest", key="wing")
    assert known(5, late, moved, builds=builds) == []
    assert len(known(5, change("multiply", 2, "builds", "capex_per_mw"), builds=builds)) == 1


def test_interruptions_differ_from_their_first_month_on() -> None:
    """Tests a recall in month 4, announced in month 3 or at once in month 5."""
    recall = [{"item": "hourly", "from": 4, "capacity_fraction": 1}]
    given = {"on_demand": [{"price": 1, "max_accelerators": 5}], "interruptions": recall}
    gone = change("set", 0, "interruptions", "capacity_fraction", key="recall")
    assert known(3, gone, **given) == []
    assert len(known(5, gone, **given)) == 1


@pytest.mark.parametrize(
    ("outcomes", "rows"),
    [
        # Outcome, probability, month in which it is known, factor of demand from month 2 on.
        # Where one of the two happens, the announcement of the first distinguishes both.
        ([("one", 0.5, 1, 2), ("two", 0.5, 5, 3)], []),
        ([("one", 0.5, 3, 2), ("two", 0.5, 5, 3)], [1, 2]),
        ([("one", 0.5, 5, 2), ("two", 0.5, 2, 3)], []),
        # With a tenth it is as planned, which nobody announces; what cannot happen distinguishes nothing.
        ([("one", 0.5, 1, 2), ("two", 0.4, 5, 3)], [2]),
        ([("one", 0.0, 1, 2), ("two", 0.9, 5, 3)], [2]),
        ([("one", 0.0, 5, 2), ("two", 1.0, 5, 3)], []),
        ([("one", 0.5, 5, 2), ("two", 0.5, 5, 2)], []),  # the same change
        ([("one", 0.5, 5, 2), ("two", 0.5, None, 1)], [1]),
    ],
)
def test_what_distinguishes_outcomes(outcomes: list[tuple[str, float, int | None, float]], rows: list[int]) -> None:
    """Tests which outcomes of a risk are known too late, by what the others are and when they are known."""
    risks = [
        {"risk": "site", "outcome": name, "probability": share} | ({} if at is None else {"known": at})
        for name, share, at, _ in outcomes
    ]
    owned = [{**change("multiply", by), "from": 2, "risk": "site", "outcome": name} for name, _, _, by in outcomes]
    found = optimizer.read(frames(6, {"jobs": [10]}, fleet=[{"count": 5}], risks=risks, changes=owned)).warnings
    assert [(one.where, one.row) for one in found if one.column == "known"] == [("risks", row) for row in rows]


@pytest.mark.parametrize(("known_at", "late"), [(2, False), (3, True), (None, True)])
def test_scenarios_that_are_known_too_late(known_at: int | None, late: bool) -> None:
    """Tests a table of two scenarios, of which the second changes demand from month 2 on, and the first a budget."""
    scenarios = [{"scenario": "base", "probability": 0.4}, {"scenario": "more", "probability": 0.6}]
    scenarios[1] |= {} if known_at is None else {"known": known_at}
    more = {**change("multiply", 2), "from": 2, "scenario": "more"}
    less = {**change("multiply", 0.5, "budgets", "amount", key="cap"), "scenario": "base"}
    given = {"budgets": [{"from": 2, "amount": 1e6}], "contracts": [{"price": 3000, "term_months": 1}]}
    found = optimizer.read(frames(6, {"jobs": [10]}, scenarios=scenarios, changes=[more, less], **given)).warnings
    rows = [(one.where, one.row) for one in found if one.column == "known"]
    assert rows == [("scenarios", 1), ("scenarios", 2)] * late

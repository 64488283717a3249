"""Warnings on windows and terms, at both sides of every limit, with their texts: 24 months from 2030-01 to 2031-12."""

from __future__ import annotations

from typing import Any

import pytest

from tests.instance.warned import OUT, TERM, USUAL, at, warned

Row = dict[str, Any]


@pytest.mark.parametrize(
    ("window", "fits"),
    [
        *(({"from": first}, first <= 23) for first in (22, 23, 24, 26)),
        *(({"to": last}, last >= 0) for last in (1, 0, -1, -3)),
        ({"from": -5, "to": -1}, False),
        ({"from": -5, "to": 0}, True),
        ({"from": 23, "to": 40}, True),
        ({"from": 24, "to": 40}, False),
    ],
)
def test_windows(window: Row, fits: bool) -> None:
    """Tests windows that reach the plan's first or last month, or miss it, in each table that limits plans."""
    rule = {"sense": "<=", "rhs": 900}
    found = warned(
        budgets=[{"amount": 1e5, **window}],
        policies=[{"rule": "max_share", "subject": "provider", "member": "cloud", "limit": 0.9, **window}],
        rules=[rule, rule | {"rule": "other", **window}],
        rule_terms=[
            {"rule": name, "quantity": "capacity", "item": "usual", "coefficient": 1} for name in ("mine", "other")
        ],
    )
    problem = f"no month of the plan lies between from and to. Change one of them, {OUT}"
    assert found == [f"{place} from: {problem}" for place in ("budgets 1", "policies 1", "rules 2")] * (not fits)


NO_EFFECT = f"it has no effect: it leaves everything. Lower it, {OUT}"
OVER = f"it is over before the plan starts. Give a later month, {OUT}"
AFTER = f"it starts after the plan ends. Give an earlier month, {OUT}"
HALF = {"item": "hourly", "from": 3, "to": 5, "capacity_fraction": 0.5}


@pytest.mark.parametrize(
    ("terms", "place", "problem"),
    [
        ({"capacity_fraction": 1}, "capacity_fraction", NO_EFFECT),
        ({"capacity_fraction": 0.99}, "", ""),
        ({"item": "usual", "capacity_fraction": 1, "price_fraction": 0.9}, "", ""),
        ({"item": "usual", "capacity_fraction": 0.9, "price_fraction": 0.9}, "", ""),
        ({"from": -4, "to": 0}, "", ""),
        ({"from": -4, "to": -1}, "to", OVER),
        ({"from": -4, "to": -3}, "to", OVER),
        ({"from": -4, "to": None}, "", ""),
        ({"from": 23, "to": 23}, "", ""),
        ({"from": 24, "to": 25}, "from", AFTER),
        ({"from": 26, "to": 29}, "from", AFTER),
        ({"from": 26, "to": None}, "from", AFTER),
        ({"item": "usual", "from": 26, "to": 29}, "", ""),  # of a contract: its tail is paid after the plan
    ],
)
def test_interruptions(terms: Row, place: str, problem: str) -> None:
    """Tests interruptions that are within the plan or lower anything, and some that are not."""
    hourly = [{"price": 4, "max_accelerators": 50}]
    found = warned(on_demand=hourly, interruptions=[HALF, HALF | {"interruption": "other"} | terms])
    assert found == at(f"interruptions 2 {place}", *[problem] * bool(problem))


@pytest.mark.parametrize(("key", "rows"), [("recall", [2]), ("*", []), ("other", [1])])
def test_interruptions_by_a_scenario(key: str, rows: list[int]) -> None:
    """Tests that what has no effect but in a scenario is not warned of; the change is of one row, or of all."""
    none = HALF | {"capacity_fraction": 1}
    scenarios = [{"scenario": "base", "probability": 0.5}, {"scenario": "out", "probability": 0.5, "known": 1}]
    change = {"scenario": "out", "table": "interruptions", "key": key, "column": "capacity_fraction"}
    found = warned(
        on_demand=[{"price": 4, "max_accelerators": 50}],
        interruptions=[none, none | {"interruption": "other"}],
        scenarios=scenarios,
        changes=[{**change, "how": "multiply", "value": "0.5"}],
    )
    assert found == [f"interruptions {row} capacity_fraction: {NO_EFFECT}" for row in rows]


@pytest.mark.parametrize(("until", "gone"), [(-3, True), (0, True), (1, False), (None, False)])
def test_fleet(until: int | None, gone: bool) -> None:
    """Tests a fleet that is there in the plan's first month alone, or not at all, after one without an end."""
    found = warned(fleet=[{"count": 20, "until": 9}, {"count": 10, "until": until}], power=[{"mw": 0.5}])
    problem = f"it is gone before the plan starts. Give a later month, {OUT}"
    assert found == at("fleet 2 until", *[problem] * gone)


PAST = (
    "it starts before the plan, so it is not planned, and its rates do not apply. If it runs already, give its start "
    "in decided: commit_spend, its month, what was spent in its current year."
)
MISSED = f"no month of the plan lies between earliest and latest. Change one of them, {OUT}"


def _beyond(months: int, beyond: int, wanted: int) -> str:
    return (
        f"its {months} months go on for {beyond} after the plan ends, and the cost counts none of these: it looks "
        f"cheaper than it is. Set months to {wanted} or more to count them, or see what still falls due after the plan "
        "in its summary."
    )


DEAL = {"annual_amount": 3e4}  # the lease costs 36,000 a year


@pytest.mark.parametrize(
    ("terms", "column", "problem"),
    [
        ({"latest": 0}, "", ""),
        ({"latest": -1}, "latest", PAST),
        ({"earliest": -9, "latest": -3}, "latest", PAST),
        ({"earliest": -9, "latest": 0}, "", ""),
        ({"earliest": 24}, "earliest", MISSED),
        ({"earliest": 26, "latest": 40}, "earliest", MISSED),
        # Of twelve months four are in the plan, or fewer; of 24 months eight.
        ({"earliest": 20, "latest": 40}, "", ""),
        ({"earliest": 21, "latest": 40}, "years", _beyond(12, 9, 33)),
        ({"earliest": 23}, "years", _beyond(12, 11, 35)),
        ({"earliest": 16, "years": 2}, "", ""),
        ({"earliest": 17, "years": 2}, "years", _beyond(24, 17, 41)),
    ],
)
def test_commitments(terms: Row, column: str, problem: str) -> None:
    """Tests spend commitments that can start in the plan, and that lie within it for a third of their years."""
    found = warned(commitments=[DEAL, DEAL | {"commitment": "other"} | terms])
    assert found == at(f"commitments 2 {column}", *[problem] * bool(problem))


def test_commitments_made_already() -> None:
    """Tests that a commitment made before the plan may be out of offer, and that the next row is warned of."""
    past = DEAL | {"latest": -1}
    decided = [{"decision": "commit_spend", "item": "deal", "month": -3, "spent": 0}]
    found = warned(commitments=[past, past | {"commitment": "other"}], decided=decided)
    assert found == at("commitments 2 latest", PAST)


@pytest.mark.parametrize(
    ("terms", "column", "problem"),
    [
        ({"earliest": 20}, "", ""),
        ({"earliest": 21}, "term_months", _beyond(12, 9, 33)),
        ({"earliest": 5, "lead_months": 21}, "term_months", _beyond(12, 9, 33)),
        ({"earliest": 22, "lead_months": 5}, "term_months", _beyond(12, 10, 34)),
        ({"earliest": 23}, "term_months", _beyond(12, 11, 35)),
        ({"earliest": -5, "term_months": 72}, "", ""),
        ({"earliest": -5, "term_months": 73}, "term_months", _beyond(73, 49, 73)),
        ({"term_months": 240}, "term_months", _beyond(240, 216, 240)),
        ({"term_months": 240, "committed_blocks": 1, "earliest": 5}, "", ""),
        ({"earliest": 4, "min_term_months": 60, "term_months": None}, "", ""),
        ({"earliest": 5, "min_term_months": 60, "term_months": None}, "min_term_months", _beyond(60, 41, 65)),
    ],
)
def test_a_third_of_a_term(terms: Row, column: str, problem: str) -> None:
    """Tests terms of which a third lies within the plan, and a month less, after one that is agreed already."""
    made = TERM | {"contract": "made", "committed_blocks": 1, "earliest": 9, "term_months": 60}
    found = warned(contracts=[made, TERM | terms, USUAL])
    assert found == at(f"contracts 2 {column}", *[problem] * bool(problem))


def test_a_term_that_is_warned_of_already() -> None:
    """Tests that a term beyond its usual range is warned of once, and that the next row is warned of."""
    found = warned(contracts=[TERM | {"term_months": 241}, USUAL | {"term_months": 73}])
    usual = "contracts 1 term_months: 241 is outside the usual range 1 to 240 (months). If it is in days, write 8."
    assert found == [usual, f"contracts 2 term_months: {_beyond(73, 49, 73)}"]


@pytest.mark.parametrize("share", [0, 0.5])
def test_a_tail_that_counts(share: float) -> None:
    """Tests that terms may go on for long where what follows the plan counts; spend commitments have no tail."""
    found = warned(
        head={"tail_fraction": share}, contracts=[USUAL | {"term_months": 73}], commitments=[{**DEAL, "years": 7}]
    )
    terms = at("contracts 1 term_months", _beyond(73, 49, 73))
    assert found == [*terms * (share == 0), *at("commitments 1 years", _beyond(84, 60, 84))]

"""Gaps of searches about offers, and the bound of the better of two plans."""

from __future__ import annotations

from dataclasses import replace

import pytest

import optimizer
from optimizer.analysis.tight_gap_search import CLOSED, TIGHT, TightGapSearch, with_bound
from optimizer.plan.plan import Plan
from tests.program.tiny import solved, tiny


@pytest.fixture(scope="module")
def plan() -> Plan:
    """A lease of 3000 that saves penalties of 10,000."""
    return solved(tiny(1, {"jobs": [10]}, contracts=[{"price": 3000, "term_months": 1}]))


def with_head(plan: Plan, **head: float | None) -> Plan:
    """The plan with another bound and gap."""
    return replace(plan, head={**plan.head, **head})


@pytest.mark.parametrize(
    ("paid", "cost", "gap"),
    [
        (3000.0, 3000.0, CLOSED),  # 2e-5 of what is paid, but 1e-5 is proven anyway
        (3000.0, 30_000.0, 2e-6),
        (3000.0, -30_000.0, 2e-6),
        (1.0, 30_000.0, TIGHT),  # 6.7e-10 could not be closed
        (0.0, 30_000.0, TIGHT),  # the gap of all searches
        (3000.0, 0.0, CLOSED),
    ],
)
def test_a_gap_is_small_against_what_is_paid(plan: Plan, paid: float, cost: float, gap: float) -> None:
    """Tests the gap of a search about an offer, by its share of the cost, within what can be closed."""
    assert TightGapSearch(optimizer.WhatIf(plan), plan).gap_for(paid, cost) == pytest.approx(gap, rel=1e-12)


@pytest.mark.parametrize(("of_plan", "tight"), [(CLOSED, True), (1.01 * CLOSED, False), (None, False)])
def test_gaps_are_tight_only_where_they_can_be_closed(plan: Plan, of_plan: float | None, tight: bool) -> None:
    """Tests that a plan whose gap stays wide is compared with the gap of its what-ifs."""
    wide = with_head(plan, gap=of_plan)
    search = TightGapSearch(optimizer.WhatIf(wide, gap=0.25), wide)
    if not tight:
        vars(search)["best"] = wide  # no finer search closes it
    assert search.is_tight is tight
    assert search.gap == (TIGHT if tight else 0.25)
    assert search.gap_for(3000.0, 3000.0) == (CLOSED if tight else 0.25)


def test_a_wide_gap_is_searched_once(plan: Plan) -> None:
    """Tests that the plan itself is the best where its gap is closed, and else the result of one search from it."""
    ask = optimizer.WhatIf(plan, gap=0.25, threads=1)
    assert TightGapSearch(ask, plan).best is plan
    wide = with_head(plan, bound=1000.0, gap=2 / 3)
    search = TightGapSearch(ask, wide)
    assert search.best.objective == pytest.approx(3000)
    assert search.best.bound == pytest.approx(3000)
    assert search.best.gap == pytest.approx(0, abs=1e-9)
    assert search.best is search.best
    assert ask.options.gap == 0.25  # what it was before


@pytest.mark.parametrize(
    ("own", "other", "bound", "gap"),
    [
        (1000.0, 2000.0, 2000.0, 1 / 3),
        (2000.0, 1000.0, 2000.0, 1 / 3),
        (None, 2400.0, 2400.0, 0.2),
        (2400.0, None, 2400.0, 0.2),
        (2400.0, 3000.0, 3000.0, 0.0),
    ],
)
def test_the_better_of_two_bounds_is_kept(
    plan: Plan, own: float | None, other: float | None, bound: float, gap: float
) -> None:
    """Tests the larger bound, either of which may be missing, and the gap of 3000 to it."""
    found = with_bound(with_head(plan, bound=own, gap=0.9), other)
    assert (found.bound, found.gap) == pytest.approx((bound, gap))


def test_no_bound_at_all_changes_nothing(plan: Plan) -> None:
    """Tests a plan of which nothing is proven."""
    unproven = with_head(plan, bound=None, gap=None)
    assert with_bound(unproven, None) is unproven

"""Verdicts on offers are no more precise than what is proven: gaps, intervals, searches that run out of time."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

import optimizer
from optimizer.analysis.interruptible_queries import cost_of_fixing
from optimizer.analysis.offer_list import offers
from optimizer.analysis.offers import offers_table
from optimizer.analysis.price_interval import CostWithout
from optimizer.analysis.tight_gap_search import TightGapSearch
from optimizer.analysis.verdict import Verdict, by_share
from optimizer.errors import StoppedWithoutPlan
from optimizer.plan.plan import Plan
from optimizer.plan.tables import column_names
from optimizer.program.fixings import Fixing
from tests.analysis.tiny_offers import EXACT, best


def test_a_wide_gap_is_closed_where_it_can_be() -> None:
    """Tests that where gaps of 40 % are allowed, a lease that saves a seventh of the cost gets its price proven."""
    # The lease costs 3000; without it hours cost 3500.
    offer = {
        "contracts": [{"price": 3000, "term_months": 1}],
        "on_demand": [{"price": 3.5, "max_accelerators": 20}],
    }
    plan = best(1, {"jobs": [10]}, **offer)
    row = offers_table(optimizer.WhatIf(plan, gap=0.4, threads=1), plan, ["lease"]).iloc[0]
    assert row["proven"]
    assert row["price_to_win"] == pytest.approx(3500)
    assert row["at_least"] <= row["price_to_win"] <= row["at_most"] <= 1.001 * row["at_least"]


def test_searches_that_run_out_of_time_are_few_and_prove_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a price that a budget counts is not closed in on by searches of which each takes all its time."""
    offer = {"contracts": [{"price": 7000, "term_months": 1}], "budgets": [{"amount": 6000}]}
    plan = best(1, {"jobs": [10]}, **offer)
    ask = optimizer.WhatIf(plan, gap=EXACT)
    asked, late = ask.ask, []

    def slow(*given: Any, **options: Any) -> Plan:
        found = asked(*given, **options)
        late.append(found)
        return replace(found, head={**found.head, "stopped": "time_limit", "bound": None, "gap": None})

    monkeypatch.setattr(ask, "ask", slow)
    row = offers_table(ask, plan, ["lease"]).iloc[0]
    assert len(late) <= 5
    assert not row["proven"]
    assert row["at_least"] is None or row["at_least"] <= 6000
    assert row["at_most"] is None or row["at_most"] >= 6000


def test_a_search_without_an_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that an offer of which nothing is found out in time is told as such, and the rest of the row stays."""

    def stopped(*_: object, **__: object) -> Plan:
        raise StoppedWithoutPlan("the time limit was reached")

    plan = best(1, {"jobs": [10]}, contracts=[{"price": 3000, "term_months": 1}])
    ask = optimizer.WhatIf(plan, gap=EXACT)
    monkeypatch.setattr(ask, "ask", stopped)
    row = offers_table(ask, plan, ["lease"]).iloc[0]
    assert (row["verdict"], row["taken"], row["worth"]) == ("taken", 1, None)
    assert row["reason"] == "not found out in time; give each search more time"


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.18701, 0.18702, " by 18.7 %"),
        (0.1866, 0.1874, " by 18.7 %"),  # both are as shown
        (0.166, 0.1674, " by 17 %"),  # 16.6 and 16.7 %: the same in percent
        (0.1012, 0.1871, " by between 10.1 % and 18.8 %"),  # rounded outwards
        (0.1, 0.2, " by between 10.0 % and 20.0 %"),
        (-0.02, 0.1871, " by at most 18.8 %, if at all: ask for a smaller gap"),
        (None, 0.1871, " by at most 18.8 %, if at all: ask for a smaller gap"),
        (0.1012, None, " by at least 10.1 %"),
        (-0.02, None, ", if at all, by a share that is not proven: ask for a smaller gap"),
        (None, None, ", if at all, by a share that is not proven: ask for a smaller gap"),
        (0.0001, 0.0002, " by at most 0.1 %"),
    ],
)
def test_a_share_is_no_more_precise_than_what_is_proven(low: float | None, high: float | None, text: str) -> None:
    """Tests that a figure stands only where both ends are that figure, and else what is proven."""
    assert by_share(low, high) == text


def test_a_price_in_doubt_has_an_interval_and_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that where no search proves that the lease loses above 10000, 12000 is too expensive by a sixth at most."""
    # Without it ten penalties of 1000, which is proven; with it 12000, of which nothing is.
    plan = best(1, {"jobs": [10]}, contracts=[{"price": 12_000, "term_months": 1}])
    ask = optimizer.WhatIf(plan, gap=EXACT)
    asked = ask.ask

    def unproven(*given: Any, **options: Any) -> Plan:
        found = asked(*given, **options)
        return replace(found, head={**found.head, "bound": None, "gap": None})

    monkeypatch.setattr(ask, "ask", unproven)
    monkeypatch.setattr(ask, "find_cheaper", lambda *_: (None, -math.inf))
    row = dict(zip(column_names("offers"), Verdict(TightGapSearch(ask, plan), next(offers(plan))).row(), strict=True))
    assert row["price_to_win"] == pytest.approx(10_000) == row["at_least"]
    assert row["at_most"] == pytest.approx(12_000)  # today's price, at which the plan without it is the best
    assert not row["proven"]
    assert row["reason"] == "too expensive by at most 16.7 %, if at all: ask for a smaller gap"


def test_a_worth_is_proven_between_bounds() -> None:
    """Tests that beside a gap of 400 a lease that saves 7000 is worth 7000 to 7400, and a rejected one up to 400."""
    # Ten penalties of 1000 without the lease, which no search can better; 3000 with it, of which 2600 are proven.
    plan = best(1, {"jobs": [10]}, contracts=[{"price": 3000, "term_months": 1}])
    loose = replace(plan, head={**plan.head, "bound": 2600.0, "gap": 400 / 3000})
    ask = optimizer.WhatIf(loose, gap=0.2, threads=1)
    search = TightGapSearch(ask, loose)
    vars(search)["best"] = loose  # no finer search closes the gap
    assert Verdict(search, next(offers(loose)))._span(CostWithout(10_000.0, 10_000.0)) == (7000.0, 7400.0)
    assert Verdict(search, next(offers(loose)))._span(CostWithout(3000.0, 2600.0)) == (0.0, 400.0)


def test_a_delay_is_proven_between_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that the extra cost of a hold lies between bound less cost, and cost less bound."""
    plan = best(1, {"jobs": [10]}, contracts=[{"price": 3000, "term_months": 1}])
    loose = replace(plan, head={**plan.head, "bound": 2600.0, "gap": 400 / 3000})
    found = cost_of_fixing(optimizer.WhatIf(plan, gap=EXACT), loose, [Fixing("forbid", "", "lease")])
    # 10000 without the lease, proven; this plan costs 3000, of which 2600 are proven.
    assert (found.costs, found.at_least, found.at_most) == pytest.approx((7000, 7000, 7400))
    # The lease is kept in any best plan: a search that proves no more than 2600 leaves nothing to 400 open.
    ask = optimizer.WhatIf(loose, gap=EXACT)
    same = replace(loose, head={**loose.head, "gap": 400 / 3000})
    monkeypatch.setattr(ask, "ask_with_fixed", lambda holds: same)
    found = cost_of_fixing(ask, loose, [Fixing("force", "", "lease")])
    assert (found.costs, found.at_least, found.at_most) == pytest.approx((0, 0, 400))


def verdict_on(given: dict[str, Any], *, table: str = "contracts", item: str = "lease") -> Verdict:
    """The verdict on an offer of a tiny plan."""
    plan = best(1, {"jobs": [10]}, **given)
    offer = next(one for one in offers(plan) if (one.table, one.item) == (table, item))
    return Verdict(TightGapSearch(optimizer.WhatIf(plan, gap=EXACT), plan), offer)


LEASE = {"contracts": [{"price": 3000, "term_months": 1}]}
CAPPED = {**LEASE, "budgets": [{"amount": 6000}]}
FREE = {"contracts": [{"price": 0, "term_months": 1}]}
GIVEN = "even for nothing the plan found with it costs more: ask for a smaller gap, with more time, to be sure"
UNNEEDED = "nothing needs it, or what it needs (power, time, a renewal) is not there"


@pytest.mark.parametrize(
    ("given", "verdict", "change", "proven", "text"),
    [
        (LEASE, "taken", " by 5 %", True, "all of it is worth its price"),
        (LEASE, "taken", None, True, "all of it is worth its price; some of it is at any price"),
        (FREE, "taken", None, True, "all of it is worth its price"),
        (FREE, "taken", "", True, "all of it is worth its price"),
        (LEASE, "partly", "", True, "more of it is not worth its price"),
        (
            CAPPED,
            "partly",
            "",
            True,
            "more of it is not worth its price, or a policy, rule or budget stands against it",
        ),
        (LEASE, "partly", None, True, "more of it is not worth its price; some of it is at any price"),
        (LEASE, "rejected", "too expensive by 5 %", True, "too expensive by 5 %"),
        (LEASE, "rejected", None, False, GIVEN),
        (LEASE, "rejected", None, True, f"not taken at any price: {UNNEEDED}"),
        (FREE, "rejected", None, False, f"not taken at any price: {UNNEEDED}"),
        (
            CAPPED,
            "rejected",
            None,
            True,
            "not taken at any price: nothing needs it, or a policy, rule or budget stands against it",
        ),
    ],
)
def test_every_verdict_has_its_reason(
    given: dict[str, Any], verdict: str, change: str | None, proven: bool, text: str
) -> None:
    """Tests the sentence of each verdict, with a price and without, and with a budget that may stand against it."""
    assert verdict_on(given)._reason(verdict, change, proven) == text


def test_a_plan_that_another_one_beats_has_its_reason() -> None:
    """Tests an offer with which a plan costs as little, within the gaps, and one that does not."""
    close = "a plan with it costs as little, within the gaps"
    assert verdict_on(LEASE)._reason("rejected", None, True, always=True) == close
    assert verdict_on(LEASE)._beaten(CostWithout(10_000.0, 10_000.0)) == close
    found = verdict_on(LEASE)
    vars(found.search)["best"] = replace(found.plan, head={**found.plan.head, "objective": 2000.0, "bound": 2000.0})
    assert found._beaten(CostWithout(10_000.0, 10_000.0)) == (
        "a plan with it, found just now, costs less: solve again, with more time"
    )


@pytest.mark.parametrize(
    ("at_least", "at_most", "text"),
    [
        # Of 3000: below it by 10 to 20 %, in proven figures.
        (2400.0, 2700.0, "too expensive by between 10.0 % and 20.0 %"),
        (2400.0, 2400.0, "too expensive by 20.0 %"),
        (2400.0, None, "too expensive by at most 20.0 %, if at all: ask for a smaller gap"),
        (None, 2400.0, "too expensive by at least 20.0 %"),
    ],
)
def test_a_price_is_too_high_by_a_share(at_least: float | None, at_most: float | None, text: str) -> None:
    """Tests that the lower end of the break-even price is the upper end of what is too much."""
    assert verdict_on(LEASE)._change(at_least, at_most) == text

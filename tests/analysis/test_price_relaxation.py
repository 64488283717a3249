"""Bounds of break-even prices from linear programs alone: by hand, and against SCIP on random instances."""

from __future__ import annotations

from typing import Any

import pytest

import optimizer
from optimizer.analysis.budget import Budget
from optimizer.analysis.offer_list import Offer, offers, taken
from optimizer.analysis.offers import Verdicts
from optimizer.analysis.price_interval import MOST
from optimizer.analysis.price_relaxation import PricedOffer, PriceRelaxation, _last_below
from optimizer.analysis.questions import NOT_EXAMINED
from optimizer.analysis.tight_gap_search import TightGapSearch
from optimizer.analysis.verdict import Verdict
from optimizer.generator import random_frames
from optimizer.instance.edit import apply_edits
from optimizer.plan.plan import Plan
from optimizer.plan.tables import column_names
from optimizer.solver.solution import Options
from tests.analysis.tiny_offers import EXACT, best


def bounds(plan: Plan, item: str) -> tuple[PriceRelaxation, PricedOffer]:
    """The linear programs of a plan, and one of its offers."""
    offer = next(one for one in offers(plan) if one.item == item)
    verdict = Verdict(TightGapSearch(optimizer.WhatIf(plan, gap=EXACT), plan), offer)
    return PriceRelaxation(plan, Budget(), Options(threads=1)), verdict.priced


def known(plan: Plan, item: str) -> dict[str, Any]:
    """The row of an offer without a search."""
    offer = next(one for one in offers(plan) if one.item == item)
    verdicts = Verdicts(optimizer.WhatIf(plan, gap=EXACT), plan, [offer])
    return dict(zip(column_names("offers"), verdicts.known(offer), strict=True))


def test_a_rejected_offer_has_an_upper_end() -> None:
    """Tests that a lease of ten at 12000 is no better than ten penalties of 1000 from 10000 on: 5 / 6 of its price."""
    plan = best(1, {"jobs": [10]}, contracts=[{"price": 12_000, "term_months": 1}])
    relaxation, lease = bounds(plan, "lease")
    assert relaxation.at_most(lease, plan.objective) == pytest.approx(5 / 6, rel=1e-3)
    assert relaxation.without(lease) == pytest.approx(10_000)
    row = known(plan, "lease")
    assert row["at_most"] == pytest.approx(10_000, rel=1e-3)
    assert (row["at_least"], row["price_to_win"], row["proven"]) == (None, None, False)
    assert row["reason"] == f"too expensive by at least 16.6 %; its break-even price is {NOT_EXAMINED}"


def test_a_guess_is_where_the_relaxation_breaks_even() -> None:
    """Tests that a lease of ten at 12000 breaks even at 10000, and hours at 20, 2000 a month, at half of that."""
    plan = best(1, {"jobs": [10]}, contracts=[{"price": 12_000, "term_months": 1}])
    relaxation, lease = bounds(plan, "lease")
    assert relaxation.guess(lease, 10_000) == pytest.approx(5 / 6, rel=1e-3)
    plan = best(1, {"jobs": [10]}, on_demand=[{"price": 20, "max_accelerators": 20}])
    relaxation, hourly = bounds(plan, "hourly")
    assert not relaxation.is_integer(hourly)
    assert relaxation.guess(hourly, 10_000) == pytest.approx(1 / 2, rel=1e-3)


def test_a_lower_end_is_looked_for_from_the_price_that_a_plan_was_found_at() -> None:
    """Tests that 3000 is less than 10000 up to ten thirds of it, from wherever the search begins, and never than 0."""
    for at in (1e-6, 0.5, 3.0, 10 / 3, 4.0, 100.0):
        assert _last_below(lambda worse: 3000 * worse, 10_000, at) == pytest.approx(10 / 3, rel=1e-3)
    assert _last_below(lambda worse: 3000 * worse, 0.0, 1.0) == 0
    assert _last_below(lambda worse: 3000.0, 10_000, 1.0) == MOST
    assert _last_below(lambda worse: None, 10_000, 1.0) == 0


def test_a_taken_offer_has_a_lower_end() -> None:
    """Tests that at 3000 it is taken up to 10000 at least, and saves 7000."""
    plan = best(1, {"jobs": [10]}, contracts=[{"price": 3000, "term_months": 1}])
    relaxation, lease = bounds(plan, "lease")
    assert relaxation.at_least(lease, 10_000, plan) == pytest.approx(10 / 3, rel=1e-3)
    assert relaxation.at_least(lease, 2000, plan) == pytest.approx(2 / 3, rel=1e-3)
    row = known(plan, "lease")
    assert (row["worth_at_least"], row["at_most"]) == (pytest.approx(7000), None)
    assert row["at_least"] == pytest.approx(10_000, rel=1e-3)


def test_a_budget_ends_both_sides() -> None:
    """Tests that a lease at 5000 that a budget of 6000 pays is taken up to there, since above it cannot be paid."""
    plan = best(1, {"jobs": [10]}, contracts=[{"price": 5000, "term_months": 1}], budgets=[{"amount": 6000}])
    relaxation, lease = bounds(plan, "lease")
    assert relaxation.at_least(lease, 10_000, plan) == pytest.approx(1.2, rel=1e-3)
    assert relaxation.at_most(lease, 10_000) == pytest.approx(1.2, rel=1e-3)


def test_an_outlet_gets_worse_downwards() -> None:
    """Tests that idle accelerators whose energy costs 1000 are leased out at 2000 down to 1000: half of it."""
    let = {"fleet": [{"count": 10}], "power": [{"mw": 1, "price_per_mwh": 1000}]}
    outlet = {"accelerators_per_block": 10, "price": 2000, "term_months": 1}
    plan = best(1, {"jobs": [0]}, **let, outlets=[outlet])
    relaxation, priced = bounds(plan, "let")
    assert relaxation.at_least(priced, 0.0, plan) == pytest.approx(2, rel=1e-3)
    assert known(plan, "let")["at_most"] == pytest.approx(1000, rel=1e-3)
    assert known(plan, "let")["at_least"] is None


def test_what_linear_programs_decide_is_not_searched_for() -> None:
    """Tests an offer without which no plan is feasible, and one that nobody needs: both are proven at once."""
    must = [{"workload": "jobs", "min_service": 1}]
    row = known(best(1, {"jobs": [10]}, contracts=[{"price": 3000, "term_months": 1}], workloads=must), "lease")
    assert (row["proven"], row["reason"]) == (True, "needed: without it no plan meets all rules")
    row = known(best(1, {"jobs": [0]}, contracts=[{"price": 3000, "term_months": 1}]), "lease")
    assert row["proven"]
    assert row["reason"].startswith("not taken at any price")


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ((9990.0, 10_005.0), (9990.0, 10_000.0)),  # 10000 from above is proven by linear programs
        ((None, 9999.0), (None, 9999.0)),
        ((None, None), (None, 10_000.0)),
    ],
)
def test_an_earlier_interval_is_where_the_next_one_begins(
    before: tuple[float | None, float | None], expected: tuple[float | None, float | None]
) -> None:
    """Tests that what was proven before stays proven, and that the better of both ends is taken."""
    plan = best(1, {"jobs": [10]}, contracts=[{"price": 12_000, "term_months": 1}])
    offer = next(offers(plan))
    verdicts = Verdicts(optimizer.WhatIf(plan, gap=EXACT), plan, [offer])
    cells = dict(zip(column_names("offers"), verdicts.known(offer), strict=True))
    row = {**cells, "at_least": before[0], "at_most": before[1]}
    verdicts.start_from(offer, tuple(row.values()))
    found = dict(zip(column_names("offers"), verdicts.known(offer), strict=True))
    for end, value in zip(("at_least", "at_most"), expected, strict=True):
        assert found[end] == (None if value is None else pytest.approx(value, rel=1e-6 if value < 10_000 else 1e-3))


def test_nearer_offers_come_first() -> None:
    """Tests that a lease that is too expensive by a tenth comes before one that is by half."""
    leases = [
        {"contract": "far", "price": 20_000, "term_months": 1},
        {"contract": "near", "price": 11_000, "term_months": 1},
    ]
    plan = best(1, {"jobs": [10]}, contracts=leases)
    verdicts = Verdicts(optimizer.WhatIf(plan, gap=EXACT), plan, list(offers(plan)))
    assert [offer.item for offer in verdicts.nearest_first()] == ["near", "far"]


def test_a_block_that_can_be_divided_is_not_forced() -> None:
    """Tests that a build in any amount has no upper end: a small part of it may pay where a block does not."""
    given = {"builds": [{"capex_per_mw": 1e6, "max_blocks": 1}], "fleet": [{"count": 10}], "power": [{"mw": 0}]}
    plan = best(1, {"jobs": [10]}, **given)
    relaxation, build = bounds(plan, "wing")
    relaxation.arrays.integer[:] = False
    assert not relaxation.is_integer(build)
    assert relaxation.at_most(build, plan.objective) == float("inf")


def by_scip(plan: Plan, offer: Offer, factor: float) -> float:
    """How much of an offer the optimal plan takes at another price, by SCIP."""
    search = TightGapSearch(optimizer.WhatIf(plan), plan)
    edited = apply_edits(plan.instance, Verdict(search, offer).priced.edits(factor))
    return taken(optimizer.solve(edited, gap=0.0, solver="scip", time_limit=30), offer)


def test_bounds_hold_by_another_solver() -> None:
    """Tests on random instances, by SCIP, that 0.5 % beyond each end an offer is taken, or is not."""
    checked = {"at_least": 0, "at_most": 0}
    for seed in range(60):
        plan = optimizer.solve(optimizer.read(random_frames(seed, "tiny", without=("policies",))), gap=EXACT)
        verdicts = Verdicts(optimizer.WhatIf(plan, gap=EXACT), plan, every := list(offers(plan)))
        for offer in every:
            row = dict(zip(column_names("offers"), verdicts.known(offer), strict=True))
            for end, side in (("at_least", 0.995), ("at_most", 1.005)):
                if row[end] is None or checked[end] >= 4:
                    continue
                is_taken = (end == "at_least") is (offer.table != "outlets")
                assert (by_scip(plan, offer, row[end] / offer.price * side) > 0) is is_taken, (seed, offer.item, row)
                checked[end] += 1
        if min(checked.values()) >= 4:
            return
    raise AssertionError(f"only {checked} ends were found")

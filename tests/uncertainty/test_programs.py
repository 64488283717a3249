"""The programs of scenarios: which columns they share, and which are closed."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.instance.instance import Instance
from optimizer.instance.scenario import AS_PLANNED, Outcome, Scenario
from optimizer.uncertainty.programs import ScenarioPrograms, scenario_programs
from optimizer.uncertainty.tree import make_tree
from tests.program.tiny import tiny


def together(*pair: Instance, known: int | None = None) -> ScenarioPrograms:
    """Programs of two scenarios, the first as planned and the second known from a month on."""
    names: tuple[tuple[str, int | None], ...] = ((AS_PLANNED, None), ("other", known))
    each = zip(names, pair, strict=True)
    scenarios = [Scenario(name, 0.5, "", (Outcome("risk", name, month),), one) for (name, month), one in each]
    return scenario_programs(make_tree(scenarios, pair[0].head.months))


def shared(found: ScenarioPrograms, family: str) -> list[tuple[list[Any], list[Any]]]:
    """For each scenario the keys of the shared columns of a family, in the order of decisions, and those closed."""
    result = []
    for arrays, ids, closed in zip(found.arrays, found.sharing.ids, found.sharing.closed, strict=True):
        of_family = [column for column, name in enumerate(arrays.columns) if name[0] == family]
        numbered = sorted((ids[column], arrays.columns[column][1]) for column in of_family if ids[column] >= 0)
        result.append(([key for _, key in numbered], [arrays.columns[c][1] for c in of_family if closed[c]]))
        assert all(arrays.upper[column] == 0 for column in np.flatnonzero(closed))
    return result


def purchase(lead: int) -> Instance:
    return tiny(4, {"jobs": [1]}, purchases=[{"unit_price": 10, "lead_months": lead}])


def test_an_order_that_arrives_after_the_plan_is_still_shared() -> None:
    """Tests that a lot that arrives in time in one scenario can be ordered for both, in every month.

    With 1 month to delivery an order of month 3 is useless alone and left out; with 3 months those of 1 to 3 are.
    """
    orders = [("buy", t) for t in range(4)]
    assert shared(together(purchase(1), purchase(3)), "bought") == [(orders, []), (orders, [])]


def test_orders_are_their_own_once_scenarios_are_distinguished() -> None:
    """Tests that orders of the months from ``known`` on are not shared."""
    orders = [("buy", 0), ("buy", 1)]
    assert shared(together(purchase(1), purchase(3), known=2), "bought") == [(orders, []), (orders, [])]


def lease(lead: int, notice: int = 2) -> Instance:
    row = {"price": 1, "min_term_months": 1, "notice_months": notice, "lead_months": lead, "max_blocks": 5}
    return tiny(5, {"jobs": [1]}, contracts=[{**row, "min_blocks": 2}])


def test_the_same_signature_starts_in_other_months() -> None:
    """Tests leads of 1 and 3 months: signatures of months 0 and 1 are shared, those that start after the plan closed.

    With a lead of 1 blocks start in months 1 to 4, signed in 0 to 3; with 3, in months 3 and 4, signed in 0 and 1.
    """
    found = together(lease(1), lease(3))
    signed = [[("lease", 1), ("lease", 2)], [("lease", 3), ("lease", 4)]]
    assert shared(found, "started") == [(signed[0], [("lease", 3), ("lease", 4)]), (signed[1], [])]
    assert shared(found, "signed") == [(signed[0], []), (signed[1], [])]


def test_hand_backs_are_shared_by_the_month_of_notice() -> None:
    """Tests leads of 1 and 3 months and 2 months of notice: a hand-back that one does not allow is closed.

    Blocks are there from month 1 or 3 on, for a month at least: first months without them are 2 to 4, notice given in 0
    to 2; or month 4, notice given in 2.
    """
    found = shared(together(lease(1), lease(3)), "ended")
    assert found == [([("lease", 4)], [("lease", 2), ("lease", 3)]), ([("lease", 4)], [])]


def test_what_is_agreed_already_is_no_decision() -> None:
    """Tests that committed blocks are not shared, and that their number may differ between scenarios."""
    rows = [{"price": 1, "term_months": 2, "committed_blocks": blocks} for blocks in (1, 3)]
    found = together(*(tiny(2, {"jobs": [1]}, contracts=[row]) for row in rows))
    assert shared(found, "started") == [([], []), ([], [])]


def test_runs_are_shared_by_pool_and_size() -> None:
    """Tests that a run that does not fit by its deadline in one scenario is placed in none of them.

    20 units of work on 10 accelerators take 2 months, starting in month 0 or 1 of 3; 30 take 3, starting in month 0.
    """
    found = together(
        *(tiny(3, None, fleet=[{"count": 10}], training_runs=[{"work": work, "sizes": "10"}]) for work in (20, 30))
    )
    first, second = ("big", "hall/gpu", 10.0, 0), ("big", "hall/gpu", 10.0, 1)
    assert shared(found, "placed") == [([first], [second]), ([first], [])]


def test_units_agree() -> None:
    """Tests that scenarios of very different demand are written in the same units, so that columns can be shared."""
    found = together(*(tiny(1, {"jobs": [size]}, contracts=[{"price": 1, "term_months": 1}]) for size in (1, 1e6)))
    assert found.programs[0].units == found.programs[1].units


def test_builds_share_their_stock_while_they_share_their_orders() -> None:
    """Tests that the integer blocks ordered so far are shared until the scenarios are distinguished, and own after."""
    build = {"max_blocks": 3, "capex_per_mw": 1, "payment": "delivery", "lead_months": 1}
    pair = [tiny(3, {"jobs": [1]}, builds=[{**build, **lead}]) for lead in ({}, {"lead_months": 2})]
    built = [("wing", 0), ("wing", 1)]
    found = together(*pair, known=2)
    assert shared(found, "built") == shared(found, "ordered") == [(built, []), (built, [])]

"""How a report shows a plan that stays near an earlier one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optimizer.plan.plan import Plan
from optimizer.report.key_figures import status
from optimizer.report.plan_context import PlanContext
from optimizer.report.plan_document import sections
from optimizer.report.section_near import near_figures, near_section, near_tables
from optimizer.report.summary import summary
from tests.auditing.tampering import with_head
from tests.program.tiny import solved, tiny

PARTIES = [{"provider": "cloud"}, {"provider": "other"}, {"provider": "lab"}]


def two(price_of_a: float, gone: bool = False) -> Plan:
    """Ten jobs for two months, done with the cheaper of two leases; a third one that is later not offered any more."""
    leases = [
        {"contract": "a", "price": price_of_a, "term_months": 2},
        {"contract": "b", "provider": "other", "price": 3010, "term_months": 2},
    ]
    third = [{"contract": "c", "price": 2000, "term_months": 2}] if gone else []
    return solved(tiny(2, {"jobs": [20 if gone else 10]}, contracts=[*leases, *third], providers=PARTIES))


@pytest.fixture(scope="module")
def kept() -> Plan:
    """A plan that stays with b, for 20 more than the 6000 of a."""
    return solved(two(3000).instance, near=two(3020))


@pytest.fixture(scope="module")
def swapped() -> Plan:
    """A plan that drops b, at 6020, for a, at 6000, and cannot keep c."""
    return solved(two(3000).instance, near=two(3020, gone=True), within=0.0)


def test_a_plan_that_stays_says_what_that_costs(kept: Plan) -> None:
    """Tests both figures: 20 of 6000 are 0.333 %, and nothing changed."""
    assert near_figures(kept) == [
        (
            "Cost of staying near the plan tiny of Jan 2030",
            "20 USD",
            "0.333 % of it; 0.5 % were allowed over the best plan found, 6 k USD",
        ),
        ("Changed decisions", "none", "in money bound; nothing of the earlier plan is dropped, added or moved"),
    ]
    (table,) = near_tables(kept)
    assert (list(table.grid.rows), table.empty) == ([], "No decision of the earlier plan changes.")
    assert "No decision of the earlier plan changes." in summary(kept)


def test_changes_are_listed_by_the_money_that_they_count(swapped: Plan) -> None:
    """Tests the rows, the proof, and what is named because it is not offered any more."""
    cost, changes = near_figures(swapped)
    assert cost[1] == "none"
    assert changes[1:] == ("12.02 k USD", "in money bound; no plan of this cost changes less than 12.02 k USD, gap 0 %")
    table, lost = near_tables(swapped)
    assert list(table.grid.rows) == [
        ("dropped", "sign", "b", "2030-01", "1", "6.02 k"),
        ("added", "sign", "a", "2030-01", "1", "6 k"),
    ]
    assert list(lost.grid.rows) == [("sign", "c", "2030-01", "does not exist any more", "1")]


def test_without_a_bound_nothing_is_proven(swapped: Plan) -> None:
    """Tests that a distance with a bound of 0 is not said to be proven."""
    open_plan = with_head(swapped, near__distance_bound=0.0, near__distance_gap=1.0)
    assert near_figures(open_plan)[1][2] == "in money bound; nothing is proven of how little could change"


def test_status_names_what_the_gap_is_of(kept: Plan) -> None:
    """Tests that the gap of the best plan and of the changes is meant, also where one of them was not reached."""
    assert status(kept) == "the best plan and the changes are within the target gap of 0 %"
    stopped = replace(kept, head={**kept.head, "status": "feasible", "stopped": "time_limit"})
    text = "the best plan and the changes are not both within the target gap of 0 %: the time limit was reached"
    assert status(stopped) == text


def test_the_page_has_a_section_of_its_own(kept: Plan) -> None:
    """Tests that the page of such a plan has the section, and that of another plan has not."""
    assert [section.anchor for section in sections(PlanContext(kept))].count("near") == 1
    other = two(3000)
    assert (near_section(other), near_figures(other), near_tables(other)) == ([], [], [])

"""Figures and table rows of labels, spans of months, and labels that are merged."""

from __future__ import annotations

from typing import Any

import pytest

import optimizer
from optimizer.program.build import Program
from optimizer.program.labels import (
    Label,
    agreed_label,
    few,
    label_of,
    merge_labels,
    month_span,
    needs,
    occupied_labels,
    sentences,
    without_definitions,
)
from tests.program.tiny import tiny

SITES = ("hall", "barn", "depot", "attic")
HALF = {"capacity_fraction": 0.5, "price_fraction": 1}


@pytest.fixture(scope="module")
def program() -> Program:
    """Four sites with and without builds, interruptions, purchases that come later, runs, and what is agreed."""
    leases: list[dict[str, Any]] = [
        {"price": 100, "term_months": 2, "min_blocks": 2, "max_blocks": 5},
        {"contract": "one", "price": 100, "term_months": 9, "earliest": -1, "committed_blocks": 1},
        {"contract": "two", "price": 100, "term_months": 9, "earliest": -1, "committed_blocks": 2},
        {"contract": "old", "price": 100, "min_term_months": 1, "latest": -1, "max_blocks": 4},
        {"contract": "grid", "supplies": "mw", "site": "attic", "mw_per_block": 0.5, "price": 1, "term_months": 2}
        | {"region": None, "accelerator": None, "accelerators_per_block": float("nan"), "latest": 0},
    ]
    return optimizer.build(
        tiny(
            6,
            {"jobs": [10, 20]},
            sites=[{"site": name} for name in SITES],
            power=[{"site": name, "mw": 2} for name in SITES] + [{"site": "barn", "month": 2, "mw": 3}],
            fleet=[
                {"site": "hall", "count": 30},
                {"site": "barn", "count": 20},
                {"site": "barn", "count": 5, "until": 4},
            ],
            builds=[
                {"site": "barn", "capex_per_mw": 1, "lead_months": 2, "earliest": 1, "max_blocks": 2},
                {"build": "annex", "site": "depot", "capex_per_mw": 1, "lead_months": 6},
            ],
            purchases=[
                {
                    "site": "barn",
                    "unit_price": 1,
                    "lot_size": 5,
                    "lead_months": 2,
                    "max_per_month": 50,
                    "max_total": 95,
                },
                {"purchase": "more", "site": "barn", "unit_price": 1, "lot_size": 5, "lead_months": 3, "earliest": 1},
            ],
            contracts=leases,
            on_demand=[{"price": 1, "max_accelerators": 200}],
            interruptions=[
                {"item": "hourly", "from": 1, "to": 2, **HALF},
                {"interruption": "storm", "item": "hall", "from": 3, "to": 3, **HALF},
            ],
            outlets=[{"price": 1, "term_months": 1, "accelerators_per_block": 4}],
            workloads=[{"workload": "jobs", "min_service": 0.25, "critical": 0.5}],
            training_runs=[
                {"work": 40, "sizes": "10", "release": 1, "deadline": 4},
                {"run": "late", "work": 40, "sizes": "10", "release": 2, "deadline": 6},
                {"run": "open", "work": 40, "sizes": "10"},
                {"run": "now", "work": 10, "sizes": "10", "release": 2, "deadline": 2},
                {"run": "started", "work": 50, "sizes": "10"},
                {"run": "other", "work": 30, "sizes": "5"},
            ],
            budgets=[{"amount": 1234.5}],
            policies=[{"rule": "survive", "subject": "provider", "limit": 0.75}],
            rules=[{"sense": ">=", "rhs": 7}, {"rule": "exact", "sense": "=", "rhs": 8, "each": "total"}],
            rule_terms=[{"quantity": "used", "item": "jobs"}, {"rule": "exact", "quantity": "used", "item": "jobs"}],
            decided=[
                {"month": -2, "decision": "sign", "item": "old", "blocks": 4},
                {"month": -1, "decision": "hand_back", "item": "old", "blocks": 1, "ends": 2},
                {"month": -1, "decision": "start_run", "item": "started", "pool": "hall/gpu"},
                {"month": -1, "decision": "start_run", "item": "other", "pool": "hall/gpu"},
            ],
        )
    )


FIGURES: list[tuple[str, Any, str]] = [
    ("unserved", ("jobs", 1), "at least 5 of 20 reference-accelerators (25 %)"),
    ("demand_met", ("jobs", 0), "10 reference-accelerators are wanted"),
    ("used", ("hourly", 0), "at most 200 accelerators"),
    ("used", ("hourly", 1), "at most 100 accelerators (50 % of them, interrupted)"),
    ("used", ("hourly", 2), "at most 100 accelerators (50 % of them, interrupted)"),
    ("used", ("hourly", 3), "at most 200 accelerators"),
    ("used", ("lease", 0), ""),
    ("used", ("hall/gpu", 0), "30 accelerators of the fleet"),
    ("in_house_capacity", ("barn/gpu", 1), "25 accelerators of the fleet, purchases deliver from 2030-03"),
    ("in_house_capacity", ("barn/gpu", 2), "25 accelerators of the fleet"),  # the first purchase delivers by now
    ("in_house_capacity", ("barn/gpu", 4), "20 accelerators of the fleet"),
    ("site_power", ("hall", 2), "2 MW supplied"),
    ("site_power", ("hall", 3), "1 MW supplied (50 % of them, interrupted)"),
    ("site_power", ("barn", 1), "2 MW supplied, builds deliver from 2030-04"),
    ("site_power", ("barn", 2), "3 MW supplied, builds deliver from 2030-04"),
    ("site_power", ("barn", 3), "3 MW supplied, builds apart"),
    ("site_power", ("attic", 1), "2 MW supplied, contracts apart"),
    ("site_power", ("attic", 2), "2 MW supplied"),  # the contract of two months is over
    ("started", ("lease", 0), "at most 5 blocks of 10 accelerators"),
    ("started", ("grid", 0), "at most 1 block of 0.5 MW"),
    ("in_force", ("one", 0), "1 block of 10 accelerators is agreed"),
    ("in_force", ("two", 0), "2 blocks of 10 accelerators are agreed"),
    ("outlet_cover", ("let", 0), "4 accelerators a block"),
    ("signature_least", ("lease", 0), "at least 2"),
    # Three quarters of a half of 20.
    ("outage_demand", ("care", "cloud", "jobs", 1), "7.5 of 20 reference-accelerators (75 % of 50 %)"),
    ("budget_limit", "cap", "at most 1,234.5"),
    ("own_rule", ("mine", 0), "at least 7"),
    ("own_rule", ("exact", 5), "exactly 8"),
    ("built", ("wing", 1), "at most 2 blocks"),
    ("purchase_total", "buy", "at most 95 accelerators"),
    ("bought", ("buy", 0), "at most 50 accelerators"),
    ("bought", ("more", 1), ""),
    ("run_once", "big", "40 reference-accelerator-months from 2030-02 to 2030-05"),
    ("run_once", "late", "40 reference-accelerator-months from 2030-03 to 2030-06, where the plan ends"),
    ("run_once", "open", "40 reference-accelerator-months from 2030-01 to 2030-06"),
    ("run_once", "now", "10 reference-accelerator-months in 2030-03"),
    ("pool_use", ("hall/gpu", 0), ""),
]


@pytest.mark.parametrize(("family", "key", "figure"), FIGURES)
def test_figures(program: Program, family: str, key: Any, figure: str) -> None:
    """Tests the figure of rows and bounds, on both sides of the month in which it changes."""
    found = label_of(program, (family, key))
    assert (found.family, found.figure) == (family, figure)


ROWS: list[tuple[str, Any, tuple[str, ...]]] = [
    ("site_power", ("barn", 1), ("sites row 2", "power row 2", "builds row 1")),
    ("site_power", ("barn", 2), ("sites row 2", "power row 5", "builds row 1")),
    ("site_power", ("hall", 0), ("sites row 1", "power row 1")),
    ("in_house_capacity", ("barn/gpu", 0), ("fleet row 2, fleet row 3", "purchases row 1, purchases row 2")),
    ("demand_met", ("jobs", 0), ("workloads row 1", "demand row 1")),
    ("demand_met", ("jobs", 5), ("workloads row 1", "demand row 2")),
]


@pytest.mark.parametrize(("family", "key", "rows"), ROWS)
def test_rows(program: Program, family: str, key: Any, rows: tuple[str, ...]) -> None:
    """Tests the table rows behind a row of the program: those of its site and kind, of a series the one in force."""
    assert label_of(program, (family, key)).sources == rows


@pytest.mark.parametrize(
    ("months", "text"),
    [
        ([], ""),
        ([3], "2030-04"),
        ([1, 0, 1], "2030-01 to 2030-02"),
        ([4, 0, 1, 2], "2030-01 to 2030-03, 2030-05"),
        ([0, 2, 4], "2030-01, 2030-03, 2030-05"),
        ([0, 2, 4, 6], "2030-01, 2030-03, 2030-05 and 1 more times"),
        ([0, 2, 4, 6, 8, 9], "2030-01, 2030-03, 2030-05 and 2 more times"),
    ],
)
def test_months_as_spans(program: Program, months: list[int], text: str) -> None:
    """Tests single months, months in a row, and more spans than are listed."""
    assert month_span(program, months) == text


def test_what_is_agreed_before_the_plan(program: Program) -> None:
    """Tests blocks signed less those handed back, 4 - 1, and the rows they come from."""
    found = agreed_label(program, "old")
    assert (found.says, found.figure) == ("contract old runs since before the plan", "3 blocks agreed")
    assert found.sources == ("contracts row 4", "decided row 1", "decided row 2")
    assert agreed_label(program, "one").figure == "1 block agreed"
    assert needs(found)


def test_runs_placed_before_the_plan_occupy_their_pool(program: Program) -> None:
    """Tests the runs of a pool and month of which the use is limited: one of them takes 5 months, the other 6."""
    limits = [("used", ("hall/gpu", 1)), ("in_house_capacity", ("barn/gpu", 1)), ("used", ("hall/gpu", 5))]
    limits += [("used", ("hourly", 1)), ("site_power", ("hall", 2)), ("used", ("hall/gpu", 4))]
    found = occupied_labels(program, [label_of(program, one) for one in limits])
    # 50 of work at 10 are 5 months, 30 at 5 are 6, from the month before the plan on: to months 3 and 4.
    assert [(one.month, one.figure, one.sources) for one in found] == [
        (1, "15 accelerators", ("decided row 3, decided row 4",)),
        (4, "5 accelerators", ("decided row 4",)),
    ]
    assert found[0].says == "started, other, placed before the plan, run in hall/gpu in {month}"
    assert found[0].names == ("hall/gpu", "{month}")
    assert needs(found[0])
    assert not needs(label_of(program, ("used", ("hall/gpu", 1))))


@pytest.mark.parametrize(
    ("count", "text"), [(0, ""), (1, "a"), (3, "a, b, c"), (4, "a, b, c and 1 more"), (5, "a, b, c and 2 more")]
)
def test_the_first_few(count: int, text: str) -> None:
    """Tests as many as are listed, and more."""
    assert few(["a", "b", "c", "d", "e"][:count]) == text


def test_definitions_are_left_out_unless_there_is_nothing_else() -> None:
    """Tests labels with and without others."""
    one, other = Label("used", "a"), Label("used", "b", defines=True)
    assert without_definitions([other, one, other]) == [one]
    assert without_definitions([other]) == [other]


def test_labels_about_many_things_are_merged(program: Program) -> None:
    """Tests that three builds become one sentence by month with their names and a few rows, two stay as they are."""

    def built(name: str, t: int) -> Label:
        says = f"no more blocks of {name}"
        return Label("built", says, t, "at most 1", (f"builds row {name}",), names=(name, "{month}"))

    two = [built("a", 0), built("b", 0), built("a", 1)]
    assert merge_labels(two) == two
    found = merge_labels([*two, built("c", 0), built("d", 0), Label("", "mine"), Label("", "yours"), Label("", "its")])
    assert [(one.month, one.figure, one.sources) for one in found[:2]] == [
        (t, "", ("builds row a, builds row b, builds row c and 1 more",)) for t in (0, 1)
    ]
    assert found[0].says == found[1].says
    assert "a, b, c and 1 more" in found[0].says
    assert [one.says for one in found[2:]] == ["mine", "yours", "its"]


def test_shares_are_merged_by_member() -> None:
    """Tests that the shares of three members are one label, those of three policies are not."""

    def share(policy: str, member: str) -> Label:
        return Label("share_limit", "", 0, "", (), names=(policy, member, "{month}"))

    (found,) = merge_labels([share("p", member) for member in ("x", "y", "z")])
    assert (found.names[0], "x, y, z" in found.says) == ("p", True)
    assert len(merge_labels([share(policy, "x") for policy in ("p", "q", "r")])) == 3


def test_sentences_of_different_rows_stay_apart(program: Program) -> None:
    """Tests that sentences are one only if figure and rows are the same, too."""
    labels = [Label("x", "in {month}", t, figure, rows) for t, figure, rows in [(0, "1", ("r",)), (1, "2", ("r",))]]
    labels += [Label("x", "in {month}", 2, "1", ("s",)), Label("x", "in {month}", 3, "1", ("r",)), Label("x", "ever")]
    assert sentences(program, labels) == [
        "in 2030-01, 2030-04: 1 (r)",
        "in 2030-02: 2 (r)",
        "in 2030-03: 1 (s)",
        "ever",
    ]

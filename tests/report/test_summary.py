"""The summary of a plan on a terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optimizer.format import month_text, span_text
from optimizer.instance.examples import find_example
from optimizer.instance.read import read
from optimizer.plan.plan import Plan
from optimizer.plan.tables import COLUMNS, make_table
from optimizer.report.steps import biggest, steps
from optimizer.report.summary import summary
from optimizer.report.totals_by_period import Periods, cash_by_period
from tests.program.tiny import solved, tiny

Rows = list[tuple[object, ...]]


def make_plan(example: str = "bridge-lease", **tables: Rows) -> Plan:
    """A plan of an example with the rows given; its figures are its own."""
    frames = {name: make_table(name, tables.get(name, [])) for name in COLUMNS}
    head = {
        "status": "feasible",
        "stopped": "time_limit",
        "objective": 111_456_000_000.0,
        "bound": 111_208_500_000.0,
        "gap": 0.00222,
        "options": {"gap": 0.001},
        "relaxed": False,
        "warnings": ["contracts.csv, row 3: the price is unusual."],
        "audit": {"passed": True, "checks": 1234},
    }
    return Plan(head=head, tables=frames, instance=read(find_example(example)))


DECISIONS: Rows = [
    ("2026-06", "sign", "amazon-trn2-flex", "amazon", 4, 90_000, 100, "2026-09", "2027-08", 1.08e9),
    ("2026-06", "hand_back", "colossus-1", "xai", 1, 220_000, 300, "", "2026-08", 0.0),
    ("2027-07", "order_build", "texas-1", "in_house", 2, 0, 200, "2028-07", "", 2.2e9),
    ("2028-01", "expire", "neocloud-a-h100", "neocloud-a", 5, 40_000, 55, "", "2027-12", 0.0),
]
CAPACITY: Rows = [
    ("2026-05", "colossus-1", "contract", "xai", "us-memphis", "colossus-mix", 110_000, 100_000, 0, 10_000, 150),
    ("2026-06", "colossus-1", "contract", "xai", "us-memphis", "colossus-mix", 220_000, 220_000, 0, 0, 300),
    ("2026-06", "spot", "on_demand", "market", "us-east", "h100", 8_000, 8_000, 0, 0, 0),
]
CASH: Rows = [
    ("2026-05", "contract", "colossus-1", "xai", 6.25e8, 6.25e8),
    ("2026-06", "contract", "colossus-1", "xai", 1.25e9, 1.24e9),
    ("2026-06", "lease_out", "market-h100", "market", -5e7, -4.96e7),
    ("2026-06", "unserved", "research", "", 3e7, 2.98e7),
    ("2030-05", "residual", "texas-1", "in_house", -1e9, -6.8e8),
]
SERVICE: Rows = [("2026-05", "research", 1000, 900, 100), ("2026-06", "research", 1000, 950, 50)]


def test_summary_says_what_matters() -> None:
    """Tests that cost, bound, gap, status, unserved work, audit, warnings and place are shown in words."""
    text = " ".join(summary(make_plan(cash=CASH, service=SERVICE), where="plans/x").split())
    assert "111.5 bn USD" in text
    assert "no plan costs less than 111.2 bn USD" in text
    assert "247.5 M USD: at most this could be saved, 0.222 % of the cost" in text
    assert "not within the target gap of 0.1 %: the time limit was reached" in text
    # 150 of 2000 are not served.
    assert "92.5 %: 7.5 % of demand is not served" in text
    assert "30 M USD: in the cost, not in cash: work not served" in text
    assert "passed: 1,234 checks" in text
    assert "the price is unusual" in text
    assert text.endswith("Plan written to plans/x")


@pytest.mark.parametrize("bound", [1e6, 1e6 - 1e-8])
def test_a_gap_that_is_rounding_is_none(bound: float) -> None:
    """Tests that a proven plan is shown as one, and not as one that could be zero cheaper."""
    plan = make_plan()
    text = " ".join(
        summary(replace(plan, head={**plan.head, "objective": 1e6, "bound": bound, "gap": (1e6 - bound) / 1e6})).split()
    )
    assert "none: no plan is cheaper" in text


def test_a_gain_is_told_as_one() -> None:
    """Tests that a plan that earns more than it costs has no negative cost, and a bound that reads right."""
    plan = make_plan()
    text = " ".join(
        summary(replace(plan, head={**plan.head, "objective": -4e9, "bound": -4.1e9, "gap": 0.025})).split()
    )
    assert "Net present gain 4 bn USD" in text
    assert "no plan gains more than 4.1 bn USD" in text
    assert "100 M USD: at most this more could be gained, 2.5 % of the gain" in text


def test_a_cost_that_might_be_a_gain_keeps_its_sign() -> None:
    """Tests that a bound below zero of a plan that costs something is shown with its sign."""
    plan = make_plan()
    text = " ".join(summary(replace(plan, head={**plan.head, "objective": 1e6, "bound": -2e6, "gap": 3.0})).split())
    assert "no plan costs less than -2 M USD" in text


def test_notices_come_before_the_hand_backs_they_are_for() -> None:
    """Tests that a hand-back with three months of notice is a step three months earlier too."""
    found = steps(make_plan(decisions=DECISIONS))
    assert [(step.month, step.text) for step in found][:3] == [
        ("2026-06", "Sign amazon-trn2-flex (amazon)"),
        ("2026-06", "Give notice: hand back colossus-1 (xai)"),
        ("2026-09", "Hand back colossus-1 (xai), notice in 2026-06"),
    ]


def test_steps_are_split_by_when_they_are_due() -> None:
    """Tests that the first three months stand apart, and that notices are not told twice later on."""
    text = summary(make_plan(decisions=DECISIONS))
    soon, later = text.split("Largest decisions after that")
    assert "Give notice: hand back colossus-1" in soon
    assert "Order texas-1" in later
    assert "Give notice" not in later
    assert "2028-07" in later


def test_biggest_steps_bind_most_money() -> None:
    """Tests that a purchase for 100,000 is bigger than a free hand-back of much capacity."""
    rows: Rows = [
        ("2027-01", "buy", "a", "in_house", 1, 10, 0, "2027-01", "2031-12", 1e5),
        ("2026-11", "hand_back", "colossus-1", "xai", 1, 220_000, 300, "", "2027-01", 0.0),
        ("2027-03", "buy", "b", "in_house", 9, 90, 0, "2027-03", "2032-02", 9e9),
    ]
    every = [step for step in steps(make_plan(decisions=rows)) if not step.early]
    assert [step.month for step in biggest(every, 2)] == ["2027-01", "2027-03"]


def test_fees_to_tenants_are_a_part_of_leasing_out() -> None:
    """Tests that 4 M for taking back stand with the 50 M of revenue, and 6 M for handing back with the contracts."""
    fees: Rows = [
        ("2026-07", "termination", "market-h100", "market", 4e6, 4e6),
        ("2026-07", "termination", "colossus-1", "xai", 6e6, 6e6),
    ]
    plan = make_plan(cash=[*CASH, *fees])
    wide, narrow = (cash_by_period(plan, Periods("2026-05", 48), way) for way in (True, False))
    for frame, contracts in ((wide, "Contracts"), (narrow, "Rented")):
        assert frame.loc["2026", "Leased out"] == -46e6
        assert frame.loc["2026", contracts] == 1.881e9  # 625 M, 1,250 M and 6 M


def test_the_worst_month_is_the_one_with_most_unserved() -> None:
    """Tests that it is neither the month with most demand nor the first, and that workloads stand by what they lack."""
    rows: Rows = [
        *[("2026-05", "research", 1000, 900, 100), ("2026-05", "evals", 500, 500, 0)],
        *[("2026-06", "research", 9000, 8950, 50), ("2026-06", "evals", 500, 250, 250)],
        *[("2026-07", "research", 1000, 700, 300), ("2026-07", "evals", 500, 400, 100)],
    ]
    lines = [" ".join(line.split()) for line in summary(make_plan(service=rows)).splitlines()]
    # 450 of 11,000 and 350 of 1,500.
    at = lines.index("research 2026-07 11,000 450 95.9 % 70.0 % 20.0 %")
    assert lines[at + 1] == "evals 2026-06 1,500 350 76.7 % 50.0 %"


def test_nothing_at_all_can_be_summed_up() -> None:
    """Tests that a plan without a row in any table has a summary."""
    text = summary(make_plan())
    assert "No decisions from May 2026 to Jul 2026." in text
    assert "no capacity" in text
    assert "no monthly demand" in text


def test_next_months_end_with_the_plan() -> None:
    """Tests that no month after the end of a plan of one month is named as one to decide in."""
    hourly = [{"price": 5, "max_accelerators": 20}]
    plan = solved(tiny(1, {"jobs": [10]}, on_demand=hourly))
    first, second = plan.instance.label(0), plan.instance.label(2)
    assert f"No decisions from {span_text(first, first)}." in summary(plan)
    assert month_text(second) not in summary(plan)


def test_unproven_plans_can_be_summed_up() -> None:
    """Tests that a plan without a bound says so."""
    plan = make_plan()
    text = " ".join(summary(replace(plan, head={**plan.head, "bound": None, "gap": None, "relaxed": True})).split())
    assert "no bound is proven" in text
    assert "blocks and lots may be fractional" in text


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_lines_fit(width: int) -> None:
    """Tests that no line is longer than asked, and that no number is cut off."""
    text = summary(
        make_plan(decisions=DECISIONS, capacity=CAPACITY, cash=CASH, service=SERVICE), where="plans/x", width=width
    )
    assert max(len(line) for line in text.splitlines()) <= width
    assert "…" not in text


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_names_are_not_broken(width: int) -> None:
    """Tests that names of items and parties are folded at no width that a terminal has."""
    text = summary(make_plan(decisions=DECISIONS, cash=CASH, service=SERVICE), width=width)
    for name in ("amazon-trn2-flex", "colossus-1", "neocloud-a-h100", "(neocloud-a)", "texas-1"):
        assert name in text


def test_what_decisions_are_about_is_told_at_every_width() -> None:
    """Tests that a narrow summary has the months too, in lines of their own."""
    narrow, wide = (summary(make_plan(decisions=DECISIONS[:1]), width=width) for width in (60, 100))
    # 60 - 4 gaps of 3 - "2026-06" - "Accel." - "Commits," leave 27 for two columns that fold.
    assert "2026-06   Sign                   2026-09   90,000    1.08 bn" in narrow
    assert "          amazon-trn2-flex       to" in narrow
    assert "Sign amazon-trn2-flex (amazon)   2026-09 to 2027-08        4   90,000   100    1.08 bn" in wide


def test_runs_rules_and_commitments_stand_in_the_summary() -> None:
    """Tests that each of them is shown, in the order in which a planner asks."""
    text = summary(
        make_plan(
            decisions=DECISIONS,
            capacity=CAPACITY,
            runs=[("big", "colossus-1", 1000, "2026-06", "2026-09", "2026-08", 1)],
            rules=[("2026-06", "cap", "month", "<=", 5, 5, 0, 0, -1)],
            cash=[*CASH, ("2027-05", "shortfall", "deal", "amazon", 2e6, 1e6), ("2026-07", "not_run", "x", "", 9, 9)],
        )
    )
    parts = ["Penalties", "What to do in", "Training runs", "Capacity", "Cost", "Spend commitments", "Own rules"]
    assert sorted(parts, key=text.index) == parts


def test_many_warnings_are_cut() -> None:
    """Tests that a long list of warnings does not push the plan off the screen."""
    plan = make_plan()
    text = summary(replace(plan, head={**plan.head, "warnings": [f"warning {i}." for i in range(25)]}))
    assert "warning 19." in text
    assert "warning 20." not in text
    assert "5 more rows in plan.json." in text


def test_brackets_in_names_are_no_markup() -> None:
    """Tests that a name such as [bold] is shown as it is."""
    row = ("2026-06", "sign", "[bold]", "[red]x", 4, 90_000, 100, "2026-09", "2027-08", 1.08e9)
    assert "Sign [bold] ([red]x)" in summary(make_plan(decisions=[row]), width=120)

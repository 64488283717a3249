"""Training runs, unmet commitments and own rules in the summary of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from optimizer.plan.plan import Plan
from optimizer.plan.tables import COLUMNS, make_table
from optimizer.report.summary import summary
from tests.program.tiny import month, tiny

Rows = Iterable[tuple[Any, ...]]


def a_plan(months: int = 24, wanted: Sequence[str] = ("big", "huge"), **tables: Rows) -> Plan:
    """A plan with the rows given, of an instance that wants these runs."""
    runs = {"training_runs": [{"run": name, "work": 500, "sizes": "10"} for name in wanted]} if wanted else {}
    frames = {name: make_table(name, tables.get(name, ())) for name in COLUMNS}
    head = {"status": "optimal", "objective": 0.0, "bound": 0.0, "gap": 0.0}
    return Plan(head=head, tables=frames, instance=tiny(months, {"jobs": [0]}, fleet=[{"count": 10}], **runs))


def row_of(text: str, name: str) -> str:
    """The line that begins with a name, with single spaces."""
    return next(" ".join(line.split()) for line in text.splitlines() if line.startswith(name))


PLACED: Rows = [
    ("huge", "lease", 20, month(10), month(15), month(12), 3),
    ("big", "hall/gpu", 10, month(2), month(5), "", 0),
]
LATE: Rows = [(month(15), "lateness", "huge", "", 3e6, 2.5e6)]


def test_runs_are_lines_on_a_calendar() -> None:
    """Tests that a run has a block in each month that it runs, and a lighter one after its target."""
    text = summary(a_plan(runs=PLACED, cash=LATE), width=120)
    assert "Training runs; ▒ after the target" in text
    # Months 2 to 5; and 10 to 15, of which 13 to 15 are after month 12. The calendar has 24 months.
    assert row_of(text, "big").split()[-1] == "··████" + "·" * 18
    assert row_of(text, "huge").split()[-1] == "·" * 10 + "███▒▒▒" + "·" * 8
    assert row_of(text, "huge").startswith(f"huge lease {month(10)} to {month(15)} {month(12)} 3 months 20 3 M ")
    assert month(0) in text
    assert month(23) in text


def test_runs_are_told_in_the_order_in_which_they_start() -> None:
    """Tests that the first to start comes first."""
    text = summary(a_plan(runs=PLACED))
    assert text.index("big") < text.index("huge")


def test_a_long_plan_has_months_gathered_in_its_calendar() -> None:
    """Tests that a character stands for as few months as there is room for, and no run disappears."""
    rows: Rows = [("big", "hall/gpu", 10, month(5), month(5), "", 0), PLACED_LATE]
    text = summary(a_plan(60, runs=rows), width=100)
    line = row_of(text, "big").split()[-1]
    # 100 characters less six other columns of 4, 8, 18, 7, 8 and 6 with gaps of 3 leave 31: 2 months each.
    assert line == "··█" + "·" * 27
    # Months 48 and 49 share a character; 50 and 51 are late.
    assert row_of(text, "huge").split()[-1] == "·" * 24 + "█▒" + "·" * 4


PLACED_LATE = ("huge", "lease", 20, month(48), month(51), month(49), 2)


def test_without_room_there_is_no_calendar_but_all_dates() -> None:
    """Tests that a narrow terminal tells dates and lateness only."""
    text = summary(a_plan(runs=PLACED, cash=LATE), width=60)
    assert "█" not in text
    assert max(map(len, text.splitlines())) <= 60
    for part in ("hall/gpu", month(2), month(5), month(10), month(15), month(12)):
        assert part in text


def test_runs_that_are_not_run_are_told_with_their_penalty() -> None:
    """Tests that a run without a row in the plan is not run, whether that costs something or not."""
    rows: Rows = [(month(23), "not_run", "huge", "", 4e6, 3e6)]
    text = summary(a_plan(cash=rows))
    assert "Work in reference-accelerator-months." in text
    assert row_of(text, "huge") == "huge not run, work of 500 4 M"
    assert row_of(text, "big") == "big not run, work of 500"
    assert text.index("huge") < text.index("big")  # the most expensive first


def test_a_run_that_is_over_before_the_plan_is_not_missing() -> None:
    """Tests that a run whose deadline is the plan's first month is listed, and one of the month before is not."""
    wanted = [{"run": f"by-{t}", "work": 5, "sizes": "10", "release": -3, "deadline": t} for t in (-1, 0)]
    instance = tiny(24, {"jobs": [0]}, fleet=[{"count": 10}], training_runs=wanted)
    tables = {name: make_table(name, ()) for name in COLUMNS}
    head = {"status": "optimal", "objective": 0.0, "bound": 0.0, "gap": 0.0}
    text = summary(Plan(head=head, tables=tables, instance=instance))
    assert "by-0" in text
    assert "by--1" not in text


def test_without_runs_nothing_is_shown() -> None:
    """Tests that an instance without runs, commitments and own rules has no such tables."""
    text = summary(a_plan(wanted=()))
    assert not [name for name in ("Training runs", "Spend commitments", "Own rules") if name in text]


def test_shortfalls_are_told_by_year() -> None:
    """Tests that a spend commitment that is not reached has its year, provider and amount."""
    rows: Rows = [
        (month(11), "shortfall", "deal", "cloud", 1.2e7, 1.1e7),
        (month(23), "shortfall", "deal", "cloud", 3e6, 2e6),
        (month(23), "contract", "lease", "cloud", 9e9, 9e9),
    ]
    text = summary(a_plan(cash=rows))
    assert row_of(text, month(11)) == f"{month(11)} deal cloud 12 M"
    assert row_of(text, month(23)) == f"{month(23)} deal cloud 3 M"
    assert "9 bn" not in text


RULES: Rows = [
    # month, rule, each, sense, value, rhs, slack, violation, shadow price
    (month(0), "loose", "month", "<=", 10, 50, 40, 0, 0),
    (month(0), "cap", "month", "<=", 50, 50, 0, 0, -3),
    (month(1), "cap", "month", "<=", 20, 50, 30, 0, 0),
    (month(4), "cap", "month", "<=", 50, 50, 0, 0, -7),
    (month(5), "wish", "total", ">=", 60, 100, 0, 40, 2.5),
    (month(2), "even", "month", "=", 7, 7, 0, 0, 0),
]


def test_own_rules_that_bind_or_are_violated() -> None:
    """Tests that rules with slack are left out, and the others tell limit, months, violation and price."""
    rows: Rows = [(month(5), "violation", "wish", "", 4e3, 4e3)]
    text = summary(a_plan(rules=RULES, cash=rows))
    assert not [line for line in text.splitlines() if line.startswith("loose")]
    assert row_of(text, "wish") == f"wish at least 100 in all {month(5)} 0 40 4 k 2.5"
    # Binds in months 0 and 4; the price farthest from zero is that of month 4.
    assert row_of(text, "cap").startswith("cap at most 50 a month 2 months,")
    assert row_of(text, "cap").endswith("-7")
    assert row_of(text, "even").startswith(f"even exactly 7 a month {month(2)} 0 0")
    order = [text.index(f"\n{name} ") for name in ("wish", "cap", "even")]
    assert order == sorted(order)  # violated ones first, then by what they cost


def test_a_rule_within_rounding_of_its_limit_binds() -> None:
    """Tests that a slack below a millionth of the limit counts as zero."""
    rows: Rows = [
        (month(0), "near", "month", "<=", 999.9995, 1000, 0.0005, 0, 0),
        (month(0), "far", "month", "<=", 999, 1000, 1, 0, 0),
    ]
    text = summary(a_plan(rules=rows))
    assert "near" in text
    assert "far" not in text


def test_other_penalties_are_told_by_what_they_are_for() -> None:
    """Tests that late runs, runs not run and own rules not kept are added up, each on its own."""
    rows: Rows = [
        (month(5), "lateness", "big", "", 1e6, 1e6),
        (month(6), "violation", "wish", "", 2e3, 2e3),
        (month(7), "violation", "cap", "", 3e3, 2e3),
        (month(7), "unserved", "jobs", "", 9e9, 9e9),
    ]
    line = (
        "Penalties 9.001 bn USD: in the cost, not in cash: late runs 1 M, own rules not kept 5 k, work not served 9 bn"
    )
    assert " ".join(summary(a_plan(cash=rows), width=140).split()).count(line) == 1


@pytest.mark.parametrize("width", [60, 80, 120])
def test_long_lists_are_cut_with_a_note(width: int) -> None:
    """Tests that a plan with very many runs and rules stays readable."""
    many = [(f"run-{i:02}", "hall/gpu", 10, month(i), month(i), "", 0) for i in range(20)]
    rules = [(month(0), f"rule-{i:02}", "month", "<=", 5, 5, 0, 0, 0) for i in range(15)]
    plan = a_plan(wanted=(), runs=many, rules=rules)
    text = " ".join(summary(plan, width=width).split())
    assert "8 more rows in the plan's table runs." in text
    assert "3 more rows in the plan's table rules." in text
    assert max(map(len, summary(plan, width=width).splitlines())) <= width

"""Limits of reports of plans under uncertainty: at each of them, and one above it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from optimizer.plan.by_scenario import scenario_plan
from optimizer.plan.compare_uncertain import compare_uncertain as compare
from optimizer.report.chart_fan import fan_charts
from optimizer.report.charts import Chart
from optimizer.report.comparison_uncertain import (
    uncertain_comparison_document,
    uncertain_comparison_text,
    write_uncertain_comparison,
)
from optimizer.report.document import Branch, Branches, Document, Table
from optimizer.report.section_information import information_blocks
from optimizer.report.section_now import MOST, now_sentence, now_tables
from optimizer.report.section_scenarios import cost_chart
from optimizer.report.section_tree import nodes_table, tree_blocks
from optimizer.report.terminal import plain
from optimizer.report.uncertain_comparison import compare_uncertain as compare_what_if
from optimizer.report.uncertain_comparison import render_uncertain_comparison
from optimizer.report.uncertain_document import shown_scenarios
from tests.program.tiny import month
from tests.report.drawings import drawn
from tests.report.hand_scenarios import changed, crowded_plan, emptied, hand_plan
from tests.report.output import workbook


def opened(scenarios: int, cases: int) -> list[bool]:
    """Whether the root and each case of a crowded plan are open."""
    branches = tree_blocks(crowded_plan(scenarios, cases))[1]
    assert isinstance(branches, Branches)
    (root,) = branches.roots
    return [one.is_open for one in (root, *root.children)]


@pytest.mark.parametrize("cases", [1, 8, 9, 11, 12])
def test_open_cases(cases: int) -> None:
    """Tests that up to 12 nodes, with the root, are all open; of more only the root and what follows on it is not."""
    assert opened(24, cases) == [True] + [cases <= 11] * cases


def test_two_open_levels() -> None:
    """Tests 14 nodes, of which 8 are in the second level: the first two levels are open."""
    plan = crowded_plan(24, 13)
    for second in (8, 9):
        # The cases above number 8 or 9 follow on case 1.
        parents = ["", *("0" if number <= second else "1" for number in range(1, 14))]
        branches = tree_blocks(changed(plan, "nodes", parent=parents))[1]
        assert isinstance(branches, Branches)
        (root,) = branches.roots
        assert [one.is_open for one in root.children] == [second == 8] * second
        assert [one.is_open for one in root.children[0].children] == [False] * (13 - second)


def test_decisions_of_a_case() -> None:
    """Tests 60 rows in a case and 100 of now, those that commit most first, and how many more there are."""
    for number, left in ((60, 0), (61, 1)):
        branches = tree_blocks(crowded_plan(2, 2, decisions=number))[1]
        assert isinstance(branches, Branches)
        tables = [one.table for one in every(branches.roots[0])]
        assert [(len(table.grid.rows), table.grid.left) for table in tables] == [(60, left)] * 3
        assert [row[1] for row in tables[0].grid.rows[:2]] == ["Sign lease 000 (cloud)", "Sign lease 001 (cloud)"]
    plan = crowded_plan(2, 2, decisions=MOST + 1)
    _, others = now_tables(plan)
    assert (len(others.grid.rows), others.grid.left) == (100, 1)
    assert now_sentence(plan).startswith("101 decisions before the first outcome is known in Feb 2030; 0 without")


def every(branch: Branch) -> list[Branch]:
    """A branch and all below it."""
    return [branch, *(one for child in branch.children for one in every(child))]


@pytest.mark.parametrize(("number", "named", "unit"), [(3, True, "USD"), (30, True, "k USD"), (31, False, "k USD")])
def test_bars(number: int, named: bool, unit: str) -> None:
    """Tests that up to 30 scenarios are named, in 22 points each, 200 at least; the costliest is first."""
    chart = cost_chart(crowded_plan(number, 1))
    bars, marks = chart.figure.data
    layout = chart.figure.layout
    thousand = 1 if unit == "k USD" else 1000
    costs = [float(rank) * thousand for rank in range(number, 0, -1)]
    places = tuple(range(1, number + 1))
    assert (bars.orientation, marks.marker.size) == (("h", 8) if named else ("v", 5))
    assert [tuple(bars[axis]) for axis in ("x", "y")] == ([tuple(costs), places] if named else [places, tuple(costs)])
    assert list(marks["x" if named else "y"]) == pytest.approx([cost - 0.1 * thousand for cost in costs])
    assert bars.customdata[0] == f"s{number - 1:03}: {number} k USD"
    money_axis, other = (layout.xaxis, layout.yaxis) if named else (layout.yaxis, layout.xaxis)
    assert (money_axis.title.text, money_axis.tickformat, money_axis.zeroline) == (unit, ",", True)
    assert (other.showgrid, layout.hovermode) == (False, "closest")
    if named:
        assert layout.height == max(22 * number + 120, 200)
        assert (other.autorange, other.tickvals) == ("reversed", places)
        assert other.ticktext[0] == f"s{number - 1:03}"
    else:
        assert layout.height == 380
        assert other.title.text == "scenarios, the costliest first"


@pytest.mark.parametrize(("number", "lines"), [(40, 40), (41, 2)])
def test_lines_of_single_scenarios(number: int, lines: int) -> None:
    """Tests a line for each of 40 scenarios; of 41 those that cost most and least, 40 and 0 accelerators."""
    capacity = fan_charts(crowded_plan(number, 1))[0]
    single = [list(trace.y) for trace in capacity.figure.data if trace.name == "single scenarios"]
    assert len(single) == lines
    assert [ends for ends in single if ends[-1] in (0, number - 1)] in (
        [[0, 0, 0, 0], [0, 0, number - 1, number - 1]],
        [[0, 0, number - 1, number - 1], [0, 0, 0, 0]],
    )


def test_bands_and_titles() -> None:
    """Tests 21 scenarios alike with 0 to 20: quantiles 2, 5, 10, 15 and 18; in money 10 and 20 for each."""
    capacity, cost, owed = fan_charts(crowded_plan(21, 1))
    ends = [(trace.name, trace.y[-1]) for trace in capacity.figure.data if trace.name != "single scenarios"]
    assert ends == [
        ("10 to 90 %", 2),
        ("10 to 90 %", 18),
        ("25 to 75 %", 5),
        ("25 to 75 %", 15),
        ("median", 10),
    ]
    assert capacity.title == "Accelerators: 0 to 20 in Mar 2030, depending on what comes."
    assert cost.title == "Money out so far, penalties included, nominal: 0 USD to 200 USD by Mar 2030."
    assert owed.title == "Owed at the start of a month: at most 400 USD, in Mar 2030."
    assert cost.grid.rows[-1] == ("2030-03", "", "20.0", "50.0", "100.0", "150.0", "180.0", "200.0", "100.0")
    same = fan_charts(crowded_plan(1, 1))
    assert [chart.title for chart in same] == [
        "Accelerators: 0 in Mar 2030, depending on what comes.",
        "Money out so far, penalties included, nominal: 0 USD by Mar 2030.",
        "Nothing is owed in any month.",
    ]


@pytest.mark.parametrize("number", [20, 21])
def test_risks_in_the_chart(number: int) -> None:
    """Tests bars for 20 risks of 34 points each; the table has all, and the sum."""
    chart = information_blocks(crowded_plan(2, 2, risks=number))[2]
    assert isinstance(chart, Chart)
    assert len(drawn(chart)["at least"]) == 20
    assert chart.figure.layout.height == 34 * 20 + 120
    assert len(chart.grid.rows) == number + 1


def test_what_becomes_known() -> None:
    """Tests that at most so many cases are listed, and how many more there are; the first one only if it is all."""
    table = nodes_table(crowded_plan(6, 5), 3)
    assert [row[:2] for row in table.grid.rows] == [("2030-02", f"case: {number}") for number in range(3)]
    assert table.grid.left == 2
    root = changed(emptied(crowded_plan(1, 1), "nodes"), "nodes")
    assert nodes_table(root, 3).grid.rows == []
    first = crowded_plan(6, 5)
    known = changed(first, "nodes", parent="", known=["at once", *[""] * 5])
    assert [row[1] for row in nodes_table(known, 3).grid.rows] == ["at once"]


def test_middle_of_equal_scenarios() -> None:
    """Tests that of four alike the second costliest is in the middle, as half of all cost that or more."""
    assert shown_scenarios(crowded_plan(4, 1)) == ["s002", "s003", "s000"]


@pytest.fixture(scope="module")
def compared() -> Document:
    """A plan compared with one of other costs and decisions, and with itself, 2 rows of each table."""
    plan = hand_plan()
    other = changed(hand_plan(expected_cost=5.28e6, cvar=7.3e6), "scenarios", cost=[7.3e6, 6.1e6, 4.0e6, 5.3e6])
    other = changed(other, "decisions", blocks=[5, *plan.decisions["blocks"].iloc[1:]])
    pairs = [compare(plan, other, ("first", "second")), compare(plan, plan, ("first", "third"))]
    return uncertain_comparison_document(pairs, 2)


def test_comparison_sections(compared: Document) -> None:
    """Tests title, names and captions of sections of two comparisons."""
    assert (compared.title, compared.subtitle) == (
        "first → second → third",
        "Two risks: what is decided now, and what each scenario costs",
    )
    assert [(one.anchor, one.title) for one in compared.sections] == [
        (f"{anchor}{number}", f"{title} of {name}")
        for number, name in ((1, "second"), (2, "third"))
        for anchor, title in (
            ("short", "Summary"),
            ("now", "What is decided now"),
            ("scenarios", "Cost by scenario"),
            ("inputs", "What was changed"),
        )
    ]


def test_compared_costs(compared: Document) -> None:
    """Tests the largest differences first, 400 k less and 100 k more; two scenarios cost the same."""
    figures = compared.sections[0].blocks[1]
    assert isinstance(figures, Table)
    assert figures.caption == "second compared with first, USD"
    assert figures.grid.columns == ("", "first", "second", "Difference")
    assert figures.grid.rows == [
        ("Expected cost", "5.38 M", "5.28 M", "-100 k"),
        ("Worst cost", "7.2 M", "7.2 M", "–"),
        ("CVaR", "7 M", "7.3 M", "+300 k"),
    ]
    (costs,) = compared.sections[2].blocks
    assert isinstance(costs, Table)
    assert costs.caption == "Net present cost by scenario, USD"
    assert costs.grid.columns == (
        *("Scenario", "Probability, first", "Probability, second", "first", "second", "Difference"),
    )
    assert costs.grid.rows == [
        ("hourly=dear", "30 %", "30 %", "4.4 M", "4 M", "-400 k"),
        ("demand=high + hourly=dear", "10 %", "10 %", "7.2 M", "7.3 M", "+100 k"),
    ]
    assert costs.grid.left == 2
    (moved,) = compared.sections[1].blocks
    assert isinstance(moved, Table)
    assert [row[0] for row in moved.grid.rows] == ["resized"]


def test_comparison_of_one_pair(tmp_path: Path, snapshot: Callable[[str], None]) -> None:
    """Tests names without numbers, cells that are blank where a plan lacks a scenario, and the sheets."""
    plan = hand_plan()
    base = scenario_plan(plan, "as planned")
    pair = compare(base, plan, ("base", "risky"))
    document = uncertain_comparison_document([pair])
    assert [one.anchor for one in document.sections] == ["short", "now", "scenarios", "inputs"]
    console = Console(width=100, color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(uncertain_comparison_text([pair], 100))
    one = workbook(write_uncertain_comparison([pair], tmp_path / "one.xlsx")).partition("[xl/")[0]
    two = workbook(write_uncertain_comparison([pair, pair], tmp_path / "two.xlsx"), (), 1).partition("[xl/")[0]
    snapshot(f"{captured.get()}\n{one}\n{two}")


def test_what_if() -> None:
    """Tests objective and costs of both plans, one without a scenario, and the blocks of decisions that all share."""
    plan = hand_plan()
    other = hand_plan(objective=5.8e6)
    other = replace(other, tables={**other.tables, "scenarios": other.tables["scenarios"].iloc[1:]})
    rows = [*plan.decisions["blocks"]]
    other = changed(other, "decisions", blocks=[5, *rows[1:-1], 9])
    found = compare_what_if(plan, other)
    assert found["figures"]["objective"] == {"a": 5.9e6, "b": 5.8e6}
    assert found["scenarios"][0] == {"scenario": "demand=high + hourly=dear", "a": 7.2e6, "b": None}
    # What expires is no decision; that of single cases is not compared.
    assert found["decisions"] == [{"month": month(0), "decision": "sign", "item": "lease", "a": 3.0, "b": 5.0}]
    text = plain(render_uncertain_comparison(found, "USD", ("plan", "what if"), 100), 100)
    lines = [tuple(re.split(r"\s{2,}", line.strip())) for line in text.splitlines() if line.strip("─ ")]
    assert lines == [
        ("Cost and risk, USD",),
        ("Plan", "What if", "Difference"),
        ("Objective", "5.9 M", "5.8 M", "-100 k"),
        ("Expected cost", "5.38 M", "5.38 M", "0"),
        ("Worst cost", "7.2 M", "7.2 M", "0"),
        ("CVaR", "7 M", "7 M", "0"),
        ("Cost by scenario, USD",),
        ("Scenario", "Plan", "What if", "Difference"),
        ("demand=high + hourly=dear", "7.2 M"),
        ("demand=high", "6.1 M", "6.1 M", "0"),
        ("hourly=dear", "4.4 M", "4.4 M", "0"),
        ("as planned", "5.3 M", "5.3 M", "0"),
        ("Decisions in all scenarios that differ, blocks",),
        ("Month", "Step", "Plan", "What if"),
        (month(0), "Sign lease", "3", "5"),
    ]
    same = compare_what_if(plan, plan)
    assert same["decisions"] == []
    assert "Decisions" not in plain(render_uncertain_comparison(same, "USD", ("plan", "what if"), 100), 100)

"""Tables of comparisons, on a terminal and in a notebook: entire, of a few rows made by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest
from rich.console import Group

from optimizer.plan.compare import Comparison, compare
from optimizer.report import comparison as texts
from optimizer.report.chart_capacity import work
from optimizer.report.document import Grid, Table
from optimizer.report.notebook import instance_html, plan_html
from optimizer.report.plan_context import PlanContext
from optimizer.report.terminal import Column, draw_table, grid_columns, plain
from tests.report.coast import coast_plan
from tests.report.hand_scenarios import hand_plan
from tests.report.test_uncertain_output import poor_plan

Snapshot = Callable[[str], None]


@pytest.fixture(scope="module")
def same() -> Comparison:
    """A plan compared with one that costs 30 M less."""
    plan = coast_plan()
    cheaper = replace(plan, head={**plan.head, "objective": plan.objective - 30e6})
    return compare(plan, cheaper, ("old", "new"))


def test_decided_since(same: Comparison) -> None:
    """Tests what was decided as planned, later, earlier, in another month, not at all, and unplanned."""
    columns = ["change", "decision", "item", "party", "month_planned", "month_decided"]
    columns += ["blocks_planned", "blocks_decided", "months_later"]
    rows = [
        ("as planned", "sign", "lease", "neo", "2026-11", "2026-11", 2, 2, 0),
        ("moved", "sign", "flex", "cloud", "2026-11", "2026-11", 2, 3, 1),
        ("moved", "order_build", "hall", "in_house", "2026-12", "2026-12", 1, 1, -2),
        ("moved", "sign", "spare", "edge", "2026-11", "2027-01", 4, 4, 2),
        ("dropped", "hand_back", "lease", "", "2026-12", "", 5, 0, 0),
        ("added", "buy", "chips", "", "", "2026-12", 0, 1234, 0),
        ("resized", "buy", "more", "", "2026-12", "2026-12", 7, 0, 0),
    ]
    table = texts.decided(replace(same, decided=pd.DataFrame(rows, columns=columns)), 6)
    assert table.caption == "Planned and decided since"
    assert table.grid.columns == ("As planned?", "Decision", "Month", "Blocks")
    assert [tuple(map(str, row)) for row in table.grid.rows] == [
        ("as planned", "Sign lease (neo)", "2026-11", "2"),
        ("moved", "Sign flex (cloud)", "2026-11, starts 1 month later", "2 → 3"),
        ("moved", "Order build hall", "2026-12, starts 2 months earlier", "1"),
        ("moved", "Sign spare (edge)", "2026-11 → 2027-01", "4"),
        ("dropped", "Hand back lease", "2026-12", "5"),
        ("added", "Buy chips", "2026-12", "1,234"),
    ]
    assert (table.grid.texts, table.grid.notes) == (3, "1 more row in decided of --json and --xlsx.")


def test_causes(same: Comparison) -> None:
    """Tests parts of a difference of -30 M: 25 M less, 15 M less and 10 M more, of which one is not listed."""
    rows = [
        ("price of lease", "lease: resized", -25e6, -30e6, -10e6),
        ("demand of chat", "", -15e6, None, -10e6),
        ("rest", "", 10e6, None, None),
    ]
    causes = pd.DataFrame(rows, columns=["cause", "moved", "part", "at_least", "at_most"]).astype({"at_least": object})
    table = texts.causes(replace(same, causes=causes), 2)
    assert table.grid.columns == ("Changed input", "Decisions that moved with it", "Part, M USD", "Proven")
    assert [tuple(map(str, row)) for row in table.grid.rows] == [
        ("price of lease", "lease: resized", "-25.0", "-30 M to -10 M"),
        ("demand of chat", "", "-15.0", "at most -10 M"),
        ("all", "", "-30.0", ""),
    ]
    assert (list(table.grid.strong), table.grid.texts, table.grid.left) == ([2], 2, 1)


def test_items(same: Comparison) -> None:
    """Tests items that cost more or less, or whose inputs or decisions changed; others are left out."""
    columns = ["item", "party", "present_value_difference", "inputs", "decisions"]
    rows = [
        ("lease", "neo", -2.5e6, "price", "resized"),
        ("chat", "", 1e5, "", ""),
        ("flex", "", 0.0, "", "moved"),
        ("let", "", 0.0, "price", ""),
        ("none", "cloud", 0.0, "", ""),
    ]
    table = texts.items(replace(same, items=pd.DataFrame(rows, columns=columns)), 3)
    assert [tuple(map(str, row)) for row in table.grid.rows] == [
        ("lease (neo)", "resized", "price", "-2,500.0"),
        ("chat (penalties)", "", "", "+100.0"),
        ("flex", "moved", "", "–"),
    ]
    assert table.grid.columns[-1] == "Present value, k USD"
    assert table.grid.notes == "1 more row in items of --json and --xlsx."


def test_no_demand() -> None:
    """Tests the title of the chart of work in an instance without demand."""
    plan = coast_plan()
    empty = replace(plan, tables={**plan.tables, "service": plan.tables["service"].iloc[:0]})
    assert work(PlanContext(empty)).title == "The instance has no monthly demand."


def test_columns_on_a_terminal() -> None:
    """Tests that text folds if it has spaces, and that numbers are spare from the right on, but for the last."""
    rows = [("2026-11", "Sign lease", "one", "1", "2.5", "30"), ("2026-12", "Buy", "two", "10", "", "4")]
    names = ("Month", "Step", "Note", "Blocks", "MW", "Commits, USD")
    columns = grid_columns(Grid(names, rows, 3))
    cells = [list(one.cells) for one in columns]
    assert cells == [
        ["2026-11", "2026-12"],
        ["Sign lease", "Buy"],
        ["one", "two"],
        ["1", "10"],
        ["2.5", ""],
        ["30", "4"],
    ]
    assert [one.name for one in columns] == ["Month", "Step", "Note", "Blocks", "MW", "Commits,\nUSD"]
    assert [one.left for one in columns] == [True] * 3 + [False] * 3
    assert [one.fold for one in columns] == [False, True, False, False, False, False]
    assert [one.spare for one in columns] == [0, 0, 0, 3, 4, 0]
    assert len({one.easy for one in columns[:3]}) == 1
    assert [one.easy for one in columns[3:]] == [0, 0, 0]
    named = grid_columns(Grid(names, rows, 3, spare=("MW", "Blocks")))
    assert [one.spare for one in named] == [0, 0, 0, 1, 2, 0]
    (first,) = grid_columns(Grid(("Number",), [("1",)], 0))
    assert (first.fold, first.left, first.spare) == (True, False, 0)


def test_a_table_on_a_terminal() -> None:
    """Tests that further columns follow, and that nothing is drawn of an empty table without a text."""
    grid = Grid(("Name", "Number"), [("a", "1"), ("b", "2"), ("c", "3")], note="Read it.", source="there")
    more = [Column("More", ["x", "y"])]
    drawn = plain(Group(*draw_table(Table("Title", grid), 40, 2, more)), 40)
    assert [line.split() for line in drawn.splitlines()] == [
        ["Title"],
        ["Name", "Number", "More"],
        ["─" * 20],
        ["a", "1", "x"],
        ["b", "2", "y"],
        ["Read", "it.", "1", "more", "row", "in", "there."],
    ]
    assert draw_table(Table("Title", Grid(("Name",), [])), 40) == []
    (text,) = draw_table(Table("Title", Grid(("Name",), []), "Nothing."), 40)
    assert str(text) == "Nothing."


def test_notebook(snapshot: Snapshot) -> None:
    """Tests what a notebook shows of plans, one under uncertainty and one of it without decisions, and an instance."""
    plans = (coast_plan(), hand_plan(), poor_plan())
    snapshot("\n\n".join([*map(plan_html, plans), instance_html(hand_plan().instance)]))

"""What an explained plan adds to its page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from optimizer.report.charts import Ground
from optimizer.report.headline import cards
from optimizer.report.html import page
from optimizer.report.page import Listed, Prose, Section, render_page
from optimizer.report.section_explained import explained
from optimizer.report.workbook import write_workbook
from tests.report.explained_plan import explained_plan
from tests.report.hostile import INVISIBLE, NAMES
from tests.report.plans import small_plan


@pytest.fixture(scope="module")
def section() -> Section:
    """The section of the plan made by hand."""
    found = explained(Ground(explained_plan(small_plan())))
    assert found is not None
    return found


def listed(section: Section, caption: str) -> Listed:
    """The table whose caption begins so."""
    return next(block for block in section.blocks if isinstance(block, Listed) and block.caption.startswith(caption))


def test_only_an_explained_plan_has_it() -> None:
    """Tests that there is no section without explanations, and a sentence where nothing binds."""
    plan = small_plan()
    assert explained(Ground(plan)) is None
    none = {name: table.head(0) for name, table in explained_plan(plan).explained.items()}
    empty = explained(Ground(replace(plan, explained=none)))
    assert empty is not None
    assert isinstance(empty.blocks[0], Prose)


def test_worth_by_month_and_in_all(section: Section) -> None:
    """Tests average and sum of a MW over twelve months, its best month, and that a budget has no average."""
    grid = listed(section, "Worth: one more MW").grid
    columns = ("Item", "Highest in", "Held, a month", "Held, all months", "In that month", "Relaxation, a month")
    assert (grid.columns, grid.rows) == (columns, [("hall", "2026-05", "2 k", "24 k", "18 k", "200")])
    budget = listed(section, "Worth: one more unit of money").grid
    assert budget.rows == [("half", "2026-06", "0.25", "0.25", "0.125")]
    assert "EUR" in grid.note


def test_steps_offers_and_deadlines(section: Section) -> None:
    """Tests figures, doubts, notes and blanks."""
    steps = listed(section, "Steps").grid.rows
    assert steps[0] == ("power.hall.mw+=1", "", "24 k", "20 k", "30 k")
    assert steps[2] == ("budgets.half.amount*=1.1", "leaves no plan", "", "", "")
    offers = listed(section, "Offers").grid.rows
    assert offers[1] == ("fixed", "cloud", "rejected", "too dear by 10.0%", "0", "1", "0", "300 k", "270 k, in doubt")
    assert offers[2][5:] == ("no limit", "2 M", "1 M", "")
    deadlines = listed(section, "Deadlines").grid.rows
    assert deadlines[0] == ("2026-01", "Order annex", "in-house", "2026-05", "2026-08", "1", "70 k")
    assert deadlines[1][1::3] == ("Give notice: hand back lease", "the end")


def test_hostile_names_are_harmless() -> None:
    """Tests that names in explanations make no element on the page: as many as with tame names."""
    tame = alone("tame")
    for name in (*NAMES.values(), INVISIBLE):
        hostile = alone(name)
        for mark in ("<script", "<img", "<svg", "<b>", "<i>", "<a ", "<td"):
            assert hostile.count(mark) == tame.count(mark), (name, mark)


def alone(name: str) -> str:
    """A page with nothing but the section, every item of it called so."""
    found = explained(Ground(explained_plan(small_plan(), name)))
    assert found is not None
    return render_page("Plan", "of a hall", [found])


def test_sheets_of_an_explained_plan(tmp_path: Path) -> None:
    """Tests that each table is a sheet with units above its columns, and that names stay text."""
    book = openpyxl.load_workbook(write_workbook(explained_plan(small_plan(), "=1+1"), tmp_path / "x.xlsx"))
    steps = [[cell.value for cell in row] for row in book["steps"].iter_rows(min_row=2)]
    assert steps[1] == ["step", "saves", "at_least", "at_most", "objective", "note"]
    assert steps[0][1] == "EUR"
    assert steps[2][:3] == ["=1+1", 24_000, 20_000]
    assert book["steps"]["A4"].data_type == "s"
    assert {"values", "steps", "offers", "deadlines"} < set(book.sheetnames)


def test_a_plan_with_something_given_up_says_so_first() -> None:
    """Tests that the first card warns, and names what was given up; other plans have no such card."""
    plan = small_plan()
    elastic = replace(plan, head={**plan.head, "elastic": ["rules.own.rhs=3"]})
    label, value, detail = cards(Ground(elastic))[0]
    assert (label, value) == ("Not all rules are met", "1 input changed")
    assert detail.endswith("rules.own.rhs=3")
    assert cards(Ground(plan))[0][0] == "Net present cost"
    assert "Not all rules are met" in page(elastic)

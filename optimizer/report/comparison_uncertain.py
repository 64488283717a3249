"""Comparison of plans under uncertainty as a document: what is decided now, cost by scenario, what was changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Group

from optimizer.format import money, percent, shown
from optimizer.plan.compare_uncertain import UncertainComparison
from optimizer.report.comparison import decisions, difference
from optimizer.report.comparison_time import inputs
from optimizer.report.comparison_workbook import headings
from optimizer.report.document import Document, Grid, Prose, Section, Table
from optimizer.report.sheets import Book
from optimizer.report.terminal import draw_sections

_LABELS = {"expected_cost": "Expected cost", "worst_cost": "Worst cost", "cvar": "CVaR"}
_PAGE, _TERMINAL = 200, 25  # rows of a table


def uncertain_comparison_document(comparisons: Sequence[UncertainComparison], most: int = _PAGE) -> Document:
    """Return comparisons with the first plan as a document."""
    first = comparisons[0]
    names = [first.names[0], *(one.names[1] for one in comparisons)]
    head = first.a.instance.head
    subtitle = f"{head.title or head.name}: what is decided now, and what each scenario costs"
    several = len(comparisons) > 1
    parts = [
        part
        for number, one in enumerate(comparisons, 1)
        for part in _sections(one, str(number) if several else "", most)
    ]
    return Document(" → ".join(names), subtitle, parts)


def uncertain_comparison_text(comparisons: Sequence[UncertainComparison], width: int) -> Group:
    """Return comparisons for a console of that width."""
    return draw_sections(uncertain_comparison_document(comparisons, _TERMINAL).sections, width)


def _sections(comparison: UncertainComparison, key: str, most: int) -> list[Section]:
    of = f" of {comparison.names[1]}" if key else ""
    moved = decisions(comparison, most)
    return [
        Section(f"short{key}", f"Summary{of}", (Prose(comparison.notes), _figures(comparison))),
        Section(f"now{key}", f"What is decided now{of}", (moved,)),
        Section(f"scenarios{key}", f"Cost by scenario{of}", (_scenarios(comparison, most),)),
        Section(f"inputs{key}", f"What was changed{of}", (inputs(comparison, most),)),
    ]


def _figures(comparison: UncertainComparison) -> Table:
    rows = [
        (_LABELS[row["figure"]], money(row["a"]), money(row["b"]), difference(row["difference"]))
        for row in comparison.figures.to_dict("records")
    ]
    caption = f"{comparison.names[1]} compared with {comparison.names[0]}, {comparison.b.instance.head.currency}"
    return Table(caption, Grid(("", *comparison.names, "Difference"), rows))


def _scenarios(comparison: UncertainComparison, most: int) -> Table:
    """Return the cost of each scenario in both plans, the largest differences first."""
    table = comparison.scenarios
    order = table["cost_difference"].abs().sort_values(ascending=False, kind="stable", na_position="last").index
    rows = [_row(row) for row in table.loc[order].to_dict("records")]
    a, b = comparison.names
    columns = ("Scenario", f"Probability, {a}", f"Probability, {b}", a, b, "Difference")
    caption = f"Net present cost by scenario, {comparison.b.instance.head.currency}"
    return Table(caption, Grid(columns, rows, source="scenarios of --json and --xlsx").head(most))


def _row(row: dict[Any, Any]) -> tuple[str, ...]:
    chances = (_cell(row[f"probability_{end}"], percent(row[f"probability_{end}"])) for end in ("a", "b"))
    costs = (_cell(row[f"cost_{end}"], money(row[f"cost_{end}"])) for end in ("a", "b"))
    change = row["cost_difference"]
    return shown(str(row["scenario"]), 80), *chances, *costs, "" if change != change else difference(change)


def _cell(value: float, text: str) -> str:
    return "" if value != value else text


_SHEETS = {
    "figures": "Expected and worst cost, and CVaR",
    "decisions": "Decisions that differ, of those taken before anything is known",
    "scenarios": "Probability, cost and regret by scenario",
    "inputs": "Cells of the inputs that differ",
}


def write_uncertain_comparison(comparisons: Sequence[UncertainComparison], path: str | Path) -> Path:
    """Write comparisons with the first plan as a workbook and return its path."""
    book, contents = Book(f"Comparison with {comparisons[0].names[0]}"), []
    index = book.sheet("index", "#1F55B3")
    for number, one in enumerate(comparisons, 1):
        for name, meaning in _SHEETS.items():
            frame, sheet = getattr(one, name), f"{name}_{number}" if len(comparisons) > 1 else name
            title = f"{meaning}: {one.names[1]} (b) over {one.names[0]} (a)"
            book.table(sheet, title, headings(frame, one), frame, f"compare_{sheet}")
            contents.append((sheet, len(frame), title))
    book.index(index, f"Differences over {comparisons[0].names[0]}", contents)
    return book.save(path)

"""A comparison of plans as one self-contained page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optimizer.files import write_file
from optimizer.format import money
from optimizer.report import comparison as tables
from optimizer.report import comparison_charts as charts
from optimizer.report import comparison_time as time
from optimizer.report.grid import Grid
from optimizer.report.page import Cards, Drawn, Listed, Prose, Section, render_page

if TYPE_CHECKING:
    from optimizer.plan.compare import Comparison

_DECISIONS, _ITEMS, _INPUTS = 200, 60, 300


def write_comparison_html(comparisons: Sequence[Comparison], path: str | Path) -> Path:
    """Write comparisons of plans with the first one as a page.

    Parameters
    ----------
    comparisons : sequence of Comparison
        At least one; all with the same ``a``.
    path : str or Path
        File to write; folders on the way are made.

    Returns
    -------
    Path
        The file.
    """
    first = comparisons[0]
    names = [first.names[0], *(one.names[1] for one in comparisons)]
    sections = [_plans(comparisons)] if len(comparisons) > 1 else []
    for number, comparison in enumerate(comparisons):
        sections += _sections(comparison, f"{number + 1}" if len(comparisons) > 1 else "")
    head = first.a.instance.head
    subtitle = f"{head.title or head.name}: what moved, and what it costs; every difference is over {first.names[0]}"
    text = render_page(" → ".join(names), subtitle, sections)
    target = Path(path)
    return write_file(target, text)


def _plans(comparisons: Sequence[Comparison]) -> Section:
    """All plans in one table."""
    first = comparisons[0]
    plans = [(first.names[0], first.a, 0.0), *((one.names[1], one.b, one.difference) for one in comparisons)]
    rows = [
        (name, money(plan.objective, plan.instance.head.currency), tables.difference(change), str(len(plan.decisions)))
        for name, plan, change in plans
    ]
    grid = Grid(("Plan", "Net present cost", "Difference", "Decisions"), rows)
    return Section("plans", "All plans", (Listed("Plans side by side", grid),))


def _sections(comparison: Comparison, key: str) -> list[Section]:
    """The sections on one pair of plans; ``key`` distinguishes them from those of another pair."""
    context = charts.common_context(comparison)
    title = f" of {comparison.names[1]}" if key else ""

    def section(anchor: str, heading: str, *blocks: Any) -> Section:
        return Section(f"{anchor}{key}", f"{heading}{title}", blocks)

    notes = [Prose(comparison.notes)] if comparison.notes else []
    return [
        section("short", "Summary", Cards(_cards(comparison)), *notes, _listed(tables.headline(comparison))),
        section("inputs", "What was changed", _listed(time.inputs(comparison, _INPUTS))),
        section("decisions", "What moved", _listed(tables.decisions(comparison, _DECISIONS))),
        section("items", "Item by item", _listed(tables.items(comparison, _ITEMS))),
        section(
            "cost",
            "What it costs",
            *(_listed(table(comparison)) for table in (tables.terms, tables.parties)),
            Drawn(charts.cost(context, comparison, key or "0")),
            _listed(time.cost(comparison)),
        ),
        section(
            "capacity",
            "Capacity",
            Drawn(charts.capacity(context, comparison, key or "0")),
            _listed(time.capacity(comparison)),
        ),
        section("service", "Service", _listed(time.service(comparison))),
    ]


def _cards(comparison: Comparison) -> list[tuple[str, str, str]]:
    a, b, (first, second) = comparison.a, comparison.b, comparison.names
    currency = b.instance.head.currency
    acts = comparison.decisions[comparison.decisions["decision"] != "expire"]
    counts = acts["change"].value_counts()
    kinds = ", ".join(f"{number} {change}" for change, number in counts.items())
    tables_changed = ", ".join(dict.fromkeys(comparison.inputs["table"]))
    return [
        ("Net present cost", tables.difference(comparison.difference, currency), f"{second} over {first}"),
        (first, money(a.objective, a.instance.head.currency), "net present cost"),
        (second, money(b.objective, currency), "net present cost"),
        ("Decisions that differ", f"{len(acts):,}", kinds or "none"),
        ("Inputs that differ", f"{len(comparison.inputs):,}", tables_changed or "none"),
    ]


def _listed(table: tables.CaptionedTable) -> Any:
    return Listed(table.caption, table.grid) if table.grid.rows else Prose([table.quiet])

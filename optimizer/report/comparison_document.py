"""Comparisons of plans as a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Group

from optimizer.format import grouped, money
from optimizer.report import comparison as tables
from optimizer.report import comparison_time as time
from optimizer.report.document import Block, Document, Grid, KeyFigures, Prose, Section, Table
from optimizer.report.terminal import draw_sections

if TYPE_CHECKING:
    from optimizer.plan.compare import Comparison


@dataclass(frozen=True)
class Extent:
    """Most decisions, items and inputs in a table, and whether there are key figures and charts."""

    decisions: int
    items: int
    inputs: int
    page: bool


PAGE, TERMINAL = Extent(200, 60, 300, page=True), Extent(25, 12, 20, page=False)


def comparison_document(comparisons: Sequence[Comparison], extent: Extent = PAGE) -> Document:
    """Return comparisons of plans with the first one as a document; at least one, all with the same ``a``."""
    first = comparisons[0]
    names = [first.names[0], *(one.names[1] for one in comparisons)]
    sections = [_plans(comparisons)] if len(comparisons) > 1 else []
    for number, comparison in enumerate(comparisons):
        sections += _sections(comparison, f"{number + 1}" if len(comparisons) > 1 else "", extent)
    head = first.a.instance.head
    subtitle = f"{head.title or head.name}: what moved, and what it costs; every difference is over {first.names[0]}"
    return Document(" → ".join(names), subtitle, sections)


def comparison_text(comparisons: Sequence[Comparison], width: int) -> Group:
    """Return comparisons for a console of that width."""
    return draw_sections(comparison_document(comparisons, TERMINAL).sections, width)


def _plans(comparisons: Sequence[Comparison]) -> Section:
    """All plans in one table."""
    first = comparisons[0]
    plans = [(first.names[0], first.a, 0.0), *((one.names[1], one.b, one.difference) for one in comparisons)]
    rows = [
        (name, money(plan.objective, plan.instance.head.currency), tables.difference(change), str(len(plan.decisions)))
        for name, plan, change in plans
    ]
    grid = Grid(("Plan", "Net present cost", "Difference", "Decisions"), rows)
    return Section("plans", "All plans", (Table("Plans side by side", grid),))


def _sections(comparison: Comparison, key: str, extent: Extent) -> list[Section]:
    """The sections on one pair of plans; ``key`` distinguishes them from those of another pair."""
    capacity, cost = _charts(comparison, key or "0") if extent.page else ((), ())
    figures = [KeyFigures(_figures(comparison))] if extent.page else []
    notes = [Prose(comparison.notes)] if comparison.notes else []
    since = [("since", "Decided since", (tables.decided(comparison, extent.decisions),))]
    why = (
        [("why", "Why the cost differs", (tables.causes(comparison, extent.inputs),))] if len(comparison.causes) else []
    )
    found: list[tuple[str, str, Sequence[Block]]] = [
        ("short", "Summary", (*figures, *notes, tables.headline(comparison))),
        *(since if len(comparison.decided) else []),
        *why,
        ("inputs", "What was changed", (time.inputs(comparison, extent.inputs),)),
        ("decisions", "What moved", (tables.decisions(comparison, extent.decisions),)),
        ("items", "Item by item", (tables.items(comparison, extent.items),)),
        ("cost", "What it costs", (tables.terms(comparison), tables.parties(comparison), *cost, time.cost(comparison))),
        ("capacity", "Capacity", (*capacity, time.capacity(comparison))),
        ("service", "Service", (time.service(comparison),)),
    ]
    of = f" of {comparison.names[1]}" if key else ""
    return [Section(f"{anchor}{key}", f"{title}{of}", blocks) for anchor, title, blocks in found]


def _charts(comparison: Comparison, key: str) -> tuple[tuple[Block], tuple[Block]]:
    """Charts of capacity and of money."""
    from optimizer.report import comparison_charts as charts

    context = charts.common_context(comparison)
    return (charts.capacity(context, comparison, key),), (charts.cost(context, comparison, key),)


def _figures(comparison: Comparison) -> list[tuple[str, str, str]]:
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
        ("Decisions that differ", grouped(len(acts)), kinds or "none"),
        ("Inputs that differ", grouped(len(comparison.inputs)), tables_changed or "none"),
    ]

"""The command ``capopt compare``: differences between plans, and their cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from optimizer.cli.exit_codes import print_json
from optimizer.cli.options import Finite
from optimizer.cli.remote import load, refuse_here_only

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rich.console import Group

    from optimizer.plan.compare import Comparison
    from optimizer.plan.plan import Plan

_file = click.Path(path_type=Path, dir_okay=False)


@click.command(short_help="Show the differences between plans and their cost.")
@click.argument("plans", metavar="PLAN PLAN [PLAN]...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--budget",
    metavar="SECONDS",
    type=Finite(min=0),
    help="Also find what each changed input explains of the difference, in so many seconds for all searches.",
)
@click.option("--html", metavar="FILE", type=_file, help="Also write a page that opens offline in any browser.")
@click.option("--xlsx", metavar="FILE", type=_file, help="Also write a workbook with a sheet for each table.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def compare(plans: tuple[Path, ...], budget: float | None, html: Path | None, xlsx: Path | None, as_json: bool) -> int:
    """Compare the first plan with each other one: decisions, money and capacity.

    Decisions added, dropped, moved and resized; money by term, party, item and month; capacity by party and month;
    unserved work; and the inputs that differ. Plans with different starts are lined up by the calendar: the earlier
    one is shown from the other's first month on, with what it decided before and what was decided since.

    Of plans under uncertainty: decisions taken before anything is known, cost by scenario, expected and worst cost. A
    plan of one future counts as the scenario "as planned".

    With --budget, the inputs that differ are changed one after the other, in the order of the tables, and the instance
    is solved again each time: the change of its cost is the part that the input explains. What the budget leaves open
    is one part together.
    """
    if len(plans) < 2:
        raise click.UsageError("Name at least two plans.")
    from optimizer.plan.by_scenario import is_uncertain, refuse_uncertain
    from optimizer.plan.compare import compare as compare_plans

    refuse_here_only(budget=budget)
    names = names_of(plans)
    first, *others = loaded = [load(plan) for plan in plans]
    for one in loaded if budget is not None else ():
        refuse_uncertain(one, "--budget")
    if any(map(is_uncertain, loaded)):
        return _compare_uncertain(loaded, names, html, xlsx, as_json)
    comparisons = [compare_plans(first, other, (names[0], name)) for other, name in zip(others, names[1:], strict=True)]
    if budget is not None:
        comparisons = _with_causes(comparisons, budget)
    written = _write(comparisons, html, xlsx)
    if as_json:
        print_json({"comparisons": [comparison.to_dict() for comparison in comparisons], **written})
    from optimizer.report.comparison_document import comparison_text

    _show(lambda width: comparison_text(comparisons, width), written, err=as_json)
    return 0


def _compare_uncertain(
    plans: Sequence[Plan], names: Sequence[str], html: Path | None, xlsx: Path | None, as_json: bool
) -> int:
    """Compare plans of which one at least is under uncertainty."""
    from optimizer.plan.compare_uncertain import compare_uncertain
    from optimizer.report import comparison_uncertain as report
    from optimizer.report.html import write_html

    pairs = zip(plans[1:], names[1:], strict=True)
    comparisons = [compare_uncertain(plans[0], plan, (names[0], name)) for plan, name in pairs]
    written: dict[str, str] = {}
    if html is not None:
        written["html"] = str(write_html(report.uncertain_comparison_document(comparisons), html))
    if xlsx is not None:
        written["xlsx"] = str(report.write_uncertain_comparison(comparisons, xlsx))
    if as_json:
        print_json({"comparisons": [comparison.to_dict() for comparison in comparisons], **written})
    _show(lambda width: report.uncertain_comparison_text(comparisons, width), written, err=as_json)
    return 0


def _with_causes(comparisons: Sequence[Comparison], budget: float) -> list[Comparison]:
    """Find the causes of every difference, in equal shares of the budget."""
    from optimizer.analysis.causes import causes
    from optimizer.report.progress import narrate

    with narrate(comparisons[0].b.instance.head.currency) as (on_step, progress):
        share = budget / len(comparisons)
        return [causes(one, share, on_step=on_step, progress=progress) for one in comparisons]


def names_of(plans: Sequence[Path]) -> list[str]:
    """Return the shortest ends of the paths that differ; plans that are named twice get numbers."""
    parts = [plan.resolve().parts for plan in plans]
    for length in range(1, max(map(len, parts)) + 1):
        names = ["/".join(part[-length:]) for part in parts]
        if len(set(names)) == len(names):
            return names
    return [f"{part[-1]} ({number})" for number, part in enumerate(parts, start=1)]


def _write(comparisons: Sequence[Comparison], html: Path | None, xlsx: Path | None) -> dict[str, str]:
    written: dict[str, str] = {}
    if html is not None:
        from optimizer.report.comparison_document import comparison_document
        from optimizer.report.html import write_html

        written["html"] = str(write_html(comparison_document(comparisons), html))
    if xlsx is not None:
        from optimizer.report.comparison_workbook import write_comparison_workbook

        written["xlsx"] = str(write_comparison_workbook(comparisons, xlsx))
    return written


def _show(text: Callable[[int], Group], written: Mapping[str, str], err: bool) -> None:
    """Print comparisons in the width of the console, and which files were written."""
    from rich.console import Console

    console = Console(stderr=err, highlight=False)
    width = min(console.width, 140) if console.is_terminal else 120
    Console(stderr=err, highlight=False, width=width).print(text(width))
    for path in written.values():
        click.echo(f"Wrote {path}.", err=err)

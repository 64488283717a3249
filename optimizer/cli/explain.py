"""The commands ``capopt explain``, ``whatif`` and ``alternatives``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from optimizer.cli.exit_codes import print_json
from optimizer.cli.options import Finite, Share

if TYPE_CHECKING:
    from optimizer.analysis.interruptible_queries import InterruptibleWhatIf
    from optimizer.instance.edit import Edit
    from optimizer.plan.folder import Place
    from optimizer.plan.plan import Plan
    from optimizer.program.fixings import Fixing

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

_PLAN = click.Path(path_type=Path)
_EXAMPLES = """\b
capopt whatif plans/mine --set contracts.bridge.price=1.1e9 --set "demand.inference.amount*=1.2"
capopt whatif plans/mine --delay builds.texas=6 --force sign:offer-7@2027-03 --end lease@2027-06
capopt whatif plans/mine --sweep contracts.bridge.price=0.8e9:1.5e9:8
"""
_EACH, _WHY_NOT = 10.0, 120.0  # seconds for each search on a plan, for all on an instance
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
_gap = click.option("--gap", type=Finite(min=0), help="Relative gap of each search. [default: the plan's]")
_replace = click.option(
    "--replace", is_flag=True, help="Replace the content of the folder, even another instance's plan."
)
_threads = click.option("--threads", type=click.IntRange(1, 1024), help="Threads of the solver.")


def _limit(seconds: float) -> Callable[[Decorated], Decorated]:
    text = "Seconds for each search."
    return click.option("--time-limit", type=Finite(min=0), default=seconds, show_default=True, help=text)


@click.command(short_help="Show why a plan is optimal, or why there is no plan.")
@click.argument("plan", metavar="PLAN|INSTANCE")
@click.option("--quick", is_flag=True, help="Marginal values and deadlines only, without further searches.")
@click.option("--offer", "items", multiple=True, metavar="NAME", help="Explain this offer only (repeatable).")
@_gap
@click.option(
    "--time-limit",
    type=Finite(min=0),
    help="Seconds for each search; of an instance, for all of them. [default: 10; 120]",
)
@_threads
@_json
def explain(
    plan: str,
    quick: bool,
    items: tuple[str, ...],
    gap: float | None,
    time_limit: float | None,
    threads: int | None,
    as_json: bool,
) -> int:
    """Explain why a plan is optimal; for an instance, why it has no plan.

    Of a plan: the value of one more MW, accelerator, unit of demand or of budget, which offers were taken and the
    break-even prices of the others, by when decisions are due, what handing back earlier or later costs, what it
    costs if a site slips, demand grows faster or a lessor leaves, the no-regret decisions of this month, and the cost
    of less exposure to a provider or owner. The tables are written into the plan folder, and its report then includes
    them.

    Of an instance without a plan: all conflicts with the table rows they come from, and the cheapest repairs, each
    proven by a plan (exit 5). If the time limit ends a search, the results until then are printed.

    Ctrl-C or SIGTERM stops; the results until then are written (exit 3).
    """
    if not (Path(plan) / "plan.json").is_file():
        if quick or items:
            raise click.UsageError(
                f"--quick and --offer need a plan folder, and {plan} contains no plan; solve it first."
            )
        return _why_not(plan, gap, _WHY_NOT if time_limit is None else time_limit, threads, as_json)
    from optimizer.analysis.explanation import explain as work_out
    from optimizer.plan.plan import load_plan
    from optimizer.report.progress import narrate

    loaded = load_plan(plan)
    _known_offers(loaded, items)
    limit = _EACH if time_limit is None else time_limit
    options: dict[str, Any] = {"gap": gap, "time_limit": limit, "threads": threads}
    with narrate(loaded.instance.head.currency) as (say, progress):
        found = work_out(loaded, quick=quick, items=items, **options, on_step=say, progress=progress)
    if found.stopped and not found.tables:
        raise KeyboardInterrupt
    written, code = found.save(plan), 3 if found.stopped else 0
    if as_json:
        stopped = {"stopped_at": found.stopped} if found.stopped else {}
        names = [str(path) for path in written]
        print_json({"plan": plan, "exit_code": code, "written": names, **stopped, **found.to_dict()})
    from optimizer.report.whatif_tables import render_explanation

    _print(render_explanation(found, _width(as_json)), as_json)
    click.echo(f"Wrote {', '.join(path.name for path in written)} into {plan}.", err=as_json)
    if found.stopped:
        click.echo(f"Stopped by Ctrl-C at {found.stopped}. The results until then are kept.", err=True)
    return code


def _why_not(name: str, gap: float | None, time_limit: float, threads: int | None, as_json: bool) -> int:
    from optimizer.analysis.diagnose import diagnose
    from optimizer.errors import NoFeasiblePlan
    from optimizer.instance.examples import find_instance
    from optimizer.instance.read import read
    from optimizer.report.progress import narrate

    instance = read(find_instance(name))
    options: dict[str, Any] = {"gap": 1e-3 if gap is None else gap, "time_limit": time_limit, "threads": threads}
    with narrate(instance.head.currency) as (say, progress):
        found = diagnose(instance, **options, on_step=say, progress=progress)
    code = 0 if found.feasible else NoFeasiblePlan.exit_code
    if as_json:
        print_json({"instance": name, "exit_code": code, **found.to_dict()})
    click.echo(found.text(), err=as_json)
    return code


def _known_offers(plan: Plan, items: tuple[str, ...]) -> None:
    from optimizer.analysis.offers import offers
    from optimizer.instance.name_suggestions import did_you_mean

    parties = {offer.item: offer.party for offer in offers(plan)}
    unknown = [item for item in items if item not in parties]
    wrong = [f"no offer is called {item!r}.{did_you_mean(item, parties, parties)}" for item in unknown]
    if wrong:
        raise click.UsageError("\n  ".join(wrong))


@click.command(epilog=_EXAMPLES, short_help="Solve again with other prices, dates or decisions.")
@click.argument("plan", type=_PLAN)
@click.option("--set", "edits", multiple=True, metavar="TABLE.ITEM.COLUMN=VALUE", help="Set a cell; *=, += and -= too.")
@click.option(
    "--delay", "delays", multiple=True, metavar="TABLE.ITEM=MONTHS", help="Delay its arrival by this number of months."
)
@click.option("--force", multiple=True, metavar="[DECISION:]ITEM[@MONTH[=BLOCKS]]", help="Force this decision.")
@click.option("--forbid", multiple=True, metavar="[DECISION:]ITEM[@MONTH]", help="Forbid this decision.")
@click.option(
    "--end",
    multiple=True,
    metavar="ITEM@MONTH[=BLOCKS]",
    help="End it: at most these blocks (default 0) from that month on.",
)
@click.option("--sweep", metavar="TABLE.ITEM.COLUMN=FROM:TO:STEPS", help="Solve over a range of values of one cell.")
@click.option("-o", "--output", type=_PLAN, metavar="PLAN", help="Write the new plan there.")
@_replace
@_gap
@_limit(60.0)
@_threads
@_json
def whatif(
    plan: Path,
    edits: tuple[str, ...],
    delays: tuple[str, ...],
    sweep: str | None,
    output: Path | None,
    gap: float | None,
    time_limit: float,
    threads: int | None,
    as_json: bool,
    **fixings: Any,
) -> int:
    """Solve a plan's instance again with edits, or with decisions forced, forbidden or ended, and compare."""
    replace = bool(fixings.pop("replace"))
    if not (edits or delays or sweep or any(fixings.values())):
        raise click.UsageError("Give at least one of --set, --delay, --force, --forbid, --end and --sweep.")
    if sweep and output is not None:
        raise click.UsageError("--sweep gives a table, not a plan: leave out --output.")
    from optimizer.analysis.interruptible_queries import InterruptibleWhatIf
    from optimizer.instance.edit import parse_delay, parse_edit
    from optimizer.interruption import interruptible_from_search_on
    from optimizer.plan.folder import prepare
    from optimizer.plan.plan import load_plan
    from optimizer.report.progress import follow
    from optimizer.solving.whatif import WhatIf, parse_fixings

    base = load_plan(plan)
    place = None if output is None else prepare(output, base.instance, "csv", replace, base.origin)
    target = base.head.get("options", {}).get("gap", 1e-3) if gap is None else gap
    options: dict[str, Any] = {"gap": float(target), "time_limit": time_limit, "threads": threads}
    chosen, fixed = [*map(parse_edit, edits), *map(parse_delay, delays)], parse_fixings(**fixings)
    if sweep:
        return _sweep(InterruptibleWhatIf(base, **options), sweep, chosen, fixed, as_json)
    with interruptible_from_search_on():
        with follow(base.instance.head.currency) as show_progress:
            other = WhatIf(base, **options).ask(chosen, fixed, show_progress)
        output = None if place is None else _written(other, base, place)
    from optimizer.plan.compare import compare
    from optimizer.report.comparison_document import comparison_text

    comparison = compare(base, other, ("plan", "what if"))
    code = 0 if other.status == "optimal" else 3
    if as_json:
        print_json({"plan": str(plan), "exit_code": code, "written": str(output or ""), **comparison.to_dict()})
    _print(comparison_text([comparison], _width(as_json)), as_json)
    return _print_target(output, code, as_json)


def _written(other: Plan, base: Plan, place: Place) -> Path:
    """Write a plan that was worked out from another one; where it is."""
    from dataclasses import replace

    from optimizer.plan.folder import write_plan

    placed = write_plan(replace(other, origin=base.origin), place)
    for note in placed.notes:
        click.echo(f"capopt: {note}.", err=True)
    return placed.folder


def _print_target(output: Path | None, code: int, as_json: bool) -> int:
    if output is not None:
        click.echo(f"Plan written to {output}", err=as_json)
    return code


def _sweep(ask: InterruptibleWhatIf, sweep: str, edits: list[Edit], fixings: list[Fixing], as_json: bool) -> int:
    from optimizer.analysis.explanation import plain_rows
    from optimizer.report.progress import follow
    from optimizer.report.whatif_tables import sweep_table

    cell, _, span = (part.strip() for part in sweep.partition("="))
    values, base = _span(sweep, span), ask.plan
    assert base is not None
    with follow(base.instance.head.currency) as show_progress:
        table = ask.sweep(cell, values, edits, fixings, show_progress)
    code = 3 if (table["gap"].astype(float) > ask.options.gap + 1e-9).any() else 0
    if as_json:
        print_json({"plan": base.instance.head.name, "exit_code": code, "sweep": sweep, "rows": plain_rows(table)})
    _print(sweep_table(table, cell, base, _width(as_json)), as_json)
    return code


def _span(sweep: str, span: str) -> list[float]:
    import numpy as np

    parts = span.split(":")
    try:
        first, last, steps = float(parts[0]), float(parts[1]), int(parts[2])
        if len(parts) != 3 or steps < 2:
            raise ValueError
    except (ValueError, IndexError):
        raise click.UsageError(f"{sweep!r} is not a valid sweep; expected table.item.column=from:to:steps") from None
    return [float(value) for value in np.linspace(first, last, steps)]


def own_decisions(plan: Path, decisions: Path, as_json: bool) -> int:
    """Price and check the planner's own decisions, and show what they cost against a plan."""
    from optimizer.analysis.own_decisions import check_decisions, read_decisions
    from optimizer.plan.compare import compare
    from optimizer.plan.plan import load_plan
    from optimizer.report.comparison_document import comparison_text

    base = load_plan(plan)
    options = base.head.get("options", {})
    mine = check_decisions(base, read_decisions(decisions), gap=float(options.get("gap", 1e-3)), time_limit=60.0)
    comparison = compare(base, mine, ("plan", "mine"))
    code = 0 if mine.status == "optimal" else 3
    if as_json:
        print_json({"plan": str(plan), "exit_code": code, "file": str(decisions), **comparison.to_dict()})
    _print(comparison_text([comparison], _width(as_json)), as_json)
    return code


@click.command(short_help="Show which decisions all near-optimal plans share.")
@click.argument("plan", type=_PLAN)
@click.option(
    "--within",
    type=Share(above=0.0),
    default="1%",
    show_default=True,
    metavar="SHARE",
    help="Maximum additional cost of a near-optimal plan.",
)
@click.option(
    "--plans", "count", type=click.IntRange(0, 9), default=2, show_default=True, help="Number of distinct plans."
)
@click.option("-o", "--output", type=_PLAN, metavar="FOLDER", help="Write the distinct plans there.")
@_replace
@_limit(20.0)
@_threads
@_json
def alternatives(
    plan: Path,
    within: float,
    count: int,
    output: Path | None,
    replace: bool,
    time_limit: float,
    threads: int | None,
    as_json: bool,
) -> int:
    """Show which decisions all near-optimal plans share, and where they differ.

    For each party and kind of decision, the minimum and maximum over near-optimal plans; the decisions of the first
    month that all of them make (no regret); and plans that differ from each other as much as possible.
    """
    from optimizer.analysis.alternatives import find_alternatives
    from optimizer.analysis.explanation import plain_rows
    from optimizer.plan.folder import prepare
    from optimizer.plan.plan import load_plan
    from optimizer.solver.solution import Options

    loaded = load_plan(plan)
    options = Options(gap=0.01, time_limit=time_limit, threads=threads)
    names = [] if output is None else [output / f"{number}" for number in range(1, count + 1)]
    places = [prepare(name, loaded.instance, "csv", replace, loaded.origin) for name in names]
    found = find_alternatives(loaded, within, count, options)
    for other, place in zip(found.plans, places, strict=False):
        _written(other, loaded, place)
    if as_json:
        plans = [{"objective": other.objective, "decisions": len(other.decisions)} for other in found.plans]
        tables = {"ranges": plain_rows(found.ranges), "first": plain_rows(found.first)}
        print_json({"plan": str(plan), "within": within, **tables, "plans": plans})
    from optimizer.report.whatif_tables import alternatives_text

    _print(alternatives_text(found, loaded, _width(as_json)), as_json)
    return 0


# ---------------------------------------------------------------- helpers
def _width(err: bool) -> int:
    from rich.console import Console

    console = Console(stderr=err)
    return min(console.width, 120) if console.is_terminal else 100


def _print(what: Any, err: bool) -> None:
    from rich.console import Console

    Console(stderr=err, highlight=False, width=_width(err)).print(what)

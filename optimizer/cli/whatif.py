"""The command ``capopt whatif``, and the pricing of a planner's own decisions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from optimizer.cli.exit_codes import print_json
from optimizer.cli.options import (
    Finite,
    budget_of,
    budget_option,
    gap_option,
    json_option,
    replace_option,
    show,
    threads_option,
    width,
)
from optimizer.cli.remote import keep_record, library, load_known

if TYPE_CHECKING:
    from optimizer.plan.folder import Place
    from optimizer.plan.plan import Plan

_PLAN = click.Path(path_type=Path)
_EXAMPLES = """\b
capopt whatif plans/mine --set contracts.bridge.price=1.1e9 --set "demand.inference.amount*=1.2"
capopt whatif plans/mine --delay builds.texas=6 --force sign:offer-7@2027-03 --end lease@2027-06
capopt whatif plans/mine --sweep contracts.bridge.price=0.8e9:1.5e9:8
"""
_SEARCH = 60.0  # seconds of one search


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
@replace_option
@budget_option("With --sweep: seconds in all. [default: 60]")
@click.option("--full", is_flag=True, help="With --sweep: no budget, --time-limit for each value.")
@gap_option
@click.option(
    "--time-limit", type=Finite(min=0), help="Seconds of one search. [default: 60; with --sweep what the budget leaves]"
)
@threads_option
@json_option
def whatif(
    plan: Path,
    edits: tuple[str, ...],
    delays: tuple[str, ...],
    sweep: str | None,
    output: Path | None,
    gap: float | None,
    time_limit: float | None,
    threads: int | None,
    as_json: bool,
    **fixings: Any,
) -> int:
    """Solve a plan's instance again with edits, or with decisions forced, forbidden or ended, and compare.

    A sweep solves the ends of the range first, then the values between. When its budget ends, or on Ctrl-C or SIGTERM,
    the rows until then are printed (exit 3).

    Of a plan under uncertainty the base data are edited, their scenarios made again and all planned together; fixed
    decisions are not covered.
    """
    replace, budget, full = bool(fixings.pop("replace")), fixings.pop("budget"), bool(fixings.pop("full"))
    _check(edits or delays or any(fixings.values()), sweep, output, full or budget is not None)
    from optimizer.cli.whatif_uncertain import refuse_fixings, show_uncertain
    from optimizer.interruption import interruptible_from_search_on
    from optimizer.plan.by_scenario import is_uncertain
    from optimizer.plan.folder import prepare
    from optimizer.report.progress import follow

    base = load_known(plan)
    place = None if output is None else prepare(output, base.instance, "csv", replace, base.origin)
    if is_uncertain(base):
        refuse_fixings(fixings)
    options: dict[str, Any] = {name: value for name, value in (("gap", gap), ("threads", threads)) if value is not None}
    if sweep:
        limit = _SEARCH if full and time_limit is None else time_limit
        options |= {"budget": budget_of(budget, full)} | ({} if limit is None else {"time_limit": limit})
        return _sweep(base, sweep, as_json, edits=edits, delay=delays, fixings=fixings, **options)
    options["time_limit"] = _SEARCH if time_limit is None else time_limit
    with interruptible_from_search_on():
        with follow(base.instance.head.currency) as show_progress:
            other = library().what_if(base, edits, delay=delays, progress=show_progress, **fixings, **options)
        output = None if place is None else write_derived(other, base, place)
    if is_uncertain(base):
        return show_uncertain(base, other, output, as_json)
    from optimizer.plan.compare import compare
    from optimizer.report.comparison_document import comparison_text

    comparison = compare(base, other, ("plan", "what if"))
    code = 0 if other.status == "optimal" else 3
    if as_json:
        print_json({"plan": str(plan), "exit_code": code, "written": str(output or ""), **comparison.to_dict()})
    show(comparison_text([comparison], width(as_json)), as_json)
    return print_target(output, code, as_json)


def _check(is_given: Any, sweep: str | None, output: Path | None, is_limited: bool) -> None:
    """Refuse options that do not go together."""
    if is_limited and not sweep:
        raise click.UsageError("--budget and --full are for --sweep; limit a single search by --time-limit.")
    if not (is_given or sweep):
        raise click.UsageError("Give at least one of --set, --delay, --force, --forbid, --end and --sweep.")
    if sweep and output is not None:
        raise click.UsageError("--sweep gives a table, not a plan: leave out --output.")


def write_derived(other: Plan, base: Plan, place: Place) -> Path:
    """Write a plan that was worked out from another one; where it is."""
    from dataclasses import replace

    from optimizer.plan.folder import write_plan

    placed = write_plan(replace(other, origin=base.origin), place)
    keep_record(placed.folder, other)
    for note in placed.notes:
        click.echo(f"capopt: {note}.", err=True)
    return placed.folder


def print_target(output: Path | None, code: int, as_json: bool) -> int:
    """Print where a plan was written, if it was; return the exit code."""
    if output is not None:
        click.echo(f"Plan written to {output}", err=as_json)
    return code


def _sweep(base: Plan, sweep: str, as_json: bool, **options: Any) -> int:
    from optimizer.analysis.questions import NOT_EXAMINED
    from optimizer.errors import StoppedWithoutPlan
    from optimizer.plan.tables import plain_rows
    from optimizer.report.progress import narrate
    from optimizer.report.whatif_tables import sweep_table

    cell, _, span = (part.strip() for part in sweep.partition("="))
    values = _span(sweep, span)
    with narrate(base.instance.head.currency) as (say, show_progress):
        table = library().sweep(base, cell, values, on_step=say, progress=show_progress, **options)
    target = options.get("gap", base.head.get("options", {}).get("gap", 1e-3))
    wide = (table["gap"].astype(float) > float(target) + 1e-9).any()
    is_open = wide or len(table) < len(values) or table["note"].isin([NOT_EXAMINED, StoppedWithoutPlan.note]).any()
    code = 3 if is_open else 0
    if as_json:
        print_json({"plan": base.instance.head.name, "exit_code": code, "sweep": sweep, "rows": plain_rows(table)})
    show(sweep_table(table, cell, base, width(as_json)), as_json)
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
    from optimizer.analysis.own_decisions import read_decisions
    from optimizer.plan.compare import compare
    from optimizer.report.comparison_document import comparison_text

    base = load_known(plan)
    mine = library().check_decisions(base, read_decisions(decisions), time_limit=60.0)
    comparison = compare(base, mine, ("plan", "mine"))
    code = 0 if mine.status == "optimal" else 3
    if as_json:
        print_json({"plan": str(plan), "exit_code": code, "file": str(decisions), **comparison.to_dict()})
    show(comparison_text([comparison], width(as_json)), as_json)
    return code

"""The command ``capopt solve``."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from optimizer.cli.exit_codes import print_json, undisturbed
from optimizer.cli.options import (
    Finite,
    Share,
    cluster_option,
    json_option,
    read_instance,
    solver_option,
    strict_option,
    with_workers,
    workers_option,
)
from optimizer.cli.remote import connected, keep_record, library, load_known, refuse_here_only, with_origin
from optimizer.errors import NoFeasiblePlan

if TYPE_CHECKING:
    from optimizer.folders import Placed
    from optimizer.instance.instance import Instance
    from optimizer.plan.folder import Place
    from optimizer.plan.plan import Plan

_HERE = ("workers", "cluster")  # options of a solve that servers do not have
_OF_SEARCH = ("start", "workers", "cluster")  # options that have no meaning for a diagnosis


@click.command(short_help="Find the plan of least net present cost, with a proven gap.")
@click.argument("instance")
@click.option(
    "-o", "--output", metavar="PLAN", type=click.Path(path_type=Path), help="Plan folder. [default: plans/<name>]"
)
@click.option(
    "--gap",
    type=Finite(min=0),
    default=0.001,
    show_default=True,
    help="Target gap, relative; 0.001 is 0.1 %.",
)
@click.option(
    "--time-limit",
    type=Finite(min=0),
    default=600.0,
    show_default=True,
    help="Seconds for the solver.",
)
@click.option("--threads", type=click.IntRange(1, 1024), help="Threads of the solver. [default: it chooses]")
@click.option(
    "--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True, help="Random seed of the solver."
)
@click.option("--relax", is_flag=True, help="Allow fractional blocks and lots.")
@click.option(
    "--start",
    metavar="PLAN",
    type=click.Path(path_type=Path),
    help="Begin the search with the decisions of another plan, such as the one that the instance was rolled from.",
)
@solver_option
@workers_option
@cluster_option
@click.option(
    "--elastic", is_flag=True, help="If no plan meets all rules, apply the cheapest repair and plan with it (exit 5)."
)
@click.option(
    "--near",
    metavar="PLAN",
    type=click.Path(path_type=Path),
    help="Among plans that cost little more than the best, find the one that changes least of this earlier plan.",
)
@click.option(
    "--within",
    type=Share(),
    metavar="SHARE",
    help="With --near: maximum additional cost over the best plan found.  [default: 0.5%]",
)
@click.option("--replace", is_flag=True, help="Replace what is in the plan folder, even another instance's plan.")
@strict_option
@click.option(
    "--tables",
    type=click.Choice(["csv", "parquet"]),
    default="csv",
    show_default=True,
    help="Format of the plan's tables.",
)
@json_option
def solve(
    instance: str,
    output: Path | None,
    tables: str,
    strict: bool,
    elastic: bool,
    replace: bool,
    as_json: bool,
    **options: Any,
) -> int:
    """Find the plan of least net present cost, prove its gap, write it and print its summary.

    With --near, changes of decisions are measured in the money that they bind; a block moved by a month counts a
    twelfth of it for each. PLAN can start earlier than INSTANCE. Both the cost and the distance are proven.

    Ctrl-C or SIGTERM ends the search and keeps the best plan so far. An earlier plan of the instance in the folder is
    replaced at once, when the new one is complete, and your own files in it stay; the plan of another instance is
    replaced with --replace only.
    """
    began = time.time()
    options = _with_plans(options, elastic)
    data = read_instance(instance, strict)
    from optimizer.instance.scenarios import is_uncertain
    from optimizer.plan.folder import prepare, written_head

    find, options = _search(options, is_uncertain(data))
    place = prepare(output or Path("plans") / data.head.name, data, tables, replace, began=began)
    _print_notes(place.notes)
    from optimizer.report import summary  # noqa: F401 - now, so that nothing is missing at the end
    from optimizer.report.progress import follow
    from optimizer.solving.solve import solve_to_place

    try:
        with follow(data.head.currency) as show_progress:
            plan, placed = solve_to_place(data, place, tables, find, progress=show_progress, **options)
    except NoFeasiblePlan as error:
        if not elastic:
            raise
        plan, placed = _least_violating(data, place, tables, error, options)
    code = NoFeasiblePlan.exit_code if "elastic" in plan.head else 0 if plan.status == "optimal" else 3
    with undisturbed():
        keep_record(placed.folder, plan)
        _print_notes(placed.notes[len(place.notes) :])
        if as_json:
            print_json({"plan": str(placed.folder), "exit_code": code, **written_head(plan, placed.folder)})
        _print_summary(plan, placed.folder, err=as_json)
    return code


def _search(options: dict[str, Any], uncertain: bool) -> tuple[Callable[..., Plan], dict[str, Any]]:
    """Return what searches for a plan, the library or the server of ``--server``, and its options."""
    client = connected()
    if client is None:
        from optimizer.uncertainty.solve import solve

        return solve, with_workers(options, uncertain)
    refuse_here_only(**{name: options[name] for name in _HERE})
    from optimizer.plan.folder import source_of

    def solve_there(instance: Instance, **more: Any) -> Plan:
        return with_origin(client.solve(instance, **more), source_of(instance))

    return solve_there, {name: value for name, value in options.items() if name not in _HERE}


def _with_plans(options: dict[str, Any], elastic: bool) -> dict[str, Any]:
    """Return the options of a solve that are given, with the plans to start from and to stay near loaded."""
    if options["within"] is not None and options["near"] is None:
        raise click.UsageError("--within goes with --near.")
    if options["near"] is not None and elastic:
        raise click.UsageError("--near and --elastic exclude each other.")
    from optimizer.plan.by_scenario import refuse_uncertain

    plans = {name: load_known(options[name]) for name in ("start", "near") if options[name] is not None}
    if "near" in plans:
        refuse_uncertain(plans["near"], "this")
    rest = {name: value for name, value in options.items() if name not in ("start", "near", "within")}
    within = {} if options["within"] is None else {"within": options["within"]}
    return {**rest, **plans, **within}


def _least_violating(
    data: Instance, place: Place, tables: str, error: NoFeasiblePlan, options: Any
) -> tuple[Plan, Placed]:
    """Plan of the cheapest repair, written where the plan was to go."""
    from optimizer.plan.folder import source_of, write_plan

    found = library().diagnose(data, **{name: value for name, value in options.items() if name not in _OF_SEARCH})
    click.echo(found.text(), err=True)
    if found.by_scenario or found.is_shared:
        click.echo("--elastic does not repair scenarios: change the tables, and solve again.", err=True)
    if found.plan is None:
        raise error
    plan = with_origin(found.plan, source_of(data))
    return plan, write_plan(plan, place, tables)


def _print_notes(notes: Sequence[str]) -> None:
    """Print on standard error what somebody should know about the plan folder."""
    for note in notes:
        click.echo(f"capopt: {note}.", err=True)


def _print_summary(plan: Plan, target: Path, err: bool) -> None:
    from rich.console import Console

    from optimizer.plan.by_scenario import is_uncertain
    from optimizer.report.summary import render
    from optimizer.report.summary_uncertain import render_uncertain

    console = Console(stderr=err, highlight=False)
    width = min(console.width, 120) if console.is_terminal else 100
    draw = render_uncertain if is_uncertain(plan) else render
    Console(stderr=err, highlight=False, width=width).print(draw(plan, where=str(target), width=width))

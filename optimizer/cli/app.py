"""The command line: ``capopt new``, ``validate``, ``solve``, ``audit``, ``report``, ``bench``.

Heavy libraries are imported where they are used, so that help and messages come at once.
"""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from optimizer import __version__
from optimizer.cli.alternatives import alternatives
from optimizer.cli.bench import bench
from optimizer.cli.compare import compare
from optimizer.cli.exit_codes import leave, print_json, undisturbed
from optimizer.cli.explain import explain
from optimizer.cli.export import export
from optimizer.cli.options import (
    Finite,
    Share,
    cluster_option,
    service_needed,
    solver_option,
    with_workers,
    workers_option,
)
from optimizer.cli.report import report
from optimizer.cli.roll import roll
from optimizer.cli.scenarios import scenarios
from optimizer.cli.serve import serve
from optimizer.cli.simulate import simulate
from optimizer.cli.token import token
from optimizer.cli.whatif import whatif
from optimizer.cli.worker import worker
from optimizer.errors import AuditFailed, CapoptError, Fault, InstanceError, NoFeasiblePlan
from optimizer.format import counted, grouped

if TYPE_CHECKING:
    from optimizer.folders import Placed
    from optimizer.instance.instance import Instance
    from optimizer.plan.folder import Place
    from optimizer.plan.plan import Plan

_EPILOG = """INSTANCE is a folder, an .xlsx workbook or the name of a shipped example (such as first-steps).

\b
Exit codes:  0 done; a plan within the target gap   3 a plan with a larger gap
             2 invalid input    4 audit failed      5 no feasible plan
           130 stopped before any plan was found    1 anything else"""

_OF_SEARCH = ("start", "workers", "cluster")  # options that have no meaning for a diagnosis
ON_SERVERS = ("solve",)
_HERE = ("start", "near", "within", "workers", "cluster")  # options of a solve that servers do not have
_LISTED = 100  # violations listed at most
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
_strict = click.option("--strict", is_flag=True, help="Treat warnings as errors.")


@click.group(context_settings=_SETTINGS, epilog=_EPILOG)
@click.version_option(__version__, prog_name="capopt")
@click.option(
    "--server",
    metavar="URL",
    envvar="CAPOPT_SERVER",
    help="Solve on this server of `capopt serve`; CAPOPT_TOKEN is the token, if it needs one.",
)
@click.option("--project", default="default", show_default=True, help="With --server: the project.")
@click.pass_context
def cli(context: click.Context, server: str | None, project: str) -> None:
    """Plan AI compute capacity: what to build, commit, lease and lease out, when, and what runs where."""
    given = context.get_parameter_source("server") is ParameterSource.COMMANDLINE
    if given and context.invoked_subcommand not in ON_SERVERS:
        raise click.UsageError(f"--server is for {', '.join(ON_SERVERS)}; {context.invoked_subcommand} works here.")
    context.obj = None if server is None else (server, project)


@cli.command(short_help="Write an instance to start from: a folder or a workbook.")
@click.argument("target", metavar="DIR|FILE.xlsx", type=click.Path(path_type=Path))
@click.option("--blank", is_flag=True, help="Headers only, without figures.")
@click.option("--from", "example", metavar="EXAMPLE", default="", help="Copy a shipped example instead of the starter.")
@click.option("--random", "by_chance", is_flag=True, help="Generate a random instance, from --seed and --size.")
@click.option(
    "--seed", type=click.IntRange(min=0), help="With --random: the same seed, the same instance.  [default: 0]"
)
@click.option(
    "--size",
    type=click.Choice(["tiny", "small", "S", "M", "L", "XL"]),
    help="With --random: how large.  [default: tiny]",
)
@click.option("--risks", type=click.IntRange(min=0), help="With --random: how many risks.  [default: 0]")
@_json
def new(
    target: Path,
    blank: bool,
    example: str,
    by_chance: bool,
    seed: int | None,
    size: str | None,
    risks: int | None,
    as_json: bool,
) -> int:
    """Write a commented starter instance: a folder, or a workbook if the name ends in .xlsx."""
    if blank + bool(example) + by_chance > 1:
        raise click.UsageError("--blank, --from and --random exclude each other.")
    if not by_chance and not (seed is None and size is None and risks is None):
        raise click.UsageError("--seed, --size and --risks go with --random.")
    if by_chance:
        from optimizer.generator import create_random

        files = create_random(target, seed or 0, size or "tiny", risks or 0)
    else:
        from optimizer.instance.template import create

        files = create(target, blank=blank, example=example)
    if as_json:
        print_json({"created": str(target), "files": [str(file) for file in files]})
    many = f" with {len(files)} files; README.md describes each of them" if (target / "README.md").is_file() else ""
    click.echo(f"Wrote {target}{many}.", err=as_json)
    click.echo(f"Next: {'fill it in, then ' if blank else ''}capopt validate {shlex.quote(str(target))}", err=as_json)
    return 0


@cli.command(short_help="Report all errors of an instance, each with its place.")
@click.argument("instance")
@_strict
@click.option(
    "--mark",
    metavar="OUT.xlsx",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a copy of the workbook in which cells with errors are red, with notes, and listed on a sheet.",
)
@_json
def validate(instance: str, strict: bool, mark: Path | None, as_json: bool) -> int:
    """Report all errors of an instance, each with file, row, column and the nearest valid value."""
    if mark:
        _check_mark(instance, mark)
    try:
        data = _read(instance, strict)
    except InstanceError as error:
        if as_json:
            print_json({"valid": False, **error.to_dict()})
        click.echo(str(error), err=as_json)
        _mark(instance, mark, error.faults, False, as_json)
        return error.exit_code
    head, notes = data.head, data.warnings
    counts = {name: len(rows) for name, rows in data.rows.items() if rows}
    if as_json:
        known = {"name": head.name, "start": head.start, "months": head.months, "currency": head.currency}
        found = [note.to_dict() for note in notes]
        print_json({"valid": True, **known, "hash": data.hash, "rows": counts, "faults": [], "warnings": found})
    for note in notes:
        click.echo(f"warning: {note}", err=as_json)
    tables = ", ".join(f"{name} {count}" for name, count in counts.items())
    click.echo(f"{head.name}: no errors, {counted(len(notes), 'warning')}.", err=as_json)
    click.echo(
        f"{counted(head.months, 'month')} from {head.start}, money in {head.currency}. Rows: {tables}.", err=as_json
    )
    _mark(instance, mark, data.warnings, True, as_json)
    return 0


@cli.command(short_help="Find the plan of least net present cost, with a proven gap.")
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
@_strict
@click.option(
    "--tables",
    type=click.Choice(["csv", "parquet"]),
    default="csv",
    show_default=True,
    help="Format of the plan's tables.",
)
@_json
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
    data = _read(instance, strict)
    from optimizer.instance.scenarios import is_uncertain
    from optimizer.plan.folder import prepare, written_head

    find, options = _search(options, elastic, is_uncertain(data))
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
        _print_notes(placed.notes[len(place.notes) :])
        if as_json:
            print_json({"plan": str(placed.folder), "exit_code": code, **written_head(plan, placed.folder)})
        _print_summary(plan, placed.folder, err=as_json)
    return code


@cli.command(short_help="Check and price a plan again, from its tables alone.")
@click.argument("plan", type=click.Path(path_type=Path))
@click.option(
    "--decisions",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Check and price your own decisions instead (CSV: month, decision, item, blocks).",
)
@_json
def audit(plan: Path, decisions: Path | None, as_json: bool) -> int:
    """Check and price a plan again, from its tables alone.

    With --decisions, check and price your own decisions: all others are optimised, and the result is
    compared with the plan.
    """
    if decisions is not None:
        from optimizer.cli.whatif import own_decisions

        return own_decisions(plan, decisions, as_json)
    from optimizer.auditing import audit as check
    from optimizer.plan.plan import load_plan

    verdict = check(load_plan(plan))
    code = 0 if verdict.passed else AuditFailed.exit_code
    if as_json:
        print_json({"plan": str(plan), "exit_code": code, **verdict.to_dict()})
    for violation in verdict.violations[:_LISTED]:
        click.echo(str(violation), err=as_json)
    more = len(verdict.violations) - _LISTED
    if more > 0:
        click.echo(f"... and {grouped(more)} more", err=as_json)
    found = "valid" if verdict.passed else counted(len(verdict.violations), "violation")
    click.echo(f"{plan}: {found}; {counted(verdict.checks, 'check')}.", err=as_json)
    return code


cli.add_command(report)
cli.add_command(explain)
cli.add_command(whatif)
cli.add_command(alternatives)
cli.add_command(compare)
cli.add_command(roll)
cli.add_command(export)
cli.add_command(scenarios)
cli.add_command(simulate)
cli.add_command(bench)
cli.add_command(serve)
cli.add_command(worker)
cli.add_command(token)


# ---------------------------------------------------------------- helpers
def _search(options: dict[str, Any], elastic: bool, uncertain: bool) -> tuple[Callable[..., Plan], dict[str, Any]]:
    """Return what searches for a plan, the library or the server of ``--server``, and its options."""
    server = click.get_current_context().find_root().obj
    if server is None:
        from optimizer.uncertainty.solve import solve

        return solve, with_workers(options, uncertain)
    here = [name for name in _HERE if options.get(name) is not None] + ["elastic"] * elastic
    if here:
        raise click.UsageError(f"--{here[0]} works here alone: leave it out with --server.")
    with service_needed():
        from optimizer.service.client import Client
    client = Client(server[0], project=server[1])
    click.get_current_context().call_on_close(client.close)
    return client.solve, {name: value for name, value in options.items() if name not in _HERE}


def _with_plans(options: dict[str, Any], elastic: bool) -> dict[str, Any]:
    """Return the options of a solve that are given, with the plans to start from and to stay near loaded."""
    if options["within"] is not None and options["near"] is None:
        raise click.UsageError("--within goes with --near.")
    if options["near"] is not None and elastic:
        raise click.UsageError("--near and --elastic exclude each other.")
    from optimizer.plan.plan import load_plan_of_one_future

    plans = {name: load_plan_of_one_future(options[name]) for name in ("start", "near") if options[name] is not None}
    rest = {name: value for name, value in options.items() if name not in ("start", "near", "within")}
    within = {} if options["within"] is None else {"within": options["within"]}
    return {**rest, **plans, **within}


def _read(name: str, strict: bool) -> Instance:
    """Read an instance; with ``strict``, its warnings are errors."""
    from optimizer.instance.examples import find_instance
    from optimizer.instance.read import read

    instance = read(find_instance(name))
    if strict and instance.warnings:
        raise InstanceError(instance.warnings, f"instance {name}, warnings counted")
    return instance


def _check_mark(name: str, target: Path) -> None:
    from optimizer.instance.examples import find_instance
    from optimizer.instance.mark import check_mark

    try:
        check_mark(find_instance(name), target)
    except CapoptError as error:
        raise error if isinstance(error, InstanceError) else click.UsageError(str(error)) from None


def _mark(name: str, target: Path | None, faults: Sequence[Fault], warn: bool, as_json: bool) -> None:
    """Write the marked copy of a workbook if requested."""
    if target:
        from optimizer.instance.examples import find_instance
        from optimizer.instance.mark import mark_workbook

        click.echo(mark_workbook(find_instance(name), faults, target, warn), err=as_json)


def _least_violating(
    data: Instance, place: Place, tables: str, error: NoFeasiblePlan, options: Any
) -> tuple[Plan, Placed]:
    """Plan of the cheapest repair, written where the plan was to go."""
    from dataclasses import replace

    from optimizer.analysis.diagnose import diagnose
    from optimizer.plan.folder import source_of, write_plan

    found = diagnose(data, **{name: value for name, value in options.items() if name not in _OF_SEARCH})
    click.echo(found.text(), err=True)
    if found.by_scenario or found.is_shared:
        click.echo("--elastic does not repair scenarios: change the tables, and solve again.", err=True)
    if found.plan is None:
        raise error
    plan = replace(found.plan, origin=source_of(data))
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


def main() -> None:
    """Run ``capopt`` with the arguments of the process, and end it with the exit code."""
    leave(cli, sys.argv[1:])


if __name__ == "__main__":
    main()

"""The command line: all commands, and here ``capopt new``, ``validate`` and ``audit``.

Heavy libraries are imported where they are used, so that help and messages come at once.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from optimizer import __version__
from optimizer.cli.alternatives import alternatives
from optimizer.cli.bench import bench
from optimizer.cli.compare import compare
from optimizer.cli.exit_codes import leave, print_json
from optimizer.cli.explain import explain
from optimizer.cli.export import export
from optimizer.cli.options import json_option, read_instance, refuse_warnings, strict_option
from optimizer.cli.remote import Server, connected, library, load_known
from optimizer.cli.report import report
from optimizer.cli.roll import roll
from optimizer.cli.scenarios import scenarios
from optimizer.cli.serve import serve
from optimizer.cli.simulate import simulate
from optimizer.cli.solve import solve
from optimizer.cli.token import token
from optimizer.cli.whatif import whatif
from optimizer.cli.worker import worker
from optimizer.errors import AuditFailed, CapoptError, Fault, InstanceError
from optimizer.format import counted, grouped

_EPILOG = """INSTANCE is a folder, an .xlsx workbook or the name of a shipped example (such as first-steps).

\b
Exit codes:  0 done; a plan within the target gap   3 a plan with a larger gap
             2 invalid input    4 audit failed      5 no feasible plan
           130 stopped before any plan was found    1 anything else"""

ON_SERVERS = (
    "solve",
    "validate",
    "audit",
    "explain",
    "whatif",
    "alternatives",
    "simulate",
    "compare",
    "report",
    "export",
    "roll",
)
_LISTED = 100  # violations listed at most
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@click.group(context_settings=_SETTINGS, epilog=_EPILOG)
@click.version_option(__version__, prog_name="capopt")
@click.option(
    "--server",
    metavar="URL",
    envvar="CAPOPT_SERVER",
    help="Work on this server of `capopt serve`; PLAN is then a job there, or a folder that was written from it. "
    "CAPOPT_TOKEN is the token, if it needs one.",
)
@click.option("--project", default="default", show_default=True, help="With --server: the project.")
@click.pass_context
def cli(context: click.Context, server: str | None, project: str) -> None:
    """Plan AI compute capacity: what to build, commit, lease and lease out, when, and what runs where."""
    given = context.get_parameter_source("server") is ParameterSource.COMMANDLINE
    if given and context.invoked_subcommand not in ON_SERVERS:
        raise click.UsageError(f"--server is for {', '.join(ON_SERVERS)}; {context.invoked_subcommand} works here.")
    context.obj = None if server is None else Server(server, project)


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
@json_option
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
@strict_option
@click.option(
    "--mark",
    metavar="OUT.xlsx",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a copy of the workbook in which cells with errors are red, with notes, and listed on a sheet.",
)
@json_option
def validate(instance: str, strict: bool, mark: Path | None, as_json: bool) -> int:
    """Report all errors of an instance, each with file, row, column and the nearest valid value."""
    if mark:
        _check_mark(instance, mark)
    try:
        found = _checked(instance, strict)
    except InstanceError as error:
        if as_json:
            print_json({"valid": False, **error.to_dict()})
        click.echo(str(error), err=as_json)
        _mark(instance, mark, error.faults, False, as_json)
        return error.exit_code
    notes = found["warnings"]
    if as_json:
        print_json({"valid": True, **found, "faults": [], "warnings": [note.to_dict() for note in notes]})
    for note in notes:
        click.echo(f"warning: {note}", err=as_json)
    tables = ", ".join(f"{name} {count}" for name, count in found["rows"].items())
    click.echo(f"{found['name']}: no errors, {counted(len(notes), 'warning')}.", err=as_json)
    period = f"{counted(found['months'], 'month')} from {found['start']}"
    click.echo(f"{period}, money in {found['currency']}. Rows: {tables}.", err=as_json)
    _mark(instance, mark, notes, True, as_json)
    return 0


def _checked(instance: str, strict: bool) -> Mapping[str, Any]:
    """Return what a valid instance is, with its warnings, as :meth:`optimizer.Client.validate` does."""
    client = connected()
    if client is not None:
        from optimizer.instance.examples import find_instance

        found = client.validate(find_instance(instance))
        refuse_warnings(instance, found["warnings"], strict)
        return found
    data = read_instance(instance, strict)
    names = ("name", "start", "months", "currency")
    counts = {name: len(rows) for name, rows in data.rows.items() if rows}
    known = {name: getattr(data.head, name) for name in names}
    return {**known, "hash": data.hash, "rows": counts, "warnings": data.warnings}


@cli.command(short_help="Check and price a plan again, from its tables alone.")
@click.argument("plan", type=click.Path(path_type=Path))
@click.option(
    "--decisions",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Check and price your own decisions instead (CSV: month, decision, item, blocks).",
)
@json_option
def audit(plan: Path, decisions: Path | None, as_json: bool) -> int:
    """Check and price a plan again, from its tables alone.

    With --decisions, check and price your own decisions: all others are optimised, and the result is
    compared with the plan.
    """
    if decisions is not None:
        from optimizer.cli.whatif import own_decisions

        return own_decisions(plan, decisions, as_json)
    verdict = library().audit(load_known(plan))
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
cli.add_command(solve)
cli.add_command(bench)
cli.add_command(serve)
cli.add_command(worker)
cli.add_command(token)


# ---------------------------------------------------------------- helpers
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


def main() -> None:
    """Run ``capopt`` with the arguments of the process, and end it with the exit code."""
    leave(cli, sys.argv[1:])


if __name__ == "__main__":
    main()

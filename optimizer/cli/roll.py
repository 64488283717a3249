"""The command ``capopt roll``: the instance some months later, from a plan."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path

import click

from optimizer.cli.exit_codes import print_json
from optimizer.cli.remote import load, prefix
from optimizer.format import counted


@click.command(short_help="Write the instance of some months later, from a plan.")
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--months", type=int, required=True, help="How many months later.")
@click.option(
    "--node",
    metavar="NODE",
    help="Of a plan under uncertainty the node that came, by its name in the plan's table nodes; needless where "
    "nothing is known yet.",
)
@click.option(
    "-o",
    "--output",
    "target",
    metavar="INSTANCE",
    required=True,
    type=click.Path(path_type=Path),
    help="New folder, or a workbook if the name ends in .xlsx.",
)
@click.option(
    "--decided",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="What was really decided in these months, instead of the plan's decisions: a CSV file with the columns of the "
    "table decided, or a workbook with a sheet of that name.",
)
@click.option(
    "--extend",
    type=int,
    default=0,
    show_default=True,
    metavar="N",
    help="Add so many months at the end, in which step series keep their last value.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def roll(
    plan: Path, months: int, node: str | None, target: Path, decided: Path | None, extend: int, as_json: bool
) -> int:
    """Write the instance some months later: what the plan decided until then is in its table decided.

    Budgets, spend commitments and own rules over a window have what is left of them, agreed terms that have begun keep
    their price, and what has lapsed is dropped and listed. Solved again, it costs what the plan has left.

    Of a plan under uncertainty, scenarios outside the node are dropped and probabilities are conditional on it; with
    the expected cost as the objective, it costs what is left of the plan on average in the node.
    """
    from optimizer.instance.template import refuse_existing
    from optimizer.plan.by_scenario import is_uncertain
    from optimizer.uncertainty.roll import roll as roll_plan

    refuse_existing(target)
    found = roll_plan(load(plan), months, node=node, decided=decided, extend=extend)
    found.instance.save(target)
    head = found.instance.head
    if as_json:
        known = {"name": head.name, "start": head.start, "months": head.months, "hash": found.instance.hash}
        changes = [asdict(change) for change in found.changes]
        print_json({"instance": str(target), "plan": str(plan), **known, "changes": changes})
    for change in found.changes:
        click.echo(str(change), err=as_json)
    click.echo(f"Wrote {target}: {counted(head.months, 'month')} from {head.start}.", err=as_json)
    start = "" if is_uncertain(found.plan) else f" --start {shlex.quote(str(plan))}"
    click.echo(f"Next: {prefix()} solve {shlex.quote(str(target))}{start}", err=as_json)
    return 0

"""The command ``capopt export``: a plan in the formats of other tools."""

from __future__ import annotations

from pathlib import Path

import click

from optimizer.cli.exit_codes import print_json
from optimizer.cli.remote import load


@click.command(short_help="Write contracts and costs of a plan for cost tools.")
@click.argument("plan", type=click.Path(path_type=Path))
@click.option(
    "--focus",
    metavar="DIR",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for the FOCUS datasets Contract Commitment, and Cost and Usage, as CSV.",
)
@click.option("--scenario", metavar="NAME", help="Of a plan under uncertainty: the scenario that is exported.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def export(plan: Path, focus: Path, scenario: str | None, as_json: bool) -> int:
    """Export the contracts and the monthly costs of a plan as FOCUS datasets (--focus) for cost tools."""
    from optimizer.plan.by_scenario import refuse_uncertain, scenario_plan
    from optimizer.report.focus import write_focus

    loaded = load(plan)
    if scenario is not None:
        loaded = scenario_plan(loaded, scenario)
    refuse_uncertain(loaded, "a FOCUS export without --scenario NAME")
    files = write_focus(loaded, focus)
    if as_json:
        print_json({"plan": str(plan), "files": [str(file) for file in files]})
    for file in files:
        click.echo(f"Wrote {file}.", err=as_json)
    return 0

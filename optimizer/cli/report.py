"""The command ``capopt report``: a plan as a page and as a workbook."""

from __future__ import annotations

from pathlib import Path

import click

from optimizer.cli.exit_codes import print_json
from optimizer.cli.remote import load

_file = click.Path(path_type=Path, dir_okay=False)


@click.command(short_help="Write a plan as a page and as a workbook.")
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--html", metavar="FILE", type=_file, help="One page that opens offline in any browser.")
@click.option("--xlsx", metavar="FILE", type=_file, help="A workbook: a summary with charts, a sheet for each table.")
@click.option("--scenario", metavar="NAME", help="Of a plan under uncertainty: report on this scenario alone.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def report(plan: Path, html: Path | None, xlsx: Path | None, scenario: str | None, as_json: bool) -> int:
    """Write a report of a plan as a page (--html) and as a workbook (--xlsx).

    Of a plan under uncertainty it says what to do now, what it costs not to know, and what is decided in each case; it
    shows a few scenarios in detail, and with --scenario any other one as a plan of its own.
    """
    if html is None and xlsx is None:
        raise click.UsageError("Give at least one of --html FILE and --xlsx FILE.")
    from optimizer.report.write_report import write_report

    loaded = load(plan)
    targets = {"html": html, "xlsx": xlsx}
    written = {
        kind: str(write_report(loaded, path, kind, scenario)) for kind, path in targets.items() if path is not None
    }
    if as_json:
        print_json({"plan": str(plan), **written})
    for path in written.values():
        click.echo(f"Wrote {path}.", err=as_json)
    return 0

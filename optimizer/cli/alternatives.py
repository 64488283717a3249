"""The command ``capopt alternatives``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from optimizer.cli.exit_codes import print_json
from optimizer.cli.options import (
    Share,
    budget_of,
    budget_option,
    full_option,
    json_option,
    limit_option,
    replace_option,
    show,
    threads_option,
    width,
)
from optimizer.cli.remote import library, load_known
from optimizer.cli.whatif import write_derived

_PLAN = click.Path(path_type=Path)


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
@replace_option
@budget_option("Seconds in all; this month's decisions come first. [default: 60]")
@full_option
@limit_option
@threads_option
@json_option
def alternatives(
    plan: Path,
    within: float,
    count: int,
    output: Path | None,
    replace: bool,
    threads: int | None,
    as_json: bool,
    **limits: Any,
) -> int:
    """Show which decisions all near-optimal plans share, and where they differ.

    For each party and kind of decision, the minimum and maximum over near-optimal plans; the decisions of the first
    month that all of them make (no regret); and plans that differ from each other as much as they can, within a fifth.

    When the budget ends, or on Ctrl-C or SIGTERM, ranges are printed as far as they are proven (exit 3).
    """
    from optimizer.plan.by_scenario import refuse_uncertain
    from optimizer.plan.folder import prepare
    from optimizer.report.progress import narrate

    loaded = load_known(plan)
    refuse_uncertain(loaded, "this")
    search: dict[str, Any] = {"budget": budget_of(limits["budget"], limits["full"]), "threads": threads}
    search |= {} if limits["time_limit"] is None else {"time_limit": limits["time_limit"]}
    names = [] if output is None else [output / f"{number}" for number in range(1, count + 1)]
    places = [prepare(name, loaded.instance, "csv", replace, loaded.origin) for name in names]
    with narrate(loaded.instance.head.currency) as (say, _):
        found = library().find_alternatives(loaded, within, count, on_step=say, **search)
    code = 3 if found.unfinished or found.stopped else 0
    for other, place in zip(found.plans, places, strict=False):
        write_derived(other, loaded, place)
    if as_json:
        print_json({"plan": str(plan), "exit_code": code, **found.to_dict()})
    from optimizer.report.whatif_tables import alternatives_text

    show(alternatives_text(found, loaded, width(as_json)), as_json)
    if code:
        number = "1 search was" if found.unfinished == 1 else f"{found.unfinished} searches were"
        click.echo(
            f"{number} cut short or left out: ranges may be wider than they need be. Give more --budget.", err=True
        )
    return code

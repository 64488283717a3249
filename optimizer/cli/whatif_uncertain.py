"""``capopt whatif`` on a plan under uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from optimizer.cli.exit_codes import print_json
from optimizer.cli.options import show, width

if TYPE_CHECKING:
    from optimizer.analysis.budget import Budget
    from optimizer.instance.edit import Edit
    from optimizer.plan.folder import Place
    from optimizer.plan.plan import Plan

_SEARCH = 60.0  # seconds


def refuse_fixings(fixings: dict[str, Any]) -> None:
    """Refuse fixed decisions, which plans under uncertainty do not have; say what to do instead."""
    given = [f"--{name}" for name, texts in fixings.items() if texts]
    if given:
        raise click.UsageError(
            f"{' and '.join(given)}: plans under uncertainty have no fixed decisions in this version. Edit the offer "
            "instead, such as --set contracts.NAME.max_blocks=0, or --set contracts.NAME.latest=2027-03."
        )


def whatif_uncertain(
    base: Plan,
    edits: Sequence[Edit],
    place: Place | None,
    options: dict[str, Any],
    seconds: float | None,
    as_json: bool,
) -> int:
    """Plan all scenarios again with edits of the base data, and show what differs."""
    from optimizer.cli.whatif import write_derived
    from optimizer.report.progress import follow
    from optimizer.report.uncertain_comparison import compare_uncertain, render_uncertain_comparison
    from optimizer.uncertainty.whatif import what_if

    limit = _SEARCH if seconds is None else seconds
    with follow(base.instance.head.currency) as show_progress:
        other = what_if(base.instance, edits, show_progress, time_limit=limit, **options)
    output: Path | None = None if place is None else write_derived(other, base, place)
    found, code = compare_uncertain(base, other), 0 if other.status == "optimal" else 3
    if as_json:
        print_json({"exit_code": code, "written": str(output or ""), **found})
    show(render_uncertain_comparison(found, base.instance.head.currency, ("plan", "what if"), width(as_json)), as_json)
    if output is not None:
        click.echo(f"Plan written to {output}", err=as_json)
    return code


def sweep_uncertain(
    base: Plan,
    edits: Sequence[Edit],
    swept: tuple[str, Sequence[float]],
    options: dict[str, Any],
    limits: Budget,
    as_json: bool,
) -> int:
    """Plan all scenarios again for each value of a cell."""
    from optimizer.plan.tables import plain_rows
    from optimizer.report.whatif_tables import sweep_table
    from optimizer.uncertainty.whatif import sweep

    cell, values = swept
    table = sweep(base.instance, cell, values, edits, (limits.seconds, limits.limit), **options)
    if table.empty:
        raise KeyboardInterrupt
    wide = (table["gap"].astype(float) > options["gap"] + 1e-9).any()
    code = 3 if wide or len(table) < len(values) or (table["note"] != "").any() else 0
    if as_json:
        print_json({"plan": base.instance.head.name, "exit_code": code, "sweep": cell, "rows": plain_rows(table)})
    show(sweep_table(table, cell, base, width(as_json)), as_json)
    return code

"""``capopt whatif`` on a plan under uncertainty."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from optimizer.cli.exit_codes import print_json
from optimizer.cli.options import show, width

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan


def refuse_fixings(fixings: dict[str, Any]) -> None:
    """Refuse fixed decisions, which plans under uncertainty do not have; say what to do instead."""
    given = [f"--{name}" for name, texts in fixings.items() if texts]
    if given:
        raise click.UsageError(
            f"{' and '.join(given)}: plans under uncertainty have no fixed decisions in this version. Edit the offer "
            "instead, such as --set contracts.NAME.max_blocks=0, or --set contracts.NAME.latest=2027-03."
        )


def show_uncertain(base: Plan, other: Plan, output: Path | None, as_json: bool) -> int:
    """Print what differs between a plan under uncertainty and its what-if; return the exit code."""
    from optimizer.cli.whatif import print_target
    from optimizer.report.uncertain_comparison import compare_uncertain, render_uncertain_comparison

    found, code = compare_uncertain(base, other), 0 if other.status == "optimal" else 3
    if as_json:
        print_json({"exit_code": code, "written": str(output or ""), **found})
    show(render_uncertain_comparison(found, base.instance.head.currency, ("plan", "what if"), width(as_json)), as_json)
    return print_target(output, code, as_json)

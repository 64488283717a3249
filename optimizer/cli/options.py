"""Options that commands share."""

from __future__ import annotations

import math
from typing import Any

import click

solver_option = click.option(
    "--solver",
    type=click.Choice(["highs", "scip"]),
    default="highs",
    show_default=True,
    help="HiGHS, or SCIP with one thread (needs capopt[scip]).",
)


class Finite(click.FloatRange):
    """A number within bounds; not-a-number and infinities are refused."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Refuse not-a-number, infinities and values out of bounds."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{number} is not a finite number.", param, ctx)
        return number

"""Options that commands share."""

from __future__ import annotations

import math
from typing import Any

import click

_MOST_SHARE = 10.0

solver_option = click.option(
    "--solver",
    type=click.Choice(["highs", "scip"]),
    default="highs",
    show_default=True,
    help="HiGHS, or SCIP with one thread (needs capopt[scip]).",
)


class Share(click.ParamType[float]):
    """A share such as ``0.5%`` or ``0.005``, within bounds."""

    name = "share"

    def __init__(self, above: float = -1.0) -> None:
        self.above = above

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read a share, as a number or in percent."""
        text = str(value).strip()
        try:
            share = float(text[:-1]) / 100 if text.endswith("%") else float(text)
        except ValueError:
            share = math.nan
        if not (self.above < share < _MOST_SHARE and share >= 0):
            self.fail(f"{value!r}: expected a share such as 1% or 0.01", param, ctx)
        return share


class Finite(click.FloatRange):
    """A number within bounds; not-a-number and infinities are refused."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Refuse not-a-number, infinities and values out of bounds."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{number} is not a finite number.", param, ctx)
        return number

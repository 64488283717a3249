"""Everything there is to explain about a plan, as tables beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.explain.deadlines import deadlines_table
from optimizer.explain.offers import offers, offers_table
from optimizer.explain.steps import steps_table, usual_steps
from optimizer.explain.values import values_table
from optimizer.plan.plan import Plan
from optimizer.solver.solution import Options
from optimizer.whatif import WhatIf

TABLES = ("values", "steps", "offers", "deadlines")
_NOTHING = pd.DataFrame()
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Explanation:
    """Why a plan is as it is.

    Attributes
    ----------
    values : DataFrame
        Marginal values, by month; see :func:`optimizer.explain.values.values_table`.
    steps : DataFrame
        True savings by steps; see :func:`optimizer.explain.steps.steps_table`.
    offers : DataFrame
        Verdicts and prices-to-win; see :func:`optimizer.explain.offers.offers_table`.
    deadlines : DataFrame
        Last months to decide in; see :func:`optimizer.explain.deadlines.deadlines_table`.
    """

    values: pd.DataFrame
    deadlines: pd.DataFrame
    steps: pd.DataFrame = field(default_factory=lambda: _NOTHING)
    offers: pd.DataFrame = field(default_factory=lambda: _NOTHING)

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {name: _plain(getattr(self, name)) for name in TABLES}

    def save(self, folder: str | Path) -> list[Path]:
        """Write the tables that are not empty into a folder, as CSV; returns their paths."""
        written = []
        for name in TABLES:
            table = getattr(self, name)
            if len(table.columns):
                path = Path(folder) / f"{name}.csv"
                table.to_csv(path, index=False, float_format="%.12g", lineterminator="\n")
                written.append(path)
        return written


def explain(
    plan: Plan,
    *,
    quick: bool = False,
    items: Sequence[str] = (),
    gap: float | None = None,
    time_limit: float = 20.0,
    threads: int | None = None,
    tell: Tell | None = None,
) -> Explanation:
    """Explain a plan.

    Parameters
    ----------
    plan : Plan
        What to explain.
    quick : bool
        Only what needs no further search for whole-number plans: marginal values and deadlines without the cost of
        delay.
    items : sequence of str
        Offers to look into; all of them if empty.
    gap : float, optional
        Relative gap of each search; that of the plan's own search by default.
    time_limit : float
        Seconds for each search.
    threads : int, optional
        Threads of the solver.
    tell : callable, optional
        Called with a line on what is under way.

    Returns
    -------
    Explanation
        Tables on worth, offers and deadlines.
    """
    say: Tell = tell or (lambda _: None)
    asked = float(plan.head.get("options", {}).get("gap", 1e-3)) if gap is None else gap
    options = Options(gap=asked, time_limit=time_limit, threads=threads)
    say("marginal values")
    values = values_table(plan, options)
    if quick:
        return Explanation(values, deadlines_table(plan))
    ask = WhatIf(plan, gap=asked, time_limit=time_limit, threads=threads)
    say("steps")
    steps = steps_table(ask, plan, usual_steps(plan))
    chosen = [offer.item for offer in offers(plan) if not items or offer.item in items]
    tables = []
    for number, item in enumerate(chosen, start=1):
        say(f"offer {item} ({number} of {len(chosen)})")
        tables.append(offers_table(ask, plan, [item]))
    say("deadlines")
    deadlines = deadlines_table(plan, ask, months=3)
    whole = pd.concat([table for table in tables if len(table)], ignore_index=True) if chosen else _NOTHING
    return Explanation(values, deadlines, steps, whole)


def _plain(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values; missing ones are None."""
    return [
        {str(key): None if isinstance(value, float) and value != value else value for key, value in row.items()}
        for row in table.to_dict("records")
    ]

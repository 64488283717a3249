"""Everything there is to explain about a plan, as tables beside it."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from optimizer.explain.asking import Asking
from optimizer.explain.deadlines import deadlines_table
from optimizer.explain.events import Answer, Event, answers, events_table, usual_events
from optimizer.explain.exits import ITEMS, Leaving, exits_table, leavings
from optimizer.explain.first import first_table
from optimizer.explain.offers import COLUMNS, offers, offers_table
from optimizer.explain.steps import steps_table, usual_steps
from optimizer.explain.values import values_table
from optimizer.instance.edit import Edit
from optimizer.plan.plan import EXPLAINED, Plan
from optimizer.solver.solution import Options

_NOTHING = pd.DataFrame()
_SOON = 3  # months: what is due in them is asked what a delay costs
Tell = Callable[[str], None]
Named = TypeVar("Named", str, Edit, Event, Leaving)


@dataclass(frozen=True, repr=False)
class Explanation:
    """Why a plan is as it is.

    Attributes
    ----------
    plan : Plan
        What is explained.
    values : DataFrame
        Marginal values, by month; see :func:`optimizer.explain.values.values_table`.
    steps : DataFrame
        True savings by steps; see :func:`optimizer.explain.steps.steps_table`.
    offers : DataFrame
        Verdicts and prices-to-win; see :func:`optimizer.explain.offers.offers_table`.
    deadlines : DataFrame
        Last months to decide in; see :func:`optimizer.explain.deadlines.deadlines_table`.
    exits : DataFrame
        What handing back earlier or later costs; see :func:`optimizer.explain.exits.exits_table`.
    events : DataFrame
        What it costs if something happens; see :func:`optimizer.explain.events.events_table`.
    first : DataFrame
        What to decide in the first month whatever happens; see :func:`optimizer.explain.first.first_table`.

    Tables that were not asked for have no columns.
    """

    plan: Plan
    values: pd.DataFrame = field(default_factory=lambda: _NOTHING)
    steps: pd.DataFrame = field(default_factory=lambda: _NOTHING)
    offers: pd.DataFrame = field(default_factory=lambda: _NOTHING)
    deadlines: pd.DataFrame = field(default_factory=lambda: _NOTHING)
    exits: pd.DataFrame = field(default_factory=lambda: _NOTHING)
    events: pd.DataFrame = field(default_factory=lambda: _NOTHING)
    first: pd.DataFrame = field(default_factory=lambda: _NOTHING)

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables that were worked out, by name."""
        return {name: getattr(self, name) for name in EXPLAINED if len(getattr(self, name).columns)}

    def __repr__(self) -> str:
        """One line: whose plan, and how many rows each table has."""
        told = ", ".join(f"{name} {len(table):,}" for name, table in self.tables.items())
        return f"<Explanation of {self.plan.instance.head.name}: {told or 'nothing'}>"

    def text(self, width: int = 100) -> str:
        """For people: the tables as ``capopt explain`` prints them."""
        from rich.console import Console

        from optimizer.report.explained import render

        console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
        with console.capture() as captured:
            console.print(render(self, width))
        return captured.get()

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {name: plain_rows(getattr(self, name)) for name in EXPLAINED}

    def save(self, folder: str | Path) -> list[Path]:
        """Write the tables into the plan's folder, as CSV; returns their paths.

        Where only some offers were looked into, those looked into before stay in the file.
        """
        written = []
        for name, table in self.tables.items():
            whole = self._with_earlier() if name == "offers" else table
            path = Path(folder) / f"{name}.csv"
            whole.to_csv(path, index=False, float_format="%.12g", lineterminator="\n")
            written.append(path)
        return written

    def _with_earlier(self) -> pd.DataFrame:
        """Offers, with those that an earlier explanation looked into."""
        earlier = self.plan.explained.get("offers", _NOTHING).to_dict("records")
        found = {row["item"]: row for row in [*earlier, *self.offers.to_dict("records")]}
        order = [offer.item for offer in offers(self.plan)]
        return pd.DataFrame([found[item] for item in order if item in found], columns=list(COLUMNS))


def explain(
    plan: Plan,
    *,
    quick: bool = False,
    items: Sequence[str] = (),
    gap: float | None = None,
    time_limit: float = 10.0,
    threads: int | None = None,
    tell: Tell | None = None,
) -> Explanation:
    """Explain a plan.

    Parameters
    ----------
    plan : Plan
        What to explain.
    quick : bool
        Only what needs no further search for whole-number plans: marginal values, and deadlines without the cost of
        delay.
    items : sequence of str
        Look into these offers, and nothing else.
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
        Tables on worth, steps, offers, deadlines, exits, events and the first month.
    """
    say: Tell = tell or (lambda _: None)
    asked = float(plan.head.get("options", {}).get("gap", 1e-3)) if gap is None else gap
    work = _Work(plan, Options(gap=asked, time_limit=time_limit, threads=threads), say)
    if items:
        return Explanation(plan, offers=work.offers(items))
    if quick:
        earlier = plan.explained.get("deadlines")  # perhaps with the cost of delay
        return Explanation(plan, work.values(), deadlines=deadlines_table(plan) if earlier is None else earlier)
    return work.everything()


class _Work:
    """The searches for an explanation."""

    def __init__(self, plan: Plan, options: Options, say: Tell) -> None:
        self.plan, self.options, self.say = plan, options, say

    @cached_property
    def ask(self) -> Asking:
        options = self.options
        return Asking(self.plan, gap=options.gap, time_limit=options.time_limit, threads=options.threads)

    def everything(self) -> Explanation:
        """All tables, those that take longest last."""
        found = [work() for work in (self.values, self.deadlines, self.exits)]
        happened = self.answers()
        events, first = events_table(self.plan, happened), first_table(self.plan, happened)
        return Explanation(
            self.plan,
            values=found[0],
            deadlines=found[1],
            exits=found[2],
            events=events,
            first=first,
            steps=self.steps(),
            offers=self.offers(),
        )

    def values(self) -> pd.DataFrame:
        self.say("marginal values")
        return values_table(self.plan, self.options)

    def steps(self) -> pd.DataFrame:
        return steps_table(self.ask, self.plan, self._each("step", usual_steps(self.plan)))

    def offers(self, items: Sequence[str] = ()) -> pd.DataFrame:
        names = [offer.item for offer in offers(self.plan) if not items or offer.item in items]
        return offers_table(self.ask, self.plan, self._each("offer", names))

    def deadlines(self) -> pd.DataFrame:
        self.say(f"what a month's delay costs of the decisions due in the first {_SOON} months")
        return deadlines_table(self.plan, self.ask, _SOON)

    def exits(self) -> pd.DataFrame:
        return exits_table(self.ask, self.plan, self._each("leaving", leavings(self.plan)[:ITEMS]))

    def answers(self) -> list[Answer]:
        return list(answers(self.ask, self._each("event", usual_events(self.plan))))

    def _each(self, what: str, names: Sequence[Named]) -> Iterator[Named]:
        """Things, each told when its turn comes."""
        for number, name in enumerate(names, start=1):
            self.say(f"{what} {number} of {len(names)}: {name}")
            yield name


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows for JSON: what is missing or has no limit is None."""
    return [{str(key): _plain(value) for key, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value

"""Everything there is to explain about a plan, as tables beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from optimizer.analysis.caps import caps_table, requirements
from optimizer.analysis.deadlines import deadlines_table
from optimizer.analysis.decide_now import first_table
from optimizer.analysis.events import Answer, Event, answers, events_table, usual_events
from optimizer.analysis.interruptible_queries import Asking
from optimizer.analysis.offers import offers, offers_table
from optimizer.analysis.policy_trial import Requirement
from optimizer.analysis.steps import steps_table, usual_steps
from optimizer.analysis.termination_timing import ITEMS, Leaving, exits_table, leavings
from optimizer.analysis.values import values_table
from optimizer.instance.edit import Edit
from optimizer.plan.folder import write_explained
from optimizer.plan.plan import EXPLAINED, Plan
from optimizer.solver.solution import Options
from optimizer.solving import clock

_NOTHING = pd.DataFrame()
# What names the rows of tables that can be worked out in part
_NAMES = {"offers": "item", "steps": "step", "exits": "item", "events": "event", "caps": "requirement"}
_SOON = 3  # months: what is due in them is asked what a delay costs
Tell = Callable[[str], None]
Named = TypeVar("Named", str, Edit, Event, Leaving, Requirement)


@dataclass(frozen=True, repr=False)
class Explanation:
    """Why a plan is as it is.

    Attributes
    ----------
    plan : Plan
        What is explained.
    values : DataFrame
        Marginal values, by month; see :func:`optimizer.analysis.values.values_table`.
    steps : DataFrame
        True savings by steps; see :func:`optimizer.analysis.steps.steps_table`.
    offers : DataFrame
        Verdicts and prices-to-win; see :func:`optimizer.analysis.offers.offers_table`.
    deadlines : DataFrame
        Last months to decide in; see :func:`optimizer.analysis.deadlines.deadlines_table`.
    exits : DataFrame
        What handing back earlier or later costs; see :func:`optimizer.analysis.termination_timing.exits_table`.
    events : DataFrame
        What it costs if something happens; see :func:`optimizer.analysis.events.events_table`.
    first : DataFrame
        What to decide in the first month whatever happens; see :func:`optimizer.analysis.decide_now.first_table`.
    caps : DataFrame
        What less exposure costs; see :func:`optimizer.analysis.caps.caps_table`.

    stopped : str
        At what Ctrl-C ended it, ``""`` if it did not; the tables hold what was worked out until then.

    Tables that were not asked for, or not come to, have no columns.
    """

    plan: Plan
    values: pd.DataFrame = field(default_factory=lambda: _NOTHING)
    steps: pd.DataFrame = field(default_factory=lambda: _NOTHING)
    offers: pd.DataFrame = field(default_factory=lambda: _NOTHING)
    deadlines: pd.DataFrame = field(default_factory=lambda: _NOTHING)
    exits: pd.DataFrame = field(default_factory=lambda: _NOTHING)
    events: pd.DataFrame = field(default_factory=lambda: _NOTHING)
    first: pd.DataFrame = field(default_factory=lambda: _NOTHING)
    caps: pd.DataFrame = field(default_factory=lambda: _NOTHING)
    stopped: str = ""

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables that were worked out, by name."""
        return {name: getattr(self, name) for name in EXPLAINED if len(getattr(self, name).columns)}

    def __repr__(self) -> str:
        """One line: whose plan, and how many rows each table has."""
        told = ", ".join(f"{name} {len(table):,}" for name, table in self.tables.items())
        return f"<Explanation of {self.plan.instance.head.name}: {told or 'nothing'}>"

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {name: plain_rows(getattr(self, name)) for name in EXPLAINED}

    def save(self, folder: str | Path) -> list[Path]:
        """Write the tables into the plan's folder, as CSV, all at once; returns their paths.

        Where only some offers, steps, exits, events or caps were come to, what was worked out of others before stays.

        Raises
        ------
        PlanNotSaved
            If the folder cannot be written, or holds another plan by now; it says where the plan is kept with them.
        """
        found = {
            name: self._with_earlier(name, _NAMES[name]) if name in _NAMES else table
            for name, table in self.tables.items()
        }
        write_explained(self.plan, Path(folder), found)
        return [Path(folder) / f"{name}.csv" for name in found]

    def _with_earlier(self, name: str, key: str) -> pd.DataFrame:
        """A table, with rows that an earlier explanation worked out and this one did not."""
        now = getattr(self, name).to_dict("records")
        done = {str(row[key]) for row in now}
        earlier = self.plan.explained.get(name, _NOTHING).to_dict("records")
        rows = [*now, *(row for row in earlier if str(row[key]) not in done)]
        if name == "offers":
            order = {offer.item: place for place, offer in enumerate(offers(self.plan))}
            rows = sorted((row for row in rows if row[key] in order), key=lambda row: order[row[key]])
        return pd.DataFrame(rows, columns=list(getattr(self, name).columns))


def explain(
    plan: Plan,
    *,
    quick: bool = False,
    items: Sequence[str] = (),
    gap: float | None = None,
    time_limit: float = 10.0,
    threads: int | None = None,
    tell: Tell | None = None,
    progress: clock.Tell | None = None,
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
    progress : callable, optional
        Called with how each search goes on, as for :func:`optimizer.solve`.

    Returns
    -------
    Explanation
        Tables on worth, steps, offers, deadlines, exits, events, the first month and caps.
    """
    say: Tell = tell or (lambda _: None)
    asked = float(plan.head.get("options", {}).get("gap", 1e-3)) if gap is None else gap
    work = _Work(plan, Options(gap=asked, time_limit=time_limit, threads=threads), say, progress)
    if items:
        return work.done(offers=work.offers(items))
    if quick:
        earlier = plan.explained.get("deadlines")  # perhaps with the cost of delay
        return work.done(values=work.values(), deadlines=deadlines_table(plan) if earlier is None else earlier)
    return work.everything()


class _Work:
    """The searches for an explanation, until Ctrl-C."""

    def __init__(self, plan: Plan, options: Options, say: Tell, progress: clock.Tell | None) -> None:
        self.plan, self.options, self.say, self.progress = plan, options, say, progress
        self.at = self.stopped = ""

    @cached_property
    def ask(self) -> Asking:
        options = self.options
        found = Asking(self.plan, gap=options.gap, time_limit=options.time_limit, threads=options.threads)
        found.tell = self.progress
        return found

    def done(self, **tables: pd.DataFrame) -> Explanation:
        """What was worked out."""
        return Explanation(self.plan, **tables, stopped=self.stopped)

    def stop(self) -> None:
        """Take Ctrl-C: what is at hand is left, and nothing more begun."""
        self.stopped = self.at

    def everything(self) -> Explanation:
        """All tables, those that take longest last."""
        tables = {"values": self.values(), "deadlines": self.deadlines(), "exits": self.exits()}
        tables |= self.events(tables["deadlines"])
        return self.done(**tables, caps=self.caps(), steps=self.steps(), offers=self.offers())

    def values(self) -> pd.DataFrame:
        return self._whole("marginal values", lambda: values_table(self.plan, self.options))

    def steps(self) -> pd.DataFrame:
        each = self._each("step", usual_steps(self.plan))
        return self._part(lambda: steps_table(self.ask, self.plan, each, self.stop))

    def offers(self, items: Sequence[str] = ()) -> pd.DataFrame:
        names = [offer.item for offer in offers(self.plan) if not items or offer.item in items]
        each = self._each("offer", names)
        return self._part(lambda: offers_table(self.ask, self.plan, each, self.stop))

    def deadlines(self) -> pd.DataFrame:
        what = f"what a month's delay costs of the decisions due in the first {_SOON} months"
        return self._whole(what, lambda: deadlines_table(self.plan, self.ask, _SOON))

    def exits(self) -> pd.DataFrame:
        each = self._each("leaving", leavings(self.plan)[:ITEMS])
        return self._part(lambda: exits_table(self.ask, self.plan, each, self.stop))

    def events(self, deadlines: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """Tables on events; that on the first month only if all events were come to, since it speaks of all of them."""
        found: list[Answer] = []

        def table() -> pd.DataFrame:
            found.extend(answers(self.ask, self._each("event", usual_events(self.plan)), self.stop))
            return events_table(self.plan, found)

        events = self._part(table)
        return {"events": events, "first": _NOTHING if self.stopped else first_table(self.plan, found, deadlines)}

    def caps(self) -> pd.DataFrame:
        if self.stopped:
            return _NOTHING
        each = self._each("requirement", requirements(self.plan))
        return self._part(lambda: caps_table(self.plan, each, self.options, self.stop, self.progress))

    def _whole(self, what: str, work: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """A table that is worked out as a whole or not at all."""
        if self.stopped:
            return _NOTHING
        self._begin(what)
        try:
            return work()
        except KeyboardInterrupt:
            self.stop()
            return _NOTHING

    def _part(self, work: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """A table of which some rows can be worked out alone."""
        table = _NOTHING if self.stopped else work()
        return _NOTHING if self.stopped and table.empty else table

    def _each(self, what: str, names: Sequence[Named]) -> Iterator[Named]:
        """Things, each told when its turn comes."""
        for number, name in enumerate(names, start=1):
            self._begin(f"{what} {number} of {len(names)}: {name}")
            yield name

    def _begin(self, what: str) -> None:
        self.at = what
        self.say(what)


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows for JSON: what is missing or has no limit is None."""
    return [{str(key): _plain(value) for key, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value

"""The explanation of a plan: all of its tables, computed until they are complete or Ctrl-C is pressed."""

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
from optimizer.analysis.interruptible_queries import InterruptibleWhatIf
from optimizer.analysis.marginal_values import values_table
from optimizer.analysis.offers import offers, offers_table
from optimizer.analysis.policy_trial import Requirement
from optimizer.analysis.steps import steps_table, usual_steps
from optimizer.analysis.termination_timing import ITEMS, Termination, exits_table, terminations
from optimizer.instance.edit import Edit
from optimizer.plan.folder import write_explained
from optimizer.plan.plan import EXPLAINED, Plan
from optimizer.solver.solution import Options
from optimizer.solving import clock

_NOTHING = pd.DataFrame()
# Key column of the tables that can be computed in part
_NAMES = {"offers": "item", "steps": "step", "exits": "item", "events": "event", "caps": "requirement"}
_SOON = 3  # months: the cost of delay is computed for decisions that are due in them
OnStep = Callable[[str], None]
Named = TypeVar("Named", str, Edit, Event, Termination, Requirement)


@dataclass(frozen=True, repr=False)
class Explanation:
    """Tables that explain a plan.

    Attributes
    ----------
    plan : Plan
        The plan that is explained.
    values : DataFrame
        Marginal values, by month; see :func:`optimizer.analysis.marginal_values.values_table`.
    steps : DataFrame
        Savings by steps, solved again; see :func:`optimizer.analysis.steps.steps_table`.
    offers : DataFrame
        Verdicts and break-even prices; see :func:`optimizer.analysis.offers.offers_table`.
    deadlines : DataFrame
        Last months to decide in; see :func:`optimizer.analysis.deadlines.deadlines_table`.
    exits : DataFrame
        Cost of handing back earlier or later; see :func:`optimizer.analysis.termination_timing.exits_table`.
    events : DataFrame
        Cost of events; see :func:`optimizer.analysis.events.events_table`.
    first : DataFrame
        Decisions of the first month under every event; see :func:`optimizer.analysis.decide_now.first_table`.
    caps : DataFrame
        Cost of less exposure; see :func:`optimizer.analysis.caps.caps_table`.
    stopped : str
        Step at which Ctrl-C ended the work, ``""`` if it did not; the tables have the rows computed until then.

    Tables that were not requested or not reached have no columns.
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
        """Tables that were computed, by name."""
        return {name: getattr(self, name) for name in EXPLAINED if len(getattr(self, name).columns)}

    def __repr__(self) -> str:
        """Return one line: the instance, and the number of rows of each table."""
        counts = ", ".join(f"{name} {len(table):,}" for name, table in self.tables.items())
        return f"<Explanation of {self.plan.instance.head.name}: {counts or 'nothing'}>"

    def to_dict(self) -> dict[str, Any]:
        """Return the tables as lists of rows, for JSON."""
        return {name: plain_rows(getattr(self, name)) for name in EXPLAINED}

    def save(self, folder: str | Path) -> list[Path]:
        """Write the tables into the plan folder as CSV, all at once, and return their paths.

        Rows of an earlier explanation are kept for offers, steps, exits, events and caps that this one did not reach.

        Raises
        ------
        PlanNotSaved
            If the folder cannot be written, or contains another plan by now; the message names where the plan is kept.
        """
        found = {
            name: self._with_earlier(name, _NAMES[name]) if name in _NAMES else table
            for name, table in self.tables.items()
        }
        write_explained(self.plan, Path(folder), found)
        return [Path(folder) / f"{name}.csv" for name in found]

    def _with_earlier(self, name: str, key: str) -> pd.DataFrame:
        """Return a table with the rows of an earlier explanation that this one did not compute."""
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
    on_step: OnStep | None = None,
    progress: clock.OnProgress | None = None,
) -> Explanation:
    """Explain a plan.

    Parameters
    ----------
    plan : Plan
        The plan to explain.
    quick : bool
        Compute only what needs no further integer search: marginal values, and deadlines without the cost of delay.
    items : sequence of str
        Analyse only these offers.
    gap : float, optional
        Relative gap of each search; the gap of the plan's own search by default.
    time_limit : float
        Seconds for each search.
    threads : int, optional
        Threads of the solver.
    on_step : callable, optional
        Called with a line on the current step.
    progress : callable, optional
        Called with the progress of each search, as for :func:`optimizer.solve`.

    Returns
    -------
    Explanation
        Tables of values, steps, offers, deadlines, exits, events, the first month and caps.
    """
    say: OnStep = on_step or (lambda _: None)
    target = float(plan.head.get("options", {}).get("gap", 1e-3)) if gap is None else gap
    work = _Work(plan, Options(gap=target, time_limit=time_limit, threads=threads), say, progress)
    if items:
        return work.done(offers=work.offers(items))
    if quick:
        earlier = plan.explained.get("deadlines")  # which may have the cost of delay
        return work.done(values=work.values(), deadlines=deadlines_table(plan) if earlier is None else earlier)
    return work.everything()


class _Work:
    """Run the searches for an explanation until Ctrl-C."""

    def __init__(self, plan: Plan, options: Options, say: OnStep, progress: clock.OnProgress | None) -> None:
        self.plan, self.options, self.say, self.progress = plan, options, say, progress
        self.at = self.stopped = ""

    @cached_property
    def ask(self) -> InterruptibleWhatIf:
        options = self.options
        found = InterruptibleWhatIf(self.plan, gap=options.gap, time_limit=options.time_limit, threads=options.threads)
        found.on_progress = self.progress
        return found

    def done(self, **tables: pd.DataFrame) -> Explanation:
        """Return the explanation with the tables that were computed."""
        return Explanation(self.plan, **tables, stopped=self.stopped)

    def stop(self) -> None:
        """Handle Ctrl-C: abandon the current step and start no other."""
        self.stopped = self.at

    def everything(self) -> Explanation:
        """Compute all tables, the slowest ones last."""
        tables = {"values": self.values(), "deadlines": self.deadlines(), "exits": self.exits()}
        tables |= self.events(tables["deadlines"])
        return self.done(**tables, caps=self.caps(), steps=self.steps(), offers=self.offers())

    def values(self) -> pd.DataFrame:
        return self._complete("marginal values", lambda: values_table(self.plan, self.options))

    def steps(self) -> pd.DataFrame:
        each = self._each("step", usual_steps(self.plan))
        return self._part(lambda: steps_table(self.ask, self.plan, each, self.stop))

    def offers(self, items: Sequence[str] = ()) -> pd.DataFrame:
        names = [offer.item for offer in offers(self.plan) if not items or offer.item in items]
        each = self._each("offer", names)
        return self._part(lambda: offers_table(self.ask, self.plan, each, self.stop))

    def deadlines(self) -> pd.DataFrame:
        what = f"what a month's delay costs of the decisions due in the first {_SOON} months"
        return self._complete(what, lambda: deadlines_table(self.plan, self.ask, _SOON))

    def exits(self) -> pd.DataFrame:
        each = self._each("leaving", terminations(self.plan)[:ITEMS])
        return self._part(lambda: exits_table(self.ask, self.plan, each, self.stop))

    def events(self, deadlines: pd.DataFrame) -> dict[str, pd.DataFrame]:
        """Compute the table of events, and that of the first month if all events were solved, since it covers all."""
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

    def _complete(self, what: str, work: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Compute a table that is complete or empty."""
        if self.stopped:
            return _NOTHING
        self._begin(what)
        try:
            return work()
        except KeyboardInterrupt:
            self.stop()
            return _NOTHING

    def _part(self, work: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Compute a table that may have some of its rows only."""
        table = _NOTHING if self.stopped else work()
        return _NOTHING if self.stopped and table.empty else table

    def _each(self, what: str, names: Sequence[Named]) -> Iterator[Named]:
        """Yield things, and report each before it is analysed."""
        for number, name in enumerate(names, start=1):
            self._begin(f"{what} {number} of {len(names)}: {name}")
            yield name

    def _begin(self, what: str) -> None:
        self.at = what
        self.say(what)


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows for JSON, with None for missing or infinite values."""
    return [{str(key): _plain(value) for key, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value

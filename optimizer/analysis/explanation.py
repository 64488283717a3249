"""The explanation of a plan: all of its tables, as far as a budget goes or until Ctrl-C is pressed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Unpack

import pandas as pd

from optimizer.analysis.budget import DEFAULT, Budget
from optimizer.analysis.examination import Examination, OnStep
from optimizer.analysis.offer_list import offers
from optimizer.analysis.scenario_examination import ScenarioExamination
from optimizer.analysis.tighten import PART
from optimizer.analysis.tighten import tighten as search_on
from optimizer.errors import AdditionError
from optimizer.format import grouped, percent
from optimizer.interruption import Cancel, cancelled_by
from optimizer.plan.by_scenario import is_uncertain, refuse_uncertain
from optimizer.plan.folder import write_explained
from optimizer.plan.plan import Plan
from optimizer.plan.tables import EXPLAINED, SCENARIO, plain_rows, table_of_rows, text_columns
from optimizer.solver.solution import Options, SolveOptions
from optimizer.solving import clock
from optimizer.workers.make import make_workers

_NOTHING = pd.DataFrame()


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
        Question at which Ctrl-C or ``cancel`` ended the work, ``""`` if it did not.
    unfinished : tuple of str
        Questions that the budget, Ctrl-C or an error left open, or examined for a shorter time than they need.
    failed : dict of str to str
        Messages of errors of the solver, by the question that each left open.

    Tables that were not requested or not reached have no columns. Rows of questions that were not examined have no
    figures but those proven already, and a note that says so.
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
    unfinished: tuple[str, ...] = ()
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Whether every question was examined to its end."""
        return not self.stopped and not self.unfinished

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Tables that were computed, by name."""
        return {name: getattr(self, name) for name in EXPLAINED if len(getattr(self, name).columns)}

    def __repr__(self) -> str:
        """Return one line: the instance, and the number of rows of each table."""
        counts = ", ".join(f"{name} {grouped(len(table))}" for name, table in self.tables.items())
        return f"<Explanation of {self.plan.instance.head.name}: {counts or 'nothing'}>"

    def to_dict(self) -> dict[str, Any]:
        """Return the tables as lists of rows, the names of those that were computed, and what is open, for JSON."""
        stopped = {"stopped_at": self.stopped} if self.stopped else {}
        state = {**stopped, "unfinished": list(self.unfinished), "failed": self.failed, "tables": list(self.tables)}
        return {**state, **{name: plain_rows(getattr(self, name)) for name in EXPLAINED}}

    @classmethod
    def from_dict(cls, plan: Plan, found: Mapping[str, Any]) -> Explanation:
        """Return the explanation of a plan that :meth:`to_dict` has written."""
        tables = {name: _table_of(name, found[name]) for name in found["tables"]}
        unfinished = tuple(found["unfinished"])
        return cls(plan, **tables, stopped=found.get("stopped_at", ""), unfinished=unfinished, failed=found["failed"])

    def save(self, folder: str | Path) -> list[Path]:
        """Write the tables into the plan folder as CSV, all at once, and return their paths.

        Offers of an earlier explanation that this one was not to examine are kept.

        Raises
        ------
        PlanNotSaved
            If the folder cannot be written, or contains another plan by now; the message names where the plan is kept.
        """
        found = {**self.tables, **({"offers": self._all_offers()} if "offers" in self.tables else {})}
        write_explained(self.plan, Path(folder), found)
        return [Path(folder) / f"{name}.csv" for name in found]

    def _all_offers(self) -> pd.DataFrame:
        """Return the offers, with those of an earlier explanation that were not to be examined, in the usual order."""
        earlier = self.plan.explained.get("offers", _NOTHING).to_dict("records")
        rows = {row["item"]: row for row in [*earlier, *self.offers.to_dict("records")]}
        items = (offer.item for offer in offers(self.plan))
        return pd.DataFrame([rows[item] for item in items if item in rows], columns=list(self.offers.columns))


def _table_of(name: str, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return a table of its rows; those of plans under uncertainty may have a scenario in addition."""
    return table_of_rows(rows, list(rows[0]) if rows else EXPLAINED[name], (SCENARIO, *text_columns(name)))


def explain(
    plan: Plan,
    *,
    quick: bool = False,
    items: Sequence[str] = (),
    budget: float | Budget | None = DEFAULT,
    more: bool = False,
    tighten: bool = False,
    on_step: OnStep | None = None,
    progress: clock.OnProgress | None = None,
    cancel: Cancel | None = None,
    **options: Unpack[SolveOptions],
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
    budget : float, Budget or None
        Seconds in all; None for all there is, with ``time_limit`` for each search. What a planner needs first is
        examined first; what is left open is marked as such.
    more : bool
        Continue from the tables that the plan has: what they answer is not examined again.
    tighten : bool
        First search on for a tenth of the plan's gap, in half of the budget. The plan that is explained is then what
        was found, and tables of a plan that was not changed stay.
    on_step : callable, optional
        Called with a line on the current question, and on the kinds of questions to come.
    progress : callable, optional
        Called with the progress of each search, as for :func:`optimizer.solve`.
    cancel : threading.Event or callable, optional
        Ends the work as Ctrl-C does, with what is answered until then; as for :func:`optimizer.solve`.
    **options
        ``gap`` of each search (by default that of the plan's own search), ``time_limit`` of one search (by default what
        the budget leaves, 10 s without one), ``threads`` and ``seed``.

    Returns
    -------
    Explanation
        Tables of values, steps, offers, deadlines, exits, events, the first month and caps.

    Raises
    ------
    UnsupportedInstance
        If a plan under uncertainty is to be tightened.
    AdditionError
        If a plan that stays near another one is to be tightened.
    """
    limit = options.pop("time_limit", None)
    given = budget if isinstance(budget, Budget) else Budget(budget, limit)
    options.setdefault("gap", float(plan.head.get("options", {}).get("gap", 1e-3)))
    settings = Options(**options)
    if tighten:
        with cancelled_by(cancel):
            plan = _tightened(plan, given, settings, on_step or (lambda _: None), progress)
    with ExitStack() as stack:
        work: Examination
        if is_uncertain(plan):
            workers = stack.enter_context(closing(make_workers(settings.threads)))
            work = ScenarioExamination(plan, settings, given, on_step, progress, more=more, workers=workers)
        else:
            work = Examination(plan, settings, given, on_step, progress, more=more)
        with cancelled_by(cancel):
            work.run(["offers"] if items else ["values"] if quick else work.names, items)
        tables = work.tables()
        if quick and "values" in tables:
            earlier = plan.explained.get("deadlines")  # which may have the cost of delay
            tables["deadlines"] = work.deadlines_without_delay() if earlier is None else earlier
    unfinished = tuple(question.name for question in work.unfinished)
    return Explanation(plan, **tables, stopped=work.stopped, unfinished=unfinished, failed=work.failed)


def _tightened(plan: Plan, budget: Budget, options: Options, say: OnStep, progress: clock.OnProgress | None) -> Plan:
    """Search on for a smaller gap of a plan."""
    refuse_uncertain(plan, "the search for a smaller gap", "solve again with a smaller gap (--gap)")
    if plan.head.get("near"):
        raise AdditionError(
            "a plan that stays near another one is not tightened: solve again with a smaller gap (--gap)"
        )
    if not plan.gap:
        say("the plan has no gap to tighten")
        return plan
    say(f"the plan itself, from its gap of {percent(plan.gap)} to {percent(PART * plan.gap)}")
    found = search_on(plan, progress, budget, threads=options.threads, seed=options.seed)
    say(f"its gap is {percent(found.gap or 0.0)} now")
    return found

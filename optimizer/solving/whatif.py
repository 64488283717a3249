"""What-ifs: a plan's instance edited, decisions forced, forbidden or ended, and solved again from the plan at hand."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Unpack

import pandas as pd

from optimizer.errors import NoFeasiblePlan, StoppedWithoutPlan
from optimizer.instance.edit import Edit, apply_edits, parse_delay, parse_edit
from optimizer.instance.instance import Instance
from optimizer.plan.plan import Plan
from optimizer.program.added_head import added_in
from optimizer.program.build import Program
from optimizer.program.fixings import Fixing, fixings_of, merge_fixings, parse_fixing
from optimizer.program.gc_control import collector_paused
from optimizer.solver.highs_options import FROM_A_PLAN
from optimizer.solver.reoptimise import ReoptimisationModel
from optimizer.solver.solution import Options, Solution, SolveOptions, Stop
from optimizer.solving.clock import Clock, OnProgress
from optimizer.solving.solve import Cost, cost_of, cost_with_gap, finish
from optimizer.solving.sweep import SweepResults

Texts = str | Iterable[str]
SweepRow = tuple[float, float, float | None, float | None, str]  # value, objective, bound, gap, note


class WhatIf:
    """An instance kept in the solver, for one what-if after the other.

    Parameters
    ----------
    base : Plan, Program or Instance
        The plan at hand, from which searches start; or an instance or program without one. Constraints that were added
        to a program, or to that of the plan, are obeyed in every answer. Decisions that were fixed when the plan was
        made (its ``held``) stay fixed; a new fixing replaces all fixings of the same item.
    **options
        ``gap``, ``time_limit``, ``threads``, ``seed`` and ``relax`` as for :func:`optimizer.solve`.

    Examples
    --------
    >>> ask = optimizer.WhatIf(plan, gap=0.005)                    # doctest: +SKIP
    >>> ask("contracts.bridge.price*=0.9").objective               # doctest: +SKIP
    >>> ask.cost("demand.jobs.amount*=1.1").objective              # doctest: +SKIP
    >>> ask(delay="builds.texas=6", forbid="sign:bridge").gap      # doctest: +SKIP
    """

    def __init__(self, base: Plan | Program | Instance, **options: Unpack[SolveOptions]) -> None:
        self.plan = base if isinstance(base, Plan) else None
        self.instance = base if isinstance(base, Instance) else base.instance
        self.options = Options(**options)
        if self.options.solver != "highs":
            raise ValueError(f"solver is {self.options.solver!r}; what-ifs are kept in HiGHS and solved by it")
        self.fixed = [] if self.plan is None else fixings_of(self.plan)
        added = added_in(base) if isinstance(base, Plan) else base.added if isinstance(base, Program) else None
        settings = None if self.plan is None else FROM_A_PLAN
        self.live = ReoptimisationModel(self.instance, relax=self.options.relax, added=added, settings=settings)

    def __call__(
        self,
        edit: Texts = (),
        *,
        delay: Texts = (),
        force: Texts = (),
        forbid: Texts = (),
        end: Texts = (),
        progress: OnProgress | None = None,
    ) -> Plan:
        """Return the plan of the edited instance.

        Parameters
        ----------
        edit : str or iterable of str
            ``table.item.column=value``, with ``*=``, ``+=`` or ``-=`` too.
        delay : str or iterable of str
            ``table.item=months``: arrives later by so many months.
        force, forbid : str or iterable of str
            Decisions that must or must not be made: ``sign:offer@2027-03``, ``offer`` for any month.
        end : str or iterable of str
            ``item@month``: nothing of it is in force from that month on.
        progress : callable, optional
            As for :func:`optimizer.solve`.

        Raises
        ------
        EditError, FixingError
            If an edit or a decision is impossible.
        InstanceError
            If the edited instance is invalid.
        NoFeasiblePlan, StoppedWithoutPlan, AuditFailed
            As for :func:`optimizer.solve`.
        """
        edits = [*map(parse_edit, _texts(edit)), *map(parse_delay, _texts(delay))]
        fixings = parse_fixings(force=force, forbid=forbid, end=end)
        return self.ask(edits, fixings, progress)

    def ask(
        self,
        edits: Iterable[Edit],
        fixings: Iterable[Fixing] = (),
        progress: OnProgress | None = None,
        known_bound: float | None = None,
        objective_target: float | None = None,
    ) -> Plan:
        """Return the plan of the edited instance, with fixed decisions.

        Parameters
        ----------
        edits, fixings : iterable of Edit and of Fixing
            Edits and fixed decisions.
        progress : callable, optional
            As for :func:`optimizer.solve`.
        known_bound : float, optional
            Net present cost that no plan can be below: a search ends as soon as its incumbent is within the gap of it.
        objective_target : float, optional
            Sufficient cost: a search ends as soon as its incumbent is below it, whatever its gap.
        """
        fixings, clock = merge_fixings(self.fixed, fixings), Clock(progress)
        solution = self._solved(list(edits), fixings, clock, known_bound, objective_target)
        plan = finish(self.live.program, self.live.arrays, solution, self.options, clock)
        return replace(plan, head={**plan.head, "held": [str(one) for one in fixings]}) if fixings else plan

    def find_cheaper(
        self, edits: Iterable[Edit], fixings: Iterable[Fixing], cost: float, known_bound: float | None = None
    ) -> tuple[Plan | None, float]:
        """Search for a plan that costs less than a given cost; return it, or None, with a bound of all plans.

        The bound is at most ``cost``; if it equals it, no plan costs less. Such a proof takes less than to find the
        best of the plans that cost more.
        """
        fixings, clock = merge_fixings(self.fixed, fixings), Clock()
        solution = self._solved(list(edits), fixings, clock, known_bound, cutoff=cost)
        money = self.live.program.units.money
        if solution.values is None:
            proven = solution.stop is Stop.INFEASIBLE or solution.bound >= cost / money
            return None, cost if proven else solution.bound * money
        plan = finish(self.live.program, self.live.arrays, solution, self.options, clock)
        if fixings:
            plan = replace(plan, head={**plan.head, "held": [str(one) for one in fixings]})
        return plan, min(solution.bound * money, cost)

    def ask_with_fixed(self, fixings: Iterable[Fixing], progress: OnProgress | None = None) -> Plan:
        """Return the plan with decisions fixed and nothing edited.

        Fixings only exclude plans, so that the bound of the plan at hand is known: a search that comes near it ends.
        It does not hold where a fixing replaces an earlier one, nor for a relaxation of a plan that is not relaxed.
        """
        fixings, known_bound = list(fixings), None if self.plan is None else self.plan.bound
        replaced = {one.item for one in fixings} & {one.item for one in self.fixed}
        if replaced or (self.plan is not None and self.options.relax and not self.plan.head["relaxed"]):
            known_bound = None
        return self.ask([], fixings, progress, known_bound)

    def cost(self, edit: Texts = (), *, delay: Texts = (), **fixings: Texts) -> Cost:
        """Return the cost of the edited instance's plan, without the plan: faster, for many what-ifs.

        Parameters
        ----------
        edit, delay, **fixings
            As for calling it.

        Returns
        -------
        Cost
            Not audited, as there is no plan that could be.

        Raises
        ------
        EditError, FixingError, InstanceError, NoFeasiblePlan, StoppedWithoutPlan
            As calling it does.
        """
        edits = [*map(parse_edit, _texts(edit)), *map(parse_delay, _texts(delay))]
        return self.ask_cost(edits, parse_fixings(**fixings))

    def ask_cost(
        self, edits: Iterable[Edit], fixings: Iterable[Fixing] = (), progress: OnProgress | None = None
    ) -> Cost:
        """Return the cost of the edited instance's plan, as :meth:`cost` does, with fixed decisions."""
        with collector_paused():
            solution = self._solved(list(edits), merge_fixings(self.fixed, fixings), Clock(progress))
            return cost_of(self.live.program, self.live.arrays, solution)

    def _solved(
        self,
        edits: list[Edit],
        fixings: list[Fixing],
        clock: Clock,
        known_bound: float | None = None,
        objective_target: float | None = None,
        cutoff: float | None = None,
    ) -> Solution:
        """Return the solution of the edited instance."""
        with clock.phase("read"):
            edited = apply_edits(self.instance, edits) if edits else self.instance
        with clock.phase("build"):
            self.live.update(edited)
        money = self.live.program.units.money
        search = partial(
            self.live.solve,
            self.options,
            clock.reporter(money),
            fixings=fixings,
            duals=bool(edited.rows["rules"]),
            known_bound=-math.inf if known_bound is None else known_bound / money,
            objective_target=-math.inf if objective_target is None else objective_target / money,
            cutoff=math.inf if cutoff is None else cutoff / money,
        )
        with clock.phase("solve"):
            return self._search(fixings, search)

    def _search(self, fixings: list[Fixing], search: Callable[[], Solution]) -> Solution:
        """Solve from the plan at hand; where that is slow with decisions fixed, once more from another start.

        A decision that is forbidden or kept is replaced by others of its kind, one that is forced by the same in
        another month: the start that leaves all of a kind open comes first for the former, and last for the latter.
        """
        if self.plan is None or not self.live.arrays.integer.any():
            return search()
        wide = any(one.kind in ("forbid", "keep") for one in fixings)
        self.live.start(self.plan, fixings, wide=wide)
        found = search()
        if found.stop is not Stop.TIME_LIMIT or not fixings:
            return found
        self.live.start(self.plan, fixings, wide=not wide)
        return self.live.better(found, search())

    def sweep(
        self,
        edit: str,
        values: Sequence[float],
        others: Iterable[Edit] = (),
        fixings: Iterable[Fixing] = (),
        progress: OnProgress | None = None,
    ) -> pd.DataFrame:
        """Return the costs over a range of values of one cell: columns value, objective, bound, gap, change, note.

        A value without a feasible plan, or without one found in time, has no figures but a note. The ends of the range
        are solved first, then what lies halfway between, unless the solved values prove its cost within the gap.

        Parameters
        ----------
        edit : str
            ``table.item.column``, such as ``contracts.bridge.price``.
        values : sequence of float
            Values, in the order of the table.
        others, fixings : iterable of Edit and of Fixing
            Further edits, and fixed decisions.
        progress : callable, optional
            As for :func:`optimizer.solve`.
        """
        others, fixings = list(others), list(fixings)
        rows: dict[int, SweepRow] = {}
        results = SweepResults()
        for place in by_halves(len(values)):
            value = values[place]
            edits = [*others, parse_edit(f"{edit}={value!r}")]
            query = partial(self._cost_between, results, value, edits, merge_fixings(self.fixed, fixings), progress)
            rows[place] = self._sweep_row(value, query, len(values) - len(rows))
        columns = ["value", "objective", "bound", "gap", "note"]
        table = pd.DataFrame([rows[place] for place in sorted(rows)], columns=columns)
        table.insert(4, "change", table["objective"].diff())
        return table

    def _cost_between(
        self,
        results: SweepResults,
        value: float,
        edits: list[Edit],
        fixings: list[Fixing],
        progress: OnProgress | None,
    ) -> Cost:
        """Return the cost at a value of a sweep, from a search only where other values leave it open."""
        with collector_paused():
            self.live.update(apply_edits(self.instance, edits))
            known = results.known(value, self.live.program, self.live.arrays)
            if known is not None and known.gap is not None and known.gap <= self.options.gap:
                return known
            solution = self._solved(edits, fixings, Clock(progress), None if known is None else known.bound)
            found = cost_of(self.live.program, self.live.arrays, solution)
            assert solution.values is not None
            results.add(value, self.live.program, self.live.arrays, solution.values, found.bound)
        if known is None or known.objective >= found.objective or found.bound is None:
            return found
        return cost_with_gap(known.objective, min(found.bound, known.objective))

    def _sweep_row(self, value: float, query: Callable[[], Cost], left: int) -> SweepRow:
        """Return the row of a value of a sweep, of which ``left`` rows are missing."""
        try:
            found = query()
        except (NoFeasiblePlan, StoppedWithoutPlan) as error:
            return value, math.nan, None, None, error.note
        return value, found.objective, found.bound, found.gap, ""


def by_halves(count: int) -> Iterator[int]:
    """Yield the places 0 to ``count`` - 1: the first, the last, and then those halfway between known ones."""
    spans = deque([(0, count - 1)])
    yield from dict.fromkeys([0, count - 1] if count else [])
    while spans:
        low, high = spans.popleft()
        if high - low > 1:
            middle = (low + high) // 2
            yield middle
            spans += [(low, middle), (middle, high)]


def _texts(texts: Texts) -> list[str]:
    return [texts] if isinstance(texts, str) else list(texts)


def parse_fixings(force: Texts = (), forbid: Texts = (), end: Texts = ()) -> list[Fixing]:
    """Parse fixed decisions."""
    return [
        parse_fixing(kind, text)
        for kind, texts in (("force", force), ("forbid", forbid), ("end", end))
        for text in _texts(texts)
    ]

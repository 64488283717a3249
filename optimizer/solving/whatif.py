"""What-ifs: a plan's instance edited, decisions forced, forbidden or ended, and solved again from the plan at hand."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
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
from optimizer.solver.highs import Report
from optimizer.solver.reoptimise import ReoptimisationModel
from optimizer.solver.solution import Options, Solution, SolveOptions, Stop
from optimizer.solving.clock import Clock, OnProgress
from optimizer.solving.solve import Cost, cost_of, finish

NO_PLAN = "leaves no plan"
NOT_IN_TIME = "not found in time"
Texts = str | Iterable[str]


class WhatIf:
    """An instance kept in the solver, to ask one what-if after the other.

    Parameters
    ----------
    base : Plan, Program or Instance
        The plan at hand, from which searches start; or an instance or program without one. What was added to a program
        holds in every answer; a plan carries what was added to the program it was made of. Decisions that were
        fixed when the plan was made (its ``held``) stay fixed; a new fixing replaces all fixings of the same item.
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
        self.live = ReoptimisationModel(self.instance, relax=self.options.relax, added=added)

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
        """Plan of the edited instance.

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
        EditError, HoldError
            If an edit or a decision makes no sense.
        InstanceError
            If the edited instance is broken.
        NoFeasiblePlan, StoppedWithoutPlan, AuditFailed
            As for :func:`optimizer.solve`.
        """
        edits = [*map(parse_edit, _texts(edit)), *map(parse_delay, _texts(delay))]
        holds = parse_holds(force=force, forbid=forbid, end=end)
        return self.ask(edits, holds, progress)

    def ask(
        self,
        edits: Iterable[Edit],
        holds: Iterable[Fixing] = (),
        progress: OnProgress | None = None,
        floor: float | None = None,
        enough: float | None = None,
    ) -> Plan:
        """As calling it, with edits and holds that are parsed already.

        ``floor`` is a net present cost that no plan can be below, if one is known: a search that comes within the gap
        of it is over. So is one that finds a plan below ``enough``, whatever its gap.
        """
        holds, clock = merge_fixings(self.fixed, holds), Clock(progress)
        solution = self._solved(list(edits), holds, clock, floor, enough)
        plan = finish(self.live.program, self.live.arrays, solution, self.options, clock)
        return replace(plan, head={**plan.head, "held": [str(one) for one in holds]}) if holds else plan

    def ask_with_fixed(self, holds: Iterable[Fixing], progress: OnProgress | None = None) -> Plan:
        """Return the plan with decisions fixed and nothing edited.

        Holding only takes plans away, so that what is proven of all plans holds on: a search that comes near that is
        over. It does not where a fixing replaces an earlier one, nor, if the plan at hand is not relaxed, of
        relaxed ones.
        """
        holds, floor = list(holds), None if self.plan is None else self.plan.bound
        replaced = {one.item for one in holds} & {one.item for one in self.fixed}
        if replaced or (self.plan is not None and self.options.relax and not self.plan.head["relaxed"]):
            floor = None
        return self.ask([], holds, progress, floor)

    def cost(self, edit: Texts = (), *, delay: Texts = (), **holds: Texts) -> Cost:
        """What the plan of the edited instance costs, without the plan: the way to ask many what-ifs.

        Parameters
        ----------
        edit, delay, **holds
            As for calling it.

        Returns
        -------
        Cost
            Not audited, as there is no plan that could be.

        Raises
        ------
        EditError, HoldError, InstanceError, NoFeasiblePlan, StoppedWithoutPlan
            As calling it does.
        """
        edits = [*map(parse_edit, _texts(edit)), *map(parse_delay, _texts(delay))]
        return self.ask_cost(edits, parse_holds(**holds))

    def ask_cost(self, edits: Iterable[Edit], holds: Iterable[Fixing] = (), progress: OnProgress | None = None) -> Cost:
        """As ``cost``, with edits and holds that are parsed already."""
        with collector_paused():
            solution = self._solved(list(edits), merge_fixings(self.fixed, holds), Clock(progress))
            return cost_of(self.live.program, self.live.arrays, solution)

    def _solved(
        self,
        edits: list[Edit],
        holds: list[Fixing],
        clock: Clock,
        floor: float | None = None,
        enough: float | None = None,
    ) -> Solution:
        """Solution of the edited instance."""
        with clock.phase("read"):
            edited = apply_edits(self.instance, edits) if edits else self.instance
        with clock.phase("build"):
            self.live.update(edited)
        with clock.phase("solve"):
            report = clock.reporter(self.live.program.units.money)
            return self._search(holds, report, bool(edited.rows["rules"]), floor, enough)

    def _search(
        self, holds: list[Fixing], report: Report | None, rules: bool, floor: float | None, enough: float | None
    ) -> Solution:
        """Solve from the plan at hand; where that is slow with decisions fixed, once more from another start.

        What takes the place of something forbidden or kept is another matter than the same at another time: so the
        start that leaves open all of its kind comes first for the former, and last for the latter.
        """
        least, will_do = (
            -math.inf if cost is None else cost / self.live.program.units.money for cost in (floor, enough)
        )
        started = self.plan is not None and bool(self.live.arrays.integer.any())
        wide = any(one.kind in ("forbid", "keep") for one in holds)
        found: Solution | None = None
        for start in (wide, not wide) if started and holds else (False,):
            if started:
                self.live.start(self.plan, holds, wide=start)
            other = self.live.solve(
                self.options, report, fixings=holds, duals=rules, known_bound=least, objective_target=will_do
            )
            found = other if found is None else self.live.better(found, other)
            if found.stop is not Stop.TIME_LIMIT:
                break
        assert found is not None
        return found

    def sweep(
        self,
        edit: str,
        values: Sequence[float],
        others: Iterable[Edit] = (),
        holds: Iterable[Fixing] = (),
        progress: OnProgress | None = None,
    ) -> pd.DataFrame:
        """Costs over a range of values of one cell: columns value, objective, bound, gap, change, note.

        A value that leaves no plan, or for which none was found in time, has no figures; its note says so.

        Parameters
        ----------
        edit : str
            ``table.item.column``, such as ``contracts.bridge.price``.
        values : sequence of float
            Values, in the order of the table.
        others, holds : iterable of Edit and of Fixing
            Edits and holds that are made too.
        progress : callable, optional
            As for :func:`optimizer.solve`.
        """
        others, holds = list(others), list(holds)
        rows: list[tuple[float | str | None, ...]] = []
        for value in values:
            try:
                found = self.ask_cost([*others, parse_edit(f"{edit}={value!r}")], holds, progress)
            except (NoFeasiblePlan, StoppedWithoutPlan) as error:
                rows.append(
                    (value, math.nan, None, None, NO_PLAN if isinstance(error, NoFeasiblePlan) else NOT_IN_TIME)
                )
            else:
                rows.append((value, found.objective, found.bound, found.gap, ""))
        table = pd.DataFrame(rows, columns=["value", "objective", "bound", "gap", "note"])
        table.insert(4, "change", table["objective"].diff())
        return table


def _texts(texts: Texts) -> list[str]:
    return [texts] if isinstance(texts, str) else list(texts)


def parse_holds(force: Texts = (), forbid: Texts = (), end: Texts = ()) -> list[Fixing]:
    """Holds from their texts."""
    return [
        parse_fixing(kind, text)
        for kind, texts in (("force", force), ("forbid", forbid), ("end", end))
        for text in _texts(texts)
    ]

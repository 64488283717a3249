"""Repairs, each verified by a plan: which cells to change, by how much or when, ranked by the cost of the plan.

The conflicts give the minimal sets of cells that are sufficient together. For each set the rules are changed as little
as possible, by value or by a shift in time, whichever is the smaller share of the rule. Budgets are raised to the
spending of the cheapest plan, whose cost includes it already. No table has a price for additional power: repairs with
it come last.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from optimizer.analysis.diagnosis import ProvenRepair
from optimizer.analysis.month_shifts import least_shift, shifts_of
from optimizer.analysis.repair_text import describe_repair
from optimizer.errors import AdditionError, InstanceError
from optimizer.instance.edit import Edit
from optimizer.program.arrays import Arrays
from optimizer.program.build import Program
from optimizer.program.compile import compile_program
from optimizer.solver import engines
from optimizer.solver.elastic import Cell, ElasticProgram, make_elastic
from optimizer.solver.elastic_slacks import raised
from optimizer.solver.feasibility_relaxation import Repair, cheapest_repair
from optimizer.solver.highs_options import INFEASIBLE_NAMES, STATUS, settings_of
from optimizer.solver.highs_process import run_in_process
from optimizer.solver.solution import Options
from optimizer.solving.clock import Clock, OnProgress
from optimizer.solving.solve import finish

_SETS = 6  # maximum number of sets of cells that are tried
_SIMILAR = 0.1  # relative additional cost up to which other repairs are reported
_GAP = 0.01  # gap of the plans that verify other repairs
_MOST = 5  # maximum number of verified repairs
_PRECISION = 1e-6  # relative precision of costs
_BUDGET = "budgets"


@dataclass(frozen=True)
class Draft:
    """A repair without its plan.

    Attributes
    ----------
    edits : tuple of Edit
        Edits of rules.
    free : tuple of tuple
        Budgets whose amount is set by the cheapest plan.
    first : bool
        Whether it is the smallest repair of its set of cells.
    least : bool
        Whether that is proven.
    """

    edits: tuple[Edit, ...]
    free: tuple[Cell, ...] = ()
    first: bool = True
    least: bool = True

    @property
    def priced(self) -> bool:
        """Whether its plan's cost includes the repair: additional power has no price."""
        return all(edit.table != "power" for edit in self.edits)


@dataclass(frozen=True)
class _Option:
    """A shift of one cell in time, its share of the window, and whether smaller shifts are proven insufficient."""

    edit: Edit
    share: float
    proven: bool


@dataclass
class Repairs:
    """Repairs found.

    Attributes
    ----------
    found : list of ProvenRepair
        Verified repairs, the cheapest first.
    least : bool
        Whether it is proven that no minimal change of another set of cells gives a cheaper plan.
    """

    found: list[ProvenRepair] = field(default_factory=list)
    least: bool = True


class Repairer:
    """Find and verify repairs of an infeasible program.

    Parameters
    ----------
    program : Program
        The infeasible program.
    loosened : ElasticProgram
        The program with slacks for its relaxable cells.
    options : Options
        Options of the search for the plan of the cheapest repair; the others share the same time once more.
    progress : callable, optional
        Called with the progress of these searches.
    """

    def __init__(
        self, program: Program, loosened: ElasticProgram, options: Options, progress: OnProgress | None
    ) -> None:
        self.program, self.loosened, self.options, self.progress = program, loosened, options, progress
        self.until = time.perf_counter() + options.time_limit

    def repairs(self, sets: Collection[frozenset[Cell]]) -> Repairs:
        """Return ranked repairs of some sets of cells that are sufficient together."""
        chosen = sorted(sets, key=lambda cells: (len(cells), sorted(cells)))
        drafts = [list(self.drafts(cells)) for cells in chosen[:_SETS]]
        sure = len(chosen) <= _SETS and all(some and some[0].least for some in drafts)
        known = [(cost, draft) for some in drafts for draft in some if (cost := self.estimate(draft)) is not None]
        known.sort(key=lambda one: (not one[1].first, not one[1].priced, one[0]))
        result, bounds = Repairs(), list[tuple[ProvenRepair | None, float]]()
        for place, (cost, draft) in enumerate(known):
            one = self._tried(result, cost, draft, len(known) - place)
            if one is not None:
                result.found.append(one)
            if draft.first and draft.priced:
                bounds.append((one, cost if one is None or one.plan.bound is None else max(cost, one.plan.bound)))
        result.found = _ranked(result.found)
        result.least = sure and self._cheapest(result.found, bounds)
        return result

    def _cheapest(self, found: list[ProvenRepair], bounds: list[tuple[ProvenRepair | None, float]]) -> bool:
        """Whether it is proven that no other set of cells is cheaper than the first repair."""
        if not found:
            return False
        cost = found[0].plan.objective
        least = cost - max(self.options.gap, _PRECISION) * abs(cost)
        return all(bound >= least for one, bound in bounds if one is not found[0])

    def _tried(self, result: Repairs, cost: float, draft: Draft, waiting: int) -> ProvenRepair | None:
        """Verify one more draft, unless its cost is known to be much higher than that of the repairs found."""
        best = min((one.plan.objective for one in result.found if one.first and one.priced), default=np.inf)
        if (result.found and cost > best + _SIMILAR * abs(best)) or len(result.found) >= _MOST:
            return None
        return self.proven(draft, waiting if result.found else 0)

    # ------------------------------------------------------------------ drafts
    def drafts(self, cells: frozenset[Cell]) -> Iterator[Draft]:
        """Yield drafts of repairs that change some cells: the smallest first, then others of the same cell."""
        free = tuple(sorted(cell for cell in cells if cell[0] == _BUDGET))
        rules = sorted(cells - set(free))
        values = self._values(self.loosened, rules, free)
        options = list(self._moved(self.program, next(iter(cells)), ())) if len(cells) == 1 else []
        chosen = self._chosen(rules, values, cells, options)
        if chosen is None:
            return
        edits = tuple(chosen.edits.values())
        yield Draft(edits, free, True, chosen.least)
        if len(cells) == 1:
            others = [option.edit for option in options if option.proven]
            others += values.edits.values() if values else ()
            yield from (Draft((edit,), (), False) for edit in others if edit not in edits)

    def _values(self, loosened: ElasticProgram, rules: Collection[Cell], free: Collection[Cell]) -> Repair | None:
        """Return the least relaxation of some rules; None if none is known to be sufficient."""
        if not rules:
            return Repair({}, None, True)
        left = (self.until - time.perf_counter()) / 2
        if left <= 0:
            return None
        found = cheapest_repair(loosened.only(rules, free), replace(self.options, time_limit=left))
        return found if isinstance(found, Repair) else None

    def _moved(self, program: Program, cell: Cell, others: Collection[Cell]) -> Iterator[_Option]:
        """Edits in time of one cell, others given up as far as one likes."""
        for shift in shifts_of(program, cell):
            found = least_shift(program, shift, others, self.until, self.options.relax)
            if found is not None:
                yield _Option(shift.edit(program, found[0]), found[0] / shift.window, found[1])

    def _chosen(
        self, rules: list[Cell], values: Repair | None, cells: frozenset[Cell], options: list[_Option]
    ) -> Repair | None:
        """Choose for each rule the edit with the smaller share; None if no edit is known to be sufficient."""
        shares = {} if values is None else {cell: _share(self.program, edit) for cell, edit in values.edits.items()}
        program, in_time, least = self.program, dict[Cell, Edit](), True
        for cell in rules:  # in turn, so that they are sufficient together
            options = options or list(self._moved(program, cell, cells - {cell, *in_time}))
            best, options = min(options, key=lambda option: option.share, default=None), []
            if best is not None and best.share < shares.get(cell, np.inf):
                in_time[cell], least = best.edit, least and best.proven
                program = self.program.with_edits(in_time.values())
        if not in_time:
            return values
        loosened = make_elastic(program, compile_program(program, relax=self.options.relax))
        free = [cell for cell in cells if cell[0] == _BUDGET]
        rest = self._values(loosened, [cell for cell in rules if cell not in in_time], free)
        return values if rest is None else Repair({**in_time, **rest.edits}, None, rest.least and least)

    # ------------------------------------------------------------------ plans
    def _opened(self, draft: Draft) -> tuple[Program, Arrays]:
        """Build the program with the edits of a draft and without its free budgets."""
        edited = self.program.with_edits(draft.edits)
        arrays = compile_program(edited, relax=self.options.relax)
        upper = arrays.row_upper.copy()
        upper[[row for row, _ in _budget_rows(arrays, draft.free)]] = np.inf
        return edited, replace(arrays, row_upper=upper)

    def estimate(self, draft: Draft) -> float | None:
        """Return a lower bound of the cost of a draft's plan, in money; None if it is proven infeasible."""
        left = self.until - time.perf_counter()
        if left <= 0:
            return -np.inf
        try:
            edited, arrays = self._opened(draft)
        except (AdditionError, InstanceError):
            return None
        relaxed = arrays.relaxed()
        found = run_in_process(relaxed, settings_of(relaxed, self.options, left), left)
        if found is not None and found["status"] in INFEASIBLE_NAMES:
            return None
        optimal = found is not None and found["status"] == STATUS.kOptimal.name
        return found["objective"] * edited.units.money if found is not None and optimal else -np.inf

    def proven(self, draft: Draft, waiting: int) -> ProvenRepair | None:
        """Verify a draft by a plan; None if no plan is found in time.

        Parameters
        ----------
        draft : Draft
            The repair.
        waiting : int
            Number of drafts that share the remaining time; 0 for the first, which has its own.
        """
        options, clock = self.options, Clock(self.progress)
        if waiting:
            left = max(self.until + options.time_limit - time.perf_counter(), 0.0) / waiting
            options = replace(options, time_limit=left, gap=max(options.gap, _GAP))
        edited, arrays = self._opened(draft)
        with clock.phase("solve"):
            duals = bool(edited.instance.rows["rules"])
            solution = engines.solve(arrays, options, clock.reporter(edited.units.money), duals=duals)
        if solution.values is None:
            return None
        edits = [*draft.edits, *_amounts(edited, arrays, draft.free, solution.values)]
        if len(edits) > len(draft.edits):
            edited = self.program.with_edits(edits)
            arrays = compile_program(edited, relax=options.relax)
        plan = finish(edited, arrays, solution, options, clock)
        changes = describe_repair(self.program.instance, edited.instance, edits)
        share = sum(_share(self.program, edit) for edit in edits)
        return ProvenRepair(tuple(edits), changes, share, plan, draft.first, draft.priced)


def _budget_rows(arrays: Arrays, free: Collection[Cell]) -> list[tuple[int, Cell]]:
    named = {cell[1]: cell for cell in free}
    rows = ((row, name) for row, name in enumerate(arrays.rows) if isinstance(name, tuple))
    return [(row, named[key]) for row, (family, key) in rows if family == "budget_limit" and key in named]


def _amounts(program: Program, opened: Arrays, free: Collection[Cell], values: np.ndarray) -> Iterator[Edit]:
    """Yield the edits that raise budgets to the spending of a solution."""
    limits = compile_program(program).row_upper
    activity = opened.activity(values)
    for row, (table, item, column) in _budget_rows(opened, free):
        over = float(activity[row] - limits[row]) * program.units.money
        amount = next(one.amount for one in program.instance.rows[table] if one.budget == item)
        if over > 0:
            yield Edit(table, item, column, "=", f"{raised(amount, over):.15g}")


def _share(program: Program, edit: Edit) -> float:
    """Return the relative size of an edit: the share of the value, or of the months in which the row applies."""
    if edit.column in ("from", "to", "deadline", "latest"):
        for shift in shifts_of(program, (edit.table, edit.item, edit.column)):
            if shift.column == edit.column:
                return abs(program.instance.month_index(edit.value) - shift.month) / shift.window
    row = next(row for row in program.instance.rows[edit.table] if next(iter(row))[1] == edit.item)
    old = getattr(row, edit.column)
    if isinstance(old, bool) or not isinstance(old, (int, float)) or not old:
        return 1.0
    new = old + float(edit.value) if edit.how == "+=" else float(edit.value)
    return abs(new - old) / abs(old)


def _ranked(found: list[ProvenRepair]) -> list[ProvenRepair]:
    """Return the cheapest of the smallest repairs, then all others of similar cost."""
    firsts = [one for one in found if one.first] or found
    if not firsts:
        return []
    best = min(firsts, key=_rank)
    most = best.plan.objective + _SIMILAR * abs(best.plan.objective)
    others = [one for one in found if one is not best and one.plan.objective <= most]
    return [best, *sorted(others, key=_rank)]


def _rank(one: ProvenRepair) -> tuple[bool, float, float]:
    return not one.priced, one.plan.objective, one.share

"""Repairs, each proven by a plan: which cells to give up, by how much or when, ranked by what the plan costs.

Which cells are enough together, none of them spared, follows from the conflicts. Of each such set the rules are given
up as little as can be, by their value or in time, whichever is the smaller share of the rule; budgets are raised to
what the cheapest plan spends, since its cost counts that already. More power has a price that no table gives: repairs
with it come last.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from optimizer.analysis.diagnosis import ProvenRepair
from optimizer.analysis.month_shifts import least_shift, shifts_of
from optimizer.analysis.rebuild import rebuilt
from optimizer.analysis.repair_text import given_up
from optimizer.errors import AdditionError, InstanceError
from optimizer.instance.edit import Edit
from optimizer.program.build import Program
from optimizer.program.compile import Arrays, compile_program
from optimizer.solver import engines
from optimizer.solver.elastic import Cell, ElasticProgram, make_elastic
from optimizer.solver.elastic_slacks import raised
from optimizer.solver.feasibility_relaxation import Repair, cheapest_repair
from optimizer.solver.highs_options import INFEASIBLE, STATUS, settings_of
from optimizer.solver.highs_process import run_in_process
from optimizer.solver.solution import Options
from optimizer.solving.clock import Clock, OnProgress
from optimizer.solving.solve import finish

_SETS = 6  # of cells that are tried
_ALIKE = 0.1  # of the cost of the cheapest repair: others that cost up to so much more are worth a look
_GAP = 0.01  # of the plans that prove others
_MOST = 5  # repairs that are proven
_PRECISION = 1e-6  # of costs, relative
_BUDGET = "budgets"


@dataclass(frozen=True)
class Draft:
    """A repair without its plan.

    Attributes
    ----------
    edits : tuple of Edit
        Edits of rules.
    free : tuple of tuple
        Budgets whose amount follows from the cheapest plan.
    first : bool
        Whether of its set of cells it gives up least.
    least : bool
        Whether that is proven.
    """

    edits: tuple[Edit, ...]
    free: tuple[Cell, ...] = ()
    first: bool = True
    least: bool = True

    @property
    def priced(self) -> bool:
        """Whether its plan's cost counts all that it takes: more power is not paid for."""
        return all(edit.table != "power" for edit in self.edits)


@dataclass(frozen=True)
class _Way:
    """An edit in time of one cell, its share of the window, and whether fewer months are proven not to do."""

    edit: Edit
    share: float
    proven: bool


@dataclass
class Repairs:
    """What was found.

    Attributes
    ----------
    found : list of ProvenRepair
        The cheapest first.
    least : bool
        Whether it is proven that no other set of cells gives a cheaper plan when it is given up as little as can be.
    """

    found: list[ProvenRepair] = field(default_factory=list)
    least: bool = True


class Repairer:
    """Finds and proves repairs of a program without a solution.

    Parameters
    ----------
    program : Program
        The program.
    loosened : ElasticProgram
        It with what can be given up.
    options : Options
        How to search for the plan of the cheapest repair; the others together get as much time once more.
    progress : callable, optional
        Called with how these searches go on.
    """

    def __init__(self, program: Program, loosened: Loosened, options: Options, progress: OnProgress | None) -> None:
        self.program, self.loosened, self.options, self.progress = program, loosened, options, progress
        self.until = time.perf_counter() + options.time_limit

    def repairs(self, sets: Collection[frozenset[Cell]]) -> Repairs:
        """Repairs of some sets of cells that are enough to give up, ranked."""
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
        """Whether no other set of cells can be cheaper than the first repair."""
        if not found:
            return False
        cost = found[0].plan.objective
        least = cost - max(self.options.gap, _PRECISION) * abs(cost)
        return all(bound >= least for one, bound in bounds if one is not found[0])

    def _tried(self, result: Repairs, cost: float, draft: Draft, waiting: int) -> ProvenRepair | None:
        """One more draft with its plan, unless it is known to cost much more than what was found."""
        best = min((one.plan.objective for one in result.found if one.first and one.priced), default=np.inf)
        if (result.found and cost > best + _ALIKE * abs(best)) or len(result.found) >= _MOST:
            return None
        return self.proven(draft, waiting if result.found else 0)

    # ------------------------------------------------------------------ drafts
    def drafts(self, cells: frozenset[Cell]) -> Iterator[Draft]:
        """Repairs that give up some cells: first the one that gives up least, then others of the same cell."""
        free = tuple(sorted(cell for cell in cells if cell[0] == _BUDGET))
        rules = sorted(cells - set(free))
        values = self._values(self.program, self.loosened, rules, free)
        ways = list(self._moved(self.program, next(iter(cells)), ())) if len(cells) == 1 else []
        chosen = self._chosen(rules, values, cells, ways)
        if chosen is None:
            return
        edits = tuple(chosen.edits.values())
        yield Draft(edits, free, True, chosen.least)
        if len(cells) == 1:
            others = [way.edit for way in ways if way.proven]
            others += values.edits.values() if values else ()
            yield from (Draft((edit,), (), False) for edit in others if edit not in edits)

    def _values(
        self, program: Program, loosened: ElasticProgram, rules: Collection[Cell], free: Collection[Cell]
    ) -> Repair | None:
        """By how much some rules are given up least; None where nothing is known to be enough."""
        if not rules:
            return Repair({}, None, True)
        left = (self.until - time.perf_counter()) / 2
        if left <= 0:
            return None
        found = cheapest_repair(loosened.only(rules, free), replace(self.options, time_limit=left))
        return found if isinstance(found, Repair) else None

    def _moved(self, program: Program, cell: Cell, others: Collection[Cell]) -> Iterator[_Way]:
        """Edits in time of one cell, others given up as far as one likes."""
        for shift in shifts_of(program, cell):
            found = least_shift(program, shift, others, self.until, self.options.relax)
            if found is not None:
                yield _Way(shift.edit(program, found[0]), found[0] / shift.window, found[1])

    def _chosen(
        self, rules: list[Cell], values: Repair | None, cells: frozenset[Cell], ways: list[_Way]
    ) -> Repair | None:
        """Of each rule the edit that gives up the smaller share of it; None where nothing is known to be enough."""
        shares = {} if values is None else {cell: _share(self.program, edit) for cell, edit in values.edits.items()}
        program, in_time, least = self.program, dict[Cell, Edit](), True
        for cell in rules:  # one after the other, so that they are enough together
            ways = ways or list(self._moved(program, cell, cells - {cell, *in_time}))
            best, ways = min(ways, key=lambda way: way.share, default=None), []
            if best is not None and best.share < shares.get(cell, np.inf):
                in_time[cell], least = best.edit, least and best.proven
                program = rebuilt(self.program, in_time.values())
        if not in_time:
            return values
        loosened = make_elastic(program, compile_program(program, relax=self.options.relax))
        free = [cell for cell in cells if cell[0] == _BUDGET]
        rest = self._values(program, loosened, [cell for cell in rules if cell not in in_time], free)
        return values if rest is None else Repair({**in_time, **rest.edits}, None, rest.least and least)

    # ------------------------------------------------------------------ plans
    def _opened(self, draft: Draft) -> tuple[Program, Arrays]:
        """The program with a draft's edits and without its free budgets."""
        edited = rebuilt(self.program, draft.edits)
        arrays = compile_program(edited, relax=self.options.relax)
        upper = arrays.row_upper.copy()
        upper[[row for row, _ in _budget_rows(arrays, draft.free)]] = np.inf
        return edited, replace(arrays, row_upper=upper)

    def estimate(self, draft: Draft) -> float | None:
        """What the plan of a draft costs at least, in money; None where it is known to have none."""
        left = self.until - time.perf_counter()
        if left <= 0:
            return -np.inf
        try:
            edited, arrays = self._opened(draft)
        except (AdditionError, InstanceError):
            return None
        relaxed = arrays.relaxed()
        found = run_in_process(relaxed, settings_of(relaxed, self.options, left), left)
        if found is not None and found["status"] in {status.name for status in INFEASIBLE}:
            return None
        optimal = found is not None and found["status"] == STATUS.kOptimal.name
        return found["objective"] * edited.units.money if found is not None and optimal else -np.inf

    def proven(self, draft: Draft, waiting: int) -> ProvenRepair | None:
        """A draft with its plan; None where none is found in time.

        Parameters
        ----------
        draft : Draft
            The repair.
        waiting : int
            How many drafts share the time that is left; 0 for the first, which gets its own.
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
            edited = rebuilt(self.program, edits)
            arrays = compile_program(edited, relax=options.relax)
        plan = finish(edited, arrays, solution, options, clock)
        changes = given_up(self.program.instance, edited.instance, edits)
        share = sum(_share(self.program, edit) for edit in edits)
        return ProvenRepair(tuple(edits), changes, share, plan, draft.first, draft.priced)


def _budget_rows(arrays: Arrays, free: Collection[Cell]) -> list[tuple[int, Cell]]:
    named = {cell[1]: cell for cell in free}
    rows = ((row, name) for row, name in enumerate(arrays.rows) if isinstance(name, tuple))
    return [(row, named[key]) for row, (family, key) in rows if family == "budget_limit" and key in named]


def _amounts(program: Program, opened: Arrays, free: Collection[Cell], values: np.ndarray) -> Iterator[Edit]:
    """Edits that raise budgets to what a solution spends."""
    limits = compile_program(program).row_upper
    activity = opened.activity(values)
    for row, (table, item, column) in _budget_rows(opened, free):
        over = float(activity[row] - limits[row]) * program.units.money
        amount = next(one.amount for one in program.instance.rows[table] if one.budget == item)
        if over > 0:
            yield Edit(table, item, column, "=", f"{raised(amount, over):.15g}")


def _share(program: Program, edit: Edit) -> float:
    """Share of what stands in a cell that an edit gives up: of its value, or of the months in which it holds."""
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
    """The cheapest of those that give up least of their cells, then all others that cost much alike."""
    firsts = [one for one in found if one.first] or found
    if not firsts:
        return []
    best = min(firsts, key=_rank)
    most = best.plan.objective + _ALIKE * abs(best.plan.objective)
    others = [one for one in found if one is not best and one.plan.objective <= most]
    return [best, *sorted(others, key=_rank)]


def _rank(one: ProvenRepair) -> tuple[bool, float, float]:
    return not one.priced, one.plan.objective, one.share

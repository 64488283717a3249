"""Reoptimisation: an edited program is rebuilt, and only the difference is passed to the model in the solver."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from optimizer.instance.instance import Instance
from optimizer.program.added import Added
from optimizer.program.arrays import Arrays
from optimizer.program.build import Program, build
from optimizer.program.compile import compile_program
from optimizer.program.fixings import Fixing, apply_fixings
from optimizer.program.gc_control import collector_paused, freeze_program
from optimizer.solver.highs import Basis, Model, Report
from optimizer.solver.mip_start import items_of_same_kinds, start_values
from optimizer.solver.program_diff import structural_difference
from optimizer.solver.solution import Options, Solution, Stop


class ReoptimisationModel:
    """Program that stays in the solver: edited, and reoptimised from the first basis or from a plan.

    Every edit rebuilds and compiles the program, so that one code reads its rules from the data. If only values
    differ, they are changed in the model in the solver. Otherwise a second model is made, which stays for as
    long as edits fit it; a linear program starts there from the first basis, matched by names.

    Parameters
    ----------
    instance : Instance
        What to plan.
    relax : bool
        Drop integrality.
    added : Added, optional
        What was added to the program; it holds in those of edited instances, too.
    settings : dict, optional
        Options of HiGHS for all searches.

    Attributes
    ----------
    program : Program
        The program of the current instance.
    arrays : Arrays
        The same, compiled.
    rebuilt : int
        How many edits needed a new model in the solver.
    reason : str or None
        Why the last edit needed one; None if it did not.
    """

    def __init__(
        self,
        instance: Instance,
        *,
        relax: bool = False,
        added: Added | None = None,
        settings: dict[str, Any] | None = None,
    ) -> None:
        self.relax, self._added, self._settings = relax, added, settings
        self.rebuilt = 0
        self.reason: str | None = None
        self._first = self._current = _Built(*self._compiled(instance), settings)
        self._other: _Built | None = None
        self._mip_start: Any = None

    @property
    def program(self) -> Program:
        """The current program."""
        return self._current.program

    @property
    def arrays(self) -> Arrays:
        """The current program, compiled."""
        return self._current.arrays

    def update(self, instance: Instance) -> bool:
        """Change the program to that of another instance; return whether its model was changed in place."""
        self._mip_start = None
        program, arrays = self._compiled(instance)
        for built in (self._first, self._other):
            if built is not None and built.replace(program, arrays):
                self._current, self.reason = built, None
                return True
        self.rebuilt += 1
        self.reason = structural_difference(self._first.arrays, arrays)
        self._current, self._other = self._first, None  # frees its memory first
        self._current = self._other = _Built(program, arrays, self._settings)
        self._current.start_from_basis_of(self._first)
        return False

    def _compiled(self, instance: Instance) -> tuple[Program, Arrays]:
        with collector_paused():
            program = build(instance, self._added)
            arrays = compile_program(program, relax=self.relax)
            freeze_program(len(arrays.columns))
        return program, arrays

    def start(
        self, plan: Any, fixings: Iterable[Fixing] = (), *, wide: bool = False, free: Collection[str] = ()
    ) -> None:
        """Set the MIP start of the next search: a plan's decisions, except those of items with fixings.

        The solver completes the rest. ``wide`` also leaves out all items of the same kinds, which could replace them;
        ``free`` names further items to leave out.
        """
        fixings = list(fixings)
        fixed, items = apply_fixings(self.program, self.arrays, fixings), {*free, *(one.item for one in fixings)}
        free = items_of_same_kinds(self.program, items) if wide else items
        self._mip_start = start_values(self.program, fixed, plan, free)
        self._current.model.start(*self._mip_start)

    def solve(
        self,
        options: Options,
        report: Report | None = None,
        *,
        fixings: Iterable[Fixing] = (),
        duals: bool = False,
        known_bound: float = -np.inf,
        objective_target: float = -np.inf,
        cutoff: float = np.inf,
    ) -> Solution:
        """Solve the current program, with some decisions fixed for this solve.

        ``known_bound`` is a bound known already, ``objective_target`` a cost below which any solution will do,
        ``cutoff`` one from which on none is of interest.

        Raises
        ------
        FixingError
            If a fixing names an unknown item, or a month in which the decision is impossible.
        """
        fixed, now = apply_fixings(self.program, self.arrays, fixings), self._current
        costs = {"known_bound": known_bound, "objective_target": objective_target, "cutoff": cutoff}
        if len(fixed.rows) == len(self.arrays.rows):
            now.model.change(fixed)
            solution = now.model.solve(options, report, duals=duals, **costs)
            now.model.change(self.arrays)
            return solution
        model = Model(fixed, settings=self._settings)
        if self._mip_start is not None:
            model.start(*self._mip_start)
        return model.solve(options, report, duals=duals, **costs)

    def better(self, one: Solution, other: Solution) -> Solution:
        """Return the cheaper of two solutions of the current program, with the better of their bounds."""
        if one.values is None or other.values is None:
            found = other if one.values is None else one
            better = one.bound if found is other else other.bound
            return replace(found, bound=better) if better > found.bound and found.stop is not Stop.INFEASIBLE else found
        cost = self.arrays.cost
        cheap = one if cost @ one.values[: len(cost)] <= cost @ other.values[: len(cost)] else other
        stop = Stop.GAP_REACHED if Stop.GAP_REACHED in (one.stop, other.stop) else other.stop
        return replace(cheap, bound=max(one.bound, other.bound), stop=stop)


class _Built:
    """Program with its model in the solver; both change with edits that keep the structure."""

    def __init__(self, program: Program, arrays: Arrays, settings: dict[str, Any] | None) -> None:
        self.program, self.arrays = program, arrays
        self.model = Model(arrays, settings=settings)

    def replace(self, program: Program, arrays: Arrays) -> bool:
        """Change to another program in place; return whether the structures are equal."""
        if structural_difference(self.arrays, arrays) is not None:
            return False
        self.program, self.arrays = program, arrays
        self.model.change(arrays)
        return True

    def start_from_basis_of(self, other: _Built) -> None:
        """Start a linear program from the basis of another one, matched by names of columns and rows."""
        known = other.model.basis
        if known is None or self.arrays.integer.any():
            return
        columns = dict(zip(other._names[0], known.columns, strict=False))
        rows = dict(zip(other._names[1], known.rows, strict=False))
        self.model.basis = Basis(
            [columns.get(name, Basis.lower) for name in self._names[0]],
            [rows.get(name, Basis.basic) for name in self._names[1]],
        )

    @cached_property
    def _names(self) -> tuple[list[Any], list[Any]]:
        """Names of the columns and rows, in order."""
        return list(self.arrays.columns), list(self.arrays.rows)

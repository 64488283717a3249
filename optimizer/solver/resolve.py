"""What-ifs on a live model: edits of figures change the program in place, and searches start from the last answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from optimizer.instance.instance import Instance
from optimizer.program.build import Program, build, collector_paused
from optimizer.program.compile import Arrays, compile_program
from optimizer.program.garbage import count_as_old
from optimizer.program.holds import Hold, hold
from optimizer.solver.highs import Basis, Model, Report
from optimizer.solver.revise import Shape, revise
from optimizer.solver.solution import Options, Solution, Stop
from optimizer.solver.start import alike, start_values


class Live:
    """A program kept in the solver: edited, and solved again from the first basis or the plan at hand.

    An edit that leaves the program's shape changes it in place. Another one builds a program beside it, for as long as
    it is asked about; what has been found out about the first one stays.

    Parameters
    ----------
    instance : Instance
        What to plan.
    relax : bool
        Drop integrality.

    Attributes
    ----------
    program : Program
        The program as it stands. After an edit in place it reads the new data; its rows stay as first written, and
        ``arrays`` has them anew.
    arrays : Arrays
        The same, compiled.
    rebuilt : int
        How many edits needed a new program.
    """

    def __init__(self, instance: Instance, *, relax: bool = False) -> None:
        self.relax = relax
        self.rebuilt = 0
        self._home = self._now = _Built(instance, relax)
        self._aside: _Built | None = None
        self._started: Any = None

    @property
    def program(self) -> Program:
        """The program as it stands."""
        return self._now.program

    @property
    def arrays(self) -> Arrays:
        """The program as it stands, compiled."""
        return self._now.arrays

    @property
    def placed_anew(self) -> bool:
        """Whether columns of training runs were appended to the program as it was built."""
        return len(self.arrays.cost) > self._now.count

    def update(self, instance: Instance) -> bool:
        """Change the program to that of another instance; returns whether that could be done in place."""
        self._started = None
        with collector_paused():
            return self._updated(instance)

    def _updated(self, instance: Instance) -> bool:
        for built in (self._home, self._aside):
            if built is not None and built.revise(instance):
                self._now = built
                return True
        self.rebuilt += 1
        self._now, self._aside = self._home, None  # frees its memory first
        self._now = self._aside = _Built(instance, self.relax)
        self._now.begin_as(self._home)
        return False

    def start(self, plan: Any, holds: Iterable[Hold] = (), *, wide: bool = False, free: Collection[str] = ()) -> None:
        """Start the next search from a plan's decisions, as far as they are possible here and with what is held.

        What is held is left to the solver, so that the rest of the plan is a start still; ``wide``: all else of its
        kind too, which could take its place. ``free`` names more items that are left so.
        """
        holds = list(holds)
        held, items = hold(self.program, self.arrays, holds), {*free, *(one.item for one in holds)}
        free = alike(self.program, items) if wide else items
        self._started = start_values(self.program, held, plan, free)
        self._now.model.start(*self._started)

    def solve(
        self,
        options: Options,
        report: Report | None = None,
        *,
        holds: Iterable[Hold] = (),
        duals: bool = False,
        floor: float = -np.inf,
        enough: float = -np.inf,
    ) -> Solution:
        """Solve the program as it stands, with some decisions held this once.

        ``floor`` is a bound known already, ``enough`` a cost below which any solution will do.

        Raises
        ------
        HoldError
            If a hold names an item that is not there, or a month in which it cannot be.
        """
        held, now = hold(self.program, self.arrays, holds), self._now
        if len(held.rows) == len(self.arrays.rows):
            now.model.change(held)
            solution = now.model.solve(options, report, duals=duals, floor=floor, enough=enough)
            now.model.change(self.arrays)
            return solution
        model = Model(held)
        if self._started is not None:
            model.start(*self._started)
        return model.solve(options, report, duals=duals, floor=floor, enough=enough)

    def better(self, one: Solution, other: Solution) -> Solution:
        """The cheaper of two solutions of the program as it stands, with the better of their bounds."""
        if one.values is None or other.values is None:
            return other if one.values is None else one
        cost = self.arrays.cost
        cheap = one if cost @ one.values[: len(cost)] <= cost @ other.values[: len(cost)] else other
        stop = Stop.GAP_REACHED if Stop.GAP_REACHED in (one.stop, other.stop) else other.stop
        return replace(cheap, bound=max(one.bound, other.bound), stop=stop)


class _Built:
    """A program as built, with its model in the solver, and as edited in place."""

    def __init__(self, instance: Instance, relax: bool) -> None:
        with collector_paused():
            self.program = self._first_program = build(instance)
            self.arrays = self._first_arrays = compile_program(self.program, relax=relax)
        self._shape = Shape(self.program, self.arrays, relax)
        self.model, self.count = Model(self.arrays), len(self.arrays.cost)
        count_as_old(self.count)

    def revise(self, instance: Instance) -> bool:
        """Change the program in place to that of an edited instance; returns whether that can be done."""
        revised = revise(self._first_program, self._first_arrays, self._shape, instance)
        if revised is None:
            return False
        self.program, self.arrays = revised
        self.model.change(self.arrays)
        return True

    def begin_as(self, other: _Built) -> None:
        """Start a linear program where another one ended: columns and rows of the same name have the same status."""
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
        """Names of the columns and rows as built, in their order."""
        return list(self._first_arrays.columns), list(self._first_arrays.rows)

"""A program loaded into HiGHS: changed in place, and reoptimised from its last basis or incumbent."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import highspy
import numpy as np

from optimizer.errors import SolverError
from optimizer.program.arrays import Arrays, Floats, Ints
from optimizer.solver.highs_options import STATUS, Basis, as_lp, settings_of
from optimizer.solver.incumbent_queue import IncumbentQueue
from optimizer.solver.solution import Options

Report = Callable[[float | None, float | None, int], None]  # incumbent, bound, nodes: in the program's units

_FEW_ITERATIONS = 1000
_MANY_CELLS = 1000  # changed coefficients: passing the entire program is faster than more single changes
# From a nearly optimal basis, HiGHS chooses the primal simplex method if only costs changed, else the dual one;
# perturbing the costs would only move it away from there.
_NEAR = {"simplex_strategy": 0, "dual_simplex_cost_perturbation_multiplier": 0.0}


class PersistentModel(ABC):
    """Part of :class:`optimizer.solver.highs.Model` that changes the program and sets the start of the next solve."""

    arrays: Arrays
    _highs: Any
    _start: tuple[Ints, Floats] | None
    _completes_start = False  # whether the current run first searches for the rest of a partial MIP start
    _basis: Any
    _most_iterations: int
    _queue: IncumbentQueue

    @abstractmethod
    def _new_highs(self) -> Any: ...

    def _ready(self) -> None:
        """Create a new HiGHS object if the last one was abandoned."""
        if self._highs is None:
            self._highs = self._new_highs()

    @abstractmethod
    def _run(
        self, settings: dict[str, Any], report: Report | None, from_scratch: bool = False, patience: float = math.inf
    ) -> bool: ...

    def change(self, arrays: Arrays) -> int:
        """Change the model to ``arrays`` of the same structure; return the number of changed values.

        Changes are made in place, so that the next solve starts from the first basis or the last incumbent.
        """
        self._ready()
        highs, old = self._highs, self.arrays
        self.arrays = arrays
        cells = np.flatnonzero(arrays.values != old.values)
        if len(cells) > _MANY_CELLS:
            self._pass(highs)
            return len(cells)
        cost = np.flatnonzero(arrays.cost != old.cost).astype(np.int32)
        bounds = np.flatnonzero((arrays.lower != old.lower) | (arrays.upper != old.upper)).astype(np.int32)
        rows = np.flatnonzero((arrays.row_lower != old.row_lower) | (arrays.row_upper != old.row_upper))
        rows = rows.astype(np.int32)
        done = [
            highs.changeColsCost(len(cost), cost, arrays.cost[cost]),
            highs.changeColsBounds(len(bounds), bounds, arrays.lower[bounds], arrays.upper[bounds]),
            highs.changeRowsBounds(len(rows), rows, arrays.row_lower[rows], arrays.row_upper[rows]),
            highs.changeObjectiveOffset(arrays.offset),
        ]
        columns = np.searchsorted(arrays.starts, cells, side="right") - 1
        for cell, column in zip(cells.tolist(), columns.tolist(), strict=True):
            done.append(highs.changeCoeff(int(arrays.indices[cell]), column, float(arrays.values[cell])))
        if highspy.HighsStatus.kError in done:
            raise SolverError("HiGHS refuses a change of the program")
        self._queue.take()  # a solution of the previous program
        return len(cost) + len(bounds) + len(rows) + len(cells)

    def _pass(self, highs: highspy.Highs) -> None:
        """Pass the entire program."""
        if highs.passModel(as_lp(self.arrays)) == highspy.HighsStatus.kError:
            raise SolverError("HiGHS refuses the compiled program")
        self._queue.take()  # a solution of the previous program

    def start(self, columns: Ints, values: Floats) -> None:
        """Set the MIP start of the next search: values of some columns, which HiGHS completes."""
        self._start = columns, values

    def _give_start(self) -> None:
        """Pass the MIP start to HiGHS.

        HiGHS completes a partial one by a search of its own with these columns fixed, and reports its dual bound in the
        same way: that is not a bound of the program, and cannot be distinguished from one.
        """
        self._completes_start = False
        if self._start is None:
            return
        columns, values = self._start
        self._completes_start = np.setdiff1d(np.flatnonzero(self.arrays.integer), columns).size > 0
        self._highs.setSolution(len(columns), columns.astype(np.int32), values)
        self._start = None

    @property
    def basis(self) -> Basis | None:
        """Basis from which linear programs start: that of the first solve, or the one that was set."""
        return None if self._basis is None else Basis(self._basis.col_status, self._basis.row_status)

    @basis.setter
    def basis(self, given: Basis) -> None:
        self._basis = highspy.HighsBasis()
        self._basis.valid = self._basis.alien = True  # alien: HiGHS repairs it if it does not fit
        self._basis.col_status, self._basis.row_status = given.columns, given.rows
        self._most_iterations = len(given.rows)

    def _run_from_basis(self, options: Options, report: Report | None) -> bool:
        """Run from the stored basis, for no more iterations than a cold start may need; return as ``_run`` does."""
        self._ready()
        self._highs.setBasis(self._basis)
        settings = settings_of(self.arrays, options, options.time_limit)
        stopped = self._run(settings | _NEAR | {"simplex_iteration_limit": self._most_iterations}, report)
        self._keep_basis()
        return stopped

    def _keep_basis(self) -> None:
        """Store the first optimal basis of a linear program."""
        kept = self._basis is not None and not self._basis.alien
        if self._highs is None or kept or self.arrays.integer.any() or self._highs.getModelStatus() != STATUS.kOptimal:
            return
        self._basis = self._highs.getBasis()
        self._most_iterations = max(int(self._highs.getInfo().simplex_iteration_count), _FEW_ITERATIONS)

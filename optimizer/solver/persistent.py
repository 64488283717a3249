"""A program held by HiGHS, changed in place, and solved again from where it stands."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import highspy
import numpy as np

from optimizer.errors import SolverError
from optimizer.program.compile import Arrays, Floats, Ints
from optimizer.solver.highs_options import STATUS, Basis, as_lp, settings_of
from optimizer.solver.incumbent_queue import Offers
from optimizer.solver.solution import Options

Report = Callable[[float | None, float | None, int], None]  # incumbent, bound, nodes: in the program's units

_FEW_ITERATIONS = 1000
_MANY_CELLS = 1000  # that differ: the whole program is passed sooner than these one by one
# From a basis that is nearly optimal, HiGHS chooses the primal simplex where only costs changed, the dual one else, and
# perturbed costs would only take it away from there.
_NEAR = {"simplex_strategy": 0, "dual_simplex_cost_perturbation_multiplier": 0.0}


class Changing(ABC):
    """The part of :class:`optimizer.solver.highs.Model` that changes a program and says where its next solve starts."""

    arrays: Arrays
    _highs: Any
    _start: tuple[Ints, Floats] | None
    _basis: Any
    _most_iterations: int
    _offers: Offers

    @abstractmethod
    def _made(self) -> Any: ...

    def _ready(self) -> None:
        """Make a new HiGHS where the last one was left behind."""
        if self._highs is None:
            self._highs = self._made()

    @abstractmethod
    def _run(
        self, settings: dict[str, Any], report: Report | None, afresh: bool = False, patience: float = math.inf
    ) -> bool: ...

    def change(self, arrays: Arrays) -> int:
        """Change the model to ``arrays``, which have its structure; return how many numbers differ.

        What differs is changed in place, so that the next solve starts from the first basis or the last incumbent.
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
        self._offers.take()  # it was a solution of another program
        return len(cost) + len(bounds) + len(rows) + len(cells)

    def _pass(self, highs: highspy.Highs) -> None:
        """Pass the whole program."""
        if highs.passModel(as_lp(self.arrays)) == highspy.HighsStatus.kError:
            raise SolverError("HiGHS refuses the compiled program")
        self._offers.take()  # it was a solution of another program

    def start(self, columns: Ints, values: Floats) -> None:
        """Give values of some columns to start the next search from; HiGHS completes them."""
        self._start = columns, values

    @property
    def basis(self) -> Basis | None:
        """Basis that solves start from, of linear programs: that of the first solve, or one that was given."""
        return None if self._basis is None else Basis(self._basis.col_status, self._basis.row_status)

    @basis.setter
    def basis(self, given: Basis) -> None:
        self._basis = highspy.HighsBasis()
        self._basis.valid = self._basis.alien = True  # alien: HiGHS repairs what does not fit
        self._basis.col_status, self._basis.row_status = given.columns, given.rows
        self._most_iterations = len(given.rows)

    def _run_from_basis(self, options: Options, report: Report | None) -> bool:
        """Run from the kept basis, for no more iterations than a run afresh may need; returns as ``_run`` does."""
        self._ready()
        self._highs.setBasis(self._basis)
        settings = settings_of(self.arrays, options, options.time_limit)
        asked = self._run(settings | _NEAR | {"simplex_iteration_limit": self._most_iterations}, report)
        self._keep_basis()
        return asked

    def _keep_basis(self) -> None:
        """Keep the first optimal basis of a linear program."""
        kept = self._basis is not None and not self._basis.alien
        if self._highs is None or kept or self.arrays.integer.any() or self._highs.getModelStatus() != STATUS.kOptimal:
            return
        self._basis = self._highs.getBasis()
        self._most_iterations = max(int(self._highs.getInfo().simplex_iteration_count), _FEW_ITERATIONS)

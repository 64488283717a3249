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
from optimizer.solver.highs_ground import STATUS, Basis, as_lp, settings_of
from optimizer.solver.offers import Offers
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
    _first_columns: int
    _start: tuple[Ints, Floats] | None
    _basis: Any
    _basis_size: int
    _most_iterations: int
    _offers: Offers

    @abstractmethod
    def _run(
        self, settings: dict[str, Any], report: Report | None, afresh: bool = False, patience: float = math.inf
    ) -> bool: ...

    def change(self, arrays: Arrays) -> int:
        """Change the model to ``arrays``, which have its shape and non-zeros in the same places; returns how much.

        What differs is changed in place, so that the next solve starts from the first basis or the last incumbent.
        There may be more columns behind those that the model was made with.
        """
        highs, first = self._highs, self._first_columns
        old = self.arrays.up_to(first)
        if len(self.arrays.cost) > first:
            behind = np.arange(first, len(self.arrays.cost), dtype=np.int32)
            highs.deleteCols(len(behind), behind)
        self.arrays, arrays = arrays, arrays.up_to(first)
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
        more = len(self.arrays.cost) - first
        if more:
            done += self._append(first)
        if highspy.HighsStatus.kError in done:
            raise SolverError("HiGHS refuses a change of the program")
        self._offers.take()  # it was a solution of another program
        return len(cost) + len(bounds) + len(rows) + len(cells) + more

    def _pass(self, highs: highspy.Highs) -> None:
        """Pass the whole program."""
        if highs.passModel(as_lp(self.arrays)) == highspy.HighsStatus.kError:
            raise SolverError("HiGHS refuses the compiled program")
        self._offers.take()  # it was a solution of another program

    def _append(self, first: int) -> list[highspy.HighsStatus]:
        """Append the columns behind the first ones."""
        arrays, highs = self.arrays, self._highs
        count, begin = len(arrays.cost) - first, arrays.starts[first]
        indices, values = arrays.indices[begin:].astype(np.int32), arrays.values[begin:]
        starts = (arrays.starts[first:-1] - begin).astype(np.int32)
        limits = arrays.cost[first:], arrays.lower[first:], arrays.upper[first:]
        done = [highs.addCols(count, *limits, len(values), starts, indices, values)]
        whole = np.flatnonzero(arrays.integer[first:]) + first
        if len(whole):
            kinds = np.full(len(whole), highspy.HighsVarType.kInteger)
            done.append(highs.changeColsIntegrality(len(whole), whole.astype(np.int32), kinds))
        return done

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
        self._basis_size = len(given.columns)
        self._most_iterations = len(given.rows)

    def _run_from_basis(self, options: Options, report: Report | None) -> bool:
        """Run from the kept basis, for no more iterations than a run afresh may need; returns as ``_run`` does."""
        self._highs.setBasis(self._fitted_basis())
        settings = settings_of(self.arrays, options, options.time_limit)
        asked = self._run(settings | _NEAR | {"simplex_iteration_limit": self._most_iterations}, report)
        self._keep_basis()
        return asked

    def _fitted_basis(self) -> Any:
        """The kept basis for the columns there are: some may have been appended."""
        count = len(self.arrays.cost)
        if count != self._basis_size:
            return _fitted(self._basis, count)
        return self._basis

    def _keep_basis(self) -> None:
        """Keep the first optimal basis of a linear program."""
        kept = self._basis is not None and not self._basis.alien
        if kept or self.arrays.integer.any() or self._highs.getModelStatus() != STATUS.kOptimal:
            return
        self._basis, self._basis_size = self._highs.getBasis(), len(self.arrays.cost)
        self._most_iterations = max(int(self._highs.getInfo().simplex_iteration_count), _FEW_ITERATIONS)


def _fitted(basis: Any, count: int) -> Any:
    """A basis for some columns more or fewer at the end."""
    statuses = basis.col_status
    if len(statuses) == count:
        return basis
    found = highspy.HighsBasis()
    found.valid, found.alien = True, len(statuses) > count  # alien: HiGHS repairs what does not fit
    found.col_status = (statuses + [Basis.lower] * (count - len(statuses)))[:count]
    found.row_status = basis.row_status
    return found

"""By how much the optimum of a linear program changes if right-hand sides and bounds move: both ways, exactly.

Where the optimum is degenerate, any number between the changes of the two sides is a dual, and a dual need be neither
of them. So each change is looked at both ways. Where the optimal basis stays feasible, the change follows from it
(sensitivity analysis: Chvatal, Linear Programming, chapter 10); elsewhere the program is solved again from that basis
by the dual simplex method.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import highspy
import numpy as np
from scipy.sparse import csc_array, csr_array, hstack, identity
from scipy.sparse.linalg import splu

from optimizer.errors import SolverError
from optimizer.program.arrays import Arrays, Floats, Ints
from optimizer.solver.components import Split, split
from optimizer.solver.highs_options import EXACT, INFEASIBLE, STATUS, SilentHighs, as_lp, set_options
from optimizer.solver.interruptible import SearchAbandoned, run_uninterruptible

_TOLERANCE = 1e-10  # the least that HiGHS takes
_LOOSE = 1e-7  # tolerance where the least one leaves no solution
_PART = 1e-6  # of a step: what a basis may be infeasible by after it
_SETTINGS = {
    "solver": "simplex",
    "threads": 1,
    "primal_feasibility_tolerance": _TOLERANCE,
    "dual_feasibility_tolerance": _TOLERANCE,
    "dual_simplex_cost_perturbation_multiplier": 0.0,
    **EXACT,
}
_BASIC, _AT_UPPER = highspy.HighsBasisStatus.kBasic, highspy.HighsBasisStatus.kUpper
_SMALL = 20_000  # non-zeros: solving again takes milliseconds, and Ctrl-C is heard in between
_CHUNK = 20  # changes looked at together: more are slower, by memory
_FLAT = 1e-12  # a slope below it, in the program's units for a unit of change, is noise


class Change(Protocol):
    """What moves: sides of rows and upper bounds of columns."""

    @property
    def rows(self) -> Ints:
        """Numbers of the rows."""

    @property
    def row_changes(self) -> Floats:
        """By how much their sides move."""

    @property
    def columns(self) -> Ints:
        """Numbers of the columns."""

    @property
    def upper_changes(self) -> Floats:
        """By how much their upper bounds move."""


def changes_of_optimum(
    arrays: Arrays,
    changes: Sequence[Change],
    sides: tuple[float, ...] = (1.0, -1.0),
    *,
    seconds: float = np.inf,
    estimate: bool = False,
) -> Floats | None:
    """Change of the optimum for each change and for its opposite.

    Parameters
    ----------
    arrays : Arrays
        A linear program that has an optimum; integrality is ignored.
    changes : sequence of Change
        Each made on its own. A change of an equation moves both sides.
    sides : tuple of float
        1 for the change, -1 for its opposite.
    seconds : float
        Time limit. What it leaves open is NaN.
    estimate : bool
        Give a dual in place of NaN: right in sign, and 0 where nothing binds.

    Returns
    -------
    ndarray, changes by sides, or None
        Optimum with the change, or its opposite, less the optimum without; in the program's units, infinite where
        nothing is feasible. None where the program is infeasible without any change; with ``estimate`` also where it is
        not solved in time.

    Raises
    ------
    SolverError
        If HiGHS fails.
    """
    end = time.perf_counter() + seconds
    free = arrays.upper > arrays.lower
    for change in changes:
        free[change.columns] = True
    taken = split(arrays, free)
    found = np.array([_constant_rows(taken, change, sides) for change in changes]).reshape(len(changes), len(sides))
    for part, pieces in _pieces(taken, changes).items():
        solved = _Optimum(taken.parts[part], end)
        if solved.basis is None:
            if solved.infeasible or estimate:
                return None
            found[[place for place, _ in pieces]] = np.nan
            continue
        sums = solved.changes([piece for _, piece in pieces], sides, estimate)
        np.add.at(found, [place for place, _ in pieces], sums)
    return found


@dataclass
class _Piece:
    """The part of a change that lies in one component, by the component's numbers."""

    rows: list[int] = field(default_factory=list)
    row_changes: list[float] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    upper_changes: list[float] = field(default_factory=list)

    @property
    def size(self) -> float:
        """The smallest of its steps."""
        return min(abs(amount) for amount in [*self.row_changes, *self.upper_changes])


def _constant_rows(taken: Split, change: Change, sides: tuple[float, ...]) -> list[float]:
    """0 or infinity for each side: whether rows without columns stay satisfied."""
    chosen = taken.part_of_row[change.rows] < 0
    rows, amounts = change.rows[chosen], change.row_changes[chosen]
    lower, upper, room = taken.row_lower[rows], taken.row_upper[rows], _PART * np.abs(amounts)
    broken = [np.any((lower + side * amounts > room) | (upper + side * amounts < -room)) for side in sides]
    return [np.inf if one else 0.0 for one in broken]


def _pieces(taken: Split, changes: Sequence[Change]) -> dict[int, list[tuple[int, _Piece]]]:
    """Parts of the changes, by component, with the number of the change."""
    found: dict[int, dict[int, _Piece]] = defaultdict(dict)
    for place, change in enumerate(changes):
        for row, amount in zip(change.rows.tolist(), change.row_changes.tolist(), strict=True):
            part = int(taken.part_of_row[row])
            if part >= 0:
                piece = found[part].setdefault(place, _Piece())
                piece.rows.append(int(taken.place_of_row[row]))
                piece.row_changes.append(amount)
        for column, amount in zip(change.columns.tolist(), change.upper_changes.tolist(), strict=True):
            part = int(taken.part_of_column[column])
            if amount:
                piece = found[part].setdefault(place, _Piece())
                piece.columns.append(int(taken.place_of_column[column]))
                piece.upper_changes.append(amount)
    return {part: list(pieces.items()) for part, pieces in found.items()}


class _Optimum:
    """A component solved, its optimal basis, and what changes from there."""

    def __init__(self, part: Arrays, end: float) -> None:
        self.part, self.end = part, end
        shape = len(part.rows), len(part.columns)
        self.matrix = csc_array((part.values, part.indices, part.starts), shape=shape)
        self.by_row = csr_array(self.matrix)
        self.highs = SilentHighs()
        set_options(self.highs, _SETTINGS | {"time_limit": max(end - time.perf_counter(), 0.0)})
        self._done(self.highs.passModel(as_lp(part)))
        self.basis: Any = None
        status = self._run()
        if status in INFEASIBLE:
            # What was fixed meets the rows within the tolerance of the solver that it comes from.
            set_options(self.highs, {"primal_feasibility_tolerance": _LOOSE, "presolve": "off"})
            status = self._run()
        self.infeasible = status in INFEASIBLE
        if status in (STATUS.kOptimal, STATUS.kModelEmpty):
            self._read()

    def _run(self) -> Any:
        """Run HiGHS; returns its status, None where it did not end in time."""
        if len(self.part.values) <= _SMALL:
            self._done(self.highs.run())
            return self.highs.getModelStatus()
        try:
            self._done(run_uninterruptible(self.highs.run, self.end))
        except SearchAbandoned:
            self.end = -np.inf  # what still runs must be left alone
            return None
        return self.highs.getModelStatus()

    def _read(self) -> None:
        """Take note of the optimum and of its basis."""
        set_options(self.highs, {"presolve": "off", "time_limit": np.inf})
        solution = self.highs.getSolution()
        self.x = np.array(solution.col_value, dtype=float)
        self.activity = np.array(solution.row_value, dtype=float)
        self.basis = self.highs.getBasis()
        columns = np.array([one == _BASIC for one in self.basis.col_status], dtype=bool)
        rows = np.array([one == _BASIC for one in self.basis.row_status], dtype=bool)
        self.basic_columns, self.basic_rows = np.flatnonzero(columns), np.flatnonzero(rows)
        self.loose_rows = rows
        self.at_upper = np.array([one == _AT_UPPER for one in self.basis.col_status], dtype=bool)
        basic = self.matrix[:, self.basic_columns]
        slack = csc_array(-identity(len(self.part.rows), format="csc"))[:, self.basic_rows]
        self.factor = splu(csc_array(hstack([basic, slack])).tocsc()) if len(self.part.rows) else None

    def changes(self, pieces: list[_Piece], sides: tuple[float, ...], estimate: bool) -> Floats:
        """Change of the optimum by each piece, by a column for each sign."""
        found = np.zeros((len(pieces), len(sides)))
        for first in range(0, len(pieces), _CHUNK):
            some = pieces[first : first + _CHUNK]
            moves, costs = self._moves(some)
            for place, piece in enumerate(some):
                for side, sign in enumerate(sides):
                    change = self._change(piece, sign, moves[:, place], float(costs[place]))
                    found[first + place, side] = sign * costs[place] if change is None and estimate else change
        return found

    def _change(self, piece: _Piece, sign: float, move: Floats, cost: float) -> float | None:
        """Change of the optimum by a piece, in the cheapest way that is exact; None if the time is over."""
        if abs(cost) <= _FLAT * piece.size and self._only_loosens(piece, sign):
            return 0.0  # a subgradient says that it is no less, and what was feasible still is
        if self._is_hopeless(piece, sign):
            return np.inf
        if self._stays(piece, move, sign):
            return sign * cost
        return self._solved_again(piece, sign) if time.perf_counter() < self.end else None

    def _only_loosens(self, piece: _Piece, sign: float) -> bool:
        """Whether every solution stays feasible."""
        low, high = self.part.row_lower[piece.rows], self.part.row_upper[piece.rows]
        amounts = sign * np.array(piece.row_changes)
        rows = np.where(amounts > 0, low == -np.inf, high == np.inf)
        return bool(np.all(rows) and np.all(sign * np.array(piece.upper_changes) >= 0))

    def _is_hopeless(self, piece: _Piece, sign: float) -> bool:
        """Whether a row cannot be kept by any values of its columns, or a column has no value left."""
        part, room = self.part, _PART * piece.size
        upper = part.upper.copy()
        upper[piece.columns] += sign * np.array(piece.upper_changes)
        if np.any(upper[piece.columns] < part.lower[piece.columns] - room):
            return True
        inside = self.by_row[piece.rows, :].tocsr()
        least = _extreme(inside, part.lower, upper)
        most = -_extreme(-inside, part.lower, upper)
        amounts = sign * np.array(piece.row_changes)
        return bool(
            np.any(least > part.row_upper[piece.rows] + amounts + room)
            or np.any(most < part.row_lower[piece.rows] + amounts - room)
        )

    def _moves(self, pieces: list[_Piece]) -> tuple[Floats, Floats]:
        """How basic columns, then basic rows, move with each piece in the optimal basis, and what that costs."""
        right, own = np.zeros((len(self.part.rows), len(pieces))), np.zeros(len(pieces))
        for place, piece in enumerate(pieces):
            for row, amount in zip(piece.rows, piece.row_changes, strict=True):
                right[row, place] += 0.0 if self.loose_rows[row] else amount
            for column, amount in zip(piece.columns, piece.upper_changes, strict=True):
                if self.at_upper[column]:
                    inside = slice(*self.part.starts[column : column + 2])
                    right[self.part.indices[inside], place] -= amount * self.part.values[inside]
                    own[place] += amount * self.part.cost[column]
        moves = right if self.factor is None else self.factor.solve(right)
        return moves, own + self.part.cost[self.basic_columns] @ moves[: len(self.basic_columns)]

    def _stays(self, piece: _Piece, move: Floats, sign: float) -> bool:
        """Whether the optimal basis stays feasible."""
        part, count, room = self.part, len(self.basic_columns), _PART * piece.size
        upper, low, high = part.upper.copy(), part.row_lower.copy(), part.row_upper.copy()
        upper[piece.columns] += sign * np.array(piece.upper_changes)
        low[piece.rows] += sign * np.array(piece.row_changes)
        high[piece.rows] += sign * np.array(piece.row_changes)
        x = self.x[self.basic_columns] + sign * move[:count]
        r = self.activity[self.basic_rows] + sign * move[count:]
        inside = np.all(x >= part.lower[self.basic_columns] - room) and np.all(x <= upper[self.basic_columns] + room)
        return bool(inside and np.all(r >= low[self.basic_rows] - room) and np.all(r <= high[self.basic_rows] + room))

    def _solved_again(self, piece: _Piece, sign: float) -> float | None:
        """Change of the optimum by solving again from the optimal basis; None if the time is over."""
        part = self.part
        self._move(piece, sign)
        self._done(self.highs.setBasis(self.basis))
        status = self._run()
        if status is not None and status != STATUS.kOptimal and status not in INFEASIBLE:
            self.highs.clearSolver()
            status = self._run()
        if status is None:
            return None
        if status != STATUS.kOptimal and status not in INFEASIBLE:
            raise SolverError(f"HiGHS ended with status {self.highs.modelStatusToString(status)!r}")
        x = None if status in INFEASIBLE else np.array(self.highs.getSolution().col_value, dtype=float)
        self._move(piece, 0.0)
        return np.inf if x is None else float(part.cost @ (x - self.x))

    def _move(self, piece: _Piece, sign: float) -> None:
        """Set sides and bounds to where the piece moves them; a sign of 0 moves them back."""
        part, highs = self.part, self.highs
        for row, amount in zip(piece.rows, piece.row_changes, strict=True):
            low, high = part.row_lower[row] + sign * amount, part.row_upper[row] + sign * amount
            self._done(highs.changeRowBounds(row, low, high))
        for column, amount in zip(piece.columns, piece.upper_changes, strict=True):
            upper = max(part.upper[column] + sign * amount, part.lower[column])  # but for rounding it is no less
            self._done(highs.changeColBounds(column, part.lower[column], upper))

    def _done(self, status: Any) -> None:
        if status == highspy.HighsStatus.kError:
            raise SolverError(f"HiGHS failed: {self.highs.modelStatusToString(self.highs.getModelStatus())}")


def _extreme(rows: csr_array, lower: Floats, upper: Floats) -> Floats:
    """Least value of each row with columns between bounds."""
    at = np.where(rows.data > 0, lower[rows.indices], np.where(rows.data < 0, upper[rows.indices], 0.0))
    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    return np.bincount(row, weights=rows.data * at, minlength=rows.shape[0]).astype(float)

"""Irreducible infeasible subsystem (IIS): rows and bounds that are infeasible, but feasible without any one of them.

HiGHS computes it for the linear relaxation if that is infeasible; its answer is used only if marked valid and
irreducible. Its input is kept small: first the rows that prove the relaxation infeasible are selected by their dual
values. Of a mixed-integer program HiGHS proves no subsystem irreducible: QuickXplain finds it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from highspy import IisStrategy

from optimizer.program.arrays import Arrays, Floats, Ints
from optimizer.solver.highs_options import STATUS
from optimizer.solver.highs_process import iis_in_process, run_in_process
from optimizer.solver.quickxplain import find_iis_by_quickxplain
from optimizer.solver.solution import Solution

_SECONDS = 30.0
_MISSED = 1e-7  # total violation that counts as none
_NOISE = 1e-9  # of duals
_ROUNDS = 4
_MANY = 3000  # rows from which on HiGHS is not used
_IRREDUCIBLE = 3  # HiGHS's status; others mean a time limit or a reducible answer
_PARTS = (
    IisStrategy.kIisStrategyFromLp,
    IisStrategy.kIisStrategyIrreducible,
    IisStrategy.kIisStrategyRelaxation,
)
_STRATEGY = sum(int(part) for part in _PARTS)


@dataclass(frozen=True)
class Conflict:
    """Infeasible subsystem: rows and column bounds, by their numbers.

    Attributes
    ----------
    rows, columns : tuple of int
        Numbers of the rows, and of the columns with bounds in it.
    integral : bool
        Whether only the integrality makes it infeasible.
    irreducible : bool
        Whether it is proven feasible without any one of them. For integers in a large program, rows that only define
        a quantity are not counted.
    """

    rows: tuple[int, ...]
    columns: tuple[int, ...]
    integral: bool = False
    irreducible: bool = True


def with_iis(solution: Solution, arrays: Arrays, seconds: float) -> Solution:
    """Add an IIS to an infeasible result, if one is found in time.

    Ctrl-C ends the search for the IIS; the result stays infeasible.
    """
    if seconds <= 0:
        return solution
    try:
        found = find_iis(arrays, min(seconds, _SECONDS))
    except KeyboardInterrupt:
        found = None
    if found is None:
        return solution
    return replace(solution, conflict=found.rows, conflict_columns=found.columns)


def find_iis(arrays: Arrays, seconds: float) -> Conflict | None:
    """Return an IIS of an infeasible program; None if it is feasible, or none is found in time.

    HiGHS runs in a separate process, so that the time limit is kept.

    Parameters
    ----------
    arrays : Arrays
        The program.
    seconds : float
        Time limit.

    Raises
    ------
    KeyboardInterrupt
        On Ctrl-C.
    """
    until = time.perf_counter() + seconds
    proof = clashing_rows(arrays, seconds)
    if proof is not None:
        return narrowed(arrays, proof, until)
    if not arrays.integer.any():
        return None
    rows, columns, irreducible = find_iis_by_quickxplain(arrays, until)
    return Conflict(rows, columns, True, irreducible) if rows or columns else None


def narrowed(arrays: Arrays, rows: Ints, until: float) -> Conflict | None:
    """Return an IIS among rows that prove the linear relaxation infeasible."""
    rows = _fewer(arrays, rows, until)
    part, kept = part_of(arrays, rows)
    # HiGHS does not end in time on a large part.
    found = _query_iis(part, until - time.perf_counter()) if len(rows) <= _MANY else None
    if found is None:
        picked, bounds, irreducible = find_iis_by_quickxplain(part.relaxed(), until)
        found = Conflict(picked, bounds, irreducible=irreducible) if picked or bounds else None
    if found is None:
        return None
    columns = tuple(int(kept[column]) for column in found.columns)
    return replace(found, rows=tuple(int(rows[row]) for row in found.rows), columns=columns)


def _fewer(arrays: Arrays, rows: Ints, until: float) -> Ints:
    """Return fewer rows that prove it too: among fewer rows, another dual solution has fewer non-zeros."""
    for _ in range(_ROUNDS):
        part, _ = part_of(arrays, rows)
        found = clashing_rows(part, until - time.perf_counter())
        if found is None or len(found) == len(rows):
            break
        rows = rows[found]
    return rows


def part_of(arrays: Arrays, rows: Ints) -> tuple[Arrays, Ints]:
    """Return some rows of a program with their columns, and the numbers of these columns."""
    inside = np.isin(arrays.indices, rows)
    columns = np.unique(arrays.term_columns[inside])
    return arrays.without_cost().part(rows, columns), columns


def clashing_rows(arrays: Arrays, seconds: float) -> Ints | None:
    """Return rows that prove the linear relaxation infeasible; None if it is feasible.

    All rows are elastic; those with a non-zero dual in an optimal solution are a proof.
    """
    until = time.perf_counter() + seconds
    loose = _missable(arrays)
    found = run_in_process(loose, {"solver": "simplex"}, until - time.perf_counter())
    if found is None or found["status"] != STATUS.kOptimal.name or found["objective"] <= _MISSED:
        return None
    duals: Floats = np.abs(found["row_duals"])
    return np.flatnonzero(duals > _NOISE)


def _missable(arrays: Arrays) -> Arrays:
    """Return the linear relaxation with elastic rows; the cost is the violation relative to the largest coefficient."""
    largest = np.zeros(len(arrays.row_lower))
    np.maximum.at(largest, arrays.indices, np.abs(arrays.values))
    largest[largest == 0] = 1.0
    under, over = np.flatnonzero(np.isfinite(arrays.row_lower)), np.flatnonzero(np.isfinite(arrays.row_upper))
    places = np.append(under, over)
    count = len(places)
    terms = places, range(count), np.append(largest[under], -largest[over])
    return arrays.without_cost().relaxed().with_columns([None] * count, terms, np.ones(count), np.full(count, np.inf))


def _query_iis(arrays: Arrays, seconds: float) -> Conflict | None:
    """Return the IIS of HiGHS if it is marked valid and irreducible."""
    iis = iis_in_process(arrays, _STRATEGY, seconds)
    if iis is None or not iis["valid"] or iis["status"] != _IRREDUCIBLE:
        return None
    return Conflict(tuple(iis["rows"]), _bounded(iis, arrays)) if iis["rows"] else None


def _bounded(iis: dict[str, Any], arrays: Arrays) -> tuple[int, ...]:
    """Return the columns with bounds in the IIS, without lower bounds of zero."""
    bounds = zip(iis["columns"], iis["upper"], strict=True)
    return tuple(column for column, upper in bounds if upper or arrays.lower[column] != 0)

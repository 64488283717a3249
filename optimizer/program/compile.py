"""The program as sparse arrays, with the way back to its rows and columns."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.errors import SolverError
from optimizer.program.added import Added, scaled_rows
from optimizer.program.arrays import Arrays, Floats, Mask, by_column
from optimizer.program.build import Program
from optimizer.program.gc_control import collector_paused
from optimizer.program.payments import net_present_cost
from optimizer.program.program_data import ProgramData
from optimizer.program.row import Row
from optimizer.program.row_names import name_of

Limits = tuple[Floats, Floats, Mask]  # bounds, and which are integers


def compile_program(program: Program, relax: bool = False) -> Arrays:
    """Compile a program to sparse arrays.

    Its own rows are taken as they are written; what was added to it follows them, by name or on its Pyomo model.

    Parameters
    ----------
    program : Program
        From :func:`optimizer.build`; constraints and variables added to it come along.
    relax : bool
        Drop integrality.

    Raises
    ------
    AdditionError
        If something in the model cannot be obeyed: it is nonlinear, not finite, or a change of the program's own.
    SolverError
        If a number of the program is not finite.
    """
    with collector_paused():
        found = _written(program.parts, program.added)
        return found.relaxed() if relax else found


def _written(m: ProgramData, added: Added) -> Arrays:
    """Arrays of a program as it is written, with what was added after its own rows and columns."""
    names = [(family, key) for family, rows in m.rows.items() for key in rows]
    rows = [row for family in m.rows.values() for row in family.values()]
    rows += [scaled.row for scaled in scaled_rows(m, added)]
    own = added.variables
    cost = np.append(net_present_cost(m), np.zeros(len(own)))
    limits = (
        np.array([*m.lower, *(one.low for one in own)], dtype=float),
        np.array([*m.upper, *(one.high for one in own)], dtype=float),
        np.array([*m.integer, *(one.integer for one in own)], dtype=bool),
    )
    return arrays_of((*names, *added.constraints), rows, [*m.names, *own], (cost, 0.0), limits)


def arrays_of(
    names: tuple[Any, ...], rows: list[Row], columns: Sequence[Any], cost: tuple[Floats, float], limits: Limits
) -> Arrays:
    """Arrays of rows, with the cost and offset, and the bounds and integrality, of columns."""
    count, lengths = len(columns), np.array([len(row.columns) for row in rows], dtype=np.int64)
    every, each = int(lengths.sum()), chain.from_iterable
    values = np.fromiter(each([row.coefficients for row in rows]), dtype=float, count=every)
    places = np.fromiter(each([row.columns for row in rows]), dtype=np.int32, count=every)
    sides = np.array([[row.low for row in rows], [row.high for row in rows]], dtype=float)
    row_of = np.repeat(np.arange(len(rows), dtype=np.int32), lengths)
    _check_finite(names, values, row_of, sides)
    starts, indices, values = by_column(row_of, places, values, count)
    return Arrays(
        cost=cost[0],
        offset=cost[1],
        lower=limits[0],
        upper=limits[1],
        integer=limits[2],
        starts=starts,
        indices=indices,
        values=values,
        row_lower=sides[0],
        row_upper=sides[1],
        columns=tuple(columns),
        rows=names,
    )


def _check_finite(names: tuple[Any, ...], values: Floats, row_of: NDArray[np.int32], sides: Floats) -> None:
    """Refuse rows with coefficients or sides that are NaN or infinite: HiGHS would accept them."""
    bad = row_of[~np.isfinite(values)]
    if bad.size:
        raise not_finite(names[int(bad[0])], "a coefficient", "finite numbers")
    unlike = np.isnan(sides).any(axis=0) | (sides[0] == np.inf) | (sides[1] == -np.inf)
    if unlike.any():
        raise not_finite(names[int(np.flatnonzero(unlike)[0])], "a side", "sides that can be met")


def not_finite(component: Any, part: str, expected: str) -> SolverError:
    """Return the error of a row or objective with a number that is NaN or infinite."""
    return SolverError(
        f"{name_of(component)} has {part} that is NaN or infinite; expected {expected}: check the data it is made from"
    )

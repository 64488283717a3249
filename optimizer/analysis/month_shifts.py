"""Repairs by shifting a month: a rule that begins later or ends earlier, or a later deadline, by minimal shifts."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from optimizer.errors import AdditionError, InstanceError
from optimizer.instance.edit import Edit
from optimizer.program.build import Program
from optimizer.program.compile import compile_program
from optimizer.schema import load_schema
from optimizer.solver.elastic import Cell, make_elastic
from optimizer.solver.feasibility import has_solution

_EACH = 5.0  # seconds for one query


@dataclass(frozen=True)
class Shift:
    """One cell with a month that can be shifted.

    Attributes
    ----------
    cell : tuple of str
        Table, item and column of the requirement that the shift relaxes in some months.
    column : str
        Column with the month.
    month : int
        Present month, counted from the plan's first.
    step : int
        1 for later, -1 for earlier.
    most : int
        Maximum shift, in months.
    window : int
        Number of months in which the row applies.
    """

    cell: Cell
    column: str
    month: int
    step: int
    most: int
    window: int

    def edit(self, program: Program, months: int) -> Edit:
        """Return the edit that shifts it by a number of months."""
        table, item, _ = self.cell
        return Edit(table, item, self.column, "=", program.instance.label(self.month + self.step * months))


def shifts_of(program: Program, cell: Cell) -> Iterator[Shift]:
    """Yield the months in the row of a cell whose shift relaxes the requirement without removing it."""
    table, item, _ = cell
    spec, last = load_schema().tables[table], program.instance.head.months - 1
    row = dict(program.instance.named.get(table, {}).get(item, ()))
    if not row or not spec.window:
        return
    begins, ends = spec.window
    first, end = max(int(row[begins]), 0), int(row[ends])
    window = min(end, last) - first + 1
    if spec.limits and window > 1:
        yield Shift(cell, begins, first, 1, window - 1, window)
        yield Shift(cell, ends, min(end, last), -1, window - 1, window)
    if "required" in spec.columns and first <= end < last:
        yield Shift(cell, ends, end, 1, last - end, window)


def least_shift(
    program: Program, shift: Shift, others: Collection[Cell], until: float, relax: bool = False
) -> tuple[int, bool] | None:
    """Find the smallest shift for which a plan exists, and whether it is proven minimal.

    Parameters
    ----------
    program : Program
        The program without a solution.
    shift : Shift
        The month to shift.
    others : collection of tuple
        Cells that are relaxed without limit.
    until : float
        End of the search, by ``time.perf_counter()``.
    relax : bool
        Whether integrality is dropped.

    Returns
    -------
    tuple of int and bool, or None
        The shift, proven sufficient, and whether smaller ones are proven insufficient; None if none was found.
    """
    proven = True

    def is_sufficient(months: int) -> bool:
        nonlocal proven
        left = min(until - time.perf_counter(), _EACH)
        found = _possible(program, shift.edit(program, months), others, left, relax) if left > 0 else None
        proven = proven and found is not None
        return found is True

    if not is_sufficient(shift.most):
        return None
    low, high = 0, shift.most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_sufficient(middle) else (middle, high)
    return high, proven


def _possible(program: Program, edit: Edit, others: Collection[Cell], seconds: float, relax: bool) -> bool | None:
    """Whether a plan exists with an edit made and some cells relaxed without limit; None if not decided in time."""
    try:
        edited = program.with_edits([edit])
    except (AdditionError, InstanceError):
        return False
    loosened = make_elastic(edited, compile_program(edited, relax=relax))
    kept = [one.cell for one in loosened.relaxations if one.cell not in others]
    return has_solution(loosened.keeping(kept), seconds)

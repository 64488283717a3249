"""Repairs in time: a rule that begins later or ends earlier, a later deadline, each by as few months as possible."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from optimizer.analysis.rebuild import rebuilt
from optimizer.errors import AdditionError, InstanceError
from optimizer.instance.edit import Edit
from optimizer.program.build import Program
from optimizer.program.compile import compile_program
from optimizer.solver.elastic import Cell, make_elastic
from optimizer.solver.feasibility import has_solution

_EACH = 5.0  # seconds for one query
_WINDOWS = ("policies", "rules", "budgets")  # tables whose rows hold from one month to another
_LATEST = {"training_runs": "deadline", "commitments": "latest"}  # the last month in which something can be done


@dataclass(frozen=True)
class Shift:
    """One cell with a month that can be moved.

    Attributes
    ----------
    cell : tuple of str
        Table, item and column of what is given up by it in some months.
    column : str
        Column with the month.
    month : int
        The month as it stands, counted from the plan's first.
    step : int
        1 for later, -1 for earlier.
    most : int
        Most months by which it can be moved.
    window : int
        Months in which the row holds.
    """

    cell: Cell
    column: str
    month: int
    step: int
    most: int
    window: int

    def edit(self, program: Program, months: int) -> Edit:
        """The edit that moves it by some months."""
        table, item, _ = self.cell
        return Edit(table, item, self.column, "=", program.instance.label(self.month + self.step * months))


def shifts_of(program: Program, cell: Cell) -> Iterator[Shift]:
    """What can be moved in the row of a cell so that less is demanded, and something still is."""
    table, item, _ = cell
    last = program.instance.head.months - 1
    row = next((row for row in program.instance.rows[table] if next(iter(row))[1] == item), None)
    if row is None:
        return
    if table in _WINDOWS:
        first, end = max(int(row.from_), 0), min(int(row.to), last)
        window = end - first + 1
        if window > 1:
            yield Shift(cell, "from", first, 1, window - 1, window)
            yield Shift(cell, "to", end, -1, window - 1, window)
    if table in _LATEST:
        month = int(getattr(row, _LATEST[table]))
        first = max(int(row.release if table == "training_runs" else row.earliest), 0)
        if first <= month < last:
            yield Shift(cell, _LATEST[table], month, 1, last - month, month - first + 1)


def least_shift(
    program: Program, shift: Shift, others: Collection[Cell], until: float, relax: bool = False
) -> tuple[int, bool] | None:
    """Fewest months by which a month must be moved for a plan to exist, and whether that is proven.

    Parameters
    ----------
    program : Program
        The program without a solution.
    shift : Shift
        What is moved.
    others : collection of tuple
        Cells that are given up as far as one likes.
    until : float
        When to end, by ``time.perf_counter()``.
    relax : bool
        Whether integrality is dropped.

    Returns
    -------
    tuple of int and bool, or None
        The months, which are enough by proof, and whether fewer are not; None where none are known to be enough.
    """
    proven = True

    def enough(months: int) -> bool:
        nonlocal proven
        left = min(until - time.perf_counter(), _EACH)
        found = _possible(program, shift.edit(program, months), others, left, relax) if left > 0 else None
        proven = proven and found is not None
        return found is True

    if not enough(shift.most):
        return None
    low, high = 0, shift.most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high, proven


def _possible(program: Program, edit: Edit, others: Collection[Cell], seconds: float, relax: bool) -> bool | None:
    """Whether a plan exists with an edit made and some cells given up as far as one likes; None where not known."""
    try:
        edited = rebuilt(program, [edit])
    except (AdditionError, InstanceError):
        return False
    loosened = make_elastic(edited, compile_program(edited, relax=relax))
    kept = [one.cell for one in loosened.relaxations if one.cell not in others]
    return has_solution(loosened.keeping(kept), seconds)

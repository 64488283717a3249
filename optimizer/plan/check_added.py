"""Check of the constraints that were added to the program, on the final plan after all rounding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optimizer.auditing.verdict import Violation
from optimizer.format import number
from optimizer.program.added import Added, AddedConstraint, ScaledRow, scaled_rows
from optimizer.program.program_data import ProgramData

Floats = NDArray[np.float64]
RULE = "added_constraint"
_TOLERANCE = 1e-6  # relative to the row's terms, the same as for the program's own rows


@dataclass(frozen=True)
class AddedCheck:
    """Values and violations of added constraints in a plan.

    Attributes
    ----------
    added : Added
        The additions, with the values of their variables.
    values : tuple of float
        Value of each constraint, in natural units.
    violations : tuple of Violation
        Constraints that the plan violates.
    """

    added: Added
    values: tuple[float, ...]
    violations: tuple[Violation, ...]


def columns_in_added(m: ProgramData, added: Added) -> set[int]:
    """Return the columns in added constraints."""
    return {column for scaled in scaled_rows(m, added) for column in scaled.row.columns}


def check_added(m: ProgramData, added: Added, settled: Floats, own: Floats) -> AddedCheck:
    """Check the added constraints in a settled solution.

    Parameters
    ----------
    m : ProgramData
        The program.
    added : Added
        Its additions.
    settled : ndarray
        Values of the program's columns, as the plan has them.
    own : ndarray
        Values of the added variables.
    """
    values = np.concatenate([settled, own])
    rows = scaled_rows(m, added)
    pairs = list(zip(added.constraints, rows, strict=True))
    amounts = tuple((_amount(row, values)[0] - row.constant) * row.scale for row in rows)
    violations = [_violation(constraint, row, values) for constraint, row in pairs]
    return AddedCheck(added.with_values(own), amounts, tuple(one for one in violations if one is not None))


def _amount(row: ScaledRow, values: Floats) -> tuple[float, float]:
    """Left-hand side of a row and the size of its terms, in the row's scale."""
    terms = np.array(row.row.coefficients) * values[row.row.columns]
    return float(terms.sum()), float(np.abs(terms).sum())


def _violation(constraint: AddedConstraint, scaled: ScaledRow, values: Floats) -> Violation | None:
    amount, size = _amount(scaled, values)
    low, high = scaled.row.low, scaled.row.high
    if max(amount - high, low - amount) <= _TOLERANCE * (1.0 + size):
        return None
    amount, low, high = (part - scaled.constant for part in (amount, low, high))
    side, word = (high, "at most {} allowed") if amount > high else (low, "at least {} required")
    found = f"it comes to {number(amount * scaled.scale, 6)}"
    return Violation(RULE, constraint.name, "", found, word.format(number(side * scaled.scale, 6)))

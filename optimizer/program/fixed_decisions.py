"""The program of a plan whose decisions are fixed, so that only its operation is left to choose.

Decisions are orders of builds and purchases, signatures, hand-backs and take-backs, starts of spend commitments and of
training runs, each with its amount. Operation is everything else: what runs where, what is leased out of which pool,
use on demand, unserved work, shortfalls and violations.
"""

from __future__ import annotations

import numpy as np

from optimizer.program.arrays import Arrays, Floats
from optimizer.program.build import Program

DECISIONS = ("ordered", "bought", "started", "ended", "signed", "option_open", "committed", "placed")
# What follows from the decisions by the equations of the program, whatever the operation is.
STATES = ("built", "installed", "in_force", "delivered", "firm", "running", "not_run")


def fix_decisions_at(program: Program, arrays: Arrays, values: Floats) -> Arrays:
    """The linear program in which the decisions, and all columns that must be integer, are fixed.

    Parameters
    ----------
    program : Program
        What the columns belong to.
    arrays : Arrays
        The program, compiled; columns may follow its own.
    values : ndarray
        A value for each column; those of decisions and integer columns are used.

    Returns
    -------
    Arrays
        Without integrality.
    """
    return arrays.with_values(arrays.integer | columns_of(program, arrays, DECISIONS), values)


def fix_states_at(program: Program, arrays: Arrays, values: Floats) -> Arrays:
    """The same with what follows from the decisions fixed too, at a solution with these decisions."""
    return arrays.with_values(columns_of(program, arrays, STATES), values)


def columns_of(
    program: Program, arrays: Arrays, families: tuple[str, ...]
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Mask of the columns of some families."""
    chosen = np.zeros(len(arrays.cost), dtype=bool)
    for family in families:
        chosen[list(program.parts.col[family].values())] = True
    return chosen

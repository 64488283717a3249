"""Marginal values of MW, accelerators, demand and budgets, by month.

There are two kinds of figures: with the plan's decisions fixed, where only the operation can change, for one unit more
and one unit fewer; and of the linear relaxation, which ranks items but proves nothing. Both are computed by solving
again. Duals would not do: a degenerate optimum has many, and only some are the change on one side. For the change with
all decisions free, see :mod:`optimizer.analysis.steps`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from optimizer.plan.plan import Plan
from optimizer.plan.tables import column_names
from optimizer.program.added_head import program_of
from optimizer.program.arrays import Arrays, Floats
from optimizer.program.build import Program
from optimizer.program.compile import compile_program
from optimizer.program.fixed_decisions import fix_decisions_at, fix_states_at
from optimizer.program.fixings import apply_fixings, fixings_of
from optimizer.program.unit_changes import Key, UnitChange, UnitChanges
from optimizer.solver.highs import Model
from optimizer.solver.mip_start import decision_values
from optimizer.solver.sensitivity import changes_of_optimum
from optimizer.solver.solution import Options, Stop

_NOISE = 1e-9
_SECONDS = 60.0  # time limit of the program with decisions fixed

_UNITS = {
    "mw": "per MW and month",
    "accelerator": "per accelerator and month",
    "demand": "per reference-accelerator and month",
    "budget": "per unit of money",
}


def values_table(plan: Plan, options: Options | None = None) -> pd.DataFrame:
    """Return the marginal values of a plan.

    Parameters
    ----------
    plan : Plan
        The plan that is explained.
    options : Options, optional
        Threads and seed; the time limit applies to the values with decisions fixed and to those of the relaxation.

    Returns
    -------
    DataFrame
        Columns ``month``, ``kind`` (``mw`` of a site, ``accelerator`` of a pool, ``demand`` of a workload, ``budget``),
        ``item``, ``unit``, ``held``, ``held_fewer`` and ``relaxed``: present value per unit, in the instance's
        currency. ``held``: what one more saves with the plan's decisions fixed (of ``demand``: what it costs).
        ``held_fewer``: what one fewer costs (of ``demand``: saves). ``relaxed``: as ``held``, in the linear relaxation.
        NaN where no plan with these decisions is feasible with one more or one fewer, or the time limit came first.
        Rows with zeros only are left out; a budget is listed in the last month of its window.
    """
    settings = options or Options()
    program = program_of(plan)
    arrays = apply_fixings(program, compile_program(program), fixings_of(plan))
    changes = list(UnitChanges(program, arrays).all())
    fixed = with_decisions(program, arrays, plan, settings)
    nothing = np.full((len(changes), 2), np.nan)
    at_fixed = nothing if fixed is None else savings(program, fixed, changes, (1.0, -1.0), settings)
    relaxed = savings(program, arrays, changes, (1.0,), settings)
    figures = np.column_stack([at_fixed, relaxed])
    wanted = np.flatnonzero((np.nan_to_num(figures) != 0).any(axis=1))
    rows = [(*named(plan, changes[place].key), *figures[place].tolist()) for place in wanted.tolist()]
    rows.sort(key=lambda row: row[0])
    return pd.DataFrame(rows, columns=column_names("values"))


def named(plan: Plan, key: Key) -> tuple[str, str, str, str]:
    """Return month, kind, item and unit of a change as cells of the table."""
    kind, item, t = key
    return plan.instance.label(t), kind, item, _UNITS[kind]


def with_decisions(program: Program, arrays: Arrays, plan: Plan, options: Options) -> Arrays | None:
    """Fix the plan's decisions and their consequences in the program; None if that has no solution.

    Raises
    ------
    KeyboardInterrupt
        If the search was interrupted.
    """
    fixed = fix_decisions_at(program, arrays, decision_values(program, arrays, plan))
    found = Model(fixed).solve(replace(options, time_limit=_SECONDS))
    if found.stop is Stop.INTERRUPTED:
        raise KeyboardInterrupt
    return None if found.values is None else fix_states_at(program, fixed, found.values)


def savings(
    program: Program, arrays: Arrays, changes: list[UnitChange], sides: tuple[float, ...], options: Options
) -> Floats:
    """Return the saving of one unit more and the cost of one fewer, by change and side; for demand the reverse."""
    found = changes_of_optimum(arrays, changes, sides, seconds=options.time_limit)
    if found is None:
        return np.full((len(changes), len(sides)), np.nan)
    found = np.where(np.isinf(found), np.nan, found)
    # Of a budget the step is larger than a unit where the solver would lose a unit in rounding.
    found = np.where(np.abs(found) <= _NOISE * np.nanmax(np.abs(found), initial=0.0), 0.0, found)
    signs = np.array([1.0 if change.key[0] == "demand" else -1.0 for change in changes])
    steps = np.array([change.step for change in changes])
    figures: Floats = found * np.array(sides) * (signs * program.units.money / steps)[:, None]
    return figures + 0.0  # no negative zero

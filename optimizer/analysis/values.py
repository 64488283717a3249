"""What one more MW, accelerator, unit of demand or unit of budget is worth, month by month.

Two marginal figures stand side by side and are never mixed: with the plan's decisions fixed, where only operation can
change, for one more and for one fewer; and of the linear relaxation, which ranks but promises nothing. Both are what
solving again gives, not duals: a degenerate optimum has many duals, and only some are the change of either side. The
true change by a step is another matter: :mod:`optimizer.analysis.steps` solves again with all decisions free.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from optimizer.plan.plan import Plan
from optimizer.program.added_head import program_of
from optimizer.program.build import Program
from optimizer.program.compile import Arrays, Floats, compile_program
from optimizer.program.fixed_decisions import fix_decisions_at, fix_states_at
from optimizer.program.fixings import apply_fixings, fixings_of
from optimizer.program.unit_changes import UnitChange, UnitChanges
from optimizer.solver.highs import Model
from optimizer.solver.mip_start import decision_values
from optimizer.solver.sensitivity import changes_of_optimum
from optimizer.solver.solution import Options, Stop

COLUMNS = ("month", "kind", "item", "unit", "held", "held_fewer", "relaxed")
_NOISE = 1e-9
_SECONDS = 60.0  # to solve the program with decisions fixed

_UNITS = {
    "mw": "per MW and month",
    "accelerator": "per accelerator and month",
    "demand": "per reference-accelerator and month",
    "budget": "per unit of money",
}


def values_table(plan: Plan, options: Options | None = None) -> pd.DataFrame:
    """Marginal values of a plan.

    Parameters
    ----------
    plan : Plan
        Whose values are wanted.
    options : Options, optional
        Threads and seed; its time limit holds for the values with decisions fixed and for the relaxation, each.

    Returns
    -------
    DataFrame
        Columns ``month``, ``kind`` (``mw`` of a site, ``accelerator`` of a pool, ``demand`` of a workload, ``budget``),
        ``item``, ``unit``, ``held``, ``held_fewer`` and ``relaxed``: present value per unit, in the instance's
        currency. ``held``: what one more saves with the plan's decisions fixed (of ``demand``: what it costs).
        ``held_fewer``: what one fewer costs (of ``demand``: saves). ``relaxed``: as ``held``, in the linear relaxation.
        NaN where no plan with these decisions is feasible with one more or one fewer, or the time limit came first.
        Rows without a figure other than zero are left out; a budget stands in the last month of its window.
    """
    settings = options or Options()
    program = program_of(plan)
    arrays = apply_fixings(program, compile_program(program), fixings_of(plan))
    changes = list(UnitChanges(program, arrays).all())
    fixed = _with_decisions(program, arrays, plan, settings)
    nothing = np.full((len(changes), 2), np.nan)
    held = nothing if fixed is None else _savings(program, fixed, changes, (1.0, -1.0), settings)
    relaxed = _savings(program, arrays, changes, (1.0,), settings)
    figures = np.column_stack([held, relaxed])
    wanted = np.flatnonzero((np.nan_to_num(figures) != 0).any(axis=1))
    rows = [(*_named(plan, changes[place]), *figures[place].tolist()) for place in wanted.tolist()]
    rows.sort(key=lambda row: row[0])
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _named(plan: Plan, change: UnitChange) -> tuple[str, str, str, str]:
    kind, item, t = change.key
    return plan.instance.label(t), kind, item, _UNITS[kind]


def _with_decisions(program: Program, arrays: Arrays, plan: Plan, options: Options) -> Arrays | None:
    """The program with the plan's decisions, and what follows from them, fixed; None where that has no solution.

    Raises
    ------
    KeyboardInterrupt
        If solving it was interrupted.
    """
    fixed = fix_decisions_at(program, arrays, decision_values(program, arrays, plan))
    found = Model(fixed).solve(replace(options, time_limit=_SECONDS))
    if found.stop is Stop.INTERRUPTED:
        raise KeyboardInterrupt
    return None if found.values is None else fix_states_at(program, fixed, found.values)


def _savings(
    program: Program, arrays: Arrays, changes: list[UnitChange], sides: tuple[float, ...], options: Options
) -> Floats:
    """Money per unit that one more saves or one fewer costs, by change and side; of demand, costs and saves."""
    found = changes_of_optimum(arrays, changes, sides, seconds=options.time_limit)
    if found is None:
        return np.full((len(changes), len(sides)), np.nan)
    signs = np.array([1.0 if change.key[0] == "demand" else -1.0 for change in changes])
    steps = np.array([change.step for change in changes])
    figures = found * np.array(sides) * (signs * program.units.money / steps)[:, None]
    figures[np.isinf(figures)] = np.nan
    noise = _NOISE * np.nanmax(np.abs(figures), initial=0.0)
    return np.where(np.abs(figures) <= noise, 0.0, figures)

"""What one more MW, accelerator, unit of demand or unit of budget is worth, month by month.

Two marginal figures stand side by side and are never mixed: with today's decisions held (the duals of the linear
program that is left when the plan's whole numbers are fixed), and of the linear relaxation, which ranks but promises
nothing. The true change by a step is another matter: :mod:`optimizer.explain.steps` solves again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.plan.plan import Plan
from optimizer.program.build import Program, build
from optimizer.program.compile import Arrays, compile_program
from optimizer.program.holds import held_in, hold
from optimizer.solver.highs import Model, solve_held
from optimizer.solver.solution import Options, Solution, Stop
from optimizer.solver.start import start_values

COLUMNS = ("month", "kind", "item", "unit", "held", "relaxed")
_NOISE = 1e-9
Figures = dict[tuple[str, str, int], float]  # kind, item, month


def values_table(plan: Plan, options: Options | None = None) -> pd.DataFrame:
    """Marginal values of a plan.

    Parameters
    ----------
    plan : Plan
        Whose values are wanted.
    options : Options, optional
        Threads, seed and time limit of the two linear programs.

    Returns
    -------
    DataFrame
        Columns ``month``, ``kind`` (``mw`` of a site, ``accelerator`` of a pool, ``demand`` of a workload, ``budget``),
        ``item``, ``unit``, ``held`` and ``relaxed``: present value per unit, in the instance's currency. For
        ``mw``, ``accelerator`` and ``budget`` what one more saves; for ``demand`` what one more costs. Rows in which
        both are zero are left out; a budget stands in the last month of its window.
    """
    settings = options or Options()
    program = build(plan.instance)
    arrays = hold(program, compile_program(program), held_in(plan))
    columns, whole = start_values(program, arrays, plan)
    values = np.zeros(len(arrays.cost))
    values[columns] = whole
    fixed = solve_held(arrays, values, settings)
    free = Model(arrays.with_bounds(arrays.lower, arrays.upper)).solve(settings, duals=True)
    if Stop.INTERRUPTED in (fixed.stop, free.stop):
        raise KeyboardInterrupt
    held, relaxed = _figures(program, arrays, fixed), _figures(program, arrays, free)
    rows = [
        (
            plan.instance.label(t),
            kind,
            item,
            _UNITS[kind],
            held.get((kind, item, t), 0.0),
            relaxed.get((kind, item, t), 0.0),
        )
        for kind, item, t in dict.fromkeys([*held, *relaxed])
    ]
    rows.sort(key=lambda row: row[0])
    return pd.DataFrame(rows, columns=list(COLUMNS))


_UNITS = {
    "mw": "per MW and month",
    "accelerator": "per accelerator and month",
    "demand": "per reference-accelerator and month",
    "budget": "per unit of money",
}


def _figures(program: Program, arrays: Arrays, solution: Solution) -> Figures:
    if solution.row_duals is None or solution.column_duals is None:
        return {}
    reader = _Reader(program, arrays, solution.row_duals, solution.column_duals)
    every = [*reader.sites(), *reader.pools(), *reader.demands(), *reader.budgets()]
    largest = max((abs(value) for _, value in every), default=0.0)
    return {key: value for key, value in every if abs(value) > _NOISE * largest}


class _Reader:
    """Duals of the program's rows and columns in natural units."""

    def __init__(self, program: Program, arrays: Arrays, rows: NDArray[Any], columns: NDArray[Any]) -> None:
        self.program, self.m, self.ix = program, program.parts, program.index
        self.rows = {name: float(dual) for name, dual in zip(arrays.rows, rows, strict=True)}
        self.columns, self.upper = columns, arrays.upper
        self.money, self.unit = program.units.money, program.units.accelerators

    def sites(self) -> Iterator[tuple[tuple[str, str, int], float]]:
        for site, t in self.m.rows["site_power"]:
            yield ("mw", site, t), -self.rows["site_power", (site, t)] * self.money / self.program.units.mw

    def pools(self) -> Iterator[tuple[tuple[str, str, int], float]]:
        for family in ("in_house_capacity", "contract_capacity"):
            for pool, t in self.m.rows[family]:
                yield ("accelerator", pool, t), -self.rows[family, (pool, t)] * self.money / self.unit
        for (pool, t), column in self.m.col["used"].items():
            if self.upper[column] < np.inf:
                dual = float(self.columns[column])
                yield ("accelerator", pool, t), max(0.0, -dual) * self.money / self.unit

    def demands(self) -> Iterator[tuple[tuple[str, str, int], float]]:
        for workload, t in self.m.rows["demand_met"]:
            loose = min(0.0, float(self.columns[self.m.col["unserved"][workload, t]]))
            share = 1 - self.ix.workloads[workload].min_service
            dual = self.rows["demand_met", (workload, t)]
            yield ("demand", workload, t), (dual + share * loose) * self.money / self.unit

    def budgets(self) -> Iterator[tuple[tuple[str, str, int], float]]:
        for budget in self.m.rows["budget_limit"]:
            last = min(int(self.m.budgets[budget].to), self.ix.horizon - 1)
            yield ("budget", budget, max(last, 0)), -self.rows["budget_limit", budget]

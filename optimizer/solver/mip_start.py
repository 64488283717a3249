"""MIP start: the decisions of a plan as values of integer columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

import numpy as np

from optimizer.program.added_head import added_in
from optimizer.program.agreements import blocks_active, blocks_ended, blocks_started
from optimizer.program.arrays import Arrays, Floats, Ints
from optimizer.program.build import Program
from optimizer.program.fixings import FAMILY, months_ahead
from optimizer.program.row import Row, Term
from optimizer.solver.highs import solve_with_integers_fixed
from optimizer.solver.solution import Options, Stop

_NO_BLOCK = 1e-9


def start_values(program: Program, arrays: Arrays, plan: Any, free: Collection[str] = ()) -> tuple[Ints, Floats]:
    """Return columns and values of a plan's decisions in a program, which may be of an edited instance.

    Parameters
    ----------
    program, arrays : Program, Arrays
        The program to solve.
    plan : Plan
        Any plan with the same names; decisions that are impossible here are left out.
    free : collection of str
        Items whose columns are left to the solver, such as those with fixings.

    Returns
    -------
    tuple of ndarray
        Column numbers and values of every integer column that is not left to the solver.
    """
    m, values = program.parts, decision_values(program, arrays, plan)
    given, first = arrays.integer.copy(), len(program.columns)
    given[first : first + len(program.named.variables)] &= ~np.isnan(_own_values(program, plan))
    for family in (*FAMILY.values(), "built", "signed", "option_open"):
        given[[x for key, x in m.col[family].items() if key[0] in free]] = False
    columns = np.flatnonzero(given)
    return columns, values[columns]


def decision_values(program: Program, arrays: Arrays, plan: Any) -> Floats:
    """Return values of all columns from a plan's decisions; 0, or the nearest bound, elsewhere.

    Parameters
    ----------
    program, arrays, plan : Program, Arrays, Plan
        As for :func:`start_values`.
    """
    m, shift = program.parts, program.instance.month_index(plan.instance.head.start)
    values = np.zeros(len(arrays.cost))
    for row in plan.decisions.itertuples():
        family = FAMILY.get(row.decision)
        if family is None:
            continue
        t = plan.instance.month_index(row.month) + shift
        for key, amount in _keys(program, plan, family, row, t):
            if key in m.col[family]:
                values[m.col[family][key]] += amount
    _follow(program, values)
    own = _own_values(program, plan)
    values[len(program.columns) :][: len(own)] = np.nan_to_num(own)
    values = np.clip(values, arrays.lower, arrays.upper)
    _drop_ends(program, values)
    _open_options(program, values)
    return values


def completed_start(program: Program, arrays: Arrays, plan: Any, options: Options) -> Floats | None:
    """Return a solution with a plan's integer decisions, all else optimised; None if there is none.

    Parameters
    ----------
    program, arrays, plan : Program, Arrays, Plan
        As for :func:`start_values`; the plan can start earlier, so that its decisions before are left out.
    options : Options
        With the time limit.

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C was pressed meanwhile.
    """
    found = solve_with_integers_fixed(arrays, decision_values(program, arrays, plan), options)
    if found.stop is Stop.INTERRUPTED:
        raise KeyboardInterrupt
    return found.values


def _own_values(program: Program, plan: Any) -> list[float]:
    """Return the values of added variables in a plan; NaN for those that it does not have."""
    known = {one.name: one.value for one in added_in(plan).variables}
    values = (known.get(one.name) for one in program.named.variables)
    return [float("nan") if value is None else value for value in values]


def items_of_same_kinds(program: Program, items: Collection[str]) -> set[str]:
    """Return items and all others of their kinds: contracts, outlets, builds and purchases, commitments, runs."""
    index = program.index
    lets = {name for name, agreement in index.agreements.items() if agreement.is_outlet}
    kinds = [lets, {*index.agreements} - lets, {*index.builds, *index.purchases}, {*index.commitments}, {*index.runs}]
    return {name for kind in kinds if kind & {*items} for name in kind}


def _keys(program: Program, plan: Any, family: str, row: Any, t: int) -> list[tuple[Any, float]]:
    """Return the keys of the column family of a decision, with the amount of each."""
    if family == "placed":
        runs = plan.runs
        places = runs[(runs["run"] == row.item) & (runs["starts"] == row.starts)]
        return [((row.item, place.pool, place.accelerators, t), 1.0) for place in places.itertuples()]
    return [((row.item, t + months_ahead(program, family, row.item)), float(row.blocks))]


def _drop_ends(program: Program, values: Floats) -> None:
    """Leave out ends of agreements that neither precede the plan nor start in it."""
    m, agreements = program.parts, program.index.agreements
    started = {key[0] for key, x in m.col["started"].items() if values[x] > 0}
    for (item, _), column in m.col["ended"].items():
        if item not in started and not agreements[item].agreed:
            values[column] = 0.0


def _open_options(program: Program, values: Floats) -> None:
    """Set the blocks in force of contracts that require another, and open the options that these need."""
    m, agreements = program.parts, program.index.agreements

    def value(term: Row | Term) -> float:
        coefficients, columns, constant = Row(term).parts()
        return float(np.dot(coefficients, values[columns]) + constant) if columns else constant

    for (name, t), column in m.col["option_open"].items():
        agreement = agreements[name]
        before, started = blocks_active(m, agreement, t - 1), blocks_started(m, agreement, t)
        active = value(before) + value(started) - value(blocks_ended(m, agreement, t))
        values[m.col["in_force"][name, t]] = active
        values[column] = float(active > _NO_BLOCK)


def _follow(program: Program, values: Floats) -> None:
    """Set the columns that follow from the decisions: blocks built so far, signatures."""
    m = program.parts
    so_far: dict[str, float] = defaultdict(float)
    for (build, t), column in m.col["built"].items():
        so_far[build] += values[m.col["ordered"][build, t]]
        values[column] = so_far[build]
    for key, column in m.col["signed"].items():
        values[column] = float(values[m.col["started"][key]] > 0)

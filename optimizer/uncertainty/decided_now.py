"""Decisions taken before anything is known: read from a plan, and fixed in the program of a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.plan.by_scenario import EVERY, is_uncertain, of_scenario
from optimizer.plan.plan import Plan
from optimizer.plan.tables import SCENARIO
from optimizer.program.arrays import Arrays
from optimizer.program.build import Program
from optimizer.program.fixings import FAMILY
from optimizer.uncertainty.programs import decisions_of
from optimizer.uncertainty.subproblems import fixed
from optimizer.uncertainty.tree import Decision

_BLOCK = 1e-6


class NotAllowed(Exception):
    """A scenario does not allow a decision; the message is its item and month."""


def columns_before(program: Program, until: int) -> dict[Decision, int]:
    """Return the columns of decisions before a month, without what follows from others."""
    every = decisions_of(program).items()
    return {decision: column for column, decision in every if decision.month < until and not decision.is_given}


def fix_before(program: Program, arrays: Arrays, decided: Mapping[Decision, float], until: int) -> Arrays:
    """Return a program with the decisions before a month fixed, and nothing else decided at that time.

    Parameters
    ----------
    program, arrays : Program, Arrays
        The program of a scenario, compiled.
    decided : mapping of Decision to float
        Amount of each decision.
    until : int
        First month whose decisions are free.

    Raises
    ------
    NotAllowed
        If the scenario does not allow one of them.
    """
    columns = columns_before(program, until)
    taken = {**dict.fromkeys(columns, 0.0), **decided}
    for decision, value in taken.items():
        column = columns.get(decision)
        least, most = (0.0, 0.0) if column is None else (arrays.lower[column], arrays.upper[column])
        if not least - _BLOCK <= value <= most + _BLOCK:
            raise NotAllowed(f"{decision.item[0]} in {program.instance.label(decision.month)}")
    places = np.array([*columns.values()], dtype=np.int64)
    values = np.array([taken[decision] for decision in columns])
    return fixed(arrays, places, np.clip(values, arrays.lower[places], arrays.upper[places]))


# ---------------------------------------------------------------- of a plan
def first_branching_of(plan: Plan) -> int:
    """Return the first month in which the plan distinguishes scenarios; the number of months if there is none."""
    months = plan.instance.head.months
    if not is_uncertain(plan):
        return months
    nodes = plan.tables["nodes"]
    later = [plan.instance.month_index(month) for month in nodes.loc[nodes["scenarios"] != EVERY, "month"]]
    return min(later, default=months)


def decided_before(plan: Plan, until: int) -> dict[Decision, float]:
    """Return what a plan decides before a month, which is no later than its first branching."""
    found: dict[Decision, float] = {}
    decisions, runs = (_of_one(plan, name) for name in ("decisions", "runs"))
    row: Any
    for row in decisions.itertuples(index=False):
        family, month = FAMILY.get(str(row.decision)), plan.instance.month_index(str(row.month))
        if family is not None and month < until:
            item = _placement(row, plan.instance, runs) if family == "placed" else (str(row.item),)
            decision = Decision(family, item, month)
            found[decision] = found.get(decision, 0.0) + float(row.blocks)
    return found


def _of_one(plan: Plan, name: str) -> pd.DataFrame:
    """Return a table of the plan; of a plan under uncertainty that of its first scenario."""
    table = plan.tables[name]
    return of_scenario(table, plan.tables["scenarios"][SCENARIO].iloc[0]) if is_uncertain(plan) else table


def _placement(row: Any, instance: Instance, runs: pd.DataFrame) -> tuple[str | float, ...]:
    """Return run, pool and size of a start; of a relaxed plan it is a share of the size."""
    near = np.isclose(runs["accelerators"], row.accelerators)
    place = runs[(runs["run"] == row.item) & (runs["starts"] == row.starts) & near].iloc[0]
    sizes = instance.named["training_runs"][str(row.item)].sizes
    return str(row.item), str(place["pool"]), min(sizes, key=lambda size: abs(size - row.accelerators / row.blocks))

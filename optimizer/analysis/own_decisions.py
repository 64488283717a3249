"""A planner's own decisions: checked, priced with the rest optimised, and compared with the optimum."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

import numpy as np
import pandas as pd

from optimizer.errors import EditError
from optimizer.format import counted, unguarded
from optimizer.instance.cell_number import BadValueError
from optimizer.instance.cell_value import convert
from optimizer.instance.name_suggestions import did_you_mean
from optimizer.instance.name_text import normal_name
from optimizer.plan.by_scenario import refuse_uncertain
from optimizer.plan.plan import Plan
from optimizer.program.added_head import program_of
from optimizer.program.arrays import Arrays
from optimizer.program.build import Program
from optimizer.program.compile import compile_program
from optimizer.program.fixings import FAMILY, Fixing, apply_fixings, first_decisions, months_ahead, no_such_item
from optimizer.schema import Column
from optimizer.solver import engines
from optimizer.solver.solution import Options, SolveOptions
from optimizer.solving.clock import Clock
from optimizer.solving.solve import finish

NEEDED = ("month", "decision", "item", "blocks")
_MONTH = Column("month", "month", "")
_IGNORED = ("expire",)  # follows from the other decisions


def read_decisions(path: str | Path) -> pd.DataFrame:
    """Read decisions from a CSV file with at least the columns month, decision, item and blocks.

    Raises
    ------
    EditError
        If the file cannot be read, lacks columns, or has invalid months or blocks.
    """
    try:
        table = pd.read_csv(path, dtype={"month": str, "decision": str, "item": str}, keep_default_na=False)
    except (OSError, ValueError, pd.errors.ParserError) as error:
        raise EditError(f"{path} cannot be read: {error}") from None
    missing = [column for column in NEEDED if column not in table.columns]
    if missing:
        raise EditError(f"{path} lacks the columns {', '.join(missing)}; expected {', '.join(NEEDED)}")
    blocks = pd.to_numeric(table["blocks"], errors="coerce")
    wrong = [str(row + 2) for row in np.flatnonzero(blocks.isna().to_numpy() | (blocks < 0).to_numpy())]
    if wrong:
        raise EditError(f"{path}, column blocks, row {', '.join(wrong)}: a number, 0 or more, expected")
    months = [_month_problem(month) for month in table["month"]]
    if any(months):
        rows = [f"row {row + 2}: {problem}" for row, problem in enumerate(months) if problem]
        raise EditError("\n  ".join([f"{path}, column month:", *rows]))
    return table.assign(blocks=blocks, item=[normal_name(unguarded(str(item))) for item in table["item"]])


def _month_problem(text: Any) -> str:
    """Describe what is wrong with a month; ``""`` if it is valid."""
    try:
        convert(text, _MONTH)
    except BadValueError as bad:
        return bad.problem + (f" Did you mean {bad.nearest!r}?" if bad.nearest else "")
    return ""


def check_decisions(plan: Plan, decisions: pd.DataFrame, **options: Unpack[SolveOptions]) -> Plan:
    """Find the best plan with exactly these decisions: no others are made, and everything else is free.

    Parameters
    ----------
    plan : Plan
        Plan of the instance.
    decisions : DataFrame
        Columns ``month``, ``decision``, ``item`` and ``blocks``, as in a plan's table of decisions.
    **options
        As for :func:`optimizer.solve`; ``gap`` by default that of the plan's own search.

    Raises
    ------
    EditError
        If decisions name unknown items, or months in which they cannot be made; the message lists all.
    NoFeasiblePlan
        If the decisions break a rule; the message names it.
    UnsupportedInstance
        If the plan is one under uncertainty.
    """
    refuse_uncertain(plan, "the check of decisions of your own")
    options.setdefault("gap", float(plan.head.get("options", {}).get("gap", 1e-3)))
    settings, clock = Options(**options), Clock()
    program = program_of(plan)
    arrays = fix_decisions(program, compile_program(program), decisions)
    solution = engines.solve(arrays, settings, duals=bool(plan.instance.rows["rules"]))
    return finish(program, arrays, solution, settings, clock)


def fix_decisions(program: Program, arrays: Arrays, decisions: pd.DataFrame) -> Arrays:
    """Return the arrays with all decisions fixed at the given ones."""
    program_data, wrong = program.parts, []
    amounts: dict[int, float] = {}
    runs: list[Fixing] = []
    for place, row in enumerate(decisions.to_dict("records")):
        number = None if row["decision"] in _IGNORED else _column(program, row)
        if row["decision"] == "start_run" and row["item"] in program.index.runs:
            runs.append(Fixing("force", "start_run", str(row["item"]), str(row["month"])))
        elif number is not None:
            amounts[number] = amounts.get(number, 0.0) + float(row["blocks"])
        elif row["decision"] not in _IGNORED:
            wrong.append(f"row {place + 2}: {row['decision']} {row['item']}{_problem(program, row)}")
    if wrong:
        raise EditError("\n  ".join([f"{counted(len(wrong), 'decision')} cannot be made:", *wrong]))
    lower, upper = arrays.lower.copy(), arrays.upper.copy()
    for family in ("ordered", "bought", "started", "ended", "committed"):
        for key, number in program_data.col[family].items():
            if family == "started" and program.index.agreements[key[0]].committed is not None:
                continue
            lower[number] = upper[number] = amounts.get(number, 0.0)
    placed = {one.item for one in runs}
    for key, number in program_data.col["placed"].items():
        upper[number] *= key[0] in placed
    return apply_fixings(program, replace(arrays, lower=lower, upper=upper), runs)


def _problem(program: Program, row: dict[Any, Any]) -> str:
    """Return why a decision has no column."""
    decision = str(row["decision"])
    if decision not in FAMILY:
        return f": no decision is called {decision!r}.{did_you_mean(decision, FAMILY)}"
    if row["item"] not in first_decisions(program.instance):
        return f": {no_such_item(program.instance, str(row['item']))}"
    return f" is not possible in {row['month']}"


def _column(program: Program, row: dict[Any, Any]) -> int | None:
    """Return the column of a decision; None if the program has none."""
    family = FAMILY.get(str(row["decision"]))
    try:
        t = program.instance.month_index(str(row["month"]))
    except ValueError:
        return None
    if not family or family == "placed":
        return None
    ahead = months_ahead(program, family, str(row["item"]))
    return program.parts.col[family].get((row["item"], t + ahead))

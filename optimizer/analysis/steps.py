"""Change of the cost by a step such as one MW, one block or a tenth more demand; each is solved again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import pandas as pd

from optimizer.errors import NoFeasiblePlan, StoppedWithoutPlan
from optimizer.instance.edit import Edit, parse_edit
from optimizer.plan.plan import Plan
from optimizer.plan.tables import column_names
from optimizer.schema import load_schema
from optimizer.solving.whatif import WhatIf


class Priced(Protocol):
    """A plan, or what one costs."""

    @property
    def objective(self) -> float:
        """Net present cost."""

    @property
    def bound(self) -> float | None:
        """What no plan can cost less than."""


class Query(Protocol):
    """What-ifs of a plan."""

    def ask(self, edits: Iterable[Edit], /) -> Priced:
        """Return the plan, or its cost, with edits."""


def steps_table(ask: WhatIf, plan: Plan, edits: Iterable[str | Edit]) -> pd.DataFrame:
    """Return the savings of steps, each solved separately from the given plan.

    Parameters
    ----------
    ask : WhatIf
        What-ifs of the plan.
    plan : Plan
        The plan to compare with.
    edits : iterable of str or Edit
        Steps as edits: ``power.hall.mw+=1``, ``demand.assistant.amount*=1.1``, ``contracts.lease.max_blocks+=1``.

    Returns
    -------
    DataFrame
        Columns ``step``, ``saves`` (cost of the plan less cost with the step), ``at_least`` and ``at_most``
        (proven interval of the saving of the optimal plans), ``objective``, ``note`` (reason for missing figures: the
        step leaves no plan, or none was found in time).
    """
    return pd.DataFrame([step_row(ask, plan, edit) for edit in edits], columns=column_names("steps"))


def step_row(ask: Query, plan: Plan, edit: str | Edit) -> tuple[str | float | None, ...]:
    """Return the row of a step."""
    name = str(edit)
    step = parse_edit(edit) if isinstance(edit, str) else edit
    try:
        other = ask.ask([step])
    except (NoFeasiblePlan, StoppedWithoutPlan) as error:
        return name, None, None, None, None, error.note
    least = None if plan.bound is None else plan.bound - other.objective
    if least is not None and _only_helps(step):
        least = max(least, 0.0)
    most = None if other.bound is None else plan.objective - other.bound
    return name, plan.objective - other.objective, least, most, other.objective, ""


def _only_helps(step: Edit) -> bool:
    """Whether the step only extends the feasible plans: more power, or more of a budget."""
    tried = load_schema().tables[step.table].columns[step.column].tried
    if tried is None or not tried.helps:
        return False
    return (step.how == "+=" and float(step.value) >= 0) or (step.how == "*=" and float(step.value) >= 1)


def usual_steps(plan: Plan) -> list[Edit]:
    """Return the usual steps: one MW at each site, a tenth more of each demand and budget."""
    found = []
    for name, table in load_schema().tables.items():
        items = dict.fromkeys(next(iter(row))[1] for row in plan.instance.rows[name])
        for column in table.columns.values():
            if column.tried is not None:
                found += [Edit(name, item, column.name, column.tried.how, column.tried.value) for item in items]
    return found

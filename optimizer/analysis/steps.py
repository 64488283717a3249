"""The true change of the cost by a step: one MW, one block, a tenth more demand; each proven by solving again."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pandas as pd

from optimizer.analysis.interruptible_queries import until_interrupted
from optimizer.errors import NoFeasiblePlan, StoppedWithoutPlan
from optimizer.instance.edit import Edit, parse_edit
from optimizer.plan.plan import Plan
from optimizer.solving.whatif import NO_PLAN, NOT_IN_TIME, WhatIf

COLUMNS = ("step", "saves", "at_least", "at_most", "objective", "note")
_SERIES = {"power": "site", "demand": "workload"}


def steps_table(
    ask: WhatIf, plan: Plan, edits: Iterable[str | Edit], stop: Callable[[], None] | None = None
) -> pd.DataFrame:
    """What steps save, each solved on its own from the plan at hand.

    Parameters
    ----------
    ask : WhatIf
        Of the plan.
    plan : Plan
        What the steps are compared with.
    edits : iterable of str or Edit
        Steps as edits: ``power.hall.mw+=1``, ``demand.assistant.amount*=1.1``, ``contracts.lease.max_blocks+=1``.

    stop : callable, optional
        Told of Ctrl-C, after which no further step is taken; without it, Ctrl-C is raised.

    Returns
    -------
    DataFrame
        Columns ``step``, ``saves`` (cost of the plan less cost with the step), ``at_least`` and ``at_most`` (between
        which the saving of optimal plans is proven to lie, gaps counted), ``objective``, ``note``: why there are no
        figures, where a step leaves no plan or none was found in time.
    """
    rows = until_interrupted(edits, lambda edit: _step(ask, plan, edit), stop)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _step(ask: WhatIf, plan: Plan, edit: str | Edit) -> tuple[str | float | None, ...]:
    name = str(edit)
    step = parse_edit(edit) if isinstance(edit, str) else edit
    try:
        other = ask.ask([step])
    except (NoFeasiblePlan, StoppedWithoutPlan) as error:
        note = NO_PLAN if isinstance(error, NoFeasiblePlan) else NOT_IN_TIME
        return name, None, None, None, None, note
    least = None if plan.bound is None else plan.bound - other.objective
    if least is not None and _only_helps(step):
        least = max(least, 0.0)
    most = None if other.bound is None else plan.objective - other.bound
    return name, plan.objective - other.objective, least, most, other.objective, ""


def _only_helps(step: Edit) -> bool:
    """Whether every plan stays possible at its cost: more power, more of a budget."""
    if (step.table, step.column) not in (("power", "mw"), ("budgets", "amount")):
        return False
    return (step.how == "+=" and float(step.value) >= 0) or (step.how == "*=" and float(step.value) >= 1)


def usual_steps(plan: Plan) -> list[Edit]:
    """Steps that planners ask about first: a MW at each site, a tenth of each demand and budget."""
    rows = plan.instance.rows
    sites, demands = (dict.fromkeys(getattr(row, name) for row in rows[table]) for table, name in _SERIES.items())
    return [
        *(Edit("power", site, "mw", "+=", "1") for site in sites),
        *(Edit("demand", workload, "amount", "*=", "1.1") for workload in demands),
        *(Edit("budgets", row.budget, "amount", "*=", "1.1") for row in rows["budgets"]),
    ]

"""The true change of the cost by a step: one MW, one block, a tenth more demand; each proven by solving again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from optimizer.errors import NoFeasiblePlan
from optimizer.instance.edit import Edit, parse_edit
from optimizer.plan.plan import Plan
from optimizer.whatif import WhatIf

COLUMNS = ("step", "saves", "at_least", "at_most", "objective")


def steps_table(ask: WhatIf, plan: Plan, edits: Iterable[str | Sequence[Edit]]) -> pd.DataFrame:
    """What steps save, each solved on its own from the plan at hand.

    Parameters
    ----------
    ask : WhatIf
        Of the plan.
    plan : Plan
        What the steps are compared with.
    edits : iterable of str
        Steps as edits: ``power.hall.mw+=1``, ``demand.assistant.amount*=1.1``, ``contracts.lease.max_blocks+=1``.

    Returns
    -------
    DataFrame
        Columns ``step``, ``saves`` (cost of the plan less cost with the step), ``at_least`` and ``at_most`` (between
        which the saving of optimal plans is proven to lie, gaps counted), ``objective``. A step that leaves no plan has
        no figures.
    """
    rows: list[tuple[str, float | None, float | None, float | None, float | None]] = []
    for edit in edits:
        chosen = [parse_edit(edit)] if isinstance(edit, str) else list(edit)
        name = edit if isinstance(edit, str) else ", ".join(map(str, edit))
        try:
            other = ask.ask(chosen)
        except NoFeasiblePlan:
            rows.append((name, None, None, None, None))
            continue
        least = None if plan.bound is None else plan.bound - other.objective
        most = None if other.bound is None else plan.objective - other.bound
        rows.append((name, plan.objective - other.objective, least, most, other.objective))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def usual_steps(plan: Plan) -> list[str]:
    """Steps that planners ask about first: a MW at each site, a tenth of each demand and budget."""
    rows = plan.instance.rows
    sites = [f"power.{site}.mw+=1" for site in dict.fromkeys(row.site for row in rows["power"])]
    demands = [f"demand.{name}.amount*=1.1" for name in dict.fromkeys(row.workload for row in rows["demand"])]
    return [*sites, *demands, *(f"budgets.{row.budget}.amount*=1.1" for row in rows["budgets"])]

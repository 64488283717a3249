"""Deadlines of a plan under uncertainty: of each decision in the scenarios that share it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from optimizer.analysis.deadlines import deadline_row, delayed
from optimizer.analysis.interruptible_queries import ExtraCost
from optimizer.analysis.scenario_queries import ScenarioQueries
from optimizer.errors import NoFeasiblePlan, StoppedWithoutPlan
from optimizer.plan.by_scenario import EVERY, SEPARATOR
from optimizer.plan.plan import Plan
from optimizer.plan.tables import SCENARIO, column_names

_LAST = column_names("deadlines").index("last_month")


def scenario_deadline_row(queries: ScenarioQueries, decision: dict[Any, Any], more: ExtraCost) -> tuple[Any, ...]:
    """Return the row of a decision: the scenarios that share it, then as of a plan of one future.

    The last month is the first of those of the scenarios, as the decision must be possible in all of them.
    """
    rows = [deadline_row(own, decision, more) for _, own in _sharing(queries, decision)]
    first = min(rows, key=lambda row: (not row[_LAST], row[_LAST]))
    return (decision[SCENARIO], *first)


def scenario_delay(queries: ScenarioQueries, decision: dict[Any, Any]) -> ExtraCost:
    """Return the additional cost of making a decision a month later at the earliest, in the scenarios that share it."""
    plan = queries.plan
    try:
        cost = queries.with_fixings({name: delayed(own, decision) for name, own in _sharing(queries, decision)}).cost
    except (NoFeasiblePlan, StoppedWithoutPlan) as error:
        return ExtraCost(note=error.note)
    least = max(0.0 if cost.bound is None else cost.bound - plan.objective, 0.0)
    most = None if plan.bound is None else cost.objective - plan.bound
    return ExtraCost(cost.objective - plan.objective, least, most)


def _sharing(queries: ScenarioQueries, decision: dict[Any, Any]) -> Iterator[tuple[str, Plan]]:
    """Yield the scenarios that share a decision, with their plans."""
    cell = str(decision[SCENARIO])
    for name in queries.plans if cell == EVERY else cell.split(SEPARATOR):
        yield name, queries.plans[name]

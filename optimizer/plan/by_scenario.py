"""Plans under uncertainty as plan tables: those of each scenario with its name, decisions once for all that share them.

Such a plan is a :class:`optimizer.Plan` whose tables have a leading column ``scenario`` and whose head has a part
``by_scenario`` with the head of each scenario's plan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimizer.errors import EditError, Fault, UnsupportedInstance
from optimizer.instance.raw import nearest
from optimizer.plan.tables import COLUMNS, SCENARIO, make_table

if TYPE_CHECKING:
    from optimizer.instance.instance import Instance
    from optimizer.plan.plan import Plan

HEADS = "by_scenario"
EVERY = "*"
SEPARATOR = ";"
_DECISIONS = "decisions"


def is_uncertain(plan: Plan) -> bool:
    """Whether a plan is one under uncertainty."""
    return HEADS in plan.head


def refuse_uncertain(plan: Plan, what: str, instead: str = "their tables have every scenario") -> None:
    """Refuse a plan under uncertainty where only a plan of one future is understood, and say what to do instead.

    Raises
    ------
    UnsupportedInstance
        If it is one.
    """
    if is_uncertain(plan):
        problem = f"{what} does not cover plans under uncertainty in this version; {instead}."
        raise UnsupportedInstance([Fault("scenarios", problem=problem)], f"plan of {plan.instance.head.name!r}")


def combined_tables(plans: Mapping[str, Plan], members: Callable[[str, int], Sequence[str]]) -> dict[str, pd.DataFrame]:
    """Return the tables of the plans of scenarios as one, with the scenario first.

    Parameters
    ----------
    plans : mapping of str to Plan
        Plan of each scenario.
    members : callable
        Scenarios that are one node with a scenario in a month of the plan.
    """
    found = {name: _stacked(name, plans) for name in COLUMNS if name != _DECISIONS}
    return {_DECISIONS: _shared_decisions(plans, members), **found}


def _stacked(name: str, plans: Mapping[str, Plan]) -> pd.DataFrame:
    frames = [_with_scenario(plan.tables[name], scenario) for scenario, plan in plans.items()]
    return pd.concat(frames, ignore_index=True)


def _with_scenario(frame: pd.DataFrame, scenarios: str | Sequence[str]) -> pd.DataFrame:
    found = frame.copy()
    found.insert(0, SCENARIO, pd.Series(scenarios, index=frame.index, dtype=object))
    return found


def _shared_decisions(plans: Mapping[str, Plan], members: Callable[[str, int], Sequence[str]]) -> pd.DataFrame:
    """Decisions, each once for the scenarios of its node; where its dates or cost differ, once for each of them."""
    rows: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for scenario, plan in plans.items():
        seen: dict[tuple[Any, ...], int] = defaultdict(int)
        for row in plan.tables[_DECISIONS].itertuples(index=False, name=None):
            month = min(max(plan.instance.month_index(row[0]), 0), plan.instance.head.months - 1)
            key = (tuple(members(scenario, month)), row, seen[row])
            seen[row] += 1
            rows[key].append(scenario)
    order = sorted(rows, key=lambda key: key[1][0])
    cells = [EVERY if len(rows[key]) == len(plans) else SEPARATOR.join(rows[key]) for key in order]
    return _with_scenario(make_table(_DECISIONS, [key[1] for key in order]), cells)


def scenario_plan(plan: Plan, name: str) -> Plan:
    """Return the plan of one scenario of a plan under uncertainty, with its own instance: a plan of one future.

    Raises
    ------
    EditError
        If the plan is not one under uncertainty, or has no such scenario.
    """
    from optimizer.instance.scenarios import futures, scenario_instance
    from optimizer.plan.plan import Plan as OnePlan

    heads = plan.head.get(HEADS, {})
    if name not in heads:
        near = nearest(name, heads)
        others = f" Did you mean {near!r}?" if near else " Its table scenarios lists them." if heads else ""
        raise EditError(f"the plan of {plan.instance.head.name!r} has no scenario {name!r}.{others}")
    (future,) = [one for one in futures(plan.instance) if one.name == name]
    own = scenario_instance(plan.instance, future.outcomes)
    return OnePlan(heads[name], {table: of_scenario(plan.tables[table], name) for table in COLUMNS}, own)


def scenario_plans(plan: Plan, instances: Mapping[str, Instance]) -> dict[str, Plan]:
    """Return the plan of each scenario of a plan under uncertainty, of which the instances are known.

    Parameters
    ----------
    plan : Plan
        Plan under uncertainty.
    instances : mapping of str to Instance
        Instance of each scenario, by name.
    """
    from optimizer.plan.plan import Plan as OnePlan

    stacked = {name: dict(list(plan.tables[name].groupby(SCENARIO, sort=False))) for name in COLUMNS}
    found = {}
    for scenario, instance in instances.items():
        own = {name: _of_group(plan.tables[name], rows.get(scenario)) for name, rows in stacked.items()}
        own[_DECISIONS] = of_scenario(plan.tables[_DECISIONS], scenario)
        found[scenario] = OnePlan(plan.head[HEADS][scenario], own, instance)
    return found


def _of_group(frame: pd.DataFrame, rows: pd.DataFrame | None) -> pd.DataFrame:
    """Return the rows of a scenario without the column; those of an empty table where there are none."""
    return (frame.iloc[:0] if rows is None else rows).drop(columns=SCENARIO).reset_index(drop=True)


def of_scenario(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the rows of a table that are of a scenario, without the column."""
    named = [cell == EVERY or name in str(cell).split(SEPARATOR) for cell in frame[SCENARIO]]
    return frame.loc[np.array(named, dtype=bool)].drop(columns=SCENARIO).reset_index(drop=True)


def first_known(plan: Plan) -> str:
    """Return the first month in which scenarios can be distinguished, ``""`` if there is none."""
    nodes = plan.tables["nodes"]
    later = nodes.loc[nodes["scenarios"] != EVERY, "month"]
    return str(later.min()) if len(later) else ""

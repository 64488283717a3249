"""The audit of a plan under uncertainty: each scenario with its own data, and what the scenarios have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from optimizer.auditing.headline import part
from optimizer.auditing.reading import PlanTables
from optimizer.auditing.risk import known_risks, risk_measure, scenario_costs
from optimizer.auditing.scenario_case import EVERY, HEADS, SCENARIO, SEPARATOR, Case, Part
from optimizer.auditing.shared_decisions import node_decisions, robust_decisions
from optimizer.auditing.tables import figures
from optimizer.auditing.verdict import Audit, Findings, Violation
from optimizer.instance.scenario import Scenario
from optimizer.instance.scenarios import scenarios

_OWN = frozenset(["scenarios", "nodes", "robustness", "information"])  # tables of the plan as one


def audit_scenarios(plan: PlanTables, audit: Callable[[PlanTables], Audit]) -> Audit:
    """Check the plan of every scenario with its own data, and what the scenarios have in common.

    Parameters
    ----------
    plan : PlanTables
        Plan of an instance with scenarios or risks.
    audit : callable
        Checks the plan of one scenario.
    """
    found = scenarios(plan.instance)
    say = Findings([plan.instance.label(t) for t in range(plan.instance.head.months + 1)])
    heads, say.rule = part(plan.head, HEADS), scenario_list.__name__
    _complete(plan, say)
    if say.violations:
        return Audit(tuple(say.violations), say.checks)
    parts = {one.name: _part(plan, one, heads) for one in found if isinstance(heads.get(one.name), dict)}
    case = Case(plan, found, parts)
    violations: list[Violation] = []
    checks = 0
    for name, one in parts.items():
        verdict = audit(one)
        checks += verdict.checks
        violations += [replace(broken, item=f"{broken.item} (scenario {name})") for broken in verdict.violations]
    for check in CHECKS:
        say.rule = check.__name__
        check(case, say)
    return Audit((*say.violations, *violations), checks + say.checks)


def _complete(plan: PlanTables, say: Findings) -> None:
    """Check that the tables that are read here are there, with their columns."""
    needed = {
        "scenarios": (SCENARIO, "probability", "cost", "alone_cost", "alone_bound", "committed_now"),
        "robustness": ("month", "decision", "item", "blocks", "scenarios", "probability"),
        "decisions": (SCENARIO, "month", "decision", "item", "blocks", "committed_cost"),
        "information": ("risk", "at_least", "at_most", "cost", "bound"),
        "runs": (SCENARIO, "run", "pool", "accelerators", "starts"),
        "cash": (SCENARIO, "present_value"),
    }
    for name, columns in needed.items():
        say.that(name in plan.tables, name, "", "no such table", "one expected")
        for column in columns if name in plan.tables else ():
            say.that(column in plan.tables[name].columns, name, "", f"no column {column}", "one expected")
    for name, table in plan.tables.items():
        if name not in needed and name not in _OWN:
            say.that(SCENARIO in table.columns, name, "", "no column scenario", "one expected")


def _part(plan: PlanTables, scenario: Scenario, heads: Mapping[str, Any]) -> Part:
    tables = {name: _rows(table, scenario.name) for name, table in plan.tables.items() if name not in _OWN}
    return Part(dict(heads[scenario.name]), tables, scenario.instance)


def _rows(table: pd.DataFrame, name: str) -> pd.DataFrame:
    chosen = [cell == EVERY or name in str(cell).split(SEPARATOR) for cell in table[SCENARIO]]
    return table.loc[np.array(chosen, dtype=bool)].drop(columns=SCENARIO).reset_index(drop=True)


def scenario_list(case: Case, say: Findings) -> None:
    """The plan has a part for each scenario of its instance, with its probability, and no other."""
    names = [one.name for one in case.scenarios]
    heads = part(case.plan.head, HEADS)
    for name in names:
        say.that(name in case.parts, name, "", "no part of the plan", "one expected")
    listed = dict(
        zip(case.plan.tables["scenarios"][SCENARIO], figures(case.plan.tables["scenarios"]["probability"]), strict=True)
    )
    for one in case.scenarios:
        say.compare(listed.get(one.name, np.nan), "=", one.probability, "given as probability", one.name, "")
    tables = [table for name, table in case.plan.tables.items() if name != "nodes" and SCENARIO in table]
    known = {EVERY, *names}
    every = {name for table in tables for cell in set(table[SCENARIO]) for name in str(cell).split(SEPARATOR)}
    for name in sorted({*heads, *every} - known):
        say.that(False, name, "", "a scenario of the plan", "none of the instance has the name")


CHECKS: tuple[Callable[[Case, Findings], None], ...] = (
    scenario_list,
    node_decisions,
    robust_decisions,
    risk_measure,
    scenario_costs,
    known_risks,
)

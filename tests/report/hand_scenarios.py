"""Plans under uncertainty made by hand, without a search: one whose figures all differ, and crowded ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from optimizer.plan.plan import Plan
from tests.program.tiny import month
from tests.report.uncertain_plan import uncertain_plan

NAN = float("nan")
_BOTH, _HIGH, _DEAR, _PLANNED = "demand=high + hourly=dear", "demand=high", "hourly=dear", "as planned"
_SCENARIOS = [
    # scenario, probability, changes, cost, own best cost and bound, regret, committed now, unserved
    (_BOTH, 0.1, "demand triples; hourly prices double", 7.2e6, 7.0e6, 6.9e6, 3e5, 2.1e6, 0.05),
    (_HIGH, 0.2, "demand triples", 6.1e6, NAN, NAN, NAN, 2.0e6, 0.0),
    (_DEAR, 0.3, "", 4.4e6, 4.4e6, 4.4e6, 0.0, 2.0e6, NAN),
    (_PLANNED, 0.4, "as planned", 5.3e6, 5.0e6, 4.8e6, 5e5, 2.0e6, 0.012),
]
_DECISIONS = [
    # scenario, month, decision, item, party, blocks, accelerators, MW, starts, ends, committed cost
    ("*", month(0), "sign", "lease", "cloud", 3, 30, 0.75, month(1), month(2), 2.0e6),
    (f"{_BOTH};{_HIGH}", month(0), "sign", "hall", "neo", 1, 10, 0.25, month(1), "", 1.0e5),
    (f"{_DEAR};{_PLANNED}", month(0), "sign", "hall", "neo", 1, 10, 0.25, month(2), "", 4.0e4),
    (_BOTH, month(1), "take_back", "space", "cloud", 2, 20, 0.5, month(2), month(4), 9.0e5),
    (_HIGH, month(1), "take_back", "space", "cloud", 2, 20, 0.5, month(2), month(3), 7.0e5),
    (_PLANNED, month(2), "hand_back", "hall", "neo", 1, 10, 0.25, "", month(3), 0.0),
    (_BOTH, month(3), "start_run", "late", "", 4, 0, 0.0, month(4), month(4), 0.0),
    ("*", month(2), "expire", "lease", "cloud", 3, 30, 0.75, "", month(1), 0.0),
]
_NODES = [
    ("1", month(0), "*", 1.0, "", ""),
    ("2", month(1), f"{_BOTH};{_HIGH}", 0.3, "1", "demand: high"),
    ("3", month(1), f"{_DEAR};{_PLANNED}", 0.7, "1", "demand: as planned"),
    ("4", month(2), _BOTH, 0.1, "2", "hourly: dear;price: up"),
    ("5", month(2), _HIGH, 0.2, "2", "hourly: as planned"),
    ("6", month(2), f"{_DEAR};{_PLANNED}", 0.7, "3", ""),
]
_ROBUST = [
    (month(0), "sign", "hall", 1, f"{_BOTH};{_PLANNED}", 0.5),
    (month(0), "sign", "lease", 3, "*", 1.0),
]
_INFORMATION = [("demand", 1.2e6, 1.5e6, 4e6, 3.7e6), ("hourly", -1e4, 1.3e6, 5e6, 4e6), ("price", NAN, NAN, NAN, NAN)]
# Accelerators, money out and what is owed by scenario in the three months; the last is blank in the tables.
_CAPACITY = {_BOTH: (0, 40, 90), _HIGH: (0, 40, 70), _DEAR: (0, 30, 30), _PLANNED: (0, 30, 50)}
_CASH = {_BOTH: (1e6, 2e6, 4.2e6), _HIGH: (1e6, 2e6, 3.1e6), _DEAR: (5e5, 9e5, 3e6), _PLANNED: (5e5, 1.8e6, 3e6)}
_OWED = {_BOTH: (2e6, 3.5e6, 1e6), _HIGH: (2e6, 2.5e6, 1.5e6), _DEAR: (2e6, 1e6, 0), _PLANNED: (2e6, 1e6, 5e5)}
_HEAD = {
    "objective": 5.9e6,
    "bound": 5.6e6,
    "gap": 0.05,
    "seconds": {"solve": 1.5},
    "memory_mb": {"solve": 99.0},
    "size": {"columns": 60, "rows": 40},
    "versions": {"capopt": "9"},
    "warnings": ["instance, column hours_per_month: 100 is odd."],
    # 0.1 x 7.2 + 0.2 x 6.1 + 0.3 x 4.4 + 0.4 x 5.3.
    "expected_cost": 5.38e6,
    "worst_cost": 7.2e6,
    "cvar": 7.0e6,
    "evpi": {"at_least": 2e5, "at_most": 1.6e6},
    "vss": {"at_least": None, "at_most": 8e5, "why": ""},
    "risk": {"measure": "cvar", "weight": 0.25, "level": 0.8},
    "audit": {"passed": True, "checks": 1594},
}


def hand_plan(**head: Any) -> Plan:
    """Return a plan of four scenarios whose figures all differ; ``head`` replaces parts of its head."""
    plan = uncertain_plan()
    tables = {
        "scenarios": _table("scenarios", _SCENARIOS),
        "decisions": _table("decisions", _DECISIONS),
        "nodes": _table("nodes", _NODES),
        "robustness": _table("robustness", _ROBUST),
        "information": _table("information", _INFORMATION),
        "capacity": _monthly("capacity", "accelerators", _CAPACITY),
        "cash": _monthly("cash", "amount", _CASH),
        "obligations": _monthly("obligations", "owed", _OWED),
    }
    return Plan({**plan.head, **_HEAD, **head}, {**plan.tables, **tables}, plan.instance)


def crowded_plan(scenarios: int, cases: int, decisions: int = 1, risks: int = 2) -> Plan:
    """Return a plan in which so many cases are known in month 1, with so many decisions of each, and of now.

    Scenario number k from 0 belongs to case k modulo ``cases``. It costs 1000 (k + 1), 100 more than its own best plan,
    has k accelerators in the last month, and pays 10 and owes 20 for each of them. Decision number k of n commits to
    n - k. Risk number k saves 100 - k.
    """
    names = [f"s{number:03}" for number in range(scenarios)]
    chance = 1 / scenarios
    costs = [1000.0 * (number + 1) for number in range(scenarios)]
    rows = [(name, chance, f"what {name}", cost, cost - 100, cost - 100, 100.0, 5.0, 0.0)
            for name, cost in zip(names, costs, strict=True)]  # fmt: skip
    members = [names[case::cases] for case in range(cases)]
    nodes = [("0", month(0), "*", 1.0, "", "")]
    nodes += [(str(case + 1), month(1), ";".join(some), len(some) * chance, "0", f"case: {case}")
              for case, some in enumerate(members)]  # fmt: skip
    taken = [
        (of, at, "sign", f"lease {number:03}", "cloud", 1, 10, 0.5, month(2), month(2), float(decisions - number))
        for of, at in (("*", month(0)), *((";".join(some), month(1)) for some in members))
        for number in range(decisions)
    ]
    plan = uncertain_plan()
    tables = {
        "scenarios": _table("scenarios", rows),
        "decisions": _table("decisions", taken),
        "nodes": _table("nodes", nodes),
        "robustness": _table("robustness", []),
        "information": _table("information", [(f"risk {n:02}", 100.0 - n, 100.0 - n, 0.0, 0.0) for n in range(risks)]),
        **{
            table: _monthly(table, column, {name: (0, 0, size * number) for number, name in enumerate(names)})
            for table, column, size in (
                ("capacity", "accelerators", 1),
                ("cash", "amount", 10),
                ("obligations", "owed", 20),
            )
        },
    }
    figures = {"expected_cost": float(np.mean(costs)), "worst_cost": costs[-1], "objective": float(np.mean(costs))}
    return Plan({**plan.head, **_HEAD, **figures}, {**plan.tables, **tables}, plan.instance)


def changed(plan: Plan, table: str, **cells: Any) -> Plan:
    """Return a plan with other cells in a table."""
    return replace(plan, tables={**plan.tables, table: plan.tables[table].assign(**cells)})


def emptied(plan: Plan, *tables: str) -> Plan:
    """Return a plan whose tables have no rows."""
    return replace(plan, tables={**plan.tables, **{name: plan.tables[name].iloc[:0] for name in tables}})


def _table(name: str, rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(uncertain_plan().tables[name].columns))


def _monthly(name: str, column: str, values: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """Return a table with two rows of a lease in each month that is not zero, a quarter and the rest of the value."""
    given = uncertain_plan().tables[name].iloc[0].to_dict()
    rows = [
        {**given, "scenario": scenario, "month": month(t), column: share * value}
        for scenario, cells in values.items()
        for t, value in enumerate(cells)
        if value
        for share in (0.25, 0.75)
    ]
    return pd.DataFrame(rows, columns=list(given))

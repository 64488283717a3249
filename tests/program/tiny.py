"""Tiny instances for tests: rows say only what matters, the rest has plain defaults.

Months are counted from the plan's first (``0``). By default there is one kind of accelerator (``gpu``: 1 kW, worth 1)
that does the one class of work (``any``) at factor 1, one provider ``cloud`` and one tenant ``lab``, one site ``hall``
with ample power, no discounting, 100 hours a month.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

import optimizer
from optimizer.instance.instance import Instance
from optimizer.plan.plan import Plan
from optimizer.schema import load_schema

YEAR, MONTH = 2030, 1  # of the plan's first month

Records = Sequence[Mapping[str, Any]]
Demand = Mapping[str, Sequence[float]] | Records | None

_HEAD: dict[str, Any] = {"format": 1, "name": "tiny", "start": f"{YEAR}-{MONTH:02}", "hours_per_month": 100}
_BLOCK = {"accelerator": "gpu", "per": "block_month"}
_DEFAULTS: dict[str, dict[str, Any]] = {
    "accelerators": {"accelerator": "gpu", "kw": 1},
    "throughput": {"class": "any", "accelerator": "gpu", "factor": 1},
    "providers": {"provider": "cloud"},
    "sites": {"site": "hall", "region": "here"},
    "power": {"site": "hall", "month": 0},
    "fleet": {"site": "hall", "accelerator": "gpu"},
    "builds": {"build": "wing", "site": "hall", "mw_per_block": 1, "lead_months": 0, "residual_fraction": 0},
    "purchases": {"purchase": "buy", "site": "hall", "accelerator": "gpu", "residual_fraction": 0},
    "contracts": {"contract": "lease", "provider": "cloud", "region": "here", "accelerators_per_block": 10, **_BLOCK},
    "ramps": {"contract": "lease"},
    "interruptions": {"interruption": "recall"},
    "on_demand": {"offer": "hourly", "provider": "cloud", "region": "here", "accelerator": "gpu"},
    "commitments": {"commitment": "deal", "provider": "cloud", "years": 1},
    "outlets": {"outlet": "let", "tenant": "lab", **_BLOCK},
    "workloads": {"workload": "jobs", "class": "any", "penalty": 1000},
    "training_runs": {"run": "big", "class": "any"},
    "budgets": {"budget": "cap"},
    "policies": {"policy": "care"},
    "rules": {"rule": "mine"},
    "rule_terms": {"rule": "mine"},
}
_AT_A_SITE = ("power", "fleet", "builds", "purchases")


def month(t: int) -> str:
    """Month ``t`` of the plan, which can be negative, as a carrier writes it."""
    years, months = divmod(MONTH - 1 + t, 12)
    return f"{YEAR + years}-{months + 1:02}"


def frames(months: int, demand: Demand = None, **given: Any) -> dict[str, Any]:
    """Frames of a tiny instance.

    Parameters
    ----------
    months : int
        Horizon.
    demand : mapping of str to sequence, or rows, optional
        Amount of each workload in months 0, 1, ..., of which the last one stays, with plain rows of ``workloads``;
        or rows of ``demand``.
    **given
        Rows of tables by name; ``head`` changes keys of the head.
    """
    head = {**_HEAD, "months": months, **given.pop("head", {})}
    rows: dict[str, Records] = {"accelerators": [{}], "throughput": [{}]}
    rows["providers"] = [{}, {"provider": "lab", "kind": "tenant"}]
    if any(table in given for table in _AT_A_SITE):
        rows |= {"sites": [{}], "power": [{"mw": 1000}]}
    if isinstance(demand, Mapping):
        rows["workloads"] = [{"workload": name} for name in demand]
        rows["demand"] = [
            {"workload": name, "month": t, "amount": amount}
            for name, amounts in demand.items()
            for t, amount in enumerate(amounts)
            if t == 0 or amount != amounts[t - 1]
        ]
    elif demand is not None:
        rows["demand"] = demand
    rows |= given
    return {"instance": head, **{table: _frame(table, records) for table, records in rows.items() if records}}


def _frame(table: str, records: Records) -> pd.DataFrame:
    columns = load_schema().tables[table].columns
    full = [{**_DEFAULTS.get(table, {}), **record} for record in records]
    cells = [{name: _cell(columns, name, value) for name, value in record.items()} for record in full]
    return pd.DataFrame(cells, dtype=object)


def _cell(columns: Mapping[str, Any], name: str, value: Any) -> Any:
    is_month = name in columns and columns[name].type == "month"
    return month(value) if is_month and isinstance(value, int) else value


def tiny(months: int, demand: Demand = None, **given: Any) -> Instance:
    """A tiny instance; see :func:`frames`."""
    return optimizer.read(frames(months, demand, **given))


def solved(instance: Instance, **options: Any) -> Plan:
    """The optimal plan of a tiny instance, proven and audited."""
    plan = optimizer.solve(instance, **{"gap": 0.0, "threads": 1, "time_limit": 60.0, **options})
    assert plan.status == "optimal"
    return plan


def decided(plan: Plan) -> list[tuple[int, str, str, float]]:
    """Decisions of a plan: month, what, item, blocks."""
    rows = plan.decisions[["month", "decision", "item", "blocks"]].itertuples(index=False)
    return [(plan.instance.month_index(row[0]), row[1], row[2], row[3]) for row in rows]


def paid(plan: Plan, term: str, item: str | None = None) -> dict[int, float]:
    """What a cash term amounts to by month, of all items or of one."""
    return by_month(plan, "cash", "amount", term=term, **({} if item is None else {"item": item}))


def by_month(plan: Plan, table: str, column: str, **where: str) -> dict[int, float]:
    """A column of a plan table by month, summed over the rows that match; traces of rounding are dropped."""
    rows = plan.tables[table]
    for name, wanted in where.items():
        rows = rows[rows[name] == wanted]
    sums = rows.groupby("month")[column].sum()
    return {plan.instance.month_index(str(at)): round(value, 6) for at, value in sums.items()}

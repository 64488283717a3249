"""A plan made by hand, of five months from November: two sites, regions, providers, and a bit of everything twice.

Its figures are few and differ from one another, so that tests can work out entire tables of a report.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from io import StringIO
from typing import Any

import pandas as pd

from optimizer.instance.read import read
from optimizer.plan.plan import Plan
from optimizer.plan.tables import COLUMNS, make_table
from optimizer.report.charts import Chart
from optimizer.report.plan_context import PlanContext
from tests.report.plans import HEAD, Rows

MONTHS = ("2026-11", "2026-12", "2027-01", "2027-02", "2027-03")
_TABLES = {
    "accelerators": "accelerator,kw,reference\ngpu,1,1\ntpu,1,2.5\n",
    "throughput": "class,accelerator,factor\nserve,gpu,1\nserve,tpu,2\ntrain,gpu,1\ntrain,tpu,2\n",
    "providers": (
        "provider,kind,group,tags\ncloud,hyperscaler,alpha,us;rival\nedge,,alpha,\nneo,,beta,rival\nlab,tenant,,\n"
    ),
    "sites": "site,region\nnorth,europe\nsouth,asia\n",
    "power": "site,month,mw\nnorth,2026-11,2\nsouth,2027-01,4\n",
    "fleet": "site,accelerator,count\nnorth,gpu,600\n",
    "builds": "build,site,mw_per_block,lead_months,capex_per_mw\nhall,south,4,2,1e7\n",
    "contracts": (
        "contract,provider,region,accelerator,accelerators_per_block,price,per,min_term_months\n"
        "lease,neo,europe,gpu,100,2e6,block_month,1\n"
        "flex,cloud,asia,tpu,40,9e6,block_month,1\n"
        "spare,edge,asia,tpu,40,1e6,block_month,1\n"
    ),
    "on_demand": "offer,provider,region,accelerator,price,max_accelerators\nhourly,cloud,europe,gpu,3,100\n",
    "outlets": "outlet,tenant,sells,site,mw_per_block,price,per,term_months\nlet,lab,mw,north,1.2,5e6,block_month,1\n",
    "workloads": "workload,class,penalty,min_service\nchat,serve,20000,0.75\nstudy,train,0,0\n",
    "demand": (
        "workload,month,amount\n"
        + "".join(f"chat,{month},{amount}\n" for month, amount in zip(MONTHS, (400, 500, 900, 900, 800), strict=True))
        + "".join(f"study,{month},{amount}\n" for month, amount in zip(MONTHS, (300, 400, 300, 100, 320), strict=True))
    ),
    "training_runs": (
        "run,class,work,sizes,release,deadline,target,lateness_penalty,penalty\n"
        "big,train,100,100,,,2026-12,,\nsmall,train,200,200,,,2027-01,500000,\n"
        "never,train,9000,900,,,,,1\npast,train,50,50,2026-08,2026-10,,,1\n"
    ),
}
OWN = "in_house"
# month, pool, source, party, place, kind, accelerators, used, leased out, idle, MW
CAPACITY: Rows = [
    *[
        (month, "north/gpu", OWN, OWN, "north", "gpu", 600, used, leased, idle, 0.8)
        for month, used, leased, idle in zip(
            MONTHS, (400, 600, 500, 600, 600), (0, 0, 100, 0, 0), (200, 0, 0, 0, 0), strict=True
        )
    ],
    *[
        (month, "south/tpu", OWN, OWN, "south", "tpu", 200, used, 0, 200 - used, 0.3)
        for month, used in zip(MONTHS[2:], (200, 150, 200), strict=True)
    ],
    ("2026-11", "lease", "contract", "neo", "europe", "gpu", 300, 300, 0, 0, 0.36),
    ("2026-12", "lease", "contract", "neo", "europe", "gpu", 300, 300, 0, 0, 0.36),
    ("2027-01", "lease", "contract", "neo", "europe", "gpu", 100, 100, 0, 0, 0.12),
    ("2027-02", "flex", "contract", "cloud", "asia", "tpu", 40, 40, 0, 0, 0.1),
    ("2027-03", "flex", "contract", "cloud", "asia", "tpu", 80, 60, 0, 20, 0.2),
    ("2026-12", "hourly", "on_demand", "cloud", "europe", "gpu", 50, 50, 0, 0, 0.0),
]
# month, pool, demand, accelerators, work
ALLOCATION: Rows = [
    *[(month, "north/gpu", "chat", n, n) for month, n in zip(MONTHS, (400, 400, 500, 400, 400), strict=True)],
    ("2026-12", "north/gpu", "study", 100, 100),
    ("2027-03", "north/gpu", "study", 200, 200),
    ("2026-12", "north/gpu", "big", 100, 100),
    ("2027-02", "north/gpu", "small", 200, 200),
    *[(month, "south/tpu", "chat", n, 2 * n) for month, n in zip(MONTHS[2:], (200, 150, 200), strict=True)],
    *[(month, "lease", "study", n, n) for month, n in zip(MONTHS[:3], (300, 300, 100), strict=True)],
    ("2027-02", "flex", "study", 40, 80),
    ("2027-03", "flex", "study", 60, 120),
    ("2026-12", "hourly", "chat", 50, 50),
]
# month, workload, demand, served, unserved
SERVICE: Rows = [
    ("2026-11", "chat", 400, 400, 0),
    ("2026-12", "chat", 500, 450, 50),
    ("2027-01", "chat", 900, 900, 0),
    ("2027-02", "chat", 900, 700, 200),
    ("2027-03", "chat", 800, 800, 0),
    ("2026-11", "study", 300, 300, 0),
    ("2026-12", "study", 400, 400, 0),
    ("2027-01", "study", 300, 100, 200),
    ("2027-02", "study", 100, 80, 20),
    ("2027-03", "study", 320, 320, 0),
]
# site, MW available, used, leased out
POWER: Rows = [
    *[
        (month, "north", 2.0, used, leased)
        for month, used, leased in zip(MONTHS, (0.6, 0.9, 0.8, 0.9, 0.9), (0, 0, 1.2, 0, 0), strict=True)
    ],
    *[(month, "south", 4.0, used, 0.0) for month, used in zip(MONTHS[2:], (0.3, 0.25, 0.3), strict=True)],
]
# month, term, item, party, amount, present value
CASH: Rows = [
    ("2026-11", "build", "hall", OWN, 40e6, 40e6),
    ("2026-12", "contract", "lease", "neo", 6e6, 5.9e6),
    ("2026-12", "on_demand", "hourly", "cloud", 1e6, 0.98e6),
    ("2027-01", "contract", "lease", "neo", 2e6, 1.9e6),
    ("2027-01", "lease_out", "let", "lab", -5e6, -4.8e6),
    ("2027-02", "contract", "flex", "cloud", 9e6, 8.6e6),
    ("2027-02", "unserved", "chat", "", 4e6, 3.8e6),
    ("2027-02", "lateness", "small", "", 0.5e6, 0.4e6),
    ("2027-03", "contract", "flex", "cloud", 18e6, 17e6),
    ("2027-04", "residual", "hall", OWN, -30e6, -28e6),
    ("2027-04", "tail", "flex", "cloud", 3e6, 2.5e6),
]
# month, item, party, owed, of it after the plan
OBLIGATIONS: Rows = [
    ("2026-11", "lease", "neo", 8e6, 0.0),
    ("2026-12", "lease", "neo", 8e6, 0.0),
    ("2027-01", "lease", "neo", 2e6, 0.0),
    ("2027-01", "spare", "edge", 5e6, 0.0),
    ("2027-02", "spare", "edge", 4e6, 0.0),
    ("2027-02", "flex", "cloud", 60e6, 33e6),
    ("2027-03", "spare", "edge", 3e6, 1e6),
    ("2027-03", "flex", "cloud", 51e6, 33e6),
]
RUNS: Rows = [
    ("small", "north/gpu", 200, "2027-02", "2027-02", "2027-01", 1),
    ("big", "north/gpu", 100, "2026-12", "2026-12", "2026-12", 0),
]
TABLES: dict[str, Rows] = {
    "capacity": CAPACITY,
    "allocation": ALLOCATION,
    "service": SERVICE,
    "power": POWER,
    "cash": CASH,
    "obligations": OBLIGATIONS,
    "runs": RUNS,
}


@cache
def coast_plan(policies: str = "") -> Plan:
    """The plan, with a table of policies."""
    texts = {**_TABLES, **({"policies": policies} if policies else {})}
    frames = {name: pd.read_csv(StringIO(text), dtype=str, keep_default_na=False) for name, text in texts.items()}
    head = {**HEAD, "name": "coast", "start": MONTHS[0], "months": len(MONTHS), "currency": "USD"}
    instance = read({"instance": head, **frames})
    tables = {name: make_table(name, TABLES.get(name, [])) for name in COLUMNS}
    objective = float(tables["cash"]["present_value"].sum())
    status = {"status": "optimal", "objective": objective, "bound": objective, "gap": 0.0}
    return Plan(head=status, tables=tables, instance=instance)


def changed(**tables: Rows) -> PlanContext:
    """The plan with other tables."""
    plan: Plan = coast_plan()
    frames = {name: make_table(name, rows) for name, rows in tables.items()}
    return PlanContext(replace(plan, tables={**plan.tables, **frames}))


def steps(values: dict[str, list[float]]) -> dict[str, list[float]]:
    """What areas and lines draw: the last value again at the end of its month."""
    return {name: [*found, found[-1]] for name, found in values.items()}


def bars(chart: Chart) -> dict[str, list[Any]]:
    """Lengths of horizontal bars, from the top."""
    return {trace.meta["label"]: list(trace.x) for trace in chart.figure.data}


def by_month(*columns: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Rows of a table by month."""
    return list(zip(MONTHS, *columns, strict=True))

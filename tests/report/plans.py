"""Plans made by hand for the tests of reports: one of twelve months with a bit of everything, and a very large one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from io import StringIO
from typing import Any

import pandas as pd

from optimizer.instance.read import read
from optimizer.plan.plan import Plan
from optimizer.plan.tables import COLUMNS, make_table

Rows = list[tuple[Any, ...]]
MONTHS = [f"2026-{month:02}" for month in range(1, 13)]

HEAD = {
    "format": 1,
    "name": "harbour",
    "title": "Harbour: a hall, two leases and a cloud",
    "description": "A hall by the harbour.\n\nIt has room for more.",
    "sources": "Made up.",
    "start": "2026-01",
    "months": 12,
    "currency": "EUR",
    "discount_rate": 0.1,
}
_INSTANCE = {
    "accelerators": "accelerator,kw,reference\ngpu,1,1\ntpu,1,2\n",
    "throughput": "class,accelerator,factor\nserve,gpu,1\nserve,tpu,2\ntrain,gpu,1\n",
    "providers": "provider,kind,group,tags\ncloud,hyperscaler,alpha,\nneo,neocloud,alpha,rival\nlab,tenant,,\n",
    "sites": "site,region,pue\nhall,north,1.25\n",
    "power": "site,month,mw,price_per_mwh\nhall,2026-01,10,60\n",
    "fleet": "site,accelerator,count\nhall,gpu,1000\n",
    "builds": "build,site,mw_per_block,lead_months,capex_per_mw\nannex,hall,5,4,800000\n",
    "contracts": (
        "contract,provider,region,accelerator,accelerators_per_block,mw_per_block,price,per,term_months,"
        "min_term_months,notice_months,earliest,lead_months,committed_blocks,max_blocks\n"
        "lease,neo,north,gpu,400,0.5,200000,block_month,,3,2,,,,2\n"
        "fixed,cloud,north,tpu,300,0.4,300000,block_month,12,,,2026-05,3,,1\n"
        "old,neo,north,gpu,100,0.1,50000,block_month,6,,,2025-09,,1,1\n"
    ),
    "on_demand": "offer,provider,region,accelerator,price,max_accelerators\nhourly,cloud,north,gpu,3,100\n",
    "commitments": "commitment,provider,annual_amount,years\ndeal,cloud,1000000,1\n",
    "outlets": (
        "outlet,tenant,sells,site,mw_per_block,price,per,term_months,lead_months\n"
        "space,lab,mw,hall,2,50000,block_month,12,2\n"
    ),
    "workloads": "workload,class,penalty,min_service\nchat,serve,3000,0.5\nstudy,train,2000,0\n",
    "demand": "workload,month,amount\nchat,2026-01,1000\nchat,2026-05,1500\nstudy,2026-01,500\n",
    "training_runs": (
        "run,class,work,sizes,target,lateness_penalty,penalty\n"
        "big,train,1200,200,2026-06,1000,5000\nsmall,train,90000,100,,,1\n"
    ),
    "budgets": (
        "budget,from,to,amount,covers,net\nhalf,2026-01,2026-06,4500000,all,true\nsteel,2026-01,2026-12,8e6,capex,\n"
    ),
    "policies": (
        "policy,rule,subject,member,limit\nspread,max_share,group,alpha,0.6\nmarks,max_share,tag,rival,0.5\n"
        "outage,survive,provider,cloud,1\n"
    ),
    "rules": "rule,sense,rhs,each,penalty\ncap,<=,500,month,\nleast,>=,1,total,100\n",
    "rule_terms": "rule,quantity,item\ncap,capacity,lease\nleast,started,fixed\n",
}

_DECISIONS: Rows = [
    ("2026-01", "commit_spend", "deal", "cloud", 1, 0, 0, "2026-01", "2026-12", 1e6),
    ("2026-02", "sign", "fixed", "cloud", 1, 300, 0.4, "2026-05", "2027-04", 3.6e6),
    ("2026-02", "start_run", "big", "in_house", 1, 200, 0.25, "2026-02", "2026-07", 0.0),
    ("2026-03", "expire", "old", "neo", 1, 100, 0.1, "", "2026-02", 0.0),
    ("2026-03", "order_build", "annex", "in_house", 1, 0, 5, "2026-07", "", 4e6),
    ("2026-03", "sign", "lease", "neo", 1, 400, 0.5, "2026-03", "", 6e5),
    ("2026-05", "lease_out", "space", "lab", 1, 0, 2, "2026-07", "2027-06", -6e5),
    ("2026-07", "hand_back", "lease", "neo", 1, 400, 0.5, "", "2026-08", 0.0),
]


def _capacity() -> Rows:
    """The hall always; the old lease in two months, the lease in six, the fixed one in eight, by the hour in one."""
    rows: Rows = []
    for t, month in enumerate(MONTHS):
        rows.append((month, "hall/gpu", "in_house", "in_house", "hall", "gpu", 1000, 800, 0, 200, 1.25))
        if t < 2:
            rows.append((month, "old", "contract", "neo", "north", "gpu", 100, 0, 0, 100, 0.1))
        if 2 <= t <= 7:
            rows.append((month, "lease", "contract", "neo", "north", "gpu", 400, 400, 0, 0, 0.5))
        if t >= 4:
            rows.append((month, "fixed", "contract", "cloud", "north", "tpu", 300, 300, 0, 0, 0.4))
        if t == 11:
            rows.append((month, "hourly", "on_demand", "cloud", "north", "gpu", 100, 100, 0, 0, 0.0))
    return rows


def _allocation() -> Rows:
    """Chat on the hall and the fixed contract, study on the lease and by the hour, the run on a part of the hall."""
    rows: Rows = []
    for t, month in enumerate(MONTHS):
        running = 200 if 1 <= t <= 6 else 0
        rows.append((month, "hall/gpu", "chat", 800 - running, 800 - running))
        if running:
            rows.append((month, "hall/gpu", "big", running, running))
        if 2 <= t <= 7:
            rows.append((month, "lease", "study", 400, 400))
        if t >= 4:
            rows.append((month, "fixed", "chat", 300, 600))
        if t == 11:
            rows.append((month, "hourly", "study", 100, 100))
    return rows


def _service() -> Rows:
    done: dict[tuple[str, str], float] = {}
    for month, _, demand, _, work in _allocation():
        done[month, demand] = done.get((month, demand), 0.0) + work
    rows: Rows = []
    for t, month in enumerate(MONTHS):
        for workload, wanted in (("chat", 1000 if t < 4 else 1500), ("study", 500)):
            served = done.get((month, workload), 0.0)
            rows.append((month, workload, wanted, served, wanted - served))
    return rows


def _cash() -> Rows:
    rows: list[tuple[int, str, str, str, float]] = [(t, "build", "annex", "in_house", 1e6) for t in range(2, 6)]
    rows += [(t, "energy", "hall", "in_house", 4e4) for t in range(12)]
    rows += [(t, "contract", "lease", "neo", 2e5) for t in range(2, 8)]
    rows += [(t, "contract", "fixed", "cloud", 3e5) for t in range(4, 12)]
    rows += [(11, "on_demand", "hourly", "cloud", 219e3), (6, "lateness", "big", "", 1e3)]
    rows += [(t, "lease_out", "space", "lab", -5e4) for t in range(6, 12)]
    rows += [(t, "unserved", "chat", "", 3e5) for t in range(12)]
    rows += [(12, "residual", "annex", "in_house", -2e6)]
    return [(_month(t), term, item, party, amount, amount * 0.99**t) for t, term, item, party, amount in rows]


def _obligations() -> Rows:
    """What is owed by month: of the lease a minimum term of three months, later two months' notice, to the hand-back.

    Of the year of spending nothing is left once the fixed contract is signed: its eight months in it cost more.
    """
    rows: list[tuple[int, str, str, float, float]] = [(0, "deal", "cloud", 1e6, 0.0)]
    rows += [(0, "old", "neo", 1e5, 0.0), (1, "old", "neo", 5e4, 0.0)]
    rows += [(t, "fixed", "cloud", 3e5 * (12 - max(t - 4, 0)), 1.2e6) for t in range(1, 12)]
    rows += [(t, "annex", "in_house", 1e6 * (6 - t), 0.0) for t in range(2, 6)]
    rows += [
        (t, "lease", "neo", owed, 0.0) for t, owed in zip(range(2, 8), (6e5, 4e5, 4e5, 4e5, 4e5, 2e5), strict=True)
    ]
    return [(_month(t), *rest) for t, *rest in sorted(rows)]


def _month(t: int) -> str:
    return str(pd.Period("2026-01", freq="M") + t)


def _tables() -> dict[str, Rows]:
    power: Rows = [(m, "hall", 10 if t < 6 else 15, 1.0, 0 if t < 6 else 2) for t, m in enumerate(MONTHS)]
    rules: Rows = [
        (
            m,
            "cap",
            "month",
            "<=",
            400 if 2 <= t <= 7 else 0,
            500,
            100 if 2 <= t <= 7 else 500,
            0,
            -250.0 if t == 3 else 0,
        )
        for t, m in enumerate(MONTHS)
    ]
    return {
        "decisions": _DECISIONS,
        "capacity": _capacity(),
        "allocation": _allocation(),
        "runs": [("big", "hall/gpu", 200, "2026-02", "2026-07", "2026-06", 1)],
        "service": _service(),
        "power": power,
        "outages": [("2026-05", "outage", "cloud", "hall/gpu", "chat", 700, 700)],
        "rules": [*rules, ("2026-12", "least", "total", ">=", 1, 1, 0, 0, 100.0)],
        "cash": _cash(),
        "obligations": _obligations(),
    }


def small_plan(names: Mapping[str, str] | None = None) -> Plan:
    """The plan of twelve months; ``names`` gives its things other names, in its instance and in its tables."""
    new = dict(names or {})
    frames = {
        table: pd.read_csv(StringIO(text), dtype=str, keep_default_na=False).replace(new)
        for table, text in _INSTANCE.items()
    }
    tables = {name: make_table(name, [_renamed(row, new) for row in rows]) for name, rows in _tables().items()}
    tables |= {name: make_table(name, []) for name in COLUMNS if name not in tables}
    objective = float(tables["cash"]["present_value"].sum())
    return Plan(head=_head(objective), tables=tables, instance=read({"instance": HEAD, **frames}))


def _renamed(row: tuple[Any, ...], names: Mapping[str, str]) -> tuple[Any, ...]:
    def new(value: Any) -> Any:
        if isinstance(value, str) and "/" in value and value not in names:
            site, kind = value.split("/")
            return f"{names.get(site, site)}/{names.get(kind, kind)}"
        return names.get(value, value) if isinstance(value, str) else value

    return tuple(map(new, row))


def _head(objective: float) -> dict[str, Any]:
    return {
        "status": "feasible",
        "stopped": "time_limit",
        "objective": objective,
        "bound": objective - 1e5,
        "gap": 1e5 / objective,
        "relaxed": False,
        "options": {"gap": 0.001, "time_limit": 60.0, "threads": None, "seed": 7, "relax": False},
        "solver": {"name": "HiGHS", "nodes": 12},
        "versions": {"capopt": "0.1.0"},
        "size": {"rows": 1234},
        "seconds": {"build": 0.5},
        "memory_mb": {"build": 120.0},
        "warnings": ["contracts.csv, row 3: the price is unusual."],
        "audit": {"passed": True, "checks": 4321},
    }


def empty_plan() -> Plan:
    """A plan without a row in any table."""
    plan = small_plan()
    return Plan(plan.head, {name: make_table(name, []) for name in COLUMNS}, plan.instance)


@cache
def large_plan(months: int = 240, parties: int = 30, workloads: int = 30, sites: int = 10) -> Plan:
    """As many months as the format allows, and more parties, workloads and sites than a chart can tell apart."""
    labels = [str(month) for month in pd.period_range("2026-03", periods=months, freq="M")]
    party, work, site = ([f"{kind}-{i:02}" for i in range(n)] for kind, n in _counts(parties, workloads, sites))
    frames = {
        "accelerators": pd.DataFrame({"accelerator": ["gpu"], "kw": [1.0]}),
        "throughput": pd.DataFrame({"class": ["serve"], "accelerator": ["gpu"], "factor": [1.0]}),
        "providers": pd.DataFrame({"provider": party}),
        "sites": pd.DataFrame({"site": site, "region": "north"}),
        "power": pd.DataFrame({"site": site, "month": labels[0], "mw": 50.0}),
        "fleet": pd.DataFrame({"site": site, "accelerator": "gpu", "count": 1e4}),
        "contracts": pd.DataFrame(
            {
                "contract": [f"lease-{name}" for name in party],
                "provider": party,
                "region": "north",
                "accelerator": "gpu",
                "accelerators_per_block": 1e4,
                "price": 1e6,
                "per": "block_month",
                "min_term_months": 1,
            }
        ),
        "workloads": pd.DataFrame({"workload": work, "class": "serve", "penalty": 1e3}),
        "demand": pd.DataFrame(
            [(name, label, 5e4 + i) for name in work for i, label in enumerate(labels)],
            columns=["workload", "month", "amount"],
        ),
    }
    instance = read({"instance": {**HEAD, "start": labels[0], "months": months}, **frames})
    tables = _large_tables(labels, party, work, site)
    frames_of = {name: make_table(name, tables.get(name, [])) for name in COLUMNS}
    return Plan(_head(float(frames_of["cash"]["present_value"].sum())), frames_of, instance)


def _counts(parties: int, workloads: int, sites: int) -> list[tuple[str, int]]:
    return [("party", parties), ("work", workloads), ("site", sites)]


def _large_tables(labels: list[str], party: list[str], work: list[str], site: list[str]) -> dict[str, Rows]:
    tables: dict[str, Rows] = {name: [] for name in COLUMNS}
    for t, month in enumerate(labels):
        for i, name in enumerate(party):
            size, cost = 1234.567 * (i + 1) + 17.3 * t, 1e6 * (len(party) - i) + 123.4 * t
            lease, share = f"lease-{name}", size / 7
            tables["capacity"].append(
                (month, lease, "contract", name, "north", "gpu", size, size - share, 0, share, size / 900)
            )
            tables["cash"].append((month, "contract", lease, name, cost, cost * 0.99**t))
            tables["allocation"].append((month, lease, work[i % len(work)], size - share, size - share))
        for i, name in enumerate(work):
            tables["service"].append((month, name, 5e4 + i * t, 4e4, 1e4 + i * t))
        for i, name in enumerate(site):
            tables["power"].append((month, name, 50.0, 40.0 + t % (i + 2), 0.0))
    for t, month in enumerate(labels[:-1]):
        for name in party[: 2 + t % 3]:
            tables["decisions"].append(
                (month, "sign", f"lease-{name}", name, 1, 1e4 + t, 12.5, month, labels[t + 1], 1e6 * t)
            )
    return tables

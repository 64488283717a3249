"""A plan made by hand with contracts of accelerators and of power, for the rows of the FOCUS export."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd

from optimizer.instance.read import read
from optimizer.plan.plan import Plan
from tests.plan.pairs import plan

BLOCK = {"per": "block_month", "max_blocks": 9}
CONTRACTS: list[dict[str, Any]] = [
    {
        "contract": "flex",
        "provider": "neo",
        "region": "europe",
        "accelerator": "gpu",
        **BLOCK,
        "accelerators_per_block": 10,
        "mw_per_block": 0.5,
        "price": 1000,
        "min_term_months": 2,
        "notice_months": 1,
        "termination_fee_months": 0.5,
        "lead_months": 2,
        "ends_by": "2027-10",
        "availability": 0.9,
    },
    {
        "contract": "year",
        "provider": "cloud",
        "region": "america",
        "accelerator": "tpu",
        **BLOCK,
        "accelerators_per_block": 20,
        "price": 2000,
        "term_months": 12,
        "lead_months": 1,
        "upfront_per_block": 6000,
        "prepaid_fraction": 0.25,
    },
    {
        "contract": "space",
        "provider": "neo",
        "supplies": "mw",
        "site": "south",
        "mw_per_block": 4,
        **BLOCK,
        "price": 500,
        "term_months": 24,
        "escalation": 0.1,
    },
    {
        "contract": "old",
        "provider": "neo",
        "region": "europe",
        "accelerator": "gpu",
        "per": "block_month",
        "accelerators_per_block": 10,
        "price": 100,
        "term_months": 6,
        "earliest": "2026-02",
        "committed_blocks": 3,
    },
]
TABLES: dict[str, list[dict[str, Any]]] = {
    "accelerators": [{"accelerator": "gpu", "kw": 1}, {"accelerator": "tpu", "kw": 2}],
    "throughput": [{"class": "serve", "accelerator": "gpu", "factor": 1}],
    "providers": [
        {"provider": "neo", "kind": "neocloud", "group": "alpha"},
        {"provider": "cloud", "kind": "hyperscaler"},
        {"provider": "lab", "kind": "tenant"},
    ],
    "sites": [{"site": "north", "region": "europe"}, {"site": "south", "region": "america"}],
    "power": [{"site": "north", "month": "2026-05", "mw": 10, "price_per_mwh": 50}],
    "contracts": CONTRACTS,
    "ramps": [
        {"contract": "flex", "month_of_term": 0, "capacity_fraction": 0.5, "price_fraction": 0.25},
        {"contract": "flex", "month_of_term": 1, "capacity_fraction": 1, "price_fraction": 1},
    ],
    "on_demand": [
        {
            "offer": "hourly",
            "provider": "cloud",
            "region": "europe",
            "accelerator": "gpu",
            "price": 3,
            "max_accelerators": 99,
        }
    ],
    "commitments": [{"commitment": "deal", "provider": "cloud", "annual_amount": 12000, "years": 2}],
    "outlets": [
        {
            "outlet": "let",
            "tenant": "lab",
            "accelerator": "gpu",
            "accelerators_per_block": 5,
            "price": 70,
            "per": "block_month",
            "term_months": 12,
        }
    ],
    "workloads": [{"workload": "chat", "class": "serve", "penalty": 1}],
    "demand": [{"workload": "chat", "month": "2026-05", "amount": 9}],
}
DECISIONS: list[tuple[Any, ...]] = [
    ("2026-05", "sign", "flex", "neo", 2, 20, 1.0, "2026-07", "", 0.0),
    ("2026-05", "sign", "flex", "neo", 1, 10, 0.5, "2026-07", "", 0.0),
    ("2026-11", "hand_back", "flex", "neo", 2, 20, 1.0, "", "2026-12", 0.0),
    ("2026-06", "sign", "year", "cloud", 3, 60, 0.0, "2026-07", "2027-06", 0.0),
    ("2026-08", "sign", "space", "neo", 2, 0, 8.0, "2026-08", "2028-07", 0.0),
    ("2026-06", "commit_spend", "deal", "cloud", 1, 0, 0, "2026-06", "2028-05", 24000.0),
]
CASH: list[tuple[Any, ...]] = [
    ("2026-06", "upfront", "year", "cloud", 18000.0, 17000.0),
    ("2026-07", "contract", "flex", "neo", 750.0, 700.0),
    ("2026-12", "contract", "flex", "neo", 3000.0, 2900.0),
    ("2027-01", "contract", "flex", "neo", 1000.0, 900.0),
    ("2027-01", "termination", "flex", "neo", 1000.0, 800.0),
    ("2026-08", "contract", "space", "neo", 1000.0, 950.0),
    ("2026-09", "on_demand", "hourly", "cloud", 300.0, 280.0),
    ("2026-09", "energy", "north", "in_house", 40.0, 30.0),
    ("2026-10", "energy", "south", "in_house", 7.0, 6.0),
    ("2026-09", "lease_out", "let", "lab", -140.0, -130.0),
    ("2028-05", "shortfall", "deal", "cloud", 500.0, 300.0),
]
HEAD = {
    "format": 1,
    "name": "focus",
    "title": "A test",
    "start": "2026-05",
    "months": 25,
    "hours_per_month": 100,
    "currency": "EUR",
}


@cache
def focus_plan() -> Plan:
    frames = {name: pd.DataFrame(rows, dtype=object).fillna("") for name, rows in TABLES.items()}
    instance = read({"instance": HEAD, **frames})
    capacity = [
        ("2026-09", "hourly", "on_demand", "cloud", "europe", "gpu", 4, 4, 0, 0, 0),
        ("2026-09", "north/gpu", "in_house", "in_house", "north", "gpu", 9, 9, 0, 0, 0),
    ]
    return plan(instance, decisions=DECISIONS, cash=CASH, capacity=capacity, power=[("2026-09", "north", 10, 0.5, 0)])

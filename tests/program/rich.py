"""A small instance in which every table is used and every family and cash term has something to say."""

from __future__ import annotations

from typing import Any

from tests.program.tiny import Records, frames

_TABLES: dict[str, Records] = {
    "accelerators": [{}, {"accelerator": "tpu", "kw": 1.5, "reference": 2}],
    "throughput": [
        {"class": "serve"},
        {"class": "serve", "accelerator": "tpu", "factor": 1.8},
        {"class": "train", "factor": 0.9},
    ],
    "providers": [
        {"group": "alpha", "tags": "rival"},
        {"provider": "neo", "tags": "rival;new"},
        {"provider": "lab", "kind": "tenant"},
    ],
    "sites": [{"pue": 1.2, "availability": 0.9}, {"site": "barn", "region": "there"}],
    "power": [
        {"mw": 1, "price_per_mwh": 50},
        {"month": 3, "mw": 1.3, "price_per_mwh": 60},
        {"site": "barn", "month": -4, "mw": 0.4, "price_per_mwh": 40},
    ],
    "fleet": [{"count": 500, "until": 4}, {"count": 300}, {"site": "barn", "accelerator": "tpu", "count": 200}],
    "builds": [
        {"capex_per_mw": 2e5, "lead_months": 1, "max_blocks": 2, "fixed_cost_per_mw_month": 1000},
        {"build": "annex", "site": "barn", "mw_per_block": 0.5, "capex_per_mw": 1e5, "after": "wing"},
    ],
    "purchases": [
        {
            "unit_price": 3000,
            "lot_size": 100,
            "lead_months": 1,
            "deposit_fraction": 0.2,
            "life_months": 24,
            "max_total": 800,
            "max_per_month": 300,
            "maintenance_per_month": 5,
            "residual_fraction": 0.8,
        }
    ],
    "contracts": [
        {
            "provider": "neo",
            "accelerators_per_block": 100,
            "price": 3e4,
            "min_term_months": 2,
            "max_blocks": 3,
            "notice_months": 1,
            "termination_fee_months": 0.5,
            "sublease": True,
            "upfront_per_block": 2000,
        },
        {
            "contract": "block",
            "accelerator": "tpu",
            "region": "there",
            "accelerators_per_block": 50,
            "price": 5,
            "per": "accelerator_hour",
            "term_months": 3,
            "lead_months": 1,
            "min_blocks": 2,
            "max_blocks": 4,
            "availability": 0.95,
        },
        {
            "contract": "old",
            "provider": "neo",
            "accelerators_per_block": 100,
            "mw_per_block": 0.12,
            "price": 3e5,
            "per": "mw_month",
            "term_months": 4,
            "earliest": -2,
            "committed_blocks": 2,
        },
        {
            "contract": "again",
            "provider": "neo",
            "accelerators_per_block": 100,
            "price": 280,
            "per": "accelerator_month",
            "term_months": 2,
            "max_blocks": 3,
            "renews": "old",
            "requires": "lease",
            "prepaid_fraction": 0.25,
        },
        {
            "contract": "grid",
            "supplies": "mw",
            "site": "barn",
            "mw_per_block": 0.1,
            "price": 2e4,
            "min_term_months": 1,
            "minimum_take": 0.7,
            "integer": False,
            "region": None,
            "accelerator": None,
            "accelerators_per_block": float("nan"),
        },
    ],
    "ramps": [
        {"month_of_term": 0, "capacity_fraction": 0.5, "price_fraction": 0.7},
        {"month_of_term": 2, "capacity_fraction": 1},
    ],
    "on_demand": [
        {"price": 6, "max_accelerators": 200},
        {"offer": "rate", "price": 4, "max_accelerators": 150, "commitment": "deal"},
    ],
    "commitments": [{"annual_amount": 4e5, "latest": 2}],
    "prices": [
        {"item": "hourly", "month": 3, "price": 5},
        {"item": "lease", "month": 2, "price": 28_000},
        {"item": "buy", "month": 4, "price": 2500},
    ],
    "outlets": [
        {"accelerators_per_block": 40, "price": 20_000, "min_term_months": 1, "termination_fee_months": 0.5},
        {
            "outlet": "space",
            "sells": "mw",
            "site": "hall",
            "accelerator": "",
            "mw_per_block": 0.1,
            "per": "mw_month",
            "price": 1e5,
            "term_months": 2,
            "upfront_per_block": 500,
        },
    ],
    "workloads": [
        {"workload": "chat", "class": "serve", "penalty": 800, "min_service": 0.2, "critical": 0.3},
        {"workload": "study", "class": "train", "penalty": 300, "exclude": "alpha", "regions": "here"},
    ],
    "demand": [
        {"workload": "chat", "month": 0, "amount": 900},
        {"workload": "chat", "month": 2, "amount": 1300},
        {"workload": "chat", "month": 5, "amount": 1000},
        {"workload": "study", "month": 1, "amount": 200},
    ],
    "training_runs": [
        {
            "class": "train",
            "work": 400,
            "sizes": "150;250",
            "target": 2,
            "lateness_penalty": 2e4,
            "penalty": 2e5,
            "release": 1,
        }
    ],
    "budgets": [{"amount": 1.5e6, "covers": "capex"}, {"budget": "early", "amount": 9e5, "net": True, "to": 2}],
    "policies": [
        {"policy": "spread", "rule": "max_share", "subject": "group", "limit": 0.6},
        {"policy": "outage", "rule": "survive", "subject": "provider", "limit": 0.5, "from": 1},
    ],
    "rules": [
        {"rule": "most", "sense": "<=", "rhs": 500},
        {"rule": "wish", "sense": "=", "rhs": 800, "each": "total", "penalty": 300, "from": 2},
    ],
    "rule_terms": [
        {"rule": "most", "quantity": "capacity", "item": "neo"},
        {"rule": "wish", "quantity": "leased", "item": "let"},
        {"rule": "wish", "quantity": "served", "item": "study", "coefficient": 0.5},
    ],
}


def rich_frames(months: int = 6, **given: Any) -> dict[str, Any]:
    """Frames of the rich instance; tables given replace its own."""
    head = {"name": "rich", "discount_rate": 0.1, "tail_fraction": 0.1}
    tables = {"head": head, **_TABLES, **given}
    return frames(months, **tables)

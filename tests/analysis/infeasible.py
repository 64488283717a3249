"""Parts of tiny instances without a plan."""

from __future__ import annotations

from optimizer.instance.instance import Instance
from tests.program.tiny import tiny

MUST = [{"workload": "jobs", "min_service": 1}]
FLEET = {"fleet": [{"count": 10}]}
LEASE = {"price": 3000, "committed_blocks": 1, "earliest": -1, "term_months": 3}
AGREED = {"price": 3000, "committed_blocks": 1, "earliest": -2, "min_term_months": 3, "notice_months": 2}


def purse(amount: float) -> Instance:
    """Two workloads that must be served by the hour, an agreed lease, and one budget for all of it."""
    hourly = [{"price": 1, "max_accelerators": 10}, {"offer": "b", "price": 2, "max_accelerators": 10, "region": "z"}]
    jobs = {"workload": "jobs", "min_service": 1, "regions": "here"}
    return tiny(
        4,
        {"jobs": [10], "more": [10]},
        contracts=[{**AGREED, "region": "there"}],
        on_demand=hourly,
        workloads=[jobs, {"workload": "more", "min_service": 0.5, "regions": "z"}],
        budgets=[{"amount": amount}],
    )

"""A good plan judged by a stricter instance: it breaks the rule that became stricter."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.auditing.tampering import judged_by, named
from tests.program.tiny import month, solved, tiny

Tables = dict[str, Any]


@dataclass
class Case:
    """An instance, what is stricter about another one, and what the plan of the first breaks in it.

    A block of a lease has ten accelerators, and an accelerator serves one unit of demand.

    Attributes
    ----------
    rule, item : str
        What must be named.
    t : int or None
        In which month.
    demand : sequence
        Work wanted by month.
    given, stricter : dict
        Tables of the instance; those that differ in the stricter one.
    also : set of str
        Rules that are broken beside it, because figures follow from what became stricter.
    """

    rule: str
    item: str
    t: int | None
    demand: list[float]
    given: Tables
    stricter: Tables
    also: set[str] = field(default_factory=set)


def _lease(**terms: Any) -> Tables:
    return {"contracts": [{"price": 1, "min_term_months": 1, **terms}]}


def _two(**terms: Any) -> Tables:
    return _lease(max_blocks=2, **terms)


def _wing(*rows: Tables, mw: float = 0.0) -> Tables:
    """Ten accelerators at a site that has no power but what is built."""
    return {
        "power": [{"mw": mw}],
        "fleet": [{"count": 10}],
        "builds": [{"capex_per_mw": 1, **row} for row in rows or ({},)],
    }


def _buy(**terms: Any) -> Tables:
    return {"purchases": [{"unit_price": 1, "lot_size": 5, **terms}]}


def _outlet(**terms: Any) -> Tables:
    return {"outlets": [{"accelerator": "gpu", "accelerators_per_block": 10, "price": 9, "term_months": 1, **terms}]}


def _run(**terms: Any) -> Tables:
    run = {"work": 20, "sizes": "10", "penalty": 100, **terms}
    return {"fleet": [{"count": 10}], "training_runs": [run]}


def _policy(rule: str, limit: float, **terms: Any) -> Tables:
    return {"policies": [{"rule": rule, "subject": "provider", "limit": limit, **terms}]}


def _jobs(**terms: Any) -> Tables:
    return {"workloads": [{"workload": "jobs", **terms}]}


def _vital(**terms: Any) -> Tables:
    return _jobs(critical=1, **terms)


def _deal(**terms: Any) -> Tables:
    return _lease() | {"commitments": [{"annual_amount": 9, "required": True, **terms}]}


def _two_sites() -> Tables:
    return {"sites": [{}, {"site": "barn"}]}


_OLD = {"contract": "old", "price": 1, "term_months": 2, "committed_blocks": 1, "earliest": 0}
_AGAIN = {"contract": "again", "price": 1, "term_months": 1, "max_blocks": 9}
_KEPT = {"capacity", "capacity_use", "cash", "decision_dates", "owed"}
_ENDED = {"expire", "capacity", "capacity_use", "pool_limit", "cash", "owed"}
_UNRUN = {"eligible", "work", "run_dates", "run_allocation"}
_LESS_POWER = {"power": [{"mw": 0.009, "price_per_mwh": 9}]}

_DEAL = {"commitments": [{"annual_amount": 9}]} | _lease()
_BOTH = (
    _vital() | _lease() | {"fleet": [{"count": 10}], "power": [{"mw": 0.01, "price_per_mwh": 9}]}
)  # the lease is cheaper
_HOURLY = {"on_demand": [{"price": 1, "max_accelerators": 10}]}
_FEWER = {"on_demand": [{"price": 1, "max_accelerators": 9}]}
_MINE = {"rules": [{"sense": "<=", "rhs": 9, "penalty": 0}], "rule_terms": [{"quantity": "used", "item": "lease"}]}
_SHELLS = {"build": "annex", "capex_per_mw": 1}
_DEAR = {"capex_per_mw": 9}
_NEXT = {"lead_months": 1}
_LATER = {**_NEXT, "payment": "delivery"}
_HALF = {"mw_per_block": 0.005}
_FIXED = {"term_months": 2, "min_term_months": None}

_RIVAL = {"providers": [{"group": "alpha", "tags": "rival;other"}, {"provider": "lab", "kind": "tenant"}]}
_STARTS_LATER = _FIXED | {"lead_months": 1}
_NO_TERM = {"min_term_months": 0}
_NEVER = {"capacity", "capacity_use", "pool_limit", "cash", "owed"}

BUILT = [
    Case("order_window", "wing", 0, [10], _wing(), _wing({"earliest": 1})),
    Case("cash", "wing", 0, [0, 10], _wing({**_NEXT, "payment": "order"}), _wing(_LATER), {"owed"}),
    Case("cash", "wing", 1, [0, 10], _wing({**_NEXT, "payment": "order"}), _wing(_LATER), {"owed"}),
    Case("order_window", "buy", 0, [5], _buy(), _buy(earliest=1)),
    Case("build_limit", "wing", 0, [10], _wing({**_HALF, "max_blocks": 2}), _wing(_HALF)),
    Case("build_after", "annex", 0, [10], _wing(_DEAR, _SHELLS), _wing(_DEAR, {**_SHELLS, "after": "wing"})),
    Case("purchase_limits", "buy", 0, [10], _buy(), _buy(max_per_month=5)),
    Case("purchase_limits", "buy", 1, [5, 10], _buy(), _buy(max_total=5)),
]
AGREED = [
    Case("start_window", "lease", 0, [10, 10], _lease(), _lease(earliest=1)),
    Case("start_window", "lease", 1, [10, 20], _lease(max_blocks=2), _lease(max_blocks=2, latest=0)),
    Case("committed", "lease", 0, [10], _lease(), _lease(committed_blocks=0)),
    Case("ends_by", "lease", 0, [10, 10], _lease(**_FIXED), _lease(**_FIXED, ends_by=0)),
    # Signed in month 0 it runs in months 1 and 2; without a minimum term it runs in the month in which it starts.
    # Its price is that of the month in which it starts.
    Case(
        "ends_by",
        "lease",
        0,
        [0, 10, 10, 0],
        _lease(**_STARTS_LATER, ends_by=2) | {"prices": [{"item": "lease", "month": 1, "price": 2}]},
        _lease(**_STARTS_LATER, ends_by=1),
    ),
    Case("ends_by", "lease", 1, [0, 10], _lease(**_NO_TERM, ends_by=1), _lease(**_NO_TERM, ends_by=0), _NEVER),
    Case("integer_blocks", "lease", 0, [5], _lease(integer=False), _lease()),
    Case("min_blocks", "lease", 0, [10], _lease(max_blocks=2), _lease(max_blocks=2, min_blocks=2)),
    Case("max_blocks", "lease", 1, [10, 20], _lease(max_blocks=2), _lease(max_blocks=1)),
    Case(
        "terminable", "lease", 0, [10, 0], _lease(), _lease(**_FIXED | {"term_months": 1}), {"expire", "decision_dates"}
    ),
    Case("notice", "lease", 0, [10, 0, 0], _lease(), _lease(notice_months=2), _KEPT),
    Case("notice", "lease", 0, [10, 0], _lease(), _lease(notice_months=2), _KEPT),
    Case("handed_in_force", "lease", 1, [10, 0, 0], _lease(), _lease(ends_by=0), {"expire"}),
    Case("handed_in_force", "lease", 2, [20, 20, 10, 0], _two(ends_by=2), _two(ends_by=1), _ENDED),
    Case("min_term", "lease", 2, [10, 0, 0], _lease(), _lease(min_term_months=3), {"committed_cost"}),
    Case(
        "renewal",
        "again",
        1,
        [10, 20],
        {"contracts": [_OLD, _AGAIN]},
        {"contracts": [_OLD, {**_AGAIN, "renews": "old"}]},
    ),
    Case("commitment_once", "deal", None, [0], _DEAL, {"commitments": [{"annual_amount": 9, "required": True}]}),
    Case("start_window", "deal", 0, [0, 0], _deal(latest=0), _deal(earliest=1)),
]
RUN = [
    Case("pool_limit", "hourly", 0, [10], _HOURLY, _FEWER),
    Case("eligible", "jobs", 0, [10], {"fleet": [{"count": 10}]}, _jobs(exclude="in_house"), {"work", "service"}),
    Case(
        "eligible",
        "jobs",
        0,
        [10],
        _HOURLY | _lease(region="away", price=9999),
        _jobs(regions="away"),
        {"work", "service"},
    ),
    Case("eligible", "jobs", 0, [10], _RIVAL | _lease(), _jobs(exclude="rival"), {"work", "service"}),
    Case("eligible", "jobs", 0, [10], _RIVAL | _lease(), _jobs(exclude="alpha"), {"work", "service"}),
    Case("eligible", "jobs", 0, [10], _RIVAL | _lease(), _jobs(exclude="cloud"), {"work", "service"}),
    Case("eligible", "jobs", 0, [10], _RIVAL | _HOURLY, _jobs(exclude="other"), {"work", "service"}),
    Case("min_service", "jobs", 0, [20], _lease(), _jobs(min_service=0.6)),
    Case("power_limit", "hall", 0, [10], {"fleet": [{"count": 10}]}, {"power": [{"mw": 0.009}]}, {"power"}),
    Case("lease_source", "let", 0, [0], _lease(sublease=True) | _outlet(), _lease(sublease=False)),
    Case("lease_source", "let", 0, [0], {"fleet": [{"count": 10}]} | _outlet(), _two_sites() | _outlet(site="barn")),
    Case("run_place", "big", 0, [0, 0], _run(), _run(exclude="in_house"), _UNRUN),
    Case("run_size", "big", 0, [0, 0], _run(), _run(sizes="20;40")),
    Case("run_window", "big", 0, [0, 0], _run(), _run(release=1)),
    Case("run_window", "big", 0, [0, 0], _run(), _run(deadline=0)),
    Case(
        "run_window", "big", 1, [0, 0], _run(work=10, release=1, deadline=9), _run(release=1, deadline=9), {"run_dates"}
    ),
    Case("run_dates", "big", 0, [0, 0], _run(), _run(work=10), {"run_allocation"}),
    Case("run_once", "big", None, [0], _run(), _run(required=True)),
]
LIMITED = [
    Case("budget", "cap", 0, [10], _lease(), {"budgets": [{"amount": 0.9}]}),
    Case("budget", "cap", 1, [0, 10], _buy(), {"budgets": [{"amount": 9.9, "covers": "capex"}]}),
    Case("max_share", "care", 0, [20], _lease() | {"fleet": [{"count": 10}]}, _policy("max_share", 0.4)),
    Case("outage_place", "care", 0, [10], _BOTH | _policy("survive", 1), _vital(exclude="in_house"), {"outage_work"}),
    Case(
        "outage_place", "care", 1, [10, 10], _BOTH | _policy("survive", 1), _policy("survive", 1, to=0), {"outage_work"}
    ),
    Case("outage_work", "care", 0, [10], _BOTH | _policy("survive", 0.5), _policy("survive", 1)),
    Case("outage_capacity", "care", 0, [10], _BOTH | _HOURLY | _policy("survive", 1, subject="site"), _FEWER),
    Case("outage_power", "care", 0, [10], _BOTH | _policy("survive", 1), _LESS_POWER, {"power"}),
    Case("hard_rules", "mine", 0, [10], _lease() | _MINE, {"rules": [{"sense": "<=", "rhs": 9}]}),
]
CASES = [*BUILT, *AGREED, *RUN, *LIMITED]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.item}")
def test_stricter(case: Case) -> None:
    """Tests that a consistent plan that breaks one rule is found to break that rule, there and then."""
    plan = solved(tiny(max(len(case.demand), 1), {"jobs": case.demand}, **case.given))
    assert named(plan) == set()
    stricter = tiny(max(len(case.demand), 1), {"jobs": case.demand}, **(case.given | case.stricter))
    found = named(judged_by(plan, stricter))
    assert (case.rule, case.item, "" if case.t is None else month(case.t)) in found
    assert {rule for rule, *_ in found} == {case.rule, *case.also}

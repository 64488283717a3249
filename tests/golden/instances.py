"""The instances of the golden files. Typical figures are about ten, so that the program's units are 1."""

from __future__ import annotations

from typing import Any

from optimizer.instance.instance import Instance
from tests.program.tiny import tiny

NOTHING = {"jobs": [0]}
LEASE = {"price": 10, "accelerators_per_block": 10}


def _tiny(months: int, demand: Any, **tables: Any) -> Instance:
    return tiny(months, demand, **{"workloads": [{"workload": "jobs", "penalty": 10}], **tables})


def _site(**more: Any) -> dict[str, Any]:
    return {"fleet": [{"count": 10}], "power": [{"mw": 10}], **more}


def builds(*builds: dict[str, Any]) -> Instance:
    plain = {"mw_per_block": 10, "capex_per_mw": 1}
    return _tiny(4, NOTHING, **_site(builds=[{**plain, **build} for build in builds]))


def purchase(months: int, **columns: Any) -> Instance:
    return _tiny(months, {"jobs": [10]}, **_site(purchases=[{"unit_price": 2, "lot_size": 5, **columns}]))


def leases(months: int, *leases: dict[str, Any], **more: Any) -> Instance:
    return _tiny(months, NOTHING, contracts=[{**LEASE, **lease} for lease in leases], **more)


def ramped() -> Instance:
    up = {"contract": "up", "min_term_months": 2, "latest": 1}
    down = {"contract": "down", "committed_blocks": 3, "earliest": -1, "term_months": 3}
    steps = [("up", 0, 0.25), ("up", 1, 0.75), ("up", 2, 1), ("down", 0, 1), ("down", 2, 0.5)]
    rows = [{"contract": name, "month_of_term": age, "capacity_fraction": share} for name, age, share in steps]
    return leases(4, up, down, ramps=rows)


def terms() -> Instance:
    fixed = {"contract": "fixed", "term_months": 2, "latest": 1, "max_blocks": 3}
    open_ended = {"contract": "open", "min_term_months": 1, "earliest": 1, "ends_by": 2}
    carried = {"contract": "old", "min_term_months": 3, "committed_blocks": 4, "earliest": -1, "notice_months": 3}
    return leases(4, fixed, open_ended, carried)


def minimum() -> Instance:
    return leases(
        4, {"min_term_months": 2}, {"contract": "old", "min_term_months": 3, "committed_blocks": 4, "earliest": -1}
    )


def signatures() -> Instance:
    return leases(2, {"term_months": 1, "min_blocks": 2, "max_blocks": 5, "accelerators_per_block": 2})


def renewals() -> Instance:
    old = {"contract": "old", "term_months": 3, "committed_blocks": 4, "earliest": -1}
    now = {"contract": "now", "min_term_months": 1, "ends_by": 1}
    return leases(
        3,
        old,
        now,
        {"contract": "next", "term_months": 2, "renews": "old"},
        {"contract": "more", "term_months": 2, "renews": "now"},
    )


def metered() -> Instance:
    grid = {"contract": "grid", "supplies": "mw", "site": "hall", "mw_per_block": 4, "minimum_take": 0.75, "price": 10}
    blank = {"region": None, "accelerator": None, "accelerators_per_block": None, "min_term_months": 1}
    half = {"item": "grid", "from": 0, "to": 0, "capacity_fraction": 0.5}
    return _tiny(2, {"jobs": [10]}, **_site(contracts=[{**grid, **blank}], interruptions=[half]))


def options() -> Instance:
    base = {"contract": "base", "term_months": 2, "latest": 0, "max_blocks": 4}
    tier = {"contract": "tier", "term_months": 1, "max_blocks": 3, "requires": "base", "requires_blocks": 2}
    agreed = {"contract": "agreed", "term_months": 3, "earliest": -1, "committed_blocks": 2, "requires": "tier"}
    return leases(3, base, tier, agreed)


def delivery() -> Instance:
    contracts = [
        {**LEASE, "contract": "plain", "term_months": 1},
        {**LEASE, "contract": "slow", "term_months": 2, "accelerators_per_block": 20},
    ]
    half = {"contract": "slow", "month_of_term": 0, "capacity_fraction": 0.5}
    return _tiny(2, {"jobs": [10]}, contracts=contracts, ramps=[half])


def outlets() -> Instance:
    let = {"accelerators_per_block": 10, "price": 10, "term_months": 1}
    head = {"term_months": 1, "sublease": True}
    return leases(
        2,
        head,
        {**head, "contract": "closed", "sublease": False},
        {**head, "contract": "labs", "provider": "lab"},
        outlets=[{**let, "outlet": "any"}, {**let, "outlet": "ours", "site": "hall", "latest": 0}],
        **_site(),
    )


def power() -> Instance:
    space = {"outlet": "space", "sells": "mw", "site": "hall", "accelerator": "", "mw_per_block": 3, "price": 10}
    return _tiny(
        2,
        {"jobs": [10]},
        accelerators=[{"kw": 500}],
        sites=[{"pue": 1.2}],
        fleet=[{"count": 10}],
        power=[{"mw": 10}, {"month": 1, "mw": 20}],
        builds=[{"mw_per_block": 5, "lead_months": 1, "capex_per_mw": 1}],
        outlets=[{**space, "term_months": 1}],
    )


def work() -> Instance:
    return _tiny(
        2,
        {"jobs": [10, 20], "chats": [0, 30]},
        throughput=[{"factor": 2}],
        sites=[{"availability": 0.75}],
        workloads=[
            {"workload": "jobs", "penalty": 9, "min_service": 0.5},
            {"workload": "chats", "penalty": 9, "exclude": "cloud"},
        ],
        on_demand=[{"price": 1, "max_accelerators": 10, "availability": 0.5}],
        **_site(),
    )


def uses() -> Instance:
    let = {"accelerators_per_block": 10, "price": 10, "term_months": 1, "latest": 1}
    run = {"work": 20, "sizes": "10;20", "penalty": 10}
    return _tiny(3, {"jobs": [10, 0]}, outlets=[let], training_runs=[run], fleet=[{"count": 20}], power=[{"mw": 10}])


def long_run() -> Instance:
    run = {"work": 20, "sizes": "10;5", "penalty": 10, "release": 1, "deadline": 5}
    return _tiny(7, {"jobs": [0]}, training_runs=[run, {**run, "run": "must", "required": True}], **_site())


def budgets() -> Instance:
    return _tiny(
        3,
        {"jobs": [10]},
        contracts=[{"price": 10, "min_term_months": 1, "termination_fee_months": 2}],
        on_demand=[{"price": 0.02, "max_accelerators": 10}],
        outlets=[{"accelerators_per_block": 1, "price": 7, "term_months": 1, "upfront_per_block": 3}],
        purchases=[
            {"unit_price": 2, "lot_size": 5, "deposit_fraction": 0.4, "lead_months": 1, "maintenance_per_month": 1}
        ],
        power=[{"mw": 10}],
        budgets=[
            {"budget": "capex", "covers": "capex", "amount": 30, "from": 1},
            {"budget": "opex", "covers": "opex", "amount": 20, "to": 1},
            {"budget": "net", "covers": "all", "amount": 40, "net": True, "from": 1, "to": 1},
        ],
    )


def commitments(months: int, *deals: dict[str, Any]) -> Instance:
    return _tiny(
        months,
        {"jobs": [10]},
        contracts=[{"price": 10, "min_term_months": 1, "termination_fee_months": 2, "upfront_per_block": 3}],
        on_demand=[
            {"price": 0.02, "max_accelerators": 10},
            {"offer": "rate", "price": 0.01, "max_accelerators": 20, "commitment": "deal"},
        ],
        commitments=[{"annual_amount": 120, "latest": 1, **deal} for deal in deals or [{}]],
    )


PARTIES = [{}, {"provider": "neo"}, {"provider": "lab", "kind": "tenant"}]


def shares() -> Instance:
    neo = {"contract": "neo", "provider": "neo", "accelerator": "tpu", "term_months": 1}
    return leases(
        2,
        {"term_months": 1},
        neo,
        accelerators=[{}, {"accelerator": "tpu", "kw": 1, "reference": 2}],
        providers=PARTIES,
        purchases=[{"unit_price": 2, "lot_size": 5, "lead_months": 1}],
        policies=[{"rule": "max_share", "subject": "provider", "limit": 0.6, "from": 0}],
        **_site(),
    )


def outages() -> Instance:
    losses = [{"policy": f"no-{name}", "member": name} for name in ("cloud", "neo")]
    return _tiny(
        1,
        {"jobs": [20]},
        workloads=[{"workload": "jobs", "penalty": 9, "critical": 0.5}],
        accelerators=[{"kw": 500}],
        throughput=[{"factor": 2}],
        contracts=[{**LEASE, "term_months": 1, "sublease": True}],
        on_demand=[{"price": 1, "max_accelerators": 7, "provider": "neo", "availability": 0.5}],
        outlets=[{"accelerators_per_block": 5, "price": 10, "term_months": 1}],
        providers=PARTIES,
        policies=[{"rule": "survive", "subject": "provider", "limit": 0.8, **loss} for loss in losses],
        **_site(power=[{"mw": 6}]),
    )


def rules() -> Instance:
    hard = {"rule": "hard", "sense": "<=", "rhs": 30}
    soft = {"rule": "soft", "sense": "=", "rhs": 5, "each": "total", "penalty": 10, "from": 1}
    terms = [("hard", "capacity", "lease", 2), ("hard", "used", "jobs", -1), ("soft", "started", "lease", 1)]
    columns = ("rule", "quantity", "item", "coefficient")
    return _tiny(
        3,
        {"jobs": [10]},
        contracts=[{**LEASE, "term_months": 1}],
        rules=[hard, soft],
        rule_terms=[dict(zip(columns, term, strict=True)) for term in terms],
    )

"""Policies that ask to survive an outage: hand-worked optima. One block holds 10 accelerators."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.errors import NoFeasiblePlan
from tests.program.tiny import by_month, month, solved, tiny

Rows = list[dict[str, Any]]

PARTIES = [
    {"group": "alpha", "tags": "rival"},
    {"provider": "neo", "group": "alpha"},
    {"provider": "rex", "tags": "rival"},
    {"provider": "lab", "kind": "tenant"},
]
CHEAP = {"contract": "cheap", "price": 100, "term_months": 1, "max_blocks": 9}
DEAR = {"contract": "dear", "provider": "neo", "price": 300, "term_months": 1, "max_blocks": 9}
LAST = {"contract": "last", "provider": "rex", "price": 500, "term_months": 1, "max_blocks": 9, "region": "there"}


def _survive(limit: float = 1, subject: str = "site", first: int = 0, **columns: Any) -> Rows:
    return [{"rule": "survive", "subject": subject, "limit": limit, "from": first, "to": 9, **columns}]


CRITICAL = [{"workload": "jobs", "critical": 0.5}]
SPARE = {"contract": "spare", "price": 100, "term_months": 1, "max_blocks": 9}
BARN = {"sites": [{}, {"site": "barn", "region": "there"}]}
OUTAGES: list[tuple[str, dict[str, Any], float]] = [
    # 20 wanted, of which 10 critical; 20 there, at the hall. Lost, a block must stand by.
    ("a site", {"policies": _survive()}, 100),
    ("a site named", {"policies": _survive(member="hall")}, 100),
    (
        "a region",
        {"policies": _survive(subject="region", member="here"), "contracts": [SPARE | {"region": "there"}]},
        100,
    ),
    ("in-house named", {"policies": _survive(subject="provider", member="in_house")}, 100),
    ("in-house is not one of each", {"policies": _survive(subject="provider")}, 0),
    # 0.6 x 0.5 x 20 = 6: a whole block, or 0.6 of one.
    ("a part of it", {"policies": _survive(0.6)}, 100),
    ("a part, in broken blocks", {"policies": _survive(0.6), "contracts": [SPARE | {"integer": False}]}, 60),
    # By the hour is enough, taken or not.
    ("by the hour", {"policies": _survive(), "on_demand": [{"price": 9, "max_accelerators": 10}]}, 0),
    ("too little by the hour", {"policies": _survive(), "on_demand": [{"price": 9, "max_accelerators": 9}]}, 100),
    # Another site has 30 accelerators, and power for 10 of them, or for 9.
    (
        "another site",
        {
            "policies": _survive(member="hall"),
            "fleet": [{"count": 20}, {"site": "barn", "count": 30}],
            "power": [{"mw": 1}, {"site": "barn", "mw": 0.01}],
            **BARN,
        },
        0,
    ),
    (
        "another site without the power",
        {
            "policies": _survive(member="hall"),
            "fleet": [{"count": 20}, {"site": "barn", "count": 30}],
            "power": [{"mw": 1}, {"site": "barn", "mw": 0.009}],
            **BARN,
        },
        100,
    ),
    # A build at 50 gives the 0.003 MW that are missing.
    (
        "a build gives the power",
        {
            "policies": _survive(member="hall"),
            "fleet": [{"count": 20}, {"site": "barn", "count": 30}],
            "power": [{"mw": 1}, {"site": "barn", "mw": 0.007}],
            "builds": [{"site": "barn", "mw_per_block": 0.01, "capex_per_mw": 5000}],
            **BARN,
        },
        50,
    ),
    ("outside its window", {"policies": _survive(first=1)}, 0),
    ("nothing critical", {"policies": _survive(), "workloads": [{"workload": "jobs"}]}, 0),
    ("nothing asked", {"policies": _survive(0)}, 0),
]


@pytest.mark.parametrize(("tables", "cost"), [case[1:] for case in OUTAGES], ids=[case[0] for case in OUTAGES])
def test_an_outage_is_survived(tables: dict[str, Any], cost: float) -> None:
    """Tests what must stand by so that the critical part is served when a member is lost."""
    given = {"fleet": [{"count": 20}], "contracts": [SPARE], "workloads": CRITICAL, **tables}
    assert solved(tiny(1, {"jobs": [20]}, providers=PARTIES, **given)).objective == pytest.approx(cost)


def test_the_witness_of_an_outage() -> None:
    """Tests that the plan tells what would run where if the member were lost."""
    # 20 wanted at factor 2, of which 0.8 x 0.5 x 20 = 8 must survive: on 4 of the block's 10.
    plan = solved(
        tiny(
            1,
            {"jobs": [20]},
            fleet=[{"count": 10}],
            throughput=[{"factor": 2}],
            contracts=[SPARE],
            workloads=CRITICAL,
            policies=_survive(0.8, policy="hold"),
        )
    )
    assert list(plan.outages.itertuples(index=False, name=None)) == [
        (month(0), "hold", "hall", "spare", "jobs", pytest.approx(4), pytest.approx(8))
    ]


def test_other_work_makes_way_and_leases_stay() -> None:
    """Tests that runs and uncritical work are preempted, while what is leased out stays leased."""
    # Hall 20, barn 20. If the hall is lost, the barn has 10 for the critical part: a run there makes way, ...
    given: dict[str, Any] = {
        "fleet": [{"count": 20}, {"site": "barn", "count": 20}],
        "power": [{"mw": 1}, {"site": "barn", "mw": 1}],
        "workloads": [{"workload": "jobs", "critical": 0.5, "regions": "here"}, {"workload": "all", "critical": 0.5}],
        "policies": _survive(member="hall"),
        **BARN,
    }
    demand = {"jobs": [0], "all": [20]}
    run = {"work": 15, "sizes": "15", "regions": "there", "required": True}
    assert solved(tiny(1, demand, **given, training_runs=[run])).objective == 0
    # ... but 15 that are let (at 8 for 5) stay: of three blocks, two can be let.
    let = {"site": "barn", "accelerators_per_block": 5, "price": 8, "term_months": 1, "max_blocks": 3}
    assert solved(tiny(1, demand, **given, outlets=[let])).objective == pytest.approx(-16)
    # MW let stay too: of 0.02 MW, 10 accelerators need 0.01, so two blocks of 0.005 can be let.
    space = {"sells": "mw", "site": "barn", "accelerator": "", "mw_per_block": 0.005, "price": 8, "term_months": 1}
    given["power"] = [{"mw": 1}, {"site": "barn", "mw": 0.02}]
    assert solved(tiny(1, demand, **given, outlets=[space | {"max_blocks": 3}])).objective == pytest.approx(-16)


def test_leases_from_what_is_lost_are_gone() -> None:
    """Tests that an outlet covered by the lost pool does not need another cover."""
    # 20 at the hall, of which 10 are let; the block that stands by serves the critical 5.
    let = {"site": "hall", "accelerators_per_block": 10, "price": 8, "term_months": 1}
    plan = solved(
        tiny(
            1,
            {"jobs": [10]},
            fleet=[{"count": 20}],
            contracts=[SPARE],
            workloads=CRITICAL,
            outlets=[let],
            policies=_survive(),
        )
    )
    assert plan.objective == pytest.approx(100 - 8)


def test_a_committed_rate_counts_only_while_it_runs() -> None:
    """Tests that an offer of a spend commitment is there in an outage only if that is made."""
    # Ten by the hour that come with a commitment of 60 a year, 5 for this month; a block costs 100.
    offer = {"offer": "rate", "price": 1, "max_accelerators": 10, "commitment": "deal"}
    for amount, cost in ((60, 5), (1300, 100)):
        plan = solved(
            tiny(
                1,
                {"jobs": [20]},
                fleet=[{"count": 20}],
                contracts=[SPARE],
                workloads=CRITICAL,
                on_demand=[offer],
                commitments=[{"annual_amount": amount}],
                policies=_survive(),
            )
        )
        assert plan.objective == pytest.approx(cost)


def test_any_one_of_several_can_be_lost() -> None:
    """Tests that each provider must be dispensable, one at a time."""
    # 10 critical. Two blocks of cheap serve the 20; if cloud is lost, a dear one must be there: 1 and 1, 400.
    plan = solved(
        tiny(
            1,
            {"jobs": [20]},
            providers=PARTIES,
            contracts=[CHEAP, DEAR, LAST],
            workloads=CRITICAL,
            policies=_survive(subject="provider"),
        )
    )
    assert plan.objective == pytest.approx(400)
    # By group, cloud and neo go together: 1 cheap and 1 last.
    plan = solved(
        tiny(
            1,
            {"jobs": [20]},
            providers=PARTIES,
            contracts=[CHEAP, DEAR, LAST],
            workloads=CRITICAL,
            policies=_survive(subject="group"),
        )
    )
    assert plan.objective == pytest.approx(600)
    assert set(plan.outages["member"]) == {"alpha", "rex"}


def test_what_can_never_be_survived() -> None:
    """Tests that there is no plan where nothing is left to serve the critical part."""
    with pytest.raises(NoFeasiblePlan, match="policy care in 2030-01: if hall is lost"):
        solved(tiny(1, {"jobs": [20]}, fleet=[{"count": 20}], workloads=CRITICAL, policies=_survive()))


def test_eligibility_holds_in_an_outage() -> None:
    """Tests that critical work goes only where it may run."""
    # The spare block is cloud's, which the work excludes: the dear one it is.
    work = [{"workload": "jobs", "critical": 0.5, "exclude": "cloud"}]
    plan = solved(
        tiny(
            1,
            {"jobs": [20]},
            providers=PARTIES,
            fleet=[{"count": 20}],
            contracts=[SPARE, DEAR],
            workloads=work,
            policies=_survive(),
        )
    )
    assert by_month(plan, "outages", "accelerators", pool="dear") == {0: 10}
    assert plan.objective == pytest.approx(300)

"""Where work may run and what outlets may lease, in the program and in the audit, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from optimizer.auditing.facts import Facts
from optimizer.program.index import Index
from tests.program.tiny import tiny

# At hall, which works 0.9 of the time, gpus and tpus; at barn gpus. Of cloud a lease that may be sublet, one that may
# not, of neo one in another region that may, and an offer of cloud. A tpu does twice the work of a gpu, training 0.5.
INSTANCE = tiny(
    1,
    accelerators=[{}, {"accelerator": "tpu", "kw": 2}],
    throughput=[{}, {"accelerator": "tpu", "factor": 2}, {"class": "train", "factor": 0.5}],
    providers=[{"tags": "rival"}, {"provider": "neo", "group": "alpha"}, {"provider": "lab", "kind": "tenant"}],
    sites=[{"availability": 0.9, "pue": 1.5}, {"site": "barn", "region": "there"}],
    power=[{"mw": 1}, {"site": "barn", "mw": 1}],
    fleet=[{"count": 5}, {"accelerator": "tpu", "count": 5}, {"site": "barn", "count": 5}],
    contracts=[
        {"price": 1, "term_months": 1, "sublease": True},
        {"contract": "keep", "price": 1, "term_months": 1, "availability": 0.8},
        {"contract": "far", "provider": "neo", "region": "there", "price": 1, "term_months": 1, "sublease": True},
    ],
    on_demand=[{"price": 1, "max_accelerators": 5}],
    outlets=[
        {"price": 1, "term_months": 1, "accelerators_per_block": 5},
        {"outlet": "home", "site": "hall", "price": 1, "term_months": 1, "accelerators_per_block": 5},
        {"outlet": "back", "tenant": "cloud", "price": 1, "term_months": 1, "accelerators_per_block": 5},
        {"outlet": "other", "accelerator": "tpu", "price": 1, "term_months": 1, "accelerators_per_block": 5},
        {"outlet": "space", "sells": "mw", "site": "hall", "accelerator": "", "mw_per_block": 0.1, "price": 1}
        | {"term_months": 1},
    ],
    workloads=[
        {"workload": "jobs"},
        {"workload": "there", "regions": "there"},
        {"workload": "both", "regions": "there;here", "exclude": "cloud;alpha"},
        {"workload": "out", "exclude": "in_house"},
        {"workload": "calm", "exclude": "rival"},
        {"workload": "study", "class": "train"},
    ],
    demand=[{"workload": name, "month": 0, "amount": 1} for name in ("jobs", "there", "both", "out", "calm", "study")],
    training_runs=[{"work": 1, "sizes": "1"}, {"run": "train", "class": "train", "work": 1, "sizes": "1"}],
)
OWN = {"hall/gpu": 0.9, "hall/tpu": 1.8, "barn/gpu": 1.0}
LEASED = {"lease": 1.0, "keep": 0.8, "far": 1.0}
YIELDS: dict[str, dict[str, float]] = {
    "jobs": {**OWN, **LEASED, "hourly": 1.0},
    "there": {"barn/gpu": 1.0, "far": 1.0},
    "both": OWN,
    "out": {**LEASED, "hourly": 1.0},
    "calm": {**OWN, "far": 1.0},
    "study": {"hall/gpu": 0.45, "barn/gpu": 0.5, "lease": 0.5, "keep": 0.4, "far": 0.5, "hourly": 0.5},
    "big": {**OWN, **LEASED},  # runs never use what is rented by the hour
    "train": {"hall/gpu": 0.45, "barn/gpu": 0.5, "lease": 0.5, "keep": 0.4, "far": 0.5},
}
LENDABLE: dict[str, set[str]] = {
    "let": {"hall/gpu", "barn/gpu", "lease", "far"},
    "home": {"hall/gpu"},
    "back": {"hall/gpu", "barn/gpu", "far"},  # not what comes from the tenant
    "other": {"hall/tpu"},
    "space": set(),
}


@pytest.mark.parametrize("work", YIELDS)
def test_the_program_knows_where_work_may_run(work: str) -> None:
    """Tests availability times throughput of each pool, by kind, region, provider, group, tag and own sites."""
    index = Index(INSTANCE)
    found = index.yields | index.run_yields
    assert {pool: rate for (name, pool), rate in found.items() if name == work} == pytest.approx(YIELDS[work])


@pytest.mark.parametrize("work", YIELDS)
def test_the_audit_knows_where_work_may_run(work: str) -> None:
    """Tests the same of the audit."""
    facts = Facts(INSTANCE)
    rates = facts.yields[facts.names["demand"][work]].tolist()
    found = {pool.name: rate for pool, rate in zip(facts.pools, rates, strict=True) if not np.isnan(rate)}
    assert found == pytest.approx(YIELDS[work])


@pytest.mark.parametrize("outlet", LENDABLE)
def test_what_an_outlet_may_lease(outlet: str) -> None:
    """Tests kind, site, subletting and the tenant's own capacity, in both."""
    row = INSTANCE.named["outlets"][outlet]
    assert {pool.name for pool in Facts(INSTANCE).pools if pool.lends(row)} == LENDABLE[outlet]
    assert set(Index(INSTANCE).lendable.get(outlet, ())) == LENDABLE[outlet]


def test_facility_power_of_pools() -> None:
    """Tests kW in use times the power usage of the site, in both; nothing is drawn elsewhere."""
    kw = {"hall/gpu": 1.5, "hall/tpu": 3.0, "barn/gpu": 1.0}
    assert {pool.name: pool.kw for pool in Facts(INSTANCE).pools if pool.kw} == pytest.approx(kw)
    found = {name: pool.mw * 1000 for name, pool in Index(INSTANCE).pools.items() if pool.mw}
    assert found == pytest.approx(kw)

"""Members of policies, their pools, and losses that are part of others: the program and the audit see the same."""

from __future__ import annotations

import pytest

from optimizer.auditing import exposure as audited
from optimizer.auditing.facts import Facts
from optimizer.program import exposure
from optimizer.program.build import build
from optimizer.program.index import Index
from tests.program.tiny import tiny

SUBJECTS = ("provider", "group", "tag", "site", "region")
Members = dict[str, set[str]]

# Two sites; a lease here and a block there of providers of one group; MW at barn and an offer there of a third one.
INSTANCE = tiny(
    2,
    {"jobs": [5]},
    providers=[
        {"group": "alpha", "tags": "us;big"},
        {"provider": "neo", "group": "alpha", "tags": "us"},
        {"provider": "solo"},
        {"provider": "lab", "kind": "tenant"},
    ],
    sites=[{}, {"site": "barn", "region": "there"}],
    power=[{"mw": 1}, {"site": "barn", "mw": 1}],
    fleet=[{"count": 5}, {"site": "barn", "count": 5}],
    contracts=[
        {"price": 1, "term_months": 1},
        {"contract": "block", "provider": "neo", "region": "there", "price": 1, "term_months": 1},
        {"contract": "grid", "provider": "solo", "supplies": "mw", "site": "barn", "mw_per_block": 1, "price": 1}
        | {"term_months": 1, "region": None, "accelerator": None, "accelerators_per_block": float("nan")},
    ],
    on_demand=[{"provider": "solo", "region": "there", "price": 1, "max_accelerators": 5}],
    workloads=[{"workload": "jobs", "critical": 0.5}],
    policies=[
        *({"policy": subject, "rule": "survive", "subject": subject, "limit": 0.5} for subject in SUBJECTS),
        *(
            {"policy": f"own {subject}", "rule": "survive", "subject": subject, "member": "in_house", "limit": 0}
            for subject in ("provider", "group")
        ),
        {"policy": "one", "rule": "survive", "subject": "provider", "member": "neo", "limit": 0.5},
        {"policy": "part", "rule": "max_share", "subject": "provider", "limit": 0.9},
    ],
)
MEMBERS: dict[str, Members] = {
    "provider": {"cloud": {"lease"}, "neo": {"block"}, "solo": {"hourly", "grid"}, "lab": set()},
    "group": {"alpha": {"lease", "block"}, "solo": {"hourly", "grid"}, "lab": set()},
    "tag": {"us": {"lease", "block"}, "big": {"lease"}},
    "site": {"hall": {"hall/gpu"}, "barn": {"barn/gpu"}},
    "region": {"here": {"hall/gpu", "lease"}, "there": {"barn/gpu", "block", "hourly"}},
    "own provider": {"in_house": {"hall/gpu", "barn/gpu"}},
    "own group": {"in_house": {"hall/gpu", "barn/gpu"}},
    "one": {"neo": {"block"}},
    "part": {"cloud": {"lease"}, "neo": {"block"}, "solo": {"hourly", "grid"}, "lab": set()},
}
PARTS = {"provider": {"lab"}, "part": {"lab"}, "group": {"lab"}, "tag": {"big"}}  # whose loss is part of another one's


@pytest.mark.parametrize("policy", MEMBERS)
def test_the_program_knows_members_and_losses(policy: str) -> None:
    """Tests pools and contracts of MW of each member, in the order of the instance, and those that can be lost."""
    index = Index(INSTANCE)
    assert [(name, set(pools)) for name, pools in index.members[policy].items()] == list(MEMBERS[policy].items())
    assert list(index.losses[policy]) == [name for name in MEMBERS[policy] if name not in PARTS.get(policy, ())]


@pytest.mark.parametrize("policy", MEMBERS)
def test_the_audit_knows_members_and_losses(policy: str) -> None:
    """Tests the same of the audit, which numbers pools, and contracts of MW after them."""
    facts = Facts(INSTANCE)
    names = [*(pool.name for pool in facts.pools), *(row.contract for row in facts.space)]
    assert sorted(names) == ["barn/gpu", "block", "grid", "hall/gpu", "hourly", "lease"]
    found = [(name, {names[place] for place in places}) for name, places in facts.members[policy].items()]
    assert found == list(MEMBERS[policy].items())
    lost = [member for of, member in facts.outages if of == policy]
    expected = [name for name in MEMBERS[policy] if name not in PARTS.get(policy, ())]
    assert lost == ([] if policy == "part" else expected)


def test_only_what_is_to_be_survived_is_planned_for() -> None:
    """Tests that the program has rows on losses of policies to survive them, and on shares of the others."""
    rows = build(INSTANCE).parts.rows
    for family in ("outage_demand", "outage_capacity", "outage_power"):
        assert rows[family]
        assert "part" not in {key[0] for key in rows[family]}
    assert {key[0] for key in rows["share_limit"]} == {"part"}
    # Where solo is lost, the MW at barn are; hall keeps what it has, and neither is lost with cloud.
    assert {key[2] for key in rows["outage_power"] if key[:2] == ("provider", "solo")} == {"hall", "barn"}


def test_of_losses_that_are_the_same_one_is_looked_at() -> None:
    """Tests that the first of two members with the same pools stays."""
    pools = {"a": frozenset([1]), "b": frozenset([1]), "c": frozenset([2]), "d": frozenset([2, 3])}
    assert list(audited.worst(pools)) == ["a", "d"]


@pytest.mark.parametrize(
    ("subject", "member", "lost"),
    [
        ("site", "hall", {"hall"}),
        ("site", "barn", {"barn"}),
        ("region", "there", {"barn"}),
        ("region", "barn", set()),
        ("provider", "in_house", {"hall", "barn"}),
        ("group", "in_house", {"hall", "barn"}),
        ("provider", "cloud", set()),
        ("group", "alpha", set()),
        ("tag", "us", set()),
    ],
)
def test_sites_that_are_lost_themselves(subject: str, member: str, lost: set[str]) -> None:
    """Tests sites that are lost by their name, with their region, and with all own sites."""
    index, sites = Index(INSTANCE), INSTANCE.named["sites"]
    policy = next(row for row in INSTANCE.rows["policies"] if row.policy == subject)
    assert {site for site in sites if exposure.is_site_lost(index, policy, member, site)} == lost
    assert {site for site, row in sites.items() if audited.is_site_lost(row, subject, member)} == lost

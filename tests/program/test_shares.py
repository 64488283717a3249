"""Policies that limit shares: hand-worked optima. One block holds 10 accelerators."""

from __future__ import annotations

from typing import Any

import pytest

from tests.program.tiny import decided, paid, solved, tiny

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


def _share(limit: float, subject: str = "provider", first: int = 0, last: int = 9, **columns: Any) -> Rows:
    return [{"rule": "max_share", "subject": subject, "limit": limit, "from": first, "to": last, **columns}]


SHARES: list[tuple[str, dict[str, Any], float]] = [
    # 40 wanted: 4 cheap blocks at 100.
    ("no limit", {"policies": _share(1)}, 400),
    # Half of it each: 2 cheap, 2 dear.
    ("half by provider", {"policies": _share(0.5)}, 800),
    # At most 0.75: 3 cheap, 1 dear.
    ("three quarters", {"policies": _share(0.75)}, 600),
    # At most 0.7: 2 cheap, 2 dear: 800. (3 of 5 would be 0.6, for 900.)
    ("whole blocks", {"policies": _share(0.7)}, 800),
    # Named: cheap at most 0.25 of all, dear free: 1 and 3.
    ("one named", {"policies": _share(0.25, member="cloud")}, 1000),
    # Another named: no matter.
    ("another named", {"policies": _share(0.25, member="neo")}, 400),
    # Cheap and dear are of one group: half of it is 2 cheap, 2 last. The group of the last is its own name.
    ("by group", {"policies": _share(0.5, "group")}, 1200),
    ("group named", {"policies": _share(0.25, "group", member="alpha")}, 100 + 3 * 500),
    ("a group by its own name", {"policies": _share(0.5, "group", member="rex")}, 400),
    # Rivals, cheap and last, are at most half: 2 cheap, 2 dear.
    ("by tag", {"policies": _share(0.5, "tag")}, 800),
    ("tag named", {"policies": _share(0.25, "tag", member="rival")}, 1000),
    # Here, cheap and dear, at most half: 2 cheap, 2 last.
    ("by region", {"policies": _share(0.5, "region")}, 1200),
    ("region named", {"policies": _share(0.75, "region", member="here")}, 300 + 500),
]


@pytest.mark.parametrize(("tables", "cost"), [case[1:] for case in SHARES], ids=[case[0] for case in SHARES])
def test_the_share_of_a_member_is_limited(tables: dict[str, Any], cost: float) -> None:
    """Tests limits by provider, group, tag and region, of a member or of each one."""
    contracts = [CHEAP, DEAR, LAST]
    plan = solved(tiny(1, {"jobs": [40]}, providers=PARTIES, contracts=contracts, **tables))
    assert plan.objective == pytest.approx(cost)


OWN = {"fleet": [{"count": 20}]}
OWN_SHARES: list[tuple[str, dict[str, Any], float]] = [
    # 40 wanted, 20 there: two blocks are half of all.
    ("own counts for all", {"policies": _share(0.5)}, 200),
    # Cheap at most 0.4 of all: 1 of 4, and one dear: 400. (2 of 5 are 0.4, but cost 500.) In-house, 2 of 4, is not one
    # of each.
    ("in-house is not one of each", {"policies": _share(0.4)}, 400),
    # In-house is limited if named: 20 are at most 0.3 of 70: five blocks.
    ("in-house named", {"policies": _share(0.3, member="in_house")}, 500),
    ("in-house group named", {"policies": _share(0.3, "group", member="in_house")}, 500),
    ("by site", {"policies": _share(0.3, "site")}, 500),
    # Here are the hall and cheap: 30 of 40 are allowed, 40 of 40 are not.
    ("by region", {"policies": _share(0.8, "region", member="here")}, 100 + 500),
    # Accelerators count, used or not, and by their worth: 20 of worth 2 are 40 of 60.
    ("by worth", {"policies": _share(0.6, "site"), "accelerators": [{"reference": 2}]}, 200),
    # What is by the hour does not count.
    ("not by the hour", {"policies": _share(0.5), "on_demand": [{"price": 0.001, "max_accelerators": 99}]}, 2),
    # Only in its window.
    ("before its window", {"policies": _share(0.1, first=1)}, 200),
    ("after its window", {"policies": _share(0.1, first=-9, last=-1)}, 200),
]


@pytest.mark.parametrize(("tables", "cost"), [case[1:] for case in OWN_SHARES], ids=[case[0] for case in OWN_SHARES])
def test_own_capacity_has_its_share(tables: dict[str, Any], cost: float) -> None:
    """Tests how in-house capacity counts, as part of all and as a member."""
    plan = solved(tiny(1, {"jobs": [40]}, providers=PARTIES, contracts=[CHEAP, DEAR, LAST], **OWN, **tables))
    assert plan.objective == pytest.approx(cost)


def test_shares_count_what_is_delivered_and_installed() -> None:
    """Tests that a ramp and a lead count: capacity is what is there in the month."""
    # The lease delivers 5 in month 0, 10 then; 5 are bought in month 0 and there from month 1 on. Fleet: 5. Half of
    # all at most: 5 of 10, then 10 of 20.
    plan = solved(
        tiny(
            2,
            {"jobs": [10, 20]},
            fleet=[{"count": 5}],
            purchases=[{"unit_price": 10, "lead_months": 1, "lot_size": 5, "max_total": 5}],
            contracts=[{"price": 10, "term_months": 2}],
            ramps=[{"month_of_term": 0, "capacity_fraction": 0.5}, {"month_of_term": 1, "capacity_fraction": 1}],
            policies=_share(0.5),
        )
    )
    assert paid(plan, "unserved") == {}
    assert decided(plan) == [(0, "buy", "buy", 1), (0, "sign", "lease", 1)]

"""The offers of an instance, and how much of each a plan written by hand takes."""

from __future__ import annotations

import math
from typing import Any

import pytest

from optimizer.analysis.offer_list import offers, taken
from optimizer.instance.instance import Instance
from tests.plan.pairs import decision, plan
from tests.program.tiny import month, tiny

LEASE: dict[str, Any] = {"price": 300, "term_months": 4, "max_blocks": 9}
OPEN: dict[str, Any] = {"price": 300, "min_term_months": 1, "notice_months": 1, "max_blocks": 9}
LET: dict[str, Any] = {"price": 200, "min_term_months": 1, "accelerators_per_block": 10, "max_blocks": 3}
AGREED: dict[str, Any] = {"committed_blocks": 1, "earliest": 0}
BUY: dict[str, Any] = {"unit_price": 70, "lot_size": 5}
WING: dict[str, Any] = {"capex_per_mw": 90, "max_blocks": 4}


def test_offers_are_what_is_not_agreed() -> None:
    """Tests prices, parties and what is possible at most, in the order of the tables."""
    instance = tiny(
        4,
        {"jobs": [10]},
        power=[{"mw": 1}],
        contracts=[LEASE | AGREED | {"contract": "agreed"}, LEASE],
        outlets=[LET | AGREED | {"outlet": "let-already"}, LET],
        on_demand=[{"price": 3, "max_accelerators": 20}],
        interruptions=[{"item": "hourly", "from": 3, "capacity_fraction": 0.25}],
        purchases=[BUY, BUY | {"purchase": "few", "max_total": 20}],
        builds=[WING],
    )
    found = [(one.table, one.item, one.party, one.price, one.possible) for one in offers(plan(instance))]
    assert found == [
        ("contracts", "lease", "cloud", 300, 9),
        ("outlets", "let", "lab", 200, 3),
        ("on_demand", "hourly", "cloud", 3, 20 * 3.25),  # accelerator-months
        ("purchases", "buy", "in_house", 70, math.inf),
        ("purchases", "few", "in_house", 70, 4),  # lots
        ("builds", "wing", "in_house", 90, 4),
    ]


def amount(instance: Instance, rows: list[tuple[Any, ...]]) -> float:
    """How much the decisions take of the first offer."""
    found = plan(instance, decisions=rows)
    return taken(found, next(offers(found)))


def sign(t: int, blocks: float, item: str = "lease", kind: str = "sign") -> tuple[Any, ...]:
    """Blocks that start in a month."""
    return decision(month(0), kind, item, blocks, starts=month(t))


def end(t: int, blocks: float, kind: str = "expire", item: str = "lease") -> tuple[Any, ...]:
    """Blocks whose last month is ``t``."""
    return decision(month(0), kind, item, blocks, starts=month(0), ends=month(t))


@pytest.mark.parametrize(
    ("row", "rows", "peak"),
    [
        (LEASE, [], 0),
        (LEASE, [sign(0, 2), end(3, 2), sign(3, 1)], 3),  # together in month 3
        (LEASE, [sign(0, 2), end(3, 2), sign(4, 1)], 2),  # one after the other
        (LEASE, [sign(0, 2), end(3, 2), sign(4, 3)], 3),
        (LEASE, [sign(5, 0.5)], 0.5),
        (OPEN, [sign(0, 3), end(1, 1, "hand_back"), sign(3, 2)], 4),
        (OPEN, [sign(0, 3), end(1, 2, "hand_back"), sign(3, 1)], 3),
    ],
)
def test_the_peak_of_blocks_is_taken(row: dict[str, Any], rows: list[tuple[Any, ...]], peak: float) -> None:
    """Tests blocks that are in force at the same time, of a contract and of an outlet."""
    other = sign(0, 7, "other")
    contracts = tiny(12, {"jobs": [10]}, contracts=[row, LEASE | {"contract": "other"}])
    assert amount(contracts, [other, *rows]) == peak
    if row is OPEN:
        kinds = {"sign": "lease_out", "hand_back": "take_back"}
        outlets = tiny(12, {"jobs": [10]}, fleet=[{"count": 90}], outlets=[LET])
        assert amount(outlets, [(one[0], kinds[one[1]], "let", *one[3:]) for one in rows]) == peak


def test_what_was_signed_before_and_its_end_do_not_count() -> None:
    """Tests a block that runs until month 1, one that ended before the plan, and one of another contract."""
    decided = [
        {"month": -8, "decision": "sign", "item": "lease"},
        {"month": -2, "decision": "sign", "item": "other"},
        {"month": -2, "decision": "sign", "item": "lease"},
    ]
    instance = tiny(12, {"jobs": [10]}, contracts=[LEASE, LEASE | {"contract": "other"}], decided=decided)
    # One from month 0 to 3, two from month 5 on: with the first block from before it is never more than two.
    assert amount(instance, [sign(0, 1), end(1, 1), end(3, 1), sign(5, 2)]) == 2
    # One handed back before the plan with its last month in it.
    back = {"month": -1, "decision": "hand_back", "item": "lease", "ends": 1}
    given = [{"month": -3, "decision": "sign", "item": "lease", "blocks": 2}, back]
    instance = tiny(12, {"jobs": [10]}, contracts=[OPEN], decided=given)
    assert amount(instance, [sign(2, 1), end(4, 1, "hand_back"), sign(6, 1)]) == 2


@pytest.mark.parametrize(
    ("table", "row", "all_count"),
    [
        ("purchases", BUY, False),
        ("purchases", BUY | {"deposit_fraction": 0.5}, True),
        ("builds", WING | {"payment": "delivery"}, False),
        ("builds", WING | {"payment": "order"}, True),
        ("builds", WING | {"payment": "spread"}, True),
    ],
)
def test_what_is_delivered_and_paid_after_the_plan_is_arbitrary(
    table: str, row: dict[str, Any], all_count: bool
) -> None:
    """Tests orders of 1, 2 and 4 that arrive in the first and last month and in the one after the plan."""
    kind, item = {"purchases": ("buy", "buy"), "builds": ("order_build", "wing")}[table]
    instance = tiny(12, {"jobs": [10]}, power=[{"mw": 1}], **{table: [row]})
    rows = [sign(t, blocks, item, kind) for t, blocks in ((0, 1.0), (11, 2.0), (12, 4.0))]
    assert amount(instance, rows) == (7 if all_count else 3)

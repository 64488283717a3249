"""Rows of the table of offers, all cells: after searches and without any, derived by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

import optimizer
from optimizer.analysis.offer_list import offers
from optimizer.analysis.offers import Verdicts, is_final
from optimizer.analysis.questions import NOT_EXAMINED
from optimizer.analysis.tight_gap_search import TightGapSearch
from optimizer.analysis.verdict import Verdict
from optimizer.plan.plan import Plan
from optimizer.plan.tables import column_names
from tests.analysis.tiny_offers import EXACT, best

STEP = 1.0004  # from a break-even price to the one that is refuted
LATER = f"its break-even price is {NOT_EXAMINED}"
ENOUGH = "all of it is worth its price"
NO_MORE = "more of it is not worth its price"
AT_NO_PRICE = "not taken at any price: nothing needs it, or what it needs (power, time, a renewal) is not there"
BLOCK: dict[str, Any] = {"price": 6000, "term_months": 1}
HOURS: dict[str, Any] = {"price": 5, "max_accelerators": 20}  # 500 a month each
LET: dict[str, Any] = {"fleet": [{"count": 10}], "power": [{"mw": 1, "price_per_mwh": 1000}]}  # ten use 1000 a month
OUTLET: dict[str, Any] = {"accelerators_per_block": 10, "term_months": 1}


def close(cells: tuple[Any, ...]) -> list[Any]:
    """Cells with numbers to a millionth, the ends of the interval of the price to 0.05 %."""
    ends = [column_names("offers").index(name) for name in ("at_least", "at_most")]
    rel = [5e-4 if place in ends else 1e-6 for place in range(len(cells))]
    return [pytest.approx(one, rel=near) if type(one) is float else one for one, near in zip(cells, rel, strict=True)]


def rows(plan: Plan, item: str) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The row of an offer without a search, and after the searches."""
    offer = next(one for one in offers(plan) if one.item == item)
    verdicts = Verdicts(optimizer.WhatIf(plan, gap=EXACT), plan, [offer])
    return verdicts.known(offer), verdicts.examine(offer)


CASES: list[tuple[str, dict[str, Any], tuple[Any, ...], tuple[Any, ...], tuple[Any, ...]]] = [
    (  # Ten hours cost 5000 and are taken: the block of 6000 is too expensive by a sixth.
        "lease",
        {"contracts": [BLOCK], "on_demand": [HOURS]},
        ("lease", "contracts", "cloud", "rejected", 0.0, 1.0, 6000.0),
        (0.0, 0.0, None, None, None, 5000.0, False, f"too expensive by at least 16.6 %; {LATER}"),
        (0.0, 0.0, 0.0, 5000.0, 5000.0, 5000 * STEP, True, "too expensive by 16.7 %"),
    ),
    (  # Without hours the block costs 1000 more: up to 6 an hour.
        "hourly",
        {"contracts": [BLOCK], "on_demand": [HOURS]},
        ("hourly", "on_demand", "cloud", "partly", 10.0, 20.0, 5.0),
        (None, 1000.0, None, None, 6.0, None, False, f"{NO_MORE}; {LATER}"),
        (1000.0, 1000.0, 1000.0, 6.0, 6.0, 6 * STEP, True, NO_MORE),
    ),
    (  # 2000 of rent against 1000 of energy: down to 1000.
        "let",
        {**LET, "outlets": [{**OUTLET, "price": 2000}]},
        ("let", "outlets", "lab", "taken", 1.0, 1.0, 2000.0),
        (None, 1000.0, None, None, None, 1000.0, False, f"{ENOUGH}; {LATER}"),
        (1000.0, 1000.0, 1000.0, 1000.0, 1000 / STEP, 1000.0, True, ENOUGH),
    ),
    (  # 800 against 1000: a quarter too cheap.
        "let",
        {**LET, "outlets": [{**OUTLET, "price": 800}]},
        ("let", "outlets", "lab", "rejected", 0.0, 1.0, 800.0),
        (0.0, 0.0, None, None, 1000.0, None, False, f"too cheap by at least 24.9 %; {LATER}"),
        (0.0, 0.0, 0.0, 1000.0, 1000 / STEP, 1000.0, True, "too cheap by 25.0 %"),
    ),
    (  # Idle accelerators that use no energy are let at any rent.
        "let",
        {"fleet": [{"count": 10}], "outlets": [{**OUTLET, "price": 800}]},
        ("let", "outlets", "lab", "taken", 1.0, 1.0, 800.0),
        (None, 800.0, None, None, None, 8.0, False, f"{ENOUGH}; {LATER}"),
        (800.0, 800.0, 800.0, 0.0, None, None, True, ENOUGH),
    ),
    (  # Ten penalties of 1000 are saved for nothing.
        "lease",
        {"contracts": [{**BLOCK, "price": 0}]},
        ("lease", "contracts", "cloud", "taken", 1.0, 1.0, 0.0),
        (None, None, None, None, None, None, False, NOT_EXAMINED),
        (10_000.0, 10_000.0, 10_000.0, None, None, None, True, ENOUGH),
    ),
    (  # Needed: all must be served.
        "lease",
        {"contracts": [BLOCK], "workloads": [{"workload": "jobs", "min_service": 1}]},
        ("lease", "contracts", "cloud", "taken", 1.0, 1.0, 6000.0),
        (None, None, None, None, None, None, True, "needed: without it no plan meets all rules"),
        (None, None, None, None, None, None, True, "needed: without it no plan meets all rules"),
    ),
    (  # A block without work for it: no price.
        "lease",
        {"contracts": [{**BLOCK, "price": 3000}], "jobs": 0},
        ("lease", "contracts", "cloud", "rejected", 0.0, 1.0, 3000.0),
        (0.0, 0.0, None, None, None, None, True, AT_NO_PRICE),
        (0.0, 0.0, None, None, None, None, True, AT_NO_PRICE),
    ),
    (  # Two lots of five of an unlimited number save ten penalties at 300 each: up to 1000.
        "buy",
        {"purchases": [{"unit_price": 300, "lot_size": 5}]},
        ("buy", "purchases", "in_house", "partly", 2.0, math.inf, 300.0),
        (None, 7000.0, None, None, 1000.0, None, False, f"{NO_MORE}; {LATER}"),
        (7000.0, 7000.0, 7000.0, 1000.0, 1000.0, 1000 * STEP, True, NO_MORE),
    ),
    (  # A megawatt block for ten accelerators of 1 kW saves 10,000: up to 10,000 per block of half a MW.
        "wing",
        {
            "builds": [{"capex_per_mw": 40_000, "mw_per_block": 0.5, "max_blocks": 3}],
            "fleet": [{"count": 10}],
            "power": [{"mw": 0}],
        },
        ("wing", "builds", "in_house", "rejected", 0.0, 3.0, 40_000.0),
        (0.0, 0.0, None, None, None, None, False, NOT_EXAMINED),  # a part of a block can be built
        (0.0, 0.0, 0.0, 20_000.0, 20_000.0, 20_000 * STEP, True, "too expensive by 50.0 %"),
    ),
]


@pytest.mark.parametrize(("item", "given", "plain", "known", "examined"), CASES)
def test_all_cells_of_an_offer(
    item: str, given: dict[str, Any], plain: tuple[Any, ...], known: tuple[Any, ...], examined: tuple[Any, ...]
) -> None:
    """Tests what the plan gives, what linear programs prove of it (to 0.05 %), and what the searches find."""
    tables = {"jobs": 0 if item == "let" else 10, **given}
    before, after = rows(best(1, {"jobs": [tables.pop("jobs")]}, **tables), item)
    assert [*before] == close((*plain, *known))
    assert [*after] == close((*plain, *examined))
    cells = dict(zip(column_names("offers"), after, strict=True))
    prices = [cells[name] for name in ("at_least", "price_to_win", "at_most") if cells[name] is not None]
    assert prices == sorted(prices)
    assert is_final(after) is cells["proven"] is True
    assert is_final(before) is known[-2]


def test_an_upfront_payment_of_an_outlet_is_no_part_of_its_rent() -> None:
    """Tests that 300 a block at the signature, a month before, leave 1000 of energy less 300 of then to be earned.

    A year discounts by 21 %: a month later is worth 1.21 ** (-1 / 12) of it. Two blocks are let.
    """
    month = 1.21 ** (-1 / 12)
    outlet = {**OUTLET, "price": 2000, "lead_months": 1, "upfront_per_block": 300, "max_blocks": 2, "latest": 1}
    given = {**LET, "fleet": [{"count": 20}], "outlets": [outlet], "head": {"discount_rate": 0.21}}
    _, row = rows(best(2, {"jobs": [0]}, **given), "let")
    cells = dict(zip(column_names("offers"), row, strict=True))
    assert (cells["verdict"], cells["taken"], cells["possible"]) == ("taken", 2, 2)
    assert cells["worth"] == pytest.approx(2 * (1000 * month + 300))
    assert cells["price_to_win"] == pytest.approx(1000 - 300 / month) == cells["at_most"]
    assert cells["proven"]


def signed_before(price: float | None, offered: float) -> Plan:
    """A plan in which a block of ten was signed before; a second one saves ten penalties of 1000."""
    signed = [{"month": -1, "decision": "sign", "item": "lease", "blocks": 1, "price": price}]
    return best(1, {"jobs": [20]}, contracts=[{"price": offered, "term_months": 2, "max_blocks": 2}], decided=signed)


def test_what_was_signed_before_at_no_price_of_its_own_is_paid_at_the_same() -> None:
    """Tests that no break-even price is searched for where another one would change what is paid already."""
    row = dict(zip(column_names("offers"), rows(signed_before(None, 7000), "lease")[1], strict=True))
    assert row["worth"] == pytest.approx(3000)
    assert (row["price_to_win"], row["at_least"], row["at_most"], row["proven"]) == (None, None, None, False)
    assert row["reason"].startswith("blocks that were decided on before the plan are paid at the same price")


@pytest.mark.parametrize("offered", [7000, 12_000])
@pytest.mark.parametrize("relaxed", [True, False])
def test_what_was_signed_before_at_a_price_of_its_own_is_no_part_of_the_price(offered: float, relaxed: bool) -> None:
    """Tests that a second block breaks even at 10,000, whatever is paid for the first, with and without bounds."""
    plan = signed_before(6000, offered)
    verdict = Verdict(TightGapSearch(optimizer.WhatIf(plan, gap=EXACT), plan), next(offers(plan)))
    found = rows(plan, "lease")[1] if relaxed else verdict.row()
    row = dict(zip(column_names("offers"), found, strict=True))
    assert row["price_to_win"] == pytest.approx(10_000, rel=1e-3)
    assert row["at_least"] <= 10_000 * (1 + 1e-9)
    assert row["at_most"] >= 10_000 * (1 - 1e-9)
    assert row["proven"]

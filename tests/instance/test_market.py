"""Total demand, capacity and prices of an instance, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.instance.frames import read_frames
from optimizer.instance.market import Market
from optimizer.instance.type_data import type_data
from optimizer.schema import load_schema
from tests.program.tiny import frames

Given = dict[str, Any]
GPU, BIG, ODD = (
    {"accelerator": "gpu", "kw": 1},
    {"accelerator": "big", "kw": 2, "reference": 2.5},
    {"accelerator": "odd", "kw": 900, "reference": 4},  # kW that are unusual, and do not count
)
SITES = [
    {"site": "hall", "pue": 1.2},
    {"site": "barn", "pue": 1.5},
    {"site": "shed"},
    {"site": "yard"},
    {"site": "moor"},
]
POWER = [
    {"site": "hall", "month": 6, "mw": 2, "price_per_mwh": 80},
    {"site": "hall", "month": 0, "mw": 3, "price_per_mwh": 50},
    {"site": "barn", "month": -3, "mw": 1.5, "price_per_mwh": 40},
    {"site": "barn", "month": 30, "mw": 9},
]
FLEET = [
    {"count": 100},
    {"accelerator": "big", "count": 20},
    {"site": "barn", "count": 0},
    {"site": "shed", "accelerator": "odd", "count": 6},
]
BUY: Given = {"unit_price": 1e4}
PURCHASES = [
    BUY | {"max_total": 40, "lot_size": 8},
    BUY | {"purchase": "bigs", "site": "barn", "accelerator": "big", "max_total": 30, "lot_size": 1},
]
NO_LIMIT = BUY | {"purchase": "endless", "site": "yard", "lot_size": 3}
LEASES: list[Given] = [
    {"price": 3000, "max_blocks": 2},  # ten accelerators and a hundred hours: 3 an hour
    {"contract": "space", "supplies": "mw", "site": "hall", "mw_per_block": 9, "price": 1},
    {
        "contract": "bigs-leased",
        "provider": "neo",
        "accelerator": "big",
        "accelerators_per_block": 4,
        "price": 5,
        "per": "accelerator_hour",
        "committed_blocks": 3,
    },
    {"contract": "dear", "accelerators_per_block": 7, "price": 200, "per": "accelerator_hour"},  # unusual
]
HOURLY: list[Given] = [
    {"price": 4, "max_accelerators": 50},
    {"offer": "hourly-bigs", "provider": "neo", "accelerator": "big", "price": 6, "max_accelerators": 7},
]
DEMAND: list[Given] = [
    *({"workload": "jobs", "month": t, "amount": n} for t, n in ((3, 190), (0, 70), (5, 60), (24, 500))),
    {"workload": "other", "month": 0, "amount": 5},
    {"workload": "later", "month": 24, "amount": 7},
]


def market(**given: Any) -> Market:
    """Figures of these rows, in a plan of 24 months of a hundred hours."""
    rows: Given = {
        "accelerators": [GPU, BIG, ODD],
        "sites": SITES,
        "power": POWER,
        "fleet": FLEET,
        "purchases": PURCHASES,
        "contracts": LEASES,
        "on_demand": HOURLY,
        "providers": [{}, {"provider": "neo"}],
        "workloads": [{"workload": name} for name in ("jobs", "other", "later")],
    }
    return Market(type_data(read_frames(frames(24, DEMAND, **rows | given)), load_schema()))


def test_prices() -> None:
    """Tests prices of a reference-accelerator for a month, without those that are free or unusual."""
    # 3 an hour for a hundred hours; 5 and 6 an hour for 2.5 reference-accelerators; 4 an hour.
    assert market().monthly_prices == pytest.approx([300, 200, 400, 240])
    free = {"contracts": [LEASES[0] | {"price": 0}], "on_demand": HOURLY[:1]}
    assert market(**free).monthly_prices == pytest.approx([400])


@pytest.mark.parametrize(("price", "counts"), [(0.05, True), (0.049, False), (100, True), (101, False)])
@pytest.mark.parametrize(("currency", "factor"), [("USD", 1), ("JPY", 150)])
def test_prices_within_their_usual_range(price: float, counts: bool, currency: str, factor: float) -> None:
    """Tests the ends of the usual range of prices per hour, in dollars, and times 150 in yen."""
    given = {"head": {"currency": currency}, "contracts": [], "on_demand": [HOURLY[0] | {"price": price * factor}]}
    assert market(**given).monthly_prices == pytest.approx([price * factor * 100] * counts)


def test_what_a_provider_offers() -> None:
    """Tests the money that a month of all offers costs: blocks that are committed, else at most, and all hours."""
    # cloud: 2 blocks of 3000, 50 at 4 for 100 hours, and none of the unusual price; neo: 3 blocks of 4, and 7.
    assert market().month_at("cloud") == pytest.approx(2 * 3000 + 50 * 4 * 100)
    assert market().month_at("neo") == pytest.approx(3 * 4 * 5 * 100 + 7 * 6 * 100)
    assert market().month_at("lab") == 0


def test_demand_and_sizes() -> None:
    """Tests the largest demand within the plan, and the sizes of blocks, batches and lots."""
    assert market().peaks == {"jobs": 190, "other": 5}
    # Blocks of 10, of 4 at 2.5, of 7; batches of 100, 20 at 2.5 and 6 at 4; lots of 8, none of one.
    assert market().units == pytest.approx([10, 10, 7, 100, 50, 24, 8])
    assert market(purchases=[BUY | {"lot_size": 1.5}], contracts=[], fleet=[{"count": 1}]).units == [1, 1.5]


def test_power() -> None:
    """Tests what can stand at each site, what stands there, and its largest power."""
    found = market(purchases=[*PURCHASES, NO_LIMIT])
    # hall: 100 of 1 kW, 20 of 2 and 40 of 1, at 1.2; barn: 30 of 2 kW at 1.5; shed: kW unknown; yard: no limit.
    expected = {"hall": 0.216, "barn": 0.09, "shed": None, "yard": None, "moor": 0}
    assert found.draws == {site: draw if draw is None else pytest.approx(draw) for site, draw in expected.items()}
    draws = [found.fleet_draw({"site": name, "pue": pue}) for name, pue in (("hall", 1.2), ("barn", 1.5), ("shed", 1))]
    assert draws == pytest.approx([140 * 1.2 / 1000, 0, 0])
    assert [found.most_power(site) for site in ("hall", "barn", "shed")] == [3, 9, 0]


def test_supply() -> None:
    """Tests the fleet, and all that there is or can be had; 0 where something has no limit."""
    # 100 + 20 x 2.5 + 6 x 4 = 174; to buy 40 + 30 x 2.5; by the hour 50 + 7 x 2.5; leased 2 x 10 + 3 x 4 x 2.5 + 7.
    assert market().fleet == pytest.approx(174)
    assert market().supply == pytest.approx(174 + 40 + 75 + 50 + 17.5 + 20 + 30 + 7)
    assert market(purchases=[*PURCHASES, NO_LIMIT]).supply == 0


@pytest.mark.parametrize(
    ("t", "cost"),
    [
        # 75 on the first hundred: 75 of 1 kW at 1.2 for a hundred hours are 9 MWh, at 50.
        (0, 450),
        # 195: a hundred are 12 MWh at 50; 50 on 20 of 2 kW are 4.8 MWh; 24 without kW; 21 at the cheapest price of 200.
        (3, 600 + 240 + 21 * 200),
        # 65 are 7.8 MWh, at 50, and from month 6 on at 80.
        (5, 390),
        (6, 624),
    ],
)
def test_the_least_that_a_month_costs(t: int, cost: float) -> None:
    """Tests the demand of a month: own accelerators in order for their energy, the rest at the cheapest price."""
    assert market().least_month(t) == pytest.approx(cost)


def test_the_least_that_a_month_costs_without_offers() -> None:
    """Tests that what nothing is offered for costs nothing."""
    assert market(contracts=[], on_demand=[]).least_month(3) == pytest.approx(840)

"""Quantities of the planner's own rules: the value of each for every kind of item, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.plan.plan import Plan
from tests.program.tiny import by_month, solved, tiny

# A plan in which everything happens, all of it agreed or forced.
#   hall       100 accelerators of 1 kW at a PUE of 1.25 (0.00125 MW), at work 0.8 of the time; a MWh costs 2
#   buy        two lots of 5 at 10, ordered in month 0, there from month 1 on; 4 of 10 paid at order; upkeep 2 each
#   wing       a block of 2 MW at 10 a MW, ordered in month 1, energised in month 2; fixed cost of 3 a MW
#   lease      three blocks of 10 and 0.02 MW in months 0 and 1 at 100, half delivered and paid at first; upfront 30
#   hourly     20 at 1 x 100 hours
#   let        two blocks of 10 (0.01 MW) from the hall in months 0 and 1, for 50
#   sub        a block of 5 from the lease in month 1, for 1
#   space      three blocks of 0.1 MW at the hall from month 1 on, for 7
#   big        a run of 10 for a month, on the lease, in month 1
#   jobs       55, 200 and 40 wanted. Month 0: the lease (15) and 50 of the hall (40). Month 1: what the lease has left
#              (15), the hall's other 90 (72), 20 by the hour; 93 unserved. Month 2: 50 of the hall.
#   lost       a run that cannot be: its penalty is due in month 1
#   over       a run whose deadline lies before the plan: it is never due
TABLES: dict[str, Any] = {
    "sites": [{"pue": 1.25, "availability": 0.8}],
    "power": [{"mw": 1, "price_per_mwh": 2}],
    "fleet": [{"count": 100}],
    "purchases": [
        {
            "unit_price": 10,
            "lot_size": 5,
            "lead_months": 1,
            "deposit_fraction": 0.4,
            "maintenance_per_month": 2,
            "latest": 0,
        }
    ],
    "builds": [{"mw_per_block": 2, "lead_months": 1, "capex_per_mw": 10, "fixed_cost_per_mw_month": 3}],
    "contracts": [
        {
            "region": "there",
            "mw_per_block": 0.02,
            "price": 100,
            "committed_blocks": 3,
            "earliest": 0,
            "term_months": 2,
            "upfront_per_block": 30,
            "sublease": True,
        }
    ],
    "ramps": [
        {"month_of_term": 0, "capacity_fraction": 0.5, "price_fraction": 0.5},
        {"month_of_term": 1, "capacity_fraction": 1, "price_fraction": 1},
    ],
    "on_demand": [{"price": 1, "max_accelerators": 20}],
    "outlets": [
        {
            "site": "hall",
            "accelerators_per_block": 10,
            "mw_per_block": 0.01,
            "price": 50,
            "committed_blocks": 2,
            "earliest": 0,
            "term_months": 2,
        },
        {
            "outlet": "sub",
            "accelerator": "tpu",
            "accelerators_per_block": 5,
            "price": 1,
            "committed_blocks": 1,
            "earliest": 1,
            "term_months": 1,
        },
        {
            "outlet": "space",
            "sells": "mw",
            "site": "hall",
            "accelerator": "",
            "mw_per_block": 0.1,
            "price": 7,
            "committed_blocks": 3,
            "earliest": 1,
            "term_months": 9,
        },
    ],
    "training_runs": [
        {"work": 10, "sizes": "10", "regions": "there", "release": 1, "deadline": 1, "required": True},
        {"run": "lost", "work": 9999, "sizes": "10", "deadline": 1},
        {"run": "over", "work": 9999, "sizes": "10", "deadline": -1},
    ],
    "accelerators": [{}, {"accelerator": "tpu", "kw": 1}],
    "throughput": [{}, {"accelerator": "tpu", "factor": 1}],
}
TABLES["contracts"][0]["accelerator"] = "tpu"  # so that only the lease can cover `sub`

VALUES: dict[tuple[str, str], tuple[float, float, float]] = {
    ("capacity", "lease"): (15, 30, 0),
    ("capacity", "hourly"): (20, 20, 20),
    ("capacity", "buy"): (0, 10, 10),
    ("capacity", "hall"): (100, 110, 110),
    ("capacity", "cloud"): (35, 50, 20),
    ("capacity", "in_house"): (100, 110, 110),
    ("used", "lease"): (15, 25, 0),
    ("used", "hourly"): (0, 20, 0),
    ("used", "hall"): (50, 90, 50),
    ("used", "cloud"): (15, 45, 0),
    ("used", "in_house"): (50, 90, 50),
    ("used", "jobs"): (65, 125, 50),
    ("used", "big"): (0, 10, 0),
    ("used", "lost"): (0, 0, 0),
    ("leased", "let"): (20, 20, 0),
    ("leased", "sub"): (0, 5, 0),
    ("leased", "lease"): (0, 5, 0),
    ("leased", "hall"): (20, 20, 0),
    ("leased", "cloud"): (0, 5, 0),
    ("leased", "in_house"): (20, 20, 0),
    # The hall: (50 + 20) x 0.00125; (90 + 20) x 0.00125 and 0.3 let; 50 x 0.00125 and 0.3 let.
    ("mw", "hall"): (0.0875, 0.4375, 0.3625),
    ("mw", "in_house"): (0.0875, 0.4375, 0.3625),
    ("mw", "wing"): (0, 0, 2),
    ("mw", "lease"): (0.03, 0.06, 0),
    ("mw", "cloud"): (0.03, 0.06, 0),
    ("mw", "let"): (0.02, 0.02, 0),
    ("mw", "space"): (0, 0.3, 0.3),
    ("spend", "wing"): (0, 20, 6),
    ("spend", "buy"): (40, 60 + 20, 20),
    ("spend", "lease"): (90 + 150, 300, 0),
    ("spend", "hourly"): (0, 2000, 0),
    ("spend", "let"): (-100, -100, 0),
    ("spend", "space"): (0, -21, -21),
    # Energy of the MW drawn, not of those let: 0.0875, 0.1375, 0.0625 MW x 100 hours x 2; builds and purchases.
    ("spend", "hall"): (17.5 + 40, 27.5 + 20 + 80, 12.5 + 6 + 20),
    ("spend", "in_house"): (57.5, 127.5, 38.5),
    ("spend", "cloud"): (240, 2300, 0),
    ("spend", "lab"): (-100, -100 - 1 - 21, -21),
    ("started", "wing"): (0, 1, 0),
    ("started", "buy"): (2, 0, 0),
    ("started", "lease"): (3, 0, 0),
    ("started", "let"): (2, 0, 0),
    ("started", "space"): (0, 3, 0),
    ("started", "big"): (0, 1, 0),
    ("served", "jobs"): (55, 107, 40),
    ("served", "big"): (0, 10, 0),
    ("served", "lease"): (15, 25, 0),
    ("served", "hourly"): (0, 20, 0),
    ("served", "hall"): (40, 72, 40),
    ("served", "cloud"): (15, 45, 0),
    ("served", "in_house"): (40, 72, 40),
    ("unserved", "jobs"): (0, 93, 0),
    ("unserved", "big"): (0, 0, 0),
    ("unserved", "lost"): (0, 1, 0),
    ("unserved", "over"): (0, 0, 0),
    ("used", "over"): (0, 0, 0),
}


@pytest.fixture(scope="module")
def everything() -> Plan:
    """The plan, with one rule per quantity that allows any value, and one over all months."""
    rules: list[dict[str, Any]] = [
        {"rule": "order", "sense": "=", "rhs": 1, "from": 1, "to": 1},
        {"rule": "lots", "sense": "=", "rhs": 2, "each": "total"},
    ]
    terms: list[dict[str, Any]] = [
        {"rule": "order", "quantity": "started", "item": "wing"},
        {"rule": "lots", "quantity": "started", "item": "buy"},
    ]
    for quantity, item in VALUES:
        for each in ("month", "total"):
            name = f"{quantity} {item} {each}"
            rules.append({"rule": name, "sense": "<=", "rhs": 1e5, "each": each})
            terms.append({"rule": name, "quantity": quantity, "item": item, "coefficient": 3})
    return solved(tiny(3, {"jobs": [55, 200, 40]}, **TABLES, rules=rules, rule_terms=terms))


@pytest.mark.parametrize(("quantity", "item"), VALUES)
def test_a_quantity_of_an_item(everything: Plan, quantity: str, item: str) -> None:
    """Tests the monthly value of every quantity for every kind of item, and its sum over the months."""
    expected = {t: 3 * value for t, value in enumerate(VALUES[quantity, item])}
    assert by_month(everything, "rules", "value", rule=f"{quantity} {item} month") == pytest.approx(expected)
    total = sum(expected.values())
    assert by_month(everything, "rules", "value", rule=f"{quantity} {item} total") == pytest.approx({2: total})


def test_slack_is_the_distance_to_the_limit(everything: Plan) -> None:
    """Tests slack of rules that do not bind, and that they have no violation and no price."""
    loose = everything.rules[everything.rules["sense"] == "<="]
    assert (loose["slack"] - (1e5 - loose["value"])).abs().max() == pytest.approx(0, abs=1e-6)
    assert loose["violation"].eq(0).all()
    assert loose["shadow_price"].eq(0).all()
    tight = everything.rules[everything.rules["sense"] == "="]
    assert tight["slack"].eq(0).all()


def test_spend_on_a_contract_excludes_a_commitment_of_its_name() -> None:
    """Tests that the shortfall of a spend commitment named like a contract is no spend on that contract."""
    # The lease costs 100 in each of two months; 400, for 2 of 12 months of 2400, are committed: 200 are short.
    plan = solved(
        tiny(
            2,
            {"jobs": [10]},
            contracts=[{"price": 100, "term_months": 1}],
            commitments=[{"commitment": "lease", "annual_amount": 2400, "required": True, "earliest": 0, "latest": 0}],
            rules=[{"sense": "<=", "rhs": 100, "each": "month"}],
            rule_terms=[{"quantity": "spend", "item": "lease", "coefficient": 1}],
        )
    )
    assert plan.objective == pytest.approx(400)

"""Warnings on power, blocks, lots and money: what they leave out, and what they compare with."""

from __future__ import annotations

from typing import Any

import pytest

from tests.instance.warned import TERM, USUAL, at, warned

Given = dict[str, Any]
KEEP = "keep it if it is correct."
UNITS = f"Check that it is in plain units; {KEEP}"
FLEET = {"fleet": [{"count": 10_000}], "demand": {"jobs": [10_000]}}  # 10 MW at 1 kW
SPACE = {"sells": "mw", "site": "hall", "accelerator": "", "mw_per_block": 2, "price": 2e5, "term_months": 12}
BUILD = {"mw_per_block": 0.4, "max_blocks": 2, "capex_per_mw": 1e7, "lead_months": 12}


def test_power_that_is_sold() -> None:
    """Tests that a site that sells MW may have a hundred times what its accelerators draw, and another may not."""
    power = [{"mw": 1001}, {"site": "barn", "mw": 1001}]
    sites, fleet = [{}, {"site": "barn", "region": "here"}], [{"count": 10_000}, {"site": "barn", "count": 10_000}]
    found = warned(**FLEET | {"fleet": fleet}, sites=sites, power=power, outlets=[SPACE, SPACE | {"outlet": "more"}])
    problem = "1001 MW, but all accelerators that can stand at 'barn' draw 10 MW. If it is in kW, write 1.001; "
    assert found == at("power 2 mw", problem + KEEP)
    assert warned(power=[{"mw": 1001}], sites=[{}]) == []  # nothing can stand there


@pytest.mark.parametrize(
    ("power", "build", "expected"),
    [
        (0.19, {}, ["sites 1 site"]),
        (0, {}, []),
        (200, {}, ["builds 1 mw_per_block"]),  # two blocks of 0.4 MW are less than a two-hundredth
        (200, {"max_blocks": 0}, []),
        (160, {}, []),
    ],
)
def test_traces_of_power(power: float, build: Given, expected: list[str]) -> None:
    """Tests sites and builds with a trace of power, and with none at all."""
    found = warned(**FLEET, power=[{"mw": power}], builds=[BUILD | build])
    assert [one.partition(":")[0] for one in found] == expected


@pytest.mark.parametrize(
    ("terms", "columns"),
    [
        ({"mw_per_block": 0.6}, ["mw_per_block"]),
        ({"mw_per_block": 0}, []),
        ({"accelerators_per_block": 1001, "price": 300_300}, ["accelerators_per_block"]),
        (
            {"accelerators_per_block": 1001, "price": 300_300, "mw_per_block": 100},
            ["mw_per_block", "accelerators_per_block"],
        ),
        ({"max_blocks": 3, "committed_blocks": 4, "earliest": -1}, ["committed_blocks"]),
        ({"committed_blocks": 4, "earliest": -1}, []),  # max_blocks is blank
    ],
)
def test_blocks(terms: Given, columns: list[str]) -> None:
    """Tests blocks of ten against a demand of 20, of contracts as of outlets."""
    found = warned(contracts=[USUAL, TERM | terms])
    assert [one.partition(":")[0] for one in found] == [f"contracts 2 {column}" for column in columns]
    let = {"price": 2000, "term_months": 12, "accelerators_per_block": 10} | terms
    let |= {"price": 3 * 100 * let["accelerators_per_block"]}
    leases = [{**USUAL, "sublease": True, "contract": "other", "provider": "neo"}]
    found = warned(
        outlets=[let], contracts=leases, providers=[{}, {"provider": "neo"}, {"provider": "lab", "kind": "tenant"}]
    )
    assert [one.partition(":")[0] for one in found] == [f"outlets 1 {column}" for column in columns]


@pytest.mark.parametrize("table", ["contracts", "outlets"])
def test_blocks_of_power(table: str) -> None:
    """Tests that blocks of MW are not compared with the accelerators that are blank in them, or given in vain."""
    supply = {"supplies": "mw", "region": None, "accelerator": None, "accelerators_per_block": None, "site": "hall"}
    row = {"mw_per_block": 900, "price": 1e8, "term_months": 12, "upfront_per_block": 1e11}
    terms = row | (supply if table == "contracts" else {"sells": "mw", "site": "hall", "accelerators_per_block": 1001})
    terms |= {"accelerator": None}
    given = {table: [terms, *[USUAL] * (table == "contracts")]}
    assert warned(power=[{"mw": 1}], **given) == []


@pytest.mark.parametrize(
    ("terms", "column"),
    [
        ({"max_total": 19}, "max_total"),
        ({"max_per_month": 19}, "max_per_month"),
        ({"max_total": 19, "integer": False}, ""),
        ({"max_total": 0}, ""),
        ({"max_total": 20, "max_per_month": 20}, ""),
        ({"max_total": 20 - 1e-9}, ""),
    ],
)
def test_lots(terms: Given, column: str) -> None:
    """Tests lots of 20 in limits of 19, and limits of none or of parts of a lot."""
    found = warned(purchases=[{"unit_price": 1e4, "lot_size": 20} | terms], power=[{"mw": 0.5}])
    problem = f"it can never be ordered: a lot is 20 accelerators, and {column} is 19 accelerators, not lots. "
    problem += "Raise it to at least a lot, or set integer to false."
    assert found == at(f"purchases 1 {column}", *[problem] * bool(column))


@pytest.mark.parametrize(("amount", "odd"), [(100, False), (99, True)])
def test_demand_and_fleet(amount: float, odd: bool) -> None:
    """Tests that all demand is a hundredth of the fleet at least, also where blocks are small."""
    found = warned(fleet=[{"count": 10_000}], power=[{"mw": 10}], demand={"jobs": [amount]})
    problem = f"its demand is at most {amount:g} reference-accelerators, and the smallest block, batch or lot is 10. "
    assert found == at(
        "workloads 1 workload", *[f"{problem}If demand.amount is in thousands, write 99000; {KEEP}"] * odd
    )


@pytest.mark.parametrize(
    ("table", "rows", "text"),
    [
        (
            "contracts",
            [TERM | {"term_months": 1}],
            "no term_months of contracts is longer than 1 month. {} 1 year is 12",
        ),
        (
            "contracts",
            [TERM | {"term_months": 5}, USUAL | {"term_months": 2}],
            "no term_months of contracts is longer than 5 months. {} 5 years are 60",
        ),
        ("contracts", [TERM | {"term_months": 5}, USUAL | {"term_months": 6}], ""),
        ("contracts", [TERM | {"min_term_months": 3, "term_months": None}], ""),
        (
            "builds",
            [BUILD | {"lead_months": 0}, BUILD | {"build": "b", "lead_months": 3}],
            "no lead_months of builds is longer than 3 months. {} 3 years are 36",
        ),
        ("builds", [BUILD | {"lead_months": 0}], ""),
        ("builds", [BUILD | {"lead_months": 4}, BUILD | {"build": "b", "lead_months": 3}], ""),
    ],
)
def test_short_terms(table: str, rows: list[Given], text: str) -> None:
    """Tests that terms and lead times that may be in years are one warning, at the first that is not 0."""
    column = "term_months" if table == "contracts" else "lead_months"
    place = 2 if table == "builds" and len(rows) == 2 else 1
    problem = text.format("If they are in years, write months:")
    expected = [f"{problem}; keep them if they are correct."] * bool(text)
    assert warned(power=[{"mw": 1}], **{table: rows}) == at(f"{table} {place} {column}", *expected)


# ---------------------------------------------------------------- money
ONE_MW = {"mw_per_block": 4, "integer": False, "capex_per_mw": 1e7, "lead_months": 12}
LOTS = {"unit_price": 1e4, "lot_size": 20}


@pytest.mark.parametrize(
    ("given", "order"),
    [
        ({"builds": [ONE_MW | {"integer": True}]}, 4e7),
        ({"builds": [ONE_MW]}, 1e7),
        ({"builds": [ONE_MW | {"mw_per_block": 0.5}]}, 5e6),
        ({"purchases": [LOTS]}, 2e5),
        ({"purchases": [LOTS | {"integer": False}]}, 1e4),
        ({"purchases": [LOTS], "builds": [ONE_MW]}, 2e5),
        ({"purchases": [LOTS | {"unit_price": 1e6}], "builds": [ONE_MW]}, 1e7),
        ({"builds": [ONE_MW | {"capex_per_mw": 0}, ONE_MW | {"build": "other"}]}, 1e7),
    ],
)
def test_budgets_of_capex(given: Given, order: float) -> None:
    """Tests budgets of a tenth of the smallest order: of a block, a MW, a lot or an accelerator; and of nothing."""
    amounts = [order / 10, order / 10 - 1, 0]
    budgets = [{"budget": f"b{i}", "amount": amount, "covers": "capex"} for i, amount in enumerate(amounts)]
    budgets += [{"budget": "net", "amount": 1, "covers": "capex", "net": True}]
    problem = f"{order / 10 - 1:.0f} is less than a tenth of the smallest order ({order:.0f}). {UNITS}"
    assert warned(power=[{"mw": 5}], budgets=budgets, **given) == at("budgets 2 amount", problem)


@pytest.mark.parametrize(
    ("window", "months"), [({}, 24), ({"from": 3, "to": 5}, 3), ({"from": -5, "to": 1}, 2), ({"from": 22, "to": 40}, 2)]
)
def test_budgets_of_costs(window: Given, months: int) -> None:
    """Tests budgets of a fiftieth and of 500 times what a window costs at 6000 a month, and just beyond these."""
    least = 6000 * months  # 20 are wanted, at 3 an hour for a hundred hours
    amounts = [least / 50, least / 50 - 1, least * 500, least * 500 + 1000, 0]
    budgets = [{"budget": f"b{i}", "amount": amount, **window} for i, amount in enumerate(amounts)]
    budgets += [{"budget": "net", "amount": 1, "net": True, **window}]
    rounded = f"{float(f'{least:.3g}'):.0f}"
    cost = f"what its months' demand costs at least ({rounded}, own accelerators first). {UNITS}"
    assert warned(budgets=budgets) == [
        f"budgets 2 amount: {amounts[1]:.0f} is less than a fiftieth of {cost}",
        f"budgets 4 amount: {amounts[3]:.0f} is more than 500 times {cost}",
    ]


def test_budgets_without_offers() -> None:
    """Tests that budgets are not compared where nothing costs anything."""
    budgets = [{"amount": 1}, {"budget": "capex", "amount": 1, "covers": "capex"}]
    assert warned(contracts=[], fleet=[{"count": 30}], power=[{"mw": 1}], budgets=budgets) == []

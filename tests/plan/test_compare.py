"""What differs between two plans, derived by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

import optimizer
from optimizer.instance.examples import find_example
from optimizer.plan.compare import compare
from optimizer.plan.compare_items import without_noise
from tests.instance.sample import put, sample
from tests.plan.pairs import decision, instance, plan

SIGN = ("2026-03", "sign", "lease", 2)


def _changes(before: list[Any], after: list[Any]) -> list[tuple[Any, ...]]:
    table = compare(plan(decisions=before), plan(decisions=after)).decisions
    return [
        tuple(row)
        for row in table[["change", "item", "month_a", "month_b", "blocks_a", "blocks_b"]].to_numpy().tolist()
    ]


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ([SIGN], [SIGN], []),
        ([], [SIGN], [("added", "lease", "", "2026-03", 0, 2)]),
        ([SIGN], [], [("dropped", "lease", "2026-03", "", 2, 0)]),
        ([SIGN], [("2026-05", "sign", "lease", 2)], [("moved", "lease", "2026-03", "2026-05", 2, 2)]),
        ([SIGN], [("2026-03", "sign", "lease", 3)], [("resized", "lease", "2026-03", "2026-03", 2, 3)]),
        ([SIGN], [("2026-01", "sign", "lease", 1)], [("moved and resized", "lease", "2026-03", "2026-01", 2, 1)]),
        # Another item, and another kind of decision, are other decisions.
        (
            [SIGN],
            [("2026-03", "sign", "old-again", 2)],
            [("dropped", "lease", "2026-03", "", 2, 0), ("added", "old-again", "", "2026-03", 0, 2)],
        ),
        ([SIGN], [SIGN, ("2026-03", "hand_back", "lease", 2)], [("added", "lease", "", "2026-03", 0, 2)]),
        # The same month belongs together; what is left is paired in its order: April with June, then May is dropped.
        (
            [SIGN, ("2026-04", "sign", "lease", 1), ("2026-05", "sign", "lease", 1)],
            [("2026-03", "sign", "lease", 2), ("2026-06", "sign", "lease", 1)],
            [("dropped", "lease", "2026-05", "", 1, 0), ("moved", "lease", "2026-04", "2026-06", 1, 1)],
        ),
        # A later row of the same month is not taken for a row of another month, although that one comes first.
        (
            [SIGN, ("2026-04", "sign", "lease", 1)],
            [("2026-04", "sign", "lease", 1)],
            [("dropped", "lease", "2026-03", "", 2, 0)],
        ),
    ],
)
def test_decisions(before: list[Any], after: list[Any], changes: list[tuple[Any, ...]]) -> None:
    """Tests that decisions are paired, and told as added, dropped, moved or resized."""
    assert _changes([decision(*row) for row in before], [decision(*row) for row in after]) == changes


@pytest.mark.parametrize(
    ("others", "change"),
    [({"cost": 3e6}, "changed"), ({"ends": "2026-12"}, "changed"), ({"accelerators": 25.0}, "resized"), ({}, None)],
)
def test_other_terms_of_a_decision(others: dict[str, Any], change: str | None) -> None:
    """Tests that the same decision of other cost or end is changed, and of other accelerators resized."""
    table = compare(plan(decisions=[decision(*SIGN)]), plan(decisions=[decision(*SIGN, **others)])).decisions
    assert list(table["change"]) == ([change] if change else [])


def test_a_run_in_another_place_is_a_change() -> None:
    """Tests that a training run of the same month and size that runs elsewhere differs."""
    row = decision("2026-03", "start_run", "big", 1)
    here = [("big", "north/gpu", 1000, "2026-03", "2026-09", "", 0)]
    there = [("big", "lease", 1000, "2026-03", "2026-09", "", 0)]
    assert list(compare(plan(decisions=[row], runs=here), plan(decisions=[row], runs=there)).decisions["change"]) == [
        "changed"
    ]
    assert compare(plan(decisions=[row], runs=here), plan(decisions=[row], runs=here)).decisions.empty


def test_cost_and_months_of_a_move() -> None:
    """Tests the difference of the committed cost, and by how many months a decision moved."""
    after = decision("2026-01", "sign", "lease", 2, cost=1.5e6)
    (row,) = compare(plan(decisions=[decision(*SIGN)]), plan(decisions=[after])).decisions.to_dict("records")
    assert (row["months_later"], row["committed_cost_difference"]) == (-2, -5e5)


def test_decisions_that_the_other_plan_cannot_have() -> None:
    """Tests that after a month has passed, what was planned in it is no difference of the decisions that are left."""
    later = instance(start="2026-02", months=24)
    before = plan(decisions=[decision("2026-01", "sign", "lease", 1), decision("2026-02", "sign", "lease", 1)])
    after = plan(later, decisions=[decision("2028-01", "sign", "five-year", 4)])
    found = compare(before, after)
    table, decided = found.decisions, found.decided
    assert list(zip(table["change"], table["month_a"], table["month_b"], strict=True)) == [
        ("dropped", "2026-02", ""),
        ("outside", "", "2028-01"),
    ]
    assert decided[["change", "item", "month_planned"]].to_numpy().tolist() == [["not done", "lease", "2026-01"]]


CASH_A = [
    ("2026-01", "contract", "lease", "neo", 100.0, 100.0),
    ("2026-02", "contract", "lease", "neo", 100.0, 99.0),
    ("2026-02", "energy", "north", "in_house", 7.0, 6.5),
    ("2028-01", "residual", "hall-1", "in_house", -50.0, -40.0),
]
CASH_B = [
    ("2026-02", "contract", "lease", "neo", 130.0, 128.0),
    ("2026-02", "contract", "five-year", "cloud", 10.0, 9.0),
    ("2026-02", "energy", "north", "in_house", 7.0, 6.5),
    ("2026-03", "unserved", "study", "", 20.0, 19.0),
]


def test_money_adds_up() -> None:
    """Tests that differences by term, by party and by item each add up to the difference of the objectives."""
    found = compare(plan(cash=CASH_A), plan(cash=CASH_B))
    # 128 + 9 + 6.5 + 19 = 162.5 against 100 + 99 + 6.5 - 40 = 165.5
    assert found.difference == pytest.approx(-3)
    for table in (found.terms, found.parties, found.items):
        assert table["present_value_difference"].sum() == pytest.approx(-3)
        # 167 against 157, nominal
        assert table["amount_difference"].sum() == pytest.approx(10)
    terms = found.terms.set_index("term")["present_value_difference"].to_dict()
    assert terms == pytest.approx({"contract": -62, "energy": 0, "residual": 40, "unserved": 19})
    parties = found.parties.set_index("party")["present_value_difference"].to_dict()
    assert parties == pytest.approx({"": 19, "cloud": 9, "in_house": 40, "neo": -71})


def test_money_by_month_and_party() -> None:
    """Tests that only months and parties that differ are told."""
    found = compare(plan(cash=CASH_A), plan(cash=CASH_B)).cost
    rows = [
        tuple(row) for row in found[["month", "party", "amount_a", "amount_b", "amount_difference"]].to_numpy().tolist()
    ]
    assert rows == [
        ("2026-01", "neo", 100, 0, -100),
        ("2026-02", "cloud", 0, 10, 10),
        ("2026-02", "neo", 100, 130, 30),
        ("2026-03", "", 0, 20, 20),
        ("2028-01", "in_house", -50, 0, 50),
    ]


def test_capacity_and_service() -> None:
    """Tests accelerators and MW by month and party, summed over pools, and unserved work by workload."""

    def row(pool: str, party: str, number: float) -> tuple[Any, ...]:
        return "2026-01", pool, "contract", party, "europe", "gpu", number, number, 0, 0, number / 1000

    a = plan(capacity=[row("lease", "neo", 100), row("old", "neo", 50)], service=[("2026-01", "study", 9, 9, 0)])
    b = plan(
        capacity=[row("lease", "neo", 150), row("five-year", "cloud", 30)],
        service=[("2026-01", "study", 9, 7, 2), ("2026-02", "study", 9, 8, 1)],
    )
    found = compare(a, b)
    # neo has 150 in both: no row.
    (differs,) = found.capacity.to_dict("records")
    assert differs == {
        "month": "2026-01",
        "party": "cloud",
        "accelerators_a": 0,
        "accelerators_b": 30,
        "accelerators_difference": 30,
        "mw_a": 0,
        "mw_b": 0.03,
        "mw_difference": 0.03,
    }
    (unserved,) = found.service.to_dict("records")
    assert (unserved["unserved_a"], unserved["unserved_b"], unserved["demand_difference"]) == (0, 3, 9)


def test_noise_is_no_difference() -> None:
    """Tests that amounts that differ in the last digits only are the same."""
    a = plan(cash=[("2026-01", "contract", "lease", "neo", 0.1 + 0.2, 1e9)])
    b = plan(cash=[("2026-01", "contract", "lease", "neo", 0.3, 1e9 + 1e-4)])
    assert compare(a, b).cost.empty


def test_input_cells() -> None:
    """Tests that changed cells, new rows, lost rows and the head are told, with the item they are about."""
    tables = sample()
    put(tables, "contracts", 2, "price", "1750000")
    put(tables, "contracts", 2, "sublease", "no")
    put(tables, "workloads", 2, "regions", "europe")
    put(tables, "ramps", 3, "capacity_fraction", "0.9")
    tables["prices"].append(["hourly", "2027-01", "3.1"])
    del tables["budgets"]
    put(tables, "accelerators", 2, "kw", "1.3")
    found = compare(plan(), plan(instance(tables, title="other", discount_rate=0.1))).inputs
    assert [tuple(row) for row in found.to_numpy().tolist()] == [
        ("instance", "title", "value", "", "other", ""),
        ("instance", "discount_rate", "value", "0", "0.1", ""),
        ("accelerators", "gpu", "kw", "1.2", "1.3", ""),
        ("contracts", "lease", "price", "1500000", "1750000", "lease"),
        ("contracts", "lease", "sublease", "true", "false", "lease"),
        ("ramps", "lease, 3", "capacity_fraction", "1", "0.9", "lease"),
        ("prices", "hourly, 2027-01", "", "", "item hourly; month 2027-01; price 3.1", "hourly"),
        ("workloads", "assistant", "regions", "europe;america", "europe", "assistant"),
        # The budget begins with the plan, as a blank would say: that is left out.
        ("budgets", "first-year", "", "budget first-year; to 2026-12; amount 1000000000; covers capex", "", ""),
    ]


def test_a_later_start_changes_no_cell() -> None:
    """Tests that months are compared as they stand in the calendar, and blanks as blanks."""
    found = compare(plan(), plan(instance(start="2026-02", months=23))).inputs
    # The budget from 2026-01 to 2026-12 begins with the plan in the one and before it in the other: told as it stands.
    assert {(row["table"], row["row"]) for row in found.to_dict("records")} <= {
        *(("instance", "start"), ("instance", "months"), ("budgets", "first-year")),
    }


def test_inputs_stand_beside_what_moved() -> None:
    """Tests that each item tells its changed decisions and inputs beside its money."""
    tables = sample()
    put(tables, "contracts", 2, "price", "1750000")
    put(tables, "sites", 3, "pue", "1.4")
    after = [decision("2026-05", "sign", "lease", 3)]
    found = compare(
        plan(cash=CASH_A, decisions=[decision(*SIGN)]), plan(instance(tables), cash=CASH_B, decisions=after)
    ).items
    rows = {row["item"]: row for row in found.to_dict("records")}
    assert rows["lease"]["decisions"] == "sign moved from 2026-03 to 2026-05, 2 to 3 blocks"
    assert rows["lease"]["inputs"] == "price 1500000 to 1750000"
    assert rows["lease"]["present_value_difference"] == pytest.approx(-71)
    # Nothing is paid for the site: its input is told all the same.
    assert rows["south"]["inputs"] == "pue 1 to 1.4"
    assert found["item"].iloc[0] == "lease"


def test_use_by_the_hour_is_told_of_its_offer() -> None:
    """Tests that money of an offer without decisions is explained by its use: 5 + 40 to 2000.5 accelerator-months."""
    offer = ("hourly", "on_demand", "cloud", "europe", "gpu")

    def used(*amounts: float) -> list[tuple[Any, ...]]:
        months = ("2026-01", "2026-02")[: len(amounts)]
        return [(m, *offer, n, n, 0, 0, 0) for m, n in zip(months, amounts, strict=True)]

    before = plan(cash=[("2026-01", "on_demand", "hourly", "cloud", 9, 9)], capacity=used(5, 40))
    after = plan(cash=[("2026-01", "on_demand", "hourly", "cloud", 90, 90)], capacity=used(2000.5))
    rows = {row["item"]: row["decisions"] for row in compare(before, after).items.to_dict("records")}
    assert rows["hourly"] == "used 45 to 2,000 accelerator-months"
    assert not compare(before, before).items["decisions"].any()


def test_a_plan_beside_itself() -> None:
    """Tests that nothing differs, and that it is said why something could."""
    one = plan(cash=CASH_A, decisions=[decision(*SIGN)])
    found = compare(one, one)
    assert found.difference == 0
    assert all(table.empty for table in (found.decisions, found.cost, found.capacity, found.inputs))
    assert found.notes == ("The inputs are the same: any difference comes from the search and its options.",)


def test_what_makes_plans_hard_to_compare() -> None:
    """Tests that other instances, currencies and months are told."""
    other = instance(name="other", currency="EUR", start="2026-07", months=24)
    found = compare(
        plan(cash=CASH_A), plan(other, cash=[("2027-01", "contract", "lease", "neo", 30.0, 29.0)]), ("old", "new")
    )
    assert found.notes == (
        "old plans the instance sample, new plans other.",
        "Money is in USD in old and in EUR in new: its differences are those of plain numbers and mean nothing.",
        "old covers 2026-01 to 2027-12, new covers 2026-07 to 2028-06; both cover 18 months.",
        "In the months that both cover, money out differs by +30 EUR, nominal.",
        "old is shown from 2026-07 on, with its present values as of then.",
        "The instance of old cannot be rolled forward (the plan fails its audit in 14 places): its inputs are compared "
        "as at its start.",
    )
    assert found.months[0] == "2026-07"


def test_months_apart() -> None:
    """Tests that plans without a common month can be compared."""
    found = compare(plan(), plan(instance(start="2030-01")))
    assert any("no month in common" in note for note in found.notes)
    assert found.months == []


@pytest.mark.parametrize(("gap", "told"), [(2.0, True), (1.0, False)])
def test_differences_within_the_gaps(gap: float, told: bool) -> None:
    """Tests that a difference of 3 is told to be within gaps of 2 each, and not of 1 each."""
    tables = sample()
    put(tables, "contracts", 2, "price", "1750000")
    found = compare(plan(gap=gap, cash=CASH_A), plan(instance(tables), gap=gap, cash=CASH_B))
    assert any("the gaps of the two plans together" in note for note in found.notes) == told


def test_the_difference_of_best_plans_is_an_interval() -> None:
    """Tests that beside gaps of 2 and 1 costs that differ by -3 are of best plans that differ by -4 to -1."""
    tables = sample()
    put(tables, "contracts", 2, "price", "1750000")
    a, b = plan(gap=2.0, cash=CASH_A), plan(instance(tables), gap=1.0, cash=CASH_B)
    note = (
        "The best plan of new is proven to cost between -4 and -1 USD more than that of old; tables below compare the "
        "plans found."
    )
    assert note in compare(a, b, ("old", "new")).notes
    # Proven plans differ by what is shown; of the same inputs the best plan is the same; nothing is proven without a
    # bound, nor of money in two currencies.
    unproven = replace(b, head={**b.head, "bound": None, "gap": None})
    euros = plan(instance(tables, currency="EUR"), gap=1.0, cash=CASH_B)
    proven = plan(cash=CASH_A), plan(instance(tables), cash=CASH_B)
    for pair in (proven, (a, plan(gap=1.0, cash=CASH_B)), (a, unproven), (a, euros)):
        assert not any("is proven to cost" in note for note in compare(*pair).notes)


def test_everything_as_json() -> None:
    """Tests that a comparison is plain values, and shows itself in a line."""
    found = compare(plan(cash=CASH_A), plan(cash=CASH_B, decisions=[decision(*SIGN)]), ("old", "new"))
    content = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert content["difference"] == pytest.approx(-3)
    assert content["a"]["name"] == "old"
    assert content["decisions"][0]["change"] == "added"
    assert repr(found) == "<Comparison old → new: -3.00 USD, 1 decision and 0 inputs differ>"


def test_two_solved_plans() -> None:
    """Tests on two solved plans that the differences add up, and that the price that was changed is told."""
    base = optimizer.read(find_example("first-steps"))
    dearer = base.replace({"on_demand": base.on_demand.assign(price=base.on_demand["price"] * 3)})
    found = optimizer.compare(optimizer.solve(base, gap=0), optimizer.solve(dearer, gap=0))
    assert isinstance(found, optimizer.Comparison)
    assert found.difference > 0
    for table in (found.terms, found.parties, found.items):
        assert table["present_value_difference"].sum() == pytest.approx(found.difference)
    assert [(row["table"], row["column"]) for row in found.inputs.to_dict("records")] == [("on_demand", "price")]


def test_of_many_changes_of_an_item_those_that_bind_most_are_told() -> None:
    """Tests that of eight signatures of a lease the six of three to eight million are told, the dearest first."""
    rows = [decision(f"2026-{t:02}", "sign", "lease", t) for t in range(1, 9)]
    (row,) = compare(plan(), plan(decisions=rows)).items.to_dict("records")
    texts = [f"sign of {t} in 2026-{t:02} added" for t in range(8, 2, -1)]
    assert row["decisions"] == "; ".join([*texts, "and 2 more"])
    few = compare(plan(), plan(decisions=rows[:2])).items.to_dict("records")
    assert few[0]["decisions"] == "sign of 1 in 2026-01 added; sign of 2 in 2026-02 added"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("6600.000000000001", "6600"),
        ("0.30000000000000004", "0.3"),
        ("2026-01", "2026-01"),
        ("1250000000", "1250000000"),
    ],
)
def test_numbers_are_shown_without_rounding_noise(cell: str, text: str) -> None:
    """Tests that a product such as 6000 x 1.1 shows no more digits than a figure has, and other cells as they are."""
    assert without_noise(cell) == text

"""Changes of an item in words, and the tables in which they stand, derived by hand."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.plan.compare import compare
from optimizer.plan.compare_decisions import pairs
from optimizer.plan.compare_items import decision_text, input_text, use_text, without_noise
from tests.plan.pairs import decision, instance, plan


def row(change: str, kind: str = "sign", **cells: Any) -> dict[str, Any]:
    """A changed decision of two blocks of 20 accelerators, of March in both plans."""
    sizes = {"blocks": 2.0, "accelerators": 20.0, "mw": 0.5}
    both = {f"{name}_{plan}": value for name, value in sizes.items() for plan in "ab"}
    return {"change": change, "decision": kind, "month_a": "2026-03", "month_b": "2026-03", **both, **cells}


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        (row("moved", month_b="2026-05"), "sign moved from 2026-03 to 2026-05"),
        (
            row("moved and resized", "order_build", month_b="2026-02", blocks_b=1.5),
            "order build moved from 2026-03 to 2026-02, 2 to 1.5 blocks",
        ),
        (row("resized", blocks_a=4.0), "sign of 2026-03: 4 to 2 blocks"),
        (row("resized", "start_run", accelerators_b=12_500.0), "start run of 2026-03: 20 to 12,500 accelerators"),
        (row("resized", "order_build", mw_b=0.75), "order build of 2026-03: 0.5 to 0.75 MW"),
        (row("changed"), "sign of 2026-03: other place or terms"),
        (row("added", month_a="", blocks_a=0.0, blocks_b=3.0), "sign of 3 in 2026-03 added"),
        (row("dropped", "hand_back", month_b="", blocks_b=0.0), "hand back of 2 in 2026-03 dropped"),
        (
            row("outside", month_a="2026-01", month_b="", blocks_b=0.0),
            "sign of 2 in 2026-01 (a month that the other plan does not cover)",
        ),
    ],
)
def test_a_changed_decision_in_words(changed: dict[str, Any], text: str) -> None:
    """Tests each kind of change, with the size that changes."""
    assert decision_text(changed) == text


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (("contracts", "lease", "price", "2.1", "2.4"), "price 2.1 to 2.4"),
        (("contracts", "lease", "ends_by", "", "2027-01"), "ends_by blank to 2027-01"),
        (("contracts", "lease", "ends_by", "2027-01", ""), "ends_by 2027-01 to blank"),
        (("ramps", "lease, 3", "capacity_fraction", "1", "0.9"), "ramps 3 capacity_fraction 1 to 0.9"),
        (("policies", "a, b, c", "limit", "1", "0.9"), "policies b, c limit 1 to 0.9"),
        (("prices", "hourly, 2027-01", "", "", "item hourly"), "prices hourly, 2027-01: row added"),
        (("prices", "hourly, 2027-01", "", "item hourly", ""), "prices hourly, 2027-01: row removed"),
        (("contracts", "lease", "price", "6000", "6600.000000000001"), "price 6000 to 6600"),
        # Only the noise differs: it is shown.
        (("contracts", "lease", "price", "6600", "6600.000000000001"), "price 6600 to 6600.000000000001"),
    ],
)
def test_a_changed_input_in_words(cells: tuple[str, ...], text: str) -> None:
    """Tests cells with and without a value, rows of a series, and rows of one plan only."""
    assert input_text(dict(zip(("table", "row", "column", "a", "b"), cells, strict=True))) == text


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("123456.789012345", "123456.789012345"),  # 15 digits, as typed
        ("123456.7890123451", "123456.789012"),  # 16 digits: as a figure, of twelve
        ("gpu-2026-2027-2028-2029-2030", "gpu-2026-2027-2028-2029-2030"),
    ],
)
def test_only_numbers_of_more_digits_than_anybody_types_are_rounded(cell: str, text: str) -> None:
    """Tests both sides of 15 digits, and a name of 20."""
    assert without_noise(cell) == text


def test_hourly_use_in_words() -> None:
    """Tests the accelerator-months of both plans."""
    assert use_text({"accelerators_a": 1200.0, "accelerators_b": 0.0}) == "used 1,200 to 0 accelerator-months"


def test_decisions_are_paired_by_month_first() -> None:
    """Tests pairs of three decisions with four: two of the same month, one moved, one new."""
    before = [{"month": month, "of": "a"} for month in ("01", "03", "05")]
    after = [{"month": month, "of": "b"} for month in ("02", "03", "05", "07")]
    found = [(old and old["month"], new and new["month"]) for old, new in pairs(before, after)]
    assert found == [("03", "03"), ("05", "05"), ("01", "02"), (None, "07")]
    found = [(old and old["month"], new and new["month"]) for old, new in pairs(after, before)]
    assert found == [("03", "03"), ("05", "05"), ("02", "01"), ("07", None)]


def test_all_cells_of_a_changed_decision() -> None:
    """Tests every column of a decision that moved, grew and ends later, of one that is new, and of one dropped."""
    lease = decision("2026-03", "sign", "lease", 2, ends="2027-02", mw=0.2)
    moved = decision("2026-05", "sign", "lease", 3, ends="2027-04", mw=0.3, party="new", starts="2026-06")
    gone, new = decision("2026-04", "buy", "five-year", 1), decision("2026-04", "buy", "old", 5, cost=7.0)
    found = compare(plan(decisions=[lease, gone]), plan(decisions=[moved, new])).decisions
    names = ["month", "starts", "ends", "blocks", "accelerators", "mw", "committed_cost"]
    assert list(found.columns) == [
        *("change", "decision", "item", "party"),
        *(f"{name}_{plan}" for name in names for plan in "ab"),
        *("months_later", "committed_cost_difference"),
    ]
    rows = [tuple(one) for one in found.itertuples(index=False)]
    blank, zero = ("", ""), (0.0, 0.0)
    # In order of month, then item. Ten accelerators and a million in each block.
    assert rows == [
        (
            "dropped",
            "buy",
            "five-year",
            "neo",
            "2026-04",
            "",
            "2026-04",
            "",
            *blank,
            1,
            0,
            10,
            0,
            *zero,
            1e6,
            0,
            0,
            -1e6,
        ),
        ("added", "buy", "old", "neo", "", "2026-04", "", "2026-04", *blank, 0, 5, 0, 50, *zero, 0, 7, 0, 7),
        (
            *("moved and resized", "sign", "lease", "new", "2026-03", "2026-05", "2026-03", "2026-06"),
            *("2027-02", "2027-04", 2, 3, 20, 30, 0.2, 0.3, 2e6, 3e6, 2, 1e6),
        ),
    ]


@pytest.mark.parametrize(
    ("others", "change"),
    [
        ({"starts": "2026-04"}, ["changed"]),
        ({"party": "new"}, ["changed"]),
        ({"mw": 0.1}, ["resized"]),
        ({"cost": 2e6 + 1e-4}, []),  # noise
        ({"cost": 2e6 + 1}, ["changed"]),
    ],
)
def test_terms_that_differ(others: dict[str, Any], change: list[str]) -> None:
    """Tests the other columns in which the same decision can differ, and money that differs by rounding only."""
    a, b = (plan(decisions=[decision("2026-03", "sign", "lease", 2, **some)]) for some in ({}, others))
    assert list(compare(a, b).decisions["change"]) == change


def test_the_last_month_of_a_plan_is_covered() -> None:
    """Tests a decision of the last month of the shorter plan, and one of the month after it."""
    short, long = instance(months=22), instance(months=24)
    last, after = decision("2027-10", "sign", "lease", 1), decision("2027-11", "sign", "lease", 1)
    for one, change in ((last, "added"), (after, "outside")):
        assert list(compare(plan(short), plan(long, decisions=[one])).decisions["change"]) == [change]
        assert list(compare(plan(long, decisions=[one]), plan(short)).decisions["change"]) == [
            "dropped" if change == "added" else change
        ]


def test_items_with_their_money_changes_and_inputs() -> None:
    """Tests all columns and the order of the items: the largest difference of the present value first."""

    def paid(item: str, party: str, amount: float) -> tuple[Any, ...]:
        return "2026-02", "contract", item, party, 2 * amount, amount

    hourly = ("2026-01", "hourly", "on_demand", "cloud", "europe", "gpu")
    expiry = decision("2026-05", "expire", "old-again", 1)
    a = plan(cash=[paid("lease", "neo", 10), paid("same", "neo", 5)], capacity=[(*hourly, 4, 4, 0, 0, 0)])
    b = plan(
        cash=[paid("lease", "neo", 7), paid("five-year", "cloud", 20), paid("same", "neo", 5)],
        decisions=[decision("2026-03", "sign", "five-year", 2), expiry],
        capacity=[(*hourly, 1, 1, 0, 0, 0)],
    )
    found = compare(a, b).items
    assert list(found.columns) == [
        *("item", "party", "decisions", "inputs"),
        *(f"{name}_{of}" for name in ("amount", "present_value") for of in ("a", "b", "difference")),
    ]
    assert [tuple(one) for one in found.itertuples(index=False)] == [
        ("five-year", "cloud", "sign of 2 in 2026-03 added", "", 0, 40, 40, 0, 20, 20),
        ("lease", "neo", "", "", 20, 14, -6, 10, 7, -3),
        ("same", "neo", "", "", 10, 10, 0, 5, 5, 0),
        ("hourly", "", "used 4 to 1 accelerator-months", "", 0, 0, 0, 0, 0, 0),
    ]


@pytest.mark.parametrize(
    ("count", "listed", "more"), [(6, [1, 2, 3, 4, 5, 6], ""), (7, [7, 6, 5, 4, 3, 2], "; and 1 more")]
)
def test_up_to_six_changes_are_listed(count: int, listed: list[int], more: str) -> None:
    """Tests that six are listed by month, and of seven the six that commit most money."""
    rows = [decision(f"2026-{t:02}", "sign", "lease", t) for t in range(1, count + 1)]
    for a, b, change in ((plan(), plan(decisions=rows), "added"), (plan(decisions=rows), plan(), "dropped")):
        (text,) = compare(a, b).items["decisions"]
        assert text == "; ".join(f"sign of {t} in 2026-{t:02} {change}" for t in listed) + more

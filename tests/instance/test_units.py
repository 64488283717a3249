"""Numbers in another unit are warned of wherever that can be seen, and numbers in the right one are not."""

from __future__ import annotations

import pytest

import optimizer
from optimizer.errors import InstanceError
from optimizer.generator import random_instance
from optimizer.instance.edit import apply_edits, parse_edit
from optimizer.instance.examples import find_example
from optimizer.instance.instance import Instance
from tests.instance.edits import frames
from tests.instance.sample import HEAD, edited, sample

# Columns of which a factor of a thousand is seen in both directions, and an example that uses each.
THOUSANDS = {
    "house-rules": ("power.mw", "power.price_per_mwh", "accelerators.kw", "contracts.price"),
    "greenfield": ("builds.capex_per_mw", "builds.fixed_cost_per_mw_month", "purchases.unit_price", "prices.price"),
    "multi-cloud": (
        "commitments.annual_amount",
        "budgets.amount",
        "on_demand.price",
        "throughput.factor",
        "accelerators.reference",
    ),
    "landlord": ("outlets.price", "contracts.mw_per_block", "workloads.penalty"),
    "training-calendar": ("training_runs.penalty", "training_runs.lateness_penalty", "purchases.maintenance_per_month"),
}
CASES = [
    (example, column, factor)
    for example, columns in THOUSANDS.items()
    for column in columns
    for factor in ("1000", "0.001")
    if (column, factor) not in {("workloads.penalty", "1000"), ("budgets.amount", "1000")}  # large ones may be meant
]


@pytest.fixture(scope="module")
def examples() -> dict[str, Instance]:
    return {name: optimizer.read(find_example(name)) for name in THOUSANDS}


@pytest.mark.parametrize(("example", "column", "factor"), CASES)
def test_a_factor_of_a_thousand_is_warned_of(
    examples: dict[str, Instance], example: str, column: str, factor: str
) -> None:
    """Tests that a column a thousand times too large or too small is warned of, or a fault."""
    table, name = column.split(".")
    assert examples[example].warnings == ()
    assert any(getattr(row, name) for row in examples[example].rows[table])
    try:
        changed = apply_edits(examples[example], [parse_edit(f"{table}.*.{name}*={factor}")])
    except InstanceError:
        return
    assert changed.warnings


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        (
            "hours_per_month",
            24,
            "24 is outside the usual range 600 to 744 (hours). If it is in hours a day, write 730.",
        ),
        (
            "discount_rate",
            1,
            "1 is outside the usual range 0.001 to 0.3, or 0 (per year). If it is in percent, write 0.01.",
        ),
        ("discount_rate", 0.0, ""),
        ("hours_per_month", 720, ""),
    ],
)
def test_unusual_values_of_the_head_are_warned_of(key: str, value: float, problem: str) -> None:
    """Tests that the head's rate and hours have usual ranges too."""
    found = optimizer.read({**frames(sample()), "instance": {**HEAD, key: value}}).warnings
    assert [(warning.column, warning.problem) for warning in found] == ([(key, problem)] if problem else [])


@pytest.mark.parametrize(("price", "count"), [("30000", 1), ("4.5e6", 0)])
def test_usual_money_follows_the_currency(price: str, count: int) -> None:
    """Tests that 30,000 yen is little for an accelerator and 4.5 million is not: a dollar is about 150 yen."""
    tables = edited(f"purchases|2|unit_price|{price} & prices|4|price|3.75e6")
    found = optimizer.read({**frames(tables), "instance": {**HEAD, "currency": "JPY"}}).warnings
    assert [warning.problem for warning in found if warning.column == "unit_price"] == [
        "30000 is outside the usual range 150000 to 150000000 (money per accelerator). "
        "If it is in thousands, write 30000000."
    ] * count


def test_the_right_units_are_not_warned_of() -> None:
    """Tests that figures of random instances are in their usual ranges, except odd lives and notices."""
    for seed in range(12):
        for warning in random_instance(seed, "S").warnings:
            odd = any(words in warning.problem for words in ("outside the usual", "correct", "plain units", "Check"))
            assert not odd or warning.column in ("life_months", "notice_months", "committed_blocks"), warning

"""The oracle against plans worked out by hand, and against the list of columns."""

from __future__ import annotations

import pytest

from optimizer.schema import load_schema
from tests.oracle import ask
from tests.oracle.frames import frames
from tests.oracle.tables import DEFAULTS, read_tables

_WORK = {"workloads": "workload,class,penalty\nchat,serve,1000", "demand": "workload,month,amount\nchat,2027-01,100"}


def test_it_knows_every_column() -> None:
    """Tests that the oracle reads every table and column of the format but those of uncertainty."""
    tables = {name: set(table.columns) for name, table in load_schema().tables.items()}
    assert {name: set(columns) for name, columns in DEFAULTS.items()} == {
        name: columns for name, columns in tables.items() if not load_schema().tables[name].uncovered
    }


def test_blank_cells_mean_what_the_format_says() -> None:
    """Tests that the oracle's own defaults are those of the format."""
    for name, defaults in DEFAULTS.items():
        for column, default in defaults.items():
            declared = load_schema().tables[name].columns[column]
            expected = "@required" if declared.required else declared.default
            if column == "group":  # the provider itself: filled in where it is asked for
                assert (default, expected) == (None, "@name")
            elif declared.type == "list":
                assert default == tuple(expected)
            else:
                assert default == expected, (name, column)


def test_months_before_the_plan_are_negative() -> None:
    """Tests that months count from the plan's first and that the latest row of a step series so far holds."""
    tables = read_tables(frames(_WORK | {"demand": "workload,month,amount\nchat,2026-11,7\nchat,2027-03,9"}))
    assert [row["month"] for row in tables["demand"]] == [-2, 2]
    assert [tables.step("demand", "workload", "chat", t, "amount") for t in (-3, -2, 1, 2)] == [0, 7, 7, 9]


def test_a_lease_is_handed_back_for_a_fee() -> None:
    """Tests minimum term, notice and fee of one lease."""
    # Demand 100 in months 0 and 1, none after. The lease (100 accelerators, 30,000 a month) pays against the penalty of
    # 100,000 a month. Minimum term 1, but notice lets it end in month 3 at the earliest: 3 x 30,000 + fee 0.5 x 30,000.
    # Keeping it to the end (month 4) would cost 4 x 30,000.
    case = frames(
        _WORK
        | {
            "demand": "workload,month,amount\nchat,2027-01,100\nchat,2027-03,0",
            "contracts": (
                "contract,provider,region,accelerator,accelerators_per_block,price,per,min_term_months,notice_months,"
                "termination_fee_months\nlease,neo,europe,gpu,100,30000,block_month,1,3,0.5"
            ),
        },
        months=4,
    )
    assert ask(case).objective == pytest.approx(105_000)


def test_a_purchase_keeps_residual_value() -> None:
    """Tests lead time, deposit, discounting and residual value of one purchase."""
    # Rate 100 % a year: a month divides by 2 ** (1/12). 100 accelerators at 1,200 arrive in month 1: deposit 30,000 in
    # month 0, 90,000 in month 1, unserved 100 x 1,000 in month 0. Age at the end (month 12) 11 of 22: half of 120,000
    # comes back in month 12, halved by the discount.
    case = frames(
        _WORK
        | {
            "power": "site,month,mw\nsouth,2027-01,1",
            "purchases": (
                "purchase,site,accelerator,unit_price,lead_months,lot_size,deposit_fraction,life_months,latest\n"
                "gpus,south,gpu,1200,1,100,0.25,22,2027-01"
            ),
        },
        discount_rate=1,
    )
    assert ask(case).objective == pytest.approx(100_000 + 30_000 + 90_000 / 2 ** (1 / 12) - 60_000 / 2)


def test_a_spend_commitment_is_made_up_pro_rata() -> None:
    """Tests that a year cut by the end of the plan owes its share, less what is spent."""
    # 100 accelerators for 500 hours at 0.5 are 25,000 a month, 150,000 in six months. Half of the first year lies in
    # the plan and owes half of 1,200,000: 450,000 is made up. That is less than the penalty of 6 x 100,100.
    case = frames(
        {
            "sites": "",
            "workloads": "workload,class,penalty\nchat,serve,1001",
            "demand": "workload,month,amount\nchat,2027-01,100",
            "on_demand": (
                "offer,provider,region,accelerator,price,max_accelerators,commitment\ndeal,cloud,europe,gpu,0.5,100,years"
            ),
            "commitments": "commitment,provider,annual_amount,years,latest\nyears,cloud,1200000,3,2027-01",
        },
        months=6,
        hours_per_month=500,
    )
    assert ask(case).objective == pytest.approx(600_000)

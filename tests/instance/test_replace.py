"""Instances with other tables or settings, and tables as attributes."""

from __future__ import annotations

import copy
import pickle

import pandas as pd
import pytest

import optimizer
from optimizer.instance.examples import find_example
from optimizer.instance.instance import Instance
from optimizer.schema import load_schema
from tests.program.tiny import tiny


@pytest.fixture(scope="module")
def first_steps() -> Instance:
    return optimizer.read(find_example("first-steps"))


def test_nothing_replaced_is_the_same_instance(first_steps: Instance) -> None:
    """Tests that an instance with the same settings and tables is equal, with its places and notes."""
    same = first_steps.replace()
    assert same == first_steps
    assert same is not first_steps
    every = first_steps.replace({name: first_steps.frame(name) for name, rows in first_steps.rows.items() if rows})
    assert every == first_steps
    assert same.place("contracts", 0) == first_steps.place("contracts", 0)
    assert same.notes == first_steps.notes


def test_a_table_takes_the_place_of_another() -> None:
    """Tests that a frame replaces one table and leaves the others, and that one without rows removes it."""
    one = tiny(2, {"jobs": [10]}, contracts=[{"contract": "lease", "price": 3000, "term_months": 2}])
    dearer = one.replace({"contracts": one.contracts.assign(price=4000.0)})
    assert [row.price for row in dearer.rows["contracts"]] == [4000.0]
    assert dearer.rows["demand"] == one.rows["demand"]
    assert [row.price for row in one.rows["contracts"]] == [3000.0]
    with pytest.raises(optimizer.InstanceError, match=r"none of sites, contracts, on_demand has rows"):
        one.replace({"contracts": one.contracts.iloc[:0]})


def test_months_by_default_move_with_the_plan() -> None:
    """Tests that `latest`, the last month by default, follows a longer plan, and an own month stays."""
    lease = {"contract": "lease", "price": 3000, "term_months": 2}
    one = tiny(4, {"jobs": [10]}, contracts=[lease, {**lease, "contract": "other", "latest": 1}])
    longer = one.replace(months=6)
    assert longer.head.months == 6
    assert [row.latest for row in longer.rows["contracts"]] == [5, 1]
    # A month later: what starts in the first month still does, and month 1 (2030-02) is now month 0.
    later = one.replace(start="2030-02")
    assert [(row.earliest, row.latest) for row in later.rows["contracts"]] == [(0, 3), (0, 0)]


def test_what_is_wrong_is_an_error_with_its_place(first_steps: Instance) -> None:
    """Tests that unknown settings, tables and columns, and invalid values, are all reported."""
    with pytest.raises(optimizer.InstanceError) as caught:
        first_steps.replace({"contract": first_steps.contracts}, discount=0.1, months=0)
    assert {(fault.where, fault.column, fault.nearest) for fault in caught.value.faults} >= {
        ("contract", "", "contracts"),
        ("instance", "discount", "discount_rate"),
    }
    with pytest.raises(optimizer.InstanceError, match="no such column in the format"):
        first_steps.replace({"demand": first_steps.demand.rename(columns={"amount": "amounts"})})


def test_tables_are_attributes(first_steps: Instance) -> None:
    """Tests that every table is a frame by its name, that editors list it, and that other names are refused."""
    for name in load_schema().tables:
        pd.testing.assert_frame_equal(getattr(first_steps, name), first_steps.frame(name))
    assert {"contracts", "replace", "head"} <= set(dir(first_steps))
    with pytest.raises(AttributeError, match=r"no table or attribute 'contract'\. Did you mean 'contracts'"):
        _ = first_steps.contract


def test_an_instance_is_copied_and_pickled(first_steps: Instance) -> None:
    """Tests that names looked up by copies and pickles are not taken for tables."""
    assert copy.deepcopy(first_steps) == first_steps
    assert pickle.loads(pickle.dumps(first_steps)) == first_steps

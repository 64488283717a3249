"""A slice of the campaign against SCIP: conflicts and repairs of random instances are what they are claimed to be."""

from __future__ import annotations

import pytest

from benchmarks.conflicts import inputs_of, instance, outcome, without
from tests.program.tiny import tiny


@pytest.mark.parametrize("seed", [8, 9, 12])
def test_conflicts_and_repairs_stand_before_scip(seed: int) -> None:
    """Tests that SCIP finds no plan with a conflict's inputs alone, one without any of them, one with each repair."""
    found = outcome(seed, 10.0)
    assert found is not None
    assert found.conflicts
    assert not found.faults


def test_inputs_are_given_up_as_they_are_named() -> None:
    """Tests that giving up every input of an instance leaves none that could be given up."""
    made = tiny(
        2,
        {"jobs": [20]},
        fleet=[{"count": 10}],
        workloads=[{"workload": "jobs", "min_service": 1}],
        budgets=[{"amount": 5}],
        policies=[{"rule": "max_share", "subject": "site", "limit": 0.5}],
        rules=[{"sense": ">=", "rhs": 30}],
        rule_terms=[{"quantity": "capacity", "item": "hall"}],
        training_runs=[{"work": 99, "sizes": "10", "required": True}],
    )
    assert [name.split(".")[0] for name in inputs_of(made)] == [
        "budgets",
        "policies",
        "power",
        "rules",
        "training_runs",
        "workloads",
    ]
    assert inputs_of(without(made, inputs_of(made))) == ["power.hall.mw"]


def test_even_and_odd_seeds_are_of_two_kinds() -> None:
    """Tests that instances of large blocks and tightened ones of all tables are drawn in turn."""
    assert instance(4).head.name.startswith("infeasible")
    assert not instance(7).head.name.startswith("infeasible")

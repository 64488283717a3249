"""Why there is no plan: planted causes are named with their rows, and the cheapest repair gives a plan."""

from __future__ import annotations

from typing import Any

import pytest

import optimizer
from optimizer.diagnosis import Diagnosis, diagnose
from optimizer.instance.edit import apply_edits, parse_edit
from optimizer.instance.instance import Instance
from tests.program.tiny import tiny

MUST = [{"workload": "jobs", "min_service": 1}]
FLEET = {"fleet": [{"count": 10}]}
LEASE = {"price": 3000, "committed_blocks": 1, "earliest": -1, "term_months": 3}


def impossible(name: str) -> Instance:
    """An instance with a planted cause."""
    return tiny(2, **CAUSES[name][0])


# Given tables; table row that must be named; the least to give up; the cost with it.
CAUSES: dict[str, tuple[dict[str, Any], str, str, float]] = {
    # 20 wanted and 10 there: a half can be served; 10 a month stay unserved at 1000.
    "too little capacity": (
        {"demand": {"jobs": [20]}, **FLEET, "workloads": MUST},
        "workloads row 1",
        "workloads.jobs.min_service=0.5",
        20_000,
    ),
    # 3000 a month are agreed, and 5000 may be spent in two.
    "a budget below what is agreed": (
        {"demand": {"jobs": [10]}, "contracts": [LEASE], "budgets": [{"amount": 5000}]},
        "budgets row 1",
        "budgets.cap.amount=6000",
        6000,
    ),
    "a run that must be and has no room": (
        {
            "demand": {"jobs": [0]},
            **FLEET,
            "training_runs": [{"work": 99, "sizes": "10", "required": True, "penalty": 700}],
        },
        "training_runs row 1",
        "training_runs.big.required=false",
        700,
    ),
    # Ten agreed, and the fleet has five: the agreement cannot be kept, and its one block is given up.
    "an agreed outlet that nothing covers": (
        {
            "demand": {"jobs": [0]},
            "fleet": [{"count": 5}],
            "outlets": [
                {
                    "price": 1,
                    "accelerators_per_block": 10,
                    "committed_blocks": 1,
                    "earliest": 0,
                    "latest": 0,
                    "term_months": 1,
                }
            ],
        },
        "outlets row 1",
        "outlets.let.committed_blocks=0",
        0,
    ),
    # The lease costs 3e9 a month, of which the rule allows one: so large that a share of it is nothing beside it.
    "a rule in billions against what is agreed": (
        {
            "demand": {"jobs": [10]},
            "contracts": [{**LEASE, "price": 3e9}],
            "rules": [{"sense": "<=", "rhs": 1e9}],
            "rule_terms": [{"quantity": "spend", "item": "lease"}],
        },
        "rules row 1",
        "rules.mine.rhs=3000000000",
        6e9,
    ),
    # The rule asks for 30 accelerators of a lease of at most ten.
    "a rule that asks too much": (
        {
            "demand": {"jobs": [0]},
            "contracts": [{"price": 3000, "term_months": 2, "latest": 0}],
            "rules": [{"sense": ">=", "rhs": 30, "from": 0, "to": 0}],
            "rule_terms": [{"quantity": "capacity", "item": "lease"}],
        },
        "rules row 1",
        "rules.mine.rhs=10",
        6000,
    ),
}


@pytest.fixture(scope="module", params=list(CAUSES))
def told(request: pytest.FixtureRequest) -> tuple[str, Diagnosis]:
    """Name of a cause, and its diagnosis."""
    return request.param, diagnose(impossible(request.param), gap=0.0, threads=1)


def test_the_planted_cause_is_named_with_its_row(told: tuple[str, Diagnosis]) -> None:
    """Tests that one of the reasons comes from the planted row."""
    name, found = told
    assert not found.feasible
    assert any(CAUSES[name][1] in reason.sources for reason in found.reasons)
    assert CAUSES[name][1] in found.text()


def test_the_repair_is_the_least_and_costs_what_is_told(told: tuple[str, Diagnosis]) -> None:
    """Tests the repair derived by hand, and that the repaired instance, solved anew, costs what is told."""
    name, found = told
    _, _, repair, cost = CAUSES[name]
    assert [str(edit) for edit in found.repair] == [repair]
    assert found.plan is not None
    assert found.plan.objective == pytest.approx(cost, abs=1e-6)
    assert found.plan.head["elastic"] == [repair]
    again = optimizer.solve(apply_edits(impossible(name), [parse_edit(repair)]), gap=0.0, threads=1)
    assert again.objective == pytest.approx(cost, abs=1e-6)


def test_two_causes_are_two_reasons() -> None:
    """Tests that a second conflict is found behind the first, and that both are repaired."""
    both = tiny(
        2,
        {"jobs": [20], "more": [20]},
        **FLEET,
        contracts=[{**LEASE, "region": "there"}],
        workloads=[{"workload": "jobs", "min_service": 1, "regions": "here"}, {"workload": "more"}],
        budgets=[{"amount": 5000}],
    )
    found = diagnose(both, gap=0.0, threads=1)
    sources = [set(reason.sources) for reason in found.reasons]
    assert any("workloads row 1" in rows for rows in sources)
    assert any("budgets row 1" in rows for rows in sources)
    assert {str(edit) for edit in found.repair} == {"workloads.jobs.min_service=0.5", "budgets.cap.amount=6000"}
    assert found.plan is not None


def test_a_feasible_instance_has_nothing_to_repair() -> None:
    """Tests that a plan that exists after all is told as such."""
    found = diagnose(tiny(1, {"jobs": [10]}, **FLEET))
    assert found.feasible
    assert found.text() == "There is a plan that meets all rules."


def test_for_json_everything_is_there(told: tuple[str, Diagnosis]) -> None:
    """Tests that the form for JSON has reasons, repair and its cost."""
    found = told[1].to_dict()
    assert found["reasons"][0]["text"]
    assert found["repair"]
    assert found["repaired_objective"] == pytest.approx(CAUSES[told[0]][3], abs=1e-6)

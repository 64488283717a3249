"""Why there is no plan: planted causes are named with their rows, and the cheapest repair gives a plan."""

from __future__ import annotations

from typing import Any

import pytest

import optimizer
from optimizer.analysis.diagnose import diagnose
from optimizer.analysis.diagnosis import Diagnosis, Reason
from optimizer.analysis.reasons import _clash
from optimizer.analysis.verify_repair import VerifiedRepair
from optimizer.instance.edit import apply_edits, parse_edit
from optimizer.instance.instance import Instance
from optimizer.solver.solution import Stop
from tests.analysis.infeasible import FLEET, LEASE, MUST
from tests.program.tiny import tiny


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


# ---------------------------------------------------------------- sentences
def test_a_conflict_is_told_once_for_all_its_months() -> None:
    """Tests that months with the same clash are one conflict, without a month in which all is fine."""
    # 10 there; 5 wanted in the first month, 20 in the second and third.
    found = diagnose(tiny(3, {"jobs": [5, 20, 20]}, **FLEET, workloads=MUST), gap=0.0, threads=1)
    assert [reason.months for reason in found.reasons] == [("2030-02", "2030-03")]
    assert found.reasons[0].text == (
        "workload jobs must be served in 2030-02 to 2030-03: at least 20 of 20 reference-accelerators (100 %) "
        "(workloads row 1; demand row 2); against it: no more of hall/gpu is there in 2030-02 to 2030-03: "
        "10 accelerators of the fleet (fleet row 1)."
    )
    assert (found.complete, found.least) == (True, True)


@pytest.mark.parametrize(
    ("jobs", "more"), [([5, 20, 30], " Likewise in 2030-03, with other figures."), ([5, 20, 5], "")]
)
def test_a_conflict_with_other_figures_in_other_months(jobs: list[float], more: str) -> None:
    """Tests that the figures of the first month are shown, and that another month with its own is only named."""
    found = diagnose(tiny(3, {"jobs": jobs}, **FLEET, workloads=MUST), gap=0.0, threads=1)
    (reason,) = found.reasons
    assert reason.text == (
        "workload jobs must be served in 2030-02: at least 20 of 20 reference-accelerators (100 %) "
        "(workloads row 1; demand row 2); against it: no more of hall/gpu is there in 2030-02: "
        f"10 accelerators of the fleet (fleet row 1).{more}"
    )
    assert reason.months == (("2030-02", "2030-03") if more else ("2030-02",))
    assert reason.sources == ("workloads row 1", "demand row 2", "fleet row 1", *(["demand row 3"] if more else []))


@pytest.mark.parametrize(
    ("wanted", "limits", "text"),
    [
        (["a"], ["b"], "a; against it: b"),
        (["a", "b"], ["c", "d", "e"], "a and b; against it: c; d and e"),
        (["a"], [], "a cannot hold: what is given or agreed already breaks it"),
        ([], ["b"], "b cannot hold: what is given or agreed already breaks it"),
        (["a", "b"], [], "a and b cannot all hold"),
        ([], ["a", "b", "c", "d"], "a; b; c and d cannot all hold"),
        ([], ["a", "b", "c", "d", "e", "f"], "a; b; c; d and 2 more cannot all hold"),
    ],
)
def test_a_conflict_has_one_side_or_two(wanted: list[str], limits: list[str], text: str) -> None:
    """Tests requirements against limits, and either of them alone."""
    assert _clash(wanted, limits) == text


def test_what_comes_too_late_is_told() -> None:
    """Tests that a lease that could do the work, but only later, is named with its month and row."""
    lease = {"price": 1, "term_months": 1, "lead_months": 2}
    found = diagnose(tiny(3, {"jobs": [10]}, contracts=[lease], workloads=MUST), gap=0.0, threads=1)
    assert "Too late for it: lease delivers from 2030-03 (contracts row 1)." in found.reasons[0].text


def test_of_many_alike_a_few_are_told() -> None:
    """Tests that five offers that have no more are one part of the sentence, and that all their rows are listed."""
    offers = [{"offer": f"hourly-{n}", "price": 1, "max_accelerators": 1} for n in range(5)]
    found = diagnose(tiny(1, {"jobs": [10]}, on_demand=offers, workloads=MUST), gap=0.0, threads=1)
    assert "no more of hourly-0, hourly-1, hourly-2 and 2 more is there in 2030-01" in found.reasons[0].text
    assert {f"on_demand row {n}" for n in range(1, 6)} <= set(found.reasons[0].sources)


# ---------------------------------------------------------------- what the tables alone show
def test_what_is_impossible_by_itself_is_shown_by_its_cell() -> None:
    """Tests a run longer than its window, work beyond all there is, and a commitment that cannot start."""
    # 99 on 10 accelerators are 10 months, and there are 2; 20 wanted, 10 there.
    found = diagnose(
        tiny(
            2,
            {"jobs": [20]},
            **FLEET,
            workloads=MUST,
            training_runs=[{"work": 99, "sizes": "10", "required": True, "penalty": 700}],
            commitments=[{"annual_amount": 1, "required": True, "earliest": 5}],
        ),
        gap=0.0,
        threads=1,
    )
    assert [remark.split(":")[0] for remark in found.remarks] == [
        "training_runs row 1, columns work, sizes and deadline",
        "workloads row 1, column min_service",
        "commitments row 1, columns earliest and latest",
    ]
    assert "takes 10 months at the least, and its window has 2" in found.remarks[0]
    assert "20 must be served in 2030-01, and all there is or can be had does 10" in found.remarks[1]


def test_what_is_given_up_has_its_old_and_new_value(told: tuple[str, Diagnosis]) -> None:
    """Tests that every edit is told in words with its row and both values, and that the plan carries them."""
    found = told[1]
    assert [one.edit for one in found.given_up] == [str(edit) for edit in found.repair]
    assert all(one.old != one.new and one.sources for one in found.given_up)
    assert all(f"{one.before} → {one.after}" in one.text for one in found.given_up)
    assert found.plan is not None
    assert found.plan.head["given_up"] == [one.to_dict() for one in found.given_up]


@pytest.mark.parametrize(
    ("repair", "stopped", "text"),
    [
        (Stop.TIME_LIMIT, True, "No repair was found in time; give it more time."),
        (None, False, "No loosening of budgets, service, runs, policies, rules, power or agreed outlets gives a plan."),
    ],
)
def test_no_repair_in_time_is_not_no_repair(
    monkeypatch: pytest.MonkeyPatch, repair: Stop | None, stopped: bool, text: str
) -> None:
    """Tests that a search for a repair that time ended is not taken for a proof that there is none."""
    monkeypatch.setattr("optimizer.analysis.diagnose.cheapest_repair", lambda *_: repair)
    monkeypatch.setattr(
        "optimizer.analysis.diagnose._repaired", lambda *_: (VerifiedRepair({}, None, False), [], False)
    )
    found = diagnose(impossible("too little capacity"), gap=0.0, threads=1)
    assert (found.stopped, found.repair, found.least, found.plan) == (stopped, (), False, None)
    assert text in found.text()


# ---------------------------------------------------------------- time
def test_without_time_nothing_is_claimed() -> None:
    """Tests that what was not found in time is told as not found, not as not there."""
    found = Diagnosis(False, complete=False, stopped=True)
    assert "No repair was found in time" in found.text()
    assert "No loosening" not in found.text()
    assert "there may be more" in Diagnosis(False, (Reason("this clashes.", (), ()),), complete=False).text()

"""Repairs in time: rules that begin later or end earlier, later deadlines; and the order of repairs by cost."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from optimizer.analysis import month_shifts
from optimizer.analysis.diagnose import diagnose
from optimizer.analysis.month_shifts import least_shift, shifts_of
from optimizer.analysis.repairs import Repairer
from optimizer.instance.edit import apply_edits, parse_edit
from optimizer.program.build import build
from optimizer.program.compile import compile_program
from optimizer.solver.elastic import make_elastic
from optimizer.solver.solution import Options
from tests.analysis.infeasible import FLEET, purse
from tests.program.tiny import tiny

# Ten of cloud agreed for all six months at 100 each; from the fourth month on ten of another provider at 500 a month.
TWO: list[dict[str, Any]] = [
    {"price": 100, "committed_blocks": 1, "earliest": -1, "term_months": 12},
    {"contract": "far", "provider": "other", "price": 500, "term_months": 1, "earliest": 3},
]
PROVIDERS = [{}, {"provider": "lab", "kind": "tenant"}, {"provider": "other"}]
SURVIVE = {"rule": "survive", "subject": "provider", "limit": 0.8}


def test_a_policy_that_begins_too_early_begins_later() -> None:
    """Tests a loss that cannot be survived in the first three months: the policy begins three months later."""
    # From then on ten of the other provider are needed, for 500 a month: 6 x 100 + 3 x 500. Without the policy: 600.
    instance = tiny(
        6,
        {"jobs": [10]},
        providers=PROVIDERS,
        contracts=TWO,
        workloads=[{"workload": "jobs", "critical": 1}],
        policies=[SURVIVE],
    )
    found = diagnose(instance, gap=0.0, threads=1)
    assert [str(edit) for edit in found.repair] == ["policies.care.from=2030-04"]
    assert found.given_up[0].text == "policy care, first month: 2030-01 → 2030-04 (policies row 1, column from)"
    assert found.plan is not None
    assert found.plan.objective == pytest.approx(2100)
    assert (found.least, found.complete) == (True, True)
    (other,) = found.others
    assert (str(other.edits[0]), other.share) == ("policies.care.limit=0", 1.0)
    assert other.plan.objective == pytest.approx(600)
    assert [reason.months for reason in found.reasons] == [("2030-01", "2030-02", "2030-03")]


def test_a_policy_that_ends_too_late_ends_earlier() -> None:
    """Tests that where the other provider leaves after the fourth month, the policy ends two months earlier."""
    # Ten of it are taken in four months: 600 + 4 x 500.
    contracts = [TWO[0], {**TWO[1], "earliest": 0, "ends_by": 3}]
    instance = tiny(
        6,
        {"jobs": [10]},
        providers=PROVIDERS,
        contracts=contracts,
        workloads=[{"workload": "jobs", "critical": 1}],
        policies=[SURVIVE],
    )
    found = diagnose(instance, gap=0.0, threads=1)
    assert [str(edit) for edit in found.repair] == ["policies.care.to=2030-04"]
    assert found.plan is not None
    assert found.plan.objective == pytest.approx(2600)


def test_a_small_share_of_the_value_is_less_than_a_month() -> None:
    """Tests that a policy of 80 % is lowered to the 75 % that survive, rather than ended three months earlier."""
    # Of twelve that are critical nine are left: 0.75. In three of six months that is a share of 0.0625 against 0.5.
    offers = [{"offer": "b", "provider": "other", "price": 1, "max_accelerators": 9}]
    instance = tiny(
        6,
        {"jobs": [0, 0, 0, 12]},
        providers=PROVIDERS,
        contracts=[{**TWO[0], "accelerators_per_block": 12}],
        on_demand=offers,
        workloads=[{"workload": "jobs", "critical": 1}],
        policies=[SURVIVE],
    )
    found = diagnose(instance, gap=0.0, threads=1)
    assert [str(edit) for edit in found.repair] == ["policies.care.limit=0.75"]
    assert [str(edit) for one in found.others for edit in one.edits] == ["policies.care.to=2030-03"]


def test_two_policies_that_begin_too_early_begin_later_together() -> None:
    """Tests that two rules are moved one after the other, each no further than is needed."""
    # A lease comes in the third month, and another in the fifth.
    leases = [
        {"price": 7, "term_months": 1, "earliest": 2},
        {"contract": "late", "price": 5, "term_months": 1, "earliest": 4},
    ]
    rules = [{"sense": ">=", "rhs": 10}, {"rule": "second", "sense": ">=", "rhs": 10}]
    terms = [{"quantity": "capacity", "item": "lease"}, {"rule": "second", "quantity": "capacity", "item": "late"}]
    instance = tiny(6, {"jobs": [0]}, contracts=leases, rules=rules, rule_terms=terms)
    found = diagnose(instance, gap=0.0, threads=1)
    assert [str(edit) for edit in found.repair] == ["rules.mine.from=2030-03", "rules.second.from=2030-05"]
    assert found.plan is not None
    assert found.plan.objective == pytest.approx(4 * 7 + 2 * 5)
    assert len(found.reasons) == 2


def test_a_month_of_six_is_less_than_three_eighths_of_the_value() -> None:
    """Tests that shares decide, not months: one month later is a sixth, 80 % lowered to 50 % is 0.375."""
    # Of twelve that are critical in the first month six are left.
    offers = [{"offer": "b", "provider": "other", "price": 1, "max_accelerators": 6}]
    instance = tiny(
        6,
        {"jobs": [12, 0]},
        providers=PROVIDERS,
        contracts=[{**TWO[0], "accelerators_per_block": 12}],
        on_demand=offers,
        workloads=[{"workload": "jobs", "critical": 1}],
        policies=[SURVIVE],
    )
    found = diagnose(instance, gap=0.0, threads=1)
    assert [str(edit) for edit in found.repair] == ["policies.care.from=2030-02"]
    (other,) = found.others
    assert str(other.edits[0]) == "policies.care.limit=0.5"
    assert other.share == pytest.approx(0.375)


def test_no_repair_is_called_the_cheapest_while_another_may_be_cheaper() -> None:
    """Tests that the bounds of all other sets of inputs must reach the cost of the first repair."""
    made = purse(100)
    program = build(made)
    repairer = Repairer(program, make_elastic(program, compile_program(program)), Options(gap=0.0), None)
    found: list[Any] = [SimpleNamespace(plan=SimpleNamespace(objective=100.0))]
    assert repairer._cheapest(found, [(found[0], 0.0), (None, 100.0)])
    assert not repairer._cheapest(found, [(found[0], 100.0), (None, 99.0)])
    assert not repairer._cheapest([], [])


def test_a_run_with_too_little_time_gets_a_later_deadline() -> None:
    """Tests that a run of three months with a window of two ends a month later: cheaper than no run."""
    # 30 on ten are three months. A month after the target costs 50, leaving it out 700.
    run = {"work": 30, "sizes": "10", "required": True, "penalty": 700, "deadline": 1, "target": 1}
    found = diagnose(
        tiny(6, {"jobs": [0]}, **FLEET, training_runs=[run | {"lateness_penalty": 50}]), gap=0.0, threads=1
    )
    assert [str(edit) for edit in found.repair] == ["training_runs.big.deadline=2030-03"]
    assert found.plan is not None
    assert found.plan.objective == pytest.approx(50)


def test_an_own_rule_and_a_commitment_begin_when_they_can() -> None:
    """Tests a rule on capacity that comes in the third month, and a commitment that must start before it can."""
    instance = tiny(
        4,
        {"jobs": [0]},
        contracts=[{"price": 7, "term_months": 1, "earliest": 2}],
        rules=[{"sense": ">=", "rhs": 10}],
        rule_terms=[{"quantity": "capacity", "item": "lease"}],
    )
    found = diagnose(instance, gap=0.0, threads=1)
    assert [str(edit) for edit in found.repair] == ["rules.mine.from=2030-03"]
    assert found.plan is not None
    assert found.plan.objective == pytest.approx(14)


def test_of_two_ways_the_cheaper_plan_comes_first() -> None:
    """Tests that a conflict of two rules has two repairs, ranked by the cost of their plans, each proven."""
    # Ten must be served at 300 a month, and 200 may be spent in all. Either 600 are spent, or nothing and the work is
    # left: 2 x 10 x 14 = 280.
    instance = tiny(
        2,
        {"jobs": [10]},
        contracts=[{"price": 300, "term_months": 1}],
        workloads=[{"workload": "jobs", "penalty": 14, "min_service": 1}],
        budgets=[{"amount": 200}],
    )
    found = diagnose(instance, gap=0.0, threads=1)
    assert [str(edit) for edit in found.repair] == ["workloads.jobs.min_service=0"]
    assert found.plan is not None
    assert found.plan.objective == pytest.approx(280)
    dear = apply_edits(instance, [parse_edit("workloads.jobs.penalty=29")])  # 580 to leave it, 600 to do it
    found = diagnose(dear, gap=0.0, threads=1)
    assert [str(edit) for edit in found.repair] == ["workloads.jobs.min_service=0"]
    assert [[str(edit) for edit in one.edits] for one in found.others] == [["budgets.cap.amount=600"]]
    assert found.others[0].plan.objective == pytest.approx(600)
    assert "Other repairs that cost about as much:" in found.text()
    assert found.to_dict()["other_repairs"][0]["repair"] == ["budgets.cap.amount=600"]
    dearer = apply_edits(instance, [parse_edit("workloads.jobs.penalty=31")])  # 620
    assert [str(edit) for edit in diagnose(dearer, gap=0.0, threads=1).repair] == ["budgets.cap.amount=600"]


def test_a_repair_that_costs_far_more_is_not_listed() -> None:
    """Tests that a repair of 1200 is not listed beside one of 280, though fractions of its blocks would cost 120."""
    instance = tiny(
        2,
        {"jobs": [10]},
        contracts=[{"price": 600, "term_months": 1, "accelerators_per_block": 100}],
        workloads=[{"workload": "jobs", "penalty": 14, "min_service": 1}],
        budgets=[{"amount": 100}],
    )
    found = diagnose(instance, gap=0.0, threads=1)
    assert [str(edit) for edit in found.repair] == ["workloads.jobs.min_service=0"]
    assert found.plan is not None
    assert found.plan.objective == pytest.approx(280)
    assert found.others == ()


def test_power_that_nobody_pays_for_is_no_cheapest_repair() -> None:
    """Tests that more power, whose price no table gives, comes after what can be given up, marked as such."""
    # 2 MW of an agreed outlet for 1 a month, and 1 MW there: the outlet goes (0), or a megawatt comes for nothing (-2).
    let = {"sells": "mw", "site": "hall", "accelerator": "", "mw_per_block": 2, "price": 1, "committed_blocks": 1}
    space = {"sites": [{}], "power": [{"mw": 1}], "outlets": [let | {"term_months": 2, "earliest": 0}]}
    found = diagnose(tiny(2, {"jobs": [0]}, **space), gap=0.0, threads=1)
    assert [str(edit) for edit in found.repair] == ["outlets.let.committed_blocks=0"]
    assert [str(edit) for one in found.others for edit in one.edits] == ["power.hall.mw+=1"]
    assert "the power not counted" in found.text()


def test_months_that_were_not_tried_in_time_are_not_called_the_fewest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that where only moving a month as far as it goes is known to be enough, no claim is made of fewer."""
    instance = tiny(
        6,
        {"jobs": [0]},
        contracts=[{"price": 7, "term_months": 1, "earliest": 2}],
        rules=[{"sense": ">=", "rhs": 10}],
        rule_terms=[{"quantity": "capacity", "item": "lease"}],
    )
    program = build(instance)
    first, last = shifts_of(program, ("rules", "mine", "rhs"))
    assert (first.most, first.window, last.step) == (5, 6, -1)
    until = time.perf_counter() + 60
    assert least_shift(program, first, (), until) == (2, True)
    assert least_shift(program, last, (), until) is None
    assert least_shift(program, first, (), time.perf_counter() - 1) is None
    answers = iter([True, None, None, None])  # of 5 months, then of 2, 3 and 4
    monkeypatch.setattr(month_shifts, "has_solution", lambda *_: next(answers))
    assert least_shift(program, first, (), until) == (5, False)

"""Why there is no plan: planted causes are named with their rows, and the cheapest repair gives a plan."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

import optimizer
from optimizer.analysis import month_shifts
from optimizer.analysis.conflict_months import ConflictMonths
from optimizer.analysis.diagnose import diagnose
from optimizer.analysis.diagnosis import Diagnosis, Reason
from optimizer.analysis.month_shifts import least_shift, shifts_of
from optimizer.analysis.reasons import _clash, _reason, reasons_of
from optimizer.analysis.repair_text import describe_repair
from optimizer.analysis.repairs import Repairer
from optimizer.analysis.verify_repair import VerifiedRepair
from optimizer.errors import NoFeasiblePlan
from optimizer.instance.edit import apply_edits, parse_edit
from optimizer.instance.instance import Instance
from optimizer.program.build import build
from optimizer.program.compile import compile_program
from optimizer.solver.elastic import make_elastic
from optimizer.solver.hitting_sets import find_one
from optimizer.solver.solution import Options, Stop
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


# ---------------------------------------------------------------- irreducible
# Terminable since two months before the plan, with two months' notice: 3000 are due in the first month and the second.
AGREED = {"price": 3000, "committed_blocks": 1, "earliest": -2, "min_term_months": 3, "notice_months": 2}


def purse(amount: float) -> Instance:
    """Two workloads that must be served by the hour, an agreed lease, and one budget for all of it."""
    hourly = [{"price": 1, "max_accelerators": 10}, {"offer": "b", "price": 2, "max_accelerators": 10, "region": "z"}]
    jobs = {"workload": "jobs", "min_service": 1, "regions": "here"}
    return tiny(
        4,
        {"jobs": [10], "more": [10]},
        contracts=[{**AGREED, "region": "there"}],
        on_demand=hourly,
        workloads=[jobs, {"workload": "more", "min_service": 0.5, "regions": "z"}],
        budgets=[{"amount": amount}],
    )


def test_what_is_contradictory_by_itself_is_a_conflict_without_anything_else() -> None:
    """Tests that a budget below what is agreed (6000) is paired with no workload: without these it is broken, too."""
    found = diagnose(purse(100), gap=0.0, threads=1)
    assert set(found.reasons[0].sources) == {"contracts row 1", "budgets row 1"}
    assert found.reasons[0].text == (
        "contract lease runs since before the plan: 1 block agreed (contracts row 1); against it: "
        "budget cap: at most 100 (budgets row 1)."
    )
    assert all(reason.irreducible for reason in found.reasons)


def test_the_error_of_a_solve_names_an_irreducible_conflict_too() -> None:
    """Tests that no workload stands in the error where a budget is contradictory by itself, and doubts are marked."""
    with pytest.raises(NoFeasiblePlan) as caught:
        optimizer.solve(purse(100), threads=1)
    assert set(caught.value.conflict) == {
        "contract lease runs since before the plan: 1 block agreed (contracts row 1)",
        "budget cap: at most 100 (budgets row 1)",
    }
    assert caught.value.irreducible
    assert "not proven" not in str(caught.value)
    assert "(not proven irreducible in the time: some may not matter)" in str(NoFeasiblePlan(["x"], irreducible=False))


def test_of_several_agreements_those_are_named_that_break_a_budget() -> None:
    """Tests that of leases of 3000, 2500 and 100 a month those are named without which 4000 a month were enough."""
    # 3000 + 2500 > 4000; with the third and either of them less.
    leases = [{**LEASE, "contract": f"lease-{price}", "price": price, "region": "there"} for price in (3000, 2500, 100)]
    found = diagnose(tiny(1, {"jobs": [0]}, contracts=leases, budgets=[{"amount": 4000}]), gap=0.0, threads=1)
    (reason,) = found.reasons
    assert set(reason.sources) == {"contracts row 1", "contracts row 2", "budgets row 1"}
    assert reason.irreducible


def test_an_agreement_that_has_nothing_to_do_with_it_is_not_named() -> None:
    """Tests that a conflict of capacity names no agreement of another region that runs since before the plan."""
    instance = tiny(
        2, {"jobs": [20]}, **FLEET, contracts=[{**LEASE, "region": "there"}], workloads=[MUST[0] | {"regions": "here"}]
    )
    found = diagnose(instance, gap=0.0, threads=1)
    assert [set(reason.sources) for reason in found.reasons] == [{"workloads row 1", "demand row 1", "fleet row 1"}]
    policy = {"rule": "survive", "subject": "provider", "limit": 0.8}
    lost = tiny(
        6,
        {"jobs": [10]},
        contracts=[{**LEASE, "region": "here"}],
        workloads=[{"workload": "jobs", "critical": 1}],
        policies=[policy],
    )
    found = diagnose(lost, gap=0.0, threads=1)
    assert [set(reason.sources) for reason in found.reasons] == [{"policies row 1", "workloads row 1"}]


def test_what_is_not_proven_irreducible_is_marked() -> None:
    """Tests that a conflict, or a month of one, without a proof is marked in the text and for JSON."""
    program = build(tiny(3, {"jobs": [5, 20, 20]}, **FLEET, workloads=MUST))
    loosened = make_elastic(program, compile_program(program))
    one = find_one(loosened, 60.0)
    assert one is not None
    assert one.conflict.irreducible
    doubtful = replace(one, conflict=replace(one.conflict, irreducible=False))
    reason = reasons_of(program, loosened, [doubtful])[0]
    assert not reason.irreducible
    assert "(Not proven irreducible in the time: it may name more than it needs.)" in reason.text
    (plain,) = reasons_of(program, loosened, [one])
    assert (plain.irreducible, plain.unproven_months) == (True, ())
    assert "Not proven" not in plain.text
    spread = ConflictMonths(program, loosened).spread(one)
    late = _reason(program, replace(spread, unproven=spread.months[1:]), True, [])
    assert late.unproven_months == ("2030-03",)
    assert "(Not proven irreducible in the time for 2030-03.)" in late.text


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


# ---------------------------------------------------------------- repairs
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


def test_power_is_told_row_by_row() -> None:
    """Tests that more power is added to every row of its site, each with its old and new value."""
    # 10 accelerators of 1 kW take 10 kW; 4 and 6 kW are there. Running them is asked for by a rule that weighs more.
    power = [{"month": 0, "mw": 0.004}, {"month": 1, "mw": 0.006}]
    edit = parse_edit("power.hall.mw+=0.006")
    instance = tiny(2, {"jobs": [10]}, **FLEET, power=power, workloads=MUST)
    one = describe_repair(instance, apply_edits(instance, [edit]), [edit])[0]
    assert one.text == ("power of hall, MW: 0.004 → 0.01, 0.006 → 0.012 (power row 1, power row 2, column mw)")
    assert (one.old, one.new) == ("0.004; 0.006", "0.01; 0.012")


def test_an_edit_that_takes_revenue_away_is_repaired_in_turn() -> None:
    """Tests that where fewer blocks of an outlet leave a net budget short, that is given up too."""
    # The outlet of 10 finds 5 and must go; its 100 were all that paid for work by the hour, which is 100 each.
    let = {"price": 100, "accelerators_per_block": 10, "committed_blocks": 1, "earliest": 0, "latest": 0}
    instance = tiny(
        1,
        {"jobs": [10]},
        fleet=[{"count": 5}],
        on_demand=[{"price": 1, "max_accelerators": 100}],
        outlets=[let | {"term_months": 1}],
        workloads=MUST,
        budgets=[{"amount": 0, "net": True}],
    )
    found = diagnose(instance, gap=0.0, threads=1)
    assert found.plan is not None
    again = optimizer.solve(apply_edits(instance, found.repair), gap=0.0, threads=1)
    assert again.objective == pytest.approx(found.plan.objective, abs=1e-6)


def test_nothing_is_given_up_that_stands_in_no_conflict() -> None:
    """Tests that no workload is given up to spare a budget that must be raised anyway: raised further it is enough."""
    # 6000 are agreed and 5000 may be spent; the work costs 20,000 besides, as much as leaving it undone.
    instance = tiny(
        2,
        {"jobs": [10]},
        contracts=[{**LEASE, "region": "there"}],
        on_demand=[{"price": 10, "max_accelerators": 10, "region": "here"}],
        workloads=[{"workload": "jobs", "min_service": 1, "regions": "here"}],
        budgets=[{"amount": 5000}],
    )
    found = diagnose(instance, gap=0.0, threads=1)
    assert [str(edit) for edit in found.repair] == ["budgets.cap.amount=26000"]
    assert found.plan is not None
    assert found.plan.objective == pytest.approx(26_000)
    assert [set(reason.sources) for reason in found.reasons] == [{"contracts row 1", "budgets row 1"}]
    assert found.reasons[0].inputs == ("budgets.cap.amount",)


def test_a_budget_of_next_to_nothing_counts_as_one() -> None:
    """Tests that not everything else is given up to save a few dollars of a budget that is given up many times over."""
    # 6000 are agreed and 2000 by the hour are the work's; a budget of one dollar is raised to both.
    instance = tiny(
        2,
        {"jobs": [10]},
        contracts=[{**LEASE, "region": "there"}],
        on_demand=[{"price": 1, "max_accelerators": 10, "region": "here"}],
        workloads=[{"workload": "jobs", "min_service": 1, "regions": "here"}],
        budgets=[{"amount": 1}],
    )
    found = diagnose(instance, gap=0.0, threads=1)
    assert [str(edit) for edit in found.repair] == ["budgets.cap.amount=8000"]


def test_a_little_beside_a_billion_is_given_up_too() -> None:
    """Tests a budget of a billion that is short by 500: half a millionth of it is a conflict, and a repair."""
    # One block of 1,000,000,500 in the plan's one month is agreed.
    lease = {**LEASE, "price": 1_000_000_500}
    found = diagnose(tiny(1, {"jobs": [0]}, contracts=[lease], budgets=[{"amount": 1e9}]), gap=0.0, threads=1)
    assert not found.feasible
    assert [one.column for one in found.given_up] == ["amount"]
    assert 1_000_000_500 <= float(found.given_up[0].new) <= 1_000_001_000
    assert found.plan is not None


def test_powered_space_agreed_can_be_given_up() -> None:
    """Tests an agreed outlet of MW that the supply does not carry: two blocks of 2 MW, and 3 MW there."""
    let = {"sells": "mw", "site": "hall", "accelerator": "", "mw_per_block": 2, "price": 1, "committed_blocks": 2}
    space = {"sites": [{}], "power": [{"mw": 3}], "outlets": [let | {"term_months": 2, "earliest": 0}]}
    found = diagnose(tiny(2, {"jobs": [0]}, **space), gap=0.0, threads=1)
    assert [str(edit) for edit in found.repair] == ["outlets.let.committed_blocks=1"]
    assert found.plan is not None


def test_power_before_its_first_row_is_not_what_is_given_up() -> None:
    """Tests that more power counts only from the first row of its site on: a repair must be one."""
    # Power comes in the second month; an outlet is agreed from the first on. The outlet has to go.
    let = {"sells": "mw", "site": "hall", "accelerator": "", "mw_per_block": 2, "price": 1, "committed_blocks": 1}
    space = {"sites": [{}], "power": [{"mw": 3, "month": 1}], "outlets": [let | {"term_months": 2, "earliest": 0}]}
    found = diagnose(tiny(2, {"jobs": [0]}, **space), gap=0.0, threads=1)
    assert [str(edit) for edit in found.repair] == ["outlets.let.committed_blocks=0"]
    assert found.plan is not None


def test_two_runs_in_one_place_are_whole_months_apart() -> None:
    """Tests a conflict that only whole numbers have: half a run each month would fit."""
    # Two runs of 30 on 10 accelerators are 3 months each, and there are 5 with room for one at a time.
    runs = [{"run": name, "work": 30, "sizes": "10", "required": True, "penalty": 5} for name in ("one", "two")]
    found = diagnose(tiny(5, {"jobs": [0]}, **FLEET, training_runs=runs), gap=0.0, threads=1)
    assert {"training_runs row 1", "training_runs row 2", "fleet row 1"} <= set(found.reasons[0].sources)
    assert (len(found.reasons), found.complete, len(found.repair)) == (1, True, 1)


# ---------------------------------------------------------------- repairs in time, and their cost
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


# ---------------------------------------------------------------- time
def test_without_time_nothing_is_claimed() -> None:
    """Tests that what was not found in time is told as not found, not as not there."""
    found = Diagnosis(False, complete=False, stopped=True)
    assert "No repair was found in time" in found.text()
    assert "No loosening" not in found.text()
    assert "there may be more" in Diagnosis(False, (Reason("this clashes.", (), ()),), complete=False).text()

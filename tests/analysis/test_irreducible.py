"""Conflicts of an instance without a plan: each is irreducible, or marked as not proven to be."""

from __future__ import annotations

from dataclasses import replace

import pytest

import optimizer
from optimizer.analysis.conflict_months import ConflictMonths
from optimizer.analysis.diagnose import diagnose
from optimizer.analysis.reasons import _reason, reasons_of
from optimizer.errors import NoFeasiblePlan
from optimizer.program.build import build
from optimizer.program.compile import compile_program
from optimizer.solver.elastic import make_elastic
from optimizer.solver.hitting_sets import find_one
from tests.analysis.infeasible import FLEET, LEASE, MUST, purse
from tests.program.tiny import tiny


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

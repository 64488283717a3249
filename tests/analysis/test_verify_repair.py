"""A repair is verified by a plan: without edits that it does not need, and with those that it turns out to need."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizer.analysis.verify_repair import VerifiedRepair, _at_best, verify_repair
from optimizer.instance.edit import parse_edit
from optimizer.instance.instance import Instance
from optimizer.program.build import build
from optimizer.program.compile import compile_program
from optimizer.solver.elastic import make_elastic
from optimizer.solver.feasibility_relaxation import Repair, cheapest_repair
from optimizer.solver.solution import Options
from tests.program.tiny import tiny

OPTIONS = Options(gap=0.0, time_limit=30.0, threads=1)
BUDGET = ("budgets", "cap", "amount")
SERVICE = ("workloads", "jobs", "min_service")
OUTLET = ("outlets", "let", "committed_blocks")


def leased() -> Instance:
    """Ten of work in each of two months that must be served; blocks of four at 300 a month, and 600 in all."""
    return tiny(
        2,
        {"jobs": [10]},
        contracts=[{"price": 300, "term_months": 1, "accelerators_per_block": 4, "max_blocks": 5}],
        workloads=[{"workload": "jobs", "min_service": 1}],
        budgets=[{"amount": 600}],
    )


def let(amount: float = 50) -> Instance:
    """A block of ten let for 60 that five accelerators cannot cover; a lease of 100 against a net budget."""
    block = {"price": 60, "accelerators_per_block": 10, "committed_blocks": 1}
    return tiny(
        1,
        {"jobs": [0]},
        fleet=[{"count": 5}],
        contracts=[{"price": 100, "committed_blocks": 1, "earliest": -1, "term_months": 3, "region": "there"}],
        outlets=[block | {"earliest": 0, "latest": 0, "term_months": 1}],
        budgets=[{"amount": amount, "net": True}],
    )


def verified(instance: Instance, repair: Repair | None = None) -> VerifiedRepair:
    """Verify a repair, by default the cheapest."""
    program = build(instance)
    found = repair or cheapest_repair(make_elastic(program, compile_program(program)), OPTIONS)
    assert isinstance(found, Repair)
    return verify_repair(program, found, OPTIONS, None)


def proposed(**edits: str) -> Repair:
    """A repair of some cells of :func:`leased`, with a solution of another program."""
    cells = {"service": SERVICE, "budget": BUDGET}
    return Repair({cells[name]: parse_edit(edit) for name, edit in edits.items()}, np.zeros(3), True)


def test_a_sufficient_repair_has_its_plan() -> None:
    """Tests that the cheapest repair, 40 % of the work, is verified by a plan of its cost."""
    # One block of 4 a month costs 600 in two months, and 6 unserved a month cost 1000 each: 12,600.
    found = verified(leased())
    assert [str(edit) for edit in found.edits.values()] == ["workloads.jobs.min_service=0.4"]
    assert found.least
    assert found.plan is not None
    assert found.plan.objective == pytest.approx(12_600)


@pytest.mark.parametrize(
    ("edits", "kept", "cost"),
    [
        # 1800 pay three blocks of 4 a month, which serve all: less service is not needed, nor 700 instead of 600.
        ({"service": "workloads.jobs.min_service=0.4", "budget": "budgets.cap.amount=1800"}, [BUDGET], 1_800),
        ({"budget": "budgets.cap.amount=700", "service": "workloads.jobs.min_service=0.4"}, [SERVICE], 12_600),
        # 700 pay two blocks, 4 a month: neither it nor 0.8 of the work is sufficient by itself, nor both; 1200 are,
        # which pay two blocks a month: 8 of 10.
        ({"budget": "budgets.cap.amount=1200", "service": "workloads.jobs.min_service=0.8"}, [BUDGET, SERVICE], 5_200),
    ],
)
def test_edits_that_the_others_make_unnecessary_are_left_out(
    edits: dict[str, str], kept: list[tuple[str, str, str]], cost: float
) -> None:
    """Tests which edits of a repair remain, and that the plan has their cost."""
    found = verified(leased(), proposed(**edits))
    assert list(found.edits) == kept
    assert found.plan is not None
    assert found.plan.objective == pytest.approx(cost)


def test_a_repair_with_further_effects_is_extended() -> None:
    """Tests that a budget is raised to 100 once the outlet that paid 60 of the lease's 100 is given up."""
    found = verified(let())
    assert {cell: str(edit) for cell, edit in found.edits.items()} == {
        OUTLET: "outlets.let.committed_blocks=0",
        BUDGET: "budgets.cap.amount=100",
    }
    assert found.least
    assert found.plan is not None
    assert found.plan.objective == pytest.approx(100)
    # With 100 from the beginning the first repair is sufficient.
    assert list(verified(let(100)).edits) == [OUTLET]


def test_an_extended_repair_is_proven_least_only_if_its_first_part_is() -> None:
    """Tests that a first part without a proof leaves the repair without one."""
    program = build(let())
    first = cheapest_repair(make_elastic(program, compile_program(program)), OPTIONS)
    assert isinstance(first, Repair)
    found = verify_repair(program, replace(first, least=False), OPTIONS, None)
    assert (list(found.edits), found.least) == ([OUTLET, BUDGET], False)


def test_a_repair_that_is_not_enough_and_cannot_be_extended_has_no_plan() -> None:
    """Tests that nothing is called proven where 700 pay for a part only and the time is over."""
    program = build(leased())
    found = verify_repair(program, proposed(budget="budgets.cap.amount=700"), replace(OPTIONS, time_limit=0.0), None)
    assert (found.plan, found.least) == (None, False)
    assert list(found.edits) == [BUDGET]


def test_the_start_of_a_verification_is_feasible_and_optimal() -> None:
    """Tests that the integers of a repair are fixed and the rest is optimised, and that misfits are no start."""
    # 2 blocks of 4 in the only month: 8 of 10 done, although the values served none.
    instance = tiny(
        1,
        {"jobs": [10]},
        contracts=[{"price": 300, "term_months": 1, "accelerators_per_block": 4, "max_blocks": 5}],
    )
    program = build(instance)
    arrays = compile_program(program)
    started = [name[0] == "started" for name in arrays.columns]
    values = np.where(started, 2.0, 0.0)
    found = _at_best(arrays, values, OPTIONS)
    assert found is not None
    cost = (float(arrays.cost @ found) + arrays.offset) * program.units.money
    assert cost == pytest.approx(2 * 300 + 2 * 1000)
    assert _at_best(arrays, values[:-1], OPTIONS) is None  # another program's
    assert _at_best(arrays, np.where(started, 6.0, 0.0), OPTIONS) is None  # more than five blocks

"""What must be given up: the least by hand, and nothing called the least that is not proven to be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from optimizer.instance.instance import Instance
from optimizer.program.arrays import Arrays
from optimizer.program.build import build
from optimizer.program.compile import compile_program
from optimizer.solver import feasibility_relaxation
from optimizer.solver.elastic import ElasticProgram, make_elastic
from optimizer.solver.feasibility_relaxation import Repair, cheapest_repair
from optimizer.solver.solution import Options, Solution, SolutionStatus, Stop
from tests.program.tiny import tiny

OPTIONS = Options(gap=0.0, time_limit=30.0, threads=1)
BUDGET = ("budgets", "cap", "amount")
SERVICE = ("workloads", "jobs", "min_service")


def loose(instance: Instance) -> ElasticProgram:
    """An instance with what can be given up."""
    made = build(instance)
    return make_elastic(made, compile_program(made))


def leased(price: float = 300.0) -> Instance:
    """Ten of work in each of two months that blocks of four leased for one month do, and 600 for all of it."""
    return tiny(
        2,
        {"jobs": [10]},
        contracts=[{"price": price, "term_months": 1, "accelerators_per_block": 4, "max_blocks": 5}],
        workloads=[{"workload": "jobs", "min_service": 1}],
        budgets=[{"amount": 600}],
    )


def test_the_least_is_found_in_integers() -> None:
    """Tests that blocks count in full: 3 a month at 300 are 1800, or one a month does 0.4 of the work."""
    # Two more budgets (2.0), or 0.6 of the service.
    found = cheapest_repair(loose(leased()), OPTIONS)
    assert isinstance(found, Repair)
    assert {cell: str(edit) for cell, edit in found.edits.items()} == {SERVICE: "workloads.jobs.min_service=0.4"}
    assert found.least


def test_only_some_cells_are_given_up_where_others_are_barred() -> None:
    """Tests that with the service kept the budget is raised to 1800, and with the budget free the service stays."""
    found = cheapest_repair(loose(leased()).only([BUDGET]), OPTIONS)
    assert isinstance(found, Repair)
    assert [str(edit) for edit in found.edits.values()] == ["budgets.cap.amount=1800"]
    free = cheapest_repair(loose(leased()).only([SERVICE], [BUDGET]), OPTIONS)
    assert isinstance(free, Repair)
    assert not free.edits


@pytest.mark.parametrize(
    ("allowed", "edits"),
    [([], None), ([("training_runs", "big", "required")], ["training_runs.big.required=false"]), ([SERVICE], None)],
)
def test_a_run_is_given_up_only_where_that_is_allowed(
    allowed: list[tuple[str, str, str]], edits: list[str] | None
) -> None:
    """Tests a required run without room: not running it is a repair only if its cell may change."""
    run = {"work": 99, "sizes": "10", "required": True, "penalty": 700}
    instance = tiny(
        2,
        {"jobs": [5]},
        fleet=[{"count": 10}],
        training_runs=[run],
        workloads=[{"workload": "jobs", "min_service": 0.5}],
    )
    found = cheapest_repair(loose(instance).only(allowed), OPTIONS)
    assert (found and [str(edit) for edit in getattr(found, "edits", {}).values()]) == edits


def test_what_time_ended_is_not_called_the_least(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a repair of integers that was found, but not proven to be the least, does not claim it."""
    whole = feasibility_relaxation._solved

    def out_of_time(arrays: Arrays, *args: Any) -> Solution:
        found = whole(arrays, *args)
        late = arrays.integer.any() and found.values is not None
        return replace(found, stop=Stop.TIME_LIMIT, status=SolutionStatus.FEASIBLE) if late else found

    monkeypatch.setattr(feasibility_relaxation, "_solved", out_of_time)
    found = cheapest_repair(loose(leased()), OPTIONS)
    assert isinstance(found, Repair)
    assert found.edits
    assert not found.least


def test_what_is_enough_in_fractions_alone_is_a_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that where no integers were found in time, what fractions need is returned and not called the least."""
    whole = feasibility_relaxation._solved

    def nothing(arrays: Arrays, *args: Any) -> Solution:
        return feasibility_relaxation._NOTHING if arrays.integer.any() else whole(arrays, *args)

    monkeypatch.setattr(feasibility_relaxation, "_solved", nothing)
    found = cheapest_repair(loose(leased()), OPTIONS)
    assert isinstance(found, Repair)
    assert found.values is None
    assert not found.least


def test_no_time_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that without any solution the reason for stopping is returned, which is not that nothing is enough."""
    monkeypatch.setattr(feasibility_relaxation, "_solved", lambda *_: feasibility_relaxation._NOTHING)
    assert cheapest_repair(loose(leased()), OPTIONS) is Stop.TIME_LIMIT


def test_nothing_to_give_up_is_enough() -> None:
    """Tests that an agreed lease of five in a place for four, which no rule demands, leaves nothing to give up."""
    # Half a block of an outlet that is agreed in full can only be given up in full: one of two does not fit four.
    let: dict[str, Any] = {"price": 1, "accelerators_per_block": 5, "committed_blocks": 1, "earliest": 0, "latest": 0}
    instance = tiny(1, {"jobs": [0]}, fleet=[{"count": 4}], outlets=[let | {"term_months": 1}])
    found = cheapest_repair(loose(instance).only([]), OPTIONS)
    assert found is None


@pytest.mark.parametrize("integer", [False, True])
@pytest.mark.parametrize(
    ("demand", "edits"),
    [
        # 5 are there; 5 % of 100 and 6 % of 99.5, 5 + 5.97, are required: 5.97 too many. The least in shares is all of
        # the 5 % and 0.97 / 99.5 = 0.00975 of the other, 0.05975. All of the other alone, 0.06, is 0.4 % more.
        (99.5, ["workloads.more.min_service=0"]),
        # Of 97 they are 5.82: 0.05 + 0.82 / 97 = 0.05845, and 0.06 would be 2.6 % more. 0.06 - 0.00845 = 0.0515.
        (97, ["workloads.jobs.min_service=0", "workloads.more.min_service=0.0515"]),
    ],
)
def test_a_cell_that_saves_hardly_anything_is_left_unchanged(integer: bool, demand: float, edits: list[str]) -> None:
    """Tests that one cell is changed instead of two where that is at most 1 % more, with integers and without."""
    lease = {"price": 1, "region": "there", "term_months": 1, "max_blocks": 1}
    instance = tiny(
        1,
        {"jobs": [100], "more": [demand], "third": [10]},
        fleet=[{"count": 5}],
        workloads=[
            {"workload": "jobs", "min_service": 0.05, "regions": "here"},
            {"workload": "more", "min_service": 0.06, "regions": "here"},
            {"workload": "third"},
        ],
        contracts=[lease] if integer else [],
    )
    program = loose(instance)
    assert program.arrays.integer.any() == integer
    found = cheapest_repair(program, OPTIONS)
    assert isinstance(found, Repair)
    assert [str(edit) for edit in found.edits.values()] == edits
    assert found.least
    assert found.values is not None
    assert len(found.values) == len(program.plain.cost)


@pytest.mark.parametrize(
    ("spent", "edits"),
    [
        # A lease spends the budget; 30 of work take 1.5 blocks of 20 at 300, in integers 2. In fractions a larger
        # budget is the cheapest: 450 / 500 = 0.9. With the budget alone it is 600 / 500 = 1.2 in integers, too far from
        # that; one block and two thirds of the service are 300 / 500 + 1 / 3 = 0.933.
        (500, ["budgets.cap.amount=800", "workloads.jobs.min_service=0.6666"]),
        # 600 / 880 = 0.682 is 1.1 % more than 300 / 880 + 1 / 3 = 0.674.
        (880, ["budgets.cap.amount=1180", "workloads.jobs.min_service=0.6666"]),
        # 600 / 895 = 0.670 is 0.3 % more than 300 / 895 + 1 / 3 = 0.669: the one change is preferred.
        (895, ["budgets.cap.amount=1495"]),
    ],
)
def test_cells_that_fractions_do_not_need_are_changed_where_it_pays(spent: float, edits: list[str]) -> None:
    """Tests that the cells which fractions need are tried first, and kept where others save at most 1 %."""
    agreed = {"contract": "old", "price": spent, "committed_blocks": 1, "earliest": -1, "term_months": 3}
    instance = tiny(
        1,
        {"jobs": [30]},
        contracts=[
            agreed | {"region": "there"},
            {"price": 300, "accelerators_per_block": 20, "term_months": 1, "max_blocks": 5},
        ],
        workloads=[{"workload": "jobs", "min_service": 1, "regions": "here"}],
        budgets=[{"amount": spent}],
    )
    found = cheapest_repair(loose(instance), OPTIONS)
    assert isinstance(found, Repair)
    assert [str(edit) for edit in found.edits.values()] == edits
    assert found.least


def test_a_budget_far_below_what_is_agreed_is_measured_by_what_it_needs() -> None:
    """Tests that a budget of 500 against a lease of 1000 is not spared by leaving work undone."""
    # In fractions the budget is raised by 950, to 1450: 1.9 of it. From then on it is measured by these 950: 1100 for
    # two blocks are 1.158, one block and two thirds of the service 800 / 950 + 1 / 3 = 1.175. Measured by its 500 the
    # second were the less: 1.6 + 0.333 for 2.2.
    agreed = {"contract": "old", "price": 1000, "committed_blocks": 1, "earliest": -1, "term_months": 3}
    instance = tiny(
        1,
        {"jobs": [30]},
        contracts=[
            agreed | {"region": "there"},
            {"price": 300, "accelerators_per_block": 20, "term_months": 1, "max_blocks": 5},
        ],
        workloads=[{"workload": "jobs", "min_service": 1, "regions": "here"}],
        budgets=[{"amount": 500}],
    )
    found = cheapest_repair(loose(instance), OPTIONS)
    assert isinstance(found, Repair)
    assert [str(edit) for edit in found.edits.values()] == ["budgets.cap.amount=1600"]


def test_several_cells_can_be_left_unchanged() -> None:
    """Tests that one cell is changed instead of three where that is at most 1 % more."""
    # 10 are there, and 5 + 5 + 10.967 are required: 10.967 too many. The least is 0.05 + 0.05 + 0.967 / 99.7 = 0.1097;
    # without the first 0.10985, without the second too 0.11.
    instance = tiny(
        1,
        {"jobs": [100], "other": [100], "more": [99.7]},
        fleet=[{"count": 10}],
        workloads=[
            {"workload": "jobs", "min_service": 0.05},
            {"workload": "other", "min_service": 0.05},
            {"workload": "more", "min_service": 0.11},
        ],
    )
    found = cheapest_repair(loose(instance), OPTIONS)
    assert isinstance(found, Repair)
    assert [str(edit) for edit in found.edits.values()] == ["workloads.more.min_service=0"]

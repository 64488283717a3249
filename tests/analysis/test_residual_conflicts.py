"""Conflicts that remain after the rest of a repair: reasons for edits that no other conflict explains."""

from __future__ import annotations

import time

import pytest

from optimizer.analysis.residual_conflicts import residual_conflicts
from optimizer.instance.edit import Edit, parse_edit
from optimizer.program.build import Program, build
from optimizer.solver.elastic import Cell
from optimizer.solver.solution import Options
from tests.program.tiny import tiny

OPTIONS = Options(gap=0.0, time_limit=30.0, threads=1)
BUDGET, SERVICE = ("budgets", "cap", "amount"), ("workloads", "jobs", "min_service")


@pytest.fixture(scope="module")
def program() -> Program:
    """A lease of 6000 agreed against a budget of 5000, and 20 of work that must be served where ten are."""
    return build(
        tiny(
            2,
            {"jobs": [20]},
            fleet=[{"count": 10}],
            contracts=[{"price": 3000, "committed_blocks": 1, "earliest": -1, "term_months": 3, "region": "there"}],
            workloads=[{"workload": "jobs", "min_service": 1, "regions": "here"}],
            budgets=[{"amount": 5000}],
        )
    )


def repaired(*texts: str) -> dict[Cell, Edit]:
    """A repair, by its cells."""
    edits = [parse_edit(text) for text in texts]
    return {(edit.table, edit.item, edit.column): edit for edit in edits}


BOTH = ("budgets.cap.amount=6000", "workloads.jobs.min_service=0.5")


def test_each_edit_without_a_reason_gets_one(program: Program) -> None:
    """Tests that with the other edit made, either stands in a conflict of its own, which is marked."""
    reasons, complete = residual_conflicts(program, repaired(*BOTH), (), OPTIONS, time.perf_counter() + 60)
    assert complete
    assert [set(reason.sources) for reason in reasons] == [
        {"contracts row 1", "budgets row 1"},
        {"workloads row 1", "demand row 1", "fleet row 1"},
    ]
    assert all(reason.text.startswith("With the rest of the repair made: ") for reason in reasons)


def test_edits_that_are_explained_already_are_left_out(program: Program) -> None:
    """Tests a cell that a conflict names, and a repair of one cell, which the first conflicts explain."""
    until = time.perf_counter() + 60
    reasons, complete = residual_conflicts(program, repaired(*BOTH), [BUDGET], OPTIONS, until)
    assert complete
    assert [reason.inputs for reason in reasons] == [("workloads.jobs.min_service",)]
    assert residual_conflicts(program, repaired(BOTH[0]), (), OPTIONS, until) == ((), True)
    assert residual_conflicts(program, repaired(*BOTH), [BUDGET, SERVICE], OPTIONS, until) == ((), True)


def test_what_is_not_found_in_time_or_not_there_is_missing(program: Program) -> None:
    """Tests that without time, and for an edit that nothing needs, the reasons are not complete."""
    assert residual_conflicts(program, repaired(*BOTH), (), OPTIONS, time.perf_counter() - 1) == ((), False)
    needless = repaired(*BOTH, "contracts.lease.price=2999")
    reasons, complete = residual_conflicts(program, needless, [BUDGET, SERVICE], OPTIONS, time.perf_counter() + 60)
    assert (reasons, complete) == ((), False)

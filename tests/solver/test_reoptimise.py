"""Reoptimisation: what differs between two programs reaches the solver, and searches start from the first basis."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import optimizer
from optimizer.generator import random_frames
from optimizer.instance.edit import apply_edits, parse_edit
from optimizer.program.build import build
from optimizer.program.compile import compile_program
from optimizer.program.row_names import name_of
from optimizer.schema import load_schema
from optimizer.solver import highs
from optimizer.solver.program_diff import structural_difference
from optimizer.solver.reoptimise import ReoptimisationModel
from optimizer.solver.solution import Options, Stop
from tests.program.tiny import frames as tiny_frames
from tests.program.tiny import tiny

SHARES = ("min_service", "critical", "limit", "deposit_fraction", "residual_fraction")
CELLS = [
    (table.name, column.name)
    for table in load_schema().tables.values()
    if not table.uncovered
    for column in table.columns.values()
    if column.type in ("number", "integer") and column.name not in ("latitude", "longitude")
]


def decided() -> dict[str, Any]:
    """An instance with decisions from before the plan, which random ones do not have, all numbers given."""
    numbers = {"accelerators": 9, "mw": 2, "committed_cost": 7}
    rows = [
        {"month": -1, "decision": "order_build", "item": "wing", "blocks": 1.5, "price": 100, **numbers},
        {"month": -2, "decision": "sign", "item": "lease", "blocks": 2.5, "price": 50, **numbers},
        {"month": -3, "decision": "commit_spend", "item": "deal", "blocks": 1, "spent": 200, **numbers},
    ]
    lot = {"integer": False, "max_blocks": 9}
    return tiny_frames(
        6,
        {"jobs": [60]},
        fleet=[{"count": 40}],
        builds=[{**lot, "lead_months": 3, "capex_per_mw": 99}],
        contracts=[{**lot, "price": 60, "term_months": 4}],
        commitments=[{"annual_amount": 9000, "latest": -1}],
        decided=rows,
    )


def changed(frames: dict[str, Any], table: str, column: str, rng: np.random.Generator) -> Any:
    """The instance with one cell of a column changed by up to a fifth; None where there is no number in it."""
    if table not in frames or column not in frames[table]:
        return None
    frame = frames[table].copy().astype(object)
    row = int(rng.integers(len(frame)))
    place = frame.columns.get_loc(column)
    try:
        old = float(frame.iat[row, place])
    except (TypeError, ValueError):
        return None
    if not np.isfinite(old):
        return None
    step = column == "max_blocks" or load_schema().tables[table].columns[column].type == "integer"
    new = old + 1 if step else old * (1 + 0.2 * rng.random())
    frame.iat[row, place] = min(new, 1.0) if column in SHARES else new
    try:
        return optimizer.read({**frames, table: frame})
    except optimizer.InstanceError:
        return None  # such as a budget window or a minimum that the new value contradicts


def same(live: ReoptimisationModel, instance: optimizer.Instance) -> None:
    """Check that the model in the solver is, number by number, the program of an instance."""
    arrays, lp = compile_program(build(instance), relax=live.relax), live._current.model._highs.getLp()
    matrix = lp.a_matrix_
    assert (np.array(matrix.start_) == arrays.starts).all()
    assert (np.array(matrix.index_) == arrays.indices).all()
    pairs = [(matrix.value_, arrays.values), (lp.col_cost_, arrays.cost), (lp.col_lower_, arrays.lower)]
    pairs += [(lp.col_upper_, arrays.upper), (lp.row_lower_, arrays.row_lower), (lp.row_upper_, arrays.row_upper)]
    for stored, wanted in pairs:
        np.testing.assert_array_equal(np.array(stored), wanted)
    assert lp.offset_ == arrays.offset


@pytest.mark.parametrize(("table", "column"), CELLS)
def test_an_edit_of_any_number_reaches_the_model_in_the_solver(table: str, column: str) -> None:
    """Tests for each numeric column that the solver's model is that of one edited instance, then of another."""
    rng, done = np.random.default_rng(7), 0
    for seed in range(120):
        frames = decided() if table == "decided" else random_frames(seed, "tiny")
        edits = [edited for _ in range(2) if (edited := changed(frames, table, column, rng)) is not None]
        if not edits:
            continue
        live = ReoptimisationModel(optimizer.read(frames))
        for edited in edits:
            live.update(edited)
            same(live, edited)
        done += 1
        if done == 2:
            return
    raise AssertionError(f"only {done} edits of {table}.{column}")


def test_the_program_comes_back_as_it_was() -> None:
    """Tests that undoing an edit undoes its change of the program."""
    instance = optimizer.read(random_frames(3, "tiny"))
    live = ReoptimisationModel(instance)
    live.update(apply_edits(instance, [parse_edit("demand.*.amount*=1.3"), parse_edit("workloads.*.penalty*=2")]))
    assert live.update(instance)
    same(live, instance)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        # Signed a month later at the earliest, the lease cannot start in the first month.
        ("contracts.lease.lead_months+=1", "columns removed, such as allocated[jobs,lease,0], ended[lease,1]"),
        # Nothing is unserved where nothing is wanted.
        ("demand.jobs@2030-01.amount=0", "columns removed, such as allocated[jobs,hourly,0]"),
        ("on_demand.hourly.max_accelerators=0", "columns removed, such as allocated[jobs,hourly,0]"),
    ],
)
def test_edits_of_structure_make_a_new_model_and_give_the_reason(edit: str, reason: str) -> None:
    """Tests that an edit which changes what is possible gives the right program, with the reason by name."""
    lease = {"price": 3000, "min_term_months": 1}
    instance = tiny(3, {"jobs": [10]}, contracts=[lease], on_demand=[{"price": 5, "max_accelerators": 10}])
    edited, live = apply_edits(instance, [parse_edit(edit)]), ReoptimisationModel(instance)
    assert not live.update(edited)
    assert live.rebuilt == 1
    assert reason in str(live.reason)
    same(live, edited)


def test_other_coefficients_are_a_structural_difference() -> None:
    """Tests that a coefficient that one of two programs lacks is reported by its row, an equal pattern is not."""
    instance = tiny(1, {"jobs": [10]}, on_demand=[{"price": 5, "max_accelerators": 10}])
    arrays = compile_program(build(instance))
    doubled = replace(arrays, values=arrays.values * 2, cost=arrays.cost + 1)
    assert structural_difference(arrays, doubled) is None
    last = int(arrays.indices[-1])  # the row of the last non-zero, which is left out
    starts = np.minimum(arrays.starts, len(arrays.values) - 1)
    fewer = replace(arrays, starts=starts, indices=arrays.indices[:-1], values=arrays.values[:-1])
    reason = structural_difference(arrays, fewer)
    assert reason == f"rows have coefficients of other columns: {name_of(arrays.rows[last])}"
    relaxed = compile_program(build(tiny(2, {"jobs": [9]}, contracts=[{"price": 3000, "min_term_months": 1}])))
    for before, after in ((relaxed, relaxed.relaxed()), (relaxed.relaxed(), relaxed)):
        assert str(structural_difference(before, after)).startswith("other columns are integer: started[")


def test_many_single_cell_edits_have_the_costs_of_cold_solves() -> None:
    """Tests on a linear program that edits solved one after the other from the last basis cost what cold solves do."""
    frames = random_frames(5, "small")
    instance = optimizer.read(frames)
    live, rng, options = ReoptimisationModel(instance, relax=True), np.random.default_rng(1), Options(threads=1)
    live.solve(options)
    done = 0
    for table, column in CELLS * 2:
        edited = changed(frames, table, column, rng)
        if edited is None:
            continue
        live.update(edited)
        warm = live.solve(options)
        program = build(edited)
        cold = highs.solve(compile_program(program, relax=True), options)
        assert warm.stop is cold.stop
        if cold.values is not None:
            assert warm.bound * live.program.units.money == pytest.approx(cold.bound * program.units.money, rel=1e-6)
        done += 1
    assert done >= 30


RUN = {"run": "train", "work": 20, "sizes": [10], "penalty": 1e6}


@pytest.mark.parametrize("relax", [False, True])
def test_a_run_that_takes_longer_costs_what_it_does_cold(relax: bool) -> None:
    """Tests that with more or less work, a run that took two months costs what it does in a new program."""
    instance = tiny(4, {"jobs": [1]}, contracts=[{"price": 3000, "min_term_months": 1}], training_runs=[RUN])
    live, options = ReoptimisationModel(instance, relax=relax), Options(gap=0, threads=1, relax=relax)
    first = cost(live, options)
    for work in (30, 11, 40, 20):
        edited = apply_edits(instance, [parse_edit(f"training_runs.train.work={work}")])
        live.update(edited)
        program = build(edited)
        cold = highs.solve(compile_program(program, relax=relax), options)
        assert cost(live, options) == pytest.approx(cold.bound * program.units.money)
    assert cost(live, options) == pytest.approx(first)


def cost(live: ReoptimisationModel, options: Options) -> float:
    """Least cost of the program as it stands."""
    solution = live.solve(options)
    assert solution.values is not None
    found = float(live.arrays.cost @ solution.values) + live.arrays.offset
    return found * live.program.units.money


def test_a_plan_with_a_longer_run_is_valid() -> None:
    """Tests that the plan of a program with an edited run passes its audit and has the longer run."""
    instance = tiny(4, {"jobs": [1]}, contracts=[{"price": 3000, "min_term_months": 1}], training_runs=[RUN])
    ask = optimizer.WhatIf(instance, gap=0, threads=1)
    assert months_of_run(ask()) == 2
    assert months_of_run(ask("training_runs.train.work=30")) == 3


def months_of_run(plan: optimizer.Plan) -> int:
    """Months in which the run has accelerators."""
    return int((plan.allocation["demand"] == "train").sum())


def test_another_shape_stands_beside_the_first_one() -> None:
    """Tests that after an edit which needs a new program, the first one is there again, and so is the new one."""
    lease = {"price": 3000, "min_term_months": 1}
    instance = tiny(6, {"jobs": [10]}, contracts=[lease], on_demand=[{"price": 5, "max_accelerators": 10}])
    later = apply_edits(instance, [parse_edit("contracts.lease.lead_months+=2")])
    live, options = ReoptimisationModel(instance, relax=True), Options(threads=1, relax=True)
    # The lease costs 3000 a month; two months of hours before it 5000 each.
    assert cost(live, options) == pytest.approx(6 * 3000)
    assert not live.update(later)
    assert cost(live, options) == pytest.approx(2 * 5000 + 4 * 3000)
    assert live.update(instance)
    assert cost(live, options) == pytest.approx(6 * 3000)
    assert live.update(apply_edits(later, [parse_edit("contracts.lease.price*=1.5")]))
    assert cost(live, options) == pytest.approx(2 * 5000 + 4 * 4500)
    assert live.rebuilt == 1


def test_a_verdict_from_a_basis_is_taken_back() -> None:
    """Tests that after an edit that leaves no plan the next one has its plan again, from the same basis."""
    instance = tiny(3, {"jobs": [10]}, on_demand=[{"price": 5, "max_accelerators": 10}])
    live, options = ReoptimisationModel(instance, relax=True), Options(threads=1, relax=True)
    assert cost(live, options) == pytest.approx(15_000)
    must = [parse_edit("workloads.jobs.min_service=1"), parse_edit("on_demand.hourly.max_accelerators=9")]
    assert live.update(apply_edits(instance, must))
    assert live.solve(options).stop is Stop.INFEASIBLE
    assert live.update(apply_edits(instance, [parse_edit("on_demand.hourly.price=6")]))
    assert cost(live, options) == pytest.approx(18_000)

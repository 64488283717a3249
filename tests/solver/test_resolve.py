"""The live model: edits in place give the program that would be built anew, and start from the last basis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import optimizer
from optimizer.instance.edit import apply_edits, parse_edit
from optimizer.instance.random_instance import random_frames
from optimizer.program.build import build
from optimizer.program.compile import Arrays, compile_program
from optimizer.solver import highs
from optimizer.solver.effects import EFFECTS
from optimizer.solver.resolve import Live
from optimizer.solver.solution import Options
from tests.program.tiny import tiny

SHARES = ("min_service", "critical", "limit", "deposit_fraction", "residual_fraction")
SEEDS = range(120)
ENOUGH = 2


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
    new = old + 1 if column in ("max_blocks", "life_months") else old * (1 + 0.2 * rng.random())
    frame.iat[row, place] = min(new, 1.0) if column in SHARES else new
    try:
        return optimizer.read({**frames, table: frame})
    except optimizer.InstanceError:
        return None  # such as a budget window or a minimum that the new value contradicts


def same(one: Arrays, other: Arrays) -> None:
    """Checks that two programs are the same, number by number."""
    assert (one.starts == other.starts).all()
    assert (one.indices == other.indices).all()
    for name in ("cost", "lower", "upper", "row_lower", "row_upper", "values"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize(("table", "column"), list(EFFECTS))
def test_an_edit_in_place_gives_the_program_built_anew(table: str, column: str) -> None:
    """Tests for each column that can be edited in place that the arrays are those of a new program."""
    rng, done = np.random.default_rng(7), 0
    for seed in SEEDS:
        frames = random_frames(seed, "tiny")
        edited = changed(frames, table, column, rng)
        if edited is None:
            continue
        live, anew = Live(optimizer.read(frames)), build(edited)
        if live.program.units != anew.units:
            continue  # the same program in other units
        if not live.update(edited):
            continue  # such as a fleet that has become large enough for another training run
        same(live.arrays, compile_program(anew))
        done += 1
        if done == ENOUGH:
            return
    raise AssertionError(f"only {done} edits of {table}.{column}")


def test_the_program_comes_back_as_it_was() -> None:
    """Tests that undoing an edit undoes its change of the program."""
    instance = optimizer.read(random_frames(3, "tiny"))
    live = Live(instance)
    before = live.arrays
    live.update(apply_edits(instance, [parse_edit("demand.*.amount*=1.3"), parse_edit("workloads.*.penalty*=2")]))
    live.update(instance)
    same(live.arrays, before)


@pytest.mark.parametrize(
    "edit", ["contracts.lease.lead_months+=1", "demand.jobs@2030-01.amount=0", "on_demand.hourly.max_accelerators=0"]
)
def test_other_edits_build_the_program_anew(edit: str) -> None:
    """Tests that what changes the shape of the program is still right, if not in place."""
    lease = {"price": 3000, "min_term_months": 1}
    instance = tiny(3, {"jobs": [10]}, contracts=[lease], on_demand=[{"price": 5, "max_accelerators": 10}])
    edited, live = apply_edits(instance, [parse_edit(edit)]), Live(instance)
    assert not live.update(edited)
    assert live.rebuilt == 1
    same(live.arrays, compile_program(build(edited)))


def test_many_single_cell_edits_have_the_costs_of_cold_solves() -> None:
    """Tests on a linear program that edits solved one after the other from the last basis cost what cold solves do."""
    frames = random_frames(5, "small")
    instance = optimizer.read(frames)
    live, rng, options = Live(instance, relax=True), np.random.default_rng(1), Options(threads=1)
    live.solve(options)
    done = 0
    for table, column in list(EFFECTS) * 2:
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

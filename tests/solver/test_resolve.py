"""The live model: edits in place give the program that would be built anew, and start from the last basis."""

from __future__ import annotations

from itertools import combinations
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
from optimizer.solver.solution import Options, Stop
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
            continue  # such as an offer of which nothing is left
        if live.placed_anew:
            continue  # such as a fleet that is now large enough for another training run: see below
        same(live.arrays, compile_program(anew))
        done += 1
        if done == ENOUGH:
            return
    raise AssertionError(f"only {done} edits of {table}.{column}")


def test_edits_of_two_tables_at_once_give_the_program_built_anew() -> None:
    """Tests that what one edit has worked out anew does not get in the way of another."""
    rng, done = np.random.default_rng(11), 0
    tables = dict.fromkeys(table for table, _ in EFFECTS)
    for seed, pair in enumerate(combinations(tables, 2)):
        frames = random_frames(seed, "tiny")
        for table in pair:
            column = str(rng.choice([column for of, column in EFFECTS if of == table]))
            edited = changed(frames, table, column, rng)
            if edited is not None:
                frames[table] = edited.frame(table)
        live, anew = Live(optimizer.read(random_frames(seed, "tiny"))), build(optimizer.read(frames))
        in_place = live.update(anew.instance) and not live.placed_anew
        scaled_alike = live.program.units == anew.units and live.program.parts.rule_scale == anew.parts.rule_scale
        if in_place and scaled_alike:
            same(live.arrays, compile_program(anew))
            done += 1
    assert done > 100


def test_the_energy_of_one_site_is_priced_anew_where_pools_are_made_anew() -> None:
    """Tests an edit of one site's price beside one of the accelerators, of which all pools are made."""
    accelerators = [{"kw": 10, "reference": 1}]
    sites = [{"site": "hall", "region": "here"}, {"site": "barn", "region": "here"}]
    power = [{"site": name, "mw": 10, "price_per_mwh": 50} for name in ("hall", "barn")]
    fleet = [{"site": name, "count": 100} for name in ("hall", "barn")]
    instance = tiny(2, {"jobs": [150]}, accelerators=accelerators, sites=sites, power=power, fleet=fleet)
    texts = ("power.barn@2030-01.price_per_mwh=80", "accelerators.gpu.reference=2")
    edited, live = apply_edits(instance, [parse_edit(text) for text in texts]), Live(instance)
    assert live.update(edited)
    same(live.arrays, compile_program(build(edited)))


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


RUN = {"run": "train", "work": 20, "sizes": [10], "penalty": 1e6}


@pytest.mark.parametrize("relax", [False, True])
def test_a_run_that_takes_longer_is_placed_anew(relax: bool) -> None:
    """Tests that with more or less work, a run that took two months costs what it does in a new program."""
    instance = tiny(4, {"jobs": [1]}, contracts=[{"price": 3000, "min_term_months": 1}], training_runs=[RUN])
    live, options = Live(instance, relax=relax), Options(gap=0, threads=1, relax=relax)
    first = cost(live, options)
    for work in (30, 11, 40, 20):
        edited = apply_edits(instance, [parse_edit(f"training_runs.train.work={work}")])
        assert live.update(edited)
        program = build(edited)
        cold = highs.solve(compile_program(program, relax=relax), options)
        assert cost(live, options) == pytest.approx(cold.bound * program.units.money)
    assert live.rebuilt == 0
    assert cost(live, options) == pytest.approx(first)


def cost(live: Live, options: Options) -> float:
    """Least cost of the program as it stands."""
    solution = live.solve(options)
    assert solution.values is not None
    found = float(live.arrays.cost @ solution.values) + live.arrays.offset
    return found * live.program.units.money


def test_a_plan_with_a_run_placed_anew_is_a_plan() -> None:
    """Tests that the plan of a program with columns appended passes its audit and tells the longer run."""
    instance = tiny(4, {"jobs": [1]}, contracts=[{"price": 3000, "min_term_months": 1}], training_runs=[RUN])
    ask = optimizer.WhatIf(instance, gap=0, threads=1)
    assert months_of_run(ask()) == 2
    assert months_of_run(ask("training_runs.train.work=30")) == 3
    assert ask.live.rebuilt == 0


def months_of_run(plan: optimizer.Plan) -> int:
    """Months in which the run has accelerators."""
    return int((plan.allocation["demand"] == "train").sum())


def test_another_shape_stands_beside_the_first_one() -> None:
    """Tests that after an edit which needs a new program, the first one is there again, and so is the new one."""
    lease = {"price": 3000, "min_term_months": 1}
    instance = tiny(6, {"jobs": [10]}, contracts=[lease], on_demand=[{"price": 5, "max_accelerators": 10}])
    later = apply_edits(instance, [parse_edit("contracts.lease.lead_months+=2")])
    live, options = Live(instance, relax=True), Options(threads=1, relax=True)
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
    live, options = Live(instance, relax=True), Options(threads=1, relax=True)
    assert cost(live, options) == pytest.approx(15_000)
    must = [parse_edit("workloads.jobs.min_service=1"), parse_edit("on_demand.hourly.max_accelerators=9")]
    assert live.update(apply_edits(instance, must))
    assert live.solve(options).stop is Stop.INFEASIBLE
    assert live.update(apply_edits(instance, [parse_edit("on_demand.hourly.price=6")]))
    assert cost(live, options) == pytest.approx(18_000)

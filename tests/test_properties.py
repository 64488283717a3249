"""What holds for every instance: random small ones against the audit, the oracle, another way to solve, and logic."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import highspy
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from pyomo.environ import SolverFactory

import optimizer
from optimizer.generator import random_frames
from tests.oracle import Frames
from tests.oracle.compare import TOLERANCE, assert_agree, assert_at_most, planned, told
from tests.oracle.frames import loosen

SEEDS = st.integers(0, 10**6)
ALWAYS_THE_SAME = settings(
    max_examples=20,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
Change = Callable[[Frames], Frames]


@ALWAYS_THE_SAME
@given(SEEDS)
def test_the_best_plan_is_that_of_the_oracle(seed: int) -> None:
    """Tests that a plan passes its audit (which every solve makes sure of) and costs what the oracle says."""
    case = random_frames(seed)
    assert_agree(planned(case), told(case))


@settings(ALWAYS_THE_SAME, max_examples=8)
@given(SEEDS)
def test_plans_with_decisions_from_before_are_those_of_the_oracle(seed: int) -> None:
    """Tests instances with orders, spend commitments and training runs from before the plan."""
    case = random_frames(seed, past=True)
    assume("decided" in case)
    assert_agree(planned(case), told(case))


@ALWAYS_THE_SAME
@given(SEEDS)
def test_linear_programs_cost_the_same(seed: int) -> None:
    """Tests that without whole blocks, lots and runs the least cost is that of the oracle."""
    case = loosen(random_frames(seed, "small", without=["training_runs"]))
    assert_agree(planned(case, relax=True), told(case, relax=True))


@ALWAYS_THE_SAME
@given(SEEDS)
def test_the_model_solves_the_same_without_presolve(seed: int) -> None:
    """Tests that Pyomo's own way to HiGHS, with presolve off, finds the cost of the plan in the model."""
    case = random_frames(seed)
    plan, program = planned(case), optimizer.build(optimizer.read(case))
    solver = SolverFactory("appsi_highs")
    solver.config.load_solution = False
    solver.highs_options = {"presolve": "off", "mip_rel_gap": 1e-9, "threads": 1}
    highspy.Highs.resetGlobalScheduler(True)  # other tests in this thread may have used other numbers of threads
    answer = solver.solve(program.model)
    if plan.cost == inf:
        assert answer.solver.termination_condition in ("infeasible", "infeasibleOrUnbounded")
    else:
        assert answer.problem.upper_bound * program.units.money == pytest.approx(plan.cost, rel=TOLERANCE)


# ---------------------------------------------------------------- less to choose from, or dearer, is never cheaper
def _edited(case: Frames, table: str, column: str, value: Callable[[float], float], row: int | None = None) -> Frames:
    """A copy with other numbers in a column: in one row, or in all that have one."""
    assume(table in case and column in case[table])
    frame = case[table].copy()
    chosen = [row % len(frame)] if row is not None else range(len(frame))
    frame[column] = [value(old) if i in chosen else old for i, old in enumerate(frame[column].astype(float))]
    return {**case, table: frame}


def _dropped(table: str, row: int) -> Change:
    """Without one contract or outlet that is not agreed already: none of it can be taken."""

    def change(case: Frames) -> Frames:
        assume(table in case)
        name = case[table].columns[0]
        free = case[table]
        if "committed_blocks" in free:
            free = free[free["committed_blocks"].isna()]
        assume(len(free) > 0)
        chosen = free.iloc[row % len(free)][name]
        frame = case[table].copy()
        for column in ("min_blocks", "max_blocks"):
            old = frame[column] if column in frame else [None] * len(frame)
            frame[column] = [0 if item == chosen else was for item, was in zip(frame[name], old, strict=True)]
        return {**case, table: frame}

    return change


def _all(table: str, column: str, value: Callable[[float], float]) -> Change:
    return lambda case: _edited(case, table, column, value)


def _one(table: str, column: str, value: Callable[[float], float]) -> Change:
    return lambda case: _edited(case, table, column, value, row=0)


def _stricter_policies(case: Frames) -> Frames:
    assume("policies" in case)
    frame = case["policies"].copy()
    limits = zip(frame["rule"], frame["limit"].astype(float), strict=True)
    frame["limit"] = [0.9 * limit if rule == "max_share" else min(1.1 * limit, 1) for rule, limit in limits]
    return {**case, "policies": frame}


# Families that would make a change no restriction are left out: own rules may ask for more spending or capacity, and
# what is dearer counts towards spend commitments. Prices over time replace those that are raised.
WORSE: dict[str, tuple[tuple[str, ...], Change]] = {
    "a contract is dropped": ((), _dropped("contracts", 0)),
    "an outlet is dropped": ((), _dropped("outlets", 1)),
    "an on-demand offer shrinks": (("rules",), _one("on_demand", "max_accelerators", lambda old: 0.3 * old)),
    "a budget is tightened": ((), _all("budgets", "amount", lambda old: 0.9 * old)),
    "policies are stricter": ((), _stricter_policies),
    "a contract is dearer": (("rules", "commitments"), _one("contracts", "price", lambda old: 1.2 * old)),
    "prices over time rise": (("rules", "commitments", "outlets"), _all("prices", "price", lambda old: 1.1 * old)),
    "accelerators are dearer": (("rules",), _all("purchases", "unit_price", lambda old: 1.1 * old)),
    "building is dearer": (("rules",), _all("builds", "capex_per_mw", lambda old: 1.2 * old)),
    "energy is dearer": (("rules",), _all("power", "price_per_mwh", lambda old: 1.5 * old)),
    "unserved work is dearer": ((), _all("workloads", "penalty", lambda old: 1.1 * old)),
    "there is less power": ((), _all("power", "mw", lambda old: 0.8 * old)),
    "tenants pay less": (("rules",), _all("outlets", "price", lambda old: 0.9 * old)),
}


@pytest.mark.parametrize("what", WORSE)
@settings(ALWAYS_THE_SAME, max_examples=8)
@given(SEEDS)
def test_less_to_choose_from_is_never_cheaper(what: str, seed: int) -> None:
    """Tests that a plan never costs less where something is dearer or less of it can be had."""
    without, change = WORSE[what]
    case = random_frames(seed, without=without)
    worse = change(case)
    assert_at_most(planned(case).bound, planned(worse).cost)

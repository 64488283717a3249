"""Plans under uncertainty against the oracle: programs of its own, equations between scenarios, solved by SCIP."""

from __future__ import annotations

from math import inf

import pytest

import optimizer
from optimizer.generator import random_instance
from optimizer.instance.scenario_tables import with_scenarios
from optimizer.instance.scenarios import scenarios
from tests.oracle.compare import TOLERANCE, Verdict, assert_agree
from tests.oracle.tree import ask_tree
from tests.rolls import divisible

LINEAR = ("commitments", "training_runs", "clauses")  # which stay integer when all else is divisible


@pytest.mark.parametrize(
    ("seed", "linear", "listed"),
    [(0, True, False), (1, True, True), (4, True, False), (3, False, False), (6, False, True)],
)
def test_random_instances_cost_the_same(seed: int, linear: bool, listed: bool) -> None:
    """Tests LP and MIP, risks and lists of scenarios, all measures (0: regret, 1: CVaR), and one without a plan (3)."""
    instance = random_instance(seed, "tiny", LINEAR if linear else (), risks=1 + seed % 2)
    instance = divisible(instance) if linear else instance
    instance = with_scenarios(instance, scenarios(instance)).instance if listed else instance
    best: list[float] = []
    try:
        plan = optimizer.solve(instance, gap=TOLERANCE / 10, time_limit=60, threads=1)
    except optimizer.NoFeasiblePlan:
        verdict = Verdict(inf, inf, True)
    else:
        assert plan.bound is not None
        verdict = Verdict(plan.objective, plan.bound, plan.status == "optimal")
        best = plan.tables["scenarios"]["alone_bound"].tolist()
    answer = ask_tree(instance, best=best)
    status = {"infeasible": Verdict(inf, inf, True)}
    assert_agree(
        verdict, status.get(answer.status, Verdict(answer.objective, answer.bound, answer.status == "optimal"))
    )

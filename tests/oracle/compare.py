"""What a plan and the oracle say of the same instance, and how they may differ."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import optimizer
from tests.oracle import Answer, Frames, ask

SECONDS = 60.0
TOLERANCE = 1e-6  # relative
_HEAD = ("name", "months", "discount_rate", "hours_per_month", "tail_fraction")


@dataclass(frozen=True)
class Verdict:
    """Cost of the best plan found and what no plan undercuts; both are infinite where there is none."""

    cost: float
    bound: float
    proven: bool


def frames_of(instance: optimizer.Instance) -> Frames:
    """What the oracle reads of an instance."""
    head = {name: value for name, value in vars(instance.head).items() if name in _HEAD}
    tables = {name: instance.frame(name) for name, rows in instance.rows.items() if rows}
    return {"instance": {"format": 1, "start": instance.label(0), **head}, **tables}


def planned(case: Frames, *, relax: bool = False) -> Verdict:
    """What the package says; a plan that fails its audit is an error."""
    try:
        plan = optimizer.solve(optimizer.read(case), relax=relax, gap=1e-9, time_limit=SECONDS, threads=1)
    except optimizer.NoFeasiblePlan:
        return Verdict(inf, inf, True)
    except optimizer.StoppedWithoutPlan:
        return Verdict(inf, -inf, False)
    return Verdict(plan.objective, -inf if plan.bound is None else plan.bound, plan.status == "optimal")


def told(case: Frames, *, relax: bool = False) -> Verdict:
    """What the oracle says."""
    answer: Answer = ask(case, relax=relax, seconds=SECONDS)
    if answer.status == "infeasible":
        return Verdict(inf, inf, True)
    return Verdict(answer.objective, answer.bound, answer.status == "optimal")


def assert_at_most(bound: float, cost: float) -> None:
    """A bound does not exceed a cost by more than the tolerance."""
    assert bound <= cost or bound - cost <= TOLERANCE * max(abs(bound), abs(cost)), (bound, cost)


def assert_agree(one: Verdict, other: Verdict) -> None:
    """Bounds never contradict costs; where both are proven, the costs are the same."""
    assert_at_most(one.bound, other.cost)
    assert_at_most(other.bound, one.cost)
    if one.proven and other.proven:
        assert_at_most(one.cost, other.cost)
        assert_at_most(other.cost, one.cost)

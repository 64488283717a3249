"""Plans of awkward instances against the oracle, an independent reading of the format solved by SCIP."""

from __future__ import annotations

from functools import cache
from math import inf

import pytest

from tests.oracle.cases import CASES
from tests.oracle.compare import Verdict, assert_agree, assert_at_most, planned, told
from tests.oracle.frames import loosen

_NONE = {"no plan", "no start", "no refuge"}


@cache
def _told(name: str, relax: bool) -> Verdict:
    return told(CASES[name], relax=relax)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "training_runs" not in case])
def test_linear_programs_cost_the_same(name: str) -> None:
    """Tests that without whole blocks, lots and starts the least cost is that of the oracle."""
    case = loosen(CASES[name])
    assert_agree(planned(case, relax=True), told(case, relax=True))


@pytest.mark.parametrize("name", CASES)
def test_whole_plans_cost_the_same(name: str) -> None:
    """Tests that the best plan costs what the oracle says, that no bound contradicts, and where there is no plan."""
    plan, answer = planned(CASES[name]), _told(name, relax=False)
    assert_agree(plan, answer)
    assert (plan.cost == inf) == (name in _NONE)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if name not in _NONE])
def test_a_relaxation_is_a_bound(name: str) -> None:
    """Tests that the relaxation is no weaker than that of the oracle's plain formulation, and no plan undercuts it."""
    relaxed = planned(CASES[name], relax=True)
    assert_at_most(_told(name, relax=True).cost, relaxed.cost)
    assert_at_most(relaxed.bound, _told(name, relax=False).cost)

"""Random instances of which an earlier plan decided a part, against the oracle."""

from __future__ import annotations

import optimizer
from optimizer.generator import random_instance
from tests.oracle.compare import assert_agree, frames_of, planned, told


def test_rolled_instances_cost_the_same() -> None:
    """Tests that instances with all that was decided in the first months of a plan cost what the oracle says."""
    kinds = set[str]()
    for seed, months in ((2, 2), (4, 4), (7, 3), (37, 3), (59, 3), (69, 3)):
        plan = optimizer.solve(random_instance(seed), gap=1e-6, threads=1)
        case = frames_of(optimizer.roll(plan, months).instance)
        kinds |= set(case["decided"]["decision"])
        assert_agree(planned(case), told(case))
    assert kinds >= {"sign", "hand_back", "lease_out", "order_build", "buy", "commit_spend", "start_run"}

"""Months of a conflict: those in which the same requirements and limits clash."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.analysis.conflict_months import ConflictMonths
from optimizer.instance.instance import Instance
from optimizer.program.build import build
from optimizer.program.compile import compile_program
from optimizer.solver.elastic import make_elastic
from optimizer.solver.hitting_sets import find_one
from tests.program.tiny import tiny

MUST = [{"workload": "jobs", "min_service": 1}]


def months_of(instance: Instance) -> list[int]:
    """Months over which the first conflict of an instance spreads."""
    program = build(instance)
    loosened = make_elastic(program, compile_program(program))
    one = find_one(loosened, 60.0)
    assert one is not None
    return list(ConflictMonths(program, loosened).spread(one).months)


@pytest.mark.parametrize(
    ("given", "demand", "months"),
    [
        # Ten are there in all months: 20 are too many in the first two.
        ({"fleet": [{"count": 10}]}, [20, 20, 5], [0, 1]),
        ({"fleet": [{"count": 10}]}, [20, 5, 20], [0, 2]),
        # A block of ten that must start in the first month: in the second nothing limits it any more.
        ({"contracts": [{"price": 300, "term_months": 1, "max_blocks": 1, "latest": 0}]}, [20, 20], [0]),
        # Two months of it, and none in the third.
        ({"contracts": [{"price": 300, "term_months": 2, "max_blocks": 1, "latest": 0}]}, [5, 20, 0], [1]),
    ],
)
def test_a_conflict_spreads_over_the_months_in_which_its_limits_are(
    given: dict[str, Any], demand: list[float], months: list[int]
) -> None:
    """Tests months with enough, and months in which a limit of the conflict does not exist."""
    assert months_of(tiny(len(demand), {"jobs": demand}, workloads=MUST, **given)) == months

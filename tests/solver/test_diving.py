"""Diving: which columns are rounded together and which way, by hand, on programs whose optimum is a clipped point."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from optimizer.program.arrays import Arrays, Floats
from optimizer.solver.diving import Dive, dive
from tests.solver.programs import program

Verdict = Callable[[Floats, Floats], bool]  # whether a program with these bounds is infeasible


class Boxes:
    """A model whose optimum is the point between its bounds that is nearest to the relaxation; it lists the bounds."""

    def __init__(self, start: Floats, infeasible: Verdict) -> None:
        self.start, self.infeasible, self.solved = start, infeasible, list[tuple[Floats, Floats]]()
        self.arrays: Any = None

    def change(self, arrays: Arrays) -> None:
        """Take other bounds."""
        self.arrays = arrays

    def solve(self) -> Floats | None:
        """Solve, and note the bounds."""
        lower, upper = self.arrays.lower, self.arrays.upper
        self.solved.append((lower, upper))
        return None if self.infeasible(lower, upper) else np.clip(self.start, lower, upper)


def dived(
    start: list[float], upper: Any = 1, *, lower: Any = 0, integer: Any = True, infeasible: Verdict = lambda *_: False
) -> tuple[Dive, list[dict[int, str]], Boxes]:
    """Result of a dive, and what each linear program of it changes of the program's bounds."""
    count, values = len(start), np.array(start, dtype=float)
    arrays = program(np.zeros(count), np.zeros((0, count)), [], [], upper=upper)
    arrays.lower[:], arrays.integer[:] = lower, integer
    model: Any = Boxes(values, infeasible)
    found = dive(arrays, model, values, lambda _: model.solve())
    steps = []
    for low, high in model.solved:
        raised = {int(column): f">={low[column]:g}" for column in np.flatnonzero(low != arrays.lower)}
        steps.append(raised | {int(column): f"<={high[column]:g}" for column in np.flatnonzero(high != arrays.upper)})
    assert found.relaxation is values
    assert not model.arrays.integer.any()
    return found, steps, model


def test_binary_decisions_come_before_numbers_and_large_fractions_first() -> None:
    """Tests that columns with two values are rounded up one by one from the largest fraction on, others after them."""
    # The second column, from 0 to 2, and the fourth have more than two values; the last is continuous.
    found, steps, _ = dived(
        [0.5, 1.9, 3.7, 2.6, 0.99], [1, 2, 4, 9, 1], lower=[0, 0, 3, 0, 0], integer=[True, True, True, True, False]
    )
    assert steps == [
        {2: ">=4"},
        {2: ">=4", 0: ">=1"},
        {2: ">=4", 0: ">=1", 1: ">=2"},
        {2: ">=4", 0: ">=1", 1: ">=2", 3: ">=3"},
    ]
    assert found.values is not None
    assert found.values.tolist() == [1, 2, 4, 3, 0.99]
    assert found.lower.tolist() == [1, 2, 4, 3, 0]
    assert found.upper.tolist() == [1, 2, 4, 9, 1]
    assert found.stuck.tolist() == []


def test_all_that_are_nearly_up_are_rounded_together() -> None:
    """Tests that fractions from 0.8 on are rounded at once, and integral values up to 1e-6 not at all."""
    found, steps, _ = dived([0.8, 0.79, 0.9, 5e-7, 1 - 5e-7, 2e-6])
    assert steps == [{0: ">=1", 2: ">=1"}, {0: ">=1", 1: ">=1", 2: ">=1"}, {0: ">=1", 1: ">=1", 2: ">=1", 5: ">=1"}]
    assert found.values is not None
    assert found.values.tolist() == [1, 1, 1, 5e-7, 1 - 5e-7, 1]


@pytest.mark.parametrize(("columns", "first"), [(20, 1), (21, 2), (40, 2), (41, 3)])
def test_a_twentieth_of_the_fractional_columns_is_rounded_at_once(columns: int, first: int) -> None:
    """Tests how many of equal fractions are rounded in the first batch: those with the lowest numbers."""
    _, steps, _ = dived([0.5] * columns)
    assert steps[0] == dict.fromkeys(range(first), ">=1")
    assert len(steps[1]) == first + max(1, -((first - columns) // 20))


def test_an_infeasible_batch_is_rounded_one_by_one_and_the_rest_in_batches_again() -> None:
    """Tests that three which cannot be up together are tried alone, the last of them then down."""

    def clash(lower: Floats, _: Floats) -> bool:
        return bool(lower[:3].sum() > 2)

    found, steps, _ = dived([0.8, 0.85, 0.9, 0.2, 0.3], infeasible=clash)
    assert steps == [
        {0: ">=1", 1: ">=1", 2: ">=1"},  # infeasible
        {2: ">=1"},
        {2: ">=1", 1: ">=1"},
        {2: ">=1", 1: ">=1", 0: ">=1"},  # infeasible
        {2: ">=1", 1: ">=1", 0: "<=0"},
        {2: ">=1", 1: ">=1", 0: "<=0", 4: ">=1"},
        {2: ">=1", 1: ">=1", 0: "<=0", 4: ">=1", 3: ">=1"},
    ]
    assert found.values is not None
    assert found.values.tolist() == [0, 1, 1, 1, 1]
    assert found.upper.tolist() == [0, 1, 1, 1, 1]


def test_after_single_columns_batches_are_tried_again() -> None:
    """Tests that after an infeasible batch of two, two columns are rounded alone, and then two together."""
    # The last three have more than two values: they come last.
    _, steps, _ = dived(
        [0.9, 0.8, 2.9, 2.81, 2.85], upper=[1, 1, 5, 5, 5], infeasible=lambda lower, _: bool(lower[:2].sum() > 1)
    )
    assert steps == [
        {0: ">=1", 1: ">=1"},  # infeasible
        {0: ">=1"},
        {0: ">=1", 1: ">=1"},  # infeasible
        {0: ">=1", 1: "<=0"},
        {0: ">=1", 1: "<=0", 2: ">=3", 3: ">=3", 4: ">=3"},
    ]


def test_a_dive_that_is_infeasible_both_ways_returns_where_it_is_stuck() -> None:
    """Tests that the bounds of the last feasible program are returned, with the columns that are fractional there."""
    found, steps, model = dived([0.7, 0.4, 0.3], infeasible=lambda lower, upper: bool(lower[1] == 1 or upper[1] == 0))
    assert steps == [{0: ">=1"}, {0: ">=1", 1: ">=1"}, {0: ">=1", 1: "<=0"}]
    assert found.values is None
    assert found.stuck.tolist() == [1, 2]
    assert found.lower.tolist() == [1, 0, 0]
    assert found.upper.tolist() == [1, 1, 1]
    assert model.arrays.lower.tolist() == [1, 0, 0]  # the model stays at the last feasible program
    assert model.arrays.upper.tolist() == [1, 1, 1]


def test_a_dive_gives_up_after_many_setbacks() -> None:
    """Tests that the 301st program that is infeasible with columns rounded up ends the dive, although down works."""
    found, steps, _ = dived([0.5] * 310, infeasible=lambda lower, _: bool(lower.any()))
    up = ">=1"
    assert sum(up in step.values() for step in steps) == 301
    assert found.values is None
    # Each batch of a twentieth fails as such, then by its members: 300 of these programs round 265 columns down.
    assert found.stuck.tolist() == list(range(265, 310))

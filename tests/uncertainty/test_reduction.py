"""Scenario reduction: which scenarios are kept, with which probabilities, and how far the others are away."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from optimizer.instance.scenario import Outcome, Scenario
from optimizer.uncertainty.reduction import distances, reduce_scenarios
from tests.program.tiny import tiny


def demands(*sizes: float) -> list[Scenario]:
    """Scenarios of one month with so much demand, likely as 4 : 4 : 2."""
    chances = (0.4, 0.4, 0.2)
    return [
        Scenario(f"s{place}", chance, "", (Outcome("", f"s{place}"),), tiny(1, {"jobs": [size]}, fleet=[{"count": 5}]))
        for place, (size, chance) in enumerate(zip(sizes, chances, strict=True))
    ]


def test_the_nearest_scenario_takes_the_probability() -> None:
    """Tests demands of 10, 11 and 20, over the largest of 20: 0.05, 0.5 and 0.45 from one another.

    The best single one is 11: 0.4 x 0.05 + 0.2 x 0.45 = 0.11. With 20 too, 0.4 x 0.05 = 0.02 is left; with 10, 0.09.
    """
    every = demands(10, 11, 20)
    assert distances([one.instance for one in every])[0].tolist() == pytest.approx([0, 0.05, 0.5])
    one, two = reduce_scenarios(every, 1), reduce_scenarios(every, 2)
    assert {kept.name: kept.probability for kept in one.scenarios} == pytest.approx({"s1": 1})
    assert {kept.name: kept.probability for kept in two.scenarios} == pytest.approx({"s1": 0.8, "s2": 0.2})
    assert [one.distance, two.distance] == pytest.approx([0.11, 0.02])
    assert two.relative == pytest.approx(0.02 / 0.11)


def test_nothing_is_lost_where_all_are_kept() -> None:
    """Tests that as many as there are, or more, are all kept at a distance of 0, equal ones once each."""
    for count in (3, 9):
        found = reduce_scenarios(demands(10, 10, 20), count)
        assert [kept.probability for kept in found.scenarios] == [0.4, 0.4, 0.2]
        assert found.distance == 0


def test_forward_selection_adds_the_best_scenario_each_time() -> None:
    """Tests each step against all choices of the next scenario, on series of several months."""
    random = np.random.default_rng(5)
    series = random.integers(1, 100, size=(6, 4)).astype(float)
    every = [
        Scenario(f"s{i}", 1 / 6, "", (Outcome("", f"s{i}"),), tiny(4, {"jobs": list(one)}, fleet=[{"count": 5}]))
        for i, one in enumerate(series)
    ]
    away = (np.abs(series[:, None] - series) / series.max(axis=0)).sum(axis=2)  # each month over its largest

    def distance(kept: set[str]) -> float:
        return float(away[:, [int(name[1:]) for name in kept]].min(axis=1).mean())

    before: set[str] = set()
    for count in range(1, 6):
        found = reduce_scenarios(every, count)
        kept = {one.name for one in found.scenarios}
        assert found.distance == pytest.approx(distance(kept))
        assert found.distance == pytest.approx(min(distance(before | {f"s{i}"}) for i in range(6)))
        before = kept
    assert distance(before) <= max(distance(set(some)) for some in combinations([one.name for one in every], 5))

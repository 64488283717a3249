"""Shadow prices of own rules: sides and rounding."""

from __future__ import annotations

import math

import numpy as np
import pytest

from optimizer.solver.rule_prices import _price, _rounded


@pytest.mark.parametrize(
    ("price", "penalty", "expected"),
    [
        (0.7350051, 0.735, 0.735),  # noise of 7e-6
        (-0.7350051, 0.735, -0.735),
        (0.7349, 0.735, 0.7349),  # below it a price stays
        (0.74, 0.735, 0.74),  # above noise it is another figure, which the audit refuses
        (5.0, math.inf, 5.0),  # a hard rule
        (1e-9, 0.0, 1e-9),
        (0.0, 0.0, 0.0),
    ],
)
def test_noise_does_not_lift_a_price_above_the_penalty(price: float, penalty: float, expected: float) -> None:
    """Tests prices near the penalty of a soft rule, which no price exceeds."""
    assert _rounded(price, penalty) == expected


@pytest.mark.parametrize(
    ("sense", "more", "less", "price"),
    [
        # Costs of a unit more and of a unit less of the right-hand side.
        ("<=", -2.0, 5.0, -2.0),  # more room saves 2, less costs 5: the side that loosens the rule counts
        ("<=", 0.0, 5.0, 0.0),
        ("<=", 1e-9, 5.0, 0.0),  # noise: more room cannot cost
        (">=", 5.0, -3.0, 3.0),
        (">=", 5.0, 0.0, 0.0),
        (">=", 5.0, 1e-9, 0.0),
        ("=", 4.0, -1.0, 4.0),
        ("=", -4.0, 6.0, -4.0),
        ("=", math.inf, -3.0, 3.0),  # nothing is feasible with more: a little less counts
        ("=", math.inf, math.inf, 0.0),
    ],
)
def test_the_price_is_that_of_the_side_that_loosens_the_rule(
    sense: str, more: float, less: float, price: float
) -> None:
    """Tests prices of each sense from the changes of the cost on both sides."""
    assert _price(sense, np.array([more, less])) == price

"""Shadow prices of own rules: rounding."""

from __future__ import annotations

import math

import pytest

from optimizer.solver.rule_prices import _rounded


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

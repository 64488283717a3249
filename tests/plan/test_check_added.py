"""Violations of constraints that were added to a program, as the audit of the plan names them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from optimizer.plan.check_added import _violation

INF = float("inf")


def violated(low: float, high: float, value: float, *, constant: float = 0.0, scale: float = 1.0) -> Any:
    """What is found wrong with ``low <= 2 x - 2 y <= high`` where x has a value and y is 1."""
    row = SimpleNamespace(coefficients=[2.0, -2.0], columns=[0, 1], low=low, high=high)
    scaled = SimpleNamespace(row=row, constant=constant, scale=scale)
    return _violation(cast(Any, SimpleNamespace(name="mine")), cast(Any, scaled), np.array([value, 1.0]))


@pytest.mark.parametrize(
    ("low", "high", "value", "found", "wanted"),
    [
        (-INF, 10.0, 7.0, "it comes to 12", "at most 10 allowed"),
        (10.0, INF, 5.0, "it comes to 8", "at least 10 required"),
        (10.0, 10.0, 7.0, "it comes to 12", "at most 10 allowed"),
        # To seven digits.
        (-INF, 0.1, 1.0617283945, "it comes to 0.1234568", "at most 0.1 allowed"),
        (0.123456789, INF, 1.05, "it comes to 0.1", "at least 0.1234568 required"),
    ],
)
def test_a_violation_names_both_figures(low: float, high: float, value: float, found: str, wanted: str) -> None:
    """Tests either side, and figures of six digits."""
    one = violated(low, high, value)
    assert (one.item, one.month, one.found, one.allowed) == ("mine", "", found, wanted)


def test_figures_are_in_the_planners_units() -> None:
    """Tests that a constant is taken out and the scale multiplied in: (12 - 2) x 50 against (10 - 2) x 50."""
    one = violated(-INF, 10.0, 7.0, constant=2.0, scale=50.0)
    assert (one.found, one.allowed) == ("it comes to 500", "at most 400 allowed")


def test_rounding_is_no_violation() -> None:
    """Tests a millionth of 1 and of the sizes of the terms: 1 + 12 + 2 is 15."""
    assert violated(-INF, 10.0, 6.0 + 0.5 * 13e-6) is None
    assert violated(-INF, 10.0, 6.0 + 0.5 * 17e-6) is not None
    assert violated(10.0, INF, 6.0 - 0.5 * 13e-6) is None
    assert violated(10.0, INF, 6.0 - 0.5 * 17e-6) is not None

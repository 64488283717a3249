"""Answers of jobs as tables of a page."""

from __future__ import annotations

from optimizer.service.answers import grid


def test_columns_keep_their_order_and_empty_ones_are_left_out() -> None:
    """Tests that a column without a value in the first row stays in its place."""
    found = grid("Money", [{"party": "", "none": None, "cost": 1.0}, {"party": "landlord", "none": "", "cost": 2.0}])
    assert (found.columns, found.rows, found.count) == (["party", "cost"], [["", 1.0], ["landlord", 2.0]], 2)

"""Bars of the chart of decisions: which blocks stay from when to when."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from optimizer.report.chart_decisions import _most_at_once, _stays, _title
from tests.report.plans import small_plan


def lane(*rows: tuple[str, float, str, str]) -> Any:
    """Decisions on one item: what, blocks, first and last month."""
    keys = ("decision", "blocks", "starts", "ends")
    return SimpleNamespace(every=[dict(zip(keys, row, strict=True)) for row in rows])


@pytest.mark.parametrize(
    ("rows", "carried", "stays"),
    [
        # A term has its own end.
        ([("sign", 2, "2026-01", "2026-06")], [], [("2026-01", "2026-06", 2)]),
        # What is handed back ends the oldest blocks first.
        ([("sign", 2, "2026-01", ""), ("hand_back", 2, "", "2026-05")], [], [("2026-01", "2026-05", 2)]),
        # Of three, one is handed back, and two stay.
        (
            [("sign", 3, "2026-01", ""), ("hand_back", 1, "", "2026-05")],
            [],
            [("2026-01", "2026-05", 1), ("2026-01", "", 2)],
        ),
        # Three handed back at once end two older blocks and one of two younger ones, of which one stays.
        (
            [("sign", 2, "2026-01", ""), ("sign", 2, "2026-03", ""), ("hand_back", 3, "", "2026-05")],
            [],
            [("2026-01", "2026-05", 2), ("2026-03", "2026-05", 1), ("2026-03", "", 1)],
        ),
        # What was agreed before comes first, whatever was signed since.
        (
            [("sign", 1, "2026-02", ""), ("hand_back", 1, "", "2026-05"), ("hand_back", 1, "", "2026-07")],
            [("2025-09", "", 1)],
            [("2025-09", "2026-05", 1), ("2026-02", "2026-07", 1)],
        ),
        # Blocks agreed for a later month are younger, and so are rows that begin later, wherever they stand.
        (
            [("sign", 1, "2026-03", ""), ("sign", 1, "2026-02", ""), ("hand_back", 1, "", "2026-05")],
            [("2026-06", "", 1)],
            [("2026-02", "2026-05", 1), ("2026-03", "", 1), ("2026-06", "", 1)],
        ),
        ([], [("2025-09", "2026-02", 4)], [("2025-09", "2026-02", 4)]),
        ([], [], []),
    ],
)
def test_blocks_end_oldest_first(
    rows: list[tuple[str, float, str, str]],
    carried: list[tuple[str, str, float]],
    stays: list[tuple[str, str, float]],
) -> None:
    """Tests terms, hand-backs in part and across signatures, and what was agreed before the plan."""
    assert _stays(lane(*rows), carried) == stays


@pytest.mark.parametrize(
    ("stays", "most"),
    [
        ([], 0),
        ([("2026-01", "2026-03", 2), ("2026-03", "2026-04", 1)], 3),  # both in March
        ([("2026-01", "2026-02", 2), ("2026-03", "2026-04", 1)], 2),
        ([("2026-01", "", 2), ("2026-03", "", 1)], 3),
    ],
)
def test_blocks_of_the_same_month_are_added(stays: list[tuple[str, str, float]], most: float) -> None:
    """Tests stays that meet in a month, follow one another, and have no end."""
    assert _most_at_once(stays) == most


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        (0, "There is nothing to decide in this plan."),
        (1, "1 decision to take; the largest commits 3.6 M EUR: fixed in Feb 2026."),
        (2, "2 decisions to take; the largest commits 3.6 M EUR: fixed in Feb 2026."),
    ],
)
def test_the_title_counts_decisions(rows: int, title: str) -> None:
    """Tests none, one and several decisions."""
    plan = small_plan()
    acts = plan.decisions[plan.decisions["decision"].isin(["sign"])].head(rows)
    plan.tables["decisions"] = acts
    assert _title(plan) == title


def test_the_title_says_what_the_largest_earns_or_that_none_commits() -> None:
    """Tests an outlet, and runs alone."""
    plan = small_plan()
    every = plan.decisions
    plan.tables["decisions"] = every[every["decision"] == "lease_out"]
    assert _title(plan) == "1 decision to take; the largest earns 600 k EUR: space in May 2026."
    plan.tables["decisions"] = every[every["decision"] == "start_run"]
    assert _title(plan) == "1 decision to take; none of them commits money."

"""Widths of the columns of tables on a terminal; titles of training runs; months of rules that bind."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from optimizer.report.section_rules import _when
from optimizer.report.terminal import _LEAST, _widths


def columns(*sizes: tuple[int, int, int, bool]) -> Any:
    """Columns by their least, wanted and full width, and whether they fold."""
    keys = ("least", "wanted", "full", "fold")
    return [SimpleNamespace(**dict(zip(keys, size, strict=True))) for size in sizes]


@pytest.mark.parametrize(
    ("sizes", "room", "widths"),
    [
        ([(5, 8, 20, True), (4, 4, 4, False)], 99, [20, 4]),
        ([(5, 8, 20, True), (4, 4, 4, False)], 24, [20, 4]),
        ([(5, 8, 20, True), (4, 4, 4, False)], 15, [11, 4]),
        ([(5, 8, 20, True), (4, 4, 4, False)], 11, [7, 4]),
        # What both want comes before all of the first.
        ([(5, 8, 20, True), (5, 9, 20, True)], 18, [9, 9]),
        ([(5, 8, 20, True), (5, 9, 20, True)], 30, [20, 10]),
        # What lacks is taken from the widest that folds.
        ([(20, 20, 20, True), (16, 16, 16, True), (9, 9, 9, False)], 41, [16, 16, 9]),
        ([(20, 20, 20, True), (16, 16, 16, True), (9, 9, 9, False)], 40, [15, 16, 9]),
        ([(20, 20, 20, False), (16, 16, 16, True)], 30, [20, 10]),
        ([(20, 20, 20, False), (9, 9, 9, False)], 10, [20, 9]),
        ([(20, 20, 20, True)], 1, [_LEAST]),
    ],
)
def test_columns_share_the_room(sizes: list[tuple[int, int, int, bool]], room: int, widths: list[int]) -> None:
    """Tests room in plenty, room that is left, and room that lacks."""
    assert _widths(columns(*sizes), room) == widths


@pytest.mark.parametrize(
    ("months", "text"),
    [
        ([], ""),
        (["2026-03"], "2026-03"),
        (["2026-05", "2026-03"], "2 months, 2026-03 to 2026-05"),
        (["2026-05", "2026-03", "2026-04"], "3 months, 2026-03 to 2026-05"),
    ],
)
def test_binding_months_are_counted_with_their_ends(months: list[str], text: str) -> None:
    """Tests none, one and several months, in any order."""
    assert _when(pd.DataFrame({"month": months})) == text

"""Hand-backs of earlier versions, which carried the first month without the blocks, are dated by their notice."""

from __future__ import annotations

import pytest

from optimizer.plan.hand_backs import by_notice
from optimizer.plan.tables import make_table
from tests.program.tiny import tiny

INSTANCE = tiny(
    8,
    {"jobs": [0]},
    contracts=[{"price": 1, "min_term_months": 1, "notice_months": 3}],
    outlets=[{"price": 1, "min_term_months": 1, "accelerators_per_block": 5}],
)
Row = tuple[str, str, str, str]  # month, decision, item, ends


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # The first month without is June: notice of three months is given in March, of none in the month before.
        ([("2030-06", "hand_back", "lease", "2030-05")], ["2030-03"]),
        ([("2030-06", "take_back", "let", "2030-05")], ["2030-05"]),
        ([("2031-01", "hand_back", "lease", "2030-12")], ["2030-10"]),
        # Not one that follows its end, so a decision of this version.
        ([("2030-03", "hand_back", "lease", "2030-05")], ["2030-03"]),
        ([("2030-05", "hand_back", "lease", "2030-05")], ["2030-05"]),
        ([("2030-07", "hand_back", "lease", "2030-05")], ["2030-07"]),
        # Others, and what is not understood, stay.
        ([("2030-06", "expire", "lease", "2030-05")], ["2030-06"]),
        ([("2030-06", "hand_back", "nobody", "2030-05")], ["2030-06"]),
        ([("2030-06", "hand_back", "lease", "")], ["2030-06"]),
        ([("2030-06", "hand_back", "lease", "2030-5")], ["2030-06"]),
        ([], []),
    ],
)
def test_a_month_that_follows_its_end_is_that_without_the_blocks(rows: list[Row], expected: list[str]) -> None:
    """Tests months across the turn of a year, both kinds of hand-backs, and rows that stay as they are."""
    table = make_table("decisions", [(*row[:3], "cloud", 1, 10, 0, "", row[3], 0) for row in rows])
    found = by_notice(table, INSTANCE)
    assert found["month"].tolist() == expected
    assert (found is table) is (expected == [row[0] for row in rows])


def test_decisions_are_sorted_again() -> None:
    """Tests that a hand-back moves before what is decided between, and that other rows keep their order and cells."""
    rows = [("2030-04", "sign", "lease", ""), ("2030-04", "buy", "x", ""), ("2030-06", "hand_back", "lease", "2030-05")]
    table = make_table("decisions", [(*row[:3], "cloud", n, 10, 0, "", row[3], 0) for n, row in enumerate(rows)])
    found = by_notice(table, INSTANCE)
    assert found[["month", "decision", "blocks"]].to_numpy().tolist() == [
        ["2030-03", "hand_back", 2],
        ["2030-04", "sign", 0],
        ["2030-04", "buy", 1],
    ]
    assert found.index.tolist() == [0, 1, 2]

"""Fixed decisions as bounds and rows of the program, and what they are called."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import optimizer
from optimizer.errors import FixingError
from optimizer.program.compile import compile_program
from optimizer.program.fixings import Fixing, apply_fixings, merge_fixings, parse_fixing
from tests.program.tiny import tiny

INF = float("inf")

# Four months. A lease of two months is signed a month before it starts; an open one is left by notice of two months.
PROGRAM = optimizer.build(
    tiny(
        4,
        {"jobs": [5]},
        contracts=[
            {"price": 1, "term_months": 2, "lead_months": 1, "max_blocks": 3},
            {"contract": "open", "price": 1, "min_term_months": 1, "notice_months": 2, "max_blocks": 3},
        ],
        purchases=[{"unit_price": 1, "lot_size": 5, "latest": 1}],
    )
)
ARRAYS = compile_program(PROGRAM)
Key = tuple[str, tuple[str, int]]  # family and key of a column


def _started(*months: int, item: str = "lease") -> list[Key]:
    return [("started", (item, t)) for t in months]


def _in_force(*months: int, item: str = "lease") -> list[Key]:
    return [("in_force", (item, t)) for t in months]


def _bounds(*fixings: Fixing) -> dict[Any, tuple[float, float]]:
    """Columns with other bounds than before."""
    found = apply_fixings(PROGRAM, ARRAYS, fixings)
    moved = (found.lower != ARRAYS.lower) | (found.upper != ARRAYS.upper)
    return {ARRAYS.columns[at]: (float(found.lower[at]), float(found.upper[at])) for at in np.flatnonzero(moved)}


def _rows(*fixings: Fixing) -> list[tuple[str, list[Any], float, float]]:
    """Rows that were added: what they are called, the columns they sum, and their sides."""
    found, first = apply_fixings(PROGRAM, ARRAYS, fixings), len(ARRAYS.rows)
    summed: dict[int, list[Any]] = {row: [] for row in range(first, len(found.rows))}
    for row, column, value in zip(
        found.indices.tolist(), found.term_columns.tolist(), found.values.tolist(), strict=True
    ):
        if row >= first:
            assert value == 1
            summed[row].append(found.columns[column])
    sides = zip(found.row_lower[first:].tolist(), found.row_upper[first:].tolist(), strict=True)
    return [(found.rows[row], summed[row], *side) for row, side in zip(summed, sides, strict=True)]


BOUNDS: list[tuple[Fixing, list[Key], float, float]] = [
    (Fixing("forbid", "", "lease"), _started(1, 2, 3), 0, 0),
    (Fixing("forbid", "sign", "lease", "2030-02"), _started(2), 0, 0),  # decided in February, it starts in March
    (Fixing("forbid", "", "lease", "2030-04"), [], 0, 0),  # it could not start in the plan anyway
    (Fixing("force", "", "lease", "2030-02", 2), _started(2), 2, 2),
    (Fixing("force", "", "lease", "2030-02", 0), _started(2), 0, 0),
    (Fixing("force", "hand_back", "open", "2030-02", 1), [("ended", ("open", 3))], 1, 1),  # gone in April
    (Fixing("end", "", "lease", "2030-03"), _in_force(2, 3), 0, 0),
    (Fixing("end", "", "lease", "2030-03", 1), _in_force(2, 3), 0, 1),
    (Fixing("keep", "", "open", "2030-03", 2), _in_force(2, item="open"), 2, 3),
    (Fixing("forbid", "buy", "buy"), [("bought", ("buy", t)) for t in (0, 1)], 0, 0),
]


@pytest.mark.parametrize(("fixing", "columns", "low", "high"), BOUNDS)
def test_bounds(fixing: Fixing, columns: list[Key], low: float, high: float) -> None:
    """Tests decisions forbidden, with a number of blocks, ended and kept."""
    assert _bounds(fixing) == dict.fromkeys(columns, (low, high))
    assert _rows(fixing) == []


ROWS: list[tuple[Fixing, str, list[Key], float, float]] = [
    (Fixing("force", "", "lease"), "force lease", _started(1, 2, 3), 1, INF),
    (Fixing("force", "sign", "lease", "2030-02"), "force sign:lease@2030-02", _started(2), 1, INF),
    (Fixing("delay", "", "lease", "2030-02"), "delay lease@2030-02", _started(1, 2), -INF, 0),
    (Fixing("delay", "", "lease", "2030-02", 2), "delay lease@2030-02=2", _started(1, 2), -INF, 2),
]


@pytest.mark.parametrize(("fixing", "says", "columns", "least", "most"), ROWS)
def test_rows(fixing: Fixing, says: str, columns: list[Key], least: float, most: float) -> None:
    """Tests decisions of which some must be made, or no more than so many by a month."""
    assert _rows(fixing) == [(says, columns, least, most)]
    assert _bounds(fixing) == {}


def test_fixings_are_applied_together() -> None:
    """Tests two rows and the tighter of two bounds."""
    every = [Fixing("end", "", "open", "2030-02", 2), Fixing("end", "", "open", "2030-03", 1), ROWS[0][0], ROWS[1][0]]
    assert _bounds(*every) == {
        ("in_force", ("open", 1)): (0, 2),
        **dict.fromkeys(_in_force(2, 3, item="open"), (0, 1)),
    }
    assert _rows(*every) == [row[1:] for row in ROWS[:2]]


@pytest.mark.parametrize(
    ("fixing", "text"),
    [
        (
            Fixing("force", "", "lease", "2030-04"),
            "force lease@2030-04: not possible then; possible from 2030-01 to 2030-03",
        ),
        (
            Fixing("force", "", "buy", "2030-03"),
            "force buy@2030-03: not possible then; possible from 2030-01 to 2030-02",
        ),
        (Fixing("force", "", "open", "", 2), "a number of blocks needs one month"),
        (Fixing("force", "", "leese"), "there is no such item to decide on. Did you mean"),
        (Fixing("end", "", "buy", "2030-02"), "no contract or outlet is called 'buy'"),
    ],
)
def test_what_cannot_be_fixed(fixing: Fixing, text: str) -> None:
    """Tests months that are impossible, unknown items and what is no agreement."""
    with pytest.raises(FixingError) as caught:
        apply_fixings(PROGRAM, ARRAYS, [fixing])
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "text", "fixing"),
    [
        ("force", "sign:bridge@2027-03", Fixing("force", "sign", "bridge", "2027-03")),
        ("force", " bridge ", Fixing("force", "", "bridge")),
        ("force", "bridge@2027-03=4", Fixing("force", "", "bridge", "2027-03", 4.0)),
        ("force", "bridge@2027-03=2.5", Fixing("force", "", "bridge", "2027-03", 2.5)),
        ("end", "bridge@2027-03=0", Fixing("end", "", "bridge", "2027-03", 0.0)),
    ],
)
def test_fixings_are_read_as_they_are_written(kind: str, text: str, fixing: Fixing) -> None:
    """Tests decision, item, month and blocks, there and back."""
    assert parse_fixing(kind, text) == fixing
    assert str(fixing) == f"{kind} {text.strip()}"


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        ("force", "sing:bridge", "no decision is called 'sing'. Did you mean"),
        ("force", "", "is nothing to force"),
        ("end", "bridge", "is nothing to end"),
        ("forbid", "bridge@2027-03=4", "what is forbidden has no number of blocks; leave out =4"),
    ],
)
def test_what_is_no_fixing(kind: str, text: str, why: str) -> None:
    """Tests unknown decisions, missing parts, and blocks where they have no meaning."""
    with pytest.raises(FixingError) as caught:
        parse_fixing(kind, text)
    assert why in str(caught.value)


def test_new_fixings_replace_those_of_the_same_item() -> None:
    """Tests that all earlier ones of an item go, and others stay in front."""
    a, b, more = (Fixing("force", "", item) for item in ("a", "b", "a"))
    assert merge_fixings([a, Fixing("end", "", "a", "2030-02"), b], [more]) == [b, more]
    assert merge_fixings([a, b], []) == [a, b]

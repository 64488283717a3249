"""Signatures and hand-backs from before the plan, at both sides of every limit, with their texts: from 2030-01 on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.instance.fault_texts import texts_if_any
from tests.program.tiny import frames

Row = dict[str, Any]
FIXED = {"contract": "fixed", "price": 9, "term_months": 6, "max_blocks": 4}
OPEN = {"contract": "open", "price": 9, "min_term_months": 3, "notice_months": 2, "max_blocks": 4}
SPACE = {
    "contract": "grid", "price": 9, "term_months": 6, "supplies": "mw", "site": "hall", "mw_per_block": 1,
    "region": None, "accelerator": None, "accelerators_per_block": None,
}  # fmt: skip
OTHER = {"contract": "other", "price": 9, "term_months": 9, "max_blocks": 1}
PLAIN = {"decision": "sign", "item": "other", "month": -1, "blocks": 1}  # of another contract, before all that follow


def _found(item: Row, *rows: Row) -> list[str]:
    """Errors of rows about a contract, after one about another, or else warnings, which begin with ``!``."""
    given = {"contracts": [OTHER, item], "fleet": [{"count": 9}]}
    decided = [PLAIN, *({"item": item["contract"], "decision": "sign", "blocks": 1, **row} for row in rows)]
    return texts_if_any(frames(12, {"jobs": [1]}, decided=decided, **given), "decided")


def _at(row: int, column: str, problem: str) -> list[str]:
    return [f"decided, row {row}, column {column}: {problem}"]


def _early(signed: str, soonest: str) -> list[str]:
    problem = f"signed in {signed}, 'fixed' starts in {soonest} at the earliest, by its lead_months. "
    return _at(2, "starts", f"{problem}Correct one of them.")


def _long(name: str, term: str, first: str, last: str) -> list[str]:
    problem = f"its {term} from {first} on end later than ends_by of '{name}', {last}. Correct one of them."
    return _at(2, "starts", problem)


def _follows(name: str, ends: str, counts: str) -> list[str]:
    problem = f"{ends} does not follow from the first month and the term of '{name}'; {counts}. Leave it blank."
    return [f"!{text}" for text in _at(2, "ends", problem)]


SIGNED: list[tuple[Row, Row, list[str]]] = [
    # Six months from month -2, or 3, end with month 3, or 8; a terminable one has no end.
    (FIXED, {"month": -2, "ends": 3}, []),
    (FIXED, {"month": -2, "ends": 4}, _follows("fixed", "2030-05", "2030-04 counts")),
    (FIXED, {"month": -2, "ends": 2}, _follows("fixed", "2030-03", "2030-04 counts")),
    (FIXED, {"month": -2, "starts": 3, "ends": 8}, []),
    (FIXED, {"month": -2, "starts": 3, "ends": 9}, _follows("fixed", "2030-10", "2030-09 counts")),
    ({**FIXED, "lead_months": 4}, {"month": -2, "ends": 7}, []),
    (OPEN, {"month": -2, "ends": 0}, _follows("open", "2030-01", "it has none")),
    # Signed in 2029-11 with a lead of five months, it starts in month 3 or later; what runs already may run.
    ({**FIXED, "lead_months": 5}, {"month": -2}, []),
    ({**FIXED, "lead_months": 5}, {"month": -2, "starts": 3}, []),
    ({**FIXED, "lead_months": 5}, {"month": -2, "starts": 2}, _early("2029-11", "2030-04")),
    ({**FIXED, "lead_months": 5}, {"month": -2, "starts": 0}, _early("2029-11", "2030-04")),
    ({**FIXED, "lead_months": 5}, {"month": -2, "starts": -1}, []),
    # Six months from month 3 are over with month 8; three from month -2 with month 0; a term of none is a month.
    ({**FIXED, "ends_by": 8}, {"month": -2, "starts": 3}, []),
    ({**FIXED, "ends_by": 7}, {"month": -2, "starts": 3}, _long("fixed", "6 months", "2030-04", "2030-08")),
    ({**OPEN, "ends_by": 0}, {"month": -2}, []),
    ({**OPEN, "ends_by": -1}, {"month": -2}, _long("open", "3 months", "2029-11", "2029-12")),
    ({**OPEN, "ends_by": 4, "min_term_months": 0}, {"month": -2, "starts": 4}, []),
    (
        {**OPEN, "ends_by": 3, "min_term_months": 0},
        {"month": -2, "starts": 4},
        _long("open", "0 months", "2030-05", "2030-04"),
    ),
    (
        {**OPEN, "ends_by": 3, "min_term_months": 1},
        {"month": -2, "starts": 4},
        _long("open", "1 month", "2030-05", "2030-04"),
    ),
    ({**FIXED, "min_blocks": 2}, {"month": -2, "blocks": 2}, []),
    ({**FIXED, "min_blocks": 2, "integer": False}, {"month": -2, "blocks": 2 - 1e-6}, []),
    (
        {**FIXED, "min_blocks": 2.5, "integer": False},
        {"month": -2, "blocks": 2.25},
        _at(2, "blocks", "2.25 are fewer than min_blocks of 'fixed', 2.5. Correct one of them."),
    ),
    (
        {**FIXED, "committed_blocks": 0, "earliest": 1},
        {"month": -2},
        _at(
            2,
            "item",
            "committed_blocks of 'fixed' are all its blocks. Leave committed_blocks blank, or remove the row.",
        ),
    ),
    (FIXED, {"month": -2, "price": 0}, []),
    (
        OPEN,
        {"month": -2, "price": 0},
        _at(2, "price", "'open' is terminable and paid at the price of each month. Leave it blank."),
    ),
    (SPACE, {"month": -2, "price": 7}, []),
    ({**SPACE, "minimum_take": 0.9}, {"month": -2}, []),
    (
        {**SPACE, "minimum_take": 0.9},
        {"month": -2, "price": 7},
        _at(2, "price", "'grid' has a minimum_take below 1 and is paid at the price of each month. Leave it blank."),
    ),
    (FIXED, {"month": -2, "pool": "x"}, _at(2, "pool", "sign has no pool. Leave it blank.")),
    (FIXED, {"month": -2, "spent": 3}, _at(2, "spent", "sign has no spent. Leave it blank.")),
]


@pytest.mark.parametrize(("item", "row", "expected"), SIGNED)
def test_signatures(item: Row, row: Row, expected: list[str]) -> None:
    """Tests months, blocks and prices of a signature."""
    assert _found(item, row) == expected


BACK = {"decision": "hand_back", "month": -2}
SIGN = {"month": -9}


def _noticed(until: str) -> list[str]:
    problem = f"after notice in 2029-11 blocks of 'open' stay until {until} at the earliest. Correct one of them."
    return _at(3, "ends", problem)


@pytest.mark.parametrize(
    ("item", "row", "expected"),
    [
        # Notice of two months in 2029-11: the first month without is 2030-01, or later where so agreed.
        (OPEN, {}, []),
        (OPEN, {"ends": -1}, []),
        (OPEN, {"ends": 4}, []),
        (OPEN, {"ends": -2}, _noticed("2029-12")),
        ({**OPEN, "notice_months": 5}, {"ends": 2}, []),
        ({**OPEN, "notice_months": 5}, {"ends": 1}, _noticed("2030-03")),
        ({**OPEN, "notice_months": 0}, {"ends": -2}, []),
        ({**OPEN, "notice_months": 0}, {"ends": -3}, _noticed("2029-11")),
        (OPEN, {"starts": -1}, _at(3, "starts", "hand_back has no starts. Leave it blank.")),
        (OPEN, {"price": 2}, _at(3, "price", "hand_back has no price. Leave it blank.")),
        (OPEN, {"pool": "x"}, _at(3, "pool", "hand_back has no pool. Leave it blank.")),
        (OPEN, {"spent": 2}, _at(3, "spent", "hand_back has no spent. Leave it blank.")),
        (
            {**FIXED, "contract": "open"},
            {"ends": -7},
            _at(3, "decision", "'open' has a fixed term, which nothing ends early. Remove the row."),
        ),
        ({**OPEN, "ends_by": 0}, {}, []),  # gone in month 0, the last that it can run in
        (
            {**OPEN, "ends_by": -1},
            {},
            _at(3, "ends", "'open' ends by itself in 2029-12. Remove the row."),
        ),
    ],
)
def test_hand_backs(item: Row, row: Row, expected: list[str]) -> None:
    """Tests months of a hand-back of a block signed long before."""
    assert _found(item, SIGN, {**BACK, **row}) == expected


def _too_many(row: int, month: str, back: str, there: str) -> list[str]:
    problem = f"by {month} {back} blocks of 'open' are handed back, but {there} are past their minimum term by then. "
    return _at(row, "blocks", f"{problem}Correct the blocks or the months.")


CLOSED = {**OPEN, "latest": -2}  # so that the plan signs none
AGREED = {**OPEN, "committed_blocks": 3, "earliest": -5}
NOTHING_LEFT = {**OPEN, "max_blocks": 0, "committed_blocks": None}


@pytest.mark.parametrize(
    ("item", "rows", "expected"),
    [
        # Two signed in month -9 and one in -4: past their term of three months from month -6 and -1 on.
        (CLOSED, [{**SIGN, "blocks": 2}, {**BACK, "month": -8, "blocks": 2}], []),
        (CLOSED, [{**SIGN, "blocks": 2}, {**BACK, "month": -9, "blocks": 2}], _too_many(3, "2029-06", "2", "0")),
        (
            CLOSED,
            [{**SIGN, "blocks": 2}, {"month": -4}, {**BACK, "month": -4, "blocks": 3}],
            _too_many(4, "2029-11", "3", "2"),
        ),
        (CLOSED, [{**SIGN, "blocks": 2}, {"month": -4}, {**BACK, "month": -3, "blocks": 3}], []),
        (CLOSED, [{**SIGN, "blocks": 2}, {**BACK, "blocks": 1}, {**BACK, "month": -1, "blocks": 1}], []),
        # The second and third hand-back are one too many; blocks handed back later do not count.
        (
            CLOSED,
            [{**SIGN, "blocks": 2}, {**BACK, "blocks": 1}, {**BACK, "blocks": 1}, {**BACK, "month": -1}],
            _too_many(5, "2030-02", "3", "2"),
        ),
        # Fractions, within noise.
        (
            {**CLOSED, "integer": False},
            [{**SIGN, "blocks": 2}, {**BACK, "blocks": 2 + 1e-6}],
            [],
        ),
        (
            {**CLOSED, "integer": False},
            [{**SIGN, "blocks": 0.5}, {**BACK, "blocks": 0.75}],
            _too_many(3, "2030-01", "0.75", "0.5"),
        ),
        # Three that are committed from month -5: past their term from month -2 on.
        (AGREED, [{**BACK, "month": -4, "blocks": 3}], []),
        (AGREED, [{**BACK, "month": -5, "blocks": 3}], _too_many(2, "2029-10", "3", "0")),
        (AGREED, [{**BACK, "blocks": 4}], _too_many(2, "2030-01", "4", "3")),
        # The plan can sign from month 0, 2 or 5 on, for three months; handed back by the end of 3, 5 or 8.
        (OPEN, [{**BACK, "ends": 2}], []),
        (OPEN, [{**BACK, "ends": 1}], _too_many(2, "2030-03", "1", "0")),
        ({**OPEN, "lead_months": 2}, [{**BACK, "ends": 4}], []),
        ({**OPEN, "lead_months": 2}, [{**BACK, "ends": 3}], _too_many(2, "2030-05", "1", "0")),
        ({**OPEN, "earliest": 5, "lead_months": 2}, [{**BACK, "ends": 7}], []),
        ({**OPEN, "earliest": 5, "lead_months": 2}, [{**BACK, "ends": 6}], _too_many(2, "2030-08", "1", "0")),
        ({**OPEN, "latest": 0}, [{**BACK, "ends": 2}], []),
        ({**OPEN, "latest": 0}, [{**BACK, "ends": 8}], []),
        ({**OPEN, "latest": -1, "earliest": -5}, [{**BACK, "ends": 8}], _too_many(2, "2030-10", "1", "0")),
        (NOTHING_LEFT, [{**BACK, "ends": 8}], _too_many(2, "2030-10", "1", "0")),
    ],
)
def test_blocks_handed_back(item: Row, rows: list[Row], expected: list[str]) -> None:
    """Tests hand-backs of all blocks past their minimum term, and of one more."""
    assert _found(item, *rows) == expected


def _active(row: int, blocks: str, month: str, most: str, name: str = "open") -> list[str]:
    problem = f"{blocks} blocks of '{name}' are active in {month}, but its max_blocks is {most}. "
    return _at(row, "blocks", f"{problem}Correct the blocks or raise max_blocks.")


FOUR = {"month": -9, "blocks": 4}


@pytest.mark.parametrize(
    ("item", "rows", "expected"),
    [
        (FIXED, [{"month": -2, "blocks": 4}], []),
        (FIXED, [{"month": -2, "blocks": 5}], _active(2, "5", "2029-11", "4", "fixed")),
        # Six months from month -9 run until month -4.
        (FIXED, [FOUR, {"month": -3}], []),
        (FIXED, [FOUR, {"month": -4}], _active(3, "5", "2029-09", "4", "fixed")),
        (FIXED, [{"month": -4}, FOUR], _active(2, "5", "2029-09", "4", "fixed")),
        ({**FIXED, "integer": False}, [{"month": -2, "blocks": 4 + 2e-6}], []),
        (
            {**FIXED, "max_blocks": 1.5, "integer": False},
            [{"month": -2, "blocks": 1.75}],
            _active(2, "1.75", "2029-11", "1.5", "fixed"),
        ),
        # Terminable blocks stay until they are handed back: those of a notice given in month -4 until month -3.
        (OPEN, [FOUR, {"month": -2}], _active(3, "5", "2029-11", "4")),
        (OPEN, [FOUR, {**BACK, "month": -4}, {"month": -2}], []),
        (OPEN, [FOUR, {**BACK, "month": -4}, {"month": -3}], _active(4, "5", "2029-10", "4")),
        (OPEN, [FOUR, {**BACK, "month": -4}, {"month": -2, "blocks": 2}], _active(4, "5", "2029-11", "4")),
        # By notice in the first month the plan can hand back blocks by month 2, but none in their minimum term.
        (OPEN, [FOUR, {"month": -1, "starts": 2}], []),
        (OPEN, [FOUR, {"month": -1, "starts": 1}], _active(3, "5", "2030-02", "4")),
        ({**OPEN, "notice_months": 0}, [FOUR, {"month": -1, "starts": 1}], []),
        ({**OPEN, "notice_months": 0}, [FOUR, {"month": -1, "starts": 0}], _active(3, "5", "2030-01", "4")),
        (OPEN, [{**FOUR, "month": -1, "starts": 0}, {"month": -1, "starts": 3}], []),
        (OPEN, [{**FOUR, "month": -1, "starts": 0}, {"month": -1, "starts": 2}], _active(3, "5", "2030-03", "4")),
    ],
)
def test_blocks_active(item: Row, rows: list[Row], expected: list[str]) -> None:
    """Tests signatures up to `max_blocks`, and of one block more."""
    assert _found(item, *rows) == expected

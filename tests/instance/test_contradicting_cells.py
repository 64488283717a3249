"""Cells of a row that contradict each other, at both sides of every limit, with their texts: 24 months from 2030-01."""

from __future__ import annotations

from typing import Any

import pytest

from tests.instance.fault_texts import texts_if_any
from tests.program.tiny import frames

Row = dict[str, Any]
BLANK = {"region": None, "accelerator": None, "accelerators_per_block": None}
LEASE = {"price": 3, "term_months": 6}
SPACE = {**LEASE, **BLANK, "contract": "grid", "supplies": "mw", "site": "hall", "mw_per_block": 2}
LET = {**LEASE, "accelerators_per_block": 5}
ROOM = {**LEASE, "sells": "mw", "site": "hall", "mw_per_block": 2, "accelerator": None}


def _found(**given: Any) -> list[str]:
    """Errors of a tiny instance with a plain row of a table before each row; none if it is valid."""
    given = {"contracts": [{**LEASE, "contract": "plain"}], "fleet": [{"count": 9}], **given}
    return texts_if_any(frames(24, {"jobs": [1]}, **given))


def _of(table: str, row: Row) -> list[str]:
    """Errors of a row after a plain one, without their place."""
    plain = {**LEASE, "contract": "plain"} if table == "contracts" else {**LET, "outlet": "other"}
    begin = f"{table}, row 2, column "
    found = _found(**{table: [plain, row]})
    assert all(text.startswith(begin) for text in found), found
    return [text.removeprefix(begin) for text in found]


EITHER = "term_months: exactly one of term_months (fixed) and min_term_months (terminable) is required; "
OPEN = {"price": 3, "min_term_months": 6}


def _beyond(blocks: str, term: str) -> list[str]:
    problem = f"ends_by: {blocks} blocks are committed, but their term of {term} ends later than ends_by. "
    return [f"{problem}Give a later ends_by, or leave it blank."]


BOTH: list[tuple[Row, list[str]]] = [
    ({**LEASE, "min_term_months": 0}, [f"{EITHER}both are given. Leave one blank."]),
    ({"price": 3}, [f"{EITHER}neither is given. Give one."]),
    ({"price": 3, "min_term_months": 0}, []),
    ({**LEASE, "min_blocks": 4, "max_blocks": 4}, []),
    (
        {**LEASE, "min_blocks": 4.5, "max_blocks": 4, "integer": False},
        ["min_blocks: min_blocks (4.5) is more than max_blocks (4). Change one of them."],
    ),
    ({**LEASE, "min_blocks": 5, "max_blocks": 4, "committed_blocks": 5, "earliest": 0}, []),
    ({**LEASE, "committed_blocks": 2}, []),
    ({**LEASE, "committed_blocks": 2.5, "integer": False}, []),
    (
        {**LEASE, "committed_blocks": 2.5},
        ["committed_blocks: 2.5 blocks are committed, but the number of blocks must be an integer; "
         "set integer to false."],
    ),
    # Six months from month -3 are over with month 2; from month 4, with month 9; a month, with its first.
    ({**LEASE, "committed_blocks": 2, "earliest": -3, "ends_by": 2}, []),
    ({**LEASE, "committed_blocks": 2, "earliest": -3, "ends_by": 1}, _beyond("2", "6 months")),
    ({**LEASE, "committed_blocks": 2, "earliest": 4, "ends_by": 9}, []),
    ({**LEASE, "committed_blocks": 2.5, "integer": False, "earliest": 4, "ends_by": 8}, _beyond("2.5", "6 months")),
    ({**OPEN, "committed_blocks": 2, "earliest": 4, "ends_by": 9}, []),
    ({**OPEN, "committed_blocks": 2, "earliest": 4, "ends_by": 8}, _beyond("2", "6 months")),
    ({"price": 3, "min_term_months": 0, "committed_blocks": 2, "earliest": 4, "ends_by": 4}, []),
    (
        {"price": 3, "min_term_months": 0, "committed_blocks": 2, "earliest": 4, "ends_by": 3},
        _beyond("2", "0 months"),
    ),
    ({"price": 3, "min_term_months": 1, "committed_blocks": 2, "earliest": 4, "ends_by": 2}, _beyond("2", "1 month")),
    ({**LEASE, "committed_blocks": 2, "earliest": 4}, []),
    ({**LEASE, "committed_blocks": 0, "earliest": 4, "ends_by": 5}, []),
    ({**LEASE, "earliest": 4, "ends_by": 5}, []),  # of an offer it is suspicious only
]  # fmt: skip


@pytest.mark.parametrize(("table", "plain"), [("contracts", {}), ("outlets", {"accelerators_per_block": 5})])
@pytest.mark.parametrize(("row", "expected"), BOTH)
def test_terms_and_blocks(table: str, plain: Row, row: Row, expected: list[str]) -> None:
    """Tests what applies to contracts and outlets alike, in the second row of each."""
    assert _of(table, {**plain, **row}) == expected


def _required(*columns: str, of: str = "a contract supplies mw") -> list[str]:
    return [f"{column}: {column} is required where {of}; give it." for column in columns]


def _meaningless(column: str, supplies: str = "mw") -> list[str]:
    return [f"{column}: {column} has no meaning where a contract supplies {supplies}; leave it blank."]


ACCELERATORS = "a contract supplies accelerators"
SPACE_PRICE = "a contract that supplies mw is priced per block_month or mw_month; give one of them."
BY_THE_MW = "mw_per_block: mw_per_block is required where the price is per mw_month; give it."
TAKE = "minimum_take: below 1, MW are billed as drawn at the price of each month, without "
CONTRACTS: list[tuple[Row, list[str]]] = [
    *(({**LEASE, column: None}, _required(column, of=ACCELERATORS)) for column in BLANK),
    ({**LEASE, "accelerators_per_block": 0}, _required("accelerators_per_block", of=ACCELERATORS)),
    (SPACE, []),
    ({**SPACE, "availability": 1, "sublease": False, "accelerators_per_block": 0}, []),
    *(({**SPACE, column: None}, _required(column)) for column in ("mw_per_block", "site")),
    ({**SPACE, "mw_per_block": 0, "per": "mw_month"}, _required("mw_per_block")),
    *(
        ({**SPACE, column: value}, _meaningless(column))
        for column, value in (
            *(("region", "here"), ("accelerator", "gpu"), ("accelerators_per_block", 1)),
            *(("availability", 0.9), ("sublease", True)),
        )
    ),
    ({**LEASE, "availability": 0.9, "sublease": True}, []),
    ({**LEASE, "site": "hall"}, _meaningless("site", "accelerators")),
    *(({**SPACE, "per": per}, []) for per in ("block_month", "mw_month")),
    *(({**SPACE, "per": f"accelerator_{unit}"}, [f"per: {SPACE_PRICE}"]) for unit in ("hour", "month")),
    *(({**LEASE, "per": f"accelerator_{unit}"}, []) for unit in ("hour", "month")),
    ({**LEASE, "per": "mw_month", "mw_per_block": 1}, []),
    ({**LEASE, "per": "mw_month"}, [BY_THE_MW]),
    ({**SPACE, "minimum_take": 0}, []),
    ({**SPACE, "minimum_take": 0.7}, []),
    ({**SPACE, "minimum_take": 0.7, "escalation": 0.03}, [f"{TAKE}escalation. Leave one of them blank."]),
    ({**SPACE, "minimum_take": 0.7, "prepaid_fraction": 0.5}, [f"{TAKE}prepaid_fraction. Leave one of them blank."]),
    (
        {**SPACE, "minimum_take": 0.7, "prepaid_fraction": 0.5, "escalation": 0.03},
        [f"{TAKE}escalation and prepaid_fraction. Leave one of them blank."],
    ),
    ({**SPACE, "minimum_take": 1, "prepaid_fraction": 0.5, "escalation": 0.03}, []),
    ({**LEASE, "minimum_take": 1}, []),
    (
        {**LEASE, "minimum_take": 0.99},
        ["minimum_take: only contracts that supply mw have a minimum take; leave it blank."],
    ),
    ({**LEASE, "escalation": 0.025}, []),
    ({**OPEN, "escalation": 0}, []),
    (
        {**OPEN, "escalation": 0.025},
        ["escalation: the price escalates by 2.5 % a year, but only fixed terms escalate: a terminable contract is "
         "paid at the price of each month. Leave it blank and give rows of prices, or give term_months."],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("row", "expected"), CONTRACTS)
def test_contracts(row: Row, expected: list[str]) -> None:
    """Tests which columns contracts of accelerators and of powered space require, and which they do not have."""
    assert _of("contracts", row) == expected


def _priced(per: str) -> list[str]:
    return [f"accelerators_per_block: accelerators_per_block is required where the price is per {per}; give it."]


OUTLETS: list[tuple[Row, list[str]]] = [
    (LET, []),
    (ROOM, []),
    ({**LET, "mw_per_block": 1, "per": "mw_month"}, []),
    ({**LET, "per": "mw_month"}, [BY_THE_MW]),
    ({**ROOM, "per": "mw_month"}, []),
    *(({**LET, "per": per}, []) for per in ("accelerator_hour", "accelerator_month")),
    *(({**ROOM, "per": per}, _priced(per)) for per in ("accelerator_hour", "accelerator_month")),
    *(
        ({**ROOM, "per": per, "accelerators_per_block": 40}, [])
        for per in ("accelerator_hour", "accelerator_month", "block_month")
    ),
    *(({**ROOM, column: None}, _required(column, of="an outlet sells mw")) for column in ("site", "mw_per_block")),
    ({**ROOM, "mw_per_block": 0, "per": "mw_month"}, _required("mw_per_block", of="an outlet sells mw")),
    *(
        ({**LET, column: None}, _required(column, of="an outlet sells accelerators"))
        for column in ("accelerator", "accelerators_per_block")
    ),
    # Where accelerators are missing, their price is not a second error.
    (
        {**LET, "accelerators_per_block": 0, "per": "accelerator_hour"},
        _required("accelerators_per_block", of="an outlet sells accelerators"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("row", "expected"), OUTLETS)
def test_outlets(row: Row, expected: list[str]) -> None:
    """Tests which columns outlets of accelerators and of powered space require."""
    assert _of("outlets", row) == expected


@pytest.mark.parametrize(
    ("window", "problem"),
    [
        ({"from": 5, "to": 5}, ""),
        ({"from": 5, "to": 4}, "from (2030-06) is after to (2030-05)"),
        ({"from": 5, "to": -2}, "from (2030-06) is after to (2029-11)"),
        ({"from": 1, "to": 0}, "from (2030-02) is after to (2030-01)"),
        ({"from": -1, "to": -2}, "from (2029-12) is after to (2029-11)"),
        ({"from": 14, "to": 12}, "from (2031-03) is after to (2031-01)"),
        ({"from": 30, "to": 26}, "from (2032-07) is after to (2032-03)"),
        ({"from": 24, "to": 22}, "from (2032-01) is after to (2031-11)"),
        # Windows that miss the plan where the other end may be blank are suspicious only.
        ({"to": -2}, ""),
        ({"from": 30}, ""),
        ({"from": 24, "to": 23}, ""),
        ({"from": 0, "to": -1}, ""),
    ],
)
def test_windows(window: Row, problem: str) -> None:
    """Tests windows that end before they begin, in the second of two rows."""
    budget = {"amount": 1e5}
    expected = [f"budgets, row 2, column from: {problem}. Change one of them."] * bool(problem)
    assert _found(budgets=[budget | {"from": 3, "to": 3}, budget | {"budget": "other"} | window]) == expected


def test_a_window_after_one_without_an_end() -> None:
    """Tests that an interruption without an end hides no error of the next one."""
    open_end = {"item": "plain", "from": 3, "capacity_fraction": 0.5}
    found = _found(interruptions=[open_end, {**open_end, "interruption": "other", "to": 2}])
    assert found == ["interruptions, row 2, column from: from (2030-04) is after to (2030-03). Change one of them."]


def test_months_without_a_start() -> None:
    """Tests that an invalid start is one error, and that windows that contradict themselves are others all the same."""
    budget = {"amount": 1e5, "from": "2030-06", "to": "2030-05"}
    found = _found(head={"start": "soon"}, budgets=[budget], contracts=[{**LEASE, "earliest": 4, "latest": 2}])
    assert found == [
        "instance, column start: expected a month YYYY-MM, found 'soon'.",
        "contracts, row 1, column earliest: earliest (2030-05) is after latest (2030-03). Change one of them.",
        "budgets, row 1, column from: from (2030-06) is after to (2030-05). Change one of them.",
    ]


def test_errors_by_place() -> None:
    """Tests that errors stand row by row, and column by column in each, whatever is checked first."""
    lacking = {**LEASE, "region": None, "accelerators_per_block": 0}
    blocks = {**LEASE, "contract": "more", "min_blocks": 4, "max_blocks": 3}
    found = _found(contracts=[blocks, lacking], outlets=[{**LET, "accelerator": None}])
    assert found == [
        "contracts, row 1, column min_blocks: min_blocks (4) is more than max_blocks (3). Change one of them.",
        *(f"contracts, row 2, column {text}" for text in _required("region", of=ACCELERATORS)),
        *(f"contracts, row 2, column {text}" for text in _required("accelerators_per_block", of=ACCELERATORS)),
        *(f"outlets, row 1, column {text}" for text in _required("accelerator", of="an outlet sells accelerators")),
    ]


@pytest.mark.parametrize(("name", "near"), [("counts", "count"), ("untill", "until"), ("sitee", "site"), ("mw", "")])
def test_columns_that_the_format_lacks(name: str, near: str) -> None:
    """Tests the nearest column, one that the header lacks or has already, and advice without a near one."""
    hint = f" Did you mean '{near}'?" if near else " If it contains notes, begin its name with notes."
    found = _found(fleet=[{"count": 9, name: 1}])
    assert found == [f"fleet, column {name}: no such column in the format.{hint}"]

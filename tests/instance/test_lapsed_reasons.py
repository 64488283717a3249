"""Why rows of an instance that is rolled forward have lapsed, to the month, and which decisions are over."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.instance.roll_decided import Decided, understood
from optimizer.instance.roll_lapsed import find_lapsed
from tests.program.tiny import month, tiny

HOURLY = {"price": 2, "max_accelerators": 50}
LEASE = {"price": 100, "min_term_months": 2, "notice_months": 1, "max_blocks": 4}
FIXED = {"price": 100, "term_months": 4, "max_blocks": 4}
DEAL = {"annual_amount": 9000, "years": 2, "latest": 0, "required": True}


def reason(start: int, table: str, row: dict[str, Any], rows: list[dict[str, Any]]) -> str | None:
    """Why the last row of a table has lapsed by a month, of a plan of 30; None if it has not.

    Another contract before it mentions the region.
    """
    given: dict[str, Any] = {"on_demand": [HOURLY], "contracts": [{**LEASE, "contract": "other"}]}
    given[table] = [*given.get(table, []), row]
    instance = tiny(30, {"jobs": [1]}, **given)
    known = [understood(instance, {**one, "month": month(one["month"])}) for one in rows]
    found = find_lapsed(instance, Decided(instance, start, known), start)
    return found.reasons.get((table, len(given[table]) - 1))


def signed(item: str, at: int, **more: int) -> dict[str, Any]:
    """A row of `decided` of a contract."""
    return {"decision": "sign", "item": item, "month": at, "blocks": 2, **{key: month(t) for key, t in more.items()}}


BACK = {"decision": "hand_back", "item": "lease", "month": 4, "blocks": 2}
POSSIBLE = "it was possible until 2030-0"


@pytest.mark.parametrize(
    ("table", "row", "rows", "expected"),
    [
        # Possible until month 3: no longer in month 4; with a lead time of 2 not if it is decided in month 2 or later.
        ("contracts", {**LEASE, "latest": 3}, [], (4, POSSIBLE + "4")),
        ("contracts", {**LEASE, "latest": 3, "lead_months": 2}, [], (2, POSSIBLE + "4")),
        ("contracts", LEASE, [], None),
        # Two months that end by month 5 begin in month 4 at the latest; a term of 4 in month 2, two months ahead.
        ("contracts", {**LEASE, "ends_by": 5}, [], (5, "too late for its term to end by 2030-06")),
        (
            "contracts",
            {**LEASE, "ends_by": 5, "min_term_months": 0},
            [],
            (6, "too late for its term to end by 2030-06"),
        ),
        ("contracts", {**FIXED, "ends_by": 5}, [], (3, "too late for its term to end by 2030-06")),
        ("contracts", {**FIXED, "ends_by": 5, "lead_months": 2}, [], (1, "too late for its term to end by 2030-06")),
        # Signed in month 0 and handed back in month 4 with notice of 1: without blocks from month 5, over in month 6.
        ("contracts", {**LEASE, "latest": 3}, [signed("lease", 0), BACK], (6, POSSIBLE + "4")),
        ("contracts", {**LEASE, "latest": 3}, [signed("lease", 0), {**BACK, "blocks": 1}], None),
        # A term of 4 from month 1 on ends with month 4; in month 5 it can be renewed.
        ("contracts", {**FIXED, "latest": 1}, [signed("lease", 1)], (6, POSSIBLE + "2")),
        ("contracts", {**FIXED, "latest": 1, "ends_by": 6}, [signed("lease", 1, starts=3)], (8, POSSIBLE + "2")),
        # Agreed already: four months from month 1 on, as above; no blocks of it; handed back.
        ("contracts", {**FIXED, "committed_blocks": 2, "earliest": 1}, [], (6, "what was agreed is over")),
        ("contracts", {**LEASE, "committed_blocks": 2, "earliest": 1}, [BACK], (6, "what was agreed is over")),
        ("contracts", {**LEASE, "committed_blocks": 2, "earliest": 1}, [], None),
        (
            "contracts",
            {**LEASE, "committed_blocks": 2, "earliest": 1, "ends_by": 7},
            [],
            (9, "what was agreed is over"),
        ),
        ("contracts", {**LEASE, "committed_blocks": 0, "earliest": 1}, [], None),
        # Two years from month 0 or 1 on, to month 23 or 24.
        ("commitments", DEAL, [{"decision": "commit_spend", "item": "deal", "month": 0}], (24, "its years are over")),
        (
            "commitments",
            {**DEAL, "latest": 1},
            [{"decision": "commit_spend", "item": "deal", "month": 1}],
            (25, "its years are over"),
        ),
        ("commitments", DEAL, [], (1, POSSIBLE + "1")),
    ],
)
def test_the_first_month_by_which_a_row_has_lapsed(
    table: str, row: dict[str, Any], rows: list[dict[str, Any]], expected: tuple[int, str] | None
) -> None:
    """Tests month and reason, and that it has not lapsed a month earlier; None if it never does in the plan."""
    first, text = expected or (30, None)
    assert reason(first - 1, table, row, rows) is None
    assert text is None or reason(first, table, row, rows) == text

"""Rows of the table of deadlines for every kind of decision, of plans written by hand: all cells."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.analysis.deadlines import deadlines_table, delayed
from optimizer.instance.instance import Instance
from optimizer.program.fixings import Fixing
from tests.plan.pairs import decision, plan
from tests.program.tiny import month, tiny

LEASE: dict[str, Any] = {"price": 1, "term_months": 3, "max_blocks": 9}
OPEN: dict[str, Any] = {"price": 1, "min_term_months": 4, "notice_months": 2, "max_blocks": 9}
LET: dict[str, Any] = {"price": 1, "min_term_months": 2, "notice_months": 3, "accelerators_per_block": 10}
BUY: dict[str, Any] = {"unit_price": 1, "max_total": 9}
WING: dict[str, Any] = {"capex_per_mw": 1, "max_blocks": 9}
RUN: dict[str, Any] = {"work": 30, "sizes": "10", "penalty": 7}
DEAL: dict[str, Any] = {"annual_amount": 1}


def of(table: str, row: dict[str, Any]) -> Instance:
    """An instance of twelve months with one row of a table."""
    return tiny(12, {"jobs": [10]}, fleet=[{"count": 10}], **{table: [row]})


CASES: list[tuple[str, dict[str, Any], tuple[str, str], dict[str, int], int, str, int | None]] = [
    # Table, its row, decision with its act, first and last month, month of effect, and the last month to decide in.
    ("purchases", BUY | {"latest": 5}, ("buy", "order"), {"starts": 2}, 2, "buy", 5),
    ("purchases", BUY | {"latest": 11}, ("buy", "order"), {"starts": 2}, 2, "buy", None),
    ("purchases", BUY, ("buy", "order"), {"starts": 2}, 2, "buy", None),
    ("builds", WING | {"latest": 4}, ("order_build", "order"), {"starts": 3}, 3, "wing", 4),
    # Three months that end in month 9 start in month 7 at the latest, two months before which they are signed.
    (
        "contracts",
        LEASE | {"ends_by": 9, "latest": 8, "lead_months": 2},
        ("sign", "sign"),
        {"starts": 4},
        4,
        "lease",
        5,
    ),
    (
        "contracts",
        LEASE | {"ends_by": 9, "latest": 6, "lead_months": 2},
        ("sign", "sign"),
        {"starts": 4},
        4,
        "lease",
        4,
    ),
    ("contracts", LEASE | {"ends_by": 9, "term_months": 1}, ("sign", "sign"), {"starts": 4}, 4, "lease", 9),
    ("contracts", LEASE | {"lead_months": 3}, ("sign", "sign"), {"starts": 4}, 4, "lease", 8),
    ("contracts", LEASE, ("sign", "sign"), {"starts": 4}, 4, "lease", None),
    ("contracts", OPEN | {"ends_by": 9}, ("sign", "sign"), {"starts": 4}, 4, "lease", 6),
    ("outlets", LET | {"ends_by": 9, "lead_months": 1}, ("lease_out", "sign"), {"starts": 4}, 4, "let", 7),
    # Two months of notice for a last month 11, or 7.
    ("contracts", OPEN, ("hand_back", "give notice"), {"starts": 0, "ends": 5}, 6, "lease", 9),
    ("contracts", OPEN | {"ends_by": 7}, ("hand_back", "give notice"), {"starts": 0, "ends": 5}, 6, "lease", 5),
    ("contracts", OPEN | {"notice_months": 0}, ("hand_back", "give notice"), {"starts": 0, "ends": 5}, 6, "lease", 10),
    ("outlets", LET, ("take_back", "give notice"), {"starts": 0, "ends": 5}, 6, "let", 8),
    # A run of three months that is over in month 8, or at the end.
    ("training_runs", RUN | {"deadline": 8}, ("start_run", "start"), {"starts": 2, "ends": 4}, 2, "big", 6),
    ("training_runs", RUN, ("start_run", "start"), {"starts": 2, "ends": 4}, 2, "big", 9),
    ("commitments", DEAL | {"latest": 3}, ("commit_spend", "commit"), {"starts": 2}, 2, "deal", 3),
    ("commitments", DEAL, ("commit_spend", "commit"), {"starts": 2}, 2, "deal", None),
]


@pytest.mark.parametrize(("table", "row", "what", "months", "effect", "item", "last"), CASES)
def test_all_cells_of_a_deadline(
    table: str,
    row: dict[str, Any],
    what: tuple[str, str],
    months: dict[str, int],
    effect: int,
    item: str,
    last: int | None,
) -> None:
    """Tests when to act, when it takes effect, and until when it is possible; the cost of delay is not requested."""
    others = {name: month(t) for name, t in months.items()}
    found = deadlines_table(plan(of(table, row), decisions=[decision(month(1), what[0], item, 2.0, **others)]))
    until = "" if last is None else month(last)
    (cells,) = found.itertuples(index=False, name=None)
    assert cells[:8] == (month(1), what[1], what[0], item, "neo", 2.0, month(effect), until)
    assert (cells[8:11], cells[11]) == ((None, None, None), "")


def test_deadlines_are_in_the_order_of_months() -> None:
    """Tests three rows, without that of an expiry, which is no decision."""
    rows = [
        decision(month(3), "sign", "lease", 1.0),
        decision(month(2), "expire", "lease", 1.0),
        decision(month(1), "sign", "lease", 2.0),
        decision(month(3), "sign", "lease", 3.0),
    ]
    found = deadlines_table(plan(of("contracts", LEASE), decisions=rows))
    assert found[["month", "blocks"]].to_numpy().tolist() == [[month(1), 2], [month(3), 1], [month(3), 3]]


def test_a_decision_is_delayed_beyond_what_was_decided_before_it() -> None:
    """Tests that five blocks signed before stay, and neither those of another contract nor later ones count."""
    instance = tiny(12, {"jobs": [10]}, contracts=[LEASE, LEASE | {"contract": "other"}])
    rows = [
        decision(month(0), "sign", "lease", 2.0),
        decision(month(0), "sign", "other", 7.0),
        decision(month(1), "sign", "lease", 3.0),
        decision(month(1), "expire", "lease", 1.0),
        decision(month(2), "sign", "lease", 4.0),
        decision(month(3), "sign", "lease", 5.0),
    ]
    of_all = plan(instance, decisions=rows)
    found = delayed(of_all, of_all.decisions.to_dict("records")[4])
    assert found == [Fixing("delay", "sign", "lease", month(2), 5.0)]


def test_blocks_that_are_handed_back_are_kept_a_month_longer() -> None:
    """Tests that of three blocks, one of which was handed back before, two stay in force in the first month without."""
    rows = [
        decision(month(0), "sign", "lease", 3.0, starts=month(0)),
        decision(month(1), "hand_back", "lease", 1.0, starts=month(0), ends=month(4)),
        decision(month(3), "hand_back", "lease", 2.0, starts=month(0), ends=month(6)),
    ]
    of_all = plan(of("contracts", OPEN), decisions=rows)
    found = delayed(of_all, of_all.decisions.to_dict("records")[2])
    assert found == [Fixing("keep", "", "lease", month(t), 2.0) for t in (6, 7)]

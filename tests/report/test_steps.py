"""Decisions as steps in the month in which they must be taken."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from optimizer.plan.plan import Plan
from optimizer.plan.tables import COLUMNS, make_table
from optimizer.report.document import Table
from optimizer.report.steps import Step, biggest, later_steps, next_steps, steps
from tests.program.tiny import month, tiny

LEASE = {"price": 100, "min_term_months": 1, "notice_months": 2}
LET = {"price": 50, "accelerators_per_block": 10, "min_term_months": 1, "notice_months": 1}


def a_plan(*rows: tuple[Any, ...]) -> Plan:
    """A plan with these decisions, of an instance with a lease and an outlet that have notice."""
    frames = {name: make_table(name, rows if name == "decisions" else ()) for name in COLUMNS}
    return Plan(head={}, tables=frames, instance=tiny(12, {"jobs": [1]}, contracts=[LEASE], outlets=[LET]))


def texts(found: Iterable[Step]) -> list[tuple[str, str, str]]:
    return [(step.month, step.text, step.runs) for step in found]


def test_every_decision_has_words_of_its_own() -> None:
    """Tests what each kind of decision is called, with whom, and which months it is about."""
    rows = [
        (month(0), "order_build", "wing", "in_house", 1, 0, 5, month(6), "", 1e6),
        (month(1), "buy", "gpus", "in_house", 2, 20, 0, month(2), month(61), 1e5),
        (month(2), "sign", "lease", "cloud", 3, 30, 0, month(3), "", 3e2),
        (month(3), "lease_out", "let", "lab", 1, 10, 0, month(3), month(3), -50),
        (month(4), "commit_spend", "deal", "cloud", 1, 0, 0, month(4), month(15), 1e7),
        (month(5), "start_run", "big", "cloud", 1, 100, 0, month(5), month(7), 0),
        (month(6), "expire", "old", "cloud", 1, 10, 0, "", month(5), 0),
        (month(7), "end_early", "x", "", 1, 0, 0, "", "", 0),
    ]
    assert texts(steps(a_plan(*rows))) == [
        (month(0), "Order wing", f"from {month(6)}"),
        (month(1), "Buy gpus", f"{month(2)} to {month(61)}"),
        (month(2), "Sign lease (cloud)", f"from {month(3)}"),
        (month(3), "Lease out let (lab)", month(3)),
        (month(4), "Commit to spend: deal (cloud)", f"{month(4)} to {month(15)}"),
        (month(5), "Start run big (cloud)", f"{month(5)} to {month(7)}"),
        (month(6), "Runs out: old (cloud)", f"until {month(5)}"),
        (month(7), "end_early x", ""),  # a kind that is not known is shown as it is
    ]


def test_notice_is_a_step_of_its_own() -> None:
    """Tests that what is handed or taken back is shown when notice is due, and again when it ends."""
    found = steps(
        a_plan(
            (month(3), "hand_back", "lease", "cloud", 1, 10, 0, "", month(4), 70),
            (month(4), "take_back", "let", "lab", 1, 10, 0, "", month(4), 0),
        )
    )
    # The lease has two months of notice, the outlet one.
    assert texts(found) == [
        (month(3), "Give notice: hand back lease (cloud)", f"until {month(4)}"),
        (month(4), "Give notice: take back let (lab)", f"until {month(4)}"),
        (month(5), f"Hand back lease (cloud), notice in {month(3)}", f"until {month(4)}"),
        (month(5), f"Take back let (lab), notice in {month(4)}", f"until {month(4)}"),
    ]
    # The fee is paid once.
    assert [(step.early, step.cost) for step in found] == [(True, 0), (True, 0), (False, 70), (False, 0)]


def test_what_expires_needs_no_notice() -> None:
    """Tests that a lease that runs out is shown once."""
    assert len(steps(a_plan((month(5), "expire", "lease", "cloud", 1, 10, 0, "", month(4), 0)))) == 1


def test_the_biggest_bind_most_money() -> None:
    """Tests that steps are ranked by the money they bind, whatever size others have, in order of month."""
    rows = [
        (month(1), "sign", "dear", "cloud", 1, 10, 0, month(1), "", 1e6),
        (month(2), "lease_out", "let", "lab", 1, 20, 1, month(2), "", -1e3),
        (month(3), "order_build", "hall", "in_house", 1, 0, 100, month(9), "", 1e4),
        (month(4), "buy", "many", "in_house", 1, 5000, 0, month(4), "", 1e2),
    ]
    every = steps(a_plan(*rows))
    # 1,000,000; 10,000; 1,000 of revenue; 100.
    assert [step.month for step in biggest(every, 2)] == [month(1), month(3)]
    assert [step.month for step in biggest(every, 3)] == [month(1), month(2), month(3)]
    assert biggest(every, 9) == every
    assert biggest([], 3) == []


def test_purchases_come_before_what_runs_out() -> None:
    """Tests that 90 million for few accelerators come before many that expire, and a run before an expiry."""
    rows = [
        (month(1), "expire", "old", "cloud", 9, 90_000, 90, "", month(0), 0),
        (month(2), "buy", "gpus", "in_house", 1, 512, 0, month(3), month(62), 9e7),
        (month(3), "start_run", "big", "cloud", 1, 4096, 0, month(3), month(5), 0),
        (month(4), "start_run", "small", "cloud", 1, 1024, 0, month(4), month(5), 0),
    ]
    every = steps(a_plan(*rows))
    assert [step.text for step in biggest(every, 1)] == ["Buy gpus"]
    assert [step.text for step in biggest(every, 2)] == ["Buy gpus", "Start run big (cloud)"]
    assert [step.month for step in biggest(every, 3)] == [month(2), month(3), month(4)]


def test_a_notice_binds_the_fee() -> None:
    """Tests that the notice for a hand-back with a fee of 70 comes before a signature that binds 60."""
    rows = [
        (month(2), "sign", "small", "cloud", 1, 20, 1, month(2), "", 60),
        (month(3), "hand_back", "lease", "cloud", 1, 10, 0, "", month(4), 70),
    ]
    soon = [step for step in steps(a_plan(*rows)) if step.month < month(5)]
    assert [step.text for step in biggest(soon, 1)] == ["Give notice: hand back lease (cloud)"]


def _cells(table: Table) -> list[tuple[str, ...]]:
    return [tuple(map(str, row)) for row in table.grid.rows]


def test_the_tables_of_steps() -> None:
    """Tests three months from the first, what comes after them without notices, and blanks for zeros."""
    rows = [
        (month(0), "sign", "lease", "cloud", 2, 20, 0, month(1), "", 1.5e6),
        (month(2), "hand_back", "lease", "cloud", 1, 10, 0.25, "", month(3), 700),
        (month(2), "order_build", "wing", "in_house", 1, 0, 5, month(6), "", 0),
        (month(3), "start_run", "big", "in_house", 1, 1234, 0, month(3), month(5), 0),
        (month(7), "hand_back", "lease", "cloud", 1, 10, 0.25, "", month(8), 0),
    ]
    soon, later = next_steps(a_plan(*rows)), later_steps(a_plan(*rows))
    assert soon.caption == "What to do in the next 3 months, Jan 2030 to Mar 2030"
    assert soon.grid.columns == ("Month", "Step", "Runs", "Blocks", "Accelerators", "MW", "Commits, USD")
    assert _cells(soon) == [
        (month(0), "Sign lease (cloud)", f"from {month(1)}", "2", "20", "", "1.5 M"),
        # A notice commits nothing yet: the fee is one of the hand-back.
        (month(2), "Give notice: hand back lease (cloud)", f"until {month(3)}", "1", "10", "0.25", ""),
        (month(2), "Order wing", f"from {month(6)}", "1", "", "5", ""),
    ]
    assert later.caption == "Largest decisions after that"
    assert _cells(later) == [
        (month(3), "Start run big", f"{month(3)} to {month(5)}", "1", "1,234", "", ""),
        (month(4), f"Hand back lease (cloud), notice in {month(2)}", f"until {month(3)}", "1", "10", "0.25", "700"),
        (month(9), f"Hand back lease (cloud), notice in {month(7)}", f"until {month(8)}", "1", "10", "0.25", ""),
    ]
    assert (soon.grid.texts, soon.grid.spare, soon.grid.left) == (3, ("Blocks", "MW"), 0)


@pytest.mark.parametrize(("soon", "later"), [(29, 10), (30, 9), (31, 11), (32, 12)])
def test_long_tables_of_steps(soon: int, later: int) -> None:
    """Tests that 30 steps of the next months and ten later ones are listed, those that bind most."""
    rows = [
        (month(at), "sign", f"lease-{n}", "cloud", 1, 10, 0, month(at), "", 1e3 + n)
        for at, number in ((2, soon), (3, later))
        for n in range(number)
    ]
    first, second = next_steps(a_plan(*rows)), later_steps(a_plan(*rows))
    assert (len(first.grid.rows), first.grid.left) == (min(soon, 30), max(soon - 30, 0))
    assert (len(second.grid.rows), second.grid.left) == (min(later, 10), max(later - 10, 0))
    assert ("Sign lease-0 (cloud)" in [row[1] for row in first.grid.rows]) == (soon <= 30)


@pytest.mark.parametrize(
    ("months", "span"), [(1, "Jan 2030"), (2, "Jan 2030 to Feb 2030"), (5, "Jan 2030 to Mar 2030")]
)
def test_tables_without_steps(months: int, span: str) -> None:
    """Tests the sentences of plans in which nothing is decided, short ones too."""
    tables = {name: make_table(name, ()) for name in COLUMNS}
    plan = Plan(head={}, tables=tables, instance=tiny(months, {"jobs": [1]}, contracts=[LEASE]))
    soon, later = next_steps(plan), later_steps(plan)
    assert (soon.caption, soon.empty) == (f"What to do in the next 3 months, {span}", f"No decisions from {span}.")
    assert (soon.grid.rows, later.grid.rows, later.empty) == ([], [], "No decisions after that.")

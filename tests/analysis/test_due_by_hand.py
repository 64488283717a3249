"""Deadlines and decisions of the first month of plans made by hand, without a search: entire tables."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pandas as pd
import pytest

from optimizer.analysis.deadlines import deadlines_table, is_soon
from optimizer.analysis.decide_now import first_table
from optimizer.analysis.events import Answer, Event
from optimizer.errors import NoFeasiblePlan, StoppedWithoutPlan
from optimizer.plan.plan import Plan
from optimizer.plan.tables import make_table
from tests.program.tiny import month, solved, tiny

OWN = "in_house"


@cache
def planned() -> Plan:
    """A plan of six months with rows of every kind that can be decided on; nothing is worth deciding on."""
    contracts = [
        {"contract": "term", "term_months": 2, "lead_months": 1, "ends_by": 5},
        {"contract": "open", "min_term_months": 3, "notice_months": 2, "ends_by": 5},
        {"contract": "free", "min_term_months": 0, "notice_months": 0, "lead_months": 2, "latest": 3},
        {"contract": "late", "term_months": 1},
    ]
    outlets = [
        {"outlet": "let", "term_months": 2, "lead_months": 1, "latest": 4},
        {"outlet": "room", "min_term_months": 1, "notice_months": 1},
    ]
    return solved(
        tiny(
            6,
            {"jobs": [0]},
            fleet=[{"count": 10}],
            builds=[{"capex_per_mw": 1e5, "max_blocks": 2, "latest": 4}],
            purchases=[{"unit_price": 100, "lot_size": 5, "max_total": 10, "latest": 2}],
            contracts=[{"price": 1000, "max_blocks": 3, **one} for one in contracts],
            commitments=[{"annual_amount": 12, "latest": 0}],
            outlets=[{"accelerators_per_block": 10, "price": 0, "max_blocks": 1, **one} for one in outlets],
            training_runs=[{"work": 20, "sizes": "10", "deadline": 4, "penalty": 0}],
        )
    )


def of(*rows: tuple[Any, ...]) -> Plan:
    """The plan with these decisions: month, decision, item, party, blocks, first and last month."""
    plan = planned()
    cells = [
        (
            month(at),
            decision,
            item,
            party,
            blocks,
            10 * blocks,
            0.0,
            *(month(t) if t is not None else "" for t in span),
            7,
        )
        for at, decision, item, party, blocks, *span in rows
    ]
    return replace(plan, tables={**plan.tables, "decisions": make_table("decisions", cells)})


def test_every_kind_of_deadline() -> None:
    """Tests when each decision takes effect, and the last month in which it can be made, in the order of the months."""
    plan = of(
        (3, "sign", "late", "cloud", 1, 3, 3),
        (0, "order_build", "wing", OWN, 1, 0, None),
        (0, "buy", "buy", OWN, 2, 0, None),
        (1, "sign", "term", "cloud", 3, 2, 3),
        (0, "sign", "open", "cloud", 2, 0, 3),
        (2, "hand_back", "open", "cloud", 2, None, 3),
        (1, "sign", "free", "cloud", 1, 3, 3),
        (3, "hand_back", "free", "cloud", 1, None, 3),
        (0, "expire", "late", "cloud", 1, None, 3),
        (2, "lease_out", "let", "lab", 1, 3, 4),
        (1, "take_back", "room", "lab", 1, None, 1),
        (0, "commit_spend", "deal", "cloud", 1, 0, 11),
        (1, "start_run", "big", OWN, 1, 1, 2),
    )
    found = deadlines_table(plan)
    assert found[["delay_costs", "at_least", "at_most"]].isna().all(axis=None)
    columns = ["month", "act", "decision", "item", "party", "blocks", "takes_effect", "last_month", "delay_note"]
    expected = [
        (0, "order", "order_build", "wing", OWN, 1, 0, 4),
        (0, "order", "buy", "buy", OWN, 2, 0, 2),
        # Three months from month 3 on end in month 5.
        (0, "sign", "sign", "open", "cloud", 2, 0, 3),
        (0, "commit", "commit_spend", "deal", "cloud", 1, 0, 0),
        # Two months from month 4 on end in month 5; signed a month before.
        (1, "sign", "sign", "term", "cloud", 3, 2, 3),
        # Starts by month 3, two months after the signature.
        (1, "sign", "sign", "free", "cloud", 1, 3, 1),
        # Notice of a month before the end in month 5.
        (1, "give notice", "take_back", "room", "lab", 1, 2, 4),
        # Of two months: months 3 and 4.
        (1, "start", "start_run", "big", OWN, 1, 1, 3),
        (2, "give notice", "hand_back", "open", "cloud", 2, 4, 3),
        (2, "sign", "lease_out", "let", "lab", 1, 3, 3),
        # Until the end of the plan.
        (3, "sign", "sign", "late", "cloud", 1, 3, None),
        # No notice counts as one of a month.
        (3, "give notice", "hand_back", "free", "cloud", 1, 4, 4),
    ]
    assert [tuple(row) for row in found[columns].itertuples(index=False)] == [
        (month(at), *what, month(effect), "" if last is None else month(last), "")
        for at, *what, effect, last in expected
    ]


@pytest.mark.parametrize(("at", "months", "soon"), [(0, 0, False), (0, 1, True), (2, 2, False), (2, 3, True)])
def test_what_is_due_soon(at: int, months: int, soon: bool) -> None:
    """Tests that the first three months are months 0, 1 and 2."""
    assert is_soon(planned(), {"month": month(at)}, months) is soon


def test_decisions_of_the_first_month() -> None:
    """Tests decisions of the plan and of the plans for two events; two more events have no plan."""
    wing, lease = (0, "order_build", "wing", OWN, 1, 0, None), (0, "sign", "open", "cloud", 2, 0, 3)
    later, free = (1, "sign", "term", "cloud", 3, 2, 3), (0, "hand_back", "free", "cloud", 1, None, 1)
    lost = (0, "hand_back", "open", "cloud", 2, None, 1)
    growth, back = Event("growth", "growth", "", month(0)), Event("open ends", "taken_back", "open", month(1))
    answers = [
        Answer(growth, of(lease, (0, "sign", "open", "cloud", 1, 1, 4))),
        Answer(back, of(lease, lost, free, later)),
        Answer(Event("flood", "slip", "hall", month(0)), None, NoFeasiblePlan.note),
        Answer(Event("war", "slip", "hall", month(0)), None, StoppedWithoutPlan.note),
        Answer(Event("fire", "slip", "hall", month(0)), None, NoFeasiblePlan.note),
    ]
    plan = of(wing, lease, later, (0, "expire", "late", "cloud", 1, None, 0))
    columns = ["month", "act", "decision", "item", "party", "delay_costs", "at_least", "at_most", "delay_note"]
    delays = [
        (month(0), "order", "order_build", "wing", OWN, 5.0, 3.0, 6.0, ""),
        (month(0), "order", "order_build", "wing", OWN, 9.0, 8.0, 9.5, "the most urgent"),
        (month(0), "order", "order_build", "wing", OWN, 4.0, None, 9.5, ""),
        (month(1), "order", "order_build", "wing", OWN, 99.0, 99.0, 99.0, ""),
        (month(0), "sign", "sign", "open", "cloud", 7.0, 6.0, 8.0, ""),
        (month(0), "sign", "sign", "open", "cloud", None, None, None, NoFeasiblePlan.note),
        (month(0), "sign", "sign", "open", "other", 50.0, 50.0, 50.0, ""),
    ]
    deadlines = pd.DataFrame(delays, columns=columns, dtype=object)
    none = ("flood; fire", "war")
    # Blocks of the plan, least and most, events with a plan, how many decide it too, and those that differ.
    rows = [
        (
            "order",
            "order_build",
            "wing",
            OWN,
            1,
            0,
            1,
            2,
            0,
            "growth; open ends",
            *none,
            9.0,
            8.0,
            9.5,
            "the most urgent",
        ),
        ("sign", "sign", "open", "cloud", 2, 2, 3, 2, 2, "", *none, None, None, None, NoFeasiblePlan.note),
        ("give notice", "hand_back", "free", "cloud", 0, 0, 1, 2, 1, "open ends", *none, None, None, None, ""),
    ]
    found = first_table(plan, answers, deadlines).astype(object)
    assert [tuple(row) for row in found.where(found.notna(), None).itertuples(index=False)] == [
        (month(0), *row) for row in rows
    ]
    bare = first_table(plan, answers)
    assert bare[["delay_costs", "at_least", "at_most"]].isna().all(axis=None)
    assert bare["delay_note"].tolist() == [""] * 3

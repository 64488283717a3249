"""What a plan of ``capopt solve --elastic`` gives up: entire tables, of heads of plans made now and earlier."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from optimizer.plan.plan import Plan
from optimizer.report.document import Prose, Table
from optimizer.report.given_up import conflicts, given_up, given_up_texts
from tests.report.plans import small_plan


def _plan(**head: Any) -> Plan:
    plan = small_plan()
    return replace(plan, head={**plan.head, **head})


GIVEN_UP = [
    {"what": "budget half, EUR", "before": "4 M", "after": "5 M", "edit": "budgets.half.amount=5e6"},
    {"what": "rule cap", "edit": "rules.cap.rhs=9", "other": 1},
]


@pytest.mark.parametrize(
    ("head", "rows", "texts"),
    [
        ({}, [], []),
        (
            {"given_up": GIVEN_UP, "elastic": ["ignored"]},
            [("budget half, EUR", "4 M", "5 M", "budgets.half.amount=5e6"), ("rule cap", "", "", "rules.cap.rhs=9")],
            ["budget half, EUR: 4 M → 5 M", "rule cap"],
        ),
        ({"given_up": [{"what": "a", "after": 3}]}, [("a", "", "3", "")], ["a:  → 3"]),
        # Plans of earlier versions have the edits alone, as a list or a text.
        ({"elastic": ["a=1", "b=2"]}, [("a=1", "", "", "a=1"), ("b=2", "", "", "b=2")], ["a=1", "b=2"]),
        ({"elastic": "a=1", "given_up": []}, [("a=1", "", "", "a=1")], ["a=1"]),
        ({"elastic": ["a=1"], "given_up": ["a", {"what": "b"}]}, [("a=1", "", "", "a=1")], ["a=1"]),
        ({"elastic": ["a=1"], "given_up": "a"}, [("a=1", "", "", "a=1")], ["a=1"]),
    ],
)
def test_what_is_given_up(head: dict[str, Any], rows: list[tuple[str, ...]], texts: list[str]) -> None:
    """Tests inputs with their values before and after, and the edit."""
    assert given_up(_plan(**head)) == rows
    assert given_up_texts(_plan(**head)) == texts


COST = "With these changes, this plan, the best found, costs 9.247 M EUR."


def _shown(plan: Plan) -> list[Any]:
    return [
        block.paragraphs[0] if isinstance(block, Prose) else (block.caption, block.grid.columns, block.grid.rows)
        for block in conflicts(plan)
        if isinstance(block, Prose | Table)
    ]


def test_conflicts() -> None:
    """Tests conflicts from 1 on and other repairs from 2 on, as the first is made, where there are any."""
    lost = ("Given up", ("Given up", "Input", "In this plan", "Edit"), [("a=1", "", "", "a=1")])
    others = [{"text": "one"}, "no repair", {"edits": 3}, {"text": "three"}]
    assert _shown(_plan(elastic=["a=1"], conflicts=["x", "y"], other_repairs=others)) == [
        ("Conflicts", ("", "Conflict"), [("1", "x"), ("2", "y")]),
        lost,
        COST,
        ("Other repairs at about the same cost", ("", "Repair"), [("2", "one"), ("3", ""), ("4", "three")]),
    ]
    assert _shown(_plan(elastic=["a=1"], other_repairs="none")) == [lost, COST]
    assert _shown(_plan(conflicts=["x"])) == []

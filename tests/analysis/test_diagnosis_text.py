"""The text of a diagnosis: conflicts, repairs, and what is left open."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from optimizer.analysis.diagnosis import Diagnosis, ProvenRepair, Reason, doubt
from optimizer.analysis.repair_text import GivenUp
from optimizer.instance.edit import parse_edit
from optimizer.plan.plan import Plan
from tests.report.plans import small_plan

PLAN = small_plan()  # in EUR, proven to 1.08 %
COST = f"{PLAN.objective:,.0f} EUR"
GAP = "; at most 1.08 % of it could be saved"


def given_up(table: str = "budgets") -> GivenUp:
    """Something that a repair changes."""
    return GivenUp(
        f"{table} changed", "it", "1", "2", f"{table}.x.amount=2", table, "x", "amount", "1", "2", ("row 1",)
    )


def diagnosed(**fields: Any) -> list[str]:
    """Lines of a diagnosis with one conflict and one repair, but for some fields."""
    edit = parse_edit("budgets.half.amount=2")
    known = {"reasons": (Reason("a and b clash", ("a", "b"), ()),), "repair": (edit,), "plan": PLAN}
    return Diagnosis(False, **{**known, "given_up": (given_up(),), **fields}).text().splitlines()


def proven(**head: Any) -> Plan:
    """The plan with another head."""
    return replace(PLAN, head={**PLAN.head, **head})


def test_one_conflict_and_its_repair() -> None:
    """Tests the text in full: by default all conflicts are found, and the repair is the cheapest."""
    assert diagnosed() == [
        "There is no plan that meets all rules.",
        "",
        "These cannot hold together:",
        "1. a and b clash",
        "",
        "The cheapest repair:",
        "   budgets changed",
        f"With that there is a plan, which costs {COST}{GAP}.",
    ]


def test_several_conflicts_remarks_and_other_repairs() -> None:
    """Tests the numbers of conflicts and repairs, the best of which is the first."""
    other = ProvenRepair((), (given_up("runs"), given_up("rules")), 0.5, proven(status="optimal"))
    lines = diagnosed(
        reasons=(Reason("a", ("a",), ()), Reason("b", ("b",), ())),
        remarks=("too much work",),
        others=(other, replace(other, given_up=(given_up("power"),), priced=False)),
    )
    assert lines == [
        "There is no plan that meets all rules.",
        "",
        "The tables alone show:",
        "   too much work",
        "",
        "These conflicts stand in the way:",
        "1. a",
        "2. b",
        "",
        "The cheapest repair:",
        "   budgets changed",
        f"With that there is a plan, which costs {COST}{GAP}.",
        "Other repairs that cost about as much:",
        f"   2. runs changed; rules changed. It costs {COST}.",
        f"   3. power changed. It costs {COST}, the power not counted.",
    ]


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"reasons": ()}, "No conflict was found in time; give it more time."),
        ({"complete": False}, "The search for conflicts ended early: there may be more."),
        ({"least": False}, "A repair (a cheaper one may be there; time ran out):"),
        ({"repair": (), "stopped": True}, "No repair was found in time; give it more time."),
        ({"plan": None}, "No plan was found in time to prove it; give it more time."),
        (
            {"given_up": (given_up("power"),)},
            f"With that there is a plan, which costs {COST}, the power not counted{GAP}.",
        ),
        (
            {"repair": ()},
            "No loosening of budgets, service, runs, policies, rules, power or agreed outlets gives a plan.",
        ),
    ],
)
def test_what_is_open_is_said(fields: dict[str, Any], line: str) -> None:
    """Tests each sentence on what was not found, proven or counted, which the full text lacks."""
    assert line in diagnosed(**fields)
    assert line not in diagnosed()


@pytest.mark.parametrize(
    ("head", "text"),
    [
        ({"gap": None}, "; nothing is proven about a cheaper one"),
        ({"gap": 0.0123456}, "; at most 1.23 % of it could be saved"),
        ({"gap": 0.0123456, "status": "optimal"}, ""),
    ],
)
def test_a_cost_above_the_minimum_is_in_doubt(head: dict[str, Any], text: str) -> None:
    """Tests a plan without a bound, with a gap, and an optimal one."""
    assert doubt(proven(**head)) == text


def test_for_json() -> None:
    """Tests every key of a diagnosis and of its other repairs, and that conflicts count as irreducible and complete."""
    other = ProvenRepair((parse_edit("budgets.half.amount=3"),), (given_up(),), 0.5, PLAN)
    found = Diagnosis(False, (Reason("a", ("a",), ("row 1",)),), (parse_edit("budgets.half.amount=2"),), PLAN)
    assert replace(found, others=(other,), given_up=(given_up(),)).to_dict() == {
        "feasible": False,
        "reasons": [
            {
                "text": "a",
                "parts": ("a",),
                "sources": ("row 1",),
                "months": (),
                "irreducible": True,
                "unproven_months": (),
                "inputs": (),
            }
        ],
        "complete": True,
        "repair": ["budgets.half.amount=2"],
        "given_up": [given_up().to_dict()],
        "least": True,
        "stopped": False,
        "remarks": [],
        "repaired_objective": PLAN.objective,
        "repaired_bound": PLAN.bound,
        "other_repairs": [
            {
                "repair": ["budgets.half.amount=3"],
                "given_up": [given_up().to_dict()],
                "share": 0.5,
                "objective": PLAN.objective,
                "bound": PLAN.bound,
                "text": f"budgets changed. It costs {COST}{GAP}.",
            }
        ],
    }
    assert Diagnosis(True).text() == "There is a plan that meets all rules."
    assert repr(Diagnosis(True)) == "<Diagnosis: feasible>"
    assert repr(found) == (
        f"<Diagnosis: 1 reason, repair ['budgets.half.amount=2'], {PLAN.objective:,.2f} EUR with it>"
    )
    assert repr(replace(found, plan=None)) == "<Diagnosis: 1 reason, repair ['budgets.half.amount=2']>"
    empty = Diagnosis(True).to_dict()
    assert (empty["repaired_objective"], empty["repaired_bound"], empty["other_repairs"]) == (None, None, [])

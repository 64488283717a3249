"""A good plan with a head that says something else: objective, bound, gap, status, instance."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.auditing import audit
from tests.auditing.everything import everything
from tests.auditing.tampering import judged_by, named, with_head
from tests.program.tiny import solved, tiny

# Keys that are changed, and rule and item that must be named. The plan is within 2 %, which was asked for.
HEADS: list[tuple[dict[str, Any], str, str]] = [
    ({"objective": 1.0}, "objective", "objective"),
    ({"objective": None}, "objective", "objective"),
    ({"objective": "1"}, "objective", "objective"),
    ({"objective": float("nan")}, "objective", "objective"),
    ({"bound": 1e9}, "bound", "bound"),
    ({"bound": "low"}, "bound", "bound"),
    ({"bound": None}, "gap", "gap"),
    ({"bound": None}, "status", "status"),
    ({"gap": 0.0}, "gap", "gap"),
    ({"gap": None}, "gap", "gap"),
    ({"status": "feasible"}, "status", "status"),
    ({"status": "good"}, "status", "status"),
    ({"bound": 0.0, "gap": 1.0}, "status", "status"),
    ({"options__gap": 0.0}, "status", "status"),
    ({"options__gap": None}, "status", "options.gap"),
    ({"options": None}, "status", "options.gap"),
    ({"relaxed": True}, "status", "relaxed"),
    ({"instance__hash": "0" * 64}, "identity", "instance.hash"),
    ({"instance__name": "other"}, "identity", "instance.name"),
    ({"instance__currency": "EUR"}, "identity", "instance.currency"),
    ({"instance": None}, "identity", "instance.hash"),
    ({"start": "2030-02"}, "identity", "start"),
    ({"months": 9}, "identity", "months"),
    ({"format": 2}, "identity", "format"),
    ({"format": True}, "identity", "format"),
    ({"options__gap": -1e-3}, "status", "options.gap"),
    ({"stopped": "because"}, "record", "stopped"),
    ({"size": None}, "record", "size.columns"),
    ({"size__integers": 10**9}, "record", "size.integers"),
    ({"seconds__solve": -1.0}, "record", "seconds.solve"),
    ({"memory_mb__solve": "much"}, "record", "memory_mb.solve"),
    ({"headline": None}, "headline", "headline.cash_out"),
    ({"headline__best": 1.0}, "headline", "headline.best"),
    ({"headline__peak_mw": 1.0}, "headline", "headline.peak_mw.total"),
]


@pytest.mark.parametrize(("changes", "rule", "item"), HEADS)
def test_head(changes: dict[str, Any], rule: str, item: str) -> None:
    """Tests that a head that does not fit the plan is named."""
    assert (rule, item, "") in named(with_head(everything(), **changes))


@pytest.mark.parametrize(("bound", "expected"), [(0.0, "0.0 expected"), (-5.0, "null expected")])
def test_gap_of_a_plan_that_costs_nothing(bound: float, expected: str) -> None:
    """Tests that the gap is 0 where the bound is the cost, 0, too, and that no relative gap exists below it."""
    free = solved(tiny(1, {"jobs": [5]}, fleet=[{"count": 10}], power=[{"mw": 10}]))
    assert free.objective == 0
    changed = with_head(free, bound=bound, headline__bound=bound, headline__gap_money=-bound, gap=0.5)
    (found,) = (one for one in audit(changed).violations if one.rule == "gap")
    assert expected in str(found)


def test_feasible_plan() -> None:
    """Tests that a plan with a larger gap than asked for, or of which nothing is proven, passes if it says so."""
    # Half of the objective is proven: a gap of 0.5, more than the 0.001 asked for.
    cost = everything().objective
    half = {"bound": cost / 2, "headline__bound": cost / 2, "headline__gap_money": cost / 2}
    assert audit(with_head(everything(), gap=0.5, status="feasible", **half)).passed
    nothing = dict.fromkeys(("bound", "gap", "headline__bound", "headline__gap_money"))
    assert audit(with_head(everything(), status="feasible", **nothing)).passed


def test_relaxed_plan() -> None:
    """Tests that a plan which says it is relaxed, as was asked for, need not have whole blocks but is checked else."""
    lease = {"price": 1, "min_term_months": 1}
    half = solved(tiny(1, {"jobs": [5]}, contracts=[{**lease, "integer": False}]))  # half a block of ten
    whole = judged_by(half, tiny(1, {"jobs": [5]}, contracts=[lease]))
    assert named(whole) == {("integer_blocks", "lease", "2030-01")}
    relaxed = with_head(whole, relaxed=True, options__relax=True)
    assert named(relaxed) == set()
    assert named(with_head(relaxed, gap=0.9)) == {("gap", "gap", "")}

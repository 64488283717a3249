"""Every figure that the head shows first, corrupted in every way: the audit notices each."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import optimizer
from optimizer.auditing import audit
from optimizer.instance.examples import find_instance
from optimizer.plan.plan import Plan, load_plan
from tests.auditing.by_hand import by_hand
from tests.auditing.everything import everything
from tests.auditing.tampering import with_head

MISSING = object()
Place = tuple[str, ...]  # keys of the head that lead to a figure


@cache
def _plans() -> dict[str, Plan]:
    """Plans with a gap and without, by hand, relaxed, of which nothing is proven."""
    unproven = dict.fromkeys(("bound", "gap", "headline__bound", "headline__gap_money"))
    steps = optimizer.read(find_instance("first-steps"))
    return {
        "by hand": by_hand(),
        "everything": everything(),
        "first steps, relaxed": optimizer.solve(steps, threads=1, relax=True),
        "unproven": with_head(everything(), status="feasible", **unproven),
    }


def _figures(part: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Figures of a part of the head."""
    for key, value in part.items():
        if isinstance(value, dict):
            yield from _figures(value, (*place, key))
        else:
            yield (*place, key), value


def _corruptions(value: Any, place: Place) -> Iterator[tuple[str, Any]]:
    """What could stand there instead."""
    yield from (("text", "1"), ("truth", True), ("missing", MISSING), ("NaN", math.nan), ("infinite", math.inf))
    if value is None:
        yield "number", 0.0
        return
    if isinstance(value, str):  # a month
        yield from (("null", None), ("another month", "2030-12"), ("number", 0))
        return
    yield from (("null", None), ("other type", float(value) if isinstance(value, int) else [value]))
    if place[0] != "size":  # how many there are does not follow from the tables
        yield "one more", value + 1
        yield "one less", value - 1
        yield "a hundredth more", value * 1.01 + (0.01 if value == 0 else 0.0)
    if value:
        yield "sign", -value


def _corrupted(plan: Plan, place: Place, value: Any) -> Plan:
    head = json.loads(json.dumps(plan.head))
    part = head
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    if value is MISSING:
        del part[place[-1]]
    return Plan(head, plan.tables, plan.instance)


@pytest.mark.parametrize("name", ["by hand", "everything", "first steps, relaxed", "unproven"])
def test_every_corruption_is_noticed(name: str) -> None:
    """Tests that no figure of the head, by a factor, a sign, one more or less, of another kind or gone, goes unseen."""
    plan = _plans()[name]
    assert audit(plan).passed, audit(plan).text()
    shown = {key: plan.head[key] for key in ("objective", "bound", "gap", "headline", "size")}
    unseen, tried = [], 0
    for place, value in _figures(shown):
        for kind, wrong in _corruptions(value, place):
            tried += 1
            if audit(_corrupted(plan, place, wrong)).passed:
                unseen.append((".".join(place), kind))
    assert unseen == []
    # 3 figures of the proof, 9 of the headline and 4 for each of its two peaks, 4 of the size; 5 ways at the least.
    assert tried > 5 * (3 + 9 + 8 + 4)


def test_figures_survive_the_folder(tmp_path: Path) -> None:
    """Tests that the rounding of written tables is none of a figure's faults, and one more of the cost is seen."""
    plan = load_plan(everything().save(tmp_path / "plan"))
    assert audit(plan).passed, audit(plan).text()
    assert not audit(with_head(plan, objective=plan.objective + 1)).passed


def test_size_is_named_as_not_audited() -> None:
    """Tests that a verdict says which parts of the head it does not vouch for."""
    assert "size" in audit(by_hand()).to_dict()["not_audited"]
    assert "size of the program" in audit(by_hand()).text()

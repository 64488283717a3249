"""Progress of a solve: the plan of the incumbent is there while the search goes on."""

from __future__ import annotations

import threading
from typing import cast

import pytest

import optimizer
from optimizer.generator import random_instance
from optimizer.solver.solution import Progress


def test_the_plan_of_the_incumbent_is_audited_and_costs_what_is_reported() -> None:
    """Tests that a report of the search has the plan of its incumbent, made in another thread and after the search."""
    instance = random_instance(1, "small")
    events: list[Progress] = []
    final = optimizer.solve(instance, gap=0.0, threads=2, time_limit=30.0, progress=events.append)
    reports = [event for event in events if event.plan is not None]
    assert {event.phase for event in reports} == {"solve"}
    made: list[optimizer.Plan] = []
    for event in (reports[0], reports[-1]):
        assert event.plan is not None
        thread = threading.Thread(target=lambda get=event.plan: made.append(cast(optimizer.Plan, get())))
        thread.start()
        thread.join()
    for event, plan in zip((reports[0], reports[-1]), made, strict=True):
        assert plan.objective == pytest.approx(event.incumbent, rel=1e-6)
        assert optimizer.audit(plan).passed
        assert plan.head["stopped"] == "interrupted"
        assert plan.head["options"] == final.head["options"]
        assert plan.objective >= final.objective - 1e-6 * abs(final.objective)

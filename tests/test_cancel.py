"""The argument ``cancel`` of the long calls: what is known until then is returned, in any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

import pytest

import optimizer
from optimizer.generator import random_instance
from optimizer.interruption import cancelled_by, ends_all_searches, finishing, interruptible
from tests.service.inputs import infeasible_instance, tiny_instance, uncertain_instance


@pytest.fixture(scope="module")
def plan() -> optimizer.Plan:
    """Two months of a lease, for 2,000."""
    return optimizer.solve(tiny_instance(), gap=0.0, threads=1)


@pytest.fixture
def cancelled() -> threading.Event:
    """A flag that is set."""
    found = threading.Event()
    found.set()
    return found


@pytest.mark.parametrize("in_thread", [False, True])
def test_a_cancelled_search_returns_its_incumbent(in_thread: bool) -> None:
    """Tests that a search that has an incumbent ends with an audited plan, in the main thread and in another one."""
    cancel = threading.Event()

    def solve() -> optimizer.Plan:
        def see(event: optimizer.Progress) -> None:
            if event.incumbent is not None:
                cancel.set()

        return optimizer.solve(random_instance(3, "S"), gap=0.0, threads=1, progress=see, cancel=cancel)

    with ThreadPoolExecutor(1) as pool:
        plan = pool.submit(solve).result() if in_thread else solve()
    assert (plan.head["stopped"], plan.status) == ("interrupted", "feasible")
    assert optimizer.audit(plan).passed


def test_a_function_ends_a_search() -> None:
    """Tests that a function is called until it returns True."""
    costs: list[float] = []

    def see(event: optimizer.Progress) -> None:
        costs.extend([] if event.incumbent is None else [event.incumbent])

    found = optimizer.solve(random_instance(3, "S"), gap=0.0, threads=1, progress=see, cancel=lambda: bool(costs))
    assert found.head["stopped"] == "interrupted"
    assert found.objective <= costs[0] * (1 + 1e-9)


def test_without_any_plan_it_is_an_error(cancelled: threading.Event) -> None:
    """Tests that a search without an incumbent raises, and that the next search of the thread is not cancelled."""
    with pytest.raises(optimizer.StoppedWithoutPlan) as found:
        optimizer.solve(random_instance(3, "S"), threads=1, cancel=cancelled)
    assert found.value.interrupted
    assert optimizer.solve(tiny_instance(), gap=0.0, threads=1).status == "optimal"


@pytest.mark.parametrize(
    "call",
    [
        lambda _, cancel: optimizer.diagnose(infeasible_instance(), cancel=cancel),
        lambda plan, cancel: optimizer.simulate(plan, instance=uncertain_instance(), cancel=cancel),
    ],
    ids=["diagnose", "simulate"],
)
def test_nothing_is_known_yet(call: Callable[..., Any], plan: optimizer.Plan, cancelled: threading.Event) -> None:
    """Tests that calls that were cancelled before they began raise the same error."""
    with pytest.raises(optimizer.StoppedWithoutPlan) as found:
        call(plan, cancelled)
    assert found.value.interrupted


def test_a_what_if_keeps_the_plan_that_it_begins_with(plan: optimizer.Plan, cancelled: threading.Event) -> None:
    """Tests that the decisions of the plan are kept with the new price: two months of the lease at 1,500."""
    found = optimizer.what_if(plan, ["contracts.lease.price=1500"], cancel=cancelled, threads=1)
    assert found.objective == pytest.approx(3000.0)


def test_an_explanation_ends_with_what_is_answered(plan: optimizer.Plan) -> None:
    """Tests that the marginal values, which come first, are there, and that the others are named as open."""
    cancel = threading.Event()

    def step(text: str) -> None:
        if text.startswith("deadlines:"):
            cancel.set()

    found = optimizer.explain(plan, on_step=step, cancel=cancel, threads=1)
    assert found.stopped
    assert not found.is_complete
    assert len(found.values)


def test_a_sweep_ends_with_its_rows(plan: optimizer.Plan) -> None:
    """Tests that the row before the flag is there, 500 x 2 months, and that those after it have no cost."""
    cancel, lines = threading.Event(), count(1)

    def step(_: str) -> None:
        if next(lines) == 2:
            cancel.set()

    rows = optimizer.sweep(plan, "contracts.lease.price", [500, 700, 900], on_step=step, cancel=cancel, threads=1)
    assert rows["objective"].tolist()[:1] == [1000.0]
    assert rows["objective"].isna().tolist() == [False, True, True]
    assert all(rows["note"][1:])


def test_alternatives_end_with_their_ranges(plan: optimizer.Plan, cancelled: threading.Event) -> None:
    """Tests that what the plan itself says is there: a block of the lease, and at least that many at most."""
    found = optimizer.find_alternatives(plan, cancel=cancelled, threads=1)
    assert found.stopped
    assert not found.plans
    assert found.unfinished > 0


def test_a_simulation_ends_with_its_draws(plan: optimizer.Plan) -> None:
    """Tests that of two draws the one before the flag is there, at two months of the lease."""
    base = optimizer.solve(uncertain_instance(), gap=0.0, threads=1, workers=1)
    cancel = threading.Event()
    found = optimizer.simulate(base, gap=0.0, workers=1, cancel=cancel, on_draw=lambda _: cancel.set())
    assert found.stopped
    assert [one[0].cost for one in found.results] == [2000.0]


def test_a_plan_under_uncertainty_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a search that is cancelled in the phases after it has its plan: two months of the lease, 2,000."""
    phases = []
    cancel = lambda: "base" in phases  # noqa: E731
    found = optimizer.solve(
        uncertain_instance(), gap=0.0, threads=1, workers=1, cancel=cancel, progress=lambda e: phases.append(e.phase)
    )
    assert found.objective == pytest.approx(2000.0)
    assert optimizer.audit(found).passed


def test_flags_nest_and_end_with_their_block() -> None:
    """Tests blocks within blocks: each flag counts in its own one, and a result can be completed all the same."""
    outer, inner = threading.Event(), threading.Event()
    with cancelled_by(outer), cancelled_by(inner), interruptible() as pressed:
        assert not pressed.is_set()
        inner.set()
        assert pressed.is_set()
        with finishing() as ended, interruptible() as own:
            assert (ended, own.is_set()) == (True, False)
    with cancelled_by(outer), interruptible() as pressed:
        assert not pressed.is_set()


def test_an_interruption_that_is_not_the_flag_is_raised() -> None:
    """Tests that Ctrl-C stays what it is where there is a flag that is not set."""
    with pytest.raises(KeyboardInterrupt), cancelled_by(threading.Event()):
        raise KeyboardInterrupt
    with pytest.raises(optimizer.StoppedWithoutPlan), cancelled_by(lambda: True), ends_all_searches(), interruptible():
        pass

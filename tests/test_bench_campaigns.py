"""Campaigns of random instances: second solvers, disagreements and trials that fail."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import numpy as np
import pytest

import optimizer
from optimizer.bench import campaign
from optimizer.bench import cross_check as second
from optimizer.bench.campaign import Trial, disagreements, run_campaign, try_one
from optimizer.bench.cross_check import Answer, scip, without_presolve
from optimizer.bench.runs import Limits
from optimizer.program.arrays import Arrays
from optimizer.solver import interruptible
from tests.solver.programs import split


def test_disagreements() -> None:
    """Tests which answers cannot both be right: optima that differ, bounds above plans, a plan where there is none."""
    one = Answer("optimal", 100.0, 100.0)
    assert disagreements({"a": one, "b": Answer("optimal", 100.00005, 99.0)}, 0.0, 0.0) == []
    assert disagreements({"a": one, "b": Answer("feasible", 120.0, 90.0), "c": Answer("none")}, 0.0, 0.0) == []
    assert disagreements({"a": Answer("infeasible"), "b": Answer("none")}, 0.0, 0.0) == []
    assert disagreements({"a": one, "b": Answer("optimal", 101.0, 99.0)}, 0.0, 0.0) == [
        "the optimum of a is 100.00, that of b is 101.00"
    ]
    assert disagreements({"a": one, "b": Answer("optimal", 101.0, 99.0)}, 0.02, 0.0) == []
    assert disagreements({"a": one, "b": Answer("optimal", 101.0, 99.0)}, 0.0, 2e6) == []
    assert disagreements({"a": one, "b": Answer("feasible", 99.0, 90.0)}, 0.5, 0.0) == [
        "the bound of a, 100.00, is above the objective of b, 99.00"
    ]
    assert disagreements({"a": Answer("feasible", 99.0, 90.0), "b": one}, 0.5, 0.0) == [
        "the bound of b, 100.00, is above the objective of a, 99.00"
    ]
    assert disagreements({"a": Answer("infeasible"), "b": one}, 0.0, 0.0) == ["a: infeasible; b: optimal"]


def test_planted_disagreement_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a solver which finds a tenth less makes a trial fail."""

    def cheap(arrays: Arrays, gap: float, seconds: float) -> Answer:
        return without_presolve(arrays, gap, seconds).times(0.9)

    monkeypatch.setattr(campaign, "cross_check_solvers", lambda: {"honest": without_presolve, "cheap": cheap})
    trial = try_one(0, "tiny", Limits(gap=1e-6, threads=1))
    assert trial.status == "optimal"
    assert trial.problems
    assert all("cheap" in problem for problem in trial.problems)


def _dies(seed: int, size: str, limits: Limits) -> Trial:
    """What a crash, a bug and a sound trial look like."""
    if seed == 0:
        os._exit(3)
    if seed == 1:
        raise KeyError("lost")
    return Trial(seed)


def test_crash_is_a_failure_of_one_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a process that dies, and an error that nobody expected, fail their trial, and the campaign goes on."""
    monkeypatch.setattr(campaign, "try_one", _dies)
    trials = list(run_campaign(range(3), "tiny", Limits()))
    assert [trial.seed for trial in trials] == [0, 1, 2]
    assert [trial.problems[0].split(":")[0] if trial.problems else "" for trial in trials] == [
        "BrokenProcessPool",
        "KeyError",
        "",
    ]
    assert [trial.status for trial in trials] == ["failed"] * 3


def test_error_of_ours_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a plan that fails its audit makes a trial fail."""

    def fails(*_: Any, **__: Any) -> None:
        raise optimizer.AuditFailed(["3 blocks too many"])

    monkeypatch.setattr("optimizer.solving.solve.solve", fails)
    trial = try_one(0, "tiny", Limits())
    assert trial.problems[0].startswith("AuditFailed: the plan fails its audit")


def _arrays(least: float) -> Arrays:
    """Cost -5 x - 4 y, with 6 x + 4 y <= 24 and ``least`` <= x + 2 y <= 6, in whole numbers of at most 10."""
    return Arrays(
        cost=np.array([-5.0, -4.0]),
        offset=7.0,
        lower=np.zeros(2),
        upper=np.array([10.0, 10.0]),
        integer=np.array([True, True]),
        starts=np.array([0, 2, 4]),
        indices=np.array([0, 1, 0, 1]),
        values=np.array([6.0, 1.0, 4.0, 2.0]),
        row_lower=np.array([-np.inf, least]),
        row_upper=np.array([24.0, 6.0]),
        columns=(None, None),
        rows=(None, None),
    )


@pytest.mark.parametrize("solver", [scip, without_presolve])
def test_cross_check_solvers(solver: second.Solver) -> None:
    """Tests that second solvers find an optimum that is known, whole numbers and offset included, or none."""
    # In fractions x = 3, y = 1.5 gives -21. In whole numbers (4, 0) gives -20, as does no other: (3, 1) gives -19,
    # (2, 2) gives -18. With x + 2 y >= 5, (4, 0) is out and (3, 1) is left.
    found = solver(_arrays(0.0), 0.0, 10.0)
    assert found.status == "optimal"
    assert [found.objective, found.bound] == pytest.approx([-13.0, -13.0])
    assert solver(_arrays(5.0), 0.0, 10.0).objective == pytest.approx(-12.0)
    assert solver(_arrays(7.0), 0.0, 10.0) == Answer("infeasible")


@pytest.mark.parametrize("solver", [scip, without_presolve])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_cross_check(solver: second.Solver, number: signal.Signals) -> None:
    """Tests that both cross-checks end in the middle of a search that takes ages, and that it does not go on."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    timer = threading.Timer(1.0, os.kill, (os.getpid(), number))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            solver(split(), 0.0, 600.0)
    finally:
        timer.cancel()
        signal.signal(signal.SIGTERM, before)
    for thread in interruptible._abandoned:
        thread.join(20.0)
        assert not thread.is_alive()


@pytest.mark.parametrize("solver", [scip, without_presolve])
def test_a_cross_check_keeps_its_time_limit(solver: second.Solver) -> None:
    """Tests that a search that takes ages ends without an answer."""
    assert solver(split(), 0.0, 0.5).status == "none"

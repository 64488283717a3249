"""Seconds and memory by phase, and what a search reports."""

from __future__ import annotations

import resource
import sys
import time
from types import SimpleNamespace

import pytest

from optimizer.solver.solution import Progress
from optimizer.solving import clock
from optimizer.solving.clock import Clock


@pytest.mark.parametrize(
    ("platform", "figure", "megabytes"),
    [("linux", 524_288, 512.0), ("freebsd", 524_288, 512.0), ("darwin", 536_870_912, 512.0), ("win32", 1, None)],
)
def test_peak_memory_is_in_megabytes(
    monkeypatch: pytest.MonkeyPatch, platform: str, figure: int, megabytes: float | None
) -> None:
    """Tests the unit of the system's figure: bytes on macOS, KiB elsewhere, none on Windows."""
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(resource, "getrusage", lambda _: SimpleNamespace(ru_maxrss=figure))
    assert clock._peak_memory_mb() == megabytes


def test_a_phase_has_its_seconds_and_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a phase is announced when it begins, and measured when it ends."""
    times = iter([100.0, 102.0, 103.25678])
    monkeypatch.setattr(time, "perf_counter", lambda: next(times))
    monkeypatch.setattr(clock, "_peak_memory_mb", lambda: 512.34)
    heard: list[Progress] = []
    measured = Clock(heard.append, began=time.perf_counter())
    with measured.phase("build"):
        assert [(one.phase, one.elapsed) for one in heard] == [("build", 2.0)]
    assert (measured.seconds, measured.memory_mb) == ({"build": 1.2568}, {"build": 512.3})
    monkeypatch.setattr(clock, "_peak_memory_mb", lambda: None)
    monkeypatch.setattr(time, "perf_counter", lambda: 200.0)
    with measured.phase("solve"):
        pass
    assert (measured.seconds["solve"], measured.memory_mb) == (0.0, {"build": 512.3})


@pytest.mark.parametrize(
    ("incumbent", "bound", "expected"),
    [
        # In thousands; the gap is (8 - 6) / 8, of a negative cost (-6 + 8) / 6.
        (8.0, 6.0, (8000.0, 6000.0, 0.25, "heuristic")),
        (-6.0, -8.0, (-6000.0, -8000.0, 1 / 3, "heuristic")),
        (0.0, -1.0, (0.0, -1000.0, None, "heuristic")),
        (8.0, None, (8000.0, None, None, "heuristic")),
        (None, 6.0, (None, 6000.0, None, "")),
    ],
)
def test_reports_are_in_money(
    monkeypatch: pytest.MonkeyPatch,
    incumbent: float | None,
    bound: float | None,
    expected: tuple[float | None, float | None, float | None, str],
) -> None:
    """Tests incumbent, bound, gap and source of a report, also of a search without either."""
    monkeypatch.setattr(time, "perf_counter", lambda: 150.0)
    heard: list[Progress] = []
    report = Clock(heard.append, began=100.0).reporter(1000.0)
    assert report is not None
    report(incumbent, bound, 7, "heuristic")
    (one,) = heard
    assert (one.incumbent, one.bound, one.gap, one.source) == pytest.approx(expected)
    assert (one.phase, one.nodes, one.elapsed) == ("solve", 7, 50.0)
    assert Clock(None).reporter(1000.0) is None


def test_a_phase_that_is_entered_again_adds_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests 2 and 3 seconds of a phase, without anyone who listens."""
    times = iter([10.0, 12.0, 20.0, 23.0])
    measured = Clock(began=0.0)
    monkeypatch.setattr(time, "perf_counter", lambda: next(times))
    for _ in range(2):
        with measured.phase("solve"):
            pass
    assert measured.seconds == {"solve": 5.0}


def test_subproblems_are_reported_next_to_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests how many are done with the last incumbent, in what follows, and not in the next phase."""
    monkeypatch.setattr(time, "perf_counter", lambda: 150.0)
    heard: list[Progress] = []
    measured = Clock(heard.append, began=100.0)
    measured.note_tasks(0, 5, 2)
    assert heard == []
    report = measured.reporter(10.0, "search")
    assert report is not None
    report(8.0, 6.0, 7)
    measured.note_tasks(3, 5, 2)
    report(7.0, 6.0, 9)
    with measured.phase("extract"):
        report(7.0, 6.5, 9)
    blank = Progress(phase="any", elapsed=0.0)
    nothing = (blank.done, blank.tasks, blank.workers)
    found = [(one.phase, one.incumbent, one.bound, one.nodes, one.done, one.tasks, one.workers) for one in heard]
    assert found == [
        ("search", 80.0, 60.0, 7, 0, 5, 2),
        ("search", 80.0, 60.0, 7, 3, 5, 2),
        ("search", 70.0, 60.0, 9, 3, 5, 2),
        ("extract", None, None, 0, *nothing),
        ("search", 70.0, 65.0, 9, *nothing),
    ]


def test_a_ticker_reports_nodes_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests a search whose costs say nothing to a planner, and that no one who listens needs none."""
    monkeypatch.setattr(time, "perf_counter", lambda: 150.0)
    heard: list[Progress] = []
    report = Clock(heard.append, began=100.0).ticker("near")
    assert report is not None
    report(8.0, 6.0, 7)
    assert heard == [Progress(phase="near", elapsed=50.0, nodes=7)]
    assert Clock().ticker("near") is None

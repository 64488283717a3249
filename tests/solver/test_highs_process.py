"""Calls of HiGHS in a process of its own: their answers, their time, Ctrl-C, and how the process ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import highspy
import pytest
from highspy import IisStrategy

from optimizer.solver import highs_process
from optimizer.solver.feasibility import has_solution
from optimizer.solver.highs_options import SilentHighs
from optimizer.solver.highs_process import run_in_process
from optimizer.solver.highs_process_main import WORK
from optimizer.solver.iis import find_iis
from optimizer.solver.interruptible import run_uninterruptible
from tests.command import environment
from tests.solver.programs import INF, program, split

_IRREDUCIBLE = int(IisStrategy.kIisStrategyFromLp) + int(IisStrategy.kIisStrategyIrreducible)
_LONG = {"iis_strategy": _IRREDUCIBLE, "iis_time_limit": 600.0, "time_limit": 600.0}  # HiGHS does not stop by itself
_SOON = 20.0  # seconds: far more than a call may take, far less than one that does not end


@pytest.fixture(autouse=True)
def _end_processes() -> Iterator[None]:
    yield
    highs_process.end_processes()


def test_a_program_is_solved() -> None:
    """Tests status, objective and duals of a small program."""
    # x + y >= 3 at a cost of 2 x + 5 y: x = 3, one more costs 2.
    found = run_in_process(program([2, 5], [[1, 1]], [3], [INF]), {}, 9.0)
    assert found is not None
    assert (found["status"], found["feasible"]) == ("kOptimal", True)
    assert found["objective"] == pytest.approx(6)
    assert found["row_duals"] == pytest.approx([2])


def test_the_same_process_answers_again() -> None:
    """Tests that a process is started once, and that one that has died in between is replaced."""
    small = program([1], [[1]], [0], [1])
    assert has_solution(small, 9.0) is True
    (first,) = highs_process._idle
    assert has_solution(small, 9.0) is True
    assert highs_process._idle == [first]
    first.popen.kill()
    first.popen.wait()
    assert has_solution(small, 9.0) is True
    assert highs_process._idle != [first]


@pytest.mark.parametrize("what", ["solve", "iis", "verdict", "conflict"])
def test_a_call_that_does_not_end_is_ended(what: str) -> None:
    """Tests that nothing is known of a program that takes too long, and that no process goes on with it."""
    hard, began = split(), time.perf_counter()
    if what == "verdict":
        assert has_solution(hard, 0.5) is None
    elif what in ("solve", "iis"):  # the latter keeps the interpreter's lock
        assert highs_process._call(what, hard, _LONG, 0.5) is None
    else:
        find_iis(hard, 1.5)
    assert time.perf_counter() - began < _SOON
    assert all(one.popen.poll() is None for one in highs_process._idle)


def test_no_time_is_no_answer() -> None:
    """Tests that without time nothing is started."""
    idle = list(highs_process._idle)
    assert run_in_process(split(), {}, 0.0) is None
    assert highs_process._idle == idle


def test_ctrl_c_ends_a_call() -> None:
    """Tests that Ctrl-C ends a call that keeps the interpreter's lock, and its process with it."""
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    began = time.perf_counter()
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        highs_process._call("iis", split(), _LONG, 60.0)
    assert time.perf_counter() - began < _SOON
    assert not highs_process._idle


PARENT = """
import os, threading, time
from optimizer.solver import highs_process
from tests.solver.test_highs_process import _LONG, split

started = highs_process._Process.__init__
def note(self):
    started(self)
    print(self.popen.pid, flush=True)
highs_process._Process.__init__ = note
call = threading.Thread(target=highs_process._call, args=("iis", split(), _LONG, 9.0), daemon=True)
call.start()
call.join()
"""


def _is_there(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits for its parent to notice does not."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            return stat.read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_process_ends_with_its_parent() -> None:
    """Tests that a process within HiGHS ends when its parent is killed, a script without a guard."""
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment(), text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        time.sleep(1.5)  # it is inside HiGHS now
        assert _is_there(pid)
        parent.kill()
    # Linux ends it with its parent, elsewhere its time does.
    until = time.perf_counter() + (6.0 if sys.platform.startswith("linux") else 2 * _SOON)
    while _is_there(pid) and time.perf_counter() < until:
        time.sleep(0.05)
    assert not _is_there(pid)


def test_a_verdict_of_presolve_is_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a program that presolve calls infeasible, or knows nothing of, is solved again without it."""
    small = program([2, 5], [[1, 1]], [3], [INF])  # x = 3 costs 6
    data = SimpleNamespace(**{one.name: getattr(small, one.name) for one in fields(small)})
    for wrong in (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnknown):

        def doubtful(self: Any, wrong: Any = wrong) -> Any:
            unsure = self.getOptionValue("presolve")[1] == "choose"
            return wrong if unsure else highspy.Highs.getModelStatus(self)

        monkeypatch.setattr(SilentHighs, "getModelStatus", doubtful, raising=False)
        found = run_uninterruptible(lambda: WORK["solve"](data, {"time_limit": 9.0}))  # HiGHS's threads are a thread's
        assert (found["status"], found["feasible"]) == ("kOptimal", True)
        assert found["objective"] == pytest.approx(6)

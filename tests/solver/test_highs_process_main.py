"""What the process of HiGHS answers, and how it begins, guards each request and ends; run in this process here."""

from __future__ import annotations

import io
import pickle
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import fields, replace
from types import SimpleNamespace
from typing import Any

import highspy
import numpy as np
import pytest

from optimizer.program.arrays import Arrays
from optimizer.solver import highs_process_main
from optimizer.solver.highs_options import EXACT, STATUS
from optimizer.solver.highs_process_main import WORK
from optimizer.solver.interruptible import run_uninterruptible
from tests.solver.programs import INF, knapsacks, program

# 2 x + 2 y >= 5 at 2 x + 3 y: x = 2.5 costs 5, the row 1 each; whole: x = 3 costs 6.
ONE_ROW = program([2, 3], [[2, 2]], [5], [INF], upper=9)
WHOLE = replace(ONE_ROW, integer=np.array([True, True]))
CLASH = program([1, 1], [[1, 1], [1, 1], [0, 1]], [-INF, 5, -INF], [4, INF, 9])


def data(arrays: Arrays, **more: Any) -> dict[str, Any]:
    """The program as it is sent."""
    return {one.name: getattr(arrays, one.name) for one in fields(arrays)} | {"columns": (), "rows": (), **more}


def answer(name: str, arrays: Arrays, start: Any = None, **settings: Any) -> dict[str, Any]:
    """Answer to a request, with arrays as lists."""
    program = SimpleNamespace(**data(arrays, start=start))
    found = run_uninterruptible(lambda: WORK[name](program, {"time_limit": 9.0} | settings))
    return {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in found.items()}


@pytest.mark.parametrize(
    ("arrays", "settings", "wanted"),
    [
        (ONE_ROW, {}, ("kOptimal", True, 5.0, 5.0, [2.5, 0.0], [1.0])),
        (replace(ONE_ROW, offset=7.0), {}, ("kOptimal", True, 12.0, 12.0, [2.5, 0.0], [1.0])),
        (WHOLE, {}, ("kOptimal", True, 6.0, 6.0, [3.0, 0.0], None)),
        (CLASH, {}, ("kInfeasible", False, None, -INF, None, None)),
        (replace(CLASH, integer=np.array([True, True])), {}, ("kInfeasible", False, None, -INF, None, None)),
        (ONE_ROW, {"simplex_iteration_limit": 0}, ("kIterationLimit", False, None, -INF, None, None)),
        (WHOLE, {"time_limit": 0.0}, ("kTimeLimit", False, None, -INF, None, None)),
    ],
)
def test_a_program_is_solved(arrays: Arrays, settings: dict[str, Any], wanted: tuple[Any, ...]) -> None:
    """Tests status, whether there is a solution, objective, proven bound, values and duals; None is not compared."""
    found = answer("solve", arrays, presolve="off", solver="simplex", **settings)
    assert list(found) == ["status", "feasible", "objective", "bound", "values", "row_duals"]
    status, feasible, objective, bound, values, duals = wanted
    assert (found["status"], found["feasible"]) == (status, feasible)
    assert found["bound"] == pytest.approx(bound)
    assert found["values"] == (values and pytest.approx(values))
    assert objective is None or found["objective"] == pytest.approx(objective)
    assert duals is None or found["row_duals"] == pytest.approx(duals)


def test_a_search_that_stops_has_a_bound() -> None:
    """Tests that a search with a limit on its nodes returns its best solution and what it has proven."""
    arrays = knapsacks()
    found = answer("solve", arrays, mip_max_nodes=1, threads=1)
    assert (found["status"], found["feasible"]) == ("kSolutionLimit", True)
    assert found["objective"] == pytest.approx(float(arrays.cost @ found["values"]))
    assert 1.2 * found["objective"] < found["bound"] < found["objective"]


def test_a_search_begins_with_its_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that HiGHS gets all values of a start before it runs, and nothing without one."""
    calls: list[Any] = []
    fake = SimpleNamespace(
        setSolution=lambda count, columns, values: calls.append((count, columns.tolist(), values)),
        run=lambda: calls.append("run"),
        getModelStatus=lambda: STATUS.kOptimal,
    )
    monkeypatch.setattr(highs_process_main, "_new_highs", lambda *_: fake)
    for start in ([1.0, 4.0], None):
        highs_process_main._run(SimpleNamespace(start=start), {"time_limit": 9.0})
    assert calls == [(2, [0, 1], [1.0, 4.0]), "run", "run"]


def test_a_conflict_is_named() -> None:
    """Tests rows, and bounds by column, of an irreducible subsystem: 3 <= x + y with x <= 1 and y <= 0.5."""
    strategy = sum(
        int(part) for part in (highspy.IisStrategy.kIisStrategyFromLp, highspy.IisStrategy.kIisStrategyIrreducible)
    )
    settings = {"iis_strategy": strategy, "iis_time_limit": 9.0, "presolve": "off"}
    tight = program([1, 1, 1], [[0, 1, 0], [1, 1, 0]], [-INF, 3], [7, INF], upper=[1, 0.5, 4])
    found = answer("iis", tight, **settings)
    assert (found["valid"], found["rows"], sorted(found["columns"])) == (True, [1], [0, 1])
    assert found["upper"] == [True, True]
    lower = program([1, 1], [[1, 1]], [-INF], [3], upper=9)
    lower.lower[:] = [2, 2]
    found = answer("iis", lower, **settings)
    assert (found["valid"], found["rows"], sorted(found["columns"]), found["upper"]) == (True, [0], [0, 1], [False] * 2)


# ---------------------------------------------------------------------- confirmations
SURE, UNSURE = STATUS.kInfeasible, STATUS.kUnknown


@pytest.mark.parametrize(
    ("settings", "statuses", "runs"),
    [
        ({}, [STATUS.kOptimal], 1),
        ({}, [SURE, SURE], 2),
        ({}, [STATUS.kUnboundedOrInfeasible, STATUS.kOptimal], 2),
        ({"presolve": "choose"}, [SURE, STATUS.kOptimal], 2),
        ({"presolve": "off"}, [SURE], 1),  # there was no presolve that could be wrong
        ({"presolve": "off"}, [UNSURE, SURE], 2),
        ({}, [UNSURE, UNSURE, STATUS.kOptimal], 3),
        ({}, [UNSURE, UNSURE, UNSURE, SURE], 4),
        ({}, [UNSURE] * 4, 4),
    ],
)
def test_a_doubtful_verdict_is_confirmed(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], statuses: list[Any], runs: int
) -> None:
    """Tests which runs follow a verdict, with which options, in the time that is left, and that the last one counts."""
    tried: list[dict[str, Any]] = []
    states, clock = iter(statuses), iter([100.0, 103.0, 108.0, 112.0])

    def new(_: Any, given: dict[str, Any]) -> Any:
        tried.append(given)
        status: list[Any] = []
        return SimpleNamespace(
            number=len(tried), run=lambda: status.append(next(states)), getModelStatus=lambda: status[-1]
        )

    monkeypatch.setattr(highs_process_main, "_new_highs", new)
    monkeypatch.setattr(highs_process_main, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    given = {"threads": 1, "time_limit": 9.0, **settings}
    last = highs_process_main._run(SimpleNamespace(), given)
    expected = [  # 9 seconds from 100 on: at 103 six are left, at 108 one, at 112 none
        given,
        {**given, "presolve": "off", "time_limit": 6.0},
        {**given, "presolve": "off", "simplex_scale_strategy": 2, "time_limit": 1.0},
        {**given, "presolve": "off", "simplex_strategy": 4, "time_limit": 0.0},
    ]
    assert tried == expected[:runs]
    assert last.number == runs


def test_highs_keeps_small_coefficients_and_calls_nothing_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests the options of a new HiGHS, those of the request last, and that it has the program and no callback."""
    highs = run_uninterruptible(
        lambda: highs_process_main._new_highs(SimpleNamespace(**data(ONE_ROW)), {"simplex_scale_strategy": 3})
    )
    assert highs.getOptionValue("simplex_scale_strategy")[1] == 3
    assert highs.getOptionValue("small_matrix_value")[1] == EXACT["small_matrix_value"] == 1e-12
    assert highs.getOptionValue("output_flag")[1] is False
    assert (highs.getNumCol(), highs.getNumRow()) == (2, 1)


# ---------------------------------------------------------------------- requests
class _Ended(BaseException):
    """The process would have ended."""


def served(monkeypatch: pytest.MonkeyPatch, sent: bytes, work: Callable[..., Any]) -> tuple[list[Any], list[Any]]:
    """Run the process's main function on input; return what it calls, in order, and what it answers."""
    calls, answers = list[Any](), io.BytesIO()

    def call(name: str, result: Any = None) -> Callable[..., Any]:
        def record(*args: Any, **more: Any) -> Any:
            calls.append((name, *args, *more.items()))
            return result

        return record

    def leave(code: int) -> None:
        calls.append(("exit", code))
        if threading.current_thread() is threading.main_thread():
            raise _Ended

    system = SimpleNamespace(
        fdopen=call("fdopen", answers), dup=call("dup", 33), devnull="nowhere", O_WRONLY=1, open=call("open", 44),
        dup2=call("dup2"), getpid=lambda: 55, O_ASYNC=8, _exit=leave,
    )  # fmt: skip
    monkeypatch.setattr(highs_process_main, "os", system)
    monkeypatch.setattr(highs_process_main, "signal", SimpleNamespace(signal=call("signal"), SIGINT=2, SIG_IGN=1))
    monkeypatch.setattr(
        highs_process_main, "sys", SimpleNamespace(stdin=SimpleNamespace(buffer=io.BytesIO(sent)), platform="linux")
    )
    monkeypatch.setattr(
        highs_process_main, "faulthandler",
        SimpleNamespace(dump_traceback_later=call("later"), cancel_dump_traceback_later=call("cancel")),
    )  # fmt: skip
    control = SimpleNamespace(F_SETOWN=1, F_GETFL=2, F_SETFL=3, fcntl=call("fcntl", 12))
    monkeypatch.setitem(sys.modules, "fcntl", control)
    monkeypatch.setitem(WORK, "solve", work)
    monkeypatch.setattr(highs_process_main, "_IDLE", 0.3)
    with pytest.raises(_Ended):
        highs_process_main.main()
    answers.seek(0)
    given = list[Any]()
    while answers.tell() < len(answers.getvalue()):
        given.append(pickle.load(answers))
    return calls, given


def test_requests_are_answered_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests what each request gets, how long it may take, what ends it, and that nothing is printed into answers."""

    def work(program: Any, settings: dict[str, Any]) -> tuple[Any, ...]:
        return program.size, settings["threads"]

    sent = b"".join(pickle.dumps(("solve", {"size": size}, {"threads": size + 1}, 3.0 + size)) for size in (1, 5))
    calls, answers = served(monkeypatch, sent, work)
    assert answers == ["ready", (1, 2), "ready", (5, 6), "ready"]
    guard = [("fcntl", 0, 1, 55), ("fcntl", 0, 2)]
    on, off = [*guard, ("fcntl", 0, 3, 12 | 8)], [*guard, ("fcntl", 0, 3, 12 & ~8)]
    of_requests = [
        [("later", 5.0 + seconds, ("exit", True), ("file", 44)), *on, *off, ("cancel",)] for seconds in (4.0, 8.0)
    ]
    begin = [("signal", 2, 1), ("dup", 1), ("fdopen", 33, "wb"), ("open", "nowhere", 1), ("dup2", 44, 1)]
    # It ends with its input, and after some time without a request.
    assert [one for one in calls if one[0] != "exit"] == [*begin, *of_requests[0], *of_requests[1]]
    assert [one for one in calls if one[0] == "exit"] == [("exit", 0), ("exit", 0)]


def test_input_that_is_cut_off_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that half of a request is as good as none."""
    calls, answers = served(monkeypatch, pickle.dumps(("solve", {}, {}, 3.0))[:-9], lambda *_: 1)
    assert answers == ["ready"]
    assert [one for one in calls if one[0] == "exit"] == [("exit", 0), ("exit", 0)]


def test_other_systems_have_no_signal_at_the_end_of_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that nothing is set where the kernel would not send it."""
    monkeypatch.setattr(highs_process_main, "sys", SimpleNamespace(platform="darwin"))
    monkeypatch.setitem(sys.modules, "fcntl", None)
    highs_process_main._end_with_input(True)
    assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN

"""Workers of a Dask cluster: the results of local ones, deaths of workers, and no process left behind."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from optimizer.errors import SolverError
from optimizer.interruption import StopFlag, interruptible
from optimizer.solver.highs_process import search_in_process
from optimizer.solver.solution import Options
from optimizer.uncertainty.solve_stochastic import DECOMPOSITION, solve_stochastic
from optimizer.uncertainty.stochastic_program import RiskMeasure
from optimizer.workers.dask import DaskWorkers
from optimizer.workers.workers import LocalWorkers
from tests.solver.programs import split
from tests.uncertainty.programs import random_program


@pytest.fixture(scope="module")
def workers() -> Iterator[DaskWorkers]:
    made = DaskWorkers(count=2)
    yield made
    made.close()


def _double(task: int, stop: StopFlag) -> int:
    return 2 * task


def _die_at_first(task: tuple[int, str], stop: StopFlag) -> int:
    """Kill the worker the first time, in the middle of a search in a process of its own."""
    number, folder = task
    marker = Path(folder) / str(number)
    if number < 2 and not marker.exists():
        threading.Thread(target=search_in_process, args=(split(), {"threads": 1}, 300.0), daemon=True).start()
        own = psutil.Process()
        while not own.children():
            time.sleep(0.05)
        time.sleep(1.0)
        marker.write_text(str(own.children()[0].pid), encoding="utf-8")
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def _die(task: str, stop: StopFlag) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _wait(task: int, stop: StopFlag) -> None:
    began = time.perf_counter()
    while not stop.is_set() and time.perf_counter() - began < 60:
        time.sleep(0.05)


def _results(workers: DaskWorkers) -> list[int]:
    found: list[int] = []
    workers.map(_double, [3, 1, 2], lambda task, result: found.append(result))
    return found


def test_the_answer_is_that_of_local_workers(workers: DaskWorkers) -> None:
    """Tests that a decomposition finds the same plan and bound, in as many rounds."""
    program, options, local = random_program(7, whole=True), Options(gap=0.02), LocalWorkers(2)
    first, second = (
        solve_stochastic(program, RiskMeasure(), options, one, method=DECOMPOSITION) for one in (local, workers)
    )
    local.close()
    assert (second.objective, second.bound, second.rounds) == (first.objective, first.bound, first.rounds)


def test_work_of_workers_that_die_is_done(workers: DaskWorkers, tmp_path: Path) -> None:
    """Tests that no result is lost, and that the solver's processes end with their workers."""
    found: list[int] = []
    tasks = [(number, str(tmp_path)) for number in range(5)]
    workers.map(_die_at_first, tasks, lambda task, result: found.append(result))
    assert found == [0, 1, 2, 3, 4]
    for number in (0, 1):
        process = int((tmp_path / str(number)).read_text(encoding="utf-8"))
        until = time.perf_counter() + 30
        while psutil.pid_exists(process) and psutil.Process(process).status() != psutil.STATUS_ZOMBIE:
            assert time.perf_counter() < until
            time.sleep(0.1)


def test_work_that_kills_its_workers_fails_with_its_name(workers: DaskWorkers) -> None:
    """Tests the message, and that the workers can go on."""
    with pytest.raises(SolverError, match="the seventh scenario ended every worker"):
        workers.map(_die, ["the seventh scenario"], lambda task, result: None)
    assert _results(workers) == [6, 2, 4]


def test_ctrl_c_ends_the_work(workers: DaskWorkers) -> None:
    """Tests that tasks of a minute end soon after Ctrl-C, so that others can run."""
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    began = time.perf_counter()
    with pytest.raises(KeyboardInterrupt), interruptible():
        workers.map(_wait, [0, 1, 2], lambda task, result: None)
    assert _results(workers) == [6, 2, 4]
    assert time.perf_counter() - began < 50


def test_a_scheduler_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests the message for an address at which nothing answers."""
    monkeypatch.setattr("optimizer.workers.dask._CONNECT", 1.0)
    with pytest.raises(SolverError, match=r"tcp://127\.0\.0\.1:9: "):
        DaskWorkers("tcp://127.0.0.1:9")

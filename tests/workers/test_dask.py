"""Workers of a Dask cluster: the results of local ones, deaths of workers, and no process left behind."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path

import pandas as pd
import psutil
import pytest
from distributed import LocalCluster
from distributed.core import Status

import optimizer
from optimizer.errors import SolverError
from optimizer.interruption import StopFlag, interruptible
from optimizer.solver.highs_process import run_in_process
from optimizer.solver.solution import Options
from optimizer.uncertainty.solve_stochastic import DECOMPOSITION, solve_stochastic
from optimizer.uncertainty.stochastic_program import RiskMeasure
from optimizer.workers.dask import DaskWorkers
from optimizer.workers.workers import LocalWorkers, Result, Task
from tests.solver.programs import split
from tests.uncertainty.programs import random_program
from tests.uncertainty.tiny import growing

KILLS = 20


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
        threading.Thread(target=run_in_process, args=(split(), {"threads": 1}, 300.0), daemon=True).start()
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
        with contextlib.suppress(psutil.NoSuchProcess):
            wait_for_end(psutil.Process(int((tmp_path / str(number)).read_text(encoding="utf-8"))))


def wait_for_end(process: psutil.Process) -> None:
    """Wait until a process has ended, as it must within a minute; another one may have its number then."""
    until = time.perf_counter() + 60
    with contextlib.suppress(psutil.NoSuchProcess):
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            assert time.perf_counter() < until
            time.sleep(0.1)


class _Killing(DaskWorkers):
    """Workers of which one is killed at random in each round of tasks, after one of the first results."""

    def __init__(self) -> None:
        super().__init__(count=2)
        self.chance, self.killed = random.Random(1), set[psutil.Process]()
        self.kills = 0

    def map(
        self, work: Callable[[Task, StopFlag], Result], tasks: Sequence[Task], on_result: Callable[[Task, Result], None]
    ) -> None:
        at, results = self.chance.randrange(max(len(tasks) - 1, 1)), count()

        def receive(task: Task, result: Result) -> None:
            if next(results) == at and self.kills < KILLS:
                self.kill()
            on_result(task, result)

        super().map(work, tasks, receive)

    def kill(self) -> None:
        """Kill a worker if both are there, and remember it with the processes of its solver."""
        assert self.cluster is not None
        running = [nanny for nanny in self.cluster.workers.values() if nanny.status == Status.running and nanny.pid]
        if len(running) < self._count or len(self.client.scheduler_info()["workers"]) < self._count:
            return
        pids = [nanny.pid for nanny in running]
        with contextlib.suppress(psutil.NoSuchProcess):  # one that was killed, and not missed yet
            process = psutil.Process(self.chance.choice(pids))
            self.killed |= {process, *process.children(recursive=True)}
            process.kill()
            self.kills += 1


def test_the_answer_is_the_same_however_often_workers_are_killed() -> None:
    """Tests decompositions while workers are killed 20 times, and that no process is left."""
    killing, local = _Killing(), LocalWorkers(1)
    search = (random_program(7, whole=True), RiskMeasure(), Options(gap=0.02))
    first = solve_stochastic(*search, local, method=DECOMPOSITION)
    while killing.kills < KILLS:
        second = solve_stochastic(*search, killing, method=DECOMPOSITION)
        assert (second.objective, second.bound, second.rounds) == (first.objective, first.bound, first.rounds)
    killing.close()
    local.close()
    assert len(killing.killed) > KILLS  # with processes of solvers
    for process in killing.killed:
        wait_for_end(process)


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


def address_of(workers: DaskWorkers) -> str:
    """Address of the scheduler of workers of this machine."""
    assert workers.cluster is not None
    return str(workers.cluster.scheduler_address)


def test_plans_and_simulations_are_those_of_local_workers(workers: DaskWorkers) -> None:
    """Tests a plan under uncertainty and 30 draws on a cluster that runs already."""
    address, instance = address_of(workers), growing((1, 2, 3))
    plans = [optimizer.solve(instance, gap=0.0, **where) for where in ({"workers": 1}, {"cluster": address})]
    pd.testing.assert_frame_equal(plans[0].decisions, plans[1].decisions)
    assert plans[0].objective == plans[1].objective
    found = [optimizer.simulate(plans[0], 30, gap=0.0, **where) for where in ({"workers": 1}, {"cluster": address})]
    pd.testing.assert_frame_equal(found[0].draws, found[1].draws)


def test_long_simulations_run_in_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that the draws are the same, and that workers of a cluster examine them."""
    plan, used, close = optimizer.solve(growing((1, 2, 3)), gap=0.0), list[DaskWorkers](), DaskWorkers.close

    def note(workers: DaskWorkers) -> None:
        used.append(workers)
        close(workers)

    first = optimizer.simulate(plan, 30, gap=0.0, workers=2)
    monkeypatch.setattr("optimizer.uncertainty.simulate._WORTH", 0.0)
    monkeypatch.setattr(DaskWorkers, "close", note)
    second = optimizer.simulate(plan, 30, gap=0.0, workers=2)
    pd.testing.assert_frame_equal(second.draws, first.draws)
    assert len(used) == 1


# ---------------------------------------------------------------- what is wrong with a cluster
@pytest.fixture
def cluster() -> Iterator[LocalCluster]:
    """Scheduler without workers."""
    made = LocalCluster(n_workers=0, threads_per_worker=1, dashboard_address=":0", silence_logs=50)
    yield made
    made.close()


def test_a_scheduler_without_workers_is_named(cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests the message, with the command that starts one."""
    monkeypatch.setattr("optimizer.workers.dask._CONNECT", 1.0)
    with pytest.raises(SolverError, match=rf"has no workers\. Start some: dask worker {cluster.scheduler_address}"):
        DaskWorkers(cluster.scheduler_address)


def test_other_versions_on_a_worker_are_named(workers: DaskWorkers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests the message, with both versions."""
    monkeypatch.setattr("optimizer.workers.dask.version_of", lambda name: "9.9")
    with pytest.raises(SolverError, match=r"has capopt .*; expected 9\.9, as on this machine"):
        DaskWorkers(address_of(workers))


@pytest.mark.parametrize("what", ["scheduler", "workers"])
def test_a_cluster_that_is_lost_is_named(what: str, cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests the messages where the scheduler, or all of its workers, are gone in the middle of the work."""
    monkeypatch.setattr("optimizer.workers.dask._WITHOUT_WORKERS", 3.0)
    cluster.scale(1)
    lost = DaskWorkers(cluster.scheduler_address)
    threading.Timer(
        0.5, cluster.close if what == "scheduler" else cluster.scale, () if what == "scheduler" else (0,)
    ).start()
    message = {"scheduler": "the connection to the Dask scheduler .* was lost", "workers": "without workers for 3 s"}
    with pytest.raises(SolverError, match=message[what]):
        lost.map(_wait, [0], lambda task, result: None)
    lost.close()

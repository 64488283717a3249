"""Workers of a Dask cluster: processes of this machine, or of many machines.

What the work needs of Dask, as measured with distributed 2026.8:

- ``cancel`` returns at once, but a running task goes on: tasks poll an event of the cluster, and end early.
- A task whose worker died runs again on another one: it depends on its arguments alone. One that killed as many workers
  as ``allowed-failures`` fails.
- The memory limit sees the worker's own process alone, not those of the solver: there is none.
- By default tasks wait for workers for ever, and a worker that is silent is kept: both have limits here. A scheduler
  that was started elsewhere has its own: the client looks how long it has been without workers.
- A worker that is killed while it starts is not started again, until the cluster is scaled to its size once more.
- Tasks are lost with the scheduler, which forgets everything when it starts again.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from multiprocessing import get_all_start_methods
from typing import Any
from uuid import uuid4

from optimizer.errors import SolverError
from optimizer.interruption import StopFlag, ctrl_c_blocked, interruptible
from optimizer.versions import version_of
from optimizer.workers.workers import Result, Task, Workers

_TICK = 0.05
_CONNECT = 10.0  # seconds
_WITHOUT_WORKERS = 120.0  # seconds that a scheduler may be without any
_LOOK = 1.0  # seconds between two looks at whether it is
_AHEAD = 1000  # tasks that the scheduler knows at a time
_ALIKE = ("capopt", "highspy", "numpy", "distributed")  # whose versions are the same on all machines
_POLL = 0.5  # seconds between two looks of a task at the cluster's event
# A server that has imported the cluster starts a worker in a tenth of a second, where there is one (not on Windows).
_START = "forkserver" if "forkserver" in get_all_start_methods() else "spawn"
_SETTINGS = {
    "distributed.scheduler.allowed-failures": 2,  # of a task that kills workers: the third one is the last
    "distributed.scheduler.no-workers-timeout": f"{round(_WITHOUT_WORKERS)}s",
    "distributed.scheduler.worker-ttl": "120s",
    "distributed.worker.daemon": False,  # workers start processes of their own
    "distributed.worker.multiprocessing-method": _START,
    "distributed.deploy.lost-worker-timeout": "5s",
    "distributed.admin.tick.limit": "60s",  # no warnings of a busy machine
    "distributed.worker.profile.enabled": False,  # which would look at the work a hundred times a second
    "distributed.admin.system-monitor.interval": "5s",
}


class DaskWorkers(Workers):
    """Workers of a Dask cluster.

    Parameters
    ----------
    address : str, optional
        Of a scheduler, ``tcp://HOST:PORT``; by default a cluster of processes of this machine is started.
    count : int, optional
        Number of processes of this machine; by default that of the processor's cores.

    Attributes
    ----------
    client : distributed.Client
        Connection to the scheduler.
    cluster : distributed.LocalCluster or None
        The cluster that was started here.

    Raises
    ------
    SolverError
        If the package ``distributed`` is missing, or no scheduler with workers of the same versions is at the address.
    """

    def __init__(self, address: str | None = None, count: int | None = None) -> None:
        try:
            import dask
            from distributed import Client, LocalCluster
        except ImportError:
            message = "a cluster needs the package distributed: pip install 'capopt[cluster]'"
            raise SolverError(message) from None
        dask.config.set(_SETTINGS)
        _silence()
        self.cluster, self._address, self._count = None, address, count or os.cpu_count() or 1
        if address is None:
            with ctrl_c_blocked():
                self.cluster = LocalCluster(
                    n_workers=self._count, threads_per_worker=1, memory_limit=0, dashboard_address=":0", silence_logs=50
                )
        try:
            self.client = Client(address or self.cluster, set_as_default=False, timeout=_CONNECT)
        except (OSError, ValueError, TypeError) as error:
            raise SolverError(f"no Dask scheduler answers at {address}: {error}. {_REMEDY}") from None
        if address is not None:
            try:
                _check_workers(self.client, address)
            except SolverError:
                self.client.close()
                raise

    def map(
        self,
        work: Callable[[Task, StopFlag], Result],
        tasks: Sequence[Task],
        on_result: Callable[[Task, Result], None],
    ) -> None:
        """Run the tasks; each result leaves the cluster as it comes."""
        from distributed import Event

        name = f"stop-{uuid4().hex}"
        stop = Event(name, client=self.client)
        rest, waiting = iter(enumerate(tasks)), deque[tuple[Task, Any]]()

        with interruptible() as pressed:

            def submit(count: int) -> None:
                for place, task in islice(rest, count):
                    if pressed.is_set():
                        raise KeyboardInterrupt
                    key = f"{name}-{place}"
                    waiting.append((task, self.client.submit(_run, work, task, name, key=key, pure=False)))

            try:
                self._has_workers()
                submit(_AHEAD)
                while waiting:
                    task, future = waiting[0]
                    for _ in self._until_done(future):
                        if pressed.is_set():
                            raise KeyboardInterrupt
                    waiting.popleft()
                    submit(1)
                    on_result(task, self._result(task, future))
            finally:
                if self.client.status == "running":
                    stop.set()
                    self.client.cancel([future for _, future in waiting])

    def _until_done(self, future: Any) -> Iterator[None]:
        """Wait for a task, with a step now and then, as long as there are workers."""
        seen = looked = time.perf_counter()
        while not future.done():
            yield
            time.sleep(_TICK)
            now = time.perf_counter()
            if now - looked > _LOOK:
                looked = now
                seen = now if self._has_workers() else seen
            if now - seen > _WITHOUT_WORKERS:
                raise self._without_workers()

    def _has_workers(self) -> bool:
        """Whether the scheduler has workers; those of this machine that are lost are started again."""
        if self.cluster is not None:
            self.cluster.scale(self._count)
        return bool(self.client.scheduler_info()["workers"])

    def _without_workers(self) -> SolverError:
        where = self._address or "of this machine"
        message = (
            f"the cluster {where} has been without workers for {round(_WITHOUT_WORKERS)} s; start some, and repeat"
        )
        return SolverError(message)

    def _result(self, task: object, future: Any) -> Any:
        """Return the result of a task, which the cluster then forgets."""
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError
        from distributed.scheduler import NoWorkerError

        try:
            return future.result()
        except KilledWorker as error:
            message = f"{task} ended every worker that it ran on: {error}. Give the workers more memory"
            raise SolverError(message) from error
        except NoWorkerError:
            raise self._without_workers() from None
        except FutureCancelledError:
            message = f"the connection to the Dask scheduler {self._address or 'of this machine'} was lost. {_REMEDY}"
            raise SolverError(message) from None
        finally:
            future.release()

    @property
    def size(self) -> int:
        """Return the number of threads of the workers that are connected."""
        return sum(self.client.nthreads().values())

    def close(self) -> None:
        """Leave the cluster, and end it if it was started here."""
        self.client.close()
        if self.cluster is not None:
            self.cluster.close()


_REMEDY = "Start it (dask scheduler), correct its address, or leave out --cluster to work on this machine"


def _check_workers(client: Any, address: str) -> None:
    """Check that a scheduler has workers, with the same versions as here.

    Raises
    ------
    SolverError
        If it has none, or some of their versions are others.
    """
    try:
        client.wait_for_workers(1, timeout=_CONNECT)
        found = client.run(_versions)
    except TimeoutError:
        message = f"the Dask scheduler at {address} has no workers. Start some: dask worker {address} --nthreads 1"
        raise SolverError(message) from None
    except ImportError as error:
        message = f"a worker of {address} cannot run capopt: {error}. Install the same version on all machines"
        raise SolverError(message) from None
    mine = _versions()
    for worker, theirs in found.items():
        for name, version in mine.items():
            if theirs[name] != version:
                raise SolverError(
                    f"worker {worker} of {address} has {name} {theirs[name]}; expected {version}, as on this machine. "
                    "Install the same versions on all machines"
                )


def _versions() -> dict[str, str]:
    """Return the versions of what must be the same on all machines."""
    python = ".".join(map(str, sys.version_info[:2]))
    return {**{name: version_of(name) for name in _ALIKE}, "Python": python}


def _silence() -> None:
    """Let the cluster log nothing: what concerns the planner is raised as an error."""
    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL)


class _ClusterStop:
    """The cluster's event as a task sees it; it looks at it from time to time."""

    def __init__(self, name: str) -> None:
        from distributed import Event, get_client

        self._event, self._last, self._set = Event(name, client=get_client()), time.perf_counter(), False

    def is_set(self) -> bool:
        """Whether the result is no longer needed."""
        if not self._set and time.perf_counter() - self._last > _POLL:
            self._last, self._set = time.perf_counter(), bool(self._event.is_set())
        return self._set


def _run(work: Callable[[Any, StopFlag], Any], task: Any, name: str) -> Any:
    """Run a task in a worker."""
    return work(task, _ClusterStop(name))

"""Workers of a Dask cluster: processes of this machine, or of many machines.

What the work needs of Dask, as measured with distributed 2026.8:

- ``cancel`` returns at once, but a running task goes on: tasks poll an event of the cluster, and end early.
- A task whose worker died runs again on another one: it depends on its arguments alone. One that killed as many workers
  as ``allowed-failures`` fails.
- The memory limit sees the worker's own process alone, not those of the solver: there is none.
- By default tasks wait for workers for ever, and a worker that is silent is kept: both have limits here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

from optimizer.errors import SolverError
from optimizer.interruption import StopFlag, interruptible
from optimizer.workers.workers import Result, Task, Workers

_TICK = 0.05
_CONNECT = 10.0  # seconds
_POLL = 0.5  # seconds between two looks of a task at the cluster's event
_SETTINGS = {
    "distributed.scheduler.allowed-failures": 2,  # of a task that kills workers: the third one is the last
    "distributed.scheduler.no-workers-timeout": "120s",
    "distributed.scheduler.worker-ttl": "120s",
    "distributed.worker.daemon": False,  # workers start processes of their own
    "distributed.admin.tick.limit": "60s",  # no warnings of a busy machine
}


class DaskWorkers(Workers):
    """Workers of a Dask cluster.

    Parameters
    ----------
    address : str, optional
        Of a scheduler, ``tcp://HOST:PORT``; by default a cluster of processes of this machine is started.
    count : int, optional
        Number of processes of this machine; by default that of the processor's cores.

    Raises
    ------
    SolverError
        If there is no scheduler at the address.
    """

    def __init__(self, address: str | None = None, count: int | None = None) -> None:
        import dask
        from distributed import Client, LocalCluster

        dask.config.set(_SETTINGS)
        self._cluster = None
        if address is None:
            size = count or os.cpu_count() or 1
            self._cluster = LocalCluster(
                n_workers=size, threads_per_worker=1, memory_limit=0, dashboard_address=None, silence_logs=50
            )
        try:
            self.client = Client(address or self._cluster, set_as_default=False, timeout=_CONNECT)
        except (OSError, ValueError) as error:
            message = f"no Dask scheduler answers at {address}: {error}. Start one, or correct its address"
            raise SolverError(message) from None

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
        futures = [
            self.client.submit(_run, work, task, name, key=f"{name}-{place}", pure=False)
            for place, task in enumerate(tasks)
        ]
        with interruptible() as pressed:
            try:
                for task, future in zip(tasks, futures, strict=True):
                    while not future.done():
                        if pressed.is_set():
                            raise KeyboardInterrupt
                        time.sleep(_TICK)
                    on_result(task, _result(task, future))
            finally:
                stop.set()
                self.client.cancel(futures)

    def close(self) -> None:
        """Leave the cluster, and end it if it was started here."""
        self.client.close()
        if self._cluster is not None:
            self._cluster.close()


def _result(task: object, future: Any) -> Any:
    """Return the result of a task, which the cluster then forgets."""
    from distributed import KilledWorker

    try:
        return future.result()
    except KilledWorker as error:
        message = f"{task} ended every worker that it ran on: {error}. Give the workers more memory"
        raise SolverError(message) from error
    finally:
        future.release()


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

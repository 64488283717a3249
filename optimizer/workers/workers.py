"""Workers: run a function on independent tasks; the results do not depend on how many workers there are."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, TimeoutError
from itertools import count
from typing import TypeVar

from optimizer.interruption import StopFlag, interruptible

Task = TypeVar("Task")
Result = TypeVar("Result")


_TICK = 0.05


class Workers(ABC):
    """Something that runs a function on tasks."""

    @abstractmethod
    def map(
        self,
        work: Callable[[Task, StopFlag], Result],
        tasks: Sequence[Task],
        on_result: Callable[[Task, Result], None],
    ) -> None:
        """Run a function on tasks, and hand over the results in the order of the tasks.

        Parameters
        ----------
        work : callable
            Called with a task and an event that is set when the work is no longer needed: it should then return soon.
            It depends on its task alone, and may run more than once.
        tasks : sequence
            What it is called with.
        on_result : callable
            Called in the calling thread with each task and its result. What it raises ends the work that is left.

        Raises
        ------
        KeyboardInterrupt
            If Ctrl-C came.
        """

    @property
    @abstractmethod
    def size(self) -> int:
        """How many there are."""

    @abstractmethod
    def close(self) -> None:
        """End the workers."""


class LocalWorkers(Workers):
    """Workers in threads of this process, for work that leaves the interpreter: in solvers, in other processes.

    Parameters
    ----------
    count : int, optional
        Number of workers; by default that of the processor's cores.
    """

    def __init__(self, count: int | None = None) -> None:
        self.count = count or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self.count, thread_name_prefix="worker")

    def map(
        self,
        work: Callable[[Task, StopFlag], Result],
        tasks: Sequence[Task],
        on_result: Callable[[Task, Result], None],
    ) -> None:
        """Run the tasks; an error of one of them ends the others and is raised."""
        stop = threading.Event()
        with interruptible() as pressed:
            futures = [self._pool.submit(work, task, stop) for task in tasks]
            try:
                for task, future in zip(tasks, futures, strict=True):
                    while not pressed.is_set():
                        try:
                            result = future.result(_TICK)
                            break
                        except TimeoutError:
                            if future.done():  # its own error
                                raise
                    else:
                        raise KeyboardInterrupt
                    on_result(task, result)
            finally:
                stop.set()
                for future in futures:
                    future.cancel()

    @property
    def size(self) -> int:
        """Return the number of threads."""
        return self.count

    def close(self) -> None:
        """End the threads, after the work that they have begun."""
        self._pool.shutdown(wait=True, cancel_futures=True)


class CountedWorkers(Workers):
    """Workers that report how many tasks are done.

    Parameters
    ----------
    workers : Workers
        They run the tasks.
    on_task : callable
        Called with the number of tasks that are done, of all, and of workers.
    """

    def __init__(self, workers: Workers, on_task: Callable[[int, int, int], None]) -> None:
        self._workers, self._on_task = workers, on_task

    def map(
        self,
        work: Callable[[Task, StopFlag], Result],
        tasks: Sequence[Task],
        on_result: Callable[[Task, Result], None],
    ) -> None:
        """Run the tasks, and report each that is done."""
        done, size = count(1), self._workers.size
        self._on_task(0, len(tasks), size)

        def note(task: Task, result: Result) -> None:
            self._on_task(next(done), len(tasks), size)
            on_result(task, result)

        self._workers.map(work, tasks, note)

    @property
    def size(self) -> int:
        """Return the number of workers."""
        return self._workers.size

    def close(self) -> None:
        """End the workers."""
        self._workers.close()

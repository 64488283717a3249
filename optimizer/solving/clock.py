"""Seconds and peak memory by phase, and progress reports."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from optimizer.errors import PlanLike
from optimizer.program.arrays import Floats
from optimizer.solver.solution import Progress, Report

OnProgress = Callable[[Progress], None]
PlanOf = Callable[[Floats, float | None, int], PlanLike]


@dataclass
class Clock:
    """Measure seconds and peak memory by phase, and report progress."""

    on_progress: OnProgress | None = None
    began: float = field(default_factory=time.perf_counter)
    seconds: dict[str, float] = field(default_factory=dict)
    memory_mb: dict[str, float] = field(default_factory=dict)
    _last: Progress | None = None
    _tasks: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Measure the seconds and the peak memory of a phase."""
        started, self._tasks = time.perf_counter(), {}
        if self.on_progress:
            self._send(Progress(phase=name, elapsed=started - self.began))
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - started, 4)
        peak = _peak_memory_mb()
        if peak is not None:
            self.memory_mb[name] = round(peak, 1)

    def _send(self, event: Progress) -> None:
        """Report progress, and keep it for what is reported of subproblems."""
        if self.on_progress is not None:
            self._last = event
            self.on_progress(event)

    def note_tasks(self, done: int, tasks: int, workers: int) -> None:
        """Report how many subproblems of a phase are solved, next to what is known of its search."""
        self._tasks = {"done": done, "tasks": tasks, "workers": workers}
        if self._last is not None:
            elapsed = time.perf_counter() - self.began
            self._send(replace(self._last, elapsed=elapsed, done=done, tasks=tasks, workers=workers))

    def reporter(self, money: float, phase: str = "solve", plan_of: PlanOf | None = None) -> Report | None:
        """Return the callback of the solver for incumbents and bounds.

        ``money`` is the unit of its costs; ``plan_of`` returns the plan of an incumbent, from its columns.
        """
        if self.on_progress is None:
            return None

        def report(
            incumbent: float | None,
            bound: float | None,
            nodes: int,
            source: str = "HiGHS",
            values: Floats | None = None,
            /,
        ) -> None:
            gap = None
            if incumbent is not None and bound is not None and incumbent != 0:
                gap = (incumbent - bound) / abs(incumbent)
            self._send(
                Progress(
                    phase=phase,
                    elapsed=time.perf_counter() - self.began,
                    incumbent=None if incumbent is None else incumbent * money,
                    bound=None if bound is None else bound * money,
                    gap=gap,
                    nodes=nodes,
                    source=source if incumbent is not None else "",
                    plan=None if plan_of is None or values is None else partial(plan_of, values, bound, nodes),
                    **self._tasks,
                )
            )

        return report

    def ticker(self, phase: str) -> Report | None:
        """Return a callback of the solver that reports its nodes, for a search whose costs say nothing to a planner."""
        on_progress = self.on_progress
        if on_progress is None:
            return None

        def report(
            incumbent: float | None,
            bound: float | None,
            nodes: int,
            source: str = "",
            values: Floats | None = None,
            /,
        ) -> None:
            on_progress(Progress(phase=phase, elapsed=time.perf_counter() - self.began, nodes=nodes))

        return report


def _peak_memory_mb() -> float | None:
    """Return the peak memory of this process so far; None where the system does not report it."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)

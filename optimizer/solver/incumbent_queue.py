"""Queue of one: the best external solution that awaits a search."""

from __future__ import annotations

import threading

import numpy as np

from optimizer.program.arrays import Floats


class IncumbentQueue:
    """The best waiting solution; safe for use from any thread."""

    def __init__(self) -> None:
        self._best: tuple[float, Floats] | None = None
        self._lock = threading.Lock()

    def put(self, objective: float, values: Floats) -> None:
        """Store a solution unless a better one is waiting."""
        with self._lock:
            if self._best is None or objective < self._best[0]:
                self._best = objective, np.array(values, dtype=float)

    def take(self) -> tuple[float, Floats] | None:
        """Remove and return the waiting solution with its objective; None if there is none."""
        with self._lock:
            best, self._best = self._best, None
        return best

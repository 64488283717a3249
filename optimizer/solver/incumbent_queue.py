"""Solutions from elsewhere that a search is to take over."""

from __future__ import annotations

import threading

import numpy as np

from optimizer.program.compile import Floats


class Offers:
    """The best solution that waits to be taken over; from any thread."""

    def __init__(self) -> None:
        self._best: tuple[float, Floats] | None = None
        self._lock = threading.Lock()

    def put(self, objective: float, values: Floats) -> None:
        """Let a solution wait, unless a better one does already."""
        with self._lock:
            if self._best is None or objective < self._best[0]:
                self._best = objective, np.array(values, dtype=float)

    def take(self) -> tuple[float, Floats] | None:
        """The best that waits, with its objective; it waits no longer."""
        with self._lock:
            best, self._best = self._best, None
        return best

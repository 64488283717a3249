"""Budget of an explanation: seconds in all, shared out to stages, questions and searches."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from optimizer.interruption import is_cancelled

EACH = 10.0
"""Seconds of one search where there is no budget."""
DEFAULT = 60.0
"""Seconds of a budget unless another one is given."""
_LEAST = 1.0  # seconds of a question at least: with less, a search finds nothing
_SEARCHES = 3.0  # a question gets the time of so many of the longest search that ended by itself,
_AT_ONCE = 0.1  # but no more than this share of the budget
_TOO_SHORT = 0.05  # seconds with which no search is begun


class BudgetSpent(Exception):
    """Raised in place of a search for which no time is left."""


class Budget:
    """Seconds for many searches.

    Parameters
    ----------
    seconds : float or None
        Seconds in all; None for no limit.
    limit : float or None
        Seconds of one search; by default what the budget leaves, or :data:`EACH` without a budget.
    now : callable
        Clock, in seconds.

    Attributes
    ----------
    cuts : int
        Searches that the budget ended, or kept from beginning.
    longest : float
        Seconds of the longest search that ended by itself.
    """

    def __init__(
        self,
        seconds: float | None = None,
        limit: float | None = None,
        now: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.now, self.cuts, self.longest = now, 0, 0.0
        self.seconds = math.inf if seconds is None else seconds
        self.limit = (EACH if seconds is None else math.inf) if limit is None else limit
        self._end = self._stage_end = self._question_end = now() + self.seconds

    @property
    def left(self) -> float:
        """Seconds that are left in all."""
        return max(self._end - self.now(), 0.0)

    def stage(self, share: float) -> None:
        """Begin a stage, which gets a share of what is left."""
        self._stage_end = self.now() + share * self.left

    def question(self, count: float, least: float = _LEAST) -> float:
        """Begin a question, one of ``count`` that are left in the stage; return its seconds, 0 if the stage is over.

        It gets ``least`` seconds at least, and time for a few searches as long as the longest one so far, so that the
        first questions are examined properly rather than none.
        """
        now, least = self.now(), max(least, min(_SEARCHES * self.longest, _AT_ONCE * self.seconds))
        if now >= self._stage_end:
            return 0.0
        self._question_end = min(now + max((self._stage_end - now) / count, least), self._end)
        return self._question_end - now

    def search(self, parts: int = 1) -> float:
        """Return the seconds of the next search; ``parts`` of them share the time of the question.

        Raises
        ------
        BudgetSpent
            If too little is left.
        KeyboardInterrupt
            If the work is cancelled.
        """
        if is_cancelled():
            raise KeyboardInterrupt
        left = min(self._question_end, self._end) - self.now()
        if left < _TOO_SHORT:
            self.cuts += 1
            raise BudgetSpent
        return min(self.limit, left / parts)

    def took(self, seconds: float) -> None:
        """Record the seconds of a search that ended by itself."""
        self.longest = max(self.longest, seconds)

    def ended(self, seconds: float) -> None:
        """Record that a search reached its limit; it counts as cut unless that is the limit of any search."""
        self.cuts += seconds < self.limit

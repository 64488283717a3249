"""Failed searches: an unexpected error does not lose the incumbent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from optimizer.errors import SolverError
from optimizer.program.arrays import Arrays, Floats


class SearchFailed(SolverError):
    """A search failed because of another error, after it had found a solution.

    Attributes
    ----------
    values : ndarray
        The best solution found.
    why : Exception
        The other error.
    """

    def __init__(self, values: Floats, why: Exception) -> None:
        self.values, self.why = values, why
        super().__init__(f"the search failed: {str(why) or type(why).__name__}")


@contextmanager
def incumbent_kept(incumbents: Callable[[], list[Floats]], arrays: Arrays) -> Iterator[None]:
    """Attach the best solution of a search to any error of a block that runs and completes it.

    Raises
    ------
    SearchFailed
        For every error after a solution was found.
    """
    try:
        yield
    except SearchFailed:
        raise
    except Exception as error:
        found = incumbents()
        if not found:
            raise
        raise SearchFailed(min(found, key=lambda values: float(arrays.cost @ values)), error) from error

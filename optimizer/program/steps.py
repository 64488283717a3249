"""Step series: a value holds from its month until the next row of the same item."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from math import prod

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Steps:
    """A step series of one item.

    Parameters
    ----------
    points : iterable of (int, float)
        Months (or ages) and the value from there on, in any order.
    before : float
        Value before the first point.
    """

    def __init__(self, points: Iterable[tuple[int, float]], before: float) -> None:
        ordered = sorted(points)
        self.at_months = [month for month, _ in ordered]
        self.values = [before, *(value for _, value in ordered)]

    def at(self, month: int) -> float:
        """Value in a month, which may lie before or after the plan."""
        return self.values[bisect_right(self.at_months, month)]

    def over(self, start: int, stop: int) -> Array:
        """Values of the months ``start`` .. ``stop - 1``."""
        where = np.searchsorted(self.at_months, np.arange(start, stop), side="right")
        return np.asarray(self.values, dtype=float)[where]


def product_of_windows(windows: Iterable[tuple[int, int | None, float]]) -> Steps:
    """Return the product, by month, of the factors of the windows that cover it; 1 where none does.

    Parameters
    ----------
    windows : iterable of (int, int or None, float)
        First month, last month (None: no end) and factor.
    """
    known = list(windows)
    edges = {first for first, _, _ in known} | {last + 1 for _, last, _ in known if last is not None}

    def covering(month: int) -> float:
        return prod(factor for first, last, factor in known if first <= month and (last is None or month <= last))

    return Steps(((month, covering(month)) for month in edges), 1.0)

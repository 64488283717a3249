"""Programs as plain arrays, without a model behind them."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from scipy.sparse import csc_array

from optimizer.program.arrays import Arrays, Floats
from optimizer.solver import highs
from optimizer.solver.solution import Options

INF = np.inf


def program(cost: Any, rows: Any, low: Any, high: Any, upper: Any = INF, whole: bool = False) -> Arrays:
    """Minimise ``cost . x`` with ``low <= rows x <= high`` and ``0 <= x <= upper``, whole or not."""
    matrix = csc_array(np.array(rows, dtype=float))
    count = matrix.shape[1]
    return Arrays(
        cost=np.array(cost, dtype=float),
        offset=0.0,
        lower=np.zeros(count),
        upper=np.broadcast_to(np.asarray(upper, dtype=float), count).copy(),
        integer=np.full(count, whole),
        starts=matrix.indptr.astype(np.int64),
        indices=matrix.indices.astype(np.int64),
        values=matrix.data,
        row_lower=np.array(low, dtype=float),
        row_upper=np.array(high, dtype=float),
        columns=tuple(range(count)),
        rows=tuple(range(matrix.shape[0])),
    )


def knapsacks(items: int = 100, sacks: int = 10) -> Arrays:
    """Weights and values alike at random, several sacks half full: plans at once, a proof not within hours."""
    chance = np.random.default_rng(7)
    weights = chance.integers(200, 1000, size=(sacks, items))
    values = weights.mean(axis=0) + chance.integers(0, 100, size=items)
    return program(-values, weights, np.full(sacks, -INF), weights.sum(axis=1) // 2, upper=1, whole=True)


def split(rows: int = 6, columns: int = 50) -> Arrays:
    """Market split: no choice of items meets half of each of six sums, which branch and bound takes ages to prove.

    (Cornuejols and Dawande, 1999.) Fractions do: half of every item.
    """
    weights = np.random.default_rng(5).integers(1, 100, size=(rows, columns))
    half = weights.sum(axis=1) // 2
    return program(np.zeros(columns), weights, half, half, upper=1, whole=True)


@cache
def good_knapsacks() -> Floats:
    """A far better plan for the knapsacks than the first that a search finds."""
    found = highs.solve(knapsacks(), Options(gap=0, threads=1, time_limit=4)).values
    assert found is not None
    found.flags.writeable = False
    return found

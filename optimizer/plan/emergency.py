"""Minimum critical work that is not served if pools are lost, by one linear program for all losses and months."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.auditing.holdings import Holdings
from optimizer.errors import SolverError
from optimizer.program.arrays import Arrays

Array = NDArray[Any]
Case = tuple[int, frozenset[int]]  # a month, and the places of the pools that are lost in it

_LITTLE = 1e-6  # relative to the critical work: smaller amounts are rounding


def shortfalls(case: Holdings, critical: Array, losses: list[Case]) -> Array:
    """Return the minimum critical work that is not served, with the remaining capacity used for nothing else.

    Parameters
    ----------
    case : Holdings
        Holdings of the plan; capacity that is leased out stays leased out.
    critical : array
        Critical work by workload and month.
    losses : list of Case
        The losses: months and pools.

    Returns
    -------
    array
        Reference-accelerators by loss and workload. If several workloads are short, their split is arbitrary;
        their sum is unique.

    Raises
    ------
    SolverError
        If the linear program cannot be solved.
    KeyboardInterrupt
        On Ctrl-C.
    """
    from scipy.sparse import coo_array, eye_array, hstack, vstack  # takes a while to load

    kinds, month = _kinds(case, critical), np.array([t for t, _ in losses])
    need, room, power = critical[:, month].T, _room(case, kinds, losses), _power(case, losses)
    size = max(float(need.max()), 1.0)
    work, kind = np.nonzero(kinds.rates)
    loss, pair = np.nonzero((room[:, kind] > 0) & (need[:, work] > 0))
    work, kind = work[pair], kind[pair]

    own = np.flatnonzero(kinds.site[kind] >= 0)

    def rows(of: Array, values: Array, limits: Array, columns: Array) -> Any:
        """Return a row for each loss and column of the limits."""
        return coo_array((values, (loss[columns] * limits.shape[1] + of, columns)), (limits.size, len(loss)))

    every = np.arange(len(loss))
    served = hstack([rows(work, -kinds.rates[work, kind], need, every), -eye_array(need.size)])
    run = rows(kind, np.ones(len(loss)), room, every)
    drawn = rows(kinds.site[kind[own]], kinds.mw[kind[own]], power, own)
    capacity = vstack([run, drawn])
    matrix = vstack([served, hstack([capacity, coo_array((capacity.shape[0], need.size))])])
    limit = np.concatenate([-need.ravel(), room.ravel(), power.ravel()]) / size
    cost = np.concatenate([np.zeros(len(loss)), np.ones(need.size)])
    short: Array = _least(cost, matrix.tocsc(), limit)[len(loss) :].reshape(need.shape) * size
    short[short <= _LITTLE * need.sum(axis=1, keepdims=True)] = 0.0
    return short


def _least(cost: Array, matrix: Any, limit: Array) -> Array:
    """Minimise ``cost . x`` with ``matrix x <= limit`` and ``x >= 0``; Ctrl-C raises."""
    from optimizer.solver.highs import Model
    from optimizer.solver.solution import Options

    rows, count = matrix.shape
    arrays = Arrays(
        cost=cost,
        offset=0.0,
        lower=np.zeros(count),
        upper=np.full(count, np.inf),
        integer=np.zeros(count, dtype=bool),
        starts=matrix.indptr.astype(np.int64),
        indices=matrix.indices.astype(np.int64),
        values=matrix.data,
        row_lower=np.full(rows, -np.inf),
        row_upper=limit,
        columns=(None,) * count,
        rows=(None,) * rows,
    )
    found = Model(arrays).part(Options(time_limit=np.inf), {})
    if found.values is None:
        raise SolverError(f"the linear program of the losses cannot be solved: HiGHS ended with {found.stop.value}")
    return found.values


@dataclass(frozen=True)
class _Kinds:
    """Groups of pools that are equivalent for critical work.

    Attributes
    ----------
    of : array of int
        Kind of each pool.
    rates : array
        Work per accelerator, by workload and kind; 0 where it may not run.
    site : array of int
        Own site of each kind, -1 for those elsewhere.
    mw : array
        Facility MW per accelerator in use.
    """

    of: Array
    rates: Array
    site: Array
    mw: Array


def _kinds(case: Holdings, critical: Array) -> _Kinds:
    pools, sites = case.facts.pools, case.facts.names["site"]
    needed = (critical > 0).any(axis=1).reshape(-1, 1)
    rates = np.where(needed, np.nan_to_num(case.facts.yields[: len(critical)]), 0.0)
    site = [sites[pool.place] if pool.own else -1 for pool in pools]
    unlike, of = np.unique(np.vstack([site, case.kw / 1000.0, rates]), axis=1, return_inverse=True)
    return _Kinds(of.reshape(-1), unlike[2:], unlike[0].astype(int), unlike[1])


def _room(case: Holdings, kinds: _Kinds, losses: list[Case]) -> Array:
    """Return the accelerators available to critical work, by loss and kind."""
    free = np.maximum(case.offered - case.leased, 0.0)
    found = np.zeros((len(losses), len(kinds.site)))
    for place, (t, gone) in enumerate(losses):
        left = free[:, t].copy()
        left[[place for place in gone if place < len(left)]] = 0.0
        np.add.at(found[place], kinds.of, left)
    return found


def _power(case: Holdings, losses: list[Case]) -> Array:
    """Return the MW available to critical work, by loss and site."""
    left = case.mw_supply - case.mw_let - case.drawn(case.leased)
    found = [left[:, t] - case.mw_of(gone)[:, t] for t, gone in losses]
    free: Array = np.maximum(np.array(found).reshape(len(losses), len(left)), 0.0)
    return free

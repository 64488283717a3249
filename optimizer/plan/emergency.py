"""Minimum critical work that is not served if pools are lost, by linear programs of some losses and months each.

Workloads that may run on the same pools at the same rates count as one. What can never help each other, such as the
regions of workloads that run in one region only, are solved apart, and only once for all losses that leave them alike.
"""

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
_Piece = tuple[int, int, frozenset[int]]  # a month, a part, and the places that are lost in it

_LITTLE = 1e-6  # relative to the critical work: smaller amounts are rounding
_COLUMNS = 20_000  # of one linear program, about: the time for several is shorter, and the memory does not grow


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
    kinds = _kinds(case, critical)
    need = np.zeros((len(kinds.rates), critical.shape[1]))
    np.add.at(need, kinds.group, critical)
    size = max(float(need.max()), 1.0)
    pieces: dict[_Piece, Array] = {}  # the work of each group that is not served
    parts = [_pieces(case, kinds, need, one) for one in losses]
    every = list(dict.fromkeys(piece for found in parts for piece in found))
    width = max(int((kinds.rates > 0).sum()) // (int(kinds.part.max(initial=0)) + 1), 1)
    most = max(_COLUMNS // width, 1)
    for first in range(0, len(every), most):
        some = every[first : first + most]
        pieces.update(zip(some, _solve(case, kinds, need, some, size), strict=True))
    short = np.zeros((len(losses), len(critical)))
    for place, ((t, _), found) in enumerate(zip(losses, parts, strict=True)):
        total = np.zeros(len(need))
        for piece in found:
            total += pieces[piece]
        short[place] = _divided(total, kinds.group, critical[:, t])
        short[place][short[place] <= _LITTLE * critical[:, t].sum()] = 0.0
    return short


def _divided(short: Array, group: Array, critical: Array) -> Array:
    """Divide what groups are short of among their workloads: all of the first ones, so that few are named."""
    order = np.argsort(group, kind="stable")
    amounts = critical[order]
    first = np.searchsorted(group[order], group[order])
    before = np.append(0.0, np.cumsum(amounts))
    found = np.zeros(len(critical))
    found[order] = np.clip(short[group[order]] - (before[:-1] - before[first]), 0.0, amounts)
    return found


def _pieces(case: Holdings, kinds: _Kinds, need: Array, loss: Case) -> list[_Piece]:
    """Return the parts with critical work in a loss, each with the places that it loses."""
    t, gone = loss
    lost: dict[int, set[int]] = {}
    for place in gone:
        lost.setdefault(kinds.part_of_place(case, place), set()).add(place)
    parts = np.unique(kinds.part[need[:, t] > 0]).tolist()
    return [(t, part, frozenset(lost.get(part, ()))) for part in parts]


def _solve(case: Holdings, kinds: _Kinds, need: Array, pieces: list[_Piece], size: float) -> Array:
    """Return the work of each group that is not served, by piece."""
    from scipy.sparse import coo_array, eye_array, hstack, vstack  # takes a while to load

    losses, part = [(t, gone) for t, _, gone in pieces], np.array([part for _, part, _ in pieces])
    wanted = np.where(kinds.part == part[:, None], need[:, [t for t, _ in losses]].T, 0.0)
    room, power = _room(case, kinds, losses), _power(case, losses)
    work, kind = np.nonzero(kinds.rates)
    loss, pair = np.nonzero((room[:, kind] > 0) & (wanted[:, work] > 0))
    work, kind = work[pair], kind[pair]
    own, every = np.flatnonzero(kinds.site[kind] >= 0), np.arange(len(loss))
    rows = [
        _rows(loss, work, wanted.shape, wanted > 0, every, -kinds.rates[work, kind]),
        _rows(loss, kind, room.shape, None, every, np.ones(len(loss))),
        _rows(loss, kinds.site[kind], power.shape, None, own, kinds.mw[kind]),
    ]
    limits = [-wanted, room, power]
    matrices = [coo_array((values, (row, columns)), (len(kept), len(loss))) for kept, row, columns, values in rows]
    count = matrices[0].shape[0]
    missing = vstack([-eye_array(count), coo_array((sum(one.shape[0] for one in matrices[1:]), count))])
    limit = np.concatenate([of.ravel()[kept] for of, (kept, *_) in zip(limits, rows, strict=True)]) / size
    cost = np.concatenate([np.zeros(len(loss)), np.ones(count)])
    found = np.zeros(wanted.size)
    found[rows[0][0]] = _least(cost, hstack([vstack(matrices), missing]).tocsc(), limit)[len(loss) :] * size
    return found.reshape(wanted.shape)


def _rows(
    loss: Array, of: Array, shape: tuple[int, ...], kept: Array | None, columns: Array, values: Array
) -> tuple[Array, Array, Array, Array]:
    """Return the rows that are needed, by place in limits of a shape, and the row, column and value of each term.

    Without ``kept`` these are the rows that have terms.
    """
    places = loss[columns] * shape[1] + of[columns]
    needed = np.unique(places) if kept is None else np.flatnonzero(kept.ravel())
    return needed, np.searchsorted(needed, places), columns, values[columns]


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
    """Groups of workloads, and kinds of pools that are equivalent for critical work.

    Attributes
    ----------
    group : array of int
        Group of each workload.
    of : array of int
        Kind of each pool.
    rates : array
        Work per accelerator, by group and kind; 0 where it may not run.
    site : array of int
        Own site of each kind, -1 for those elsewhere.
    mw : array
        Facility MW per accelerator in use.
    part : array of int
        Part of each group; groups of different parts share neither pools nor power.
    part_of : array of int
        Part of each kind, then of each site.
    """

    group: Array
    of: Array
    rates: Array
    site: Array
    mw: Array
    part: Array
    part_of: Array

    def part_of_place(self, case: Holdings, place: int) -> int:
        """Return the part of a pool, or of the site that a contract of MW supplies."""
        if place < len(self.of):
            return int(self.part_of[self.of[place]])
        site = case.facts.names["site"][case.facts.space[place - len(self.of)].site]
        return int(self.part_of[len(self.site) + site])


def _kinds(case: Holdings, critical: Array) -> _Kinds:
    pools, sites = case.facts.pools, case.facts.names["site"]
    needed = (critical > 0).any(axis=1).reshape(-1, 1)
    rates = np.where(needed, np.nan_to_num(case.facts.yields[: len(critical)]), 0.0)
    place = [sites[pool.place] if pool.own else -1 for pool in pools]
    unlike, of = np.unique(np.vstack([place, case.kw / 1000.0, rates]), axis=1, return_inverse=True)
    rates, group = np.unique(unlike[2:], axis=0, return_inverse=True)
    site = unlike[0].astype(int)
    part, part_of = _parts(rates, site, len(sites))
    return _Kinds(group.reshape(-1), of.reshape(-1), rates, site, unlike[1], part, part_of)


def _parts(rates: Array, site: Array, sites: int) -> tuple[Array, Array]:
    """Return the part of each group, and of each kind and site, as connected by rates and by power."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    groups, count = rates.shape
    work, kind = np.nonzero(rates)
    own = np.flatnonzero(site >= 0)
    first = np.concatenate([work, groups + own])
    second = np.concatenate([groups + kind, groups + count + site[own]])
    nodes = groups + count + sites
    _, part = connected_components(coo_array((np.ones(len(first)), (first, second)), (nodes, nodes)), directed=False)
    return part[:groups], part[groups:]


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
    pools = len(case.facts.pools)
    found = [
        left[:, t] - case.mw_of(gone)[:, t] if any(place >= pools for place in gone) else left[:, t]
        for t, gone in losses
    ]
    free: Array = np.maximum(np.array(found).reshape(len(losses), len(left)), 0.0)
    return free

"""Losses that are survived whatever is decided: what can be had on demand, without a commitment, is enough."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from optimizer.program.exposure import window

if TYPE_CHECKING:
    from optimizer.program.index import Index

Outage = tuple[str, str, int]  # policy, member, month
Served = dict[tuple[str, str], float]  # accelerators by workload and pool


def critical(ix: Index) -> dict[tuple[str, int], dict[str, float]]:
    """Work that must survive a loss, by policy and month, then workload, in reference-accelerators; none that is 0."""
    found = {}
    for policy, row in ix.policies.items():
        for t in window(row, ix.horizon) if row.rule == "survive" else ():
            work = {name: row.limit * one.critical * float(ix.demand[name][t]) for name, one in ix.workloads.items()}
            found[policy, t] = {name: amount for name, amount in work.items() if amount > 0}
    return found


def survived(ix: Index) -> dict[Outage, Served]:
    """Outages that the offers on demand survive alone, with how they do.

    The program asks nothing about these: offers without a commitment are there in every plan and never leased out. The
    offers are filled one after the other; where that does not do, the program asks, be it that another way would do.
    """
    found: dict[Outage, Served] = {}
    known: dict[tuple[object, ...], Served | None] = {}
    offered = _room(ix)
    left = {
        (policy, member): {name: size for name, size in offered.items() if name not in lost}
        for policy, losses in ix.losses.items()
        for member, lost in losses.items()
    }
    for (policy, t), need in ix.critical.items():
        for member in ix.losses[policy]:
            room = left[policy, member]
            case = (*room, *need.items())
            if case not in known:
                known[case] = filled(need, room, ix.yields)
            served = known[case]
            if served is not None:
                found[policy, member, t] = served
    return found


def _room(ix: Index) -> dict[str, float]:
    """Accelerators of each offer that needs no commitment."""
    return {name: float(row.max_accelerators) for name, row in ix.offers.items() if row.commitment is None}


def filled(
    need: Mapping[str, float], room: Mapping[str, float], yields: Mapping[tuple[str, str], float]
) -> Served | None:
    """Accelerators that do all of some work within the room that pools have; None where filling them does not do.

    Work that few pools can do comes first, and takes those that can do little else.

    Parameters
    ----------
    need : mapping
        Work by workload.
    room : mapping
        Accelerators by pool.
    yields : mapping
        Work per accelerator by workload and pool, where it may run.
    """
    pools = {work: [pool for pool in room if (work, pool) in yields] for work in need}
    wanted = {pool: sum(pool in eligible for eligible in pools.values()) for pool in room}
    left, served = dict(room), {}
    for work in sorted(need, key=lambda work: len(pools[work])):
        missing = need[work]
        for pool in sorted(pools[work], key=lambda pool: (wanted[pool], -yields[work, pool])):
            rate = yields[work, pool]
            enough = missing / rate <= left[pool]
            taken = missing / rate if enough else left[pool]
            if taken > 0:
                served[work, pool] = taken
            left[pool] -= taken
            missing = 0.0 if enough else missing - taken * rate
        if missing > 0:
            return None
    return served

"""Policies: shares of capacity by member, and losses to survive by running critical work on what is left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from optimizer.program.exposure import is_site_lost, window
from optimizer.program.index import Index
from optimizer.program.power import leased_out, supplied
from optimizer.program.program_data import ProgramData
from optimizer.program.row import Row
from optimizer.program.stock import add_capacity, add_leased
from optimizer.schema import IN_HOUSE


def sets(index: Index) -> dict[str, list[Any]]:
    """Index sets of this room."""
    shares, needs = _shares(index), _needs(index)
    counted = sorted({t for _, _, t in shares})
    eligible = {key: _eligible(index, *key) for key in dict.fromkeys(need[:3] for need in needs)}
    emergency = [
        (policy, member, w, pool, t)
        for policy, member, w, t in needs
        for pool, possible in eligible[policy, member, w]
        if possible[t]
    ]
    left = dict.fromkeys((policy, member, pool, t) for policy, member, _, pool, t in emergency)
    own = [(*outage, index.pools[pool].place, t) for *outage, pool, t in left if index.pools[pool].source == IN_HOUSE]
    return {
        "reference_capacity": counted,
        "emergency": emergency,
        "reference_balance": counted,
        "share_limit": shares,
        "outage_demand": needs,
        "outage_capacity": list(left),
        "outage_power": list(dict.fromkeys([*own, *_without_contracts(index)])),
    }


def _shares(index: Index) -> list[tuple[str, str, int]]:
    """Policies, members and months with a limited share."""
    return [
        (name, member, t)
        for name, row in index.policies.items()
        if row.rule == "max_share"
        for member, pools in index.members[name].items()
        if lasting(index, pools)
        for t in window(row, index.horizon)
    ]


def _needs(index: Index) -> list[tuple[str, str, str, int]]:
    """Policies, members that are lost, workloads with critical work, and months that offers alone do not survive."""
    return [
        (name, member, workload, t)
        for name, row in index.policies.items()
        if row.rule == "survive"
        for member in index.losses[name]
        for t in window(row, index.horizon)
        if (name, member, t) not in index.redundant_outages
        for workload in index.critical[name, t]
    ]


def _without_contracts(index: Index) -> Iterator[tuple[str, str, str, int]]:
    """Policy, member, site and month in which contracts of MW are lost at a site that is not."""
    for name, row in index.policies.items():
        for member, lost in index.losses[name].items() if row.rule == "survive" else ():
            for one in [index.agreements[item] for item in lost if item not in index.pools]:
                if not is_site_lost(index, row, member, one.row.site):
                    months = window(row, index.horizon)
                    yield from ((name, member, one.row.site, t) for t in months if t in one.months)


def lasting(index: Index, pools: Any) -> list[str]:
    """Pools that count for shares: in-house and contracts."""
    return [pool for pool in pools if pool in index.pools and index.pools[pool].source != "on_demand"]


def survivors(index: Index, policy: str, member: str) -> list[str]:
    """Pools that are left when a member is lost."""
    lost = index.losses[policy][member]
    return [name for name in index.pools if name not in lost]


def _eligible(index: Index, policy: str, member: str, workload: str) -> list[tuple[str, list[bool]]]:
    """Pools left when a member is lost that a workload may use, and whether each can have capacity, by month."""
    left = survivors(index, policy, member)
    return [(pool, index.possible[pool].tolist()) for pool in left if (workload, pool) in index.yields]


def counted_capacity(m: ProgramData, pools: Any, t: int) -> Row:
    """Capacity of pools that count for shares, in reference-accelerators and the program's units."""
    row = Row()
    for pool in lasting(m.index, pools):
        worth = m.index.accelerators[m.index.pools[pool].accelerator].reference / m.units.accelerators
        add_capacity(m, row, worth, pool, t)
    return row


def reference_balance(m: ProgramData, t: int) -> Row:
    """Capacity adds up, in reference-accelerators.

    ``sum(reference[p] capacity[p,t]) = reference_capacity[t]`` for each month in which a policy limits shares, over
    in-house and contract pools; ``capacity`` is a sum of ``installed``, ``delivered`` and ``in_force``.
    """
    return counted_capacity(m, m.index.pools, t).equals(m.col["reference_capacity"][t])


def share_limit(m: ProgramData, policy: str, member: str, t: int) -> Row:
    """A member has a limited share of all capacity.

    ``sum(reference[p] capacity[p,t]) <= limit reference_capacity[t]`` for each policy, member with pools that count and
    month, over its pools; ``capacity`` is a sum of ``installed``, ``delivered`` and ``in_force``.
    """
    limit = Row().add(float(m.index.policies[policy].limit), m.col["reference_capacity"][t])
    return counted_capacity(m, sorted(m.index.members[policy][member]), t).at_most(limit)


def emergencies(m: ProgramData) -> tuple[dict[Any, list[Any]], dict[Any, tuple[list[str], list[Any]]]]:
    """Columns of each pool in each outage, and pools and columns of each workload in each outage."""
    by_pool: dict[Any, list[Any]] = defaultdict(list)
    by_work: dict[Any, tuple[list[str], list[Any]]] = defaultdict(lambda: ([], []))
    for (policy, member, workload, pool, t), column in m.col["emergency"].items():
        by_pool[policy, member, pool, t].append(column)
        pools, columns = by_work[policy, member, workload, t]
        pools.append(pool)
        columns.append(column)
    return by_pool, by_work


def outage_demand(m: ProgramData, policy: str, member: str, workload: str, t: int) -> Row:
    """What is left serves critical work.

    ``sum(yields[w,p] emergency[policy,member,w,p,t] over p) = limit critical[w] demand[w,t]`` for each policy, member
    that is lost, workload with critical demand and month, over the pools left.
    """
    index = m.index
    need = index.critical[policy, t][workload] / m.units.accelerators
    pools, columns = m.emergency_columns_by_workload.get((policy, member, workload, t), ([], []))
    return Row().add_all([index.yields[workload, pool] for pool in pools], columns).equals(need)


def outage_capacity(m: ProgramData, policy: str, member: str, pool: str, t: int) -> Row:
    """Critical work and what stays leased out fit a pool.

    ``sum(emergency[policy,member,w,p,t] over w) + sum(leased[o,p,t] over o) <= capacity[p,t]`` for each policy, member
    that is lost, pool left and month; ``capacity`` is of ``installed``, ``delivered``, ``in_force`` or ``running``.
    """
    parts = m.emergency_columns_by_pool[policy, member, pool, t]
    row = add_leased(m, Row().add_all([1.0] * len(parts), parts), 1.0, pool, t)
    return row.at_most(add_capacity(m, Row(), 1.0 / m.units.accelerators, pool, t))


def outage_power(m: ProgramData, policy: str, member: str, site: str, t: int) -> Row:
    """Critical work and what stays leased out fit the power of a site.

    ``sum(mw[p] (emergency[policy,member,w,p,t] + leased[o,p,t])) + sum(mw_per_block[o] in_force[o,t])
    <= available[i,t] (supply[i,t] + sum(mw_per_block[b] built[b,t-lead[b]]) + sum(available[c,t] mw_per_block[c]
    delivered[c,t]))``
    for each policy, member that is lost, site and month, over the site's pools that are left, its outlets of MW, its
    builds and its contracts of MW that are left; where pools are left, and where the site is not lost but a contract.
    """
    lost = m.index.losses[policy][member]
    row = leased_out(m, site, t)
    for pool in m.contents[site]["pools"]:
        if pool in lost:
            continue
        mw = m.index.pools[pool].mw * m.units.accelerators / m.units.mw
        parts = m.emergency_columns_by_pool.get((policy, member, pool, t), [])
        add_leased(m, row.add_all([mw] * len(parts), parts), mw, pool, t)
    return row.at_most(supplied(m, site, t, lost))

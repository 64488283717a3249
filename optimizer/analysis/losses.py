"""Loss of each provider, owner, site, region and tag of a plan: critical work on the remaining capacity.

A loss is tested as the policy `survive` defines it, also without such a policy: the decisions are fixed, the pools of
the member are lost, work that is not critical is dropped, capacity that is leased out stays leased out, the power of
the sites is respected, and on-demand offers can be used up to their limits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.auditing import holdings
from optimizer.auditing.exposure import each
from optimizer.auditing.holdings import Holdings
from optimizer.plan.by_scenario import refuse_uncertain
from optimizer.plan.emergency import shortfalls
from optimizer.plan.tables import column_names

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

Array = NDArray[Any]

SUBJECTS = ("provider", "group", "site", "region", "tag")


def losses(plan: Plan) -> pd.DataFrame:
    """Return the shortfalls if a provider, an owner, a site, a region or a tag is lost, with the decisions fixed.

    Parameters
    ----------
    plan : Plan
        Plan whose decisions are fixed.

    Returns
    -------
    DataFrame
        A row for each member with capacity in some month, except those with the same pools as an earlier one.
        Columns ``subject`` (``provider``, ``group``, ``site``, ``region``, ``tag``), ``member``, ``share`` and
        ``share_month`` (its highest share of the capacity in-house and under contract, in reference-accelerators, and
        when), ``months`` (in how many months critical work would be short; 0: it can be lost), ``first`` (the first of
        these), ``month`` (that in which most is short), ``critical`` and ``short`` (critical work of that month, and
        how much of it would not be served, in reference-accelerators), ``workloads`` (which are short then, in one way
        to share out what is left), ``before`` (how much of it could not be served even with nothing lost). Without
        critical work there are no rows.
    """
    refuse_uncertain(plan, "a list of losses")
    case = holdings(plan)
    critical = _critical(case)
    months = np.flatnonzero(critical.any(axis=0)).tolist()
    there = _with_space(case, case.offered)
    members = list(_members(case)) if months else []
    if not members:
        return pd.DataFrame(columns=column_names("losses"))
    gone = [{t: frozenset(p for p in one.pools if there[p, t] > 0) for t in months} for one in members]
    before: dict[int, frozenset[int]] = {t: frozenset() for t in months}
    losses = list(dict.fromkeys((t, lost[t]) for t in months for lost in (before, *gone)))
    short = dict(zip(losses, shortfalls(case, critical, losses), strict=True))
    rows = [
        _row(case, critical, one, {t: short[t, lost[t]] for t in months}, {t: short[t, before[t]] for t in months})
        for one, lost in zip(members, gone, strict=True)
    ]
    return pd.DataFrame(rows, columns=column_names("losses"))


def shares(plan: Plan, subject: str) -> dict[str, float]:
    """Return the highest share of in-house and contracted capacity of each member of a kind except ``in_house``."""
    case = holdings(plan)
    every = each(plan.instance, case.facts.pools, subject)
    return {name: float(_share(case, pools).max()) for name, pools in every.items()}


@dataclass(frozen=True)
class _Member:
    """A member that can be lost, with the places of its pools."""

    subject: str
    name: str
    pools: frozenset[int]


def _critical(case: Holdings) -> Array:
    """Return the critical work by workload and month."""
    shares = [row.critical for row in case.facts.tables["workloads"].values()]
    critical: Array = case.demand * np.array(shares, dtype=float).reshape(-1, 1)
    return critical


def _members(case: Holdings) -> Iterator[_Member]:
    """Yield each member with capacity; of several with the same pools the first."""
    with_capacity, offered = (
        frozenset(np.flatnonzero((_with_space(case, what) > 0).any(axis=1)).tolist())
        for what in (case.capacity, case.offered)
    )
    seen: set[frozenset[int]] = set()
    for subject in SUBJECTS:
        for name, pools in each(case.facts.instance, case.facts.pools, subject).items():
            mine = pools & offered
            if pools & with_capacity and mine not in seen:
                seen.add(mine)
                yield _Member(subject, name, mine)


def _with_space(case: Holdings, capacity: Array) -> Array:
    """Return figures of pools by month, followed by the blocks that contracts of MW deliver."""
    blocks = [case.stocks[row.contract].available() for row in case.facts.space]
    return np.concatenate([capacity, np.array(blocks).reshape(len(blocks), capacity.shape[1])])


def _row(
    case: Holdings, critical: Array, member: _Member, short: dict[int, Array], before: dict[int, Array]
) -> tuple[Any, ...]:
    share, label = _share(case, member.pools), case.facts.label
    peak = int(share.argmax())
    known = (member.subject, member.name, float(share[peak]), label(peak) if share[peak] > 0 else "")
    sums = {t: float(lacking.sum()) for t, lacking in short.items() if lacking.any()}
    if not sums:
        return (*known, 0, "", "", 0.0, 0.0, "", 0.0)
    worst = max(sums, key=lambda t: sums[t])
    names = [name for name, lacks in zip(case.facts.tables["workloads"], short[worst], strict=True) if lacks > 0]
    amounts = (float(critical[:, worst].sum()), sums[worst], "; ".join(names), float(before[worst].sum()))
    return (*known, len(sums), label(min(sums)), label(worst), *amounts)


def _share(case: Holdings, pools: frozenset[int]) -> Array:
    """Return the share of in-house and contracted capacity by month, as `max_share` measures it."""
    kinds = {row.accelerator: row.reference for row in case.facts.rows["accelerators"]}
    worth = [0.0 if pool.source == "on_demand" else kinds[pool.accelerator] for pool in case.facts.pools]
    capacity = case.capacity * np.array(worth).reshape(-1, 1)
    places = [place for place in sorted(pools) if place < len(capacity)]
    total, mine = capacity.sum(axis=0), capacity[places].sum(axis=0)
    share: Array = np.divide(mine, total, out=np.zeros_like(mine), where=total > 0)
    return share

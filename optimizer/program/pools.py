"""Pools: stocks of one kind of accelerator, in-house, of a contract or on demand, and what each can have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from optimizer.program.decided import ordered_by
from optimizer.program.steps import Array
from optimizer.schema import IN_HOUSE

if TYPE_CHECKING:
    from optimizer.program.index import Index


@dataclass(frozen=True)
class Pool:
    """A stock of one kind of accelerator with one availability."""

    name: str
    source: str  # in_house, contract or on_demand
    party: str
    place: str  # site, or region where the capacity is another's
    region: str
    accelerator: str
    availability: float
    mw: float  # facility MW that one accelerator in use draws at an own site, else 0
    marks: frozenset[str]  # provider, group and tags: what a workload can exclude


def all_pools(index: Index) -> dict[str, Pool]:
    """Return every pool by name: in-house pairs first, then contracts, then on-demand offers."""
    rows = index.rows
    pairs = dict.fromkeys((row.site, row.accelerator) for row in (*rows["fleet"], *rows["purchases"]))
    made = [_own_pool(index, site, accelerator) for site, accelerator in pairs]
    contracts = [row for row in rows["contracts"] if row.supplies == "accelerators"]
    made += [_bought_pool(index, row.contract, "contract", row) for row in contracts]
    made += [_bought_pool(index, row.offer, "on_demand", row) for row in rows["on_demand"]]
    return {pool.name: pool for pool in made}


def _own_pool(index: Index, site: str, accelerator: str) -> Pool:
    row = index.sites[site]
    return Pool(
        name=f"{site}/{accelerator}",
        source=IN_HOUSE,
        party=IN_HOUSE,
        place=site,
        region=row.region,
        accelerator=accelerator,
        availability=row.availability,
        mw=index.accelerators[accelerator].kw * row.pue / 1000,
        marks=frozenset([IN_HOUSE]),
    )


def _bought_pool(index: Index, name: str, source: str, row: Any) -> Pool:
    provider = index.providers[row.provider]
    return Pool(
        name=name,
        source=source,
        party=row.provider,
        place=row.region,
        region=row.region,
        accelerator=row.accelerator,
        availability=row.availability,
        mw=0.0,
        marks=frozenset([row.provider, provider.group, *provider.tags]),
    )


def fleet(index: Index) -> dict[str, Array]:
    """Return the accelerators of the fleet still there, by in-house pool and month."""
    stock = {name: np.zeros(index.horizon) for name, pool in index.pools.items() if pool.source == IN_HOUSE}
    for row in index.rows["fleet"]:
        until = index.horizon if row.until is None else max(row.until, 0)
        stock[f"{row.site}/{row.accelerator}"][:until] += row.count
    return stock


def possible_months(index: Index, pool: Pool) -> NDArray[np.bool_]:
    """Return the months in which a pool can have capacity."""
    name, mask = pool.name, np.zeros(index.horizon, dtype=bool)
    if pool.source == IN_HOUSE:
        mask |= index.fleet[name] > 0
        for purchase in index.purchases_of.get(name, []):
            mask[_slice(index.installed_months[purchase])] = True
    elif pool.source == "contract":
        mask[_slice(index.agreements[name].months)] = True
    else:
        mask[:] = index.offers[name].max_accelerators > 0
    if name in index.available:
        mask &= index.available[name] > 0
    if name in index.occupied_before:  # where nothing is there, the limit on its use says so
        mask |= index.occupied_before[name] > 0
    return mask


def most_capacity(index: Index, pool: Pool) -> Array:
    """Return the accelerators that an in-house or contract pool can have at most, by month."""
    name = pool.name
    if pool.source == IN_HOUSE:
        stock = index.fleet[name].copy()
        for purchase in index.purchases_of.get(name, []):
            stock[_slice(index.installed_months[purchase])] += _most_bought(index, purchase)
        return stock
    agreement = index.agreements[name]
    total = agreement.row.accelerators_per_block * agreement.most_blocks
    return np.where(index.possible[name], total, 0.0) * index.available.get(name, 1.0)


def _most_bought(index: Index, purchase: str) -> float:
    """Return the accelerators of a purchase that can be ordered in all."""
    row = index.purchases[purchase]
    if row.max_total is not None:
        return float(row.max_total)
    before = ordered_by(index.orders_before[purchase], -1) * row.lot_size
    most = np.inf if row.max_per_month is None else float(row.max_per_month)
    months = len(index.purchase_orders[purchase])
    return float(before + most * months) if months else before


def _slice(months: range) -> slice:
    return slice(months.start, months.stop)

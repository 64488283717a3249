"""Rules on the figures of each month: capacity and its use, leases, work and service, power."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.plan.audit.facts import IN_HOUSE
from optimizer.plan.audit.holdings import Holdings
from optimizer.plan.audit.verdict import FLOOR, Findings, number

Array = NDArray[Any]


def capacity(case: Holdings, say: Findings) -> None:
    """The accelerators of every pool and month are those that the decisions give."""
    found = _of_pools(case, "capacity", "accelerators")
    say.compare(found, "=", case.capacity, "accelerators", list(case.facts.names["pool"]), floor=case.accelerator_floor)


def pool_facts(case: Holdings, say: Findings) -> None:
    """A row of the capacity table tells its pool's source, party, place and kind."""
    table = case.tables["capacity"]
    for column, attribute in (
        ("source", "source"),
        ("party", "party"),
        ("site_or_region", "place"),
        ("accelerator", "accelerator"),
    ):
        own = np.array([getattr(pool, attribute) for pool in case.facts.pools], dtype=object)
        expected = own[table.codes["pool"]]
        say.checks += len(table)
        for row in np.flatnonzero(table[column] != expected):
            found = f"{column} {table[column][row]!r}"
            say.add(table["pool"][row], table["month"][row], found, f"{expected[row]!r} expected")


def capacity_use(case: Holdings, say: Findings) -> None:
    """What is used, leased out and idle of a pool follows from the allocation and the leases."""
    names, floor = list(case.facts.names["pool"]), case.accelerator_floor
    idle = case.capacity - case.used - case.leased
    for column, figures, what in (
        ("used", case.used, "accelerators used"),
        ("leased_out", case.leased, "accelerators leased out"),
        ("idle", idle, "accelerators idle"),
    ):
        found = _of_pools(case, "capacity", column)
        say.compare(found, "=", figures, what, names, floor=floor, beside=case.capacity)


def capacity_mw(case: Holdings, say: Findings) -> None:
    """The MW of a pool are what it draws when all of it runs; of a contract, those of its blocks delivered."""
    expected = case.capacity * case.kw()[:, None] / 1000.0
    for place, pool in enumerate(case.facts.pools):
        if pool.source == "contract":
            stock = case.stocks[pool.name]
            expected[place] = stock.delivered() * stock.agreement.row.mw_per_block
    floor = FLOOR * float(expected.max(initial=0.0))
    say.compare(_of_pools(case, "capacity", "mw"), "=", expected, "MW", list(case.facts.names["pool"]), floor=floor)


def pool_limit(case: Holdings, say: Findings) -> None:
    """No more accelerators of a pool are used and leased out than there are, or than an offer has."""
    limit = case.capacity.copy()
    for place, pool in enumerate(case.facts.pools):
        if pool.source == "on_demand":
            limit[place] = case.facts.tables["on_demand"][pool.name].max_accelerators
    names, floor = list(case.facts.names["pool"]), case.accelerator_floor
    say.compare(case.used + case.leased, "<=", limit, "accelerators used and leased out", names, floor=floor)


def eligible(case: Holdings, say: Findings) -> None:
    """Work runs only on a kind of accelerator that does it, in its regions, and not where it is excluded."""
    table = case.tables["allocation"]
    barred = np.isnan(case.facts.yields)[table.codes["workload"], table.codes["pool"]]
    say.checks += len(table)
    for row in np.flatnonzero(barred):
        found = f"{number(table['accelerators'][row])} accelerators of {table['pool'][row]}"
        say.add(table["demand"][row], table["month"][row], found, "none allowed there")


def work(case: Holdings, say: Findings) -> None:
    """The work of an allocation is its accelerators × availability × throughput."""
    table = case.tables["allocation"]
    found, expected = table["work"], case.work_done
    say.compare(found, "=", expected, "work", table["demand"], table["month"], floor=case.work_floor)


def lease_source(case: Holdings, say: Findings) -> None:
    """An outlet is covered by its kind, from its site if it has one; from contracts only with `sublease`, no tenant's own."""
    table = case.tables["leases"]
    say.checks += len(table)
    for row, (outlet, place) in enumerate(zip(table["outlet"], table.codes["pool"], strict=True)):
        if not _lends(case, place, outlet):
            found = f"{number(table['accelerators'][row])} accelerators of {table['pool'][row]}"
            say.add(outlet, table["month"][row], found, "none allowed from there")


def _lends(case: Holdings, place: int, outlet: str) -> bool:
    """Whether a pool may cover an outlet."""
    pool, terms = case.facts.pools[place], case.facts.tables["outlets"][outlet]
    if terms.sells != "accelerators" or pool.accelerator != terms.accelerator or pool.party == terms.tenant:
        return False
    if pool.source == IN_HOUSE:
        return terms.site is None or terms.site == pool.place
    return pool.source == "contract" and pool.sublease and terms.site is None


def lease_cover(case: Holdings, say: Findings) -> None:
    """The accelerators leased out to an outlet are those of its active blocks."""
    outlets = case.facts.tables["outlets"]
    found = case.tables["leases"].grid("outlet", len(outlets), case.facts.months, "accelerators")
    sizes = [row.accelerators_per_block if row.sells == "accelerators" else 0.0 for row in outlets.values()]
    blocks = np.array([case.stocks[name].active for name in outlets]).reshape(found.shape)
    expected = blocks * np.array(sizes)[:, None]
    say.compare(found, "=", expected, "accelerators cover it", list(outlets), floor=case.accelerator_floor)


def service(case: Holdings, say: Findings) -> None:
    """Demand is the instance's, served is the work allocated, unserved is what is left of the demand."""
    names, table = list(case.facts.names["workload"]), case.tables["service"]
    size = len(names), case.facts.months
    for column, expected in (
        ("demand", case.demand),
        ("served", case.served),
        ("unserved", case.demand - case.served),
    ):
        found = table.grid("workload", *size, column)
        say.compare(found, "=", expected, f"work {column}", names, floor=case.work_floor, beside=case.demand)


def min_service(case: Holdings, say: Findings) -> None:
    """Of a workload's demand, at least its `min_service` is served."""
    names = list(case.facts.names["workload"])
    share = np.array([row.min_service for row in case.facts.tables["workloads"].values()])
    least = case.demand * share.reshape(-1, 1)
    say.compare(case.served, ">=", least, "work served", names, floor=case.work_floor, beside=case.demand)


def power(case: Holdings, say: Findings) -> None:
    """A site's MW available, used and leased out follow from supply, builds, allocation, leases and outlets."""
    sites = list(case.facts.names["site"])
    for column, expected, what in (
        ("mw_available", case.mw_supply, "MW available"),
        ("mw_used", case.mw_used(), "MW used"),
        ("mw_leased_out", case.mw_leased_out(), "MW leased out"),
    ):
        found = case.tables["power"].grid("site", len(sites), case.facts.months, column)
        say.compare(found, "=", expected, what, sites, floor=case.mw_floor)


def power_limit(case: Holdings, say: Findings) -> None:
    """Accelerators in use and powered space leased out take no more MW than the site has."""
    drawn = case.mw_used() + case.mw_leased_out()
    sites = list(case.facts.names["site"])
    say.compare(drawn, "<=", case.mw_supply, "MW used and leased out", sites, floor=case.mw_floor)


def _of_pools(case: Holdings, table: str, column: str) -> Array:
    return case.tables[table].grid("pool", len(case.facts.pools), case.facts.months, column)

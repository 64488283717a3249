"""Rules on the figures of each month: capacity and its use, leases, work and service, power."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.auditing.holdings import Holdings
from optimizer.auditing.verdict import FLOOR, Findings, number

Array = NDArray[Any]


def capacity(case: Holdings, say: Findings) -> None:
    """The accelerators of every pool and month are those that the decisions give."""
    found = case.tables["capacity"].grid("pool", case.shape("pool"), "accelerators")
    say.compare(found, "=", case.capacity, "accelerators", _pools(case), floor=case.accelerator_floor)


def pool_facts(case: Holdings, say: Findings) -> None:
    """A row of the capacity table tells its pool's source, party, place and kind."""
    table = case.tables["capacity"]
    columns = {"source": "source", "party": "party", "site_or_region": "place", "accelerator": "accelerator"}
    for column, attribute in columns.items():
        own = np.array([getattr(pool, attribute) for pool in case.facts.pools], dtype=object)
        expected = own[table.codes["pool"]]
        say.checks += len(table)
        for row in np.flatnonzero(table[column] != expected).tolist():
            found = f"{column} {table[column][row]!r}"
            say.add(table["pool"][row], table["month"][row], found, f"{expected[row]!r} expected")


def capacity_use(case: Holdings, say: Findings) -> None:
    """What is used, leased out and idle of a pool follows from the allocation and the leases."""
    table, idle = case.tables["capacity"], case.capacity - case.used - case.leased
    for column, expected, what in (
        ("used", case.used, "accelerators used"),
        ("leased_out", case.leased, "accelerators leased out"),
        ("idle", idle, "accelerators idle"),
    ):
        found, floor = table.grid("pool", case.shape("pool"), column), case.accelerator_floor
        say.compare(found, "=", expected, what, _pools(case), floor=floor, beside=case.capacity)


def capacity_mw(case: Holdings, say: Findings) -> None:
    """The MW of a pool are what it draws when all of it runs; of a contract, those of its blocks delivered."""
    expected = case.capacity * case.kw[:, None] / 1000.0
    for place, pool in enumerate(case.facts.pools):
        if pool.source == "contract":
            stock = case.stocks[pool.name]
            expected[place] = stock.delivered() * stock.agreement.row.mw_per_block
    found, floor = case.tables["capacity"].grid("pool", case.shape("pool"), "mw"), FLOOR * expected.max(initial=0.0)
    say.compare(found, "=", expected, "MW", _pools(case), floor=floor)


def pool_limit(case: Holdings, say: Findings) -> None:
    """No more accelerators of a pool are used and leased out than there are, or than an offer has in that month."""
    used, floor = case.used + case.leased, case.accelerator_floor
    say.compare(used, "<=", case.offered, "accelerators used and leased out", _pools(case), floor=floor)


def eligible(case: Holdings, say: Findings) -> None:
    """Work runs only on a kind of accelerator that does it, in its regions, and not where it is excluded."""
    table = case.tables["allocation"]
    barred = np.isnan(case.facts.yields)[table.codes["demand"], table.codes["pool"]]
    say.checks += len(table)
    for row in np.flatnonzero(barred).tolist():
        found = f"{number(table['accelerators'][row])} accelerators of {table['pool'][row]}"
        say.add(table["demand"][row], table["month"][row], found, "none allowed there")


def work(case: Holdings, say: Findings) -> None:
    """The work of an allocation is its accelerators × availability × throughput."""
    table = case.tables["allocation"]
    say.compare(table["work"], "=", case.work, "work", table["demand"], table["month"], floor=case.work_floor)


def lease_source(case: Holdings, say: Findings) -> None:
    """An outlet is covered by its kind, of its site if it has one; of contracts if sublet and not the tenant's own."""
    table = case.tables["leases"]
    outlets, pools = case.facts.tables["outlets"].values(), case.facts.pools
    lends = np.array([[pool.lends(outlet) for pool in pools] for outlet in outlets], dtype=bool)
    barred = ~lends.reshape(len(outlets), len(pools))[table.codes["outlet"], table.codes["pool"]]
    say.checks += len(table)
    for row in np.flatnonzero(barred).tolist():
        found = f"{number(table['accelerators'][row])} accelerators of {table['pool'][row]}"
        say.add(table["outlet"][row], table["month"][row], found, "none allowed from there")


def lease_cover(case: Holdings, say: Findings) -> None:
    """The accelerators leased out to an outlet are those of its active blocks."""
    names = list(case.facts.names["outlet"])
    found = case.tables["leases"].grid("outlet", case.shape("outlet"), "accelerators")
    expected = [case.stocks[name].active * case.facts.agreements[name].accelerators for name in names]
    right = np.array(expected).reshape(found.shape)
    say.compare(found, "=", right, "accelerators cover it", names, floor=case.accelerator_floor)


def service(case: Holdings, say: Findings) -> None:
    """Demand is the instance's, served is the work allocated, unserved is what is left of the demand."""
    table, names = case.tables["service"], list(case.facts.names["workload"])
    for column, expected in (
        ("demand", case.demand),
        ("served", case.served),
        ("unserved", case.demand - case.served),
    ):
        found, floor = table.grid("workload", case.shape("workload"), column), case.work_floor
        say.compare(found, "=", expected, f"work {column}", names, floor=floor, beside=case.demand)


def min_service(case: Holdings, say: Findings) -> None:
    """Of a workload's demand, at least its `min_service` is served."""
    names = list(case.facts.names["workload"])
    share = np.array([row.min_service for row in case.facts.tables["workloads"].values()]).reshape(-1, 1)
    floor = case.work_floor
    say.compare(case.served, ">=", case.demand * share, "work served", names, floor=floor, beside=case.demand)


def power(case: Holdings, say: Findings) -> None:
    """A site's MW available, used and leased out follow from supply, builds, allocation, leases and outlets."""
    sites, table = list(case.facts.names["site"]), case.tables["power"]
    for column, expected, what in (
        ("mw_available", case.mw_supply, "MW available"),
        ("mw_used", case.mw_used, "MW used"),
        ("mw_leased_out", case.mw_let, "MW leased out"),
    ):
        found = table.grid("site", case.shape("site"), column)
        say.compare(found, "=", expected, what, sites, floor=case.mw_floor)


def power_limit(case: Holdings, say: Findings) -> None:
    """Accelerators in use and powered space leased out take no more MW than the site has."""
    drawn, sites = case.mw_used + case.mw_let, list(case.facts.names["site"])
    say.compare(drawn, "<=", case.mw_supply, "MW used and leased out", sites, floor=case.mw_floor)


def _pools(case: Holdings) -> list[str]:
    return list(case.facts.names["pool"])

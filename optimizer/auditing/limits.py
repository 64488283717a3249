"""Limits of each month: of pools, of what runs and is leased where, of service, of power."""

from __future__ import annotations

from functools import partial

import numpy as np

from optimizer.auditing.holdings import Holdings
from optimizer.auditing.tables import Table
from optimizer.auditing.verdict import Findings
from optimizer.format import number


def pool_limit(case: Holdings, say: Findings) -> None:
    """No more accelerators of a pool are used and leased out than there are, or than an offer has in that month."""
    used, floor = case.used + case.leased, case.accelerator_floor
    say.compare(
        used, "<=", case.offered, "accelerators used and leased out", list(case.facts.names["pool"]), floor=floor
    )


def eligible(case: Holdings, say: Findings) -> None:
    """Work runs only on a kind of accelerator that does it, in its regions, and not where it is excluded."""
    table = case.tables["allocation"]
    barred = np.isnan(case.facts.yields)[table.codes["demand"], table.codes["pool"]]
    say.rows(table.subjects, table.months, ~barred, partial(_barred, table))


def lease_source(case: Holdings, say: Findings) -> None:
    """An outlet is covered by its kind, of its site if it has one; of contracts if sublet and not the tenant's own."""
    table = case.tables["leases"]
    outlets, pools = case.facts.tables["outlets"].values(), case.facts.pools
    lends = np.array([[pool.lends(outlet) for pool in pools] for outlet in outlets], dtype=bool)
    barred = ~lends.reshape(len(outlets), len(pools))[table.codes["outlet"], table.codes["pool"]]
    say.rows(table.subjects, table.months, ~barred, partial(_barred, table))


def min_service(case: Holdings, say: Findings) -> None:
    """Of a workload's demand, at least its `min_service` is served."""
    names = list(case.facts.names["workload"])
    share = np.array([row.min_service for row in case.facts.tables["workloads"].values()]).reshape(-1, 1)
    floor = case.work_floor
    say.compare(case.served, ">=", case.demand * share, "work served", names, floor=floor, relative_to=case.demand)


def power_limit(case: Holdings, say: Findings) -> None:
    """Accelerators in use and powered space leased out take no more MW than the site has."""
    drawn, sites = case.mw_used + case.mw_let, list(case.facts.names["site"])
    say.compare(drawn, "<=", case.mw_supply, "MW used and leased out", sites, floor=case.mw_floor)


def _barred(table: Table, row: int) -> tuple[str, str]:
    return f"{number(table['accelerators'][row])} accelerators of {table['pool'][row]}", "none allowed there"

"""Quantities that the planner's own rules speak of, by month and in natural units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.auditing.prices import Priced
from optimizer.auditing.verdict import BLOCK
from optimizer.cash_terms import cash_terms
from optimizer.schema import IN_HOUSE

Array = NDArray[Any]


def quantity(case: Priced, name: str, item: str) -> Array:
    """A quantity of an item by month."""
    if (name, item) not in case.quantities:
        case.quantities[name, item] = np.asarray(_QUANTITIES[name](case, item))
    return case.quantities[name, item]


def quantity_floor(case: Priced, name: str, item: str) -> float:
    """What a quantity of an item may be off by, however small it is.

    Blocks, and parts of a run, by a block's tolerance; money by half a cent; others by a share of the plan's largest
    figure of their kind.
    """
    if name == "started" or (name == "unserved" and item in case.facts.tables["training_runs"]):
        return BLOCK
    if name == "spend":
        return case.money_floor
    if name == "mw":
        return case.mw_floor
    return case.work_floor if name in ("served", "unserved") else case.accelerator_floor


def _pools(case: Priced, item: str, hourly: bool = True) -> list[int]:
    """Places of the pools that an item is or has; on-demand offers are excluded if not ``hourly``."""
    if item in case.facts.tables["contracts"] or (hourly and item in case.facts.tables["on_demand"]):
        return [case.facts.names["pool"][item]]
    if item in case.facts.tables["sites"]:
        return [place for place, pool in enumerate(case.facts.pools) if pool.own and pool.place == item]
    return [place for place, pool in enumerate(case.facts.pools) if pool.party == item]


def _capacity(case: Priced, item: str) -> Any:
    if item in case.facts.tables["purchases"]:
        return case.installed(item)
    return case.offered[_pools(case, item)].sum(axis=0)


def _done(case: Priced, item: str, values: Array) -> Any:
    """Sum of a figure of the allocation: of a workload or run, or in the pools of an item."""
    table = case.tables["allocation"]
    if item in case.facts.names["demand"]:
        return table.grid("demand", case.shape("demand"), values)[case.facts.names["demand"][item]]
    return table.grid("pool", case.shape("pool"), values)[_pools(case, item)].sum(axis=0)


def _used(case: Priced, item: str) -> Any:
    return _done(case, item, case.tables["allocation"]["accelerators"])


def _served(case: Priced, item: str) -> Any:
    return _done(case, item, case.work)


def _leased(case: Priced, item: str) -> Any:
    if item in case.facts.tables["outlets"] and case.facts.tables["outlets"][item].sells == "accelerators":
        return case.stocks[item].active * case.facts.agreements[item].accelerators
    return case.leased[_pools(case, item, hourly=False)].sum(axis=0)


def _mw(case: Priced, item: str) -> Any:
    sites = case.facts.names["site"]
    if item in sites or item == IN_HOUSE:
        places = [sites[item]] if item in sites else list(sites.values())
        return (case.mw_used + case.mw_let)[places].sum(axis=0)
    if item in case.facts.tables["builds"]:
        return case.energised(item) * case.facts.tables["builds"][item].mw_per_block
    if item in case.facts.tables["outlets"]:
        return case.stocks[item].active * case.facts.tables["outlets"][item].mw_per_block
    found = np.zeros(case.facts.months)
    for name, row in case.facts.tables["contracts"].items():
        if item in (name, row.provider):
            found += case.stocks[name].available() * row.mw_per_block
    return found


def _started(case: Priced, item: str) -> Any:
    if item in case.facts.tables["builds"]:
        return case.ordered[item]
    if item in case.facts.tables["purchases"]:
        return case.lots[item]
    if item in case.stocks:
        return case.stocks[item].begun()
    found = np.zeros(case.facts.months)
    for one in case.placements:
        if one.run == item and one.start >= 0:
            found[one.start] += one.share
    return found


def _unserved(case: Priced, item: str) -> Any:
    if item in case.facts.tables["workloads"]:
        return case.unserved[case.facts.names["workload"][item]]
    return case.not_run(item)


def _spend(case: Priced, item: str) -> Any:
    names = zip(case.facts.names["cash"].items(), *case.facts.payees, strict=True)
    rows = [(place, table, of, party) for ((term, of), place), table, party in names if cash_terms()[term].is_paid]
    places = [place for place, *row in rows if _counts(case, item, *row)]
    return case.priced[places, :-1].sum(axis=0)


def _counts(case: Priced, item: str, table: str, of: str, party: str) -> bool:
    """Whether money for the row ``of`` of a table, paid to a party, is spent on an item."""
    tables = case.facts.tables
    if item in tables["sites"]:
        return party == IN_HOUSE and tables[table][of].site == item
    if item == IN_HOUSE or item in tables["providers"]:
        return party == item
    return of == item and table != "commitments"


_QUANTITIES: dict[str, Callable[[Priced, str], Any]] = {
    "capacity": _capacity,
    "used": _used,
    "leased": _leased,
    "mw": _mw,
    "spend": _spend,
    "started": _started,
    "served": _served,
    "unserved": _unserved,
}

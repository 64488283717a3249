"""Rules on policies: shares of capacity, and losses that critical work survives on what is left."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.auditing.exposure import is_site_lost
from optimizer.auditing.holdings import Holdings
from optimizer.auditing.tables import Table
from optimizer.auditing.verdict import Findings

Array = NDArray[Any]


def max_share(case: Holdings, say: Findings) -> None:
    """Of installed and contracted capacity, in reference-accelerators, a member has at most the policy's `limit`."""
    kinds = {row.accelerator: row.reference for row in case.facts.rows["accelerators"]}
    worth = [0.0 if pool.source == "on_demand" else kinds[pool.accelerator] for pool in case.facts.pools]
    capacity = case.capacity * np.array(worth).reshape(-1, 1)
    for name, row in case.facts.tables["policies"].items():
        window = list(case.facts.window(row))
        labels, total = [case.facts.label(t) for t in window], capacity.sum(axis=0)[window]
        for member, pools in case.facts.members[name].items() if row.rule == "max_share" else ():
            mine = capacity[[place for place in sorted(pools) if place < len(capacity)]].sum(axis=0)[window]
            what = f"reference-accelerators of {member}"
            floor = case.accelerator_floor
            say.compare(mine, "<=", row.limit * total, what, name, labels, floor=floor, relative_to=total)


def outage_place(case: Holdings, say: Findings) -> None:
    """Critical work that survives a loss runs where it may, in the policy's months, and not in what is lost."""
    table, facts = case.tables["outages"], case.facts
    lost = np.array(
        [[place in pools for place in range(len(facts.pools))] for pools in facts.outages.values()], dtype=bool
    )
    gone = lost.reshape(len(facts.outages), len(facts.pools))[table.codes["outage"], table.codes["pool"]]
    barred = gone | np.isnan(facts.yields[table.codes["workload"], table.codes["pool"]])
    names = list(zip(table["workload"].tolist(), table["pool"].tolist(), table["member"].tolist(), strict=True))
    barred_text = "{} in {} without {}".format
    say.rows(table.subjects, table.months, ~barred, lambda row: (barred_text(*names[row]), "not allowed there"))
    windows = [facts.window(facts.tables["policies"][policy]) for policy, _ in facts.outages]
    places = zip(table.t.tolist(), table.codes["outage"].tolist(), strict=True)
    inside = np.array([t in windows[outage] for t, outage in places], dtype=bool)
    allowed = "no row outside the policy's months expected"
    say.rows(table.subjects, table.months, inside, lambda row: (f"a row for {table['member'][row]}", allowed))


def outage_capacity(case: Holdings, say: Findings) -> None:
    """Without each member, critical work and what stays leased out fit the pools that are left."""
    table = case.tables["outages"]
    for outage, (policy, member) in enumerate(case.facts.outages):
        run = _of(table, outage, table["accelerators"], "pool", case.shape("pool"))
        for place in np.flatnonzero(run.any(axis=1)).tolist():
            what = f"accelerators of {case.facts.pools[place].name} used and leased out without {member}"
            use, floor = run[place] + np.where(run[place] > 0, case.leased[place], 0.0), case.accelerator_floor
            say.compare(use, "<=", case.offered[place], what, policy, floor=floor)


def outage_power(case: Holdings, say: Findings) -> None:
    """Without each member, critical work and what stays leased out fit the power of the sites that are left."""
    table, facts = case.tables["outages"], case.facts
    for outage, ((policy, member), lost) in enumerate(facts.outages.items()):
        run = _of(table, outage, table["accelerators"], "pool", case.shape("pool"))
        row, gone = facts.tables["policies"][policy], case.mw_of(lost)
        counts = case.drawn(run) > 0
        for site, place in facts.names["site"].items():
            if not is_site_lost(facts.tables["sites"][site], row.subject, member):
                window = list(facts.window(row))  # where MW are lost, what is leased out stays supplied
                counts[place, window] |= gone[place, window] > 0
        drawn = np.where(counts, case.drawn(run + case.leased) + case.mw_let, 0.0)
        for site, place in facts.names["site"].items():
            what = f"MW at {site} used and leased out without {member}"
            say.compare(drawn[place], "<=", (case.mw_supply - gone)[place], what, policy, floor=case.mw_floor)


def _of(table: Table, outage: int, values: Array, kind: str, shape: tuple[int, int]) -> Array:
    """Sums of a figure of the rows of one outage, by name and month."""
    mine = np.where(table.codes["outage"] == outage, values, 0.0)
    return table.grid(kind, shape, mine)

"""What is wanted: workloads, training runs, cover of outlets, capacity and power they share."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any

from tests.oracle.supply import block_price
from tests.oracle.tables import Row
from tests.oracle.world import Pool, World, quicksum


def add_demand(w: World) -> None:
    """All use of the pools, and its limits."""
    for workload in w.tables["workloads"]:
        _add_workload(w, workload)
    _add_runs(w)
    for outlet in w.tables["outlets"]:
        _cover_outlet(w, outlet)
    for pool in w.pools.values():
        for t in w.plan:
            w.add(pool.used(t) + pool.leased(t), "<=", pool.capacity[t])
            if pool.kind == "offer":
                price = w.tables.step("prices", "item", pool.name, t, "price", _offer_price(w, pool))
                w.pay("on_demand", pool.name, pool.provider, t, price * w.tables.hours * pool.used(t), "offer")
    for contract in w.tables["contracts"]:
        if contract["minimum_take"] < 1:
            meter(w, contract)
    for site in w.tables["sites"]:
        _limit_power(w, site["site"])


def _offer_price(w: World, pool: Pool) -> float:
    return float(w.tables.by("on_demand", "offer", pool.name)["price"])


def _eligible(w: World, name: str, job: Row) -> list[Pool]:
    """Pools that a job may use; fills in the rates."""
    rows = [row for row in w.tables["throughput"] if row["class"] == job["class"] and row["factor"] > 0]
    factors = {row["accelerator"]: row["factor"] for row in rows}  # at factor 0 nothing can run
    found = []
    for pool in w.pools.values():
        allowed = not job["regions"] or pool.region in job["regions"]
        if allowed and pool.accelerator in factors and not w.labels(pool) & set(job["exclude"]):
            w.rates[name, pool.name] = pool.availability * factors[pool.accelerator]
            found.append(pool)
    return found


def _add_workload(w: World, row: Row) -> None:
    name = row["workload"]
    pools = _eligible(w, name, row)
    for t in w.plan:
        demand = w.tables.step("demand", "workload", name, t, "amount")
        for pool in pools:
            pool.work.setdefault(t, {})[name] = w.var(f"{name} on {pool.name} {t}")
        unserved = w.var(f"unserved {name} {t}", most=(1 - row["min_service"]) * demand)
        w.unserved[name, t] = unserved
        served = quicksum(w.rates[name, pool.name] * pool.work[t][name] for pool in pools)
        w.add(served + unserved, "=", demand)
        w.pay("unserved", name, "", t, row["penalty"] * unserved)


def _add_runs(w: World) -> None:
    made = {row["item"]: row for row in w.tables["decided"] if row["decision"] == "start_run"}
    for run in w.tables["training_runs"]:
        if run["run"] in made:
            _go_on_with(w, run, made[run["run"]])
        else:
            _add_run(w, run)


def _add_run(w: World, row: Row) -> None:
    name = row["run"]
    w.starts[name] = {}
    chosen = []
    for pool in _eligible(w, name, row):
        if pool.kind == "offer":
            continue
        placements: dict[int, list[Any]] = {t: [] for t in w.plan}
        for size in row["sizes"]:
            months = max(1, math.ceil(row["work"] / (size * w.rates[name, pool.name]) - 1e-9))
            for s in range(max(row["release"], 0), min(row["deadline"], w.T - 1) - months + 2):
                placed = w.var(f"{name} on {pool.name} {size} {s}", integer=True, most=1)
                chosen.append(placed)
                w.decide(s, placed, "run", name, pool.name, size)
                w.starts[name][s] = w.starts[name].get(s, 0) + placed
                for t in range(s, s + months):
                    placements[t].append(size * placed)
                late = 0 if row["target"] is None else max(0, s + months - 1 - row["target"])
                w.pay("lateness", name, "", s + months - 1, row["lateness_penalty"] * late * placed)
        for t in w.plan:
            if placements[t]:
                pool.work.setdefault(t, {})[name] = quicksum(placements[t])
    w.add(quicksum(chosen), "=" if row["required"] else "<=", 1)
    if row["deadline"] < 0:
        return  # it was over before the plan: it costs nothing
    due = min(row["deadline"], w.T - 1)
    w.unserved[name, due] = 1 - quicksum(chosen)
    w.pay("not_run", name, "", due, row["penalty"] * w.unserved[name, due])


def _go_on_with(w: World, row: Row, made: Row) -> None:
    """A run that was placed before the plan."""
    name, pool, size = row["run"], w.pools[made["pool"]], made["accelerators"] or row["sizes"][0]
    _eligible(w, name, row)
    start = made["month"] if made["starts"] is None else made["starts"]
    w.starts[name] = {start: 1}
    last = start + max(1, math.ceil(row["work"] / (size * w.rates[name, pool.name]) - 1e-9)) - 1
    for t in range(max(start, 0), min(last, w.T - 1) + 1):
        pool.work.setdefault(t, {})[name] = size
    if 0 <= last < w.T and row["target"] is not None:
        w.pay("lateness", name, "", last, row["lateness_penalty"] * max(0, last - row["target"]))


def _cover_outlet(w: World, row: Row) -> None:
    if row["sells"] != "accelerators":
        return
    name, site = row["outlet"], row["site"]
    for t in w.plan:
        lent = []
        for pool in w.pools.values():
            own = pool.kind == "in_house" and site in (None, pool.site)
            sublet = pool.kind == "contract" and pool.sublease and site is None and pool.provider != row["tenant"]
            if pool.accelerator == row["accelerator"] and (own or sublet):
                lent.append(w.var(f"lease {pool.name} to {name} {t}"))
                pool.leases.setdefault(t, []).append(lent[-1])
        w.add(quicksum(lent), "=", row["accelerators_per_block"] * w.active[name][t])


def held_mw(w: World, c: Row, t: int) -> Any:
    """MW that a contract delivers."""
    return c["mw_per_block"] * w.left(c["contract"], t) * w.delivered[c["contract"]][t]


def meter(w: World, c: Row) -> None:
    """What is drawn of a contract with a minimum take, and what of it is billed, at each month's price."""
    name = c["contract"]
    w.metered[name] = [w.var(f"draw {name} {t}") for t in w.plan]
    for t in w.plan:
        billed, held = w.var(f"bill {name} {t}"), held_mw(w, c, t)
        w.add(w.metered[name][t], "<=", held)
        w.add(billed, ">=", w.metered[name][t])
        w.add(billed, ">=", c["minimum_take"] * held)
        price = block_price(w, c, name, t) / c["mw_per_block"] * w.left(name, t, "price_fraction")
        w.pay("contract", name, c["provider"], t, price * billed, "contract")


def supply_mw(w: World, site: str, t: int, lost: Collection[str] = (), metered: bool = False) -> Any:
    """MW available at a site: supply, energised builds and contracts not lost, of which interruptions leave a part."""
    builds = [b["build"] for b in w.tables["builds"] if b["site"] == site]
    there = w.tables.step("power", "site", site, t, "mw") + quicksum(w.energised[b][t] for b in builds)
    space = [c for c in w.tables["contracts"] if c["site"] == site and c["contract"] not in lost]
    there += quicksum(
        w.metered[c["contract"]][t] if metered and c["minimum_take"] < 1 else held_mw(w, c, t) for c in space
    )
    return w.left(site, t) * there


def space_mw(w: World, site: str, t: int) -> Any:
    """MW of powered space leased out at a site."""
    outlets = [o for o in w.tables["outlets"] if o["sells"] == "mw" and o["site"] == site]
    return quicksum(o["mw_per_block"] * w.active[o["outlet"]][t] for o in outlets)


def drawn_mw(w: World, site: str, t: int) -> Any:
    """MW of the accelerators in use at a site."""
    return quicksum(p.mw * (p.used(t) + p.leased(t)) for p in w.pools.values() if p.site == site)


def _limit_power(w: World, site: str) -> None:
    for t in w.plan:
        w.add(drawn_mw(w, site, t) + space_mw(w, site, t), "<=", supply_mw(w, site, t, metered=True))
        price = w.tables.step("power", "site", site, t, "price_per_mwh")
        w.pay("energy", site, "in_house", t, price * w.tables.hours * drawn_mw(w, site, t))

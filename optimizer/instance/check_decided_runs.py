"""Check training runs that were placed before the plan: their pool exists, fits and does their work in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import Any

from optimizer.instance.check_tables import records_by_name
from optimizer.instance.data import BAD, Data
from optimizer.instance.decided_rows import (
    NOISE,
    Decided,
    check_blank,
    check_month,
    check_start,
    check_taken_once,
    label,
)
from optimizer.instance.raw import quoted
from optimizer.schema import IN_HOUSE


@dataclass(frozen=True)
class _Pool:
    """A pool in which runs can be placed, of rows without errors."""

    accelerator: str
    region: str
    marks: frozenset[str]  # what a run can exclude
    availability: float
    most: float | None  # accelerators at most; None where lots can be bought


def check_runs(data: Data, rows: list[Decided]) -> None:
    """Report runs that were not placed as they can be placed."""
    check_taken_once(data, rows)
    pools = dict(_pools(data))
    for row in rows:
        start = check_start(data, row)
        check_blank(data, row, "price", "spent")
        _check_release(data, row, start)
        size, pool = _size(data, row), _pool(data, row, pools)
        if size and pool:
            _check_work(data, row, start, size, pool)


def _check_release(data: Data, row: Decided, start: int) -> None:
    """Report a start before the release; a release at the plan's first month can be the one of a blank cell."""
    release = row.item["release"]
    if start < release and (release > 0 or start >= 0):
        problem = f"{label(data, start)} is before the release of {quoted(row.values['item'])}, {label(data, release)}."
        column = "month" if row.values["starts"] is None else "starts"
        row.fault(data, column, f"{problem} Correct one of them.")


def _size(data: Data, row: Decided) -> float | None:
    """Return the accelerators that a run occupies; report a number that is not one of its sizes."""
    size, sizes = row.values["accelerators"], row.item["sizes"]
    if size is None and len(sizes) == 1:
        return float(sizes[0])
    if size is None or all(abs(size - one) > NOISE * one for one in sizes):
        found = "" if size is None else f"{size:g} is not one of the sizes of {quoted(row.values['item'])}. "
        every = ", ".join(f"{one:g}" for one in sizes)
        row.fault(data, "accelerators", f"{found}Give the accelerators that it occupies: one of {every}.")
        return None
    return float(size)


def _pool(data: Data, row: Decided, pools: dict[str, _Pool]) -> _Pool | None:
    """Return the pool of a run; report one that does not exist, or in which it cannot run."""
    name, able = row.values["pool"], [name for name, pool in pools.items() if _rate(data, row.item, pool) > 0]
    if name in able:
        return pools[name]
    if not name:
        problem = "it is missing. Give the pool in which the run is placed, as in the plan's table runs"
    elif name in pools:
        problem = f"run {quoted(row.values['item'])} cannot run there, by class, regions or exclude. Correct the pool"
    else:
        problem = f"no pool of own or contracted accelerators is called {quoted(name)}. Correct the pool"
    every = f": one of {', '.join(able)}." if able else "; no pool can run it."
    row.fault(data, "pool", problem + every, data.speller.nearest(name, able) if name and name not in pools else "")
    return None


def _check_work(data: Data, row: Decided, start: int, size: float, pool: _Pool) -> None:
    """Report a run that does not fit in its pool, or ends after its deadline."""
    last = start + max(1, ceil(row.item["work"] / (size * _rate(data, row.item, pool)) - 1e-9)) - 1
    name = quoted(row.values["item"])
    check_month(data, row, "ends", last, "the start, work and accelerators")
    if last > row.item["deadline"]:
        problem = f"run {name} ends in {label(data, last)} then, after its deadline, "
        problem += f"{label(data, row.item['deadline'])}. Correct the row, or give a later deadline."
        row.fault(data, "month" if row.values["starts"] is None else "starts", problem)
    if last >= 0 and pool.most is not None and size > pool.most * (1 + NOISE):
        problem = f"run {name} occupies {size:g} accelerators of {quoted(row.values['pool'])}, which has at most "
        row.fault(data, "pool", f"{problem}{pool.most:g}. Correct the row or the pool.")


def _rate(data: Data, run: dict[str, Any], pool: _Pool) -> float:
    """Return the work that one accelerator of a pool does for a run; 0 where it cannot run."""
    if (run["regions"] and pool.region not in run["regions"]) or pool.marks & set(run["exclude"]):
        return 0.0
    pairs = [record.values for _, record in data.records("throughput") if BAD not in record.values.values()]
    factors = (v["factor"] for v in pairs if (v["class"], v["accelerator"]) == (run["class"], pool.accelerator))
    return pool.availability * float(next(factors, 0.0))


# ---------------------------------------------------------------- pools
def _pools(data: Data) -> Iterator[tuple[str, _Pool]]:
    """Yield the own and contracted pools of rows without errors."""
    sites, stocks = records_by_name(data, "sites"), dict[tuple[str, str], float | None]()
    for table, record in data.records("fleet", "purchases"):
        v = record.values
        if not record.has("site", "accelerator") or sites.get(v["site"]) is None:
            continue
        stock = stocks.setdefault((v["site"], v["accelerator"]), 0.0)
        more = v["count"] if table.spec.name == "fleet" and record.has("count") else None
        stocks[v["site"], v["accelerator"]] = None if stock is None or more is None else stock + more
    for (site, accelerator), most in stocks.items():
        at = sites[site]
        if at.has("region", "availability"):
            own = frozenset([IN_HOUSE])
            yield f"{site}/{accelerator}", _Pool(accelerator, at.values["region"], own, at.values["availability"], most)
    providers = records_by_name(data, "providers")
    for _, record in data.records("contracts"):
        v = record.values
        if BAD in v.values() or v["supplies"] == "mw" or v["provider"] not in providers:
            continue
        party = providers[v["provider"]].values
        if BAD not in party.values():
            marks = frozenset([v["provider"], party["group"], *party["tags"]])
            blocks = v["max_blocks"] if v["committed_blocks"] is None else v["committed_blocks"]
            most = blocks * v["accelerators_per_block"]
            yield v["contract"], _Pool(v["accelerator"], v["region"], marks, v["availability"], most)

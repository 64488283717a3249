"""Cells that are impossible by the tables alone, found before any search."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from optimizer.format import counted, in_full
from optimizer.program.build import Program
from optimizer.program.labels import month_span
from optimizer.program.orders import order_months
from optimizer.program.placement import duration, months_of
from optimizer.schema import IN_HOUSE

_NOISE = 1e-9  # relative


def prechecks(program: Program) -> tuple[str, ...]:
    """Describe cells that no plan can meet, whatever is signed, bought or built."""
    return (*_runs(program), *_runs_before(program), *_workloads(program), *_commitments(program))


def _place(program: Program, table: str, name: str, columns: str) -> str:
    rows = program.instance.rows[table]
    place = next(i for i, row in enumerate(rows) if next(iter(row))[1] == name)
    return f"{program.instance.place(table, place)}, {columns}"


# ---------------------------------------------------------------- runs and commitments
def _runs(program: Program) -> Iterator[str]:
    index = program.index
    placed = {run for run, *_ in index.placements}
    for name, row in index.runs.items():
        if not row.required or name in placed or name in index.runs_before:
            continue
        pools = [pool for run, pool in index.run_yields if run == name]
        if not pools:
            where = _place(program, "training_runs", name, "columns class, regions and exclude")
            yield f"{where}: run {name} must be run, and nothing there is or can be leased or bought can do it."
            continue
        first, last = max(int(row.release), 0), min(int(row.deadline), index.horizon - 1)
        least = min(duration(index, name, pool, size) for pool in pools for size in row.sizes)
        span, where = last - first + 1, _place(program, "training_runs", name, "columns work, sizes and deadline")
        if least > span:
            cut = " of the plan, which ends before its deadline" if row.deadline >= index.horizon else ""
            takes = f"takes {counted(least, 'month')} at the least"
            yield f"{where}: run {name} {takes}, and its window has {max(span, 0)}{cut}."
        else:
            yield f"{where}: run {name} must be run, and no pool is large enough for long enough in its window."


def _runs_before(program: Program) -> Iterator[str]:
    """Describe runs that were placed before the plan in pools that cannot be large enough."""
    index = program.index
    for at, row in enumerate(index.rows["decided"]):
        if row.decision != "start_run":
            continue
        place, most = index.runs_before[row.item], index.most_capacity[row.pool].copy()
        if row.pool in index.agreements:
            most[~np.isin(np.arange(index.horizon), index.agreements[row.pool].months)] = 0.0
        short = [t for t in months_of(index, place) if index.occupied_before[row.pool][t] > most[t] * (1 + _NOISE)]
        if short:
            run = f"run {row.item} was placed before the plan on {in_full(place[2])} accelerators of {row.pool}"
            least = f"it can have {in_full(float(min(most[t] for t in short)))} at the most for such runs"
            where = program.instance.place("decided", at)
            yield f"{where}, columns pool and accelerators: {run}, and {least} in {month_span(program, short)}."


def _commitments(program: Program) -> Iterator[str]:
    index = program.index
    possible = {key[0] for key in program.parts.col["committed"]}
    for name, row in index.commitments.items():
        if row.required and name not in possible and name not in index.commitments_before:
            where = _place(program, "commitments", name, "columns earliest and latest")
            yield f"{where}: spend commitment {name} must be taken, and cannot start in any month of the plan."


# ---------------------------------------------------------------- work
def _workloads(program: Program) -> Iterator[str]:
    index = program.index
    for name, row in index.workloads.items():
        least = row.min_service * index.demand[name]
        most = _most_work(program, name)
        short = np.flatnonzero(least > most * (1 + _NOISE) + _NOISE)
        if not short.size:
            continue
        worst = int(short[np.argmax((least - most)[short])])
        where = _place(program, "workloads", name, "column min_service")
        months = month_span(program, map(int, short))
        required = f"{in_full(float(least[worst]))} must be served in {program.instance.label(worst)}"
        capacity = in_full(float(most[worst]))
        yield f"{where}: {required}, and all there is or can be had does {capacity} (short in {months})."


def _most_work(program: Program, workload: str) -> Any:
    """Return the most work that all pools can do for a workload alone, by month, with all offers, lots and builds."""
    index = program.index
    most = np.zeros(index.horizon)
    for (name, pool), rate in index.yields.items():
        if name == workload:
            most += rate * _most_used(program, pool)
    return most


def _most_used(program: Program, pool: str) -> Any:
    index = program.index
    spec = index.pools[pool]
    if spec.source == "on_demand":
        return float(index.offers[pool].max_accelerators) * index.share_of(pool)
    stock = index.most_capacity[pool]
    if spec.source != IN_HOUSE or spec.mw <= 0:
        return stock
    return np.minimum(stock, _most_power(program, spec.place) / spec.mw)


def _most_power(program: Program, site: str) -> Any:
    index = program.index
    power = index.supply[site].copy()
    for row in index.builds.values():
        before = [order.month for order in index.orders_before[row.build]]
        orders = [*order_months(row, index.horizon)[:1], *before]
        if row.site == site and orders:
            power[max(min(orders) + int(row.lead_months), 0) :] += row.mw_per_block * row.max_blocks
    for name in program.parts.contents[site]["contracts"]:
        agreement = index.agreements[name]
        months = np.isin(np.arange(index.horizon), agreement.months)
        power += months * agreement.most_blocks * agreement.row.mw_per_block * index.share_of(name)
    return power * index.share_of(site)

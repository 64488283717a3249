"""Monthly figures of a sketch: fleet, power, existing agreements, demand and prices."""

from __future__ import annotations

from collections.abc import Iterable
from math import fsum, prod

from optimizer.generator.sketch import Row, Sketch

IN_HOUSE = "in_house"
Series = list[float]


def steps(rows: Iterable[Row], value: str, base: float, months: int, at: str = "month") -> Series:
    """Value of a step series in every month of the plan."""
    ordered = sorted(rows, key=lambda row: int(row[at]))
    found = []
    for t in range(months):
        values = [row[value] for row in ordered if row[at] <= t]
        found.append(float(values[-1]) if values and values[-1] is not None else base)
    return found


def power_of(sketch: Sketch, site: str) -> Series:
    """MW that a site has, as far as interruptions leave them."""
    supply = steps((row for row in sketch.rows("power") if row["site"] == site), "mw", 0.0, sketch.months)
    return [mw * left for mw, left in zip(supply, share_left(sketch, site), strict=True)]


def share_left(sketch: Sketch, item: str) -> Series:
    """Share that interruptions leave of what an item has."""
    rows = [row for row in sketch.rows("interruptions") if row["item"] == item]
    return [
        prod(float(row["capacity_fraction"] or 0.0) for row in rows if row["from"] <= t <= _last(sketch, row))
        for t in range(sketch.months)
    ]


def _last(sketch: Sketch, row: Row) -> int:
    return sketch.months if row["to"] is None else int(row["to"])


def fleet_of(sketch: Sketch, site: str, accelerator: str) -> Series:
    """Accelerators of the fleet still there."""
    rows = [row for row in sketch.rows("fleet") if (row["site"], row["accelerator"]) == (site, accelerator)]
    return [
        fsum(row["count"] for row in rows if row["until"] is None or t < row["until"]) for t in range(sketch.months)
    ]


def demand_of(sketch: Sketch, workload: str) -> Series:
    """Demand of a workload."""
    return steps((row for row in sketch.rows("demand") if row["workload"] == workload), "amount", 0.0, sketch.months)


def price_of(sketch: Sketch, item: str, base: float) -> Series:
    """Price of an item in its own unit."""
    return steps((row for row in sketch.rows("prices") if row["item"] == item), "price", base, sketch.months)


def blocks_in_force(row: Row, months: int) -> Series:
    """Blocks of an existing agreement, handed back as late as possible; 0 for an offer."""
    if not row["committed_blocks"]:
        return [0.0] * months
    start = row["earliest"] or 0
    stop = months + 1 if row["ends_by"] is None else row["ends_by"] + 1
    if row["term_months"] is not None:
        stop = start + row["term_months"]
    return [row["committed_blocks"] if start <= t < stop else 0.0 for t in range(months)]


def accelerator_contracts(sketch: Sketch) -> list[Row]:
    """Contracts that supply accelerators."""
    return [row for row in sketch.rows("contracts") if row.get("supplies") != "mw"]


def contracted_capacity(sketch: Sketch, row: Row) -> Series:
    """Accelerators of an existing contract; none of one that supplies MW."""
    start, size = row["earliest"] or 0, row["accelerators_per_block"] or 0.0
    ramp = [r for r in sketch.rows("ramps") if r["contract"] == row["contract"]]
    shares = steps(ramp, "capacity_fraction", 1.0, sketch.months + max(-start, 0), at="month_of_term")
    blocks_by_month = blocks_in_force(row, sketch.months)
    left = share_left(sketch, row["contract"])
    return [blocks * size * shares[t - start] * left[t] if blocks else 0.0 for t, blocks in enumerate(blocks_by_month)]


def block_price(sketch: Sketch, row: Row, price: float) -> float:
    """Monthly price of one block of a contract or outlet from a price in its own unit."""
    units = {
        "block_month": 1.0,
        "mw_month": row["mw_per_block"] or 0.0,
        "accelerator_month": row["accelerators_per_block"] or 0.0,
        "accelerator_hour": (row["accelerators_per_block"] or 0.0) * sketch.hours,
    }
    return price * units[row["per"]]


def marks_of(sketch: Sketch, provider: str) -> tuple[str, list[str]]:
    """Group and tags of a provider."""
    row = next(row for row in sketch.rows("providers") if row["provider"] == provider)
    return row["group"] or provider, [tag for tag in (row["tags"] or "").split(";") if tag]


def throughput_of(sketch: Sketch, work: str, accelerator: str) -> float:
    """Factor of a kind for a class of work; 0 if it cannot run it."""
    rows = [row for row in sketch.rows("throughput") if (row["class"], row["accelerator"]) == (work, accelerator)]
    return float(rows[0]["factor"]) if rows else 0.0

"""Spend commitments, on-demand capacity, and prices over time."""

from __future__ import annotations

from math import fsum

from optimizer.generator.draw import Draw, nice
from optimizer.generator.facts import demand_of
from optimizer.generator.sketch import Row, Sketch, window
from optimizer.schema import load_schema


def add_commitments(sketch: Sketch, draw: Draw) -> None:
    """Draw spend commitments to the suppliers; the required ones can start."""
    clouds = [row["provider"] for row in sketch.rows("providers") if row["provider"].startswith("cloud-")]
    for number in range(1, draw.integer(*sketch.size.commitments) + 1):
        first, last = window(draw, sketch.months)
        yearly = sketch.demand * fsum(sketch.size.part) / 2 * 2000 * 12
        row: Row = {"commitment": f"commit-{number}", "provider": draw.pick(clouds)}
        row["annual_amount"] = nice(yearly * draw.between(0.05, 1.2), 2)
        row["years"] = draw.integer(1, max(sketch.months // 12 + 1, 2))
        row |= {"earliest": first, "latest": last, "required": draw.pick((None, True, False))}
        sketch.add("commitments", row)


def add_on_demand(sketch: Sketch, draw: Draw) -> None:
    """Draw on-demand capacity: the backstops, and offers of the suppliers, some under a commitment."""
    clouds = [row["provider"] for row in sketch.rows("providers") if row["provider"].startswith("cloud-")]
    served, critical = _firm(sketch)
    for number, backstop in enumerate(sketch.backstops, start=1):
        availability = draw.maybe(0.5, 0.92, 1.0)
        least = max(0.55 * served, critical * draw.between(0.05, 0.5)) / (availability or 1.0)
        row: Row = {"offer": f"spot-{number}", **backstop, "price": draw.between(4, 9)}
        row |= {"max_accelerators": nice(least * draw.between(1.02, 1.4) + 10), "availability": availability}
        sketch.add("on_demand", {**row, "commitment": None})
    for number in range(1, draw.integer(*sketch.size.offers) + 1):
        sketch.add("on_demand", _offer(sketch, draw, f"hourly-{number}", draw.pick(clouds)))


def _firm(sketch: Sketch) -> tuple[float, float]:
    """Largest demand in a month that must be served, and that is critical."""
    served, critical = [0.0] * sketch.months, [0.0] * sketch.months
    for row in sketch.rows("workloads"):
        for t, amount in enumerate(demand_of(sketch, row["workload"])):
            served[t] += amount * (row["min_service"] or 0.0)
            critical[t] += amount * (row["critical"] or 0.0)
    return max(served), max(critical)


def _offer(sketch: Sketch, draw: Draw, name: str, provider: str) -> Row:
    kind = draw.pick(sketch.rows("accelerators"))["accelerator"]
    price = sketch.reference(kind) * draw.between(2.2, 5)
    most = sketch.block(draw, sketch.reference(kind))
    commitment = None
    if sketch.rows("commitments") and draw.chance(0.6):
        chosen = draw.pick(sketch.rows("commitments"))
        commitment, price = chosen["commitment"], price * draw.between(0.5, 0.85)
        provider = chosen["provider"] if draw.chance(0.9) else provider
    row: Row = {"offer": name, "provider": provider, "region": draw.pick(sketch.regions), "accelerator": kind}
    row |= {"price": nice(price), "max_accelerators": most, "availability": draw.maybe(0.5, 0.9, 1.0)}
    return {**row, "commitment": commitment}


def add_prices(sketch: Sketch, draw: Draw) -> None:
    """Draw price steps; some take effect before the plan starts."""
    tables = load_schema().tables
    for target in sorted(tables["prices"].columns["item"].refers):
        table, name = target.split(".")
        for row in sketch.rows(table):
            if draw.chance(0.3):
                _steps(sketch, draw, row[name], row[tables[table].price])


def _steps(sketch: Sketch, draw: Draw, item: str, price: float) -> None:
    month = draw.integer(-4, 0) if draw.chance(0.25) else draw.integer(0, max(sketch.months // 2, 1))
    for _ in range(draw.integer(1, 3)):
        price *= draw.between(0.7, 1.25)
        sketch.add("prices", {"item": item, "month": month, "price": nice(price)})
        month += draw.integer(1, max(sketch.months // 2, 1))
        if month >= sketch.months:
            break

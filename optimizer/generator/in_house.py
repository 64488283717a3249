"""Own capacity that can be added: builds and purchases."""

from __future__ import annotations

from optimizer.generator.draw import Draw, nice
from optimizer.generator.sketch import Row, Sketch, window
from optimizer.generator.world import UNIT_PRICE


def add_builds(sketch: Sketch, draw: Draw) -> None:
    """Draw builds; some wait for another, some can be ordered in part."""
    sites = [row["site"] for row in sketch.rows("sites")]
    for number in range(1, draw.integer(*sketch.size.builds) + 1):
        if sites:
            row = _build(sketch, draw, f"build-{number}", draw.pick(sites))
            others = [other["build"] for other in sketch.rows("builds")]
            row["after"] = draw.pick(others) if others and draw.chance(0.3) else None
            sketch.add("builds", row)


def lead(draw: Draw, months: int) -> int:
    """Lead months: mostly within the plan, sometimes at its edge or beyond."""
    return draw.integer(months - 1, months + 1) if draw.chance(0.12) else draw.integer(0, months * 3 // 5)


def _build(sketch: Sketch, draw: Draw, name: str, site: str) -> Row:
    integer = draw.pick((None, None, True, False))
    first, last = window(draw, sketch.months)
    row: Row = {"build": name, "site": site, "mw_per_block": nice(sketch.block(draw, 1.0) / 1000)}
    row["max_blocks"] = draw.between(0.5, 3) if integer is False else draw.pick((None, 1, 2, 3))
    row |= {"integer": integer, "earliest": first, "latest": last, "lead_months": lead(draw, sketch.months)}
    row["capex_per_mw"] = draw.between(7e6, 15e6)
    row["payment"] = draw.pick((None, "order", "delivery", "spread"))
    row["fixed_cost_per_mw_month"] = draw.maybe(0.6, 10_000, 50_000)
    row["life_months"] = draw.pick((None, draw.integer(1, sketch.months * 2), draw.integer(60, 300)))
    row["residual_fraction"] = draw.maybe(0.6, 0.0, 1.0)
    return row


def add_purchases(sketch: Sketch, draw: Draw) -> None:
    """Draw purchases; several can feed one pool."""
    sites = [row["site"] for row in sketch.rows("sites")]
    for number in range(1, draw.integer(*sketch.size.purchases) + 1):
        if sites:
            kind = draw.pick(sketch.rows("accelerators"))["accelerator"]
            sketch.add("purchases", _purchase(sketch, draw, f"buy-{number}", draw.pick(sites), kind))


def _purchase(sketch: Sketch, draw: Draw, name: str, site: str, kind: str) -> Row:
    first, last = window(draw, sketch.months)
    price = nice(UNIT_PRICE[kind] * draw.between(0.85, 1.4), 2)
    row: Row = {"purchase": name, "site": site, "accelerator": kind, "unit_price": price}
    row["lead_months"] = None if draw.chance(0.25) else lead(draw, sketch.months)
    row |= {"earliest": first, "latest": last}
    row["lot_size"] = lot = max(nice(sketch.block(draw, sketch.reference(kind)) / 2, 2), 1.0)
    row["integer"] = draw.pick((None, None, True, False))
    row["max_per_month"] = nice(lot * draw.between(1, 4)) if draw.chance(0.5) else None
    row["max_total"] = nice(lot * draw.between(1, 6)) if draw.chance(0.5) else None
    row["deposit_fraction"] = draw.maybe(0.6, 0.0, 1.0)
    row["maintenance_per_month"] = draw.maybe(0.6, 20, 200)
    row["life_months"] = draw.pick((None, draw.integer(1, sketch.months), draw.integer(36, 84)))
    row["residual_fraction"] = draw.maybe(0.6, 0.0, 1.0)
    return row

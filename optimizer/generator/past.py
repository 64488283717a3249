"""Decisions made before the plan: orders, spend commitments, training runs."""

from __future__ import annotations

import math

from optimizer.generator.draw import Draw, nice
from optimizer.generator.facts import Series, fleet_of, throughput_of
from optimizer.generator.sketch import Row, Sketch


def add_past(sketch: Sketch, draw: Draw) -> None:
    """Draw what was decided before the plan, with columns as a plan has them; what is required then can still be."""
    for row in sketch.rows("builds"):
        if not row["after"] and draw.chance(0.5):
            _order(sketch, draw, "order_build", row, row["build"], row["capex_per_mw"])
    for row in sketch.rows("purchases"):
        if draw.chance(0.5):
            _order(sketch, draw, "buy", row, row["purchase"], row["unit_price"])
    for row in sketch.rows("commitments"):
        if draw.chance(0.5):
            _commit(sketch, draw, row)
    for row in sketch.rows("training_runs"):
        if row["run"] in sketch.sure and draw.chance(0.7):
            _place(sketch, draw, row)


def _order(sketch: Sketch, draw: Draw, decision: str, row: Row, item: str, price: float) -> None:
    """An order that is on its way, or was delivered before the plan."""
    blocks = draw.between(0.2, 0.5) if row["integer"] is False else None
    made: Row = {"month": -draw.integer(1, (row["lead_months"] or 0) + 2), "decision": decision, "item": item}
    made |= {"blocks": blocks, "price": nice(price * draw.between(0.7, 1.3)) if draw.chance(0.5) else None}
    if draw.chance(0.3):
        made |= {"party": "in_house", "mw": draw.between(0, 9), "committed_cost": draw.between(0, 1e9)}
    if draw.chance(0.3):
        made["starts"] = made["month"] + (row["lead_months"] or 0)
    sketch.add("decided", made)


def _commit(sketch: Sketch, draw: Draw, row: Row) -> None:
    """A spend commitment that runs, is over or starts later in the plan."""
    start = draw.integer(-14, -1) if draw.chance(0.7) else draw.integer(0, sketch.months)
    made: Row = {"month": min(start, -1), "decision": "commit_spend", "item": row["commitment"]}
    made["starts"] = start if start >= 0 or draw.chance(0.3) else None
    if start < 0 and draw.chance(0.8):
        made["spent"] = nice(row["annual_amount"] * draw.between(0, 1.2))
    if draw.chance(0.3):
        made["ends"] = start + 12 * row["years"] - 1
    sketch.add("decided", made)


def _place(sketch: Sketch, draw: Draw, row: Row) -> None:
    """A run in the part of the fleet that it can have for sure, under way or with its start fixed in the plan."""
    site, kind, size = sketch.sure[row["run"]]
    rate = throughput_of(sketch, row["class"], kind) * (sketch.site(site)["availability"] or 1.0)
    months = max(1, math.ceil(row["work"] / (size * rate) - 1e-9))
    last = min(sketch.months - 1 if row["deadline"] is None else row["deadline"], sketch.months - 1)
    first = row["release"] if (row["release"] or 0) > 0 else -months
    if first > last - months + 1:
        return
    start = draw.integer(first, last - months + 1)
    made: Row = {"month": min(start, -1), "decision": "start_run", "item": row["run"], "pool": f"{site}/{kind}"}
    made |= {"starts": start if start >= 0 else None, "accelerators": size}
    sketch.add("decided", made)


# ---------------------------------------------------------------- what it comes to
def due_for_orders(sketch: Sketch) -> Series:
    """Upper bound of what is still paid for orders from before the plan, by month."""
    due = [0.0] * sketch.months
    for made in (row for row in sketch.rows("decided") if row["decision"] in ("order_build", "buy")):
        table, name = ("builds", "build") if made["decision"] == "order_build" else ("purchases", "purchase")
        row = next(row for row in sketch.rows(table) if row[name] == made["item"])
        size = row["mw_per_block"] if table == "builds" else row["lot_size"]
        price = max(1.6 * row["capex_per_mw" if table == "builds" else "unit_price"], made["price"] or 0.0)
        for t in range(min(made["month"] + (row["lead_months"] or 0) + 1, sketch.months)):
            due[t] += (made["blocks"] or 1.0) * size * price
    return due


def stock_of(sketch: Sketch, site: str, kind: str) -> Series:
    """Accelerators of the fleet still there, and those that were bought before the plan."""
    stock = fleet_of(sketch, site, kind)
    for row in sketch.rows("purchases"):
        for made in (one for one in sketch.rows("decided") if one["item"] == row["purchase"]):
            if (row["site"], row["accelerator"]) == (site, kind):
                there = made["month"] + (row["lead_months"] or 0)
                worn = there + (row["life_months"] or 60)
                stock = [
                    n + (made["blocks"] or 1.0) * row["lot_size"] * (there <= t < worn) for t, n in enumerate(stock)
                ]
    return stock

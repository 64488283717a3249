"""Budgets that cover the mandatory payments."""

from __future__ import annotations

from math import fsum

from optimizer.generator.draw import Draw, nice
from optimizer.generator.facts import Series, block_price, blocks_in_force, demand_of, price_of
from optimizer.generator.past import due_for_orders
from optimizer.generator.sketch import Row, Sketch, window


def add_budgets(sketch: Sketch, draw: Draw) -> None:
    """Draw budgets: the mandatory payments in the window, and a share of the possible ones."""
    due, ordered = _due(sketch), due_for_orders(sketch)
    yearly = sketch.demand * 2000 * 12
    for number in range(1, draw.integer(*sketch.size.budgets) + 1):
        first, last = window(draw, sketch.months)
        covers = draw.pick((None, "all", "capex", "opex"))
        begin, end = max(first or 0, 0), sketch.months - 1 if last is None else min(last, sketch.months - 1)
        room = yearly * (end - begin + 1) / 12 * draw.between(0.01, 0.4)
        firm = 0.0 if covers == "capex" else fsum(due[begin : end + 1])
        firm += 0.0 if covers == "opex" else fsum(ordered[begin : end + 1])
        row: Row = {"budget": f"budget-{number}", "from": first, "to": last, "amount": nice(firm + room)}
        sketch.add("budgets", {**row, "covers": covers, "net": draw.pick((None, True, False))})


def _due(sketch: Sketch) -> Series:
    """Upper bound of the mandatory payments: agreements, required commitments, work that must be served."""
    due = [0.0] * sketch.months
    for row in sketch.rows("contracts"):
        prices = price_of(sketch, row["contract"], row["price"])
        signed = (row["earliest"] or 0) - (row["lead_months"] or 0)
        if row["committed_blocks"] and row.get("prepaid_fraction") and 0 <= signed < sketch.months:
            months = row["min_term_months"] if row["term_months"] is None else row["term_months"]
            early = row["prepaid_fraction"] * months * block_price(sketch, row, max(prices)) * 1.4
            due[signed] += row["committed_blocks"] * early
        for t, blocks in enumerate(blocks_in_force(row, sketch.months)):
            due[t] += blocks * (block_price(sketch, row, prices[t]) * 1.2 + (row["upfront_per_block"] or 0.0))
    made = {row["item"] for row in sketch.rows("decided")}
    for row in sketch.rows("commitments"):
        if row["required"] or row["commitment"] in made:
            due = [amount + row["annual_amount"] for amount in due]
    hourly = max((_highest_price(sketch, row) for row in sketch.rows("on_demand")), default=0.0)
    for row in sketch.rows("workloads"):
        for t, amount in enumerate(demand_of(sketch, row["workload"])):
            due[t] += amount * (row["min_service"] or 0.0) * hourly * sketch.hours * 0.8
    return due


def _highest_price(sketch: Sketch, row: Row) -> float:
    return max(price_of(sketch, row["offer"], row["price"])) if row["offer"].startswith("spot-") else 0.0

"""Clauses of contracts beyond their term and price, and interruptions of supply."""

from __future__ import annotations

from optimizer.generator.agreements import commit, offer_terms, ramp
from optimizer.generator.draw import Draw, nice
from optimizer.generator.facts import power_of
from optimizer.generator.sketch import Row, Sketch

_YEAR = 12


def add_clauses(sketch: Sketch, draw: Draw) -> None:
    """Give some contracts of some instances clauses; what they are sure to deliver and to cost stays as it is."""
    if not draw.chance(sketch.size.clauses):
        return
    if draw.chance(0.6):
        sketch.head["tail_fraction"] = draw.pick((1.0, draw.between(0.1, 0.9)))
    for row in sketch.rows("contracts"):
        if row["term_months"] is not None and draw.chance(0.4):
            _escalate(sketch, draw, row)
    for row in sketch.rows("contracts"):
        row["prepaid_fraction"] = draw.pick((None, None, 1.0, draw.between(0.05, 0.9)))
        if not row["committed_blocks"] and draw.chance(0.2):
            _require(sketch, draw, row)


def _require(sketch: Sketch, draw: Draw, row: Row) -> None:
    """Let an offer be open only while blocks of another contract are active."""
    others = [other for other in sketch.rows("contracts") if other is not row]
    if others:
        other = draw.pick(others)
        row["requires"] = other["contract"]
        most = other["committed_blocks"] or other["max_blocks"] or 1
        row["requires_blocks"] = draw.pick((None, None, most, min(most, 2)))


def _escalate(sketch: Sketch, draw: Draw, row: Row) -> None:
    """Let the price rise, in some of the terms within the plan; agreements end when they did."""
    row["escalation"] = draw.between(-0.05, 0.15)
    if row["committed_blocks"] and draw.chance(0.8):
        end = (row["earliest"] or 0) + row["term_months"]
        row["earliest"] = min(row["earliest"] or 0, -draw.integer(_YEAR - sketch.months, _YEAR))
        row["term_months"] = end - row["earliest"]
    elif not row["committed_blocks"] and row["ends_by"] is None and draw.chance(0.5):
        row["term_months"] = _YEAR + draw.integer(1, _YEAR + 2)


def add_space(sketch: Sketch, draw: Draw) -> None:
    """Draw contracts of MW at the planner's own sites: leased halls and grid connections."""
    if not draw.chance(sketch.size.clauses) or not sketch.rows("sites"):
        return
    suppliers = [row["provider"] for row in sketch.rows("providers") if row["provider"].startswith("cloud-")]
    for number in range(1, draw.integer(1, 2) + 1):
        site = draw.pick(sketch.rows("sites"))["site"]
        mw = max(nice(max(power_of(sketch, site)) * draw.between(0.1, 0.5)), 0.1)
        per = draw.pick(("block_month", "mw_month"))
        price = draw.between(60_000, 250_000) * (mw if per == "block_month" else 1.0)
        row: Row = {"contract": f"hall-{number}", "provider": draw.pick(suppliers), "supplies": "mw", "site": site}
        row |= dict.fromkeys(("region", "accelerator", "accelerators_per_block", "availability", "sublease", "renews"))
        row |= {"mw_per_block": mw, "price": nice(price), "per": per, **offer_terms(sketch, draw)}
        row["upfront_per_block"] = nice(mw * 1e5 * draw.between(0, 2)) if draw.chance(0.3) else None
        if draw.chance(0.3):
            commit(sketch, draw, row, draw.integer(1, 2) if row["integer"] is not False else draw.between(0.3, 2))
        metered = draw.chance(0.5)
        row["minimum_take"] = draw.between(0.0, 0.95) if metered else None
        row["prepaid_fraction"] = None if metered else draw.maybe(0.3, 0.1, 1.0)
        sketch.add("contracts", row)
        if draw.chance(0.4):
            ramp(sketch, draw, row)
            if metered:
                for step in sketch.rows("ramps"):
                    step["price_fraction"] = None if step["contract"] == row["contract"] else step["price_fraction"]


def add_interruptions(sketch: Sketch, draw: Draw) -> None:
    """Draw interruptions of sites, contracts and on-demand offers, but of those that make instances feasible."""
    if not draw.chance(sketch.size.clauses):
        return
    sites, contracts = ([row[name] for row in sketch.rows(f"{name}s")] for name in ("site", "contract"))
    offers = [row["offer"] for row in sketch.rows("on_demand") if not row["offer"].startswith("spot-")]
    items = [*sites, *contracts, *contracts, *offers]
    for number in range(1, draw.integer(1, 3) + 1 if items else 1):
        item, first = draw.pick(items), draw.integer(-2, sketch.months - 1)
        row: Row = {"interruption": f"interruption-{number}", "item": item, "from": first}
        row["to"] = None if draw.chance(0.3) else first + draw.integer(0, sketch.months)
        row["capacity_fraction"] = None if draw.chance(0.25) else draw.between(0.0, 1.0, 2)
        row["price_fraction"] = draw.between(0.0, 1.0, 2) if item in contracts and draw.chance(0.6) else None
        sketch.add("interruptions", row)

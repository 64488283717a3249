"""Contracts with their ramps, and outlets: one mechanism in two directions."""

from __future__ import annotations

from optimizer.generator.draw import Draw, nice
from optimizer.generator.facts import fleet_of, power_of
from optimizer.generator.in_house import lead
from optimizer.generator.sketch import Row, Sketch, window

_PER = ("block_month", "mw_month", "accelerator_month", "accelerator_hour")


# ---------------------------------------------------------------- terms of both
def _terms(sketch: Sketch, draw: Draw) -> Row:
    """Term, notice and fee."""
    months = sketch.months
    if draw.chance(0.5):
        row: Row = {"term_months": draw.integer(1, max(months * 5 // 4, 2)), "min_term_months": None}
    else:
        row = {"term_months": None, "min_term_months": draw.integer(0, months // 2)}
    terminable = row["term_months"] is None
    row["notice_months"] = draw.maybe_integer(0.7 if terminable else 0.05, 0, months // 2)
    row["termination_fee_months"] = draw.maybe(0.5 if terminable else 0.05, 0.0, 3.0)
    return row


def _timing(sketch: Sketch, draw: Draw, term: int) -> Row:
    """Months in which blocks of an offer can start and must end."""
    first, last = window(draw, sketch.months)
    row: Row = {"earliest": first, "latest": last, "lead_months": None}
    if draw.chance(0.5):
        row["lead_months"] = lead(draw, sketch.months)
    row["ends_by"] = None
    if draw.chance(0.25):
        begin = max(first or 0, row["lead_months"] or 0)
        row["ends_by"] = begin + max(term, 1) - 1 + draw.integer(0, sketch.months)
    return row


def _blocks(draw: Draw) -> Row:
    """Limits on the number of blocks."""
    row: Row = {"min_blocks": None, "integer": draw.pick((None, None, True, False)), "committed_blocks": None}
    if row["integer"] is False:
        row["max_blocks"] = draw.between(1, 4)
        row["min_blocks"] = draw.maybe(0.4, 0.2, 1.0)
    else:
        row["max_blocks"] = most = draw.pick((None, 1, 2, 3, 4))
        row["min_blocks"] = draw.maybe_integer(0.4, 0, min(most or 1, 3))
    return row


def commit(sketch: Sketch, draw: Draw, row: Row, blocks: float) -> None:
    """Turn an offer into an existing agreement that runs when the plan starts, or starts in it."""
    term = row["term_months"] if row["term_months"] is not None else row["min_term_months"]
    soonest = -sketch.months if row["term_months"] is None else 1 - row["term_months"]
    row["earliest"] = draw.integer(soonest, 0) if draw.chance(0.7) else draw.integer(0, sketch.months - 1)
    row["latest"] = None
    row["committed_blocks"] = blocks
    if row["ends_by"] is not None:
        row["ends_by"] = max(row["earliest"] + max(term, 1) - 1, 0) + draw.integer(0, sketch.months)


def _price(sketch: Sketch, per: str, hourly: float, size: float, mw: float) -> float:
    """Convert an hourly price to another unit."""
    block = hourly * size * sketch.hours
    by = {"block_month": block, "mw_month": block / mw if mw else 0.0, "accelerator_month": hourly * sketch.hours}
    return nice(by.get(per, hourly))


# ---------------------------------------------------------------- contracts
def add_contracts(sketch: Sketch, draw: Draw) -> None:
    """Draw contracts: offers, existing agreements, renewals; some with ramps."""
    suppliers = [row["provider"] for row in sketch.rows("providers") if row["provider"].startswith("cloud-")]
    count = draw.integer(*sketch.size.contracts)
    if not sketch.rows("sites") and not sketch.backstops:
        count = max(count, 1)
    for number in range(1, count + 1):
        row = _contract(sketch, draw, f"contract-{number}", draw.pick(suppliers))
        earlier = sketch.rows("contracts")
        if draw.chance(0.25):
            commit(sketch, draw, row, _committed(draw, row["integer"] is False))
        elif earlier and draw.chance(0.25):
            _renew(sketch, draw, row, draw.pick(earlier))
        sketch.add("contracts", row)
        if draw.chance(0.35):
            ramp(sketch, draw, row)


def _committed(draw: Draw, in_part: bool) -> float:
    return 0.0 if draw.chance(0.03) else draw.between(0.3, 2.5) if in_part else draw.integer(1, 2)


def _contract(sketch: Sketch, draw: Draw, name: str, provider: str) -> Row:
    kind = draw.pick(sketch.rows("accelerators"))["accelerator"]
    size = sketch.block(draw, sketch.reference(kind))
    per = draw.pick(_PER)
    mw = nice(size * sketch.kind(kind)["kw"] * 1.15 / 1000) if per == "mw_month" or draw.chance(0.5) else None
    terms = _terms(sketch, draw)
    fixed = terms["term_months"] is not None
    hourly = sketch.reference(kind) * draw.between(1.4, 2.8) * (1.0 if fixed else 1.3)
    row: Row = {"contract": name, "provider": provider, "region": draw.pick(sketch.regions), "accelerator": kind}
    row |= {"accelerators_per_block": size, "mw_per_block": mw}
    row |= {"price": _price(sketch, per, hourly, size, mw or 0.0), "per": per, **terms}
    row |= _timing(sketch, draw, terms["term_months"] if fixed else terms["min_term_months"])
    row |= _blocks(draw)
    row["upfront_per_block"] = nice(hourly * size * sketch.hours * draw.between(0, 2)) if draw.chance(0.3) else None
    row["availability"] = draw.maybe(0.6, 0.9, 1.0)
    row["sublease"] = draw.pick((None, True, True, False))
    row["renews"] = None
    return row


def _renew(sketch: Sketch, draw: Draw, row: Row, old: Row) -> None:
    """Make a contract the renewal of another; sometimes an existing one."""
    for column in ("provider", "region", "accelerator"):
        row[column] = old[column]
    row["renews"] = old["contract"]
    if draw.chance(0.6):
        row |= {"earliest": None, "latest": None, "lead_months": None, "ends_by": None}
    if not old["committed_blocks"] or old["term_months"] is None:
        return
    end = (old["earliest"] or 0) + old["term_months"]
    if draw.chance(0.3) and end < sketch.months:
        row |= {"earliest": end, "latest": None, "ends_by": None, "integer": old["integer"]}
        row["committed_blocks"] = old["committed_blocks"]
    elif row["earliest"] is None and draw.chance(0.5):
        row |= {"earliest": end, "latest": end + draw.integer(0, 1)}


def ramp(sketch: Sketch, draw: Draw, row: Row) -> None:
    """Delivery and price by age; the minimum term of a terminable contract covers it."""
    limit = row["term_months"] - 1 if row["term_months"] is not None else row["min_term_months"]
    ages = draw.some(range(min(limit, sketch.months) + 1), draw.integer(1, 3))
    priced = draw.chance(0.7)
    low = draw.between(0.0, 0.7, 2)
    for i, age in enumerate(ages):
        share = 1.0 if i == len(ages) - 1 and draw.chance(0.8) else nice(low + (1 - low) * i / len(ages), 2)
        ramp: Row = {"contract": row["contract"], "month_of_term": age, "capacity_fraction": share}
        ramp["price_fraction"] = draw.between(0.3, 1.1, 2) if priced else None
        sketch.add("ramps", ramp)


# ---------------------------------------------------------------- outlets
def add_outlets(sketch: Sketch, draw: Draw) -> None:
    """Draw outlets of accelerators and of powered space; the fleet can cover existing agreements."""
    tenants = [row["provider"] for row in sketch.rows("providers") if row["provider"].startswith("tenant-")]
    takers = tenants or [row["provider"] for row in sketch.rows("providers")]
    used: set[str] = set()
    for number in range(1, draw.integer(*sketch.size.outlets) + 1):
        taker = draw.pick(takers) if draw.chance(0.85) else draw.pick(sketch.rows("providers"))["provider"]
        row: Row = {"outlet": f"outlet-{number}", "tenant": taker}
        space = bool(sketch.rows("sites")) and draw.chance(0.35)
        row |= _space(sketch, draw) if space else _let(sketch, draw)
        sketch.add("outlets", row)
        if draw.chance(0.35) and row["site"] not in used:
            used.add(row["site"])
            _commit_outlet(sketch, draw, row)


def offer_terms(sketch: Sketch, draw: Draw) -> Row:
    """Draw term, timing and blocks of an offer."""
    terms = _terms(sketch, draw)
    term = terms["term_months"] if terms["term_months"] is not None else terms["min_term_months"]
    return {**terms, **_timing(sketch, draw, term), **_blocks(draw)}


def _space(sketch: Sketch, draw: Draw) -> Row:
    """An outlet of powered space."""
    site = draw.pick(sketch.rows("sites"))["site"]
    peak = max(power_of(sketch, site))
    mw = max(nice(peak * draw.between(0.05, 0.3)), 0.1)
    per = draw.pick(("block_month", "mw_month", "mw_month", "accelerator_hour"))
    size = nice(mw * 700) if per == "accelerator_hour" else None
    block = mw * draw.between(110_000, 350_000)
    price = {"block_month": block, "mw_month": block / mw}.get(per, block / ((size or 1) * sketch.hours))
    row: Row = {"sells": "mw", "site": site, "accelerator": None, "accelerators_per_block": size, "mw_per_block": mw}
    row |= {"price": nice(price), "per": per, **offer_terms(sketch, draw)}
    row["upfront_per_block"] = nice(block * draw.between(0, 2)) if draw.chance(0.3) else None
    return row


def _let(sketch: Sketch, draw: Draw) -> Row:
    """An outlet of accelerators: of one site or of any source."""
    able = [*sketch.rows("fleet"), *sketch.rows("purchases"), *(r for r in sketch.rows("contracts") if r["sublease"])]
    source = draw.pick(able if able and draw.chance(0.95) else sketch.rows("accelerators"))
    kind = source["accelerator"]
    site = source.get("site") if draw.chance(0.5) else None
    size = max(nice(sketch.block(draw, sketch.reference(kind)) * draw.between(0.2, 1), 2), 1.0)
    hourly = sketch.reference(kind) * draw.between(1.2, 3.2)
    per = draw.pick(_PER)
    mw = nice(size * sketch.kind(kind)["kw"] * 1.15 / 1000) if per == "mw_month" or draw.chance(0.3) else None
    row: Row = {"sells": draw.pick((None, "accelerators")), "site": site, "accelerator": kind}
    row |= {"accelerators_per_block": size, "mw_per_block": mw}
    row |= {"price": _price(sketch, per, hourly, size, mw or 0.0), "per": per, **offer_terms(sketch, draw)}
    row["upfront_per_block"] = nice(hourly * size * sketch.hours * draw.between(0, 2)) if draw.chance(0.3) else None
    return row


def _commit_outlet(sketch: Sketch, draw: Draw, row: Row) -> None:
    """Turn an outlet into an existing agreement of as many blocks as its site can certainly cover."""
    if row["site"] is None:
        return
    power = min(power_of(sketch, row["site"]))
    if row["sells"] == "mw":
        most = 0.25 * power / row["mw_per_block"]
    else:
        kw = sketch.facility_kw(row["site"], row["accelerator"])
        there = min(fleet_of(sketch, row["site"], row["accelerator"]))
        most = 0.4 * min(there, 0.5 * power * 1000 / kw) / row["accelerators_per_block"]
    blocks = nice(most, 2) * 0.9 if row["integer"] is False else float(int(most))
    if blocks >= 0.1:
        commit(sketch, draw, row, nice(min(blocks, 3.0), 2))

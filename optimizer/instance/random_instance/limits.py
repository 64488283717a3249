"""Budgets that leave room for what must be paid, and policies that what is held already does not break."""

from __future__ import annotations

from optimizer.instance.random_instance.draw import Draw, nice
from optimizer.instance.random_instance.facts import (
    Series,
    block_price,
    blocks_held,
    capacity_held,
    demand_of,
    fleet_of,
    marks_of,
    price_of,
)
from optimizer.instance.random_instance.sketch import Row, Sketch, window

IN_HOUSE = "in_house"


# ---------------------------------------------------------------- budgets
def add_budgets(sketch: Sketch, draw: Draw) -> None:
    """Draw budgets: what must be paid in the window, and a share of what could be."""
    due = _due(sketch)
    yearly = sketch.demand * 2000 * 12
    for number in range(1, draw.whole(*sketch.size.budgets) + 1):
        first, last = window(draw, sketch.months)
        covers = draw.pick((None, "all", "capex", "opex"))
        begin, end = max(first or 0, 0), sketch.months - 1 if last is None else min(last, sketch.months - 1)
        room = yearly * (end - begin + 1) / 12 * draw.between(0.1, 1.2)
        firm = 0.0 if covers == "capex" else sum(due[begin : end + 1]) * 1.05
        row: Row = {"budget": f"budget-{number}", "from": first, "to": last, "amount": nice(firm + room)}
        sketch.add("budgets", {**row, "covers": covers, "net": draw.pick((None, True, False))})


def _due(sketch: Sketch) -> Series:
    """What must surely be paid, or a little more: agreements, required commitments, work that must be served."""
    due = [0.0] * sketch.months
    for row in sketch.rows("contracts"):
        prices = price_of(sketch, row["contract"], row["price"])
        for t, blocks in enumerate(blocks_held(row, sketch.months)):
            due[t] += blocks * (block_price(sketch, row, prices[t]) * 1.2 + (row["upfront_per_block"] or 0.0))
    for row in sketch.rows("commitments"):
        if row["required"]:
            due = [amount + row["annual_amount"] for amount in due]
    hourly = max((_dearest(sketch, row) for row in sketch.rows("on_demand")), default=0.0)
    for row in sketch.rows("workloads"):
        for t, amount in enumerate(demand_of(sketch, row["workload"])):
            due[t] += amount * (row["min_service"] or 0.0) * hourly * sketch.hours * 1.1
    return due


def _dearest(sketch: Sketch, row: Row) -> float:
    return max(price_of(sketch, row["offer"], row["price"])) if row["offer"].startswith("spot-") else 0.0


# ---------------------------------------------------------------- policies
def add_policies(sketch: Sketch, draw: Draw) -> None:
    """Draw policies of both sorts, on every subject, of one member or of each."""
    for number in range(1, draw.whole(*sketch.size.policies) + 1):
        rule = "survive" if draw.chance(0.5) else "max_share"
        subject = draw.pick(("provider", "group", "site", "region", "tag"))
        members = _members(sketch, subject)
        if rule == "survive" and subject == "region" and len({row["region"] for row in sketch.backstops}) < 2:
            subject, members = "provider", _members(sketch, "provider")
        member = draw.pick(members) if members and draw.chance(0.55) else None
        first, last = window(draw, sketch.months)
        row: Row = {"policy": f"policy-{number}", "rule": rule, "subject": subject, "member": member}
        row["limit"] = draw.between(0.2, 1.0, 2) if rule == "survive" else _share(sketch, draw, subject, member)
        sketch.add("policies", {**row, "from": first, "to": last})


def _members(sketch: Sketch, subject: str) -> list[str]:
    """What a policy can name; the planner's own sites too."""
    providers = [row["provider"] for row in sketch.rows("providers")]
    marks = [marks_of(sketch, name) for name in providers]
    own = [IN_HOUSE] if sketch.rows("sites") else []
    found = {
        "provider": [*providers, *own],
        "group": [*sorted({group for group, _ in marks}), *own],
        "site": [row["site"] for row in sketch.rows("sites")],
        "region": _regions(sketch),
        "tag": sorted({tag for _, tags in marks for tag in tags}),
    }
    return found[subject]


def _regions(sketch: Sketch) -> list[str]:
    return sorted({row["region"] for table in ("sites", "contracts", "on_demand") for row in sketch.rows(table)})


def _share(sketch: Sketch, draw: Draw, subject: str, member: str | None) -> float:
    """A limit that the fleet and the agreements already made do not break."""
    held = _held(sketch, subject)
    total = [sum(month) for month in zip(*(series for _, series in held), strict=True)] or [0.0] * sketch.months
    worst = 0.0
    for one in [member] if member else sorted({name for names, _ in held for name in names} - {IN_HOUSE}):
        parts = [series for names, series in held if one in names]
        for t, whole in enumerate(total):
            worst = max(worst, sum(series[t] for series in parts) / whole if whole else 0.0)
    return min(nice(max(draw.between(0.25, 0.9), worst) + 0.01, 2), 1.0)


def _held(sketch: Sketch, subject: str) -> list[tuple[list[str], Series]]:
    """Reference capacity held already, by month, with the members of a subject that it belongs to."""
    held = []
    for site, kind in sorted({(row["site"], row["accelerator"]) for row in sketch.rows("fleet")}):
        region = sketch.site(site)["region"]
        own = {"provider": [IN_HOUSE], "group": [IN_HOUSE], "site": [site], "region": [region], "tag": []}
        weight = sketch.reference(kind)
        held.append((own[subject], [weight * count for count in fleet_of(sketch, site, kind)]))
    for row in sketch.rows("contracts"):
        group, tags = marks_of(sketch, row["provider"])
        names = {"provider": [row["provider"]], "group": [group], "site": [], "region": [row["region"]], "tag": tags}
        weight = sketch.reference(row["accelerator"])
        held.append((names[subject], [weight * count for count in capacity_held(sketch, row)]))
    return held

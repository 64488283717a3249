"""Workloads with their demand, and training runs."""

from __future__ import annotations

import math

from optimizer.generator.draw import Draw, nice
from optimizer.generator.facts import accelerator_contracts, fleet_of, marks_of, power_of, throughput_of
from optimizer.generator.sketch import Row, Sketch, window


def add_workloads(sketch: Sketch, draw: Draw) -> None:
    """Draw workloads; demand that must be served can run where the backstops are."""
    count = draw.integer(*sketch.size.workloads)
    for number in range(1, count + 1):
        firm = bool(sketch.backstops) and draw.chance(0.8)
        row: Row = {"workload": f"work-{number}", "class": draw.pick(sketch.classes)}
        row["penalty"] = draw.between(200, 1500) if draw.chance(0.35) else draw.between(1200, 5000)
        row["min_service"] = draw.between(0.1, 0.7, 2) if firm and draw.chance(0.6) else None
        row["critical"] = draw.between(0.4, 1.0, 2) if firm and draw.chance(0.65) else None
        row |= _in_one_region(sketch, draw) if sketch.size.local else _where(sketch, draw, firm)
        sketch.add("workloads", row)
        _demand(sketch, draw, row["workload"], sketch.demand / count)


def _where(sketch: Sketch, draw: Draw, firm: bool) -> Row:
    """Regions and exclusions; they include the backstops if demand must be served."""
    known = sorted({row["region"] for row in (*sketch.rows("sites"), *sketch.rows("contracts"))})
    needed = {row["region"] for row in sketch.backstops} if firm else set()
    choice = sorted({*known, *(row["region"] for row in sketch.backstops)})
    regions: list[str] = []
    if choice and draw.chance(0.3 if firm else 0.5):
        regions = sorted({*needed, *draw.some(choice, draw.integer(1, 2))})
    return {"regions": ";".join(regions) or None, "exclude": _exclude(sketch, draw, 0.2 if firm else 0.45)}


def _in_one_region(sketch: Sketch, draw: Draw) -> Row:
    """One region, where there is a backstop, and at most one excluded tag."""
    tags = sorted({tag for row in sketch.rows("providers") for tag in (row["tags"] or "").split(";") if tag})
    return {"regions": draw.pick(sketch.regions), "exclude": draw.pick(tags) if tags and draw.chance(0.3) else None}


def _exclude(sketch: Sketch, draw: Draw, chance: float) -> str | None:
    """Providers, groups or tags on whose capacity it may not run."""
    clouds = [row["provider"] for row in sketch.rows("providers") if row["provider"].startswith("cloud-")]
    marks = [marks_of(sketch, name) for name in clouds]
    names = sorted({*clouds, *(group for group, _ in marks), *(tag for _, tags in marks for tag in tags)})
    return ";".join(draw.some(names, draw.integer(1, 2))) if draw.chance(chance) else None


def _demand(sketch: Sketch, draw: Draw, workload: str, total: float) -> None:
    """Demand in steps, mostly growing; it may begin before the plan or in it."""
    month = draw.integer(-2, 0) if draw.chance(0.8) else draw.integer(1, max(sketch.months // 2, 1))
    amount = total * draw.between(0.5, 1.5)
    every = max(sketch.months // draw.integer(1, 8), 1)
    while month < sketch.months:
        sketch.add("demand", {"workload": workload, "month": month, "amount": nice(amount)})
        amount *= draw.between(1.0, 1.35) if draw.chance(0.8) else draw.between(0.5, 1.0)
        month += draw.integer(1, every)


# ---------------------------------------------------------------- training runs
def add_runs(sketch: Sketch, draw: Draw) -> None:
    """Draw training runs; a required run fits a share of the fleet that is otherwise unused."""
    taken: set[tuple[str, str]] = set()
    for number in range(1, draw.integer(*sketch.size.runs) + 1):
        work = draw.pick(sketch.classes)
        run = f"run-{number}"
        sure = _sure_pool(sketch, draw, work, taken) if draw.chance(0.4) else None
        if sure is not None:
            taken.add((sure["site"], sure["accelerator"]))
            sketch.sure[run] = sure["site"], sure["accelerator"], nice(sure["count"] * 0.95, 2)
        sketch.add("training_runs", _run(sketch, draw, run, work, sure))


def _sure_pool(sketch: Sketch, draw: Draw, work: str, taken: set[tuple[str, str]]) -> Row | None:
    """A part of the fleet that is always available and powered, if any."""
    found = []
    for row in sketch.rows("fleet"):
        site, kind = row["site"], row["accelerator"]
        kw = sketch.facility_kw(site, kind)
        count = 0.4 * min(*fleet_of(sketch, site, kind), 0.4 * min(power_of(sketch, site)) * 1000 / kw)
        if (site, kind) not in taken and count >= 1 and throughput_of(sketch, work, kind) > 0:
            found.append({"site": site, "accelerator": kind, "count": count})
    return draw.pick(found) if found else None


def _run(sketch: Sketch, draw: Draw, name: str, work: str, sure: Row | None) -> Row:
    """A run; how long it takes depends on the size, from a month to longer than the plan."""
    kind = sure["accelerator"] if sure else draw.pick(_able(sketch, work))
    factor = throughput_of(sketch, work, kind)
    size = nice(sure["count"] * 0.95, 2) if sure else sketch.block(draw, sketch.reference(kind))
    months = draw.integer(1, max(sketch.months // 2, 1))
    amount = nice(size * factor * 0.9 * (months - 0.3 * draw.share()))
    sizes = sorted({size, *(nice(size * draw.between(0.4, 2.5), 2) for _ in range(draw.integer(0, 2)))})
    row: Row = {"run": name, "class": work, "work": amount, "sizes": ";".join(f"{one:g}" for one in sizes)}
    row |= _run_window(sketch, draw, months if sure else 0)
    target = draw.chance(0.6)
    row["target"] = draw.integer(0, sketch.months - 1) if target else None
    row["lateness_penalty"] = nice(draw.between(0.05, 1) * amount * 2000) if target and draw.chance(0.8) else None
    row["penalty"] = nice(draw.between(0.5, 3) * amount * 2000) if draw.chance(0.85) else None
    row["required"] = True if sure else draw.pick((None, False))
    row["regions"] = None
    if sketch.size.local or draw.chance(0.3):
        row["regions"] = sketch.site(sure["site"])["region"] if sure else draw.pick(_regions(sketch))
    row["exclude"] = _exclude(sketch, draw, 0.3)
    return row


def _able(sketch: Sketch, work: str) -> list[str]:
    kinds = [row["accelerator"] for row in sketch.rows("accelerators")]
    return [kind for kind in kinds if throughput_of(sketch, work, kind) > 0]


def _regions(sketch: Sketch) -> list[str]:
    found = {row["region"] for row in (*sketch.rows("sites"), *accelerator_contracts(sketch))}
    return sorted(found | {row["region"] for row in sketch.backstops})


def _run_window(sketch: Sketch, draw: Draw, needed: int) -> Row:
    """Release and deadline, with room for the months that are needed for sure."""
    first, last = window(draw, sketch.months)
    if needed:
        room = sketch.months - math.ceil(needed * 1.2) - 1
        first = None if first is None else max(min(first, room), -2)
        last = None if last is None else max(last, max(first or 0, 0) + math.ceil(needed * 1.2))
    return {"release": first, "deadline": last}

"""Policies that existing agreements satisfy, and outages that the possible supply survives."""

from __future__ import annotations

from math import fsum

from optimizer.generator.draw import Draw, nice
from optimizer.generator.facts import (
    IN_HOUSE,
    Series,
    accelerator_contracts,
    contracted_capacity,
    demand_of,
    fleet_of,
    marks_of,
    power_of,
    share_left,
    throughput_of,
)
from optimizer.generator.past import stock_of
from optimizer.generator.sketch import Row, Sketch, window
from optimizer.schema import load_schema

Parts = list[tuple[list[str], Series]]  # reference capacity by month, with the members of a subject that have it
_SUBJECTS = ("provider", "group", "site", "region", "tag")


def add_policies(sketch: Sketch, draw: Draw) -> None:
    """Draw policies of both sorts, on every subject, of one member or of each."""
    for number in range(1, draw.integer(*sketch.size.policies) + 1):
        rule = "survive" if draw.chance(0.5) else "max_share"
        subject = draw.pick(_SUBJECTS if rule == "max_share" else (*_SUBJECTS, "provider", "group"))
        if rule == "survive" and subject == "region" and len({row["region"] for row in sketch.backstops}) < 2:
            subject = "provider"
        members = _members(sketch, subject)
        member = draw.pick(members) if members and draw.chance(0.55) else None
        if rule == "survive" and subject in ("provider", "group") and sketch.backstops and draw.chance(0.5):
            member = draw.pick(sketch.backstops)["provider"]
        first, last = window(draw, sketch.months)
        if rule == "survive" and draw.chance(0.7):
            first, last = _soonest(sketch, draw), None
        row: Row = {"policy": f"policy-{number}", "rule": rule, "subject": subject, "member": member}
        limit = _survived if rule == "survive" else _share
        row["limit"] = limit(sketch, draw, subject, member, max(first or 0, 0))
        sketch.add("policies", {**row, "from": first, "to": last})


def _members(sketch: Sketch, subject: str) -> list[str]:
    """Members that a policy can name; the planner's own sites too."""
    providers = [row["provider"] for row in sketch.rows("providers")]
    marks = [marks_of(sketch, name) for name in providers]
    own = [IN_HOUSE] if sketch.rows("sites") else []
    regions = [target.split(".") for target in load_schema().members["region"]]
    places = {row[column] for table, column in regions for row in sketch.rows(table) if row["region"]}
    found = {
        "provider": [*providers, *own],
        "group": [*sorted({group for group, _ in marks}), *own],
        "site": [row["site"] for row in sketch.rows("sites")],
        "region": sorted(places),
        "tag": sorted({tag for _, tags in marks for tag in tags}),
    }
    return found[subject]


# ---------------------------------------------------------------- shares
def _share(sketch: Sketch, draw: Draw, subject: str, member: str | None, _: int) -> float:
    """A limit that the fleet and the existing agreements satisfy."""
    parts = [*_fleet(sketch, subject), *_contracts(sketch, subject)]
    total = _sum(sketch, [series for _, series in parts])
    worst = 0.0
    for one in [member] if member else sorted({name for names, _ in parts for name in names} - {IN_HOUSE}):
        part = _sum(sketch, [series for names, series in parts if one in names])
        worst = max(worst, *(mine / every if every else 0.0 for mine, every in zip(part, total, strict=True)))
    return min(nice(max(draw.between(0.15, 0.8), worst) + 0.01, 2), 1.0)


def _sum(sketch: Sketch, parts: list[Series]) -> Series:
    return [fsum(series[t] for series in parts) for t in range(sketch.months)]


def _fleet(sketch: Sketch, subject: str) -> Parts:
    """Reference capacity of the fleet."""
    found: Parts = []
    bought = {row["item"] for row in sketch.rows("decided")}
    batches = [*sketch.rows("fleet"), *(row for row in sketch.rows("purchases") if row["purchase"] in bought)]
    for site, kind in sorted({(row["site"], row["accelerator"]) for row in batches}):
        region = sketch.site(site)["region"]
        names = {"provider": [IN_HOUSE], "group": [IN_HOUSE], "site": [site], "region": [region], "tag": []}
        weight = sketch.reference(kind)
        found.append((names[subject], [weight * count for count in stock_of(sketch, site, kind)]))
    return found


def _names(sketch: Sketch, subject: str, row: Row) -> list[str]:
    """Members that the capacity of a contract or offer belongs to."""
    group, tags = marks_of(sketch, row["provider"])
    names = {"provider": [row["provider"]], "group": [group], "site": [], "region": [row["region"]], "tag": tags}
    return names[subject]


def _contracts(sketch: Sketch, subject: str) -> Parts:
    """Reference capacity of existing contracts."""
    found: Parts = []
    for row in accelerator_contracts(sketch):
        weight = sketch.reference(row["accelerator"])
        found.append((_names(sketch, subject, row), [weight * count for count in contracted_capacity(sketch, row)]))
    return found


# ---------------------------------------------------------------- outages
def _survived(sketch: Sketch, draw: Draw, subject: str, member: str | None, begin: int) -> float:
    """A limit that the certain supply meets, together with a part of the contracts that can be signed by then."""
    critical = [row for row in sketch.rows("workloads") if row["critical"]]
    wanted = _sum(sketch, [[row["critical"] * d for d in demand_of(sketch, row["workload"])] for row in critical])
    sure, more = _sure(sketch, subject, critical), _offers(sketch, subject, critical, begin)
    extra = draw.between(0.1, 1)
    limit = draw.between(0.9, 1.5)
    for one in [member] if member else _members(sketch, subject):
        left = _sum(sketch, [series for names, series in sure if one not in names])
        new = fsum(amount for names, amount in more if one not in names) * extra
        limit = min([limit, *((left[t] + new) / wanted[t] for t in range(begin, sketch.months) if wanted[t])])
    return min(nice(limit * 0.97, 2), 1.0)


def _worth(sketch: Sketch, critical: list[Row], row: Row, region: str, marks: set[str]) -> float:
    """Work that an accelerator does of any critical workload, at least: nothing if it may not run one of them."""
    worth = []
    for workload in critical:
        factor = throughput_of(sketch, workload["class"], row["accelerator"]) * (row.get("availability") or 1.0)
        near = workload["regions"] is None or region in workload["regions"].split(";")
        allowed = not marks & set((workload["exclude"] or "").split(";"))
        worth.append(factor if near and allowed else 0.0)
    return min(worth, default=0.0)


def _bought(sketch: Sketch, critical: list[Row], row: Row) -> float:
    """The same of a contract or offer."""
    group, tags = marks_of(sketch, row["provider"])
    return _worth(sketch, critical, row, row["region"], {row["provider"], group, *tags})


def _sure(sketch: Sketch, subject: str, critical: list[Row]) -> Parts:
    """Critical work that is certainly served: by powered fleet, on-demand capacity and existing agreements."""
    found = _powered(sketch, subject, critical)
    for row in sketch.rows("on_demand"):
        if row["commitment"] is None:
            size = row["max_accelerators"] * _bought(sketch, critical, row)
            found.append((_names(sketch, subject, row), [size * left for left in share_left(sketch, row["offer"])]))
    for row in accelerator_contracts(sketch):
        worth = _bought(sketch, critical, row)
        found.append((_names(sketch, subject, row), [worth * count for count in contracted_capacity(sketch, row)]))
    return found


def _powered(sketch: Sketch, subject: str, critical: list[Row]) -> Parts:
    """Critical work that the fleet does with the available power, less the use of outlets."""
    found: Parts = []
    for row in sketch.rows("sites"):
        site = row["site"]
        kinds = sorted({batch["accelerator"] for batch in sketch.rows("fleet") if batch["site"] == site})
        names = {"provider": [IN_HOUSE], "group": [IN_HOUSE], "site": [site], "region": [row["region"]], "tag": []}
        for kind in kinds:
            source = {"accelerator": kind, "availability": row["availability"]}
            kw = sketch.facility_kw(site, kind)
            weight = 0.6 * _worth(sketch, critical, source, row["region"], {IN_HOUSE})
            power = [mw * 1000 / kw / len(kinds) for mw in power_of(sketch, site)]
            there = zip(power, fleet_of(sketch, site, kind), strict=True)
            found.append((names[subject], [weight * min(pair) for pair in there]))
    return found


def _soonest(sketch: Sketch, draw: Draw) -> int:
    """A month in which something that can be signed has started, if there is one."""
    months = [max(r["earliest"] or 0, r["lead_months"] or 0) for r in accelerator_contracts(sketch) if _free(r)]
    inside = [month for month in months if month < sketch.months]
    return draw.pick(inside) if inside else draw.integer(0, sketch.months - 1)


def _free(row: Row) -> bool:
    """Whether a contract can start without another and runs on."""
    return all(row.get(column) is None for column in ("committed_blocks", "renews", "ends_by", "requires"))


def _offers(sketch: Sketch, subject: str, critical: list[Row], begin: int) -> list[tuple[list[str], float]]:
    """Critical work that contracts could do that can start by a month and run on."""
    found = []
    for row in accelerator_contracts(sketch):
        soonest = max(row["earliest"] or 0, row["lead_months"] or 0)
        if _free(row) and soonest <= begin and (row["latest"] is None or row["latest"] >= begin):
            ramp = [r["capacity_fraction"] for r in sketch.rows("ramps") if r["contract"] == row["contract"]]
            least = min([1.0, *ramp]) * min(share_left(sketch, row["contract"]))
            size = least * int(row["max_blocks"] or 1) * row["accelerators_per_block"]
            found.append((_names(sketch, subject, row), size * _bought(sketch, critical, row)))
    return found

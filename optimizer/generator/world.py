"""What is there: kinds of accelerator, work, parties, sites, power and fleet."""

from __future__ import annotations

from optimizer.generator.draw import Draw, nice
from optimizer.generator.sketch import Row, Sketch

# Name, maker, IT kW, reference-accelerators, price: as published, facility kW over a PUE of 1.15, or estimates.
KINDS: tuple[tuple[str, str, float, float, float], ...] = (
    ("h100", "Nvidia", 1.18, 1.0, 30_000),
    ("gb300", "Nvidia", 2.1, 3.0, 62_000),
    ("trainium3", "Amazon", 1.22, 1.2, 12_000),
    ("tpu7x", "Google", 1.13, 2.0, 21_000),
    ("vera-rubin", "Nvidia", 3.0, 6.0, 118_000),
    ("h200", "Nvidia", 1.25, 1.1, 35_000),
    ("gb200", "Nvidia", 1.9, 2.6, 65_000),
    ("trainium2", "Amazon", 0.96, 0.6, 8_000),
)
UNIT_PRICE = {name: price for name, _, _, _, price in KINDS}
_REGIONS = (
    *("us-south", "us-east", "europe", "us-west", "asia", "north", "canada", "mexico", "brazil", "chile"),
    *("britain", "france", "germany", "spain", "poland", "gulf", "india", "japan", "korea", "australia"),
)
_CLASSES = ("inference", "training", "research", "batch")
_TAGS = ("rival", "investor", "newcomer")


def add_world(sketch: Sketch, draw: Draw) -> None:
    """Draw what is there."""
    sketch.regions = list(_REGIONS[: draw.integer(*sketch.size.regions)])
    sketch.classes = list(_CLASSES[: draw.integer(*sketch.size.classes)])
    _accelerators(sketch, draw)
    _throughput(sketch, draw)
    _providers(sketch, draw)
    for number in range(1, draw.integer(*sketch.size.sites) + 1):
        _site(sketch, draw, f"site-{number}")


def _accelerators(sketch: Sketch, draw: Draw) -> None:
    count = draw.integer(*sketch.size.kinds)
    for name, vendor, kw, reference, _ in (KINDS[0], *draw.some(KINDS[1:], count - 1)):
        row = {"accelerator": name, "kw": kw, "reference": None if reference == 1 else reference}
        texts = {"vendor": vendor if draw.chance(0.7) else None, "description": None}
        if draw.chance(0.3):
            texts["description"] = f"{name}, {vendor}"
        sketch.add("accelerators", {**row, **texts})


def _throughput(sketch: Sketch, draw: Draw) -> None:
    """The first kind does all work; of the others, some cannot do some, or do it at a rate of nothing."""
    for kind in sketch.rows("accelerators"):
        for work in sketch.classes:
            general = kind["accelerator"] == KINDS[0][0]
            if not general and draw.chance(0.15):
                continue
            factor = draw.between(0.7, 1.3) * sketch.reference(kind["accelerator"])
            factor = 1.0 if general else 0.0 if draw.chance(0.03) else nice(factor)
            sketch.add("throughput", {"class": work, "accelerator": kind["accelerator"], "factor": factor})


def _providers(sketch: Sketch, draw: Draw) -> None:
    suppliers = draw.integer(*sketch.size.suppliers)
    for number in range(1, suppliers + 1):
        kind = draw.pick(("hyperscaler", "neocloud", "neocloud", "other"))
        group = f"group-{draw.integer(1, 1 + suppliers // 3)}" if draw.chance(0.4) else None
        tags = ";".join(draw.some(_TAGS, draw.integer(1, 2))) if draw.chance(0.5) else None
        sketch.add("providers", {"provider": f"cloud-{number}", "kind": kind, "group": group, "tags": tags})
    for number in range(1, draw.integer(*sketch.size.tenants) + 1):
        sketch.add("providers", {"provider": f"tenant-{number}", "kind": "tenant", "group": None, "tags": None})
    if draw.chance(0.9):
        regions = sketch.regions if sketch.size.local else (sketch.regions[0], sketch.regions[-1])
        for number, region in enumerate(regions, start=1):
            name = f"market-{number}"
            sketch.add("providers", {"provider": name, "kind": None, "group": None, "tags": None})
            sketch.backstops.append({"provider": name, "region": region, "accelerator": KINDS[0][0]})


def _site(sketch: Sketch, draw: Draw, name: str) -> None:
    place = draw.chance(0.5)
    row = {"site": name, "region": draw.pick(sketch.regions), "pue": draw.maybe(0.8, 1.05, 1.35)}
    row["availability"] = draw.maybe(0.7, 0.92, 1.0)
    row["latitude"] = draw.between(-50, 65) if place else None
    row["longitude"] = draw.between(-120, 140) if place else None
    sketch.add("sites", row)
    load = 0.0
    for kind in draw.some(sketch.rows("accelerators"), draw.integer(0, 2)):
        load += _fleet(sketch, draw, name, kind["accelerator"])
    _power(sketch, draw, name, load)


def _fleet(sketch: Sketch, draw: Draw, site: str, kind: str) -> float:
    """Add the fleet of a kind, in one or two parts; returns the MW it can draw."""
    total = 0.0
    ends: list[int | None] = [None if draw.chance(0.6) else draw.integer(1, sketch.months)]
    if draw.chance(0.25):
        ends.append(
            next(month for month in (draw.integer(1, sketch.months + 3), sketch.months + 4) if month != ends[0])
        )
    for until in ends:
        count = sketch.block(draw, sketch.reference(kind))
        total += count
        sketch.add("fleet", {"site": site, "accelerator": kind, "count": count, "until": until})
    return total * sketch.facility_kw(site, kind) / 1000


def _power(sketch: Sketch, draw: Draw, site: str, load: float) -> None:
    """Supply in one to three steps: sometimes too little, later than the plan starts, or less again."""
    spare = sketch.block(draw, 1.0) / 1000 if draw.chance(0.5) else 0.0
    month = draw.pick((0, 0, 0, -3, -1)) if draw.chance(0.85) else draw.integer(1, max(sketch.months // 2, 1))
    mw = nice(load * draw.between(0.3, 1.3) + spare)
    price = draw.chance(0.85)
    for _ in range(draw.integer(1, 3)):
        row: Row = {"site": site, "month": month, "mw": mw}
        row["price_per_mwh"] = draw.between(45, 110) if price else None
        sketch.add("power", row)
        month += draw.integer(1, max(sketch.months // 2, 1))
        mw = nice(mw * draw.between(0.7, 1.8))
        if month >= sketch.months:
            break

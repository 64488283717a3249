"""What there is: builds, purchases, contracts, outlets and on-demand offers, as sums over what was started when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from tests.oracle.tables import Row
from tests.oracle.world import Pool, World, quicksum

NEVER = 10**6  # end of a block that is not handed back


def add_supply(w: World) -> None:
    """All supply: pools with their capacity, MW of builds, blocks of contracts and outlets, and their money."""
    for build in w.tables["builds"]:
        _add_build(w, build)
    _keep_builds_behind(w)
    for purchase in w.tables["purchases"]:
        _add_purchase(w, purchase)
    _add_own_pools(w)
    for contract in w.tables["contracts"]:
        _add_contract(w, contract)
    for contract in w.tables["contracts"]:
        _add_renewal(w, contract)
        _add_requirement(w, contract)
    for outlet in w.tables["outlets"]:
        _add_agreement(w, outlet, outlet["outlet"], outlet["tenant"], "outlet")
    for offer in w.tables["on_demand"]:
        running = w.running(offer["commitment"]) if offer["commitment"] else [1] * w.T
        capacity = [offer["max_accelerators"] * w.left(offer["offer"], t) * runs for t, runs in enumerate(running)]
        _add_pool(w, offer, "offer", capacity)


def _order_months(w: World, row: Row) -> range:
    return range(max(row["earliest"], 0), min(row["latest"], w.T - 1) + 1)


# ---------------------------------------------------------------- builds and purchases
def _add_build(w: World, b: Row) -> None:
    name, lead = b["build"], b["lead_months"]
    ordered = {s: w.var(f"order {name} {s}", integer=b["integer"]) for s in _order_months(w, b)}
    w.starts[name] = ordered
    _decide_orders(w, "order", name, ordered)
    orders = [
        *((s, n, b["capex_per_mw"]) for s, n in ordered.items()),
        *_decided(w, "order_build", name, b["capex_per_mw"]),
    ]
    w.orders[name] = [(s, n) for s, n, _ in orders]
    w.add(quicksum(n for _, n, _ in orders), "<=", b["max_blocks"])
    w.energised[name] = [b["mw_per_block"] * quicksum(n for s, n, _ in orders if s + lead <= t) for t in w.plan]
    offsets = {"order": [0], "delivery": [lead], "spread": list(range(lead)) or [0]}[b["payment"]]
    for s, n, price in orders:
        capex = price * b["mw_per_block"]
        paid = [s + offset for offset in offsets if s + offset < w.T]
        for t in paid:
            if t >= 0:
                w.pay("build", name, "in_house", t, capex / len(offsets) * n)
        _residual(w, b, s, capex * len(paid) / len(offsets) * n)
    for t in w.plan:
        w.pay("fixed", name, "in_house", t, b["fixed_cost_per_mw_month"] * w.energised[name][t])


def _decide_orders(w: World, decision: str, name: str, orders: dict[int, Any]) -> None:
    for s, n in orders.items():
        w.decide(s, n, decision, name)


def _decided(w: World, decision: str, item: str, price: float) -> list[tuple[int, float, float]]:
    """Month, blocks and price of what was ordered before the plan."""
    rows = [row for row in w.tables["decided"] if (row["decision"], row["item"]) == (decision, item)]
    return [(row["month"], float(row["blocks"]), price if row["price"] is None else row["price"]) for row in rows]


def _residual(w: World, row: Row, order: int, paid: Any) -> None:
    age = max(w.T - (order + row["lead_months"]), 0)
    name = row["build"] if "build" in row else row["purchase"]
    w.pay("residual", name, "in_house", w.T, -row["residual_fraction"] * max(0, 1 - age / row["life_months"]) * paid)


def _keep_builds_behind(w: World) -> None:
    for b in w.tables["builds"]:
        if b["after"]:
            ahead = w.tables.by("builds", "build", b["after"])
            for t in w.plan:
                own = quicksum(n for s, n in w.orders[b["build"]] if s <= t)
                other = quicksum(n for s, n in w.orders[ahead["build"]] if s <= t)
                w.add(own * ahead["max_blocks"], "<=", other * b["max_blocks"])


def _add_purchase(w: World, k: Row) -> None:
    name, lead, lot = k["purchase"], k["lead_months"], k["lot_size"]
    lots = {s: w.var(f"buy {name} {s}", integer=k["integer"]) for s in _order_months(w, k)}
    w.starts[name] = lots
    _decide_orders(w, "buy", name, lots)
    orders = [(s, n, w.tables.step("prices", "item", name, s, "price", k["unit_price"])) for s, n in lots.items()]
    for row in w.tables["decided"]:
        if (row["decision"], row["item"]) == ("buy", name):
            listed = w.tables.step("prices", "item", name, row["month"], "price", k["unit_price"])
            orders.append((row["month"], float(row["blocks"]), listed if row["price"] is None else row["price"]))
    if k["max_total"] is not None:
        w.add(lot * quicksum(n for _, n, _ in orders), "<=", k["max_total"])
    w.installed[name] = [
        lot * quicksum(n for s, n, _ in orders if 0 <= t - s - lead < k["life_months"]) for t in w.plan
    ]
    if k["max_per_month"] is not None:
        for n in lots.values():
            w.add(lot * n, "<=", k["max_per_month"])
    for s, n, unit in orders:
        price = lot * unit
        parts = [(s, k["deposit_fraction"]), (s + lead, 1 - k["deposit_fraction"])]
        for t, share in parts:
            if 0 <= t < w.T:
                w.pay("purchase", name, "in_house", t, price * share * n)
        _residual(w, k, s, price * sum(share for t, share in parts if t < w.T) * n)
    for t in w.plan:
        w.pay("maintenance", name, "in_house", t, k["maintenance_per_month"] * w.installed[name][t])


def _add_own_pools(w: World) -> None:
    kinds = [(row["site"], row["accelerator"]) for table in ("fleet", "purchases") for row in w.tables[table]]
    for site, accelerator in dict.fromkeys(kinds):
        row = w.tables.by("sites", "site", site)
        fleet = [f for f in w.tables["fleet"] if (f["site"], f["accelerator"]) == (site, accelerator)]
        bought = [k for k in w.tables["purchases"] if (k["site"], k["accelerator"]) == (site, accelerator)]
        capacity = []
        for t in w.plan:
            there = sum(f["count"] for f in fleet if f["until"] is None or t < f["until"])
            capacity.append(there + quicksum(w.installed[k["purchase"]][t] for k in bought))
        pool = Pool(f"{site}/{accelerator}", "in_house", "in_house", row["region"], accelerator, row["availability"],
                    capacity, site=site, mw=w.kw(accelerator) * row["pue"] / 1000)  # fmt: skip
        w.pools[pool.name] = pool


# ---------------------------------------------------------------- contracts and outlets
@dataclass(frozen=True)
class Life:
    """A possible life of a block: first month, first month without it, and what is known of it before the plan."""

    start: int
    end: int
    back: bool = False  # handed back
    signed: bool = False  # by a row of `decided`, at this price if there is one
    price: float | None = None
    returned: bool = False  # handed back by a row of `decided`


def _lives(w: World, a: Row, name: str) -> Iterator[Life]:
    """Every possible life of a block."""
    fixed = a["term_months"] is not None
    term = a["term_months"] if fixed else a["min_term_months"]
    last = NEVER if a["ends_by"] is None else a["ends_by"]
    if a["committed_blocks"] is None:
        months = range(max(a["earliest"], a["lead_months"], 0), min(a["latest"], w.T - 1) + 1)
        starts = [Life(s, 0) for s in months if s + max(term, 1) - 1 <= last]
    else:
        starts = [Life(a["earliest"], 0)]
    starts += [Life(s, 0, signed=True, price=price) for s, price in _signed_before(w, a, name)]
    for one in starts:
        s = one.start
        yield replace(one, end=s + term if fixed else last + 1)
        if not fixed:
            for e in range(max(1, a["notice_months"], s + term), min(w.T - 1, last) + 1):
                yield replace(one, end=e, back=True)
            for e in _returned_before(w, a, name):
                if e >= s + term:
                    yield replace(one, end=e, back=True, returned=True)


def _signed_before(w: World, a: Row, name: str) -> dict[tuple[int, float | None], float]:
    """Blocks that rows of `decided` signed, by start and agreed price."""
    found: dict[tuple[int, float | None], float] = {}
    for row in w.tables["decided"]:
        if row["item"] == name and row["decision"] in ("sign", "lease_out"):
            key = row["month"] + a["lead_months"] if row["starts"] is None else row["starts"], row["price"]
            found[key] = found.get(key, 0) + row["blocks"]
    return found


def _returned_before(w: World, a: Row, name: str) -> dict[int, float]:
    """Blocks that rows of `decided` hand back, by first month without them."""
    found: dict[int, float] = {}
    for row in w.tables["decided"]:
        if row["item"] == name and row["decision"] in ("hand_back", "take_back"):
            first = row["month"] + max(1, a["notice_months"]) if row["ends"] is None else row["ends"] + 1
            found[first] = found.get(first, 0) + row["blocks"]
    return found


def _add_agreement(w: World, a: Row, name: str, party: str, kind: str) -> None:
    """Blocks by life, with their limits and money."""
    lives = {life: w.var(f"{name} {life}", integer=a["integer"]) for life in _lives(w, a, name)}
    starts = {life.start for life in lives}
    w.starts[name] = {s: quicksum(n for life, n in lives.items() if life.start == s) for s in sorted(starts)}
    w.ends[name] = [quicksum(n for life, n in lives.items() if life.end == t) for t in w.plan]
    w.active[name] = [quicksum(n for life, n in lives.items() if life.start <= t < life.end) for t in w.plan]
    for key, blocks in _signed_before(w, a, name).items():
        known = [n for life, n in lives.items() if life.signed and (life.start, life.price) == key]
        w.add(quicksum(known), "=", blocks)
    for e, blocks in _returned_before(w, a, name).items():
        w.add(quicksum(n for life, n in lives.items() if life.returned and life.end == e), "=", blocks)
    for life, n in lives.items():
        if not life.signed and a["committed_blocks"] is None:
            w.decide(life.start - a["lead_months"], n, "sign", name)
        if life.back and not life.returned:
            w.decide(life.end - max(1, a["notice_months"]), n, "hand back", name)
    if a["committed_blocks"] is not None:
        w.add(w.starts[name][a["earliest"]], "=", a["committed_blocks"])
    else:
        _limit_blocks(w, a, name, lives)
    _book_agreement(w, a, name, party, kind, lives)
    age = _ramps(w, name, lives, "capacity_fraction")
    w.delivered[name] = [
        quicksum(age[t - life.start] * n for life, n in lives.items() if life.start <= t < life.end) for t in w.plan
    ]


def _limit_blocks(w: World, a: Row, name: str, lives: dict[Life, Any]) -> None:
    new: dict[int, list[Any]] = {}
    for life, blocks in lives.items():
        if not life.signed:
            new.setdefault(life.start, []).append(blocks)
    for s, n in ((s, quicksum(blocks)) for s, blocks in new.items()):
        signed = w.var(f"sign {name} {s}", integer=True, most=1) if a["min_blocks"] else 1
        w.add(n, ">=", a["min_blocks"] * signed)
        w.add(n, "<=", a["max_blocks"] * signed)
    for t in w.plan:
        w.add(w.active[name][t], "<=", a["max_blocks"])


def _book_agreement(w: World, a: Row, name: str, party: str, kind: str, lives: dict[Life, Any]) -> None:
    fixed = a["term_months"] is not None
    sign, rent, upfront = (1, "contract", "upfront") if kind == "contract" else (-1, "lease_out", "lease_out")
    prices = [sign * block_price(w, a, name, t) for t in w.plan]
    early, term = a.get("prepaid_fraction", 0), a["term_months"] if fixed else a["min_term_months"]
    rise = 1 + a.get("escalation", 0)
    ramp = [share * rise ** (age // 12) for age, share in enumerate(_ramps(w, name, lives, "price_fraction"))]
    rents: list[list[Any]] = [[] for _ in w.plan]
    for life, n in lives.items():
        s, e = life.start, life.end
        agreed = None if life.price is None else sign * life.price * _units(w, a)
        if 0 <= s - a["lead_months"] < w.T and not life.signed:
            w.pay(upfront, name, party, s - a["lead_months"], sign * a["upfront_per_block"] * n, kind)
        for t in range(max(s, 0), min(e, w.T)):
            charged = w.left(name, t, "price_fraction")
            due = 1 - early if t < s + term else 1
            due = 0 if a.get("minimum_take", 1) < 1 else due
            price = prices[min(max(s, 0), w.T - 1) if fixed else t] if agreed is None else agreed
            rents[t].append(due * price * ramp[t - s] * charged * n)
        if kind == "contract":
            _book_term(w, a, name, party, life, n)
        if life.back and 0 <= e < w.T:
            w.pay("termination", name, party, e, a["termination_fee_months"] * block_price(w, a, name, e) * n, kind)
    for t in w.plan:
        w.pay(rent, name, party, t, quicksum(rents[t]), kind)


def _book_term(w: World, c: Row, name: str, party: str, life: Life, n: Any) -> None:
    """What is prepaid of a fixed or minimum term, and the part of it after the plan that counts as cost."""
    s = life.start
    fixed, early = c["term_months"] is not None, c["prepaid_fraction"]
    prices = []
    for age in range(c["term_months"] if fixed else c["min_term_months"]):
        take = c["minimum_take"]
        at = max(s, 0) if fixed and take == 1 else min(max(s + age, 0), w.T - 1)
        rise = (1 + c["escalation"]) ** (age // 12)
        charged = w.left(name, s + age, "price_fraction")
        least = 1 if take == 1 else take * _ramp(w, name, age, "capacity_fraction") * w.left(name, s + age)
        price = block_price(w, c, name, at) if life.price is None else life.price * _units(w, c)
        prices.append(price * _ramp(w, name, age, "price_fraction") * rise * charged * least)
    signed = s - c["lead_months"]
    if early and 0 <= signed < w.T and not life.signed:
        w.pay("prepayment", name, party, signed, early * sum(prices) * n, "contract")
    worth = [(1 + w.tables.rate) ** (-(s + age - w.T) / 12) for age in range(len(prices))]
    later = sum(price * worth[age] for age, price in enumerate(prices) if s + age >= w.T)
    if w.tables.tail and later:
        w.pay("tail", name, "", w.T, w.tables.tail * (1 - early) * later * n)


def block_price(w: World, a: Row, name: str, t: int) -> float:
    return float(w.tables.step("prices", "item", name, t, "price", a["price"]) * _units(w, a))


def _units(w: World, a: Row) -> float:
    """Price of a block per unit of price."""
    units = {
        "block_month": 1,
        "mw_month": a["mw_per_block"],
        "accelerator_month": a["accelerators_per_block"],
        "accelerator_hour": a["accelerators_per_block"] * w.tables.hours,
    }
    return float(units[a["per"]])


def _ramps(w: World, name: str, lives: Iterable[Life], column: str) -> list[float]:
    """Fraction by the age of a block, as old as any gets within the plan."""
    return [_ramp(w, name, age, column) for age in range(w.T + max(0, -min((life.start for life in lives), default=0)))]


def _ramp(w: World, name: str, age: int, column: str) -> float:
    rows = [row for row in w.tables["ramps"] if row["contract"] == name and row["month_of_term"] <= age]
    return float(max(rows, key=lambda row: int(row["month_of_term"]))[column]) if rows else 1.0


def _add_contract(w: World, c: Row) -> None:
    name = c["contract"]
    _add_agreement(w, c, name, c["provider"], "contract")
    if c["supplies"] == "mw":
        return
    left = [w.left(name, t) for t in w.plan]
    capacity = [c["accelerators_per_block"] * left[t] * blocks for t, blocks in enumerate(w.delivered[name])]
    _add_pool(w, c, "contract", capacity)


def _add_renewal(w: World, c: Row) -> None:
    if c["renews"]:
        for s, n in w.starts[c["contract"]].items():
            if 0 <= s < w.T:
                w.add(n, "<=", w.ends[c["renews"]][s])


def _add_requirement(w: World, c: Row) -> None:
    """While any block is active, so many of another contract are."""
    name, most = c["contract"], c["max_blocks"] if c["committed_blocks"] is None else c["committed_blocks"]
    for t in w.plan if c["requires"] else ():
        opened = w.var(f"open {name} {t}", integer=True, most=1)
        w.add(w.active[name][t], "<=", most * opened)
        w.add(w.active[c["requires"]][t], ">=", c["requires_blocks"] * opened)


def _add_pool(w: World, row: Row, kind: str, capacity: list[Any]) -> None:
    w.pools[row[kind]] = Pool(
        row[kind], kind, row["provider"], row["region"], row["accelerator"], row["availability"], capacity,
        sublease=row.get("sublease", False),
    )  # fmt: skip

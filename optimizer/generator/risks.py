"""A risk register: slips, demand, prices and recalls, with the months from which they are known."""

from __future__ import annotations

from collections.abc import Callable

from optimizer.generator.draw import Draw, nice
from optimizer.generator.sketch import Row, Sketch
from optimizer.schema import load_schema

Outcome = Callable[[], tuple[list[Row], int]]  # draws what changes, and the month in which it is seen
_MEASURES = (None, None, "cvar", "regret")


def add_risks(sketch: Sketch, draw: Draw, count: int) -> None:
    """Draw so many risks, each with one or two outcomes, and a measure of risk."""
    measure = draw.pick(_MEASURES)
    sketch.head |= {} if measure is None else {"risk_measure": measure, "risk_weight": draw.between(0.1, 1.0, 2)}
    sketch.head |= {"risk_level": draw.between(0.5, 0.95, 2)} if measure == "cvar" else {}
    for number in range(1, count + 1):
        kinds = [(name, make) for name, make, tables in _KINDS if any(map(sketch.rows, tables))]
        name, make = draw.pick(kinds)
        _add(sketch, draw, f"{name}-{number}", make(sketch, draw))


def _add(sketch: Sketch, draw: Draw, risk: str, outcome: Outcome) -> None:
    """Add the outcomes of a risk with what each changes; known when it is seen, earlier, or never."""
    names, left = draw.pick((("bad",), ("bad", "worse"))), 1.0
    for name in names:
        chance = left if name == names[-1] and draw.chance(0.15) else nice(left * draw.between(0.1, 0.6), 2)
        changes, seen = outcome()
        known = None if draw.chance(0.1) else draw.integer(0, seen)
        sketch.add("risks", {"risk": risk, "outcome": name, "probability": chance, "known": known})
        for row in changes:
            sketch.add("changes", {"risk": risk, "outcome": name, **row})
        left = round(left - chance, 9)


def _slip(sketch: Sketch, draw: Draw) -> Outcome:
    """Orders that arrive later."""
    table = draw.pick([name for name in _ordered() if sketch.rows(name)])
    key = draw.pick([row[table.removesuffix("s")] for row in sketch.rows(table)]) if draw.chance(0.7) else "*"

    def outcome() -> tuple[list[Row], int]:
        row: Row = {"table": table, "key": key, "column": "lead_months", "how": "delay", "value": draw.integer(1, 3)}
        return [row], sketch.months - 1

    return outcome


def _demand(sketch: Sketch, draw: Draw) -> Outcome:
    """Demand that is higher or lower from a month on."""
    workload = draw.pick([row["workload"] for row in sketch.rows("workloads")])
    first = draw.integer(1, sketch.months - 1)

    def outcome() -> tuple[list[Row], int]:
        row: Row = {"table": "demand", "key": workload, "column": "amount", "how": "multiply", "from": first}
        return [{**row, "value": draw.between(0.4, 1.5)}], first

    return outcome


def _price(sketch: Sketch, draw: Draw) -> Outcome:
    """Other prices on demand: of one offer or of all of them."""
    offer = draw.pick([row["offer"] for row in sketch.rows("on_demand")]) if draw.chance(0.7) else "*"

    def outcome() -> tuple[list[Row], int]:
        row: Row = {"table": "on_demand", "key": offer, "column": "price", "how": "multiply"}
        return [{**row, "value": draw.between(0.5, 2.5)}], sketch.months // 2

    return outcome


def _recall(sketch: Sketch, draw: Draw) -> Outcome:
    """A contract whose capacity is called back: an interruption that takes nothing unless the risk comes."""
    contract = draw.pick([row["contract"] for row in sketch.rows("contracts")])
    first, notice = draw.integer(1, sketch.months - 1), draw.integer(0, 2)
    name = f"recall-{len(sketch.rows('interruptions')) + 1}"
    row: Row = {"interruption": name, "item": contract, "from": first, "to": None}
    sketch.add("interruptions", {**row, "capacity_fraction": 1.0, "price_fraction": 1.0})

    def outcome() -> tuple[list[Row], int]:
        change: Row = {"table": "interruptions", "key": name, "how": "set", "value": draw.between(0.0, 0.6, 2)}
        columns = ("capacity_fraction", "price_fraction")
        return [{**change, "column": column} for column in columns], max(first - notice, 0)

    return outcome


def _ordered() -> tuple[str, ...]:
    """Return the tables of which orders are placed."""
    decisions = load_schema().decisions
    return (*decisions["order_build"], *decisions["buy"])


_KINDS: tuple[tuple[str, Callable[[Sketch, Draw], Outcome], tuple[str, ...]], ...] = (
    ("slip", _slip, _ordered()),
    ("demand", _demand, ("workloads",)),
    ("price", _price, ("on_demand",)),
    ("recall", _recall, ("contracts",)),
)

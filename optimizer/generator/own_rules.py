"""The planner's own rules: every quantity of every item that has it; hard ones only where few decisions meet them."""

from __future__ import annotations

from math import fsum

from optimizer.generator.draw import Draw, nice
from optimizer.generator.facts import IN_HOUSE, accelerator_contracts, demand_of
from optimizer.generator.sketch import Row, Sketch, window
from optimizer.schema import load_schema

_OF_ACCELERATORS = ("capacity", "used", "leased", "served")
Term = tuple[str, str, str]  # quantity, table and item

# Money per unit of a violation, about.
_PENALTY = {"capacity": 800, "used": 800, "leased": 800, "mw": 400_000, "spend": 0.5, "started": 3e7, "served": 800}


def add_rules(sketch: Sketch, draw: Draw) -> None:
    """Draw rules and their terms."""
    for number in range(1, draw.integer(*sketch.size.rules) + 1):
        first, last = window(draw, sketch.months)
        each = draw.pick((None, "month", "total"))
        end = sketch.months - 1 if last is None else min(last, sketch.months - 1)
        count = max(end - max(first or 0, 0) + 1, 1) if each == "total" else 1
        limit, terms = _in_step(sketch, draw) if draw.chance(0.15) else _limit(sketch, draw, count)
        name = f"rule-{number}"
        sketch.add("rules", {"rule": name, **limit, "from": first, "to": last, "each": each})
        for (quantity, _, item), coefficient in terms:
            sketch.add("rule_terms", {"rule": name, "quantity": quantity, "item": item, "coefficient": coefficient})


def _in_step(sketch: Sketch, draw: Draw) -> tuple[Row, list[tuple[Term, float | None]]]:
    """A hard equation: equal numbers of two optional things are started."""
    able = _able(sketch)
    found = [(q, table, item) for (q, table), items in sorted(able.items()) if q == "started" for item in items]
    free = [term for term in found if not _pinned(sketch, *term[1:])]
    if len(free) < 2:
        return _limit(sketch, draw, 1)
    return {"sense": "=", "rhs": 0.0, "penalty": None}, list(zip(draw.some(free, 2), (None, -1.0), strict=True))


def _limit(sketch: Sketch, draw: Draw, count: int) -> tuple[Row, list[tuple[Term, float | None]]]:
    """A limit on so many months of some quantities."""
    terms = _terms(sketch, draw)
    size = [_size(sketch, *term) for term in terms]
    if draw.chance(0.3):
        free = not any(_pinned(sketch, table, item) for _, table, item in terms)
        return _hard(draw, terms, [count * one for one in size], free)
    coefficients = [draw.pick((None, 1.0, 2.0, 0.5, -1.0)) for _ in terms]
    return _soft(draw, terms[0][0], size[0] * count), list(zip(terms, coefficients, strict=True))


def _terms(sketch: Sketch, draw: Draw) -> list[Term]:
    """Quantity, table and item of each term; mostly of one quantity, as planners do."""
    able = _able(sketch)
    quantity, table = draw.pick(sorted(able))
    found = [(quantity, table, draw.pick(able[quantity, table]))]
    for _ in range(draw.pick((0, 0, 1, 2))):
        same = [pair for pair in sorted(able) if pair[0] == quantity]
        chosen, table = draw.pick(same) if draw.chance(0.8) else draw.pick(sorted(able))
        term = (chosen, table, draw.pick(able[chosen, table]))
        if (term[0], term[2]) not in {(q, item) for q, _, item in found}:
            found.append(term)
    return found


def _able(sketch: Sketch) -> dict[tuple[str, str], list[str]]:
    """Items by quantity and table."""
    able = {}
    for quantity in load_schema().quantities.values():
        for kind in quantity.items:
            table, _, column = kind.partition(".")
            rows = sketch.rows(table)
            if quantity.sells and table == "outlets":
                rows = [row for row in rows if (row["sells"] or "accelerators") == quantity.sells]
            if table == "contracts" and quantity.name in _OF_ACCELERATORS:
                rows = accelerator_contracts(sketch)
            items = [row[column] for row in rows]
            if kind == IN_HOUSE and sketch.rows("sites"):
                items = [IN_HOUSE]
            if items:
                able[quantity.name, table] = items
    return able


def _soft(draw: Draw, quantity: str, size: float) -> Row:
    """A soft rule: violations have a price."""
    penalty = 0.0 if draw.chance(0.03) else nice(_PENALTY.get(quantity, 1500) * draw.between(0.1, 2))
    return {"sense": draw.pick(("<=", ">=", "=")), "rhs": nice(size * draw.between(0, 1.1)), "penalty": penalty}


def _hard(draw: Draw, terms: list[Term], size: list[float], free: bool) -> tuple[Row, list[tuple[Term, float | None]]]:
    """A hard rule that few decisions meet: an upper limit, or its negation as a lower limit."""
    coefficients = [draw.pick((1.0, 2.0, 0.5)) for _ in terms]
    most = fsum(c * one for c, one in zip(coefficients, size, strict=True))
    limit = nice(most * (draw.between(0.2, 1.2) if free else draw.between(1.5, 3)) + 1)
    if draw.chance(0.4):
        return {"sense": ">=", "rhs": -limit, "penalty": None}, [
            (term, -c) for term, c in zip(terms, coefficients, strict=True)
        ]
    return {"sense": "<=", "rhs": limit, "penalty": None}, list(zip(terms, coefficients, strict=True))


def _pinned(sketch: Sketch, table: str, item: str) -> bool:
    """Whether the use of an item may be mandatory."""
    if table == IN_HOUSE or not load_schema().tables[table].price:
        return True
    row = _row(sketch, table, item)
    decided = any(one["item"] == item for one in sketch.rows("decided"))
    return bool(row.get("committed_blocks")) or table == "on_demand" or decided


def _row(sketch: Sketch, table: str, item: str) -> Row:
    name = load_schema().tables[table].key[0]
    return next(row for row in sketch.rows(table) if row[name] == item)


# ---------------------------------------------------------------- how large a quantity gets, about
def _size(sketch: Sketch, quantity: str, table: str, item: str) -> float:
    """About the most that a quantity of an item comes to in a month."""
    if table == "training_runs" and quantity in ("started", "unserved"):
        return 1.0
    if quantity == "started":
        return _most_blocks(_row(sketch, table, item), table)
    accelerators = _accelerators(sketch, table, item)
    if quantity == "mw":
        return accelerators * 1.4 / 1000
    if quantity == "spend":
        return accelerators * 2000
    return accelerators


def _most_blocks(row: Row, table: str) -> float:
    if table == "purchases":
        return 3.0
    return float(row.get("committed_blocks") or row["max_blocks"] or 1.0)


def _accelerators(sketch: Sketch, table: str, item: str) -> float:
    """Estimate the maximum of an item, in accelerators or reference-accelerators."""
    if table in ("sites", IN_HOUSE):
        rows = [row for row in sketch.rows("fleet") if item in (IN_HOUSE, row["site"])]
        return fsum(row["count"] for row in rows) + sketch.demand * sketch.size.part[1]
    if table == "providers":
        supply = [target.split(".")[0] for target in load_schema().unique["supply"]]
        parts = [(t, row) for t in supply for row in sketch.rows(t) if row.get("provider") == item]
        return fsum(_size_of_row(row, t) for t, row in parts) + 1.0
    if table == "workloads":
        return max(demand_of(sketch, item))
    return _size_of_row(_row(sketch, table, item), table)


def _size_of_row(row: Row, table: str) -> float:
    """The same, from the row of the item."""
    if table == "training_runs":
        return max(map(float, row["sizes"].split(";"))) * 2
    if table == "on_demand":
        return float(row["max_accelerators"])
    if table == "purchases":
        return float(row["lot_size"] or 1.0) * 3
    if table == "builds":
        return float(row["mw_per_block"] * (row["max_blocks"] or 1.0)) * 1000 / 1.4
    size = row["accelerators_per_block"] or (row["mw_per_block"] or 0.0) * 700
    return float(size * _most_blocks(row, table))

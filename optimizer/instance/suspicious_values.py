"""Warnings on numbers outside the range that their column usually has: mostly another unit is meant."""

from __future__ import annotations

from optimizer.errors import Fault
from optimizer.instance.data import Data, Record, TypedTable
from optimizer.instance.pools import Values
from optimizer.instance.raw import number_text
from optimizer.schema import Column

HOURLY = (0.05, 100.0)  # usual price per accelerator-hour, USD
_SPACE = (1e4, 1e6)  # usual price of powered space per MW and month, USD


def money_scale(data: Data) -> float:
    """Units of the instance's currency that buy about what one US dollar does."""
    return float(data.schema.currencies.get(data.head["currency"], 1.0))


def usual_values(data: Data) -> None:
    """Values are within their usual range, those of the head too."""
    for name, column in data.schema.head.columns.items():
        if name in data.raw.head and (problem := _unusual(data, column, data.head[name])):
            row, cell = data.raw.head_places.get(name, (None, ""))
            found = str(data.raw.head[name])
            data.warnings.append(Fault(data.raw.head_where, row, name, found, problem, cell=cell))
    for table in data.tables.values():
        for column in table.spec.columns.values():
            for record in table.records if column.usual else ():
                if column.name in record.found and (problem := _unusual(data, column, record.values[column.name])):
                    data.fault(table, record, column.name, problem, warn=True)


def _unusual(data: Data, column: Column, value: float | None) -> str:
    """What is odd about a value, and what it may be in instead; ``""`` if it is usual."""
    factor = money_scale(data) if column.is_money else 1.0
    if value is None or column.is_usual(value, factor):
        return ""
    low, high = (number_text(end * factor) for end in column.usual or (0, 0))
    zero = ", or 0" if column.or_zero else ""
    unit = f" ({column.unit})" if column.unit else ""
    problem = f"{number_text(value)} is outside the usual range {low} to {high}{zero}{unit}."
    for name, by in data.schema.mistaken.get(column.unit, ()):
        if column.is_usual(value * by, factor):
            meant = round(value * by) if column.type == "integer" else float(f"{value * by:.6g}")
            return f"{problem} If it is in {name}, write {number_text(meant)}."
    return f"{problem} Check its unit; keep it if it is correct."


def hourly_price(v: Values, price: float, hours: float) -> float | None:
    """Price per accelerator-hour of a contract or outlet of accelerators, None where its size is blank."""
    size = v["accelerators_per_block"]
    if not size:
        return None
    per_block = {"block_month": 1.0, "mw_month": v["mw_per_block"], "accelerator_month": size}
    return price if v["per"] == "accelerator_hour" else float(price * per_block[v["per"]] / size / hours)


def _space_price(v: Values, price: float, hours: float) -> float | None:
    """Price per MW and month of an outlet of powered space, None where its size is blank."""
    if not v["mw_per_block"]:
        return None
    size = v["accelerators_per_block"]
    per_block = {"block_month": 1.0, "accelerator_month": size, "accelerator_hour": size * hours}
    return price if v["per"] == "mw_month" else float(price * per_block[v["per"]] / v["mw_per_block"])


def usual_prices(data: Data) -> None:
    """Prices per accelerator-hour and per MW of space are within their usual range, also those over time."""
    items = {record.values[table.spec.key[0]]: record.values for table, record in data.agreements()}
    for table, record in data.agreements():
        _check_price(data, table, record, record.values)
    others = _other_prices(data)
    for table, record in data.records("prices"):
        name = record.values["item"]
        if name in items:
            _check_price(data, table, record, items[name])
        elif problem := _unusual(data, others[name], record.values["price"]):
            data.fault(table, record, "price", problem, warn=True)


def _check_price(data: Data, table: TypedTable, record: Record, item: Values) -> None:
    """Warn of a price of a contract or outlet that comes to an unusual one."""
    space = "mw" in (item.get("sells"), item.get("supplies"))
    low, high = (end * money_scale(data) for end in (_SPACE if space else HOURLY))
    price = (_space_price if space else hourly_price)(item, record.values["price"], data.head["hours_per_month"])
    if price is None or low <= price <= high or (space and price == 0):
        return
    what = "MW and month" if space else "accelerator-hour"
    size = "mw_per_block" if space else "accelerators_per_block"
    problem = (
        f"the price comes to {number_text(float(f'{price:.3g}'))} per {what}; usually {low:g} to {high:g}. "
        f"Check price, per ({item['per']}) and {size}; keep them if they are correct."
    )
    data.fault(table, record, "price", problem, warn=True)


def _other_prices(data: Data) -> dict[str, Column]:
    """Column of the base price of each on-demand offer and purchase."""
    found = {}
    for target in data.schema.tables["prices"].columns["item"].refers:
        name, column = target.split(".")
        spec = data.schema.tables[name]
        found.update({record.values[column]: spec.columns[spec.price] for _, record in data.records(name)})
    return found

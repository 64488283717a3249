"""Check orders of builds and purchases from before the plan."""

from __future__ import annotations

from optimizer.instance.check_tables import records_by_name
from optimizer.instance.data import BAD, Data
from optimizer.instance.decided_rows import NOISE, Decided, check_blank, check_integer, check_limit, check_month
from optimizer.instance.raw import quoted

_FOLLOWS = "the month of the decision, the lead time and the life"


def check_builds(data: Data, rows: list[Decided]) -> None:
    """Report orders of a build that it does not allow."""
    for row in rows:
        _check_order(data, row, None)
    check_limit(data, rows[-1], sum(row.values["blocks"] for row in rows), "max_blocks", "blocks")
    _check_after(data, rows)


def check_purchases(data: Data, rows: list[Decided]) -> None:
    """Report orders of a purchase that it does not allow."""
    for row in rows:
        _check_order(data, row, row.item["life_months"])
    months = {row.values["month"]: row for row in rows}  # the last row of each
    size = rows[0].item["lot_size"]
    check_limit(data, rows[-1], size * sum(row.values["blocks"] for row in rows), "max_total", "accelerators")
    for month, last in months.items():
        lots = sum(row.values["blocks"] for row in rows if row.values["month"] == month)
        check_limit(data, last, size * lots, "max_per_month", "accelerators")


def _check_order(data: Data, row: Decided, life: int | None) -> None:
    """Report what is wrong with one order."""
    first = row.values["month"] + row.item["lead_months"]
    check_integer(data, row)
    check_month(data, row, "starts", first, _FOLLOWS)
    check_month(data, row, "ends", None if life is None else first + life - 1, _FOLLOWS)
    check_blank(data, row, "pool", "spent")


def _check_after(data: Data, rows: list[Decided]) -> None:
    """Report the first order before the plan that was ahead of the build that it follows."""
    item = rows[0].item
    ahead = records_by_name(data, "builds").get(item["after"])
    if ahead is None or not ahead.has("max_blocks"):
        return
    for row in rows:
        month, most = row.values["month"], ahead.values["max_blocks"]
        mine, its = (_ordered(data, name, month) for name in (row.values["item"], item["after"]))
        if mine * most > its * item["max_blocks"] * (1 + NOISE):
            problem = f"by then {mine:g} of {item['max_blocks']:g} blocks of {quoted(row.values['item'])} were ordered,"
            problem += f" but {its:g} of {most:g} of {quoted(item['after'])}, which must be ahead. "
            row.fault(data, "blocks", f"{problem}Add what was ordered of that, or correct the row.")
            return


def _ordered(data: Data, build: str, month: int) -> float:
    """Return the blocks of a build ordered up to a month before the plan."""
    rows = [record.values for _, record in data.records("decided") if BAD not in record.values.values()]
    mine = (v["blocks"] for v in rows if (v["decision"], v["item"]) == ("order_build", build) and v["month"] <= month)
    return float(sum(mine))

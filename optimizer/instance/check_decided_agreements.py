"""Check signatures and hand-backs of contracts and outlets from before the plan."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from optimizer.format import counted
from optimizer.instance.data import Data
from optimizer.instance.decided_rows import NOISE, Decided, check_blank, check_integer, check_month, label
from optimizer.instance.notice import first_with, first_without, notice_of
from optimizer.instance.raw import quoted

BACK = ("hand_back", "take_back")


def check_agreements(data: Data, rows: list[Decided]) -> None:
    """Report signatures and hand-backs of a contract or outlet that it does not allow."""
    before = len(data.faults)
    for row in rows:
        check_integer(data, row)
        if row.values["decision"] in BACK:
            _check_back(data, row)
        else:
            _check_signature(data, row)
    if len(data.faults) == before:
        _check_blocks(data, rows)


def _first(row: Decided, **values: Any) -> int:
    """Return the first month with the blocks of a signature, or without those of a hand-back; values can be others."""
    first = first_without if row.values["decision"] in BACK else first_with
    return first(SimpleNamespace(**{**row.values, **values}), SimpleNamespace(**row.item))


def _is_fixed(item: dict[str, Any]) -> bool:
    return item["term_months"] is not None


def _term(item: dict[str, Any]) -> int:
    """Return the fixed or minimum term."""
    return int(item["term_months"] if _is_fixed(item) else item["min_term_months"])


def _check_signature(data: Data, row: Decided) -> None:
    """Report what is wrong with a signature."""
    v, item, name = row.values, row.item, quoted(row.values["item"])
    check_blank(data, row, "pool", "spent")
    if item["committed_blocks"] is not None:
        problem = f"committed_blocks of {name} are all its blocks. "
        row.fault(data, "item", f"{problem}Leave committed_blocks blank, or remove the row.")
    first, least = _first(row), _first(row, starts=None)
    if first < least and first >= 0:  # what runs already has its start, whatever the lead time is now
        problem = f"signed in {label(data, v['month'])}, {name} starts in {label(data, least)} at the earliest, by its "
        row.fault(data, "starts", f"{problem}lead_months. Correct one of them.")
    if item["ends_by"] is not None and first + max(_term(item), 1) - 1 > item["ends_by"]:
        term = f"its {counted(_term(item), 'month')} from {label(data, first)} on end later than ends_by of {name}, "
        row.fault(data, "starts", f"{term}{label(data, item['ends_by'])}. Correct one of them.")
    last = first + _term(item) - 1 if _is_fixed(item) else None
    check_month(data, row, "ends", last, "the first month and the term")
    _check_price(data, row)
    if v["blocks"] < item["min_blocks"] * (1 - NOISE):
        problem = f"{v['blocks']:g} are fewer than min_blocks of {name}, {item['min_blocks']:g}. Correct one of them."
        row.fault(data, "blocks", problem)


def _check_price(data: Data, row: Decided) -> None:
    """Report an agreed price of an item that is paid at the price of each month."""
    name = quoted(row.values["item"])
    if row.values["price"] is None:
        return
    if not _is_fixed(row.item):
        row.fault(data, "price", f"{name} is terminable and paid at the price of each month. Leave it blank.")
    elif row.item.get("minimum_take", 1) < 1:
        problem = f"{name} has a minimum_take below 1 and is paid at the price of each month. Leave it blank."
        row.fault(data, "price", problem)


def _check_back(data: Data, row: Decided) -> None:
    """Report what is wrong with a hand-back."""
    v, name = row.values, quoted(row.values["item"])
    check_blank(data, row, "starts", "price", "pool", "spent")
    if _is_fixed(row.item):
        row.fault(data, "decision", f"{name} has a fixed term, which nothing ends early. Remove the row.")
        return
    first = _first(row, ends=None)
    if v["ends"] is not None and v["ends"] + 1 < first:
        problem = f"after notice in {label(data, v['month'])} blocks of {name} stay until {label(data, first - 1)} at "
        row.fault(data, "ends", f"{problem}the earliest. Correct one of them.")


def _check_blocks(data: Data, rows: list[Decided]) -> None:
    """Report hand-backs of more blocks than there are past their minimum term, and more blocks than allowed.

    An earlier plan may hand back, after a long notice, blocks that it signs later; then these can still be signed.
    """
    item, term = rows[0].item, _term(rows[0].item)
    signed = [(_first(row), row) for row in rows if row.values["decision"] not in BACK]
    backs = [(_first(row), row) for row in rows if row.values["decision"] in BACK]
    starts = [(start, float(row.values["blocks"])) for start, row in signed]
    if item["committed_blocks"]:
        starts.append((item["earliest"], item["committed_blocks"]))
    for t, row in backs:
        back = sum(one.values["blocks"] for end, one in backs if end <= t)
        there = sum(blocks for start, blocks in starts if start + term <= t)
        if item["ends_by"] is not None and t > item["ends_by"]:
            problem = f"{quoted(row.values['item'])} ends by itself in {label(data, item['ends_by'])}. Remove the row."
            row.fault(data, "ends", problem)
        elif back > there + NOISE * max(there, 1.0) and not _can_still_start(item, t - term):
            problem = f"by {label(data, t)} {back:g} blocks of {quoted(row.values['item'])} are handed back, but "
            problem += f"{there:g} are past their minimum term by then. Correct the blocks or the months."
            row.fault(data, "blocks", problem)
    for t, row in signed:
        active = firm = sum(blocks for start, blocks in starts if start <= t < start + term)
        if not _is_fixed(item) and t < notice_of(SimpleNamespace(**item)):  # later, others can still be handed back
            active = sum(blocks for start, blocks in starts if start <= t)
            active = max(active - sum(one.values["blocks"] for end, one in backs if end <= t), firm)
        if active > item["max_blocks"] * (1 + NOISE):
            problem = f"{active:g} blocks of {quoted(row.values['item'])} are active in {label(data, t)}, but its "
            problem += f"max_blocks is {item['max_blocks']:g}. Correct the blocks or raise max_blocks."
            row.fault(data, "blocks", problem)


def _can_still_start(item: dict[str, Any], last: int) -> bool:
    """Whether blocks that the plan signs can start in a month or earlier."""
    if item["committed_blocks"] is not None or item["max_blocks"] <= 0:
        return False
    return bool(max(item["earliest"], item["lead_months"], 0) <= min(item["latest"], last))

"""Rows of `decided` of an instance that is rolled forward: their agreed prices, and which of them are over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from optimizer.instance.cell_number import BadValueError
from optimizer.instance.cell_value import convert
from optimizer.instance.instance import Cell, Instance
from optimizer.instance.notice import notice_of
from optimizer.schema import load_schema

_YEAR = 12
_NOISE = 1e-9  # relative: fewer blocks count as zero
_SIGNED = ("sign", "lease_out")
TABLE = "decided"


@dataclass
class Decision:
    """A row of `decided`.

    Attributes
    ----------
    cells : dict of str to cell
        Its cells by column, as in a file.
    row : int or None
        Its row number in the planner's file of decisions, None if it is from a plan or an instance.
    values : dict of str to object
        The cells converted, those that are blank or invalid as None; months are counted from the plan's first.
    """

    cells: dict[str, Cell]
    row: int | None = None
    values: dict[str, Any] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        """Return a converted cell: ``decision.item``."""
        if name.startswith("_"):
            raise AttributeError(name)
        return self.values.get(name)

    @property
    def blocks(self) -> float:
        """Number decided, 1 if it is blank."""
        found = self.values.get("blocks")
        return 1.0 if found is None else float(found)


def understood(instance: Instance, cells: Mapping[str, Cell], row: int | None = None) -> Decision:
    """Return a row of `decided` with its cells converted."""
    columns, values = load_schema().tables[TABLE].columns, {}
    for name, cell in cells.items():
        if name in columns and cell is not None and cell != "":
            try:
                values[name] = convert(cell, columns[name], is_name=name == "item")
            except BadValueError:
                continue  # the reader reports it
            if columns[name].type == "month":
                values[name] += instance.month_index("0000-01")
    return Decision(dict(cells), row, values)


class Decided:
    """All that was decided before an instance that is rolled forward, in months of the instance that it was.

    Parameters
    ----------
    instance : Instance
        The instance that is rolled forward.
    start : int
        First month of the rolled one.
    rows : sequence of Decision
        Everything decided before that month.
    """

    def __init__(self, instance: Instance, start: int, rows: Sequence[Decision]) -> None:
        self.instance, self.start = instance, start
        self.rows = list(rows)
        tables = load_schema().decisions
        self.table_of = {verb: tables.get(verb, ()) for verb in tables}
        self.prices: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for row in instance.rows["prices"]:
            self.prices[row.item].append((row.month, row.price))
        for points in self.prices.values():
            points.sort()

    def row_of(self, decision: Decision) -> tuple[str, Any]:
        """Return table and row of the item that was decided on; ``("", None)`` if there is none."""
        for table in self.table_of.get(decision.decision, ()):
            row = self.instance.named[table].get(decision.item)
            if row is not None:
                return table, row
        return "", None

    def about(self, table: str, item: str) -> list[Decision]:
        """Return the decisions about an item."""
        verbs = load_schema().tables[table].decisions
        return [one for one in self.rows if one.item == item and one.decision in verbs]

    def price_at(self, item: str, base: float, month: int) -> float:
        """Return the price of an item in a month, by the step series of its prices."""
        known = [price for at, price in self.prices.get(item, ()) if at <= month]
        return known[-1] if known else base

    def agreed_price(self, decision: Decision) -> float | None:
        """Return the price that was agreed with a decision, as the tables have it; None if it has none."""
        table, row = self.row_of(decision)
        spec = load_schema().tables.get(table)
        if spec is None or not spec.price or decision.decision != spec.decisions[0] or decision.month is None:
            return None
        base = float(getattr(row, spec.columns[spec.price].attribute))
        if not spec.is_agreement:
            return self.price_at(decision.item, base, decision.month)
        start = first_month(decision, row)
        return self.price_at(decision.item, base, max(start, 0)) if keeps_price(row) else None

    def latest_month(self, decision: Decision) -> int:
        """Return the last month in which it could have been decided: lead time or notice before it takes effect."""
        table, row = self.row_of(decision)
        spec = load_schema().tables.get(table)
        if spec is None or not spec.is_agreement:
            ordered = spec is not None and "lead_months" in spec.columns  # its start is the delivery
            return int(decision.month if ordered or decision.starts is None else decision.starts)
        ahead = row.lead_months if decision.decision in _SIGNED else notice_of(row)
        return _takes_effect(decision, row) - int(ahead)

    def over(self, table: str, row: Any) -> list[Decision]:
        """Return the decisions about an item of which nothing is left in the rolled instance.

        Blocks that end in its very first month are left: others can renew them.
        """
        mine = self.about(table, getattr(row, load_schema().tables[table].name_column))
        if load_schema().tables[table].is_agreement:
            return self._blocks_over(row, mine)
        if any(one.decision == "start_run" for one in mine):
            return [one for one in mine if one.ends is not None and one.ends < self.start]
        return []

    def _blocks_over(self, row: Any, mine: list[Decision]) -> list[Decision]:
        if row.ends_by is not None and row.ends_by + 1 < self.start:
            return mine
        if row.term_months is not None:
            return [one for one in mine if first_month(one, row) + row.term_months < self.start]
        clear = _last_clear_month(row, mine, self.start)
        return [one for one in mine if clear is not None and _takes_effect(one, row) <= clear]

    def is_over(self, table: str, row: Any) -> bool:
        """Whether nothing of what was agreed or decided on an item is left in the rolled instance."""
        spec = load_schema().tables[table]
        mine = self.about(table, getattr(row, spec.name_column))
        if spec.is_agreement and row.committed_blocks:
            if row.ends_by is not None and row.ends_by + 1 < self.start:
                return True
            if row.term_months is not None:
                return bool(row.earliest + row.term_months < self.start)
            return _last_clear_month(row, mine, self.start) is not None
        if "commit_spend" in spec.decisions:
            return all(first_month(one, row) + _YEAR * row.years <= self.start for one in mine)
        return len(self.over(table, row)) == len(mine)


def keeps_price(row: Any) -> bool:
    """Whether a contract or outlet has the price of its start for its entire term."""
    return row.term_months is not None and getattr(row, "minimum_take", 1.0) >= 1


def first_month(decision: Decision, row: Any) -> int:
    """Return the first month of what was signed, leased out, committed or started."""
    if decision.starts is not None:
        return int(decision.starts)
    return int(decision.month or 0) + int(getattr(row, "lead_months", 0))


def _takes_effect(decision: Decision, row: Any) -> int:
    """Return the first month with the blocks that were signed, or without those that were handed back."""
    if decision.decision in _SIGNED:
        return first_month(decision, row)
    return int(decision.ends) + 1 if decision.ends is not None else int(decision.month or 0) + notice_of(row)


def _last_clear_month(row: Any, mine: Sequence[Decision], start: int) -> int | None:
    """Return the last month before another in which all blocks of a terminable agreement had been handed back."""
    steps: dict[int, float] = defaultdict(float)
    if row.committed_blocks:
        steps[row.earliest] += row.committed_blocks
    for one in mine:
        steps[_takes_effect(one, row)] += one.blocks if one.decision in _SIGNED else -one.blocks
    blocks, most, clear = 0.0, 0.0, None
    for month in sorted(month for month in steps if month < start):
        blocks += steps[month]
        most = max(most, blocks)
        if blocks <= _NOISE * most:
            clear = month
    return clear

"""The plan's tables taken apart: columns as arrays, months as numbers, and whatever is no figure or name told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.plan.audit.facts import Facts
from optimizer.plan.audit.verdict import FLOOR, Findings

Array = NDArray[Any]
Key = str | tuple[str, ...]

# What each column holds: text, a quantity (never negative) or a figure of either sign.
TEXT, QUANTITY, FIGURE = "text", "quantity", "figure"
COLUMNS: dict[str, dict[str, str]] = {
    "decisions": {
        **dict.fromkeys(("month", "decision", "item", "party"), TEXT),
        **dict.fromkeys(("blocks", "accelerators", "mw"), QUANTITY),
        **dict.fromkeys(("starts", "ends"), TEXT),
        "committed_cost": FIGURE,
    },
    "capacity": {
        **dict.fromkeys(("month", "pool", "source", "party", "site_or_region", "accelerator"), TEXT),
        **dict.fromkeys(("accelerators", "used", "leased_out"), QUANTITY),
        "idle": FIGURE,
        "mw": QUANTITY,
    },
    "allocation": {
        **dict.fromkeys(("month", "pool", "demand"), TEXT),
        **dict.fromkeys(("accelerators", "work"), QUANTITY),
    },
    "leases": {**dict.fromkeys(("month", "outlet", "pool"), TEXT), "accelerators": QUANTITY},
    "service": {
        **dict.fromkeys(("month", "workload"), TEXT),
        **dict.fromkeys(("demand", "served", "unserved"), QUANTITY),
    },
    "power": {
        **dict.fromkeys(("month", "site"), TEXT),
        **dict.fromkeys(("mw_available", "mw_used", "mw_leased_out"), QUANTITY),
    },
    "cash": {
        **dict.fromkeys(("month", "term", "item", "party"), TEXT),
        **dict.fromkeys(("amount", "present_value"), FIGURE),
    },
}


@dataclass(frozen=True)
class Table:
    """The usable rows of a plan table.

    Attributes
    ----------
    columns : dict of str to array
        Text and numbers by column.
    months : array of int
        Month of each row, counted from the plan's first.
    codes : dict of str to array of int
        For columns of names: place of each name in the order of :class:`Facts`.
    """

    columns: dict[str, Array]
    months: Array
    codes: dict[str, Array]

    def __getitem__(self, column: str) -> Array:
        return self.columns[column]

    def __len__(self) -> int:
        return len(self.months)

    def grid(self, code: str, count: int, months: int, column: str, weights: Array | None = None) -> Array:
        """Sums of a column by name and month, as a ``count`` × ``months`` array."""
        values = self[column] if weights is None else weights
        place = self.codes[code] * months + self.months
        return np.bincount(place, values, minlength=count * months)[: count * months].reshape(count, months)


def take_tables(plan: Any, facts: Facts, say: Findings) -> dict[str, Table] | None:
    """Every table's usable rows, with a violation for each that is not; None if a table or column is missing."""
    frames = {name: _frame(plan, name) for name in COLUMNS}
    say.rule = "tables"
    for name, frame in frames.items():
        say.that(frame is not None, name, "", "no such table", "a table expected")
        for column in COLUMNS[name] if frame is not None else ():
            count = list(frame.columns).count(column)
            say.that(count == 1, name, "", f"{count} columns called {column}", "1 expected")
    if say.violations:
        return None
    return {name: _take(name, frame, facts, say) for name, frame in frames.items() if frame is not None}


def _frame(plan: Any, name: str) -> pd.DataFrame | None:
    try:
        frame = getattr(plan, name)
    except (AttributeError, KeyError):
        return None
    return frame if isinstance(frame, pd.DataFrame) else None


def _take(name: str, frame: pd.DataFrame, facts: Facts, say: Findings) -> Table:
    """One table: cells, months and names that cannot be understood are told and their rows left out."""
    kinds = COLUMNS[name]
    columns = {c: _texts(frame[c]) if kind == TEXT else _figures(frame[c]) for c, kind in kinds.items()}
    last = facts.months + 1 if name == "cash" else facts.months
    months = np.array([facts.month_of.get(month, -1) for month in columns["month"]], dtype=int)
    usable = _cells(name, columns, say) & _months(name, columns["month"], (months >= 0) & (months < last), say)
    keys = _keys(name, columns)
    codes = {key: _codes(values, facts.names[key]) for key, values in keys.items()}
    usable &= _names(name, keys, codes, columns["month"], usable, say)
    table = Table(
        {column: values[usable] for column, values in columns.items()},
        months[usable],
        {key: values[usable] for key, values in codes.items()},
    )
    _no_negatives(name, table, say)
    _no_duplicates(name, table, say)
    return table


def _texts(column: pd.Series[Any]) -> Array:
    """Cells as text, missing ones as ``""``."""
    missing = column.isna().to_numpy(dtype=bool)
    values = column.to_numpy(dtype=object)
    texts = np.empty(len(values), dtype=object)
    texts[:] = ["" if gone else value if type(value) is str else str(value) for value, gone in zip(values, missing)]
    return texts


def _figures(column: pd.Series[Any]) -> Array:
    """Cells as numbers; whatever is none as NaN."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "fiu":
        return column.to_numpy(dtype=float)
    return np.array([_figure(value) for value in column.to_numpy(dtype=object)], dtype=float)


def _figure(value: Any) -> float:
    if not isinstance(value, int | float | np.integer | np.floating) or isinstance(value, bool):
        return float("nan")
    try:
        return float(value)
    except OverflowError:
        return float("nan")


def _keys(name: str, columns: Mapping[str, Array]) -> dict[str, list[Key]]:
    """Names that a table's rows are about, by the kind of name."""
    if name == "decisions":
        return {"decision": list(zip(columns["decision"], columns["item"], strict=True))}
    if name == "cash":
        return {"cash": list(zip(columns["term"], columns["item"], strict=True))}
    kinds = {
        "capacity": {"pool": "pool"},
        "allocation": {"pool": "pool", "workload": "demand"},
        "leases": {"pool": "pool", "outlet": "outlet"},
        "service": {"workload": "workload"},
        "power": {"site": "site"},
    }
    return {kind: list(columns[column]) for kind, column in kinds[name].items()}


def _codes(values: list[Key], known: Mapping[Key, int]) -> Array:
    return np.array([known.get(value, -1) for value in values], dtype=int)


# ---------------------------------------------------------------- rules on single rows
def _cells(name: str, columns: Mapping[str, Array], say: Findings) -> Array:
    """Which rows have a finite number in every column of numbers; tells the others."""
    say.rule = "cells"
    good = np.ones(len(columns["month"]), dtype=bool)
    for column, kind in COLUMNS[name].items():
        if kind == TEXT:
            continue
        finite = np.isfinite(columns[column])
        good &= finite
        say.checks += len(finite)
        for row in np.flatnonzero(~finite):
            say.add(
                _subject(name, columns, row), columns["month"][row], f"no number in {name}.{column}", "one expected"
            )
    return good


def _subject(name: str, columns: Mapping[str, Array], row: int) -> str:
    """What a row is about."""
    column = next(c for c in ("item", "pool", "workload", "outlet", "site") if c in COLUMNS[name])
    return str(columns[column][row])


def _months(name: str, texts: Array, good: Array, say: Findings) -> Array:
    """Which rows lie in the plan; tells the others."""
    say.rule = "months"
    say.checks += len(good)
    for row in np.flatnonzero(~good):
        say.add(name, texts[row], f"month {texts[row]!r}", f"{say.labels[0]} to {say.labels[-2]} allowed")
    return good


def _names(
    name: str, keys: Mapping[str, list[Key]], codes: Mapping[str, Array], months: Array, usable: Array, say: Findings
) -> Array:
    """Which rows name things of the instance that such a row can be about; tells the others."""
    say.rule = "names"
    good = np.ones(len(usable), dtype=bool)
    for kind, values in codes.items():
        say.checks += len(values)
        good &= values >= 0
        for row in np.flatnonzero(values < 0):
            key = keys[kind][row]
            told = key if isinstance(key, str) else " of ".join(map(repr, key))
            say.add(key if isinstance(key, str) else key[-1], months[row], f"{kind} {told} in {name}", "none is known")
    return good


def _no_negatives(name: str, table: Table, say: Findings) -> None:
    """Quantities are not negative."""
    say.rule = "negative"
    for column, kind in COLUMNS[name].items():
        if kind == QUANTITY and len(table):
            items = [_subject(name, table.columns, row) for row in np.flatnonzero(table[column] < 0)]
            few = table[column] < 0
            floor = FLOOR * float(np.abs(table[column]).max())
            say.checks += len(table) - len(items)
            say.compare(table[column][few], ">=", 0.0, f"in {name}.{column}", items, table["month"][few], floor=floor)


def _no_duplicates(name: str, table: Table, say: Findings) -> None:
    """No two rows are about the same thing and month."""
    say.rule = "duplicates"
    place = table.months.copy()
    for values in table.codes.values():
        place = place * (int(values.max(initial=0)) + 1) + values
    repeated = pd.Series(place).duplicated().to_numpy()
    say.checks += len(place)
    for row in np.flatnonzero(repeated):
        say.add(_subject(name, table.columns, row), table["month"][row], f"a second row in {name}", "one expected")

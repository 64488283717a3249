"""The columns of the plan's tables, and the tables taken apart: columns as arrays, months and names as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[Any]

# What each column holds: text, a quantity (never negative) or a figure of either sign.
TEXT, QUANTITY, FIGURE = "text", "quantity", "figure"
_COLUMNS = {
    "decisions": (
        "month decision item party blocks:quantity accelerators:quantity mw:quantity starts ends committed_cost:figure"
    ),
    "capacity": (
        "month pool source party site_or_region accelerator accelerators:quantity used:quantity leased_out:quantity "
        "idle:figure mw:quantity"
    ),
    "allocation": "month pool demand accelerators:quantity work:quantity",
    "leases": "month outlet pool accelerators:quantity",
    "runs": "run pool accelerators:quantity starts ends target late_months:quantity",
    "service": "month workload demand:quantity served:quantity unserved:quantity",
    "power": "month site mw_available:quantity mw_used:quantity mw_leased_out:quantity",
    "outages": "month policy member pool workload accelerators:quantity work:quantity",
    "rules": ("month rule each sense value:figure rhs:figure slack:quantity violation:quantity shadow_price:figure"),
    "cash": "month term item party amount:figure present_value:figure",
    "obligations": "month item party owed:quantity owed_after_horizon:quantity",
}
COLUMNS: dict[str, dict[str, str]] = {
    table: {name: kind or TEXT for name, _, kind in (column.partition(":") for column in columns.split())}
    for table, columns in _COLUMNS.items()
}
MONTH = dict.fromkeys(COLUMNS, "month") | {"runs": "starts"}
"""Column with the month of a table's rows."""

NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "decisions": {"decision": ("decision", "item")},
    "capacity": {"pool": ("pool",)},
    "allocation": {"demand": ("demand",), "pool": ("pool",)},
    "leases": {"outlet": ("outlet",), "pool": ("pool",)},
    "runs": {"run": ("run",), "pool": ("pool",)},
    "service": {"workload": ("workload",)},
    "power": {"site": ("site",)},
    "outages": {"outage": ("policy", "member"), "pool": ("pool",), "workload": ("workload",)},
    "rules": {"rule": ("rule",)},
    "cash": {"cash": ("term", "item")},
    "obligations": {"obligation": ("item",)},
}
"""Columns that hold names, by the kind of name; with the month they identify a table's rows."""

SUBJECT = {
    table: "item" if table in ("decisions", "cash", "obligations") else next(iter(of.values()))[0]
    for table, of in NAMES.items()
}
"""Column with what a table's rows are about, for violations."""


@dataclass(frozen=True)
class Table:
    """The usable rows of a plan table.

    Attributes
    ----------
    name : str
        Name of the table.
    columns : dict of str to array
        Text and numbers by column.
    t : array of int
        Month of each row, counted from the plan's first.
    codes : dict of str to array of int
        By kind of name: place of each row's name in the order of :class:`optimizer.auditing.facts.Facts`.
    """

    name: str
    columns: dict[str, Array]
    t: Array
    codes: dict[str, Array]

    def __getitem__(self, column: str) -> Array:
        return self.columns[column]

    def __len__(self) -> int:
        return len(self.t)

    @property
    def subjects(self) -> Array:
        """What each row is about."""
        return self.columns[SUBJECT[self.name]]

    @property
    def months(self) -> Array:
        """Month of each row as text."""
        return self.columns[MONTH[self.name]]

    def grid(self, code: str | Array, shape: tuple[int, int], values: str | Array) -> Array:
        """Sums of a column, or of other values by row, by name and month."""
        names, months = shape
        weights = self.columns[values] if isinstance(values, str) else values
        places = self.codes[code] if isinstance(code, str) else code
        sums = np.bincount(places * months + self.t, weights, minlength=names * months)
        return sums[: names * months].reshape(shape).astype(float)


def texts(column: pd.Series[Any]) -> Array:
    """Cells as text, missing ones as ``""``."""
    given = column.to_numpy(dtype=object)
    if pd.api.types.infer_dtype(given, skipna=False) == "string":
        return given
    missing = column.isna().to_numpy(dtype=bool)
    cells = zip(given, missing, strict=True)
    found = np.empty(len(column), dtype=object)
    found[:] = ["" if gone else value if type(value) is str else str(value) for value, gone in cells]
    return found


def figures(column: pd.Series[Any]) -> Array:
    """Cells as numbers; NaN for anything else."""
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

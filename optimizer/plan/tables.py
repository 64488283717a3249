"""Tables of a plan and their columns, the interface to other software."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# Columns of text; all others are numbers.
TEXT = frozenset(
    {
        "month",
        "decision",
        "item",
        "party",
        "starts",
        "ends",
        "pool",
        "source",
        "site_or_region",
        "accelerator",
        "workload",
        "outlet",
        "term",
        "site",
        "run",
        "target",
        "rule",
        "each",
        "sense",
        "policy",
        "member",
    }
)
COUNTS = frozenset({"blocks", "late_months"})  # integers where all rows are
COLUMNS: dict[str, tuple[str, ...]] = {
    "decisions": (
        *("month", "decision", "item", "party", "blocks", "accelerators", "mw"),
        *("starts", "ends", "committed_cost"),
    ),
    "capacity": (
        *("month", "pool", "source", "party", "site_or_region", "accelerator", "accelerators"),
        *("used", "leased_out", "idle", "mw"),
    ),
    "allocation": ("month", "pool", "demand", "accelerators", "work"),
    "leases": ("month", "outlet", "pool", "accelerators"),
    "runs": ("run", "pool", "accelerators", "starts", "ends", "target", "late_months"),
    "service": ("month", "workload", "demand", "served", "unserved"),
    "power": ("month", "site", "mw_available", "mw_used", "mw_leased_out"),
    "outages": ("month", "policy", "member", "pool", "workload", "accelerators", "work"),
    "rules": ("month", "rule", "each", "sense", "value", "rhs", "slack", "violation", "shadow_price"),
    "cash": ("month", "term", "item", "party", "amount", "present_value"),
    "obligations": ("month", "item", "party", "owed", "owed_after_horizon"),
}


def text_columns(table: str) -> list[str]:
    """Return the text columns of a table; `demand` names a workload in `allocation` and is a number in `service`."""
    names = [name for name in COLUMNS[table] if name in TEXT]
    return [*names, "demand"] if table == "allocation" else names


def make_table(table: str, data: Mapping[str, Any] | Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    """Make a plan table from columns or rows, with ordered and typed columns."""
    columns, texts = COLUMNS[table], text_columns(table)
    if not isinstance(data, Mapping):
        rows = list(data)
        data = dict(zip(columns, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(columns, ())
    # With declared text columns pandas does not infer types by cell; with one index for all it does not align them.
    index = pd.RangeIndex(len(data[columns[0]]))
    found = [pd.Series(data[name], index, object) if name in texts else _numbers(name, data[name]) for name in columns]
    frame = pd.DataFrame(dict(enumerate(found)), index, copy=False)
    frame.columns = _names(table)
    return frame


def _numbers(name: str, values: Any) -> NDArray[Any]:
    """Return a column of numbers: counts as integers if all of them are, everything else as floats."""
    found = np.asarray(values, dtype=float)
    is_integer = name in COUNTS and bool((np.abs(found) < 2**53).all() and (found == np.round(found)).all())
    return found.astype(np.int64) if is_integer else found


@cache
def _names(table: str) -> pd.Index[Any]:
    """Return the column names of a table, cached, with dtype object as its texts."""
    return pd.Index(COLUMNS[table], dtype=object)

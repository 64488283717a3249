"""Tables of a plan and their columns, the interface to other software, as declared in ``plan.toml``."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.schema import plan_contents

MONTH = "YYYY-MM"
"""Unit of the columns of months."""
COUNTS = frozenset({"blocks", "late_months"})  # integers where all rows are


@dataclass(frozen=True)
class PlanColumn:
    """A column: what it means, in which unit; ``plan.toml`` explains the units."""

    meaning: str
    unit: str = ""

    @property
    def is_text(self) -> bool:
        """Whether it holds text or months, not numbers."""
        return self.unit in ("", MONTH)


@dataclass(frozen=True)
class PlanTable:
    """A table: what it holds, what makes it (``solve``, ``uncertain``, ``explain``...), and its columns."""

    meaning: str
    source: str
    columns: Mapping[str, PlanColumn]


def _table(entry: Mapping[str, Any]) -> PlanTable:
    columns = {name: PlanColumn(**column) for name, column in entry["columns"].items()}
    return PlanTable(entry["meaning"], entry["source"], columns)


TABLES = {name: _table(entry) for name, entry in plan_contents()["tables"].items()}
COLUMNS = {name: tuple(table.columns) for name, table in TABLES.items() if table.source == "solve"}
"""Columns of the tables of every plan."""
EXPLAINED = {name: tuple(table.columns) for name, table in TABLES.items() if table.source == "explain"}
"""Columns of the tables that ``capopt explain`` adds."""


def column_names(table: str) -> list[str]:
    """Return the columns of a table in their order."""
    return list(TABLES[table].columns)


SCENARIO = "scenario"
"""First column of the tables of a plan under uncertainty: a scenario; of decisions, all that share it."""
BY_SCENARIO = frozenset({"values", "deadlines"})
"""Tables of an explanation that have that column, too, of a plan under uncertainty."""
UNCERTAIN = {name: tuple(table.columns) for name, table in TABLES.items() if table.source == "uncertain"}
"""Columns of the further tables of such a plan, which are about all scenarios."""


def text_columns(table: str) -> list[str]:
    """Return the columns of a table that hold text or months."""
    return [name for name, column in TABLES[table].columns.items() if column.is_text]


def make_table(table: str, data: Mapping[str, Any] | Iterable[tuple[Any, ...]]) -> pd.DataFrame:
    """Make a plan table from columns or rows, with ordered and typed columns."""
    columns, texts = column_names(table), text_columns(table)
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
    return pd.Index(column_names(table), dtype=object)


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows for JSON, with None for missing or infinite values."""
    return [{str(key): _plain(value) for key, value in row.items()} for row in table.to_dict("records")]


def table_of_rows(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[str], texts: Collection[str] = ()
) -> pd.DataFrame:
    """Return the table of rows that :func:`plain_rows` made of it; of what is missing in numbers, NaN."""
    found = {name: pd.Series([row[name] for row in rows], dtype=object) for name in columns}
    return pd.DataFrame({name: values if name in texts else _figures(values) for name, values in found.items()})


def _figures(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return numbers or flags as such."""
    if len(values) and values.map(lambda value: isinstance(value, bool)).all():
        return values.astype(bool)
    return pd.to_numeric(values)


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value

"""The instance: typed rows of every table, frozen, with its content's hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, make_dataclass
from functools import cache, cached_property
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from optimizer.errors import Fault
from optimizer.format import counted
from optimizer.instance.cell_value import month_label, month_number
from optimizer.instance.notes import HEAD, Notes
from optimizer.instance.raw import number_text
from optimizer.schema import Column, Table, load_schema

if TYPE_CHECKING:
    import pandas as pd

Cell = str | float | bool | None  # as in a file
Value = Cell | tuple[str, ...] | tuple[float, ...]  # as in a row: months are integers


@dataclass(frozen=True)
class Head:
    """The instance itself: name, months, money."""

    format: int
    name: str
    title: str
    description: str
    sources: str
    start: str
    months: int
    currency: str
    discount_rate: float
    hours_per_month: float
    risk_measure: str
    risk_weight: float
    risk_level: float
    max_scenarios: int
    seed: int
    tail_fraction: float


class Row:
    """A row of a table: an attribute per column; iterating gives (column, value)."""

    __slots__ = ()
    _table: str  # underscores keep clear of the names of columns
    _columns: tuple[str, ...]
    _attributes: tuple[str, ...]

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        return iter(
            [(column, getattr(self, name)) for column, name in zip(self._columns, self._attributes, strict=True)]
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return make_row, (self._table, *(value for _, value in self))


@cache
def row_class(table: str) -> type[Row]:
    """Class of the rows of a table, made from the format."""
    columns = load_schema().tables[table].columns
    attributes = tuple(column.attribute for column in columns.values())
    namespace = {"_table": table, "_columns": tuple(columns), "_attributes": attributes}
    fields = [(name, Any) for name in attributes]
    name = "".join(part.capitalize() for part in table.split("_")) + "Row"
    return make_dataclass(name, fields, bases=(Row,), namespace=namespace, frozen=True)


def make_row(table: str, *values: Any) -> Row:
    """A row of a table from its values in the order of its columns."""
    return row_class(table)(*values)


@dataclass(frozen=True, eq=False)
class Instance:
    """All data of one planning problem, checked and frozen. Instances with the same content are equal.

    Attributes
    ----------
    head : Head
        Name, months, money.
    rows : mapping of str to tuple
        Rows of every table of the format, ``()`` for an absent one. Months are counted from the plan's first;
        blanks have taken their default, or are None (text: ``""``) where there is none.
    warnings : tuple of Fault
        Values that are valid but suspicious.
    source : str
        File, folder or mapping that it was read from.
    places : mapping of str to (str, tuple of int)
        File or sheet of each table, and the row numbers of its rows.
    read_seconds : float
        Duration of reading in seconds.
    notes : mapping of str to Notes
        Comment rows and columns of notes of tables and of the head (``instance``), and sheets of notes, by name. They
        are no content: neither equality nor the hash counts them.
    """

    head: Head
    rows: Mapping[str, tuple[Any, ...]]
    warnings: tuple[Fault, ...] = ()
    source: str = ""
    places: Mapping[str, tuple[str, tuple[int, ...]]] = field(default_factory=dict)
    read_seconds: float = 0.0
    notes: Mapping[str, Notes] = field(default_factory=dict)

    def __repr__(self) -> str:
        tables = ", ".join(f"{name} {len(rows)}" for name, rows in self.rows.items() if rows)
        return f"<Instance {self.head.name}: {counted(self.head.months, 'month')} from {self.head.start}; {tables}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Instance) and self.hash == other.hash

    def __hash__(self) -> int:
        return hash(self.hash)

    def __getstate__(self) -> dict[str, Any]:
        plain = {"rows": dict(self.rows), "places": dict(self.places)}
        return {
            **{key: value for key, value in self.__dict__.items() if key not in ("_start", "hash", "named")},
            **plain,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, rows=MappingProxyType(state["rows"]), places=MappingProxyType(state["places"]))

    @cached_property
    def _start(self) -> int:
        return month_number(*map(int, self.head.start.split("-")))

    def label(self, t: int) -> str:
        """Month ``YYYY-MM`` that is ``t`` months after the first; ``t`` can be negative or beyond the plan."""
        return month_label(self._start + t)

    def month_index(self, month: str) -> int:
        """Months from the plan's first to a month ``YYYY-MM``; the inverse of :meth:`label`."""
        return month_number(*map(int, month.split("-"))) - self._start

    @cached_property
    def named(self) -> Mapping[str, Mapping[str, Any]]:
        """Rows by name, of every table whose rows have names."""
        found = {}
        for name, table in load_schema().tables.items():
            if table.name_column:
                own = attrgetter(table.columns[table.name_column].attribute)
                found[name] = MappingProxyType({own(row): row for row in self.rows[name]})
        return MappingProxyType(found)

    def place(self, table: str, i: int) -> str:
        """Place of the i-th row of a table, such as ``contracts.csv row 3``."""
        where, rows = self.places.get(table, (table, ()))
        return f"{where} row {rows[i] if i < len(rows) else i + 2}"

    def __getattr__(self, table: str) -> pd.DataFrame:
        """Return a table of the format as :meth:`frame` does: ``instance.contracts``."""
        if table.startswith("_"):
            raise AttributeError(table)  # looked up by copies, pickles and notebooks
        if table not in load_schema().tables:
            from optimizer.instance.name_suggestions import did_you_mean

            hint = did_you_mean(table, (*load_schema().tables, *vars(type(self))))
            raise AttributeError(f"an instance has no table or attribute {table!r}.{hint}")
        return self.frame(table)

    def __dir__(self) -> list[str]:
        """Return the names of attributes and tables."""
        return [*super().__dir__(), *load_schema().tables]

    def frame(self, table: str) -> pd.DataFrame:
        """A table as a DataFrame: every column of the format, months ``YYYY-MM``, several values joined by ``;``."""
        from optimizer.instance.frames import make_frame

        return make_frame(self, table)

    def cell(self, column: Column, value: Value) -> Cell:
        """Return a value as in a file: months ``YYYY-MM``, several values joined by ``;``, the rest as it is."""
        if isinstance(value, tuple):
            return ";".join(one if isinstance(one, str) else number_text(one) for one in value)
        return self.label(value) if column.type == "month" and isinstance(value, int) else value

    def written(self, column: Column, row: Iterable[tuple[str, Value]]) -> Cell:
        """Return a cell of a row as it is saved: None where it is blank, or has the default of its plan or row."""
        value = getattr(row, column.attribute)
        plain = {"@first": 0, "@last": self.head.months - 1, "@name": next(iter(row))[1]}
        if isinstance(column.default, str) and column.default in plain and value == plain[column.default]:
            return None
        cell = self.cell(column, value)
        return None if cell == "" else cell

    def replace(self, tables: Mapping[str, pd.DataFrame] | None = None, **head: str | float) -> Instance:
        """Return this instance with other tables or settings, checked as :func:`optimizer.read` checks it.

        Parameters
        ----------
        tables : mapping of str to DataFrame, optional
            Tables by name, each in place of the present one; without rows it removes that.
        **head : str or float
            Settings by key, such as ``months=36``. Months that are the plan's first or last by default move with it.

        Returns
        -------
        Instance
            A new one; this one stays as it is.

        Raises
        ------
        InstanceError
            If the new instance is invalid; it carries every error found.
        """
        from optimizer.instance.frames import read_frames
        from optimizer.instance.read import revised

        frames = {**(tables or {}), HEAD: {**vars(self.head), **head}}
        return revised(self, read_frames(frames), replaced=(tables or {}).keys())

    def _hash_cells(self, column: Column, rows: tuple[Any, ...]) -> list[str]:
        """Cells of a column as the hash reads them."""
        values = map(attrgetter(column.attribute), rows)
        plain = column.type in ("number", "integer", "flag", "text")
        return list(map(repr, values if plain else [self.cell(column, value) for value in values]))

    def _counted(self, table: Table, rows: tuple[Any, ...]) -> list[Column]:
        """Columns that the hash counts: those added later only if a row has another value than the default."""
        plain = {"@first": 0, "@last": self.head.months - 1}
        found = []
        for column in table.columns.values():
            default = plain.get(column.default, column.default) if isinstance(column.default, str) else column.default
            values = (getattr(row, column.attribute) for row in rows) if column.later else ()
            if not column.later or any(value not in (None, "", (), default) for value in values):
                found.append(column)
        return found

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content: the same for every file format, and for explicit or blank defaults.

        The order of rows counts only in tables where it means something.
        """
        settings = self._counted(load_schema().head, (self.head,))
        content: dict[str, Any] = {"instance": {one.name: repr(getattr(self.head, one.name)) for one in settings}}
        for table, rows in self.rows.items():
            if rows:
                columns = self._counted(load_schema().tables[table], rows)
                cells = map(list, zip(*(self._hash_cells(column, rows) for column in columns), strict=True))
                content[table] = list(cells) if load_schema().tables[table].ordered else sorted(cells)
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def save(self, path: str | Path) -> Path:
        """Write it as a workbook if the path ends in ``.xlsx``, else as a folder; returns the path.

        A folder's tables of the same names are replaced, and those of the format that are empty here are removed.

        Raises
        ------
        CapoptError
            If the path is that of a file in another format, such as ``.xls`` or ``.csv``.
        """
        from optimizer.instance.save import refuse_other_files, save_folder, save_workbook

        target = Path(path)
        refuse_other_files(target)
        (save_workbook if target.suffix.lower() == ".xlsx" else save_folder)(self, target)
        return target

"""Tables with typed cells, some of which could not be understood: what the checks look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from optimizer.errors import Fault
from optimizer.instance.name_text import difference
from optimizer.instance.raw import Raw, RawTable, Speller, shown
from optimizer.schema import Schema, Table


class Bad:
    """Stands for a value that could not be understood; that is told already."""

    def __repr__(self) -> str:
        return "BAD"


BAD: Any = Bad()


@dataclass
class Record:
    """A row: its number, its typed values and its cells as found, by column."""

    row: int
    values: dict[str, Any]
    found: dict[str, Any]

    def has(self, *columns: str) -> bool:
        """Whether all of these values could be understood."""
        return not any(self.values[column] is BAD for column in columns)


@dataclass
class TypedTable:
    """A table with typed cells.

    Attributes
    ----------
    spec : Table
        Its columns.
    raw : RawTable or None
        Cells as found; None if the table is absent.
    records : list of Record
        Rows.
    unsure : set of str
        Columns whose content cannot be told, as the header is wrong.
    broken : bool
        Whether the table is there but could not be read.
    commas : str
        What commas do in its numbers; see :func:`optimizer.instance.number_spelling.comma_use`.
    """

    spec: Table
    raw: RawTable | None = None
    records: list[Record] = field(default_factory=list)
    unsure: set[str] = field(default_factory=set)
    broken: bool = False
    commas: str = ""


@dataclass
class Data:
    """A whole instance with typed cells, and what is wrong with it so far."""

    schema: Schema
    raw: Raw
    head: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, TypedTable] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)  # tables whose absence is told already
    doubtful: set[int] = field(default_factory=set)  # ids of records whose name is told to be wrong
    respelt: set[str] = field(default_factory=set)  # unknown names that are told at the row that is meant
    names: dict[tuple[str, ...], Any] = field(default_factory=dict)  # names by the columns they stand in
    speller: Speller = field(default_factory=Speller)

    @property
    def months(self) -> Any:
        """Months of the plan, or BAD."""
        return self.head["months"] if self.head["start"] is not BAD else BAD

    def where(self, table: str) -> str:
        """File, sheet or name of a table, also of an absent one."""
        raw = self.tables[table].raw
        return raw.where if raw else f"{table}.csv" if self.raw.head_where.endswith(".toml") else table

    def records(self, *tables: str) -> Iterator[tuple[TypedTable, Record]]:
        """Every row of some tables."""
        for table in tables:
            for record in self.tables[table].records:
                yield self.tables[table], record

    def fault(
        self, table: TypedTable, record: Record | None, column: str, problem: str, nearest: str = "", warn: bool = False
    ) -> None:
        """Tell a fault, or a warning, at a cell (or row, or table if the rest is blank)."""
        row = record.row if record else None
        found = record.found.get(column) if record else None
        value, cell = "" if found is None else shown(found), ""
        alike = difference(found, nearest) if isinstance(found, str) and nearest and "U+" not in problem else ""
        problem = f"{problem} {alike}" if alike else problem
        if record and table.raw and column in table.raw.header:
            cell = table.raw.cell(row, table.raw.header.index(column))
        told = Fault(self.where(table.spec.name), row, column, value, problem, nearest, cell)
        (self.warnings if warn else self.faults).append(told)

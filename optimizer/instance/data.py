"""Tables with typed cells, some of which are invalid: the input of the checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from optimizer.errors import Fault
from optimizer.instance.name_text import difference
from optimizer.instance.raw import Raw, RawTable, Speller, shown
from optimizer.schema import Schema, Table


class Bad:
    """Placeholder for an invalid value, which is reported already."""

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
        """Whether all of these values are valid."""
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
        Columns whose content is unknown, because the header is wrong.
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
    """An instance with typed cells, and the errors found so far."""

    schema: Schema
    raw: Raw
    head: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, TypedTable] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)  # missing tables that are reported already
    doubtful: set[int] = field(default_factory=set)  # ids of records whose name is reported as invalid
    respelt: set[str] = field(default_factory=set)  # unknown names that are reported at the intended row
    names: dict[tuple[str, ...], Any] = field(default_factory=dict)  # names by their columns
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

    def agreements(self) -> Iterator[tuple[TypedTable, Record]]:
        """Every contract and outlet."""
        return self.records(*self.schema.agreements)

    def fault(
        self, table: TypedTable, record: Record | None, column: str, problem: str, nearest: str = "", warn: bool = False
    ) -> None:
        """Report an error, or a warning, at a cell (or a row, or a table if the rest is blank)."""
        row = record.row if record else None
        found = record.found.get(column) if record else None
        value, cell = "" if found is None else shown(found), ""
        alike = difference(found, nearest) if isinstance(found, str) and nearest and "U+" not in problem else ""
        problem = f"{problem} {alike}" if alike else problem
        if record and table.raw and column in table.raw.header:
            cell = table.raw.cell(row, table.raw.header.index(column))
        fault = Fault(self.where(table.spec.name), row, column, value, problem, nearest, cell)
        (self.warnings if warn else self.faults).append(fault)

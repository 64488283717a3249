"""Read an instance from a folder, a workbook or frames, and report all errors at once."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from types import MappingProxyType
from typing import Any

from optimizer.errors import Fault, InstanceError
from optimizer.instance.cell_value import month_label
from optimizer.instance.data import Data
from optimizer.instance.instance import Head, Instance, make_row
from optimizer.instance.notes import HEAD, Notes, is_note, placed
from optimizer.instance.raw import Raw, RawTable, column_letters, printable, shown
from optimizer.instance.type_data import type_data
from optimizer.instance.validate import validate
from optimizer.schema import Column, load_schema


def read(source: str | os.PathLike[str] | Mapping[str, Any]) -> Instance:
    """Read an instance and check it.

    Parameters
    ----------
    source : str, path or mapping
        A folder with ``instance.toml`` and one CSV per table, an ``.xlsx`` workbook, or a mapping of table names to
        DataFrames with the head (a mapping or a frame) under ``"instance"``.

    Returns
    -------
    Instance
        Frozen; valid but suspicious values are in its ``warnings``.

    Raises
    ------
    InstanceError
        If anything is invalid; it carries every error found.
    """
    began = perf_counter()
    return understood(_read_raw(source), began)


def understood(raw: Raw, began: float | None = None) -> Instance:
    """Return the checked instance of raw cells; ``began`` is the start time of reading.

    Raises
    ------
    InstanceError
        As :func:`read` does.
    """
    began = perf_counter() if began is None else began
    data = type_data(raw, load_schema())
    validate(data)
    if data.faults:
        raise InstanceError(_in_order(data), f"instance {raw.source}")
    found = _freeze(data, perf_counter() - began)
    from optimizer.instance.scenarios import check_scenarios, is_uncertain  # which read scenarios with this

    return replace(found, warnings=(*found.warnings, *check_scenarios(found))) if is_uncertain(found) else found


def revised(instance: Instance, changed: Raw, replaced: Collection[str] | None = None) -> Instance:
    """Return an instance with the tables and settings of raw cells in place of its own, checked.

    Parameters
    ----------
    instance : Instance
        Instance that is revised; it stays as it is.
    changed : Raw
        All settings, and the tables that change.
    replaced : collection of str, optional
        Tables with other rows; notes and places of the others stay. Without it no table has, and no setting changes;
        with it months that are the plan's first or last by default follow the new settings.

    Raises
    ------
    InstanceError
        As :func:`read` does.
    """
    for name, rows in instance.rows.items():
        if rows and name not in changed.tables and name not in changed.broken:
            changed.tables[name] = raw_table(instance, name, blank=replaced is not None)
    other = frozenset(replaced or ())
    changed.notes = {name: notes for name, notes in instance.notes.items() if name not in other} | changed.notes
    made = understood(changed)
    places = {name: place for name, place in instance.places.items() if name not in other}
    return replace(made, places=MappingProxyType({**made.places, **places}))


def raw_table(instance: Instance, name: str, *, blank: bool = False) -> RawTable:
    """Return the raw cells of a table; with ``blank``, cells with a default that depends on the plan are blank."""
    columns = tuple(load_schema().tables[name].columns.values())
    cell = instance.written if blank else _explicit(instance)
    cells = [[cell(column, row) for column in columns] for row in instance.rows[name]]
    header = [column.name for column in columns]
    return RawTable(name, name, header, list(enumerate(cells, start=1)), header_row=None)


def _explicit(instance: Instance) -> Callable[[Column, Any], Any]:
    def cell(column: Column, row: Any) -> Any:
        found = instance.cell(column, getattr(row, column.attribute))
        return None if found == "" else found

    return cell


def raw_head(instance: Instance) -> Raw:
    """Return the settings of an instance as raw cells, without tables."""
    return Raw(source="the frames given", head_where=HEAD, head=dict(vars(instance.head)))


def _read_raw(source: object) -> Raw:
    if isinstance(source, Mapping):
        from optimizer.instance.frames import read_frames

        return read_frames(source)
    if not isinstance(source, str | os.PathLike):
        what = f"expected a folder, an .xlsx workbook or a mapping of DataFrames, found {type(source).__name__}."
        raise _unreadable("the source", what)
    try:
        path = Path(os.fsdecode(source))
        return _read_path(path)
    except (ValueError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise _unreadable(shown(str(source)), f"cannot be read: {reason}.") from None


def _read_path(path: Path) -> Raw:
    if path.is_dir():
        from optimizer.instance.folder import read_folder

        return read_folder(path)
    if not path.exists():
        raise _unreadable(str(path), "does not exist; expected a folder or an .xlsx workbook.")
    if path.name == "instance.toml":
        raise _unreadable(str(path), "is one file of an instance; give its folder.", str(path.parent))
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        from optimizer.instance.workbook import read_workbook

        return read_workbook(path)
    kind = "is an old Excel workbook; save it as .xlsx." if path.suffix.lower() in (".xls", ".xlsb") else ""
    raise _unreadable(str(path), kind or "is not an instance; expected a folder or an .xlsx workbook.")


def _unreadable(where: str, problem: str, nearest: str = "") -> InstanceError:
    text = printable(where)
    return InstanceError([Fault(where=text, value=text, problem=problem, nearest=nearest)])


def _in_order(data: Data) -> list[Fault]:
    """Return the errors by place: the head first, then table by table, row by row, column by column."""
    order = {data.raw.head_where: -1} | {data.where(name): i for i, name in enumerate(data.tables)}
    columns = {data.where(name): list(table.spec.columns) for name, table in data.tables.items()}

    def place(fault: Fault) -> tuple[int, int, int]:
        known = columns.get(fault.where, [])
        column = known.index(fault.column) if fault.column in known else -1
        return order.get(fault.where, len(order)), fault.row or 0, column

    return sorted(data.faults, key=place)


def _freeze(data: Data, seconds: float) -> Instance:
    head = Head(**{**data.head, "start": month_label(data.head["start"])})
    rows, places = {}, {}
    for name, table in data.tables.items():
        rows[name] = tuple(make_row(name, *record.values.values()) for record in table.records)
        places[name] = (data.where(name), tuple(record.row for record in table.records))
    return Instance(
        head=head,
        rows=MappingProxyType(rows),
        warnings=tuple(data.warnings),
        source=data.raw.source,
        places=MappingProxyType(places),
        read_seconds=seconds,
        notes=_notes(data.raw),
    )


def _notes(raw: Raw) -> dict[str, Notes]:
    """Notes of the head and of every table that has any, and sheets of notes."""
    found = {HEAD: raw.head_notes, **{name: _table_notes(table) for name, table in raw.tables.items()}}
    return {**{name: notes for name, notes in found.items() if notes != Notes()}, **raw.notes}


def _table_notes(table: RawTable) -> Notes:
    columns: dict[str, tuple[Any, ...]] = {}
    for place, name in enumerate(table.header):
        if is_note(name):
            unique = name if name not in columns else f"{name} ({column_letters(place)})"
            columns[unique] = tuple(cells[place] for _, cells in table.rows)
    return Notes(placed(table.comments, [row for row, _ in table.rows], table.header_row), columns)


def read_table(source: str | os.PathLike[str] | object, table: str) -> RawTable:
    """Return the raw cells of one table: of a CSV file, of the sheet of its name in a workbook, or of a DataFrame.

    Raises
    ------
    InstanceError
        If it cannot be read; it carries every error found.
    """
    from optimizer.instance.folder import read_file
    from optimizer.instance.frames import read_frames

    if not isinstance(source, str | os.PathLike):
        raw = read_frames({table: source, HEAD: {}})
    else:
        path = Path(os.fsdecode(source))
        if not path.is_file():
            raise _unreadable(str(path), "is not a file; expected a CSV file or an .xlsx workbook.")
        raw = _read_path(path) if path.suffix.lower() in (".xlsx", ".xlsm") else read_file(path, table)
    faults = [fault for fault in raw.faults if fault.where in (table, Path(str(source)).name)]
    if table not in raw.tables and not faults:
        faults = [Fault(raw.source, problem=f"has no sheet {table}; expected one with its columns.")]
    if faults:
        raise InstanceError(faults, raw.source)
    return raw.tables[table]

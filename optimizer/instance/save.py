"""Write an instance as a folder or workbook; reading it back gives the same content."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from optimizer.carry import Kind
from optimizer.errors import CapoptError
from optimizer.files import write_file, write_files
from optimizer.folders import replace_folder
from optimizer.format import guarded
from optimizer.instance.head_file import HEAD_FILE
from optimizer.instance.notes import Notes, is_comment, is_note, with_notes
from optimizer.instance.raw import number_text
from optimizer.instance.workbook import HEAD_SHEET
from optimizer.schema import load_schema

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from optimizer.instance.instance import Instance


OTHER_FILES = frozenset({".xls", ".xlsm", ".xlsb", ".ods", ".csv", ".tsv", ".toml", ".json", ".parquet", ".zip"})
"""Endings of files that no instance is written to: not the name of a folder, but of a file in a wrong format."""


def refuse_other_files(target: Path) -> None:
    """Refuse the name of a file that is not a workbook in the format written.

    Raises
    ------
    CapoptError
        If it is one.
    """
    if target.suffix.lower() in OTHER_FILES:
        expected = "name a workbook that ends in .xlsx, or a folder"
        raise CapoptError(f"cannot write {target}: {target.suffix} is not supported; {expected}")


def is_table_file(parts: tuple[str, ...]) -> bool:
    """Whether a path below an instance's folder is one that :func:`save_folder` writes."""
    path = PurePath(*parts)
    return len(parts) == 1 and (parts[0] == HEAD_FILE or (path.suffix == ".csv" and path.stem in load_schema().tables))


def save_folder(instance: Instance, folder: Path) -> None:
    """Write ``instance.toml`` and one CSV per table that has rows; the other tables of the format are removed."""
    put_folder(folder, folder_contents(instance))


def put_folder(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write the files of an instance into a folder; its tables that are not among them are removed, other files stay.

    The folder is replaced at once. Only where it is the working folder, or holds folders or no instance, are its files
    replaced one by one, the head last.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    if not folder.exists() or _can_be_exchanged(folder):
        replace_folder(folder, contents, KIND)
        return
    write_files(folder, {name: contents[name] for name in sorted(contents, key=lambda name: name == HEAD_FILE)})
    for table in load_schema().tables:
        if f"{table}.csv" not in contents:
            (folder / f"{table}.csv").unlink(missing_ok=True)


def _can_be_exchanged(folder: Path) -> bool:
    plain = (folder / HEAD_FILE).is_file() and not any(entry.is_dir() for entry in folder.iterdir())
    return plain and not folder.is_mount() and not folder.samefile(Path.cwd())


def folder_contents(instance: Instance) -> dict[str, bytes]:
    """The files of an instance by their names."""
    contents = {HEAD_FILE: _head_text(instance).encode()}
    for table in load_schema().tables:
        if records := _records(instance, table):
            contents[f"{table}.csv"] = _csv_bytes(records)
    for name, notes in _sheets(instance).items():
        contents[f"{name}.csv"] = _csv_bytes(list(cells) for _, cells in notes.rows)
    return contents


def _csv_bytes(records: Iterable[list[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([_csv(cell) for cell in record] for record in records)
    return text.getvalue().encode()


def save_workbook(instance: Instance, path: Path) -> None:
    """Write one sheet per table that has rows, and the sheet of the head."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = HEAD_SHEET
    _write(sheet, _head_records(instance))
    for table in load_schema().tables:
        if records := _records(instance, table):
            _write(book.create_sheet(table), records)
    for name, notes in _sheets(instance).items():
        _write(book.create_sheet(name[:31]), [list(cells) for _, cells in notes.rows])
    content = io.BytesIO()
    book.save(content)
    write_file(path, content.getvalue())


KIND = Kind(HEAD_FILE, is_table_file)


def _head(instance: Instance) -> list[tuple[str, Any]]:
    """Keys and values of the head that say more than their defaults."""
    columns = load_schema().head.columns
    return [(key, value) for key, value in vars(instance.head).items() if value != columns[key].default]


def _head_records(instance: Instance) -> list[list[Any]]:
    """Rows of the sheet of the head, with its notes where they were."""
    written = {key: [key, value] for key, value in _head(instance)}
    records = [["key", "value"], *(written.get(key, [None, None]) for key in load_schema().head.columns)]
    noted = with_notes(records, instance.notes.get(HEAD_SHEET))
    return [cells for cells in noted if any(cell is not None for cell in cells)]


def _head_text(instance: Instance) -> str:
    """``instance.toml``, with its notes as comments."""
    lines = []
    names = list(instance.notes[HEAD_SHEET].columns) if HEAD_SHEET in instance.notes else []
    for cells in _head_records(instance):
        if is_comment(cells):
            text = " ".join(str(cell) for cell in cells if cell is not None)
            lines += [line if line.startswith("#") else f"# {line}" for line in text.splitlines()]
        elif cells[0] != "key":
            notes = ((name, cell) for name, cell in zip(names, cells[2:], strict=False) if cell is not None)
            lines += [f"# {name}: {line}" for name, cell in notes for line in str(cell).splitlines()]
            lines += [f"{cells[0]} = {toml_value(cells[1])}"] if cells[0] is not None else []
    return "".join(f"{line}\n" for line in lines)


def _sheets(instance: Instance) -> dict[str, Notes]:
    """Sheets of notes."""
    sheets = {name: notes for name, notes in instance.notes.items() if is_note(name)}
    return {re.sub(r"[\[\]:*?/\\\0]", "-", name): notes for name, notes in sheets.items()}


def _records(instance: Instance, table: str) -> list[list[Any]]:
    """Header and rows with notes; columns that say nothing beyond their default are left out. Empty without any row."""
    rows, notes = instance.rows[table], instance.notes.get(table)
    if not rows and notes is None:
        return []
    columns: list[list[Any]] = []
    for column in load_schema().tables[table].columns.values():
        cells = [instance.written(column, row) for row in rows]
        plain = [] if column.default is None else [column.default]
        if column.required or any(cell is not None and cell not in plain for cell in cells):
            columns.append([column.name, *cells])
    return with_notes([list(record) for record in zip(*columns, strict=True)], notes)


def _csv(cell: Any) -> Any:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, str):
        return guarded(cell)
    return number_text(cell) if isinstance(cell, float) else cell


def toml_value(value: Any) -> str:
    """A TOML value; JSON writes text the same way."""
    return json.dumps(value, ensure_ascii=False)


def cell_value(value: Any) -> Any:
    """A value as a workbook keeps it: integers as such, and as text a number that needs a 17th digit."""
    if not isinstance(value, float):
        return value
    if abs(value) < 1e15 and value == int(value):
        return int(value)
    return value if float(f"{value:.16g}") == value else number_text(value)


def _write(sheet: Worksheet, records: list[list[Any]]) -> None:
    for i, record in enumerate(records, start=1):
        for j, found in enumerate(record, start=1):
            if found is None:
                continue
            cell, value = sheet.cell(i, j), cell_value(found)
            cell.value = value
            if isinstance(value, str):
                cell.data_type = "s"  # text that starts with = stays text
                cell.quotePrefix = value[:1] in "=+-@"

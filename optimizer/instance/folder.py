"""Read a folder: ``instance.toml`` and one ``<table>.csv`` per table."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from optimizer.errors import Fault, InstanceError
from optimizer.format import grouped, unguarded
from optimizer.instance.head_file import HEAD_FILE, head_notes, parse_head
from optimizer.instance.notes import Notes, is_comment, is_note
from optimizer.instance.raw import (
    CELL_LIMIT,
    Raw,
    RawTable,
    Speller,
    drop_unnamed,
    quoted,
    refuse_long,
    report_unknown,
    shown,
    take_comment,
    tidy,
)
from optimizer.schema import load_schema

_MANY = "Put a cell that contains a comma into quotation marks, and write numbers without commas."
_BOMS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


class _UnreadableError(Exception):
    """A file that cannot be read; carries the error with the reason."""

    def __init__(self, where: str, problem: str, row: int | None = None) -> None:
        super().__init__(problem)
        self.fault = Fault(where=where, row=row, problem=problem)


def read_folder(folder: Path) -> Raw:
    """Everything found in a folder that exists."""
    raw = Raw(source=str(folder), head_where=HEAD_FILE)
    try:
        names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError as error:
        raw.faults.append(Fault(where=folder.name, problem=f"cannot be listed: {error.strerror}."))
        raw.head_broken, raw.broken = True, set(load_schema().tables)
        return raw
    if HEAD_FILE not in names and not any(name.lower().endswith(".csv") for name in names):
        problem = "contains no instance: neither instance.toml nor a table."
        raise InstanceError([Fault(where=str(folder), value=str(folder), problem=problem)])
    _read_head(folder, names, raw)
    for name in names:
        path = folder / name
        if path.suffix.lower() == ".csv" and is_note(path.stem):
            _read_notes(path, raw)
        elif path.suffix.lower() == ".csv" or (path.is_file() and path.stem in load_schema().tables):
            _read_table(path, names, raw)
    return raw


def read_file(path: Path, table: str) -> Raw:
    """Everything found in a CSV file, of any name, that has one table."""
    raw = Raw(source=str(path), head_where=HEAD_FILE)
    try:
        raw.tables[table] = _parse(path, table, raw)
    except _UnreadableError as error:
        raw.faults.append(error.fault)
        raw.broken.add(table)
    return raw


def _read_notes(path: Path, raw: Raw) -> None:
    """A file of notes: its cells are kept, whatever they are."""
    try:
        data = _bytes(path)
    except _UnreadableError:
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    try:
        rows = [tuple(unguarded(cell) or None for cell in cells) for cells in csv.reader(io.StringIO(text, newline=""))]
    except csv.Error:
        rows = [(line,) for line in text.splitlines()]
    raw.notes[path.stem] = Notes(tuple((0, cells) for cells in rows))


def _bytes(path: Path) -> bytes:
    if path.exists() and not path.is_file():
        raise _UnreadableError(path.name, f"is {'a folder' if path.is_dir() else 'no regular file'}; expected a file.")
    try:
        return path.read_bytes()
    except OSError as error:
        raise _UnreadableError(path.name, f"cannot be read: {error.strerror or error}.") from None


def _text(path: Path) -> str:
    """Text of a UTF-8 file, with or without a byte-order mark."""
    data = _bytes(path)
    if encoding := _BOMS.get(data[:2]):
        raise _UnreadableError(path.name, f"is {encoding} text; save it as UTF-8.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"is not UTF-8 text: byte 0x{data[error.start]:02X} cannot be read; save it as UTF-8."
        raise _UnreadableError(path.name, what, line) from None


# ---------------------------------------------------------------- head
def _read_head(folder: Path, names: list[str], raw: Raw) -> None:
    if HEAD_FILE not in names:
        other = next((name for name in names if name.lower().endswith(".toml")), "")
        problem = "is missing: the head of an instance, with its name, start and months."
        raw.faults.append(Fault(HEAD_FILE, problem=problem + (f" Rename {quoted(other)}." if other else "")))
        raw.head_broken = True
        return
    try:
        text = _text(folder / HEAD_FILE)
    except _UnreadableError as error:
        raw.faults.append(error.fault)
        raw.head_broken = True
        return
    found = parse_head(text)
    raw.faults += found.faults
    raw.head_notes = head_notes(text)
    raw.head, raw.head_broken = {key: tidy(value) for key, value in found.values.items()}, found.broken
    raw.head_places = {key: (_line_of(key, text), "") for key in raw.head}


def _line_of(key: str, text: str) -> int | None:
    found = re.search(rf"^[ \t]*\[*[ \t]*[\"']?{re.escape(key)}[\"']?[ \t]*(?:=|\]|\.)", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else None


# ---------------------------------------------------------------- tables
def _read_table(path: Path, names: list[str], raw: Raw) -> None:
    tables = load_schema().tables
    table = path.stem if path.suffix == ".csv" else ""
    if table not in tables:
        guess = path.stem if path.stem in tables else Speller().nearest(path.stem, tables)
        report_unknown(raw, path.name, guess, [name.removesuffix(".csv") for name in names], ".csv")
        return
    try:
        raw.tables[table] = _parse(path, table, raw)
    except _UnreadableError as error:
        raw.faults.append(error.fault)
        raw.broken.add(table)


def _records(path: Path) -> Iterator[tuple[int, list[Any]]]:
    """Line number and cells of every record that is not blank."""
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            record = [tidy(unguarded(cell)) for cell in cells]
            if any(cell is not None for cell in record):
                yield line, record
            line = reader.line_num + 1
    except csv.Error as error:
        raise _UnreadableError(path.name, _csv_problem(str(error)), line) from None


def _csv_problem(message: str) -> str:
    if "field larger" in message:
        return f"has a cell of more than {grouped(CELL_LIMIT)} characters; is a quotation mark left open?"
    if "end of data" in message:
        return "has a quotation mark that is never closed; the rest of the file cannot be read."
    if "NUL" in message:
        return "contains a NUL character; the rest of the file cannot be read."
    return f"is not valid CSV ({message}); the rest of the file cannot be read."


def _to_header(records: Iterator[tuple[int, list[Any]]]) -> tuple[list[Any], int, list[Any] | None]:
    """Comments above the header, its line and its cells, None if there is none."""
    comments: list[Any] = []
    for line, cells in records:
        if not is_comment(cells):
            return comments, line, cells
        comments.append((line, cells))
    return comments, 1, None


def _parse(path: Path, table: str, raw: Raw) -> RawTable:
    records = _records(path)
    comments, line, header = _to_header(records)
    if header is None:
        raise _UnreadableError(path.name, "is empty; expected a header row with the names of the columns.")
    for mark, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and mark in str(header[0]) and len(load_schema().tables[table].columns) > 1:
            raise _UnreadableError(path.name, f"has its cells separated by {name}; expected commas.", line)
    found = RawTable(table, path.name, [cell or "" for cell in header], header_row=line)
    found.comments += comments
    width = len(header)
    for row, cells in records:
        if take_comment(found, raw, row, cells):
            continue
        if len(cells) == width:
            found.rows.append((row, cells))
        elif any(cell is not None for cell in cells[width:]):
            problem = f"the row has {len(cells)} cells and the header has {width}. {_MANY}"
            text = shown(",".join(c or "" for c in cells))
            raw.faults.append(Fault(where=path.name, row=row, value=text, problem=problem))
            found.lost.append(cells)
        else:
            found.rows.append((row, [*cells[:width], *[None] * (width - len(cells))]))
    drop_unnamed(found, raw)
    refuse_long(found, raw)
    return found

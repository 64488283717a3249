"""Limits of what is uploaded, checked before anything is parsed."""

from __future__ import annotations

import io
import json
import re
import stat
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from optimizer.format import grouped

HEAD_FILE = "instance.toml"
_WORKBOOK = "xl/workbook.xml"
_BLOCK = 2**20
_XML = (".xml", ".rels", ".vml")
_DECLARED = re.compile(rb"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_OVERLAP = 16  # bytes of a block that are looked at together with the next one
_BOMS = (b"\xff\xfe", b"\xfe\xff", b"\x00\x3c", b"\x3c\x00")  # XML that is not UTF-8
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, RuntimeError)


@dataclass(frozen=True)
class UploadLimits:
    """Limits of an upload.

    Attributes
    ----------
    size : int
        Bytes as they are sent.
    unpacked : int
        Bytes of all files in an archive.
    files : int
        Files in an archive.
    sheets : int
        Sheets of a workbook.
    cells : int
        Cells of a workbook, or of all tables.
    seconds : float
        Seconds that reading may take.
    memory_mb : int
        Memory that reading may take, in MiB.
    """

    size: int = 64 * 2**20
    unpacked: int = 512 * 2**20
    files: int = 500
    sheets: int = 200
    cells: int = 3_000_000
    seconds: float = 120.0
    memory_mb: int = 3072


class Refused(Exception):
    """An upload that is not read; ``status`` is that of the answer: 413 too large, 415 of another kind, 422 hostile."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


def kind_of(data: bytes, limits: UploadLimits) -> str:
    """Return the kind of an upload, ``workbook``, ``folder`` (a zip) or ``tables`` (JSON), after checking its limits.

    Raises
    ------
    Refused
        If it is of another kind, beyond a limit, or made to do harm.
    """
    if len(data) > limits.size:
        raise Refused(413, f"the upload has {grouped(len(data))} bytes; at most {grouped(limits.size)} are accepted")
    if data[:2] == b"PK":
        return _archive_kind(data, limits)
    if data.lstrip()[:1] == b"{":
        return "tables"
    old = "an old Excel workbook: save it as .xlsx" if data[:4] == b"\xd0\xcf\x11\xe0" else "none of these"
    raise Refused(415, f"expected an .xlsx workbook, a zip of the instance's folder or JSON tables; found {old}")


def _archive_kind(data: bytes, limits: UploadLimits) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_entries(entries, limits)
            names = {entry.filename for entry in entries}
            if _WORKBOOK in names:
                _check_workbook(archive, entries, limits)
                return "workbook"
            if any(PurePosixPath(name).name == HEAD_FILE for name in names):
                _read_all(archive, entries, limits, lambda *_: None)
                return "folder"
    except _BROKEN as error:
        raise Refused(422, f"the archive is damaged: {error}") from None
    raise Refused(415, f"the archive is neither an .xlsx workbook nor the zip of a folder with {HEAD_FILE}")


def _check_entries(entries: list[zipfile.ZipInfo], limits: UploadLimits) -> None:
    """Refuse names that lead out of a folder, links, names that come twice, and archives beyond the limits."""
    if len(entries) > limits.files:
        raise Refused(
            413, f"the archive has {grouped(len(entries))} files; at most {grouped(limits.files)} are accepted"
        )
    if sum(entry.file_size for entry in entries) > limits.unpacked:
        raise Refused(413, f"the archive unpacks to more than {grouped(limits.unpacked)} bytes")
    seen: set[str] = set()
    for entry in entries:
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        outside = path.is_absolute() or ".." in path.parts or ":" in entry.filename or "\x00" in entry.orig_filename
        if outside or "\\" in entry.orig_filename:
            raise Refused(422, f"the archive has the path {entry.orig_filename[:200]!r}, which leads out of its folder")
        if stat.S_ISLNK(entry.external_attr >> 16):
            raise Refused(422, f"the archive has a symbolic link, {entry.filename[:200]!r}")
        if entry.flag_bits & 1:
            raise Refused(422, f"the file {entry.filename[:200]!r} of the archive is encrypted")
        if str(path).casefold() in seen:
            raise Refused(422, f"the archive has two files {entry.filename[:200]!r}")
        seen.add(str(path).casefold())


def _check_workbook(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], limits: UploadLimits) -> None:
    """Refuse XML with entities or in another encoding than UTF-8, too many sheets and too many cells."""
    sheets = sum(entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml") for entry in entries)
    if sheets > limits.sheets:
        raise Refused(413, f"the workbook has {grouped(sheets)} sheets; at most {grouped(limits.sheets)} are accepted")
    cells = 0

    def look(entry: zipfile.ZipInfo, block: bytes, before: bytes) -> None:
        nonlocal cells
        if not entry.filename.lower().endswith(_XML):
            return
        if not before and block[:2] in _BOMS:
            raise Refused(422, f"{entry.filename} of the workbook is not in UTF-8")
        if _DECLARED.search(before + block):
            raise Refused(422, f"{entry.filename} of the workbook declares a document type or entities")
        if entry.filename.startswith("xl/worksheets/"):
            cells += len(_CELL.findall(before + block)) - len(_CELL.findall(before))
            if cells > limits.cells:
                raise Refused(413, f"the workbook has more than {grouped(limits.cells)} cells")

    _read_all(archive, entries, limits, look)


def _read_all(
    archive: zipfile.ZipFile,
    entries: list[zipfile.ZipInfo],
    limits: UploadLimits,
    look: Callable[[zipfile.ZipInfo, bytes, bytes], None],
) -> None:
    """Unpack an archive block by block, and stop at the limit, whatever sizes it states."""
    unpacked = 0
    for entry in entries:
        with archive.open(entry) as file:
            before = b""
            while block := file.read(_BLOCK):
                unpacked += len(block)
                if unpacked > limits.unpacked:
                    raise Refused(413, f"the archive unpacks to more than {grouped(limits.unpacked)} bytes")
                look(entry, block, before)
                before = block[-_OVERLAP:]


def parse_tables(data: bytes, limits: UploadLimits) -> dict[str, Any]:
    """Return the JSON tables of an upload: the settings under ``instance``, and lists of rows by table.

    Raises
    ------
    Refused
        If it is not JSON, of another form, or beyond the limits.
    """
    try:
        found = json.loads(data, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refused(422, f"the upload is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise Refused(422, "expected a JSON object with the settings under 'instance' and a list of rows by table")
    cells = 0
    for name, rows in found.items():
        plain = [rows] if isinstance(rows, dict) and name == "instance" else rows
        if not isinstance(plain, list) or not all(isinstance(row, dict) for row in plain):
            raise Refused(422, f"table {name[:100]!r}: expected a list of rows, each an object of columns and values")
        cells += sum(map(len, plain))
        if cells > limits.cells:
            raise Refused(413, f"the tables have more than {grouped(limits.cells)} cells")
        if any(isinstance(value, dict) for row in plain for value in row.values()):
            raise Refused(422, f"table {name[:100]!r}: a value is an object; expected text, numbers or lists of them")
    return found


def _no_constant(text: str) -> float:
    raise ValueError(f"{text} is not a number in JSON")

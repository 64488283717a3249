"""Hostile uploads are refused before they are parsed, or while they are read in a process with limits."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import xlsxwriter

from optimizer.service.reading import read_upload
from optimizer.service.uploads import Refused, UploadLimits, kind_of, parse_tables
from tests.command import ROOT

LIMITS = UploadLimits()
EXAMPLE = Path(ROOT) / "instances" / "first-steps"
CONTENT = b'<?xml version="1.0"?><sheet/>'


def archive(files: dict[str, bytes]) -> bytes:
    """A zip of files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as found:
        for name, data in files.items():
            found.writestr(name, data)
    return target.getvalue()


def workbook(**parts: bytes) -> bytes:
    """A zip that looks like a workbook, with sheets."""
    return archive({"xl/workbook.xml": CONTENT, **{f"xl/worksheets/{name}.xml": data for name, data in parts.items()}})


def link() -> bytes:
    """A zip with a symbolic link out of its folder."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as found:
        found.writestr("instance.toml", "")
        about = zipfile.ZipInfo("demand.csv")
        about.external_attr = (stat.S_IFLNK | 0o777) << 16
        found.writestr(about, "/etc/passwd")
    return target.getvalue()


def twice() -> bytes:
    """A zip with two files of one name."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as found:
        found.writestr("instance.toml", "a = 1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            found.writestr("instance.toml", "b = 1")
    return target.getvalue()


def understated() -> bytes:
    """A zip whose directory states one byte for a file of a mebibyte."""
    data = bytearray(archive({"instance.toml": b"x" * 2**20}))
    place = data.rindex(b"PK\x01\x02")
    data[place + 24 : place + 28] = (1).to_bytes(4, "little")
    return bytes(data)


HOSTILE: dict[str, tuple[Callable[[], bytes], int, str]] = {
    "zip bomb": (lambda: archive({"instance.toml": bytes(LIMITS.unpacked + 1)}), 413, "unpacks to more than"),
    "many files": (lambda: archive({f"{i}.csv": b"" for i in range(501)}), 413, "501 files"),
    "path traversal": (lambda: archive({"instance.toml": b"", "../../etc/x": b""}), 422, "leads out of its folder"),
    "absolute path": (lambda: archive({"instance.toml": b"", "/etc/x": b""}), 422, "leads out of its folder"),
    "drive": (lambda: archive({"instance.toml": b"", "C:x": b""}), 422, "leads out of its folder"),
    "backslashes": (lambda: archive({"instance.toml": b"", "..\\x": b""}), 422, "leads out of its folder"),
    "symbolic link": (link, 422, "a symbolic link"),
    "one name twice": (twice, 422, "two files"),
    "understated size": (understated, 422, "damaged"),
    "half an archive": (lambda: archive({"instance.toml": b"x"})[:-20], 422, "damaged"),
    "entities": (
        lambda: workbook(a=b'<!DOCTYPE x [<!ENTITY a "aaaa">]><sheet>&a;</sheet>'),
        422,
        "declares a document type",
    ),
    "entities across blocks": (
        lambda: workbook(a=b" " * (2**20 - 4) + b"<!DOCTYPE x>"),
        422,
        "declares a document type",
    ),
    "entities in UTF-16": (lambda: workbook(a="<!DOCTYPE x><a/>".encode("utf-16")), 422, "not in UTF-8"),
    "many cells": (lambda: workbook(a=b"<c/>" * 3_000_001), 413, "more than 3,000,000 cells"),
    "many sheets": (lambda: workbook(**{f"s{i}": CONTENT for i in range(201)}), 413, "201 sheets"),
    "too large": (lambda: b"{" + b" " * LIMITS.size, 413, "at most 67,108,864"),
    "old workbook": (lambda: b"\xd0\xcf\x11\xe0" + bytes(100), 415, "save it as .xlsx"),
    "an executable": (lambda: b"\x7fELF" + bytes(100), 415, "found none of these"),
    "another archive": (lambda: archive({"readme.txt": b"x"}), 415, "neither an .xlsx workbook"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_upload_is_refused(name: str) -> None:
    """Tests that each is refused by its own message, before anything is parsed."""
    make, status, why = HOSTILE[name]
    with pytest.raises(Refused, match=why) as caught:
        kind_of(make(), LIMITS)
    assert caught.value.status == status


TABLES = {
    "not JSON": (b"{", "not JSON"),
    "nested": (b'{"instance":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "not JSON"),
    "infinite": (b'{"demand": [{"gpus": Infinity}]}', "Infinity is not a number"),
    "rows": (b'{"demand": [1]}', "expected a list of rows"),
    "values": (b'{"demand": [{"gpus": {"a": 1}}]}', "a value is an object"),
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_another_form_are_refused(name: str) -> None:
    """Tests that JSON that is no tables is refused with what is expected."""
    data, why = TABLES[name]
    with pytest.raises(Refused, match=why):
        parse_tables(data, LIMITS)


def test_tables_have_a_limit_of_cells() -> None:
    """Tests that 3 rows of 2 cells are more than 5 cells."""
    data = json.dumps({"demand": [{"a": 1, "b": 2}] * 3}).encode()
    with pytest.raises(Refused, match="more than 5 cells"):
        parse_tables(data, UploadLimits(cells=5))


def test_a_folder_is_read() -> None:
    """Tests that the zip of a folder, within another folder, is the instance in it."""
    found = read_upload(archive({f"x/{one.name}": one.read_bytes() for one in EXAMPLE.iterdir()}), LIMITS)
    assert (found.about["name"], found.faults, found.error) == ("first-steps", [], "")
    assert "instance.toml" in zipfile.ZipFile(io.BytesIO(found.folder)).namelist()


def test_reading_has_a_limit_of_memory() -> None:
    """Tests that a workbook that needs more memory than allowed is refused, and the server goes on."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("demand")
        for row in range(50_000):
            sheet.write_row(row, 0, (row, row + 0.5))
    data = target.getvalue()
    with pytest.raises(Refused) as caught:
        read_upload(data, UploadLimits(memory_mb=8))
    assert caught.value.status == 413
    with pytest.raises(Refused, match=r"more than 0\.001 s"):
        read_upload(data, UploadLimits(seconds=0.001))


def test_faults_are_found_with_the_marked_workbook(tmp_path: Path) -> None:
    """Tests that an invalid workbook is answered by its errors and a copy in which they are marked."""
    from openpyxl import load_workbook

    import optimizer

    source = optimizer.read(str(EXAMPLE)).save(tmp_path / "a.xlsx")
    book = load_workbook(source)
    sheet = book["instance"]
    months = next(row for row in sheet.iter_rows() if row[0].value == "months")
    months[1].value = "many"
    book.save(source)
    found = read_upload(source.read_bytes(), LIMITS)
    assert [(one["where"], one["value"]) for one in found.faults] == [("instance", "many")]
    marked = tmp_path / "b.xlsx"
    marked.write_bytes(found.marked)
    assert "Errors" in load_workbook(marked).sheetnames
    assert (found.about, found.folder) == ({}, b"")

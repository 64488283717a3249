"""Folders with a fault in a file as a whole, in a header or in a row: each is reported once, exactly."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.errors import InstanceError
from optimizer.instance.read import read
from tests.instance.fault_texts import fault_texts
from tests.instance.sample import HEAD, put, sample, write_folder

UNKNOWN = "no such column in the format. If it contains notes, begin its name with notes."
TOML = b'format = 1\nname = "sample"\nstart = "2026-01"\nmonths = 24\n'

# Files of the sample that are rewritten, or removed (None), and all errors that are reported.
WRONG_FILES: dict[str, tuple[dict[str, bytes | None], list[str]]] = {
    "unknown table": (
        {"fleets.csv": b"site\nnorth\n"},
        ["fleets.csv: no such table in the format. Did you mean 'fleet.csv'?"],
    ),
    "table renamed": (
        {"contracts.csv": None, "contract.csv": b"contract\nlease\n"},
        ["contract.csv: no such table in the format. Did you mean 'contracts.csv'?"],
    ),
    "unknown table, none near": (
        {"xyzzy.csv": b"a\n1\n"},
        ["xyzzy.csv: no such table in the format. If it contains notes, begin its name with notes."],
    ),
    "capitals": ({"Sites.CSV": b"site\n"}, ["Sites.CSV: no such table in the format. Did you mean 'sites.csv'?"]),
    "another ending": (
        {"sites.csv": None, "sites.tsv": b"site\tregion\nnorth\teurope\n"},
        ["sites.tsv: no such table in the format. Did you mean 'sites.csv'?"],
    ),
    "no head": (
        {"instance.toml": None},
        ["instance.toml: is missing: the head of an instance, with its name, start and months."],
    ),
    "head of another name": (
        {"instance.toml": None, "head.toml": TOML},
        ["instance.toml: is missing: the head of an instance, with its name, start and months. Rename 'head.toml'."],
    ),
    "head empty": (
        {"instance.toml": b""},
        [f"instance.toml, column {key}: the required key is missing." for key in ("format", "name", "start", "months")],
    ),
    "head in UTF-16": (
        {"instance.toml": TOML.decode().encode("utf-16")},
        ["instance.toml: is UTF-16 text; save it as UTF-8."],
    ),
    "head in Latin-1": (
        {"instance.toml": TOML + 'title = "Größe"\n'.encode("latin-1")},
        ["instance.toml, row 5: is not UTF-8 text: byte 0xF6 cannot be read; save it as UTF-8."],
    ),
    "head not TOML": (
        {"instance.toml": TOML + b"title plain\n"},
        ["instance.toml, row 5: is not valid TOML: expected '=' after a key in a key/value pair."],
    ),
    "head with a quotation mark open": (
        {"instance.toml": TOML + b'title = """never\n'},
        ["instance.toml, row 6: is not valid TOML: unterminated string."],
    ),
    "head with a key twice": (
        {"instance.toml": TOML + b"months = 12\n"},
        ["instance.toml, row 5: is not valid TOML: cannot overwrite a value."],
    ),
    "head with a NUL": (
        {"instance.toml": TOML + b"\0"},
        ["instance.toml, row 5: is not valid TOML: invalid statement."],
    ),
    "head with a table": (
        {"instance.toml": TOML + b"[solver]\ngap = 1\n"},
        ["instance.toml, row 5, column solver: no such key in the format."],
    ),
    "head too deep": (
        {"instance.toml": TOML + b"title = " + b"[" * 5000 + b"\n"},
        ["instance.toml: is not valid TOML: it is nested too deeply."],
    ),
    "Latin-1": (
        {"sites.csv": "site,region\nnorth,europe\nsouth,Köln\n".encode("latin-1")},
        ["sites.csv, row 3: is not UTF-8 text: byte 0xF6 cannot be read; save it as UTF-8."],
    ),
    "UTF-16": (
        {"sites.csv": "site,region\nnorth,europe\n".encode("utf-16")},
        ["sites.csv: is UTF-16 text; save it as UTF-8."],
    ),
    "empty": ({"sites.csv": b""}, ["sites.csv: is empty; expected a header row with the names of the columns."]),
    "blank lines only": (
        {"sites.csv": b"\n , \n\n"},
        ["sites.csv: is empty; expected a header row with the names of the columns."],
    ),
    "semicolons": (
        {"sites.csv": b"site;region\nnorth;europe\n"},
        ["sites.csv, row 1: has its cells separated by semicolons; expected commas."],
    ),
    "tabs": (
        {"sites.csv": b"site\tregion\nnorth\teurope\n"},
        ["sites.csv, row 1: has its cells separated by tabs; expected commas."],
    ),
    "rows of other lengths": (
        {"sites.csv": b"site,region,pue\nnorth,europe\nsouth,america,1.2,1\n"},
        [
            "sites.csv, row 3: the row has 4 cells and the header has 3. "
            "Put a cell that contains a comma into quotation marks, and write numbers without commas."
        ],
    ),
    "quotation mark open": (
        {"sites.csv": b'site,region\nnorth,europe\n"south,america\n'},
        ["sites.csv, row 3: has a quotation mark that is never closed; the rest of the file cannot be read."],
    ),
    "quotation mark within": (
        {"sites.csv": b'site,region\nnorth,"eu"rope\nsouth,america\n'},
        ["sites.csv, row 2: is not valid CSV (',' expected after '\"'); the rest of the file cannot be read."],
    ),
    "NUL": (
        {"sites.csv": b"site,region\nnorth,europe\nso\0uth,america\n"},
        [
            "sites.csv, row 3, column site: 'so\\x00uth' contains a character that cannot be seen (U+0000). "
            "Did you mean 'south'?"
        ],
    ),
    "endless cell": (
        {"sites.csv": b'site,region\nnorth,europe\nsouth,"' + b"x" * 140_000 + b"\n"},
        ["sites.csv, row 3: has a cell of more than 32,767 characters; is a quotation mark left open?"],
    ),
    "header in capitals": (
        {"sites.csv": b"Site,region\nnorth,europe\nsouth,america\n"},
        ["sites.csv, row 1, column Site: no such column in the format. Did you mean 'site'?"],
    ),
    "column misspelt": (
        {"sites.csv": b"site,region,availabilty\nnorth,europe,0.9\nsouth,america,1\n"},
        ["sites.csv, row 1, column availabilty: no such column in the format. Did you mean 'availability'?"],
    ),
    "column misspelt beside the right one": (
        {"sites.csv": b"site,region,regoin\nnorth,europe,asia\nsouth,america,asia\n"},
        ["sites.csv, row 1, column regoin: no such column in the format. Did you mean 'region'?"],
    ),
    "column unknown": (
        {"sites.csv": b"site,region,zzz\nnorth,europe,1\nsouth,america,1\n"},
        [f"sites.csv, row 1, column zzz: {UNKNOWN}"],
    ),
    "column twice": (
        {"sites.csv": b"site,region,pue,pue\nnorth,europe,1,2\nsouth,america,1,2\n"},
        ["sites.csv, row 1, column pue: the column appears twice in the header."],
    ),
    "required column absent": (
        {"sites.csv": b"site,pue\nnorth,1\nsouth,1\n"},
        ["sites.csv, row 1, column region: the required column is missing."],
    ),
    "column without a name": (
        {"sites.csv": b"site,region,\nnorth,europe,\nsouth,america,new\n"},
        ["sites.csv, row 3: a column without a name contains values."],
    ),
    "no header": (
        {"sites.csv": b"north,europe\nsouth,america\n"},
        [
            f"sites.csv, row 1, column north: {UNKNOWN}",
            f"sites.csv, row 1, column europe: {UNKNOWN}",
            "sites.csv, row 1, column site: the required column is missing.",
            "sites.csv, row 1, column region: the required column is missing.",
        ],
    ),
    "header only": (
        {"sites.csv": b"site,region\n"},
        ["sites.csv: is missing or has no rows, but 7 cells name something in it: first 'north' in power.csv row 2."],
    ),
    "required table without rows": (
        {"accelerators.csv": b"accelerator,kw\n"},
        ["accelerators.csv: is missing or has no rows."],
    ),
    "row after blank ones": (
        {"sites.csv": b"\n\nsite,region\n\n,\nnorth,\n\nsouth,america\n"},
        ["sites.csv, row 6, column region: a required value is missing."],
    ),
    "row after a cell of several lines": (
        {"accelerators.csv": b'accelerator,kw,vendor\ngpu,1.2,"A\r\nB\nC"\ntpu,1.1x,\n'},
        ["accelerators.csv, row 5, column kw: expected a number, found '1.1x'."],
    ),
}


@pytest.mark.parametrize("case", WRONG_FILES)
def test_a_wrong_file_is_told(tmp_path: Path, case: str) -> None:
    """Tests that an invalid file, header or row is reported without errors elsewhere."""
    files, expected = WRONG_FILES[case]
    folder = write_folder(tmp_path / "mine", sample())
    for name, content in files.items():
        (folder / name).unlink() if content is None else (folder / name).write_bytes(content)
    assert fault_texts(folder) == expected


def test_a_table_that_is_a_folder(tmp_path: Path) -> None:
    """Tests that a folder in the place of a table or of the head is reported, and what refers to it is not."""
    folder = write_folder(tmp_path / "mine", sample())
    for name in ("instance.toml", "sites.csv"):
        (folder / name).unlink()
        (folder / name).mkdir()
    expected = [f"{name}: is a folder; expected a file." for name in ("instance.toml", "sites.csv")]
    assert fault_texts(folder) == expected


def test_all_wrong_files_are_told_together(tmp_path: Path) -> None:
    """Tests that a table that cannot be read hides no fault of another, in the order of the format's tables."""
    tables = sample()
    put(tables, "demand", 3, "amount", "lots")
    folder = write_folder(tmp_path / "mine", tables)
    (folder / "power.csv").write_bytes(b"")
    (folder / "sites.csv").write_bytes("site\nKöln\n".encode("latin-1"))
    (folder / "instance.toml").write_bytes(TOML.replace(b"24", b"1000"))
    assert fault_texts(folder) == [
        "instance.toml, row 4, column months: expected at most 240 (months), found 1000.",
        "sites.csv, row 2: is not UTF-8 text: byte 0xF6 cannot be read; save it as UTF-8.",
        "power.csv: is empty; expected a header row with the names of the columns.",
        "demand.csv, row 3, column amount: expected a number, found 'lots'.",
    ]


def test_errors_tell_how_many_faults(tmp_path: Path) -> None:
    """Tests that the error as a whole counts its faults and names the instance."""
    folder = write_folder(tmp_path / "mine", sample(), {**HEAD, "months": 0, "start": "soon"})
    with pytest.raises(
        InstanceError, match=r"^2 errors in instance .*mine:\n  instance\.toml, row 3.*\n  inst.*, row 4"
    ):
        read(folder)

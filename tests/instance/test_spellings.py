"""Folders: what is read the same, and what is no instance at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from optimizer.instance.read import read
from tests.instance.fault_texts import fault_texts
from tests.instance.sample import put, sample, write_folder

TOML = b'format = 1\nname = "sample"\nstart = "2026-01"\nmonths = 24\n'
SAME: dict[str, tuple[str, bytes]] = {
    "byte-order mark": (
        "sites.csv",
        b"\xef\xbb\xbfsite,region,pue,availability\nnorth,europe,1.2,0.97\nsouth,america,,\n",
    ),
    "Windows line ends": ("sites.csv", b"site,region,pue,availability\r\nnorth,europe,1.2,0.97\r\nsouth,america,,\r\n"),
    "old Macintosh line ends": ("sites.csv", b"site,region,pue,availability\rnorth,europe,1.2,0.97\rsouth,america,,\r"),
    "no last line end": ("sites.csv", b"site,region,pue,availability\nnorth,europe,1.2,0.97\nsouth,america,,"),
    "all quoted": (
        "sites.csv",
        b'"site","region","pue","availability"\n"north","europe","1.2","0.97"\n"south","america","",""\n',
    ),
    "columns in another order": (
        "sites.csv",
        b"availability,pue,region,site\n0.97,1.2,europe,north\n,,america,south\n",
    ),
    "rows in another order": ("sites.csv", b"site,region,pue,availability\nsouth,america,,\nnorth,europe,1.2,0.97\n"),
    "blank columns": (
        "accelerators.csv",
        b"accelerator,kw,reference,vendor,description\ngpu,1.2,1,Maker,\ntpu,1.1,1.5,,\n",
    ),
    "blanks around": ("sites.csv", b" site ,region,pue, availability\n north,europe , 1.2 ,0.97\n\tsouth,america,,\n"),
    "blank rows": (
        "sites.csv",
        b"\n\nsite,region,pue,availability\n,,,\nnorth,europe,1.2,0.97\n\nsouth,america,,\n , ,,\n",
    ),
    "column without a name and content": (
        "sites.csv",
        b"site,,region,pue,availability,\nnorth,,europe,1.2,0.97,\nsouth,,america,,,\n",
    ),
    "explicit defaults": ("sites.csv", b"site,region,pue,availability\nnorth,europe,1.2,0.97\nsouth,america,1,1.0\n"),
    "head with a byte-order mark": ("instance.toml", b"\xef\xbb\xbf" + TOML),
    "head with Windows line ends": ("instance.toml", TOML.replace(b"\n", b"\r\n")),
    "head with texts and defaults": ("instance.toml", TOML + b'# a note\ntitle = ""\ncurrency = "USD"\n'),
    "other files": ("notes.txt", b"\xff\xfe\0"),
    "hidden files": (".sites.csv", b"junk"),
}


@pytest.mark.parametrize("case", SAME)
def test_another_spelling_is_read_the_same(tmp_path: Path, case: str) -> None:
    """Tests that what makes no difference makes none."""
    expected = read(write_folder(tmp_path / "plain", sample()))
    folder = write_folder(tmp_path / "mine", sample())
    name, content = SAME[case]
    (folder / name).write_bytes(content)
    assert read(folder) == expected


@pytest.mark.parametrize("text", ["1250000000", "1_250_000_000", "1,250,000,000", "1.25e9", "1250000000.0", "+1.25E+9"])
def test_money_is_read_the_same_in_every_spelling(tmp_path: Path, text: str) -> None:
    """Tests that an amount has one value, however it is written."""
    tables = sample()
    put(tables, "budgets", 2, "amount", text)
    assert read(write_folder(tmp_path, tables)).rows["budgets"][0].amount == 1_250_000_000


# ---------------------------------------------------------------- what is no instance
NO_INSTANCE: list[tuple[Any, str]] = [
    (None, "the source: expected a folder, an .xlsx workbook or a mapping of DataFrames, found NoneType."),
    (7, "the source: expected a folder, an .xlsx workbook or a mapping of DataFrames, found int."),
    (b"mine", "the source: expected a folder, an .xlsx workbook or a mapping of DataFrames, found bytes."),
    ([], "the source: expected a folder, an .xlsx workbook or a mapping of DataFrames, found list."),
    ("nowhere", "nowhere: does not exist; expected a folder or an .xlsx workbook."),
    ("a\0b", "a\\x00b: does not exist; expected a folder or an .xlsx workbook."),
    ("\ud800", "\\ud800: does not exist; expected a folder or an .xlsx workbook."),
    ("x" * 5000, "x" * 77 + "...: cannot be read: File name too long."),
    ("file", "file: is not an instance; expected a folder or an .xlsx workbook."),
    ("file/mine", "file/mine: does not exist; expected a folder or an .xlsx workbook."),
    ("contracts.csv", "contracts.csv: is not an instance; expected a folder or an .xlsx workbook."),
    ("full/instance.toml", "full/instance.toml: is one file of an instance; give its folder. Did you mean 'full'?"),
    ("old.xls", "old.xls: is an old Excel workbook; save it as .xlsx."),
    ("empty", "empty: contains no instance: neither instance.toml nor a table."),
    ("other", "other: contains no instance: neither instance.toml nor a table."),
]


@pytest.mark.parametrize(("source", "message"), NO_INSTANCE, ids=[message[:20] for _, message in NO_INSTANCE])
def test_no_instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: Any, message: str) -> None:
    """Tests that what is no folder, workbook or mapping at all is refused as such."""
    monkeypatch.chdir(tmp_path)
    for name in ("empty", "other", "full"):
        Path(name).mkdir()
    for name in ("file", "contracts.csv", "old.xls", "other/notes.txt", "full/instance.toml"):
        Path(name).write_text("a\n", encoding="utf-8")
    assert fault_texts(source) == [message]

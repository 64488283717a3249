"""All that a saved instance contains: each file of a folder and each cell of a workbook, with notes in their places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from optimizer.errors import CapoptError
from optimizer.instance.instance import Instance
from optimizer.instance.read import read
from optimizer.instance.save import cell_value, folder_contents, is_table_file, refuse_other_files

HEAD_TEXT = """\
# Of two lines,
# as one.
format = 1
name = "mine"
# seen: by Anna
title = "A \\"plan\\": größer"
# agreed
start = "2026-11"
months = 24
discount_rate = 0.085
# end
"""
FILES = {
    "instance.toml": HEAD_TEXT,
    "accelerators.csv": "accelerator,kw,vendor\ngpu,1.25,'=Maker\ntpu,1,\n",
    "throughput.csv": "class,accelerator,factor\nserve,gpu,1\nserve,tpu,0.1\n",
    "providers.csv": "provider,tags\ncloud,us;rival\nneo,\n",
    # North is as by default; a comment between, notes on the right.
    "sites.csv": "# ours,,,,\nsite,region,pue,notes\nnorth,europe,1,leased\n# and,another\nsouth,asia,1.2,\n",
    "power.csv": "site,month,mw\nnorth,2026-11,12\nnorth,2027-02,13.5\n",
    "fleet.csv": "site,accelerator,count\nnorth,gpu,1e6\n",
    "contracts.csv": (
        "contract,provider,region,accelerator,accelerators_per_block,price,per,min_term_months,latest,integer,sublease,"
        "renews\n"
        "lease,neo,europe,gpu,100,0.30000000000000004,accelerator_hour,6,2027-03,false,true,\n"
        "flex,neo,asia,tpu,40,1e16,block_month,1,,,,lease\n"
    ),
    "workloads.csv": "workload,class,penalty\nchat,serve,3000\n",
    "demand.csv": "workload,month,amount\nchat,2026-11,500\n",
    "notes on power.csv": "site,call\n\nnorth,'-1\n",
}


@pytest.fixture
def made(tmp_path: Path) -> Instance:
    """Read an instance of two sites from files, columns in any order, with defaults spelt out."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return read(tmp_path)


SAVED = {
    **FILES,
    # A column that is needed for one row is written for all.
    "sites.csv": "# ours\nsite,region,pue,notes\nnorth,europe,1,leased\n# and,another\nsouth,asia,1.2,\n",
    "fleet.csv": "site,accelerator,count\nnorth,gpu,1000000\n",
    "contracts.csv": FILES["contracts.csv"].replace("1e16", "1e+16").replace(",1,,,,lease", ",1,,true,false,lease"),
}


def test_files(made: Instance) -> None:
    """Tests every file: without columns that say no more than their default, and with short numbers."""
    found = {name: data.decode() for name, data in folder_contents(made).items()}
    assert list(found) == list(SAVED)
    assert found == SAVED


def _rows(sheet: Any) -> list[list[Any]]:
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def test_sheets(made: Instance, tmp_path: Path) -> None:
    """Tests every cell of some sheets, of which the head stands first, and the types of numbers and texts."""
    book = load_workbook(made.save(tmp_path / "mine.xlsx"))
    assert book.sheetnames == ["instance", *(name.removesuffix(".csv") for name in list(SAVED)[1:])]
    assert _rows(book["instance"]) == [
        ["key", "value"],
        *([text, None] for text in ("# Of two lines,", "# as one.")),
        *(["format", 1], ["name", "mine"]),
        *(["# seen: by Anna", None], ["title", 'A "plan": größer']),
        *(["# agreed", None], ["start", "2026-11"], ["months", 24], ["discount_rate", 0.085], ["# end", None]),
    ]
    assert _rows(book["accelerators"]) == [["accelerator", "kw", "vendor"], ["gpu", 1.25, "=Maker"], ["tpu", 1, None]]
    assert [cell.data_type for cell in book["accelerators"]["C"]] == ["s", "s", "n"]
    assert _rows(book["sites"]) == [
        ["# ours", None, None, None],
        ["site", "region", "pue", "notes"],
        ["north", "europe", 1, "leased"],
        ["# and", "another", None, None],
        ["south", "asia", 1.2, None],
    ]
    assert _rows(book["contracts"])[1:] == [
        # A number of seventeen digits is text, as a workbook keeps fifteen.
        [
            "lease",
            "neo",
            "europe",
            "gpu",
            100,
            "0.30000000000000004",
            "accelerator_hour",
            6,
            "2027-03",
            False,
            True,
            None,
        ],
        ["flex", "neo", "asia", "tpu", 40, 1e16, "block_month", 1, None, True, False, "lease"],
    ]
    assert _rows(book["notes on power"]) == [["site", "call"], [None, None], ["north", "-1"]]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("1.0", "1.0"),
        (None, None),
        (True, True),
        (7, 7),
        (7.0, 7),
        (-7.0, -7),
        (0.5, 0.5),
        (1e15 - 1, 999_999_999_999_999),
        (1e15, 1e15),
        (0.1 + 0.2, "0.30000000000000004"),
        (-0.1 - 0.2, "-0.30000000000000004"),
        (123456789012345.6, 123456789012345.6),
        (1 / 3, 1 / 3),  # sixteen digits are enough
    ],
)
def test_cells(value: Any, cell: Any) -> None:
    """Tests numbers as a workbook keeps them: integers below 1e15 as such, those of seventeen digits as text."""
    assert (cell_value(value), type(cell_value(value))) == (cell, type(cell))


@pytest.mark.parametrize("name", ["mine", "mine.xlsx", "mine.XLSX", "mine.v2", "a.csv/mine"])
def test_names_to_write_to(name: str) -> None:
    """Tests names of folders, with a point too, and of workbooks."""
    refuse_other_files(Path(name))


@pytest.mark.parametrize("ending", [".xls", ".XLSM", ".csv", ".toml", ".json", ".parquet", ".zip", ".ods"])
def test_names_of_other_files(ending: str) -> None:
    """Tests that a file of another format is refused, with what to do."""
    with pytest.raises(CapoptError) as caught:
        refuse_other_files(Path(f"plans/mine{ending}"))
    expected = "name a workbook that ends in .xlsx, or a folder"
    assert str(caught.value) == f"cannot write plans/mine{ending}: {ending} is not supported; {expected}"


@pytest.mark.parametrize(
    ("parts", "ours"),
    [
        (("instance.toml",), True),
        (("demand.csv",), True),
        (("demand.txt",), False),
        (("demands.csv",), False),
        (("demand",), False),
        (("instance.toml", "demand.csv"), False),
        (("drafts", "demand.csv"), False),
        ((), False),
    ],
)
def test_files_of_an_instance(parts: tuple[str, ...], ours: bool) -> None:
    """Tests which files of a folder belong to an instance."""
    assert is_table_file(parts) == ours

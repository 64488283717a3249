"""One wrong cell, one fault, reported exactly."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from optimizer.errors import InstanceError
from optimizer.instance.read import read
from tests.instance.sample import HEAD, put, sample, write_folder

# Table, row, column and value of a cell of the sample that is changed, and the only error that is reported.
WRONG_CELLS = Path(__file__).parents[1] / "data" / "invalid" / "wrong_cells.csv"


def _wrong_cells() -> list[list[str]]:
    with WRONG_CELLS.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


@pytest.mark.parametrize(("table", "row", "column", "value", "message"), _wrong_cells())
def test_a_wrong_cell_is_one_fault(tmp_path: Path, table: str, row: str, column: str, value: str, message: str) -> None:
    """Tests that one wrong cell gives one fault with file, row, column, what was expected and the nearest value."""
    tables = sample()
    put(tables, table, int(row), column, value)
    with pytest.raises(InstanceError) as caught:
        read(write_folder(tmp_path, tables))
    assert [str(fault) for fault in caught.value.faults] == [message]


def test_faults_carry_their_parts(tmp_path: Path) -> None:
    """Tests that an error has separate fields for programs."""
    tables = sample()
    put(tables, "contracts", 2, "provider", "neos")
    with pytest.raises(InstanceError) as caught:
        read(write_folder(tmp_path, tables))
    (fault,) = caught.value.faults
    assert (fault.where, fault.row, fault.column, fault.value) == ("contracts.csv", 2, "provider", "neos")
    assert (fault.nearest, fault.cell) == ("neo", "")


def test_long_texts(tmp_path: Path) -> None:
    """Tests that a name of 200 characters and a cell of 32,767 are read, and one more of each is refused."""
    tables = sample()
    put(tables, "sites", 3, "region", "x" * 200)
    put(tables, "accelerators", 2, "vendor", "x" * 32_767)
    read(write_folder(tmp_path / "longest", tables))
    put(tables, "sites", 3, "region", "x" * 201)
    put(tables, "accelerators", 2, "vendor", "x" * 32_768)
    with pytest.raises(InstanceError) as caught:
        read(write_folder(tmp_path / "longer", tables))
    assert [fault.problem for fault in caught.value.faults] == [
        "a cell can hold 32,767 characters; this one has 32,768.",
        "a name can have 200 characters; this one has 201.",
    ]


@pytest.mark.parametrize("character", ["\x07", "\u200b", "\n"])
def test_invisible_characters_in_names(tmp_path: Path, character: str) -> None:
    """Tests that a name with a character that nobody sees is refused, and that references to it are no faults."""
    tables = sample()
    put(tables, "contracts", 2, "contract", f"lea{character}se")
    with pytest.raises(InstanceError) as caught:
        read(write_folder(tmp_path, tables))
    (fault,) = caught.value.faults
    assert f"contains a character that cannot be seen (U+{ord(character):04X})" in fault.problem
    assert fault.nearest == "lease"


READ_AS = [
    ("fleet", 2, "count", "1e9", 1e9),
    ("fleet", 2, "count", "1_250_000_000", 1.25e9),
    ("fleet", 2, "count", "1,250,000,000", 1.25e9),
    ("fleet", 2, "count", " +.5 ", 0.5),
    ("fleet", 2, "count", "-0", 0.0),
    ("builds", 2, "lead_months", "5.0", 5),
    ("builds", 2, "integer", "NO", False),
    ("builds", 2, "integer", "1", True),
    ("builds", 2, "earliest", "2025-11", -2),
    ("builds", 2, "latest", "", 23),
    ("providers", 2, "tags", "a; b;", ("a", "b")),
    ("providers", 3, "group", "", "neo"),
    ("training_runs", 2, "sizes", "500", (500.0,)),
    ("accelerators", 2, "vendor", "=1+1", "=1+1"),
]


@pytest.mark.parametrize(("table", "row", "column", "value", "expected"), READ_AS)
def test_a_cell_is_read_as(tmp_path: Path, table: str, row: int, column: str, value: str, expected: object) -> None:
    """Tests the accepted spellings of each type, and the defaults that depend on plan or row."""
    tables = sample()
    put(tables, table, row, column, value)
    found = dict(read(write_folder(tmp_path, tables)).rows[table][row - 2])[column]
    assert (found, type(found)) == (expected, type(expected))


WRONG_HEADS = [
    ("format", 2, "instance.toml, row 1, column format: expected 1, found '2'."),
    ("name", "A b", "instance.toml, row 2, column name: 'A b' must match [a-z0-9-]+. Did you mean 'a-b'?"),
    (
        "start",
        "2026-1",
        "instance.toml, row 3, column start: expected a month YYYY-MM, found '2026-1'. Did you mean '2026-01'?",
    ),
    (
        "months",
        0,
        "instance.toml, row 4, column months: expected at least 1 (months), found 0.",
    ),
    (
        "curency",
        "EUR",
        "instance.toml, row 5, column curency: no such key in the format. Did you mean 'currency'?",
    ),
    ("title", [1], "instance.toml, row 5, column title: expected text, found '[1]'."),
    ("currency", "usd", "instance.toml, row 5, column currency: 'usd' must match [A-Z]{3}. Did you mean 'USD'?"),
]


@pytest.mark.parametrize(("key", "value", "message"), WRONG_HEADS)
def test_a_wrong_head_is_one_fault(tmp_path: Path, key: str, value: object, message: str) -> None:
    """Tests that a wrong value in the head is one fault, and that months relative to it cause no others."""
    with pytest.raises(InstanceError) as caught:
        read(write_folder(tmp_path, sample(), {**HEAD, key: value}))
    assert [str(fault) for fault in caught.value.faults] == [message]


@pytest.mark.parametrize("key", ["format", "name", "start", "months"])
def test_a_missing_key_is_one_fault(tmp_path: Path, key: str) -> None:
    """Tests that each required key of the head is asked for."""
    head = {name: value for name, value in HEAD.items() if name != key}
    with pytest.raises(InstanceError) as caught:
        read(write_folder(tmp_path, sample(), head))
    assert [str(fault) for fault in caught.value.faults] == [
        f"instance.toml, column {key}: the required key is missing."
    ]

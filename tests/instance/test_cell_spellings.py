"""Spellings of cells: every accepted flag, every scale of a number, and both readings of a comma."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.instance.cell_number import BadValueError
from optimizer.instance.cell_value import convert
from optimizer.instance.number_spelling import DECIMALS, GROUPS, comma_use, guess_number, parse_number, two_readings
from optimizer.schema import load_schema

FLAG = load_schema().tables["contracts"].columns["integer"]


@pytest.mark.parametrize(
    ("cells", "flag"),
    [
        (("true", "TRUE", "Yes", "1", 1, 1.0, True), True),
        (("false", "FALSE", "No", "0", 0, 0.0, False), False),
    ],
)
def test_flags(cells: tuple[Any, ...], flag: bool) -> None:
    """Tests every spelling of both flags."""
    assert [convert(cell, FLAG) for cell in cells] == [flag] * len(cells)


@pytest.mark.parametrize("cell", ["2", 2, 0.5, float("inf"), "", "si", "truefalse", None])
def test_no_flags(cell: Any) -> None:
    """Tests that nothing else is a flag."""
    with pytest.raises(BadValueError, match="expected true or false, found"):
        convert(cell, FLAG)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2%", "0.02"),
        ("2 %", "0.02"),
        ("2k", "2000"),
        ("2 K", "2000"),
        ("2m", "2000000"),
        ("2 mn", "2000000"),
        ("2mio", "2000000"),
        ("2B", "2000000000"),
        ("2 bn", "2000000000"),
        ("$5", "5"),
        ("5 EUR", "5"),
        ("USD 2.5k", "2500"),
        ("1,25", "1.25"),
        ("-3,5", "-3.5"),
        ("12.345,6", "12345.6"),
        ("1.234.567", "1234567"),
        ("1 234 567", "1234567"),
        ("1'234.5", "1234.5"),
        ("12 345,5", "12345.5"),
        ("1,2345", ""),  # decimals or groups that are cut off
        ("1,250", ""),  # two readings
        ("1,250k", ""),
        ("1 23", ""),
        ("about 5", ""),
        ("5 kg", ""),
        ("$", ""),
    ],
)
def test_guesses(text: str, number: str) -> None:
    """Tests the only number that a text may mean."""
    assert guess_number(text) == number


@pytest.mark.parametrize(
    ("text", "commas", "number", "readings"),
    [
        ("1,250", "", None, ("1250", "1.25")),
        ("1,250", GROUPS, 1250.0, ("1250", "1.25")),
        ("1,250", DECIMALS, None, ("1250", "1.25")),
        ("-12,034e2", "", None, ("-12034e2", "-1203.4")),
        ("-12,034e2", GROUPS, -1203400.0, ("-12034e2", "-1203.4")),
        ("1.250", "", 1.25, ()),
        ("1.250", GROUPS, 1.25, ()),
        ("1.250", DECIMALS, 1.25, ("1250", "1.25")),
        ("-12.034", DECIMALS, -12.034, ("-12034", "-12.034")),
        ("1234.250", DECIMALS, 1234.25, ()),
        ("0.250", DECIMALS, 0.25, ()),
        ("1,250,000", "", 1250000.0, ()),
        ("1,250.5", "", 1250.5, ()),
        ("1_250", "", 1250.0, ()),
        ("1_25", "", None, ()),
        ("0,250", GROUPS, None, ()),
    ],
)
def test_readings(text: str, commas: str, number: float | None, readings: tuple[str, ...]) -> None:
    """Tests what a number is, and what it can mean, for each use of commas in its table."""
    assert parse_number(text, commas) == number
    assert two_readings(text, commas) == readings


@pytest.mark.parametrize(
    ("texts", "use"),
    [
        (["1,250", "7"], ""),
        (["1,250", "1,250,000"], GROUPS),
        (["1,250", "1,250.5"], GROUPS),
        (["1,250", "1,25"], DECIMALS),
        (["1,250", "0,5"], DECIMALS),
        (["1,250", "1.250,5"], DECIMALS),
        (["1,25", "1,250,000"], ""),  # both
        (["1,25", "a,b"], DECIMALS),
    ],
)
def test_uses_of_commas(texts: list[str], use: str) -> None:
    """Tests that only cells without doubt show what commas do."""
    assert comma_use(texts) == use
    assert comma_use(reversed(texts)) == use

"""Numbers and months that can mean two things: never read silently, and settled only by cells without doubt."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.errors import EditError, InstanceError
from optimizer.instance.cell_number import BadValueError
from optimizer.instance.cell_value import convert
from optimizer.instance.edit import apply_edits, parse_edit
from optimizer.instance.month_reading import month_readings
from optimizer.instance.number_spelling import comma_use
from optimizer.instance.read import read
from optimizer.schema import Column, load_schema
from tests.instance.edits import frames
from tests.instance.fault_texts import fault_texts
from tests.instance.sample import Tables, put, sample, write_folder, write_workbook

TOML = 'format = 1\nname = "sample"\nstart = "2026-01"\nmonths = 24\n'
EITHER = "expected a number, found '1,250', which can mean 1250 (thousands) or 1.25 (decimals). Write the intended one"


def _carriers(folder: Path, tables: Tables) -> list[Any]:
    return [write_folder(folder / "mine", tables), write_workbook(folder / "mine.xlsx", tables), frames(tables)]


def _power(*amounts: str) -> Tables:
    """The sample with these amounts of power, month after month."""
    tables = sample()
    tables["power"] = [["site", "month", "mw"], *(["north", f"2026-0{i}", mw] for i, mw in enumerate(amounts, start=1))]
    return tables


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        # A cell that can only group thousands shows what a comma does in the table.
        (("1,250,000", "1,250"), [1_250_000, 1250]),
        (("1,250", "1,250.5"), [1250, 1250.5]),
        (("1,250,000,000",), [1_250_000_000]),
        # A point with three digits is a decimal point where no comma is one.
        (("1.250", "0.5"), [1.25, 0.5]),
    ],
)
def test_numbers_that_the_table_settles(tmp_path: Path, amounts: tuple[str, ...], expected: list[float]) -> None:
    """Tests that all three carriers read a number with commas where a cell without doubt settles its meaning."""
    for carrier in _carriers(tmp_path, _power(*amounts)):
        assert [row.mw for row in read(carrier).rows["power"]] == expected


@pytest.mark.parametrize(
    ("amounts", "problems"),
    [
        (("1,250", "12.5"), [EITHER]),
        # A decimal comma settles nothing silently: both are refused, and so is the point that may group thousands.
        (("1,250", "0,5"), [EITHER, "expected a number, found '0,5'. Did you mean '0.5'?"]),
        (
            ("1.250", "0,5"),
            [EITHER.replace("1,250", "1.250"), "expected a number, found '0,5'. Did you mean '0.5'?"],
        ),
        # Two cells that contradict each other settle nothing.
        (("1,250", "1,250,000", "0,5"), [EITHER, "expected a number, found '0,5'. Did you mean '0.5'?"]),
    ],
)
def test_numbers_that_nothing_settles(tmp_path: Path, amounts: tuple[str, ...], problems: list[str]) -> None:
    """Tests that all three carriers refuse a number with two readings, and name both."""
    for carrier in _carriers(tmp_path, _power(*amounts)):
        faults = fault_texts(carrier)
        assert len(faults) == len(problems)
        for fault, problem in zip(faults, problems, strict=True):
            assert f"column mw: {problem}" in fault


def test_the_column_settles_a_number() -> None:
    """Tests that 1,250 is 1250 where only integers count, and no silent 1.25 where only that is within bounds."""
    assert convert("1,250", Column("x", "integer", "")) == 1250
    with pytest.raises(BadValueError) as caught:
        convert("1,250", Column("x", "number", "", max=5))
    assert caught.value.nearest == "1.25"


def test_another_table_settles_nothing(tmp_path: Path) -> None:
    """Tests that thousands in one table do not settle a comma in another, which may come from someone else."""
    tables = _power("1,250")
    put(tables, "contracts", 2, "price", "1,250,000")
    (fault,) = fault_texts(write_folder(tmp_path, tables))
    assert fault.startswith(f"power.csv, row 2, column mw: {EITHER}")


@pytest.mark.parametrize("edit", ["power.north.mw=1,250", "power.north.mw*=1,250"])
def test_edits_take_no_number_with_two_readings(edit: str) -> None:
    """Tests that what-ifs refuse such a number too."""
    with pytest.raises((InstanceError, EditError), match="1,250"):
        apply_edits(read(frames()), [parse_edit(edit)])


AWKWARD = (
    *("-1", "-0.5", "125", "97", "2.5", "0,800", "1,250", "1.250", "12,34", "1,250,000", "2048,4096", "−5", "5%"),
    *("$5", "5 MIO", "1 25", "1_25", "1e30", "1e9", "Oct-26", "12/01/2026", "2026/10", "202610", "2026-13", "46143"),
    *("a;b", "a;a", "Y", "maybe", "Spread", "ture", "north ", "usd", "A b", "\u200bx"),
)


@pytest.mark.parametrize("table", [*load_schema().tables, "instance"])
def test_every_hint_is_a_value_of_the_column(table: str) -> None:
    """Tests of every column that a hint, where there is one, is a value that the column takes."""
    schema = load_schema()
    for column in (schema.head if table == "instance" else schema.tables[table]).columns.values():
        for text in AWKWARD:
            try:
                convert(text, column)
            except BadValueError as bad:
                if bad.nearest:
                    convert(bad.nearest, column)


# ---------------------------------------------------------------- the head
@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "start = 2026-10",
            "row 3, column start: is not valid TOML: text and months stand in quotation marks. "
            'Write start = "2026-10".',
        ),
        (
            "start = Oct 2026  # the first",
            "row 3, column start: is not valid TOML: text and months stand in quotation marks. "
            'Write start = "2026-10".',
        ),
        (
            "start = 10/11",
            "row 3, column start: is not valid TOML: text and months stand in quotation marks. "
            'Write start = "YYYY-MM".',
        ),
        (
            "currency = EUR",
            "row 3, column currency: is not valid TOML: text and months stand in quotation marks. "
            'Write currency = "EUR".',
        ),
        ("discount_rate = 0,08", "row 3, column discount_rate: expected a number, found '0,08'. Did you mean '0.08'?"),
        ("discount_rate = 8%", "row 3, column discount_rate: expected a number, found '8%'. Did you mean '0.08'?"),
        (
            "hours_per_month = 0,730",
            "row 3, column hours_per_month: expected a number, found '0,730'. Did you mean '0.73'?",
        ),
    ],
)
def test_values_without_quotation_marks(tmp_path: Path, line: str, message: str) -> None:
    """Tests that a value of the head without its quotation marks is named with the remedy, and hides no other fault."""
    tables = sample()
    put(tables, "demand", 3, "amount", "lots")
    folder = write_folder(tmp_path, tables)
    key = line.split(" = ", maxsplit=1)[0]
    kept = [text for text in TOML.splitlines() if not text.startswith(f"{key} ")]
    (folder / "instance.toml").write_text("\n".join([*kept[:2], line, *kept[2:]]), encoding="utf-8")
    faults = fault_texts(folder)
    assert faults == [f"instance.toml, {message}", "demand.csv, row 3, column amount: expected a number, found 'lots'."]


def test_several_values_without_quotation_marks(tmp_path: Path) -> None:
    """Tests that all of them are reported together."""
    folder = write_folder(tmp_path, sample())
    (folder / "instance.toml").write_text("format = 1\nname = mine\nstart = 2026-01\nmonths = 24\n", encoding="utf-8")
    assert [fault.split(": ")[0] for fault in fault_texts(folder)] == [
        "instance.toml, row 2, column name",
        "instance.toml, row 3, column start",
    ]


# ---------------------------------------------------------------- properties
NUMBERS = st.builds(
    lambda whole, places, rest: round(whole + rest / 10**places, places),
    *(st.integers(0, 10_000_000), st.integers(0, 4), st.integers(0, 9999)),
).filter(lambda number: number < 1e9)


def _european(number: float) -> str:
    """A number as most of Europe writes it."""
    return f"{number:,.10g}".translate(str.maketrans(",.", ".,"))


def _outcome(text: str, commas: str) -> tuple[float | None, str, str]:
    """Value of a number, or None with what is wrong and the hint."""
    try:
        return convert(text, Column("x", "number", ""), commas=commas), "", ""
    except BadValueError as bad:
        return None, bad.problem, bad.nearest


@settings(derandomize=True, max_examples=200, deadline=None, database=None)
@given(st.lists(NUMBERS, min_size=1, max_size=6))
def test_no_decimal_comma_is_read_as_another_number(numbers: list[float]) -> None:
    """Tests that of a table with decimal commas each number is refused or read as what it is, never as another one."""
    texts = [*map(_european, numbers), "0,5"]
    for number, text in zip(numbers, texts, strict=False):
        value, _, hint = _outcome(text, comma_use(texts))
        meant = float(f"{number:.10g}")
        assert value in (None, meant)
        assert hint == "" or float(hint) == meant


@settings(derandomize=True, max_examples=200, deadline=None, database=None)
@given(NUMBERS)
def test_thousands_with_commas_are_read(number: float) -> None:
    """Tests that a number as English writes it is read as what it is, or refused with it among its readings."""
    text = f"{number:,.10g}"
    value, problem, _ = _outcome(text, "")
    assert value == float(f"{number:.10g}") or f"{text.replace(',', '')} (thousands)" in problem


FORMATS = (
    *("%Y/%m", "%Y.%m.%d", "%Y%m", "%Y%m%d", "%Y-%m-%d", "%b %Y", "%B %Y", "%d %B %Y", "%B %d, %Y", "%b-%y", "%y-%b"),
    *("%m/%Y", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%m/%d/%y", "%d/%m/%y", "%Y-%m-%dT%H:%M:%S", "%m/%y"),
)


@settings(derandomize=True, max_examples=300, deadline=None, database=None)
@given(st.datetimes(datetime(2013, 1, 1), datetime(2060, 12, 31)), st.sampled_from(FORMATS))
def test_the_month_that_is_meant_is_among_the_readings(day: datetime, form: str) -> None:
    """Tests that of a date in any usual form the month that is meant is named, alone or with the others it may be."""
    text = day.strftime(form)
    readings = [month for month, _ in month_readings(text)]
    assert f"{day:%Y-%m}" in readings
    with pytest.raises(BadValueError) as caught:
        convert(text, Column("month", "month", ""))
    assert caught.value.nearest == (readings[0] if len(readings) == 1 else "")
    assert all(month in caught.value.problem for month in readings if len(readings) > 1)

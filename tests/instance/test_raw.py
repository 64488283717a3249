"""Cells as found: how messages show them, the nearest name, comments, and columns without a name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from optimizer.errors import Fault
from optimizer.instance.raw import (
    CELL_LIMIT,
    Raw,
    RawTable,
    Speller,
    Unusable,
    column_letters,
    drop_unnamed,
    nearest,
    number_text,
    plain,
    printable,
    quoted,
    refuse_long,
    report_unknown,
    shown,
    take_comment,
    take_comments,
    tidy,
    unknown_text,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 77 + "..."),
        ("x" * 500, "x" * 77 + "..."),
        # Escapes count: 40 characters of \u200b are 240 long.
        ("\u200b" * 40, "\\u200b" * 12 + "\\u200" + "..."),
        ("a\tb\\", "a\\tb\\"),
        (1.0, "1"),
        (-2.5, "-2.5"),
        (1e22, "1e+22"),
        (True, "True"),
        (None, "None"),
        (date(2026, 3, 1), "2026-03-01"),
        (datetime(2026, 3, 1), "2026-03-01"),
        (datetime(2026, 3, 1, 0, 1), "2026-03-01 00:01:00"),
        (datetime(2026, 3, 1, tzinfo=UTC), "2026-03-01 00:00:00+00:00"),
    ],
)
def test_values_in_messages(value: Any, text: str) -> None:
    """Tests that a value is one short line, numbers and dates are brief, and what cannot be seen is escaped."""
    assert shown(value) == text
    assert quoted(value) == f"'{text}'"
    assert printable("a\n\u00e9") == "a\\n\u00e9"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.0, "3"),
        (-3.0, "-3"),
        (0.0, "0"),
        (0.1, "0.1"),
        (0.1 + 0.2, "0.30000000000000004"),
        (9_999_999_999_999_998.0, "9999999999999998"),
        (1e16, "1e+16"),
        (-1e16, "-1e+16"),
        (7, "7"),
    ],
)
def test_numbers_in_messages(value: float, text: str) -> None:
    """Tests integers up to 16 digits, fractions with all their digits, and larger ones by their exponent."""
    assert number_text(value) == text


@pytest.mark.parametrize(
    ("position", "letters"),
    [(0, "A"), (1, "B"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")],
)
def test_letters_of_columns(position: int, letters: str) -> None:
    """Tests the letters of a workbook's columns, and the cell names of carriers that have cells."""
    assert column_letters(position) == letters
    cells = RawTable("sites", "sites", [], cells=True)
    assert [cells.cell(7, position), cells.cell(None, position)] == [f"{letters}7", ""]
    assert RawTable("sites", "sites.csv", []).cell(7, position) == ""


@pytest.mark.parametrize(
    ("value", "found"),
    [(" a\r\nb\rc \n", "a\nb\nc"), (" \t\n", None), ("", None), (0, 0), (None, None), (False, False)],
)
def test_cells_are_tidied(value: Any, found: Any) -> None:
    """Tests that blanks around go, line ends are plain, blank text is missing, and other values stay."""
    assert (tidy(value), type(tidy(value))) == (found, type(found))


# ---------------------------------------------------------------- the nearest name
@pytest.mark.parametrize(
    ("value", "names", "least", "found"),
    [
        ("hal", ["barn", "hall"], 0.6, "hall"),
        ("Ha\u0301ll 1", ["hall_2", "hall-1"], 0.6, "hall-1"),
        # Of "abcd" three letters of four are in "abcx" and "abxd": 0.75; the first of two equals is taken.
        ("abcd", ["abcx", "abxd"], 0.75, "abcx"),
        ("abcd", ["abcx", "abxd"], 0.76, ""),
        ("abcd", ["axyz", "abcx"], 0.2, "abcx"),
        ("abcd", ["abcx", "axyz", "abcd"], 0.2, "abcd"),
        ("abcd", [], 0.0, ""),
        ("x" * 200 + "y" * 100, ["x" * 200], 1.0, "x" * 200),  # of long ones 200 characters are compared
        ("x" * 199 + "y" * 100, ["x" * 200], 1.0, ""),
    ],
)
def test_the_nearest_name(value: str, names: list[str], least: float, found: str) -> None:
    """Tests that the nearest name is found, the first of equals, and none that is less near than is wanted."""
    assert nearest(value, names, least) == found


def test_how_near_is_near_enough() -> None:
    """Tests that three of five letters are near enough by default: 2 x 3 / 10 = 0.6, and two of four are not."""
    assert nearest("abcde", ["abcxy"]) == Speller().nearest("abcde", ["abcxy"]) == "abcxy"
    assert nearest("abcd", ["abxy"]) == Speller().nearest("abcd", ["abxy"]) == ""


def test_a_speller_gives_up() -> None:
    """Tests that 100,000 comparisons are made and no more, and that known answers cost nothing."""
    speller, half, last = Speller(), ["hall"] * 50_000, ["hall"] * 50_001
    assert [speller.nearest("hal", half), speller.nearest("hal", half)] == ["hall", "hall"]
    assert speller.nearest("hal", last) == ""
    assert speller.nearest("hl", half) == "hall"
    assert speller.nearest("hal", ["hall"]) == ""
    assert [speller.nearest("hal", half), speller.nearest("hl", half)] == ["hall", "hall"]


def test_plain_text() -> None:
    """Tests that case, accents, blanks around and the kind of separator make no difference, and other letters do."""
    assert plain(" \u00c9t\u00e9-One Two ") == "ete_one_two"
    assert plain("Stra\u00dfe") == "strasse"


# ---------------------------------------------------------------- unknown tables, comments, columns without a name
def test_messages_on_what_is_unknown() -> None:
    """Tests the remark on notes where nothing is near, and on letters that look alike."""
    assert unknown_text("table", "outlet", "outlets") == "no such table in the format."
    notes = "no such column in the format. If it contains notes, begin its name with notes."
    assert unknown_text("column", "zzz", "") == notes
    alike = "It looks like 'pue', but has U+0435 (CYRILLIC SMALL LETTER IE) in place of U+0065 (LATIN SMALL LETTER E)."
    assert unknown_text("column", "pu\u0435", "pue") == f"no such column in the format. {alike}"


@pytest.mark.parametrize(
    ("near", "present", "broken", "head_broken"),
    [
        ("sites", ["power"], {"sites"}, False),
        ("sites", ["sites"], set(), False),
        ("instance", [], {"instance"}, True),
        ("instance", ["instance"], set(), False),
    ],
)
def test_unknown_tables(near: str, present: list[str], broken: set[str], head_broken: bool) -> None:
    """Tests that the nearest table counts as unreadable unless it is there too, and the head likewise."""
    raw = Raw("mine", "instance")
    report_unknown(raw, "sits.csv", near, present, ".csv")
    problem = "no such table in the format."
    assert raw.faults == [Fault("sits.csv", value="sits.csv", problem=problem, nearest=f"{near}.csv")]
    assert (raw.broken, raw.head_broken) == (broken, head_broken)
    report_unknown(raw, "zzz", "", [""])
    assert raw.faults[1].problem == f"{problem} If it contains notes, begin its name with notes."
    assert (raw.faults[1].nearest, raw.head_broken) == ("", head_broken)


def _table(*rows: list[Any], header: list[str] | None = None) -> RawTable:
    """A table of a workbook with two columns of data, and one of notes between them."""
    names = header or ["site", "notes", "pue"]
    return RawTable("sites", "sites", names, list(enumerate(rows, start=2)), cells=True)


def test_comments() -> None:
    """Tests rows of comments, of which one may be meant as data, and rows that are none."""
    table = _table(
        ["# a remark", None, None],
        ["#1", "mine", 1.2],
        [None, "# mine", 1.2],
        [None, "mine", "# later"],
        ["hall", None, "# no remark"],
        ["# found", Unusable("7 &"), None],
    )
    raw = Raw("mine", "instance")
    take_comments(table, raw)
    assert table.rows == [(4, [None, "# mine", 1.2]), (6, ["hall", None, "# no remark"])]
    assert table.comments == [
        (2, ["# a remark", None, None]),
        (3, ["#1", "mine", 1.2]),
        (5, [None, "mine", "# later"]),
        (7, ["# found", "7 &", None]),
    ]
    problem = "a row that begins with # is a comment and does not count. Write a blank after # if that is meant."
    assert raw.warnings == [Fault("sites", 3, "", "#1", problem, cell="A3")]
    assert not take_comment(_table(header=["site", "pue"]), raw, 9, ["hall", "# 1"])


def test_a_comment_in_a_later_column() -> None:
    """Tests that the cell named in the warning is the first one that is filled and no note."""
    header = ["site", "notes", "pue", "availability"]
    table, raw = _table([None, "mine", "#7", 0.9], ["# x", "mine", None, 0.9], header=header), Raw("mine", "instance")
    take_comments(table, raw)
    assert [(one.row, one.value, one.cell) for one in raw.warnings] == [(2, "#7", "C2")]
    assert [row for row, _ in table.comments] == [2, 3]


def test_columns_without_a_name() -> None:
    """Tests that the first value of each is an error, and that rows with nothing else or with notes alone go."""
    header = ["site", "", "notes", "", "notes of mine", ""]
    table = _table(
        ["hall", None, None, None, None, None],
        ["barn", None, "n", 4, None, None],
        [None, 7, None, 5, None, None],
        [None, None, "seen", None, "# kept", None],
        [None, None, None, None, None, None],
        ["shed", 8, "n", None, None, None],
        header=header,
    )
    raw = Raw("mine", "instance")
    drop_unnamed(table, raw)
    problem = "a column without a name contains values."
    assert raw.faults == [
        Fault("sites", 4, "", "7", problem, cell="B4"),
        Fault("sites", 3, "", "4", problem, cell="D3"),
    ]
    assert [row for row, _ in table.rows] == [2, 3, 7]
    assert table.comments == [(5, ["# notes: seen", "# kept"])]


def test_long_cells() -> None:
    """Tests that the longest cell is kept, and longer ones are errors of their own, with nothing in their place."""
    longest, longer = "x" * CELL_LIMIT, "y" * 32_768
    rows: list[list[Any]] = [["hall", longest, 1.2], [longer, "n", "z" * 40_000], ["barn", None, 1]]
    table, raw = _table(*rows), Raw("mine", "instance")
    refuse_long(table, raw)
    texts = [f"a cell can hold 32,767 characters; this one has {size}." for size in ("32,768", "40,000")]
    assert raw.faults == [
        Fault("sites", 3, "site", "y" * 77 + "...", texts[0], cell="A3"),
        Fault("sites", 3, "pue", "z" * 77 + "...", texts[1], cell="C3"),
    ]
    assert table.rows == [(2, rows[0]), (3, [Unusable(), "n", Unusable()]), (4, rows[2])]

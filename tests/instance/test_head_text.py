"""The text of `instance.toml` and notes in their places: every value, fault and comment."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.instance.head_file import head_notes, parse_head
from optimizer.instance.notes import (
    TOP,
    Cells,
    Notes,
    head_place,
    is_comment,
    is_note,
    may_be_data,
    placed,
    trimmed,
    with_notes,
)
from optimizer.instance.raw import Unusable
from optimizer.schema import load_schema

QUOTED = "is not valid TOML: text and months stand in quotation marks. Write"


@pytest.mark.parametrize(
    ("text", "values", "faults"),
    [
        ("", {}, []),
        ('name = "a"\r\nmonths = 3\r\n', {"name": "a", "months": 3}, []),
        # Values that lack their quotation marks, first and last, with blanks and comments; numbers stay as they are.
        (
            "name = my-plan\nmonths = 3\n  start\t=  2026-10\t # soon\ncurrency=EUR",
            {"name": "my-plan", "months": 3, "start": "2026-10", "currency": "EUR"},
            [
                f'instance.toml, row 1, column name: {QUOTED} name = "my-plan".',
                f'instance.toml, row 3, column start: {QUOTED} start = "2026-10".',
                f'instance.toml, row 4, column currency: {QUOTED} currency = "EUR".',
            ],
        ),
        ("months = 3 x\nname = \"a\"", {"months": "3 x", "name": "a"}, []),
        ("mine = a b", {"mine": "a b"}, [f'instance.toml, row 1, column mine: {QUOTED} mine = "a b".']),
        # A text that is not a month is unusable; the rest is read.
        (
            "start = soon\nmonths = 3",
            {"months": 3},
            [f'instance.toml, row 1, column start: {QUOTED} start = "YYYY-MM".'],
        ),
    ],
)  # fmt: skip
def test_values_of_the_head(text: str, values: dict[str, Any], faults: list[str]) -> None:
    """Tests values by key, and the lines that lack quotation marks."""
    found = parse_head(text)
    assert {key: value for key, value in found.values.items() if not isinstance(value, Unusable)} == values
    assert [str(fault) for fault in found.faults] == faults
    assert not found.broken


@pytest.mark.parametrize(
    ("text", "values", "faults"),
    [
        ('name "a"\nmonths = 3', {}, ["row 1: is not valid TOML: expected '=' after a key in a key/value pair."]),
        # Two lines of one key cannot both be meant.
        (
            "name = a\nmonths = 3\nname = b",
            {},
            [f'row 1, column name: {QUOTED} name = "a".', "row 3: is not valid TOML: invalid value."],
        ),
        ('months = 3\ntitle = "a', {}, ["row 2: is not valid TOML: unterminated string."]),
        (
            'm\u043enths = 3',
            {},
            [
                "row 1: is not valid TOML: 'm\u043enths' is not a key. It looks like 'months', but has U+043E "
                "(CYRILLIC SMALL LETTER O) in place of U+006F (LATIN SMALL LETTER O)."
            ],
        ),
    ],
)  # fmt: skip
def test_heads_that_cannot_be_read(text: str, values: dict[str, Any], faults: list[str]) -> None:
    """Tests the line and the reason of what is not TOML."""
    found = parse_head(text)
    assert found.values == values
    assert [str(fault) for fault in found.faults] == [f"instance.toml, {fault}" for fault in faults]
    assert found.broken


# Places: how many of the keys format, name, title, description, sources, start, ... come before the one that follows.
@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("", []),
        ("# a\n  # b  \nname = 1\n#c\nformat = 1\n", [(1, "# a"), (1, "# b"), (0, "#c")]),
        ('start = "a" # of a\nmonths = 3# of b', [(5, "# of a"), (6, "# of b")]),
        ("start = 'a # no' # yes\nname = \"a \\\" # no\" # yes, too", [(5, "# yes"), (1, "# yes, too")]),
        ('name = "# no"', []),
        ('"name" = 1 # one\n\'title\' = 2  # two', [(1, "# one"), (2, "# two")]),
        ("other = 1  # at the end\n# last", [(-1, "# at the end"), (-1, "# last")]),
        # Texts of several lines.
        ('title = """\n# no\n""" # after\n# then\nmonths = 3', [(6, "# after"), (6, "# then")]),
        ("title = '''# no\n# no''' x # no\n# then", [(-1, "# then")]),
        ('title = """a""" # after\n# then\nname = 1', [(2, "# after"), (1, "# then")]),
        ("title = '''a # no''' # after", [(2, "# after")]),
        ('title = """\n"a" # no\n"""\nname = 1 # yes', [(1, "# yes")]),
    ],
)  # fmt: skip
def test_comments_of_the_head(text: str, notes: list[tuple[int, str]]) -> None:
    """Tests which comments there are, and before which key they stand; those after the last key are at the end."""
    last = len(load_schema().head.columns)
    expected = tuple((last if place < 0 else place, (comment,)) for place, comment in notes)
    assert head_notes(text) == Notes(expected)
    assert head_place(("a", "b"), "b") == 1
    assert head_place(("a", "b"), "c") == 2


# ---------------------------------------------------------------- notes among rows
NOTES = Notes(
    rows=((TOP, ("# top",)), (0, ("# first", None, "x")), (2, ("# second",)), (2, ("# third",)), (9, ("# last",))),
    columns={"notes": ("one", None), "notes 2": (1, 2, 3, 4)},
)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            [["a"], ["b"], ["c"]],
            [
                *(["# top"], ["key", "notes", "notes 2"], ["# first", None, "x"], ["a", "one", 1], ["b", None, 2]),
                *(["# second"], ["# third"], ["c", None, 3], ["# last"]),
            ],
        ),
        # What stood after rows that are gone stands at the end.
        (
            [["a"]],
            [
                *(["# top"], ["key", "notes", "notes 2"], ["# first", None, "x"], ["a", "one", 1]),
                *(["# second"], ["# third"], ["# last"]),
            ],
        ),
        ([], [["# top"], ["key", "notes", "notes 2"], ["# first", None, "x"], ["# second"], ["# third"], ["# last"]]),
    ],
)
def test_rows_with_their_notes(rows: list[list[Any]], expected: list[list[Any]]) -> None:
    """Tests header, rows, comments and columns of notes, in order, with as many rows as before and fewer."""
    assert with_notes([["key"], *rows], NOTES) == expected
    assert with_notes([["key"], *rows], None) == [["key"], *rows]


@pytest.mark.parametrize(
    ("cells", "left"),
    [((), ()), ((None, None), ()), (("a",), ("a",)), ((None, "a", None, "b", None, None), (None, "a", None, "b"))],
)
def test_blank_cells_at_the_end(cells: Cells, left: Cells) -> None:
    """Tests that blank cells at the end are dropped, and others stay."""
    assert trimmed(cells) == left


def test_places_of_comments() -> None:
    """Tests comments above the header, and how many rows come before each, in order of their rows."""
    comments = [(9, ("# c", None)), (1, ("# a",)), (5, ("# b",)), (3, ("# first",))]
    assert placed(comments, [4, 6, 7], 2) == ((TOP, ("# a",)), (0, ("# first",)), (1, ("# b",)), (3, ("# c",)))
    assert placed(comments, [4, 6, 7], None)[0] == (0, ("# a",))


@pytest.mark.parametrize(
    ("cells", "comment", "data"),
    [
        (("# a", 1), True, False),
        ((None, "#a", None), True, False),
        (("#a", 1), True, True),
        (("##a", 1), True, True),
        (("##", 1), False, False),  # a cell too narrow for its number
        (("a", "# b"), False, False),
        ((None, None), False, False),
        (("#N/A", 1), False, True),
        (("#REF!", 1), False, True),
        (("####", 1), False, False),
        (("#N/A?", 1), True, True),
        ((1, "# a"), False, False),
    ],
)
def test_what_is_a_comment(cells: Cells, comment: bool, data: bool) -> None:
    """Tests rows whose first cell begins with #, errors of formulas, and those that may be meant as data."""
    assert is_comment(cells) == comment
    if isinstance(cells[0], str):
        assert may_be_data(cells) == data


@pytest.mark.parametrize(
    ("name", "note"), [("notes", True), (" Notes 2", True), ("NOTES on x", True), ("note", False), ("my notes", False)]
)
def test_names_of_notes(name: str, note: bool) -> None:
    """Tests names of columns, sheets and files that hold notes."""
    assert is_note(name) == note

"""Tables that fit on a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from optimizer.report.terminal import Column, draw, make_table


def lines(columns: list[Column], width: int) -> list[str]:
    """A table as printed, without its title and the ends of its lines."""
    console = Console(file=io.StringIO(), width=width, color_system=None)
    with console.capture() as captured:
        console.print(make_table("Title", columns, width))
    return [line.rstrip() for line in captured.get().splitlines()[1:]]


PROSE = Column("What", ["Sign neocloud-b-1y (neocloud-b)", "Buy"], left=True, fold=True)
NUMBER = Column("Blocks", ["4", "100"], spare=1)
DATE = Column("From", ["2026-06", "2026-07"], left=True)


def test_what_fits_is_not_folded() -> None:
    """Tests that text is flush left and numbers are flush right, three characters apart."""
    # 31 + 3 + 6 + 3 + 7 = 50 characters.
    assert lines([PROSE, NUMBER, DATE], 50) == [
        "What                              Blocks   From",
        "─" * 50,
        "Sign neocloud-b-1y (neocloud-b)        4   2026-06",
        "Buy                                  100   2026-07",
    ]


def test_prose_is_folded_between_words() -> None:
    """Tests that names with hyphens stay whole while there is room for the longest word."""
    # 13 + 3 + 6 + 3 + 7 = 32: 13 are left, the length of "neocloud-b-1y".
    output = lines([PROSE, NUMBER, DATE], 32)[2:]
    assert [line[:13].rstrip() for line in output] == ["Sign", "neocloud-b-1y", "(neocloud-b)", "Buy"]


def test_spare_columns_go_before_a_word_is_broken() -> None:
    """Tests that a column that can be missed is left out, and one that cannot stays."""
    output = lines([PROSE, NUMBER, DATE], 31)
    assert "Blocks" not in output[0]
    # 31 - 3 - 7 = 21 for prose.
    assert [line[:21].rstrip() for line in output[2:]] == ["Sign neocloud-b-1y", "(neocloud-b)", "Buy"]
    assert "2026-06" in output[2]


def test_spare_columns_go_for_prose_that_reads_well() -> None:
    """Tests that the most spare column goes first, and no more go than needed."""
    easy = Column("What", PROSE.cells, left=True, fold=True, easy=20)
    sparer = Column("MW", ["1.5", "2"], spare=2)
    # 20 + 3 + 6 + 3 + 3 + 3 + 7 = 45 with all; 39 without MW.
    assert "MW" in lines([easy, NUMBER, sparer, DATE], 45)[0]
    assert lines([easy, NUMBER, sparer, DATE], 44)[0].split() == ["What", "Blocks", "From"]
    assert lines([easy, NUMBER, sparer, DATE], 38)[0].split() == ["What", "From"]


def test_blank_columns_are_left_out() -> None:
    """Tests that a column without a cell is not shown, but for the first."""
    blank = Column("Nothing", ["", ""])
    assert lines([blank, NUMBER, blank, DATE], 60)[0].split() == ["Nothing", "Blocks", "From"]


@pytest.mark.parametrize("width", [20, 30, 60])
def test_a_name_that_cannot_fit_is_broken_rather_than_cut(width: int) -> None:
    """Tests that every letter of a name is shown however long it is, and no line is too long."""
    name = "abcdefghij" * 9
    output = lines([Column("Name", [name], left=True, fold=True), DATE_ONCE], width)
    assert max(map(len, output)) <= width
    assert "".join(line[: width - 10].strip() for line in output[2:]) == name


DATE_ONCE = Column("From", ["2026-06"], left=True)


def test_wide_letters_count_twice() -> None:
    """Tests that letters that take two places do not push a line beyond its width."""
    output = lines([Column("Name", ["計算計算 計算計算"], left=True, fold=True), DATE_ONCE], 20)
    # 9 letters are 17 places; 10 are left.
    assert [line.split()[0] for line in output[2:]] == ["計算計算", "計算計算"]


def test_nothing_is_drawn_of_no_blocks() -> None:
    """Tests a section without blocks, as of scenarios of which no risk can be looked at by itself."""
    assert draw([], 80) == []

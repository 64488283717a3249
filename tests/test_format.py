"""Numbers as people say them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import optimizer
from optimizer.format import (
    brief,
    compact,
    count,
    counted,
    exact_percent,
    figure,
    fixed,
    grouped,
    in_full,
    interval_text,
    level,
    money,
    month_text,
    net,
    number,
    outward,
    percent,
    percent_figure,
    percents,
    proven_interval,
    rounded,
    scale_of,
    scaled,
    shown,
    signed_money,
    signed_number,
    span_text,
    tenths,
    unit_value,
)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (1.25e9, "1.25 bn USD"),
        (111_456_000_000, "111.5 bn USD"),
        (999_999_999, "1 bn USD"),
        (28_040_000, "28.04 M USD"),
        (-4_161_000, "-4.161 M USD"),
        (2_500, "2.5 k USD"),
        (12.5, "12.5 USD"),
        (0.0, "0 USD"),
        (-0.00001, "0 USD"),
        (3.2e12, "3.2 tn USD"),
    ],
)
def test_money(amount: float, text: str) -> None:
    """Tests that money keeps four digits that matter."""
    assert money(amount, "USD") == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (0.5, "0.5"),
        (12.6, "12.6"),
        (1000, "1,000"),
        (99_999, "99,999"),
        (220_000, "220k"),
        (1.342e6, "1.342M"),
    ],
)
def test_count(number: float, text: str) -> None:
    """Tests that fractions show only where they matter, and long numbers are shortened."""
    assert count(number) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (0.001, "0.1 %"), (1e-9, "below 0.0001 %"), (0.02187, "2.19 %"), (12.0, "1,200 %")],
)
def test_percent(share: float, text: str) -> None:
    """Tests that a share that is not zero never shows as zero."""
    assert percent(share) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (1000, 2000, "between 1 k and 2 k"),
        (1000, None, "at least 1 k"),
        (float("nan"), 2000, "at most 2 k"),
        (None, float("nan"), "nothing is proven of it"),
    ],
)
def test_what_is_proven_has_two_ends_one_or_none(low: float | None, high: float | None, text: str) -> None:
    """Tests that an end that is not known is left out."""
    assert proven_interval(low, high) == text


@pytest.mark.parametrize(
    ("low", "high", "text", "cell"),
    [
        (1.2341e6, 1.2341e6, "1.234 M EUR", "1.234 M"),
        (249_900.0, 250_100.0, "250 k EUR", "250 k"),  # 249.9 and 250.1 differ in four digits, not in three
        (2.46e6, 2.54e6, "2.5 M EUR", "2.5 M"),
        (2.44e6, 2.56e6, "between 2.44 M and 2.56 M EUR", "2.44 M to 2.56 M"),
        (1_234_567.0, 2_345_678.0, "between 1.234 M and 2.346 M EUR", "1.234 M to 2.346 M"),  # outwards
        (-2_345_678.0, -1_234_567.0, "between -2.346 M and -1.234 M EUR", "-2.346 M to -1.234 M"),
        (1_234_567.0, None, "at least 1.234 M EUR", "at least 1.234 M"),
        (float("nan"), 1_234_567.0, "at most 1.235 M EUR", "at most 1.235 M"),
        (0.0, 5.0, "between 0 and 5 EUR", "0 to 5"),
        (0.0, 0.0, "0 EUR", "0"),
        (None, float("nan"), "nothing is proven of it", ""),
    ],
)
def test_a_figure_stands_only_where_it_is_proven(low: float | None, high: float | None, text: str, cell: str) -> None:
    """Tests that ends which are the same in the digits shown are one figure, and that others are rounded outwards."""
    assert proven_interval(low, high, "EUR") == text
    assert interval_text(low, high) == cell


@pytest.mark.parametrize("value", [1_234_567.0, -1_234_567.0, 0.00123456, 9_999.9, 250_000.0, 0.1 + 0.2, -7.0])
def test_bounds_stay_bounds(value: float) -> None:
    """Tests that a bound is rounded to the side on which it still is one, and by less than a thousandth."""
    assert outward(value, -1) <= value * (1 + 1e-9 * (1 if value > 0 else -1))
    assert outward(value, 1) >= value * (1 - 1e-9 * (1 if value > 0 else -1))
    assert outward(value, 1) - outward(value, -1) <= 1.001e-3 * abs(value)


def test_scale_suits_the_largest_amount() -> None:
    """Tests that the largest amount has two digits at least before the point."""
    assert scale_of([3e9, -12e9]) == (1e9, "bn")
    assert scale_of([3e9]) == (1e6, "M")
    assert scale_of([]) == (1.0, "")


@pytest.mark.parametrize(
    ("share", "text"),
    [(1.0, "100 %"), (0.9855, "98.6 %"), (0.99955, "99.95 %"), (0.9999999, "99.99999 %"), (1 - 1e-12, "almost 100 %")],
)
def test_almost_all_is_not_all(share: float, text: str) -> None:
    """Tests that a level short of all never shows as all."""
    assert level(share) == text


def test_names_are_shown_as_they_are() -> None:
    """Tests that what cannot be seen is spelled out, and that long names are cut."""
    assert shown("a\u202eb\u200b") == "a\\u202eb\\u200b"
    assert shown("x" * 9, 5) == "xxxx…"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (999.94, "999.9"),
        (999.96, "1 k"),  # its four digits round up to the next scale
        (999.95, "1 k"),
        (1000.0, "1 k"),
        (999_949.0, "999.9 k"),
        (999_950.0, "1 M"),
        (1.5e12, "1.5 tn"),
        (-999.96, "-1 k"),
        (0.12345, "0.123"),
        (1.0, "1"),
        (10.0, "10"),
        (100.0, "100"),
    ],
)
def test_money_moves_to_the_next_scale_where_it_rounds_up(amount: float, text: str) -> None:
    """Tests amounts on both sides of a scale, and zeros that end an integer."""
    assert money(amount) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (99_999.4, "99,999"),
        (99_999.5, "100k"),
        (-220_000, "-220k"),
        (99.94, "99.9"),
        (99.96, "100"),
        (12.004, "12"),
        (12.006, "12"),
        (12.06, "12.1"),
        (0.004, "0"),
        (0.006, "0.006"),
        (-0.5, "-0.5"),
    ],
)
def test_counts_have_fractions_below_a_hundred(number: float, text: str) -> None:
    """Tests both ends of the range in which a fraction matters."""
    assert count(number) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (5e-7, "5e-05 %"),
        (4.9e-7, "below 0.0001 %"),
        (-4.9e-7, "below 0.0001 %"),
        (0.9999, "100 %"),
        (1.0, "100 %"),
        (-0.25, "-25 %"),
        (-12.0, "-1,200 %"),
    ],
)
def test_percent_at_its_edges(share: float, text: str) -> None:
    """Tests the least share that is shown, shares of one and more, and negative ones."""
    assert percent(share) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (0.0, 1, "–"),
        (float("nan"), 1, "–"),
        (0.05, 1, "0.1"),
        (0.0499, 1, "<0.1"),
        (-0.0499, 1, ">-0.1"),
        (-0.06, 1, "-0.1"),
        (0.49, 0, "<1"),
        (-0.49, 0, ">-1"),
        (0.51, 0, "1"),
        (1234.56, 1, "1,234.6"),
        (-1234.56, 0, "-1,235"),
    ],
)
def test_what_rounds_to_zero_is_not_zero(value: float, digits: int, text: str) -> None:
    """Tests numbers with a fixed number of decimals, on both sides of half the last one."""
    assert fixed(value, digits, "–") == text


def test_fixed_numbers_by_name() -> None:
    """Tests the forms of cells: without decimals, with one, in per cent, and divided."""
    assert [rounded(value) for value in (0.0, 1234.5678, 0.3)] == ["", "1,235", "<1"]
    assert [tenths(value) for value in (0.0, 1234.5678, 0.03)] == ["", "1,234.6", "<0.1"]
    assert [percents(share) for share in (0.0, 0.1234, 1.0, 0.0003)] == ["", "12.3 %", "100.0 %", "<0.1 %"]
    assert scaled(1000.0)(1_234_567.0) == "1,234.6"


def test_signs_directions_and_nouns() -> None:
    """Tests amounts with a sign or a direction, numbers with a noun, and worths of a unit."""
    assert [signed_money(amount) for amount in (3e6, -3e6, 0.0, 1e-9)] == ["+3 M", "-3 M", "0", "0"]
    assert [net(amount, "USD") for amount in (3e6, -3e6, 0.0)] == ["3 M USD out", "3 M USD in", "0 USD out"]
    assert [counted(number, "cell") for number in (0, 1, 2, 1200)] == ["0 cells", "1 cell", "2 cells", "1,200 cells"]
    worths = (float("nan"), 0.0, 0.125, 999.94, 1000.0, -2000.0)
    assert [unit_value(value) for value in worths] == ["–", "", "0.125", "999.9", "1 k", "-2 k"]
    assert [compact(value) for value in (2.5, 1500.0, 1_234_567.0)] == ["2.5", "1,500", "1.23457e+06"]
    assert figure(0.1 + 0.2) == "0.3"
    assert figure(123_456_789.0123) == "123456789.012"


def test_months_and_spans() -> None:
    """Tests every month of a year, and a span."""
    assert [month_text(f"2026-{number:02d}") for number in (1, 6, 12)] == ["Jan 2026", "Jun 2026", "Dec 2026"]
    assert span_text("2026-05", "2028-04") == "May 2026 to Apr 2028"
    assert span_text("2026-05", "2026-05") == "May 2026"


def test_scales_begin_at_ten() -> None:
    """Tests both sides of the amount from which on a scale is used."""
    assert scale_of([10_000.0]) == (1e3, "k")
    assert scale_of([9_999.0]) == (1.0, "")
    assert scale_of([-1e13]) == (1e12, "tn")


@pytest.mark.parametrize(
    ("value", "way", "out"),
    [
        (1234.1, -1, 1234.0),
        (1234.1, 1, 1235.0),
        (-1234.1, -1, -1235.0),
        (-1234.1, 1, -1234.0),
        (1234.0, 1, 1234.0),
        (12_345.0, -1, 12_340.0),
        (12_345.0, 1, 12_350.0),
        (0.0, 1, 0.0),
        (float("inf"), 1, float("inf")),
    ],
)
def test_bounds_are_rounded_outwards(value: float, way: int, out: float) -> None:
    """Tests four digits, down and up."""
    assert outward(value, way) == pytest.approx(out, rel=1e-12)


def test_names_of_the_most_letters_are_not_cut() -> None:
    """Tests a name that just fits, and one letter more."""
    assert shown("x" * 5, 5) == "xxxxx"
    assert shown("x" * 6, 5) == "xxxx…"
    assert len(shown("x" * 500)) == 200


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (grouped(1234.56), "1,235"),
        (grouped(-1234.56, 1), "-1,234.6"),
        (signed_number(1234.5, 2), "+1,234.50"),
        (signed_number(-3), "-3"),
        (compact(1234567), "1.23457e+06"),
        (compact(1500.25, 3), "1.5e+03"),
        (in_full(999_999.4), "999,999"),
        (in_full(1_234_567.8), "1,234,568"),
        (in_full(2.5), "2.5"),
        (brief(1234.56), "1,235"),
        (brief(0.123456), "0.1235"),
        (brief(0.0), "0"),
        (counted(2.5, "block"), "2.5 blocks"),
        (counted(1.0, "block"), "1 block"),
        (counted(1_200_000, "row"), "1,200,000 rows"),
        (exact_percent(0.333), "33.3 %"),
        (percent_figure(0.000512, 4), "0.0512%"),
        (number(1234.5), "1,234.5"),
        (number(0.012345), "0.0123"),
        (number(-2.0, 6), "-2"),
    ],
)
def test_numbers_in_messages(text: str, expected: str) -> None:
    """Tests numbers with a fixed number of decimals or digits, shares, and numbers with a noun."""
    assert text == expected


def test_numbers_are_formatted_in_one_module() -> None:
    """Tests that no other module separates thousands, or fixes the decimals of a number or a per cent, by itself."""
    package = Path(optimizer.__file__).parent
    found = []
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
                spec = ast.unparse(node.format_spec)[2:-1]
                if re.search(r",|f$|%$", spec):
                    found.append((str(path.relative_to(package)), spec))
    assert {path for path, _ in found} == {"format.py"}

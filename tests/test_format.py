"""Numbers as people say them."""

from __future__ import annotations

import pytest

from optimizer.format import count, interval_text, level, money, outward, percent, proven_interval, scale_of, shown


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

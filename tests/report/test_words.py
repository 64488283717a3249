"""Numbers as people say them."""

from __future__ import annotations

import pytest

from optimizer.report.words import count, level, money, percent, proven_text, scale_of, shown


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
    assert proven_text(low, high) == text


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

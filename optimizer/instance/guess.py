"""Guesses at what a wrongly written number or month meant; only ever shown, never used."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SCALES = {"": 1.0, "%": 0.01, "k": 1e3, "m": 1e6, "mn": 1e6, "mio": 1e6, "b": 1e9, "bn": 1e9}
_SCALED = re.compile(r"([+-]?[\d.,]*\d[\d.,]*)(%|k|mn|mio|m|bn|b|)", re.ASCII)
_YEAR_FIRST = re.compile(r"(\d{4})[^\dq]?(\d{1,2})(?:\D.*)?", re.ASCII | re.DOTALL)
_YEAR_LAST = re.compile(r"(?:\d{1,2}\D)?(\d{1,2})\D(\d{4})", re.ASCII)


def guess_number(text: str) -> str:
    """A number that a text may mean (``9%``, ``1,25``, ``$5``), ``""`` if none."""
    bare = re.sub(r"[\s'_$€£¥\u2019]|[A-Z]{3}\b", "", text[:60].replace("\u2212", "-")).casefold()
    match = _SCALED.fullmatch(bare)
    if not match:
        return ""
    digits = _plain_digits(match[1])
    try:
        return f"{float(digits) * _SCALES[match[2]]:.15g}"
    except ValueError:
        return ""


def _plain_digits(digits: str) -> str:
    """Digits with a point at most, whichever of point and comma is the decimal mark."""
    commas, points = digits.count(","), digits.count(".")
    if commas and points:
        comma_last = digits.rfind(",") > digits.rfind(".")
        return digits.replace(".", "").replace(",", ".") if comma_last else digits.replace(",", "")
    if commas == 1:
        return digits.replace(",", ".")
    return digits.replace(",", "") if commas else digits.replace(".", "") if points > 1 else digits


def guess_month(value: Any) -> str:
    """A month that a cell may mean (``2026/01``, ``Jan 2026``, ``2026-13``, a day count of Excel), ``""`` if none."""
    if isinstance(value, int | float):
        day = date(1899, 12, 30) + timedelta(days=int(value)) if 30_000 <= value <= 80_000 else None
        return f"{day:%Y-%m}" if day else ""
    text = str(value).strip().casefold()[:40]
    named = next((i + 1 for i, name in enumerate(_MONTHS) if re.search(rf"(?<![a-z]){name}", text)), None)
    year = re.search(r"(?<!\d)(\d{4})(?!\d)", text, re.ASCII)
    if named and year:
        return _month(int(year[1]), named)
    if match := _YEAR_FIRST.fullmatch(text):
        return _month(int(match[1]), int(match[2]))
    if match := _YEAR_LAST.fullmatch(text):
        return _month(int(match[2]), int(match[1]))
    return ""


def _month(year: int, month: int) -> str:
    return f"{year:04d}-{min(max(month, 1), 12):02d}" if 1900 <= year <= 2200 else ""

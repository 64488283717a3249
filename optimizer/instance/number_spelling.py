"""Numbers written as text: the spellings that are read, what a comma can mean, and what other spellings may mean."""

from __future__ import annotations

import re
from collections.abc import Iterable

from optimizer.instance.name_text import skeleton

GROUPS, DECIMALS = "groups", "decimals"  # what commas do in a table, where its cells leave no doubt
_PLAIN = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:_\d{3})+|(?=\.\d))(?:\.\d*)?(?:[eE][+-]?\d+)?", re.ASCII)
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:(?:,\d{3}){2,}(?:\.\d*)?|,\d{3}\.\d*)(?:[eE][+-]?\d+)?", re.ASCII)
_EITHER = re.compile(r"([+-]?[1-9]\d{0,2}),(\d{3})((?:[eE][+-]?\d+)?)", re.ASCII)
_POINTED = re.compile(r"([+-]?[1-9]\d{0,2})\.(\d{3})", re.ASCII)
_COMMA = re.compile(r"[+-]?(?:0+|\d{4,}),\d+|[+-]?\d{1,3},(?:\d{1,2}|\d{4,})|[+-]?\d{1,3}(?:\.\d{3})+,\d+", re.ASCII)
_SIGNS = "$€£¥"
_CODES = "USD|EUR|GBP|JPY|CNY|CHF|INR|KRW|CAD|AUD|SGD|SEK|NOK|DKK|AED|SAR"
_MONEY = re.compile(rf"(?:(?:{_CODES}|[{_SIGNS}]) ?)?(.*?)(?: ?(?:{_CODES}|[{_SIGNS}]))?", re.DOTALL)
_SCALES = {"": 1.0, "%": 0.01, "k": 1e3, "m": 1e6, "mn": 1e6, "mio": 1e6, "b": 1e9, "bn": 1e9}
_SCALED = re.compile(r"(.*\d[.,]?) ?(%|k|mn|mio|m|bn|b|)", re.IGNORECASE)
_SPACED = re.compile(r"[+-]?\d{1,3}(?:([ '])\d{3}(?:\1\d{3})*)?(?:[.,]\d+)?", re.ASCII)


def parse_number(text: str, commas: str = "") -> float | None:
    """Number that a text holds in one of the accepted spellings, else None.

    Parameters
    ----------
    text : str
        Such as ``1250000000``, ``1_250_000_000``, ``1,250,000,000`` or ``1.25e9``.
    commas : str
        ``GROUPS`` if commas are known to group thousands: only then ``1,250`` is a number.
    """
    if "," not in text:
        return float(text.replace("_", "")) if _PLAIN.fullmatch(text) else None
    known = _GROUPED.fullmatch(text) or (commas == GROUPS and _EITHER.fullmatch(text))
    return float(text.replace(",", "")) if known else None


def two_readings(text: str, commas: str = "") -> tuple[str, ...]:
    """Both numbers that a text can mean, first with thousands, then with decimals; ``()`` if there is no doubt.

    ``1,250`` can mean 1250 or 1.25. So can ``1.250`` where the table writes decimals with a comma.
    """
    if match := _EITHER.fullmatch(text):
        return f"{match[1]}{match[2]}{match[3]}", _brief(f"{match[1]}.{match[2]}{match[3]}")
    match = _POINTED.fullmatch(text) if commas == DECIMALS else None
    return (f"{match[1]}{match[2]}", _brief(text)) if match else ()


def _brief(text: str) -> str:
    return f"{float(text):.15g}"


def comma_use(texts: Iterable[str]) -> str:
    """What commas do in the numbers of a table, as far as cells without doubt show it: ``""`` if nothing or both."""
    seen = set()
    for text in texts:
        if "," in text:
            seen |= {GROUPS} if _GROUPED.fullmatch(text) else {DECIMALS} if _COMMA.fullmatch(text) else set()
    return seen.pop() if len(seen) == 1 else ""


def guess_number(text: str) -> str:
    """Only number that a text may mean (``9%``, ``1,25``, ``$5``), ``""`` if there is none or several."""
    bare = re.sub(r"\s", " ", skeleton(text[:60])).strip()
    money = _MONEY.fullmatch(bare)
    scaled = _SCALED.fullmatch(money[1].strip()) if money else None
    if not scaled or two_readings(scaled[1]):
        return ""
    digits = _digits(scaled[1])
    return f"{float(digits) * _SCALES[scaled[2].casefold()]:.15g}" if digits else ""


def _digits(text: str) -> str:
    """Digits with a point at most, ``""`` if the text is not a number in any usual spelling."""
    if _SPACED.fullmatch(text):
        text = re.sub(r"[ ']", "", text)
    if _COMMA.fullmatch(text) and not re.search(r",\d{4,}", text):
        return text.replace(".", "").replace(",", ".")
    if re.fullmatch(r"[+-]?\d{1,3}(?:\.\d{3}){2,}", text, re.ASCII):
        return text.replace(".", "")
    number = parse_number(text)
    return "" if number is None else repr(number)

"""From a cell to a typed value, strictly: what is not exactly of its type is refused with the nearest valid value."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

from optimizer.instance.guess import guess_month, guess_number
from optimizer.instance.raw import nearest, number_text, quoted
from optimizer.schema import Column

NAME_LIMIT = 200
NUMBER_LIMIT = 1e18
INTEGER_LIMIT = 100_000
_NUMBER = re.compile(
    r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+|\d{1,3}(?:_\d{3})+|(?=\.\d))(?:\.\d*)?(?:[eE][+-]?\d+)?", re.ASCII
)
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_INVISIBLE = frozenset("\u200b\u2060\ufeff\u2028\u2029\ufffe\uffff")


class BadValueError(ValueError):
    """A cell that is not what its column takes."""

    def __init__(self, problem: str, nearest: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.nearest = nearest


def convert(value: Any, column: Column, is_name: bool = False) -> Any:
    """Typed value of a cell that is not blank; months as ``12 * year + month - 1``.

    Raises
    ------
    BadValueError
        If it is not what the column takes.
    """
    if column.type == "text" and is_name:
        return _name(value, column)
    return _CONVERTERS[column.type](value, column)


def month_number(year: int, month: int) -> int:
    """Months since year 0."""
    return 12 * year + month - 1


@lru_cache(maxsize=4096)
def month_text(number: int) -> str:
    """``YYYY-MM`` of a count of months since year 0."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def parse_number(text: str) -> float | None:
    """Number that a text holds in one of the accepted spellings, else None."""
    return float(text.replace(",", "").replace("_", "")) if _NUMBER.fullmatch(text) else None


def _as_text(value: Any) -> str:
    """Text of a cell; what a workbook turned into a number or a date becomes text again."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and math.isfinite(value):
        return number_text(float(value)) if isinstance(value, float) else str(value)
    if isinstance(value, date):
        return value.strftime("%Y-%m-%d" if value.day != 1 else "%Y-%m")
    raise BadValueError(f"expected text, found {quoted(value)}.")


def _refuse_characters(text: str, allowed: str) -> None:
    if text.isprintable():
        return
    for character in text:
        if character in _INVISIBLE or (unicodedata.category(character) in ("Cc", "Cs") and character not in allowed):
            cleaned = "".join(c for c in text if c.isprintable())
            raise BadValueError(
                f"{quoted(text)} holds a character that cannot be seen (U+{ord(character):04X}).", cleaned[:80]
            )


def _text(value: Any, column: Column) -> str:
    text = _as_text(value)
    _refuse_characters(text, "\n\t")
    if column.pattern and not re.fullmatch(column.pattern, text):
        raise BadValueError(f"{quoted(text)} must match {column.pattern}.", _fit(text, column.pattern))
    return text


def _fit(text: str, pattern: str) -> str:
    """A text near to this one that matches the pattern."""
    slug = re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")
    return next((guess for guess in (slug, text.upper()) if re.fullmatch(pattern, guess)), "")


def _name(value: Any, column: Column) -> str:
    text = _as_text(value)
    _refuse_characters(text, "")
    if ";" in text:
        raise BadValueError(
            f"{quoted(text)} holds a semicolon, which separates names in a list.", text.replace(";", "-")[:80]
        )
    if len(text) > NAME_LIMIT:
        raise BadValueError(f"a name can have {NAME_LIMIT} characters; this one has {len(text)}.")
    return text


def _number(value: Any, column: Column) -> float:
    number = _plain_number(value)
    if number is None:
        kind = "a whole number" if column.type == "integer" else "a number"
        found = "a date" if isinstance(value, date) else f"{quoted(_flag_text(value))}"
        raise BadValueError(f"expected {kind}, found {found}.", guess_number(value) if isinstance(value, str) else "")
    if not math.isfinite(number) or abs(number) > NUMBER_LIMIT:
        raise BadValueError(f"expected a finite number of at most {NUMBER_LIMIT:g}, found {quoted(value)}.")
    _refuse_bounds(number, column)
    return number + 0.0  # no negative zero


def _flag_text(value: Any) -> Any:
    return ("true" if value else "false") if isinstance(value, bool) else value


def _plain_number(value: Any) -> float | None:
    if isinstance(value, str):
        return parse_number(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= NUMBER_LIMIT or isinstance(value, float) else math.inf


def _refuse_bounds(number: float, column: Column) -> None:
    unit = f" ({column.unit})" if column.unit else ""
    found = f"found {number_text(number)}"
    if column.min is not None and number < column.min:
        raise BadValueError(f"expected at least {column.min:g}{unit}, {found}.", f"{column.min:g}")
    if column.above is not None and number <= column.above:
        raise BadValueError(f"expected more than {column.above:g}{unit}, {found}.")
    if column.max is not None and number > column.max:
        percent = column.max == 1 and column.type == "number" and number <= 100
        near = f"{number / 100 if percent else column.max:g}"
        raise BadValueError(f"expected at most {column.max:g}{unit}, {found}.", near)


def _integer(value: Any, column: Column) -> int:
    number = _number(value, column)
    if number != int(number):
        near = str(column.choices[0] if column.choices else round(number))
        raise BadValueError(f"expected a whole number, found {quoted(value)}.", near)
    if abs(number) > INTEGER_LIMIT:
        raise BadValueError(f"expected at most {INTEGER_LIMIT}, found {quoted(value)}.")
    if column.choices and number not in column.choices:
        choices = ", ".join(map(str, column.choices))
        raise BadValueError(f"expected {choices}, found {quoted(value)}.", str(column.choices[0]))
    return int(number)


def _flag(value: Any, column: Column) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        value = number_text(value) if math.isfinite(value) else str(value)
    flag = _FLAGS.get(value.casefold()) if isinstance(value, str) else None
    if flag is None:
        guess = next((word for word in _FLAGS if str(value)[:1].casefold() == word[0]), "")
        raise BadValueError(
            f"expected true or false, found {quoted(value)}.", nearest(str(value)[:20], tuple(_FLAGS)) or guess
        )
    return flag


def _month(value: Any, column: Column) -> int:
    if isinstance(value, date):
        year, month = value.year, value.month
    else:
        match = _MONTH.fullmatch(value) if isinstance(value, str) else None
        year, month = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (year >= 1900 and 1 <= month <= 12):
        raise BadValueError(f"expected a month YYYY-MM, found {quoted(value)}.", guess_month(value))
    return month_number(year, month)


def _choice(value: Any, column: Column) -> str:
    text = _as_text(value)
    if text not in column.choices:
        choices = ", ".join(column.choices)
        raise BadValueError(f"expected one of {choices}; found {quoted(text)}.", nearest(text, column.choices))
    return text


def _items(value: Any) -> list[Any]:
    """Items of a cell with several values; blank ones do not count."""
    if isinstance(value, list | tuple):
        return [item for item in value if item not in (None, "")]
    return [item.strip() for item in value.split(";") if item.strip()] if isinstance(value, str) else [value]


def _refuse_repeats(items: tuple[Any, ...], texts: list[str]) -> None:
    if len(set(items)) < len(items):
        raise BadValueError(f"{quoted(';'.join(texts))} has a value twice.", ";".join(dict.fromkeys(texts))[:80])


def _list(value: Any, column: Column) -> tuple[str, ...]:
    items = tuple(_name(item, column) for item in _items(value))
    _refuse_repeats(items, list(items))
    return items


def _numbers(value: Any, column: Column) -> tuple[float, ...]:
    items = tuple(_number(item, column) for item in _items(value))
    _refuse_repeats(items, [number_text(item) for item in items])
    if column.required and not items:
        raise BadValueError("expected at least one number.")
    return items


_CONVERTERS: dict[str, Callable[[Any, Column], Any]] = {
    "name": _name,
    "ref": _name,
    "text": _text,
    "number": _number,
    "integer": _integer,
    "flag": _flag,
    "month": _month,
    "choice": _choice,
    "list": _list,
    "numbers": _numbers,
}

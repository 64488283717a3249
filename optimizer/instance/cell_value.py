"""Convert a cell to a typed value; a text that is not exactly of its type is refused with the nearest valid value."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any

from optimizer.instance.cell_number import NUMERIC, BadValueError, items_of, refuse_repeats
from optimizer.instance.month_reading import month_readings, zoned_months
from optimizer.instance.name_text import normal_name, unseen
from optimizer.instance.notes import MARK, is_error
from optimizer.instance.raw import nearest, number_text, quoted
from optimizer.schema import Column

NAME_LIMIT = 200
_CHOSEN = 0.7  # similarity from which a text is a misspelt choice
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def convert(value: Any, column: Column, is_name: bool = False, commas: str = "") -> Any:
    """Typed value of a cell that is not blank; months as ``12 * year + month - 1``.

    Parameters
    ----------
    value : object
        The cell as found.
    column : Column
        What the cell may hold.
    is_name : bool
        Whether other tables refer to the column by name.
    commas : str
        What commas do in the numbers of the table; see :func:`optimizer.instance.number_spelling.comma_use`.

    Raises
    ------
    BadValueError
        If it is not what the column takes.
    """
    if column.type == "text" and is_name:
        return _name(value, column)
    if column.type in NUMERIC:
        return NUMERIC[column.type](value, column, commas)
    return _CONVERTERS[column.type](value, column)


def month_number(year: int, month: int) -> int:
    """Months since year 0."""
    return 12 * year + month - 1


@lru_cache(maxsize=4096)
def month_label(number: int) -> str:
    """``YYYY-MM`` of a count of months since year 0."""
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


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


def _refuse_characters(text: str, allowed: str, pattern: str = "") -> None:
    if character := unseen(text, allowed):
        cleaned = "".join(c for c in text if c.isprintable() or c in allowed).strip()[:80]
        problem = f"{quoted(text)} contains a character that cannot be seen (U+{ord(character):04X})."
        raise BadValueError(problem, "" if pattern and not re.fullmatch(pattern, cleaned) else cleaned)


def _text(value: Any, column: Column) -> str:
    text = _as_text(value)
    _refuse_characters(text, "\n\t", column.pattern)
    if column.pattern and not re.fullmatch(column.pattern, text):
        raise BadValueError(f"{quoted(text)} must match {column.pattern}.", _fit(text, column.pattern))
    return text


def _fit(text: str, pattern: str) -> str:
    """A text near to this one that matches the pattern."""
    slug = re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")
    return next((guess for guess in (slug, text.upper()) if re.fullmatch(pattern, guess)), "")


def _name(value: Any, column: Column) -> str:
    text = normal_name(_as_text(value))
    _refuse_characters(text, "")
    if is_error(text):
        raise BadValueError(f"{text} is the error of a formula.")
    if text.startswith(MARK):
        raise BadValueError(f"{quoted(text)} begins with {MARK}, which marks a comment.", text.lstrip(f"{MARK} ")[:80])
    if ";" in text:
        raise BadValueError(
            f"{quoted(text)} contains a semicolon, which separates names in a list.", text.replace(";", "-")[:80]
        )
    if len(text) > NAME_LIMIT:
        raise BadValueError(f"a name can have {NAME_LIMIT} characters; this one has {len(text)}.")
    return text


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
        _refuse_zone(value)
        year, month = value.year, value.month
    else:
        match = _MONTH.fullmatch(value) if isinstance(value, str) else None
        year, month = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (year >= 1900 and 1 <= month <= 12):
        raise _no_month(value)
    return month_number(year, month)


def _refuse_zone(value: date) -> None:
    months = zoned_months(value)
    if len(months) > 1:
        problem = f"{quoted(value)} lies in {' or '.join(months)}, as the time zone is. Give months without time zones."
        raise BadValueError(problem)


def _no_month(value: Any) -> BadValueError:
    expected, readings = f"expected a month YYYY-MM, found {quoted(value)}", month_readings(value)
    if len(readings) == 1:
        month, how = readings[0]
        return BadValueError(f"{expected}, {month} {how}." if how.startswith("if") else f"{expected}.", month)
    if not readings:
        return BadValueError(f"{expected}.")
    meanings = " or ".join(f"{month} ({how})" for month, how in readings)
    return BadValueError(f"{expected}, which can mean {meanings}. Write the intended one.")


def _choice(value: Any, column: Column) -> str:
    text = _as_text(value)
    if text not in column.choices:
        choices = ", ".join(column.choices)
        problem = f"{quoted(text)} is not a valid choice; expected one of {choices}."
        raise BadValueError(problem, nearest(text, column.choices, _CHOSEN))
    return text


def _list(value: Any, column: Column) -> tuple[str, ...]:
    items = tuple(_name(item, column) for item in items_of(value))
    refuse_repeats(items, list(items))
    return items


_CONVERTERS: dict[str, Callable[[Any, Column], Any]] = {
    "name": _name,
    "ref": _name,
    "text": _text,
    "flag": _flag,
    "month": _month,
    "choice": _choice,
    "list": _list,
}

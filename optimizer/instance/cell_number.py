"""Convert a cell to a number; a text with two readings is refused unless one of them is impossible."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import Any

from optimizer.instance.number_spelling import GROUPS, guess_number, parse_number, two_readings
from optimizer.instance.raw import number_text, quoted
from optimizer.schema import Column

NUMBER_LIMIT = 1e18
INTEGER_LIMIT = 100_000


class BadValueError(ValueError):
    """A cell that is not what its column takes."""

    def __init__(self, problem: str, nearest: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.nearest = nearest


def items_of(value: Any) -> list[Any]:
    """Return the items of a cell with several values; blank ones do not count."""
    if isinstance(value, list | tuple):
        return [item for item in value if item not in (None, "")]
    return [item.strip() for item in value.split(";") if item.strip()] if isinstance(value, str) else [value]


def refuse_repeats(items: tuple[Any, ...], texts: list[str]) -> None:
    """Refuse a cell that contains a value twice."""
    if len(set(items)) < len(items):
        raise BadValueError(f"{quoted(';'.join(texts))} contains a value twice.", ";".join(dict.fromkeys(texts))[:80])


def _number(value: Any, column: Column, commas: str = "") -> float:
    number = _plain_number(value, column, commas)
    if number is None:
        kind = "an integer" if column.type == "integer" else "a number"
        found = "a date" if isinstance(value, date) else f"{quoted(_flag_text(value))}"
        guess = guess_number(value) if isinstance(value, str) else ""
        raise BadValueError(f"expected {kind}, found {found}.", guess if _takes(column, guess) else "")
    if not math.isfinite(number) or abs(number) > NUMBER_LIMIT:
        raise BadValueError(f"expected a finite number of at most {NUMBER_LIMIT:g}, found {quoted(value)}.")
    _refuse_bounds(number, column)
    return number + 0.0  # no negative zero


def _flag_text(value: Any) -> Any:
    return ("true" if value else "false") if isinstance(value, bool) else value


def _plain_number(value: Any, column: Column, commas: str) -> float | None:
    if isinstance(value, str):
        return _read_number(value, column, commas)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= NUMBER_LIMIT or isinstance(value, float) else math.inf


def _read_number(text: str, column: Column, commas: str) -> float | None:
    """Number of a text; one with two readings counts only if the column or the rest of the table leaves one."""
    readings = two_readings(text, commas)
    if not readings or ("," in text and commas == GROUPS):
        return parse_number(text, commas)
    taken = [reading for reading in readings if _takes(column, reading)]
    if taken == [readings[0]] and "," in text:
        return parse_number(text, GROUPS)
    if taken == [readings[1]] and "," not in text:
        return parse_number(text)
    wanted = "an integer" if column.type == "integer" else "a number"
    if len(taken) == 1:
        raise BadValueError(f"expected {wanted}, found {quoted(text)}.", taken[0])
    what = f"{readings[0]} (thousands) or {readings[1]} (decimals)"
    raise BadValueError(f"expected {wanted}, found {quoted(text)}, which can mean {what}. Write the intended one.")


def _takes(column: Column, text: str) -> bool:
    """Whether a column takes a number written without commas."""
    number = parse_number(text) if text else None
    if number is None or abs(number) > (INTEGER_LIMIT if column.type == "integer" else NUMBER_LIMIT):
        return False
    if column.type == "integer" and number != int(number):
        return False
    try:
        _refuse_bounds(number, column)
    except BadValueError:
        return False
    return not column.choices or number in column.choices


def _refuse_bounds(number: float, column: Column) -> None:
    unit = f" ({column.unit})" if column.unit else ""
    found = f"found {number_text(number)}"
    if column.min is not None and number < column.min:
        raise BadValueError(f"expected at least {column.min:g}{unit}, {found}.")
    if column.above is not None and number <= column.above:
        raise BadValueError(f"expected more than {column.above:g}{unit}, {found}.")
    if column.below is not None and number >= column.below:
        near = f"{number / 100:g}" if column.below == 1 < number <= 100 else ""
        raise BadValueError(f"expected less than {column.below:g}{unit}, {found}.", near)
    if column.max is not None and number > column.max:
        percent = column.max == 1 and column.type == "number" and number <= 100
        near = f"{number / 100:g}" if percent else ""
        raise BadValueError(f"expected at most {column.max:g}{unit}, {found}.", near)


def _integer(value: Any, column: Column, commas: str = "") -> int:
    number = _number(value, column, commas)
    if number != int(number):
        raise BadValueError(f"expected an integer, found {quoted(value)}.")
    if abs(number) > INTEGER_LIMIT:
        raise BadValueError(f"expected at most {INTEGER_LIMIT}, found {quoted(value)}.")
    if column.choices and number not in column.choices:
        raise BadValueError(f"expected {', '.join(map(str, column.choices))}, found {quoted(value)}.")
    return int(number)


def _numbers(value: Any, column: Column, commas: str = "") -> tuple[float, ...]:
    texts = items_of(value)
    if any(isinstance(item, str) and "," in item for item in texts):
        problem = f"expected numbers separated by semicolons, without any commas, found {quoted(value)}."
        raise BadValueError(problem, _separated(texts, column))
    items = tuple(_number(item, column, commas) for item in texts)
    refuse_repeats(items, [number_text(item) for item in items])
    if column.required and not items:
        raise BadValueError("expected at least one number.")
    return items


def _separated(items: list[Any], column: Column) -> str:
    """Numbers with semicolons where there are commas, ``""`` where a comma may group thousands or mark decimals."""
    parts = [part.strip() for item in items for part in str(item).split(",")]
    long = all(len(part) > 3 and _takes(column, part) for part in parts)
    return ";".join(parts) if long and len(parts) <= 20 else ""


NUMERIC: dict[str, Callable[[Any, Column, str], Any]] = {
    "number": _number,
    "integer": _integer,
    "numbers": _numbers,
}

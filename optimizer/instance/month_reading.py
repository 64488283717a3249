"""Months written otherwise than ``YYYY-MM``, and dates: which months they can mean."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from optimizer.instance.name_text import skeleton
from optimizer.instance.raw import plain

Reading = tuple[str, str]  # a month YYYY-MM, and how the text is read to mean it
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_OTHERS = {"mai": 5, "okt": 10, "dez": 12, "mrz": 3}  # German ones that differ
_WEST, _EAST = timedelta(hours=-12), timedelta(hours=14)  # offsets of the outermost time zones
_YEAR_FIRST = re.compile(
    r"(\d{4})[ /.]?(\d{2})(?:[ /.]?\d{2})?(?:[t ].*)?|(\d{4})[ /.](\d{1,2})(?:[ /.]\d{1,2})?", re.ASCII
)
_LAST = 9999  # year after which there is no date
_CENTURY = 2000  # of years with two digits


def month_readings(value: Any) -> list[Reading]:
    """Every month that a cell may mean, without repeats."""
    if isinstance(value, bool):
        return []
    if isinstance(value, int | float):
        value = str(int(value)) if value == value and abs(value) < 1e9 and value == int(value) else ""
    found: dict[str, str] = dict.fromkeys(_moments(str(value)), "")
    if len(found) > 1:
        return [(month, "in some time zone") for month in found]
    for year, month, how in _readings(plain(skeleton(str(value)[:40])).replace("_", " ")):
        if 1900 <= year <= 2200 and 1 <= month <= 12:
            found.setdefault(f"{year:04d}-{month:02d}", how)
    return list(found.items())


def _moments(text: str) -> list[str]:
    """Months of a date with a time of day, as ISO 8601 writes it; none of any other text."""
    if not re.match(r"\d{4}-\d{2}-\d{2}[T ]\d", text, re.ASCII):
        return []
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return []
    if moment.year < 1900:
        return []
    return zoned_months(moment) if moment.tzinfo else list(dict.fromkeys((month_of(moment), _elsewhere(moment))))


def _readings(text: str) -> Iterator[tuple[int, int, str]]:
    """Year, month and how; of texts in small letters in which blanks stand for hyphens."""
    text = re.sub(r"[\s,]+", " ", text).strip()
    if re.search(r"[a-z]{3}", text):
        yield from _named(text)
    elif match := _YEAR_FIRST.fullmatch(text):
        year, month = filter(None, match.groups())
        yield int(year), int(month), ""
    elif match := re.fullmatch(r"(\d{1,2})[ /.](\d{4})", text, re.ASCII):
        yield int(match[2]), int(match[1]), ""
    elif match := re.fullmatch(r"(\d{1,2})([ /.])(\d{1,2})\2(\d{4}|\d{2})", text, re.ASCII):
        yield from _full(int(match[1]), int(match[3]), int(match[4]), match[2] == ".")
    elif match := re.fullmatch(r"(\d{1,2})[ /.](\d{1,2})", text, re.ASCII):
        yield _CENTURY + int(match[2]), int(match[1]), "month and year"
        yield _CENTURY + int(match[1]), int(match[2]), "year and month"
    elif re.fullmatch(r"\d{5}", text, re.ASCII) and 30_000 <= int(text) <= 80_000:
        day = date(1899, 12, 30) + timedelta(days=int(text))
        yield day.year, day.month, "a spreadsheet's day count"


def _full(first: int, second: int, year: int, german: bool) -> Iterator[tuple[int, int, str]]:
    """A date of three numbers, the year last, or first where it cannot be a month."""
    if year <= 31 and first > 12:
        yield _CENTURY + first, second, "year first"
    year += _CENTURY if year < 100 else 0
    if second <= 31 and not german:
        yield year, first, "month first"
    if first <= 31:
        yield year, second, "day first"


def _named(text: str) -> Iterator[tuple[int, int, str]]:
    """A text with the name of a month; a number of two digits after it is the year, before it the day as well."""
    names = {**{name: i for i, name in enumerate(_NAMES, start=1)}, **_OTHERS}
    month = next((names[word[:3]] for word in re.findall(r"[a-z]+", text) if word[:3] in names), 0)
    years = re.findall(r"(?<!\d)\d{4}(?!\d)", text, re.ASCII)
    short = re.fullmatch(r"([a-z]+)[ '/.\u2019]*(\d{2})|(\d{2})[ /.]*([a-z]+)", text, re.ASCII)
    if len(years) == 1:
        yield int(years[0]), month, ""
    elif short:
        yield _CENTURY + int(short[2] or short[3]), month, f"if {short[2] or short[3]} is the year and no day"


# ---------------------------------------------------------------- dates
def month_of(day: date) -> str:
    """``YYYY-MM`` of a date."""
    return f"{day.year:04d}-{day.month:02d}"


def zoned_months(value: date) -> list[str]:
    """Months in which a time with a time zone lies there and elsewhere; one if it is the same in every zone.

    The first moment of a month, by the clock of its own zone, means that month.
    """
    if not isinstance(value, datetime) or value.tzinfo is None or not 1900 <= value.year < _LAST:
        return [month_of(value)]
    offset = value.utcoffset() or timedelta()
    wall = value.replace(tzinfo=None)
    if wall.day == 1 and wall.time() == datetime.min.time():
        return [month_of(wall)]
    elsewhere = [wall - offset + other for other in (_WEST, _EAST)]
    return list(dict.fromkeys(month_of(day) for day in (wall, *elsewhere)))


def odd_date(value: date) -> str:
    """What is odd about a date that stands for a month, ``""`` if it is the first day of one."""
    means = month_of(value)
    if isinstance(value, datetime) and _time(value):
        other = _elsewhere(value)
        also = f", but in another time zone it may be {other}" if other != means else ""
        return f"the time {value:%Y-%m-%d %H:%M} is read as {means}{also}. Write the month, or its first day."
    swapped = f"{value.year:04d}-{value.day:02d}"
    if value.day == 1:
        return ""
    if value.day <= 12 and swapped != means:
        both = f"the date {value:%Y-%m-%d} is read as {means}, but with day and month swapped it is {swapped}."
        return f"{both} Write {means} or {swapped}."
    return f"the date {value:%Y-%m-%d} is read as {means}. Write {means}, or its first day."


def _elsewhere(value: datetime) -> str:
    """Return the month of a time without a time zone where the clock differs by half a day; mostly its own."""
    if not _time(value) or value.year >= _LAST:
        return month_of(value)
    return month_of(value + timedelta(hours=12 if value.hour >= 12 else -12))


def _time(value: date) -> str:
    """Time of day of a date, ``""`` at midnight."""
    midnight = datetime.min.time()
    clock = value.time() if isinstance(value, datetime) else midnight
    return "" if clock == midnight else f"{clock:%H:%M}"


def is_last_day(value: date) -> bool:
    """Whether a date is the last day of its month, without a time of day."""
    return _time(value) == "" and value.day == monthrange(value.year, value.month)[1]

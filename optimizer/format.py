"""Text of numbers, amounts of money, shares, months and names: the one module that formats them for people.

Its texts in CSV files are no formulas: a spreadsheet takes what begins with an apostrophe for text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

Format = Callable[[float], str]

DIGITS = 12  # of figures that other software reads; a plan's tables are checked and saved with as many
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PROVEN = (4, 3, 2)  # digits of a figure that stands for an interval
_SCALES = ((1e12, "tn"), (1e9, "bn"), (1e6, "M"), (1e3, "k"))


_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def guarded(text: str) -> str:
    """Return a text as CSV files have it, with an apostrophe where a spreadsheet would take it for a formula.

    A text of apostrophes before such a character gets one more, so that :func:`unguarded` returns every text.
    """
    return f"'{text}" if _FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """Return the text that :func:`guarded` was given."""
    return text[1:] if _GUARDED.match(text) else text


def guarded_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts are guarded."""
    import pandas as pd

    texts = {str(name): column for name, column in table.items() if column.dtype.kind in "OU"}
    cells = {name: [guarded(cell) if isinstance(cell, str) else cell for cell in one] for name, one in texts.items()}
    return table.assign(**{name: pd.Series(one, table.index, dtype=object) for name, one in cells.items()})


def money(amount: float, currency: str = "", digits: int = 4) -> str:
    """An amount such as ``1.25 bn USD``; ``digits`` that matter are kept."""
    return f"{_scaled(amount, digits, ' ')} {currency}".rstrip()


def net(amount: float, currency: str) -> str:
    """Return an amount with its direction, such as ``3 M USD out``; below zero it comes in."""
    return f"{money(abs(amount), currency)} {'out' if amount >= 0 else 'in'}"


def count(number: float) -> str:
    """A number of things such as ``220k`` or ``9,600``; fractions only where they matter."""
    if abs(number) >= 99_999.5:
        return _scaled(number, 4, "")
    return f"{number:,.0f}" if abs(number) >= 99.95 or abs(number - round(number)) < 0.005 else f"{number:,.3g}"


def figure(value: float) -> str:
    """A figure of a plan as other software reads it: 12 digits, without the noise of arithmetic in further ones."""
    return f"{value:.{DIGITS}g}"


def signed_money(amount: float) -> str:
    """Return an amount with its sign, such as ``+3 M``."""
    text = money(amount)
    return text if amount < 0 or text == "0" else f"+{text}"


def compact(value: float, digits: int = 6) -> str:
    """Return a number as it was given, to so many digits, such as ``2.5`` or ``1,500``."""
    return f"{value:,.{digits}g}"


def in_full(value: float) -> str:
    """Return a number in full, fractions to six digits."""
    return compact(value) if abs(value) < 1e6 else grouped(value)


def grouped(value: float, digits: int = 0) -> str:
    """Return a number with so many decimals and its thousands separated, such as ``1,234.5``."""
    return f"{value:,.{digits}f}"


def signed_number(value: float, digits: int = 0) -> str:
    """Return a number as :func:`grouped` does, with its sign, such as ``+1,234.5``."""
    return f"{value:+,.{digits}f}"


def number(value: float, digits: int = 2) -> str:
    """Return a number with at most so many decimals, a small one with as many significant digits and one more."""
    if 0 < abs(value) < 1:
        return f"{value:.{digits + 1}g}"
    text = grouped(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


def distinguished(one: float, other: float) -> tuple[str, str]:
    """Return two numbers with as many digits as it takes to distinguish them."""
    for digits in (2, 4, 6, 9):
        texts = number(one, digits), number(other, digits)
        if texts[0] != texts[1] or one == other:
            return texts
    return repr(one), repr(other)


def brief(value: float) -> str:
    """Return a number without decimals if it is large, else to four digits."""
    return grouped(value) if value == 0 or abs(value) >= 1000 else f"{value:.4g}"


def unit_value(value: float) -> str:
    """Return what one unit is worth, to four digits, such as ``0.125`` or ``2 k``; zero is blank, unknown a dash."""
    if value != value:
        return "–"
    return "" if value == 0 else f"{value:,.4g}" if abs(value) < 1000 else money(value)


def counted(number: float, noun: str) -> str:
    """Return a number with its noun, such as ``1 cell`` or ``1,200 cells``."""
    return f"{in_full(number)} {noun}{'' if number == 1 else 's'}"


def percent(share: float) -> str:
    """A share such as ``0.07 %``; a share that is not zero never shows as zero."""
    if 0 < abs(share) < 5e-7:
        return "below 0.0001 %"
    return f"{share * 100:.3g} %" if abs(share) < 1 else f"{share * 100:,.0f} %"


def percent_figure(share: float, digits: int) -> str:
    """Return a share with so many decimals of a per cent, for tables of measurements, such as ``0.0512%``."""
    return f"{share:.{digits}%}"


def exact_percent(share: float) -> str:
    """Return a share in per cent as it was given, to six digits."""
    return f"{100 * share:.6g} %"


def level(share: float) -> str:
    """How much of something is reached, such as ``98.6 %``; what is not quite all never shows as all."""
    if share >= 1:
        return "100 %"
    texts = (f"{share * 100:.{digits}f}" for digits in range(1, 6))
    return next((f"{text} %" for text in texts if float(text) < 100), "almost 100 %")


def proven_interval(low: float | None, high: float | None, currency: str = "") -> str:
    """Between which amounts of money one is proven to lie, of which either end may be unknown (None or NaN).

    One figure stands for both ends where they are the same in as many digits as it has.
    """
    return _interval(low, high, currency, "between {} and {}", "nothing is proven of it")


def interval_text(low: float | None, high: float | None) -> str:
    """As :func:`proven_interval`, for the cell of a table: blank where nothing is proven."""
    return _interval(low, high, "", "{} to {}", "")


def _interval(low: float | None, high: float | None, currency: str, both: str, neither: str) -> str:
    least, most = (None if end is None or math.isnan(end) else float(end) for end in (low, high))
    if least is None or most is None:
        at_least = "" if least is None else f"at least {money(outward(least, -1), currency)}"
        at_most = "" if most is None else f"at most {money(outward(most, 1), currency)}"
        return at_least or at_most or neither
    for digits in _PROVEN:
        text = money(least, currency, digits)
        if text == money(most, currency, digits):
            return text
    return both.format(money(outward(least, -1)), money(outward(most, 1), currency))


def outward(value: float, way: int, digits: int = 4) -> float:
    """A bound rounded so that it still is one: down (``way`` -1) or up (1), to so many digits."""
    if value == 0 or not math.isfinite(value):
        return value
    size = 10.0 ** (math.floor(math.log10(abs(value))) - digits + 1)
    steps = value / size
    near = round(steps)
    if abs(steps - near) > 1e-6:
        near = math.floor(steps) if way < 0 else math.ceil(steps)
    return near * size


def month_text(month: str) -> str:
    """A month for people, such as ``May 2026``."""
    year, number = month.split("-")
    return f"{_MONTHS[int(number) - 1]} {year}"


def month_cell(month: object) -> str:
    """Return a month for a cell of a report's table: as in the plan's tables, such as ``2026-05``; blank if none."""
    return str(month)


def span_text(first: str, last: str) -> str:
    """Return two months as a span, such as ``May 2026 to Apr 2028``; the month alone if they are the same."""
    return month_text(first) if first == last else f"{month_text(first)} to {month_text(last)}"


def scale_of(amounts: list[float]) -> tuple[float, str]:
    """The one scale for a table of amounts, with its name."""
    largest = max((abs(amount) for amount in amounts), default=0.0)
    for size, name in _SCALES:
        if largest >= 10 * size:
            return size, name
    return 1.0, ""


def _scaled(amount: float, digits: int, gap: str) -> str:
    for size, name in _SCALES:
        if abs(amount) >= size * (1 - 0.5 * 10**-digits):
            return f"{_significant(amount / size, digits)}{gap}{name}"
    return _significant(amount, digits)


def _significant(value: float, digits: int) -> str:
    before = len(f"{abs(value):.9f}".partition(".")[0])
    text = f"{value:,.{max(digits - before, 0)}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def shown(name: str, most: int = 200) -> str:
    """Return a name that can be shown, of at most ``most`` letters; invisible characters are spelled out."""
    text = "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in name)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def rounded(value: float) -> str:
    """Return a number without decimals; zero is blank, and what rounds to zero is shown as below one."""
    return fixed(value, 0)


def tenths(value: float, zero: str = "") -> str:
    """Return a number with one decimal; zero is blank, and what rounds to zero is shown as below 0.1."""
    return fixed(value, 1, zero)


def percents(share: float) -> str:
    """Return a share in per cent with one decimal; zero is blank."""
    text = fixed(share * 100, 1)
    return f"{text} %" if text else ""


def scaled(size: float) -> Format:
    """Return a format with one decimal of amounts divided by ``size``."""
    return lambda value: tenths(value / size)


def fixed(value: float, digits: int, zero: str = "") -> str:
    """Return a number with so many decimals; zero is ``zero``, and what rounds to zero shows as below the least."""
    if value == 0 or value != value:
        return zero
    least = 10.0**-digits
    if abs(value) < 0.5 * least:
        return f"{'<' if value > 0 else '>-'}{least:g}"
    return grouped(value, digits)

"""Works out the formulas of a workbook that we write, by reading them: independent of the values kept beside them."""

from __future__ import annotations

import datetime
import re
from typing import Any

from openpyxl import Workbook
from openpyxl.utils import range_boundaries

_TABLE = re.compile(r"(\w+)\[(\w+)\]")
_DAY = re.compile(r'"([<>]=?)"&DATE\((\d+),(\d+),(\d+)\)')
_CELLS = re.compile(r"(?:(\w+)!)?(\$?[A-Z]{1,3}\$?\d+)(:\$?[A-Z]{1,3}\$?\d+)?(?![\w(])")
_COMPARED = re.compile(r"(?<![<>=])=(?!=)")


class Sheets:
    """The cells of a workbook, its tables and its formulas."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self.tables = {name: (sheet, area) for sheet in book for name, area in sheet.tables.items()}
        self.sheet = ""

    def formulas(self) -> list[tuple[str, str, str]]:
        """Sheet, cell and text of every formula."""
        cells = ((sheet.title, cell) for sheet in self.book for row in sheet.iter_rows() for cell in row)
        return [(title, cell.coordinate, cell.value) for title, cell in cells if cell.data_type == "f"]

    def value(self, sheet: str, cell: str) -> Any:
        """Value of a cell; that of a formula is worked out."""
        found = self.book[sheet][cell]
        return self._evaluate(sheet, found.value) if found.data_type == "f" else found.value

    def _evaluate(self, sheet: str, formula: str) -> Any:
        kept: list[str] = []

        def keep(text: str) -> str:
            kept.append(text)
            return f"\x00{len(kept) - 1}\x00"

        text = _DAY.sub(lambda m: keep(f"('{m[1]}', day({m[2]}, {m[3]}, {m[4]}))"), formula[1:])
        text = re.sub(r'"[^"]*"', lambda m: keep(m[0]), text)
        text = _TABLE.sub(lambda m: keep(f"column('{m[1]}', '{m[2]}')"), text)
        text = _CELLS.sub(lambda m: keep(self._cells(m[1] or sheet, m[2], m[3])), text)
        text = re.sub(r"^IF\((.+?),0,(.+)\)$", r"(0 if \1 else \2)", _COMPARED.sub("==", text))
        text = re.sub(r"\x00(\d+)\x00", lambda m: kept[int(m[1])], text)
        return eval(text, {**_FUNCTIONS, "column": self.column, "cell": self.value, "cells": self.cells})

    @staticmethod
    def _cells(sheet: str, first: str, last: str | None) -> str:
        start = first.replace("$", "")
        return f"cells('{sheet}', '{start}{last.replace('$', '')}')" if last else f"cell('{sheet}', '{start}')"

    def cells(self, sheet: str, area: str) -> list[Any]:
        """Values of a range."""
        return [self.value(sheet, cell.coordinate) for row in self.book[sheet][area] for cell in row]

    def column(self, table: str, name: str) -> list[Any]:
        """Values of a column of a table."""
        sheet, area = self.tables[table]
        left, top, right, bottom = range_boundaries(area)
        header = [sheet.cell(top, at).value for at in range(left, right + 1)]
        at = left + header.index(name)
        return [sheet.cell(row, at).value for row in range(top + 1, bottom + 1)]


def _meets(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, tuple):
        sign, limit = wanted
        return value is not None and {">=": value >= limit, "<": value < limit}[sign]
    return bool(value == wanted)


def _sumifs(values: list[Any], *tests: Any) -> float:
    pairs = list(zip(tests[::2], tests[1::2], strict=True))
    rows = [value for i, value in enumerate(values) if all(_meets(column[i], wanted) for column, wanted in pairs)]
    return _sum(rows)


def _sum(*areas: Any) -> float:
    flat = [value for area in areas for value in (area if isinstance(area, list) else [area])]
    return float(sum(value for value in flat if isinstance(value, int | float)))


class _Truths:
    def __init__(self, column: list[Any], wanted: str) -> None:
        self.truths = [(value or "") == wanted for value in column]

    def __mul__(self, other: list[Any]) -> list[float]:
        return [float(value or 0) if truth else 0.0 for truth, value in zip(self.truths, other, strict=True)]


_FUNCTIONS: dict[str, Any] = {
    "SUM": _sum,
    "SUMIFS": _sumifs,
    "SUMPRODUCT": _sum,
    "EXACT": _Truths,
    "MAX": max,
    "ABS": abs,
    "day": datetime.datetime,
}

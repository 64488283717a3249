"""Answers of jobs as tables and figures of a page, whatever kind of job has given them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_ROWS = 500
_TITLES = {"rows": "with each value", "plans": "cost over all draws"}


@dataclass(frozen=True)
class Grid:
    """A table of a page: its first rows, and how many it has."""

    title: str
    columns: list[str]
    rows: list[list[Any]]
    count: int


def grid(title: str, records: Sequence[Mapping[Any, Any]]) -> Grid:
    """Return rows with names as a table; columns without any value are left out."""
    shown = records[:_ROWS]
    names = dict.fromkeys(name for row in shown for name, value in row.items() if not _is_empty(value))
    rows = [["" if _is_empty(row.get(name)) else row[name] for name in names] for row in shown]
    return Grid(title, list(names), rows, len(records))


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or value != value


def grids(answer: Mapping[str, Any]) -> list[Grid]:
    """Return the tables of an answer: each of its lists of rows, under its name."""
    return [
        grid(_title(name), value)
        for name, value in answer.items()
        if isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value)
    ]


def facts(answer: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the single values of an answer."""
    found = ((_title(name), value) for name, value in answer.items() if not isinstance(value, list | Mapping))
    return [
        (name, "yes" if value is True else "no" if value is False else value)
        for name, value in found
        if not _is_empty(value)
    ]


def _title(name: str) -> str:
    text = _TITLES.get(name, name.replace("_", " "))
    return text[:1].upper() + text[1:]

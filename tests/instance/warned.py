"""Warnings of a tiny instance of 24 months from 2030-01 to 2031-12, as lines of text."""

from __future__ import annotations

from typing import Any

from tests.program.tiny import tiny

Row = dict[str, Any]
TERM = {"price": 3000, "term_months": 12}  # ten accelerators and a hundred hours a month: 3 an hour
USUAL = {"contract": "usual", **TERM}  # so that no term is short of all
OUT = "or remove the row."


def warned(**given: Any) -> list[str]:
    """Warnings of a tiny instance, of which that of its hundred hours a month is known."""
    rows = {"contracts": [USUAL], **given}
    found = tiny(24, rows.pop("demand", {"jobs": [20]}), **rows).warnings
    return [f"{one.where} {one.row} {one.column}: {one.problem}" for one in found if one.column != "hours_per_month"]


def at(place: str, *problems: str) -> list[str]:
    """Warnings at one place."""
    return [f"{place}: {problem}" for problem in problems]

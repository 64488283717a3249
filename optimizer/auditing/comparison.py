"""The one comparison of the plan's tables with what they should be, column by column."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.auditing.holdings import Holdings
from optimizer.auditing.tables import NAMES, SUBJECT
from optimizer.auditing.verdict import Findings

Array = NDArray[Any]


@dataclass(frozen=True)
class Column:
    """What a column of a plan table should contain.

    Attributes
    ----------
    rule : str
        Rule that a wrong cell breaks.
    table, name : str
        Table and column; without a column the rows count.
    values : array
        Text or numbers, row by row; or, with ``by``, sums of the column by name and month.
    by : tuple of str
        Kinds of names, as in :data:`optimizer.auditing.tables.NAMES`; the first dimension of ``values`` has their
        combinations, the last kind varying fastest.
    part : slice
        Which rows, or which combinations of names, ``values`` is about.
    floor, relative_to : float or array
        Tolerances, as in :meth:`optimizer.auditing.verdict.Findings.compare`.
    """

    rule: str
    table: str
    name: str
    values: Array
    by: tuple[str, ...] = ()
    part: slice | Array = field(default_factory=lambda: slice(None))
    floor: float | Array = 0.0
    relative_to: float | Array = 0.0


def compare(case: Holdings, say: Findings, one: Column) -> None:
    """Compare a column, within the tolerance where it holds numbers."""
    say.rule = one.rule
    table, what = case.tables[one.table], f"in {one.table}.{one.name}" if one.name else f"rows in {one.table}"
    if not one.by:
        cells, items, months = table[one.name][one.part], table.subjects[one.part], table.months[one.part]
        if one.values.dtype != object:
            say.compare(cells, "=", one.values, what, items, months, floor=one.floor, relative_to=one.relative_to)
            return
        right = one.values
        say.rows(items, months, cells == right, lambda at: (f"{cells[at]!r} {what}", f"{right[at]!r} expected"))
        return
    keys: list[tuple[str, ...]] = [()]
    code = np.zeros(len(table), dtype=int)
    for kind in one.by:
        names = case.facts.names[kind]
        keys = [(*key, *(name if isinstance(name, tuple) else (name,))) for key in keys for name in names]
        code = code * len(names) + table.codes[kind]
    weights = table[one.name] if one.name else np.ones(len(table))
    found = table.grid(code, (len(keys), one.values.shape[-1]), weights)[one.part]
    columns = [column for kind in one.by for column in NAMES[one.table][kind]]
    places = [dict(zip(columns, keys[place], strict=True)) for place in np.arange(len(keys))[one.part].tolist()]
    subjects = [place.pop(SUBJECT[one.table]) for place in places]
    texts = [", ".join([what, *(f"{column} {name}" for column, name in place.items())]) for place in places]
    say.compare(found, "=", one.values, texts, subjects, floor=one.floor, relative_to=one.relative_to)

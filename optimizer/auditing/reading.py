"""Rules on the tables as such: that they are there, and that every cell, month and name can be understood."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import repeat
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.auditing.facts import Facts
from optimizer.auditing.holdings import Holdings
from optimizer.auditing.tables import COLUMNS, MONTH, NAMES, QUANTITY, SUBJECT, TEXT, Table, figures, texts
from optimizer.auditing.verdict import FLOOR, LARGEST, Findings
from optimizer.cash_terms import cash_terms
from optimizer.instance.instance import Instance

Array = NDArray[Any]


class PlanTables(Protocol):
    """What the audit reads of a plan; :class:`optimizer.Plan` is one."""

    @property
    def head(self) -> dict[str, Any]:
        """Content of ``plan.json``."""

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The plan's tables by name."""

    @property
    def instance(self) -> Instance:
        """The instance that it plans."""


class Draft:
    """A plan's tables as they are, and which of their rows are understood so far.

    Attributes
    ----------
    frames : dict of str to DataFrame
        Tables of the plan; an absent one that the instance does not need is empty.
    columns : dict of str to dict
        By table: its columns as arrays.
    usable : dict of str to array of bool
        By table: which rows are understood.
    """

    def __init__(self, plan: PlanTables, facts: Facts) -> None:
        self.facts = facts
        self.frames = {name: _frame(plan, name) for name in COLUMNS}
        for name, needed in (("runs", "training_runs"), ("rules", "rules"), ("outages", "policies")):
            wanted = facts.outages if needed == "policies" else facts.rows[needed]
            if self.frames[name] is None and not wanted:
                self.frames[name] = pd.DataFrame(columns=list(COLUMNS[name]))
        self.columns: dict[str, dict[str, Array]] = {}
        self.usable: dict[str, Array] = {}
        self.t: dict[str, Array] = {}
        self.codes: dict[str, dict[str, Array]] = {}

    def take(self) -> None:
        """Take the tables apart, once it is known that they are there."""
        for name, frame in self.frames.items():
            if frame is not None:
                kinds, found = COLUMNS[name].items(), dict(frame.items())
                self.columns[name] = {c: texts(found[c]) if kind == TEXT else figures(found[c]) for c, kind in kinds}
                self.usable[name] = np.ones(len(frame), dtype=bool)

    def tables(self) -> dict[str, Table]:
        """The rows that are understood."""
        found = {}
        for name, columns in self.columns.items():
            good = self.usable[name]
            kept = {column: values[good] for column, values in columns.items()}
            codes = {kind: values[good] for kind, values in self.codes[name].items()}
            found[name] = Table(name, kept, self.t[name][good], codes)
        return found


def _frame(plan: PlanTables, name: str) -> pd.DataFrame | None:
    frame = plan.tables.get(name)
    return frame if isinstance(frame, pd.DataFrame) else None


def tables(draft: Draft, say: Findings) -> None:
    """Every table that the instance needs is there, with all of its columns once."""
    for name, frame in draft.frames.items():
        say.that(frame is not None, name, "", "no such table", "a table expected")
        there = [] if frame is None else list(frame.columns)
        for column in COLUMNS[name] if frame is not None else ():
            many = there.count(column)
            say.that(many == 1, name, "", f"{many} columns called {column}", "1 expected")


def cells(draft: Draft, say: Findings) -> None:
    """Every cell of a column of numbers is a number, finite and not absurdly large."""
    for name, columns in draft.columns.items():
        for column, kind in COLUMNS[name].items():
            if kind != TEXT:
                good = np.abs(columns[column]) < LARGEST
                _leave_out(draft, say, name, good, partial(_no_number, column), "one expected")


def months(draft: Draft, say: Findings) -> None:
    """Every row lies in a month of the plan; what counts after the plan in the one after it.

    A run can start in a month before the plan in which one was started.
    """
    last, later = draft.facts.months, {term.name for term in cash_terms().values() if term.is_after}
    for name, columns in draft.columns.items():
        earlier = draft.facts.earlier_starts if name == "runs" else {}
        t = draft.t[name] = _places(draft.facts.month_of | earlier, columns, (MONTH[name],))
        before = np.isin(columns[MONTH[name]], [*earlier])
        terms = columns["term"].tolist() if name == "cash" else [""] * len(t)
        after = np.array([term in later for term in terms], dtype=bool)
        good = np.where(after, t == last, ((t >= 0) & (t < last)) | before)
        allowed = f"{say.labels[0]} to {say.labels[-2]} allowed, for what counts after the plan {say.labels[-1]}"
        _leave_out(draft, say, name, good, partial(_cells_of, columns, (MONTH[name],)), allowed)


def names(draft: Draft, say: Findings) -> None:
    """Every row is about things of the instance that such a row can be about."""
    for name, columns in draft.columns.items():
        draft.codes[name] = {kind: _places(draft.facts.names[kind], columns, of) for kind, of in NAMES[name].items()}
        for kind, of in NAMES[name].items():
            good = draft.codes[name][kind] >= 0
            _leave_out(draft, say, name, good, partial(_cells_of, columns, of), "none such is known")


def _places(known: Mapping[Any, int], columns: Mapping[str, Array], of: tuple[str, ...]) -> Array:
    """Place of each row's name, which can stand in two columns; -1 if it is not known."""
    first = columns[of[0]].tolist()
    keys = first if len(of) == 1 else zip(*(columns[column].tolist() for column in of), strict=True)
    return np.fromiter(map(known.get, keys, repeat(-1)), dtype=int, count=len(first))


def _no_number(column: str, _: int) -> str:
    return f"no number in {column}"


def _cells_of(columns: Mapping[str, Array], of: tuple[str, ...], row: int) -> str:
    """Cells of a row, for people."""
    return " and ".join(f"{column} {columns[column][row]!r}" for column in of)


def _leave_out(draft: Draft, say: Findings, name: str, good: Array, found: Callable[[int], str], allowed: str) -> None:
    """Note a violation for every row that is not good, and leave it out from now on."""
    subjects, labels = draft.columns[name][SUBJECT[name]], draft.columns[name][MONTH[name]]
    say.rows(subjects, labels, good, lambda row: (f"{found(row)} in {name}", allowed))
    draft.usable[name] &= good


# ---------------------------------------------------------------- rules on the rows that are understood
def negative(case: Holdings, say: Findings) -> None:
    """Quantities are not negative."""
    for name, table in case.tables.items():
        for column, kind in COLUMNS[name].items():
            if kind == QUANTITY and len(table):
                floor = FLOOR * float(np.abs(table[column]).max())
                what = f"in {name}.{column}"
                say.compare(table[column], ">=", 0.0, what, table.subjects, table.months, floor=floor)


def duplicates(case: Holdings, say: Findings) -> None:
    """No two rows of a table are about the same things and month; of a relaxed plan, parts of training runs may be."""
    for name, table in case.tables.items():
        key = table.t
        for codes in table.codes.values():
            key = key * (int(codes.max(initial=0)) + 1) + codes
        first = np.zeros(len(table), dtype=bool)
        first[np.unique(key, return_index=True)[1]] = True
        if case.relaxed and name in ("decisions", "allocation", "runs"):
            first |= np.isin(table.subjects, list(case.facts.tables["training_runs"]))
        say.rows(table.subjects, table.months, first, partial(_repeated, name))


def _repeated(name: str, _: int) -> tuple[str, str]:
    return f"a second row in {name}", "one expected"

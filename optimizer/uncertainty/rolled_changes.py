"""Changes of a rolled instance, so that each of its scenarios is as if it were rolled forward alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isclose
from typing import Any

import pandas as pd

from optimizer.errors import EditError
from optimizer.instance.changes import row_names
from optimizer.instance.check_reserved import EVERY
from optimizer.instance.instance import Instance
from optimizer.instance.raw import number_text
from optimizer.instance.roll_decided import TABLE
from optimizer.instance.scenario import AS_PLANNED
from optimizer.instance.scenarios import scenarios
from optimizer.schema import Table, load_schema

Outcomes = frozenset[tuple[str, str]]  # risk ("" of a table of scenarios) and outcome, of every open risk
Cell = tuple[str, Any, str, int]  # table, key of the row, column, and month of a series or place among equal keys
_CHANGES, _NAMED = "changes", ("scenario", "risk", "outcome")
_ROUNDING = 1e-9  # relative


@dataclass(frozen=True)
class RolledChanges:
    """An instance that was rolled forward, to be given the outcomes that are still possible.

    Attributes
    ----------
    before : Instance
        The instance before it was rolled forward, with its scenarios or risks.
    later : Instance
        The rolled instance without them.
    possible : mapping of str to sequence of str
        Open risks, with the outcomes that are possible.
    frames : mapping of str to DataFrame
        Its table of scenarios or risks.
    settings : mapping of str to object
        Settings of its head that belong to them.
    """

    before: Instance
    later: Instance
    possible: Mapping[str, list[str]]
    frames: Mapping[str, pd.DataFrame]
    settings: Mapping[str, Any]

    def fitted(self, wanted: Mapping[Outcomes, Instance]) -> Instance:
        """Return the instance with scenarios that are those wanted.

        Parameters
        ----------
        wanted : mapping of frozenset to Instance
            Data of each scenario, rolled forward alone.

        Raises
        ------
        EditError
            If tables cannot say that.
        """
        changes = [self._clipped(row) for row in self.before.rows[_CHANGES] if self._is_kept(row)]
        cells = {outcomes: _cells(one) for outcomes, one in wanted.items()}
        instance = self._instance(self.later, changes)
        wrong = self._wrong(instance, cells)
        if wrong:
            base, changes = self._corrected(wrong, cells, changes)
            instance = self._instance(base, changes)
            wrong = self._wrong(instance, cells)
        if wrong:
            raise EditError(f"{_named(wrong[0])} differs between scenarios in a way that changes cannot say: {_ADVICE}")
        return instance

    # ------------------------------------------------------------------ changes that stay
    def _is_kept(self, row: Any) -> bool:
        """Whether a change is one of an open outcome, of a row that there still is, in months that are to come."""
        risk, outcome = row.risk or "", row.outcome or row.scenario
        if outcome not in self.possible.get(risk, ()) or (row.to is not None and row.to < self._shift):
            return False
        rows, spec = self.later.rows[row.table], load_schema().tables[row.table]
        return bool(rows) if row.key == EVERY else any(row.key in _names(self.later, spec, one) for one in rows)

    @property
    def _shift(self) -> int:
        return self.before.month_index(self.later.head.start)

    def _clipped(self, row: Any) -> dict[str, Any]:
        """Return the cells of a change; a first month that is over is left out."""
        columns = load_schema().tables[_CHANGES].columns
        cells = {name: self.before.cell(columns[name], getattr(row, columns[name].attribute)) for name in columns}
        return cells | ({"from": None} if row.from_ is not None and row.from_ <= self._shift else {})

    def _instance(self, base: Instance, changes: list[dict[str, Any]]) -> Instance:
        frame = pd.DataFrame(changes, columns=list(load_schema().tables[_CHANGES].columns), dtype=object)
        return base.replace({**self.frames, _CHANGES: frame}, **self.settings)

    # ------------------------------------------------------------------ what differs
    def _wrong(self, instance: Instance, wanted: Mapping[Outcomes, Mapping[Cell, Any]]) -> list[Cell]:
        """Return the cells that differ in a scenario; rows that had no effect on any plan of it may be there."""
        found: dict[Cell, None] = {}
        for scenario in scenarios(instance):
            outcomes = frozenset((one.risk, one.name) for one in scenario.outcomes)
            mine = _cells(scenario.instance)
            for cell, value in wanted[outcomes].items():
                if cell not in mine or not _same(mine[cell], value):
                    found[cell] = None
        return list(found)

    def _corrected(
        self, wrong: Iterable[Cell], wanted: Mapping[Outcomes, Mapping[Cell, Any]], changes: list[dict[str, Any]]
    ) -> tuple[Instance, list[dict[str, Any]]]:
        """Return base data and changes that set cells to their values in each outcome of one risk."""
        frames: dict[str, pd.DataFrame] = {}
        for cell in wrong:
            table, key, column, _ = cell
            name = load_schema().tables[table].name_column
            values = {outcomes: one.get(cell) for outcomes, one in wanted.items()}
            by_risk = next((pair for risk in self.possible if (pair := _by_outcome(risk, values)) is not None), None)
            is_number = all(isinstance(value, (int, float)) for value in values.values())
            if not name or by_risk is None or not is_number:
                raise EditError(f"{_named(cell)} differs between scenarios in a way that changes cannot say: {_ADVICE}")
            risk, by_name = by_risk
            frame = frames.get(table, self.later.frame(table))
            frame.loc[frame[name] == key[0], column] = by_name.get(AS_PLANNED, next(iter(by_name.values())))
            frames[table] = frame
            changes = self._set(changes, (risk, by_name), (table, str(key[0]), column))
        return self.later.replace(frames), changes

    def _set(
        self, changes: list[dict[str, Any]], values: tuple[str, Mapping[str, Any]], place: tuple[str, str, str]
    ) -> list[dict[str, Any]]:
        """Return changes that set a cell last, in each outcome of a risk."""
        risk, by_name = values
        target = dict(zip(("table", "key", "column"), place, strict=True))
        kept = [row for row in changes if {name: row[name] for name in target} != target]
        blank: dict[str, Any] = dict.fromkeys(load_schema().tables[_CHANGES].columns)
        for outcome, value in by_name.items():
            if outcome != AS_PLANNED:
                owner = dict(zip(_NAMED, (None, risk, outcome) if risk else (outcome, None, None), strict=True))
                kept.append({**blank, **owner, **target, "how": "set", "value": number_text(value)})
        return kept


_ADVICE = "give the node that came, or roll forward by fewer months"


def _by_outcome(risk: str, values: Mapping[Outcomes, Any]) -> tuple[str, dict[str, Any]] | None:
    """Return the value of each outcome of a risk, if it depends on no other risk."""
    found: dict[str, Any] = {}
    for outcomes, value in values.items():
        name = dict(outcomes)[risk]
        if name in found and not _same(found[name], value):
            return None
        found.setdefault(name, value)
    return risk, found


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, (int, float)):
        return isclose(one, other, rel_tol=_ROUNDING, abs_tol=_ROUNDING)
    return bool(one == other)


def _named(cell: Cell) -> str:
    table, key, column, _ = cell
    return ".".join(str(part) for part in (table, key[0] if table != TABLE else key[2], column) if part)


# ---------------------------------------------------------------- cells
def _names(instance: Instance, spec: Table, row: Any) -> tuple[str, ...]:
    columns = [spec.columns[name] for name in spec.key]
    cells = [instance.cell(column, getattr(row, column.attribute)) for column in columns]
    return row_names(spec, [None if cell is None else str(cell) for cell in cells])


def _cells(instance: Instance) -> dict[Cell, Any]:
    """Return what an instance says: the cells of rows, the values of series by month, and what was decided."""
    found: dict[Cell, Any] = {}
    for name, spec in load_schema().tables.items():
        if spec.uncovered or name == _CHANGES:
            continue
        if spec.step == "month":
            found |= _of_series(instance, spec)
            continue
        counts: dict[Any, int] = defaultdict(int)
        for row in instance.rows[name]:
            key = (
                _rounded(row) if name == TABLE else tuple(getattr(row, spec.columns[one].attribute) for one in spec.key)
            )
            columns = [] if name == TABLE else [one for one in spec.columns.values() if one.name not in spec.key]
            for column in columns:
                found[name, key, column.name, counts[key]] = getattr(row, column.attribute)
            found[name, key, "", counts[key]] = True
            counts[key] += 1
    return found


def _rounded(row: Any) -> tuple[Any, ...]:
    """Return the values of a row, numbers to as many digits as matter."""
    return tuple(float(f"{value:.9g}") if isinstance(value, float) else value for _, value in row)


def _of_series(instance: Instance, spec: Table) -> dict[Cell, Any]:
    """Return the values of a step series in each month of the plan."""
    columns = [one for one in spec.columns.values() if one.name not in spec.key]
    rows: dict[Any, list[Any]] = defaultdict(list)
    for row in instance.rows[spec.name]:
        rows[getattr(row, spec.columns[spec.key[0]].attribute)].append(row)
    found: dict[Cell, Any] = {}
    for item, steps in rows.items():
        for t in range(instance.head.months):
            begun = max((row for row in steps if row.month <= t), key=lambda row: row.month, default=None)
            for column in columns:
                value = None if begun is None else getattr(begun, column.attribute)
                found[spec.name, (item,), column.name, t] = value
    return found

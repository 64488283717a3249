"""Warnings on outcomes whose data differ before they are known: the planner would see them coming."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf
from typing import Any

from optimizer.errors import Fault
from optimizer.instance.changes import LEAD, changed_rows
from optimizer.instance.instance import Instance
from optimizer.instance.raw import quoted
from optimizer.schema import load_schema

_ROUNDING = 1e-9  # of a sum of probabilities
Owner = tuple[str, str]  # risk ("" of a table of scenarios) and outcome


@dataclass(frozen=True, order=True)
class _Difference:
    month: int
    table: str
    column: str
    key: str


def known_too_late(instance: Instance) -> tuple[Fault, ...]:
    """Warn of outcomes whose changes make a difference before they are distinguished from another outcome.

    What lead times and dates explain does not count: an order that arrives later is not seen before.
    """
    found: list[Fault] = []
    for table in load_schema().names(lambda spec: "known" in spec.columns):
        where, numbers = instance.places.get(table, (table, ()))
        owned = _owned(instance)
        for place, row in enumerate(instance.rows[table]):
            changes = owned.get(_owner(row), [])
            known = _distinguished(instance, table, row, owned)
            first = min(_differences(instance, changes), default=None) if row.probability > 0 else None
            if first is not None and first.month < known:
                number = numbers[place] if place < len(numbers) else None
                value = "" if row.known is None else instance.label(row.known)
                found.append(Fault(where, number, "known", value, _problem(instance, first, known)))
    return tuple(found)


def _problem(instance: Instance, first: _Difference, known: float) -> str:
    late = known >= instance.head.months
    when = "does not become known within the plan" if late else f"becomes known only in {instance.label(int(known))}"
    since = instance.label(first.month)
    what = f"{first.table}.{first.column} of {quoted(first.key)} differs from {since} on"
    return f"{what}, but this {when}. The planner sees it in {since} at the latest: give that month or an earlier one."


def _owner(row: Any) -> Owner:
    return (row.risk, row.outcome) if hasattr(row, "risk") else ("", row.scenario)


def _owned(instance: Instance) -> dict[Owner, list[int]]:
    """Places of the changes of each scenario or outcome."""
    found: dict[Owner, list[int]] = defaultdict(list)
    for place, row in enumerate(instance.rows["changes"]):
        found[row.risk or "", row.outcome or row.scenario].append(place)
    return found


def _distinguished(instance: Instance, table: str, row: Any, owned: dict[Owner, list[int]]) -> float:
    """Month from which an outcome is distinguished from all others that change something else."""
    risk = _owner(row)[0]
    rivals = [other for other in instance.rows[table] if _owner(other)[0] == risk and other.probability > 0]
    known = [
        inf if other.known is None else other.known for other in rivals if _changes_other(instance, owned, row, other)
    ]
    if risk and 1 - sum(other.probability for other in rivals) > _ROUNDING:
        known.append(inf)  # as planned is never announced
    mine = inf if row.known is None else row.known
    return max((min(mine, one) for one in known), default=-inf)


def _changes_other(instance: Instance, owned: dict[Owner, list[int]], row: Any, other: Any) -> bool:
    mine, theirs = (
        [_content(instance.rows["changes"][place]) for place in owned.get(_owner(one), [])] for one in (row, other)
    )
    return mine != theirs


def _content(change: Any) -> tuple[Any, ...]:
    return tuple(value for name, value in change if name not in ("scenario", "risk", "outcome"))


# ---------------------------------------------------------------- where data differ
def _differences(instance: Instance, places: Iterable[int]) -> Iterator[_Difference]:
    """First month in which changes make a difference, of each row and column."""
    tables, changes = load_schema().tables, instance.rows["changes"]
    seen = [place for place in places if not _explained(changes[place])]
    for name, placed in changed_rows(instance, seen).items():
        spec = tables[name]
        columns = {changes[place].column for place in seen if changes[place].table == name}
        for column in columns:
            attribute = spec.columns[column].attribute
            if spec.step == "month":
                yield from _of_series(instance, name, column, attribute, [row for _, row in placed])
            else:
                begins = spec.columns[spec.window[0]].attribute if spec.window else ""
                for origin, row in placed:
                    if getattr(row, attribute) != getattr(instance.rows[name][origin], attribute):
                        month = (getattr(row, begins) or 0) if begins else 0
                        yield _Difference(max(month, 0), name, column, str(next(iter(row))[1]))


def _explained(change: Any) -> bool:
    """Whether a change is one of a lead time or a date."""
    column = load_schema().tables[change.table].columns[change.column]
    return change.how == "delay" or column.name == LEAD or column.type == "month"


def _of_series(
    instance: Instance, table: str, column: str, attribute: str, rows: Iterable[Any]
) -> Iterator[_Difference]:
    before, after = (_values(one, attribute, instance.head.months) for one in (instance.rows[table], rows))
    for key, values in after.items():
        for t, (old, new) in enumerate(zip(before[key], values, strict=True)):
            if old != new:
                yield _Difference(t, table, column, key)
                break


def _values(rows: Iterable[Any], attribute: str, months: int) -> dict[str, list[Any]]:
    """Values of each item by month; None before its first row."""
    series: dict[str, list[tuple[int, Any]]] = defaultdict(list)
    for row in rows:
        series[next(iter(row))[1]].append((row.month, getattr(row, attribute)))
    return {
        key: [
            max((point for point in points if point[0] <= t), default=(0, None), key=lambda p: p[0])[1]
            for t in range(months)
        ]
        for key, points in series.items()
    }

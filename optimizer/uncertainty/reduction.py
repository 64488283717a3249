"""Scenario reduction: the scenarios that represent all others best, with the probabilities of those they stand for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.instance.instance import Instance
from optimizer.instance.scenario import Scenario
from optimizer.schema import Table, load_schema

Floats = NDArray[np.float64]
_NUMBERS = ("number", "integer")


@dataclass(frozen=True)
class Reduction:
    """Scenarios that are kept.

    Attributes
    ----------
    scenarios : list of Scenario
        They, with their own probabilities and those of the dropped scenarios that are nearest to them.
    distance : float
        Kantorovich distance to all scenarios: what each dropped one is away from the nearest kept one, times its
        probability; in the unit of :func:`distances`.
    relative : float
        The same over the distance of the best single scenario.
    """

    scenarios: list[Scenario]
    distance: float
    relative: float


def reduce_scenarios(scenarios: Sequence[Scenario], count: int) -> Reduction:
    """Return the scenarios that fast forward selection keeps.

    Each step adds the scenario that lowers the Kantorovich distance most (Heitsch and Römisch, 2003, algorithm 2.4;
    after Dupačová, Gröwe-Kuska and Römisch, 2003).

    Parameters
    ----------
    scenarios : sequence of Scenario
        All scenarios.
    count : int
        How many to keep, 1 or more.
    """
    chances = np.array([one.probability for one in scenarios])
    away = distances([one.instance for one in scenarios])
    kept: list[int] = []
    nearest, first = np.full(len(scenarios), np.inf), 0.0
    for step in range(min(count, len(scenarios))):
        totals = chances @ np.minimum(away, nearest[:, None])
        totals[kept] = np.inf
        kept.append(int(np.argmin(totals)))
        nearest = np.minimum(nearest, away[:, kept[-1]])
        first = first if step else float(chances @ nearest)
    distance = float(chances @ nearest)
    stands_for = np.array(kept)[np.argmin(away[:, kept], axis=1)]
    stands_for[kept] = kept
    weights = np.bincount(stands_for, weights=chances, minlength=len(scenarios))
    found = [replace(scenarios[place], probability=float(weights[place])) for place in sorted(kept)]
    return Reduction(found, distance, distance / first if first else 0.0)


def distances(instances: Sequence[Instance]) -> Floats:
    """Return the distance of each pair of instances with the same rows.

    It is the sum over all numbers that differ somewhere, of step series for each month of the plan, of the difference
    over the largest size that the number has.
    """
    points = [_numbers(instance) for instance in instances]
    matrix = np.array(
        [[point.get(key, 0.0) for key in dict.fromkeys(k for p in points for k in p)] for point in points]
    )
    sizes = np.abs(matrix).max(axis=0, initial=0.0)
    moving = (matrix != matrix[:1]).any(axis=0) & (sizes > 0)
    scaled = matrix[:, moving] / sizes[moving]
    return np.array([np.abs(scaled - one).sum(axis=1) for one in scaled]).reshape(len(instances), len(instances))


def _numbers(instance: Instance) -> dict[tuple[Any, ...], float]:
    """Numbers of an instance, by table, column, row and month."""
    found: dict[tuple[Any, ...], float] = {}
    for name, table in load_schema().tables.items():
        rows = instance.rows[name]
        columns = [column for column in table.columns.values() if column.type in (*_NUMBERS, "month", "flag")]
        if table.step == "month":
            found.update(_of_series(table, rows, instance.head.months))
        else:
            for place, row in enumerate(rows):
                for column in columns:
                    value = getattr(row, column.attribute)
                    found[name, column.name, place] = np.nan_to_num(float(value)) if value is not None else 0.0
    return found


def _of_series(table: Table, rows: Iterable[Any], months: int) -> Mapping[tuple[Any, ...], float]:
    """Numbers of a step series for each month of the plan."""
    found: dict[tuple[Any, ...], float] = {}
    columns = [column for column in table.columns.values() if column.type in _NUMBERS]
    for row in sorted(rows, key=lambda row: int(row.month)):
        item = next(iter(row))[1]
        for column in columns:
            for t in range(max(row.month, 0), months):
                found[table.name, column.name, item, t] = float(getattr(row, column.attribute))
    return found

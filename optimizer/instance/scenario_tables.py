"""An instance with a table of scenarios in place of its scenarios or risks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import inf
from typing import Any

import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.instance.scenario import Outcome, Scenario
from optimizer.schema import load_schema


@dataclass(frozen=True)
class Listed:
    """An instance with a table of scenarios.

    Attributes
    ----------
    instance : Instance
        It.
    is_exact : bool
        Whether each pair of its scenarios is distinguished from the same month on as before. A table has one month for
        each scenario, which cannot say what becomes known of several risks one after the other: then pairs are
        distinguished later, never earlier.
    """

    instance: Instance
    is_exact: bool


def with_scenarios(instance: Instance, scenarios: Sequence[Scenario]) -> Listed:
    """Return an instance with the scenarios given, and their changes, in place of its own."""
    months = [
        max((_distinguished(one, other) for other in scenarios if other is not one), default=inf) for one in scenarios
    ]
    pairs = combinations(range(len(scenarios)), 2)
    exact = all(min(months[a], months[b]) == _distinguished(scenarios[a], scenarios[b]) for a, b in pairs)
    rows = [
        {
            "scenario": one.name,
            "probability": one.probability,
            "known": None if known == inf else instance.label(int(known)),
            "title": one.title,
        }
        for one, known in zip(scenarios, months, strict=True)
    ]
    changes = [change for one in scenarios for change in _changes(instance, one)]
    frames = {name: _frame(name, []) for name in load_schema().names(lambda table: table.uncovered)}
    frames["scenarios"], frames["changes"] = _frame("scenarios", rows), _frame("changes", changes)
    return Listed(instance.replace(frames), exact)


def _frame(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(load_schema().tables[table].columns), dtype=object)


def _distinguished(one: Scenario, other: Scenario) -> float:
    """Month from which two scenarios are distinguished, infinite if they never are."""
    pairs = zip(one.outcomes, other.outcomes, strict=True)
    return min((min(_known(a), _known(b)) for a, b in pairs if a.name != b.name), default=inf)


def _known(outcome: Outcome) -> float:
    return inf if outcome.known is None else outcome.known


def _changes(instance: Instance, scenario: Scenario) -> list[dict[str, Any]]:
    """Cells of the changes of a scenario."""
    come = {(one.risk, one.name) for one in scenario.outcomes}
    columns = load_schema().tables["changes"].columns
    rows = [row for row in instance.rows["changes"] if (row.risk or "", row.outcome or row.scenario) in come]
    return [
        {name: instance.cell(columns[name], value) for name, value in row}
        | {"scenario": scenario.name, "risk": None, "outcome": None}
        for row in rows
    ]

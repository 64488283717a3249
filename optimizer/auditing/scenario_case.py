"""A plan under uncertainty, taken apart for its audit: the plan of each scenario, and when scenarios are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

import pandas as pd

from optimizer.auditing.reading import PlanTables
from optimizer.auditing.tables import figures
from optimizer.instance.instance import Instance
from optimizer.instance.scenario import Scenario

SCENARIO, HEADS = "scenario", "by_scenario"
"""Leading column of the tables; key of the scenarios' heads."""
EVERY, SEPARATOR = "*", ";"
"""In the column: all scenarios; between the names of several."""


@dataclass(frozen=True)
class Part:
    """Plan of one scenario."""

    head: dict[str, Any]
    tables: Mapping[str, pd.DataFrame]
    instance: Instance


@dataclass(frozen=True)
class Case:
    """A plan under uncertainty, taken apart.

    Attributes
    ----------
    plan : PlanTables
        The plan.
    scenarios : list of Scenario
        Scenarios of its instance, derived again.
    parts : dict of str to PlanTables
        Plan of each of them.
    """

    plan: PlanTables
    scenarios: list[Scenario]
    parts: dict[str, Part]

    @property
    def costs(self) -> dict[str, float]:
        """Net present cost of each scenario, as its cash adds up."""
        return {name: float(figures(one.tables["cash"]["present_value"]).sum()) for name, one in self.parts.items()}


def distinguished(one: Scenario, other: Scenario) -> float:
    """First month of the plan in which an outcome that differs is known."""
    known = [
        min(inf if outcome.known is None else outcome.known for outcome in pair)
        for pair in zip(one.outcomes, other.outcomes, strict=True)
        if pair[0].name != pair[1].name
    ]
    return min(known, default=inf)


def first_known(case: Case) -> float:
    """First month of the plan in which scenarios can be distinguished."""
    first, *rest = case.scenarios
    return min((distinguished(first, other) for other in rest), default=inf)


def month_of(instance: Instance, month: str) -> float:
    """Return the index of a month; infinite if it is not in the plan."""
    try:
        return instance.month_index(month)
    except ValueError:  # reported where the scenario's own tables are read
        return inf

"""Scenarios and their changes as tables: from which month each is known, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.instance.instance import Instance
from optimizer.instance.scenario import Outcome, Scenario
from optimizer.instance.scenario_tables import with_scenarios
from tests.program.tiny import month, tiny


def _base() -> Instance:
    risk = {"probability": 0.25, "known": 1}
    risks = [{"risk": "site", "outcome": "late", **risk}, {"risk": "wind", "outcome": "weak", **risk}]
    change = {"table": "demand", "key": "jobs", "column": "amount"}
    changes = [
        {"risk": "site", "outcome": "late", **change, "how": "multiply", "value": "0.5", "from": 2},
        {"risk": "wind", "outcome": "weak", **change, "how": "add", "value": "3"},
    ]
    return tiny(6, {"jobs": [10]}, fleet=[{"count": 9}], risks=risks, changes=changes)


def _scenario(name: str, site: str, known: int | None, wind: str = "as planned", blows: int | None = None) -> Scenario:
    outcomes = (Outcome("site", site, known), Outcome("wind", wind, blows))
    return Scenario(name, 0.5, f"title of {name}", outcomes, _base())


@pytest.mark.parametrize(
    ("scenarios", "known", "exact"),
    [
        # Two that differ in a site, known from month 2 or 3 on; in none; in both.
        ([("a", "late", 2), ("b", "as planned", 3)], [month(2)] * 2, True),
        ([("a", "late", None), ("b", "as planned", 3)], [month(3)] * 2, True),
        ([("a", "late", 4), ("b", "as planned", None)], [month(4)] * 2, True),
        ([("a", "late", None), ("b", "as planned", None)], [None] * 2, True),
        ([("a", "late", 2), ("b", "late", 2)], [None] * 2, True),
        ([("a", "late", 4, "weak", 2), ("b", "as planned", 4, "as planned", 3)], [month(2)] * 2, True),
        ([("a", "late", 0, "weak", 5), ("b", "late", 0, "as planned", 5)], [month(5)] * 2, True),
        # The first is known in month 1, the others are distinguished from month 4 on.
        ([("a", "late", 1), ("b", "later", 4), ("c", "as planned", 4)], [month(1), month(4), month(4)], True),
        # All pairs of site and wind: pairs are distinguished from month 1 or 3 on; a table can say 3 alone.
        (
            [
                ("a", "late", 1, "weak", 3),
                ("b", "late", 1, "as planned", 3),
                ("c", "as planned", 1, "weak", 3),
                ("d", "as planned", 1, "as planned", 3),
            ],
            [month(3)] * 4,
            False,
        ),
    ],
)
def test_when_scenarios_are_known(scenarios: list[tuple[Any, ...]], known: list[str | None], exact: bool) -> None:
    """Tests the month of each scenario, and whether every pair is distinguished from the same month on as before."""
    given = [Scenario(one.name, 1 / len(scenarios), one.title, one.outcomes, one.instance) for one in (
        _scenario(*scenario) for scenario in scenarios
    )]  # fmt: skip
    listed = with_scenarios(_base(), given)
    rows = listed.instance.rows["scenarios"]
    assert [None if row.known is None else month(row.known) for row in rows] == known
    assert [(row.scenario, row.probability, row.title) for row in rows] == [
        (one[0], 1 / len(scenarios), f"title of {one[0]}") for one in scenarios
    ]
    assert listed.is_exact == exact
    assert not listed.instance.rows["risks"]


def test_changes_of_scenarios() -> None:
    """Tests that each scenario has the changes of its outcomes, with how, value and months, and no others."""
    pairs = [_scenario("a", "late", 1, "weak", 1), _scenario("b", "as planned", 1, "weak", 1)]
    columns = ("scenario", "risk", "outcome", "table", "key", "how", "value", "from_", "to")
    rows = with_scenarios(_base(), pairs).instance.rows["changes"]
    assert [tuple(getattr(row, name) or "" for name in columns) for row in rows] == [
        ("a", "", "", "demand", "jobs", "multiply", "0.5", 2, ""),
        ("a", "", "", "demand", "jobs", "add", "3", "", ""),
        ("b", "", "", "demand", "jobs", "add", "3", "", ""),
    ]

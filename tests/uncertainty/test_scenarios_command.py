"""``capopt scenarios``: lists, draws and reduces scenarios, and writes an instance of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import optimizer
from optimizer.instance.scenario_tables import with_scenarios
from optimizer.instance.scenarios import scenarios
from optimizer.uncertainty.tree import make_tree
from tests.command import capopt
from tests.program.tiny import frames

RISKS = [
    {"risk": "site", "outcome": "late", "probability": 0.2, "known": 2, "title": "The site is late"},
    {"risk": "wind", "outcome": "low", "probability": 0.5, "known": 4},
]
CHANGES = [
    {
        "risk": "wind",
        "outcome": "low",
        "table": "demand",
        "key": "*",
        "column": "amount",
        "how": "multiply",
        "value": 2,
    },
    {"risk": "site", "outcome": "late", "table": "demand", "key": "*", "column": "amount", "how": "add", "value": 1},
    {
        "risk": "wind",
        "outcome": "low",
        "table": "demand",
        "key": "*",
        "column": "amount",
        "how": "multiply",
        "value": 2,
    },
]


def instance(risks: list[dict[str, Any]] = RISKS) -> optimizer.Instance:
    changes = [change for change in CHANGES if change["risk"] in {row["risk"] for row in risks}]
    return optimizer.read(frames(6, {"jobs": [10]}, fleet=[{"count": 5}], risks=risks, changes=changes))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return instance().save(tmp_path / "mine")


def test_it_lists_the_scenarios(folder: Path) -> None:
    """Tests names, probabilities, titles and months of 2 x 2 combinations, as text and as JSON."""
    done = capopt("scenarios", folder, "--json", cwd=folder.parent)
    assert done.code == 0
    found = {one["scenario"]: one["probability"] for one in done.json["scenarios"]}
    assert found == pytest.approx({"site=late + wind=low": 0.1, "site=late": 0.1, "wind=low": 0.4, "as planned": 0.4})
    assert done.json["scenarios"][0]["outcomes"][0] == {"risk": "site", "outcome": "late", "known": "2030-03"}
    assert "The site is late" in done.err
    assert done.json["drawn"] is False


def test_it_draws_and_reduces(folder: Path) -> None:
    """Tests that a draw says so, that its seed matters, and that two are kept of it with the distance."""
    one, other = (
        capopt("scenarios", folder, "--draw", "30", "--seed", seed, "--json", cwd=folder.parent).json for seed in "12"
    )
    assert one["drawn"]
    assert one != other
    kept = capopt("scenarios", folder, "--reduce", "2", "--json", cwd=folder.parent).json
    assert (len(kept["scenarios"]), kept["of"]) == (2, 4)
    assert 0 < kept["relative_distance"] < 1


def test_it_writes_an_instance_of_scenarios(folder: Path) -> None:
    """Tests that the written scenarios have the same data, changes in their order: (10 x 2 + 1) x 2 = 42."""
    done = capopt("scenarios", folder, "-o", "out", "--json", cwd=folder.parent)
    assert (done.code, done.json["written"], done.json["exact"]) == (0, "out", False)
    before, after = (scenarios(one) for one in (instance(), optimizer.read(folder.parent / "out")))
    assert [(one.name, one.instance) for one in before] == [(one.name, one.instance) for one in after]
    assert after[0].instance.rows["demand"][0].amount == 42
    again = capopt("scenarios", folder, "-o", "out", cwd=folder.parent)
    assert again.code == 1
    assert "out" in again.err


def test_what_is_known_when_is_kept_where_a_table_can_say_it() -> None:
    """Tests one risk of three outcomes, for which a month each is exact, and two risks, of which pairs are later."""
    single = [dict(RISKS[0], outcome=name, known=known) for name, known in (("late", 1), ("later", 3))]
    base = optimizer.read(frames(6, {"jobs": [10]}, fleet=[{"count": 5}], risks=single))
    listed = with_scenarios(base, scenarios(base))
    assert listed.is_exact
    trees = [make_tree(scenarios(one), 6) for one in (base, listed.instance)]
    assert trees[0].node_of.tolist() == trees[1].node_of.tolist()
    two = with_scenarios(instance(), scenarios(instance()))
    assert not two.is_exact
    assert {row.known for row in two.instance.rows["scenarios"]} == {4}  # the later of the two, for each pair


def test_an_instance_without_scenarios_is_refused(tmp_path: Path) -> None:
    """Tests that the tables that are empty are named."""
    optimizer.read(frames(1, {"jobs": [1]}, fleet=[{"count": 1}])).save(tmp_path / "plain")
    done = capopt("scenarios", "plain", cwd=tmp_path)
    assert done.code == 1
    assert "its tables scenarios and risks have no rows" in done.err

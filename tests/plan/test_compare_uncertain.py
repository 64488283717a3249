"""Plans under uncertainty compared: the newsvendor's figures by scenario, worked out by hand."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

import optimizer
from optimizer.plan.compare_uncertain import UncertainComparison, compare_uncertain
from optimizer.plan.plan import Plan
from tests.uncertainty.tiny import newsvendor

NAN = float("nan")


@cache
def _plan(high: float | None, known: int = 1, most: int = 30, **head: Any) -> Plan:
    """A lease costs 100, a missing one 300; ten or ``most`` jobs need one or more. None: the base data alone."""
    instance = newsvendor(high or 0.5, known, (10, most), **head)
    if high is None:
        instance = instance.replace({name: instance.frame(name).head(0) for name in ("risks", "changes")})
    return optimizer.solve(instance, gap=0.0, threads=1)


def _rows(found: UncertainComparison, table: str) -> list[list[Any]]:
    rows: list[list[Any]] = getattr(found, table).astype(object).to_numpy().tolist()
    return rows


# Likely at 0.4, three are signed: 300 in either scenario, of which the base data alone need 100. At 0.2 one is: 100, or
# 100 + 2 x 300 where 300 would do.
OFTEN, SELDOM, SURE = 0.4, 0.2, None


def test_figures_by_scenario() -> None:
    """Tests probability, cost, regret, money committed now and work not served, in both plans and their difference."""
    found = compare_uncertain(_plan(OFTEN), _plan(SELDOM), ("often", "seldom"))
    columns = ("probability", "cost", "regret", "committed_now", "unserved_share")
    assert list(found.scenarios) == ["scenario", *(f"{c}_{end}" for c in columns for end in ("a", "b", "difference"))]
    rows = {row[0]: row[1:] for row in _rows(found, "scenarios")}
    assert list(rows) == found.b.tables["scenarios"]["scenario"].tolist()
    base = [0.6, 0.8, 0.2, 300, 100, -200, 200, 0, -200, 300, 100, -200, 0, 0, 0]
    high = [0.4, 0.2, -0.2, 300, 700, 400, 0, 400, 400, 300, 100, -200, 0, 0, 0]
    assert rows["as planned"] == pytest.approx(base)
    assert rows["demand=high"] == pytest.approx(high)


def test_figures_of_the_plans() -> None:
    """Tests expected and worst cost: 300 in any case, 0.8 x 100 + 0.2 x 700 = 220 and 700."""
    found = compare_uncertain(_plan(OFTEN), _plan(SELDOM))
    rows = {row[0]: row[1:] for row in _rows(found, "figures")}
    assert list(rows) == ["expected_cost", "worst_cost", "cvar"]
    assert rows["expected_cost"] == pytest.approx([300, 220, -80])
    assert rows["worst_cost"] == pytest.approx([300, 700, 400])
    assert found.difference == pytest.approx(-80)
    same = compare_uncertain(_plan(OFTEN), _plan(OFTEN))
    assert [row[3] for row in _rows(same, "figures")] == [0, 0, 0]


def test_decisions_of_now() -> None:
    """Tests that of what is decided before anything is known two leases are fewer."""
    found = compare_uncertain(_plan(OFTEN), _plan(SELDOM))
    columns = ["change", "decision", "item", "month_a", "month_b", "blocks_a", "blocks_b"]
    assert found.decisions[columns].to_numpy().tolist() == [["resized", "sign", "lease", "2030-01", "2030-01", 3, 1]]
    assert compare_uncertain(_plan(OFTEN), _plan(OFTEN)).decisions.empty


def test_notes() -> None:
    """Tests what is said of plans with the same scenarios, and with others."""
    alike = compare_uncertain(_plan(OFTEN), _plan(SELDOM)).notes
    assert alike == (
        "Decisions are compared as far as they are taken before 2030-02, before anything is known in either plan.",
    )


def test_a_plan_of_one_future_is_one_scenario() -> None:
    """Tests that its cost of 100 counts with a probability of 1, and that it has no figures for the other scenario."""
    found = compare_uncertain(_plan(SURE), _plan(OFTEN), ("sure", "often"))
    rows = {row[0]: row[1:7] for row in _rows(found, "scenarios")}
    assert rows["as planned"] == pytest.approx([1, 0.6, -0.4, 100, 300, 200])
    assert rows["demand=high"] == pytest.approx([NAN, 0.4, NAN, NAN, 300, NAN], nan_ok=True)
    assert [row[1:] for row in _rows(found, "figures")] == [pytest.approx([100, 300, 200])] * 3
    assert found.difference == pytest.approx(200)
    assert found.notes[1].startswith("sure plans for one future: its cost is that of the base data, if they come")
    assert len(found.notes) == 2
    turned = compare_uncertain(_plan(OFTEN), _plan(SURE), ("often", "sure"))
    assert turned.scenarios["scenario"].tolist() == ["as planned", "demand=high"]
    assert turned.notes[1].startswith("sure plans for one future")
    assert turned.decisions[["blocks_a", "blocks_b"]].to_numpy().tolist() == [[3, 1]]


def test_other_scenarios_and_currencies_are_noted() -> None:
    """Tests plans of which one alone has a scenario, and money in two currencies."""
    euro = _plan(OFTEN, currency="EUR")
    found = compare_uncertain(_plan(OFTEN), euro)
    assert found.notes[1:] == ("Money is in EUR and USD: its differences mean nothing.",)
    frames = {name: _plan(OFTEN).instance.frame(name) for name in ("risks", "changes")}
    renamed = _plan(OFTEN).instance.replace({name: frame.assign(outcome="most") for name, frame in frames.items()})
    other = optimizer.solve(renamed, gap=0.0, threads=1)
    (note,) = compare_uncertain(_plan(OFTEN), other).notes[1:]
    assert note == "The plans do not have the same scenarios: those of one plan alone have blank figures for the other."


def test_the_earlier_knowledge_decides() -> None:
    """Tests that decisions count until either plan knows more: of one that knows nothing, until its end."""
    notes = [compare_uncertain(a, b).notes[0] for a, b in ((_plan(OFTEN, 2), _plan(OFTEN)), (_plan(OFTEN, 2),) * 2)]
    assert [note.split(", ")[0].rpartition(" ")[2] for note in notes] == ["2030-02", "2030-03"]


def test_as_plain_values() -> None:
    """Tests names, costs, difference and tables for JSON, where a blank is None."""
    found = compare_uncertain(_plan(SURE), _plan(OFTEN), ("sure", "often")).to_dict()
    assert found["a"] == {"name": "sure", "instance": "tiny", "objective": pytest.approx(100)}
    assert found["b"] == {"name": "often", "instance": "tiny", "objective": pytest.approx(300)}
    assert found["difference"] == pytest.approx(200)
    assert [len(found[name]) for name in ("figures", "decisions", "scenarios")] == [3, 1, 2]
    high = next(row for row in found["scenarios"] if row["scenario"] == "demand=high")
    assert (high["cost_a"], high["cost_b"]) == (None, pytest.approx(300))
    assert {row["table"] for row in found["inputs"]} == {"risks", "changes"}

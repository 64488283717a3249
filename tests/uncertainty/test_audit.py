"""The audit of plans under uncertainty: every figure and shared decision is derived again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import optimizer
from optimizer.plan.plan import Plan
from tests.uncertainty.tiny import (
    newsvendor,
)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return optimizer.solve(newsvendor(0.4), gap=0.0)


def test_it_is_saved_and_loaded(plan: Plan, tmp_path: Path) -> None:
    """Tests that tables, head and instance come back, and pass the audit again."""
    for kind in ("csv", "parquet"):
        found = optimizer.load_plan(plan.save(tmp_path / kind, tables=kind))
        assert found.instance == plan.instance
        assert optimizer.audit(found).passed
        for name, table in plan.tables.items():
            pd.testing.assert_frame_equal(found.tables[name], table, check_dtype=False)


def broken(plan: Plan, table: str, change: Any) -> list[tuple[str, str]]:
    """Rule and item of the violations of a plan with a table changed."""
    found = replace(plan, tables={**plan.tables, table: change(plan.tables[table].copy())})
    return [(one.rule, one.item) for one in optimizer.audit(found).violations]


def test_a_decision_that_differs_within_a_node_is_named(plan: Plan) -> None:
    """Tests a signature of 3 blocks in one scenario and of 2 in the other."""

    def differ(rows: pd.DataFrame) -> pd.DataFrame:
        first = rows.index[rows["decision"] == "sign"][0]
        rows.loc[first, "scenario"] = "demand=high"
        other = rows.loc[[first]].assign(scenario="as planned", blocks=2.0)
        return pd.concat([rows, other], ignore_index=True)

    assert ("node_decisions", "lease") in broken(plan, "decisions", differ)


@pytest.mark.parametrize(
    ("table", "column", "rule"),
    [
        ("scenarios", "cost", "scenario_costs"),
        ("scenarios", "committed_now", "scenario_costs"),
        ("scenarios", "probability", "scenario_list"),
    ],
)
def test_figures_of_scenarios_are_derived_again(plan: Plan, table: str, column: str, rule: str) -> None:
    """Tests that a cost or probability that is another than it should be is named."""
    found = broken(plan, table, lambda rows: rows.assign(**{column: rows[column] * 1.01}))
    assert {one for one, _ in found} == {rule}


def test_broken_tables_are_violations(plan: Plan) -> None:
    """Tests a table, a column and a scenario's head that are missing, and cells that are text where numbers belong."""
    for name in ("scenarios", "decisions", "power"):
        rest = {other: table for other, table in plan.tables.items() if other != name}
        assert not optimizer.audit(replace(plan, tables=rest)).passed
        assert broken(plan, name, lambda rows: rows.drop(columns="scenario"))
    assert broken(plan, "decisions", lambda rows: rows.assign(blocks="many", month="soon"))
    assert broken(plan, "cash", lambda rows: rows.assign(present_value="much"))
    for heads in ({**plan.head["by_scenario"], "as planned": "lost"}, {}):
        assert not optimizer.audit(replace(plan, head={**plan.head, "by_scenario": heads})).passed


def test_robust_decisions_are_derived_again(plan: Plan) -> None:
    """Tests other blocks, another decision, more rows, a wrong share, an unknown scenario, and no own best plan."""
    changes: list[Any] = [
        lambda rows: rows.assign(blocks=2.0),
        lambda rows: rows.assign(decision="buy"),
        lambda rows: rows.assign(month="soon"),
        lambda rows: rows.head(0),
        lambda rows: pd.concat([rows, rows.assign(blocks=0.0)]),
        lambda rows: rows.assign(probability=0.5),
        lambda rows: rows.assign(probability="half"),
        lambda rows: rows.assign(scenarios="*"),
        lambda rows: rows.assign(scenarios="storm", probability=0.0),
    ]
    for change in changes:
        assert {rule for rule, _ in broken(plan, "robustness", change)} == {"robust_decisions"}
    assert ("robust_decisions", "lease") in broken(plan, "scenarios", lambda rows: rows.assign(alone_cost=float("nan")))


def test_the_cost_of_planning_with_the_base_data_is_derived_again(plan: Plan) -> None:
    """Tests that 40, of 340 less 300, is expected where the head has another figure, and a reason where it has none."""
    wrong = replace(plan, head={**plan.head, "vss": {**plan.head["vss"], "at_least": 39, "at_most": None}})
    found = [(one.rule, one.item) for one in optimizer.audit(wrong).violations]
    assert found == [("risk_measure", "vss.at_least"), ("risk_measure", "vss.at_most")]
    nothing = replace(plan, head={**plan.head, "vss": {}})
    assert [one.item for one in optimizer.audit(nothing).violations] == ["vss.why"]


def test_the_value_of_information_is_derived_again(plan: Plan) -> None:
    """Tests that 120, of 300 less 0.6 x 100 + 0.4 x 300, is expected where the head has another figure."""
    assert plan.head["evpi"] == pytest.approx({"at_least": 120, "at_most": 120})
    wrong = replace(plan, head={**plan.head, "evpi": {"at_least": 119, "at_most": None}})
    found = [(one.rule, one.item) for one in optimizer.audit(wrong).violations]
    assert found == [("risk_measure", "evpi.at_least"), ("risk_measure", "evpi.at_most")]


@pytest.mark.parametrize("key", ["objective", "expected_cost", "worst_cost", "cvar"])
def test_the_measure_of_risk_is_derived_again(plan: Plan, key: str) -> None:
    """Tests that a figure of the head that the costs do not give is named."""
    wrong = replace(plan, head={**plan.head, key: plan.head[key] * 1.01})
    assert ("risk_measure", key) in [(one.rule, one.item) for one in optimizer.audit(wrong).violations]


def test_a_scenario_is_audited_with_its_own_data(plan: Plan) -> None:
    """Tests that work beyond the demand of one scenario is a violation of that scenario."""

    def more(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(served=rows["served"].where(rows["scenario"] != "as planned", rows["served"] + 1))

    assert all(item.endswith("(scenario as planned)") for _, item in broken(plan, "service", more))
    assert broken(plan, "service", more)


def test_what_each_risk_is_worth_is_derived_again(plan: Plan) -> None:
    """Tests another value, a bound above the cost, an unknown risk and a missing one."""
    changes: list[Any] = [
        lambda rows: rows.assign(at_least=119.0),
        lambda rows: rows.assign(at_most=float("nan")),
        lambda rows: rows.assign(cost=170.0, at_least=130.0),
        lambda rows: rows.assign(risk="weather"),
        lambda rows: rows.head(0),
    ]
    for change in changes:
        assert {rule for rule, _ in broken(plan, "information", change)} == {"known_risks"}

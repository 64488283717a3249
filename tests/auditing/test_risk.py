"""Figures of risk of plans under uncertainty, worked out by hand for each measure, and each wrong by a little."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pandas as pd
import pytest

import optimizer
from optimizer.plan.plan import Plan
from tests.uncertainty.tiny import newsvendor

NAN = float("nan")

# Ten jobs, or thirty with a probability. A lease of ten costs 100 if signed now, what is missing 300. With 0.4, three
# are signed: 300 in both scenarios, 200 more than the base data alone would cost. Of the plans of one lease, which the
# base data alone decide, the costs are 100 and 700. Best alone: 100 and 300, so 180 by perfect information.
MEASURES: dict[str, tuple[dict[str, Any], float, float, float]] = {
    "none": ({}, 300, 0.6 * 100 + 0.4 * 700, 180),
    # The worst half: 0.4 and 0.1 of it, (0.4 x 700 + 0.1 x 100) / 0.5 = 580 and (0.4 x 300 + 0.1 x 100) / 0.5 = 260.
    "cvar": (
        {"risk_measure": "cvar", "risk_level": 0.5, "risk_weight": 0.3},
        300,
        0.7 * 340 + 0.3 * 580,
        0.7 * 180 + 0.3 * 260,
    ),
    # Regrets of 200 and 0; with one lease 0 and 400; by perfect information none.
    "regret": ({"risk_measure": "regret", "risk_weight": 0.3}, 0.7 * 300 + 0.3 * 200, 0.7 * 340 + 0.3 * 400, 0.7 * 180),
}


@cache
def _plan(measure: str = "none", high: float = 0.4) -> Plan:
    return optimizer.solve(newsvendor(high, **MEASURES[measure][0]), gap=0.0, threads=1)


def _said(plan: Plan, tables: dict[str, pd.DataFrame] | None = None, **head: Any) -> list[str]:
    """Violations of a plan with parts of its head and its tables changed."""
    changed = replace(plan, head={**plan.head, **head}, tables={**plan.tables, **(tables or {})})
    return [str(one) for one in optimizer.audit(changed).violations]


@pytest.mark.parametrize("measure", MEASURES)
def test_figures_by_hand(measure: str) -> None:
    """Tests objective, and what planning with all scenarios and perfect information are worth."""
    plan, (_, cost, fixed, informed) = _plan(measure), MEASURES[measure]
    assert plan.objective == pytest.approx(cost)
    assert (plan.head["vss"]["at_least"], plan.head["vss"]["at_most"]) == pytest.approx((fixed - cost, fixed - cost))
    assert (plan.head["evpi"]["at_least"], plan.head["evpi"]["at_most"]) == pytest.approx((cost - informed,) * 2)
    assert _said(plan) == []


@pytest.mark.parametrize(
    ("level", "cvar"),
    [(0.9, 700), (0.8, 700), (0.5, (0.2 * 700 + 0.3 * 100) / 0.5), (0.0, 220)],
)
def test_the_worst_costs(level: float, cvar: float) -> None:
    """Tests costs of 100 and, with 0.2, of 700: expected 220, and the mean of the worst tenth, fifth, half and all."""
    plan = optimizer.solve(newsvendor(0.2, risk_level=level), gap=0.0, threads=1)
    assert [plan.head[name] for name in ("expected_cost", "worst_cost", "cvar")] == pytest.approx([220, 700, cvar])
    assert _said(plan) == []
    for name in ("expected_cost", "worst_cost", "cvar"):
        # Up to a millionth of the largest cost and of itself.
        size = 700 + plan.head[name]
        assert _said(plan, **{name: plan.head[name] + 0.9e-6 * size}) == []
        assert len(_said(plan, **{name: plan.head[name] + 1.1e-6 * size})) == 1
        (text,) = _said(plan, **{name: None})
        assert text.startswith(f"{name}: nan given as {name}, ")


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("part", "key"), [("vss", "at_least"), ("vss", "at_most"), ("evpi", "at_least"), ("evpi", "at_most")]
)
def test_values_by_a_little(measure: str, part: str, key: str) -> None:
    """Tests that a value may be off by a millionth of what it is the difference of, on both sides."""
    plan, (_, cost, fixed, _) = _plan(measure), MEASURES[measure]
    value = plan.head[part][key]
    size = (fixed + cost if part == "vss" else 300 + cost) + value
    for sign in (-1, 1):
        assert _said(plan, **{part: {**plan.head[part], key: value + sign * 0.95e-6 * size}}) == []
        (text,) = _said(plan, **{part: {**plan.head[part], key: value + sign * 1.05e-6 * size}})
        assert text.startswith(f"{part}.{key}: ")
    (text,) = _said(plan, **{part: {**plan.head[part], key: None}})
    assert text.startswith(f"{part}.{key}: nan given as value, ")


def test_nothing_is_known_without_a_bound() -> None:
    """Tests that figures from the bound are null without a bound, and named where they are not."""
    plan = _plan()
    vss, evpi = {**plan.head["vss"], "at_most": None}, {**plan.head["evpi"], "at_least": None}
    table = {"information": plan.tables["information"].assign(at_least=NAN)}
    assert _said(plan, table, bound=None, vss=vss, evpi=evpi) == []
    assert _said(plan, table, bound=None, vss={**vss, "at_most": 40.0}, evpi=evpi) == [
        "vss.at_most: 40.0, null expected, as nothing is proven (risk_measure)"
    ]
    assert _said(plan, table, bound=None, vss=vss, evpi={**evpi, "at_least": 120.0}) == [
        "evpi.at_least: 120.0, null expected, as nothing is proven (risk_measure)"
    ]
    assert _said(plan, None, bound=None, vss=vss, evpi=evpi) == [
        "demand: 120 in information, nan expected (known_risks)"
    ]
    (text,) = _said(plan, table, bound="low", vss=vss, evpi=evpi)
    assert text.startswith("bound: nan given as bound, ")
    assert len(_said(plan, bound=301.0)) > 0


@pytest.mark.parametrize(
    ("cells", "texts"),
    [
        ({"at_least": 120.0003}, []),  # a millionth of twice 180 is 0.00036
        ({"at_least": 120.0005}, ["demand: 120.001 in information, 120 expected (known_risks)"]),
        ({"at_most": 119.9997}, []),
        ({"at_most": 119.9995}, ["demand: 119.999 in information, 120 expected (known_risks)"]),
        ({"at_least": 119.0}, ["demand: 119 in information, 120 expected (known_risks)"]),
        ({"cost": 170.0, "at_least": 130.0}, ["demand: bound 180, at most the cost, 170 (known_risks)"]),
        ({"bound": 170.0, "at_most": 130.0}, []),
        ({"bound": NAN, "at_most": NAN}, []),
        ({"risk": "rain"}, ["information: risks rain, demand expected (known_risks)"]),
    ],
)
def test_what_knowing_a_risk_is_worth(cells: dict[str, Any], texts: list[str]) -> None:
    """Tests 300 less the cost and the bound of 180 of the plan that knows the demand, on both sides of what passes."""
    assert _said(_plan(), {"information": _plan().tables["information"].assign(**cells)}) == texts


def test_a_risk_that_is_known_at_once_has_no_value() -> None:
    """Tests that a demand which is known in the first month is not in the table."""
    plan = optimizer.solve(newsvendor(0.4, 0), gap=0.0, threads=1)
    assert plan.tables["information"].empty
    assert _said(plan) == []
    assert _said(plan, {"information": _plan().tables["information"]})[0] == (
        "information: risks demand,  expected (known_risks)"
    )


def test_costs_of_scenarios() -> None:
    """Tests costs and commitments by scenario, up to a millionth of the money that they are the sum of."""
    table = _plan().tables["scenarios"]
    for name in ("cost", "committed_now"):
        assert _said(_plan(), {"scenarios": table.assign(**{name: table[name] + 2.9e-4})}) == []
        texts = _said(_plan(), {"scenarios": table.assign(**{name: table[name] + [3.1e-4, 0.0]})})
        assert [text.split(":")[0] for text in texts] == ["demand=high"]
        assert f"given as {name}, 300 expected (scenario_costs)" in texts[0]


def test_a_scenario_without_a_best_plan_of_its_own() -> None:
    """Tests that what needs its cost or its bound is null, and named where it is not."""
    plan, table = _plan(), _plan().tables["scenarios"]
    for name, key in (("alone_cost", "at_least"), ("alone_bound", "at_most")):
        scenarios = {"scenarios": table.assign(**{name: [NAN, 100.0]})}
        null = [
            text for text in _said(plan, scenarios, evpi={**plan.head["evpi"], key: None}) if "risk_measure" in text
        ]
        assert null == []
        assert f"evpi.{key}: 120.0, null expected, as nothing is proven (risk_measure)" in _said(plan, scenarios)


def test_what_is_said_of_shared_decisions() -> None:
    """Tests other blocks in the table of robust decisions, and in one of two scenarios that are still the same."""
    plan = _plan()
    assert _said(plan, {"robustness": plan.tables["robustness"].assign(blocks=2.0)}) == [
        "2030-01 lease: sign 2 in robustness, 3 expected, as in decisions (robust_decisions)"
    ]
    rows = plan.tables["decisions"]
    first = rows.index[rows["decision"] == "sign"][0]
    other = rows.loc[[first]].assign(scenario="as planned", blocks=2.0)
    differ = pd.concat([rows.assign(scenario=rows["scenario"].where(rows.index != first, "demand=high")), other])
    found = _said(plan, {"decisions": differ.reset_index(drop=True)})
    assert (
        "2030-01 lease: sign 2 in scenario as planned, 3 as in scenario demand=high expected (node_decisions)" in found
    )

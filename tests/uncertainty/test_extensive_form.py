"""The extensive form: optima derived by hand, and those of SCIP on a form of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizer.solver import highs
from optimizer.solver.solution import Options
from optimizer.uncertainty.extensive_form import extensive_form
from optimizer.uncertainty.stochastic_program import OWN, RiskMeasure, StochasticProgram, with_risk, with_risk_values
from tests.uncertainty.programs import best_alone, four_stages, newsvendor, random_program, scip_optimum

ALONE = (-2.8, -5.6, -8.4)
"""Best cost of the newsvendor who knows the demand d: d papers, each earning 1.4."""


def optimum(program: StochasticProgram, risk: RiskMeasure) -> tuple[float, list[np.ndarray]]:
    """Optimum by HiGHS, with the values of each scenario."""
    form = extensive_form(with_risk(program, risk))
    found = highs.solve(form.arrays, Options(gap=0, threads=1))
    assert found.values is not None
    return float(form.arrays.cost @ found.values) + form.arrays.offset, form.values_by_scenario(found.values)


@pytest.mark.parametrize(
    ("risk", "whole", "expected", "ordered"),
    [
        # A further paper sells with probability 2/3 up to the fourth, 1/3 beyond: 1.6 > 1 > 0.8, so 4 are ordered.
        # Costs are 4 - 4.8 and twice 4 - 9.6; their mean is -4.
        (RiskMeasure(), False, -4.0, 4.0),
        # The worst third is the demand of 2, and 2 papers earn 2.8 in it.
        (RiskMeasure("cvar", level=2 / 3), False, -2.8, 2.0),
        # From 2 to 4 papers the mean falls by 0.6 each and the worst third rises by 1: -0.45 + 0.25 < 0, so 4 are
        # ordered, for 0.75 x -4 + 0.25 x -0.8.
        (RiskMeasure("cvar", level=2 / 3, weight=0.25), False, -3.2, 4.0),
        # The worst two thirds of 4 papers: -0.8 and one of -5.6, mean -3.2; of 2 papers -2.8; of 3: -1.8, -4.2: -3.
        (RiskMeasure("cvar", level=1 / 3), False, -3.2, 4.0),
        # x papers are regretted by x - 2 if 2 are sold and by 8.4 - 1.4 x if 6 are: equal at 13/3.
        (RiskMeasure("regret", best=ALONE), False, 7 / 3, 13 / 3),
        # Of integers, 4 are regretted by max(2, 2.8) and 5 by max(3, 1.4).
        (RiskMeasure("regret", best=ALONE), True, 2.8, 4.0),
        # A weight of 0 leaves the expected cost.
        (RiskMeasure("regret", weight=0.0), False, -4.0, 4.0),
    ],
)
def test_the_newsvendor(risk: RiskMeasure, whole: bool, expected: float, ordered: float) -> None:
    """Tests cost and order under each risk measure against values derived by hand."""
    program = newsvendor(whole)
    cost, values = optimum(program, risk)
    assert cost == pytest.approx(expected)
    assert [x[0] for x in values] == pytest.approx([ordered] * 3)
    assert risk.value(program.costs(values), program.probabilities) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("measure", ["none", "cvar", "regret"])
def test_a_plan_has_values_of_the_columns_of_risk(measure: str, seed: int) -> None:
    """Tests that the plan of least expected cost meets the rows of the risk measure, and costs what that measures."""
    program = random_program(seed, whole=True)
    risk = RiskMeasure(measure, level=0.6, weight=0.5, best=(1.0, -2.0, 3.0, 0.0))
    _, values = optimum(program, RiskMeasure())
    form = extensive_form(with_risk(program, risk))
    start = form.values_of(with_risk_values(program, risk, values))
    assert form.arrays.worst_violation(start) <= 1e-6
    expected = risk.value(program.costs(values), program.probabilities)
    assert form.arrays.cost @ start + form.arrays.offset == pytest.approx(expected)


def test_four_stages() -> None:
    """Tests a decision of all, of two nodes and of four, derived by hand.

    Unit 1 is needed always, unit 2 for 1 in advance rather than for 0.5 x 1.5 (upper half) + 0.5 x 0.5 x 2.5 (lower).
    Unit 3 waits for the upper half, 0.5 x 1.5 < 1; unit 4 until it is known, 0.25 x 2.5 < 0.5 x 1.5.
    """
    cost, values = optimum(four_stages(), RiskMeasure())
    assert cost == pytest.approx(2 + 0.75 + 0.625)
    assert np.array(values) == pytest.approx(np.array([[2, 0, 0], [2, 0, 0], [2, 1, 0], [2, 1, 1]]))


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_random_programs_have_the_optimum_of_scip(seed: int, whole: bool) -> None:
    """Tests all risk measures against a form with copies and equations, solved by SCIP."""
    program = random_program(seed, whole)
    risks = [
        RiskMeasure(),
        RiskMeasure("cvar", level=0.6),
        RiskMeasure("cvar", level=0.8, weight=0.3),
        RiskMeasure("regret", weight=0.7, best=best_alone(program)),
    ]
    for risk in risks:
        cost, values = optimum(program, risk)
        assert cost == pytest.approx(scip_optimum(program, risk), rel=1e-6), risk
        assert risk.value(program.costs(values), program.probabilities) == pytest.approx(cost, rel=1e-6), risk


def test_values_by_scenario_and_back() -> None:
    """Tests that values of the program's columns are those of the scenarios' columns."""
    form = extensive_form(four_stages())
    values = np.arange(7.0)
    by_scenario = form.values_by_scenario(values)
    assert np.array(by_scenario).tolist() == [[0, 1, 3], [0, 1, 4], [0, 2, 5], [0, 2, 6]]
    assert form.values_of(by_scenario).tolist() == values.tolist()


def test_a_decision_has_the_bounds_of_all_scenarios() -> None:
    """Tests that bounds are intersected, and that a decision is integer if it is in one scenario."""
    program = newsvendor()
    first, second, third = program.scenarios
    bounded = replace(first, upper=np.array([3.0, 2.0])), replace(second, integer=np.array([True, False]))
    form = extensive_form(replace(program, scenarios=(*bounded, replace(third, lower=np.array([1.0, 0.0])))))
    assert (form.arrays.lower[0], form.arrays.upper[0]) == (1.0, 3.0)
    assert form.arrays.integer.tolist() == [True, False, False, False]
    assert form.first_rows == (0, 1, 2, 3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"probabilities": np.full(3, 0.3)}, "add up to 1"),
        ({"probabilities": np.ones(1)}, "3 scenarios have 1 probabilities"),
        ({"decisions": tuple(np.array([0, 0]) for _ in range(3))}, "scenario 0"),
        ({"decisions": tuple(np.array([0]) for _ in range(3))}, "scenario 0"),
    ],
)
def test_what_does_not_fit_together_is_refused(changes: dict[str, object], message: str) -> None:
    """Tests that each fault of a stochastic program is named."""
    with pytest.raises(ValueError, match=message):
        replace(newsvendor(), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("faulty", [{"measure": "worst"}, {"level": 1.0}, {"weight": -0.1}])
def test_invalid_risk_measures_are_refused(faulty: dict[str, object]) -> None:
    """Tests that each setting of a risk measure is checked."""
    with pytest.raises(ValueError, match=f"{next(iter(faulty))} is"):
        RiskMeasure(**faulty)  # type: ignore[arg-type]


def test_a_level_of_zero_is_the_expected_cost() -> None:
    """Tests that the CVaR at level 0 is the mean, and decisions of no scenario are none."""
    cost, _ = optimum(newsvendor(), RiskMeasure("cvar", level=0.0))
    assert cost == pytest.approx(-4.0)
    assert replace(newsvendor(), decisions=tuple(np.full(2, OWN) for _ in range(3))).decision_count == 0

"""A stochastic program: the programs of scenarios as arrays, and the decisions that they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer.program.arrays import Arrays, Floats, Ints

MEASURES = ("none", "cvar", "regret")
OWN = -1
"""In ``decisions``: a column of the scenario alone."""
_TOTAL = 1e-9  # by how much the probabilities may miss 1


@dataclass(frozen=True)
class RiskMeasure:
    """What is minimised of the scenarios' costs.

    Attributes
    ----------
    measure : {"none", "cvar", "regret"}
        The expected cost; or a share of it, and of the conditional value at risk or of the largest regret.
    level : float
        Probability of the costs that ``cvar`` leaves out; below 1.
    weight : float
        Share of the risk in the objective, 0 to 1.
    best : tuple of float
        Cost of the best plan for each scenario alone, for ``regret``; in the program's units.
    """

    measure: str = "none"
    level: float = 0.95
    weight: float = 1.0
    best: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Reject invalid settings."""
        checks = [
            (self.measure in MEASURES, f"measure is {self.measure!r}; expected one of {', '.join(MEASURES)}"),
            (0 <= self.level < 1, f"level is {self.level!r}; expected 0 or more, and less than 1"),
            (0 <= self.weight <= 1, f"weight is {self.weight!r}; expected a share, 0 to 1"),
        ]
        wrong = [message for right, message in checks if not right]
        if wrong:
            raise ValueError("; ".join(wrong))

    @property
    def is_neutral(self) -> bool:
        """Whether only the expected cost counts."""
        return self.measure == "none" or self.weight == 0

    def value(self, costs: Floats, probabilities: Floats) -> float:
        """Return the objective of a plan from its cost in each scenario."""
        expected = float(probabilities @ costs)
        if self.is_neutral:
            return expected
        if self.measure == "regret":
            risk = float(np.max(costs - np.array(self.best)))
        else:
            risk = conditional_value_at_risk(costs, probabilities, self.level)
        return (1 - self.weight) * expected + self.weight * risk


def conditional_value_at_risk(costs: Floats, probabilities: Floats, level: float) -> float:
    """Return the mean of the highest costs, of probability ``1 - level`` (Rockafellar and Uryasev, 2000)."""
    order = np.argsort(-costs, kind="stable")
    before = np.cumsum(probabilities[order]) - probabilities[order]
    inside = np.clip(1 - level - before, 0, probabilities[order])
    return float(inside @ costs[order]) / float(inside.sum())


@dataclass(frozen=True)
class StochasticProgram:
    """Programs of scenarios, in the same units, that share decisions.

    Attributes
    ----------
    scenarios : tuple of Arrays
        The program of each scenario.
    probabilities : ndarray
        Their probabilities, which add up to 1.
    decisions : tuple of ndarray of int
        For each scenario the number of the decision that each of its columns is, from 0 over all scenarios, or
        :data:`OWN`. Columns with the same number have the same value; a decision is in a scenario once at most.
    """

    scenarios: tuple[Arrays, ...]
    probabilities: Floats
    decisions: tuple[Ints, ...]

    def __post_init__(self) -> None:
        """Reject what does not fit together."""
        count = len(self.scenarios)
        if not count == len(self.probabilities) == len(self.decisions):
            raise ValueError(
                f"{count} scenarios have {len(self.probabilities)} probabilities and {len(self.decisions)}"
                " lists of decisions; expected as many of each"
            )
        if not (self.probabilities > 0).all() or abs(self.probabilities.sum() - 1) > _TOTAL:
            raise ValueError(
                f"probabilities are {self.probabilities.tolist()}; expected positive ones that add up to 1"
            )
        for number, (arrays, of_columns) in enumerate(zip(self.scenarios, self.decisions, strict=True)):
            used = of_columns[of_columns != OWN]
            if len(of_columns) != len(arrays.cost) or len(np.unique(used)) != len(used) or (used < 0).any():
                raise ValueError(f"scenario {number}: expected for each column a decision of its own, or {OWN}")

    @property
    def decision_count(self) -> int:
        """Number of decisions."""
        return 1 + max((int(of_columns.max(initial=OWN)) for of_columns in self.decisions), default=OWN)

    def costs(self, values: Sequence[Floats]) -> Floats:
        """Return the cost of each scenario, of values of its columns."""
        pairs = zip(self.scenarios, values, strict=True)
        return np.array([float(arrays.cost @ x[: len(arrays.cost)]) + arrays.offset for arrays, x in pairs])


def with_risk(program: StochasticProgram, risk: RiskMeasure) -> StochasticProgram:
    r"""Return the program whose expected cost is the risk measure of the given one.

    Each scenario has more columns and a row, and shares one more decision: of ``cvar`` :math:`\eta` with
    :math:`z_s \ge c_s - \eta`, and of ``regret`` the largest regret :math:`m \ge c_s - b_s`.
    """
    if risk.is_neutral:
        return program
    decision = program.decision_count
    scenarios, decisions = [], []
    for number, (arrays, of_columns) in enumerate(zip(program.scenarios, program.decisions, strict=True)):
        best = risk.best[number] if risk.measure == "regret" else 0.0
        scenarios.append(_with_risk_row(arrays, risk, best))
        added = [decision] + [OWN] * (len(scenarios[-1].cost) - len(of_columns) - 1)
        decisions.append(np.append(of_columns, added).astype(np.int64))
    return replace(program, scenarios=tuple(scenarios), decisions=tuple(decisions))


def with_risk_values(program: StochasticProgram, risk: RiskMeasure, values: Sequence[Floats]) -> list[Floats]:
    """Return values of a plan with those of the columns that :func:`with_risk` adds, at which its objective is least.

    Parameters
    ----------
    program, risk : StochasticProgram, RiskMeasure
        As for :func:`with_risk`.
    values : sequence of ndarray
        Values of each scenario's columns.
    """
    if risk.is_neutral:
        return list(values)
    costs = program.costs(values)
    if risk.measure == "regret":
        added = np.full((len(costs), 1), float(np.max(costs - np.array(risk.best))))
    else:
        at_risk = _value_at_risk(costs, program.probabilities, risk.level)
        added = np.column_stack([np.full(len(costs), at_risk), np.maximum(costs - at_risk, 0.0)])
    return [np.append(x, own) for x, own in zip(values, added, strict=True)]


def _value_at_risk(costs: Floats, probabilities: Floats, level: float) -> float:
    """Return the least of the highest costs, of probability ``1 - level``."""
    order = np.argsort(-costs, kind="stable")
    reached = np.cumsum(probabilities[order])
    return float(costs[order][min(int(np.searchsorted(reached, 1 - level)), len(costs) - 1)])


def _with_risk_row(arrays: Arrays, risk: RiskMeasure, best: float) -> Arrays:
    """Return a scenario's program with the columns of the risk measure, and the row that binds its cost to them."""
    names, cost = [("risk", risk.measure)], [risk.weight]
    if risk.measure == "cvar":
        names, cost = [*names, ("risk", "excess")], [*cost, risk.weight / (1 - risk.level)]
    count, added = len(arrays.cost), len(names)
    share = replace(arrays, cost=arrays.cost * (1 - risk.weight), offset=arrays.offset * (1 - risk.weight))
    wider = share.with_columns(names, ([], [], []), cost, np.full(added, np.inf))
    free = replace(wider, lower=np.append(arrays.lower, np.array([-np.inf, 0.0])[:added]))
    used = np.flatnonzero(arrays.cost)
    columns = np.append(used, count + np.arange(added))
    terms = (np.zeros(len(columns), dtype=np.int64), columns, np.append(arrays.cost[used], -np.ones(added)))
    return free.with_rows([("risk", "cost")], terms, [-np.inf], [best - arrays.offset])

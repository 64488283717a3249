"""The planner's own rules: what each of their constraints comes to, and whether it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.auditing.prices import Priced
from optimizer.auditing.quantities import quantity, quantity_floor
from optimizer.auditing.verdict import RELATIVE, Findings
from optimizer.format import number

Array = NDArray[Any]


@dataclass(frozen=True)
class Constraint:
    """One constraint of an own rule: its month, its value, how large its terms are, and what these may be off by."""

    spec: Any
    t: int
    value: float
    size: float
    floor: float

    @property
    def excess(self) -> float:
        """By how much the limit is passed; negative where there is room."""
        over = self.value - float(self.spec.rhs)
        if self.spec.sense == "=":
            return abs(over)
        return over if self.spec.sense == "<=" else -over

    @property
    def tolerance(self) -> float:
        """By how much its value may be off."""
        return RELATIVE * self.size + self.floor

    @property
    def slack(self) -> float:
        """Distance to the limit."""
        return 0.0 if self.spec.sense == "=" else max(0.0, -self.excess)

    @property
    def violation(self) -> float:
        """How far beyond the limit."""
        return max(0.0, self.excess)


def constraints(case: Priced) -> list[Constraint]:
    """Every constraint of the own rules: one a month, or one in the last month of the window."""
    found = []
    for name, spec in case.facts.tables["rules"].items():
        window = list(case.facts.window(spec))
        terms = [row for row in case.facts.rows["rule_terms"] if row.rule == name]
        parts = np.array([row.coefficient * quantity(case, row.quantity, row.item)[window] for row in terms])
        parts = parts.reshape(len(terms), len(window))
        value, size = parts.sum(axis=0), np.abs(parts).sum(axis=0)
        floor = sum(abs(row.coefficient) * quantity_floor(case, row.quantity, row.item) for row in terms)
        if spec.each == "total" and window:
            window, value, size = window[-1:], value.sum(keepdims=True), size.sum(keepdims=True)
        for t, one, large in zip(window, value.tolist(), size.tolist(), strict=True):
            found.append(Constraint(spec, t, one, large + abs(spec.rhs), floor))
    return found


def counted(case: Priced, one: Constraint) -> bool:
    """Whether a constraint that was added to the program counts the violation, which can then be more than it must."""
    return any(case.counts_added(family, one.spec.rule, case.facts.label(one.t)) for family in ("over", "under"))


def hard_rules(case: Priced, say: Findings) -> None:
    """An own rule without a penalty is kept."""
    hard = [one for one in constraints(case) if one.spec.penalty is None]
    say.checks += len(hard)
    for one in hard:
        if one.excess > one.tolerance:
            found, allowed = f"value {number(one.value, 6)}", f"{one.spec.sense} {number(one.spec.rhs, 6)} demanded"
            say.add(one.spec.rule, case.facts.label(one.t), found, allowed)

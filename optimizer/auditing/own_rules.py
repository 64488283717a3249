"""Rules on the planner's own rules: what they come to, and by how much they are kept or violated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.auditing.prices import Priced
from optimizer.auditing.quantities import quantity, quantity_floor
from optimizer.auditing.tables import COLUMNS
from optimizer.auditing.verdict import RELATIVE, Findings, number

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


def own_rules(case: Priced, say: Findings) -> None:
    """Every constraint of the own rules has its row, with value, slack and violation as the plan gives them."""
    table = case.tables["rules"]
    rows = {key: row for row, key in enumerate(zip(table["rule"].tolist(), table.t.tolist(), strict=True))}
    told: list[Constraint] = []
    at: list[int] = []
    for one in constraints(case):
        row = rows.pop((one.spec.rule, one.t), None)
        say.that(row is not None, one.spec.rule, case.facts.label(one.t), "no row in rules", "one expected")
        if row is not None:
            told.append(one)
            at.append(row)
    for name, t in rows:
        say.add(name, case.facts.label(t), "a row in rules", "none expected, as the rule says nothing there")
    free = np.array([counted(case, one) for one in told], dtype=bool)
    _columns(say, {column: table[column][at] for column in COLUMNS["rules"]}, told, free)


def counted(case: Priced, one: Constraint) -> bool:
    """Whether a constraint that was added to the program counts the violation, which can then be more than it must."""
    return any(case.counts_added(family, one.spec.rule, case.facts.label(one.t)) for family in ("over", "under"))


def _columns(say: Findings, found: dict[str, Array], told: list[Constraint], free: NDArray[np.bool_]) -> None:
    """Compare rows of the table with the constraints that they are about; violations that are ``free`` can be more."""
    names, labels = found["rule"], found["month"]
    for column in ("each", "sense"):
        expected = np.array([getattr(one.spec, column) for one in told], dtype=object)
        for row in np.flatnonzero(found[column] != expected).tolist():
            say.add(names[row], labels[row], f"{column} {found[column][row]}", f"{expected[row]} expected")
    sizes, floors = np.array([one.size for one in told]), np.array([one.floor for one in told])
    for column in ("value", "rhs", "slack", "violation"):
        right = [one.spec.rhs if column == "rhs" else getattr(one, column) for one in told]
        floor = 0.0 if column == "rhs" else floors
        if column == "violation":
            right = np.where(free, np.maximum(right, found[column]), right).tolist()
        say.compare(found[column], "=", right, f"told as {column}", names, labels, floor=floor, beside=sizes)


def hard_rules(case: Priced, say: Findings) -> None:
    """An own rule without a penalty is kept."""
    hard = [one for one in constraints(case) if one.spec.penalty is None]
    say.checks += len(hard)
    for one in hard:
        if one.excess > one.tolerance:
            found, allowed = f"value {number(one.value, 6)}", f"{one.spec.sense} {number(one.spec.rhs, 6)} demanded"
            say.add(one.spec.rule, case.facts.label(one.t), found, allowed)

"""The planner's own rules: linear in named quantities, by month or in total, hard or with a penalty."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from optimizer.program.exposure import window
from optimizer.program.index import Index
from optimizer.program.program_data import ProgramData
from optimizer.program.row import Row


def sets(index: Index) -> dict[str, list[Any]]:
    """Index sets of this room; a rule in total stands in the last month of its window."""
    every = [(name, t) for name, row in index.own_rules.items() for t in constraint_months(index, row)]
    soft = [(name, t) for name, t in every if index.own_rules[name].penalty is not None]
    return {
        "over": [key for key in soft if index.own_rules[key[0]].sense != ">="],
        "under": [key for key in soft if index.own_rules[key[0]].sense != "<="],
        "own_rule": every,
    }


def constraint_months(index: Index, row: Any) -> list[int]:
    """Months in which a rule has a constraint."""
    months = list(window(row, index.horizon))
    return months if row.each == "month" else months[-1:]


def measure(m: ProgramData, names: Collection[str]) -> None:
    """Left-hand sides of some rules in natural units, and the scale of each row: near its coefficients.

    Violations are counted in the row's scale, so that neither they nor their cost are lost next to money.
    """
    for rule, t in sets(m.index)["own_rule"]:
        if rule not in names:
            continue
        spec, row = m.index.own_rules[rule], Row()
        for term in m.terms_of.get(rule, ()):
            for month in [t] if spec.each == "month" else window(spec, m.index.horizon):
                m.quantities.add(row, term.coefficient, term, month)
        m.rule_value[rule, t] = row.parts()
        m.rule_scale.setdefault((rule, t), row.typical())


def own_rule(m: ProgramData, rule: str, t: int) -> Row:
    """The planner's quantities are compared with a number.

    ``sum(coefficient quantity[t]) - over[rule,t] + under[rule,t] <=, >= or = rhs`` for each rule and month of its
    window, or for the last one with the sum of all; ``over`` and ``under`` where it has a penalty.
    """
    spec, (coefficients, columns, constant) = m.index.own_rules[rule], m.rule_value[rule, t]
    scale = 1.0 / m.rule_scale[rule, t]
    row = Row().add_all(coefficients, columns).times(scale)
    row.less(m.col["over"].get((rule, t), 0.0)).add(1, m.col["under"].get((rule, t), 0.0))
    compare = {"<=": row.at_most, ">=": row.at_least, "=": row.equals}[spec.sense]
    return compare(scale * (spec.rhs - constant))

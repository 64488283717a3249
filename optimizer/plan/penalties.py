"""Minimum penalties for the decisions: omitted runs, shortfalls, violations of soft rules.

The incumbent of a stopped search can have higher penalties than its decisions need.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.program.build import Program
from optimizer.program.commitments import counted_entries, due_in_year, year_end
from optimizer.program.program_data import ProgramData

Floats = NDArray[np.float64]
RuleValues = dict[tuple[str, int], tuple[float, float]]
_NOISE = 1e-9  # relative: smaller amounts count as zero
RULE_NOISE = 1e-7  # relative to a rule's terms: feasibility tolerance of the solver


def settle_penalties(program: Program, values: Floats, counted: Collection[int] = ()) -> RuleValues:
    """Recompute, in ``values``, omitted runs, shortfalls and violations of soft rules.

    A column that is ``counted`` by an added constraint can be larger; then it keeps the value of the solver.

    Returns the values of every own rule, as :func:`rule_values` does.
    """
    m = program.parts
    for run, column in m.col["not_run"].items():
        placed = sum(values[list(m.placements_of.get(run, {}).values())].tolist())
        values[column] = max(0.0, round(1.0 - placed, 8))
    _shortfalls(program, values, counted)
    found = rule_values(m, values)
    for (rule, t), over, under in _soft(m):
        value, size = found[rule, t]
        excess = (value - m.index.own_rules[rule].rhs) / m.rule_scale[rule, t]
        noise = RULE_NOISE * size / m.rule_scale[rule, t]
        free = over in counted or under in counted
        for column, amount in ((over, max(0.0, excess)), (under, max(0.0, -excess))):
            if column is None or abs(values[column] - amount) <= noise:
                continue
            values[column] = max(values[column], amount) if free else amount
    return found


def _soft(m: ProgramData) -> list[tuple[tuple[str, int], Any, Any]]:
    keys = dict.fromkeys([*m.col["over"], *m.col["under"]])
    return [(key, m.col["over"].get(key), m.col["under"].get(key)) for key in keys]


def rule_values(m: ProgramData, values: Floats) -> RuleValues:
    """Return left-hand side and size of the terms of every own rule, in natural units."""
    parts = list(m.rule_value.values())
    lengths = np.array([len(columns) for _, columns, _ in parts], dtype=np.int64)
    row, count = np.repeat(np.arange(len(parts)), lengths), int(lengths.sum())
    each = chain.from_iterable
    columns = np.fromiter(each(columns for _, columns, _ in parts), dtype=np.int64, count=count)
    coefficients = np.fromiter(each(found for found, _, _ in parts), dtype=float, count=count)
    terms, constants = coefficients * values[columns], np.array([float(constant) for *_, constant in parts])
    sides = np.array([float(m.index.own_rules[rule].rhs) for rule, _ in m.rule_value])
    value = constants + np.bincount(row, terms, len(parts))
    size = np.abs(constants) + np.abs(sides) + np.bincount(row, np.abs(terms), len(parts))
    return dict(zip(m.rule_value, zip(value.tolist(), size.tolist(), strict=True), strict=True))


def _shortfalls(program: Program, values: Floats, counted: Collection[int]) -> None:
    m, index = program.parts, program.index
    by_a_rule = any(term.quantity == "spend" for term in index.rows["rule_terms"])  # which can require higher payments
    paid = {provider: _paid(program, provider, values) for provider in {provider for provider, _ in m.col["spent"]}}
    for (name, begin), column in m.col["shortfall"].items():
        coefficients, columns, constant = due_in_year(m, name, begin).parts()
        due = m.units.money * (constant + float(np.dot(coefficients, values[columns])))
        inside = slice(max(begin, 0), year_end(index, begin) + 1)
        short = due - float(paid[index.commitments[name].provider][inside].sum())
        needed = short / m.units.money if short > _NOISE * due else 0.0
        values[column] = max(needed, values[column]) if by_a_rule or column in counted else needed


def _paid(program: Program, provider: str, values: Floats) -> Floats:
    """Return the payments to a provider that count towards its commitments, by month."""
    entries, chosen = program.entries, counted_entries(program.parts, provider)
    amounts = entries.amounts[chosen] * values[entries.columns[chosen]]
    return np.bincount(entries.months[chosen], weights=amounts, minlength=program.index.horizon).astype(float)

"""The program as a Pyomo model, made when it is first needed: to solve a program, none is needed.

It is made through Pyomo's documented interface alone, of ordinary objects: any Pyomo solver or writer takes them.
"""

from __future__ import annotations

from math import inf, isfinite
from typing import Any

import pyomo.environ as pyo
from pyomo.core.expr import LinearExpression

from optimizer.program.added import Added, AddedVariable, scaled_rows
from optimizer.program.payments import net_present_cost
from optimizer.program.program_data import ProgramData
from optimizer.program.row import Row

ADDED_ROWS, ADDED_VARIABLES = "added_constraints", "added_variables"  # components with what was added by name


def make_model(parts: ProgramData, added: Added) -> Any:
    """The Pyomo model of a program: its families and objective under the names in ``program.toml``.

    ``model.columns`` are its variables by the numbers of their columns. ``model.relations`` are its constraints as
    built, by family and key, and ``model.cost`` is its objective as built: what is another one later was changed. What
    was added to the program by name stands in ``added_constraints``.
    """
    m: Any = pyo.ConcreteModel(name=parts.index.instance.head.name)
    m.one = pyo.Var(bounds=(1.0, 1.0))
    columns = [m.one]
    for name, numbers in parts.col.items():
        columns += _add_variables(m, parts, name, numbers)
    m.columns, m.relations = tuple(columns), {}
    for name, rows in parts.rows.items():
        m.relations[name] = _add_constraints(m, name, rows)
    cost = net_present_cost(parts)
    places = cost.nonzero()[0].tolist()
    m.cost = _sum(cost[places].tolist(), [columns[place] for place in places])
    m.net_present_cost = pyo.Objective(expr=m.cost)
    add_to_model(m, parts, added)
    return m


def _add_variables(m: Any, parts: ProgramData, name: str, numbers: dict[Any, int]) -> list[Any]:
    """Add a family of variables, and return them in order."""
    family = pyo.Var(list(numbers), domain=pyo.Reals)
    m.add_component(name, family)
    made = [family[key] for key in numbers]
    for variable, number in zip(made, numbers.values(), strict=True):
        low, high = float(parts.lower[number]), float(parts.upper[number])
        if isfinite(low):
            variable.setlb(low)
        if isfinite(high):
            variable.setub(high)
        if parts.integer[number]:
            variable.domain = pyo.Integers
    return made


def _add_constraints(m: Any, name: str, rows: dict[Any, Row]) -> dict[Any, Any]:
    """Add a family of constraints, and return their relations by key."""
    relations = {key: _relation(row, m.columns) for key, row in rows.items()}
    family = pyo.Constraint(list(rows), rule=lambda _, *key: relations[key if len(key) > 1 else key[0]])
    m.add_component(name, family)
    return relations


def add_to_model(m: Any, parts: ProgramData, added: Added) -> None:
    """Put what was added to a program by name into its Pyomo model, in the program's units."""
    if not added.constraints:
        return
    if m.component(ADDED_ROWS) is None:
        m.add_component(ADDED_VARIABLES, pyo.Var(pyo.Any, dense=False))
        m.add_component(ADDED_ROWS, pyo.Constraint(pyo.Any))
    family, variables = m.component(ADDED_ROWS), m.component(ADDED_VARIABLES)
    columns = [*m.columns, *(_own_variable(variables, one) for one in added.variables)]
    for constraint, scaled in zip(added.constraints, scaled_rows(parts, added), strict=True):
        row = scaled.row
        body = _sum(row.coefficients, [columns[number] for number in row.columns])
        sides = (side if isfinite(side) else None for side in (row.low, row.high))
        family.add(constraint.name, (next(sides), body, next(sides)))


def _own_variable(variables: Any, one: AddedVariable) -> Any:
    """A planner's own variable in the model."""
    variable = variables.add(one.name)
    variable.domain = pyo.Integers if one.integer else pyo.Reals
    variable.setlb(one.low if isfinite(one.low) else None)
    variable.setub(one.high if isfinite(one.high) else None)
    return variable


def _relation(row: Row, variables: tuple[Any, ...]) -> Any:
    """A row as Pyomo's relation."""
    body = _sum(row.coefficients, [variables[column] for column in row.columns])
    if row.low == row.high:
        return body == row.high
    return body <= row.high if row.low == -inf else body >= row.low


def _sum(coefficients: list[float], variables: list[Any]) -> Any:
    return LinearExpression(linear_coefs=list(map(float, coefficients)), linear_vars=variables)

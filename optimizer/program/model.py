"""The program as a Pyomo model, made when it is asked for: to solve a program, none is needed.

Pyomo checks each key against a set, each bound and each expression; for a program of hundreds of thousands of columns
that takes longer than everything else that builds it. Here keys, bounds and expressions are the program's own. What is
made are Pyomo's ordinary objects: any Pyomo solver or writer takes them.
"""

from __future__ import annotations

from math import inf, isfinite
from typing import Any
from weakref import ref

import pyomo.environ as pyo
from pyomo.core.base.constraint import ConstraintData
from pyomo.core.base.var import VarData
from pyomo.core.expr.numeric_expr import LinearExpression
from pyomo.core.expr.relational_expr import EqualityExpression, InequalityExpression

from optimizer.program.added import Added, AddedVariable, scaled_rows
from optimizer.program.money import net_present_cost
from optimizer.program.parts import Parts
from optimizer.program.row import Row

_STORED = ConstraintData._expr  # the slot behind a constraint's expression
ADDED_ROWS, ADDED_VARIABLES = "added_constraints", "added_variables"  # components with what was added by name


class RowData(ConstraintData):  # type: ignore[misc]
    """A constraint whose expression is made when it is first asked for: to compile a program, none is needed."""

    __slots__ = ("_made", "_written")

    def __init__(self, family: ref[Any], key: Any, written: Row) -> None:
        # As Pyomo's own constructor does, but for the expression, which there is none of yet.
        self._component, self._index, self._active = family, key, True  # type: ignore[misc]
        self._written: Row | None = written
        self._made = False

    @property
    def _expr(self) -> Any:
        if self._written is not None and not self._made:
            _STORED.__set__(self, _relation(self._written, self.parent_block().columns))
            self._made = True
        return _STORED.__get__(self)

    @_expr.setter
    def _expr(self, expression: Any) -> None:
        _STORED.__set__(self, expression)
        self._written = None


def make_model(parts: Parts, added: Added) -> Any:
    """The Pyomo model of a program: its families and objective under the names in ``program.toml``.

    ``model.columns`` are its variables by the numbers of their columns, and ``model.cost`` the objective as built. What
    was added to the program by name stands in ``added_constraints``.
    """
    m: Any = pyo.ConcreteModel(name=parts.ix.instance.head.name)
    m.one = pyo.Var(bounds=(1.0, 1.0))
    columns = [m.one]
    for name, numbers in parts.col.items():
        columns += _add_variables(m, parts, name, numbers)
    m.columns = tuple(columns)
    for name, rows in parts.rows.items():
        _add_constraints(m, name, rows)
    cost = net_present_cost(parts)
    places = cost.nonzero()[0].tolist()
    m.cost = _sum(cost[places].tolist(), [columns[place] for place in places])
    m.net_present_cost = pyo.Objective(expr=m.cost)
    add_to_model(m, parts, added)
    return m


def add_to_model(m: Any, parts: Parts, added: Added) -> None:
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


def _add_variables(m: Any, parts: Parts, name: str, numbers: dict[Any, int]) -> list[Any]:
    """Add a family of variables, and return them in order."""
    family = pyo.Var(pyo.SetOf(list(numbers)), dense=False)
    m.add_component(name, family)
    pattern = VarData(family)
    made = {}
    for key, number in numbers.items():
        variable = made[key] = VarData.copy(pattern)
        low, high = float(parts.lower[number]), float(parts.upper[number])
        variable._index = key
        variable._domain = pyo.Integers if parts.whole[number] else pyo.Reals
        variable._lb, variable._ub = None if low == -inf else low, None if high == inf else high
    family._data.update(made)
    return list(made.values())


def _add_constraints(m: Any, name: str, rows: dict[Any, Row]) -> None:
    """Add a family of constraints."""
    family = pyo.Constraint(pyo.SetOf(list(rows)))
    m.add_component(name, family)
    owner = ref(family)
    family._data.update({key: RowData(owner, key, row) for key, row in rows.items()})


def as_built(constraint: Any) -> bool:
    """Whether a constraint is one of the program's own, and as it was built."""
    return constraint.__class__ is RowData and constraint._written is not None


def _relation(row: Row, variables: tuple[Any, ...]) -> Any:
    """A row as Pyomo's relation."""
    body = _sum(row.coefficients, [variables[column] for column in row.columns])
    if row.low == row.high:
        return EqualityExpression((body, row.high))
    return InequalityExpression((body, row.high) if row.low == -inf else (row.low, body), False)


def _sum(coefficients: list[float], variables: list[Any]) -> Any:
    return LinearExpression(linear_coefs=list(map(float, coefficients)), linear_vars=variables)

"""The program as a Pyomo model, made when it is asked for: to solve a program, none is needed.

Pyomo checks each key against a set, each bound and each expression; for a program of hundreds of thousands of columns
that takes longer than everything else that builds it. Here keys, bounds and expressions are the program's own. What is
made are Pyomo's ordinary objects: any Pyomo solver or writer takes them.
"""

from __future__ import annotations

from math import inf
from typing import Any
from weakref import ref

import pyomo.environ as pyo
from pyomo.core.base.constraint import ConstraintData
from pyomo.core.base.var import VarData
from pyomo.core.expr.numeric_expr import LinearExpression
from pyomo.core.expr.relational_expr import EqualityExpression, InequalityExpression

from optimizer.program.money import net_present_cost
from optimizer.program.parts import Parts
from optimizer.program.row import Row

_STORED = ConstraintData._expr  # the slot behind a constraint's expression


class RowData(ConstraintData):  # type: ignore[misc]
    """A constraint whose expression is made when it is first asked for: to compile a program, none is needed."""

    __slots__ = ("_written",)

    def __init__(self, family: ref[Any], key: Any, written: Row) -> None:
        # As Pyomo's own constructor does, but for the expression, which there is none of yet.
        self._component, self._index, self._active = family, key, True  # type: ignore[misc]
        self._written: Row | None = written

    @property
    def _expr(self) -> Any:
        if self._written is not None:
            self._expr = _relation(self._written, self.parent_block().columns)
        return _STORED.__get__(self)

    @_expr.setter
    def _expr(self, expression: Any) -> None:
        _STORED.__set__(self, expression)
        self._written = None


def make_model(parts: Parts) -> Any:
    """The Pyomo model of a program: its families and objective under the names in ``program.toml``.

    ``model.columns`` are its variables by the numbers of their columns.
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
    m.net_present_cost = pyo.Objective(expr=_sum(cost[places].tolist(), [columns[place] for place in places]))
    return m


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


def active_rows(m: Any) -> tuple[Any, ...]:
    """All constraints of a model that are active, in order; Pyomo's own ``component_data_objects`` takes longer."""
    families = [family._data.values() for family in m.component_objects(pyo.Constraint, active=True)]
    rows = {id(row): row for rows in families for row in rows if row._active}  # a reference can tell one twice
    return tuple(rows.values())


def written(constraint: Any) -> Row | None:
    """The row of a constraint that is as it was written; None of any other."""
    return constraint._written if constraint.__class__ is RowData else None


def _relation(row: Row, variables: tuple[Any, ...]) -> Any:
    """A row as Pyomo's relation."""
    body = _sum(row.coefficients, [variables[column] for column in row.columns])
    if row.low == row.high:
        return EqualityExpression((body, row.high))
    return InequalityExpression((body, row.high) if row.low == -inf else (row.low, body), False)


def _sum(coefficients: list[float], variables: list[Any]) -> Any:
    return LinearExpression(linear_coefs=list(map(float, coefficients)), linear_vars=variables)

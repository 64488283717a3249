"""Families of variables and constraints, filled without Pyomo's checks of every key and bound.

Pyomo checks each key against a set, each bound and each expression; for a program of hundreds of thousands of columns
that takes longer than everything else that builds it. Here keys, bounds and expressions are the program's own. What is
made are Pyomo's ordinary objects: any Pyomo solver or writer takes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from weakref import ref

import pyomo.environ as pyo
from pyomo.core.base.constraint import ConstraintData
from pyomo.core.base.var import VarData
from pyomo.core.expr.relational_expr import EqualityExpression, InequalityExpression

from optimizer.program.row import Terms

Bounds = tuple[float | None, float | None]

_PLAIN = (float, type(None))
_STORED = ConstraintData._expr  # the slot behind a constraint's expression


class RowData(ConstraintData):  # type: ignore[misc]
    """A constraint whose expression is made when it is first asked for: to compile a program, none is needed."""

    __slots__ = ("_written",)

    def __init__(self, family: ref[Any], key: Any, written: Any) -> None:
        # As Pyomo's own constructor does, but for the expression, which there is none of yet.
        self._component, self._index, self._active = family, key, True  # type: ignore[misc]
        self._written = written

    @property
    def _expr(self) -> Any:
        if self._written is not None:
            self._expr = _relation(self._written)
        return _STORED.__get__(self)

    @_expr.setter
    def _expr(self, expression: Any) -> None:
        _STORED.__set__(self, expression)
        self._written = None


def written(constraint: Any) -> tuple[float | None, Terms, float | None] | None:
    """Sides and terms of a constraint that is as it was written here; None of any other."""
    if constraint.__class__ is not RowData or constraint._written is None:
        return None
    row = constraint._written
    return row if len(row) == 3 else (row[1], row[0], row[1])


def add_variables(
    m: Any,
    name: str,
    keys: Iterable[Any],
    limits: Callable[..., Bounds] | None = None,
    whole: Callable[..., bool] | None = None,
) -> dict[Any, Any]:
    """Add a family of variables to a model.

    Parameters
    ----------
    m : ConcreteModel
        The model; ``m.ix`` is its index.
    name : str
        Name of the family.
    keys : iterable
        Its keys: tuples, or plain names.
    limits : callable, optional
        Bounds by key, called with the model; without it, 0 and none.
    whole : callable, optional
        Whether a variable is whole, by key, called with the index.

    Returns
    -------
    dict
        Variables by key.
    """
    listed = list(dict.fromkeys(keys))
    family = pyo.Var(pyo.SetOf(listed), dense=False)
    m.add_component(name, family)
    pattern = VarData(family)
    pattern._domain, pattern._lb = pyo.Reals, 0.0
    copy = VarData.copy
    made = {key: copy(pattern) for key in listed}
    for key, variable in made.items():
        variable._index = key
    if limits is not None:
        for key, variable in made.items():
            low, high = limits(m, *_parts(key))
            variable._lb, variable._ub = _number(low), _number(high)
    if whole is not None:
        for key, variable in made.items():
            if whole(m.ix, *_parts(key)):
                variable._domain = pyo.Integers
    family._data.update(made)
    return made


def add_constraints(m: Any, name: str, keys: Iterable[Any], rule: Callable[..., Any]) -> None:
    """Add a family of constraints to a model: ``rule`` gives the row of each key, called with the model."""
    listed = list(dict.fromkeys(keys))
    family = pyo.Constraint(pyo.SetOf(listed))
    m.add_component(name, family)
    data, owner = family._data, ref(family)
    for key in listed:
        data[key] = RowData(owner, key, rule(m, *key) if key.__class__ is tuple else rule(m, key))


def active_rows(m: Any) -> tuple[Any, ...]:
    """All constraints of a model that are active, in order; Pyomo's own ``component_data_objects`` takes longer."""
    families = [family._data.values() for family in m.component_objects(pyo.Constraint, active=True)]
    rows = {id(row): row for rows in families for row in rows if row._active}  # a reference can tell one twice
    return tuple(rows.values())


def plain_bounds(variable: Any) -> Bounds | None:
    """Bounds of a variable as they were given here; None if its domain or its bounds have been made something else."""
    low, high = variable._lb, variable._ub
    unbounded = variable._domain is pyo.Reals or variable._domain is pyo.Integers
    return (low, high) if unbounded and low.__class__ in _PLAIN and high.__class__ in _PLAIN else None


def continuous(variable: Any) -> bool:
    """Whether a variable is not a whole number."""
    return variable._domain is pyo.Reals or bool(variable.is_continuous())


def _relation(row: Any) -> Any:
    """What a :class:`optimizer.program.row.Row` is compared with, as Pyomo's relation."""
    if len(row) == 2:
        return EqualityExpression((row[0].expression(), row[1]))
    low, body, high = row
    return InequalityExpression((body.expression(), high) if low is None else (low, body.expression()), False)


def _parts(key: Any) -> tuple[Any, ...]:
    return key if key.__class__ is tuple else (key,)


def _number(bound: float | None) -> float | None:
    return None if bound is None else float(bound)

"""What was added to the Pyomo model of a program, or changed in it: read as data, or refused by name.

The program's own constraints and objective stay as the tables make them: a plan is audited against the tables, and its
cost is the sum of its cash table, so that a plan of another objective, or of fewer rules, would be none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import inf, isfinite, isnan
from typing import Any

import pyomo.environ as pyo
from pyomo.repn import generate_standard_repn

from optimizer.errors import AdditionError
from optimizer.program.added import Added, AddedConstraint, AddedVariable, Term, term_of
from optimizer.program.model import ADDED_ROWS, ADDED_VARIABLES
from optimizer.program.program_data import Name, ProgramData
from optimizer.program.row_names import name_of

_INSTEAD = "Edit the tables of the instance instead, or solve the model with a Pyomo solver"
# Components that require nothing by themselves.
_PASSIVE = (pyo.Set, pyo.Param, pyo.Expression, pyo.Suffix, pyo.Block, pyo.BuildAction, pyo.BuildCheck, pyo.RangeSet)


def added_to(model: Any, parts: ProgramData, named: Added) -> Added:
    """Return all that was added to a program: by name before, and to its Pyomo model.

    Parameters
    ----------
    model : ConcreteModel
        The program's, as it is now.
    parts : ProgramData
        The program.
    named : Added
        What was added by name, which the model has in ``added_constraints``.

    Raises
    ------
    AdditionError
        If something is not linear, not finite, or changed in a way that cannot be obeyed.
    """
    _check_kinds(model)
    _check_own(model, parts)
    _check_named(model, named)
    _check_objective(model)
    reader = _Reader(model, parts)
    constraints = [*named.constraints, *reader.limits(), *reader.rows()]
    return Added(tuple(constraints), (*named.variables, *reader.variables()))


# ---------------------------------------------------------------- what is refused
def _check_kinds(model: Any) -> None:
    """Refuse components that capopt cannot read, such as disjunctions: they would be left out silently."""
    for component in model.component_objects(active=True, descend_into=True):
        if component.ctype not in (pyo.Var, pyo.Constraint, pyo.Objective, *_PASSIVE):
            kind = component.ctype.__name__
            raise AdditionError(f"{component.name} was added to the model and is a {kind}; expected linear constraints")


def _check_own(model: Any, parts: ProgramData) -> None:
    """Refuse changes of the program's own constraints."""
    for family, rows in parts.rows.items():
        component = model.component(family)
        found = {} if component is None or not component.active else component
        if len(found) != len(rows):
            raise AdditionError(f"constraints {family} were deactivated, deleted or added to in the model. {_INSTEAD}")
        for key, relation in model.relations[family].items():
            row = found[key]
            if not row.active or row.expr is not relation:
                raise AdditionError(f"constraint {row.name} was changed in the model. {_INSTEAD}")


def _check_named(model: Any, named: Added) -> None:
    """Refuse changes of what was added by name."""
    component = model.component(ADDED_ROWS)
    for constraint in named.constraints:
        if component is None or constraint.name not in component or not component[constraint.name].active:
            raise AdditionError(f"constraint {constraint.name}, which was added by name, was taken out of the model")
    for variable in named.variables:
        if _limits(model.component(ADDED_VARIABLES)[variable.name]) != (variable.low, variable.high):
            raise AdditionError(f"the bounds of {variable.name}, which was added before, were changed in the model")


def _check_objective(model: Any) -> None:
    found = list(model.component_data_objects(pyo.Objective, active=True))
    own = model.component("net_present_cost")
    unchanged = len(found) == 1 and found[0] is own and own.expr is model.cost and own.sense == pyo.minimize
    if not unchanged:
        names = ", ".join(one.name for one in found if one is not own) or "net_present_cost"
        what = f"the objective was changed in the model ({names}); a plan's cost is the sum of its cash table"
        raise AdditionError(f"{what}. {_INSTEAD}")


# ---------------------------------------------------------------- what is obeyed
class _Reader:
    """Reads what was added; variables are numbered as they are met."""

    def __init__(self, model: Any, parts: ProgramData) -> None:
        self.model, self.parts = model, parts
        self.names: dict[int, Name] = dict(zip(map(id, model.columns), parts.names, strict=True))
        named = model.component(ADDED_VARIABLES) or {}
        self.named: dict[int, str] = {id(variable): str(name) for name, variable in named.items()}
        self.own: dict[int, Any] = {}  # variables that are neither the program's nor named before

    # ------------------------------------------------------------ constraints
    def rows(self) -> Iterator[AddedConstraint]:
        """Constraints that are not the program's own."""
        families = {*self.parts.rows, ADDED_ROWS}
        for component in self.model.component_objects(pyo.Constraint, active=True, descend_into=True):
            if component.parent_block() is not self.model or component.local_name not in families:
                yield from (self._row(row) for row in component.values() if row.active)

    def _row(self, row: Any) -> AddedConstraint:
        low, body, high = row.to_bounded_expression()
        found = generate_standard_repn(body, compute_values=True, quadratic=False)
        if found.nonlinear_expr is not None:
            raise AdditionError(
                f"{row.name} was added to the model and is not linear; capopt solves linear programs only"
            )
        constant = float(found.constant)
        sides = [_number(low, -inf) - constant, _number(high, inf) - constant]
        coefficients = [float(coefficient) for coefficient in found.linear_coefs]
        self._check_finite(row, coefficients, sides)
        pairs = zip(found.linear_vars, coefficients, strict=True)
        return AddedConstraint(row.name, tuple(self._term(variable, c) for variable, c in pairs), *sides)

    def _check_finite(self, row: Any, coefficients: list[float], sides: list[float]) -> None:
        if not all(map(isfinite, coefficients)):
            what = "a coefficient that is NaN or infinite; expected finite numbers"
        elif any(map(isnan, sides)) or sides[0] == inf or sides[1] == -inf:
            what = "a side that is NaN or infinite; expected sides that can be met"
        else:
            return
        raise AdditionError(f"{row.name} has {what}: check the data it is made from")

    def _term(self, variable: Any, coefficient: float) -> Term:
        name = self.names.get(id(variable))
        if name is not None:
            return term_of(self.parts, name, coefficient)
        if id(variable) not in self.named:
            self.own.setdefault(id(variable), variable)
        return Term("", (self.named.get(id(variable), variable.name),), coefficient)

    # ------------------------------------------------------------ bounds and integrality of the program's variables
    def limits(self) -> Iterator[AddedConstraint]:
        """Variables of the program that were fixed, or have tighter bounds than built."""
        parts = self.parts
        for number, (variable, name) in enumerate(zip(self.model.columns, parts.names, strict=True)):
            built = parts.lower[number], parts.upper[number]
            low, high = _limits(variable)
            if bool(variable.is_integer()) != parts.integer[number] or (
                variable.is_integer() is variable.is_continuous()
            ):
                raise AdditionError(f"the domain of {variable.name} was changed in the model. {_INSTEAD}")
            if (low, high) == built:
                continue
            if not variable.fixed and (low < built[0] or high > built[1]):
                raise AdditionError(f"the bounds of {variable.name} were loosened in the model. {_INSTEAD}")
            tighter = (
                low if low > built[0] or variable.fixed else -inf,
                high if high < built[1] or variable.fixed else inf,
            )
            yield AddedConstraint(f"bounds of {name_of(name)}", (term_of(parts, name, 1.0),), *tighter)

    def variables(self) -> list[AddedVariable]:
        """Variables that constraints added count."""
        found = [_own(variable) for variable in self.own.values()]
        counts = Counter([*(one.name for one in found), *self.named.values()])
        twice = next((name for name, count in counts.items() if count > 1), None)
        if twice is not None:
            raise AdditionError(f"two variables that constraints added to the model count are called {twice}")
        return found


def _own(variable: Any) -> AddedVariable:
    """A planner's own variable."""
    if not variable.is_continuous() and not variable.is_integer():
        raise AdditionError(f"{variable.name} was added to the model; its domain is neither continuous nor integer")
    low, high = _limits(variable)
    return AddedVariable(variable.name, low, high, bool(variable.is_integer()))


def _limits(variable: Any) -> tuple[float, float]:
    """Bounds of a variable; a fixed one is bounded by its value."""
    try:
        pair = (variable.value, variable.value) if variable.fixed else variable.bounds
    except ValueError as error:  # Pyomo's own check of a variable's bounds, which it names
        raise AdditionError(f"{error} Check the data it is made from.") from None
    return _number(pair[0], -inf), _number(pair[1], inf)


def _number(bound: Any, missing: float) -> float:
    return missing if bound is None else float(pyo.value(bound))

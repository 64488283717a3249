"""A program whose Pyomo model was asked for, and can have been changed, as sparse arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.repn import generate_standard_repn

from optimizer.errors import SolverError
from optimizer.program.build import Program
from optimizer.program.compile import Arrays, Limits, arrays_of, not_finite
from optimizer.program.model import RowData, active_rows, written
from optimizer.program.row import Row
from optimizer.program.themes import family_of


def compile_model(program: Program) -> Arrays:
    """Arrays of a program as its Pyomo model is now."""
    columns = _Variables(program.model)
    found = active_rows(program.model)
    rows = [written(row) or _added(row, columns) for row in found]
    cost, offset = _objective(program.model, columns)
    added = columns.variables[len(program.columns) :]
    names = tuple((family_of(row), row.index()) if row.__class__ is RowData else row for row in found)
    limits = _domains(columns.variables)
    count = len(columns.variables)
    weights = np.bincount(np.array(cost.columns, dtype=np.int64), np.array(cost.coefficients, dtype=float), count)
    return arrays_of(names, rows, [*program.columns, *added], (weights.astype(float), offset), limits)


class _Variables:
    """Numbers of a model's variables: those of the program first, then those that were added."""

    def __init__(self, model: Any) -> None:
        self.variables = list(model.columns)
        self.number = {id(variable): number for number, variable in enumerate(self.variables)}

    def of(self, variable: Any) -> int:
        """Number of a variable; a new one is appended."""
        found = self.number.get(id(variable))
        if found is None:
            found = self.number[id(variable)] = len(self.variables)
            self.variables.append(variable)
        return found

    def linear(self, expression: Any, owner: Any) -> tuple[Row, float]:
        """Terms and constant of a linear expression; ``owner`` is named if it is not linear."""
        found = generate_standard_repn(expression, compute_values=True, quadratic=False)
        if found.nonlinear_expr is not None:
            what = f"{owner.name} was added to the model and is not linear; capopt solves linear programs only"
            raise SolverError(what)
        row = Row().add_all(found.linear_coefs, [self.of(variable) for variable in found.linear_vars])
        return row, float(found.constant)


def _added(constraint: Any, columns: _Variables) -> Row:
    """The row of a constraint that was added to the model, or that was changed."""
    low, body, high = constraint.to_bounded_expression()
    row, constant = columns.linear(body, constraint)
    row.low, row.high = _number(low, -np.inf) - constant, _number(high, np.inf) - constant
    return row


def _number(bound: Any, missing: float) -> float:
    return missing if bound is None else float(pyo.value(bound))


def _objective(model: Any, columns: _Variables) -> tuple[Row, float]:
    """Terms and constant of the one objective."""
    found = list(model.component_data_objects(pyo.Objective, active=True))
    if len(found) != 1 or found[0].sense != pyo.minimize:
        raise SolverError("the model needs exactly one active objective, to be minimised")
    row, constant = columns.linear(found[0].expr, found[0])
    if not np.isfinite([*row.coefficients, constant]).all():
        raise not_finite(found[0], "a coefficient", "finite numbers")
    return row, constant


def _domains(variables: list[Any]) -> Limits:
    """Bounds and integrality; a fixed variable is bounded by its value."""
    try:
        pairs = [(v.value, v.value) if v.fixed else v.bounds for v in variables]
    except ValueError as error:  # Pyomo's own check of a variable's bounds, which it names
        raise SolverError(f"{error} Check the data it is made from.") from None
    lower = np.array([-np.inf if low is None else low for low, _ in pairs], dtype=float)
    upper = np.array([np.inf if high is None else high for _, high in pairs], dtype=float)
    return lower, upper, np.array([not variable.is_continuous() for variable in variables], dtype=bool)

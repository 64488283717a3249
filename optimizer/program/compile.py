"""Pyomo program to sparse arrays, with the way back to its rows and columns."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np
import pandas as pd
import pyomo.environ as pyo
from numpy.typing import NDArray
from pyomo.core.expr.numeric_expr import LinearExpression, MonomialTermExpression
from pyomo.repn import generate_standard_repn
from scipy.sparse import coo_array

from optimizer.errors import SolverError
from optimizer.program.build import Program, collector_paused
from optimizer.program.families import active_rows, continuous, plain_bounds, written
from optimizer.program.row import Terms

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Arrays:
    """A program as arrays: minimise ``cost . x + offset`` with rows and columns between their bounds.

    The matrix is column-wise: ``starts`` (one more than columns), ``indices`` (rows) and ``values``.
    """

    cost: Floats
    offset: float
    lower: Floats
    upper: Floats
    integer: NDArray[np.bool_]
    starts: Ints
    indices: Ints
    values: Floats
    row_lower: Floats
    row_upper: Floats
    columns: tuple[Any, ...]
    rows: tuple[Any, ...]

    @property
    def size(self) -> dict[str, int]:
        """Columns, rows, nonzeros and integer columns."""
        return {
            "columns": len(self.cost),
            "rows": len(self.row_lower),
            "nonzeros": len(self.values),
            "integers": int(self.integer.sum()),
        }

    def up_to(self, count: int) -> Arrays:
        """The first columns alone."""
        if count == len(self.cost):
            return self
        end = self.starts[count]
        return replace(
            self,
            cost=self.cost[:count],
            lower=self.lower[:count],
            upper=self.upper[:count],
            integer=self.integer[:count],
            starts=self.starts[: count + 1],
            indices=self.indices[:end],
            values=self.values[:end],
            columns=self.columns[:count],
        )

    def with_bounds(self, lower: Floats, upper: Floats) -> Arrays:
        """The same program without whole numbers, its columns between other bounds."""
        return replace(self, lower=lower, upper=upper, integer=np.zeros_like(self.integer))

    def relaxed(self) -> Arrays:
        """The same program without whole numbers."""
        return replace(self, integer=np.zeros_like(self.integer))

    def keeping(self, rows: NDArray[np.bool_], columns: NDArray[np.bool_]) -> Arrays:
        """The same program without cost, with only some of its rows and of its columns' bounds."""
        return replace(
            self,
            cost=np.zeros_like(self.cost),
            row_lower=np.where(rows, self.row_lower, -np.inf),
            row_upper=np.where(rows, self.row_upper, np.inf),
            lower=np.where(columns, self.lower, np.minimum(self.lower, 0.0)),
            upper=np.where(columns, self.upper, np.inf),
        )

    def activity(self, x: Floats) -> Floats:
        """Row activities of a point."""
        column = np.repeat(np.arange(len(self.cost)), np.diff(self.starts))
        terms = self.values * x[column]
        return np.bincount(self.indices, weights=terms, minlength=len(self.row_lower)).astype(float)

    def worst_violation(self, x: Floats) -> float:
        """Largest violation of a row or bound by a point, relative to the size of the row's terms."""
        column = np.repeat(np.arange(len(self.cost)), np.diff(self.starts))
        terms = self.values * x[column]
        activity = np.bincount(self.indices, weights=terms, minlength=len(self.row_lower))
        size = 1.0 + np.bincount(self.indices, weights=np.abs(terms), minlength=len(self.row_lower))
        over = np.maximum(np.maximum(activity - self.row_upper, self.row_lower - activity), 0.0) / size
        outside = np.maximum(np.maximum(x - self.upper, self.lower - x), 0.0) / (1.0 + np.abs(x))
        return float(max(over.max(initial=0.0), outside.max(initial=0.0)))


def compile_program(program: Program, relax: bool = False) -> Arrays:
    """Compile a program to sparse arrays.

    The rows of our own families are linear expressions already and are taken as they are; a constraint or objective
    that was added to the model goes through Pyomo's standard representation.

    Parameters
    ----------
    program : Program
        From :func:`optimizer.build`; constraints and variables added to its model come along.
    relax : bool
        Drop integrality.

    Raises
    ------
    SolverError
        If something nonlinear or a number that is not finite was added to the model, or it has not exactly one
        objective, to be minimised.
    """
    with collector_paused():
        return _compile(program, relax)


class Columns:
    """Column numbers: those of the program first, then variables that were added to the model."""

    def __init__(self, program: Program) -> None:
        self.variables = list(program.columns)
        self.number: dict[int, int] = dict(program.model.number)

    def of(self, variable: Any) -> int:
        """Number of a variable; a new one is appended."""
        found = self.number.get(id(variable))
        if found is None:
            found = self.number[id(variable)] = len(self.variables)
            self.variables.append(variable)
        return found

    def places(self, variables: Iterable[Any], count: int) -> Ints:
        """Numbers of many variables that are known: looked up all at once, which takes a third of the time."""
        known = np.fromiter(map(id, self.variables), dtype=np.int64, count=len(self.variables))
        sought = np.fromiter(map(id, variables), dtype=np.int64, count=count)
        return np.asarray(pd.Index(known).get_indexer(pd.Index(sought)), dtype=np.int64)

    def with_more(self, variables: Iterable[Any]) -> Columns:
        """The same columns with some more behind them."""
        found = copy.copy(self)
        found.variables = [*self.variables, *variables]
        new = found.variables[len(self.variables) :]
        found.number = self.number | {id(variable): len(self.variables) + n for n, variable in enumerate(new)}
        return found

    def linear(self, expression: Any, owner: Any) -> tuple[list[float], list[int], float]:
        """Coefficients, column numbers and constant of a linear expression; ``owner`` is named if it is not linear."""
        if expression.__class__ is Terms:
            places: list[Any] = list(map(self.number.get, map(id, expression.variables)))
            if None not in places and set(map(type, expression.coefficients)) == {float}:
                return expression.coefficients, places, 0.0
            expression = expression.expression()
        terms = expression.args if expression.__class__ is LinearExpression else ()
        if terms and set(map(type, terms)) == {MonomialTermExpression}:
            # The arguments themselves: the property copies them, once for every non-zero.
            coefficients, variables = zip(*[term._args_ for term in terms], strict=True)
            places = list(map(self.number.get, map(id, variables)))
            if None not in places and set(map(type, coefficients)) == {float}:
                return list(coefficients), places, 0.0
        found = generate_standard_repn(expression, compute_values=True, quadratic=False)
        if found.nonlinear_expr is not None:
            what = f"{owner.name} was added to the model and is not linear; capopt solves linear programs only"
            raise SolverError(what)
        return list(found.linear_coefs), [self.of(variable) for variable in found.linear_vars], float(found.constant)


def _compile(program: Program, relax: bool) -> Arrays:
    columns = Columns(program)
    rows = active_rows(program.model)
    values, indices, lengths, limits = _lines(rows, columns)
    cost, offset = _objective(program, columns)
    row_of = np.repeat(np.arange(len(rows)), lengths)
    _check_finite(rows, values, row_of, limits)
    count = len(columns.variables)
    matrix = coo_array((values, (row_of, indices)), shape=(len(rows), count)).tocsc()
    lower, upper, integer = _domains(columns.variables)
    return Arrays(
        cost=np.bincount(np.array(cost[1], dtype=np.int64), np.array(cost[0], dtype=float), count).astype(float),
        offset=offset,
        lower=lower,
        upper=upper,
        integer=integer & (not relax),
        starts=np.asarray(matrix.indptr, dtype=np.int64),
        indices=np.asarray(matrix.indices, dtype=np.int64),
        values=np.asarray(matrix.data, dtype=float),
        row_lower=limits[:, 0].copy(),
        row_upper=limits[:, 1].copy(),
        columns=tuple(columns.variables),
        rows=rows,
    )


def _lines(rows: tuple[Any, ...], columns: Columns) -> tuple[Floats, Ints, Ints, Floats]:
    """Coefficients and column numbers of all rows, one row after the other, their lengths, and their sides."""
    lines = [written(row) or _added(row, columns) for row in rows]
    lower = [-np.inf if low is None else low for low, _, _ in lines]
    upper = [np.inf if high is None else high for _, _, high in lines]
    lengths = np.array([len(terms.variables) for _, terms, _ in lines], dtype=np.int64)
    each, count = chain.from_iterable, int(lengths.sum())
    values = np.fromiter(each(terms.coefficients for _, terms, _ in lines), dtype=float, count=count)
    limits = np.array([lower, upper], dtype=float).T
    return values, columns.places(each(terms.variables for _, terms, _ in lines), count), lengths, limits


def _added(row: Any, columns: Columns) -> tuple[float, Terms, float]:
    """Sides and terms of a constraint that was added to the model, or that was changed."""
    low, body, high = row.to_bounded_expression()
    coefficients, places, constant = columns.linear(body, row)
    terms = Terms(coefficients, [columns.variables[place] for place in places])
    return _number(low, -np.inf) - constant, terms, _number(high, np.inf) - constant


def _check_finite(rows: tuple[Any, ...], values: Floats, row_of: Ints, limits: Floats) -> None:
    """Refuse rows with a coefficient that is no finite number, or a side that is none: HiGHS would take them."""
    bad = row_of[~np.isfinite(values)]
    if bad.size:
        raise _not_finite(rows[int(bad[0])].name, "a coefficient", "finite numbers")
    sides = np.isnan(limits).any(axis=1) | (limits[:, 0] == np.inf) | (limits[:, 1] == -np.inf)
    if sides.any():
        raise _not_finite(rows[int(np.flatnonzero(sides)[0])].name, "a side", "sides that can be met")


def _not_finite(name: str, part: str, expected: str) -> SolverError:
    return SolverError(
        f"{name} has {part} that is NaN or infinite; expected {expected}: check the data it is made from"
    )


def _number(bound: Any, missing: float) -> float:
    return missing if bound is None else float(pyo.value(bound))


def _objective(program: Program, columns: Columns) -> tuple[tuple[list[float], list[int]], float]:
    """Coefficients with their columns, and the constant, of the one objective."""
    found = list(program.model.component_data_objects(pyo.Objective, active=True))
    if len(found) != 1 or found[0].sense != pyo.minimize:
        raise SolverError("the model needs exactly one active objective, to be minimised")
    coefficients, places, constant = columns.linear(found[0].expr, found[0])
    if not np.isfinite([*coefficients, constant]).all():
        raise _not_finite(found[0].name, "a coefficient", "finite numbers")
    return (coefficients, places), constant


def _domains(variables: list[Any]) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Bounds and integrality; a fixed variable is bounded by its value."""
    names = ("_lb", "_ub", "_domain", "_fixed")  # the slots: properties take longer than all the rest
    lows, highs, domains, fixed = (list(map(attrgetter(name), variables)) for name in names)
    kinds = np.fromiter(map(id, domains), dtype=np.int64, count=len(variables))
    integer = kinds == id(pyo.Integers)
    ordinary = bool((integer | (kinds == id(pyo.Reals))).all()) and not any(fixed)
    if not (ordinary and {*map(type, lows), *map(type, highs)} <= {float, type(None)}):
        lows, highs = _own_bounds(variables)
        integer = np.array([not continuous(variable) for variable in variables], dtype=bool)
    return _filled(lows, -np.inf), _filled(highs, np.inf), integer


def _filled(bounds: list[Any], missing: float) -> Floats:
    """Bounds as an array, those that are missing filled in."""
    given = bounds if None not in bounds else [missing if bound is None else bound for bound in bounds]
    return np.array(given, dtype=float)


def _own_bounds(variables: list[Any]) -> tuple[list[Any], list[Any]]:
    """Bounds of variables of which some are fixed, or have other domains or bounds than the program gives."""
    try:
        pairs = [(v.value, v.value) if v.fixed else plain_bounds(v) or (v.lb, v.ub) for v in variables]
    except ValueError as error:  # Pyomo's own check of a variable's bounds, which it names
        raise SolverError(f"{error} Check the data it is made from.") from None
    return [low for low, _ in pairs], [high for _, high in pairs]

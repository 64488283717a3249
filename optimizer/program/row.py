"""A linear row, written term by term: what every constraint family returns."""

from __future__ import annotations

from collections.abc import Iterable
from math import log10
from typing import Any

from pyomo.core.base.var import VarData
from pyomo.core.expr.numeric_expr import LinearExpression

Term = Any  # a Pyomo VarData, or a number


class Terms:
    """``coefficients . variables``: what a row consists of before Pyomo needs an expression for it."""

    __slots__ = ("coefficients", "variables")

    def __init__(self, coefficients: list[float], variables: list[Any]) -> None:
        self.coefficients, self.variables = coefficients, variables

    def expression(self) -> Any:
        """The same as Pyomo's expression."""
        return LinearExpression(linear_coefs=self.coefficients, linear_vars=self.variables)

    def __str__(self) -> str:
        return str(self.expression())


class Row:
    """``coefficients . variables + constant``, compared with zero.

    Parameters
    ----------
    one : VarData
        The variable fixed at 1. It carries the constant of a row without variables, so that even such a row
        reaches the solver under its own name.
    """

    __slots__ = ("_coefficients", "_constant", "_one", "_variables")

    def __init__(self, one: Any) -> None:
        self._one = one
        self._coefficients: list[float] = []
        self._variables: list[Any] = []
        self._constant = 0.0

    def add(self, coefficient: float, term: Term) -> Row:
        """Add ``coefficient x term``; a term can be a variable or a number."""
        if term.__class__ is not VarData and isinstance(term, (int, float)):
            self._constant += coefficient * term
        elif coefficient != 0:
            self._coefficients.append(float(coefficient))
            self._variables.append(term)
        return self

    def add_all(self, coefficients: Iterable[float], variables: Iterable[Any]) -> Row:
        """Add many terms, all of them variables."""
        self._coefficients.extend(coefficients)
        self._variables.extend(variables)
        return self

    def times(self, factor: float) -> Row:
        """Multiply the row so far."""
        self._coefficients = [factor * coefficient for coefficient in self._coefficients]
        self._constant *= factor
        return self

    def typical(self) -> float:
        """Power of ten near the geometric mean of the coefficients; 1 without any."""
        powers = [log10(abs(coefficient)) for coefficient in self._coefficients if coefficient]
        return 10.0 ** round(sum(powers) / len(powers)) if powers else 1.0

    def parts(self) -> tuple[list[float], list[Any], float]:
        """Coefficients, variables and constant so far."""
        return list(self._coefficients), list(self._variables), self._constant

    def _body(self) -> tuple[Terms, float]:
        """Terms and right-hand side; the constant stands on the right unless nothing else is left."""
        if self._variables:
            return Terms(self._coefficients, self._variables), -self._constant
        return Terms([1.0], [self._one]), 1.0 - self._constant

    def equals_zero(self) -> Any:
        """The row as an equation."""
        body, rhs = self._body()
        return (body, rhs)

    def at_most_zero(self) -> Any:
        """The row as ``<= 0``."""
        body, rhs = self._body()
        return (None, body, rhs)

    def at_least_zero(self) -> Any:
        """The row as ``>= 0``."""
        body, rhs = self._body()
        return (rhs, body, None)

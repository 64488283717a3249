"""A linear row, written term by term: what every constraint family returns."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, log10

ONE = 0  # number of the column that is fixed at 1

Term = int | float  # the number of a column, or, as a float, a constant


class Row:
    """``coefficients . columns + constant``, compared with zero.

    Columns are identified by their numbers. The column fixed at 1 carries the constant of a row without others, so
    that even such a row reaches the solver under its own name.

    Attributes
    ----------
    coefficients, columns : list
        The terms.
    low, high : float
        What the terms are between, once the row is compared with zero.
    """

    __slots__ = ("_constant", "coefficients", "columns", "high", "low")

    def __init__(self) -> None:
        self.coefficients: list[float] = []
        self.columns: list[int] = []
        self._constant = 0.0
        self.low, self.high = -inf, inf

    def add(self, coefficient: float, term: Term) -> Row:
        """Add ``coefficient x term``: an ``int`` is the number of a column, a ``float`` is a constant."""
        if term.__class__ is int:
            if coefficient != 0:
                self.coefficients.append(coefficient)
                self.columns.append(term)
        elif isinstance(term, float):
            self._constant += coefficient * term
        else:
            raise TypeError(f"expected the number of a column (int) or a constant (float), found {term!r}")
        return self

    def add_all(self, coefficients: Iterable[float], columns: Iterable[int]) -> Row:
        """Add many terms, all of them columns."""
        self.coefficients.extend(coefficients)
        self.columns.extend(columns)
        return self

    def times(self, factor: float) -> Row:
        """Multiply the row so far."""
        self.coefficients = [factor * coefficient for coefficient in self.coefficients]
        self._constant *= factor
        return self

    def typical(self) -> float:
        """Power of ten near the geometric mean of the coefficients; 1 without any."""
        powers = [log10(abs(coefficient)) for coefficient in self.coefficients if coefficient]
        return 10.0 ** round(sum(powers) / len(powers)) if powers else 1.0

    def parts(self) -> tuple[list[float], list[int], float]:
        """Coefficients, columns and constant so far."""
        return list(self.coefficients), list(self.columns), self._constant

    def _side(self) -> float:
        """Right-hand side; the constant stands on the right unless nothing else is left."""
        if self.columns:
            return -self._constant
        self.coefficients, self.columns = [1.0], [ONE]
        return 1.0 - self._constant

    def equals_zero(self) -> Row:
        """The row as an equation."""
        self.low = self.high = self._side()
        return self

    def at_most_zero(self) -> Row:
        """The row as ``<= 0``."""
        self.high = self._side()
        return self

    def at_least_zero(self) -> Row:
        """The row as ``>= 0``."""
        self.low = self._side()
        return self

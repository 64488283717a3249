"""A linear row, written term by term: what every constraint family returns."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf, log10

ONE = 0  # number of the column that is fixed at 1

Term = int | float  # the number of a column, or, as a float, a constant


class Row:
    """A sum ``coefficients . columns + constant``: a side of a comparison, and then the row that it makes.

    Columns are identified by their numbers. The column fixed at 1 carries the constant of a row without others, so
    that even such a row reaches the solver under its own name.

    Attributes
    ----------
    coefficients, columns : list
        The terms.
    low, high : float
        What the terms are between, once the row is compared with its right side.

    Parameters
    ----------
    *terms : int, float or Row
        Terms with the coefficient 1.
    """

    __slots__ = ("_constant", "coefficients", "columns", "high", "low")

    def __init__(self, *terms: Row | Term) -> None:
        self.coefficients: list[float] = []
        self.columns: list[int] = []
        self._constant = 0.0
        self.low, self.high = -inf, inf
        for term in terms:
            if term.__class__ is int:
                self.coefficients.append(1.0)
                self.columns.append(term)
            else:
                self.add(1, term)

    def add(self, coefficient: float, term: Row | Term) -> Row:
        """Add ``coefficient x term``: an ``int`` is the number of a column, a ``float`` is a constant."""
        if term.__class__ is int:
            if coefficient != 0:
                self.coefficients.append(coefficient)
                self.columns.append(term)
        elif isinstance(term, float):
            self._constant += coefficient * term
        elif isinstance(term, Row):
            for own, column in zip(term.coefficients, term.columns, strict=True):
                self.add(coefficient * own, column)
            self._constant += coefficient * term._constant
        else:
            raise TypeError(f"expected the number of a column (int) or a constant (float), found {term!r}")
        return self

    def less(self, term: Row | Term) -> Row:
        """Subtract a term."""
        return self.add(-1, term)

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

    def equals(self, right: Row | Term) -> Row:
        """The row ``self = right``."""
        self.low = self.high = self._side(right)
        return self

    def at_most(self, right: Row | Term) -> Row:
        """The row ``self <= right``."""
        self.high = self._side(right)
        return self

    def at_least(self, right: Row | Term) -> Row:
        """The row ``self >= right``."""
        self.low = self._side(right)
        return self

    def _side(self, right: Row | Term) -> float:
        """Bring the columns to the left and return the constant on the right; without columns, against the column 1."""
        if isinstance(right, Row):
            self.coefficients += [-coefficient for coefficient in right.coefficients]
            self.columns += right.columns
            self._constant -= right._constant
        else:
            self.add(-1, right)
        if self.columns:
            return -self._constant
        self.coefficients, self.columns = [1.0], [ONE]
        return 1.0 - self._constant

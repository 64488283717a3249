"""Linear expressions, and the program they make up: arrays, so that long sums cost little; any solver can take it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


class Linear:
    """What can be added, subtracted and scaled."""

    __slots__ = ()

    def scaled(self, factor: float) -> Linear:
        """The same times a number."""
        raise NotImplementedError

    def __add__(self, other: Any) -> Expression:
        return quicksum((self, other))

    def __sub__(self, other: Any) -> Expression:
        return quicksum((self, -other))

    def __mul__(self, factor: float) -> Any:
        return self.scaled(factor)

    def __truediv__(self, divisor: float) -> Any:
        return self.scaled(1.0 / divisor)

    def __neg__(self) -> Any:
        return self.scaled(-1.0)

    def __rsub__(self, other: Any) -> Expression:
        return quicksum((other, -self))

    __radd__ = __add__
    __rmul__ = __mul__


class Term(Linear):
    """A number times one variable."""

    __slots__ = ("index", "value")

    def __init__(self, index: int, value: float) -> None:
        self.index, self.value = index, value

    def scaled(self, factor: float) -> Term:
        """The same times a number."""
        return Term(self.index, self.value * factor)


class Expression(Linear):
    """Coefficients of variables, which may come more than once, and a constant."""

    __slots__ = ("constant", "indices", "values")

    def __init__(self, indices: Ints, values: Floats, constant: float) -> None:
        self.indices, self.values, self.constant = indices, values, constant

    def scaled(self, factor: float) -> Expression:
        """The same times a number."""
        return Expression(self.indices, self.values * factor, self.constant * factor)

    def merged(self) -> Expression:
        """The same with every variable once."""
        order = np.argsort(self.indices, kind="stable")
        indices = self.indices[order]
        first = np.ones(len(indices), dtype=bool)
        np.not_equal(indices[1:], indices[:-1], out=first[1:])
        if first.all():
            return self
        values = np.bincount(np.cumsum(first) - 1, weights=self.values[order]).astype(float)
        return Expression(indices[first], values, self.constant)


def quicksum(items: Iterable[Any]) -> Expression:
    """Sum of expressions and numbers."""
    parts: list[tuple[Any, Any]] = []
    indices: list[int] = []
    values: list[float] = []
    constant = 0.0
    for item in items:
        if item.__class__ is Term:
            indices.append(item.index)
            values.append(item.value)
        elif item.__class__ is Expression:
            parts.append((item.indices, item.values))
            constant += item.constant
        else:
            constant += item
    if indices:
        parts.append((np.array(indices, dtype=np.int32), np.array(values, dtype=float)))
    if not parts:
        return Expression(np.empty(0, dtype=np.int32), np.empty(0), constant)
    if len(parts) == 1:
        return Expression(*parts[0], constant)
    return Expression(
        np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts]), constant
    )


class Program:
    """Variables and rows as they come."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.uppers: list[float] = []  # all variables start from 0
        self.integer: list[bool] = []
        self.rows: list[Expression] = []  # compared with 0
        self.senses: list[str] = []

    def add_variable(self, name: str, integer: bool, most: float) -> Term:
        """A variable from 0 to ``most``."""
        self.names.append(name)
        self.uppers.append(most)
        self.integer.append(integer)
        return Term(len(self.names) - 1, 1.0)

    def add_row(self, row: Expression, sense: str) -> None:
        """A row that is <=, >= or = 0."""
        self.rows.append(row)
        self.senses.append(sense)

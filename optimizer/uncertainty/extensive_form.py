"""The extensive form of a stochastic program: its scenarios in one program, with one column for each decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, chain

import numpy as np

from optimizer.program.arrays import Arrays, Floats, Ints, by_column
from optimizer.uncertainty.stochastic_program import OWN, StochasticProgram


@dataclass(frozen=True)
class ExtensiveForm:
    """Scenarios in one program.

    Attributes
    ----------
    arrays : Arrays
        The program: columns of decisions first, then the other columns and the rows of each scenario in turn.
    columns : tuple of ndarray of int
        For each scenario the numbers of its columns in the program.
    first_rows : tuple of int
        Number of each scenario's first row in the program, and of all rows.
    """

    arrays: Arrays
    columns: tuple[Ints, ...]
    first_rows: tuple[int, ...]

    def values_by_scenario(self, values: Floats) -> list[Floats]:
        """Return the values of each scenario's columns."""
        return [values[columns] for columns in self.columns]

    def values_of(self, by_scenario: Sequence[Floats]) -> Floats:
        """Return the values of the program's columns, from those of each scenario's."""
        values = np.empty(len(self.arrays.cost))
        for columns, x in zip(self.columns, by_scenario, strict=True):
            values[columns] = x
        return values


def extensive_form(program: StochasticProgram) -> ExtensiveForm:
    """Return the extensive form of a stochastic program, which minimises the expected cost.

    The bounds of a decision are those that all its scenarios allow, and it is integer if it is in one of them. Names of
    rows and columns are those in their scenarios.
    """
    places, count = _columns(program)
    scenarios, chances = program.scenarios, program.probabilities.tolist()
    lower, upper, cost = np.full(count, -np.inf), np.full(count, np.inf), np.zeros(count)
    integer, names = np.zeros(count, dtype=bool), np.full(count, None, dtype=object)
    for arrays, chance, place in zip(scenarios, chances, places, strict=True):  # each scenario has a column once
        lower[place], upper[place] = np.maximum(lower[place], arrays.lower), np.minimum(upper[place], arrays.upper)
        integer[place] |= arrays.integer
        cost[place] += chance * arrays.cost
        names[place] = _objects(arrays.columns)
    first = tuple(accumulate((len(arrays.row_lower) for arrays in scenarios), initial=0))
    starts, indices, values = by_column(
        np.concatenate([arrays.indices + at for arrays, at in zip(scenarios, first, strict=False)]),
        np.concatenate([place[arrays.term_columns] for arrays, place in zip(scenarios, places, strict=True)]),
        np.concatenate([arrays.values for arrays in scenarios]),
        count,
    )
    stacked = Arrays(
        cost=cost,
        offset=sum(chance * arrays.offset for arrays, chance in zip(scenarios, chances, strict=True)),
        lower=lower,
        upper=upper,
        integer=integer,
        starts=starts,
        indices=indices,
        values=values,
        row_lower=np.concatenate([arrays.row_lower for arrays in scenarios]),
        row_upper=np.concatenate([arrays.row_upper for arrays in scenarios]),
        columns=tuple(names.tolist()),
        rows=tuple(chain.from_iterable(arrays.rows for arrays in scenarios)),
    )
    return ExtensiveForm(stacked, places, first)


def _columns(program: StochasticProgram) -> tuple[tuple[Ints, ...], int]:
    """Return the numbers of each scenario's columns in the extensive form, and how many there are."""
    at, places = program.decision_count, []
    for of_columns in program.decisions:
        own = of_columns == OWN
        places.append(np.where(own, at + np.cumsum(own) - 1, of_columns))
        at += int(own.sum())
    return tuple(places), at


def _objects(names: tuple[object, ...]) -> np.ndarray:
    """Return names, which may be tuples, as an array of objects."""
    found = np.empty(len(names), dtype=object)
    found[:] = names
    return found

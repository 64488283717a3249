"""Bundles of scenarios: a stochastic program with fewer and larger scenarios, of the same meaning."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimizer.program.arrays import Arrays, Floats, Ints, Mask
from optimizer.uncertainty.extensive_form import ExtensiveForm, extensive_form
from optimizer.uncertainty.stochastic_program import OWN, StochasticProgram

Groups = list[list[int]]


@dataclass(frozen=True)
class Bundles:
    """Bundles of scenarios.

    Attributes
    ----------
    groups : list of list of int
        Scenarios of each bundle.
    forms : tuple of ExtensiveForm
        Extensive form of each bundle, with the probabilities of its scenarios if the bundle comes.
    probabilities : ndarray
        Probability of each bundle.
    shared : tuple of (ndarray of int, ndarray of int)
        For each bundle the decisions that it shares with other bundles, and their columns in its form.
    count : int
        Number of decisions, shared between bundles or not.
    """

    groups: Groups
    forms: tuple[ExtensiveForm, ...]
    probabilities: Floats
    shared: tuple[tuple[Ints, Ints], ...]
    count: int

    @property
    def arrays(self) -> tuple[Arrays, ...]:
        """Program of each bundle."""
        return tuple(form.arrays for form in self.forms)

    def by_scenario(self, values: list[Floats]) -> list[Floats]:
        """Return the values of each scenario's columns, of values of each bundle's."""
        found: dict[int, Floats] = {}
        for group, form, x in zip(self.groups, self.forms, values, strict=True):
            found.update(zip(group, form.values_by_scenario(x), strict=True))
        return [found[scenario] for scenario in range(len(found))]

    def point(self, number: int, values: Floats) -> Floats:
        """Return the value of each decision in a bundle's solution; NaN for those that it does not share."""
        decisions, columns = self.shared[number]
        found = np.full(self.count, np.nan)
        found[decisions] = values[columns]
        return found

    @cached_property
    def is_shared(self) -> Mask:
        """Whether each decision is shared by bundles."""
        found = np.zeros(self.count, dtype=bool)
        for decisions, _ in self.shared:
            found[decisions] = True
        return found

    @cached_property
    def limits(self) -> tuple[Floats, Floats]:
        """Bounds of each decision that all bundles allow."""
        lower, upper = np.full(self.count, -np.inf), np.full(self.count, np.inf)
        for arrays, (decisions, columns) in zip(self.arrays, self.shared, strict=True):
            lower[decisions] = np.maximum(lower[decisions], arrays.lower[columns])
            upper[decisions] = np.minimum(upper[decisions], arrays.upper[columns])
        return lower, upper

    @cached_property
    def integer(self) -> Mask:
        """Whether each decision is integer in a bundle that shares it."""
        found = np.zeros(self.count, dtype=bool)
        for arrays, (decisions, columns) in zip(self.arrays, self.shared, strict=True):
            found[decisions] |= arrays.integer[columns]
        return found


def make_bundles(program: StochasticProgram, groups: Groups) -> Bundles:
    """Return the bundles of groups of scenarios."""
    places = [decisions_in(program, group) for group in groups]
    bundles_with = np.zeros(program.decision_count, dtype=np.int64)
    for used in places:
        bundles_with[used] += 1
    forms, shared = [], []
    for group, used in zip(groups, places, strict=True):
        forms.append(extensive_form(part_of(program, group)))
        columns = np.flatnonzero(bundles_with[used] > 1)
        shared.append((used[columns], columns))
    chances = np.array([program.probabilities[group].sum() for group in groups])
    return Bundles(groups, tuple(forms), chances, tuple(shared), program.decision_count)


def decisions_in(program: StochasticProgram, group: list[int]) -> Ints:
    """Return the decisions in a group of scenarios, ascending."""
    found = np.unique(np.concatenate([program.decisions[scenario] for scenario in group])).astype(np.int64)
    return np.setdiff1d(found, [OWN])


def part_of(program: StochasticProgram, group: list[int]) -> StochasticProgram:
    """Return the stochastic program of a group of scenarios, given that one of them comes.

    Its decisions are those of :func:`decisions_in`.
    """
    used = decisions_in(program, group)
    decisions = [program.decisions[scenario] for scenario in group]
    return StochasticProgram(
        tuple(program.scenarios[scenario] for scenario in group),
        program.probabilities[group] / program.probabilities[group].sum(),
        tuple(np.where(one == OWN, OWN, np.searchsorted(used, one)) for one in decisions),
    )


def groups_of(program: StochasticProgram, size: int) -> Groups:
    """Return groups of scenarios, of a size at most, that share decisions for as long as possible."""
    used = [of_columns[of_columns != OWN].tolist() for of_columns in program.decisions]
    order = sorted(range(len(used)), key=lambda scenario: used[scenario])
    return [sorted(order[at : at + size]) for at in range(0, len(order), size)]

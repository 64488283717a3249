"""Draws of what may come: random ones of an instance's risks, or all its scenarios with their probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.instance.instance import Instance
from optimizer.instance.scenarios import Future, futures_in_order, is_drawn, risk_outcomes
from optimizer.program.arrays import Floats, Ints

DEFAULT_DRAWS = 1000


@dataclass(frozen=True)
class Draws:
    """What may come, in the order in which it is examined.

    Attributes
    ----------
    instance : Instance
        With the scenarios or risks.
    futures : list of Future
        Different draws, in the order in which they came first; of scenarios the most probable first.
    order : ndarray of int
        Place of each draw among these.
    count : int or None
        Number of draws; None where these are all scenarios.
    seed : int
        Seed of the draws.
    until : int
        First month in which something can be known; the number of months if nothing is.
    """

    instance: Instance
    futures: list[Future]
    order: Ints
    count: int | None
    seed: int
    until: int

    def weights(self, examined: int) -> Floats:
        """Return the weight of each of the first different draws if only these were examined; they add up to 1.

        Of random draws those count that came before the first one that was not examined, so that they are a fair
        sample. All scenarios count with their probability.
        """
        if self.count is None:
            counts = np.array([future.probability for future in self.futures[:examined]])
        else:
            counts = np.bincount(self.order[: self.covered(examined)], minlength=examined).astype(float)
        found: Floats = counts / counts.sum()
        return found

    def covered(self, examined: int) -> int:
        """Return how many draws came before the first one that is not among the first different draws."""
        missing = np.flatnonzero(self.order >= examined)
        return int(missing[0]) if len(missing) else len(self.order)


def make_draws(instance: Instance, draw: int | None = None, seed: int | None = None) -> Draws:
    """Return random draws, or all scenarios; their data are not checked.

    Parameters
    ----------
    instance : Instance
        With scenarios or risks.
    draw : int, optional
        Number of random draws; by default all scenarios, and :data:`DEFAULT_DRAWS` where the combinations of risks are
        more than ``max_scenarios``.
    seed : int, optional
        Seed of the draws; by default one that is not that of the instance, so that a plan is not judged by the
        scenarios that it was made for.
    """
    count = DEFAULT_DRAWS if draw is None and is_drawn(instance) else draw
    number = instance.head.seed + 1 if seed is None else seed
    found, order = futures_in_order(instance, count, number)
    if count is None:
        first = order = sorted(range(len(found)), key=lambda place: -found[place].probability)
    else:
        first = list(dict.fromkeys(order))
    place_of = {place: at for at, place in enumerate(first)}
    futures = [found[place] for place in first]
    return Draws(instance, futures, np.array([place_of[one] for one in order]), count, number, _first_known(instance))


def _first_known(instance: Instance) -> int:
    """Return the first month in which an outcome can be known; what has one outcome alone is known before."""
    if instance.rows["scenarios"]:
        every = [[row.known for row in instance.rows["scenarios"] if row.probability > 0]]
    else:
        every = [[outcome.known for outcome, _, _ in one] for one in risk_outcomes(instance).values()]
    months = [known for one in every if len(one) > 1 for known in one if known is not None]
    return min((max(known, 0) for known in months), default=instance.head.months)

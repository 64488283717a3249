"""A scenario: one possible future, as an instance in its own right."""

from __future__ import annotations

from dataclasses import dataclass

from optimizer.instance.instance import Instance

AS_PLANNED = "as planned"  # outcome of a risk of which no outcome comes


@dataclass(frozen=True)
class Outcome:
    """What comes of a risk in a scenario.

    Attributes
    ----------
    risk : str
        Name of the risk; ``""`` where the instance has a table ``scenarios``, whose rows are its outcomes.
    name : str
        Name of the outcome, ``AS_PLANNED`` if none of them comes.
    known : int or None
        Month of the plan from which the planner knows whether it came, negative before it; None if not within it.
    """

    risk: str
    name: str
    known: int | None = None


@dataclass(frozen=True)
class Scenario:
    """One possible future.

    Attributes
    ----------
    name : str
        Name, unique among the scenarios of an instance.
    probability : float
        Probability, more than 0.
    title : str
        Free text.
    outcomes : tuple of Outcome
        One for each risk, in the same order in every scenario of an instance.
    instance : Instance
        The base data with the changes of the scenario.
    """

    name: str
    probability: float
    title: str
    outcomes: tuple[Outcome, ...]
    instance: Instance

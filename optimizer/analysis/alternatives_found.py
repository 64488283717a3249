"""What is known of near-optimal plans: ranges of decisions, and plans whose decisions differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimizer.plan.plan import Plan
from optimizer.plan.tables import plain_rows, table_of_rows

RANGE_COLUMNS = ("kind", "party", "least", "plan", "most", "unit", "least_found", "most_found")
FIRST_COLUMNS = ("month", "decision", "item", "party", "plan", "least", "most", "no_regret")


@dataclass(frozen=True)
class Alternatives:
    """Decisions that all near-optimal plans share, and the ranges of the others.

    Attributes
    ----------
    within : float
        Share by which the cost may exceed the plan's.
    ranges : DataFrame
        For each party, accelerator-months and decisions: ``least`` and ``most`` of any near-optimal plan, as far as
        they are proven; ``least_found`` and ``most_found`` of those that were found.
    first : DataFrame
        Decisions of the first month: how many blocks near-optimal plans decide on at least and at most; ``no_regret``
        where all of them decide on some.
    plans : tuple of Plan
        Near-optimal plans whose decisions differ from the plan's, and from each other: at least 80 % as much as they
        can.
    unfinished : int
        Searches that the budget or Ctrl-C cut short or left out. Ranges are then wider than they need be, as the
        linear relaxation proves them; NaN where it was not reached either.
    stopped : bool
        Whether Ctrl-C ended the work.
    """

    within: float
    ranges: pd.DataFrame
    first: pd.DataFrame
    plans: tuple[Plan, ...]
    unfinished: int = 0
    stopped: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the alternatives as plain values, as ``capopt alternatives --json`` prints them."""
        plans = [{"objective": other.objective, "decisions": len(other.decisions)} for other in self.plans]
        tables = {"ranges": plain_rows(self.ranges), "first": plain_rows(self.first)}
        state = {"within": self.within, "unfinished": self.unfinished, "stopped": self.stopped}
        return {**state, **tables, "plans": plans}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any], plans: Iterator[Plan]) -> Alternatives:
        """Return the alternatives that :meth:`to_dict` has written; ``plans`` yields the distinct plans."""
        return cls(
            found["within"],
            table_of_rows(found["ranges"], RANGE_COLUMNS, ("kind", "party", "unit")),
            table_of_rows(found["first"], FIRST_COLUMNS, ("month", "decision", "item", "party")),
            tuple(next(plans) for _ in found["plans"]),
            found["unfinished"],
            found["stopped"],
        )

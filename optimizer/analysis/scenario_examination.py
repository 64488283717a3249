"""Examination of a plan under uncertainty: marginal values, deadlines, offers and steps.

Hand-backs a few months earlier or later, events, the first month under these and caps on exposure are questions about
one future: what becomes of them is a matter of the risks of the instance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, ClassVar

import pandas as pd

from optimizer.analysis import deadlines, steps
from optimizer.analysis.budget import Budget
from optimizer.analysis.earlier import Row
from optimizer.analysis.examination import Examination, OnStep
from optimizer.analysis.interruptible_queries import ExtraCost
from optimizer.analysis.offer_list import offers
from optimizer.analysis.questions import Question
from optimizer.analysis.scenario_deadlines import scenario_deadline_row, scenario_delay
from optimizer.analysis.scenario_offers import ScenarioOffers
from optimizer.analysis.scenario_queries import ScenarioQueries
from optimizer.analysis.scenario_values import scenario_values
from optimizer.plan.plan import Plan
from optimizer.plan.tables import BY_SCENARIO, SCENARIO, column_names
from optimizer.solver.solution import Options
from optimizer.solving import clock
from optimizer.workers.workers import Workers


class ScenarioExamination(Examination):
    """Questions about a plan under uncertainty, examined within a budget and until Ctrl-C.

    Parameters
    ----------
    plan, options, budget, on_step, progress, more
        As for :class:`optimizer.analysis.examination.Examination`.
    workers : Workers
        They solve the subproblems of the searches.
    """

    STAGES: ClassVar[Mapping[str, float]] = {"values": 0.3, "deadlines": 0.3, "offers": 0.7, "steps": 1.0}

    def __init__(
        self,
        plan: Plan,
        options: Options,
        budget: Budget,
        on_step: OnStep | None = None,
        progress: clock.OnProgress | None = None,
        *,
        more: bool = False,
        workers: Workers,
    ) -> None:
        super().__init__(plan, options, budget, on_step, progress, more=more)
        self._workers = workers

    @property
    def names(self) -> list[str]:
        """Stages; steps not of regret, which is measured from plans that the data of a step change as well."""
        head = self.plan.instance.head
        by_regret = head.risk_measure == "regret" and head.risk_weight > 0
        return [name for name in super().names if not (by_regret and name == "steps")]

    @cached_property
    def queries(self) -> ScenarioQueries:
        """Searches within the budget."""
        return ScenarioQueries(self.plan, self.options, self.budget, self._workers, self.progress)

    def deadlines_without_delay(self) -> pd.DataFrame:
        """Return the deadlines of all decisions, without the cost of delay."""
        rows = [scenario_deadline_row(self.queries, one, ExtraCost()) for one in deadlines.due_decisions(self.plan)]
        return pd.DataFrame(rows, columns=self._columns("deadlines"))

    def _columns(self, table: str) -> list[str]:
        return [*([SCENARIO] if table in BY_SCENARIO else []), *column_names(table)]

    def _marginal_values(self, seconds: float) -> pd.DataFrame:
        return scenario_values(self.queries, replace(self.options, time_limit=seconds))

    def _deadline_row(self, decision: dict[Any, Any], more: ExtraCost) -> Row:
        return scenario_deadline_row(self.queries, decision, more)

    def _cost_of_delay(self, decision: dict[Any, Any]) -> ExtraCost:
        return scenario_delay(self.queries, decision)

    def _offers_questions(self) -> list[Question]:
        chosen = [one for one in offers(self.plan) if not self._items or one.item in self._items]
        verdicts = ScenarioOffers(self.queries, chosen)
        return [
            self._question(
                f"offer {number} of {len(chosen)}: {offer.item}",
                *("offers", ("item",), verdicts.known(offer)),
                partial(verdicts.examine, offer),
            )
            for number, offer in enumerate(verdicts.nearest_first(), start=1)
        ]

    def _step_row(self, step: Any) -> Row:
        return steps.step_row(self.queries, self.plan, step)

"""Examination of a plan: its questions in the order of need, and the tables of what is known of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, ClassVar

import pandas as pd

from optimizer.analysis import caps, deadlines, events, marginal_values, steps, termination_timing
from optimizer.analysis import offers as offer_verdicts
from optimizer.analysis.budget import Budget
from optimizer.analysis.decide_now import first_table
from optimizer.analysis.earlier import Row, earlier_rows, is_final
from optimizer.analysis.interruptible_queries import ExtraCost, InterruptibleWhatIf
from optimizer.analysis.offer_list import offers
from optimizer.analysis.policy_trial import PolicyTrial, Requirement, try_policy
from optimizer.analysis.questions import NOT_EXAMINED, Agenda, Question, Rows, Stage
from optimizer.instance.edit import Edit
from optimizer.plan.plan import Plan
from optimizer.plan.tables import SCENARIO, column_names
from optimizer.solver.solution import Options, Stop
from optimizer.solving import clock

OnStep = Callable[[str], None]
SOON = 3
"""Months: the cost of delay is computed for decisions that are due in them."""
_KEY_OF_DEADLINE = frozenset({SCENARIO, "month", "decision", "item", "takes_effect"})
_OF_RELAXATIONS = 0.3  # share of what is left of the budget for the linear programs of all offers
_OF_GAP = 0.5  # of the time of all offers, to find a smaller gap of the plan, on which their prices depend
OPEN = ExtraCost(note=NOT_EXAMINED)
"""Additional cost of what was not examined."""


class Examination:
    """Questions about a plan, examined within a budget and until Ctrl-C.

    Parameters
    ----------
    plan : Plan
        The plan.
    options : Options
        Gap and threads of the searches.
    budget : Budget
        Seconds in all and of one search.
    on_step : callable, optional
        Called with a line on the current question.
    progress : callable, optional
        Called with the progress of each search.
    more : bool
        Do not examine again what the plan's own tables answer.
    """

    # Stages in the order of need, with the share of what is left of the budget that each gets at first.
    STAGES: ClassVar[Mapping[str, float]] = {
        "values": 0.3,
        "deadlines": 0.2,
        "offers": 0.65,
        "exits": 0.7,
        "events": 0.4,
        "caps": 0.5,
        "steps": 1.0,
    }
    _TITLES: ClassVar[Mapping[str, str]] = {"values": "marginal values", "caps": "exposure"}

    def __init__(
        self,
        plan: Plan,
        options: Options,
        budget: Budget,
        on_step: OnStep | None = None,
        progress: clock.OnProgress | None = None,
        *,
        more: bool = False,
    ) -> None:
        self.plan, self.options, self.budget, self.more = plan, options, budget, more
        self.progress = progress
        self._say: OnStep = on_step or (lambda _: None)
        self._items: Sequence[str] = ()
        self._answers: dict[str, events.Answer] = {}
        self._agenda: Agenda | None = None
        self._stages: dict[str, Stage] = {}

    @cached_property
    def ask(self) -> InterruptibleWhatIf:
        """What-ifs within the budget."""
        found = InterruptibleWhatIf(self.plan, gap=self.options.gap, threads=self.options.threads)
        found.on_progress, found.budget = self.progress, self.budget
        return found

    @property
    def names(self) -> list[str]:
        """Stages, in the order of need."""
        return list(self.STAGES)

    # ------------------------------------------------------------------ the run
    def run(self, names: Iterable[str], items: Sequence[str] = ()) -> None:
        """Examine the questions of some stages, of offers only those named, if any are."""
        self._items = items
        self._agenda = Agenda(
            [(self._TITLES.get(name, name), partial(self._stage, name)) for name in names],
            self.budget,
            self._say,
        )
        self._agenda.run()

    @property
    def stopped(self) -> str:
        """Question at which Ctrl-C ended the work; ``""`` if it did not."""
        return "" if self._agenda is None else self._agenda.stopped

    @property
    def failed(self) -> dict[str, str]:
        """Messages of errors of the solver, by question."""
        return {} if self._agenda is None else {name: str(error) for name, error in self._agenda.failed.items()}

    @property
    def unfinished(self) -> list[Question]:
        """Questions that more time could answer better."""
        return [] if self._agenda is None else self._agenda.unfinished

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables of the stages that were begun, with all that is known."""
        known = {name: stage for name, stage in self._stages.items() if not _is_unknown(name, stage)}
        found = {name: self._table(name, stage) for name, stage in known.items()}
        done = [self._answers.get(question.name) for question in self._questions("events")]
        if "events" in self._stages and all(answer is not None for answer in done):
            answers = [answer for answer in done if answer is not None]
            found["first"] = first_table(self.plan, answers, found.get("deadlines"))
        elif self.more and "events" in found and "first" in self.plan.explained:
            found["first"] = self.plan.explained["first"]
        return found

    def deadlines_without_delay(self) -> pd.DataFrame:
        """Return the deadlines of all decisions, without the cost of delay."""
        return deadlines.deadlines_table(self.plan)

    def _questions(self, name: str) -> list[Question]:
        return self._stages[name].questions if name in self._stages else []

    def _table(self, name: str, stage: Stage) -> pd.DataFrame:
        rows = [row for question in stage.questions for row in question.rows]
        if name == "events":
            return events.sorted_events(rows)
        if name == "deadlines":
            return self._deadlines(stage)
        if name == "offers":
            place = {offer.item: number for number, offer in enumerate(offers(self.plan))}
            rows.sort(key=lambda row: place[row[0]])
        return pd.DataFrame(rows, columns=self._columns(name))

    def _stage(self, name: str) -> Stage:
        questions: list[Question] = getattr(self, f"_{name}_questions")()
        self._stages[name] = Stage(self._TITLES.get(name, name), self.STAGES[name], questions)
        return self._stages[name]

    def _question(self, name: str, table: str, key: Sequence[str], open_row: Row, ask: Callable[[], Row]) -> Question:
        """Return a question of one row, which starts with that of an earlier explanation, if there is one."""
        columns = self._columns(table)
        mine = tuple(dict(zip(columns, open_row, strict=True))[column] for column in key)
        row = earlier_rows(self.plan, table, columns, key).get(mine)
        if row is None:
            return Question(name, lambda: [ask()], [open_row])
        final = self._is_final(table, row) if self.more else False
        return Question(name, lambda: [ask()], [row], final)

    def _is_final(self, table: str, row: Row) -> bool:
        if table == "offers":
            return offer_verdicts.is_final(row)
        return is_final(self.plan, self.options.gap, self._columns(table), row)

    # ------------------------------------------------------------------ the stages
    def _values_questions(self) -> list[Question]:
        def ask() -> Rows:
            began, seconds = self.budget.now(), self.budget.search()
            table = self._marginal_values(seconds)
            if self.budget.now() - began >= seconds:
                self.budget.ended(seconds)
            return list(table.itertuples(index=False, name=None))

        earlier = self.plan.explained.get("values")
        rows = [] if earlier is None else list(earlier.itertuples(index=False, name=None))
        return [Question("marginal values", ask, rows, self.more and earlier is not None)]

    def _deadlines_questions(self) -> list[Question]:
        plan, due = self.plan, deadlines.due_decisions(self.plan)
        soon = [decision for decision in due if deadlines.is_soon(plan, decision, SOON)]

        def question(number: int, decision: dict[Any, Any]) -> Question:
            def ask() -> Row:
                return self._deadline_row(decision, self._cost_of_delay(decision))

            name = (
                f"a month's delay {number} of {len(soon)}: {decision['decision'].replace('_', ' ')} {decision['item']}"
            )
            known = self._deadline_row(decision, OPEN)
            key = [name for name in self._columns("deadlines") if name in _KEY_OF_DEADLINE]
            return self._question(name, "deadlines", key, known, ask)

        return [question(number, decision) for number, decision in enumerate(soon, start=1)]

    def _deadlines(self, stage: Stage) -> pd.DataFrame:
        """Return the deadlines of all decisions, those due soon as far as they are examined."""
        rows = iter([row for question in stage.questions for row in question.rows])
        plan, found = self.plan, []
        for decision in deadlines.due_decisions(plan):
            soon = deadlines.is_soon(plan, decision, SOON)
            found.append(next(rows) if soon else self._deadline_row(decision, ExtraCost()))
        return pd.DataFrame(found, columns=self._columns("deadlines"))

    # ------------------------------------------------------------------ what is different under uncertainty
    def _columns(self, table: str) -> list[str]:
        return column_names(table)

    def _marginal_values(self, seconds: float) -> pd.DataFrame:
        return marginal_values.values_table(self.plan, replace(self.options, time_limit=seconds))

    def _deadline_row(self, decision: dict[Any, Any], more: ExtraCost) -> Row:
        return deadlines.deadline_row(self.plan, decision, more)

    def _cost_of_delay(self, decision: dict[Any, Any]) -> ExtraCost:
        return deadlines.cost_of_delay(self.ask, self.plan, decision)

    def _step_row(self, step: Edit) -> Row:
        return steps.step_row(self.ask, self.plan, step)

    def _offers_questions(self) -> list[Question]:
        chosen = [one for one in offers(self.plan) if not self._items or one.item in self._items]
        self.budget.stage(_OF_RELAXATIONS)
        self.budget.question(1)
        verdicts = offer_verdicts.Verdicts(self.ask, self.plan, chosen, self.budget)
        earlier = earlier_rows(self.plan, "offers", column_names("offers"), ("item",))
        for offer in chosen:
            if (offer.item,) in earlier:
                verdicts.start_from(offer, earlier[offer.item,])
        text = "the plan itself, with a smaller gap, on which close prices depend"
        tighten = Question(text, verdicts.tighten, weight=_OF_GAP * len(chosen))
        rows = [earlier.get((offer.item,)) for offer in chosen]
        done = self.more and all(row is not None and offer_verdicts.is_final(row) for row in rows)
        first = [tighten] if verdicts.depend_on_gap and not done else []
        return first + [
            self._question(
                f"offer {number} of {len(chosen)}: {offer.item}",
                "offers",
                ("item",),
                verdicts.known(offer),
                partial(verdicts.examine, offer),
            )
            for number, offer in enumerate(verdicts.nearest_first(), start=1)
        ]

    def _exits_questions(self) -> list[Question]:
        plan, items = self.plan, termination_timing.terminations(self.plan)[: termination_timing.ITEMS]
        found = []
        for one in items:
            for shift in termination_timing.shifts(one):

                def ask(one: termination_timing.Termination = one, shift: int = shift) -> Row:
                    more = termination_timing.cost_of_exit(self.ask, plan, one, shift)
                    return termination_timing.exit_row(plan, one, shift, more)

                open_row = termination_timing.exit_row(plan, one, shift, OPEN if shift else ExtraCost(0.0))
                found.append(self._question(_leaving(one, shift), "exits", ("item", "shift"), open_row, ask))
                found[-1].finished |= not shift
        return found

    def _events_questions(self) -> list[Question]:
        plan, usual = self.plan, events.usual_events(self.plan)

        def question(number: int, event: events.Event) -> Question:
            name = f"event {number} of {len(usual)}: {event}"

            def ask() -> Row:
                answer = events.answer_to(self.ask, event)
                self._answers[name] = answer
                return events.event_row(plan, answer)

            known = events.event_row(plan, events.Answer(event, None, NOT_EXAMINED))
            return self._question(name, "events", ("event",), known, ask)

        found = [question(number, event) for number, event in enumerate(usual, start=1)]
        if not all(one.finished for one in found) or "first" not in self.plan.explained:
            for one in found:
                one.finished = False  # the decisions of the first month compare the plans of all events
        return found

    def _caps_questions(self) -> list[Question]:
        plan, every = self.plan, caps.requirements(self.plan)

        def question(number: int, one: Requirement) -> Question:
            def ask() -> Row:
                seconds = self.budget.search()
                found = try_policy(plan, one, replace(self.options, time_limit=seconds), self.progress)
                other = found.plan
                if found.is_late or (other is not None and other.head["stopped"] == Stop.TIME_LIMIT.value):
                    self.budget.ended(seconds)
                return caps.cap_row(plan, found)

            known = caps.cap_row(plan, PolicyTrial(one, plan.instance.head.months, None, NOT_EXAMINED))
            name = f"requirement {number} of {len(every)}: {one}"
            return self._question(name, "caps", ("requirement",), known, ask)

        return [question(number, one) for number, one in enumerate(every, start=1)]

    def _steps_questions(self) -> list[Question]:
        every = steps.usual_steps(self.plan)

        def question(number: int, step: Edit) -> Question:
            known = (str(step), None, None, None, None, NOT_EXAMINED)
            name = f"step {number} of {len(every)}: {step}"
            return self._question(name, "steps", ("step",), known, lambda: self._step_row(step))

        return [question(number, step) for number, step in enumerate(every, start=1)]


def _is_unknown(name: str, stage: Stage) -> bool:
    """Whether nothing is known of the marginal values: an empty table would mean that no limit binds."""
    return name == "values" and not any(question.rows or question.finished for question in stage.questions)


def _leaving(one: termination_timing.Termination, shift: int) -> str:
    when = f"{abs(shift)} {'month' if abs(shift) == 1 else 'months'} {'earlier' if shift < 0 else 'later'}"
    return f"leaving {one} {when}"

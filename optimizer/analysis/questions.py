"""Questions about a plan: examined in the order of need until a budget is spent or Ctrl-C is pressed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from optimizer.analysis.budget import Budget, BudgetSpent
from optimizer.errors import AuditFailed, SolverError
from optimizer.format import counted

NOT_EXAMINED = "not examined yet"
"""Note of what the budget, or Ctrl-C, left open."""
Rows = list[tuple[Any, ...]]
_LONGER = 2.0  # a question is examined again only with so many times the seconds that it had


@dataclass
class Question:
    """One question, with the rows of a table that are known of it.

    Attributes
    ----------
    name : str
        In words.
    ask : callable
        Examine it: return better rows, or raise ``BudgetSpent``.
    rows : list of tuple
        Rows of its table so far.
    finished : bool
        Whether more time would not change them.
    seconds : float
        Seconds that it had when it was examined last.
    weight : float
        Its part of the time, where others have 1.
    """

    name: str
    ask: Callable[[], Rows]
    rows: Rows = field(default_factory=list)
    finished: bool = False
    seconds: float = 0.0
    weight: float = 1.0


@dataclass(frozen=True)
class Stage:
    """Questions of one kind.

    Attributes
    ----------
    name : str
        In words, in the plural.
    share : float
        Share of the budget that is left when the stage begins.
    questions : list of Question
        The most important ones first.
    """

    name: str
    share: float
    questions: list[Question]


class Agenda:
    """Examine stages one after the other; then, with what is left of the budget, again what it cut short.

    Parameters
    ----------
    stages : sequence of callable
        Each makes a stage, when its turn comes.
    names : sequence of str
        Names of the stages, for what is to come.
    budget : Budget
        Seconds in all and of one search.
    say : callable
        Called with a line on each stage and on each question.

    Attributes
    ----------
    stages : list of Stage
        The stages that were begun.
    stopped : str
        Question at which Ctrl-C ended the work; ``""`` if it did not.
    failed : dict of str to CapoptError
        Errors of the solver, and plans that fail the audit, by the name of the question; its rows stay as they were.
    """

    def __init__(
        self, makers: Sequence[tuple[str, Callable[[], Stage]]], budget: Budget, say: Callable[[str], None]
    ) -> None:
        self._makers, self.budget, self._say = makers, budget, say
        self.stages: list[Stage] = []
        self.stopped = self._at = ""
        self.failed: dict[str, SolverError | AuditFailed] = {}

    def run(self) -> None:
        """Examine all questions, as far as the time goes."""
        try:
            for place, (_, make) in enumerate(self._makers):
                self._begin(make(), [name for name, _ in self._makers[place + 1 :]])
            while self._again():
                pass
        except KeyboardInterrupt:
            self.stopped = self._at or "the first question"

    @property
    def unfinished(self) -> list[Question]:
        """Questions of the stages that were begun which more time could answer better."""
        return [question for stage in self.stages for question in stage.questions if not question.finished]

    def _begin(self, stage: Stage, to_come: list[str]) -> None:
        self.stages.append(stage)
        left = [question for question in stage.questions if not question.finished]
        if not left or not self.budget.left:
            return
        if to_come and self.budget.left < float("inf"):
            self._say(f"{stage.name}: {counted(len(left), 'question')}; to come: {', '.join(to_come)}")
        self.budget.stage(stage.share)
        for number, question in enumerate(left):
            seconds = self.budget.question(_parts(left[number:]))
            if not seconds:
                return
            self._examine(question, seconds, question.name)

    def _again(self) -> bool:
        """Examine once more, with more time, what the budget cut short; return whether there was any."""
        done, left = False, [question for question in self.unfinished if question.name not in self.failed]
        for number, question in enumerate(left):
            least = max(_LONGER * question.seconds, 1.0)
            if least > self.budget.left:
                continue
            self.budget.stage(1.0)
            seconds = self.budget.question(_parts(left[number:]), least)
            self._examine(question, seconds, f"again, with more time: {question.name}")
            done = True
        return done

    def _examine(self, question: Question, seconds: float, text: str) -> None:
        self._at = text
        self._say(text)
        question.seconds, cuts = seconds, self.budget.cuts
        try:
            rows = question.ask()
        except BudgetSpent:
            return
        except (SolverError, AuditFailed) as error:
            self.failed[question.name] = error
            return
        question.rows, question.finished = rows, self.budget.cuts == cuts


def _parts(left: list[Question]) -> float:
    """Return by how much to divide the time that is left for some questions, to get that of the first."""
    return sum(question.weight for question in left) / left[0].weight

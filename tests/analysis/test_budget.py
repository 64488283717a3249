"""Budgets on a clock that moves only when a test moves it, and the order in which questions are examined."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import pytest

from optimizer.analysis.budget import Budget, BudgetSpent
from optimizer.analysis.questions import Agenda, Question, Rows, Stage
from optimizer.errors import AuditFailed, SolverError


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        """Return the time."""
        return self.at


def test_a_budget_is_shared_out() -> None:
    """Tests the slices of 60 s: a stage of a third has 20 s, each of four questions 5 s, two parts of one 2.5 s."""
    clock = Hand()
    budget = Budget(60, now=clock)
    budget.stage(1 / 3)
    assert budget.question(4) == pytest.approx(5)
    assert (budget.search(), budget.search(2)) == pytest.approx((5, 2.5))
    clock.at += 2
    assert budget.search() == pytest.approx(3)
    # 18 s are left of the stage, 58 in all.
    assert budget.question(3) == pytest.approx(6)
    assert budget.left == pytest.approx(58)
    clock.at += 18
    assert budget.question(1) == 0  # the stage is over, the budget is not
    budget.stage(0.5)
    assert budget.question(2) == pytest.approx(10)


def test_a_question_gets_a_second_at_least() -> None:
    """Tests that ten questions in 2 s are two of a second, and that none begins when the stage is over."""
    clock = Hand()
    budget = Budget(2, now=clock)
    budget.stage(1)
    given = []
    for left in range(10, 0, -1):
        given.append(budget.question(left))
        clock.at += given[-1]
    assert given == pytest.approx([1, 1] + [0] * 8)


def test_a_question_gets_the_time_of_three_searches() -> None:
    """Tests that where searches took 1.5 s, one of forty in 60 s gets 4.5 s, and 6 s at most."""
    budget = Budget(60, now=Hand())
    budget.stage(1)
    for seconds, expected in ((1.5, 4.5), (1.0, 4.5), (30.0, 6.0)):
        budget.took(seconds)
        assert budget.question(40) == pytest.approx(expected)
    assert budget.question(2) == pytest.approx(30)


def test_no_search_begins_without_time() -> None:
    """Tests that a search without time is not begun, and counts as cut."""
    clock = Hand()
    budget = Budget(1, now=clock)
    budget.stage(1)
    budget.question(1)
    clock.at += 0.99
    with pytest.raises(BudgetSpent):
        budget.search()
    assert budget.cuts == 1


@pytest.mark.parametrize(("limit", "cuts"), [(None, 1), (2.0, 0), (5.0, 1)])
def test_a_search_at_its_own_limit_is_not_cut(limit: float | None, cuts: int) -> None:
    """Tests that of a question of 4 s, a search that ends at a limit of 2 s given for each is not cut by the budget."""
    budget = Budget(4, limit, now=Hand())
    budget.stage(1)
    budget.question(1)
    budget.ended(budget.search())
    assert budget.cuts == cuts


def test_without_a_budget_each_search_has_ten_seconds() -> None:
    """Tests that all questions begin, each search has 10 s or what is given, and none is cut."""
    for limit, seconds in ((None, 10), (3.0, 3)):
        budget = Budget(None, limit, now=Hand())
        budget.stage(0.2)
        assert budget.question(50) == math.inf
        assert budget.search(2) == seconds
        budget.ended(seconds)
        assert (budget.cuts, budget.left) == (0, math.inf)


def agenda(clock: Hand, seconds: float | None, costs: Sequence[float], said: list[str]) -> Agenda:
    """Questions that need some seconds each, in two stages: the first, and all others."""
    budget = Budget(seconds, now=clock)

    def ask(number: int, cost: float) -> Callable[[], Rows]:
        def work() -> Rows:
            given = budget.search()
            clock.at += min(cost, given)
            if cost > given:
                budget.ended(given)
            return [(number, min(cost, given))]

        return work

    questions = [Question(f"question {n}", ask(n, cost), [(n, 0.0)]) for n, cost in enumerate(costs)]
    stages = [Stage("first ones", 0.5, questions[:1]), Stage("others", 1.0, questions[1:])]
    makers = [(stage.name, lambda stage=stage: stage) for stage in stages]
    return Agenda(makers, budget, said.append)


def rows(done: Agenda) -> Rows:
    """Rows of all questions."""
    return [row for stage in done.stages for question in stage.questions for row in question.rows]


def test_questions_are_examined_in_order_and_again() -> None:
    """Tests that what is cut is examined again, with at least twice its time, until the budget is spent."""
    clock, said = Hand(), list[str]()
    # Of 16 s the first stage gets 8, for a question of 2. The others have 14: 7 for the one of 9 s, which is cut, 7 for
    # the one of 1 s. Six seconds are left, fewer than twice seven: the question stays open.
    done = agenda(clock, 16, [2, 9, 1], said)
    done.run()
    assert rows(done) == [(0, 2), (1, 7), (2, 1)]
    assert [question.name for question in done.unfinished] == ["question 1"]
    assert said == ["first ones: 1 question; to come: others", "question 0", "question 1", "question 2"]
    # Of 24 s it had 11; 10 are left after all others.
    clock, said = Hand(), list[str]()
    done = agenda(clock, 40, [2, 20, 1], said)
    done.run()
    assert said[-1] == "question 2"
    assert rows(done) == [(0, 2), (1, 19), (2, 1)]


def test_a_question_cut_early_is_finished_later() -> None:
    """Tests that time that others leave goes to a question that was cut."""
    clock, said = Hand(), list[str]()
    # Of 40 s the first question gets 20, for 21. The others need 1 of the 20 left: 19 are fewer than twice 20.
    done = agenda(clock, 40, [21, 1], said)
    done.run()
    assert rows(done) == [(0, 20), (1, 1)]
    # Of ten others each gets a tenth of 39.5 s at first; the second one needs 5 s and gets 7.9 s in the end.
    clock = Hand()
    done = agenda(clock, 40, [0.5, 5, *[1] * 9], said)
    done.run()
    assert rows(done)[1] == (1, 5)
    assert said[-1] == "again, with more time: question 1"
    assert done.unfinished == []


def test_a_spent_budget_leaves_what_is_known() -> None:
    """Tests that without any time nothing is examined, and each question keeps the row that it began with."""
    done = agenda(Hand(), 0, [1, 1, 1], said := list[str]())
    done.run()
    assert rows(done) == [(0, 0), (1, 0), (2, 0)]
    assert len(done.unfinished) == 3
    assert said == []


def test_without_a_budget_all_is_examined_once() -> None:
    """Tests that a question that reaches the limit of one search is finished, and no line is on what is to come."""
    done = agenda(Hand(), None, [2, 50, 1], said := list[str]())
    done.run()
    assert rows(done) == [(0, 2), (1, 10), (2, 1)]
    assert done.unfinished == []
    assert said == ["question 0", "question 1", "question 2"]


def test_ctrl_c_ends_the_work() -> None:
    """Tests that rows until then are kept, and the question at which it came is named."""

    def interrupted() -> Rows:
        raise KeyboardInterrupt

    budget = Budget(60, now=Hand())
    stage = Stage("all", 1.0, [Question("one", lambda: [("one",)]), Question("two", interrupted, [("open",)])])
    done = Agenda([("all", lambda: stage)], budget, lambda _: None)
    done.run()
    assert (done.stopped, rows(done)) == ("two", [("one",), ("open",)])


@pytest.mark.parametrize("error", [SolverError("no answer"), AuditFailed(["a row is broken"])])
def test_an_error_leaves_one_question_open(error: Exception) -> None:
    """Tests that an error of the solver or the audit loses no other answer, and is not run into again."""
    asked: list[int] = []

    def broken() -> Rows:
        asked.append(1)
        raise error

    budget = Budget(60, now=Hand())
    questions = [Question("bad", broken, [("open",)]), Question("good", lambda: [("good",)])]
    done = Agenda([("all", lambda: Stage("all", 1.0, questions))], budget, lambda _: None)
    done.run()
    assert (done.stopped, rows(done), done.failed) == ("", [("open",), ("good",)], {"bad": error})
    assert [question.name for question in done.unfinished] == ["bad"]
    assert len(asked) == 1

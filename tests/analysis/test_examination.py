"""The examination of a plan: its questions, the time of each, and the tables; with all time, with none, and again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from optimizer.analysis.budget import Budget
from optimizer.analysis.examination import Examination
from optimizer.analysis.questions import NOT_EXAMINED
from optimizer.errors import SolverError
from optimizer.plan.plan import Plan
from optimizer.solver.solution import Options
from tests.program.tiny import month, solved, tiny

OPTIONS = Options(gap=1e-6, threads=1)
# Ten are leased since before the plan for 3000 a month, ten more are signed for 6000 from the second month on; an hour
# costs 9, which are 900 a month.
LEASE = {"price": 3000, "min_term_months": 1, "notice_months": 1, "committed_blocks": 1, "earliest": -3}
SPOT = {"contract": "spot", "price": 6000, "term_months": 1}
QUESTIONS = {
    "values": ["marginal values"],
    "deadlines": ["a month's delay 1 of 2: sign spot", "a month's delay 2 of 2: sign spot"],
    # The price by the hour is a third too high, that of the block could rise by half.
    "offers": ["offer 1 of 2: hourly", "offer 2 of 2: spot"],
    "exits": ["leaving lease 1 month earlier"],
    "events": ["event 1 of 2: demand grows twice as fast", "event 2 of 2: cloud takes lease back in 2030-02"],
    "caps": [
        "requirement 1 of 2: at most 75.0 % of the capacity with cloud",
        "requirement 2 of 2: at most 50.0 % of the capacity with cloud",
    ],
    "steps": ["step 1 of 1: demand.jobs.amount*=1.1"],
}
EVERY = [name for names in QUESTIONS.values() for name in names]


class Recorded(Budget):
    """A budget of 100 seconds, by default, that never pass; it records the seconds of each question."""

    def __init__(self, seconds: float = 100.0) -> None:
        super().__init__(seconds, now=lambda: 0.0)
        self.asked: list[tuple[float, float]] = []

    def question(self, count: float, least: float = 1.0) -> float:
        """Begin a question."""
        self.asked.append((count, super().question(count, least)))
        return self.asked[-1][1]


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Ten wanted in the first month and twenty after: 3 x 3000 + 2 x 6000."""
    hours = [{"price": 9, "max_accelerators": 20}]
    found = solved(tiny(3, {"jobs": [10, 20]}, contracts=[LEASE, SPOT], on_demand=hours))
    assert found.objective == pytest.approx(21_000)
    return found


def examined(plan: Plan, budget: Budget, **given: Any) -> tuple[Examination, list[str]]:
    """All stages of an examination, and its lines."""
    lines: list[str] = []
    found = Examination(plan, OPTIONS, budget, lines.append, **given)
    found.run(found.names)
    return found, lines


@pytest.fixture(scope="module")
def full(plan: Plan) -> tuple[Examination, list[str], Recorded]:
    """The examination with all the time."""
    budget = Recorded()
    return *examined(plan, budget), budget


def test_questions_in_the_order_of_need(full: tuple[Examination, list[str], Recorded]) -> None:
    """Tests all lines: each stage with the number of its questions and what is to come, and each question."""
    found, lines, _ = full
    titles = ["marginal values", "deadlines", "offers", "exits", "events", "exposure", "steps"]
    wanted = []
    for place, (name, questions) in enumerate(QUESTIONS.items()):
        count = f"{len(questions)} question{'s' if len(questions) > 1 else ''}"
        if name != "steps":
            wanted.append(f"{titles[place]}: {count}; to come: {', '.join(titles[place + 1 :])}")
        wanted += questions
    assert lines == wanted
    assert (found.stopped, found.failed, found.unfinished) == ("", {}, [])


def test_each_stage_has_its_share_of_the_time(full: tuple[Examination, list[str], Recorded]) -> None:
    """Tests shares of 100 seconds of which none pass, divided by the questions that are left in a stage."""
    assert full[2].asked == [
        (1, 30),  # values
        *((2, 10), (1, 20)),  # deadlines
        (1, 30),  # the linear programs of all offers
        *((2, 32.5), (1, 65)),  # offers
        (1, 70),  # exits
        *((2, 20), (1, 40)),  # events
        *((2, 25), (1, 50)),  # caps
        (1, 100),  # steps
    ]


def test_what_is_found(full: tuple[Examination, list[str], Recorded]) -> None:
    """Tests the figures of all tables."""
    tables = full[0].tables()
    assert list(tables) == [*QUESTIONS, "first"]
    # By the hour, ten cost 3000 more than the block.
    assert tables["deadlines"][["month", "item"]].to_numpy().tolist() == [[month(1), "spot"], [month(2), "spot"]]
    assert tables["deadlines"]["delay_costs"].tolist() == pytest.approx([3000, 3000])
    # In the order of the instance: the block is worth 2 x 3000.
    assert tables["offers"]["item"].tolist() == ["spot", "hourly"]
    assert tables["offers"]["worth"].tolist() == pytest.approx([6000, 0], abs=1e-6)
    # 9000 by the hour instead of the rent of 3000.
    assert tables["exits"][["shift", "costs"]].to_numpy().tolist() == [[-1, pytest.approx(6000)], [0, 0]]
    # Ten more for two months, by the hour; ten by the hour instead of the lease, for two months.
    assert tables["events"]["costs"].tolist() == pytest.approx([18_000, 12_000])
    # With less than all of its capacity from one provider there can be none: 18,000 instead of 9000, in two months.
    assert tables["caps"]["costs"].tolist() == pytest.approx([18_000, 18_000])
    assert tables["caps"]["month"].tolist() == [month(1)] * 2
    # 1 + 2 + 2 more by the hour.
    assert tables["steps"]["saves"].tolist() == pytest.approx([-4500])
    assert tables["first"].empty  # nothing is decided in the first month


def test_without_time_everything_is_open(plan: Plan) -> None:
    """Tests that no question is examined, and that each has its row with a note."""
    found, lines = examined(plan, Recorded(0.0))
    assert (lines, found.stopped) == ([], "")
    unknown = ["offer 1 of 2: spot", "offer 2 of 2: hourly"]  # in the order of the instance, as no price is bounded
    assert sorted(one.name for one in found.unfinished) == sorted({*EVERY, *unknown} - {*QUESTIONS["offers"]})
    tables = found.tables()
    assert list(tables) == [name for name in QUESTIONS if name != "values"]
    notes = {name: tables[name].iloc[:, -1].tolist() for name in tables}
    assert notes == {
        "deadlines": [NOT_EXAMINED] * 2,
        "offers": [NOT_EXAMINED] * 2,
        "exits": [NOT_EXAMINED, ""],  # at the month of the plan nothing is to be examined
        "events": [NOT_EXAMINED] * 2,
        "caps": [NOT_EXAMINED] * 2,
        "steps": [NOT_EXAMINED],
    }
    assert tables["exits"]["costs"].tolist()[1] == 0.0
    assert found._questions("nothing") == []
    assert (Examination(plan, OPTIONS, Budget(0.0)).failed, Examination(plan, OPTIONS, Budget(0.0)).unfinished) == (
        {},
        [],
    )


def test_what_is_known_is_not_examined_again(plan: Plan, full: tuple[Examination, list[str], Recorded]) -> None:
    """Tests that with more time nothing is left to do, and that all tables stay; but all of it without this wish."""
    tables = full[0].tables()
    known = replace(plan, explained=tables)
    again, lines = examined(known, Recorded(), more=True)
    assert (lines, again.unfinished) == ([], [])
    assert list(again.tables()) == list(tables)
    for name, table in again.tables().items():
        assert_frame_equal(table, tables[name], check_dtype=False)
    anyway, lines = examined(known, Recorded(0.0))
    assert sorted(one.name for one in anyway.unfinished) == sorted(EVERY)
    assert "first" not in anyway.tables()
    assert anyway.tables()["steps"]["saves"].tolist() == pytest.approx([-4500])  # the known row, until there is another


def test_decisions_of_the_first_month_need_the_plans_of_all_events(
    plan: Plan, full: tuple[Examination, list[str], Recorded]
) -> None:
    """Tests that events are examined again where the table of the first month is missing, or one of them is open."""
    tables = full[0].tables()
    without_first = {name: table for name, table in tables.items() if name != "first"}
    open_event = pd.DataFrame(tables["events"], copy=True)
    open_event.loc[1, ["costs", "at_least", "at_most", "note"]] = [None, None, None, NOT_EXAMINED]
    for known in (without_first, tables | {"events": open_event}):
        found, lines = examined(replace(plan, explained=known), Recorded(), more=True)
        assert [line for line in lines if "to come" not in line] == QUESTIONS["events"]
        assert found.tables()["events"]["costs"].tolist() == pytest.approx([18_000, 12_000])
        assert "first" in found.tables()


def test_an_error_of_the_solver_leaves_the_rest(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a question that fails is named with its message, and that its row stays open."""

    def broken(*_: object) -> None:
        raise SolverError("broken")

    monkeypatch.setattr("optimizer.analysis.examination.steps.step_row", broken)
    found = Examination(plan, OPTIONS, Recorded())
    found.run(["steps"])
    assert found.failed == {QUESTIONS["steps"][0]: "broken"}
    assert found.tables()["steps"]["note"].tolist() == [NOT_EXAMINED]

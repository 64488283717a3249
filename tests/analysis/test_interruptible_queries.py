"""Series of what-ifs: what each search gets of a budget, what ends them, and what fixed decisions cost."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from optimizer.analysis.budget import Budget, BudgetSpent
from optimizer.analysis.interruptible_queries import ExtraCost, InterruptibleWhatIf, cost_of_fixing
from optimizer.analysis.questions import NOT_EXAMINED
from optimizer.errors import NoFeasiblePlan
from optimizer.plan.plan import Plan
from optimizer.program.fixings import Fixing
from optimizer.solver.solution import Stop
from optimizer.solving.clock import Clock
from optimizer.solving.whatif import WhatIf
from tests.program.tiny import solved, tiny

FORBID = Fixing("forbid", "", "lease")


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Ten leased at 3000."""
    return solved(tiny(1, {"jobs": [10]}, contracts=[{"price": 3000, "term_months": 1}]))


@pytest.mark.parametrize(
    ("stop", "fixings", "seconds", "cuts", "longest"),
    [
        (Stop.GAP_REACHED, [], 100.0, 0, 7.0),
        (Stop.GAP_REACHED, [FORBID], 50.0, 0, 7.0),  # a start is completed first, for which time is left
        (Stop.TIME_LIMIT, [], 100.0, 1, 0.0),
        (Stop.INFEASIBLE, [], 100.0, 0, 7.0),
    ],
)
def test_a_search_has_the_time_of_its_question(
    plan: Plan,
    monkeypatch: pytest.MonkeyPatch,
    stop: Stop,
    fixings: list[Fixing],
    seconds: float,
    cuts: int,
    longest: float,
) -> None:
    """Tests the seconds of searches that take seven, and what the budget records of them."""
    clock = [0.0]
    ask = InterruptibleWhatIf(plan, gap=0, threads=1)
    ask.budget, ask.on_progress = Budget(100.0, now=lambda: clock[0]), lambda _: None

    def search(self: Any, edits: Any, fixed: Any, progress: Clock, *rest: Any) -> Any:
        assert (progress.on_progress, rest) == (ask.on_progress, (1.0, 2.0, 3.0))
        clock[0] += 7.0
        return SimpleNamespace(stop=stop)

    monkeypatch.setattr(WhatIf, "_solved", search)
    ask._solved([], fixings, Clock(), 1.0, 2.0, 3.0)
    assert ask.options.time_limit == seconds
    assert (ask.budget.cuts, ask.budget.longest) == (cuts, longest)
    stop = Stop.INTERRUPTED
    with pytest.raises(KeyboardInterrupt):
        ask._solved([], [], Clock(ask.on_progress), 1.0, 2.0, 3.0)


def test_the_progress_of_a_search_is_reported_where_it_was_requested(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests that a search with progress of its own keeps it, and that without a budget the time limit stays."""
    ask, own, seen = InterruptibleWhatIf(plan, gap=0, time_limit=3.0), (lambda _: None), list[Any]()
    ask.on_progress = lambda _: None

    def search(_: Any, edits: Any, fixings: Any, clock: Clock, *rest: Any) -> Any:
        seen.append(clock)
        return SimpleNamespace(stop=Stop.GAP_REACHED)

    monkeypatch.setattr(WhatIf, "_solved", search)
    ask._solved([], [FORBID], Clock(own))
    assert (seen[0].on_progress, ask.options.time_limit) == (own, 3.0)


ROW = (7.5, 1.0, 1.0, 0.0, "")
OPEN = (7.5, None, None, NOT_EXAMINED)


def sweep_row(ask: InterruptibleWhatIf, left: int) -> tuple[Any, ...]:
    """The row of 7.5, with nan left out."""
    row = ask._sweep_row(7.5, lambda: None, left)  # type: ignore[arg-type,return-value]
    return tuple(cell for cell in row if cell == cell)


def test_values_of_a_sweep(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests lines, time, and that Ctrl-C in one value leaves it and all others open."""
    lines: list[str] = []
    ask = InterruptibleWhatIf(plan, gap=0)
    ask.on_step = lines.append
    results: list[Any] = [None, None, BudgetSpent, KeyboardInterrupt]

    def row(*_: object) -> Any:
        error = results.pop(0)
        if error is not None:
            raise error
        return ROW

    monkeypatch.setattr(WhatIf, "_sweep_row", row)
    assert sweep_row(ask, 3) == ROW
    ask.budget = Budget(100.0, now=lambda: 0.0)
    assert sweep_row(ask, 2) == ROW
    assert ask.budget._question_end == 50.0  # of two values
    assert sweep_row(ask, 1) == OPEN
    assert (sweep_row(ask, 1), ask.stopped) == (OPEN, "value 7.5; 0 more values to come")
    assert sweep_row(ask, 1) == OPEN
    assert lines == [f"value 7.5; {more} to come" for more in ("2 more values", "1 more value", *["0 more values"] * 2)]
    late = InterruptibleWhatIf(plan, gap=0)
    late.budget = Budget(0.0, now=lambda: 0.0)
    assert (sweep_row(late, 1), late.stopped) == (OPEN, "")


class Known:
    """What-ifs with one answer."""

    def __init__(self, answer: Any, fixed: Iterable[Fixing] = (), relax: bool = False) -> None:
        self.answer, self.fixed, self.options = answer, fixed, SimpleNamespace(relax=relax)
        self.searches = 0

    def ask_with_fixed(self, fixings: tuple[Fixing, ...]) -> Any:
        """The answer."""
        self.searches += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return SimpleNamespace(objective=130.0, bound=self.answer)


@pytest.mark.parametrize(
    ("ask", "bound", "relaxed", "found"),
    [
        (Known(125.0), 92.0, False, ExtraCost(30.0, 25.0, 38.0)),
        (Known(125.0), None, False, ExtraCost(30.0, 25.0, None)),
        # Fixing decisions only restricts: it never saves.
        (Known(95.0), 92.0, False, ExtraCost(30.0, 0.0, 38.0)),
        (Known(None), 92.0, False, ExtraCost(30.0, 0.0, 38.0)),
        # It may save where it replaces what was fixed of the item, or where integers are dropped.
        (Known(95.0, [Fixing("keep", "", "lease")]), 92.0, False, ExtraCost(30.0, -5.0, 38.0)),
        (Known(None, [Fixing("keep", "", "lease")]), 92.0, False, ExtraCost(30.0, None, 38.0)),
        (Known(95.0, [Fixing("keep", "", "other")]), 92.0, False, ExtraCost(30.0, 0.0, 38.0)),
        (Known(95.0, relax=True), 92.0, False, ExtraCost(30.0, -5.0, 38.0)),
        (Known(95.0, relax=True), 92.0, True, ExtraCost(30.0, 0.0, 38.0)),
        (Known(95.0), 92.0, True, ExtraCost(30.0, 0.0, 38.0)),
        (Known(NoFeasiblePlan([])), 92.0, False, ExtraCost(note="leaves no plan")),
    ],
)
def test_fixed_decisions_cost_more(ask: Any, bound: float | None, relaxed: bool, found: ExtraCost) -> None:
    """Tests 130, of which some is proven, against a plan of 100; the same question is not searched again."""
    plan: Any = SimpleNamespace(objective=100.0, bound=bound, head={"relaxed": relaxed})
    assert cost_of_fixing(ask, plan, [FORBID]) == found
    assert cost_of_fixing(ask, plan, iter([FORBID])) == found
    assert ask.searches == 1
    cost_of_fixing(ask, plan, [Fixing("forbid", "", "other")])
    assert ask.searches == 2

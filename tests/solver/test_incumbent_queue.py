"""Solutions that come from elsewhere while a search runs, and those it finds."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from optimizer.generator import random_instance
from optimizer.program.arrays import Floats
from optimizer.program.build import build
from optimizer.program.compile import compile_program
from optimizer.solver.highs import Model
from optimizer.solver.solution import Options, SolutionStatus, Stop
from tests.solver.programs import good_knapsacks, knapsacks

SHORT = Options(gap=0, threads=1, time_limit=1)


class Told:
    """Notes what a search finds; at its first solution, offers another from a thread of its own."""

    def __init__(self, model: Model, offered: Floats | None = None) -> None:
        self.model, self.offered = model, offered
        self.objectives: list[float] = []
        self.solutions: list[Floats] = []
        model.on_incumbent = self

    def __call__(self, objective: float, values: Floats) -> None:
        if not self.objectives and self.offered is not None:
            threading.Thread(target=self.model.offer, args=(self.offered,)).start()
        self.objectives.append(objective)
        self.solutions.append(values)


@pytest.fixture(scope="module")
def good() -> Floats:
    """A far better plan for the knapsacks than the first that a search finds."""
    return good_knapsacks()


def test_every_better_solution_is_told() -> None:
    """Tests that solutions come with their objective, each better than the one before, up to the one returned."""
    arrays = replace(knapsacks(), offset=1000.0)
    model = Model(arrays)
    told = Told(model)
    solution = model.solve(SHORT)
    assert solution.values is not None
    assert len(told.objectives) > 1
    assert told.objectives == sorted(told.objectives, reverse=True)
    for objective, values in zip(told.objectives, told.solutions, strict=True):
        assert objective == pytest.approx(arrays.cost @ values + 1000)
        assert arrays.worst_violation(values) <= 1e-6
    assert told.solutions[-1].round().tolist() == solution.values.tolist()


def test_an_offered_solution_is_taken_over(good: Floats) -> None:
    """Tests that what is offered while a search runs becomes its incumbent."""
    arrays = knapsacks()
    model = Model(arrays)
    told = Told(model, offered=good)
    solution = model.solve(SHORT)
    assert told.objectives[0] > arrays.cost @ good + 100
    assert solution.values is not None
    assert arrays.cost @ solution.values <= arrays.cost @ good
    assert not any(np.array_equal(values, good) for values in told.solutions)  # its own are told, not what it is given


def test_an_offer_that_breaks_a_rule_is_left_alone() -> None:
    """Tests that an offered solution is checked: all items do not fit into sacks that hold half of them."""
    arrays = knapsacks()
    model = Model(arrays)
    told = Told(model, offered=np.ones(len(arrays.cost)))
    solution = model.solve(SHORT)
    assert (solution.stop, solution.status) == (Stop.TIME_LIMIT, SolutionStatus.FEASIBLE)
    assert min(told.objectives) > arrays.cost.sum()
    assert solution.values is not None
    assert arrays.worst_violation(solution.values) <= 1e-9


def test_only_the_best_offer_waits_and_only_while_the_program_stays(good: Floats) -> None:
    """Tests that a worse offer does not displace a better one, and that none outlives its program."""
    arrays = knapsacks()
    model, nothing = Model(arrays), np.zeros(len(arrays.cost))
    for values in (nothing, good, nothing):
        model.offer(values)
    waiting = model._queue.take()
    assert waiting is not None
    assert waiting[1].tolist() == good.tolist()
    assert model._queue.take() is None
    model.offer(good)
    model.change(replace(arrays, offset=1.0))
    assert model._queue.take() is None


def test_an_offer_waits_from_the_last_cuts_of_the_root_to_the_first_dive(good: Floats) -> None:
    """Tests that HiGHS, asking three times after the root's cuts, is given what is offered the fourth time only."""
    model = Model(knapsacks())
    given: list[Floats] = []
    event = SimpleNamespace(
        data_out=SimpleNamespace(mip_primal_bound=np.inf, mip_dual_bound=-np.inf, mip_node_count=0),
        data_in=SimpleNamespace(setSolution=given.append),
    )
    model.offer(good)
    model._root_ends(event)
    for _ in range(3):
        model._take_offer(event)
        assert not given
    model._take_offer(event)
    assert [values.tolist() for values in given] == [good.tolist()]


def test_a_solution_that_was_given_and_is_not_held_was_dropped(good: Floats) -> None:
    """Tests that a search that holds something worse than it was given is known to have dropped it, and else not."""
    arrays = replace(knapsacks(), offset=10.0)
    cost = float(arrays.cost @ good) + 10.0

    def asked(model: Model, incumbent: float) -> bool:
        event = SimpleNamespace(
            data_out=SimpleNamespace(mip_primal_bound=incumbent, mip_dual_bound=-np.inf, mip_node_count=0),
            data_in=SimpleNamespace(setSolution=lambda values: None),
        )
        model._take_offer(event)
        return model.dropped

    for held, dropped in [(cost, False), (cost - 5, False), (cost + 1e-8, False), (cost + 5, True), (np.inf, True)]:
        model = Model(arrays)
        model.offer(good)
        assert not asked(model, np.inf)
        assert asked(model, held) == dropped


def test_ctrl_c_while_a_search_is_being_ended_leaves_its_solution(good: Floats) -> None:
    """Tests that the first Ctrl-C is not taken for a second one where the search was to stop already."""
    model = Model(knapsacks())
    model.offer(good)
    queries = [0]

    def end(bound: float) -> None:
        queries[0] += 1
        if queries[0] == 3:
            model.interrupt()
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.5)  # so that it reaches the thread that waits

    model.on_query = end
    found = model.solve(Options(gap=0, threads=1, time_limit=30))
    assert model.pressed
    assert (found.stop, found.status) == (Stop.INTERRUPTED, SolutionStatus.FEASIBLE)


@pytest.mark.parametrize("moment", range(6))
def test_an_optimum_may_be_offered_at_any_moment(moment: int) -> None:
    """Tests that a search that is given an optimum when it asks for the n-th time ends with it."""
    program = build(random_instance(20, "tiny", without=("clauses", "interruptions")))
    arrays = compile_program(program)
    best = Model(arrays).solve(Options(gap=0, threads=1))
    optimum = best.values
    assert optimum is not None
    model, asked = Model(arrays), [0]

    def offer(bound: float) -> None:
        asked[0] += 1
        if asked[0] == moment + 1:
            model.offer(optimum)

    model.on_query = offer
    found = model.solve(Options(gap=0, threads=1))
    assert asked[0] > moment
    assert found.stop is Stop.GAP_REACHED
    assert found.values is not None
    assert arrays.cost @ found.values == pytest.approx(arrays.cost @ optimum, abs=1e-6)

"""What the search over scenarios gains from many workers: a real run on one, replayed on a cluster that is simulated.

python -m benchmarks.cluster [--size S] [--scenarios 20] [--seed 1] [--more 1,5,25] [--workers 1,2,4,16,64,256]

The run on one worker records the processor seconds of each subproblem, those of the searching process between rounds,
and the bytes that are sent. Its rounds are replayed in a discrete-event simulation: the scheduler hands subproblems out
one after the other, workers differ in speed and distance, results are used in the order of the subproblems. With
``--more K`` each round has K times as many subproblems, drawn from those that were recorded; those of all scenarios
together stay single and become K times as long, and the sample that shows whether the multipliers are a guide stays as
it is.
"""

from __future__ import annotations

import heapq
import pickle
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from statistics import mean
from typing import NamedTuple

import click
import numpy as np
import psutil

from benchmarks.scenarios import with_scenarios
from optimizer.generator import random_instance
from optimizer.instance.scenarios import scenarios
from optimizer.interruption import StopFlag
from optimizer.solver.solution import Options
from optimizer.uncertainty.decomposition import SAMPLE
from optimizer.uncertainty.programs import scenario_programs
from optimizer.uncertainty.solve_stochastic import DECOMPOSITION, solve_stochastic
from optimizer.uncertainty.stochastic_program import RiskMeasure, StochasticProgram
from optimizer.uncertainty.subproblems import LAGRANGIAN, RELAXED, Subproblem
from optimizer.uncertainty.tree import make_tree
from optimizer.workers.workers import LocalWorkers, Result, Task

_DISPATCH = 0.001  # seconds of the scheduler for each task, as its documentation gives it
_BANDWIDTH = 125e6  # bytes a second of the searching process: 1 Gbit/s
_LATENCY = 0.0005, 0.5  # seconds one way: median, and deviation of the logarithm
_SPEED = 0.1  # deviation of the logarithm of a worker's speed
_REPEATS = 5  # drawn clusters


class Solved(NamedTuple):
    """A subproblem: its processor seconds, the bytes sent for it, and whether it is of all scenarios together."""

    seconds: float
    size: int
    of_all: bool


@dataclass
class Round:
    """Subproblems searched at once, processor seconds of the search before them, and whether they are the sample."""

    before: float
    is_sample: bool = False
    tasks: list[Solved] = field(default_factory=list)


class Recording(LocalWorkers):
    """One worker that records what it does."""

    def __init__(self) -> None:
        super().__init__(1)
        self.rounds: list[Round] = []
        self.since = time.process_time()

    def map(
        self, work: Callable[[Task, StopFlag], Result], tasks: Sequence[Task], on_result: Callable[[Task, Result], None]
    ) -> None:
        """Run the tasks, one after the other."""
        kinds = {task.kind for task in tasks if isinstance(task, Subproblem)}
        of_sample = bool(self.rounds) and len(tasks) == SAMPLE and kinds in ({LAGRANGIAN}, {RELAXED})
        current = Round(time.process_time() - self.since, of_sample)
        self.rounds.append(current)

        def recorded(task: Task, stop: StopFlag) -> Result:
            before, own = _seconds_of_children(), time.thread_time()
            result = work(task, stop)
            seconds = _seconds_of_children() - before + time.thread_time() - own
            of_all = isinstance(task, Subproblem) and task.number < 0
            current.tasks.append(Solved(seconds, len(pickle.dumps((task, result))), of_all))
            return result

        try:
            super().map(recorded, tasks, on_result)
        finally:
            self.since = time.process_time()


def _seconds_of_children() -> float:
    times = [child.cpu_times() for child in psutil.Process().children()]
    return float(sum(one.user + one.system for one in times))


def makespan(rounds: Sequence[Round], workers: int, chance: np.random.Generator | None) -> float:
    """Return the seconds of all rounds on a cluster.

    Parameters
    ----------
    rounds : sequence of Round
        What is done.
    workers : int
        Number of workers.
    chance : Generator or None
        Draws their speeds and latencies; without it there are none of both, and no cost of handing out: an ideal.
    """
    speeds, latencies, dispatch = np.ones(workers), np.zeros(workers), 0.0
    if chance is not None:
        speeds = np.exp(chance.normal(0, _SPEED, workers))
        latencies = _LATENCY[0] * np.exp(chance.normal(0, _LATENCY[1], workers))
        dispatch = _DISPATCH
    now: float = 0.0
    for one in rounds:
        now += one.before
        free: list[tuple[float, int]] = [(now, worker) for worker in range(workers)]
        sent = ended = now
        for seconds, size, _ in one.tasks:
            sent += dispatch + (size / _BANDWIDTH if chance is not None else 0.0)
            since, worker = heapq.heappop(free)
            done = max(since, sent + float(latencies[worker])) + seconds / float(speeds[worker])
            heapq.heappush(free, (done, worker))
            ended = max(ended, done + float(latencies[worker]))
        now = ended
    return now


def larger(rounds: Sequence[Round], factor: int, chance: np.random.Generator) -> list[Round]:
    """Return rounds of a program with so many times as many scenarios."""
    if factor == 1:
        return list(rounds)
    found = []
    for one in rounds:
        if one.is_sample:
            found.append(replace(one, before=one.before * factor))
            continue
        single = [Solved(task.seconds * factor, task.size * factor, True) for task in one.tasks if task.of_all]
        rest = [task for task in one.tasks if not task.of_all]
        drawn = [rest[int(place)] for place in chance.integers(0, len(rest), factor * len(rest))] if rest else []
        found.append(Round(one.before * factor, tasks=[*single, *drawn]))
    return found


def record(size: str, count: int, seed: int, options: Options) -> tuple[list[Round], float, int]:
    """Search a random instance with one worker; rounds, gap and number of rounds of the decomposition."""
    instance = with_scenarios(random_instance(seed, size), count, seed)
    tree = make_tree(scenarios(instance), instance.head.months)
    programs = scenario_programs(tree)
    program = StochasticProgram(tuple(programs.arrays), tree.probabilities, programs.sharing.ids)
    workers = Recording()
    found = solve_stochastic(program, RiskMeasure(), options, workers, method=DECOMPOSITION)
    workers.close()
    return workers.rounds, (found.objective - found.bound) / abs(found.objective), found.rounds


def _numbers(_context: object, _option: object, text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


@click.command()
@click.option("--size", default="S")
@click.option("--scenarios", "count", default=20)
@click.option("--seed", default=1)
@click.option("--gap", default=0.01)
@click.option("--seconds", default=600.0)
@click.option("--more", default="1,5,25", callback=_numbers)
@click.option("--workers", default="1,2,4,16,64,256", callback=_numbers)
def main(size: str, count: int, seed: int, gap: float, seconds: float, more: list[int], workers: list[int]) -> None:
    """Print speed-up and efficiency by number of workers."""
    rounds, proven, number = record(size, count, seed, Options(gap=gap, time_limit=seconds, threads=1))
    lengths = [task.seconds for one in rounds for task in one.tasks]
    of_all = sum(task.seconds for one in rounds for task in one.tasks if task.of_all)
    between = sum(one.before for one in rounds)
    print(f"{size}, seed {seed}, {count} scenarios: gap {proven:.2%} after {number} rounds, {len(lengths)} subproblems")
    print(f"processor seconds: {sum(lengths):.1f} in subproblems, of them {of_all:.1f} in those of all scenarios,")
    print(f"the longest {max(lengths):.2f}, {between:.2f} between rounds")
    print("scenarios  workers    seconds   speed-up  efficiency   ideal efficiency")
    for factor in more:
        of_many = larger(rounds, factor, np.random.default_rng(seed))
        alone = makespan(of_many, 1, None)
        for at in workers:
            drawn = mean(makespan(of_many, at, np.random.default_rng(drawing)) for drawing in range(_REPEATS))
            ideal = alone / makespan(of_many, at, None) / at
            gain, many = alone / drawn, factor * count
            print(f"{many:9}{at:9}{drawn:11.2f}{gain:11.2f}{gain / at:12.0%}{ideal:19.0%}", flush=True)


if __name__ == "__main__":
    main()

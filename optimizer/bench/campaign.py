"""Campaigns: random instances, each drawn, solved, audited, and cross-checked by other solvers."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field
from typing import Any

from optimizer.bench.cross_check import Answer, cross_check_solvers
from optimizer.bench.runs import Limits
from optimizer.errors import CapoptError, NoFeasiblePlan, StoppedWithoutPlan
from optimizer.format import grouped

_TOLERANCE = 1e-6  # of all money that moves; below it, two answers are the same
_ERROR_LENGTH = 1000  # characters of an error that are kept


@dataclass
class Trial:
    """Result of one random instance.

    Attributes
    ----------
    seed : int
        Seed of the instance.
    answers : dict
        Answer of each solver, in the instance's money; the plan first.
    problems : list of str
        Problems found; empty if there are none.
    """

    seed: int
    months: int = 0
    size: dict[str, int] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    @property
    def status(self) -> str:
        """Status of the plan; ``failed`` where there is no answer."""
        return self.answers["plan"].status if "plan" in self.answers else "failed"


def run_campaign(seeds: range, size: str, limits: Limits) -> Iterator[Trial]:
    """Try random instances one after the other, in a separate process.

    A failure of a trial, even the end of its process, is a problem of that trial only.

    Parameters
    ----------
    seeds : range
        Their seeds.
    size : str
        Their size.
    limits : Limits
        Options of the solves.
    """
    left = list(seeds)
    while left:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            while left:
                seed = left.pop(0)
                future = pool.submit(try_one, seed, size, limits)
                error = future.exception()
                if error is None:
                    yield future.result()
                    continue
                yield Trial(seed, problems=[f"{type(error).__name__}: {error}"[:_ERROR_LENGTH]])
                if isinstance(error, BrokenProcessPool):
                    break


def try_one(seed: int, size: str, limits: Limits) -> Trial:
    """Draw an instance, solve and audit it, solve it again with other solvers, and compare the answers."""
    trial, began = Trial(seed), time.perf_counter()
    try:
        scale = _solve(trial, size, limits)
    except CapoptError as error:
        trial.problems.append(f"{type(error).__name__}: {error}"[:_ERROR_LENGTH])
    else:
        trial.problems += disagreements(trial.answers, limits.gap, scale)
    trial.seconds = round(time.perf_counter() - began, 4)
    return trial


def _solve(trial: Trial, size: str, limits: Limits) -> float:
    """Add the answer of every solver; return the turnover of the plan."""
    from optimizer.generator import random_instance
    from optimizer.program.build import build
    from optimizer.program.compile import compile_program
    from optimizer.solving.solve import solve

    instance = random_instance(trial.seed, size)
    trial.months = instance.head.months
    trial.rows = {name: len(rows) for name, rows in instance.rows.items() if rows}
    program = build(instance)
    arrays = compile_program(program)
    trial.size = arrays.size
    scale = 0.0
    try:
        plan = solve(program, **asdict(limits))
        trial.answers["plan"] = Answer(plan.status, plan.objective, plan.bound)
        scale = float(plan.cash["present_value"].abs().sum())
    except NoFeasiblePlan:
        trial.answers["plan"] = Answer("infeasible")
    except StoppedWithoutPlan:
        trial.answers["plan"] = Answer("none")
    for name, solver in cross_check_solvers().items():
        trial.answers[name] = solver(arrays, limits.gap, limits.time_limit).times(program.units.money)
    return scale


def disagreements(answers: dict[str, Answer], gap: float, scale: float) -> list[str]:
    """Return a sentence for every pair of contradicting answers.

    Parameters
    ----------
    answers : dict
        By name.
    gap : float
        Target relative gap.
    scale : float
        Turnover of the plan: rounding errors are small relative to it.
    """
    names = list(answers)
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
    return [text for a, b in pairs if (text := _clash(a, answers[a], b, answers[b], gap, scale))]


def _clash(a: str, one: Answer, b: str, other: Answer, gap: float, scale: float) -> str:
    if "infeasible" in (one.status, other.status):
        solved = one.objective is not None or other.objective is not None
        return f"{a}: {one.status}; {b}: {other.status}" if solved else ""
    if one.objective is None or other.objective is None:
        return ""
    slack = _TOLERANCE * max(scale, abs(one.objective), abs(other.objective))
    if one.bound is not None and one.bound > other.objective + slack:
        return (
            f"the bound of {a}, {grouped(one.bound, 2)}, is above the objective of {b}, {grouped(other.objective, 2)}"
        )
    if other.bound is not None and other.bound > one.objective + slack:
        return (
            f"the bound of {b}, {grouped(other.bound, 2)}, is above the objective of {a}, {grouped(one.objective, 2)}"
        )
    allowed = slack + gap * max(abs(one.objective), abs(other.objective))
    if one.status == other.status == "optimal" and abs(one.objective - other.objective) > allowed:
        return f"the optimum of {a} is {grouped(one.objective, 2)}, that of {b} is {grouped(other.objective, 2)}"
    return ""


def counts(trials: Sequence[Trial]) -> dict[str, Any]:
    """Count the trials by status, and the answers by solver."""
    statuses = ("optimal", "feasible", "infeasible", "none", "failed")
    ways = [name for trial in trials for name in trial.answers]
    tables = [name for trial in trials for name in trial.rows]
    return {
        "instances": len(trials),
        "failures": sum(bool(trial.problems) for trial in trials),
        "status": {status: sum(trial.status == status for trial in trials) for status in statuses},
        "answers": {name: ways.count(name) for name in dict.fromkeys(ways)},
        "uses": {name: tables.count(name) for name in dict.fromkeys(tables)},
        "columns": max((trial.size.get("columns", 0) for trial in trials), default=0),
        "seconds": round(sum(trial.seconds for trial in trials), 1),
    }

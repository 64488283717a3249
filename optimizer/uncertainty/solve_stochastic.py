"""Solve a stochastic program: by its extensive form if that is small, by decomposition otherwise."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from optimizer.interruption import interruptible
from optimizer.program.arrays import Floats
from optimizer.solver import concurrent_mip
from optimizer.solver.solution import Options, Report, Stop
from optimizer.uncertainty.alone import Alone, nothing_alone, solve_alone
from optimizer.uncertainty.bundles import groups_of
from optimizer.uncertainty.decomposition import Decomposition, SearchEnded, merged
from optimizer.uncertainty.extensive_form import extensive_form
from optimizer.uncertainty.incumbent import Incumbent, StochasticSolution
from optimizer.uncertainty.relaxations import SMALL, Relaxations
from optimizer.uncertainty.stochastic_program import (
    RiskMeasure,
    StochasticProgram,
    with_risk,
    with_risk_values,
)
from optimizer.uncertainty.subproblems import solve_subproblem
from optimizer.workers.workers import Workers

EXTENSIVE, DECOMPOSITION = "extensive", "decomposition"
_FEW_INTEGERS = 3000
"""Integer columns of all scenarios up to which their extensive form is solved itself (docs/performance.md)."""


def solve_stochastic(
    program: StochasticProgram,
    risk: RiskMeasure,
    options: Options,
    workers: Workers,
    report: Report | None = None,
    *,
    method: str | None = None,
    bundle_size: int = 1,
    start: Sequence[Floats] | None = None,
    known_bound: float = -np.inf,
) -> StochasticSolution:
    """Solve a stochastic program.

    Ctrl-C and the time limit end the search with the best plan so far. The result depends on the seed, but not on the
    number of workers, unless the time limit ends the search.

    Parameters
    ----------
    program : StochasticProgram
        Scenarios and the decisions that they share.
    risk : RiskMeasure
        What is minimised; of ``regret`` without ``best`` the proven bounds of the scenarios alone are used.
    options : Options
        Gap, time limit and seed.
    workers : Workers
        They solve the subproblems.
    report : callable, optional
        Called with incumbent, bound, rounds and the incumbent's values, scenario after scenario, when one changes.
    method : {"extensive", "decomposition"}, optional
        By default the extensive form if it has few integer columns.
    bundle_size : int
        Scenarios in a bundle at the start of the decomposition.
    start : sequence of ndarray, optional
        Values of each scenario's columns, the same for shared decisions; ignored if they are infeasible.
    known_bound : float
        Objective that no plan can be below.

    Raises
    ------
    BoundContradicted
        If the plan costs less than what is proven.
    """
    incumbent, alone = Incumbent(program, risk, options, report), nothing_alone(program)
    with interruptible():
        try:
            incumbent.prove(known_bound)
            if start is not None:
                incumbent.take(list(start))
            if not risk.is_neutral:
                alone = solve_alone(incumbent, workers)
            stop = _search(incumbent, alone, workers, method or choose_method(program), bundle_size)
            if stop is Stop.INFEASIBLE and risk.is_neutral:
                alone = solve_alone(incumbent, workers)
        except KeyboardInterrupt:
            stop = Stop.INTERRUPTED
    return StochasticSolution(
        stop,
        incumbent.values,
        incumbent.objective,
        incumbent.checked_bound(),
        alone.costs,
        alone.bounds,
        incumbent.rounds,
        alone.infeasible,
    )


def choose_method(program: StochasticProgram) -> str:
    """Return the method for a program: its extensive form if that has few integer columns."""
    integers = sum(int(arrays.integer.sum()) for arrays in program.scenarios)
    return EXTENSIVE if integers <= _FEW_INTEGERS else DECOMPOSITION


def _search(incumbent: Incumbent, alone: Alone, workers: Workers, method: str, bundle_size: int) -> Stop:
    """Search until the gap or a limit is reached, with larger and larger bundles."""
    if alone.infeasible is not None:
        return Stop.INFEASIBLE
    if incumbent.risk.measure == "regret" and not incumbent.risk.best:
        incumbent.risk = replace(incumbent.risk, best=tuple(alone.bounds.tolist()))
    if np.isfinite(alone.bounds).all():
        incumbent.prove(incumbent.risk.value(alone.bounds, incumbent.program.probabilities))
    groups = groups_of(incumbent.program, bundle_size)
    if method == EXTENSIVE or len(groups) == 1:
        return _solve_extensive(incumbent)
    multipliers = _relaxed_multipliers(incumbent, workers) if incumbent.risk.is_neutral else None
    while len(groups) > 1:
        decomposition = Decomposition(incumbent, groups, alone, multipliers, workers)
        try:
            stop = decomposition.run()
        except SearchEnded as end:
            stop = end.stop
        if stop is not None:
            return stop
        groups, multipliers = merged(groups), decomposition.by_scenario
    return _solve_extensive(incumbent)


def _relaxed_multipliers(incumbent: Incumbent, workers: Workers) -> Floats | None:
    relaxations = Relaxations(incumbent.program, SMALL, incumbent.until)
    workers.map(solve_subproblem, relaxations.tasks, relaxations.note)
    return relaxations.multipliers


def _solve_extensive(incumbent: Incumbent) -> Stop:
    """Solve the extensive form in the time that is left, from the incumbent."""
    form = extensive_form(with_risk(incumbent.program, incumbent.risk))
    options = replace(incumbent.options, time_limit=max(incumbent.until - time.time(), 0.0))
    start = None
    if incumbent.values is not None:
        start = form.values_of(with_risk_values(incumbent.program, incumbent.risk, incumbent.values))
    note = partial(incumbent.note, form.values_by_scenario)
    found = concurrent_mip.solve(form.arrays, options, note, start=start, known_bound=incumbent.bound)
    incumbent.prove(found.bound)
    if found.values is not None:
        incumbent.take(form.values_by_scenario(found.values))
    return incumbent.stop or found.stop

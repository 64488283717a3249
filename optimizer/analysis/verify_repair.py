"""Verification of a repair by a plan of the repaired instance, without edits that are not needed."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from optimizer.errors import AdditionError, InstanceError, NoFeasiblePlan, SolverError, StoppedWithoutPlan
from optimizer.instance.edit import Edit, apply_edits
from optimizer.instance.instance import Instance
from optimizer.plan.plan import Plan
from optimizer.program.added import Added
from optimizer.program.arrays import Arrays, Floats
from optimizer.program.build import Program, build
from optimizer.program.compile import compile_program
from optimizer.solver.elastic import Cell, make_elastic
from optimizer.solver.feasibility import has_solution
from optimizer.solver.feasibility_relaxation import Repair, cheapest_repair
from optimizer.solver.highs import solve_with_integers_fixed
from optimizer.solver.solution import Options
from optimizer.solving.clock import OnProgress
from optimizer.solving.solve import solve_from

_ROUNDS = 3
_FITS = 1e-6  # maximum relative violation of a row


@dataclass(frozen=True)
class VerifiedRepair:
    """A repair with the plan that verifies it.

    Attributes
    ----------
    edits : dict
        Edit of each cell that the repair changes.
    plan : Plan or None
        Plan of the repaired instance; None if none was found in time.
    least : bool
        Whether it is proven that smaller changes are not sufficient.
    """

    edits: dict[Cell, Edit]
    plan: Plan | None
    least: bool


def verify_repair(program: Program, repair: Repair, options: Options, progress: OnProgress | None) -> VerifiedRepair:
    """Verify a repair by a plan, and extend the repair if its edits have further effects.

    An edit can affect more than the elastic rows: fewer blocks of an outlet reduce the revenue in a net budget. Then
    the repaired instance is repaired in turn.
    """
    edits, values, least = dict(repair.edits), repair.values, repair.least
    added = program.added
    until = time.perf_counter() + options.time_limit
    for _ in range(_ROUNDS):
        options = replace(options, time_limit=max(until - time.perf_counter(), 0.0))
        edits = _needed(program.instance, added, edits, options)
        repaired = build(apply_edits(program.instance, list(edits.values())), added)
        left = replace(options, time_limit=max(until - time.perf_counter(), 0.0))
        try:
            return VerifiedRepair(edits, _plan(repaired, values, left, progress), least)
        except NoFeasiblePlan:
            if time.perf_counter() > until:
                break
            more = cheapest_repair(make_elastic(repaired, compile_program(repaired, relax=options.relax)), options)
            if not isinstance(more, Repair) or not more.edits:
                break
            edits, values, least = {**edits, **more.edits}, more.values, least and more.least
    return VerifiedRepair(edits, None, False)


def _plan(program: Program, values: Floats | None, options: Options, progress: OnProgress | None) -> Plan | None:
    start = None if values is None else _at_best(compile_program(program, relax=options.relax), values, options)
    try:
        return solve_from(program, options, progress, start)
    except StoppedWithoutPlan:
        return None


def _at_best(arrays: Arrays, values: Floats, options: Options) -> Floats | None:
    """Return the solution of the repair search with its integers fixed and the rest optimised; None if infeasible."""
    if len(values) != len(arrays.cost):
        return None
    try:
        found = solve_with_integers_fixed(arrays, np.where(arrays.integer, np.round(values), values), options).values
    except SolverError:
        return None
    return found if found is not None and arrays.worst_violation(found) <= _FITS else None


def _needed(instance: Instance, added: Added, edits: dict[Cell, Edit], options: Options) -> dict[Cell, Edit]:
    """Remove edits that the others make unnecessary."""
    until, kept = time.perf_counter() + options.time_limit / 2, dict(edits)
    for cell in list(edits):
        others = {other: edit for other, edit in kept.items() if other != cell}
        left = until - time.perf_counter()
        if others and left > 0 and _possible(instance, added, others, replace(options, time_limit=left)):
            kept = others
    return kept


def _possible(instance: Instance, added: Added, edits: dict[Cell, Edit], options: Options) -> bool:
    """Whether a plan is found with these edits only."""
    try:
        program = build(apply_edits(instance, list(edits.values())), added)
    except (AdditionError, InstanceError):
        return False
    return has_solution(compile_program(program, relax=options.relax), options.time_limit) is True

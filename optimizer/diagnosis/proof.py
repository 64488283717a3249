"""A repair proven: a plan of the repaired instance, with nothing given up that is not needed."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from optimizer.clock import Clock, Tell
from optimizer.errors import AuditFailed, InstanceError, NoFeasiblePlan, StoppedWithoutPlan
from optimizer.instance.edit import Edit, apply_edits
from optimizer.instance.instance import Instance
from optimizer.plan.plan import Plan
from optimizer.planning import finish, solve
from optimizer.program.build import Program, build
from optimizer.program.compile import Floats, compile_program
from optimizer.solver.loosened import Cell, loosen
from optimizer.solver.repair import Repair, cheapest_repair
from optimizer.solver.solution import Held, Options, Solution, Stop
from optimizer.solver.verdict import has_solution

_ROUNDS = 3
_FITS = 1e-6  # violation of a row, relative


@dataclass(frozen=True)
class Proof:
    """A repair and the plan that proves it.

    Attributes
    ----------
    edits : dict
        Edit of each cell given up.
    plan : Plan or None
        None where none was found in time.
    least : bool
        Whether it is proven that less is not enough.
    """

    edits: dict[Cell, Edit]
    plan: Plan | None
    least: bool


def proven(program: Program, repair: Repair, options: Options, progress: Tell | None) -> Proof:
    """The plan that proves a repair; where edits reach further than their rows, what has to be given up besides.

    An edit can take away more than the loosened rows said: fewer blocks of an outlet are less revenue in a budget
    that counts it. Then the repaired instance is repaired in turn.
    """
    edits, values, least = dict(repair.edits), repair.values, repair.least
    for _ in range(_ROUNDS):
        edits, fewer = _needed(program.instance, edits, options)
        repaired = apply_edits(program.instance, list(edits.values()))
        try:
            return Proof(edits, _plan(repaired, None if fewer else values, options, progress), least)
        except NoFeasiblePlan:
            again = build(repaired)
            more = cheapest_repair(loosen(again, compile_program(again, relax=options.relax)), options)
            if not isinstance(more, Repair) or not more.edits:
                break
            edits, values, least = {**edits, **more.edits}, more.values, least and more.least
    return Proof(edits, None, False)


def _plan(repaired: Instance, values: Floats | None, options: Options, progress: Tell | None) -> Plan | None:
    try:
        return solve(
            repaired,
            gap=options.gap,
            time_limit=options.time_limit,
            threads=options.threads,
            seed=options.seed,
            relax=options.relax,
            solver=options.solver,
            progress=progress,
        )
    except StoppedWithoutPlan:
        return None if values is None else _as_it_is(repaired, values, options)


def _as_it_is(repaired: Instance, values: Floats, options: Options) -> Plan | None:
    """The plan that the search for the repair found on its way: dear perhaps, but a proof."""
    program = build(repaired)
    arrays = compile_program(program, relax=options.relax)
    if len(values) != len(arrays.cost) or arrays.worst_violation(values) > _FITS:
        return None
    held = Solution(stop=Stop.TIME_LIMIT, held=Held.FEASIBLE, values=values)
    try:
        return finish(program, arrays, held, options, Clock(None))
    except AuditFailed:
        return None


def _needed(instance: Instance, edits: dict[Cell, Edit], options: Options) -> tuple[dict[Cell, Edit], bool]:
    """Edits without those that can be left out while the others stay; whether any were."""
    until, kept = time.perf_counter() + options.time_limit / 2, dict(edits)
    for cell in list(edits):
        others = {other: edit for other, edit in kept.items() if other != cell}
        left = until - time.perf_counter()
        if others and left > 0 and _possible(instance, others, replace(options, time_limit=left)):
            kept = others
    return kept, len(kept) < len(edits)


def _possible(instance: Instance, edits: dict[Cell, Edit], options: Options) -> bool:
    """Whether a plan is found with some edits alone."""
    try:
        program = build(apply_edits(instance, list(edits.values())))
    except InstanceError:
        return False
    return has_solution(compile_program(program, relax=options.relax), options.time_limit) is True

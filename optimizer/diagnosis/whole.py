"""Finds out why an instance has no plan and what is the least to give up, and proves it by a plan."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from optimizer.clock import Tell
from optimizer.diagnosis.given_up import given_up
from optimizer.diagnosis.prechecks import prechecks
from optimizer.diagnosis.proof import Proof, proven
from optimizer.diagnosis.reasons import reasons_of
from optimizer.diagnosis.result import Diagnosis
from optimizer.diagnosis.still import still_clashing
from optimizer.instance.edit import apply_edits
from optimizer.instance.instance import Instance
from optimizer.program.build import Program, build
from optimizer.program.compile import compile_program
from optimizer.solver.conflicts import find_conflicts
from optimizer.solver.loosened import loosen
from optimizer.solver.repair import Repair, cheapest_repair
from optimizer.solver.solution import Options

_SECONDS = 60.0
_LONGER = 5.0  # seconds for what clashes only with the rest of the repair made


def diagnose(
    instance: Instance | Program,
    *,
    tell: Callable[[str], None] | None = None,
    progress: Tell | None = None,
    **options: Any,
) -> Diagnosis:
    """Say why an instance has no plan, and what is the least to give up.

    Parameters
    ----------
    instance : Instance or Program
        What has no plan.
    tell : callable, optional
        Called with a line on what is under way.
    progress : callable, optional
        Called with how the search for the repaired plan goes on, as for :func:`optimizer.solve`.
    **options
        ``gap``, ``time_limit`` (of each of its three searches: for what to give up, for conflicts, for the plan that
        proves the repair), ``threads``, ``seed``, ``relax`` and ``solver`` (of that plan) as for
        :func:`optimizer.solve`.

    Returns
    -------
    Diagnosis
        With every conflict that was found in time, and a repair that a plan proves.
    """
    settings = Options(**{"time_limit": _SECONDS, "gap": 1e-3, **options})
    say = tell or (lambda _: None)
    say("what would have to be given up")
    program = instance if isinstance(instance, Program) else build(instance)
    loosened = loosen(program, compile_program(program, relax=settings.relax))
    repair = cheapest_repair(loosened, settings)
    if isinstance(repair, Repair) and not repair.edits:
        return Diagnosis(feasible=True)
    say("a plan with the least given up")
    proof = proven(program, repair, settings, progress) if isinstance(repair, Repair) else Proof({}, None, False)
    say("what clashes")
    until = time.perf_counter() + settings.time_limit
    enough = list(proof.edits) if proof.plan is not None else []
    found = find_conflicts(loosened, enough, settings.time_limit, say)
    reasons = reasons_of(program, loosened, found.found)
    named = {cell for one in found.found for cell in one.cells}
    more, all_named = still_clashing(program.instance, proof.edits, named, settings, until + _LONGER)
    reasons += more
    edits = list(proof.edits.values())
    changes = given_up(program.instance, apply_edits(program.instance, edits), edits) if edits else ()
    plan = proof.plan
    if plan is not None:
        marks = {
            "elastic": [str(edit) for edit in edits],
            "given_up": [one.to_dict() for one in changes],
            "conflicts": [reason.text for reason in reasons],
        }
        plan = replace(plan, head={**plan.head, **marks})
    return Diagnosis(
        feasible=False,
        reasons=reasons,
        repair=tuple(edits),
        plan=plan,
        given_up=changes,
        complete=found.complete and all_named,
        least=proof.least,
        stopped=repair is not None and not isinstance(repair, Repair),
        remarks=prechecks(program),
    )

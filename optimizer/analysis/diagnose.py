"""Diagnosis of an infeasible instance: all conflicts, and the cheapest repairs, each verified by a plan."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Unpack

from optimizer.analysis.diagnosis import Diagnosis, ProvenRepair, Reason
from optimizer.analysis.prechecks import prechecks
from optimizer.analysis.reasons import reasons_of
from optimizer.analysis.repair_text import describe_repair
from optimizer.analysis.repairs import Repairer
from optimizer.analysis.residual_conflicts import residual_conflicts
from optimizer.analysis.verify_repair import VerifiedRepair, verify_repair
from optimizer.errors import StoppedWithoutPlan
from optimizer.instance.edit import apply_edits
from optimizer.instance.instance import Instance
from optimizer.instance.scenarios import is_uncertain, scenarios
from optimizer.interruption import Cancel, cancelled_by, ends_all_searches
from optimizer.program.build import Program, build
from optimizer.program.compile import compile_program
from optimizer.solver.elastic import ElasticProgram, make_elastic
from optimizer.solver.feasibility import has_solution
from optimizer.solver.feasibility_relaxation import Repair, cheapest_repair
from optimizer.solver.hitting_sets import Conflicts, find_conflicts
from optimizer.solver.solution import Options, SolveOptions, Stop
from optimizer.solving.clock import OnProgress
from optimizer.uncertainty.extensive_form import extensive_form
from optimizer.uncertainty.infeasible import in_scenarios, infeasible_scenarios, shared_conflict
from optimizer.uncertainty.programs import ScenarioPrograms, scenario_programs
from optimizer.uncertainty.stochastic_program import StochasticProgram
from optimizer.uncertainty.tree import make_tree

_SECONDS = 120.0
# Shares of the time that is left; one search for plans follows another.
_REPAIR, _CONFLICTS, _PLANS = 1 / 3, 1 / 2, 1 / 2
_LONGER = 5.0  # seconds for conflicts that remain after the other edits of the repair


def diagnose(
    instance: Instance | Program,
    *,
    on_step: Callable[[str], None] | None = None,
    progress: OnProgress | None = None,
    cancel: Cancel | None = None,
    **options: Unpack[SolveOptions],
) -> Diagnosis:
    """Find the conflicts of an instance without a plan, and repairs that make it feasible.

    Parameters
    ----------
    instance : Instance or Program
        The infeasible instance; one with scenarios is diagnosed in each scenario that has no plan of its own, or
        in what scenarios decide together.
    on_step : callable, optional
        Called with a line on the current step.
    progress : callable, optional
        Called with the progress of the search for the repaired plan, as for :func:`optimizer.solve`.
    cancel : threading.Event or callable, optional
        Ends the work as Ctrl-C does, without a diagnosis; as for :func:`optimizer.solve`.
    **options
        ``gap``, ``time_limit`` (of all its searches together: for a sufficient repair, for conflicts, for the plan
        of the first repair, for those of the others; each may use a share of what is left), ``threads``, ``seed``,
        ``relax`` and ``solver`` (of these plans) as for :func:`optimizer.solve`.

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C is pressed, also during a search.
    StoppedWithoutPlan
        If ``cancel`` ends it, or the time is too short to say whether there is a plan.

    Returns
    -------
    Diagnosis
        All conflicts found in time, and repairs verified by plans, the cheapest first.
    """
    with cancelled_by(cancel), ends_all_searches():
        if isinstance(instance, Instance) and is_uncertain(instance):
            return _diagnosed_scenarios(instance, on_step or (lambda _: None), progress, options)
        return _diagnosed(instance, on_step or (lambda _: None), progress, options)


def _diagnosed(
    instance: Instance | Program, say: Callable[[str], None], progress: OnProgress | None, options: SolveOptions
) -> Diagnosis:
    settings = replace(Options(time_limit=_SECONDS), **options)
    until = time.perf_counter() + settings.time_limit
    say("what would have to be given up")
    program = instance if isinstance(instance, Program) else build(instance)
    loosened = make_elastic(program, compile_program(program, relax=settings.relax))
    repair = cheapest_repair(loosened, _within(settings, until, _REPAIR))
    if isinstance(repair, Repair) and not repair.edits:
        return Diagnosis(feasible=True)
    say("what clashes")
    sufficient = list(repair.edits) if isinstance(repair, Repair) else []
    found = find_conflicts(loosened, sufficient, _within(settings, until, _CONFLICTS).time_limit, say)
    reasons = reasons_of(program, loosened, found.found)
    say("plans with as little given up as can be")
    best, others, least = _repaired(program, loosened, repair, found, settings, until, progress)
    named = {cell[:2] for one in found.found for cell in one.cells}
    more, all_named = _remaining(program, best, named, settings, until)
    reasons += more
    edits, plan = list(best.edits.values()), best.plan
    changes = describe_repair(program.instance, apply_edits(program.instance, edits), edits) if edits else ()
    if plan is not None:
        marks = {
            "elastic": [str(edit) for edit in edits],
            "given_up": [one.to_dict() for one in changes],
            "conflicts": [reason.text for reason in reasons],
            "other_repairs": [one.to_dict() for one in others],
        }
        plan = replace(plan, head={**plan.head, **marks})
    return Diagnosis(
        feasible=False,
        reasons=reasons,
        repair=tuple(edits),
        plan=plan,
        given_up=changes,
        complete=found.complete and all_named,
        least=least,
        stopped=repair is not None and not isinstance(repair, Repair) and not edits,
        remarks=prechecks(program),
        others=tuple(others),
    )


def _diagnosed_scenarios(
    instance: Instance, say: Callable[[str], None], progress: OnProgress | None, options: SolveOptions
) -> Diagnosis:
    """Diagnose each scenario without a plan of its own; if there is none, what they decide together."""
    settings = replace(Options(time_limit=_SECONDS), **options)
    until = time.perf_counter() + settings.time_limit
    say("which scenarios have no plan")
    programs = scenario_programs(make_tree(scenarios(instance), instance.head.months), settings.relax)
    places, known = infeasible_scenarios(programs, settings.time_limit / 3)
    if not places:
        return _shared(programs, known, until - time.perf_counter())
    found: dict[tuple[str, ...], tuple[list[str], Diagnosis]] = {}
    for at, place in enumerate(places):
        name = programs.tree.scenarios[place].name
        say(f"scenario {name}")
        own: SolveOptions = {**options, "time_limit": _within(settings, until, 1 / (len(places) - at)).time_limit}
        one = _diagnosed(programs.programs[place], say, progress, own)
        found.setdefault(tuple(reason.text for reason in one.reasons), ([], one))[0].append(name)
    by_scenario = {in_scenarios(names): one for names, one in found.values()}
    reasons = (
        replace(one, text=f"In {name}: {one.text}") for name, each in by_scenario.items() for one in each.reasons
    )
    complete = known and all(one.complete for one in by_scenario.values())
    return Diagnosis(feasible=False, reasons=tuple(reasons), complete=complete, by_scenario=by_scenario)


def _shared(programs: ScenarioPrograms, known: bool, seconds: float) -> Diagnosis:
    """Diagnose what scenarios decide together, where none is known to have no plan of its own."""
    program = StochasticProgram(tuple(programs.arrays), programs.tree.probabilities, programs.sharing.ids)
    feasible = has_solution(extensive_form(program).arrays, seconds / 2) if known else None
    if feasible:
        return Diagnosis(feasible=True)
    found = shared_conflict(programs, seconds / 2) if feasible is False else None
    if found is None:
        raise StoppedWithoutPlan("the time was too short to say whether there is a plan, or why not; give it more time")
    reason = Reason("; ".join(found.parts), found.parts, (), irreducible=found.irreducible)
    return Diagnosis(feasible=False, reasons=(reason,), complete=False, is_shared=True)


def _repaired(
    program: Program,
    loosened: ElasticProgram,
    repair: Repair | Stop | None,
    found: Conflicts,
    settings: Options,
    until: float,
    progress: OnProgress | None,
) -> tuple[VerifiedRepair, list[ProvenRepair], bool]:
    """Return the best repair with its plan, others of similar cost, and whether no other inputs are cheaper."""
    repairs = Repairer(program, loosened, _within(settings, until, _PLANS), progress).repairs(found.sufficient)
    if repairs.found:
        best, *others = repairs.found
        edits = {(edit.table, edit.item, edit.column): edit for edit in best.edits}
        return VerifiedRepair(edits, best.plan, True), others, repairs.least and found.complete
    # An edit can affect more than its rows: then the repaired instance is repaired in turn.
    proof = (
        verify_repair(program, repair, _within(settings, until), progress)
        if isinstance(repair, Repair)
        else VerifiedRepair({}, None, False)
    )
    return proof, [], False


def _remaining(
    program: Program, best: VerifiedRepair, named: set[tuple[str, str]], settings: Options, until: float
) -> tuple[tuple[Reason, ...], bool]:
    """Find conflicts for the cells of a repair that no conflict names so far."""
    cells = [cell for cell in best.edits if cell[:2] in named]
    return residual_conflicts(program, best.edits, cells, settings, min(time.perf_counter() + _LONGER, until))


def _within(settings: Options, until: float, share: float = 1.0) -> Options:
    """Return options with a share of the time until a moment of ``time.perf_counter()`` as their limit."""
    return replace(settings, time_limit=share * max(until - time.perf_counter(), 0.0))

"""Why there is no plan under uncertainty: scenarios without a plan of their own, or decisions that scenarios share.

Where each scenario has a plan of its own, the conflict is an irreducible infeasible subsystem of all scenarios side by
side, in which each shared decision is a row that says so.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optimizer.errors import NoFeasiblePlan
from optimizer.format import counted
from optimizer.program.arrays import Arrays
from optimizer.program.labels import few, label_of, month_span, occupied_labels, sentences, without_definitions
from optimizer.solver import engines
from optimizer.solver.feasibility import has_solution
from optimizer.solver.iis import find_iis
from optimizer.solver.solution import Options, Stop
from optimizer.solving.no_plan import no_plan
from optimizer.uncertainty.extensive_form import ExtensiveForm, extensive_form
from optimizer.uncertainty.programs import ScenarioPrograms, decisions_of
from optimizer.uncertainty.stochastic_program import OWN, StochasticProgram
from optimizer.uncertainty.tree import Decision

_SECONDS = 60.0  # for the conflicts that an error names
_DECIDED = {
    "ordered": "orders of {} in {{month}}",
    "built": "orders of {} until {{month}}",
    "bought": "orders of {} in {{month}}",
    "started": "signatures of {} in {{month}}",
    "signed": "signatures of {} in {{month}}",
    "ended": "hand-backs of {} with notice in {{month}}",
    "committed": "starts of {} in {{month}}",
    "placed": "starts of {} in {} at size {:g} in {{month}}",
}


@dataclass(frozen=True)
class SharedConflict:
    """Rules of scenarios that conflict because the scenarios share decisions.

    Attributes
    ----------
    parts : tuple of str
        Rules, each with its scenario, then the shared decisions.
    irreducible : bool
        Whether it is proven that the others can be met if any one of them is removed.
    """

    parts: tuple[str, ...]
    irreducible: bool


def infeasible_scenarios(programs: ScenarioPrograms, seconds: float) -> tuple[list[int], bool]:
    """Return the places of scenarios that are proven to have no plan of their own, and whether the others have one."""
    until, found, known = time.perf_counter() + seconds, [], True
    for place, arrays in enumerate(programs.alone):
        left = (until - time.perf_counter()) / (len(programs.alone) - place)
        verdict = has_solution(arrays, left) if left > 0 else None
        known = known and verdict is not None
        if verdict is False:
            found.append(place)
    return found, known


def no_plan_of_scenarios(programs: ScenarioPrograms, options: Options) -> NoFeasiblePlan:
    """Return the error that names the scenarios without a plan, or the shared decisions, each with what conflicts."""
    until = time.perf_counter() + min(options.time_limit, _SECONDS)
    places, known = infeasible_scenarios(programs, (until - time.perf_counter()) / 2)
    if places:
        conflicts = [_alone(programs, place, options, until, len(places) - at) for at, place in enumerate(places)]
        names = [programs.tree.scenarios[place].name for place in places]
        return NoFeasiblePlan((), all(one.irreducible for one in conflicts), _merged(names, conflicts))
    shared = shared_conflict(programs, until - time.perf_counter()) if known else None
    if shared is None:
        text = "decisions that scenarios share until they can be distinguished, and the rules of each scenario"
        return NoFeasiblePlan([text], irreducible=False)
    return NoFeasiblePlan(shared.parts, shared.irreducible)


def _alone(programs: ScenarioPrograms, place: int, options: Options, until: float, shares: int) -> NoFeasiblePlan:
    """Return the error of a scenario alone, with one share of the time that is left."""
    arrays, left = programs.alone[place], max(until - time.perf_counter(), 0.0) / shares
    found = engines.solve(arrays, replace(options, gap=1.0, time_limit=left / 2))
    error = no_plan(programs.programs[place], arrays, replace(found, stop=Stop.INFEASIBLE), left / 2)
    return error if isinstance(error, NoFeasiblePlan) else NoFeasiblePlan((), irreducible=False)


def _merged(names: Sequence[str], errors: Sequence[NoFeasiblePlan]) -> dict[str, tuple[str, ...]]:
    """Return conflicts by the scenarios that have them, in words."""
    found: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for name, error in zip(names, errors, strict=True):
        found[error.conflict].append(name)
    return {in_scenarios(members): conflict for conflict, members in found.items()}


def in_scenarios(names: Sequence[str]) -> str:
    """Return the names of scenarios in words."""
    return f"scenario{'s' * (len(names) > 1)} {few(names)}"


# ---------------------------------------------------------------- shared decisions
@dataclass(frozen=True)
class _Shared:
    """A row that says that a scenario takes a decision together with others.

    Attributes
    ----------
    place : int
        The scenario.
    decision : Decision
        The decision.
    node : int
        Node of the decision.
    without : tuple of int
        Scenarios of the node that do not allow it, so that none takes it.
    """

    place: int
    decision: Decision
    node: int
    without: tuple[int, ...] = ()


def shared_conflict(programs: ScenarioPrograms, seconds: float) -> SharedConflict | None:
    """Return rules and shared decisions that conflict, where each scenario has a plan of its own.

    Returns
    -------
    SharedConflict or None
        None if none is found in time.
    """
    own = tuple(np.full(len(one.cost), OWN, dtype=np.int64) for one in programs.alone)
    form = extensive_form(StochasticProgram(tuple(programs.alone), programs.tree.probabilities, own))
    arrays, shared = _with_shared_rows(programs, form)
    found = find_iis(arrays, seconds) if seconds > 0 else None
    if found is None:
        return None
    first, parts = form.first_rows, list[str]()
    for place, scenario in enumerate(programs.tree.scenarios):
        inside = set(form.columns[place].tolist())
        components = [arrays.rows[row] for row in found.rows if first[place] <= row < first[place + 1]]
        components += [arrays.columns[column] for column in found.columns if column in inside]
        parts += [f"scenario {scenario.name}: {text}" for text in _sentences(programs, place, components)]
    parts += _decided(programs, [shared[row - first[-1]] for row in found.rows if row >= first[-1]])
    return SharedConflict(tuple(parts), found.irreducible)


def _with_shared_rows(programs: ScenarioPrograms, form: ExtensiveForm) -> tuple[Arrays, list[_Shared]]:
    """Return scenarios side by side with a row for each scenario's part in a decision, and what these rows are."""
    closed, count, places, ids = list(_closed(programs)), len(form.arrays.cost), form.columns, programs.sharing.ids
    used = [(place, column) for place, own in enumerate(ids) for column in np.flatnonzero(own != OWN).tolist()]
    numbers = np.array([ids[place][column] for place, column in used], dtype=np.int64)
    shared = [
        _Shared(place, *programs.sharing.decisions[number])
        for (place, _), number in zip(used, numbers.tolist(), strict=True)
    ]
    more = len(programs.sharing.decisions)
    wider = form.arrays.with_columns([None] * more, ([], [], []), np.zeros(more), np.full(more, np.inf))
    rows, at = np.arange(len(used) + len(closed)), [*used, *((one.place, column) for one, column in closed)]
    terms = (
        np.append(rows, rows[: len(used)]),
        np.array([*(places[place][column] for place, column in at), *(count + numbers)], dtype=np.int64),
        np.append(np.ones(len(rows)), -np.ones(len(used))),
    )
    every = [*shared, *(one for one, _ in closed)]
    return wider.with_rows([("", None)] * len(rows), terms, np.zeros(len(rows)), np.zeros(len(rows))), every


def _closed(programs: ScenarioPrograms) -> Iterator[tuple[_Shared, int]]:
    """Yield the columns of decisions that another scenario of the node does not allow."""
    tree, decisions = programs.tree, [decisions_of(program) for program in programs.programs]
    allowed = [set(one.values()) for one in decisions]
    for place, closed in enumerate(programs.sharing.closed):
        for column in np.flatnonzero(closed).tolist():
            decision = decisions[place][column]
            node = int(tree.node_of[place, decision.month])
            without = tuple(other for other in tree.nodes[node].members if decision not in allowed[other])
            yield _Shared(place, decision, node, without), column


def _sentences(programs: ScenarioPrograms, place: int, components: Sequence[Any]) -> list[str]:
    program = programs.programs[place]
    if not components:
        return []
    labels = without_definitions(label_of(program, one) for one in components)
    return sentences(program, [*occupied_labels(program, labels), *labels])


def _decided(programs: ScenarioPrograms, rows: Sequence[_Shared]) -> list[str]:
    """Return shared decisions in words, each with its scenarios, those of several months together."""
    takers: dict[tuple[Decision, int, tuple[int, ...]], list[int]] = defaultdict(list)
    for one in rows:
        takers[one.decision, one.node, one.without].append(one.place)
    months: dict[tuple[str, int, tuple[int, ...], tuple[int, ...]], list[int]] = defaultdict(list)
    for (decision, node, without), places in takers.items():
        what = _DECIDED[decision.family].format(*decision.item)
        months[what, node, without, tuple(places)].append(decision.month)
    return [_sentence(programs, *key, found) for key, found in months.items()]


def _sentence(
    programs: ScenarioPrograms,
    what: str,
    node: int,
    without: Sequence[int],
    places: Sequence[int],
    months: Sequence[int],
) -> str:
    tree = programs.tree
    members = [tree.scenarios[place].name for place in tree.nodes[node].members]
    text = what.replace("{month}", month_span(programs.programs[0], months))
    together = f"{counted(len(members), 'scenario')} that cannot be distinguished then ({few(members)})"
    if not without:
        return f"{text} are the same in the {together}"
    names = in_scenarios([tree.scenarios[place].name for place in places])
    others = in_scenarios([tree.scenarios[place].name for place in without])
    return f"{text} are not possible in {names}, as {others} does not allow them: the {together} decide together"

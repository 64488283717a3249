"""Conflicts and repairs of random infeasible instances against SCIP: ``python -m benchmarks.conflicts``.

Each conflict is tried by the oracle of the tests, a second statement of the program solved by SCIP: with every input
but its own given up there must be no plan, and with any one of its own given up too there must be one. Each repair is
made, and its plan's cost compared with what SCIP says of the repaired instance.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import click
import pandas as pd

import optimizer
from benchmarks.infeasible import instance as drawn
from optimizer.analysis.diagnose import diagnose
from optimizer.analysis.diagnosis import Diagnosis
from optimizer.errors import InstanceError
from optimizer.generator.frames import random_instance
from optimizer.instance.edit import Edit, apply_edits, parse_edit
from optimizer.instance.read import raw_table
from optimizer.program.compile import compile_program
from optimizer.solver.elastic import make_elastic
from optimizer.solver.feasibility import has_solution
from tests.oracle import ask

_SECONDS = 20.0  # of one question to SCIP
_TOLERANCE = 1e-5  # relative, of costs
_TIGHTER = (
    "workloads.*.min_service=1",
    "training_runs.*.required=true",
    "budgets.*.amount*=0.3",
    "policies.*.from=",
    "rules.*.penalty=",
)
_DROPPED = {("budgets", "amount"), ("policies", "limit")}  # cells whose row goes if they are given up
_MONTHS = {"from": 1, "to": -1, "deadline": 1, "latest": 1}  # columns of months, and which way less is demanded
_GIVEN_UP = {
    "min_service": "=0",
    "required": "=false",
    "renews": "=",
    "committed_blocks": "=0",
    "mw": "+=1e6",
    "rhs": "",
}


def instance(seed: int) -> optimizer.Instance:
    """A small instance that often has no plan: of large blocks for even seeds, of all tables for odd ones."""
    if seed % 2 == 0:
        return drawn(seed)
    found = random_instance(seed, "tiny")
    for edit in _TIGHTER:
        if edit.split(".")[0] in found.rows and found.rows[edit.split(".")[0]]:
            found = apply_edits(found, [parse_edit(edit)])
    return found


def inputs_of(found: optimizer.Instance) -> list[str]:
    """What can be given up in an instance, as table, item and column."""
    program = optimizer.build(found)
    return sorted({".".join(one.cell) for one in make_elastic(program, compile_program(program)).relaxations})


def without(found: optimizer.Instance, inputs: Iterable[str]) -> optimizer.Instance:
    """An instance with some inputs given up as far as they go."""
    frames = frames_of(found)
    for name in inputs:
        table, item, column = name.split(".")
        key = frames[table].columns[0]
        if (table, column) in _DROPPED or column == "rhs":
            frames[table] = frames[table][frames[table][key] != item]
        if table == "rules":
            frames["rule_terms"] = frames["rule_terms"][frames["rule_terms"]["rule"] != item]
    kept = optimizer.read({name: table for name, table in frames.items() if name == "instance" or len(table)})
    edits = [f"{name}{_GIVEN_UP[name.split('.')[2]]}" for name in inputs if name.split(".")[2] in _GIVEN_UP]
    return apply_edits(kept, [parse_edit(edit) for edit in edits if not edit.endswith("rhs")])


def frames_of(found: optimizer.Instance) -> dict[str, Any]:
    """Frames of an instance, for the oracle."""
    raw = {name: raw_table(found, name) for name, rows in found.rows.items() if rows}
    tables = {
        name: pd.DataFrame([cells for _, cells in table.rows], columns=list(table.header), dtype=object).map(_cell)
        for name, table in raw.items()
    }
    return {"instance": {key: value for key, value in vars(found.head).items() if value not in (None, "")}, **tables}


def _cell(value: Any) -> Any:
    return "" if value is None or value != value else value


@dataclass
class Outcome:
    """What was seen of one instance.

    Attributes
    ----------
    seed : int
        Its seed.
    seconds : float
        Time of the diagnosis.
    conflicts, unproven, repairs : int
        Conflicts, those of them that are marked as not proven irreducible, and repairs.
    faults : list of str
        What is not as it is claimed.
    """

    seed: int
    seconds: float
    conflicts: int = 0
    unproven: int = 0
    repairs: int = 0
    faults: list[str] = field(default_factory=list)


def outcome(seed: int, limit: float) -> Outcome | None:
    """Diagnose the instance of a seed and check all that is claimed; None where it has a plan or is invalid."""
    try:
        found = instance(seed)
    except InstanceError:
        return None
    if has_solution(compile_program(optimizer.build(found)), limit) is not False:
        return None
    began = time.perf_counter()
    diagnosis = diagnose(found, gap=1e-6, time_limit=limit, threads=1)
    result = Outcome(seed, time.perf_counter() - began, len(diagnosis.reasons))
    result.unproven = sum(not reason.irreducible for reason in diagnosis.reasons)
    result.faults += _conflict_faults(found, diagnosis)
    result.repairs = len(diagnosis.others) + bool(diagnosis.repair)
    result.faults += _repair_faults(found, diagnosis)
    return result


def feasible(found: optimizer.Instance) -> bool | None:
    """Whether SCIP finds a plan; None where it does not know in time."""
    answer = ask(frames_of(found), seconds=_SECONDS)
    if answer.status == "infeasible":
        return False
    return True if answer.objective < float("inf") else None


def _conflict_faults(found: optimizer.Instance, diagnosis: Diagnosis) -> Iterator[str]:
    every = inputs_of(found)
    for reason in diagnosis.reasons:
        if reason.text.startswith("With the rest of the repair made") or not reason.irreducible:
            continue
        others = [name for name in every if name not in reason.inputs]
        if feasible(without(found, others)):
            yield f"no conflict: {reason.inputs}"
        for name in reason.inputs:
            if feasible(without(found, [*others, name])) is False:
                yield f"reducible: {reason.inputs}, {name} is not needed"


def _repair_faults(found: optimizer.Instance, diagnosis: Diagnosis) -> Iterator[str]:
    plans: list[tuple[Collection[Any], Any]] = [(one.edits, one.plan) for one in diagnosis.others]
    if diagnosis.plan is not None:
        plans.append((diagnosis.repair, diagnosis.plan))
    for edits, plan in plans:
        yield from _spare_faults(found, list(edits))
        answer = ask(frames_of(apply_edits(found, edits)), seconds=_SECONDS)
        names = [str(edit) for edit in edits]
        if answer.status == "infeasible":
            yield f"no plan with {names}"
        elif plan.objective < answer.bound - _TOLERANCE * max(1.0, abs(answer.bound)):
            yield f"too cheap: {plan.objective} with {names}, SCIP proves {answer.bound}"
        elif plan.bound is not None and answer.objective < plan.bound - _TOLERANCE * max(1.0, abs(plan.bound)):
            yield f"bound too high: {plan.bound} with {names}, SCIP finds {answer.objective}"


def _spare_faults(found: optimizer.Instance, edits: list[Edit]) -> Iterator[str]:
    """Edits of a repair that are not needed, and months that are moved further than is needed."""
    for edit in edits:
        others = [other for other in edits if other is not edit]
        if feasible(apply_edits(found, others)):
            yield f"{edit} can be spared in {[*map(str, edits)]}"
        if edit.column in _MONTHS:
            nearer = found.label(found.month_index(edit.value) - _MONTHS[edit.column])
            if feasible(apply_edits(found, [*others, replace(edit, value=nearer)])):
                yield f"{edit} is moved too far in {[*map(str, edits)]}"


@click.command()
@click.option("--count", default=60, show_default=True, help="Infeasible instances.")
@click.option("--start", default=0, show_default=True, help="First seed.")
@click.option("--time-limit", default=30.0, show_default=True, help="Seconds of a diagnosis.")
def main(count: int, start: int, time_limit: float) -> None:
    """Diagnose random infeasible instances and check every conflict and repair by SCIP."""
    figures: Counter[str] = Counter()
    seed, slowest = start, 0.0
    while figures["instances"] < count:
        one = outcome(seed, time_limit)
        seed += 1
        if one is None:
            continue
        figures.update(instances=1, conflicts=one.conflicts, unproven=one.unproven, repairs=one.repairs)
        figures.update(faults=len(one.faults), without_repair=not one.repairs)
        slowest = max(slowest, one.seconds)
        for fault in one.faults:
            click.echo(f"seed {one.seed}: {fault}")
    names = ("instances", "conflicts", "unproven", "repairs", "without_repair", "faults")
    click.echo(", ".join(f"{name.replace('_', ' ')} {figures[name]}" for name in names) + f", slowest {slowest:.1f} s")
    raise SystemExit(bool(figures["faults"]))


if __name__ == "__main__":
    main()

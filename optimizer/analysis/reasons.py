"""Conflicts as sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from optimizer.analysis.conflict_months import ConflictMonths, Spread
from optimizer.analysis.diagnosis import Reason
from optimizer.program.build import Program
from optimizer.program.labels import (
    Label,
    agreed_label,
    label_of,
    merge_labels,
    month_span,
    needs,
    occupied_labels,
    sentences,
    without_definitions,
)
from optimizer.solver.cell_conflicts import CellConflict
from optimizer.solver.elastic import ElasticProgram

_LISTED = 4  # maximum number of members of each side in a sentence
_SET = ("budget_limit", "own_rule", "share_limit", "signature_least", "run_once", "commitment_once", "started")
_RANKS = {**dict.fromkeys(_SET, 0), "outlet_cover": 2}  # what planners set comes first, what follows from it last


def reasons_of(program: Program, loosened: ElasticProgram, found: Iterable[CellConflict]) -> tuple[Reason, ...]:
    """Describe conflicts in sentences; conflicts with the same sentence are reported once."""
    months = ConflictMonths(program, loosened)
    reasons: dict[str, Reason] = {}
    for one in found:
        agreed = [agreed_label(program, name) for name in one.agreed]
        reason = _reason(program, months.spread(one), one.conflict.irreducible, agreed)
        reason = replace(reason, inputs=tuple(".".join(cell) for cell in sorted(one.cells)))
        reasons.setdefault(reason.text, reason)
    return tuple(reasons.values())


def _reason(program: Program, spread: Spread, irreducible: bool, agreed: list[Label]) -> Reason:
    first = [*(label_of(program, one) for one in spread.components[0]), *agreed]
    others = [label_of(program, one) for components in spread.components[1:] for one in components]
    shown, same = ([*occupied_labels(program, each), *each] for each in (_shown(first), _shown(others)))
    alike = {(one.says, one.figure, one.sources) for one in shown}
    constant = all((one.says, one.figure, one.sources) in alike for one in same)
    if constant:
        shown = sorted([*shown, *same], key=lambda one: _RANKS.get(one.family, 1))
    wanted, limits = (sentences(program, merge_labels(x for x in shown if needs(x) is side)) for side in (True, False))
    text = f"{_clash(wanted, limits)}{_missing(program, shown)}."
    if spread.months and not constant:
        text += f" Likewise in {month_span(program, spread.months[1:])}, with other figures."
    text += _doubts(program, spread, irreducible)
    sources = tuple(dict.fromkeys(source for one in [*first, *others] for source in one.sources))
    names = tuple(program.instance.label(t) for t in spread.months)
    doubtful = tuple(program.instance.label(t) for t in spread.unproven)
    return Reason(text, (*wanted, *limits), sources, names, irreducible, doubtful)


def _doubts(program: Program, spread: Spread, irreducible: bool) -> str:
    """Describe which months are not proven irreducible; ``""`` if all are."""
    if not irreducible:
        return " (Not proven irreducible in the time: it may name more than it needs.)"
    if spread.unproven:
        return f" (Not proven irreducible in the time for {month_span(program, spread.unproven)}.)"
    return ""


def _shown(labels: list[Label]) -> list[Label]:
    """Select the labels to show, inputs of planners first; a required run is shown by its requirements only."""
    found = sorted(without_definitions(labels), key=lambda one: _RANKS.get(one.family, 1))
    runs = {one.sources for one in found if one.family == "run_once"}
    return [one for one in found if one.family != "not_run" or one.sources not in runs]


def _clash(wanted: list[str], limits: list[str]) -> str:
    if wanted and limits:
        return f"{_listed(wanted)}; against it: {_listed(limits)}"
    if len(wanted or limits) == 1:
        return f"{(wanted or limits)[0]} cannot hold: what is given or agreed already breaks it"
    return f"{_listed(wanted or limits)} cannot all hold"


def _missing(program: Program, labels: list[Label]) -> str:
    """Describe contracts that could serve the work of a conflict but start too late."""
    found = dict.fromkeys(text for one in labels for text in _later(program, one))
    return f". Too late for it: {_listed(list(found))}" if found else ""


def _later(program: Program, one: Label) -> Iterator[str]:
    """Yield contracts on which a workload could run, but only after the month of the conflict."""
    if one.family != "unserved" or one.month is None:
        return
    index = program.index
    for workload, pool in index.yields:
        agreement = index.agreements.get(pool)
        if workload != one.names[0] or agreement is None or not agreement.months:
            continue
        start = agreement.months.start
        if start > one.month:
            place = next(i for i, row in enumerate(program.instance.rows["contracts"]) if row.contract == pool)
            where = program.instance.place("contracts", place)
            yield f"{pool} delivers from {program.instance.label(start)} ({where})"


def _listed(parts: list[str]) -> str:
    """Join the first parts, with the number of the others."""
    rest = len(parts) - _LISTED
    if rest > 0:
        return f"{'; '.join(parts[:_LISTED])} and {rest} more"
    return " and ".join(["; ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]

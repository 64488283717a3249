"""What-ifs of plans under uncertainty: the base data edited, and all scenarios planned again."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Unpack

import pandas as pd

from optimizer.errors import NoFeasiblePlan, StoppedWithoutPlan
from optimizer.instance.edit import Edit, apply_edits, parse_edit
from optimizer.instance.instance import Instance
from optimizer.interruption import is_cancelled
from optimizer.plan.plan import Plan
from optimizer.solver.solution import SolveOptions, Stop
from optimizer.solving.clock import OnProgress
from optimizer.uncertainty.solve import solve

_COLUMNS = ("value", "objective", "bound", "gap", "note")


def what_if(
    instance: Instance, edits: Iterable[Edit], progress: OnProgress | None = None, **options: Unpack[SolveOptions]
) -> Plan:
    """Return the plan of an instance with scenarios or risks whose base data are edited.

    Parameters
    ----------
    instance : Instance
        With scenarios or risks, whose changes are made after the edits. Their tables can be edited, too.
    edits : iterable of Edit
        Edits.
    progress : callable, optional
        As for :func:`optimizer.solve`.
    **options
        As for :func:`optimizer.solve`.

    Raises
    ------
    EditError, InstanceError
        If an edit is impossible, or the edited instance or one of its scenarios is invalid.
    NoFeasiblePlan, StoppedWithoutPlan, AuditFailed
        As for :func:`optimizer.solve`.
    """
    return solve(apply_edits(instance, list(edits)), progress=progress, **options)


def sweep(
    instance: Instance,
    cell: str,
    values: Sequence[float],
    others: Sequence[Edit],
    seconds: tuple[float, float],
    **options: Unpack[SolveOptions],
) -> pd.DataFrame:
    """Return the objective over a range of values of one cell: columns value, objective, bound, gap, change, note.

    Ctrl-C and ``cancel`` end it with the values until then.

    Parameters
    ----------
    instance : Instance
        With scenarios or risks.
    cell : str
        ``table.item.column``.
    values : sequence of float
        Values, in the order of the table.
    others : sequence of Edit
        Further edits.
    seconds : tuple of float
        Time for all values, of which each search has an equal share of what is left, and for a search at most.
    **options
        As for :func:`optimizer.solve`.

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C came before any value was examined.
    """
    table = pd.DataFrame(_rows(instance, cell, values, others, seconds, options), columns=list(_COLUMNS))
    if table.empty and len(values):
        raise KeyboardInterrupt
    table.insert(4, "change", table["objective"].diff())
    return table


def _rows(
    instance: Instance,
    cell: str,
    values: Sequence[float],
    others: Sequence[Edit],
    seconds: tuple[float, float],
    options: SolveOptions,
) -> Iterator[tuple[float, float, float | None, float | None, str]]:
    until, most = time.perf_counter() + seconds[0], seconds[1]
    for place, value in enumerate(values):
        if is_cancelled():
            return
        share = max(until - time.perf_counter(), 0.0) / (len(values) - place)
        limited: SolveOptions = {**options, "time_limit": min(share, most)}
        try:
            plan = what_if(instance, [*others, parse_edit(f"{cell}={value!r}")], **limited)
        except NoFeasiblePlan as error:
            yield value, math.nan, None, None, error.note
        except StoppedWithoutPlan as error:
            if error.interrupted:
                return
            yield value, math.nan, None, None, error.note
        else:
            yield value, plan.objective, plan.bound, plan.gap, ""
            if plan.head["stopped"] == Stop.INTERRUPTED.value:
                return

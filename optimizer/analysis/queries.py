"""What-ifs and sweeps of any plan, of one future or under uncertainty, each as one call."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Unpack

import pandas as pd

from optimizer.analysis.budget import DEFAULT, Budget
from optimizer.analysis.interruptible_queries import InterruptibleWhatIf
from optimizer.errors import FixingError
from optimizer.instance.edit import Edit, parse_delay, parse_edit
from optimizer.interruption import Cancel, cancelled_by
from optimizer.plan.by_scenario import is_uncertain
from optimizer.plan.plan import Plan
from optimizer.program.fixings import Fixing
from optimizer.solver.solution import SolveOptions
from optimizer.solving.clock import OnProgress
from optimizer.solving.whatif import WhatIf, parse_fixings
from optimizer.uncertainty import whatif as uncertain


def what_if(
    plan: Plan,
    edits: Iterable[str] = (),
    *,
    delay: Iterable[str] = (),
    force: Iterable[str] = (),
    forbid: Iterable[str] = (),
    end: Iterable[str] = (),
    progress: OnProgress | None = None,
    cancel: Cancel | None = None,
    **options: Unpack[SolveOptions],
) -> Plan:
    """Solve the instance of a plan again with edits, or with decisions forced, forbidden or ended.

    Of a plan under uncertainty the base data are edited, their scenarios made again and all planned together.

    Parameters
    ----------
    plan : Plan
        The plan at hand.
    edits, delay, force, forbid, end : iterable of str
        As for :class:`optimizer.WhatIf`.
    progress, cancel
        As for :func:`optimizer.solve`.
    **options
        As for :func:`optimizer.solve`; ``gap`` by default that of the plan's own search.

    Raises
    ------
    EditError, FixingError
        If an edit or a decision is impossible, or a plan under uncertainty has fixed decisions.
    InstanceError, NoFeasiblePlan, StoppedWithoutPlan, AuditFailed
        As for :func:`optimizer.solve`.
    """
    chosen, fixed = _read(plan, edits, delay, force=force, forbid=forbid, end=end)
    options.setdefault("gap", _gap_of(plan))
    with cancelled_by(cancel):
        if is_uncertain(plan):
            return uncertain.what_if(plan.instance, chosen, progress, **options)
        return WhatIf(plan, **options).ask(chosen, fixed, progress)


def sweep(
    plan: Plan,
    cell: str,
    values: Sequence[float],
    edits: Iterable[str] = (),
    *,
    delay: Iterable[str] = (),
    fixings: Mapping[str, Iterable[str]] | None = None,
    budget: float | Budget | None = DEFAULT,
    on_step: Callable[[str], None] | None = None,
    progress: OnProgress | None = None,
    cancel: Cancel | None = None,
    **options: Unpack[SolveOptions],
) -> pd.DataFrame:
    """Return the costs over a range of values of one cell: columns value, objective, bound, gap, change, note.

    Ctrl-C, ``cancel`` and the budget end it with the rows until then; the note of the others says so.

    Parameters
    ----------
    plan, edits, delay, progress, cancel
        As for :func:`what_if`.
    cell : str
        ``table.item.column``, such as ``contracts.bridge.price``.
    values : sequence of float
        Values, in the order of the table.
    fixings : mapping of str to iterable of str, optional
        Decisions by ``force``, ``forbid`` and ``end``, as for :func:`what_if`.
    budget : float, Budget or None
        Seconds in all; None for as many as it takes, with ``time_limit`` for each value.
    on_step : callable, optional
        Called with a line on each value.
    **options
        ``gap`` (by default that of the plan's own search), ``time_limit`` of one search (by default what the budget
        leaves, 10 s without one), ``threads`` and ``seed``.

    Raises
    ------
    EditError, FixingError
        As :func:`what_if` does.
    KeyboardInterrupt, StoppedWithoutPlan
        If Ctrl-C, or ``cancel``, came before any value was examined.
    """
    chosen, fixed = _read(plan, edits, delay, **(fixings or {}))
    limit = options.pop("time_limit", None)
    given = budget if isinstance(budget, Budget) else Budget(budget, limit)
    options.setdefault("gap", _gap_of(plan))
    with cancelled_by(cancel):
        if is_uncertain(plan):
            return uncertain.sweep(plan.instance, cell, values, chosen, (given.seconds, given.limit), **options)
        ask = InterruptibleWhatIf(plan, **options)
        ask.budget, ask.on_step = given, on_step
        table = ask.sweep(cell, values, chosen, fixed, progress)
        if ask.stopped and table["objective"].isna().all():
            raise KeyboardInterrupt
        return table


def _read(
    plan: Plan, edits: Iterable[str], delay: Iterable[str], **fixings: Iterable[str]
) -> tuple[list[Edit], list[Fixing]]:
    """Return edits and fixings of texts; a plan under uncertainty has no fixings."""
    fixed = parse_fixings(**fixings)
    if fixed and is_uncertain(plan):
        raise FixingError(
            f"{fixed[0]}: plans under uncertainty have no fixed decisions in this version; edit the offer instead, "
            "such as contracts.NAME.max_blocks=0 or contracts.NAME.latest=2027-03"
        )
    return [*map(parse_edit, edits), *map(parse_delay, delay)], fixed


def _gap_of(plan: Plan) -> float:
    """Return the target gap of a plan's own search."""
    return float(plan.head.get("options", {}).get("gap", 1e-3))

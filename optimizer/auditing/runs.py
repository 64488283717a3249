"""Rules on training runs: where, at what size, how long and when, and what they occupy."""

from __future__ import annotations

import numpy as np

from optimizer.auditing.holdings import Holdings
from optimizer.auditing.placements import placed_before
from optimizer.auditing.verdict import BLOCK, RELATIVE, Findings
from optimizer.format import number


def run_decision(case: Holdings, say: Findings) -> None:
    """Every placed run has a decision `start_run` of the same month, size, end and party, and the other way round.

    The decision can be one from before the plan: then the run is placed in its pool if it occupies months of the plan.
    """
    taken, known = set(), [one.before for one in case.placements]
    for past in placed_before(case.facts):
        if past.start < case.facts.months and past.end >= 0:
            label = case.facts.label(past.start)
            say.that(past.row in known, past.row.item, label, "not in runs as decided before", "a row in runs expected")
    for one in case.placements:
        taken.add(id(one.decision))
        decided = one.decision is not None or one.before is not None
        say.that(decided, one.run, one.month, "placed in runs", "a decision start_run expected")
        if one.decision is not None:
            mw = one.accelerators * case.kw[one.pool] / 1000.0
            say.compare(one.decision.mw, "=", mw, "MW decided on", one.run, one.month, floor=case.mw_floor)
    for row in case.decisions:
        if row.verb == "start_run":
            say.that(id(row) in taken, row.item, row.month, "start_run", "a row in runs like it expected")


def run_place(case: Holdings, say: Findings) -> None:
    """A run is placed where it may run: own or contracted, a kind that does it, its regions, nothing excluded."""
    for one in case.placements:
        rate = case.facts.yields[case.facts.names["demand"][one.run], one.pool]
        found = f"placed in {case.facts.pools[one.pool].name}"
        say.that(not np.isnan(rate), one.run, one.month, found, "not allowed there")


def run_size(case: Holdings, say: Findings) -> None:
    """A run is placed at one of its sizes."""
    for one in case.placements:
        fits = any(abs(one.size - size) <= RELATIVE * size for size in one.spec.sizes)
        sizes = " or ".join(map(number, one.spec.sizes))
        say.that(fits, one.run, one.month, f"{number(one.size)} accelerators", f"{sizes} expected")


def run_window(case: Holdings, say: Findings) -> None:
    """A run that is placed in the plan lies between its `release` and its `deadline`, and within the plan."""
    for one in (one for one in case.placements if one.before is None):
        first, last = max(one.spec.release, 0), min(one.spec.deadline, case.facts.months - 1)
        found = f"{case.facts.label(one.start)} to {case.facts.label(one.end)}"
        allowed = f"{case.facts.label(first)} to {case.facts.label(last)} allowed"
        say.that(first <= one.start and one.end <= last, one.run, one.month, found, allowed)


def run_once(case: Holdings, say: Findings) -> None:
    """A run is placed at most once, and once if it is required."""
    for name, row in case.facts.tables["training_runs"].items():
        say.compare(case.times_placed(name), "=" if row.required else "<=", 1.0, "times placed", name, "", floor=BLOCK)

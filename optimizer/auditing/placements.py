"""Training runs as a plan places them: the rows of its table ``runs``, each with the decision that starts it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from optimizer.auditing.facts import Facts
from optimizer.auditing.tables import Table
from optimizer.auditing.verdict import RELATIVE


@dataclass(frozen=True)
class Decision:
    """A row of the decisions table, its month counted from the plan's first."""

    t: int
    month: str
    verb: str
    item: str
    party: str
    blocks: float
    accelerators: float
    mw: float
    starts: str
    ends: str
    committed_cost: float


@dataclass(frozen=True)
class Placement:
    """A row of the table ``runs``."""

    run: str
    month: str  # first month as reported
    spec: Any  # its row in the instance
    pool: int  # place of its pool
    start: int  # first month
    end: int  # last month as its work, size and pool demand
    share: float  # 1; in a relaxed plan the part of the run that is placed so
    accelerators: float  # that it occupies
    ends: str  # as reported, like the next two
    target: str
    late_months: float
    decision: Decision | None  # that starts it
    before: Any  # its row of `decided`, if it was placed before the plan

    @property
    def size(self) -> float:
        """Accelerators of the full run."""
        return self.accelerators / self.share

    @property
    def late(self) -> int:
        """Months that it ends after its target."""
        return 0 if self.spec.target is None else max(0, self.end - self.spec.target)


@dataclass(frozen=True)
class PlacedBefore:
    """A run that was placed before the plan."""

    row: Any  # of `decided`
    pool: int  # place of its pool
    start: int
    end: int
    accelerators: float


def placed_before(facts: Facts) -> list[PlacedBefore]:
    """Runs of the table `decided`."""
    found, places = [], facts.names["pool"]
    for row in facts.rows["decided"]:
        if row.decision == "start_run":
            spec, pool = facts.tables["training_runs"][row.item], places[row.pool]
            size = spec.sizes[0] if row.accelerators is None else row.accelerators
            start = row.month if row.starts is None else row.starts
            end = start + _duration(spec, size, facts.yields[facts.names["demand"][row.item], pool]) - 1
            found.append(PlacedBefore(row, pool, start, end, size))
    return found


def placements(facts: Facts, decisions: list[Decision], table: Table) -> list[Placement]:
    """Rows of the table ``runs``, each matched with a decision of its own where there is one, in the plan or before."""
    free, earlier = [row for row in decisions if row.verb == "start_run"], placed_before(facts)
    columns = [table[column].tolist() for column in ("run", "accelerators", "starts", "ends", "target", "late_months")]
    found = []
    for pool, start, run, count, month, ends, target, late in zip(
        table.codes["pool"].tolist(), table.t.tolist(), *columns, strict=True
    ):
        decision = next((row for row in free if _starts(row, run, start, count, ends, facts.pools[pool].party)), None)
        if decision is not None:
            free.remove(decision)
        before = None if decision is not None else next((o for o in earlier if _is(o, run, pool, start, count)), None)
        if before is not None:
            earlier.remove(before)
        share = decision.blocks if decision is not None and decision.blocks > 0 else 1.0
        spec = facts.tables["training_runs"][run]
        end = start + _duration(spec, count / share, facts.yields[facts.names["demand"][run], pool]) - 1
        past = None if before is None else before.row
        found.append(Placement(run, month, spec, pool, start, end, share, count, ends, target, late, decision, past))
    return found


def _starts(row: Decision, run: str, start: int, accelerators: float, ends: str, party: str) -> bool:
    """Whether a decision is the one that starts a placed run."""
    same = (row.item, row.t, row.ends, row.party) == (run, start, ends, party)
    return same and abs(row.accelerators - accelerators) <= RELATIVE * accelerators


def _is(one: PlacedBefore, run: str, pool: int, start: int, accelerators: float) -> bool:
    """Whether a run placed before the plan is a placed run."""
    same = (one.row.item, one.pool, one.start) == (run, pool, start)
    return same and abs(one.accelerators - accelerators) <= RELATIVE * accelerators


def _duration(spec: Any, size: float, rate: float) -> int:
    """Months that a run takes; 1 where it cannot run, which another rule reports."""
    months = float(spec.work) / (size * rate) if size * rate > 0 else 1.0
    return max(1, math.ceil(months - 1e-9))

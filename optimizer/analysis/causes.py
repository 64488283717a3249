"""What each changed input explains of the difference between two plans."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pandas as pd

from optimizer.errors import EditError, InstanceError, NoFeasiblePlan, StoppedWithoutPlan
from optimizer.format import counted
from optimizer.instance.differences import HEAD, ChangedCell, changed_cells
from optimizer.instance.instance import Instance
from optimizer.instance.mixed import with_changes
from optimizer.interruption import Cancel, cancelled_by, ends_all_searches
from optimizer.plan.compare import Comparison
from optimizer.plan.compare_decisions import decision_changes
from optimizer.plan.compare_items import decision_text
from optimizer.plan.plan import Plan
from optimizer.solver.solution import Options
from optimizer.solving.clock import OnProgress
from optimizer.solving.solve import solve_from

COLUMNS = ("cause", "table", "item", "column", "cells", "part", "at_least", "at_most", "decisions", "moved")
TOGETHER = "together"
_WITHOUT_EFFECT = ("name", "title", "description", "sources")  # settings for people
_LEAST = 1.0  # seconds for a search
_NAMED = 3  # decisions named of each cause


@dataclass(frozen=True)
class _Group:
    """Cells that are changed together."""

    cells: tuple[ChangedCell, ...]

    @property
    def cause(self) -> str:
        """Its name: ``contracts lease price``; several groups one after the other."""
        names = (" ".join(filter(None, (one.table, *_about(one)))) for one in self.cells)
        return ", ".join(dict.fromkeys(names))

    def joined_to(self, other: _Group) -> _Group:
        """Return both groups as one."""
        return _Group((*self.cells, *other.cells))


def _about(cell: ChangedCell) -> tuple[str, str]:
    """Return the item that a cell is about, and its column."""
    return cell.key[0], "" if cell.table == HEAD else cell.column


def causes(
    comparison: Comparison,
    budget: float = 60.0,
    *,
    threads: int | None = None,
    on_step: Callable[[str], None] | None = None,
    progress: OnProgress | None = None,
    cancel: Cancel | None = None,
) -> Comparison:
    """Find what each changed input explains of the difference between two plans.

    The inputs that differ are changed one after the other, in the order of the tables, those of one column of one item
    together; each time the instance is solved again, starting from the plan before. The part of an input is the
    change of the net present cost, so that the parts add up to the difference. Whatever the budget leaves open is one
    part together.

    Parameters
    ----------
    comparison : Comparison
        From :func:`optimizer.compare`.
    budget : float
        Seconds for all searches together.
    threads : int, optional
        Threads of the solver; by default it chooses.
    on_step : callable, optional
        Called with a line for each input.
    progress, cancel
        As for :func:`optimizer.solve`; the inputs that are left when it is cancelled are one part together.

    Returns
    -------
    Comparison
        With ``causes``: ``cause``; ``table``, ``item`` and ``column``, and the number of ``cells``; ``part`` of the
        difference, and the interval that is proven for it, ``at_least`` and ``at_most``; number of ``decisions`` that
        changed with it, and which ``moved``.

    Raises
    ------
    EditError
        If decisions were fixed in one of the plans, or constraints added to its program.
    """
    for plan, name in zip((comparison.a, comparison.b), comparison.names, strict=True):
        if plan.head.get("held") or plan.head.get("added"):
            raise EditError(f"{name} has fixed decisions or added constraints, which no input explains")
    search = _Search(comparison, time.perf_counter() + budget, threads, on_step or (lambda text: None), progress)
    with cancelled_by(cancel):
        rows = pd.DataFrame(search.rows(), columns=list(COLUMNS))
    return replace(comparison, causes=rows)


class _Search:
    """The searches, one after the other."""

    def __init__(
        self,
        comparison: Comparison,
        until: float,
        threads: int | None,
        on_step: Callable[[str], None],
        progress: OnProgress | None,
    ) -> None:
        self.comparison, self.until, self.threads = comparison, until, threads
        self.on_step, self.progress = on_step, progress

    def rows(self) -> list[tuple[object, ...]]:
        """Return the rows of the table."""
        a, b, (base, target) = self.comparison.a, self.comparison.b, self.comparison.instances
        left, done, before, found = _groups(base, target), list[ChangedCell](), a, list[tuple[object, ...]]()
        try:
            with ends_all_searches():
                while len(left) > 1:
                    group = left[0]
                    plan = self._solved(base, target, [*done, *group.cells], before, len(left) - 1, group)
                    if plan is None:
                        if time.perf_counter() >= self.until:
                            break
                        left = [group.joined_to(left[1]), *left[2:]]
                        continue
                    found.append(_row(group, before, plan))
                    done, before, left = [*done, *group.cells], plan, left[1:]
        except KeyboardInterrupt:
            self.on_step("stopped; the other inputs are one part together")
        if left:
            rest = left[0]
            for group in left[1:]:
                rest = rest.joined_to(group)
            found.append(_row(rest, before, b, together=len(left) > 1))
        return found

    def _solved(
        self, base: Instance, target: Instance, cells: list[ChangedCell], before: Plan, searches: int, group: _Group
    ) -> Plan | None:
        """Return the plan with some of the cells changed; None if there is none, or no time for it."""
        seconds = (self.until - time.perf_counter()) / searches
        if seconds <= 0:
            return None
        self.on_step(group.cause)
        head = self.comparison.b.head
        gap = float(head.get("options", {}).get("gap") or 1e-3)
        options = Options(
            gap=gap, time_limit=max(seconds, _LEAST), threads=self.threads, relax=bool(head.get("relaxed"))
        )
        try:
            return solve_from(with_changes(base, target, cells), options, self.progress, before)
        except (InstanceError, NoFeasiblePlan, StoppedWithoutPlan):
            return None


def _groups(base: Instance, target: Instance) -> list[_Group]:
    """Return the cells that differ, those of one column of one item together."""
    found: dict[tuple[str, ...], list[ChangedCell]] = {}
    for cell in changed_cells(base, target):
        if cell.table != HEAD or cell.key[0] not in _WITHOUT_EFFECT:
            found.setdefault((cell.table, *_about(cell)), []).append(cell)
    return [_Group(tuple(cells)) for cells in found.values()]


def _row(group: _Group, before: Plan, after: Plan, together: bool = False) -> tuple[object, ...]:
    """Return the part of a group of cells."""
    moved = decision_changes(before, after)
    moved = moved[moved["decision"] != "expire"]
    first = group.cells[0]
    same = len({(one.table, *_about(one)) for one in group.cells}) == 1
    table, item, column = (first.table, *_about(first)) if same else ("", "", "")
    least = None if after.bound is None else after.bound - before.objective
    most = None if before.bound is None else after.objective - before.bound
    cause = f"{TOGETHER}: {group.cause}" if together else group.cause
    part = after.objective - before.objective
    return cause, table, item, column, len(group.cells), part, least, most, len(moved), _texts(moved)


def _texts(moved: pd.DataFrame) -> str:
    """Name the decisions that changed, those that bind most money first."""
    bound = moved[["committed_cost_a", "committed_cost_b"]].abs().max(axis=1)
    order = bound.sort_values(ascending=False, kind="stable").index
    listed = list(_named(moved.loc[order[:_NAMED]]))
    more = [f"and {counted(len(moved) - _NAMED, 'other')}"] if len(moved) > _NAMED else []
    return "; ".join([*listed, *more])


def _named(moved: pd.DataFrame) -> Iterator[str]:
    for row in moved.to_dict("records"):
        yield f"{row['item']}: {decision_text(row)}"

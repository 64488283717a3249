"""A simulation on a terminal: what plans cost in the draws, how they differ, and the worst draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Group

from optimizer.format import counted, grouped, money, month_text, percent, signed_money
from optimizer.report.document import Grid, Prose, Table
from optimizer.report.sentences import missing
from optimizer.report.terminal import draw, plain
from optimizer.uncertainty.simulation import INFEASIBLE, NO_PLAN

if TYPE_CHECKING:
    from optimizer.uncertainty.simulation import Mean, Simulation

_WORST, _NAMED = 5, 5  # rows of tables
_TABLES = "the table draws"


def simulation_text(found: Simulation, width: int = 100) -> str:
    """Return a simulation as ``capopt simulate`` prints it."""
    return plain(render_simulation(found, width), width)


def render_simulation(found: Simulation, width: int = 100) -> Group:
    """Return a simulation for a console."""
    tables = [_costs(found), _service(found), _differences(found), _worst(found), _without_plan(found)]
    notes = _notes(found)
    blocks: list[Any] = [Prose([_what(found)]), *tables, *([Prose(notes)] if notes else [])]
    return Group(*draw(blocks, width))


def interval(mean: Mean) -> str:
    """Return the 95 % interval of a mean; blank where the draws are not a sample."""
    return "" if missing(mean.low) else f"{money(mean.low)} to {money(mean.high)}"


def _what(found: Simulation) -> str:
    drawn, head = found.drawn, found.instance.head
    if drawn.count is None:
        what = f"all {counted(found.examined, 'scenario')}"
    else:
        different = grouped(len(found.results))
        what = f"{counted(found.examined, 'random draw')} (seed {drawn.seed}, {different} different)"
    until = found.until
    fixed = (
        f"Decisions before {month_text(found.instance.label(until))} are kept, the rest is planned again in each."
        if until < head.months
        else "All decisions are kept, because nothing becomes known within the plan; operation is planned in each."
    )
    return f"{head.name}: {what}. {fixed} Money in {head.currency}, net present cost."


def _costs(found: Simulation) -> Table:
    rows = [
        (
            row["plan"],
            *(_money(row[name]) for name in ("mean", "low", "high", "bound", "p5", "median", "p95", "cvar", "worst")),
        )
        for row in found.plans.to_dict("records")
    ]
    columns = ("Plan", "Mean", "95 % from", "to", "Proven mean", "5 %", "Median", "95 %", "CVaR", "Worst")
    note = f"CVaR: mean beyond {percent(found.instance.head.risk_level)}. Proven mean: no plan of the rest is below it."
    return Table("Cost", Grid(columns, rows, note=note, spare=("5 %", "95 %", "Median", "Proven mean")))


def _service(found: Simulation) -> Table:
    rows = [
        (
            row["plan"],
            *(_percent(row[name]) for name in ("unserved_share", "worst_unserved_share", "infeasible", "none")),
        )
        for row in found.plans.to_dict("records")
    ]
    columns = ("Plan", "Unserved, mean", "Unserved, worst", "Infeasible", "No plan in time")
    return Table("Unserved work, and draws that are not in the costs", Grid(columns, rows))


def _differences(found: Simulation) -> Table:
    rows = [
        (
            row["plan"],
            *("" if missing(row[name]) else signed_money(row[name]) for name in ("mean", "low", "high")),
            *("" if missing(row[name]) else signed_money(row[name]) for name in ("at_least", "at_most")),
            _percent(row["cheaper"]),
            _percent(row["more_expensive"]),
        )
        for row in found.differences.to_dict("records")
    ]
    columns = ("Plan", "Mean", "95 % from", "to", "Proven from", "to ", "Cheaper in", "More expensive in")
    note = "Proven: between which amounts the mean difference in these draws lies, whatever the gaps of the searches."
    return Table(f"Cost less that of {found.names[0]}, in the same draws", Grid(columns, rows, note=note))


def _worst(found: Simulation) -> Table:
    """Return the draws in which a plan costs most."""
    costs = np.array([[one.cost for one in results] for results in found.results])
    highest = np.where(np.isnan(costs), -np.inf, costs).max(axis=1)
    order = [place for place in np.argsort(-highest, kind="stable").tolist() if highest[place] > -np.inf]
    weights = found.drawn.weights(len(found.results)).tolist()
    rows = [
        (found.drawn.futures[place].title, percent(weights[place]), *map(_money, costs[place].tolist()))
        for place in order[:_WORST]
    ]
    grid = Grid(("What comes", "Share", *found.names), rows, source=_TABLES, left=max(len(order) - _WORST, 0))
    return Table("Worst draws", grid)


def _without_plan(found: Simulation) -> Table:
    """Return the draws in which a plan cannot be kept, or nothing was found in time."""
    rows = [
        (name, future.name, future.title, one.why)
        for future, results in zip(found.drawn.futures, found.results, strict=False)
        for name, one in zip(found.names, results, strict=True)
        if one.status in (INFEASIBLE, NO_PLAN)
    ]
    columns = ("Plan", "Draw", "What comes", "Why")
    grid = Grid(columns, rows[:_NAMED], 4, source=_TABLES, left=max(len(rows) - _NAMED, 0))
    return Table("Draws without a cost", grid)


def _notes(found: Simulation) -> list[str]:
    notes = [f"Note: {note}." for note in found.notes]
    if found.stopped:
        of = grouped(len(found.drawn.order))
        notes.append(f"Stopped by Ctrl-C: {grouped(found.examined)} of {of} draws are counted.")
    return notes


def _money(value: float) -> str:
    return "" if missing(value) else money(value)


def _percent(value: float) -> str:
    return "" if missing(value) else percent(value)

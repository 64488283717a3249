"""Training runs as a table, those that are not run included, and as lines on a calendar."""

from __future__ import annotations

from typing import Any

from optimizer.format import count, counted, money, month_cell
from optimizer.report.document import Figure, Grid
from optimizer.report.plan_context import PlanContext
from optimizer.report.steps import months_text
from optimizer.report.terminal import Column

_DATES = 17  # characters of the first and last month of a calendar


def missed_runs(context: PlanContext) -> list[Any]:
    """Return the rows of the training runs that the plan does not run, the most expensive first."""
    placed, cost = set(context.plan.runs["run"]), _penalties(context, "not_run")
    missed = [row for row in context.plan.instance.rows["training_runs"] if row.run not in placed and row.deadline >= 0]
    return sorted(missed, key=lambda row: -cost.get(row.run, 0.0))


def placed_runs(context: PlanContext) -> list[dict[Any, Any]]:
    """Return the training runs that are run, by their first month."""
    return sorted(context.plan.runs.to_dict("records"), key=lambda row: (row["starts"], row["run"]))


def runs_grid(context: PlanContext) -> Grid:
    """Return a row for each training run: where and when it runs, how late, and what that costs."""
    late, lost = _penalties(context, "lateness"), _penalties(context, "not_run")
    rows: list[tuple[str, ...]] = []
    for row in placed_runs(context):
        delay = counted(round(row["late_months"]), "month") if row["late_months"] > 0 else ""
        texts = (row["run"], row["pool"], months_text(row["starts"], row["ends"]), month_cell(row["target"]), delay)
        rows.append((*texts, Figure(row["accelerators"], count), _cost(late, row["run"])))
    for row in missed_runs(context):
        rows.append((row.run, f"not run, work of {count(row.work)}", "", "", "", "", _cost(lost, row.run)))
    columns = ("Run", "Pool", "Runs", "Target", "Late", "Accelerators", f"Penalty, {context.currency}")
    note = "Work in reference-accelerator-months." if len(rows) > len(context.plan.runs) else ""
    return Grid(columns, rows, 5, note, source="the plan's table runs")


def _penalties(context: PlanContext, term: str) -> dict[str, float]:
    cash = context.plan.cash
    sums = cash[cash["term"] == term].groupby("item")["amount"].sum()
    return {str(item): float(amount) for item, amount in sums.items()}


def _cost(penalties: dict[str, float], run: str) -> Figure:
    return Figure(penalties.get(run, 0.0), money, blank_zero=True)


# ---------------------------------------------------------------- on a terminal
def calendar(context: PlanContext, most: int, free: int) -> Column:
    """Return lines over the months of the plan for the first rows of the table, in at most so many characters."""
    step = -(-context.horizon // min(free, context.horizon))  # months in a character
    size = -(-context.horizon // step)
    first, last = context.months[0], context.months[-1]
    name = first + " " * (size - _DATES + 3) + last if size >= _DATES else "Calendar"
    lines = [_line(context, row, size, step) for row in placed_runs(context)]
    return Column(name, [*lines, *[""] * len(missed_runs(context))][:most], left=True)


def _line(context: PlanContext, row: dict[Any, Any], size: int, step: int) -> str:
    """One run: a block for the months in which it runs, a lighter one for those after its target."""
    index = context.plan.instance.month_index
    starts, ends = (index(str(row[key])) for key in ("starts", "ends"))
    target = index(str(row["target"])) if row["target"] else ends
    line = ["·"] * size
    for t in range(ends, starts - 1, -1):
        if 0 <= t // step < size:
            line[t // step] = "█" if t <= target else "▒"
    return "".join(line)

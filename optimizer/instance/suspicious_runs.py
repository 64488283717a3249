"""Warnings on training runs: those that nothing can run, and those whose window or the plan is too short."""

from __future__ import annotations

from optimizer.format import counted
from optimizer.instance.cell_value import month_label
from optimizer.instance.data import Data, Record
from optimizer.instance.pools import Pools, Values
from optimizer.instance.raw import number_text, quoted

_REMEDY = "Widen its regions or exclude, give it another class, or add such capacity (not on demand)."


def places(data: Data) -> None:
    """Every training run has something that can run it."""
    pools = Pools(data)
    for table, record in data.records("training_runs"):
        if reason := pools.cannot_serve(record.values, on_demand=False):
            problem = f"{quoted(record.values['run'])} can never be run: {reason}. {_REMEDY}"
            data.fault(table, record, "run", problem, warn=True)


def windows(data: Data) -> None:
    """Every training run can be run within its window and the plan."""
    pools = Pools(data)
    for table, record in data.records("training_runs"):
        column, problem = _window(data, pools, record)
        if problem:
            data.fault(table, record, column, problem, warn=True)


def sizes(data: Data) -> None:
    """Every training run takes more than a small part of a month."""
    pools = Pools(data)
    for table, record in data.records("training_runs"):
        v, rate = record.values, pools.best_rate(record.values)
        least = v["work"] / (min(v["sizes"]) * rate) if rate else 1.0
        if least < 0.05:
            problem = (
                f"it takes {least:.2g} months on the fewest accelerators. Work is in reference-accelerator-months; "
                f"if this is in thousands, write {number_text(v['work'] * 1000)}; keep it if it is correct."
            )
            data.fault(table, record, "work", problem, warn=True)


def _window(data: Data, pools: Pools, record: Record) -> tuple[str, str]:
    """Column and problem of a window; ``""`` where there is nothing odd about it."""
    v, end = record.values, data.months - 1
    if v["deadline"] < 0:
        problem = "the run is over: its deadline lies before the plan, so it cannot be run and costs nothing."
        return "deadline", f"{problem} Remove the row, or give it a later deadline."
    if v["release"] > end:
        problem = f"the plan ends in {_label(data, end)}, before the run can start. Set months to {v['release'] + 1} or"
        return "release", f"{problem} more, or remove the row. {_what_then(v)}"
    least, first = pools.least_months(v), max(v["release"], 0)
    window = min(v["deadline"], end) - first + 1
    if v["deadline"] > end:
        return _cut(data, v, least, window)
    if least > window:
        span = f"{counted(window, 'month')} {'lies' if window == 1 else 'lie'} between release and deadline"
        problem = f"the run takes {counted(least, 'month')} at least, and {span}."
        return "deadline", f"{problem} Give it a longer window or larger sizes. {_what_then(v)}"
    return "", ""


def _cut(data: Data, v: Values, least: int, window: int) -> tuple[str, str]:
    """What to say where the plan ends before the deadline."""
    end, wanted = _label(data, data.months - 1), v["deadline"] + 1
    problem = f"the plan ends in {end}, before this deadline, and leaves {counted(window, 'month')} of the run's window"
    longer = f"Set months to {wanted} to plan all of it"
    if least > window:
        needed = data.months + least - window
        return (
            "deadline",
            f"{problem}; it takes {counted(least, 'month')} at least. {_what_then(v)} {longer} ({needed} at least).",
        )
    return "deadline", f"{problem}: to be run, it must be done by then. {longer}."


def _what_then(v: Values) -> str:
    """What follows where a run cannot be run."""
    return "Since it is required, the instance is infeasible." if v["required"] else "It counts as not run."


def _label(data: Data, t: int) -> str:
    return month_label(data.head["start"] + t)

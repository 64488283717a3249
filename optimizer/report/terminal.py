"""The summary of a plan on a terminal: what it costs, what to do next, where capacity and money go."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from optimizer.report import steps
from optimizer.report.periods import Periods, capacity_by_period, cash_by_period
from optimizer.report.words import count, money, percent, scale_of

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

NARROW = 80  # below this width, columns that can be missed are left out
_NEXT_MONTHS = 3
_SOON = 20
_LATER = 8
_WORKLOADS = 8
_STOPS = {
    "gap_reached": "the asked gap was reached",
    "time_limit": "the time limit was reached",
    "interrupted": "it was interrupted",
}


def summary(plan: Plan, where: str = "", width: int = 100) -> str:
    """The summary as plain text.

    Parameters
    ----------
    plan : Plan
        What to sum up.
    where : str
        Where it was written; ``""`` leaves that line out.
    width : int
        Characters in a line; from 60.

    Returns
    -------
    str
        Lines of text.
    """
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(render(plan, where, width))
    return captured.get()


def render(plan: Plan, where: str = "", width: int = 100) -> Group:
    """The summary for a rich console; parameters as for :func:`summary`."""
    parts: list[RenderableType] = [*_headline(plan), *_decisions(plan, width)]
    periods = Periods(plan.instance.head.start, plan.instance.head.months)
    parts += [*_capacity(plan, periods, width), *_cash(plan, periods, width), *_unserved(plan), *_warnings(plan)]
    if where:
        parts.append(Text.assemble(("Plan written to ", "bold"), where))
    return Group(*parts)


# ---------------------------------------------------------------- what it costs
def _headline(plan: Plan) -> list[RenderableType]:
    head = plan.instance.head
    title = Text(head.name, style="bold")
    if head.title:
        title.append(f": {head.title}", style="not bold")
    title.append(f" ({head.months} months from {head.start})", style="not bold")
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column()
    for name, text in _facts(plan):
        grid.add_row(name, Text(text))
    return [title, "", grid, ""]


def _facts(plan: Plan) -> list[tuple[str, str]]:
    currency = plan.instance.head.currency
    facts = [("Net present cost", money(plan.objective, currency))]
    if plan.bound is None or plan.gap is None:
        facts.append(("Proven bound", "none yet"))
    else:
        facts.append(("Proven bound", f"no plan costs less than {money(plan.bound, currency)}"))
        saving = f"{percent(plan.gap)}: at most {money(plan.objective - plan.bound, currency)} could be saved"
        facts.append(("Gap", saving if plan.objective > plan.bound else "none: no plan is cheaper"))
    facts += [("Status", _status(plan)), ("Unserved", _unserved_in_all(plan))]
    checked = plan.head.get("audit", {})
    if checked.get("checks"):
        facts.append(("Audit", f"{'passed' if checked.get('passed') else 'FAILED'}, {count(checked['checks'])} checks"))
    return facts


def _status(plan: Plan) -> str:
    asked = percent(float(plan.head.get("options", {}).get("gap", 0.0)))
    reason = str(plan.head.get("stopped", ""))
    if plan.status == "optimal":
        words = f"within the asked gap of {asked}"
    else:
        words = f"a plan, but not within the asked gap of {asked}: {_STOPS.get(reason, reason)}"
    return f"{words}; relaxed: whole blocks and lots were not demanded" if plan.head.get("relaxed") else words


def _unserved_in_all(plan: Plan) -> str:
    missing, wanted = float(plan.service["unserved"].sum()), float(plan.service["demand"].sum())
    if wanted == 0:
        return "nothing is wanted"
    if missing <= 1e-9 * wanted:
        return "none: all work wanted is served"
    penalties = float(plan.cash.loc[plan.cash["term"] == "unserved", "amount"].sum())
    cost = money(penalties, plan.instance.head.currency)
    return f"{percent(missing / wanted)} of the work wanted, at {cost} of penalties"


# ---------------------------------------------------------------- what to do
def _decisions(plan: Plan, width: int) -> list[RenderableType]:
    first, last, until = (plan.instance.label(t) for t in (0, _NEXT_MONTHS - 1, _NEXT_MONTHS))
    every = steps.steps(plan)
    soon = [step for step in every if step.month < until]
    later = [step for step in every if step.month >= until and not step.early]
    if not soon:
        parts: list[RenderableType] = [Text(f"Nothing to decide from {first} to {last}.\n", style="bold")]
    else:
        parts = _steps(f"To do from {first} to {last}", soon, _SOON, plan, width)
    return parts + (_steps("Biggest decisions after that", later, _LATER, plan, width) if later else [])


def _steps(title: str, every: list[steps.Step], most: int, plan: Plan, width: int) -> list[RenderableType]:
    """A table of the biggest steps, and how many there are besides."""
    shown = steps.biggest(every, most)
    rest = len(every) - len(shown)
    note = f"and {rest:,} smaller {'one' if rest == 1 else 'ones'}, in the plan's table decisions\n" if rest else ""
    return [_steps_table(title, shown, plan, width), Text(note)]


def _steps_table(title: str, rows: Sequence[steps.Step], plan: Plan, width: int) -> Table:
    wide = width >= NARROW
    heads = ["Blocks", "Accelerators", "MW"] if wide else ["Accel."]
    table = _table(title, ["Month", "Decision"], [*heads, "Runs", f"Commits {plan.instance.head.currency}"])
    for row in rows:
        numbers = [row.blocks, row.accelerators, row.mw] if wide else [row.accelerators]
        shown = [count(number) if number else "" for number in numbers]
        _add(table, row.month, row.text, *shown, row.runs, money(row.cost) if row.cost else "")
    table.columns[-2].justify, table.columns[-2].no_wrap = "left", False
    return table


# ---------------------------------------------------------------- capacity and money over time
def _capacity(plan: Plan, periods: Periods, width: int) -> list[RenderableType]:
    frame = capacity_by_period(plan, periods, width >= NARROW)
    if frame.empty:
        return [Text("There is no capacity in this plan.", style="bold"), ""]
    table = _table("Capacity, average of the months", [periods.noun], list(frame.columns))
    for period, values in zip(frame.index, frame.to_numpy(), strict=True):
        _add(table, str(period), *(count(value) if value else "–" for value in values))
    return [table, ""]


def _cash(plan: Plan, periods: Periods, width: int) -> list[RenderableType]:
    frame = cash_by_period(plan, periods, width >= NARROW)
    if frame.empty:
        return []
    size, name = scale_of([float(value) for value in frame["Total"]])
    unit = f"{name} {plan.instance.head.currency}".strip()
    scaled = frame / size
    digits = 1 if scaled.abs().to_numpy().max() < 999.95 else 0
    names = [name.replace(" ", "\n") for name in frame.columns]
    table = _table(f"Cost, {unit}; money in is negative", [periods.noun], names)
    for period, values in zip(frame.index, scaled.to_numpy(), strict=True):
        _add(table, str(period), *(_amount(float(value), digits) for value in values))
    return [table, ""]


def _amount(value: float, digits: int) -> str:
    """An amount in a table; zero is a dash, and what rounds to zero is not."""
    if value == 0:
        return "–"
    if abs(value) < 0.5 * 10**-digits:
        return f"{'<' if value > 0 else '>-'}{10**-digits:g}"
    return f"{value:,.{digits}f}"


# ---------------------------------------------------------------- what goes wrong
def _unserved(plan: Plan) -> list[RenderableType]:
    service = plan.service
    lacking = service[service["unserved"] > 1e-9 * service["demand"]]
    if lacking.empty:
        return []
    texts, numbers = ["Workload", "Worst month"], ["Wanted", "Unserved", "Share"]
    table = _table("Work not served, in reference-accelerator-months", texts, numbers)
    missing = lacking.groupby("workload")["unserved"].sum().sort_values(ascending=False)
    for workload in map(str, missing.index[:_WORKLOADS]):
        rows = service[service["workload"] == workload]
        wanted, unserved = float(rows["demand"].sum()), float(rows["unserved"].sum())
        worst = rows["month"].iloc[int(rows["unserved"].to_numpy().argmax())]
        _add(table, workload, str(worst), count(wanted), count(unserved), percent(unserved / wanted))
    more = len(missing) - _WORKLOADS
    return [table, Text(f"and {more} more workloads, in the plan's table service\n" if more > 0 else "")]


def _warnings(plan: Plan) -> list[RenderableType]:
    warnings = [str(warning) for warning in plan.head.get("warnings", [])]
    if not warnings:
        return []
    return [Text("Warnings", style="bold yellow"), *(Text(f"  {warning}") for warning in warnings), ""]


# ---------------------------------------------------------------- tables
def _table(title: str, texts: Sequence[str], numbers: Sequence[str]) -> Table:
    table = Table(title=title, box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.title_justify, table.title_style = "left", "bold"
    for name in texts:
        table.add_column(name, overflow="fold", no_wrap=name == "Month")
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _add(table: Table, *cells: str) -> None:
    """Add a row of plain text: brackets in names are no markup."""
    table.add_row(*(Text(cell) for cell in cells))

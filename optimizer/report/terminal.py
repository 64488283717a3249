"""Summary of a plan for a terminal: cost, next decisions, capacity and cash."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from optimizer.format import count, money, percent, scale_of
from optimizer.plan.obligations import owed_after
from optimizer.report import shortcomings, steps
from optimizer.report.layout import Column, make_table
from optimizer.report.periods import Periods, capacity_by_period, cash_by_period

if TYPE_CHECKING:
    import pandas as pd

    from optimizer.plan.plan import Plan

NARROW = 80  # below this width, columns that can be missed are left out
_NEXT_MONTHS = 3
_SOON = 20
_LATER = 8
_WORKLOADS = 8
_WARNINGS = 20
_NOTHING = 1e-9  # a gap that is rounding
_EASY, _DATES = 26, 10  # widths from which on a decision, and the months it is about, read well
_STOPS = {
    "gap_reached": "the target gap was reached",
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
    parts += [*shortcomings.runs(plan, width), *_capacity(plan, periods, width), *_cash(plan, periods, width)]
    parts += [*_unserved(plan, width), *shortcomings.shortfalls(plan, width), *shortcomings.own_rules(plan, width)]
    parts += _warnings(plan)
    if where:
        parts.append(Text.assemble(("Plan written to ", "bold"), where))
    return Group(*parts)


# ---------------------------------------------------------------- what it costs
def _headline(plan: Plan) -> list[RenderableType]:
    head = plan.instance.head
    title = Text(head.name, style="bold")
    if head.title:
        title.append(f": {head.title}", style="not bold")
    months = f"{head.months} month{'' if head.months == 1 else 's'}"
    title.append(f" ({months} from {head.start})", style="not bold")
    marks = [Text(f"{shortcomings.BREAKS}.", style="bold red")] if shortcomings.given_up(plan) else []
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column()
    for name, text in _facts(plan):
        grid.add_row(name, Text(text))
    return [title, *marks, "", grid, ""]


def _facts(plan: Plan) -> list[tuple[str, str]]:
    currency, gain = plan.instance.head.currency, plan.objective < 0
    facts = [("Net present gain" if gain else "Net present cost", money(abs(plan.objective), currency))]
    if plan.bound is None or plan.gap is None:
        facts.append(("Proven bound", "none yet"))
    else:
        least = money(-plan.bound if gain else plan.bound, currency)
        facts.append(("Proven bound", f"no plan {'gains more' if gain else 'costs less'} than {least}"))
        saving = money(plan.objective - plan.bound, currency)
        text = f"{percent(plan.gap)}: at most {saving} {'more could be gained' if gain else 'could be saved'}"
        facts.append(("Gap", text if plan.gap > _NOTHING else "none: no plan is cheaper"))
    lost = shortcomings.changed_in_words(plan)
    facts += [("Given up", "\n".join(lost))] if lost else []
    instead = shortcomings.other_repairs(plan)
    facts += [("Alternatively", "\n".join(instead))] if instead else []
    facts += [("Status", _status(plan)), ("Unserved", _unserved_in_all(plan))]
    others = shortcomings.other_penalties(plan)
    facts += [("Other penalties", others)] if others else []
    owed = sum(owed_after(plan.instance, plan.decisions).values())
    facts += [("After the plan", f"{money(owed, currency)} fall due later, not included in the cost")] if owed else []
    checked = plan.head.get("audit", {})
    if checked.get("checks"):
        facts.append(("Audit", f"{'passed' if checked.get('passed') else 'FAILED'}, {count(checked['checks'])} checks"))
    return facts


def _status(plan: Plan) -> str:
    target = percent(float(plan.head.get("options", {}).get("gap", 0.0)))
    reason = str(plan.head.get("stopped", ""))
    if plan.status == "optimal":
        words = f"within the target gap of {target}"
    else:
        words = f"a plan, but not within the target gap of {target}: {_STOPS.get(reason, reason)}"
    return f"{words}; relaxed: blocks and lots may be fractional" if plan.head.get("relaxed") else words


def _unserved_in_all(plan: Plan) -> str:
    missing, wanted = float(plan.service["unserved"].sum()), float(plan.service["demand"].sum())
    if wanted == 0:
        return "no demand"
    if missing <= 1e-9 * wanted:
        return "none: all demand is served"
    penalties = float(plan.cash.loc[plan.cash["term"] == "unserved", "amount"].sum())
    cost = money(penalties, plan.instance.head.currency)
    return f"{percent(missing / wanted)} of demand, penalties of {cost}"


# ---------------------------------------------------------------- what to do
def _decisions(plan: Plan, width: int) -> list[RenderableType]:
    first, last, until = (
        plan.instance.label(t) for t in (0, min(_NEXT_MONTHS, plan.instance.head.months) - 1, _NEXT_MONTHS)
    )
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
    note = f"and {rest:,} more in the plan's table decisions\n" if rest else ""
    return [make_table(title, _step_columns(shown, plan, width), width), Text(note)]


def _step_columns(rows: list[steps.Step], plan: Plan, width: int) -> list[Column]:
    wide = width >= NARROW
    texts = [row.text if wide or not row.runs else f"{row.text}, {row.runs}" for row in rows]
    return [
        Column("Month", [row.month for row in rows], left=True),
        Column("Decision", texts, left=True, fold=True, easy=_EASY),
        Column("Blocks", [_count(row.blocks) for row in rows], spare=2),
        Column("Accel.", [_count(row.accelerators) for row in rows]),
        Column("MW", [_count(row.mw) for row in rows], spare=1),
        Column("Runs", [row.runs if wide else "" for row in rows], left=True, fold=True, easy=_DATES),
        Column(f"Commits {plan.instance.head.currency}", [money(row.cost) if row.cost else "" for row in rows]),
    ]


def _count(number: float) -> str:
    return count(number) if number else ""


# ---------------------------------------------------------------- capacity and money over time
def _capacity(plan: Plan, periods: Periods, width: int) -> list[RenderableType]:
    frame = capacity_by_period(plan, periods, width >= NARROW)
    if frame.empty:
        return [Text("This plan has no capacity.", style="bold"), ""]
    columns = [Column(name, [_count(value) or "–" for value in frame[name]]) for name in frame.columns]
    return [make_table("Capacity, average of the months", [_periods(periods, frame), *columns], width), ""]


def _cash(plan: Plan, periods: Periods, width: int) -> list[RenderableType]:
    frame = cash_by_period(plan, periods, width >= NARROW)
    if frame.empty:
        return []
    size, name = scale_of([float(value) for value in frame["Total"]])
    unit = f"{name} {plan.instance.head.currency}".strip()
    scaled = frame / size
    digits = 1 if scaled.abs().to_numpy().max() < 999.95 else 0
    columns = [Column(n.replace(" ", "\n"), [_amount(float(x), digits) for x in scaled[n]]) for n in scaled.columns]
    return [make_table(f"Cost, {unit}; money in is negative", [_periods(periods, frame), *columns], width), ""]


def _periods(periods: Periods, frame: pd.DataFrame) -> Column:
    return Column(periods.noun, [str(period) for period in frame.index], left=True, fold=True)


def _amount(value: float, digits: int) -> str:
    """An amount in a table; zero is a dash, and what rounds to zero is not."""
    if value == 0:
        return "–"
    if abs(value) < 0.5 * 10**-digits:
        return f"{'<' if value > 0 else '>-'}{10**-digits:g}"
    return f"{value:,.{digits}f}"


# ---------------------------------------------------------------- what goes wrong
def _unserved(plan: Plan, width: int) -> list[RenderableType]:
    service = plan.service
    lacking = service[service["unserved"] > 1e-9 * service["demand"]]
    if lacking.empty:
        return []
    missing = lacking.groupby("workload")["unserved"].sum().sort_values(ascending=False, kind="stable")
    names = [str(name) for name in missing.index[:_WORKLOADS]]
    rows = [service[service["workload"] == name] for name in names]
    sums = [(float(each["demand"].sum()), float(each["unserved"].sum())) for each in rows]
    worst = [str(each["month"].iloc[int(each["unserved"].to_numpy().argmax())]) for each in rows]
    columns = [
        Column("Workload", names, left=True, fold=True),
        Column("Worst month", worst, left=True),
        Column("Demand", [count(wanted) for wanted, _ in sums]),
        Column("Unserved", [count(unserved) for _, unserved in sums]),
        Column("Share", [percent(unserved / wanted) for wanted, unserved in sums]),
    ]
    more = len(missing) - _WORKLOADS
    note = f"and {more} more workload{'' if more == 1 else 's'}, in the plan's table service\n" if more > 0 else ""
    return [make_table("Work not served, in reference-accelerator-months", columns, width), Text(note)]


def _warnings(plan: Plan) -> list[RenderableType]:
    warnings = [str(warning) for warning in plan.head.get("warnings", [])]
    if not warnings:
        return []
    more = len(warnings) - _WARNINGS
    rest = [Text(f"  and {more:,} more, in plan.json")] if more > 0 else []
    shown = [Text(f"  {warning}") for warning in warnings[:_WARNINGS]]
    return [Text("Warnings", style="bold yellow"), *shown, *rest, ""]

"""Training runs as lines on a calendar, and what a plan does not keep: runs, spend commitments, own rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import RenderableType
from rich.text import Text

from optimizer.format import count, money
from optimizer.report.layout import Column, make_table
from optimizer.schema import cash_terms

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

_MOST = 12  # rows of a table
_LINE = 12  # least characters of a calendar line
_DATES = 17  # characters that hold its first and last month
_EDGE = 1e-6  # relative: a rule nearer to its limit binds
_SIGNS = {"<=": "at most", ">=": "at least", "=": "exactly"}


BREAKS = "No plan meets all rules; this one is for the instance with the cheapest repair made"


def given_up(plan: Plan) -> list[str]:
    """What ``capopt solve --elastic`` gave up, as edits of the instance; nothing in a plan that keeps all rules."""
    edits = plan.head.get("elastic", [])
    return [str(edit) for edit in edits] if isinstance(edits, list) else [str(edits)]


def changed(plan: Plan) -> list[tuple[str, str, str, str]]:
    """What was given up, as what, its value before and after, and the edit; of old plans the edits alone."""
    found = plan.head.get("given_up", [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found) or not found:
        return [(edit, "", "", edit) for edit in given_up(plan)]
    keys = ("what", "before", "after", "edit")
    rows = ([str(one.get(key, "")) for key in keys] for one in found)
    return [(what, before, after, edit) for what, before, after, edit in rows]


def changed_in_words(plan: Plan) -> list[str]:
    """What was given up, each in a line, such as ``budget 2027, USD: 18,000,000 → 20,000,000``."""
    return [f"{what}: {before} → {after}" if before or after else what for what, before, after, _ in changed(plan)]


def clashes(plan: Plan) -> list[str]:
    """Why no plan meets all rules, a sentence for each conflict; nothing in a plan that keeps all rules."""
    texts = plan.head.get("conflicts", [])
    return [str(text) for text in texts] if isinstance(texts, list) else [str(texts)]


def other_repairs(plan: Plan) -> list[str]:
    """What else could be given up at about the same cost, a sentence for each repair, with what its plan costs."""
    found = plan.head.get("other_repairs", [])
    return [str(one.get("text", "")) for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def other_penalties(plan: Plan) -> str:
    """Penalties besides those for work not served, by what they are for; ``""`` if there are none."""
    amounts = plan.cash.groupby("term")["amount"].sum()
    others = [term for term in cash_terms().values() if term.kind == "penalty" and "workloads" not in term.items]
    costs = {term.says: float(amounts.get(term.name, 0.0)) for term in others}
    return ", ".join(f"{words} {money(cost, plan.instance.head.currency)}" for words, cost in costs.items() if cost)


# ---------------------------------------------------------------- training runs
def runs(plan: Plan, width: int) -> list[RenderableType]:
    """Training runs that are placed, each as a line over the months of the plan, and those that are not."""
    parts: list[RenderableType] = []
    rows = sorted(plan.runs.to_dict("records"), key=lambda row: (row["starts"], row["run"]))
    if rows:
        late = any(row["late_months"] > 0 for row in rows)
        title = f"Training runs{'; ▒ after the target' if late else ''}"
        columns = [
            Column("Run", [row["run"] for row in rows[:_MOST]], left=True, fold=True),
            Column("Pool", [row["pool"] for row in rows[:_MOST]], left=True, fold=True),
            Column("Accel.", [count(row["accelerators"]) for row in rows[:_MOST]]),
            Column(
                "Runs", [f"{row['starts']} to {row['ends']}" for row in rows[:_MOST]], left=True, fold=True, easy=10
            ),
            Column("Target", [row["target"] for row in rows[:_MOST]], left=True),
            Column("Late", [_late(plan, row["run"], row["late_months"]) for row in rows[:_MOST]], left=True, fold=True),
        ]
        free = width - sum(column.wanted + 3 for column in columns if any(column.cells))
        if free >= _LINE:
            columns.append(_calendar(plan, rows[:_MOST], free))
        parts += [make_table(title, columns, width), _rest(len(rows), "runs")]
    return [*parts, *_not_run(plan, width)]


def _late(plan: Plan, run: str, months: float) -> str:
    """How late a run ends, and what that costs."""
    if months <= 0:
        return ""
    cash = plan.cash[(plan.cash["term"] == "lateness") & (plan.cash["item"] == run)]
    cost = float(cash["amount"].sum())
    text = f"{count(months)} month{'' if months == 1 else 's'}"
    return f"{text}, {money(cost, plan.instance.head.currency)}" if cost else text


def _calendar(plan: Plan, rows: Sequence[dict[Any, Any]], free: int) -> Column:
    """Lines over the months of the plan, as long as there is room for."""
    horizon = plan.instance.head.months
    step = -(-horizon // min(free, horizon))  # months in a character
    size = -(-horizon // step)
    first, last = plan.instance.label(0), plan.instance.label(horizon - 1)
    name = first + " " * (size - _DATES + 3) + last if size >= _DATES else "Calendar"
    return Column(name, [_line(plan, row, size, step) for row in rows], left=True)


def _line(plan: Plan, row: dict[Any, Any], size: int, step: int) -> str:
    """One run: a block for the months in which it runs, a lighter one for those after its target."""
    starts, ends = (plan.instance.month_index(str(row[key])) for key in ("starts", "ends"))
    target = plan.instance.month_index(str(row["target"])) if row["target"] else ends
    line = ["·"] * size
    for t in range(ends, starts - 1, -1):
        if 0 <= t // step < size:
            line[t // step] = "█" if t <= target else "▒"
    return "".join(line)


def _not_run(plan: Plan, width: int) -> list[RenderableType]:
    placed = set(plan.runs["run"])
    missing = [row for row in plan.instance.rows["training_runs"] if row.run not in placed and row.deadline >= 0]
    if not missing:
        return []
    cost = plan.cash[plan.cash["term"] == "not_run"].groupby("item")["amount"].sum()
    missing.sort(key=lambda row: -float(cost.get(row.run, 0.0)))
    shown = missing[:_MOST]
    columns = [
        Column("Run", [row.run for row in shown], left=True, fold=True),
        Column("Work", [count(row.work) for row in shown]),
        Column(f"Penalty {plan.instance.head.currency}", [money(float(cost.get(row.run, 0.0))) for row in shown]),
    ]
    return [make_table("Training runs that are not run", columns, width), _rest(len(missing), "runs")]


# ---------------------------------------------------------------- spend commitments
def shortfalls(plan: Plan, width: int) -> list[RenderableType]:
    """Years of spend commitments that are not reached, and what is paid for that."""
    short = plan.cash[plan.cash["term"] == "shortfall"]
    if short.empty:
        return []
    shown = short.sort_values("amount", ascending=False, kind="stable").head(_MOST).sort_values("month", kind="stable")
    columns = [
        Column("Year to", [str(month) for month in shown["month"]], left=True),
        Column("Commitment", [str(item) for item in shown["item"]], left=True, fold=True),
        Column("Provider", [str(party) for party in shown["party"]], left=True, fold=True),
        Column(f"Short by, {plan.instance.head.currency}", [money(amount) for amount in shown["amount"]]),
    ]
    return [make_table("Spend commitments not reached", columns, width), _rest(len(short), "years")]


# ---------------------------------------------------------------- own rules
def own_rules(plan: Plan, width: int) -> list[RenderableType]:
    """Own rules that are violated or bind, with what one more of their limit would be worth."""
    table = plan.rules
    size = pd.concat([table["rhs"].abs(), table["value"].abs()], axis=1).max(axis=1).clip(lower=1.0)
    tight = table[(table["violation"] > _EDGE * size) | (table["slack"] <= _EDGE * size)]
    if tight.empty:
        return []
    violated = plan.cash[plan.cash["term"] == "violation"].groupby("item")["amount"].sum()
    groups = [(str(rule), rows) for rule, rows in tight.groupby("rule", sort=False)]
    groups.sort(key=lambda group: (-float(violated.get(group[0], 0.0)), -group[1]["shadow_price"].abs().max()))
    shown = groups[:_MOST]
    currency = plan.instance.head.currency
    columns = [
        Column("Rule", [rule for rule, _ in shown], left=True, fold=True),
        Column("Limit", [_limit(rows) for _, rows in shown], left=True, fold=True, easy=14, spare=2),
        Column("When", [_when(rows) for _, rows in shown], left=True, fold=True, easy=10, spare=1),
        Column("Violated\nby", [_nonzero(rows["violation"].max(), count) for _, rows in shown]),
        Column(f"Penalty\n{currency}", [_nonzero(violated.get(rule, 0.0), money) for rule, _ in shown]),
        Column(f"Shadow price\n{currency} a unit", [_nonzero(_dearest(rows), money) for _, rows in shown]),
    ]
    return [make_table("Own rules that bind or are violated", columns, width), _rest(len(groups), "rules")]


def _limit(rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    return f"{_SIGNS[first['sense']]} {count(first['rhs'])} {'in all' if first['each'] == 'total' else 'a month'}"


def _when(rows: pd.DataFrame) -> str:
    """The month, or how many there are from when to when."""
    months = sorted(rows["month"])
    if rows.iloc[0]["each"] == "total":
        return f"to {months[0]}"
    return months[0] if len(months) == 1 else f"{len(months)} months, {months[0]} to {months[-1]}"


def _dearest(rows: pd.DataFrame) -> float:
    """The shadow price that is farthest from zero."""
    return float(rows["shadow_price"].iloc[int(rows["shadow_price"].abs().to_numpy().argmax())])


def _nonzero(value: float, words: Callable[[float], str]) -> str:
    return words(float(value)) if value else ""


def _rest(number: int, things: str) -> Text:
    """How many more there are than shown."""
    more = number - _MOST
    return Text(f"and {more:,} more {things}, in the plan's tables\n" if more > 0 else "")

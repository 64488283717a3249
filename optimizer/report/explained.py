"""Explanations, sweeps and alternatives on a terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.text import Text

from optimizer.report.layout import Column, make_table
from optimizer.report.words import count, money, percent

if TYPE_CHECKING:
    import pandas as pd

    from optimizer.explain.alternatives import Alternatives
    from optimizer.explain.explanation import Explanation
    from optimizer.plan.plan import Plan

_MOST = 15
_NAMES = {
    "mw": "One more MW saves",
    "accelerator": "One more accelerator saves",
    "demand": "One more unit of demand costs",
    "budget": "One more unit of budget saves",
}


def render(found: Explanation, plan: Plan, width: int = 100) -> Group:
    """An explanation for a rich console: worth, steps, offers, deadlines."""
    parts: list[RenderableType] = [*_values(found, plan, width)]
    parts += [*_steps(found, plan, width), *_offers(found, plan, width), *_deadlines(found, plan, width)]
    return Group(*parts)


def _missing(value: Any) -> bool:
    return value is None or value != value


def _told(value: Any, tell: Callable[[float], str]) -> str:
    return "" if _missing(value) else tell(float(value))


def _values(found: Explanation, plan: Plan, width: int) -> list[RenderableType]:
    """Marginal values by item: the month in which it is highest, and the average over the plan."""
    table, currency = found.values, plan.instance.head.currency
    parts: list[RenderableType] = []
    for kind, title in _NAMES.items():
        rows = table[table["kind"] == kind]
        if rows.empty:
            continue
        by_item = rows.groupby("item")[["held", "relaxed"]].sum() / (
            1 if kind == "budget" else plan.instance.head.months
        )
        order = by_item.abs().max(axis=1).sort_values(ascending=False).index[:_MOST]
        best = {item: rows[rows["item"] == item].nlargest(1, "held").iloc[0] for item in order}
        each = currency if kind == "budget" else f"{currency} a month"
        columns = [
            Column("Item", [str(item) for item in order], left=True),
            Column(f"Decisions\nheld, {each}", [_worth(by_item.loc[item, "held"], kind) for item in order]),
            Column("Highest", [_worth(best[item]["held"], kind) for item in order], spare=2),
            Column(
                "in", [str(best[item]["month"]) if best[item]["held"] else "" for item in order], left=True, spare=2
            ),
            Column("Relaxation\n(a ranking)", [_worth(by_item.loc[item, "relaxed"], kind) for item in order], spare=1),
        ]
        parts += [make_table(f"{title}, present value, average of the months", columns, width), ""]
    return parts


def _worth(value: Any, kind: str) -> str:
    return f"{float(value):,.3f}" if kind == "budget" else money(float(value))


def _steps(found: Explanation, plan: Plan, width: int) -> list[RenderableType]:
    table = found.steps
    if table.empty:
        return []
    currency = plan.instance.head.currency
    columns = [
        Column("Step", table["step"].astype(str).tolist(), left=True, fold=True),
        Column(f"Saves, {currency}", ["no plan" if _missing(v) else money(float(v)) for v in table["saves"]]),
        Column("at least", [_told(value, money) for value in table["at_least"]], spare=1),
        Column("at most", [_told(value, money) for value in table["at_most"]], spare=1),
    ]
    note = "Negative: it costs more. At least and at most: what is proven for the best plans, gaps counted.\n"
    return [make_table("Steps, each solved again", columns, width), Text(note)]


def _offers(found: Explanation, plan: Plan, width: int) -> list[RenderableType]:
    table = found.offers
    if table.empty:
        return []
    currency = plan.instance.head.currency
    proven = [bool(value) for value in table["proven"]]
    prices = [
        _told(value, money) + ("" if sure or _missing(value) else " ?")
        for value, sure in zip(table["price_to_win"], proven, strict=True)
    ]
    columns = [
        Column("Offer", table["item"].astype(str).tolist(), left=True),
        Column("Verdict", table["verdict"].astype(str).tolist(), left=True),
        Column("Taken", [count(float(value)) for value in table["taken"]], spare=2),
        Column(f"Worth,\n{currency}", [_told(value, money) for value in table["worth"]]),
        Column("Price", [money(float(value)) for value in table["price"]], spare=1),
        Column("Price\nto win", prices),
        Column("Why", table["reason"].astype(str).tolist(), left=True, fold=True, easy=30),
    ]
    note = "Price to win: below it the offer is taken (for capacity leased out: above it). ?: the gaps leave doubt.\n"
    return [make_table("Offers", columns, width), Text(note)]


def _deadlines(found: Explanation, plan: Plan, width: int) -> list[RenderableType]:
    table = found.deadlines
    if table.empty:
        return []
    shown = table.head(20)
    currency = plan.instance.head.currency
    columns = [
        Column("Month", shown["month"].astype(str).tolist(), left=True),
        Column("Act", shown["act"].astype(str).tolist(), left=True, spare=1),
        Column("Item", [f"{row.item} ({row.decision})" for row in shown.itertuples()], left=True),
        Column("Takes effect", shown["takes_effect"].astype(str).tolist(), left=True, spare=2),
        Column("Possible\nuntil", shown["last_month"].astype(str).tolist(), left=True),
        Column(f"A month later\ncosts, {currency}", [_told(value, money) for value in shown["delay_costs"]]),
    ]
    rest = len(table) - len(shown)
    return [make_table("When to decide", columns, width), Text(f"and {rest} more, in deadlines.csv\n" if rest else "")]


def sweep_table(table: pd.DataFrame, cell: str, plan: Plan, width: int = 100) -> RenderableType:
    """A sweep: costs over a range of one cell, with a bar for each."""
    costs = table["objective"].astype(float)
    low, span = costs.min(), max(float(costs.max() - costs.min()), 1e-12)
    columns = [
        Column("Value", [f"{value:,.6g}" for value in table["value"]]),
        Column(f"Net present cost, {plan.instance.head.currency}", [money(float(cost)) for cost in costs]),
        Column("Against the plan", [money(float(cost) - plan.objective) for cost in costs]),
        Column("Gap", [_told(value, percent) for value in table["gap"]], spare=2),
        Column("", ["▇" * (1 + round(20 * (float(cost) - low) / span)) for cost in costs], left=True, spare=1),
    ]
    return make_table(f"Sweep of {cell}", columns, width)


def alternatives_text(found: Alternatives, plan: Plan, width: int = 100) -> Group:
    """Near-optimal alternatives for a rich console."""
    table = found.ranges[(found.ranges["most"] > 0) | (found.ranges["plan"] > 0)]
    columns = [
        Column("Party", table["party"].astype(str).tolist(), left=True),
        Column("What", [f"{row.kind} ({row.unit})" for row in table.itertuples()], left=True),
        Column("Least", [count(float(value)) for value in table["least"]]),
        Column("Plan", [count(float(value)) for value in table["plan"]]),
        Column("Most", [count(float(value)) for value in table["most"]]),
    ]
    title = f"Plans that cost at most {percent(found.within)} more than {money(plan.objective)}"
    first = found.first
    now = [
        Column("Decision this month", [f"{row.decision} {row.item}" for row in first.itertuples()], left=True),
        Column("Least", [count(float(value)) for value in first["least"]]),
        Column("Plan", [count(float(value)) for value in first["plan"]]),
        Column("Most", [count(float(value)) for value in first["most"]]),
        Column("", ["no regret" if value else "" for value in first["no_regret"]], left=True),
    ]
    parts: list[RenderableType] = [make_table(title, columns, width), ""]
    parts += [make_table("Decisions of the first month", now, width), ""] if len(first) else []
    for number, other in enumerate(found.plans, start=1):
        more = other.objective - plan.objective
        parts.append(
            Text(f"Plan {number}: {money(other.objective)}, {money(more)} more, {len(other.decisions)} decisions")
        )
    return Group(*parts)

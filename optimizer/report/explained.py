"""Explanations, sweeps and alternatives on a terminal."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.text import Text

from optimizer.format import count, interval_text, money, percent
from optimizer.report.layout import Column, make_table
from optimizer.report.steps import VERBS

if TYPE_CHECKING:
    import pandas as pd

    from optimizer.analysis.alternatives import Alternatives
    from optimizer.analysis.explanation import Explanation
    from optimizer.plan.plan import Plan

_MOST = 15
_NAMES = {
    "mw": "One more MW saves",
    "accelerator": "One more accelerator saves",
    "demand": "One more unit of demand costs",
    "budget": "One more unit of budget saves",
}
_TITLES = {
    "exits": "When to hand back",
    "events": "What if",
    "first": "This month: no-regret decisions",
    "caps": "What less exposure costs",
}
_SEARCHED = {"offers", "exits", "events", "caps"}
_NONE = {
    "values": "No limit binds in this plan: one more of anything is worth nothing.",
    "steps": "There are no steps to try.",
    "offers": "There are no offers.",
    "deadlines": "There is nothing to decide.",
    "exits": "The plan has nothing that can be handed back.",
    "events": "Nothing can slip, grow or be taken back.",
    "first": "Nothing has to be decided in the first month.",
    "caps": "No provider or owner has a large share of the capacity, and each can be lost.",
}


def explanation_text(found: Explanation, width: int = 100) -> str:
    """Return the tables of an explanation as ``capopt explain`` prints them."""
    console = Console(file=io.StringIO(), width=width, color_system=None, highlight=False)
    with console.capture() as captured:
        console.print(render(found, width))
    return captured.get()


def render(found: Explanation, width: int = 100) -> Group:
    """An explanation for a rich console: a table for each question; only what was requested."""
    from optimizer.report import sentences

    plan = found.plan
    parts: list[RenderableType] = []
    makers = {"values": _values, "steps": _steps, "offers": _offers, "deadlines": _deadlines}
    for name in ("values", "steps", "offers", "exits", "deadlines", "events", "first", "caps"):
        table = getattr(found, name)
        if name in found.tables and table.empty:
            parts.append(Text(f"{_NONE[name]}\n", style="bold"))
        elif name in found.tables:
            parts += makers[name](table, plan, width) if name in makers else _sentences(name, table, plan)
    doubts = sentences.doubt(plan) if _SEARCHED & {*found.tables} else []
    return Group(*parts, *map(Text, doubts))


def _sentences(name: str, table: pd.DataFrame, plan: Plan) -> list[RenderableType]:
    """What a table says, in sentences under a title; the table itself stands in the plan folder."""
    from optimizer.report import sentences

    return [Text(_TITLES[name], style="bold"), Text("\n".join([*getattr(sentences, name)(plan, table), ""]))]


def _missing(value: Any) -> bool:
    return value is None or value != value


def _or_blank(value: Any, show: Callable[[float], str]) -> str:
    return "" if _missing(value) else show(float(value))


def _values(table: pd.DataFrame, plan: Plan, width: int) -> list[RenderableType]:
    """Marginal values by item: the average over the plan's months, and the month in which it is highest."""
    parts: list[RenderableType] = []
    for kind, title in _NAMES.items():
        rows = table[table["kind"] == kind]
        if not rows.empty:
            parts += [_worths(rows, kind, title, plan, width), ""]
    note = (
        "One more, one fewer: at fixed decisions (shadow price), solved again with one unit more and one less; "
        f"what one fewer costs (of demand: saves). {NO_FEWER} Relaxation: one more in the LP relaxation, for ranking "
        "only. Steps of useful size are solved again.\n"
    )
    return [*parts, Text(note)]


NO_FEWER = "–: in some month there is none to remove, or these decisions are infeasible without it."


def fewer_by_item(rows: pd.DataFrame) -> pd.Series[float]:
    """What one fewer of each item costs in all months; missing where it does so in one of them."""
    return rows.groupby("item")["held_fewer"].agg(lambda values: values.sum(skipna=False))


def best_month(rows: pd.DataFrame, item: object) -> pd.Series[Any] | None:
    """The row of an item in the month in which one more is worth most; None if it never is."""
    mine = rows[(rows["item"] == item) & (rows["held"].fillna(0) != 0)]
    return None if mine.empty else mine.iloc[int(mine["held"].abs().to_numpy().argmax())]


def _worths(rows: pd.DataFrame, kind: str, title: str, plan: Plan, width: int) -> RenderableType:
    months = 1 if kind == "budget" else plan.instance.head.months
    average, fewer = rows.groupby("item")[["held", "relaxed"]].sum() / months, fewer_by_item(rows) / months
    order = average.abs().max(axis=1).sort_values(ascending=False).index[:_MOST]
    best = [best_month(rows, item) for item in order]
    each, span = plan.instance.head.currency, "in all"
    if kind != "budget":
        each, span = f"{each} a month", "average of the months"
    months_of = ["" if one is None else str(one["month"]) for one in best]
    highest, then = (
        ["" if one is None else _worth(one[side], kind) for one in best] for side in ("held", "held_fewer")
    )
    monthly = [
        Column("Highest\nin", months_of, left=True, spare=2),
        Column("One more\nthen", highest, spare=2),
        Column("One fewer\nthen", then, spare=2),
    ]
    columns = [
        Column("Item", [str(item) for item in order], left=True, fold=True, easy=20),
        Column(f"One more,\n{each}", [_worth(average.loc[item, "held"], kind) for item in order]),
        Column("One\nfewer", [_worth(fewer[item], kind) for item in order]),
        *(monthly[:1] if kind == "budget" else monthly),
        Column("Relaxation\n(a ranking)", [_worth(average.loc[item, "relaxed"], kind) for item in order], spare=1),
    ]
    rest = rows["item"].nunique() - len(order)
    more = f"; {rest} more in values.csv" if rest else ""
    return make_table(f"{title}, present value, {span}{more}", columns, width)


def _worth(value: Any, kind: str) -> str:
    if _missing(value):
        return "–"
    return f"{float(value):,.3f}" if kind == "budget" else money(float(value))


def _steps(table: pd.DataFrame, plan: Plan, width: int) -> list[RenderableType]:
    saves = [row["note"] or interval_text(row["at_least"], row["at_most"]) for row in table.to_dict("records")]
    columns = [
        Column("Step", table["step"].astype(str).tolist(), left=True, fold=True),
        Column(f"Saves, {plan.instance.head.currency}", saves),
    ]
    note = "Proven savings, gaps included. Negative: it costs more.\n"
    return [make_table("Steps, each solved again", columns, width), Text(note)]


def _offers(table: pd.DataFrame, plan: Plan, width: int) -> list[RenderableType]:
    currency, rows = plan.instance.head.currency, table.to_dict("records")
    columns = [
        Column("Offer", table["item"].astype(str).tolist(), left=True, fold=True, easy=20),
        Column("Verdict", table["verdict"].astype(str).tolist(), left=True),
        Column("Taken", [count(float(value)) for value in table["taken"]], spare=3),
        Column(
            f"Worth,\n{currency}", [interval_text(row["worth_at_least"], row["worth_at_most"]) for row in rows], spare=1
        ),
        Column("Price", [money(float(value)) for value in table["price"]], spare=2),
        Column("Break-even\nprice", [breakeven_text(row) for row in rows]),
        Column("Why", table["reason"].astype(str).tolist(), left=True, fold=True, easy=26),
    ]
    note = (
        f"Worth: additional cost of the best plan without the offer. Prices are in {currency}, as in the inputs: "
        "per block, "
        "accelerator and hour, lot or MW. Break-even price: below it the offer is taken (for capacity leased out: "
        "above it). Both are given as proven: as an interval where the gaps of the searches leave one.\n"
    )
    return [make_table("Offers", columns, width), Text(note)]


def proven_intervals(table: pd.DataFrame) -> list[str]:
    """What is proven of the amounts of a table, row by row."""
    return [interval_text(row["at_least"], row["at_most"]) for row in table.to_dict("records")]


def breakeven_text(row: dict[Any, Any]) -> str:
    """Proven interval of the break-even price; blank where there is none."""
    if _missing(row["price_to_win"]):
        return ""
    return interval_text(row["at_least"], row["at_most"]) or ("any" if row["proven"] else "not proven")


def _deadlines(table: pd.DataFrame, plan: Plan, width: int) -> list[RenderableType]:
    shown = table.head(20)
    currency = plan.instance.head.currency
    until = [str(value) or "the end" for value in shown["last_month"]]
    columns = [
        Column("Month", shown["month"].astype(str).tolist(), left=True),
        Column("What", [decision_text(row) for row in shown.to_dict("records")], left=True, fold=True, easy=30),
        Column("Blocks", [count(float(value)) for value in shown["blocks"]], spare=1),
        Column("Takes\neffect", shown["takes_effect"].astype(str).tolist(), left=True, spare=2),
        Column("Possible\nuntil", until, left=True),
        Column(f"A month later\ncosts, {currency}", later(shown)),
    ]
    rest = len(table) - len(shown)
    return [make_table("When to decide", columns, width), Text(f"and {rest} more, in deadlines.csv\n" if rest else "")]


def later(table: pd.DataFrame) -> list[str]:
    """What a month's delay costs, or why that is open."""
    return [one or str(note) for one, note in zip(proven_intervals(table), table["delay_note"], strict=True)]


def _verb(kind: object) -> str:
    return "In use" if kind == "used" else VERBS.get(str(kind), str(kind)).rstrip(":")


def decision_text(row: dict[Any, Any]) -> str:
    """What a row of the table deadlines asks to be done, in words."""
    verb = VERBS.get(str(row["decision"]), str(row["decision"]))
    return f"Give notice: {verb.lower()} {row['item']}" if row["act"] == "give notice" else f"{verb} {row['item']}"


def sweep_table(table: pd.DataFrame, cell: str, plan: Plan, width: int = 100) -> RenderableType:
    """A sweep: costs over a range of one cell, with a bar for each."""
    costs = table["objective"].astype(float)
    low, span = costs.min(), max(float(costs.max() - costs.min()), 1e-12)
    texts = [note or money(cost) for cost, note in zip(costs, table["note"], strict=True)]
    bars = ["" if _missing(cost) else "▇" * (1 + round(20 * (cost - low) / span)) for cost in costs]
    columns = [
        Column("Value", [f"{value:,.6g}" for value in table["value"]]),
        Column(f"Net present\ncost, {plan.instance.head.currency}", texts),
        Column("Against\nthe plan", [_or_blank(cost - plan.objective, signed) for cost in costs]),
        Column("Gap", [_or_blank(value, percent) for value in table["gap"]], spare=2),
        Column("Above the least", bars, left=True, spare=1),
    ]
    return make_table(f"Sweep of {cell}", columns, width)


def signed(amount: float) -> str:
    """An amount with its sign."""
    text = money(amount)
    return text if amount < 0 or text == "0" else f"+{text}"


def alternatives_text(found: Alternatives, plan: Plan, width: int = 100) -> Group:
    """Near-optimal alternatives for a rich console."""
    table = found.ranges[(found.ranges["most"] > 0) | (found.ranges["plan"] > 0)]
    columns = [
        Column("Party", table["party"].astype(str).tolist(), left=True),
        Column(
            "What",
            [f"{_verb(row.kind)}, {row.unit}" for row in table.itertuples()],
            left=True,
        ),
        Column("At least", [count(float(value)) for value in table["least"]]),
        Column("Plan", [count(float(value)) for value in table["plan"]]),
        Column("At most", [count(float(value)) for value in table["most"]]),
    ]
    title = f"Plans that cost at most {percent(found.within)} more than {money(plan.objective)}"
    first = found.first
    now = [
        Column(
            "Decision this month",
            [f"{_verb(row.decision)} {row.item}" for row in first.itertuples()],
            left=True,
        ),
        Column("At least", [count(float(value)) for value in first["least"]]),
        Column("Plan", [count(float(value)) for value in first["plan"]]),
        Column("At most", [count(float(value)) for value in first["most"]]),
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

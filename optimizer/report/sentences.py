"""Sentences of an explanation: marginal values, offers, exits, dates, what-ifs, this month, exposure.

Each function takes a table of an explained plan and returns sentences with figures.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimizer.errors import EditError, NoFeasiblePlan, StoppedWithoutPlan
from optimizer.format import compact, count, money, month_text, percent, proven_interval, shown
from optimizer.instance.edit import parse_edit
from optimizer.report.colours import party_text
from optimizer.report.steps import VERBS
from optimizer.schema import load_schema

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

_FEW = 3
_NOTHING = 1e-9  # of the plan's cost: smaller differences are noise
UNCHANGED, NOT_IN_TIME, NO_PLAN = "no decision differs", StoppedWithoutPlan.note, NoFeasiblePlan.note
_OF = {
    "mw": ("One more MW at {} saves {} a month on average, most in {} ({}{}).", "one fewer costs"),
    "accelerator": ("One more accelerator of {} saves {} a month on average, most in {} ({}{}).", "one fewer costs"),
    "demand": (
        "One more reference-accelerator of demand for {} costs {} a month on average, most in {} ({}{}).",
        "one fewer saves",
    ),
    "budget": ("One more {currency} in budget {} saves {}{}.", "one fewer costs"),
}


def missing(value: Any) -> bool:
    """Return whether a cell has no value."""
    return value is None or value != value


def decision_text(row: dict[Any, Any]) -> str:
    """What a row of the table deadlines asks to be done, in words."""
    verb = VERBS.get(str(row["decision"]), str(row["decision"]))
    return f"Give notice: {verb.lower()} {row['item']}" if row["act"] == "give notice" else f"{verb} {row['item']}"


def more(row: dict[Any, Any], plan: Plan, costs: str = "costs") -> str:
    """An extra cost in words, never more precise than what is proven of it.

    Parameters
    ----------
    row : dict
        With ``at_least`` and ``at_most``.
    plan : Plan
        The plan, to whose cost differences are compared.
    costs : str
        Column with the difference that was found, which is given where nothing is proven.
    """
    currency, nothing = plan.instance.head.currency, _NOTHING * abs(plan.objective)
    ends = (None if missing(row[name]) else float(row[name]) for name in ("at_least", "at_most"))
    least, most = (0.0 if end is not None and abs(end) <= nothing else end for end in ends)
    if most is not None and most <= 0:
        return "costs the same" if least == most else "costs no more"
    if least is not None and least > 0:
        return f"costs {proven_interval(least, most, currency)} more"
    if most is not None:
        return f"costs {proven_interval(None, most, currency)} more"
    return f"costs {money(float(row[costs]), currency)} more in the plan found; no bound is proven"


def doubt(plan: Plan) -> list[str]:
    """Warn of differences within the gap of the plan, if it has one."""
    if plan.bound is None or plan.objective - plan.bound <= 1e-6 * abs(plan.objective):
        return []
    room = money(plan.objective - plan.bound, plan.instance.head.currency)
    return [f"The gap of this plan is {room}: smaller differences may come from the search alone."]


# ---------------------------------------------------------------- worth
def best_month(rows: pd.DataFrame, item: object) -> pd.Series[Any] | None:
    """The row of an item in the month in which one more is worth most; None if it never is."""
    mine = rows[(rows["item"] == item) & (rows["held"].fillna(0) != 0)]
    return None if mine.empty else mine.iloc[int(mine["held"].abs().to_numpy().argmax())]


def worth(plan: Plan, table: pd.DataFrame) -> list[str]:
    """The one thing of each kind of which one more is worth most, with the plan's decisions fixed."""
    currency, found = plan.instance.head.currency, []
    for kind, (text, fewer) in _OF.items():
        rows = table[table["kind"] == kind]
        sums = rows.groupby("item")["held"].sum()
        if sums.empty or sums.abs().max() == 0:
            continue
        item = str(sums.abs().idxmax())
        best = best_month(rows, item)
        assert best is not None
        one_fewer = float(best["held_fewer"])
        if kind == "budget":
            other = _other_side(float(best["held"]), one_fewer, fewer, lambda value: compact(value, 3))
            found.append(text.format(item, f"{compact(float(sums[item]), 3)} {currency}", other, currency=currency))
            continue
        average, other = (
            float(sums[item]) / plan.instance.head.months,
            _other_side(float(best["held"]), one_fewer, fewer, money),
        )
        when = month_text(str(best["month"]))
        found.append(text.format(item, money(average, currency), when, money(float(best["held"])), other))
    return found


def _other_side(more: float, fewer: float, text: str, show: Callable[[float], str]) -> str:
    """What one fewer means, where that differs from one more."""
    return "" if fewer != fewer or show(more) == show(fewer) else f"; {text} {show(fewer)}"


def step_words(step: str) -> str:
    """A step in words: ``1 more MW at hall``."""
    try:
        edit = parse_edit(step)
    except EditError:
        return step
    tried = load_schema().tables[edit.table].columns[edit.column].tried
    if tried is None or edit.how not in ("+=", "*="):
        return step
    size = edit.value if edit.how == "+=" else f"{percent(float(edit.value) - 1)} more"
    return f"{size} {tried.words} {edit.item}"


# ---------------------------------------------------------------- offers
def offers(plan: Plan, table: pd.DataFrame) -> list[str]:
    """How many were rejected, and which of these are nearest to winning, with the price."""
    rejected = table[table["verdict"] == "rejected"]
    if rejected.empty:
        return ["No offer is rejected: each is taken, at least in part."]
    text = f"{len(rejected)} of {len(table)} offers {'is' if len(rejected) == 1 else 'are'} rejected."
    priced = rejected[rejected["price_to_win"].notna() & (rejected["price"] > 0)]
    near = (priced["price_to_win"] / priced["price"] - 1).abs().sort_values(kind="stable").index[:_FEW]
    nearest = [_win(priced.loc[index].to_dict(), plan.instance.head.currency) for index in near]
    return [text, *nearest]


def _win(row: dict[Any, Any], currency: str) -> str:
    change = row["price_to_win"] / row["price"] - 1
    if change >= 0 if row["table"] != "outlets" else change <= 0:
        return f"{row['item']} could be taken at its price of {money(row['price'], currency)}: {row['reason']}."
    side = "above" if row["table"] == "outlets" else "below"
    price, now = proven_interval(row["at_least"], row["at_most"], currency), money(row["price"], currency)
    price = "not proven" if price.startswith("nothing") else price
    return f"{row['item']} is taken {side} its break-even price, {price}; it is offered at {now}: {row['reason']}."


# ---------------------------------------------------------------- leaving
def exits(plan: Plan, table: pd.DataFrame) -> list[str]:
    """When each is left, and what a few months earlier or later cost."""
    return [_leaving(plan, str(item), rows) for item, rows in table.groupby("item", sort=False)]


def _leaving(plan: Plan, item: str, rows: pd.DataFrame) -> str:
    known = {int(row["shift"]): row for row in rows.to_dict("records")}
    at = known.get(0)
    verb = "Take back" if (rows["decision"] == "take_back").any() else "Hand back"
    if at is None or plan.instance.month_index(str(at["month"])) >= plan.instance.head.months:
        text = f"Keep {item} to the end of the plan"
    else:
        notice = f", giving notice in {month_text(str(at['notice']))}" if at["notice"] != at["month"] else ""
        text = f"{verb} {item} in {month_text(str(at['month']))}{notice}"
    sides = [_side(known, sorted(shift for shift in known if shift * way > 0), plan) for way in (-1, 1)]
    sides = [side for side in sides if side]
    return f"{text}. {'; '.join(sides)}." if sides else f"{text}."


def _side(known: dict[int, dict[Any, Any]], shifts: list[int], plan: Plan) -> str:
    """What leaving earlier, or later, costs by a month and by the most that was looked into."""
    chosen = dict.fromkeys(sorted(shifts, key=abs)[:: max(len(shifts) - 1, 1)])
    texts = []
    for shift in chosen:
        way, row = ("earlier" if shift < 0 else "later"), known[shift]
        name = f"{abs(shift)} {'month' if abs(shift) == 1 else 'months'} {way}"
        texts.append(f"{name} {row['note'] if missing(row['costs']) else more(row, plan)}")
    return ", ".join(texts)


# ---------------------------------------------------------------- dates
def deadlines(plan: Plan, table: pd.DataFrame) -> list[str]:
    """What is due in the first month, and what waiting costs most."""
    first = plan.instance.label(0)
    table = _by_money(plan, table)
    due = table[table["month"] <= first]
    names = [decision_text(row) for row in due.to_dict("records")]
    text = f"Due in {month_text(first)}: {'; '.join(dict.fromkeys(names))}." if names else ""
    found = [*_cannot_wait(table), text or f"Nothing is due in {month_text(first)}."]
    late = table[table["delay_costs"].notna() & (table["delay_costs"] > 0)]
    if len(late):
        row = late.sort_values(["at_least", "delay_costs"], ascending=False, kind="stable").iloc[0].to_dict()
        cost = more(row, plan, "delay_costs")
        found.append(
            f"Most expensive delay: {decision_text(row)}, due {month_text(str(row['month']))}; a month later {cost}."
        )
    last = table[(table["last_month"] == table["month"]) & (table["month"] > first)]
    if len(last):
        names = [
            f"{decision_text(row)} ({month_text(str(row['month']))})" for row in last.head(_FEW).to_dict("records")
        ]
        found.append(f"Planned for the last month in which it is possible: {'; '.join(names)}.")
    return found


def _cannot_wait(table: pd.DataFrame) -> list[str]:
    """Decisions that leave no plan a month later."""
    rows = table[table["delay_note"] == NO_PLAN].to_dict("records")
    names = dict.fromkeys(f"{decision_text(row)} ({month_text(str(row['month']))})" for row in rows)
    return [f"No plan is feasible if decided a month later: {'; '.join(names)}."] if names else []


def _by_money(plan: Plan, table: pd.DataFrame) -> pd.DataFrame:
    """Rows on decisions, those first whose decision and item bind most money in the plan."""
    acts = plan.decisions
    bound = acts["committed_cost"].abs().groupby([acts["decision"], acts["item"]]).sum().to_dict()
    keys = zip(table["decision"], table["item"], strict=True)
    sizes = pd.Series([bound.get(key, 0.0) for key in keys], index=table.index, dtype=float)
    return table.loc[sizes.sort_values(ascending=False, kind="stable").index]


# ---------------------------------------------------------------- what if, and this month
def events(plan: Plan, table: pd.DataFrame) -> list[str]:
    """What each event costs, and what answers it."""
    return [_event(row, plan) for row in table.to_dict("records")]


def without_plan(plan: Plan, table: pd.DataFrame | None) -> list[str]:
    """Sentences on the events that leave no plan."""
    rows = [] if table is None else table[table["note"] == NO_PLAN].to_dict("records")
    return [_event(row, plan) for row in rows]


def _event(row: dict[Any, Any], plan: Plan) -> str:
    what = f"If {row['event']}"
    if missing(row["costs"]):
        return f"{what}: {'no plan meets all rules' if row['note'] == NO_PLAN else row['note']}."
    share = (
        f", and {percent(float(row['unserved']))} of demand is not served in the plan found" if row["unserved"] else ""
    )
    return f"{what}, the best plan {more(row, plan)}{share}. {_changes(row)}"


def _changes(row: dict[Any, Any]) -> str:
    """What is decided otherwise."""
    return f"Changes: {row['answer']}." if row["answer"] != UNCHANGED else "No other decision changes."


def caps(plan: Plan, table: pd.DataFrame) -> list[str]:
    """Cost of less exposure to each, or of surviving its loss."""
    groups = table.groupby(["rule", "subject", "member"], sort=False)
    return [_less(plan, rows.to_dict("records")) for _, rows in groups]


def _less(plan: Plan, rows: list[dict[Any, Any]]) -> str:
    one = rows[0]
    member = shown(party_text(str(one["member"])), 40)
    parts = [f"{_requirement(row, plan)} {_price(row, plan)}" for row in rows]
    text = f"{member} has up to {percent(float(one['share']))} of the capacity. " if one["rule"] == "max_share" else ""
    return f"{text}{'; '.join([parts[0], *(part[:1].lower() + part[1:] for part in parts[1:])])}."


def _price(row: dict[Any, Any], plan: Plan) -> str:
    if missing(row["costs"]):
        return f"was {row['note']}" if row["note"] == NOT_IN_TIME else str(row["note"])
    return more(row, plan)


def _requirement(row: dict[Any, Any], plan: Plan) -> str:
    """A requirement, with the month from which on it can be kept if that is not the first."""
    month = str(row["month"])
    since = f", feasible from {month_text(month)} on," if month and month != plan.instance.label(0) else ""
    if row["rule"] == "survive":
        return f"Surviving the loss of {shown(party_text(str(row['member'])), 40)}{since}"
    return f"At most {percent(float(row['limit']))}{since}"


def first(plan: Plan, table: pd.DataFrame) -> list[str]:
    """What to do in the first month whatever happens, and what depends on it; events without a plan first."""
    month, mine = month_text(plan.instance.label(0)), table[table["blocks"] > 0]
    found = _without_plan(table, month)
    rows = mine[(mine["kept"] == mine["events"]) & (mine["events"] > 0)].to_dict("records")
    sure = [f"{_least(row)}{_waiting(row, plan)}" for row in rows if _must(row, plan)]
    loose = [_least(row) for row in rows if not _must(row, plan)]
    found += (
        [f"In {month}, whichever {'other ' if found else ''}of these events occurs: {'; '.join(sure)}."] if sure else []
    )
    if loose:
        found.append(
            f"Decided in {month} in all plans found, but a delay of a month is not proven to cost more: "
            f"{'; '.join(loose)}."
        )
    open_ = mine[mine["kept"] < mine["events"]]
    found += [f"Do not {_lower(decision_text(row))} if {row['otherwise']}." for row in open_.to_dict("records")]
    found += [
        f"{decision_text(row)} only if {row['otherwise']}."
        for row in table[table["blocks"] <= 0].head(_FEW).to_dict("records")
    ]
    return found or [f"Nothing has to be decided in {month}, whichever of these events occurs."]


def _lower(text: str) -> str:
    """Start a text with a small letter."""
    return f"{text[:1].lower()}{text[1:]}"


def _without_plan(table: pd.DataFrame, month: str) -> list[str]:
    """Events that leave no plan, and those for which none was found in time."""
    if table.empty:
        return []
    row = table.iloc[0]
    found = []
    if row["without_plan"]:
        found.append(f"Whatever is decided in {month}, no plan meets all rules if {row['without_plan']}.")
    if row["not_found"]:
        found.append(f"No plan was found within the time limit if {row['not_found']}: these events are left out.")
    return found


def _must(row: dict[Any, Any], plan: Plan) -> bool:
    """Whether a decision that all plans found make is needed: a month later is proven to cost more, or not tried."""
    if missing(row["at_least"]):
        return str(row["delay_note"]) != NOT_IN_TIME and missing(row["delay_costs"])
    return float(row["at_least"]) > _NOTHING * abs(plan.objective)


def _waiting(row: dict[Any, Any], plan: Plan) -> str:
    """What it costs to decide a month later, where that was worked out."""
    if missing(row["delay_costs"]):
        return f" (a month later {row['delay_note']})" if row["delay_note"] else ""
    return f" (a month later {more(row, plan, 'delay_costs')})"


def _least(row: dict[Any, Any]) -> str:
    """A decision that is always made, with the blocks that are."""
    least, mine = count(float(row["least"])), count(float(row["blocks"]))
    return f"{decision_text(row)}, {mine if least == mine else f'at least {least} (the plan: {mine})'}"

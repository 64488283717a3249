"""Sections of an explained plan: marginal values, offers, exits, dates, what-ifs, exposure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd

from optimizer.format import count, interval_text, money, percent
from optimizer.report import sentences
from optimizer.report.charts import PlanContext
from optimizer.report.colours import party_text
from optimizer.report.explained import (
    NO_FEWER,
    best_month,
    breakeven_text,
    decision_text,
    fewer_by_item,
    later,
    proven_intervals,
)
from optimizer.report.grid import Grid
from optimizer.report.page import Listed, Prose, Section
from optimizer.report.section_exposure import caps_grid

_ITEMS = 40
_KINDS = {
    "mw": "one more MW at a site saves",
    "accelerator": "one more accelerator saves",
    "demand": "one more reference-accelerator of demand costs",
    "budget": "one more unit of money in a budget saves",
}
_UNASKED = (
    "Not computed yet. Run capopt explain on the folder of this plan: it computes the value of one more MW, "
    "accelerator or unit of money, the break-even price of each rejected offer, when to hand back and to decide, what "
    "happens if a site slips, demand grows faster or a lessor leaves, the no-regret decisions of this month, and the "
    "cost of less exposure. The report then includes it."
)


def explained(context: PlanContext) -> list[Section]:
    """The sections, in the order of a planner's questions; one that says how to get them where there is nothing."""
    tables = context.plan.explained
    if not tables:
        return [Section("why", "Worth, offers, dates and what-ifs", (Prose([_UNASKED]),))]
    found = [
        Section(
            "first", "This month: no-regret decisions", _answered(context, "first", "Decisions of this month", _first)
        ),
        Section("worth", "What one more is worth", tuple(_worths(context))),
        Section("offers", "Offers and their break-even prices", _answered(context, "offers", "Offers", _offers)),
        Section("leaving", "When to hand back", _answered(context, "exits", "Leaving earlier or later", _exits)),
        Section("dates", "When to decide at the latest", _answered(context, "deadlines", "Deadlines", _deadlines)),
        Section("whatif", "What if", _answered(context, "events", "What if", _events)),
        Section("less", "What less exposure costs", _answered(context, "caps", "Less exposure", caps_grid)),
    ]
    return [section for section in found if section.blocks]


Make = Callable[[PlanContext, pd.DataFrame], Grid]
_QUIET = {
    "first": "Nothing has to be decided this month.",
    "offers": "There are no offers.",
    "exits": "The plan has nothing that can be handed back.",
    "deadlines": "There is nothing to decide.",
    "events": "No site could slip, no demand grows, and nothing could be taken back.",
    "caps": "No provider or owner has a large share of the capacity, and each can be lost.",
}


def _answered(context: PlanContext, name: str, caption: str, make: Make) -> tuple[Any, ...]:
    """The answer in sentences, and the table; nothing where it was not worked out."""
    table = context.plan.explained.get(name)
    if table is None:
        return ()
    if table.empty:
        events = context.plan.explained.get("events") if name == "first" else None
        return (Prose([*sentences.without_plan(context.plan, events), _QUIET[name]]),)
    texts = getattr(sentences, name)(context.plan, table)
    if name != "first":
        texts += sentences.doubt(context.plan)
    return Prose(texts), Listed(caption, make(context, table))


# ---------------------------------------------------------------- worth
def _worths(context: PlanContext) -> Iterator[Any]:
    tables = context.plan.explained
    if "values" in tables:
        found = sentences.worth(context.plan, tables["values"])
        yield Prose(found or ["No limit binds in this plan: one more of anything is worth nothing."])
        for kind, title in _KINDS.items():
            grid = _values(context, tables["values"], kind)
            if grid.rows:
                yield Listed(f"Worth: {title}", grid)
    if "steps" in tables and len(tables["steps"]):
        yield Listed("Steps: the exact change, solved again", _steps(context, tables["steps"]))


def _values(context: PlanContext, table: pd.DataFrame, kind: str) -> Grid:
    """Items by their worth, highest first: average over the months on both sides, the best month, the relaxation."""
    rows = table[table["kind"] == kind]
    sums = rows.groupby("item")[["held", "relaxed"]].sum()
    fewer = fewer_by_item(rows)
    order = sums.abs().max(axis=1).sort_values(ascending=False).index[:_ITEMS]
    months = 1 if kind == "budget" else context.horizon
    found = []
    for item in order:
        best = best_month(rows, item)
        held, relaxed = float(sums.loc[item, "held"]), float(sums.loc[item, "relaxed"])
        highest = ("", "", "") if best is None else (best["month"], *map(_worth, (best["held"], best["held_fewer"])))
        whole, then = ((_worth(held),), highest[1:]) if months > 1 else ((), highest[2:])
        averages = (_worth(held / months), *whole, *((_worth(fewer[item] / months),) if months > 1 else ()))
        found.append((party_text(str(item)), str(highest[0]), *averages, *then, _worth(relaxed / months)))
    note = (
        f"Present value in {context.currency}. One more and one fewer: at fixed decisions (shadow price), solved "
        f"again with one unit more and one less; {NO_FEWER} Relaxation: one more in the LP relaxation, for ranking "
        "only."
    )
    monthly = ("One more, a month", "One more, all months", "One fewer, a month", "One more, in that month")
    spans = (*monthly, "One fewer, in that month") if months > 1 else ("One more", "One fewer")
    rest = len(sums) - len(order)
    note += f" {rest} more in the plan's table values." if rest else ""
    each = "Relaxation, a month" if months > 1 else "Relaxation"
    return Grid(("Item", "Highest in", *spans, each), found, 2, note)


def _worth(value: float) -> str:
    if value != value:
        return "–"
    return "" if value == 0 else f"{value:,.4g}" if abs(value) < 1000 else money(value)


def _steps(context: PlanContext, table: pd.DataFrame) -> Grid:
    texts = zip(table["step"], table["note"], proven_intervals(table), strict=True)
    rows = [(sentences.step_words(str(step)), str(note), saves) for step, note, saves in texts]
    note = f"In {context.currency}, present value: proven saving. Negative: it costs more."
    return Grid(("Step", "", "Saves"), rows, 2, note)


def _offers(context: PlanContext, table: pd.DataFrame) -> Grid:
    rows = []
    for row in table.to_dict("records"):
        most = "" if row["possible"] == float("inf") else f" of {count(row['possible'])}"
        worth = interval_text(row["worth_at_least"], row["worth_at_most"])
        amounts = (f"{count(row['taken'])}{most}", worth, money(row["price"]), breakeven_text(row))
        who = (str(row["item"]), party_text(str(row["party"])), str(row["verdict"]), str(row["reason"]))
        rows.append((*who, *amounts))
    columns = ("Offer", "Party", "Verdict", "Why", "Taken", "Worth", "Price", "Break-even price")
    note = (
        f"Worth: additional cost of the best plan without the offer, in {context.currency}. Prices as in the inputs: "
        "per block, accelerator and hour, lot or MW. Break-even price: below it (for capacity leased out: above it) "
        "the offer is taken. Both are given as proven: as an interval where the gaps of the searches leave one."
    )
    return Grid(columns, rows, 4, note)


def _deadlines(context: PlanContext, table: pd.DataFrame) -> Grid:
    rows = []
    for row, waiting in zip(table.to_dict("records"), later(table), strict=True):
        party, until = party_text(str(row["party"])), str(row["last_month"]) or "the end"
        who = (str(row["month"]), decision_text(row), party, str(row["takes_effect"]), until)
        rows.append((*who, count(row["blocks"]), waiting))
    columns = ("Month", "What", "Party", "Takes effect", "Possible until", "Blocks", "A month later costs")
    note = (
        f"A month later: proven additional cost of the best plan, in {context.currency}; for the first months. "
        "Of a hand-back: with the blocks kept a month longer. Blank: not computed."
    )
    return Grid(columns, rows, 5, note)


def _exits(context: PlanContext, table: pd.DataFrame) -> Grid:
    rows, end = [], context.plan.instance.head.months
    for row in table.to_dict("records"):
        kept = context.plan.instance.month_index(str(row["month"])) >= end
        month, notice = ("kept to the end", "") if kept else (str(row["month"]), str(row["notice"]))
        shift = int(row["shift"])
        when = "the plan" if shift == 0 else f"{abs(shift)} {'earlier' if shift < 0 else 'later'}"
        costs = "" if shift == 0 else interval_text(row["at_least"], row["at_most"])
        who = (str(row["item"]), party_text(str(row["party"])), when, month, notice, str(row["note"]))
        rows.append((*who, costs))
    columns = ("Item", "Party", "Months", "First month without", "Notice in", "", "Costs more")
    note = (
        f"Proven additional cost of the best plan that leaves it then, in {context.currency}, present value; all other "
        "decisions are optimised again."
    )
    return Grid(columns, rows, 6, note)


def _events(context: PlanContext, table: pd.DataFrame) -> Grid:
    rows = []
    for row in table.to_dict("records"):
        share = row["unserved"]
        rows.append(
            (
                *(str(row["event"]), str(row["month"]), str(row["answer"] or row["note"])),
                interval_text(row["at_least"], row["at_most"]),
                "" if share is None or share != share else percent(float(share)),
            )
        )
    columns = ("If", "Effective from", "Largest changes of decisions", "Costs more", "Not served")
    note = (
        f"In {context.currency}, present value: proven additional cost of the best plan for the event, known in "
        "advance, over the best plan without it. Not served: in the plan found."
    )
    return Grid(columns, rows, 3, note)


def _first(context: PlanContext, table: pd.DataFrame) -> Grid:
    rows = []
    for row, waiting in zip(table.to_dict("records"), later(table), strict=True):
        kept = f"{int(row['kept'])} of {int(row['events'])}"
        blocks = (count(row["blocks"]), count(row["least"]), count(row["most"]))
        rows.append((decision_text(row), party_text(str(row["party"])), str(row["otherwise"]), kept, *blocks, waiting))
    columns = ("Decision", "Party", "Otherwise if", "Made in", "Blocks", "Least", "Most", "A month later costs")
    note = (
        "Made in: in how many of the what-ifs below the best plan found makes it too. Otherwise: the what-ifs in which "
        "it is not made, or, of what this plan does not decide, in which it is. Least and most: blocks in any of them. "
        f"A month later costs: proven additional cost of the best plan, in {context.currency}. What-ifs "
        "without a plan count in none of these."
    )
    return Grid(columns, rows, 3, note)

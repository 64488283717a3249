"""Sections of an explained plan: marginal values, offers, exits, dates, what-ifs, exposure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimizer.format import count, counted, interval_text, money, month_cell, percent, shown, unit_value
from optimizer.plan.by_scenario import EVERY, SEPARATOR
from optimizer.plan.tables import SCENARIO
from optimizer.report import sentences
from optimizer.report.colours import party_text
from optimizer.report.document import Block, Grid, Prose, Section, Table
from optimizer.report.plan_context import PlanContext
from optimizer.report.section_exposure import caps_grid
from optimizer.report.sentences import best_month, decision_text, missing

_ITEMS = 40
_NO_FEWER = "–: in some month there is none to remove, or these decisions are infeasible without it."
_KINDS = {
    "mw": "one more MW at a site saves",
    "accelerator": "one more accelerator saves",
    "demand": "one more reference-accelerator of demand costs",
    "budget": "one more unit of money in a budget saves",
}
_MONTHLY = (
    *("Item", "Highest in", "One more, a month", "One more, all months", "One fewer, a month"),
    *("One more, in that month", "One fewer, in that month", "Relaxation, a month"),
)
_NOT_EXPLAINED = (
    "Not computed yet. Run capopt explain on the folder of this plan: it computes the value of one more MW, "
    "accelerator or unit of money, the break-even price of each rejected offer, when to hand back and to decide, what "
    "happens if a site slips, demand grows faster or a lessor leaves, the no-regret decisions of this month, and the "
    "cost of less exposure. The report then includes it."
)


@dataclass(frozen=True)
class _Question:
    """Anchor, title, caption, table, and the sentence where the table is empty."""

    anchor: str
    title: str
    caption: str
    make: Callable[[PlanContext, pd.DataFrame], Grid]
    empty: str


def explained(context: PlanContext, tables: Mapping[str, pd.DataFrame] | None = None) -> list[Section]:
    """Return a section for each question that was answered; one that says how to ask where there is none.

    Parameters
    ----------
    context : PlanContext
        The plan.
    tables : mapping of str to DataFrame
        Tables of an explanation; those of the plan if None.
    """
    tables = context.plan.explained if tables is None else tables
    if not tables:
        return [Section("why", "Worth, offers, dates and what-ifs", (Prose([_NOT_EXPLAINED]),))]
    found = [Section("worth", "What one more is worth", _worths(context, tables))]
    found += [Section(one.anchor, one.title, _answered(context, tables, name, one)) for name, one in _QUESTIONS.items()]
    order = ("first", "worth", "offers", "leaving", "dates", "whatif", "less")
    return sorted((section for section in found if section.blocks), key=lambda section: order.index(section.anchor))


def _answered(context: PlanContext, tables: Mapping[str, pd.DataFrame], name: str, one: _Question) -> list[Block]:
    """The answer in sentences, and the table; nothing where it was not worked out."""
    table = tables.get(name)
    if table is None:
        return []
    if table.empty:
        without = sentences.without_plan(context.plan, tables.get("events")) if name == "first" else []
        return [Prose([*without, one.empty])]
    doubt = sentences.doubt(context.plan) if name != "first" else []
    texts = [*getattr(sentences, name)(context.plan, table), *doubt]
    return [Prose(texts), Table(one.caption, one.make(context, table))]


# ---------------------------------------------------------------- worth
def _worths(context: PlanContext, tables: Mapping[str, pd.DataFrame]) -> list[Block]:
    found: list[Block] = []
    if "values" in tables:
        texts = sentences.worth(context.plan, tables["values"])
        found.append(Prose(texts or ["No limit binds in this plan: one more of anything is worth nothing."]))
        values = [Table(f"Worth: {title}", _values(context, tables["values"], kind)) for kind, title in _KINDS.items()]
        found += [table for table in values if table.grid.rows]
    if "steps" in tables:
        steps = _steps(context, tables["steps"])
        found.append(Table("Steps: the exact change, solved again", steps, "There are no steps to try."))
    return found


def _values(context: PlanContext, table: pd.DataFrame, kind: str) -> Grid:
    """Items by their worth, highest first: average over the months on both sides, the best month, the relaxation."""
    rows = table[table["kind"] == kind]
    sums, fewer = rows.groupby("item")[["held", "relaxed"]].sum(min_count=1), fewer_by_item(rows)
    monthly, months = kind != "budget", 1 if kind == "budget" else context.horizon
    found = []
    for item in sums.abs().max(axis=1).sort_values(ascending=False).index[:_ITEMS]:
        best = best_month(rows, item)
        month = "" if best is None else month_cell(best["month"])
        then = ["", ""] if best is None else [unit_value(float(best[side])) for side in ("held", "held_fewer")]
        one, relaxed = float(sums.loc[item, "held"]), unit_value(float(sums.loc[item, "relaxed"]) / months)
        averages = [unit_value(value / months) for value in (one, float(fewer[item]))]
        cells = [averages[0], unit_value(one), averages[1], *then] if monthly else averages
        found.append((party_text(str(item)), month, *cells, relaxed))
    note = (
        f"Present value in {context.currency}. One more and one fewer: at fixed decisions (shadow price), solved "
        f"again with one unit more and one less; {_NO_FEWER} Relaxation: one more in the LP relaxation, for ranking "
        "only."
    )
    columns = _MONTHLY if monthly else ("Item", "Highest in", "One more", "One fewer", "Relaxation")
    spare = ("One more, all months", *reversed(columns[-3:]), "Highest in") if monthly else columns[-1:]
    left = len(sums) - len(found)
    return Grid(columns, found, 2, note, spare=spare, source="the plan's table values", left=left)


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
    return Grid(columns, rows, 4, note, spare=("Taken", "Party", "Price", "Worth"))


def _deadlines(context: PlanContext, table: pd.DataFrame) -> Grid:
    rows = []
    shared = SCENARIO in table
    for row, waiting in zip(table.to_dict("records"), later(table), strict=True):
        party, until = party_text(str(row["party"])), month_cell(row["last_month"]) or "the end"
        who = (month_cell(row["month"]), decision_text(row), party, month_cell(row["takes_effect"]), until)
        case = (scenarios_text(row[SCENARIO]),) if shared else ()
        rows.append((*who, *case, count(row["blocks"]), waiting))
    case = ("In",) if shared else ()
    columns = ("Month", "What", "Party", "Takes effect", "Possible until", *case, "Blocks", "A month later costs")
    note = (
        f"A month later: proven additional cost of the best plan, in {context.currency}; for the first months. "
        "Of a hand-back: with the blocks kept a month longer. Blank: not computed."
    )
    spare = ("Party", "Takes effect", "Blocks")
    return Grid(columns, rows, 5 + len(case), note, spare=spare, source="the plan's table deadlines")


def _exits(context: PlanContext, table: pd.DataFrame) -> Grid:
    rows, end = [], context.plan.instance.head.months
    for row in table.to_dict("records"):
        kept = context.plan.instance.month_index(str(row["month"])) >= end
        month, notice = ("kept to the end", "") if kept else (month_cell(row["month"]), month_cell(row["notice"]))
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
                *(str(row["event"]), month_cell(row["month"]), str(row["answer"] or row["note"])),
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


# ---------------------------------------------------------------- cells
def scenarios_text(cell: object) -> str:
    """Return the scenarios of a cell: all, the name of one, or how many."""
    names = str(cell).split(SEPARATOR)
    if cell == EVERY:
        return "all scenarios"
    return shown(names[0], 40) if len(names) == 1 else counted(len(names), "scenario")


def fewer_by_item(rows: pd.DataFrame) -> pd.Series[float]:
    """What one fewer of each item costs in all months; missing where it does so in one of them."""
    return rows.groupby("item")["held_fewer"].agg(lambda values: values.sum(skipna=False))


def proven_intervals(table: pd.DataFrame) -> list[str]:
    """What is proven of the amounts of a table, row by row."""
    return [interval_text(row["at_least"], row["at_most"]) for row in table.to_dict("records")]


def breakeven_text(row: dict[Any, Any]) -> str:
    """Proven interval of the break-even price; blank where there is none."""
    if missing(row["price_to_win"]):
        return ""
    return interval_text(row["at_least"], row["at_most"]) or ("any" if row["proven"] else "not proven")


def later(table: pd.DataFrame) -> list[str]:
    """What a month's delay costs, or why that is open."""
    return [one or str(note) for one, note in zip(proven_intervals(table), table["delay_note"], strict=True)]


_QUESTIONS = {
    "first": _Question(
        *("first", "This month: no-regret decisions", "Decisions of this month"),
        *(_first, "Nothing has to be decided this month."),
    ),
    "offers": _Question("offers", "Offers and their break-even prices", "Offers", _offers, "There are no offers."),
    "exits": _Question(
        *("leaving", "When to hand back", "Leaving earlier or later"),
        *(_exits, "The plan has nothing that can be handed back."),
    ),
    "deadlines": _Question(
        "dates", "When to decide at the latest", "Deadlines", _deadlines, "There is nothing to decide."
    ),
    "events": _Question(
        *("whatif", "What if", "What if"),
        *(_events, "No site could slip, no demand grows, and nothing could be taken back."),
    ),
    "caps": _Question(
        *("less", "What less exposure costs", "Less exposure"),
        *(caps_grid, "No provider or owner has a large share of the capacity, and each can be lost."),
    ),
}

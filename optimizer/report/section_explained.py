"""What an explained plan tells on its page: worth, steps, offers, deadlines."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimizer.report.charts import Ground
from optimizer.report.colours import party_text
from optimizer.report.explained import deed
from optimizer.report.grid import Grid
from optimizer.report.page import Listed, Prose, Section
from optimizer.report.words import count, money

_ITEMS = 40
_KINDS = {
    "mw": "one more MW at a site saves",
    "accelerator": "one more accelerator saves",
    "demand": "one more reference-accelerator wanted costs",
    "budget": "one more unit of money in a budget saves",
}


def explained(ground: Ground) -> Section | None:
    """The section; None where the plan has not been explained."""
    tables = ground.plan.explained
    if not tables:
        return None
    blocks: list[Any] = []
    for kind, title in _KINDS.items():
        grid = _values(ground, tables["values"], kind) if "values" in tables else None
        if grid is not None and grid.rows:
            blocks.append(Listed(f"Worth: {title}", grid))
    makers = (
        ("steps", "Steps: the true change, solved again", _steps),
        ("offers", "Offers: taken or not, and the price to win", _offers),
        ("deadlines", "Deadlines: when to order, sign and give notice", _deadlines),
    )
    for name, caption, make in makers:
        if name in tables and len(tables[name]):
            blocks.append(Listed(caption, make(ground, tables[name])))
    return Section("why", "Worth, offers and deadlines", tuple(blocks) or (Prose(["Nothing binds in this plan."]),))


def _values(ground: Ground, table: pd.DataFrame, kind: str) -> Grid:
    """Items by their worth, highest first: average and sum over the months, the best month, the relaxation."""
    rows = table[table["kind"] == kind]
    sums = rows.groupby("item")[["held", "relaxed"]].sum()
    order = sums.abs().max(axis=1).sort_values(ascending=False).index[:_ITEMS]
    months = 1 if kind == "budget" else ground.horizon
    found = []
    for item in order:
        best = rows.loc[rows.loc[rows["item"] == item, "held"].abs().idxmax()]
        held, relaxed = float(sums.loc[item, "held"]), float(sums.loc[item, "relaxed"])
        highest = (str(best["month"]), _worth(float(best["held"]))) if best["held"] else ("", "")
        whole = (_worth(held),) if months > 1 else ()
        found.append(
            (party_text(str(item)), highest[0], _worth(held / months), *whole, highest[1], _worth(relaxed / months))
        )
    note = (
        f"Present value in {ground.currency}. Held: with the whole-number decisions of the plan as they are. "
        "Relaxation: as if blocks could be divided; it ranks, and promises nothing."
    )
    spans = ("Held, a month", "Held, all months") if months > 1 else ("Held",)
    rest = len(sums) - len(order)
    note += f" {rest} more in the plan's table values." if rest else ""
    each = "Relaxation, a month" if months > 1 else "Relaxation"
    return Grid(("Item", "Highest in", *spans, "In that month", each), found, 2, note)


def _worth(value: float) -> str:
    return "" if value == 0 else f"{value:,.4g}" if abs(value) < 1000 else money(value)


def _steps(ground: Ground, table: pd.DataFrame) -> Grid:
    rows = [
        (str(row.step), str(row.note), *(_money(value) for value in (row.saves, row.at_least, row.at_most)))
        for row in table.itertuples()
    ]
    note = (
        f"In {ground.currency}, present value; negative: it costs more. The best plans' saving is proven to lie "
        "between the last two figures."
    )
    return Grid(("Step", "", "Saves", "At least", "At most"), rows, 2, note)


def _money(value: Any) -> str:
    return "" if value is None or value != value else money(float(value))


def _offers(ground: Ground, table: pd.DataFrame) -> Grid:
    rows = []
    for row in table.to_dict("records"):
        price = _money(row["price_to_win"])
        doubt = "" if bool(row["proven"]) or not price else ", in doubt"
        most = "no limit" if row["possible"] == float("inf") else count(row["possible"])
        amounts = (count(row["taken"]), most, _money(row["worth"]), money(row["price"]), f"{price}{doubt}")
        who = (str(row["item"]), party_text(str(row["party"])), str(row["verdict"]), str(row["reason"]))
        rows.append((*who, *amounts))
    columns = ("Offer", "Party", "Verdict", "Why", "Taken", "Possible", "Worth", "Price", "Price to win")
    note = (
        f"Worth: what the best plan without the offer costs more, in {ground.currency}. Prices as in the inputs: per "
        "block, accelerator and hour, lot or MW. Price to win: below it (for capacity leased out: above it) the offer "
        "is taken; in doubt where the gaps of the searches leave room."
    )
    return Grid(columns, rows, 4, note)


def _deadlines(ground: Ground, table: pd.DataFrame) -> Grid:
    rows = []
    for row in table.to_dict("records"):
        party, until = party_text(str(row["party"])), str(row["last_month"]) or "the end"
        who = (str(row["month"]), deed(row), party, str(row["takes_effect"]), until)
        rows.append((*who, count(row["blocks"]), _money(row["delay_costs"])))
    columns = ("Month", "What", "Party", "Takes effect", "Possible until", "Blocks", "A month later costs")
    note = (
        f"A month later: how much more the best plan costs, in {ground.currency}; worked out for the first months. "
        "Blank: not worked out, or no plan with that delay."
    )
    return Grid(columns, rows, 5, note)

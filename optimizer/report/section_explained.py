"""What an explained plan tells on its page: worth, steps, offers, deadlines."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimizer.report.charts import Ground
from optimizer.report.colours import party_text
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
    """Items by their worth, highest first: sums over the months, the best month, and the relaxation's ranking."""
    rows = table[table["kind"] == kind]
    sums = rows.groupby("item")[["held", "relaxed"]].sum()
    order = sums.abs().max(axis=1).sort_values(ascending=False).index[:_ITEMS]
    found = []
    for item in order:
        mine = rows[rows["item"] == item]
        best = mine.loc[mine["held"].abs().idxmax()]
        held, relaxed = float(sums.loc[item, "held"]), float(sums.loc[item, "relaxed"])
        highest = (_worth(float(best["held"])), str(best["month"])) if best["held"] else ("", "")
        found.append((party_text(str(item)), _worth(held), *highest, _worth(relaxed)))
    note = (
        f"Present value in {ground.currency}, summed over all months. Held: with the whole-number decisions of the "
        "plan as they are. Relaxation: without whole numbers; it ranks, and promises nothing."
    )
    columns = ("Item", "Decisions held", "Highest in a month", "in", "Relaxation")
    return Grid(columns, found, 1, note)


def _worth(value: float) -> str:
    return "" if value == 0 else f"{value:,.4g}" if abs(value) < 1000 else money(value)


def _steps(ground: Ground, table: pd.DataFrame) -> Grid:
    rows = [
        (str(row.step), *(_money(value) for value in (row.saves, row.at_least, row.at_most)))
        for row in table.itertuples()
    ]
    note = (
        f"In {ground.currency}, present value; negative: it costs more. The best plans' saving is proven to lie "
        "between the last two figures. A step without figures leaves no plan."
    )
    return Grid(("Step", "Saves", "At least", "At most"), rows, 1, note)


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
        f"Worth: what the best plan without the offer costs more, in {ground.currency}. Price to win: below it (for "
        "capacity leased out: above it) the offer is taken; in doubt where the gaps of the searches leave room."
    )
    return Grid(columns, rows, 4, note)


def _deadlines(ground: Ground, table: pd.DataFrame) -> Grid:
    rows = []
    for row in table.fillna({"last_month": ""}).to_dict("records"):
        party = party_text(str(row["party"]))
        who = (str(row["month"]), str(row["act"]), str(row["item"]), party, str(row["takes_effect"]))
        rows.append((*who, str(row["last_month"]), count(row["blocks"]), _money(row["delay_costs"])))
    columns = ("Month", "Act", "Item", "Party", "Takes effect", "Possible until", "Blocks", "A month later costs")
    note = f"In {ground.currency}. Blank: possible to the end of the plan; not worked out, or no plan with that delay."
    return Grid(columns, rows, 6, note)

"""What differs item by item: money, with the changes of decisions and of inputs in words beside it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pandas as pd

from optimizer.plan.compare_decisions import SIZES

_MOST = 6  # changes told of an item
COLUMNS = ("decisions", "inputs")


def item_changes(
    money: pd.DataFrame, decisions: pd.DataFrame, inputs: pd.DataFrame, hourly: pd.DataFrame
) -> pd.DataFrame:
    """Money by item and party with what changed, the largest difference first; unchanged items are kept for the sum.

    Parameters
    ----------
    money : DataFrame
        Money by item and party in both plans.
    decisions, inputs : DataFrame
        What differs in the decisions and in the inputs.
    hourly : DataFrame
        Accelerator-months by offer of what is used by the hour: no decision tells of it.
    """
    acts = decisions[decisions["decision"] != "expire"]  # what runs out follows from what was signed
    told = {"decisions": _by_item(_dearest_first(acts), decision_text), "inputs": _by_item(inputs, input_text)}
    for row in hourly.to_dict("records"):
        told["decisions"].setdefault(str(row["pool"]), []).append(use_text(row))
    paid = set(money["item"])
    others = sorted({*told["decisions"], *told["inputs"]} - paid - {""})
    numbers = [name for name in money.columns if name not in ("item", "party")]
    extra = pd.DataFrame([{"item": item, "party": "", **dict.fromkeys(numbers, 0.0)} for item in others])
    found = pd.concat([money, extra], ignore_index=True) if others else money.copy()
    for column in COLUMNS:
        found[column] = [_listed(told[column].get(item, [])) for item in found["item"]]
    order = found["present_value_difference"].abs().sort_values(ascending=False, kind="stable").index
    return found.loc[order, ["item", "party", *COLUMNS, *numbers]].reset_index(drop=True)


def _dearest_first(acts: pd.DataFrame) -> pd.DataFrame:
    """Changed decisions of items with more of them than are listed by the money they bind, others by month."""
    many = acts.groupby("item")["item"].transform("size") > _MOST
    bound = acts[["committed_cost_a", "committed_cost_b"]].abs().max(axis=1).where(many, 0.0)
    return acts.loc[bound.sort_values(ascending=False, kind="stable").index]


def _by_item(table: pd.DataFrame, tell: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in table.to_dict("records"):
        found[str(row["item"])].append(tell(row))
    return found


def _listed(texts: list[str]) -> str:
    more = len(texts) - _MOST
    return "; ".join(texts[:_MOST]) + (f"; and {more} more" if more > 0 else "")


def decision_text(row: dict[Any, Any]) -> str:
    """A changed decision in a few words: ``sign moved from 2027-01 to 2027-06, 4 to 6 blocks``."""
    kind = str(row["decision"]).replace("_", " ")
    unit = next((name for name in SIZES if row[f"{name}_a"] != row[f"{name}_b"]), "blocks")
    size = f"{row[f'{unit}_a']:,g} to {row[f'{unit}_b']:,g} {'MW' if unit == 'mw' else unit}"
    change, months = row["change"], f"{row['month_a']} to {row['month_b']}"
    if change in ("moved", "moved and resized"):
        return f"{kind} moved from {months}{f', {size}' if change != 'moved' else ''}"
    if change == "resized":
        return f"{kind} of {row['month_b']}: {size}"
    if change == "changed":
        return f"{kind} of {row['month_b']}: other place or terms"
    month, blocks = row["month_b"] or row["month_a"], row["blocks_b"] or row["blocks_a"]
    other = " (a month that the other plan does not cover)" if change == "outside" else f" {change}"
    return f"{kind} of {blocks:g} in {month}{other}"


def use_text(row: dict[Any, Any]) -> str:
    """Changed use by the hour in a few words: ``used 1,200 to 3,400 accelerator-months``."""
    before, after = (number(float(row[f"accelerators_{plan}"])) for plan in "ab")
    return f"used {before} to {after} accelerator-months"


def number(value: float) -> str:
    """A number without decimals where it is large, else with four digits."""
    return f"{value:,.0f}" if value == 0 or abs(value) >= 1000 else f"{value:.4g}"


def input_text(row: dict[Any, Any]) -> str:
    """A changed input in a few words: ``price 2.1 to 2.4``."""
    if not row["column"]:
        return f"{row['table']} {row['row']}: {'row added' if row['b'] else 'row removed'}"
    names = str(row["row"]).split(", ")[1:]
    where = f"{row['table']} {', '.join(names)} " if names else ""
    return f"{where}{row['column']} {without_noise(row['a']) or 'blank'} to {without_noise(row['b']) or 'blank'}"


def without_noise(text: str) -> str:
    """Return a cell, as a number with 15 digits at most if it has more: 6600 for 6600.000000000001."""
    if sum(character.isdigit() for character in text) <= 15:
        return text
    try:
        return f"{float(text):.15g}"
    except ValueError:
        return text

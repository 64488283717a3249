"""Comparison by item: money, with the changes of decisions and inputs as text."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pandas as pd

from optimizer.format import brief, compact, figure
from optimizer.plan.compare_decisions import SIZES

_MOST = 6  # maximum number of changes in the text of an item
COLUMNS = ("decisions", "inputs")
_TYPED = 15  # digits that survive as typed


def item_changes(
    money: pd.DataFrame, decisions: pd.DataFrame, inputs: pd.DataFrame, hourly: pd.DataFrame
) -> pd.DataFrame:
    """Return money by item and party with the changes, the largest difference first; unchanged items are included.

    Parameters
    ----------
    money : DataFrame
        Money by item and party in both plans.
    decisions, inputs : DataFrame
        Differences of the decisions and of the inputs.
    hourly : DataFrame
        On-demand use in accelerator-months by offer, which is not in the decisions.
    """
    acts = decisions[decisions["decision"] != "expire"]  # expiries follow from signatures
    texts = {"decisions": _by_item(_most_expensive_first(acts), decision_text), "inputs": _by_item(inputs, input_text)}
    for row in hourly.to_dict("records"):
        texts["decisions"].setdefault(str(row["pool"]), []).append(use_text(row))
    paid = set(money["item"])
    others = sorted({*texts["decisions"], *texts["inputs"]} - paid - {""})
    numbers = [name for name in money.columns if name not in ("item", "party")]
    extra = pd.DataFrame([{"item": item, "party": "", **dict.fromkeys(numbers, 0.0)} for item in others])
    found = pd.concat([money, extra], ignore_index=True) if others else money.copy()
    for column in COLUMNS:
        found[column] = [_listed(texts[column].get(item, [])) for item in found["item"]]
    order = found["present_value_difference"].abs().sort_values(ascending=False, kind="stable").index
    return found.loc[order, ["item", "party", *COLUMNS, *numbers]].reset_index(drop=True)


def _most_expensive_first(acts: pd.DataFrame) -> pd.DataFrame:
    """Sort the decisions of items that have more than are listed by committed money, others by month."""
    many = acts.groupby("item")["item"].transform("size") > _MOST
    bound = acts[["committed_cost_a", "committed_cost_b"]].abs().max(axis=1).where(many, 0.0)
    return acts.loc[bound.sort_values(ascending=False, kind="stable").index]


def _by_item(table: pd.DataFrame, text_of: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in table.to_dict("records"):
        found[str(row["item"])].append(text_of(row))
    return found


def _listed(texts: list[str]) -> str:
    more = len(texts) - _MOST
    return "; ".join(texts[:_MOST]) + (f"; and {more} more" if more > 0 else "")


def decision_text(row: dict[Any, Any]) -> str:
    """Describe a changed decision: ``sign moved from 2027-01 to 2027-06, 4 to 6 blocks``."""
    kind = str(row["decision"]).replace("_", " ")
    unit = next((name for name in SIZES if row[f"{name}_a"] != row[f"{name}_b"]), "blocks")
    before, after = (compact(row[f"{unit}_{plan}"]) for plan in "ab")
    size = f"{before} to {after} {'MW' if unit == 'mw' else unit}"
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
    """Describe changed on-demand use: ``used 1,200 to 3,400 accelerator-months``."""
    before, after = (brief(float(row[f"accelerators_{plan}"])) for plan in "ab")
    return f"used {before} to {after} accelerator-months"


def input_text(row: dict[Any, Any]) -> str:
    """Describe a changed input: ``price 2.1 to 2.4``."""
    if not row["column"]:
        return f"{row['table']} {row['row']}: {'row added' if row['b'] else 'row removed'}"
    names = str(row["row"]).split(", ")[1:]
    where = f"{row['table']} {', '.join(names)} " if names else ""
    before, after = without_noise(row["a"]), without_noise(row["b"])
    if before == after:
        before, after = row["a"], row["b"]
    return f"{where}{row['column']} {before or 'blank'} to {after or 'blank'}"


def without_noise(text: str) -> str:
    """Return a cell; a number with more digits than anybody types has those of a figure: 6600 for 6600.000000000001."""
    if sum(character.isdigit() for character in text) <= _TYPED:
        return text
    try:
        return figure(float(text))
    except ValueError:
        return text

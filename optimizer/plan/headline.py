"""Headline figures of a plan: what it costs, what it leaves undone, how much capacity it holds, what is due soon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from optimizer.instance.instance import Instance

PENALTIES = ("unserved", "lateness", "not_run", "violation")  # cost that nobody is paid
SOURCES = ("in_house", "contract", "on_demand")
SOON = 3  # months
_NO_CASH_OUT = (*PENALTIES, "residual", "lease_out")
_ENDS = ("hand_back", "take_back")


def headline(tables: Mapping[str, pd.DataFrame], instance: Instance, bound: float | None) -> dict[str, Any]:
    """Figures for a first look, as ``plan.json`` holds them.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The plan's tables.
    instance : Instance
        What is planned.
    bound : float or None
        Proven lower bound on the net present cost; None if nothing is proven.

    Returns
    -------
    dict
        Keys as ``docs/plan.md`` tells them; money in the instance's currency.
    """
    cash, service, capacity = tables["cash"], tables["service"], tables["capacity"]
    cost, wanted = _sum(cash, "present_value"), _sum(service, "demand")
    amounts = _by_term(cash)
    told = (tables["decisions"][column].to_list() for column in ("month", "decision", "item"))
    actions = [row for row in zip(*told, strict=True) if row[1] != "expire"]
    accelerators, megawatts = _peaks(capacity)
    return {
        "net_present_cost": cost,
        "bound": bound,
        "gap_money": None if bound is None else cost - bound,
        "cash_out": sum((amount for term, amount in amounts.items() if term not in _NO_CASH_OUT), 0.0),
        "lease_out_revenue": 0.0 - amounts.get("lease_out", 0.0),
        "unserved_share": _sum(service, "unserved") / wanted if wanted else None,
        "unserved_penalty": amounts.get("unserved", 0.0),
        "peak_accelerators": accelerators,
        "peak_mw": megawatts,
        "decisions": len(actions),
        "decisions_due_soon": sum(month < SOON for month in _due(actions, instance)),
    }


def notice_months(instance: Instance) -> dict[str, int]:
    """Months of notice, by contract and outlet."""
    found = {row.contract: row.notice_months for row in instance.rows["contracts"]}
    return found | {row.outlet: row.notice_months for row in instance.rows["outlets"]}


def _due(actions: list[tuple[str, str, str]], instance: Instance) -> list[int]:
    """Month in which each must be acted on: what is handed or taken back, by its notice."""
    notices = notice_months(instance)
    early = ((month, notices.get(item, 0) if kind in _ENDS else 0) for month, kind, item in actions)
    return [instance.month_index(month) - notice for month, notice in early]


def _by_term(cash: pd.DataFrame) -> dict[str, float]:
    """All amounts of each cash term."""
    found: dict[str, float] = {}
    for term, amount in zip(cash["term"].to_list(), cash["amount"].to_list(), strict=True):
        found[term] = found.get(term, 0.0) + amount
    return found


def _peaks(capacity: pd.DataFrame) -> Iterator[dict[str, float]]:
    """The most accelerators and MW there are in any month, in all and by source; these can be different months."""
    rows: dict[str, int] = {}
    months = np.array([rows.setdefault(month, len(rows)) for month in capacity["month"].to_list()], dtype=np.int64)
    sources = np.array([SOURCES.index(source) for source in capacity["source"].to_list()], dtype=np.int64)
    width = len(SOURCES)
    for column in ("accelerators", "mw"):
        held = np.bincount(months * width + sources, capacity[column].to_numpy(), len(rows) * width).reshape(-1, width)
        peaks = (held.sum(axis=1).max(initial=0.0), *held.max(axis=0, initial=0.0))
        yield {name: float(peak) for name, peak in zip(("total", *SOURCES), peaks, strict=True)}


def _sum(table: pd.DataFrame, column: str) -> float:
    return float(table[column].to_numpy().sum())

"""Headline figures of a plan: what it costs, what it leaves undone, how much capacity it holds, what is due soon."""

from __future__ import annotations

from collections.abc import Mapping
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
    cost, wanted = _sum(cash["present_value"]), _sum(service["demand"])
    amounts = _by_term(cash)
    actions = tables["decisions"][tables["decisions"]["decision"] != "expire"]
    return {
        "net_present_cost": cost,
        "bound": bound,
        "gap_money": None if bound is None else cost - bound,
        "cash_out": sum((amount for term, amount in amounts.items() if term not in _NO_CASH_OUT), 0.0),
        "lease_out_revenue": 0.0 - amounts.get("lease_out", 0.0),
        "unserved_share": _sum(service["unserved"]) / wanted if wanted else None,
        "unserved_penalty": amounts.get("unserved", 0.0),
        "peak_accelerators": _peaks(capacity, "accelerators"),
        "peak_mw": _peaks(capacity, "mw"),
        "decisions": len(actions),
        "decisions_due_soon": sum(month < SOON for month in _due(actions, instance)),
    }


def notice_months(instance: Instance) -> dict[str, int]:
    """Months of notice, by contract and outlet."""
    found = {row.contract: row.notice_months for row in instance.rows["contracts"]}
    return found | {row.outlet: row.notice_months for row in instance.rows["outlets"]}


def _due(actions: pd.DataFrame, instance: Instance) -> list[int]:
    """Month in which each must be acted on: what is handed or taken back, by its notice."""
    notices = notice_months(instance)
    rows = zip(actions["month"], actions["decision"], actions["item"], strict=True)
    early = ((month, notices.get(item, 0) if kind in _ENDS else 0) for month, kind, item in rows)
    return [instance.month_index(month) - notice for month, notice in early]


def _by_term(cash: pd.DataFrame) -> dict[str, float]:
    """All amounts of each cash term."""
    codes, terms = pd.factorize(cash["term"])
    return dict(zip(terms, np.bincount(codes, cash["amount"], len(terms)).tolist(), strict=True))


def _peaks(capacity: pd.DataFrame, column: str) -> dict[str, float]:
    """The most there is in any month, in all and by source; these can be different months."""
    months, labels = pd.factorize(capacity["month"])
    sources = pd.Index(SOURCES).get_indexer(pd.Index(capacity["source"]))
    width = len(SOURCES)
    held = np.bincount(months * width + sources, capacity[column], len(labels) * width).reshape(-1, width)
    peaks = (held.sum(axis=1).max(initial=0.0), *held.max(axis=0, initial=0.0))
    return {name: float(peak) for name, peak in zip(("total", *SOURCES), peaks, strict=True)}


def _sum(column: pd.Series[Any]) -> float:
    return float(column.sum())

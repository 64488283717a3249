"""Headline figures of a plan: what it costs, what it leaves undone, how much capacity it holds, what is due soon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from optimizer.instance.instance import Instance

PENALTIES = ("unserved", "lateness", "not_run", "violation")  # cost that nobody is paid
SOURCES = ("in_house", "contract", "on_demand")
SOON = 3  # months
_NO_CASH = (*PENALTIES, "residual")
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
    amounts = cash.groupby("term")["amount"].sum()
    held = capacity.groupby(["month", "source"])[["accelerators", "mw"]].sum()
    actions = tables["decisions"][tables["decisions"]["decision"] != "expire"]
    return {
        "net_present_cost": cost,
        "bound": bound,
        "gap_money": None if bound is None else cost - bound,
        "cash_out": _sum(amounts.drop([*_NO_CASH, "lease_out"], errors="ignore")),
        "lease_out_revenue": 0.0 - float(amounts.get("lease_out", 0.0)),
        "unserved_share": _sum(service["unserved"]) / wanted if wanted else None,
        "unserved_penalty": float(amounts.get("unserved", 0.0)),
        "peak_accelerators": _peaks(held["accelerators"]),
        "peak_mw": _peaks(held["mw"]),
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


def _peaks(held: pd.Series[Any]) -> dict[str, float]:
    """The most there is in any month, in all and by source; these can be different months."""
    months = held.unstack(fill_value=0).reindex(columns=list(SOURCES), fill_value=0.0)
    peaks = {"total": months.sum(axis=1).max(), **months.max()} if len(months) else dict.fromkeys(("total", *SOURCES))
    return {source: float(value or 0.0) for source, value in peaks.items()}


def _sum(column: pd.Series[Any]) -> float:
    return float(column.sum())

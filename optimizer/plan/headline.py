"""Headline figures of a plan: cost, unserved demand, peak capacity, decisions due soon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from optimizer.cash_terms import terms_of_kind
from optimizer.instance.instance import Instance

SOURCES = ("in_house", "contract", "on_demand")
SOON = 3  # months


def headline(tables: Mapping[str, pd.DataFrame], instance: Instance, bound: float | None) -> dict[str, Any]:
    """Return the headline figures that ``plan.json`` contains.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The plan's tables.
    instance : Instance
        The planned instance.
    bound : float or None
        Proven lower bound on the net present cost; None if nothing is proven.

    Returns
    -------
    dict
        Keys as described in ``docs/plan.md``; money in the instance's currency.
    """
    cash, service, capacity = tables["cash"], tables["service"], tables["capacity"]
    cost, wanted = _sum(cash, "present_value"), _sum(service, "demand")
    amounts = _by_term(cash)
    columns = (tables["decisions"][column].to_list() for column in ("month", "decision"))
    months = [month for month, decision in zip(*columns, strict=True) if decision != "expire"]
    accelerators, megawatts = _peaks(capacity)
    return {
        "net_present_cost": cost,
        "bound": bound,
        "gap_money": None if bound is None else cost - bound,
        "cash_out": sum((amounts.get(term, 0.0) for term in terms_of_kind("capex", "opex")), 0.0),
        "lease_out_revenue": 0.0 - sum(amounts.get(term, 0.0) for term in terms_of_kind("revenue")),
        "unserved_share": _sum(service, "unserved") / wanted if wanted else None,
        "unserved_penalty": amounts.get("unserved", 0.0),
        "peak_accelerators": accelerators,
        "peak_mw": megawatts,
        **_owed(tables["obligations"], instance),
        "decisions": len(months),
        "decisions_due_soon": sum(instance.month_index(month) < SOON for month in months),
    }


def _owed(obligations: pd.DataFrame, instance: Instance) -> dict[str, Any]:
    """Return what is owed at the start, at its peak and the first month of that, and what of it is due after the plan.

    The latter is as of the last month.
    """
    first, last = instance.label(0), instance.label(instance.head.months - 1)
    by_month: dict[str, float] = {}
    after = 0.0
    columns = (obligations[name].to_list() for name in ("month", "owed", "owed_after_horizon"))
    for month, owed, later in zip(*columns, strict=True):
        by_month[month] = by_month.get(month, 0.0) + owed
        after += later if month == last else 0.0
    peak = max(by_month, key=lambda month: by_month[month], default=None)
    return {
        "owed_at_start": by_month.get(first, 0.0),
        "owed_peak": by_month[peak] if peak else 0.0,
        "owed_peak_month": peak,
        "owed_after_horizon": after,
    }


def _by_term(cash: pd.DataFrame) -> dict[str, float]:
    """Return the total amount of each cash term."""
    found: dict[str, float] = {}
    for term, amount in zip(cash["term"].to_list(), cash["amount"].to_list(), strict=True):
        found[term] = found.get(term, 0.0) + amount
    return found


def _peaks(capacity: pd.DataFrame) -> Iterator[dict[str, float]]:
    """Yield the peaks of accelerators and MW, in total and by source; their months can differ."""
    rows: dict[str, int] = {}
    months = np.array([rows.setdefault(month, len(rows)) for month in capacity["month"].to_list()], dtype=np.int64)
    sources = np.array([SOURCES.index(source) for source in capacity["source"].to_list()], dtype=np.int64)
    width = len(SOURCES)
    for column in ("accelerators", "mw"):
        sums = np.bincount(months * width + sources, capacity[column].to_numpy(), len(rows) * width).reshape(-1, width)
        peaks = (sums.sum(axis=1).max(initial=0.0), *sums.max(axis=0, initial=0.0))
        yield {name: float(peak) for name, peak in zip(("total", *SOURCES), peaks, strict=True)}


def _sum(table: pd.DataFrame, column: str) -> float:
    return float(table[column].to_numpy().sum())

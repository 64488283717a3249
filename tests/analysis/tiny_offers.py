"""Plans of tiny instances, and the verdict on one of their offers."""

from __future__ import annotations

from typing import Any

import pandas as pd

import optimizer
from optimizer.analysis.offers import offers_table
from optimizer.plan.plan import Plan
from tests.program.tiny import solved, tiny

EXACT = 1e-9


def best(months: int, demand: dict[str, list[float]], **given: Any) -> Plan:
    """The optimal plan of a tiny instance."""
    return solved(tiny(months, demand, **given), gap=EXACT)


def verdict(plan: Plan, item: str) -> pd.Series[Any]:
    """Row of an offer."""
    return offers_table(optimizer.WhatIf(plan, gap=EXACT), plan, [item]).iloc[0]

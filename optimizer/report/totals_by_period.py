"""Capacity and money by month, quarter or year, and by where they come from and go to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from optimizer.cash_terms import cash_terms
from optimizer.format import count, fixed, scale_of
from optimizer.report.document import Grid, Table

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan
    from optimizer.report.plan_context import PlanContext

AFTER = "after the end"
RENTED = "Rented"
_OTHER = "Other penalties"
_NARROW = {
    "Contracts": RENTED,
    "On demand": RENTED,
    "Residual": "In-house",
    "Tail": RENTED,
    "Unserved": "Penalties",
    _OTHER: "Penalties",
}
_ORDER = (
    "In-house",
    RENTED,
    "Contracts",
    "On demand",
    "Leased out",
    "Unserved",
    "Penalties",
    _OTHER,
    "Residual",
    "Tail",
)
_SOURCES = {"in_house": "In-house", "contract": "Contract", "on_demand": "On demand"}


class Periods:
    """Months of a plan gathered into months, quarters or years, so that there are few.

    Parameters
    ----------
    start : str
        First month, ``YYYY-MM``.
    months : int
        Number of months.
    """

    def __init__(self, start: str, months: int) -> None:
        self.noun = "Month" if months <= 6 else "Quarter" if months <= 24 else "Year"
        self.labels = [str(month) for month in pd.period_range(start, periods=months, freq="M")]
        self.lengths = pd.Series([self.of(label) for label in self.labels]).value_counts(sort=False)

    def of(self, month: str) -> str:
        """Period that a month belongs to."""
        if month > self.labels[-1]:
            return AFTER
        if self.noun == "Quarter":
            return f"{month[:4]} Q{(int(month[5:]) + 2) // 3}"
        return month if self.noun == "Month" else month[:4]


def capacity_by_period(plan: Plan, periods: Periods, wide: bool = True) -> pd.DataFrame:
    """Accelerators and MW by source, average of the months of each period; columns that say nothing are left out.

    Unless ``wide``, sources are gathered into fewer columns.
    """
    table = plan.capacity
    if table.empty:
        return pd.DataFrame()
    period = table["month"].map(periods.of)
    columns: dict[str, pd.Series[float]] = {}
    for source, name in _SOURCES.items():
        rows = table["source"] == source
        label = name if wide or source == "in_house" else RENTED
        _add(columns, f"{label}\naccel.", table["accelerators"].where(rows, 0.0))
        _add(columns, f"{name}\nMW" if wide else "MW", table["mw"].where(rows, 0.0))
    if not wide:
        columns["MW"] = columns.pop("MW")  # of both, after both
    columns["Leased\nout"] = table["leased_out"]
    columns["Idle"] = table["idle"]
    sums = pd.DataFrame(columns).groupby(period).sum()
    averages = sums.reindex(periods.lengths.index, fill_value=0.0).div(periods.lengths, axis=0)
    return averages.loc[:, (averages.abs() > 1e-9).any()]


def _add(columns: dict[str, pd.Series[float]], name: str, values: pd.Series[float]) -> None:
    columns[name] = columns[name] + values if name in columns else values


def cash_by_period(plan: Plan, periods: Periods, wide: bool = True) -> pd.DataFrame:
    """Money out by group of terms in each period, in all, and as present value; nominal but for the last row.

    Unless ``wide``, terms are gathered into fewer groups.
    """
    table = plan.cash
    if table.empty:
        return pd.DataFrame()
    outlets = {row.outlet for row in plan.instance.rows["outlets"]}
    terms = cash_terms()
    group = table["term"].map(lambda term: terms[term].group if term in terms else _OTHER)
    group = group.where(~table["item"].isin(outlets), "Leased out")
    group = group if wide else group.replace(_NARROW)
    period = table["month"].map(periods.of)
    frame = table.groupby([period, group])["amount"].sum().unstack().fillna(0.0)
    last = [AFTER] if AFTER in frame.index else []
    frame = frame.reindex([*periods.lengths.index, *last], fill_value=0.0)
    frame = frame[[name for name in _ORDER if name in frame.columns]]
    frame.loc["all"] = frame.sum()
    frame.loc["present value"] = table.groupby(group)["present_value"].sum()
    return frame.assign(Total=frame.sum(axis=1))


# ---------------------------------------------------------------- tables
def capacity_table(context: PlanContext, wide: bool = True) -> Table:
    """Return capacity by period as a table."""
    periods = Periods(context.start, context.horizon)
    frame = capacity_by_period(context.plan, periods, wide)
    rows = [
        (str(period), *(count(value) if value else "–" for value in values)) for period, *values in frame.itertuples()
    ]
    columns = (periods.noun, *map(str, frame.columns))
    return Table("Capacity, average of the months", Grid(columns, rows), "This plan has no capacity.")


def cash_table(context: PlanContext, wide: bool = True) -> Table:
    """Return cost by period as a table, in one scale."""
    periods = Periods(context.start, context.horizon)
    frame = cash_by_period(context.plan, periods, wide)
    size, unit = scale_of([] if frame.empty else frame["Total"].tolist())
    digits = 0 if (frame.abs() >= 999.95 * size).any(axis=None) else 1
    rows = [
        (str(period), *(fixed(value / size, digits, "–") for value in values)) for period, *values in frame.itertuples()
    ]
    caption = f"Cost, {f'{unit} {context.currency}'.strip()}; money in is negative"
    return Table(caption, Grid((periods.noun, *map(str, frame.columns)), rows), "This plan has no payments.")

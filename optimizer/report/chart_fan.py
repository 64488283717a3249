"""The range over time of capacity, cost and obligations: quantiles by probability, and single scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from optimizer.format import count, money, month_text, rounded, scale_of, scaled
from optimizer.plan.tables import SCENARIO
from optimizer.report.charts import Chart, new_figure
from optimizer.report.colours import INK, MUTED, SITE_SHADES
from optimizer.report.document import by_month
from optimizer.report.plan_context import PlanContext

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9)
_BANDS = (("10 to 90 %", 0, 4, SITE_SHADES[3][0]), ("25 to 75 %", 1, 3, SITE_SHADES[1][0]))
_LINES = 40  # single scenarios; of more, the costliest and the cheapest


def fan_charts(plan: Plan) -> list[Chart]:
    """Return the charts of the section."""
    context = PlanContext(plan)
    return [_capacity(context), _cost(context), _owed(context)]


def by_scenario(plan: Plan, table: str, column: str) -> pd.DataFrame:
    """Return the sums of a column: a row for each scenario, a column for each month of the plan."""
    months = [plan.instance.label(t) for t in range(plan.instance.head.months)]
    sums = plan.tables[table].groupby([SCENARIO, "month"])[column].sum().unstack(fill_value=0)
    return sums.reindex(index=plan.tables["scenarios"][SCENARIO], columns=months, fill_value=0.0)


def quantiles(values: Any, chances: Any) -> Any:
    """Return the quantiles of :data:`LEVELS` (row) in each month (column): the least values not exceeded so often.

    Parameters
    ----------
    values : ndarray
        By scenario (row) and month (column).
    chances : ndarray
        Probability of each scenario.
    """
    order = np.argsort(values, axis=0, kind="stable")
    reached = np.cumsum(chances[order], axis=0)
    found = np.empty((len(LEVELS), values.shape[1]))
    for number, level in enumerate(LEVELS):
        place = (reached < level - 1e-9).sum(axis=0).clip(max=len(chances) - 1)
        found[number] = np.take_along_axis(values, np.take_along_axis(order, place[None], axis=0), axis=0)[0]
    return found


def spread(plan: Plan, sums: pd.DataFrame) -> list[tuple[str, list[float]]]:
    """Return what a table shows of values by scenario and month: lowest, quantiles, highest, expected."""
    values, chances = sums.to_numpy(dtype=float), plan.tables["scenarios"]["probability"].to_numpy(dtype=float)
    columns = [("Lowest", values.min(axis=0))]
    names = ("10 %", "25 %", "Median", "75 %", "90 %")
    columns += list(zip(names, quantiles(values, chances), strict=True))
    columns += [("Highest", values.max(axis=0)), ("Expected", chances @ values)]
    return [(name, found.tolist()) for name, found in columns]


def _capacity(context: PlanContext) -> Chart:
    sums = by_scenario(context.plan, "capacity", "accelerators")
    low, high = float(sums.iloc[:, -1].min()), float(sums.iloc[:, -1].max())
    reach = count(low) if low == high else f"{count(low)} to {count(high)}"
    title = f"Accelerators: {reach} in {month_text(context.months[-1])}, depending on what comes."
    return _fan(context, "range-capacity", title, sums, "accelerators")


def _cost(context: PlanContext) -> Chart:
    sums = by_scenario(context.plan, "cash", "amount").cumsum(axis=1)
    low, high = (money(float(value), context.currency) for value in (sums.iloc[:, -1].min(), sums.iloc[:, -1].max()))
    reach = low if low == high else f"{low} to {high}"
    title = f"Money out so far, penalties included, nominal: {reach} by {month_text(context.months[-1])}."
    return _fan(context, "range-cost", title, sums, context.currency)


def _owed(context: PlanContext) -> Chart:
    sums = by_scenario(context.plan, "obligations", "owed")
    peak = float(sums.to_numpy().max())
    month = str(sums.max(axis=0).idxmax())
    title = "Nothing is owed in any month."
    if peak:
        title = f"Owed at the start of a month: at most {money(peak, context.currency)}, in {month_text(month)}."
    return _fan(context, "range-obligations", title, sums, context.currency)


def _fan(context: PlanContext, key: str, title: str, sums: pd.DataFrame, unit: str) -> Chart:
    """Return bands of quantiles, the median, and lines of single scenarios."""
    is_money = unit == context.currency
    size, name = scale_of(sums.to_numpy().ravel().tolist()) if is_money else (1.0, "")
    unit = f"{name} {unit}".strip()
    shown = sums / size
    columns = spread(context.plan, shown)
    formats = (",", ",.1f") if is_money else ("~s", ",.0f")
    figure = new_figure(context, unit, tickformat=formats[0], hoverformat=formats[1])
    values = [found for _, found in columns[1:6]]
    for label, low, high, colour in _BANDS:
        for place, fill in ((low, None), (high, "tonexty")):
            look = {"fill": fill, "fillcolor": colour, "hoverinfo": "skip", "meta": {"label": label, "look": "area"}}
            _add(figure, context, values[place], label, colour, width=0.0, **look)
    for line in _lines(context.plan, shown):
        _add(figure, context, line, "single scenarios", MUTED, width=0.9, hoverinfo="skip")
    _add(figure, context, values[2], "median", INK, width=2.4, hovertemplate=f"%{{y}} {unit}")
    form = scaled(1.0) if is_money else rounded
    note = f"Quantiles by probability, month by month; in {unit}."
    return Chart(key, title, figure, by_month(context.months, columns, form), note)


def _add(figure: Any, context: PlanContext, values: list[float], label: str, colour: str, **look: Any) -> None:
    """Add a line with steps at the months; ``width`` of the line, the rest as Plotly takes it."""
    line = {"shape": "hv", "width": look.pop("width"), "color": colour}
    spot = {"x": context.steps, "y": [*values, values[-1]], "mode": "lines", "line": line}
    figure.add_trace(go.Scatter(**spot, name=label, legendgroup=label, **{"meta": {"label": label}, **look}))


def _lines(plan: Plan, sums: pd.DataFrame) -> list[list[float]]:
    """Return the values of single scenarios; of many, those that cost most and least."""
    if len(sums) <= _LINES:
        return [row.tolist() for row in sums.to_numpy(dtype=float)]
    costs = plan.tables["scenarios"]["cost"].to_numpy(dtype=float)
    return [sums.iloc[int(place)].tolist() for place in (costs.argmax(), costs.argmin())]

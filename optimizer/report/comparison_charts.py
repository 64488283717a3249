"""Charts of a comparison: what differs month by month, and whose it is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from optimizer.format import count, month_text, rounded, scaled
from optimizer.plan.plan import Plan
from optimizer.report.charts import Chart, Series, add_bars, add_line, new_figure, party_series
from optimizer.report.colours import INK
from optimizer.report.comparison import difference, scale, signed
from optimizer.report.document import by_month
from optimizer.report.plan_context import PlanContext
from optimizer.report.totals_by_period import AFTER

if TYPE_CHECKING:
    from optimizer.plan.compare import Comparison

_TABLES = ("cash", "capacity", "decisions")


def common_context(comparison: Comparison) -> PlanContext:
    """Months that one plan or the other covers, and colours of the parties of both."""
    a, b = comparison.a, comparison.b
    starts = [plan.instance.head.start for plan in (a, b)]
    lasts = [plan.instance.label(plan.instance.head.months - 1) for plan in (a, b)]
    months = len(pd.period_range(min(starts), max(lasts), freq="M"))
    tables = {name: pd.concat([a.tables[name], b.tables[name]], ignore_index=True) for name in _TABLES}
    instance = replace(b.instance, head=replace(b.instance.head, start=min(starts), months=months))
    return PlanContext(Plan(head={}, tables=tables, instance=instance))


def capacity(context: PlanContext, comparison: Comparison, key: str) -> Chart:
    """Difference of accelerators by month and party."""
    table, names = comparison.capacity, comparison.names
    sums = context.pivot(table, table["party"].map(context.colours.group), "accelerators_difference")
    figure = new_figure(context, "accelerators", tickformat=",", hoverformat=",.0f")
    series = party_series(context, sums)
    totals = sums.sum(axis=1)
    add_bars(figure, context, series, "%{y:,.0f}")
    add_line(figure, context, Series("all", INK, totals.tolist()), "%{y:,.0f}")
    at = str(totals.abs().idxmax())
    most = signed(float(totals[at]), count(abs(float(totals[at]))))
    title = f"Accelerators of {names[1]} over {names[0]}, by party: most in {month_text(at)}, {most}."
    title = title if (totals != 0).any() else f"{names[1]} and {names[0]} have as many accelerators in every month."
    grid = by_month(context.months, [*((one.label, one.values) for one in series), ("All", totals.tolist())], rounded)
    return Chart(f"capacity-{key}", title, figure, grid, "Above zero: more of that party's capacity. The line: in all.")


def cost(context: PlanContext, comparison: Comparison, key: str) -> Chart:
    """Difference of the money by month and party, with its running sum."""
    table, names = comparison.cost, comparison.names
    sums = context.pivot(table, table["party"].map(context.colours.group), "amount_difference")
    totals = sums.sum(axis=1)
    running = totals.cumsum()
    size, unit = scale([*totals, *running], comparison)
    figure = new_figure(context, unit, tickformat=",", hoverformat=",.1f")
    series = party_series(context, sums / size)
    add_bars(figure, context, series, f"%{{y:,.1f}} {unit}")
    add_line(figure, context, Series("running sum", INK, (running / size).tolist()), f"%{{y:,.1f}} {unit}")
    last = float(running.iloc[-1])
    currency = comparison.b.instance.head.currency
    end = month_text(context.months[-1])
    title = f"Money of {names[1]} over {names[0]}, by party: {difference(last, currency)} by {end}."
    columns = [(one.label, one.values) for one in series]
    columns += [("All", (totals / size).tolist()), ("Running sum", (running / size).tolist())]
    after = float(table.loc[table["month"] > context.months[-1], "amount_difference"].sum())
    note = f"In {unit}, nominal, penalties included; above zero: more money out."
    if after:
        note += f" Not shown: {difference(after, currency)} {AFTER}: residual value and tail of contracts."
    return Chart(f"cost-{key}", title, figure, by_month(context.months, columns, scaled(1.0)), note)

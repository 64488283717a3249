"""Charts of money: by month, year, term and party, cumulative, nominal and as present value."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from optimizer.cash_terms import terms_of_kind
from optimizer.format import counted, money, month_text, net, percent, scale_of, scaled
from optimizer.report.charts import Chart, add_bars, new_figure, party_series, plot_text, style
from optimizer.report.colours import INK, MUTED, PENALTIES, party_text, term_label, whose
from optimizer.report.document import Grid, by_month
from optimizer.report.plan_context import PlanContext
from optimizer.report.totals_by_period import AFTER

_ROW = 40  # height of a pair of bars
_KINDS = (("nominal", "amount", MUTED), ("present value", "present_value", INK))


def cash(context: PlanContext) -> Chart:
    """Money out by month and party; money in is below zero."""
    table = context.plan.cash
    sums = context.pivot(table, table["party"].map(context.colours.group), "amount")
    size, unit = _unit(context, sums)
    series = party_series(context, sums / size)
    figure = new_figure(context, unit, tickformat=",", hoverformat=",.1f")
    add_bars(figure, context, series, f"%{{y:,.1f}} {unit}")
    totals = sums.sum(axis=1)
    columns = [*((one.label, one.values) for one in series), ("All", (totals / size).tolist())]
    grid = by_month(context.months, columns, scaled(1.0))
    return Chart("cash", _by_month_title(context, totals), figure, _in_unit(grid, unit), _after_note(context, table))


def _unit(context: PlanContext, frame: pd.DataFrame) -> tuple[float, str]:
    """One scale for all sums of a frame, and its name with the currency."""
    size, name = scale_of(frame.sum(axis=1).tolist() if len(frame.columns) else [])
    return size, f"{name} {context.currency}".strip()


def _in_unit(grid: Grid, unit: str) -> Grid:
    return Grid(grid.columns, grid.rows, grid.texts, f"In {unit}; money in is negative.")


def _after_note(context: PlanContext, table: pd.DataFrame) -> str:
    later = table[table["month"] > context.months[-1]]
    found = later.groupby(later["term"].isin(terms_of_kind("owed")))["amount"].sum()
    names = {False: ("the residual value", -1), True: ("the tail of contracts", 1)}
    parts = [f"{what} of {money(sign * float(found[tail]), context.currency)}"
             for tail, (what, sign) in names.items() if found.get(tail)]  # fmt: skip
    return f"Not shown: {' and '.join(parts)}, counted after the last month." if parts else ""


def _by_month_title(context: PlanContext, totals: pd.Series[float]) -> str:
    year = totals.iloc[:12].sum()
    worst = str(totals.idxmax())
    first = f"{net(float(year), context.currency)} over the first {counted(min(12, context.horizon), 'month')}"
    return f"Cash and penalties: {first}; most in {month_text(worst)}, {net(float(totals[worst]), context.currency)}."


def cash_by_year(context: PlanContext) -> Chart:
    """Money out by calendar year and party, with the residual value and the tail of contracts at the end."""
    table = context.plan.cash
    year = table["month"].map(lambda month: AFTER if month > context.months[-1] else month[:4])
    years = sorted({month[:4] for month in context.months})
    places = [*years, AFTER] if (year == AFTER).any() else years
    party = table["party"].map(context.colours.group)
    sums = table.groupby([year, party])["amount"].sum().unstack(fill_value=0)
    sums = sums.reindex(places, fill_value=0.0)
    size, unit = _unit(context, sums)
    series = party_series(context, sums / size)
    figure = new_figure(context, unit, tickformat=",", hoverformat=",.1f")
    add_bars(figure, context, series, f"%{{y:,.1f}} {unit}", x=places)
    bounds, angle = [-0.5, len(places) - 0.5], 0 if len(places) <= 8 else -90
    figure.update_xaxes(type="category", dtick=1, tick0=0, range=bounds, tickangle=angle, tickformat="", hoverformat="")
    totals = sums.sum(axis=1)
    columns = [*((one.label, one.values) for one in series), ("All", (totals / size).tolist())]
    grid = by_month(places, columns, scaled(1.0))
    grid = Grid(("Year", *grid.columns[1:]), grid.rows)
    return Chart("cash-by-year", _by_year_title(totals[years], context.currency), figure, _in_unit(grid, unit))


def _by_year_title(totals: pd.Series[float], currency: str) -> str:
    least, most = str(totals.idxmin()), str(totals.idxmax())
    low, high = (f"{net(float(totals[year]), currency)} in {year}" for year in (least, most))
    span = f"between {low} and {high}; " if least != most else ""
    return f"Cash and penalties by year: {span}{net(float(totals.sum()), currency)} in all."


def cash_by_term(context: PlanContext) -> Chart:
    """Money by what it is paid for, nominal and as present value."""
    table = context.plan.cash
    sums = table.groupby("term")[["amount", "present_value"]].sum()
    names = {str(term): term_label(str(term)) for term in sums.index}
    largest = _largest(sums, names, context)
    title = f"The largest item is {largest}" if largest else "Nothing is paid in this plan."
    return _pairs("cash-by-term", title, sums, names, context)


def cash_by_party(context: PlanContext) -> Chart:
    """Money by who is paid, nominal and as present value; the table of the chart lists the terms."""
    table = context.plan.cash
    who = table["party"].replace("", PENALTIES)
    sums = table.groupby(who)[["amount", "present_value"]].sum()
    largest = _largest(sums, {str(name): whose(str(name)) for name in sums.index}, context)
    title = f"Most goes to {largest}" if largest else "Nothing is paid in this plan."
    matrix = table.groupby([who, "term"])["present_value"].sum().unstack(fill_value=0)
    texts = {str(name): party_text(str(name)) for name in sums.index}
    return _pairs("cash-by-party", title, sums, texts, context, matrix)


def _largest(sums: pd.DataFrame, names: dict[str, str], context: PlanContext) -> str:
    """The largest of some sums, with its share of the present cost."""
    if sums.empty or sums["present_value"].max() <= 0:
        return ""
    name = str(sums["present_value"].idxmax())
    amount = float(sums["present_value"].max())
    out = float(sums["present_value"].clip(lower=0).sum())
    value = money(amount, context.currency)
    return f"{names[name]}: {value} in present value, {percent(amount / out)} of all that is paid out."


def _pairs(
    key: str,
    title: str,
    sums: pd.DataFrame,
    texts: dict[str, str],
    context: PlanContext,
    more: pd.DataFrame | None = None,
) -> Chart:
    """Pairs of bars, nominal and present value, the largest on top; ``more`` lists the parts in the chart's table."""
    sums = sums.iloc[(-sums["amount"].abs()).argsort(kind="stable")]
    size, name = scale_of(sums["amount"].tolist())
    unit = f"{name} {context.currency}".strip()
    top = sums[:16]
    figure = go.Figure()
    style(figure, _ROW * len(top) + 110)
    for label, column, colour in _KINDS if len(top) else ():
        bar: dict[str, Any] = {"x": (top[column] / size).tolist(), "y": list(range(len(top))), "orientation": "h"}
        hover = f"%{{x:,.1f}} {unit}"
        marker = {"color": colour, "line": {"width": 0}}
        figure.add_trace(go.Bar(**bar, name=label, meta={"label": label}, marker=marker, hovertemplate=hover))
    figure.update_layout(barmode="group", hovermode="y unified")
    figure.update_xaxes(title={"text": unit, "font": {"size": 12}}, tickformat=",", zeroline=True, zerolinecolor=MUTED)
    labels = [plot_text(texts[str(name)], 20) for name in top.index]
    axis = {"autorange": "reversed", "tickvals": list(range(len(top))), "ticktext": labels}
    figure.update_yaxes(showgrid=False, zeroline=False, **axis)
    grid = _pairs_grid(sums / size, texts, unit, None if more is None else more / size)
    return Chart(key, title, figure, grid)


def _pairs_grid(sums: pd.DataFrame, texts: dict[str, str], unit: str, more: pd.DataFrame | None) -> Grid:
    """The sums as a table, with their parts and a row of all."""
    parts = pd.DataFrame(index=sums.index) if more is None else more.reindex(sums.index)
    frame = pd.concat([sums[["amount", "present_value"]], parts], axis=1)
    frame.loc["\0all"] = frame.sum()
    form = scaled(1.0)
    rows = [({**texts, "\0all": "all"}[str(name)], *map(form, values)) for name, *values in frame.itertuples()]
    columns = (
        "Term" if more is None else "Party",
        "Nominal",
        "Present value",
        *(term_label(str(term)) for term in parts.columns),
    )
    note = f"In {unit}; money in is negative.{' Terms in present value.' if len(parts.columns) else ''}"
    return Grid(columns, rows, 1, note, frozenset({len(rows) - 1}))


def cumulative(context: PlanContext) -> Chart:
    """Money out so far, nominal and as present value; the last point adds what counts after the last month."""
    table = context.plan.cash
    months = [*context.months, context.plan.instance.label(context.horizon)]
    sums = table.groupby("month")[["amount", "present_value"]].sum().reindex(months, fill_value=0.0).cumsum()
    size, name = scale_of(sums["amount"].tolist())
    unit = f"{name} {context.currency}".strip()
    figure = new_figure(context, f"{unit}, so far", tickformat=",", hoverformat=",.1f")
    for label, column, colour in _KINDS if len(table) else ():
        line = {"width": 2.4, "color": colour, "dash": "solid" if column == "present_value" else "dash"}
        values = (sums[column] / size).tolist()
        spot: dict[str, Any] = {"x": [f"{month}-01" for month in months], "y": values, "mode": "lines", "line": line}
        hover = f"%{{y:,.1f}} {unit}"
        figure.add_trace(go.Scatter(**spot, name=label, meta={"label": label}, hovertemplate=hover))
    nominal, present = (float(sums[column].iloc[-1]) for column in ("amount", "present_value"))
    title = "Nothing is paid in this plan."
    if len(table):
        title = (
            f"All in all {net(nominal, context.currency)}, nominal; {net(present, context.currency)} in present value."
        )
    columns = [
        ("Nominal", (sums["amount"] / size).tolist()),
        ("Present value", (sums["present_value"] / size).tolist()),
    ]
    note = (
        "Up to and with each month; the last point adds what counts after the last month."
        if _after_note(context, table)
        else ""
    )
    return Chart("cumulative", title, figure, _in_unit(by_month(months, columns, scaled(1.0)), unit), note)

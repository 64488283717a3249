"""Charts of work: which workload runs where, how full the capacity is, training runs, unserved work."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from optimizer.format import count, month_text, percent, rounded, shown, span_text, tenths
from optimizer.report.chart_capacity import one_legend, party_of_pool
from optimizer.report.charts import (
    Chart,
    Series,
    add_areas,
    add_bars,
    add_line,
    new_figure,
    panels,
    party_series,
    plot_text,
    style,
)
from optimizer.report.colours import ALARM, INK, MUTED, REST, party_text, whose
from optimizer.report.document import Grid, by_month
from optimizer.report.lanes import LANE, Span, add_lane, add_marks, add_spans, lanes
from optimizer.report.plan_context import PlanContext
from optimizer.report.totals_by_period import Periods
from optimizer.report.training_runs import missed_runs, placed_runs, runs_grid
from optimizer.schema import IN_HOUSE

_WORKLOADS = 8
_POOLS = 16
_PATTERNS = ("", "/", "x", ".", "-", "|", "\\", "+")


# ---------------------------------------------------------------- what runs where
def placement(context: PlanContext) -> Chart:
    """Work by workload and party, month by month, against demand: a panel for each workload."""
    service = context.plan.service
    wanted = service.groupby("workload")["demand"].sum().sort_values(ascending=False, kind="stable")
    names = [str(name) for name in wanted.index[:_WORKLOADS] if wanted[name] > 0]
    if not names:
        return Chart("placement", "The instance has no monthly demand.", new_figure(context, "Reference-accelerators"))
    table = context.plan.allocation
    parties = table["pool"].map(party_of_pool(context)).map(context.colours.group)
    figure = panels(context, names, "Reference-accelerators", tickformat="~s", hoverformat=",.0f")
    frames: dict[str, pd.DataFrame] = {}
    for row, name in enumerate(names, 1):
        mine = table["demand"] == name
        frame = context.pivot(table[mine], parties[mine], "work")
        demand = (
            service[service["workload"] == name].set_index("month")["demand"].reindex(context.months, fill_value=0.0)
        )
        add_areas(figure, context, party_series(context, frame), "%{y:,.0f}", row=row, col=1)
        add_line(figure, context, Series("demand", INK, demand.tolist()), "%{y:,.0f}", row=row, col=1)
        frames[name] = frame.assign(Demand=demand)
    one_legend(figure)
    more = len(wanted) - len(names)
    note = f"The {len(names)} largest workloads; {more} more in the plan's table allocation." if more > 0 else ""
    return Chart("placement", _mostly(frames[names[0]], names[0]), figure, _placement_grid(context, frames), note)


def _mostly(frame: pd.DataFrame, name: str) -> str:
    parties = frame.drop(columns="Demand").sum()
    text = f"{shown(name, 40)} is the largest workload"
    if parties.empty or parties.sum() == 0:
        return f"{text}; it runs nowhere."
    most = str(parties.idxmax())
    where = f"{'on' if most == IN_HOUSE else 'at'} {whose(most)}"
    return f"{text}; {percent(parties[most] / parties.sum())} of its work runs {where}."


def _placement_grid(context: PlanContext, frames: dict[str, pd.DataFrame]) -> Grid:
    """Average by period, so that the table stays readable."""
    periods = Periods(context.start, context.horizon)
    names = context.colours.order({name for frame in frames.values() for name in frame.columns if name != "Demand"})
    rows = []
    for workload, frame in frames.items():
        means = frame.groupby([periods.of(month) for month in context.months]).mean()
        for period, values in means.iterrows():
            cells = [rounded(float(values.get(name, 0.0))) for name in [*names, "Demand"]]
            rows.append((workload, str(period), *cells))
    columns = ("Workload", periods.noun, *(party_text(name) for name in names), "Demand")
    return Grid(columns, rows, 2, "Reference-accelerators of work, average of the months.")


# ---------------------------------------------------------------- how full it is
def utilisation(context: PlanContext) -> Chart:
    """Accelerators by what they do: workloads, training runs, leased out, idle."""
    table, allocation = context.plan.capacity, context.plan.allocation
    runs = {row.run for row in context.plan.instance.rows["training_runs"]}
    in_runs = _monthly(context, allocation[allocation["demand"].isin(runs)], "accelerators")
    used, leased, idle = (_monthly(context, table, column) for column in ("used", "leased_out", "idle"))
    every = [
        Series("workloads", MUTED, (used - in_runs).clip(lower=0.0).tolist()),
        Series("training runs", INK, in_runs.tolist(), "\\"),
        Series("leased out", MUTED, leased.tolist(), "x"),
        Series("idle", ALARM, idle.tolist(), "/"),
    ]
    series = [one for one in every if any(one.values)]
    figure = new_figure(context, "Accelerators", tickformat="~s", hoverformat=",.0f")
    add_areas(figure, context, series, "%{y:,.0f}")
    grid = by_month(context.months, [(one.label, one.values) for one in series], rounded)
    return Chart("utilisation", _idle_in_all(table), figure, grid)


def _monthly(context: PlanContext, table: pd.DataFrame, column: str) -> pd.Series[float]:
    return table.groupby("month")[column].sum().reindex(context.months, fill_value=0.0)


def _idle_in_all(table: pd.DataFrame) -> str:
    total, idle = float(table["accelerators"].sum()), float(table["idle"].sum())
    if total == 0:
        return "This plan has no capacity."
    if idle <= 1e-9 * total:
        return "No accelerator is idle in any month."
    by_month_ = table.groupby("month")["idle"].sum()
    worst = str(by_month_.idxmax())
    text = f"{percent(idle / total)} of all accelerator-months are idle"
    return f"{text}; the most in {month_text(worst)}, {count(float(by_month_[worst]))} accelerators."


def pools(context: PlanContext) -> Chart:
    """Use of each pool over the plan: used, leased out and idle, in accelerator-months."""
    sums = context.plan.capacity.groupby("pool", sort=False)[["accelerators", "used", "leased_out", "idle"]].sum()
    sums = sums.sort_values("accelerators", ascending=False, kind="stable")
    figure = go.Figure()
    style(figure, LANE * min(len(sums), _POOLS) + 100)
    top = sums[:_POOLS]
    labels = [plot_text(str(pool), 24) for pool in top.index]
    positions = list(range(len(top)))
    kinds = (("used", "used", MUTED, ""), ("leased out", "leased_out", MUTED, "x"), ("idle", "idle", ALARM, "/"))
    for label, column, colour, pattern in kinds:
        values = top[column].tolist()
        if any(values):
            marker = {"color": colour, "pattern": {"shape": pattern, "fgcolor": colour, "size": 5}}
            meta = {"name": label, "meta": {"label": label}, "hovertemplate": "%{x:,.0f} accelerator-months"}
            figure.add_trace(go.Bar(x=values, y=positions, orientation="h", marker=marker, **meta))
    figure.update_layout(barmode="stack", hovermode="y unified")
    figure.update_xaxes(title={"text": "Accelerator-months", "font": {"size": 12}}, tickformat="~s")
    figure.update_yaxes(autorange="reversed", tickvals=positions, ticktext=labels, showgrid=False, zeroline=False)
    return Chart("pools", _idlest(sums), figure, _pools_grid(sums))


def _idlest(sums: pd.DataFrame) -> str:
    idle = sums["idle"]
    if idle.empty or idle.max() <= 1e-9 * sums["accelerators"].sum():
        return "Every pool is in full use whenever it is there."
    worst = str(idle.idxmax())
    share = idle[worst] / sums["accelerators"][worst]
    return f"{shown(worst, 40)} has the most idle accelerator-months: {percent(share)} of its own."


def _pools_grid(sums: pd.DataFrame) -> Grid:
    rows = []
    for pool, total, used, leased, idle in sums.itertuples():
        share = tenths(100 * (used + leased) / total) if total else ""
        rows.append((str(pool), rounded(total), rounded(used), rounded(leased), rounded(idle), share))
    return Grid(("Pool", "Accelerator-months", "Used", "Leased out", "Idle", "In use %"), rows)


# ---------------------------------------------------------------- training runs
def runs(context: PlanContext) -> Chart:
    """Training runs as bars over their months, in the colour of the party they run at."""
    parties, placed, missed = party_of_pool(context), placed_runs(context), missed_runs(context)
    figure = lanes(context, len(placed))
    spans: dict[str, list[Span]] = {}
    for lane, row in enumerate(placed):
        span = f"{row['run']}: {span_text(row['starts'], row['ends'])}"
        party = context.colours.group(parties.get(row["pool"], IN_HOUSE))
        spans.setdefault(party, []).append(Span(lane, row["starts"], row["ends"], span))
        add_lane(figure, lane, f"{row['run']} at {row['pool']}, {count(row['accelerators'])} accelerators")
    add_spans(figure, spans, context.colours)
    marks = [(row["target"], lane, f"target of {row['run']}") for lane, row in enumerate(placed) if row["target"]]
    if marks:
        add_marks(figure, marks, "target", "line-ns-open", ends=True)
    return Chart("runs", _runs_title(placed, missed), figure, runs_grid(context))


def _runs_title(placed: list[dict[Any, Any]], missed: list[Any]) -> str:
    if not placed and not missed:
        return "There are no training runs in this plan."
    late = sum(row["late_months"] > 0 for row in placed)
    text = f"{len(placed)} training {'run is' if len(placed) == 1 else 'runs are'} placed"
    text += f", {late} of them late" if late else ", none of them late" if placed else ""
    return f"{text}; {len(missed)} {'is' if len(missed) == 1 else 'are'} not run." if missed else f"{text}."


# ---------------------------------------------------------------- unserved work
def unserved(context: PlanContext) -> Chart:
    """Unserved work, by workload."""
    service = context.plan.service
    lost = service.groupby("workload")["unserved"].sum().sort_values(ascending=False, kind="stable")
    lost = lost[lost > 1e-9 * float(service["demand"].sum())]
    sums = context.pivot(service, service["workload"], "unserved")
    names = [str(name) for name in lost.index]
    top, rest = names[: len(_PATTERNS) - 1], names[len(_PATTERNS) - 1 :]
    series = [Series(name, ALARM, sums[name].tolist(), _PATTERNS[i]) for i, name in enumerate(top)]
    if rest:
        series.append(Series(f"{len(rest)} other workloads", REST, sums[rest].sum(axis=1).tolist(), "+"))
    figure = new_figure(context, "Reference-accelerators not served", tickformat="~s", hoverformat=",.0f")
    add_bars(figure, context, series, "%{y:,.0f}")
    grid = by_month(context.months, [(one.label, one.values) for one in series], rounded)
    return Chart("unserved", _unserved_title(service, lost), figure, grid)


def _unserved_title(service: pd.DataFrame, lost: pd.Series[float]) -> str:
    if lost.empty:
        return "All demand is served, in every month."
    name = str(lost.index[0])
    wanted = float(service.loc[service["workload"] == name, "demand"].sum())
    share = percent(float(lost.iloc[0] / lost.sum()))
    own = percent(float(lost.iloc[0]) / wanted)
    return f"{shown(name, 40)} misses most: {own} of its work, {share} of all that is not served."

"""Charts of exposure: share of capacity by provider over time, and by ultimate owner."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from optimizer.format import month_cell, month_text, percent, percents, shown
from optimizer.report.charts import Chart, add_areas, new_figure, party_series, plot_text, style
from optimizer.report.colours import ALARM, INK, MUTED, party_text
from optimizer.report.document import Grid, by_month
from optimizer.report.exposure import Exposure, Share, work_shares
from optimizer.report.plan_context import PlanContext

_GROUPS = 14
_ROW = 40
_MEASURE = "Of the capacity in-house and under contract, in reference-accelerators; on-demand capacity does not count."


def providers(context: PlanContext) -> Chart:
    """Share of capacity by provider, month by month."""
    exposure = Exposure(context.plan)
    frame = exposure.by_member("provider")
    figure = new_figure(context, "Share of capacity", tickformat=".0%", hoverformat=".1%", range=[0, 1])
    if frame.empty or not len(frame.columns):
        return Chart("exposure", "This plan has no capacity in-house or under contract.", figure)
    grouped = frame.T.groupby([context.colours.group(str(name)) for name in frame.columns]).sum().T
    series = party_series(context, grouped)
    add_areas(figure, context, series, "%{y:.1%}")
    grid = by_month(context.months, [(one.label, one.values) for one in series], percents)
    return Chart("exposure", _most(exposure.shares("provider")), figure, grid, _MEASURE)


def _most(shares: list[Share]) -> str:
    outside = [share for share in shares if share.member != "in_house"]
    if not outside:
        return "All capacity is the planner's own."
    top = outside[0]
    name = shown(top.member, 40)
    return f"{name} is the largest provider: {percent(top.peak)} of capacity in {month_text(top.month)}, its highest."


def groups(context: PlanContext) -> Chart:
    """Share of capacity by ultimate owner: highest and average over the plan, with limits of policies."""
    shares = Exposure(context.plan).shares("group")
    top = shares[:_GROUPS]
    figure = go.Figure()
    style(figure, _ROW * max(len(top), 1) + 110)
    for label, values, colour in (
        (
            ("highest", [share.peak for share in top], MUTED),
            ("average", [share.average for share in top], INK),
        )
        if top
        else ()
    ):
        bar: dict[str, Any] = {"x": values, "y": list(range(len(top))), "orientation": "h", "marker": {"color": colour}}
        figure.add_trace(go.Bar(**bar, name=label, meta={"label": label}, hovertemplate="%{x:.1%}"))
    limits = group_limits(context)
    ends = [(limits.get(share.member, limits.get("")), i) for i, share in enumerate(top) if share.member != "in_house"]
    marks = [(limit, i) for limit, i in ends if limit is not None]
    if marks:
        look = {"symbol": "line-ns-open", "size": 26, "line": {"width": 3, "color": ALARM}, "color": ALARM}
        spots: dict[str, Any] = {"x": [m[0] for m in marks], "y": [m[1] for m in marks], "mode": "markers"}
        meta = {"name": "limit of a policy", "meta": {"label": "limit of a policy", "symbol": "line-ns-open"}}
        figure.add_trace(go.Scatter(**spots, **meta, marker=look, hovertemplate="%{x:.1%}"))
    figure.update_layout(barmode="group", hovermode="y unified")
    figure.update_xaxes(title={"text": "Share of capacity", "font": {"size": 12}}, tickformat=".0%", rangemode="tozero")
    labels = [plot_text(party_text(share.member), 20) for share in top]
    axis = {"autorange": "reversed", "tickvals": list(range(len(top))), "ticktext": labels}
    figure.update_yaxes(showgrid=False, zeroline=False, **axis)
    return Chart("groups", _top_group(shares), figure, _groups_grid(context, shares, limits), _MEASURE)


def group_limits(context: PlanContext) -> dict[str, float]:
    """Tightest limit of a policy that holds in all months, by group; ``""`` for each one that is not named."""
    limits: dict[str, float] = {}
    for row in context.plan.instance.rows["policies"]:
        always = row.from_ <= 0 and row.to >= context.horizon - 1
        if always and row.rule == "max_share" and row.subject == "group":
            limits[row.member] = min(row.limit, limits.get(row.member, 1.0))
    everyone = limits.get("")
    return limits if everyone is None else {name: min(limit, everyone) for name, limit in limits.items()}


def _top_group(shares: list[Share]) -> str:
    outside = [share for share in shares if share.member != "in_house"]
    if not outside:
        return "All capacity is in-house: no exposure to other owners."
    top = outside[0]
    ends = f"up to {percent(top.peak)}, {percent(top.average)} on average"
    return f"Largest parent-company exposure: {shown(top.member, 40)}, {ends}."


def _groups_grid(context: PlanContext, shares: list[Share], limits: dict[str, float]) -> Grid:
    work = work_shares(context.plan, groups=True)
    members: dict[str, list[str]] = {}
    for row in context.plan.instance.rows["providers"]:
        members.setdefault(row.group, []).append(row.provider)
    columns = ("Ultimate owner", "Providers", "Highest in", "Highest", "Average", "Limit", "Work there, highest")
    rows = []
    for share in shares:
        limit = limits.get(share.member, limits.get("") if share.member != "in_house" else None)
        ends = (percents(share.peak), percents(share.average), "" if limit is None else percents(limit))
        names = "; ".join(members.get(share.member, []))
        rows.append(
            (
                party_text(share.member),
                names,
                month_cell(share.month),
                *ends,
                percents(work.get(share.member, (0.0, ""))[0]),
            )
        )
    note = "Work there, highest: highest monthly share of all work that runs there, on-demand capacity included."
    return Grid(columns, rows, 3, note)

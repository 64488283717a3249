"""Service levels of the workloads."""

from __future__ import annotations

from optimizer.format import level, month_cell, percents, rounded
from optimizer.report.document import Grid, Table
from optimizer.report.plan_context import PlanContext


def service_table(context: PlanContext, lacking: bool = False) -> Table:
    """Return a row for each workload, or for those with unserved work only, which then come by what they lack."""
    plan, rows = context.plan, []
    penalties = plan.cash[plan.cash["term"] == "unserved"].groupby("item")["amount"].sum()
    least = {row.workload: row.min_service for row in plan.instance.rows["workloads"]}
    for name, mine in plan.service.groupby("workload", sort=False):
        wanted, missing = float(mine["demand"].sum()), float(mine["unserved"].sum())
        lost = missing > 1e-9 * wanted
        if lacking and not lost:
            continue
        levels = (mine["served"] / mine["demand"].where(mine["demand"] > 0)).fillna(1.0)
        month = month_cell(mine["month"].iloc[int(mine["unserved"].to_numpy().argmax())]) if lost else ""
        share = level(1 - missing / wanted if lost else 1.0) if wanted else ""
        ends = (share, level(float(levels.min())), percents(float(least.get(str(name), 0.0))))
        amounts = (rounded(wanted), rounded(missing) if lost else "")
        rows.append((missing, (str(name), month, *amounts, *ends, rounded(float(penalties.get(name, 0.0))))))
    if lacking:
        rows.sort(key=lambda row: -row[0])
    columns = (
        *("Workload", "Most unserved in", "Demand", "Unserved", "Service level", "Lowest in a month"),
        *("Promised at least", f"Penalties, {context.currency}"),
    )
    note = "Demand and unserved work in reference-accelerator-months."
    caption = "Work not served" if lacking else "Service level by workload"
    spare = ("Promised at least", "Lowest in a month")
    return Table(
        caption, Grid(columns, [row for _, row in rows], 2, note, spare=spare, source="the plan's table service")
    )

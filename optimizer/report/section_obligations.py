"""Obligations: what is still to be paid for what is signed and ordered, over time and by party."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from optimizer.format import money, month_cell, month_text, scale_of, scaled
from optimizer.report.charts import Chart, add_areas, new_figure, party_series
from optimizer.report.colours import party_text
from optimizer.report.document import Grid, Prose, Table, by_month
from optimizer.report.plan_context import PlanContext

NOTHING_OWED = "Nothing is owed in any month: the plan signs and orders nothing that is paid later."
_MEASURE = (
    "At the start of each month, after its decisions: what is still to be paid if everything is handed back as early "
    "as allowed, fees included; nominal."
)


def obligations(context: PlanContext) -> tuple[Any, ...]:
    """Return the blocks of the section."""
    if context.plan.obligations.empty:
        return (Prose([NOTHING_OWED]),)
    return owed(context), Table("Owed by owner and party", parties_grid(context))


def owed(context: PlanContext) -> Chart:
    """What is owed by month and party."""
    table = context.plan.obligations
    figure = new_figure(context, f"Owed, {context.currency}", tickformat=",", hoverformat=",.1f")
    if table.empty:
        return Chart("obligations", NOTHING_OWED, figure)
    sums = context.pivot(table, table["party"].map(context.colours.group), "owed")
    totals, after = sums.sum(axis=1), _after(context)
    size, name = scale_of(totals.tolist())
    unit = f"{name} {context.currency}".strip()
    figure.update_yaxes(title={"text": unit})
    series = party_series(context, sums / size)
    add_areas(figure, context, series, f"%{{y:,.1f}} {unit}")
    columns = [*((one.label, one.values) for one in series), ("All", (totals / size).tolist())]
    columns.append(("Due after the plan", (after / size).tolist()))
    return Chart(
        "obligations", _title(context, totals, after), figure, by_month(context.months, columns, scaled(1.0)), _MEASURE
    )


def _after(context: PlanContext) -> pd.Series[float]:
    """What of it falls due after the plan, by month."""
    table = context.plan.obligations
    return table.groupby("month")["owed_after_horizon"].sum().reindex(context.months, fill_value=0.0)


def _title(context: PlanContext, totals: pd.Series[float], after: pd.Series[float]) -> str:
    peak, currency, later = str(totals.idxmax()), context.currency, float(after.iloc[-1])
    start = f"{money(float(totals.iloc[0]), currency)} is owed at the start"
    most = f"{money(float(totals[peak]), currency)} at the peak, in {month_text(peak)}"
    return f"{start}, {most}; {money(later, currency) if later else 'nothing'} falls due after the plan."


def parties_grid(context: PlanContext) -> Grid:
    """A row for each owner and each of its parties, and their sum: at the start, highest, after the plan."""
    table, providers = context.plan.obligations, context.plan.instance.named["providers"]
    owners = {name: row.group for name, row in providers.items()}
    table = table.assign(owner=[owners.get(party, party) for party in table["party"]])
    rows: list[tuple[str, ...]] = []
    strong: set[int] = set()
    by_owner = sorted(table.groupby("owner", sort=False), key=lambda pair: -_highest(pair[1]))
    for owner, part in by_owner:
        parties = sorted(part.groupby("party", sort=False), key=lambda pair: -_highest(pair[1]))
        if len(parties) > 1:
            strong.add(len(rows))
            rows.append((party_text(str(owner)), "all", *_amounts(context, part)))
        rows += [(party_text(str(owner)), party_text(str(party)), *_amounts(context, one)) for party, one in parties]
    if len(by_owner) > 1:
        strong.add(len(rows))
        rows.append(("All", "all", *_amounts(context, table)))
    columns = ("Ultimate owner", "Party", "Highest in", "At the start", "Highest", "Due after the plan")
    note = f"In {context.currency}, nominal. Due after the plan: as of its last month."
    return Grid(columns, rows, 3, note, frozenset(strong))


def _highest(part: pd.DataFrame) -> float:
    return float(part.groupby("month")["owed"].sum().max())


def _amounts(context: PlanContext, part: pd.DataFrame) -> Iterator[str]:
    """Yield the month of the peak, what is owed at the start and then, and what falls due after the plan."""
    sums = part.groupby("month")["owed"].sum().reindex(context.months, fill_value=0.0)
    yield month_cell(sums.idxmax())
    yield money(float(sums.iloc[0]))
    yield money(float(sums.max()))
    yield money(float(part.loc[part["month"] == context.months[-1], "owed_after_horizon"].sum()))

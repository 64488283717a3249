"""Charts of capacity: accelerators and MW by where they come from, work against demand, power against supply."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from optimizer.format import Format, count, counted, level, month_text, percent, rounded, shown, tenths
from optimizer.report.charts import Chart, Series, add_areas, add_line, new_figure, panels, party_series
from optimizer.report.colours import INK, MUTED, SITE_SHADES, party_text
from optimizer.report.document import by_month
from optimizer.report.plan_context import PlanContext
from optimizer.schema import IN_HOUSE

HATCH = "/"
_SITES = 8
_OTHER_SITES = "other sites"


def accelerators(context: PlanContext) -> Chart:
    """Accelerators that are there, by party; on-demand ones hatched."""
    return _by_party(context, "accelerators", "accelerators", rounded)


def megawatts(context: PlanContext) -> Chart:
    """Facility MW of the capacity, by party, where MW are known."""
    table = context.plan.capacity
    unknown = table.loc[table["mw"] == 0, "accelerators"].sum()
    share = unknown / table["accelerators"].sum() if len(table) else 0.0
    chart = _by_party(context, "mw", "MW", tenths)
    note = "MW that the accelerators need when all of them run."
    if share > 0:
        note += f" {percent(share)} of the accelerator-months have no MW in their terms and are not counted."
    return Chart("megawatts", chart.title, chart.figure, chart.grid, note)


def _by_party(context: PlanContext, column: str, unit: str, form: Format) -> Chart:
    by_party, counted = _sources(context, column), column == "accelerators"
    own = [one for one in by_party if one.label == party_text(IN_HOUSE)]
    series = [*(_by_site(context, column) if own else ()), *(one for one in by_party if one not in own)]
    figure = new_figure(context, "Accelerators" if counted else "Facility MW", tickformat="~s" if counted else ",")
    add_areas(figure, context, series, f"%{{y:,.{0 if counted else 1}f}} {unit}")
    if not series:
        return Chart(column, f"There are no {unit} in this plan.", figure)
    return Chart(column, _growth(context, by_party, unit), figure, by_month(context.months, _columns(series), form))


def _sources(context: PlanContext, column: str) -> list[Series]:
    """Series by party, on-demand capacity apart."""
    table, colours = context.plan.capacity, context.colours
    found = []
    for on_demand in (False, True):
        rows = table[(table["source"] == "on_demand") == on_demand]
        sums = context.pivot(rows, rows["party"].map(colours.group), column)
        for name in colours.order(str(name) for name in sums.columns[(sums > 0).any()]):
            label = f"{party_text(name)}, on demand" if on_demand else party_text(name)
            found.append(Series(label, colours.of(name), sums[name].tolist(), HATCH if on_demand else ""))
    return found


def _by_site(context: PlanContext, column: str) -> list[Series]:
    """Own capacity by site, the largest first, in shades of one colour; small sites share the last one."""
    rows = context.plan.capacity[context.plan.capacity["party"] == IN_HOUSE]
    sums = context.pivot(rows, "site_or_region", column)
    sums = sums.loc[:, (sums > 0).any()]
    ranked = sums.sum().sort_values(ascending=False, kind="stable").index
    sums = sums[ranked]
    if len(ranked) > len(SITE_SHADES):
        last = len(SITE_SHADES) - 1
        sums = sums[ranked[:last]].assign(**{_OTHER_SITES: sums[ranked[last:]].sum(axis=1)})
    own = party_text(IN_HOUSE)
    labels = [own] if len(ranked) == 1 else [f"{own}, {site}" for site in map(str, sums.columns)]
    return [
        Series(label, shade, sums[site].tolist())
        for label, (shade, _), site in zip(labels, SITE_SHADES, sums.columns, strict=False)
    ]


def _columns(series: list[Series]) -> list[tuple[str, list[float]]]:
    return [*((one.label, list(one.values)) for one in series), ("All", _totals(series))]


def _totals(series: list[Series]) -> list[float]:
    return [sum(values) for values in zip(*(one.values for one in series), strict=True)]


def _growth(context: PlanContext, series: list[Series], unit: str) -> str:
    totals = _totals(series)
    first, last, peak = totals[0], totals[-1], max(totals)
    text = f"Capacity {_change(first, last, count, unit)}, {context.span}"
    if peak > 1.02 * max(first, last):
        text += f", with a peak of {count(peak)} in {month_text(context.months[totals.index(peak)])}"
    if last <= 0:
        return f"{text}."
    most = max(series, key=lambda one: one.values[-1])
    name = "the own sites" if most.label == party_text(IN_HOUSE) else shown(most.label, 40)
    return f"{text}; in the end {percent(most.values[-1] / last)} is with {name}."


def _change(first: float, last: float, show: Callable[[float], str], unit: str = "") -> str:
    """How something moves, in words: ``grows from 5 MW to 9 MW``."""
    unit = f" {unit}" if unit else ""
    if abs(last - first) <= 0.005 * max(abs(first), abs(last)):
        return f"stays at {show(last)}{unit}"
    return f"{'grows' if last > first else 'falls'} from {show(first)} to {show(last)}{unit}"


# ---------------------------------------------------------------- work against demand
def work(context: PlanContext) -> Chart:
    """Work of the workloads by the party it runs at, against demand."""
    table, service = context.plan.allocation, context.plan.service
    rows = table[table["demand"].isin(service["workload"])]
    party = rows["pool"].map(party_of_pool(context)).map(context.colours.group)
    done = context.pivot(rows, party, "work")
    wanted = service.groupby("month")["demand"].sum().reindex(context.months, fill_value=0.0)
    series = party_series(context, done)
    figure = new_figure(context, "Reference-accelerators", tickformat="~s", hoverformat=",.0f")
    add_areas(figure, context, series, "%{y:,.0f}")
    if wanted.any():
        add_line(figure, context, Series("demand", INK, wanted.tolist()), "%{y:,.0f}")
    missing = service.groupby("month")["unserved"].sum().reindex(context.months, fill_value=0.0)
    columns = [
        *((one.label, one.values) for one in series),
        ("Demand", wanted.tolist()),
        ("Unserved", missing.tolist()),
    ]
    note = "Between the areas and the line: unserved demand."
    return Chart("work", _served(missing, wanted), figure, by_month(context.months, columns, rounded), note)


def _served(missing: pd.Series[float], wanted: pd.Series[float]) -> str:
    total, lost = float(wanted.sum()), float(missing.sum())
    if total == 0:
        return "The instance has no monthly demand."
    if lost <= 1e-9 * total:
        return "All demand is served, in every month."
    worst = str(missing.idxmax())
    share = missing[worst] / wanted[worst]
    text = f"{level(1 - lost / total)} of demand is served"
    return f"{text}; the largest shortfall is in {month_text(worst)}, {percent(share)} of that month's demand."


def party_of_pool(context: PlanContext) -> dict[str, str]:
    """Party of each pool that has capacity."""
    table = context.plan.capacity
    return dict(zip(table["pool"], table["party"], strict=True))


# ---------------------------------------------------------------- power
def power(context: PlanContext) -> Chart:
    """Power drawn and leased out at each site against what is available, a panel for each site."""
    table = context.plan.power
    peaks = table.groupby("site")["mw_available"].max().sort_values(ascending=False, kind="stable")
    sites = [str(site) for site in peaks.index[:_SITES]]
    if not sites:
        return Chart("power", "There are no own sites with power in this plan.", new_figure(context, "MW"))
    figure = panels(context, sites, "Facility MW", tickformat=",")
    columns: list[tuple[str, list[float]]] = []
    for row, site in enumerate(sites, 1):
        rows = table[table["site"] == site].set_index("month").reindex(context.months)
        used, leased, available = (
            rows[f"mw_{name}"].fillna(0.0).tolist() for name in ("used", "leased_out", "available")
        )
        place: dict[str, Any] = {"row": row, "col": 1}
        add_areas(figure, context, [Series("own accelerators", context.colours.of("in_house"), used)], _MW, **place)
        add_areas(figure, context, [Series("powered space leased out", MUTED, leased, "x")], _MW, **place)
        add_line(figure, context, Series("available", INK, available), _MW, **place)
        columns += [(f"{site}: used", used), (f"{site}: leased out", leased), (f"{site}: available", available)]
    one_legend(figure)
    return Chart("power", _tightest(table), figure, by_month(context.months, columns, tenths), _left_out(len(peaks)))


_MW = "%{y:,.1f} MW"


def one_legend(figure: Any) -> None:
    """Keep one entry of each name in the legend of a figure with panels."""
    seen: set[str] = set()
    for trace in figure.data:
        trace.showlegend = trace.name not in seen
        seen.add(trace.name)


def _left_out(sites: int) -> str:
    more = sites - _SITES
    return f"The {_SITES} largest sites; {more} more in the plan's table power." if more > 0 else ""


def _tightest(table: pd.DataFrame) -> str:
    lit = table[table["mw_available"] > 0]
    if lit.empty:
        return "No own site has power in this plan."
    use = (lit["mw_used"] + lit["mw_leased_out"]) / lit["mw_available"]
    at = lit.iloc[int(use.to_numpy().argmax())]
    site, share, available = shown(str(at["site"]), 40), float(use.max()), float(at["mw_available"])
    text = f"{site} comes closest to its supply: {percent(share)} of {count(available)} MW in {month_text(at['month'])}"
    full = int((use > 1 - 1e-6).sum())
    if not full:
        return f"{text}."
    return f"{text}; {counted(full, 'site-month')} of {len(lit)} {'is' if full == 1 else 'are'} full."

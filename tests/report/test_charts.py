"""Charts: what they draw and say, worked out by hand from a plan made by hand (tests/report/plans.py)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from optimizer.report import chart_capacity, chart_cash, chart_decisions, chart_exposure, chart_work
from optimizer.report.charts import Chart, month_axis, plot_text
from optimizer.report.colours import SITE_SHADES
from optimizer.report.plan_context import PlanContext
from tests.report.drawings import drawn
from tests.report.plans import empty_plan, large_plan, small_plan

CHARTS: list[Callable[[PlanContext], Chart]] = [
    chart_capacity.accelerators,
    chart_capacity.megawatts,
    chart_capacity.work,
    chart_capacity.power,
    chart_decisions.decisions,
    chart_work.placement,
    chart_work.utilisation,
    chart_work.pools,
    chart_work.runs,
    chart_work.unserved,
    chart_cash.cash,
    chart_cash.cash_by_year,
    chart_cash.cash_by_term,
    chart_cash.cash_by_party,
    chart_cash.cumulative,
    chart_exposure.providers,
    chart_exposure.groups,
]


# ---------------------------------------------------------------- capacity
def test_capacity_is_stacked_by_party(context: PlanContext) -> None:
    """Tests that each party's accelerators are there month by month, and those by the hour apart."""
    chart = chart_capacity.accelerators(context)
    # The last step is drawn to the end of its month, hence the last value twice.
    assert drawn(chart) == {
        "in-house": [1000] * 13,
        "cloud": [0] * 4 + [300] * 9,
        "neo": [100] * 2 + [400] * 6 + [0] * 5,
        "cloud, on demand": [0] * 11 + [100] * 2,
    }
    # 1000 + 100 in January; 1000 + 300 + 100 in December, of which 1000 / 1400 in-house; 1700 from May on.
    assert chart.title == (
        "Capacity grows from 1,100 to 1,400 accelerators, Jan 2026 to Dec 2026, with a peak of 1,700 in May 2026; "
        "in the end 71.4 % is with the own sites."
    )
    assert chart.grid.columns == ("Month", "in-house", "cloud", "neo", "cloud, on demand", "All")
    assert chart.grid.rows[11] == ("2026-12", "1,000", "300", "", "100", "1,400")


def test_own_capacity_is_split_by_site_in_one_hue(context: PlanContext) -> None:
    """Tests that sites come by size in shades of the first colour, and that the smallest share the last one."""
    table = context.plan.capacity
    own = table[table["source"] == "in_house"]
    parts = [own.assign(site_or_region=f"s{n}", accelerators=own["accelerators"] * n) for n in range(1, 7)]
    tables = {**context.plan.tables, "capacity": pd.concat([*parts, table[table["source"] != "in_house"]])}
    chart = chart_capacity.accelerators(PlanContext(replace(context.plan, tables=tables)))
    names = [f"in-house, {site}" for site in ("s6", "s5", "s4", "other sites")]
    assert list(chart.grid.columns[1:5]) == names
    # 1000 accelerators at the only site, times 6, 5, 4, and 3 + 2 + 1.
    assert [drawn(chart)[name][0] for name in names] == [6000, 5000, 4000, 6000]
    assert [trace.fillcolor for trace in chart.figure.data[:4]] == [light for light, _ in SITE_SHADES]
    assert "in-house, s6" not in chart.title


def test_capacity_without_megawatts_is_told(context: PlanContext) -> None:
    """Tests that the share of accelerators whose terms tell no MW is shown beside the MW."""
    chart = chart_capacity.megawatts(context)
    # By the hour: 100 of 12000 + 200 + 2400 + 2400 + 100 = 17100 accelerator-months.
    assert "0.585 % of the accelerator-months have no MW" in chart.note
    assert drawn(chart)["neo"] == [0.1] * 2 + [0.5] * 6 + [0.0] * 5


def test_work_is_set_against_demand(context: PlanContext) -> None:
    """Tests that work done and demand are drawn without training runs, and that the worst month is named."""
    chart = chart_capacity.work(context)
    values = drawn(chart)
    assert values["in-house"] == [800] + [600] * 6 + [800] * 6
    assert values["demand"] == [1500] * 4 + [2000] * 9
    # Chat lacks 200, 3 x 400, 3 x 300, 5 x 100 = 2800; study 2 x 500, 6 x 100, 3 x 500, 400 = 3500; of 22000 in all.
    # In February 400 + 500 of 1500 are missing.
    assert chart.title == (
        "71.4 % of demand is served; the largest shortfall is in Feb 2026, 60 % of that month's demand."
    )


def test_power_names_the_tightest_site(context: PlanContext) -> None:
    """Tests that drawn and leased-out MW are stacked against those available."""
    chart = chart_capacity.power(context)
    assert drawn(chart) == {
        "own accelerators": [1.0] * 13,
        "powered space leased out": [0] * 6 + [2] * 7,
        "available": [10] * 6 + [15] * 7,
    }
    assert chart.title == "hall comes closest to its supply: 20 % of 15 MW in Jul 2026."


# ---------------------------------------------------------------- work
def test_placement_has_a_panel_for_each_workload(context: PlanContext) -> None:
    """Tests that the panels stand in order of demand, and that the first one's main party is named."""
    chart = chart_work.placement(context)
    assert [note.text for note in chart.figure.layout.annotations] == ["chat", "study"]
    # Chat: 800 + 6 x 600 + 5 x 800 = 8400 in-house, 8 x 600 at the cloud.
    assert chart.title == "chat is the largest workload; 63.6 % of its work runs on the own sites."
    # Quarters of twelve months; in the last one chat runs 800 in-house and 600 at the cloud.
    assert ("chat", "2026 Q4", "800", "600", "", "1,500") in chart.grid.rows


def test_utilisation_splits_capacity_by_use(context: PlanContext) -> None:
    """Tests that workloads, training runs and idle accelerators add up to what is there."""
    chart = chart_work.utilisation(context)
    values = drawn(chart)
    assert values["training runs"] == [0] + [200] * 6 + [0] * 6
    assert values["idle"] == [300] * 2 + [200] * 11
    assert values["workloads"][4] == 800 + 400 + 300 - 200
    # 12 x 200 + 2 x 100 of 17100 are idle.
    assert chart.title == "15.2 % of all accelerator-months are idle; the most in Jan 2026, 300 accelerators."


def test_pools_tell_their_use(context: PlanContext) -> None:
    """Tests the use of each pool over the plan, and which one idles most."""
    chart = chart_work.pools(context)
    assert chart.title == "hall/gpu has the most idle accelerator-months: 20 % of its own."
    assert ("lease", "2,400", "2,400", "", "", "100.0") in chart.grid.rows


def test_pools_in_full_use() -> None:
    """Tests the title where no pool idles, which rounding noise of the search does not change."""
    small = small_plan()
    for noise in (0, 1e-9):
        full = small.capacity.assign(idle=noise)
        chart = chart_work.pools(PlanContext(replace(small, tables={**small.tables, "capacity": full})))
        assert chart.title == "Every pool is in full use whenever it is there."


def test_runs_are_bars_with_their_targets(context: PlanContext) -> None:
    """Tests that a run's bar covers its months, its target stands at its month's end, and runs not run are shown."""
    chart = chart_work.runs(context)
    bar, target = chart.figure.data
    # From February 1 to the end of July there are 28 + 31 + 30 + 31 + 30 + 31 days.
    assert (bar.base[0], bar.x[0] / 3.6e6 / 24) == ("2026-02-01", 181)
    assert list(target.x) == ["2026-07-01"]
    assert chart.title == "1 training run is placed, 1 of them late; 1 is not run."
    assert chart.grid.rows[-1][:2] == ("small", "not run, work of 90,000")


def test_unserved_work_is_told_by_workload(context: PlanContext) -> None:
    """Tests that the workload that misses most is named with its share."""
    chart = chart_work.unserved(context)
    assert drawn(chart)["study"] == [500] * 2 + [100] * 6 + [500] * 3 + [400]
    # 3500 of 6000, and of 2800 + 3500 in all.
    assert chart.title == "study misses most: 58.3 % of its work, 55.6 % of all that is not served."


# ---------------------------------------------------------------- money
def test_cash_by_month_adds_up(context: PlanContext) -> None:
    """Tests that the bars of a month add up to its cash, that money in is below zero and the residual is apart."""
    chart = chart_cash.cash(context)
    values = drawn(chart)
    assert values["lab"] == [0] * 6 + [-50] * 6
    assert values["penalties"][6] == 301
    # Builds 4 M, energy 0.48, lease 1.2, fixed 2.4, by the hour 0.219, lateness 0.001, leased out -0.3, unserved 3.6.
    # In May: 1 + 0.04 + 0.2 + 0.3 + 0.3.
    assert chart.title == (
        "Cash and penalties: 11.6 M EUR out over the first 12 months; most in May 2026, 1.84 M EUR out."
    )
    assert chart.grid.note == "In k EUR; money in is negative."
    assert chart.note == "Not shown: the residual value of 2 M EUR, counted after the last month."


def test_cash_by_year_has_the_residual_value_at_the_end(context: PlanContext) -> None:
    """Tests that years add up and that what counts after the last month has its own place."""
    chart = chart_cash.cash_by_year(context)
    assert [row[-1] for row in chart.grid.rows] == ["11.6", "-2.0"]  # M EUR
    assert [row[0] for row in chart.grid.rows] == ["2026", "after the end"]


def test_cumulative_cash_ends_with_the_objective(context: PlanContext) -> None:
    """Tests that present values add up to the net present cost, and nominal ones to 11.6 M less 2 M."""
    chart = chart_cash.cumulative(context)
    values = drawn(chart)
    assert values["present value"][-1] * 1e6 == pytest.approx(context.plan.objective)
    assert values["nominal"][-1] * 1e6 == pytest.approx(9.6e6)
    assert len(values["nominal"]) == 13


def test_terms_and_parties_tell_nominal_and_present_value(context: PlanContext) -> None:
    """Tests the largest term, and that the table of parties has a column for each term."""
    by_term = chart_cash.cash_by_term(context)
    # 1 M in each month from 2 to 5, discounted by 0.99 a month.
    assert by_term.title.startswith("The largest item is build: 3.862 M EUR in present value")
    by_party = chart_cash.cash_by_party(context)
    neo = dict(zip(by_party.grid.columns, next(row for row in by_party.grid.rows if row[0] == "neo"), strict=True))
    assert neo["Nominal"] == "1,200.0"
    # 200 k x (0.99^2 + ... + 0.99^7) = 200 k x 0.99^2 x (1 - 0.99^6) / 0.01
    assert neo["contract"] == neo["Present value"] == "1,147.1"
    assert by_party.grid.rows[-1][:2] == ("all", "9,600.0")


# ---------------------------------------------------------------- exposure
def test_exposure_is_measured_as_policies_measure_it(context: PlanContext) -> None:
    """Tests that shares count reference-accelerators in-house and under contract, by owner."""
    chart = chart_exposure.providers(context)
    values = drawn(chart)
    # From May to August: 1000 in-house, 400 at neo, 300 x 2 at the cloud.
    assert (values["in-house"][4], values["cloud"][4], values["neo"][4]) == pytest.approx((0.5, 0.3, 0.2))
    # From September on the lease is gone: 600 of 1600; the accelerators by the hour in December do not count.
    assert values["cloud"][11] == pytest.approx(0.375)
    assert chart.title == "cloud is the largest provider: 37.5 % of capacity in Sep 2026, its highest."
    owners = chart_exposure.groups(context)
    # alpha owns both: 100 / 1100 twice, 400 / 1400 twice, 1000 / 2000 four times, 600 / 1600 four times.
    average = (2 * 100 / 1100 + 2 * 400 / 1400 + 4 * 0.5 + 4 * 0.375) / 12
    row = next(row for row in owners.grid.rows if row[0] == "alpha")
    assert row[1:6] == ("cloud; neo", "2026-05", "50.0 %", f"{average * 100:.1f} %", "60.0 %")
    # Of the work in May, 400 at the lease and 600 at the cloud are alpha's, 600 and a run of 200 are not.
    assert row[6] == "55.6 %"
    assert owners.title.startswith("Largest parent-company exposure: alpha, up to 50 %")


def test_limits_of_policies_are_marked(context: PlanContext) -> None:
    """Tests that the limit of 60 % for the group stands in the chart of owners."""
    (limit,) = [trace for trace in chart_exposure.groups(context).figure.data if trace.type == "scatter"]
    assert list(limit.x) == [0.6]


# ---------------------------------------------------------------- all charts
@pytest.mark.parametrize("draw", CHARTS)
def test_every_chart_says_what_it_shows(context: PlanContext, draw: Callable[[PlanContext], Chart]) -> None:
    """Tests that every chart has a sentence for a title, a table with a row at least, and units on its axes."""
    chart = draw(context)
    assert chart.title.endswith(".")
    assert chart.grid.rows
    assert all(len(row) == len(chart.grid.columns) for row in chart.grid.rows)
    layout = chart.figure.layout
    if chart.key not in ("decisions", "runs"):  # lanes: the months are their only axis
        titles = [axis.title.text for axis in (*chart.figure.select_xaxes(), *chart.figure.select_yaxes())]
        assert any(titles)
    assert layout.title.text.replace("<br>", " ") == chart.title


def test_nothing_can_be_drawn_too() -> None:
    """Tests the sentence of every chart of a plan without a row."""
    context = PlanContext(empty_plan())
    assert [draw(context).title for draw in CHARTS] == [
        "There are no accelerators in this plan.",
        "There are no MW in this plan.",
        "The instance has no monthly demand.",
        "There are no own sites with power in this plan.",
        "There is nothing to decide in this plan.",
        "The instance has no monthly demand.",
        "This plan has no capacity.",
        "Every pool is in full use whenever it is there.",
        "0 training runs are placed; 2 are not run.",
        "All demand is served, in every month.",
        "Cash and penalties: 0 EUR out over the first 12 months; most in Jan 2026, 0 EUR out.",
        "Cash and penalties by year: 0 EUR out in all.",
        *["Nothing is paid in this plan."] * 3,
        "This plan has no capacity in-house or under contract.",
        "All capacity is in-house: no exposure to other owners.",
    ]
    assert not [chart.key for chart in (draw(context) for draw in CHARTS) if chart.figure.data]


@pytest.mark.parametrize("plan", [small_plan(), large_plan(12)])
def test_a_party_has_one_colour_everywhere(plan: Any) -> None:
    """Tests that in all charts together each party has one colour, and that ten parties have ten."""
    context, colours = PlanContext(plan), defaultdict(set)
    for draw in CHARTS:
        for trace in draw(context).figure.data:
            label = trace.meta["label"].removesuffix(", on demand")
            if label in ("in-house", *(row.provider for row in plan.instance.rows["providers"])):
                colours[label].add(trace.fillcolor if trace.type == "scatter" else trace.marker.color)
    assert all(len(found) == 1 for found in colours.values())
    assert len({colour for found in colours.values() for colour in found}) == len(colours) <= 10


@pytest.mark.parametrize(
    ("months", "tick", "form"),
    [(3, "M1", "%b\n%Y"), (12, "M2", "%b\n%Y"), (48, "M6", "%b\n%Y"), (120, "M12", "%Y"), (240, "M24", "%Y")],
)
def test_months_are_named_now_and_then(months: int, tick: str, form: str) -> None:
    """Tests that an axis names between three and ten months or years, and years at their January."""
    axis = month_axis(PlanContext(large_plan(months)))
    assert (axis["dtick"], axis["tickformat"]) == (tick, form)
    assert months / int(tick[1:]) <= 10
    # The plan starts in March 2026.
    assert axis["tick0"] == ("2027-01-01" if form == "%Y" else "2026-03-01")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("<b>x</b>", "&lt;b&gt;x&lt;/b&gt;"),
        ("a & b", "a &amp; b"),
        ("%{meta.label}", "%&#123;meta.label}"),
        ("$x^2$", "&#36;x^2&#36;"),
        ("a\u202eb", "a\\u202eb"),
        ("long" * 20, "long" * 9 + "lon…"),
    ],
)
def test_names_are_plain_text_to_plotly(name: str, text: str) -> None:
    """Tests that markup, templates and invisible characters in a name are shown as they are."""
    assert plot_text(name, 40) == text

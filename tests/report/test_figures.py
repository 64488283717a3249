"""Figures of the library, drawn on request."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import plotly.graph_objects as go
import pytest

from optimizer.report import chart_capacity, chart_cash
from optimizer.report.figures import Figures, figures
from optimizer.report.plan_context import PlanContext
from tests.report.plans import MONTHS, large_plan, small_plan


def test_every_figure_of_the_library_is_a_plotly_figure() -> None:
    """Tests that each method of optimizer.figures returns a figure with a title and something drawn."""
    drawn = figures(small_plan())
    names = [name for name in vars(Figures) if not name.startswith("_")]
    assert len(names) >= 10
    for name in names:
        figure = getattr(drawn, name)()
        assert isinstance(figure, go.Figure)
        assert figure.data
        assert figure.layout.title.text


def test_choices_of_figures_are_checked() -> None:
    """Tests that capacity, cash and exposure come in kinds, and that an unknown one is refused with the known ones."""
    drawn = figures(small_plan())
    assert drawn.capacity("mw").layout.yaxis.title.text == "Facility MW"
    assert drawn.exposure("group").layout.xaxis.title.text == "Share of capacity"
    assert drawn.cash("cumulative").data[0].mode == "lines"
    with pytest.raises(ValueError, match="by = 'week'; expected one of month, year, term, party, cumulative"):
        drawn.cash("week")


def test_a_plan_draws_only_when_asked() -> None:
    """Tests that loading plans needs neither the drawing library nor the report."""
    code = (
        "import sys, optimizer.plan.plan; print([n for n in sys.modules if 'plotly' in n or 'optimizer.report' in n])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_totals_of_capacity_do_not_depend_on_parties() -> None:
    """Tests that parties that share the grey are still counted: all layers add up to the table."""
    plan = large_plan(12)
    chart = chart_capacity.accelerators(PlanContext(plan))
    layers = pd.DataFrame({trace.name: trace.y[:12] for trace in chart.figure.data})
    assert "other parties" in layers.columns
    assert layers.sum(axis=1).tolist() == pytest.approx(plan.capacity.groupby("month")["accelerators"].sum().tolist())


def test_months_of_the_plan_made_by_hand() -> None:
    """Tests that the plan these tests rest on covers its instance's months."""
    context = PlanContext(small_plan())
    assert context.months == MONTHS
    assert context.steps[-1] == "2026-12-31 23:59"


@pytest.mark.parametrize(("months", "angle"), [(94, 0), (95, -90)])
def test_many_years_are_written_upright(months: int, angle: int) -> None:
    """Tests eight years, March 2026 to December 2033, and nine."""
    chart = chart_cash.cash_by_year(PlanContext(large_plan(months, parties=2, workloads=1, sites=1)))
    assert chart.figure.layout.xaxis.tickangle == angle

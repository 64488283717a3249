"""Figures of a plan as Plotly figures, for notebooks and other software: ``figures(plan).capacity().show()``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from optimizer.plan.by_scenario import refuse_uncertain
from optimizer.report import chart_capacity, chart_cash, chart_decisions, chart_exposure, chart_work
from optimizer.report.charts import Chart
from optimizer.report.plan_context import PlanContext
from optimizer.report.section_obligations import owed

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from optimizer.plan.plan import Plan

_CASH: Mapping[str, Callable[[PlanContext], Chart]] = {
    "month": chart_cash.cash,
    "year": chart_cash.cash_by_year,
    "term": chart_cash.cash_by_term,
    "party": chart_cash.cash_by_party,
    "cumulative": chart_cash.cumulative,
}
_EXPOSURE: Mapping[str, Callable[[PlanContext], Chart]] = {
    "provider": chart_exposure.providers,
    "group": chart_exposure.groups,
}
_CAPACITY: Mapping[str, Callable[[PlanContext], Chart]] = {
    "accelerators": chart_capacity.accelerators,
    "mw": chart_capacity.megawatts,
}


class Figures:
    """Figures of a plan, the same as in its report; each call makes a new :class:`plotly.graph_objects.Figure`.

    Parameters
    ----------
    plan : Plan
        The plan to draw.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def __repr__(self) -> str:
        names = [name for name in vars(type(self)) if not name.startswith("_")]
        return f"<Figures of {self._plan.instance.head.name}: {', '.join(names)}>"

    @cached_property
    def _context(self) -> PlanContext:
        return PlanContext(self._plan)

    def capacity(self, unit: str = "accelerators") -> go.Figure:
        """Capacity over time by party, in ``"accelerators"`` or facility ``"mw"``."""
        return self._choose(_CAPACITY, unit, "unit")

    def work(self) -> go.Figure:
        """Work done over time, by party, against demand."""
        return chart_capacity.work(self._context).figure

    def decisions(self) -> go.Figure:
        """Timeline of orders, signatures, lead times, notices and ends."""
        return chart_decisions.decisions(self._context).figure

    def placement(self) -> go.Figure:
        """Which workload runs at which party, a panel for each workload."""
        return chart_work.placement(self._context).figure

    def runs(self) -> go.Figure:
        """Training runs as bars over their months."""
        return chart_work.runs(self._context).figure

    def utilisation(self) -> go.Figure:
        """Accelerators by what they do: workloads, training runs, leased out, idle."""
        return chart_work.utilisation(self._context).figure

    def pools(self) -> go.Figure:
        """Accelerator-months of each pool: used, leased out, idle."""
        return chart_work.pools(self._context).figure

    def power(self) -> go.Figure:
        """Power drawn and leased out against what is available, a panel for each site."""
        return chart_capacity.power(self._context).figure

    def cash(self, by: str = "month") -> go.Figure:
        """Money by ``"month"``, ``"year"``, ``"term"`` or ``"party"``, or so far (``"cumulative"``)."""
        return self._choose(_CASH, by, "by")

    def obligations(self) -> go.Figure:
        """What is still to be paid for what is signed and ordered, by month and party."""
        return owed(self._context).figure

    def exposure(self, by: str = "provider") -> go.Figure:
        """Share of capacity by ``"provider"`` over time, or by ``"group"``: ultimate owner."""
        return self._choose(_EXPOSURE, by, "by")

    def unserved(self) -> go.Figure:
        """Unserved work, by workload."""
        return chart_work.unserved(self._context).figure

    def _choose(self, charts: Mapping[str, Callable[[PlanContext], Chart]], choice: str, name: str) -> go.Figure:
        if choice not in charts:
            raise ValueError(f"{name} = {choice!r}; expected one of {', '.join(charts)}")
        return charts[choice](self._context).figure


def figures(plan: Plan) -> Figures:
    """Return the figures of a plan's report as Plotly figures: ``optimizer.figures(plan).capacity()``."""
    refuse_uncertain(plan, "the report")
    return Figures(plan)

"""What all charts are made of: months on the x axis, series stacked as areas or bars, lines, panels.

A chart is a Plotly figure in light colours; :data:`optimizer.report.colours.DARK` has those for the dark.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pandas as pd
import plotly.graph_objects as go

from optimizer.format import shown
from optimizer.report.colours import GRID, INK, MUTED, PAPER, party_text
from optimizer.report.document import Grid
from optimizer.report.plan_context import PlanContext

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', 'DejaVu Sans', sans-serif"
HEIGHT, PANEL = 380, 150
_LINE = 96  # characters of a title in a line of a figure


@dataclass(frozen=True)
class Series:
    """Values by month with a name and a colour; ``pattern`` hatches it."""

    label: str
    colour: str
    values: Sequence[float]
    pattern: str = ""


@dataclass(frozen=True)
class Chart:
    """A figure with its statement and its table.

    Attributes
    ----------
    key : str
        Name of the chart: letters and hyphens.
    title : str
        What it shows, as a sentence in plain text.
    figure : plotly.graph_objects.Figure
        Without any trace if there is nothing to show.
    grid : Grid
        The same figures as a table.
    note : str
        How to read it.
    """

    kind: ClassVar[str] = "chart"
    key: str
    title: str
    figure: Any
    grid: Grid = field(default_factory=lambda: Grid(()))
    note: str = ""

    def __post_init__(self) -> None:
        lines = (plot_text(line) for line in textwrap.wrap(self.title, _LINE))
        self.figure.update_layout(title={"text": "<br>".join(lines), "x": 0, "xref": "paper", "font": {"size": 15}})


def party_series(context: PlanContext, frame: pd.DataFrame) -> list[Series]:
    """Return a series for each column of a frame, whose columns are parties as :meth:`Colours.group` gives them."""
    of = context.colours
    return [
        Series(party_text(name), of.of(name), frame[name].tolist(), of.pattern(name))
        for name in of.order(frame.columns)
    ]


def plot_text(text: str, most: int = 200) -> str:
    """A text as Plotly shows it unchanged: no markup, no template, no mathematics, nothing invisible."""
    return html.escape(shown(text, most), quote=False).replace("%{", "%&#123;").replace("$", "&#36;")


def new_figure(context: PlanContext, y_title: str, height: int = HEIGHT, **y_axis: Any) -> Any:
    """An empty figure with months on its x axis."""
    figure = go.Figure()
    style(figure, height)
    figure.update_xaxes(**month_axis(context))
    figure.update_yaxes(title={"text": plot_text(y_title), "font": {"size": 12}}, rangemode="tozero", **y_axis)
    return figure


def style(figure: Any, height: int) -> None:
    """Give a figure the look that all have."""
    font = {"family": FONT, "size": 12, "color": INK}
    figure.update_layout(
        template="none",
        height=height,
        font=font,
        paper_bgcolor=PAPER,
        plot_bgcolor=PAPER,
        margin={"l": 56, "r": 16, "t": 64, "b": 44},
        hovermode="x unified",
        hoverlabel={"bgcolor": PAPER, "bordercolor": GRID, "font": {**font, "size": 12}},
        legend={"orientation": "h", "y": -48 / (height - 108), "yanchor": "top", "x": 0, "traceorder": "normal"},
        showlegend=True,
        bargap=0.12,
    )
    figure.update_xaxes(gridcolor=GRID, linecolor=MUTED, tickcolor=MUTED, zeroline=False, automargin=True)
    figure.update_yaxes(gridcolor=GRID, zerolinecolor=MUTED, zerolinewidth=1, automargin=True)


def month_axis(context: PlanContext) -> dict[str, Any]:
    """Axis of months, readable from three months to twenty years; the year stands under the first month of it."""
    spacing = next(step for months, step in _SPACINGS if context.horizon <= months)
    first = int(context.start[5:])
    january = (13 - first) % 12
    tick0 = pd.Period(context.start, freq="M") + (january if spacing >= 12 else 0)
    last = pd.Period(context.months[-1], freq="M") + 1
    return {
        "type": "date",
        "dtick": f"M{spacing}",
        "tick0": f"{tick0}-01",
        "tickformat": "%Y" if spacing >= 12 else "%b\n%Y",
        "hoverformat": "%b %Y",
        "range": [f"{context.start}-01", f"{last}-01"],
    }


_SPACINGS = ((8, 1), (16, 2), (30, 3), (72, 6), (150, 12), (240, 24))


def add_areas(figure: Any, context: PlanContext, series: Sequence[Series], hover: str, **place: Any) -> None:
    """Stack series as areas with steps at the months; ``place`` may name a panel."""
    for one in series:
        fill: dict[str, Any] = {"fillcolor": one.colour}
        if one.pattern:
            pattern = {"shape": one.pattern, "fgcolor": one.colour, "bgcolor": PAPER, "size": 5, "solidity": 0.45}
            fill = {"fillcolor": one.colour, "fillpattern": pattern}
        figure.add_trace(
            go.Scatter(
                x=context.steps,
                y=[*one.values, one.values[-1]],
                stackgroup=f"stack{place.get('row', '')}",
                mode="lines",
                line={"shape": "hv", "width": 0.7, "color": PAPER},
                hovertemplate=hover,
                **_named(one),
                **fill,
            ),
            **place,
        )


def add_bars(figure: Any, context: PlanContext, series: Sequence[Series], hover: str, x: Sequence[str] = ()) -> None:
    """Stack series as bars, one stack for each month unless other places are given; money in goes below zero."""
    figure.update_layout(barmode="relative")
    months = {} if x else {"xperiod": "M1", "xperiodalignment": "middle"}
    for one in series:
        figure.add_trace(
            go.Bar(
                x=list(x) or context.firsts,
                y=list(one.values),
                marker={"color": one.colour, "line": {"width": 0}, "pattern": _pattern(one)},
                hovertemplate=hover,
                **_named(one),
                **months,
            )
        )


def add_line(figure: Any, context: PlanContext, one: Series, hover: str, dash: str = "solid", **place: Any) -> None:
    """Add a line with steps at the months."""
    figure.add_trace(
        go.Scatter(
            x=context.steps,
            y=[*one.values, one.values[-1]],
            mode="lines",
            line={"shape": "hv", "width": 2.2, "color": one.colour, "dash": dash},
            hovertemplate=hover,
            **_named(one),
        ),
        **place,
    )


def _named(one: Series) -> dict[str, Any]:
    """Name of a trace; ``meta`` keeps it as it is, for legends outside of Plotly."""
    return {"name": plot_text(one.label, 40), "legendgroup": plot_text(one.label), "meta": {"label": one.label}}


def _pattern(one: Series) -> dict[str, Any]:
    return {"shape": one.pattern, "fgcolor": one.colour, "bgcolor": PAPER, "size": 5} if one.pattern else {}


def panels(context: PlanContext, titles: Sequence[str], y_title: str, height: int = PANEL, **y_axis: Any) -> Any:
    """A figure of panels one above the other, with the same months; titles stand above them, on the left."""
    from plotly.subplots import make_subplots

    number = len(titles)
    total = height * number + 100
    gap = min(34 / (total - 100), 1 / max(number - 1, 1)) if number > 1 else 0
    figure = make_subplots(rows=number, cols=1, shared_xaxes=True, vertical_spacing=gap)
    style(figure, total)
    figure.update_xaxes(**month_axis(context))
    figure.update_yaxes(rangemode="tozero", nticks=4, **y_axis)
    figure.update_yaxes(title={"text": plot_text(y_title), "font": {"size": 12}}, row=(number + 1) // 2, col=1)
    for row, title in enumerate(titles, 1):
        above = {"xref": "paper", "x": 0, "xanchor": "left", "yref": f"y{row if row > 1 else ''} domain", "y": 1}
        figure.add_annotation(text=plot_text(title, 60), yanchor="bottom", showarrow=False, font={"size": 13}, **above)
    return figure

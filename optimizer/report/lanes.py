"""Lanes of bars over months: when something is under way, in force, and ends."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from optimizer.report.charts import Ground, Series, month_axis, plot_text, style
from optimizer.report.colours import INK

LANE = 34  # height of a lane


def lanes(ground: Ground, number: int) -> Any:
    """A figure of so many lanes, the first on top."""
    figure = go.Figure()
    style(figure, LANE * max(number, 1) + 110)
    figure.update_xaxes(**month_axis(ground))
    figure.update_layout(barmode="overlay", hovermode="closest", margin={"l": 26})
    bounds = [max(number, 1) - 0.3, -0.8]
    figure.update_yaxes(range=bounds, showticklabels=False, showgrid=False, zeroline=False, fixedrange=True)
    return figure


def add_span(figure: Any, lane: int, first: str, last: str, one: Series, hover: str, thin: bool = False) -> None:
    """Add a bar from the start of a month to the end of another to a lane."""
    begin, end = pd.Period(first, freq="M").start_time, (pd.Period(last, freq="M") + 1).start_time
    label = f"{one.label}{'_lead' if thin else ''}"
    known = any(trace.type == "bar" and trace.legendgroup == plot_text(label) for trace in figure.data)
    figure.add_trace(
        go.Bar(
            base=[begin.strftime("%Y-%m-%d")],
            x=[(end - begin).total_seconds() * 1000],
            y=[lane],
            orientation="h",
            width=0.1 if thin else 0.34,
            offset=0.06 if thin else -0.06,
            marker={"color": one.colour, "line": {"width": 0}},
            hovertemplate=f"{plot_text(hover)}<extra></extra>",
            name=plot_text(one.label, 40),
            legendgroup=plot_text(label),
            meta={"label": one.label},
            showlegend=not (known or thin),
        )
    )


def add_lane(figure: Any, lane: int, text: str) -> None:
    """Write what a lane is about above its bars."""
    place = {"xref": "paper", "x": 0, "xanchor": "left", "y": lane - 0.1, "yanchor": "bottom"}
    figure.add_annotation(text=plot_text(text, 64), showarrow=False, font={"size": 11, "color": INK}, **place)


def add_marks(figure: Any, marks: list[tuple[str, int, str]], label: str, symbol: str, ends: bool = False) -> None:
    """Add marks (month, lane, text) at the start of their months, or at their ends."""
    known = any(trace.type == "scatter" and trace.legendgroup == label for trace in figure.data)
    figure.add_trace(
        go.Scatter(
            x=[(pd.Period(month, freq="M") + int(ends)).start_time.strftime("%Y-%m-%d") for month, _, _ in marks],
            y=[lane + 0.11 for _, lane, _ in marks],
            mode="markers",
            marker={"symbol": symbol, "size": 9, "color": INK, "line": {"width": 1.5, "color": INK}},
            customdata=[plot_text(text) for _, _, text in marks],
            hovertemplate="%{customdata}<extra></extra>",
            name=label,
            legendgroup=label,
            meta={"label": label, "symbol": symbol},
            showlegend=not known,
        )
    )

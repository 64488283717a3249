"""Lanes of bars over months: when something is under way, in force, and ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from optimizer.report.charts import month_axis, plot_text, style
from optimizer.report.colours import INK, PAPER, Colours, party_text
from optimizer.report.plan_context import PlanContext

LANE = 34  # height of a lane
_HOLLOW = ("circle", "diamond", "triangle-down")


def lanes(context: PlanContext, number: int) -> Any:
    """A figure of so many lanes, the first on top."""
    figure = go.Figure()
    style(figure, LANE * max(number, 1) + 110)
    figure.update_xaxes(**month_axis(context))
    figure.update_layout(barmode="overlay", hovermode="closest", margin={"l": 26})
    bounds = [max(number, 1) - 0.3, -0.8]
    figure.update_yaxes(range=bounds, showticklabels=False, showgrid=False, zeroline=False, fixedrange=True)
    return figure


@dataclass(frozen=True)
class Span:
    """A bar in a lane, from the start of a month to the end of another; ``thin``: under way, not yet in force."""

    lane: int
    first: str
    last: str
    text: str
    thin: bool = False


def add_spans(figure: Any, spans: Mapping[str, Sequence[Span]], colours: Colours) -> None:
    """Add bars to lanes: those of each party, as :meth:`Colours.group` gives it, in its colour."""
    for name in colours.order(spans):
        named = False
        for thin in (False, True):
            bars = [span for span in spans[name] if span.thin == thin]
            if bars:
                label = party_text(name)
                look = {"color": colours.of(name), "line": {"width": 0}}
                names = {"name": plot_text(label, 40), "legendgroup": plot_text(label), "meta": {"label": label}}
                figure.add_trace(_bars(bars, width=0.1 if thin else 0.34, marker=look, showlegend=not named, **names))
                named = True


def _bars(spans: Sequence[Span], width: float, **look: Any) -> Any:
    begins = [pd.Period(span.first, freq="M").start_time for span in spans]
    ends = [(pd.Period(span.last, freq="M") + 1).start_time for span in spans]
    return go.Bar(
        base=[begin.strftime("%Y-%m-%d") for begin in begins],
        x=[(end - begin).total_seconds() * 1000 for begin, end in zip(begins, ends, strict=True)],
        y=[span.lane for span in spans],
        orientation="h",
        width=width,
        offset=0.11 - width / 2,
        customdata=[plot_text(span.text) for span in spans],
        hovertemplate="%{customdata}<extra></extra>",
        **look,
    )


def add_lane(figure: Any, lane: int, text: str) -> None:
    """Write what a lane is about above its bars."""
    place = {"xref": "paper", "x": 0, "xanchor": "left", "y": lane - 0.1, "yanchor": "bottom"}
    figure.add_annotation(text=plot_text(text, 96), showarrow=False, font={"size": 11, "color": INK}, **place)


def add_marks(figure: Any, marks: list[tuple[str, int, str]], label: str, symbol: str, ends: bool = False) -> None:
    """Add marks (month, lane, text) at the start of their months, or at their ends; they stand out from any bar.

    Marks of starts are at the upper edge of a bar, those of ends at the lower one, so that one of each can be seen in
    the same month.
    """
    fill, edge = (PAPER, INK) if symbol in _HOLLOW else (INK, INK if symbol.endswith("open") else PAPER)
    figure.add_trace(
        go.Scatter(
            x=[(pd.Period(month, freq="M") + int(ends)).start_time.strftime("%Y-%m-%d") for month, _, _ in marks],
            y=[lane + (0.02 if symbol.startswith("triangle") else 0.2) for _, lane, _ in marks],
            mode="markers",
            cliponaxis=False,
            marker={"symbol": symbol, "size": 10, "color": fill, "line": {"width": 1.5, "color": edge}},
            customdata=[plot_text(text) for _, _, text in marks],
            hovertemplate="%{customdata}<extra></extra>",
            name=label,
            legendgroup=f"mark {label}",
            meta={"label": label, "symbol": symbol},
        )
    )

"""What a page has of figures: numbers, months, legends; and texts with letters that cannot be seen."""

from __future__ import annotations

import math
from typing import Any

import plotly.graph_objects as go
import pytest

from optimizer.report.charts import Chart
from optimizer.report.colours import ALARM, DARK, INK, PALETTE
from optimizer.report.document import Document, Prose, Section
from optimizer.report.html import legend, page, script_json
from tests.report.output import drawn, markup

BLUE, NIGHT = PALETTE[0]


def charted(*figures: go.Figure) -> dict[str, Any]:
    """Data of a page with charts of these figures, named a, b, ..."""
    charts = [Chart(key, "A chart.", figure) for key, figure in zip("abc", figures, strict=False)]
    return drawn(page(Document("Title", "Line", [Section("one", "Section", charts)])))


def test_numbers_of_a_page_are_short() -> None:
    """Tests seven digits, integers without a point up to a thousand billion, and null for what is not finite."""
    values = [1 / 3, 2.0, -0.0, 12345678.9, 123456.789, 999_999_950_000_000.0, 1e15, -1e16, math.inf, math.nan]
    figure = charted(go.Figure(go.Scatter(y=values)))["figures"]["a"]
    found = figure["data"][0]["y"]
    assert found == [0.3333333, 2, 0, 12345680, 123456.8, 1e15, 1e15, -1e16, None, None]
    assert [type(value) for value in found] == [
        *(float, int, int, int, float),
        *(float, float, float),
        *(type(None), type(None)),
    ]
    assert charted(go.Figure(go.Scatter(y=[999_999e9])))["figures"]["a"]["data"][0]["y"] == [999_999_000_000_000]


def test_months_stand_once_in_a_page() -> None:
    """Tests that lists of three texts and more are kept once and numbered; shorter ones and numbers stay."""
    months, others = ["2026-01", "2026-02", "2026-03"], ["2026-04", "2026-05", "2026-06"]
    first = go.Figure([go.Scatter(x=months), go.Scatter(x=others), go.Scatter(x=["a", "b"]), go.Scatter(x=[1, 2, 3])])
    second = go.Figure([go.Scatter(x=others), go.Scatter(y=[1])])
    data = charted(first, second)
    assert data["months"] == [months, others]
    assert [trace["x"] for trace in data["figures"]["a"]["data"]] == [0, 1, ["a", "b"], [1, 2, 3]]
    assert [trace.get("x") for trace in data["figures"]["b"]["data"]] == [1, None]
    assert (data["dark"], list(data["figures"])) == (DARK, ["a", "b"])


def test_json_is_short_and_safe() -> None:
    """Tests that there are no blanks and no letters beyond ASCII, and that no number is not finite."""
    assert script_json({"a": [1, "é<>&"]}) == '{"a":[1,"\\u00e9\\u003c\\u003e\\u0026"]}'
    with pytest.raises(ValueError, match="not JSON compliant"):
        script_json(math.nan)


def test_entries_of_a_legend() -> None:
    """Tests labels, colours and looks: areas first, traces of a group together."""
    bar = {"marker": {"color": BLUE}, "legendgroup": "x"}
    figure = go.Figure(
        [
            go.Scatter(y=[1], line={"color": INK}, meta={"label": "line"}),
            go.Bar(y=[1], **bar, meta={"label": "bar"}),
            go.Bar(y=[1], marker={"color": BLUE, "pattern": {"shape": "/"}}, meta={"label": "hatched"}),
            go.Scatter(y=[1], stackgroup="s", fillcolor="#123456", meta={"label": "area"}),
            go.Scatter(y=[1], stackgroup="s", fillcolor=BLUE, fillpattern={"shape": "x"}, meta={"label": "pattern"}),
            go.Scatter(y=[1], marker={"color": ALARM}, meta={"label": "limit", "symbol": "line-ns-open"}),
            go.Scatter(y=[1], marker={"color": BLUE}, meta={"label": "start", "symbol": "triangle-right"}),
            go.Scatter(y=[1], line={"color": BLUE}, meta={"label": "range", "look": "dash"}),
            go.Bar(y=[1], **bar, meta={"label": "bar"}),
            go.Scatter(y=[1], line={"color": INK}),
        ]
    )
    entries = [tuple(entry.values()) for entry in legend(Chart("a", "A chart.", figure))]
    assert entries == [
        ("bar", BLUE, NIGHT, "area", [1, 8]),
        ("hatched", BLUE, NIGHT, "hatch", [2]),
        ("area", "#123456", "#123456", "area", [3]),
        ("pattern", BLUE, NIGHT, "hatch", [4]),
        ("line", INK, DARK[INK], "line", [0]),
        ("limit", ALARM, DARK[ALARM], "|", [5]),
        ("start", INK, DARK[INK], "▶", [6]),
        ("range", BLUE, NIGHT, "dash", [7]),
        ("", INK, DARK[INK], "line", [9]),
    ]


def test_long_and_invisible_texts() -> None:
    """Tests that texts are cut after a hundred thousand letters, and that all that cannot be seen is spelled out."""
    texts = ["x" * 100_000, "y" * 100_001, "a\u202eb"]
    found = markup(page(Document("Title", "Line", [Section("one", "Section", [Prose(texts)])])))
    assert "x" * 100_000 in found
    assert "y" * 99_999 + "…" in found
    assert "y" * 100_000 not in found
    assert "a\\u202eb" in found

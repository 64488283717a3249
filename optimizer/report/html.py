"""A document as one self-contained page, with all that it needs inside.

Nothing in the data can become markup or script: templates escape, the figures stand in the page as JSON that cannot
end its element, and a content security policy lets only the page's own scripts run and nothing be loaded.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from optimizer.files import write_file
from optimizer.format import shown
from optimizer.report.charts import Chart
from optimizer.report.colours import ALARM, DARK, INK
from optimizer.report.document import Document

TEMPLATES = Path(__file__).with_name("templates")


_SYMBOLS = {
    "triangle-right": "▶",
    "triangle-down": "▽",
    "square": "■",
    "circle": "○",
    "diamond": "◇",
    "line-ns-open": "|",
}


def legend(chart: Chart) -> list[dict[str, Any]]:
    """Return the entries of a legend: label, colours, look, and the traces that each switches."""
    entries: dict[str, dict[str, Any]] = {}
    for number, trace in enumerate(chart.figure.data):
        meta = trace.meta or {}
        key = trace.legendgroup or meta.get("label", "")
        colour, look = _look(trace, meta)
        entry = {"label": meta.get("label", ""), "light": colour, "dark": DARK.get(colour, colour), "look": look}
        entries.setdefault(key, {**entry, "traces": []})["traces"].append(number)
    return sorted(entries.values(), key=lambda entry: entry["look"] not in ("area", "hatch"))


def _look(trace: Any, meta: dict[str, Any]) -> tuple[str, str]:
    """Colour and look of a trace in the legend: a symbol, or ``area``, ``hatch``, ``line``."""
    if "look" in meta:
        return str(trace.line.color), meta["look"]
    if "symbol" in meta:
        return ALARM if trace.marker.color == ALARM else INK, _SYMBOLS[meta["symbol"]]
    if trace.type == "bar":
        return str(trace.marker.color), "hatch" if trace.marker.pattern.shape else "area"
    if trace.stackgroup:
        return str(trace.fillcolor), "hatch" if trace.fillpattern.shape else "area"
    return str(trace.line.color), "line"


def write_html(document: Document, path: str | Path) -> Path:
    """Write a document as a page and return its path; missing folders are made."""
    return write_file(path, page(document))


def page(document: Document) -> str:
    """Return a document as one HTML page that needs nothing else."""
    charts = [block for section in document.sections for block in section.blocks if isinstance(block, Chart)]
    scripts = [_asset("plotly-basic.min.js"), _asset("page.js")]
    return render(
        "page.html.j2",
        document=document,
        language="en",
        legend=legend,
        style=Markup(_asset("page.css")),
        scripts=[Markup(script) for script in scripts],
        hashes=[_hash(script) for script in scripts],
        licence=Markup(_asset("plotly-LICENSE.txt").replace("--", "- -")),
        data=Markup(script_json(_drawings(charts))),
    )


@cache
def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    """Hash by which the content security policy knows a script."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )


def _visible(value: Any) -> Any:
    """What is put into a template: text with all that cannot be seen spelled out."""
    return shown(value, 100_000) if isinstance(value, str) and not isinstance(value, Markup) else value


def render(template: str, **values: Any) -> str:
    """Fill a template."""
    return _environment().get_template(template).render(**values)


def script_json(value: Any) -> str:
    """JSON that can stand in a script element: it neither ends it nor opens a comment, whatever it holds."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _drawings(charts: Sequence[Chart]) -> dict[str, Any]:
    """Figures as the page's script takes them; lists of months are kept once."""
    months: list[Any] = []
    figures = {}
    for chart in charts:
        figure = _short(chart.figure.to_dict())
        for trace in figure["data"]:
            if len(trace.get("x", ())) > 2 and isinstance(trace["x"][0], str):
                if trace["x"] not in months:
                    months.append(trace["x"])
                trace["x"] = months.index(trace["x"])
        figures[chart.key] = {"data": figure["data"], "layout": figure["layout"]}
    return {"dark": DARK, "months": months, "figures": figures}


def _short(value: Any) -> Any:
    """Numbers with as many digits as can be seen; lists instead of tuples."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        short = float(f"{value:.7g}")
        return int(short) if short.is_integer() and abs(short) < 1e15 else short
    if isinstance(value, dict):
        return {key: _short(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_short(part) for part in value]
    return value

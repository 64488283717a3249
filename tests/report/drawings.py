"""Charts as they are drawn."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from optimizer.report.charts import Chart


def drawn(chart: Chart) -> dict[str, list[Any]]:
    """What is drawn under each label: y of the traces, one after the other."""
    values: dict[str, list[Any]] = defaultdict(list)
    for trace in chart.figure.data:
        values[trace.meta["label"]] += list(trace.y)
    return values

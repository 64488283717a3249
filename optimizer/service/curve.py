"""The curve of a search: incumbent and bound over time, as coordinates of a drawing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDTH, HEIGHT = 600.0, 160.0
_POINTS = 400


@dataclass(frozen=True)
class Curve:
    """Two lines in a box of `WIDTH` by `HEIGHT`, as points of SVG, and the values at its edges."""

    incumbent: str
    bound: str
    least: float
    most: float
    seconds: float


def draw(events: Sequence[Mapping[str, Any]]) -> Curve | None:
    """Return the curve of progress reports; None before the first incumbent.

    Parameters
    ----------
    events : sequence of mapping
        With ``elapsed`` in seconds, ``incumbent`` and ``bound``, each None or not finite where there is none.
    """
    lines = {name: list(_points(events, name)) for name in ("incumbent", "bound")}
    if not lines["incumbent"]:
        return None
    # Early bounds can be so low that the rest would be a flat line: what is far below the last gap is cut off.
    last, bound = lines["incumbent"][-1][1], lines["bound"][-1][1] if lines["bound"] else lines["incumbent"][-1][1]
    reach = max(4 * abs(last - bound), 0.02 * abs(last), 1e-9)
    least = max(min(value for line in lines.values() for _, value in line), bound - reach)
    most = min(max(value for line in lines.values() for _, value in line), last + reach)
    least, most = (least - reach / 20, most + reach / 20)
    seconds = max(*(second for line in lines.values() for second, _ in line), 1e-9)
    drawn = {name: _text(line, least, most, seconds) for name, line in lines.items()}
    return Curve(drawn["incumbent"], drawn["bound"], least, most, seconds)


def _points(events: Sequence[Mapping[str, Any]], name: str) -> Iterable[tuple[float, float]]:
    step = max(1, len(events) // _POINTS)
    for number, one in enumerate(events):
        value = one.get(name)
        if value is not None and math.isfinite(value) and (number % step == 0 or number == len(events) - 1):
            yield float(one["elapsed"]), float(value)


def _text(line: list[tuple[float, float]], least: float, most: float, seconds: float) -> str:
    """Return a line of steps: a value holds until the next one."""
    points: list[str] = []
    height = None
    for second, value in line:
        x = round(WIDTH * second / seconds, 1)
        if height is not None:
            points.append(f"{x},{height}")
        height = round(HEIGHT * (most - min(max(value, least), most)) / (most - least), 1)
        points.append(f"{x},{height}")
    return " ".join(points)

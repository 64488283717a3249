"""Traces of searches: incumbents and bounds by time, and the figures derived from them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from math import exp, inf, isfinite, log
from typing import Any

GAPS = (0.01, 0.005, 0.001)
Point = tuple[float, float | None, float | None]  # seconds since the solver began, incumbent, bound


@dataclass
class Run:
    """One contender on one instance.

    Attributes
    ----------
    contender, instance : str
        Names of the contender and of the instance.
    status : str
        ``solved`` (to the last gap), ``limit``, or ``failed`` with the reason in ``note``.
    build_seconds : float
        From the tables to the solver's first step.
    processor_seconds : float
        Of the process and of those that it started, building included.
    memory_mb : float
        Peak of the process and of the solver that it started.
    points : list
        Incumbent and bound, in the instance's money, whenever one of them changed.
    """

    contender: str
    instance: str
    status: str = "failed"
    build_seconds: float = 0.0
    solve_seconds: float = 0.0
    processor_seconds: float = 0.0
    memory_mb: float = 0.0
    points: list[Point] = field(default_factory=list)
    size: dict[str, int] = field(default_factory=dict)
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As one JSON object."""
        return asdict(self)

    def steps(self, until: float = inf) -> Iterator[tuple[float, float, float]]:
        """Best incumbent and best bound so far, by time; infinite where unknown."""
        incumbent, bound = inf, -inf
        for seconds, found, proven in self.points:
            if seconds > until:
                return
            incumbent = min(incumbent, inf if found is None else found)
            bound = max(bound, -inf if proven is None else proven)
            yield seconds, incumbent, bound

    def last(self, until: float = inf) -> tuple[float, float]:
        """Best incumbent and bound when time was up."""
        *_, (_, incumbent, bound) = [(0.0, inf, -inf), *self.steps(until)]
        return incumbent, bound

    def seconds_to(self, gap: float) -> float | None:
        """When the gap was proven first; None if never."""
        return next((seconds for seconds, *pair in self.steps() if relative_gap(*pair) <= gap), None)

    def primal_integral(self, best: float, limit: float) -> float:
        """Seconds, each weighted by how far the incumbent then was from the best known (Berthold, 2013)."""
        total, since, off = 0.0, 0.0, 1.0
        for seconds, incumbent, _ in self.steps(limit):
            total += off * (seconds - since)
            since, off = seconds, primal_gap(incumbent, best)
        return total + off * (limit - since)


def relative_gap(incumbent: float, bound: float) -> float:
    """Gap between incumbent and bound, relative to the incumbent; infinite without either."""
    if not (isfinite(incumbent) and isfinite(bound)):
        return inf
    over = max(incumbent - bound, 0.0)
    return over / abs(incumbent) if incumbent else (0.0 if over == 0 else inf)


def primal_gap(incumbent: float, best: float) -> float:
    """How far an incumbent is from the best known: 0 to 1."""
    if not isfinite(incumbent) or incumbent * best < 0:
        return 1.0
    largest = max(abs(incumbent), abs(best))
    return abs(incumbent - best) / largest if largest else 0.0


def shifted_mean(values: Iterable[float], shift: float) -> float:
    """Shifted geometric mean."""
    found = [log(value + shift) for value in values]
    return exp(sum(found) / len(found)) - shift


# ---------------------------------------------------------------- logs of solvers
_HIGHS = re.compile(r"^.{2}\s*\d+\s+\d+\s+\d+\s+[\d.]+%\s+(\S+)\s+(\S+)\s+\S+.*?([\d.]+)s\s*$")
_CBC_TIME = re.compile(r"\(([\d.]+) seconds\)|- ([\d.]+) seconds$")
_CBC_DONE = re.compile(r"Cbc0001I Search completed - best objective ([^,\s]+)")
_CBC = (
    re.compile(r"Cbc0012I Integer solution of (?P<incumbent>\S+) found"),
    re.compile(
        r"Cbc0010I After \d+ nodes, \d+ on tree, (?P<incumbent>\S+) best solution, best possible (?P<bound>\S+)"
    ),
    re.compile(r"Cbc0004I Integer solution of (?P<incumbent>\S+) found"),
    re.compile(r"Cbc0005I Partial search - best objective (?P<incumbent>\S+) \(best possible (?P<bound>[^)]+)\)"),
    re.compile(r"^Continuous objective value is (?P<bound>\S+)"),
    re.compile(r"Cbc0013I At root node, \d+ cuts changed objective from \S+ to (?P<bound>\S+)"),
)


def highs_points(text: str) -> list[Point]:
    """Points of a log of HiGHS on a mixed-integer program."""
    found = (_HIGHS.match(line) for line in text.splitlines())
    return [(float(row[3]), _number(row[2]), _number(row[1])) for row in found if row]


def cbc_points(text: str, ratio: float = 0.0) -> list[Point]:
    """Points of a log of CBC; a line without a time has that of the line before.

    A search that is completed proves its incumbent to within ``ratio``, its target gap.
    """
    points: list[Point] = []
    now = 0.0
    for line in text.splitlines():
        timed = _CBC_TIME.search(line)
        now = float(timed[1] or timed[2]) if timed else now
        done = _CBC_DONE.search(line)
        if done:
            best = float(done[1])
            points.append((now, best, best - ratio * abs(best)))
        for found in (pattern.search(line) for pattern in _CBC):
            if found:
                values = found.groupdict()
                points.append((now, _number(values.get("incumbent")), _number(values.get("bound"))))
    return points


def _number(text: str | None) -> float | None:
    """A figure of a log; None for a placeholder."""
    try:
        value = float((text or "").rstrip(","))
    except ValueError:
        return None
    return value if abs(value) < 1e30 else None

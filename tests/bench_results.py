"""A benchmark case, its result and what is known of it."""

from __future__ import annotations

from pathlib import Path

from optimizer.bench.best_known import BestKnown
from optimizer.bench.cases import Case
from optimizer.bench.runs import Result

# Ten accelerators by the hour at 2 for a month of 730 hours: 10 x 2 x 730.
OPTIMUM = 14_600.0
CASE = Case("hour", Path("hour"), "smoke")
PLAN = Result("hour", "smoke", "optimal", 0, hash="a", objective=100.0, bound=99.95, gap=5e-4)
KNOWN = BestKnown("hour", 100.0, 99.95, 5e-4, "=best=", "somebody", "2026-01-31", "a")

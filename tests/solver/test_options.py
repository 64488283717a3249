"""Options of a search: their defaults, and what is refused."""

from __future__ import annotations

from optimizer.solver.solution import Options


def test_defaults_are_those_of_the_documentation() -> None:
    """Tests a gap of 0.1 %, ten minutes, HiGHS and its number of threads."""
    assert Options() == Options(gap=0.001, time_limit=600.0, threads=None, seed=0, relax=False, solver="highs")

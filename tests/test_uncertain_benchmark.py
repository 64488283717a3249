"""The comparison of searches for plans under uncertainty: its scenarios, what it reads, its table, and a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import optimizer
from benchmarks import simulation, uncertain
from benchmarks.mpi_sppy import points_of
from benchmarks.scenarios import KNOWN, with_scenarios
from benchmarks.trace import Run
from optimizer.generator import random_instance
from optimizer.instance.scenarios import is_uncertain


def test_scenarios_are_the_same_for_any_number() -> None:
    """Tests that the first scenarios stay, that all are known from the same month, and that they are valid."""
    base = random_instance(1, "tiny")
    few, many = (with_scenarios(base, count, 7) for count in (2, 4))
    assert is_uncertain(few)
    rows = [row for row in many.rows["changes"] if row.scenario in ("future-1", "future-2")]
    assert rows == list(few.rows["changes"])
    assert {(row.probability, row.known) for row in many.rows["scenarios"]} == {(0.25, KNOWN)}
    assert len(optimizer.scenarios(many)) == 4
    assert with_scenarios(base, 4, 8).rows["changes"] != many.rows["changes"]


def test_a_simulation_is_measured() -> None:
    """Tests that all scenarios are examined, and that time and memory are positive."""
    base = random_instance(1, "tiny")
    row, mean = simulation.measure(optimizer.solve(base), with_scenarios(base, 3, 7), 1)
    workers, draws, *figures = row.split(" | ")
    assert (workers, draws) == ("1", "3")
    assert mean > 0
    assert float(figures[-1]) > 0


def test_points_of_cylinders_are_read(tmp_path: Path) -> None:
    """Tests plans and bounds by time, without those after the limit and the line that is not complete yet."""
    (tmp_path / "trace-LagrangianOuterBound.csv").write_text("time,bound\n1.5,90.0\n9.0,95.0\n", encoding="utf-8")
    (tmp_path / "trace-XhatShuffleInnerBound.csv").write_text("time,bound\n4.0,100.0\n5.0", encoding="utf-8")
    assert points_of(tmp_path / "trace-", 8.0) == [(1.5, None, 90.0), (4.0, 100.0, None)]
    assert points_of(tmp_path / "none-", 8.0) == []


def test_the_table_has_medians() -> None:
    """Tests seconds, processor seconds and gaps; a gap that is reached after the limit counts as not reached."""
    runs = [
        Run("stochastic", f"S, 5 scenarios-{seed}", processor_seconds=2 * second, points=[(second, 100.0, 99.5)])
        for seed, second in enumerate((4.0, 2.0, 70.0))
    ]
    runs.append(Run("extensive-scip", "S, 5 scenarios-0", processor_seconds=60.0, points=[(3.0, 100.0, 95.0)]))
    # Of 4, 2 and (70 > 60) never, 4 is the median; of 8, 4 and 140 processor seconds 8.
    *_, one, other = uncertain.table(runs, 60.0, 0.01, 2).splitlines()
    assert one == "| S, 5 scenarios | capopt | 4.0 | 8 | 0.50% |"
    assert other == "| S, 5 scenarios | extensive form, SCIP | more than 60 | 60 | 5.00% |"


def test_cases_are_parsed() -> None:
    """Tests size and number of scenarios, and what is no case."""
    assert uncertain.cases_of(None, None, "S-5,M-20") == [("S", 5), ("M", 20)]
    for text in ("S", "S-x", "S-5-6"):
        with pytest.raises(Exception, match="expected size and number of scenarios"):
            uncertain.cases_of(None, None, text)


def test_a_run_on_a_tiny_instance(tmp_path: Path) -> None:
    """Tests that the searches prove the gap, and that no bound is above the plan of another."""
    out = str(tmp_path / "runs.jsonl")
    options = ["--cases", "tiny-2", "--seeds", "1", "--time-limit", "30", "--out", out]
    done = CliRunner().invoke(
        uncertain.main, [*options, "--contenders", "stochastic,extensive-highs,extensive-scip"], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    assert len(Path(out).read_text(encoding="utf-8").splitlines()) == 3
    assert "more than" not in done.output
    assert "contender" in CliRunner().invoke(uncertain.main, ["--contenders", "gurobi"]).output

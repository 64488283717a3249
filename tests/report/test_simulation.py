"""Simulations on a terminal, in files and while they run: eight draws of three plans, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import openpyxl
import pandas as pd
import pytest
from rich.console import Console

from optimizer.instance.scenarios import Future
from optimizer.report import simulation_progress
from optimizer.report.simulation import simulation_text
from optimizer.report.simulation_files import write_simulation
from optimizer.report.simulation_progress import follow_simulation
from optimizer.uncertainty.draws import Draws
from optimizer.uncertainty.simulation import Result, Simulation
from tests.report.output import workbook
from tests.report.uncertain_plan import two_risks

Snapshot = Callable[[str], None]
NAN = float("nan")
# Draw number k of 0 to 6 comes as often as ORDER has it. The plans cost 1000 (k + 1), 100 less, and twice as much.
_ORDER = (0, 1, 0, 2, 3, 4, 5, 6, 6, 3)


def _results(number: int) -> tuple[Result, ...]:
    cost = 1e6 * (number + 1)
    if number == 1:
        return (
            Result("infeasible", why="lease: no blocks"),
            Result("none", why="no time"),
            Result("infeasible", why="?"),
        )
    if number in (4, 5, 6):
        first = Result("infeasible", why=f"draw {number}") if number > 4 else Result("feasible", cost, cost - 5e5, 0.25)
        return first, Result("optimal", cost - 1e5, cost - 1e5, 0.0), Result("none", why=f"late {number}")
    return (
        Result("optimal", cost, cost - 1e4, 0.01 * number),
        Result("optimal", cost - 1e5 * (number - 1), cost - 2e5, 0.0),
        Result("optimal", 2 * cost, 2 * cost, 0.5),
    )


def sampled(examined: int = 7, until: int = 1) -> Simulation:
    """Ten random draws, seven of them different; so many are examined."""
    futures = [Future(f"draw {number}", 0.1, f"what draw {number} brings", ()) for number in range(7)]
    drawn = Draws(two_risks(), futures, np.array(_ORDER), 10, 5, until)
    results = [_results(number) for number in range(examined)]
    return Simulation(("base", "risky", "dear"), drawn, until, 0.01, (), results)


def listed() -> Simulation:
    """Two scenarios of one plan, stopped after the first one, with a note."""
    futures = [Future("a", 0.75, "as planned", ()), Future("b", 0.25, "dear", ())]
    drawn = Draws(two_risks(), futures, np.array([0, 1]), None, 5, 3)
    notes = ("the plan is older", "it is relaxed")
    return Simulation(("base",), drawn, 3, 0.01, notes, [(Result("optimal", 500.0, 400.0, 0.0),)], True)


@pytest.mark.parametrize("width", [80, 140])
def test_random_draws(width: int, snapshot: Snapshot) -> None:
    """Tests the terminal: the first plan has costs in draws 0, 2, 3 and 4, of 2, 1, 2 and 1 of the ten."""
    snapshot(simulation_text(sampled(), width))


def test_scenarios(snapshot: Snapshot) -> None:
    """Tests all scenarios, stopped after one of two, where nothing becomes known."""
    snapshot(simulation_text(listed()))


def test_the_last_month(snapshot: Snapshot) -> None:
    """Tests that decisions before the last month of three are kept, of those that were examined: 2 different ones."""
    text = simulation_text(replace(sampled(2, until=2), stopped=True))
    # Draws 0, 1 and 0 come before draw 2, the first that was not examined.
    assert text.startswith("tiny: 3 random draws (seed 5, 2 different). Decisions before Mar 2030 are kept")
    assert "Stopped by Ctrl-C: 3 of 10 draws are counted." in text


@pytest.mark.parametrize("number", [5, 6])
def test_worst_draws(number: int) -> None:
    """Tests that five draws are listed, and that one more is counted."""
    futures = [Future(f"d{k}", 0.1, f"draw {k}", ()) for k in range(number)]
    drawn = Draws(two_risks(), futures, np.arange(number), number, 5, 1)
    costly = Simulation(("base",), drawn, 1, 0.0, (), [(Result("optimal", 1.0 + k, 1.0, 0.0),) for k in range(number)])
    failed = replace(costly, results=[(Result("infeasible", why=f"why {k}"),) for k in range(number)])
    more = "1 more row in the table draws."
    worst, failures = simulation_text(costly), simulation_text(failed)
    assert [f"draw {k} " in worst for k in range(number)] == [k >= number - 5 for k in range(number)]
    assert [f"why {k}" in failures for k in range(number)] == [k < 5 for k in range(number)]
    assert [more in text for text in (worst, failures)] == [number > 5] * 2


def test_folder(tmp_path: Path) -> None:
    """Tests a file for each table; of one plan without differences."""
    files = write_simulation(sampled(), tmp_path / "three")
    assert sorted(file.name for file in files) == ["differences.csv", "draws.csv", "plans.csv"]
    assert pd.read_csv(tmp_path / "three" / "plans.csv")["worst"].tolist() == [5e6, 6.9e6, 8e6]
    files = write_simulation(listed(), tmp_path / "one")
    assert sorted(file.name for file in files) == ["draws.csv", "plans.csv"]


def test_workbook(tmp_path: Path, snapshot: Snapshot) -> None:
    """Tests the sheets."""
    (file,) = [write_simulation(sampled(), tmp_path / "found.XLSX")]
    assert openpyxl.load_workbook(file[0]).active.title == "index"
    snapshot(workbook(file[0], ("index",), 3).partition("[xl/")[0])


def test_lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Tests lines 5 s apart at least, on standard error: at 5 and 10.5 s of 0, 4.9, 5, 9.9 and 10.5 s."""
    clock = iter([100.0, 100.0, 104.9, 105.0, 109.9, 110.5])
    monkeypatch.setattr(simulation_progress, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    with follow_simulation() as show:
        for examined in (1, 1, 2, 3, 4):
            show(sampled(examined))
    out, err = capsys.readouterr()
    assert out == ""
    # Of draw 0 alone: 1 M, twice. With draw 2 and 3, which come before draw 4: 1, 1, 3 and 4 M.
    first, second = err.splitlines()
    assert first.split("  ")[-2:] == ["2 of 7 different draws", "mean 1 M (95 %: 1 M to 1 M)"]
    assert (first.strip()[:5], second.strip()[:6]) == ("5.0 s", "10.5 s")
    assert second.split("  ")[-2] == "4 of 7 different draws"


def test_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a terminal shows how many different draws are done, and the mean; nothing stays."""
    output = StringIO()

    def console(stderr: bool, highlight: bool) -> Console:
        return Console(file=output, force_terminal=True, width=100, color_system=None, highlight=highlight)

    monkeypatch.setattr(simulation_progress, "Console", console)
    with follow_simulation() as show:
        show(sampled(3))
    assert "3/7" in output.getvalue()
    # Of 1, 1 and 3 M: 1.667, and 4.303 (Student's t with 2 degrees of freedom) x root of 4/3 / root of 3 = 2.869.
    assert "mean 1.667 M (95 %: -1.202 M to 4.535 M)" in output.getvalue()

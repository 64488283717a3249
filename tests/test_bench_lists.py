"""The lists of benchmark cases and best known results, and the tables of a run."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click
import pytest

from optimizer.bench import cases
from optimizer.bench.best_known import BestKnown, improved, read_known, write_known
from optimizer.bench.campaign import Trial
from optimizer.bench.cases import SETS, find_cases
from optimizer.bench.cross_check import Answer
from optimizer.bench.record import found_by
from optimizer.bench.runs import Limits, Result
from optimizer.bench.tables import campaign_table, results_table
from optimizer.cli.bench import bench
from optimizer.cli.exit_codes import run
from optimizer.errors import CapoptError, InstanceError
from tests.bench_results import KNOWN, PLAN


# ---------------------------------------------------------------- the list and the file
def test_cases() -> None:
    """Tests that names, paths and sets find the instances of the list, and that an unknown name is refused."""
    listed = find_cases([], [])
    assert {case.set for case in listed} == set(SETS)
    assert all(case.path.is_dir() for case in listed)
    first = find_cases(["first-steps"], [])[0]
    assert find_cases([str(first.path)], []) == [first]
    assert {case.set for case in find_cases([], ["smoke"])} == {"smoke"}
    with pytest.raises(InstanceError, match="first-steps"):
        find_cases(["first-step"], [])
    with pytest.raises(CapoptError, match="no instance of invalid"):
        find_cases(["first-steps"], ["invalid"])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (None, "name instances instead"),
        ("instances = 1", "is not a valid list"),
        ("[instances.a]\nset = 'best'", "a has set 'best'; expected one of smoke"),
        ("[instances.a]\nset = 'smoke'\ngap = 2", "a has gap 2; expected a number from 0 to 1"),
        ("[instances.a]\nset = 'smoke'\ngap = nan", "a has gap nan; expected a number from 0 to 1"),
        ("[instances.a]\nset = 'smoke'\ngap = '1 %'", "a has gap '1 %'; expected a number from 0 to 1"),
        ("[instances.a]\n", "'set'"),
        ("[", "is not a valid list"),
    ],
)
def test_broken_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, problem: str) -> None:
    """Tests that a list that is missing or invalid is refused."""
    monkeypatch.setattr(cases, "examples_folder", lambda: tmp_path)
    if text is not None:
        (tmp_path / "sets.toml").write_text(text, encoding="utf-8")
    with pytest.raises(CapoptError, match=problem):
        find_cases([], [])


def test_known_round_trip(tmp_path: Path) -> None:
    """Tests that entries are read as written, blanks included, and an invalid file is reported with its row."""
    path = tmp_path / "best_known.csv"
    entries = {"hour": KNOWN, "no": BestKnown("no", None, None, None, "=inf=", "me", "today")}
    write_known(path, entries)
    assert read_known(path) == entries
    assert read_known(tmp_path / "missing.csv") == {}
    with path.open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file))[:7] == ["instance", "objective", "bound", "gap", "mark", "found_by", "when"]
    path.write_text(path.read_text(encoding="utf-8").replace("=inf=", "=off="), encoding="utf-8")
    with pytest.raises(CapoptError, match=r"row 3: invalid.*=off="):
        read_known(path)


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        (None, PLAN, (100.0, 99.95, "=best=")),
        (None, replace(PLAN, bound=100.0), (100.0, 100.0, "=opt=")),
        (None, replace(PLAN, bound=None), (100.0, None, "=best=")),
        (KNOWN, PLAN, None),
        (KNOWN, replace(PLAN, objective=101.0, bound=90.0), None),
        (KNOWN, replace(PLAN, objective=99.99), (99.99, 99.95, "=best=")),
        (KNOWN, replace(PLAN, objective=101.0, bound=99.995), (100.0, 99.995, "=opt=")),
        (KNOWN, replace(PLAN, status="none", objective=None, bound=None), None),
        (None, Result("hour", "infeasible", "infeasible", 5), (None, None, "=inf=")),
    ],
)
def test_improved(old: BestKnown | None, new: Result, wanted: tuple[Any, ...] | None) -> None:
    """Tests that the better objective and the better bound are kept, and the mark follows from the gap."""
    entry = improved(old, new, "me", "today")
    assert (entry and (entry.objective, entry.bound, entry.mark)) == wanted


def test_found_by() -> None:
    """Tests that an entry records how it was found."""
    result = replace(PLAN, versions={"capopt": "1.2", "highspy": "3.4"})
    assert found_by(PLAN, Limits(threads=1)).endswith("gap 0.001, 600 s, 1 thread, seed 0")
    assert found_by(result, Limits(threads=2)) == "capopt 1.2, HiGHS 3.4, gap 0.001, 600 s, 2 threads, seed 0"
    second = replace(result, versions={**result.versions, "scip": "5.6"})
    assert found_by(second, Limits(solver="scip")) == "capopt 1.2, SCIP 5.6, gap 0.001, 600 s, seed 0"


# ---------------------------------------------------------------- command line and tables
@pytest.mark.parametrize(
    "arguments",
    [
        ["--random", "3", "first-steps"],
        ["--random", "3", "--update"],
        ["--size", "S"],
        ["--gap", "nan"],
        ["--set", "all"],
    ],
)
def test_usage(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """Tests that options that do not go together are refused."""
    assert run(bench, arguments) == 2
    assert "capopt: " in capsys.readouterr().err


def test_sets_on_the_command_line() -> None:
    """Tests that the command line offers the sets there are."""
    offered = next(option.type for option in bench.params if option.name == "sets")
    assert isinstance(offered, click.Choice)
    assert tuple(offered.choices) == SETS


def _text(table: Any) -> str:
    from rich.console import Console

    output = io.StringIO()
    Console(width=150, file=output).print(table)
    return output.getvalue()


def test_tables() -> None:
    """Tests that tables show every figure, the best known and every problem."""
    result = replace(
        PLAN,
        seconds={"read": 1.0, "build": 2.0, "solve": 4.0, "process": 9.0},
        memory_mb=123.4,
        size={"columns": 4567},
        solver={"nodes": 89},
        known=asdict(replace(KNOWN, objective=98.0)),
        problems=["it is wrong"],
    )
    lines = [line.split() for line in _text(results_table([result])).splitlines()]
    words = [
        "hour",
        "smoke",
        "optimal",
        "100",
        "99.95",
        "0.0500%",
        "98",
        "=best=",
        "4,567",
        "89",
        "3.0",
        "4.0",
        "9.0",
        "123",
    ]
    assert lines[1] == words
    assert " ".join(lines[2]) == "hour: it is wrong"
    trial = Trial(5, answers={"plan": Answer("optimal", 1.0, 1.0)}, rows={"fleet": 2}, problems=["they differ"])
    text = " ".join(_text(campaign_table([trial, Trial(6)], "tiny")).split())
    for part in ("2 of size tiny, seeds 5 to 6", "1 optimal, 1 failed", "fleet 1", "--seed 5: they differ"):
        assert part in text

"""A benchmark is repeated to the last digit, each instance to its own gap, and its results are put into a page."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

import optimizer
from optimizer.bench import cases, runs
from optimizer.bench.cases import Case, find_cases
from optimizer.bench.page import BEGIN, END, measured
from optimizer.bench.record import found_by
from optimizer.bench.regression import comparison, differences
from optimizer.bench.runs import Limits, Result
from optimizer.cli.bench import bench
from optimizer.cli.exit_codes import run
from optimizer.instance.examples import examples_folder
from tests.program.rich import rich_frames
from tests.program.tiny import frames

LEASE = {"price": 100, "term_months": 1, "max_blocks": 9}  # blocks of 10
FOUND = Result(
    "a",
    "bench",
    "optimal",
    0,
    hash="h",
    objective=-1234.567,
    bound=-1235.0,
    gap=3.5e-4,
    asked_gap=0.005,
    stopped="gap_reached",
    seconds={"solve": 1.25, "process": 2.0},
    memory_mb=150.4,
    solver={"nodes": 1234},
)
ABOUT: dict[str, Any] = {
    "when": "2026-11-25T10:00:00+00:00",
    "options": {"threads": None, "seed": 3, "solver": "highs", "time_limit": 600.0},
    "machine": {"processor": "P", "cores": 2, "memory_gb": 8.0, "system": "S"},
    "versions": {"capopt": "1", "highspy": "2"},
}


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A list of two instances, one with a gap of its own."""
    optimizer.read(rich_frames()).save(tmp_path / "rich")
    optimizer.read(frames(1, {"jobs": [15]}, contracts=[LEASE])).save(tmp_path / "small")
    text = "[instances.rich]\nset = 'bench'\ngap = 0.25\n[instances.small]\nset = 'smoke'\n"
    (tmp_path / "sets.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(cases, "examples_folder", lambda: tmp_path)
    return tmp_path


def _bench(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, dict[str, Any], str]:
    """Exit code, JSON object and standard error of ``capopt bench``."""
    capsys.readouterr()
    code = run(bench, [*map(str, arguments), "--json", "--threads", "1"])
    printed = capsys.readouterr()
    return code, json.loads(printed.out), printed.err


# ---------------------------------------------------------------- gaps
@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The gaps that processes are asked for, which are not started."""
    gaps: list[float] = []

    def solved(case: Case, exit_code: int, output: str, errors: str) -> Result:
        return replace(FOUND, instance=case.name, set=case.set, seconds={})

    def started(command: list[str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        gaps.append(float(command[command.index("--gap") + 1]))
        return subprocess.CompletedProcess(command, 0, b"", b"")

    monkeypatch.setattr(runs, "read_result", solved)
    monkeypatch.setattr("optimizer.bench.runs.subprocess.run", started)
    return gaps


def test_each_instance_ends_by_its_own_gap(own: Path, asked: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    """Tests that the list's gap ends the search, 0.1 % where it has none, and --gap instead of both."""
    _bench(capsys)
    _bench(capsys, "--gap", "0.01")
    assert asked == [0.25, 1e-3, 0.01, 0.01]


def test_the_best_known_records_the_gap_it_was_found_with() -> None:
    """Tests that an entry has the gap of the instance, not that of the command."""
    assert "gap 0.005, 600 s" in found_by(FOUND, Limits())


# ---------------------------------------------------------------- again
def test_a_repeated_benchmark_is_the_same(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Tests that solving again, to the gap of the list, gives the same to the last digit."""
    first = tmp_path / "first.json"
    code, found, _ = _bench(capsys, "rich", "-o", first)
    assert (code, found["results"][0]["stopped"]) == (0, "gap_reached")
    assert 1e-6 < found["results"][0]["gap"] <= found["results"][0]["asked_gap"] == 0.25
    code, _, errors = _bench(capsys, "rich", "--against", first)
    assert code == 0
    assert "1 of 1 results are the same" in errors


@pytest.mark.usefixtures("asked")
def test_a_digit_that_differs_is_an_error(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Tests that it is reported with exit code 1, with the options that differ."""
    first = tmp_path / "first.json"
    assert _bench(capsys, "-o", first)[0] == 0
    record = json.loads(first.read_text(encoding="utf-8"))
    record["results"][1]["objective"] += 1e-6
    record["options"]["seed"] = 5
    first.write_text(json.dumps(record), encoding="utf-8")
    code, found, errors = _bench(capsys, "--against", first)
    assert code == found["failures"] == 1
    assert found["results"][1]["problems"] == ["objective is -1234.567, but was -1234.566999"]
    assert "1 of 2 results are the same" in errors
    assert "options: seed is 0, but was 5" in errors


@pytest.mark.parametrize(
    ("changes", "problems"),
    [
        ({}, []),
        ({"seconds": {"solve": 99.0}, "memory_mb": 1.0}, []),
        ({"bound": -1235.0000001}, ["bound is -1235.0000001, but was -1235.0"]),
        ({"solver": {"nodes": 1}}, ["nodes is 1, but was 1234"]),
        ({"hash": "i"}, ["hash is 'i', but was 'h'"]),
        ({"asked_gap": 0.01}, ["asked_gap is 0.01, but was 0.005"]),
        ({"status": "feasible", "stopped": "interrupted"}, 2),
        ({"status": "feasible", "stopped": "time_limit", "objective": 1.0}, []),
    ],
)
def test_what_is_compared(changes: dict[str, Any], problems: Any) -> None:
    """Tests that answers and work are compared, and neither seconds nor what the time limit ended."""
    found = differences(replace(FOUND, **changes), asdict(FOUND))
    assert found == problems or len(found) == problems


def test_what_cannot_be_compared_is_listed() -> None:
    """Tests that results that the clock ended, instances that are new and settings that changed are listed."""
    results = [replace(FOUND, stopped="time_limit"), replace(FOUND, instance="b"), replace(FOUND, instance="c")]
    earlier = {**ABOUT, "machine": {**ABOUT["machine"], "cores": 8}, "results": [asdict(one) for one in results[:2]]}
    assert comparison(results, ABOUT, earlier) == [
        "1 of 1 results are the same",
        "not compared, because they ended at the time limit: a",
        "not compared, because the earlier run did not solve them: c",
        "machine: cores is 2, but was 8",
    ]


@pytest.mark.parametrize(
    "text", [None, "", "[]", '{"results": 1}', '{"results": [{}]}', '{"results": [{"instance": 1}]}']
)
def test_another_file_is_refused(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None
) -> None:
    """Tests that a file that is missing or holds something else is refused before anything is solved."""
    path = tmp_path / "other.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    assert run(bench, ["--against", str(path)]) == 1
    printed = capsys.readouterr()
    assert f"{path} is not what capopt bench -o writes" in printed.err
    assert "1/2" not in printed.err


# ---------------------------------------------------------------- the page
def test_the_table_tells_all_in_full() -> None:
    """Tests each figure of a row, what blanks stand for, and machine, versions and options below."""
    wrong = replace(FOUND, instance="b", problems=["it is wrong"])
    none = Result("c", "infeasible", "infeasible", 5, asked_gap=0.001)
    lines = measured([FOUND, wrong, none], ABOUT).splitlines()
    assert lines[2:5] == [
        "| a | optimal | −1,234.57 | −1,235.00 | 0.0350% | 0.5% | 1,234 | 1.2 | 2.0 | 150 |",
        "| b | wrong | −1,234.57 | −1,235.00 | 0.0350% | 0.5% | 1,234 | 1.2 | 2.0 | 150 |",
        "| c | infeasible |  |  |  | 0.1% |  |  |  |  |",
    ]
    assert {line.count("|") for line in lines[:5]} == {11}
    assert lines[-1] == (
        "P, 2 cores, 8.0 GB, S; capopt 1, highspy 2; solver highs, its own choice of threads, seed 3, at most 600 s; "
        "2026-11-25."
    )


def test_the_table_is_put_into_a_page(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Tests that what stood between the marks is replaced, and the rest kept."""
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    assert _bench(capsys, "small", "--page", page)[0] == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{BEGIN}\n| instance |")
    assert "\n| small | optimal | 200.00 | 200.00 | 0.0000% | 0.1% |" in text
    assert text.endswith(f"{END}\nafter\n")
    assert "old" not in text


@pytest.mark.parametrize("text", ["", f"{END}\n{BEGIN}", f"{BEGIN}\n{BEGIN}\n{END}"])
def test_a_page_without_marks_is_refused_first(
    own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    """Tests that missing marks are reported before anything is solved, and the page is kept."""
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    assert run(bench, ["--page", str(page)]) == 1
    printed = capsys.readouterr()
    assert f"{page} lacks the marks" in printed.err
    assert "1/2" not in printed.err
    assert page.read_text(encoding="utf-8") == text


# ---------------------------------------------------------------- what is on record
def test_the_table_on_record_is_of_the_whole_list() -> None:
    """Tests that the table of instances/README.md has all instances in their order, each ended by its gap of today."""
    folder = examples_folder()
    listed = tomllib.loads((folder / "sets.toml").read_text(encoding="utf-8"))["instances"]
    between = re.findall(f"{BEGIN}\n(.*?)\n{END}", (folder / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in between[0].splitlines()[2:] if "|" in line]
    assert [row[0] for row in rows] == list(listed) == [case.name for case in find_cases([], [])]
    for name, result, objective, bound, gap, asked, *_ in rows:
        entry = listed[name]
        if entry["set"] in ("infeasible", "invalid"):
            assert (result, objective, bound) == (entry["set"], "", "")
            continue
        allowed = entry.get("gap", 1e-3)
        assert result == "optimal", name
        assert float(asked.removesuffix("%")) == pytest.approx(100 * allowed), name
        assert float(gap.removesuffix("%")) <= 100 * allowed, name
        assert _amount(bound) <= _amount(objective), name


def _amount(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-"))

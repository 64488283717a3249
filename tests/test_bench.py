"""The benchmark: small ones run here and fail on wrong answers, never on seconds."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import optimizer
from optimizer.bench import best_known as known
from optimizer.bench import runs
from optimizer.bench.assess import assess
from optimizer.bench.best_known import improved, read_known, write_known
from optimizer.bench.cases import Case, find_cases
from optimizer.bench.runs import Limits, Result, read_result, run_case
from optimizer.cli.bench import bench
from optimizer.cli.exit_codes import run
from tests.bench_results import CASE, KNOWN, OPTIMUM, PLAN


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten accelerators are needed for one month, and can be had by the hour."""
    tables: dict[str, dict[str, list[Any]]] = {
        "accelerators": {"accelerator": ["gpu"], "kw": [1]},
        "throughput": {"class": ["serve"], "accelerator": ["gpu"], "factor": [1]},
        "providers": {"provider": ["cloud"]},
        "on_demand": {
            "offer": ["hourly"],
            "provider": ["cloud"],
            "region": ["here"],
            "accelerator": ["gpu"],
            "price": [2],
            "max_accelerators": [50],
        },
        "workloads": {"workload": ["jobs"], "class": ["serve"], "penalty": [9999]},
        "demand": {"workload": ["jobs"], "month": ["2027-01"], "amount": [10]},
    }
    frames: dict[str, Any] = {name: pd.DataFrame(columns) for name, columns in tables.items()}
    frames["instance"] = {"format": 1, "name": "hour", "start": "2027-01", "months": 1}
    return optimizer.read(frames).save(tmp_path_factory.mktemp("hour") / "hour")


@pytest.fixture(scope="module")
def solved(hour: Path) -> Result:
    """Result of solving it in a process of its own."""
    return run_case(find_cases([str(hour)], [])[0], Limits(threads=1))


@pytest.fixture
def solved_once(solved: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is started again for what is known already."""
    monkeypatch.setattr(runs, "run_case", lambda *_: copy.deepcopy(solved))


@pytest.fixture
def best_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of best known answers that can be written."""
    path = tmp_path / "best_known.csv"
    monkeypatch.setattr(known, "known_file", lambda: path)
    return path


def _bench(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON object of ``capopt bench``."""
    capsys.readouterr()
    code = run(bench, [*arguments, "--threads", "1", "--json"])
    return code, json.loads(capsys.readouterr().out)


# ---------------------------------------------------------------- small benchmarks
def test_smoke_set(capsys: pytest.CaptureFixture[str]) -> None:
    """Tests that every instance of the smoke set gets a plan that holds, and that contradicts nothing known."""
    code, found = _bench(capsys, "--set", "smoke")
    assert [result["problems"] for result in found["results"]] == [[]] * len(found["results"])
    assert {result["status"] for result in found["results"]} <= {"optimal", "feasible"}
    assert code == found["failures"] == 0


def test_invalid_set(capsys: pytest.CaptureFixture[str]) -> None:
    """Tests that every instance of the invalid set is reported as invalid, with the expected errors."""
    code, found = _bench(capsys, "--set", "invalid")
    assert [(result["status"], result["problems"]) for result in found["results"]] == [("invalid", [])] * 4
    assert code == 0


def test_five_random(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Tests that random instances are solved in every way, agree, and are recorded by seed."""
    output = tmp_path / "random.json"
    code, found = _bench(capsys, "--random", "5", "--seed", "40", "-o", str(output))
    assert code == found["failures"] == 0
    assert [trial["seed"] for trial in found["trials"]] == [40, 41, 42, 43, 44]
    assert found["answers"] == {"plan": 5, "HiGHS without presolve": 5, "SCIP": 5}
    assert json.loads(output.read_text(encoding="utf-8"))["trials"] == found["trials"]


def test_record(hour: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Tests that a record has answer, seconds by phase, memory, size, nodes, versions, options and machine."""
    output = tmp_path / "out.json"
    code, found = _bench(capsys, str(hour), "-o", str(output), "--gap", "0.01", "--seed", "7", "--time-limit", "50")
    assert code == 0
    result = found["results"][0]
    assert (result["objective"], result["bound"], result["gap"]) == pytest.approx((OPTIMUM, OPTIMUM, 0))
    assert set(result["seconds"]) == {"read", "build", "compile", "solve", "extract", "audit", "process"}
    assert result["memory_mb"] > 0
    assert {"columns", "rows", "integers"} <= set(result["size"])
    assert {"nodes", "name"} <= set(result["solver"])
    assert {"capopt", "highspy", "python"} <= set(found["versions"])
    assert found["options"] == {"gap": 0.01, "time_limit": 50.0, "threads": 1, "seed": 7, "solver": "highs"}
    assert set(found["machine"]) == {"processor", "cores", "memory_gb", "system"}
    assert json.loads(output.read_text(encoding="utf-8"))["results"] == found["results"]


# ---------------------------------------------------------------- wrong answers
@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ({"objective": 15_000.0, "bound": 15_000.0}, "better than the proven bound"),
        ({"objective": 14_000.0, "bound": 13_000.0}, "above the best known objective"),
        (
            {"objective": None, "bound": None, "mark": "=inf="},
            "but the instance is proven infeasible",
        ),
    ],
)
@pytest.mark.usefixtures("solved_once")
def test_planted_errors_fail(
    hour: Path, best_known: Path, capsys: pytest.CaptureFixture[str], entry: dict[str, Any], problem: str
) -> None:
    """Tests that a best known entry which contradicts the plan makes the benchmark fail, and is kept as it is."""
    planted = replace(KNOWN, instance=str(hour), hash="", **entry)
    write_known(best_known, {str(hour): planted})
    code, found = _bench(capsys, str(hour), "--update")
    assert code == 1
    assert found["failures"] == 1
    assert problem in found["results"][0]["problems"][0]
    assert read_known(best_known) == {str(hour): planted}


@pytest.mark.usefixtures("solved_once")
def test_sound_entries_pass_and_improve(hour: Path, best_known: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Tests that a result within what is known passes, and that --update keeps the better of both, once."""
    write_known(
        best_known, {str(hour): replace(KNOWN, instance=str(hour), objective=15_000.0, bound=14_000.0, hash="")}
    )
    code, found = _bench(capsys, str(hour), "--update")
    assert (code, found["results"][0]["known"]["objective"]) == (0, 15_000.0)
    entry = read_known(best_known)[str(hour)]
    assert (entry.objective, entry.bound) == pytest.approx((OPTIMUM, OPTIMUM))
    assert (entry.mark, entry.hash) == ("=opt=", optimizer.read(hour).hash)
    written = best_known.read_text(encoding="utf-8")
    assert _bench(capsys, str(hour), "--update")[0] == 0
    assert best_known.read_text(encoding="utf-8") == written


def test_changed_instance_is_not_compared() -> None:
    """Tests that an entry for other content of the instance is passed over, and replaced."""
    other = replace(KNOWN, hash="b", objective=50.0, bound=49.0)
    assert assess(CASE, PLAN, other) == []
    renewed = improved(other, PLAN, "me", "today")
    assert renewed is not None
    assert (renewed.objective, renewed.hash) == (100.0, "a")


@pytest.mark.parametrize(
    ("set_name", "changes", "problem"),
    [
        ("smoke", {"status": "infeasible", "objective": None, "bound": None}, "expected a plan, but it is infeasible"),
        ("smoke", {"status": "failed", "exit_code": 4, "error": "1 place\nx"}, "but the audit failed: 1 place"),
        ("smoke", {"status": "invalid", "objective": None}, "expected a plan, but it is invalid"),
        ("smoke", {"bound": 100.01}, "the bound 100.01 is above the objective 100.00"),
        ("infeasible", {}, "expected proof that no plan exists, but it is optimal"),
        ("invalid", {}, "expected errors of an invalid instance, but it is optimal"),
    ],
)
def test_assess(set_name: str, changes: dict[str, Any], problem: str) -> None:
    """Tests that each set expects its own kind of result."""
    found = assess(replace(CASE, set=set_name), replace(PLAN, set=set_name, **changes), None)
    assert problem in found[0]


def test_seconds_are_never_wrong() -> None:
    """Tests that a plan with a large gap, and none within the time limit, pass."""
    assert assess(CASE, replace(PLAN, status="feasible", bound=1.0, gap=0.99), None) == []
    assert assess(CASE, replace(PLAN, status="none", objective=None, bound=None), KNOWN) == []
    assert assess(replace(CASE, set="infeasible"), replace(PLAN, status="none", objective=None, bound=None), None) == []


def test_no_plan_where_one_is_known() -> None:
    """Tests that proof of infeasibility fails where a plan is known."""
    nothing = Result("hour", "infeasible", "infeasible", 5)
    assert "a plan of 100.00 is known" in assess(replace(CASE, set="infeasible"), nothing, KNOWN)[0]


def test_tolerance() -> None:
    """Tests that a millionth is rounding, and more is not."""
    assert assess(CASE, replace(PLAN, objective=99.95 - 5e-5, bound=90.0), KNOWN) == []
    assert assess(CASE, replace(PLAN, objective=99.95 - 5e-4, bound=90.0), KNOWN) != []


@pytest.mark.parametrize(
    ("messages", "expected", "problem"),
    [
        (["a", "b"], 'faults = ["a", "b"]', ""),
        (["a"], 'faults = ["a", "b"]', "not reported: b"),
        (["a", "c"], 'faults = ["a"]', "reported, but not expected: c"),
        (["x (t.csv row 2; u.csv row 3)"], '[[conflict]]\nrows = ["t.csv row 2", "u.csv row 3"]', ""),
        (
            ["x (t.csv row 21; u.csv row 3)"],
            '[[conflict]]\nrows = ["t.csv row 2"]',
            "expected a conflict of t.csv row 2",
        ),
        (["u.csv row 3"], '[[conflict]]\nrows = ["t.csv row 2"]\n[[conflict]]\nrows = ["u.csv row 3"]', ""),
        ([], '[[conflict]]\nrows = ["t.csv row 2"]', "reported: nothing"),
    ],
)
def test_expected_faults_and_conflicts(tmp_path: Path, messages: list[str], expected: str, problem: str) -> None:
    """Tests that faults must be those expected, and a conflict must hold the rows of one that is expected."""
    (tmp_path / "expected.toml").write_text(expected, encoding="utf-8")
    kind = "invalid" if "faults" in expected else "infeasible"
    found = assess(Case("x", tmp_path, kind), Result("x", kind, kind, 5, messages=messages), None)
    assert (problem in found[0]) if problem else found == []


# ---------------------------------------------------------------- processes
def test_process_without_json(tmp_path: Path) -> None:
    """Tests that a process without valid JSON is a failure with its output."""
    result = read_result(CASE, -11, "", "Segmentation fault")
    assert (result.status, result.error) == ("failed", "exit code -11: Segmentation fault")
    assert "Segmentation fault" in assess(CASE, result, None)[0]
    assert "no output" in read_result(CASE, 1, "", "").error


def test_unexpected_error_is_a_failure() -> None:
    """Tests that an unexpected error does not count as an invalid instance."""
    answer = json.dumps({"error": "unexpected KeyError: 1", "kind": "KeyError", "exit_code": 1})
    assert read_result(CASE, 1, answer, "").status == "failed"
    answer = json.dumps({"error": "cannot plan this", "kind": "UnsupportedInstance", "exit_code": 2})
    assert read_result(replace(CASE, set="invalid"), 2, answer, "").status == "failed"


def test_infeasible_process(capsys: pytest.CaptureFixture[str]) -> None:
    """Tests that an infeasible instance is solved to proof, with its conflict."""
    result = run_case(find_cases(["dark-hall"], [])[0], Limits(threads=1))
    assert (result.status, result.exit_code) == ("infeasible", 5)
    assert result.messages

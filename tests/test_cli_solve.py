"""``capopt solve`` and ``capopt audit``: what they write and print, and every exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import optimizer
from optimizer.auditing import Audit, Violation
from optimizer.plan.tables import COLUMNS
from optimizer.report.summary import summary
from optimizer.solving import solve as planning
from tests import command
from tests.command import Ended, capopt, environment
from tests.instance_folder import IMPOSSIBLE, LEASES, write


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended]:
    """The first plan of the README in a fresh folder, and what was printed."""
    folder = tmp_path_factory.mktemp("first")
    return folder, capopt("solve", "first-steps", cwd=folder)


@pytest.fixture
def inside(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """The command line in this process, so that parts of it can be exchanged."""
    return partial(command.inside, capfd)


# ---------------------------------------------------------------- exit code 0
def test_a_plan_is_written_and_summed_up(first: tuple[Path, Ended]) -> None:
    """Tests that the first plan exits 0, stands in plans/<name>, is summed up, and tells its progress apart."""
    folder, done = first
    assert done.code == 0
    # Worked out by hand on the example's page.
    assert "2.695 M USD" in done.out
    assert done.out.rstrip().endswith(f"Plan written to {Path('plans', 'first-steps')}")
    assert "building the program" in done.err
    assert "building the program" not in done.out
    whole = summary(optimizer.load_plan(folder / "plans" / "first-steps"), str(Path("plans", "first-steps")), 100)
    assert [line.rstrip() for line in done.out.splitlines()] == [line.rstrip() for line in whole.splitlines()]
    plan = folder / "plans" / "first-steps"
    assert {path.name for path in plan.iterdir()} == {"plan.json", "instance", *(f"{name}.csv" for name in COLUMNS)}
    assert optimizer.load_plan(plan).objective == pytest.approx(2_695_000, abs=500)


def test_audit_of_a_good_plan(first: tuple[Path, Ended]) -> None:
    """Tests that a plan as written passes, in prose and as JSON."""
    done = capopt("audit", "plans/first-steps", "--json", cwd=first[0])
    assert done.code == 0
    assert (done.json["exit_code"], done.json["passed"], done.json["violations"]) == (0, True, [])
    assert done.json["checks"] > 0
    assert "plans/first-steps: valid" in done.err


def test_solve_as_json(tmp_path: Path, inside: Callable[..., Ended]) -> None:
    """Tests that --json prints the head of the plan alone on standard output, and the summary on standard error."""
    write(tmp_path / "mine")
    target = tmp_path / "out" / "here"
    done = inside("solve", tmp_path / "mine", "-o", target, "--json", "--seed", "4", "--threads", "1")
    assert done.code == 0
    head = json.loads((target / "plan.json").read_text(encoding="utf-8"))
    assert head["instance"]["source"] == "../../mine"
    assert done.json == {"plan": str(target), "exit_code": 0, **head}
    asked = {"gap": 0.001, "time_limit": 600, "threads": 1, "seed": 4, "relax": False, "solver": "highs"}
    assert head["options"] == asked
    # 15 wanted in blocks of 10 at 100: two blocks.
    assert head["headline"]["net_present_cost"] == pytest.approx(200)
    assert "Net present cost 200 USD" in " ".join(done.err.split())


def test_relaxed_plans_need_no_whole_blocks(tmp_path: Path, inside: Callable[..., Ended]) -> None:
    """Tests that --relax plans 1.5 blocks where 15 of 10 each are wanted, says so, and passes the audit."""
    write(tmp_path / "mine")
    done = inside("solve", tmp_path / "mine", "--relax", "-o", tmp_path / "p")
    assert done.code == 0
    assert "blocks and lots may be fractional" in " ".join(done.out.split())
    plan = optimizer.load_plan(tmp_path / "p")
    assert plan.decisions["blocks"].tolist() == pytest.approx([1.5])
    assert plan.objective == pytest.approx(150)
    assert optimizer.audit(plan).passed


def test_parquet_tables(tmp_path: Path, inside: Callable[..., Ended]) -> None:
    """Tests that --tables parquet writes Parquet that loads, and that the audit reads it."""
    write(tmp_path / "mine")
    assert inside("solve", tmp_path / "mine", "--tables", "parquet", "-o", tmp_path / "p").code == 0
    assert {path.suffix for path in (tmp_path / "p").iterdir() if path.is_file()} == {".json", ".parquet"}
    assert pd.read_parquet(tmp_path / "p" / "decisions.parquet")["blocks"].tolist() == [2.0]
    assert inside("audit", tmp_path / "p").code == 0


def test_an_earlier_plan_is_replaced(tmp_path: Path, inside: Callable[..., Ended]) -> None:
    """Tests that a plan folder can be written again, and holds the new plan only."""
    write(tmp_path / "mine")
    for demand, cost in (([15], 200), ([5], 100)):
        write(tmp_path / "mine", demand={"jobs": demand})
        assert inside("solve", tmp_path / "mine", "-o", tmp_path / "p").code == 0
        assert optimizer.load_plan(tmp_path / "p").objective == pytest.approx(cost)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "p"]


# ---------------------------------------------------------------- exit code 5
def test_no_feasible_plan(tmp_path: Path) -> None:
    """Tests that an impossible instance exits 5 with the rules that clash, by table and row, and writes nothing."""
    write(tmp_path / "mine", demand={"jobs": [10]}, **IMPOSSIBLE)
    done = capopt("solve", "mine", "-o", "p", "--json", cwd=tmp_path)
    assert done.code == done.json["exit_code"] == 5
    assert done.json["kind"] == "NoFeasiblePlan"
    conflict = done.json["conflict"]
    assert any("(on_demand.csv row 2)" in rule for rule in conflict)
    assert any("(workloads.csv row 2; demand.csv row 2)" in rule for rule in conflict)
    assert all(rule in done.err for rule in conflict)
    assert not (tmp_path / "p").exists()


# ---------------------------------------------------------------- exit code 4
def test_an_audit_names_what_is_wrong(first: tuple[Path, Ended], tmp_path: Path) -> None:
    """Tests that two changed cells of a plan exit 4, each named by month, item, figures and rule."""
    plan = optimizer.load_plan(first[0] / "plans" / "first-steps").save(tmp_path / "p")
    for name, old, new in (
        ("capacity", ",gpu,1000,", ",gpu,900,"),
        ("service", "2026-11,assistant,1600,1600,0", "2026-11,assistant,1600,1500,0"),
    ):
        path = plan / f"{name}.csv"
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
    done = capopt("audit", "p", "--json", cwd=tmp_path)
    assert done.code == done.json["exit_code"] == 4
    assert done.json["passed"] is False
    assert "2026-10 hall/gpu: 900 in capacity.accelerators, 1,000 expected (capacity)" in done.err
    found = {(violation["month"], violation["item"]) for violation in done.json["violations"]}
    assert found >= {("2026-10", "hall/gpu"), ("2026-11", "assistant")}
    assert f"p: {len(done.json['violations'])} violations" in done.err


def test_a_plan_that_fails_its_audit_is_kept_aside(
    tmp_path: Path, inside: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests that solve exits 4 with the reason, and leaves no plan but one kept aside."""
    write(tmp_path / "mine")
    violation = Violation(rule="capacity", item="lease", month="2030-01", found="20", allowed="at most 10 allowed")
    monkeypatch.setattr(planning, "audit", lambda plan: Audit(violations=(violation,), checks=7))
    done = inside("solve", tmp_path / "mine", "-o", tmp_path / "p", "--json")
    assert done.code == done.json["exit_code"] == 4
    assert done.json["violations"][0]["item"] == "lease"
    assert "2030-01 lease: 20, at most 10 allowed (capacity)" in done.err
    assert done.json["kept"] == str(tmp_path / "p.failed-audit")
    assert f"The failed plan is kept in {tmp_path / 'p.failed-audit'}." in done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "p.failed-audit"]
    # What is kept says why: its head carries the verdict.
    assert optimizer.load_plan(tmp_path / "p.failed-audit").head["audit"]["passed"] is False


# ---------------------------------------------------------------- exit code 2
def test_what_is_not_covered_is_refused(tmp_path: Path, inside: Callable[..., Ended]) -> None:
    """Tests that alternatives to a plan with scenarios are never given without them."""
    write(tmp_path / "mine", contracts=LEASES["contracts"], scenarios=[{"scenario": "base", "probability": 1.0}])
    assert inside("solve", tmp_path / "mine", "-o", tmp_path / "p").code == 0
    done = inside("alternatives", tmp_path / "p", "--json")
    assert done.code == 2
    assert done.json["kind"] == "UnsupportedInstance"
    assert "scenarios" in done.json["error"]


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("notes", "notes is not empty and holds no plan; name another folder for the plan"),
        ("notes/mine.txt", "notes/mine.txt is a file; name a folder for the plan"),
    ],
)
def test_what_is_no_plan_is_never_overwritten(target: str, message: str, tmp_path: Path) -> None:
    """Tests that a folder of something else, or a file, is refused before anything is solved."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("precious", encoding="utf-8")
    done = capopt("solve", "first-steps", "-o", target, "--json", cwd=tmp_path)
    assert (done.code, done.json["kind"]) == (2, "PlanFileError")
    assert message in done.err
    assert "building the program" not in done.err
    assert (tmp_path / "notes" / "mine.txt").read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize("command", ["audit", "report"])
def test_what_is_no_plan_cannot_be_read(command: str, tmp_path: Path) -> None:
    """Tests that a folder without a plan is told as that."""
    done = capopt(command, ".", "--json", *(["--html", "x.html"] if command == "report" else []), cwd=tmp_path)
    assert (done.code, done.json["kind"]) == (2, "PlanFileError")
    assert "is not a plan folder: it has no plan.json" in done.err
    assert list(tmp_path.iterdir()) == []


CRASH = (
    "import optimizer.instance.examples as examples, sys; from optimizer.cli import main\n"
    "def crash(name): raise RuntimeError('first line\\nsecond line')\n"
    "examples.find_instance = crash; sys.argv = ['capopt', 'solve', 'first-steps', '--json']; main()"
)


@pytest.mark.parametrize("debug", ["", "1"])
def test_what_nobody_expected_is_one_line(debug: str, tmp_path: Path) -> None:
    """Tests that a bug exits 1 with one line that says what to do, and a traceback only for those who ask."""
    done = subprocess.run(
        [sys.executable, "-c", CRASH],
        cwd=tmp_path,
        env=environment(CAPOPT_DEBUG=debug),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1
    assert ("Traceback" in done.stderr) is bool(debug)
    if not debug:
        found = json.loads(done.stdout)
        assert (found["kind"], found["exit_code"]) == ("RuntimeError", 1)
        line = "unexpected RuntimeError: first line. This is a bug; run with CAPOPT_DEBUG=1 for the traceback"
        assert line in found["error"]
        assert f"capopt: {line}" in done.stderr


# ---------------------------------------------------------------- near an earlier plan
def test_a_plan_near_an_earlier_one_is_written_and_summed_up(first: tuple[Path, Ended]) -> None:
    """Tests that the plan of the README stays as it is, that this is said, and that the plan has the figures."""
    folder, _ = first
    done = capopt("solve", "first-steps", "--near", "plans/first-steps", "--within", "0.5%", "-o", "near", cwd=folder)
    assert done.code == 0
    assert "No decision of the earlier plan changes." in done.out
    near = optimizer.load_plan(folder / "near").head["near"]
    assert (near["within"], near["distance"], near["lost"]) == (0.005, 0, [])
    assert near["plan"]["name"] == "first-steps"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--within", "1%"), "--within goes with --near"),
        (("--near", "plans/first-steps", "--elastic"), "--near and --elastic exclude each other"),
        (("--near", "plans/first-steps", "--within", "much"), "expected a share such as 1% or 0.01"),
        (("--near", "plans/none"), "plans/none"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    first: tuple[Path, Ended], inside: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch, options: Any, message: str
) -> None:
    """Tests that nothing is solved, with exit code 2 and a message."""
    monkeypatch.chdir(first[0])
    done = inside("solve", "first-steps", "-o", "other", *options)
    assert done.code == 2
    assert message in done.err
    assert not Path("other").exists()

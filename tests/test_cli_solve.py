"""``capopt solve`` and ``capopt audit``: what they write and print, and every exit code."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import optimizer
from optimizer import files
from optimizer.auditing import Audit, Violation
from optimizer.plan.plan import Plan
from optimizer.plan.tables import COLUMNS
from optimizer.report import progress
from optimizer.report.terminal import summary
from optimizer.solver.solution import Progress
from optimizer.solving import solve as planning
from tests import command
from tests.command import COMMAND, Ended, capopt, environment
from tests.program.rich import rich_frames
from tests.program.tiny import frames

LEASES: dict[str, Any] = {"contracts": [{"price": 100, "term_months": 1, "max_blocks": 9}]}  # blocks of 10
IMPOSSIBLE: dict[str, Any] = {
    "on_demand": [{"price": 1, "max_accelerators": 5}],
    "workloads": [{"workload": "jobs", "min_service": 1}],
}


def write(folder: Path, months: int = 1, demand: Any = None, **tables: Any) -> None:
    """Write a tiny instance as a folder."""
    optimizer.read(frames(months, demand or {"jobs": [15]}, **(tables or LEASES))).save(folder)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended]:
    """The first plan of the README in a fresh folder, and what was printed."""
    folder = tmp_path_factory.mktemp("first")
    return folder, capopt("solve", "first-steps", cwd=folder)


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance that has plans at once, and a proof of none of them within minutes."""
    folder = tmp_path_factory.mktemp("hard") / "hard"
    optimizer.read(rich_frames(60)).save(folder)
    return folder


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance of which no plan is found within minutes: which of 40 leases hit five sums exactly."""
    folder, draw = tmp_path_factory.mktemp("split") / "split", random.Random(1)
    names = [f"lease-{i}" for i in range(40)]
    leases = [{"contract": name, "price": 1, "term_months": 1, "max_blocks": 1} for name in names]
    weights = {f"sum-{k}": [draw.randrange(100) for _ in names] for k in range(5)}
    rules = [{"rule": rule, "sense": "=", "rhs": sum(each) // 2} for rule, each in weights.items()]
    terms = [
        {"rule": rule, "quantity": "started", "item": name, "coefficient": weight}
        for rule, each in weights.items()
        for name, weight in zip(names, each, strict=True)
    ]
    write(folder, demand={"jobs": [0]}, contracts=leases, rules=rules, rule_terms=terms)
    return folder


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
    assert "Net present cost  200 USD" in done.err


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


# ---------------------------------------------------------------- exit code 3
def test_a_time_limit_gives_a_plan_with_its_gap(hard: Path, tmp_path: Path) -> None:
    """Tests that a plan with a larger gap than asked exits 3, is written, and is not called optimal."""
    done = capopt("solve", hard, "-o", "p", "--gap", "0", "--time-limit", "2", "--json", cwd=tmp_path)
    assert done.code == done.json["exit_code"] == 3
    assert (done.json["status"], done.json["stopped"]) == ("feasible", "time_limit")
    assert done.json["gap"] > 0
    assert "not within the target gap of 0 %: the time limit was reached" in " ".join(done.err.split())
    assert optimizer.load_plan(tmp_path / "p").status == "feasible"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_keeps_the_best_plan(hard: Path, tmp_path: Path, number: signal.Signals) -> None:
    """Tests that Ctrl-C during the search exits 3 with an audited plan, and that SIGTERM does the same."""
    done = interrupted(["solve", str(hard), "-o", "p", "--gap", "0", "--json"], "best plan", tmp_path, number=number)
    assert done.code == done.json["exit_code"] == 3
    assert (done.json["status"], done.json["stopped"]) == ("feasible", "interrupted")
    assert "failed" not in done.err
    assert done.json["audit"]["passed"] is True
    assert optimizer.load_plan(tmp_path / "p").objective == done.json["objective"]


# ---------------------------------------------------------------- exit code 130
def test_ctrl_c_before_the_search(tmp_path: Path) -> None:
    """Tests that Ctrl-C while the program is built exits 130 and writes nothing."""
    optimizer.read(rich_frames(240)).save(tmp_path / "long")
    done = interrupted(["solve", "long", "-o", "p", "--json"], "building the program", tmp_path)
    assert done.code == done.json["exit_code"] == 130
    assert "capopt: stopped before it was finished" in done.err
    assert [path.name for path in tmp_path.iterdir()] == ["long"]


def test_ctrl_c_before_any_plan_was_found(
    split: Path, tmp_path: Path, inside: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests that Ctrl-C in a search that holds nothing exits 130 and writes nothing."""
    seen: list[Progress] = []

    @contextmanager
    def follow(_: str) -> Iterator[Callable[[Progress], None]]:
        def show(event: Progress) -> None:
            seen.append(event)
            if [one.phase for one in seen].count("solve") == 3:  # the search has begun
                raise KeyboardInterrupt

        yield show

    monkeypatch.setattr(progress, "follow", follow)
    done = inside("solve", split, "-o", tmp_path / "p", "--threads", "1", "--json")
    assert done.code == done.json["exit_code"] == 130
    assert done.json["kind"] == "StoppedWithoutPlan"
    assert "it was interrupted before any plan was found" in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_second_ctrl_c_leaves_at_once(split: Path, tmp_path: Path) -> None:
    """Tests that who presses Ctrl-C twice is out, with the exit code of a stop and not of a crash."""
    done = interrupted(["solve", str(split), "-o", "p"], "solving", tmp_path, times=2)
    assert (done.code, done.out) == (130, "")
    assert "terminate" not in done.err
    assert list(tmp_path.iterdir()) == []


def test_too_little_time(split: Path, tmp_path: Path) -> None:
    """Tests that a time limit before any plan exits 130 and says what to do."""
    done = capopt("solve", split, "-o", "p", "--time-limit", "0.5", "--json", cwd=tmp_path)
    assert done.code == done.json["exit_code"] == 130
    assert "the time limit was reached before any plan was found" in done.err
    assert "give it more time" in done.json["error"]
    assert list(tmp_path.iterdir()) == []


def interrupted(
    arguments: list[str], words: str, cwd: Path, times: int = 1, number: signal.Signals = signal.SIGINT
) -> Ended:
    """Run ``capopt``, and press Ctrl-C, or send another signal, when it has printed these words on standard error."""
    started = subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=cwd,
        env=environment(PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    with started as process:
        assert process.stderr is not None
        told = ""
        for line in process.stderr:
            told += line
            if words in line:
                for _ in range(times):
                    process.send_signal(number)
                    time.sleep(0.02)
                break
        out, err = process.communicate(timeout=60)
    assert "Traceback" not in told + err
    return Ended(process.returncode, out, told + err)


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
    """Tests that an instance with scenarios is never solved without them."""
    write(tmp_path / "mine", contracts=LEASES["contracts"], scenarios=[{"scenario": "base", "probability": 1.0}])
    done = inside("solve", tmp_path / "mine", "-o", tmp_path / "p", "--json")
    assert done.code == 2
    assert done.json["kind"] == "UnsupportedInstance"
    assert "scenarios" in done.json["faults"][0]["where"]
    assert not (tmp_path / "p").exists()


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


# ---------------------------------------------------------------- exit code 1
def test_a_place_that_cannot_be_written_is_told_before_the_search(
    tmp_path: Path, inside: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests that a read-only folder exits 1 at once, and nobody waits for a solve to hear so."""
    write(tmp_path / "mine")
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK and real(path, mode))
    monkeypatch.setattr(planning, "solve", lambda *args, **options: pytest.fail("solved"))
    done = inside("solve", tmp_path / "mine", "-o", tmp_path / "p", "--json")
    assert done.code == done.json["exit_code"] == 1
    assert f"capopt: {tmp_path}: Permission denied; no folder can be made here, name another place" in done.err


def test_a_folder_below_a_file_is_told_before_the_search(tmp_path: Path) -> None:
    """Tests that a place that can never be a folder exits 1."""
    (tmp_path / "notes.txt").write_text("precious", encoding="utf-8")
    done = capopt("solve", "first-steps", "-o", "notes.txt/plan", "--json", cwd=tmp_path)
    assert done.code == done.json["exit_code"] == 1
    assert "notes.txt: Not a directory; name another place" in done.err
    assert "building the program" not in done.err


def test_a_full_disk_keeps_the_plan_elsewhere(
    tmp_path: Path, inside: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests that a plan that cannot be written to its folder is kept in another place, which the message names."""
    write(tmp_path / "mine")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    real = files.write_new

    def full(path: Path, data: bytes) -> None:
        if path.is_relative_to(tmp_path / "full"):
            raise OSError(28, "No space left on device", str(path))
        real(path, data)

    monkeypatch.setattr(files, "write_new", full)
    done = inside("solve", tmp_path / "mine", "-o", tmp_path / "full" / "p", "--json")
    assert (done.code, done.json["kind"]) == (1, "PlanNotSaved")
    assert "full/p: No space left on device. The plan is kept, complete, in" in done.err
    assert done.json["kept"] == str(tmp_path / "here" / "p-2")
    # 15 wanted in blocks of 10 at 100: two blocks.
    assert optimizer.load_plan(done.json["kept"]).objective == pytest.approx(200)


def test_two_runs_at_once_keep_both_plans(
    tmp_path: Path, inside: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests that what another run wrote during the search is left as it is, and the plan is put next to it."""
    write(tmp_path / "mine")
    other = optimizer.solve(optimizer.read(tmp_path / "mine"), threads=1)
    search = planning.solve

    def meanwhile(*arguments: Any, **options: Any) -> Plan:
        other.save(tmp_path / "p")
        return search(*arguments, **options)

    monkeypatch.setattr(planning, "solve", meanwhile)
    done = inside("solve", tmp_path / "mine", "-o", tmp_path / "p", "--seed", "7", "--json")
    assert (done.code, done.json["plan"]) == (0, str(tmp_path / "p-2"))
    assert f"{tmp_path / 'p'} was written by another run in the meantime and is left as it is" in done.err
    assert optimizer.load_plan(tmp_path / "p").head["options"]["seed"] == 0
    assert optimizer.load_plan(tmp_path / "p-2").head["options"]["seed"] == 7
    assert inside("solve", tmp_path / "mine", "-o", tmp_path / "p", "--seed", "8", "--replace").code == 0
    assert optimizer.load_plan(tmp_path / "p").head["options"]["seed"] == 8


# ---------------------------------------------------------------- whose plan it is
def test_a_copied_scenario_does_not_replace_the_base_plan(tmp_path: Path, inside: Callable[..., Ended]) -> None:
    """Tests that another instance of the same name is refused before the search; an edited or moved one is not."""
    write(tmp_path / "base")
    target = tmp_path / "p"
    assert inside("solve", tmp_path / "base", "-o", target).code == 0
    write(tmp_path / "scenario", demand={"jobs": [35]})
    done = inside("solve", tmp_path / "scenario", "-o", target, "--json")
    assert (done.code, done.json["kind"]) == (2, "PlanFileError")
    assert "holds the plan of another instance: the instance 'tiny' from " in done.json["error"]
    assert f"{tmp_path / 'base'}; this one is 'tiny' from {tmp_path / 'scenario'}" in done.json["error"]
    assert "--replace" in done.json["error"]
    assert "building the program" not in done.err
    assert optimizer.load_plan(target).objective == pytest.approx(200)
    # The base plan after an edit of the base, and from where the base was moved to without one.
    write(tmp_path / "base", demand={"jobs": [5]})
    assert inside("solve", tmp_path / "base", "-o", target).code == 0
    (tmp_path / "base").rename(tmp_path / "moved")
    assert inside("solve", tmp_path / "moved", "-o", target).code == 0
    # 35 wanted in blocks of 10 at 100: four blocks.
    assert inside("solve", tmp_path / "scenario", "-o", target, "--replace").code == 0
    assert optimizer.load_plan(target).objective == pytest.approx(400)


def test_a_planner_keeps_files_in_a_plan_folder(tmp_path: Path, inside: Callable[..., Ended]) -> None:
    """Tests that notes, a report and links in a plan folder are there after the next solve, next to the new plan."""
    write(tmp_path / "mine")
    assert inside("solve", tmp_path / "mine", "-o", tmp_path / "p").code == 0
    (tmp_path / "p" / "notes.txt").write_text("agreed", encoding="utf-8")
    (tmp_path / "p" / "mails").mkdir()
    (tmp_path / "p" / "mails" / "one.txt").write_text("yes", encoding="utf-8")
    (tmp_path / "p" / "base").symlink_to("../mine")
    (tmp_path / "p" / "instance" / "extra.csv").write_text("a,b\n", encoding="utf-8")
    write(tmp_path / "mine", demand={"jobs": [5]})
    assert inside("solve", tmp_path / "mine", "-o", tmp_path / "p").code == 0
    assert optimizer.load_plan(tmp_path / "p").objective == pytest.approx(100)
    assert (tmp_path / "p" / "notes.txt").read_text(encoding="utf-8") == "agreed"
    assert (tmp_path / "p" / "mails" / "one.txt").read_text(encoding="utf-8") == "yes"
    assert (tmp_path / "p" / "base" / "instance.toml").is_file()
    # A table that the reader of the instance would refuse stands elsewhere.
    assert (tmp_path / "p" / "kept" / "instance" / "extra.csv").is_file()


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

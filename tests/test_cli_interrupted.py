"""``capopt solve`` that a time limit, Ctrl-C or SIGTERM ends: exit codes 3 and 130."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

import optimizer
from optimizer.report import progress
from optimizer.solver.solution import Progress
from tests import command
from tests.command import COMMAND, Ended, capopt, environment
from tests.instance_folder import write
from tests.program.rich import rich_frames


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

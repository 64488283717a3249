"""The tree of errors, and how the command line ends on each of them."""

from __future__ import annotations

import errno
import pickle
import re
import shlex
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import optimizer
from optimizer import errors
from optimizer.auditing import Violation
from optimizer.cli.exit_codes import run
from optimizer.errors import (
    AdditionError,
    AuditFailed,
    BoundContradicted,
    CapoptError,
    EditError,
    Fault,
    FixingError,
    InstanceError,
    NoFeasiblePlan,
    PlanFileError,
    PlanNotCompleted,
    PlanNotSaved,
    SolverError,
    StoppedWithoutPlan,
    UnsupportedInstance,
)
from tests.command import COMMAND, environment

_BRANCH = re.compile(r"^ {4}([│├└─ ]*)(\w+) +exit (\d+)", re.MULTILINE)


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give back what the command line changes in its process."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    with warnings.catch_warnings():
        yield


# ---------------------------------------------------------------- the tree
def test_the_tree_as_drawn_is_the_tree_of_classes() -> None:
    """Tests that the drawing names every error class once, below its base, with its exit code."""
    drawn: list[tuple[str, str, int]] = []
    above: list[str] = []
    for branch, name, code in _BRANCH.findall(errors.__doc__ or ""):
        depth = len(branch) // 4
        above[depth:] = [name]
        drawn.append((name, above[depth - 1] if depth else "Exception", int(code)))
    classes = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, CapoptError)]
    assert sorted(drawn) == sorted((one.__name__, one.__mro__[1].__name__, one.exit_code) for one in classes)


def test_every_error_is_public() -> None:
    """Tests that whoever uses the library can catch each error by its name."""
    import optimizer

    classes = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, Exception)}
    assert classes <= set(optimizer.__all__)


# ---------------------------------------------------------------- messages
def test_a_fault_tells_place_problem_and_nearest() -> None:
    """Tests the sentence of a fault, with a cell where there is one."""
    fault = Fault(where="contracts", row=7, column="provider", problem="unknown name.", nearest="cloud", cell="D7")
    assert str(fault) == "contracts, cell D7, row 7, column provider: unknown name. Did you mean 'cloud'?"
    assert str(Fault(where="fleet.csv", problem="it is empty.")) == "fleet.csv: it is empty."


def test_all_faults_are_told() -> None:
    """Tests that an instance error lists and counts every fault."""
    one, two = Fault(where="a.csv", problem="bad."), Fault(where="b.csv", problem="worse.")
    assert str(InstanceError([one, two], "x")) == "2 errors in x:\n  a.csv: bad.\n  b.csv: worse."
    assert str(InstanceError([one], "x")) == "1 error in x:\n  a.csv: bad."


def test_one_violation_is_one_place() -> None:
    """Tests that a failed audit counts its places in words that fit."""
    violation = Violation(rule="power", item="hall", month="2030-01", found="2 MW", allowed="at most 1 allowed")
    line = "  2030-01 hall: 2 MW, at most 1 allowed (power)"
    assert str(AuditFailed([violation])) == f"the plan fails its audit in 1 place:\n{line}"
    told = str(AuditFailed([violation] * 2, kept="p.failed-audit"))
    aside = "The failed plan is kept in p.failed-audit."
    assert told == f"the plan fails its audit in 2 places:\n{line}\n{line}\n{aside}"


_CARRYING = [
    InstanceError([Fault(where="a.csv", row=2, problem="bad.")], "x"),
    UnsupportedInstance([Fault(where="scenarios", problem="not covered.")]),
    AuditFailed([Violation(rule="power", item="hall", month="2030-01", found="2", allowed="1")], kept="p.failed-audit"),
    NoFeasiblePlan(["budgets.csv row 2"]),
    PlanNotSaved("p", OSError(errno.ENOSPC, "No space left on device"), "p-2"),
    PlanNotCompleted(KeyError("x"), {"started[lease,0]": 2.0}, None, "p.unfinished"),
    StoppedWithoutPlan("stopped", interrupted=True),
    SolverError("refused"),
    BoundContradicted(100.0, 170.0, "USD", kept="p.contradicted"),
]


@pytest.mark.parametrize("error", _CARRYING, ids=lambda error: type(error).__name__)
def test_an_error_crosses_processes(error: CapoptError) -> None:
    """Tests that an error that a process of a pool hands over says the same and carries the same."""
    found = pickle.loads(pickle.dumps(error))
    assert type(found) is type(error)
    assert str(found) == str(error)
    assert vars(found) == vars(error)


# ---------------------------------------------------------------- how the command line ends
ENDS = [
    (CapoptError("x"), 1),
    (InstanceError([Fault(where="x")]), 2),
    (UnsupportedInstance([Fault(where="x")]), 2),
    (EditError("x"), 2),
    (FixingError("x"), 2),
    (AdditionError("x"), 2),
    (PlanFileError("x"), 2),
    (PlanNotSaved("p", OSError(errno.ENOSPC, "No space left on device"), "p-2"), 1),
    (PlanNotCompleted(KeyError("x"), {}, None), 1),
    (AuditFailed([]), 4),
    (NoFeasiblePlan(["x"]), 5),
    (StoppedWithoutPlan("x"), 130),
    (SolverError("x"), 1),
    (BoundContradicted(100, 170), 1),
    (click.UsageError("x"), 2),
    (click.Abort(), 130),
    (KeyboardInterrupt(), 130),
    (MemoryError(), 1),
    (OSError(errno.ENOSPC, "No space left on device"), 1),
]


@pytest.mark.parametrize(("error", "code"), ENDS, ids=[type(error).__name__ for error, _ in ENDS])
def test_each_error_has_its_exit_code(error: BaseException, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Tests that an error ends the command with its code, and is told in prose on standard error alone."""

    @click.command()
    def fails() -> None:
        raise error

    assert run(fails, []) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.lstrip().startswith("capopt: ")  # after the ^C that a terminal shows
    assert "Traceback" not in err


def test_memory_that_is_not_enough_has_a_remedy(capsys: pytest.CaptureFixture[str]) -> None:
    """Tests that running out of memory tells what to do."""

    @click.command()
    def fails() -> None:
        raise MemoryError

    run(fails, [])
    assert "plan fewer months or items" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code"), [(["--help"], 0), (["validate", "first-steps"], 0), (["validate", "x", "--json"], 2)]
)
def test_a_reader_that_leaves_changes_nothing(arguments: list[str], code: int) -> None:
    """Tests that a pipe that ends gives no traceback, and the exit code of the command."""
    process = subprocess.Popen(
        [*COMMAND, *arguments], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    )
    with process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        told = process.stderr.read()
    assert process.returncode == code
    assert "Traceback" not in told
    assert "Exception ignored" not in told


@pytest.mark.parametrize(
    ("redirection", "code"),
    [(">&- 2>&- <&-", 0), ("2>/dev/full >&-", 0), (">/dev/full", 1)],
)
def test_streams_that_are_closed_or_full(redirection: str, code: int, tmp_path: Path) -> None:
    """Tests that a plan is found and written whatever happens to what is printed; lost output is exit code 1."""
    command = f"{shlex.join(COMMAND)} solve first-steps -o plan {redirection}"
    done = subprocess.run(
        command, shell=True, cwd=tmp_path, env=environment(), capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert ("standard output cannot be written: No space left on device" in done.stderr) == bool(code)
    assert optimizer.audit(optimizer.load_plan(tmp_path / "plan")).passed
    assert {path.suffix for path in (tmp_path / "plan").iterdir()} == {"", ".csv", ".json"}

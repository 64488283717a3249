"""Commands inside this process, and the plan and instance that they explain."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import optimizer
from optimizer.cli.app import cli
from optimizer.cli.exit_codes import run
from tests.analysis.commands import COST, IMPOSSIBLE, TABLES, Run
from tests.command import Ended
from tests.program.tiny import frames, solved, tiny


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a plan."""
    plan = solved(tiny(3, {"jobs": [10]}, **TABLES))
    assert plan.objective == pytest.approx(COST)
    return plan.save(tmp_path_factory.mktemp("made") / "plan")


@pytest.fixture
def plan(made: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may write into."""
    shutil.copytree(made, tmp_path / "plan")
    return tmp_path / "plan"


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the command line inside this process, in the test's folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CAPOPT_DEBUG", "1")  # leaves warnings and the last resort as they are

    def inside(*arguments: str | Path) -> Ended:
        code = run(cli, [str(one) for one in arguments])
        return Ended(code, *capsys.readouterr())

    return inside


@pytest.fixture
def impossible(tmp_path: Path) -> Path:
    """An instance that wants 20 of a fleet of ten, all of it a must."""
    optimizer.read(frames(2, {"jobs": [20]}, **IMPOSSIBLE)).save(tmp_path / "impossible")
    return tmp_path / "impossible"

"""Where ``capopt solve`` writes its plan: places that cannot be written, and whose plan is there."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import optimizer
from optimizer import files
from optimizer.plan.plan import Plan
from optimizer.uncertainty import solve as planning
from tests import command
from tests.command import Ended, capopt
from tests.instance_folder import write


@pytest.fixture
def inside(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """The command line in this process, so that parts of it can be exchanged."""
    return partial(command.inside, capfd)


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

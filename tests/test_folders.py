"""Folders and files that are replaced at once: links, permissions, leftovers, and what is not ours."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from optimizer import carry, exchange, files, folders
from optimizer.carry import Kind
from optimizer.folders import NotPlaced, replace_folder
from tests.command import ROOT, environment

KIND = Kind("head", lambda parts: parts[0] in ("head", "table") and len(parts) == 1)
OLD, NEW = {"head": b"1", "table": b"old"}, {"head": b"2", "table": b"new"}


@pytest.fixture(params=["exchange", "two steps", "copies"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How a folder is replaced: as here, and as where two names cannot be exchanged or files not be linked."""

    def no_links(*_: object, **__: object) -> None:
        raise OSError(95, "Operation not supported")

    if request.param != "exchange":
        monkeypatch.setattr(exchange, "_swap", lambda a, b: False)
    if request.param == "copies":
        monkeypatch.setattr(os, "link", no_links)
    return str(request.param)


def listed(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


# ---------------------------------------------------------------- folders
@pytest.mark.usefixtures("way")
def test_a_folder_is_replaced_with_what_is_not_ours_in_it(tmp_path: Path) -> None:
    """Tests that our files are the new ones, all others stay, and nothing is left next to the folder."""
    target = tmp_path / "p"
    replace_folder(target, OLD, KIND)
    target.chmod(0o750)
    (target / "mine").mkdir()
    (target / "mine" / "notes").write_bytes(b"notes")
    (target / "empty").mkdir()
    (target / "link").symlink_to("mine/notes")
    placed = replace_folder(target, NEW, KIND)
    assert placed.notes == ()
    assert listed(target) == {**NEW, "mine/notes": b"notes", "link": b"notes"}
    assert os.readlink(target / "link") == "mine/notes"
    assert (target / "empty").is_dir()
    assert stat.S_IMODE(target.stat().st_mode) == 0o750
    assert [path.name for path in tmp_path.iterdir()] == ["p"]


def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    """Tests that the folder is replaced to which a symbolic link points, also where that is missing."""
    (tmp_path / "link").symlink_to("deep/real")
    for contents in (OLD, NEW):
        replace_folder(tmp_path / "link", contents, KIND)
        assert (tmp_path / "link").is_symlink()
        assert listed(tmp_path / "deep" / "real") == contents


def test_what_has_one_of_our_names_and_is_not_ours_is_kept(tmp_path: Path) -> None:
    """Tests that a link or a folder under a name of ours goes to `kept`, and what it points to is not touched."""
    replace_folder(tmp_path / "p", OLD, KIND)
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / "p" / "table").unlink()
    (tmp_path / "p" / "table").symlink_to("../precious")
    replace_folder(tmp_path / "p", NEW, KIND)
    assert (tmp_path / "p" / "table").read_bytes() == b"new"
    assert os.readlink(tmp_path / "p" / "kept" / "table") == "../precious"
    assert (tmp_path / "precious").read_bytes() == b"precious"


def test_what_cannot_be_deleted_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that the new folder is complete where an old file cannot be deleted, and the note says what is left."""
    replace_folder(tmp_path / "p", OLD, KIND)
    real = os.unlink

    def refuse(path: object, **options: int) -> None:
        if str(path).endswith("table"):
            raise PermissionError(1, "Operation not permitted", str(path))
        real(path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "unlink", refuse)
    (note,) = replace_folder(tmp_path / "p", NEW, KIND).notes
    assert listed(tmp_path / "p") == NEW
    (left,) = (path for path in tmp_path.iterdir() if path.name != "p")
    assert f"could not be deleted (table: Operation not permitted): what is left of it is in {left}; delete it" in note


@pytest.mark.usefixtures("way")
def test_what_cannot_be_put_into_its_place_is_kept_next_to_it(tmp_path: Path) -> None:
    """Tests that a place that something else has taken is left alone, and the folder is complete under a free name."""
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "other").write_bytes(b"other")
    (tmp_path / "p-2").mkdir()
    with pytest.raises(NotPlaced) as caught:
        replace_folder(tmp_path / "p", NEW, KIND)
    assert caught.value.kept == tmp_path / "p-3"
    assert listed(tmp_path / "p-3") == NEW
    assert listed(tmp_path / "p") == {"other": b"other"}


def test_what_cannot_be_linked_is_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a planner's files come along on a disk that is full once the new folder is written."""
    replace_folder(tmp_path / "p", OLD, KIND)
    (tmp_path / "p" / "mine").mkdir()
    (tmp_path / "p" / "mine" / "notes").write_bytes(b"notes")
    (tmp_path / "p" / "other").write_bytes(b"other")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(carry, "_link", full)
    assert replace_folder(tmp_path / "p", NEW, KIND).notes == ()
    assert listed(tmp_path / "p") == {**NEW, "mine/notes": b"notes", "other": b"other"}
    assert [path.name for path in tmp_path.iterdir()] == ["p"]


def test_links_that_go_round_are_told_before_anything_is_written(tmp_path: Path) -> None:
    """Tests that a place that cannot be one is refused when it is looked at."""
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        folders.check_place(tmp_path / "loop")
    with pytest.raises(OSError, match="File name too long"):
        folders.check_place(tmp_path / ("x" * 300))
    folders.check_place(tmp_path / ("x" * 255))
    assert [path.name for path in tmp_path.iterdir()] == ["loop"]


def test_ctrl_c_comes_after_what_it_would_cut_in_two() -> None:
    """Tests that a signal within a block is raised again at its end, and not before."""
    done = []

    def work() -> None:
        with files.uninterrupted():
            signal.raise_signal(signal.SIGINT)
            done.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["all of it"]


# ---------------------------------------------------------------- leftovers
_LIVE = """
import sys, pathlib
from optimizer import folders
with folders._new_draft(pathlib.Path(sys.argv[1])) as draft:
    folders._fill(draft.path, {"table": b"x"}, "head")
    print(draft.path, flush=True)
    sys.stdin.read()
"""


def test_leftovers_are_put_in_order_and_live_drafts_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that incomplete drafts go, complete ones get a name, and one that a run works on stays."""
    monkeypatch.setattr(files, "AGE", -1.0)
    target = tmp_path / "p"
    replace_folder(target, OLD, KIND)
    for name, contents in (("half", {"table": b"x"}), ("done", NEW), ("empty", None)):
        (tmp_path / f".p.draft-{name}").mkdir()
        if contents is not None:
            folders._fill(tmp_path / f".p.draft-{name}", contents, "head")
    process = subprocess.Popen(
        [sys.executable, "-c", _LIVE, str(target)],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    with process:
        assert process.stdout is not None
        live = Path(process.stdout.readline().strip())
        notes = folders.recover(target, KIND)
        there = sorted(tmp_path.iterdir())
    assert there == sorted([live, target, tmp_path / "p-2"])
    assert notes == (f"a run that was cut off had left a complete folder for {target}; it is now {tmp_path / 'p-2'}",)
    assert listed(target) == OLD
    assert listed(tmp_path / "p-2") == NEW


def test_a_young_leftover_is_left_alone(tmp_path: Path) -> None:
    """Tests that what may be another machine's work, whose locks are unknown here, is not touched for a minute."""
    replace_folder(tmp_path / "p", OLD, KIND)
    (tmp_path / ".p.draft-half").mkdir()
    folders._fill(tmp_path / ".p.draft-half", {"table": b"x"}, "head")
    assert folders.recover(tmp_path / "p", KIND) == ()
    assert (tmp_path / ".p.draft-half" / "table").is_file()


def test_a_folder_that_was_moved_away_comes_back(tmp_path: Path) -> None:
    """Tests that a run cut off between two steps leaves a folder that the next look brings back."""
    replace_folder(tmp_path / "p", OLD, KIND)
    (tmp_path / "p").rename(tmp_path / ".p.draft-0.old")
    folders.restore(tmp_path / "p", KIND)
    assert listed(tmp_path / "p") == OLD


# ---------------------------------------------------------------- files
def test_a_file_is_replaced_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that permissions and links stay, and that a failure leaves the old file and no draft."""
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "real").chmod(0o640)
    (tmp_path / "link").symlink_to("real")
    files.write_file(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o640

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        files.write_file(tmp_path / "link", "newer")
    assert caught.value.filename == str(tmp_path / "link")
    assert (tmp_path / "real").read_bytes() == b"new"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


def test_a_pipe_is_written_to_as_it_is(tmp_path: Path) -> None:
    """Tests that a report can go into a pipe, which stays one."""
    os.mkfifo(tmp_path / "pipe")
    with subprocess.Popen(["cat", str(tmp_path / "pipe")], stdout=subprocess.PIPE) as reader:
        files.write_file(tmp_path / "pipe", "page")
        assert reader.stdout is not None
        assert reader.stdout.read() == b"page"
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)

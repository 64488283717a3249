"""Options for workers: which commands take them, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import inside
from tests.uncertainty.tiny import newsvendor

NOWHERE = "tcp://127.0.0.1:9"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder with an instance that has risks."""
    newsvendor(0.4).save(tmp_path / "risky")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("optimizer.workers.dask._CONNECT", 1.0)
    return tmp_path


def test_workers_of_this_machine(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Tests that --workers is obeyed although the environment names a cluster."""
    monkeypatch.setenv("CAPOPT_CLUSTER", NOWHERE)
    done = inside(capfd, "solve", "risky", "-o", "p", "--workers", "2", "--gap", "0", "--json")
    assert done.code == 0
    assert done.json["objective"] == pytest.approx(300)
    assert inside(capfd, "simulate", "p", "--workers", "1").code == 0


def test_a_cluster_that_does_not_answer(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Tests the message for the option, and for the environment; an instance of one future needs no cluster."""
    done = inside(capfd, "solve", "risky", "-o", "p", "--cluster", NOWHERE)
    assert done.code == 1
    assert f"no Dask scheduler answers at {NOWHERE}" in done.err
    monkeypatch.setenv("CAPOPT_CLUSTER", NOWHERE)
    assert inside(capfd, "solve", "risky", "-o", "p").code == 1
    assert inside(capfd, "solve", "first-steps", "-o", "q", "--time-limit", "20").code == 0


def test_options_that_have_no_meaning_are_refused(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Tests workers for a single search, and workers of this machine with a cluster."""
    done = inside(capfd, "solve", "first-steps", "--workers", "2")
    assert done.code == 2
    assert "for instances with scenarios or risks" in done.err
    done = inside(capfd, "solve", "risky", "--workers", "2", "--cluster", NOWHERE)
    assert done.code == 2
    assert "leave it out with --cluster" in done.err

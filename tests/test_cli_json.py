"""Every command with ``--json``: one object on standard output, everything for people on standard error."""

from __future__ import annotations

from pathlib import Path

import pytest

import optimizer
from optimizer.cli.app import cli
from tests.command import inside
from tests.program.tiny import frames, solved, tiny

LEASES = [{"price": 100, "term_months": 1, "max_blocks": 9}]

# How each command is called in a folder with the instance `mine`, its plan `p` and another plan `q`, and what it tells.
CALLS: dict[str, tuple[list[str], set[str]]] = {
    "new": (["new", "fresh"], {"created", "files"}),
    "validate": (["validate", "mine"], {"valid", "name", "hash", "rows", "faults", "warnings"}),
    "solve": (["solve", "mine", "-o", "s"], {"plan", "exit_code", "objective", "bound", "headline"}),
    "audit": (["audit", "p"], {"plan", "exit_code", "passed", "checks", "violations"}),
    "report": (["report", "p", "--html", "p.html"], {"plan", "html"}),
    "compare": (["compare", "p", "q"], {"comparisons"}),
    "explain": (["explain", "p", "--quick"], {"plan", "written", "values", "deadlines"}),
    "whatif": (["whatif", "p", "--set", "contracts.lease.price*=2"], {"plan", "exit_code", "written"}),
    "alternatives": (["alternatives", "p", "--plans", "0"], set()),
    "export": (["export", "p", "--focus", "focus"], set()),
    "scenarios": (["scenarios", "risky"], {"scenarios", "drawn"}),
    "simulate": (["simulate", "p", "--instance", "risky"], {"exit_code", "plans", "draws", "seed"}),
    "roll": (["roll", "p", "--months", "1", "-o", "later"], set()),
    "token": (["token", "create", "ada"], {"id", "account", "role", "secret", "expires_at"}),
    "bench": (["bench", "mine", "--threads", "1"], {"results"}),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("json")
    optimizer.read(frames(2, {"jobs": [15]}, contracts=LEASES)).save(folder / "mine")
    solved(optimizer.read(folder / "mine")).save(folder / "p")
    solved(tiny(2, {"jobs": [25]}, contracts=LEASES)).save(folder / "q")
    scenarios = [{"scenario": name, "probability": 0.5} for name in ("calm", "storm")]
    optimizer.read(frames(2, {"jobs": [15]}, contracts=LEASES, scenarios=scenarios)).save(folder / "risky")
    return folder


def test_no_command_is_left_out() -> None:
    """Tests that there is a call for every command but those that run until they are stopped."""
    assert {*CALLS, "serve", "worker"} == set(cli.commands)


@pytest.mark.parametrize("name", CALLS)
def test_json_is_one_object_beside_prose(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Tests that standard output is an object with what programs ask for, and people are told as without it."""
    monkeypatch.chdir(folder)
    arguments, keys = CALLS[name]
    done = inside(capfd, *arguments, "--json")
    assert done.code == 0, done.err
    assert done.json.keys() >= keys
    assert done.err.strip()


@pytest.mark.parametrize("name", [name for name in CALLS if name not in ("new", "bench", "validate", "solve", "token")])
def test_a_plan_that_is_none_is_told_by_every_command(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Tests that whatever reads a plan exits 2 where there is none, as prose and as JSON, and leaves nothing behind."""
    monkeypatch.chdir(tmp_path)
    done = inside(capfd, *CALLS[name][0], "--json")
    assert done.code == done.json["exit_code"] == 2
    assert done.json["error"] in done.err
    assert list(tmp_path.iterdir()) == []

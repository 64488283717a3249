"""The command line as a process of its own, for tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from optimizer.cli.app import cli
from optimizer.cli.exit_codes import run

ROOT = Path(__file__).resolve().parents[1]
COMMAND = (sys.executable, "-m", "optimizer.cli")


def _no_json(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


@dataclass(frozen=True)
class Ended:
    """How a command ended: exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        """Standard output as the one JSON object that it must be."""
        found = json.loads(self.out, parse_constant=_no_json)
        assert isinstance(found, dict)
        return found


def environment(**more: str) -> dict[str, str]:
    """Of the process, so that the package of this checkout is found from any folder."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **more}


def capopt(*arguments: str | Path, cwd: Path, **more: str) -> Ended:
    """Run ``capopt`` in a folder; what it prints never holds a traceback."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=environment(**more),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return Ended(done.returncode, done.stdout, done.stderr)


def inside(capfd: pytest.CaptureFixture[str], *arguments: str | Path) -> Ended:
    """Run ``capopt`` in this process: quicker, and parts of it can be exchanged."""
    hook = sys.excepthook
    try:
        with warnings.catch_warnings():
            code = run(cli, list(map(str, arguments)))
    finally:
        sys.excepthook = hook
    return Ended(code, *capfd.readouterr())

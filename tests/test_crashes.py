"""A slice of the campaign of crashes, ``python -m tests.crashes``."""

from __future__ import annotations

import subprocess
import sys

from tests.command import ROOT, environment


def test_no_crash_loses_a_plan() -> None:
    """Tests that 45 points at which a command that writes is cut off or refused leave every plan complete."""
    call = [sys.executable, "-m", "tests.crashes", "--points", "45", "--seed", "1"]
    done = subprocess.run(call, cwd=ROOT, env=environment(), capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "45 points, 0 wrong" in done.stdout

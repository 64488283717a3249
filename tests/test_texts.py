"""The texts that commands print, as snapshots: every sentence and table that a planner reads on the first examples."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from optimizer.instance.examples import find_example
from tests.command import ROOT, inside

INVALID = sorted(path.name for path in (ROOT / "instances" / "invalid").iterdir() if path.is_dir())
INFEASIBLE = sorted(path.name for path in (ROOT / "instances" / "infeasible").iterdir() if path.is_dir())
Print = Callable[..., str]


@pytest.fixture
def printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Print:
    """Run a command in the test's folder; returns its standard output and exit code."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(find_example("first-steps"), tmp_path / "mine")

    def run(*arguments: str) -> str:
        ended = inside(capfd, *arguments)
        text = ended.out.replace(str(tmp_path), "<folder>").replace(str(ROOT), "<project>")
        return f"{re.sub(r'[0-9,]+ checks', '<many> checks', text)}\nexit code {ended.code}"

    return run


@pytest.fixture
def solved(printed: Print) -> Print:
    """The same with the plan of first-steps in the folder."""
    printed("solve", "mine", "-o", "plan", "--threads", "1")
    return printed


def test_help(printed: Print, snapshot: Callable[[str], None]) -> None:
    """Tests the first help; that of each command is docs/commands.md."""
    snapshot(printed("--help"))


@pytest.mark.parametrize("options", [(), ("--blank",)], ids=["starter", "blank"])
def test_new(printed: Print, snapshot: Callable[[str], None], options: tuple[str, ...]) -> None:
    """Tests what is printed about a new instance."""
    snapshot(printed("new", "another", *options))


def test_validate(printed: Print, snapshot: Callable[[str], None]) -> None:
    """Tests what is printed about a valid instance."""
    snapshot(printed("validate", "mine"))


@pytest.mark.parametrize("name", INVALID)
def test_validate_invalid(printed: Print, snapshot: Callable[[str], None], name: str) -> None:
    """Tests all messages about an invalid example."""
    snapshot(printed("validate", str(ROOT / "instances" / "invalid" / name)))


def test_solve(printed: Print, snapshot: Callable[[str], None]) -> None:
    """Tests the summary of a plan."""
    snapshot(printed("solve", "mine", "-o", "plan", "--threads", "1"))


@pytest.mark.parametrize("name", INFEASIBLE)
def test_explain_infeasible(printed: Print, snapshot: Callable[[str], None], name: str) -> None:
    """Tests conflicts and repairs of an infeasible example."""
    snapshot(printed("explain", str(ROOT / "instances" / "infeasible" / name), "--threads", "1"))


def test_audit(solved: Print, snapshot: Callable[[str], None]) -> None:
    """Tests what an audit prints."""
    snapshot(solved("audit", "plan"))


def test_explain(solved: Print, snapshot: Callable[[str], None]) -> None:
    """Tests the explanation of a plan."""
    snapshot(solved("explain", "plan", "--threads", "1"))


def test_what_if(solved: Print, snapshot: Callable[[str], None]) -> None:
    """Tests the comparison that a what-if prints."""
    cheaper = ("--set", "contracts.lease.price*=0.9", "--delay", "contracts.lease=1")
    snapshot(solved("whatif", "plan", *cheaper, "--threads", "1"))


def test_sweep(solved: Print, snapshot: Callable[[str], None]) -> None:
    """Tests the table of a sweep."""
    snapshot(solved("whatif", "plan", "--sweep", "contracts.lease.price=500000:700000:3", "--threads", "1"))


def test_alternatives(solved: Print, snapshot: Callable[[str], None]) -> None:
    """Tests what near-optimal plans share."""
    snapshot(solved("alternatives", "plan", "--within", "20%", "--plans", "0", "--threads", "1"))


def test_compare_with_itself(solved: Print, snapshot: Callable[[str], None]) -> None:
    """Tests the comparison of equal plans."""
    snapshot(solved("compare", "plan", "plan"))

"""One solve in a process of its own, and its result."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from optimizer.bench.cases import Case

_ERROR_LENGTH = 2000  # characters of an error that are kept


@dataclass(frozen=True)
class Limits:
    """How each instance is solved; the options of ``capopt solve``."""

    gap: float = 1e-3
    time_limit: float = 600.0
    threads: int | None = None
    seed: int = 0
    solver: str = "highs"

    def arguments(self) -> list[str]:
        """Options of the command line."""
        given = {name.replace("_", "-"): value for name, value in asdict(self).items() if value is not None}
        return [text for name, value in given.items() for text in (f"--{name}", str(value))]


@dataclass
class Result:
    """Result of a solve, and the problems found in it.

    Attributes
    ----------
    instance, set : str
        The instance that was solved, and its set.
    status : str
        ``optimal`` (within the target gap), ``feasible`` (a larger gap), ``infeasible``, ``invalid``, ``none`` (stopped
        before any plan was found) or ``failed``.
    exit_code : int
        Of the process.
    asked_gap : float or None
        Target gap: the search ends at it.
    seconds : dict
        By phase; ``process`` is the total, including the start of the interpreter.
    memory_mb : float or None
        Peak of the process.
    messages : list of str
        Errors of an invalid instance, or rows of the conflict of an infeasible one.
    known : dict or None
        Best known entry before the solve.
    problems : list of str
        Why the result is wrong; empty if it is right.
    """

    instance: str
    set: str
    status: str
    exit_code: int
    hash: str = ""
    objective: float | None = None
    bound: float | None = None
    gap: float | None = None
    asked_gap: float | None = None
    stopped: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    memory_mb: float | None = None
    size: dict[str, int] = field(default_factory=dict)
    solver: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    error: str = ""
    messages: list[str] = field(default_factory=list)
    known: dict[str, Any] | None = None
    problems: list[str] = field(default_factory=list)


def run_case(case: Case, limits: Limits) -> Result:
    """Solve an instance with ``capopt solve`` in a new process, to its own gap if it has one."""
    limits = limits if case.gap is None else replace(limits, gap=case.gap)
    began = time.perf_counter()
    with TemporaryDirectory(prefix="capopt-bench-") as folder:
        plan = Path(folder) / "plan"
        command = [sys.executable, "-m", "optimizer.cli", "solve", str(case.path), "--output", str(plan), "--json"]
        # Bytes, not text: a process can die in the middle of a character.
        done = subprocess.run([*command, *limits.arguments()], capture_output=True, check=False)
    seconds = round(time.perf_counter() - began, 4)
    result = read_result(case, done.returncode, _text(done.stdout), _text(done.stderr))
    result.seconds["process"] = seconds
    result.asked_gap = limits.gap
    return result


def _text(output: bytes) -> str:
    return output.decode("utf-8", errors="replace")


def read_result(case: Case, exit_code: int, output: str, errors: str) -> Result:
    """Result of a process from its exit code, the JSON object on its standard output, and its standard error."""
    try:
        answer: dict[str, Any] = json.loads(output)
    except ValueError:
        what = (errors.strip() or output.strip())[-_ERROR_LENGTH:] or "no output"
        return Result(case.name, case.set, "failed", exit_code, error=f"exit code {exit_code}: {what}")
    if exit_code in (0, 3) and "objective" in answer:
        return _plan(case, exit_code, answer)
    statuses = {
        ("NoFeasiblePlan", 5): "infeasible",
        ("InstanceError", 2): "invalid",
        ("StoppedWithoutPlan", 130): "none",
    }
    status = statuses.get((str(answer.get("kind")), exit_code), "failed")
    result = Result(case.name, case.set, status, exit_code, error=str(answer.get("error", ""))[:_ERROR_LENGTH])
    result.messages = [str(row) for row in answer.get("conflict", [])]
    result.messages += [str(fault["text"]) for fault in answer.get("faults", [])]
    return result


def _plan(case: Case, exit_code: int, head: dict[str, Any]) -> Result:
    return Result(
        case.name,
        case.set,
        head["status"],
        exit_code,
        hash=head["instance"]["hash"],
        objective=head["objective"],
        bound=head["bound"],
        gap=head["gap"],
        stopped=head["stopped"],
        seconds=dict(head["seconds"]),
        memory_mb=max(head["memory_mb"].values(), default=None),
        size=head["size"],
        solver=head["solver"],
        versions=head["versions"],
    )

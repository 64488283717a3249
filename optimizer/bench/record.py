"""Records of benchmarks and campaigns: one JSON object, rewritten after each result."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from optimizer import __version__
from optimizer.bench.campaign import Trial, counts
from optimizer.bench.machine import machine
from optimizer.bench.runs import Limits, Result
from optimizer.files import write_file
from optimizer.versions import version_of


def results_record(results: Sequence[Result], limits: Limits) -> dict[str, Any]:
    """Results of the benchmark: machine, options, versions, and every instance."""
    versions = next((result.versions for result in results if result.versions), {})
    found = [asdict(result) for result in results]
    failures = sum(bool(result.problems) for result in results)
    return {**_head(limits), "versions": versions or {"capopt": __version__}, "failures": failures, "results": found}


def campaign_record(trials: Sequence[Trial], size: str, limits: Limits) -> dict[str, Any]:
    """Results of a campaign: machine, options, counts, and every trial."""
    found = [{"seed": trial.seed, "status": trial.status, **asdict(trial)} for trial in trials]
    return {**_head(limits), "versions": {"capopt": __version__}, "size": size, **counts(trials), "trials": found}


def found_by(result: Result, limits: Limits) -> str:
    """Versions and options of a run, as the file of the best known values records them."""
    solvers = {
        "highs": f"HiGHS {result.versions.get('highspy') or version_of('highspy')}",
        "scip": f"SCIP {result.versions.get('scip', '')}".strip(),
    }
    threads = "" if limits.threads is None else f", {limits.threads} thread{'s' if limits.threads > 1 else ''}"
    gap = limits.gap if result.asked_gap is None else result.asked_gap
    settings = f"gap {gap:g}, {limits.time_limit:g} s{threads}, seed {limits.seed}"
    return f"capopt {result.versions.get('capopt', __version__)}, {solvers[limits.solver]}, {settings}"


def today() -> str:
    """The date in UTC."""
    return datetime.now(UTC).date().isoformat()


def write_record(path: Path | None, record: dict[str, Any]) -> None:
    """Write a record, if a file is given."""
    if path is not None:
        write_file(path, json.dumps(record, indent=1, ensure_ascii=False) + "\n")


def _head(limits: Limits) -> dict[str, Any]:
    when = datetime.now(UTC).isoformat(timespec="seconds")
    return {"format": 1, "when": when, "options": asdict(limits), "machine": machine()}

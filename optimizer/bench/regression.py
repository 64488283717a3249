"""Compare a benchmark with an earlier one, digit by digit.

A search that ends at its gap is deterministic: it counts its work and not the time, so the same seed gives the same
answer. A search that ends at the time limit depends on the machine and is not compared.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from optimizer.bench.runs import Result
from optimizer.errors import CapoptError

_SAME = ("hash", "asked_gap", "status", "stopped", "objective", "bound", "nodes")
_CLOCK = "time_limit"


def read_record(path: Path) -> dict[str, Any]:
    """Read the record that an earlier ``capopt bench -o`` wrote.

    Raises
    ------
    CapoptError
        If the file cannot be read or is not such a record.
    """
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if all(isinstance(result["instance"], str) for result in record["results"]):
            return record
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CapoptError(
            f"{path} is not what capopt bench -o writes ({type(error).__name__}: {error}); name such a file"
        ) from None
    raise CapoptError(f"{path} is not what capopt bench -o writes (an instance has no name); name such a file")


def differences(result: Result, earlier: Mapping[str, Any]) -> list[str]:
    """Differences between a result and the earlier one of the instance; none if either ended at the time limit."""
    now, then = _answer(asdict(result)), _answer(earlier)
    if _CLOCK in (now["stopped"], then["stopped"]):
        return []
    return [f"{name} is {now[name]!r}, but was {then[name]!r}" for name in _SAME if now[name] != then[name]]


def _answer(result: Mapping[str, Any]) -> dict[str, Any]:
    nodes = (result.get("solver") or {}).get("nodes")
    return {name: nodes if name == "nodes" else result.get(name) for name in _SAME}


def comparison(results: Sequence[Result], record: Mapping[str, Any], earlier: Mapping[str, Any]) -> list[str]:
    """Describe how many results are the same, which are not compared and why, and which settings differ.

    Parameters
    ----------
    results : sequence of Result
        Results of this run.
    record, earlier : dict
        Records of this run and of the earlier one.
    """
    known = {entry["instance"]: entry for entry in earlier["results"]}
    missing = [result.instance for result in results if result.instance not in known]
    both = [result for result in results if result.instance in known]
    ended = [one.instance for one in both if _CLOCK in (one.stopped, known[one.instance].get("stopped"))]
    compared = [result for result in both if result.instance not in ended]
    same = sum(not differences(result, known[result.instance]) for result in compared)
    lines = [f"{same} of {len(compared)} results are the same"]
    if ended:
        lines.append(f"not compared, because they ended at the time limit: {', '.join(ended)}")
    if missing:
        lines.append(f"not compared, because the earlier run did not solve them: {', '.join(missing)}")
    for part in ("options", "versions", "machine"):
        now, then = record.get(part) or {}, earlier.get(part) or {}
        lines += [
            f"{part}: {name} is {now.get(name)}, but was {then.get(name)}"
            for name in dict.fromkeys([*now, *then])
            if now.get(name) != then.get(name)
        ]
    return lines

"""Whether a benchmark repeats an earlier one to the last digit.

A search that ends by its gap counts its work and not the clock, so the same seed gives the same answer again. One that
ends by the time limit depends on the machine, and is not compared.
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
    """What an earlier ``capopt bench -o`` wrote.

    Raises
    ------
    CapoptError
        If the file cannot be read, or holds something else.
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
    """What a result has otherwise than the earlier one of the same instance; nothing where the clock ended one."""
    now, then = _answer(asdict(result)), _answer(earlier)
    if _CLOCK in (now["stopped"], then["stopped"]):
        return []
    return [f"{name} is {now[name]!r}, but was {then[name]!r}" for name in _SAME if now[name] != then[name]]


def _answer(result: Mapping[str, Any]) -> dict[str, Any]:
    nodes = (result.get("solver") or {}).get("nodes")
    return {name: nodes if name == "nodes" else result.get(name) for name in _SAME}


def comparison(results: Sequence[Result], record: Mapping[str, Any], earlier: Mapping[str, Any]) -> list[str]:
    """In sentences: how many results were the same, which were not compared and why, and what else was not the same.

    Parameters
    ----------
    results : sequence of Result
        Of this run.
    record, earlier : dict
        All that this run and the earlier one recorded.
    """
    known = {entry["instance"]: entry for entry in earlier["results"]}
    missing = [result.instance for result in results if result.instance not in known]
    both = [result for result in results if result.instance in known]
    ended = [one.instance for one in both if _CLOCK in (one.stopped, known[one.instance].get("stopped"))]
    compared = [result for result in both if result.instance not in ended]
    same = sum(not differences(result, known[result.instance]) for result in compared)
    lines = [f"{same} of {len(compared)} results are the same"]
    if ended:
        lines.append(f"not compared, for the time limit ended them: {', '.join(ended)}")
    if missing:
        lines.append(f"not compared, for they were not solved then: {', '.join(missing)}")
    for part in ("options", "versions", "machine"):
        now, then = record.get(part) or {}, earlier.get(part) or {}
        lines += [
            f"{part}: {name} is {now.get(name)}, but was {then.get(name)}"
            for name in dict.fromkeys([*now, *then])
            if now.get(name) != then.get(name)
        ]
    return lines

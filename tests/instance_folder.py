"""Tiny instances as folders, for commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import optimizer
from tests.program.tiny import frames

LEASES: dict[str, Any] = {"contracts": [{"price": 100, "term_months": 1, "max_blocks": 9}]}  # blocks of 10
IMPOSSIBLE: dict[str, Any] = {
    "on_demand": [{"price": 1, "max_accelerators": 5}],
    "workloads": [{"workload": "jobs", "min_service": 1}],
}


def write(folder: Path, months: int = 1, demand: Any = None, **tables: Any) -> None:
    """Write a tiny instance as a folder."""
    optimizer.read(frames(months, demand or {"jobs": [15]}, **(tables or LEASES))).save(folder)

"""A small plan written by hand, with awkward names, for tests of reports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from optimizer.instance.read import read
from optimizer.plan.plan import Plan
from optimizer.plan.tables import COLUMNS, make_table
from tests.instance.sample import Tables, put, sample, write_folder

Rows = list[tuple[Any, ...]]

# The sample has 24 months from 2026-01. Names look like formulas, patterns, and differ in their case only.
ROWS: dict[str, Rows] = {
    "decisions": [
        ("2026-01", "sign", "lease", "neo", 2, 2000, 2.8, "2026-02", "", 18e6),
        ("2026-03", "order_build", "hall-1", "in_house", 1, 0, 20, "2026-09", "", 2e8),
        ("2026-09", "hand_back", "lease", "neo", 2, 2000, 2.8, "", "2026-11", 0),
    ],
    "capacity": [
        ("2026-01", "north/gpu", "in_house", "in_house", "north", "gpu", 4000, 3000, 0, 1000, 5.76),
        ("2026-02", "north/gpu", "in_house", "in_house", "north", "gpu", 4000, 4000, 0, 0, 5.76),
        ("2026-02", "lease", "contract", "neo", "europe", "gpu", 1000.5, 900, 100, 0.5, 1.4),
        ("2027-12", "hourly", "on_demand", "cloud", "europe", "gpu", 50, 50, 0, 0, 0),
    ],
    "allocation": [("2026-01", "north/gpu", "assistant", 3000, 2910)],
    "leases": [("2026-02", "let", "lease", 100)],
    "runs": [("big", "north/gpu", 1000, "2026-03", "2026-09", "", 0)],
    "service": [("2026-01", "assistant", 3000, 2910, 90), ("2026-02", "assistant", 3000, 3000, 0)],
    "power": [("2026-01", "north", 10, 4.32, 0)],
    "rules": [("2026-01", "cap", "month", "<=", 4000, 10000, 6000, 0, 0)],
    "outages": [("2026-01", "outage", "north", "lease", "assistant", 10, 9.5)],
    "cash": [
        ("2026-01", "energy", "north", "in_house", 100.25, 100.25),
        ("2026-02", "contract", "lease", "=SUM(A1)", 3e6, 2.9e6),
        ("2026-02", "on_demand", "hourly", "a*", 40.0, 39.0),
        ("2026-03", "on_demand", "hourly", "A*", 2.0, 1.0),
        ("2026-03", "on_demand", "hourly", "aa", 500.0, 400.0),
        ("2027-01", "unserved", "assistant", "", 70.0, 60.0),
        ("2027-12", "lease_out", "let", "-tenant", -1000.0, -800.0),
        ("2028-01", "residual", "hall-1", "in_house", -5e5, -4e5),
    ],
    "obligations": [
        ("2026-01", "lease", "=SUM(A1)", 18e6, 0.0),
        ("2027-12", "hall-1", "in_house", 2e8, 5e7),
    ],
}


def awkward_plan(folder: Path, rows: dict[str, Rows] | None = None, head: dict[str, Any] | None = None) -> Plan:
    """A plan of the sample with the rows given, else those above; its money adds up to its objective."""
    tables = {name: make_table(name, (ROWS if rows is None else rows).get(name, [])) for name in COLUMNS}
    objective = float(tables["cash"]["present_value"].sum())
    known = {
        "status": "feasible",
        "stopped": "time_limit",
        "objective": objective,
        "bound": objective - 1000,
        "gap": 1000 / abs(objective) if objective else None,
        "options": {"gap": 0.001, "threads": None, "seed": 0, "relax": False, "time_limit": 60.0},
        "relaxed": False,
        "warnings": ["=1+1 is no formula"],
        "audit": {"passed": True, "checks": 1234},
        "versions": {"capopt": "0"},
    }
    return Plan(head={**known, **(head or {})}, tables=tables, instance=read(write_folder(folder, awkward_tables())))


def awkward_tables() -> Tables:
    """Tables of the sample, with texts that look like formulas."""
    tables = sample()
    for row, text in ((2, "=1+1"), (3, "-x")):
        put(tables, "accelerators", row, "vendor", text)
    put(tables, "accelerators", 2, "description", "@home, + and ends in a quote'")
    return tables

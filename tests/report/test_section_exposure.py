"""Whether each could be lost, as the report and the workbook tell it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd

from optimizer.plan.plan import Plan
from optimizer.plan.tables import column_names
from optimizer.report.document import Prose, Table
from optimizer.report.plan_context import PlanContext
from optimizer.report.section_exposure import NOTHING_CRITICAL, caps_grid, losses, losses_grid, sentences
from optimizer.report.workbook import write_workbook
from tests.program.tiny import solved, tiny
from tests.report.plans import small_plan

NONE = (0, "", "", 0.0, 0.0, "", 0.0)
ROWS: list[tuple[Any, ...]] = [
    ("provider", "cloud", 0.5, "2026-03", *NONE),
    ("provider", "neo", 0.4, "2026-02", 1, "2026-04", "2026-04", 800.0, 40.0, "chat", 0.0),
    ("group", "alpha", 0.9, "2026-02", 7, "2026-02", "2026-05", 1000.0, 600.0, "chat; study", 100.0),
    ("site", "hall", 0.1, "2026-01", *NONE),
]
TABLE = pd.DataFrame(ROWS, columns=column_names("losses"))


def test_who_can_be_lost_and_who_cannot() -> None:
    """Tests a sentence on all that can, and one for each that cannot, the most first."""
    assert sentences(TABLE) == [
        "If one of these were lost, all critical work could continue: cloud; own site hall.",
        "Without owner alpha critical work is short in 7 months, the first Feb 2026; the largest shortfall is in "
        "May 2026, when 600 reference-accelerators of it (60 %) would not be served: chat; study; 100 are "
        "not served even without the loss.",
        "Without neo critical work is short in 1 month, the first Apr 2026; the largest shortfall is in Apr "
        "2026, when 40 reference-accelerators of it (5 %) would not be served: chat.",
    ]
    many = pd.concat([TABLE.iloc[[1]]] * 8, ignore_index=True)
    assert sentences(many)[-1] == "Critical work would be short without 2 more, too."
    assert len(sentences(many)) == 7


def test_the_table_of_losses() -> None:
    """Tests kinds, verdicts, figures and blanks of every row."""
    grid = losses_grid(TABLE)
    assert grid.columns == (
        *("If lost", "Kind", "Can be lost", "Most short in", "Workloads short then"),
        *("Share, highest", "Months short", "Critical work then", "Short", "Of the critical work"),
    )
    assert [tuple(row) for row in grid.rows] == [
        ("cloud", "provider", "yes", "", "", "50.0 %", "", "", "", ""),
        ("neo", "provider", "no", "2026-04", "chat", "40.0 %", "1", "800", "40", "5.0 %"),
        ("alpha", "owner", "no", "2026-05", "chat; study", "90.0 %", "7", "1,000", "600", "60.0 %"),
        ("hall", "own site", "yes", "", "", "10.0 %", "", "", "", ""),
    ]
    assert grid.texts == 5


def test_the_table_of_requirements() -> None:
    """Tests what less exposure costs: an interval, at least, at most; shares not served, of nothing and unknown."""
    rows = [
        ("alpha at most 60 %", 0.9, "2026-04", 2e6, 3e6, 0.0125, "Sign lease", "a note"),
        ("no neo", 0.4, "2026-02", 2e6, None, 0.0, "", "no plan was found"),
        ("no cloud", 0.004, "2026-12", float("nan"), 3e6, None, "", "a note"),
        ("no hall", 0.1, "2027-01", None, None, float("nan"), "Buy; Sign", ""),
    ]
    columns = ["requirement", "share", "month", "at_least", "at_most", "unserved", "answer", "note"]
    grid = caps_grid(PlanContext(small_plan()), pd.DataFrame(rows, columns=columns).astype(object))
    assert grid.columns == (
        *("Requirement", "In force from", "Largest changes of decisions"),
        *("Share now, highest", "Costs more", "Not served"),
    )
    assert [tuple(row) for row in grid.rows] == [
        ("alpha at most 60 %", "2026-04", "Sign lease", "90.0 %", "2 M to 3 M", "1.25 %"),
        ("no neo", "2026-02", "no plan was found", "40.0 %", "at least 2 M", "0 %"),
        ("no cloud", "2026-12", "a note", "0.4 %", "at most 3 M", ""),
        ("no hall", "2027-01", "Buy; Sign", "10.0 %", "", ""),
    ]
    assert (grid.texts, str(grid.notes)[:25]) == (3, "In EUR, present value: ad")


def _plan() -> Plan:
    """Twenty wanted at the hall, half of it critical."""
    critical = [{"workload": "jobs", "critical": 0.5}]
    return solved(tiny(2, {"jobs": [20]}, fleet=[{"count": 20}], workloads=critical))


def test_every_plan_tells_it(tmp_path: Path) -> None:
    """Tests the blocks of the page and the sheet of the workbook; where nothing is critical, a sentence says so."""
    plan = _plan()
    prose, listed = losses(PlanContext(plan))
    assert isinstance(prose, Prose)
    assert isinstance(listed, Table)
    assert prose.paragraphs[0].startswith("Without own site hall critical work is short in 2 months")
    sheet = openpyxl.load_workbook(write_workbook(plan, tmp_path / "plan.xlsx"))["losses"]
    header, row = list(sheet.iter_rows(min_row=3, values_only=True))[:2]
    assert header == tuple(column_names("losses"))
    assert dict(zip(header, row, strict=True))["short"] == 10
    (only,) = losses(PlanContext(small_plan()))
    assert only.paragraphs == [NOTHING_CRITICAL]

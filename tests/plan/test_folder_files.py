"""Which files of a folder are parts of a plan, and which would be read as such."""

from __future__ import annotations

import pytest

from optimizer.plan.folder import KIND


@pytest.mark.parametrize(
    ("path", "ours", "misleads"),
    [
        ("plan.json", True, True),
        ("plan.txt", False, False),
        ("zplan.json", False, False),
        ("decisions.csv", True, True),
        ("decisions.parquet", True, True),
        ("decisions.xlsx", False, False),
        ("scenarios.csv", True, True),
        ("scenarios.parquet", True, True),
        ("offers.csv", True, True),  # of an explanation, which is written as CSV only
        ("offers.parquet", False, False),
        ("notes.csv", False, False),
        ("instance/contracts.csv", True, True),
        ("instance/instance.toml", True, True),
        ("instance/mine.csv", False, True),
        ("instance/mine.CSV", False, True),
        ("instance/mine.txt", False, False),
        ("other/contracts.csv", False, False),
        ("instance/more/contracts.csv", False, False),
        ("more/plan.json", False, False),
    ],
)
def test_files_of_a_plan(path: str, ours: bool, misleads: bool) -> None:
    """Tests the head, tables of plans and explanations in both formats, and files of the instance."""
    parts = tuple(path.split("/"))
    assert (KIND.is_ours(parts), KIND.misleads(parts)) == (ours, misleads)

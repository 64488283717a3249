"""Check spend commitments that were made before the plan."""

from __future__ import annotations

from optimizer.instance.data import Data
from optimizer.instance.decided_rows import Decided, check_blank, check_month, check_start, check_taken_once

_YEAR = 12


def check_commitments(data: Data, rows: list[Decided]) -> None:
    """Report spend commitments that were not made as they can be made."""
    check_taken_once(data, rows)
    for row in rows:
        start = check_start(data, row)
        check_month(data, row, "ends", start + _YEAR * row.item["years"] - 1, "the start and the years")
        check_blank(data, row, "pool", "price")
        if start >= 0 and row.values["spent"]:
            row.fault(data, "spent", "nothing can be spent before the first month of a commitment. Leave it blank.")

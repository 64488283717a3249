"""Validation of the tables of a plan before it is reported: folders of plans can be changed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimizer.errors import PlanFileError
from optimizer.format import counted, grouped
from optimizer.instance.raw import quoted
from optimizer.plan.hand_backs import BACK
from optimizer.plan.tables import SCENARIO, UNCERTAIN, text_columns

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

_MONTH = r"\d{4}-(0[1-9]|1[0-2])"
_MAY_BE_BLANK = frozenset({"starts", "ends", "target"})
_MONTHS = _MAY_BE_BLANK | {"month"}
_LISTED = 20


def check_cells(plan: Plan) -> None:
    """Refuse a plan with an invalid month or number.

    Raises
    ------
    PlanFileError
        With the first such cells: table, row, column and what was found.
    """
    faults = [fault for name, table in plan.tables.items() for fault in _faults(name, table)]
    if faults:
        more = f"\n  and {grouped(len(faults) - _LISTED)} more" if len(faults) > _LISTED else ""
        lines = "\n".join(f"  {fault}" for fault in faults[:_LISTED])
        cells = counted(len(faults), "cell")
        are = "is" if len(faults) == 1 else "are"
        remedy = "Restore the plan's tables, or solve again."
        raise PlanFileError(f"cannot report the plan: {cells} of its tables {are} invalid:\n{lines}{more}\n{remedy}")


def _may_be_blank(table: pd.DataFrame, column: str) -> Any:
    """Whether a month can be blank, by row: the last one of a hand-back cannot."""
    if column == "ends" and "decision" in table:
        return ~table["decision"].isin(BACK).to_numpy(dtype=bool)
    return np.full(len(table), column in _MAY_BE_BLANK)


def _faults(name: str, table: pd.DataFrame) -> list[str]:
    texts, found, may_lack = [SCENARIO, *text_columns(name)], [], name in UNCERTAIN
    for column in table.columns:
        if column in texts and column not in _MONTHS:
            continue
        if column in texts:
            fine = table[column].str.fullmatch(_MONTH).to_numpy(dtype=bool)
            fine = fine | (table[column].eq("").to_numpy(dtype=bool) & _may_be_blank(table, column))
            wanted = "a month, YYYY-MM"
        else:
            numbers = table[column].to_numpy(dtype=float)
            fine, wanted = np.isfinite(numbers) | (may_lack & np.isnan(numbers)), "a number"
        for row in np.flatnonzero(~fine).tolist():
            cell = quoted(table[column].iloc[row])
            found.append(f"{name}, row {row + 2}, column {column}: found {cell}, expected {wanted}.")
    return found

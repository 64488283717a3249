"""Whether the tables of a plan can be told: folders of plans can be changed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimizer.errors import PlanFileError
from optimizer.instance.raw import quoted
from optimizer.plan.tables import text_columns

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

_MONTH = r"\d{4}-(0[1-9]|1[0-2])"
_MAY_BE_BLANK = frozenset({"starts", "ends", "target"})
_MONTHS = _MAY_BE_BLANK | {"month"}
_TOLD = 20


def check_cells(plan: Plan) -> None:
    """Refuse a plan with a month that is none, or a number that is none.

    Raises
    ------
    PlanFileError
        With every such cell: table, row, column and what stands there.
    """
    faults = [fault for name, table in plan.tables.items() for fault in _faults(name, table)]
    if faults:
        more = f"\n  and {len(faults) - _TOLD:,} more" if len(faults) > _TOLD else ""
        told = "\n".join(f"  {fault}" for fault in faults[:_TOLD])
        remedy = "Restore the plan's tables, or solve again."
        raise PlanFileError(
            f"the plan cannot be told; {len(faults)} cells of its tables are broken:\n{told}{more}\n{remedy}"
        )


def _faults(name: str, table: pd.DataFrame) -> list[str]:
    texts, found = text_columns(name), []
    for column in table.columns:
        if column in texts and column not in _MONTHS:
            continue
        if column in texts:
            fine = table[column].str.fullmatch(_MONTH).to_numpy(dtype=bool)
            fine = fine | (table[column].eq("").to_numpy(dtype=bool) & (column in _MAY_BE_BLANK))
            wanted = "a month, YYYY-MM"
        else:
            fine, wanted = np.isfinite(table[column].to_numpy(dtype=float)), "a number"
        for row in np.flatnonzero(~fine).tolist():
            cell = quoted(table[column].iloc[row])
            found.append(f"{name}, row {row + 2}, column {column}: {cell} stands there; expected {wanted}.")
    return found

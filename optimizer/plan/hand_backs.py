"""Hand-backs in the table of decisions: their kinds, and their months in plans of earlier versions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from optimizer.instance.notice import notice_of
from optimizer.plan.tables import make_table
from optimizer.schema import load_schema

if TYPE_CHECKING:
    import pandas as pd

    from optimizer.instance.instance import Instance

BACK = ("hand_back", "take_back")
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


def by_notice(decisions: pd.DataFrame, instance: Instance) -> pd.DataFrame:
    """Return decisions of an earlier version, where hand-backs carry the first month without the blocks, by notice.

    Such a row is known by its ``month``, which follows its ``ends``; that of a decision never does.
    """
    months = decisions["month"].to_list()
    agreements = {name: row for table in load_schema().agreements for name, row in instance.named[table].items()}
    for place, row in enumerate(decisions.itertuples()):
        if row.decision in BACK and row.item in agreements and _MONTH.fullmatch(str(row.ends)):
            first = instance.month_index(str(row.ends)) + 1
            if instance.label(first) == row.month:
                months[place] = instance.label(first - notice_of(agreements[str(row.item)]))
    if months == decisions["month"].to_list():
        return decisions
    dated = make_table("decisions", {**decisions, "month": months})
    return dated.sort_values("month", kind="stable", ignore_index=True)

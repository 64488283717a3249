"""A plan with what every section of its report uses: months and colours."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimizer.format import span_text
from optimizer.report.colours import Colours

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan


class PlanContext:
    """A plan, its months, its currency and the colours of its parties."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.start, self.horizon = plan.instance.head.start, plan.instance.head.months
        self.currency = plan.instance.head.currency
        self.months = [plan.instance.label(t) for t in range(self.horizon)]
        self.span = span_text(self.months[0], self.months[-1])

    @cached_property
    def colours(self) -> Colours:
        """Colours of the parties."""
        return Colours(self.plan)

    @cached_property
    def firsts(self) -> list[str]:
        """First day of each month."""
        return [f"{month}-01" for month in self.months]

    @cached_property
    def steps(self) -> list[str]:
        """First day of each month, and the end of the last one, where steps end."""
        last = pd.Period(self.months[-1], freq="M").days_in_month
        return [*self.firsts, f"{self.months[-1]}-{last} 23:59"]

    def pivot(self, table: pd.DataFrame, by: Any, column: str) -> pd.DataFrame:
        """Sums of a column: a row for each month of the plan, a column for each value of ``by``."""
        sums = table.groupby([table["month"], by], sort=False)[column].sum().unstack(fill_value=0)
        return sums.reindex(self.months, fill_value=0.0)

"""How much of the capacity and of the work hangs on one party, group, site, region or tag."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimizer.schema import IN_HOUSE

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan


@dataclass(frozen=True)
class Share:
    """Share of the capacity that a member has over some months."""

    member: str
    average: float
    peak: float
    month: str


class Exposure:
    """Capacity in-house and under contract in reference-accelerators, as policies count it: without on-demand capacity.

    Parameters
    ----------
    plan : Plan
        The plan.
    """

    def __init__(self, plan: Plan) -> None:
        rows = plan.instance.rows
        self._months = [plan.instance.label(t) for t in range(plan.instance.head.months)]
        worth = {row.accelerator: row.reference for row in rows["accelerators"]}
        table = plan.capacity[plan.capacity["source"] != "on_demand"]
        self.table = table.assign(size=table["accelerators"] * table["accelerator"].map(worth).astype(float))
        self._providers = {row.provider: row for row in rows["providers"]}
        self._regions = {row.site: row.region for row in rows["sites"]}
        self.total = self._by_month(self.table)

    def _by_month(self, table: pd.DataFrame) -> pd.Series[float]:
        return table.groupby("month")["size"].sum().reindex(self._months, fill_value=0.0)

    def marks(self, subject: str) -> pd.Series[Any]:
        """Members of a subject that each row of the table counts for, as a list."""
        return self.table.apply(lambda row: self._members(subject, row), axis=1, result_type="reduce")

    def _members(self, subject: str, row: pd.Series[Any]) -> list[str]:
        party, place = str(row["party"]), str(row["site_or_region"])
        own = party == IN_HOUSE
        if subject == "site":
            return [place] if own else []
        if subject == "region":
            return [self._regions.get(place, place) if own else place]
        if subject == "provider" or own:
            return [party] if subject in ("provider", "group") else []
        provider = self._providers.get(party)
        if provider is None:
            return []
        return [provider.group] if subject == "group" else list(provider.tags)

    def by_member(self, subject: str) -> pd.DataFrame:
        """Share of each member, by month: a column for each; months without capacity count as none."""
        if self.table.empty:
            return pd.DataFrame(index=self._months)
        rows = self.table.assign(member=self.marks(subject)).explode("member").dropna(subset=["member"])
        sums = rows.groupby(["month", "member"])["size"].sum().unstack(fill_value=0)
        return sums.reindex(self._months, fill_value=0.0).div(self.total.where(self.total > 0, 1.0), axis=0)

    def shares(self, subject: str, first: int = 0, last: int | None = None) -> list[Share]:
        """Members with their average and highest share over a window of months, the highest first."""
        frame = self.by_member(subject).iloc[first : None if last is None else last + 1]
        if frame.empty:
            return []
        found = [
            Share(str(name), float(column.mean()), float(column.max()), str(column.idxmax()))
            for name, column in frame.items()
        ]
        return sorted(found, key=lambda share: (-share.peak, share.member))


def work_shares(plan: Plan, groups: bool) -> dict[str, tuple[float, str]]:
    """Highest monthly share of all work that runs at each party, or group, on-demand capacity included."""
    owner = dict(zip(plan.capacity["pool"], plan.capacity["party"], strict=True))
    group = {row.provider: row.group for row in plan.instance.rows["providers"]} if groups else {}
    party = plan.allocation["pool"].map(owner).map(lambda name: group.get(name, name))
    sums = plan.allocation.groupby(["month", party], sort=False)["work"].sum().unstack(fill_value=0)
    total = sums.sum(axis=1)
    shares = sums.div(total.where(total > 0, 1.0), axis=0)
    return {str(name): (float(column.max()), str(column.idxmax())) for name, column in shares.items()}

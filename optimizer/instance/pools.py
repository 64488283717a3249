"""Which capacity can serve which demand, to find demand that nothing can serve."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from optimizer.instance.data import Data
from optimizer.schema import IN_HOUSE

Values = dict[str, Any]


@dataclass(frozen=True)
class Pool:
    """A stock of one kind of accelerator."""

    source: str  # in_house, contracts or on_demand
    accelerator: str
    region: str
    marks: frozenset[str]  # provider, group and tags
    availability: float
    site: str = ""
    provider: str = IN_HOUSE
    sublease: bool = True


class Pools:
    """All stocks that an instance without errors can have."""

    def __init__(self, data: Data) -> None:
        self._parties = {r.values["provider"]: r.values for _, r in data.records("providers")}
        sites = {r.values["site"]: r.values for _, r in data.records("sites")}
        pairs = {(r.values["site"], r.values["accelerator"]) for _, r in data.records("fleet", "purchases")}
        own = frozenset({IN_HOUSE})
        self.all = [
            Pool("in_house", kind, sites[site]["region"], own, sites[site]["availability"], site)
            for site, kind in sorted(pairs)
        ]
        bought = [(table.spec.name, r.values) for table, r in data.records("contracts", "on_demand")]
        self.all += [self._bought(source, v) for source, v in bought if v.get("supplies") != "mw"]
        self._factors: dict[tuple[str, str], float] = {
            (r.values["class"], r.values["accelerator"]): r.values["factor"]
            for _, r in data.records("throughput")
            if r.values["factor"] > 0
        }

    def _bought(self, source: str, v: Values) -> Pool:
        party = self._parties[v["provider"]]
        marks = frozenset({v["provider"], party["group"], *party["tags"]})
        sublease = bool(v.get("sublease", False))
        return Pool(
            source,
            v["accelerator"],
            v["region"],
            marks,
            v["availability"],
            provider=v["provider"],
            sublease=sublease,
        )

    def cannot_serve(self, work: Values, on_demand: bool = True) -> str:
        """Why no stock can serve a workload or a run, ``""`` if one can."""
        fits = [pool for pool in self.all if on_demand or pool.source != "on_demand"]
        steps = (
            (f"no capacity has accelerators for the class {work['class']!r}", self._does),
            (f"no capacity for the class {work['class']!r} is in {';'.join(work['regions'])}", _near_enough),
            (f"all of it is excluded by {';'.join(work['exclude'])}", _allowed),
        )
        for reason, keeps in steps:
            fits = [pool for pool in fits if keeps(pool, work)]
            if not fits:
                return reason
        return ""

    def _does(self, pool: Pool, work: Values) -> bool:
        return (work["class"], pool.accelerator) in self._factors

    def least_months(self, run: Values) -> int:
        """Months that a training run takes at least: at its largest size, where it is done fastest."""
        rate = self.best_rate(run)
        return max(1, math.ceil(run["work"] / (max(run["sizes"]) * rate) - 1e-9)) if rate else 1

    def best_rate(self, run: Values) -> float:
        """Largest work of an accelerator for a training run; 0 if nothing can run it."""
        rates = [
            pool.availability * self._factors[run["class"], pool.accelerator]
            for pool in self.all
            if pool.source != "on_demand" and self._does(pool, run) and _near_enough(pool, run) and _allowed(pool, run)
        ]
        return max(rates, default=0.0)

    def can_cover(self, outlet: Values) -> bool:
        """Whether a stock can ever cover an outlet of accelerators."""
        return any(
            pool.accelerator == outlet["accelerator"]
            and pool.sublease
            and pool.provider != outlet["tenant"]
            and (not outlet["site"] or pool.site == outlet["site"])
            for pool in self.all
        )


def _near_enough(pool: Pool, work: Values) -> bool:
    return not work["regions"] or pool.region in work["regions"]


def _allowed(pool: Pool, work: Values) -> bool:
    return not pool.marks & set(work["exclude"])

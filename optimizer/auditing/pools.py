"""Pools of accelerators as the audit sees them: what they are, what may run there, whom they may be leased out to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from optimizer.instance.instance import Instance
from optimizer.schema import IN_HOUSE


@dataclass(frozen=True)
class Pool:
    """A stock of one kind of accelerator."""

    name: str
    source: str  # as in the capacity table
    party: str
    place: str  # site of an in-house pool, else the region
    region: str
    accelerator: str
    availability: float  # share of time in which it works
    group: str  # ultimate owner; in_house for own sites
    tags: frozenset[str]  # of the provider
    sublease: bool  # whether outlets of its kind may lease from it
    kw: float  # facility kW that one accelerator in use draws at an own site, else 0

    @property
    def own(self) -> bool:
        """Whether it stands at an own site."""
        return self.source == IN_HOUSE

    def does(self, work: Any, factors: dict[tuple[str, str], float]) -> float:
        """Work that one accelerator does for a workload or run; NaN where it may not run."""
        factor = factors.get((work.class_, self.accelerator), float("nan"))
        near = not work.regions or self.region in work.regions
        barred = {self.party, self.group, *self.tags} & set(work.exclude)
        return self.availability * factor if near and not barred else float("nan")

    def lends(self, outlet: Any) -> bool:
        """Whether it may cover an outlet."""
        if outlet.sells != "accelerators" or self.accelerator != outlet.accelerator or self.party == outlet.tenant:
            return False
        if self.own:
            return outlet.site is None or outlet.site == self.place
        return self.source == "contract" and self.sublease and outlet.site is None


def pools(instance: Instance) -> list[Pool]:
    """Every pool: own sites by site and kind, contracts, on-demand offers."""
    rows, named, found = instance.rows, instance.named, []
    for site, kind in sorted({(row.site, row.accelerator) for row in rows["fleet"] + rows["purchases"]}):
        at, kw = named["sites"][site], named["accelerators"][kind].kw * named["sites"][site].pue
        own = (IN_HOUSE, IN_HOUSE, site, at.region, kind, at.availability, IN_HOUSE, frozenset[str](), True, kw)
        found.append(Pool(f"{site}/{kind}", *own))
    for source, table, name in (("contract", "contracts", "contract"), ("on_demand", "on_demand", "offer")):
        for row in rows[table] if table == "on_demand" else [row for row in rows[table] if row.supplies != "mw"]:
            party = named["providers"][row.provider]
            where = (row.provider, row.region, row.region, row.accelerator, row.availability)
            lets = source == "contract" and row.sublease
            found.append(Pool(getattr(row, name), source, *where, party.group, frozenset(party.tags), lets, 0.0))
    return found

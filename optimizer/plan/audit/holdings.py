"""What a plan's decisions amount to: blocks in force, capacity, use and power, month by month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.plan.audit.facts import IN_HOUSE, Agreement, Facts
from optimizer.plan.audit.tables import Table
from optimizer.plan.audit.verdict import FLOOR

Array = NDArray[Any]


@dataclass(frozen=True)
class Decision:
    """A row of the decisions table, its month counted from the plan's first."""

    t: int
    month: str
    verb: str
    item: str
    party: str
    blocks: float
    accelerators: float
    mw: float
    starts: str
    ends: str
    committed_cost: float


class Stock:
    """Blocks of one agreement by the month they started in.

    Attributes
    ----------
    starts : array of int
        Start month of each lot of blocks, in order; the committed one may lie before the plan.
    blocks : array
        Blocks that started then.
    handed : array
        Blocks handed back, by month of the plan.
    alive : array
        Blocks still in force: starts by months. The oldest are handed back first.
    """

    def __init__(self, agreement: Agreement, signed: list[tuple[int, float]], handed: Array) -> None:
        row, months = agreement.row, np.arange(len(handed))
        began = sorted(([(row.earliest, row.committed_blocks)] if agreement.committed else []) + signed)
        self.agreement = agreement
        self.starts = np.array([start for start, _ in began], dtype=int)
        self.blocks = np.array([blocks for _, blocks in began], dtype=float)
        self.handed = handed
        self.ages = months[None, :] - self.starts[:, None]
        if agreement.fixed:
            in_force = (self.ages >= 0) & (self.ages < agreement.term)
            self.alive = np.where(in_force, self.blocks[:, None], 0.0)
            return
        left = np.cumsum(self.blocks)[:, None] - np.cumsum(handed)[None, :]
        in_force = (self.ages >= 0) & (months <= (len(months) if row.ends_by is None else row.ends_by))
        self.alive = np.where(in_force, np.minimum(np.maximum(left, 0.0), self.blocks[:, None]), 0.0)

    @property
    def active(self) -> Array:
        """Blocks in force by month."""
        found: Array = self.alive.sum(axis=0)
        return found

    def begun(self, first: int, last: int) -> float:
        """Blocks that started from one month to another, both included."""
        return float(self.blocks[(self.starts >= first) & (self.starts <= last)].sum())

    def expired(self) -> Array:
        """Blocks that run out, by the first month without them."""
        found = np.zeros(len(self.handed))
        ends_by = self.agreement.row.ends_by
        if self.agreement.fixed:
            for start, blocks in zip(self.starts + self.agreement.term, self.blocks, strict=True):
                if 0 <= start < len(found):
                    found[start] += blocks
        elif ends_by is not None and 0 <= ends_by + 1 < len(found):
            left = float(self.blocks[self.starts <= ends_by].sum() - self.handed[: ends_by + 1].sum())
            found[ends_by + 1] = max(0.0, left)
        return found

    def fractions(self, of: str) -> Array:
        """Ramp of every block in every month: ``capacity`` or ``price`` fraction by its age."""
        ages = np.maximum(self.ages, 0)
        fraction = self.agreement.capacity_fraction if of == "capacity" else self.agreement.price_fraction
        if not (self.agreement.capacity_ramp if of == "capacity" else self.agreement.price_ramp) or not ages.size:
            return np.ones(ages.shape)
        table: Array = np.array([fraction(age) for age in range(int(ages.max()) + 1)])[ages]
        return table

    def delivered(self) -> Array:
        """Blocks in force by month, each by the share of it that is delivered."""
        found: Array = (self.alive * self.fractions("capacity")).sum(axis=0)
        return found


class Holdings:
    """A plan's tables against the instance, and what follows from them.

    Attributes
    ----------
    facts, head, tables :
        The instance, the plan's head, its tables.
    decisions : list of Decision
        Rows of the decisions table.
    ordered, lots : dict of str to array
        Blocks of each build, lots of each purchase, by order month.
    stocks : dict of str to Stock
        Blocks of each agreement.
    capacity, used, leased : array
        Accelerators by pool and month: there, allocated to workloads, leased out.
    """

    def __init__(self, facts: Facts, head: Mapping[str, Any], tables: dict[str, Table]) -> None:
        self.facts, self.head, self.tables = facts, head, tables
        self.decisions = _decisions(tables["decisions"])
        self._of: dict[tuple[str, str], list[Decision]] = {}
        for row in self.decisions:
            self._of.setdefault((row.verb, row.item), []).append(row)
        self.relaxed = head.get("relaxed") is True
        self.ordered = {name: self._by_month("order_build", name) for name in facts.tables["builds"]}
        self.lots = {name: self._by_month("buy", name) for name in facts.tables["purchases"]}
        self.stocks = {name: self._stock(agreement) for name, agreement in facts.agreements.items()}
        pools = len(facts.pools), facts.months
        self.used = tables["allocation"].grid("pool", *pools, "accelerators")
        self.leased = tables["leases"].grid("pool", *pools, "accelerators")
        self.capacity = np.array([self._capacity(place) for place in range(pools[0])]).reshape(pools)
        self.accelerator_floor = FLOOR * float(self.capacity.max(initial=0.0))
        self.demand = facts.series("demand", "workload", "amount")
        self.work_floor = FLOOR * float(self.demand.max(initial=0.0))
        self.work_done = self._work_done()
        self.served = tables["allocation"].grid(
            "workload", len(facts.names["workload"]), facts.months, "work", self.work_done
        )
        self.mw_supply = facts.series("power", "site", "mw") + self.site_sum(
            {name: row.mw_per_block * self.energised(name) for name, row in facts.tables["builds"].items()}, "builds"
        )
        self.mw_floor = FLOOR * float(self.mw_supply.max(initial=0.0))

    def _work_done(self) -> Array:
        """Work of each row of the allocation; none where it may not run."""
        table = self.tables["allocation"]
        rates = self.facts.yields[table.codes["workload"], table.codes["pool"]]
        done: Array = table["accelerators"] * np.nan_to_num(rates)
        return done

    def of(self, verb: str, item: str) -> list[Decision]:
        """Decisions of a kind about an item."""
        return self._of.get((verb, item), [])

    def _by_month(self, verb: str, item: str) -> Array:
        found = np.zeros(self.facts.months)
        for row in self.of(verb, item):
            found[row.t] += row.blocks
        return found

    def _stock(self, agreement: Agreement) -> Stock:
        verb, back = ("lease_out", "take_back") if agreement.outlet else ("sign", "hand_back")
        signed = [(row.t + agreement.row.lead_months, row.blocks) for row in self.of(verb, agreement.name)]
        return Stock(agreement, signed, self._by_month(back, agreement.name))

    def _capacity(self, place: int) -> Array:
        """Accelerators of a pool by month; of an on-demand offer, what is taken."""
        pool, rows = self.facts.pools[place], self.facts.rows
        if pool.source == "on_demand":
            taken: Array = self.used[place]
            return taken
        if pool.source == "contract":
            stock = self.stocks[pool.name]
            return stock.delivered() * float(stock.agreement.row.accelerators_per_block)
        found = np.zeros(self.facts.months)
        for row in rows["fleet"]:
            if (row.site, row.accelerator) == (pool.place, pool.accelerator):
                found[: None if row.until is None else max(0, row.until)] += row.count
        for row in rows["purchases"]:
            if (row.site, row.accelerator) == (pool.place, pool.accelerator):
                found += self.installed(row.purchase)
        return found

    def installed(self, purchase: str) -> Array:
        """Accelerators of a purchase that are delivered and within their life, by month."""
        row = self.facts.tables["purchases"][purchase]
        found = np.zeros(self.facts.months)
        for t in np.flatnonzero(self.lots[purchase]):
            there = t + row.lead_months
            found[there : there + row.life_months] += self.lots[purchase][t] * row.lot_size
        return found

    def energised(self, build: str) -> Array:
        """Blocks of a build that are energised, by month."""
        row = self.facts.tables["builds"][build]
        found = np.zeros(self.facts.months)
        for t in np.flatnonzero(self.ordered[build]):
            found[t + row.lead_months :] += self.ordered[build][t]
        return found

    def site_sum(self, parts: Mapping[str, Array], table: str) -> Array:
        """Sums by site and month of figures of builds or outlets."""
        sites = self.facts.names["site"]
        found = np.zeros((len(sites), self.facts.months))
        for name, values in parts.items():
            found[sites[self.facts.tables[table][name].site]] += values
        return found

    def kw(self) -> Array:
        """Facility kW of one accelerator of each in-house pool, 0 for other pools."""
        sites, kinds = self.facts.tables["sites"], self.facts.accelerators
        return np.array(
            [
                kinds[pool.accelerator].kw * sites[pool.place].pue if pool.source == IN_HOUSE else 0.0
                for pool in self.facts.pools
            ]
        )

    def mw_used(self) -> Array:
        """Facility MW that accelerators in use draw, by site and month."""
        found = np.zeros((len(self.facts.names["site"]), self.facts.months))
        draw = (self.used + self.leased) * self.kw()[:, None] / 1000.0
        for pool, mw in zip(self.facts.pools, draw, strict=True):
            if pool.source == IN_HOUSE:
                found[self.facts.names["site"][pool.place]] += mw
        return found

    def mw_leased_out(self) -> Array:
        """Facility MW leased out, by site and month."""
        outlets = {name: row for name, row in self.facts.tables["outlets"].items() if row.sells == "mw"}
        return self.site_sum(
            {name: row.mw_per_block * self.stocks[name].active for name, row in outlets.items()}, "outlets"
        )


def _decisions(table: Table) -> list[Decision]:
    order = ("month", "decision", "item", "party", "blocks", "accelerators", "mw", "starts", "ends", "committed_cost")
    columns = [table[column].tolist() for column in order]
    return [Decision(t, *row) for t, *row in zip(table.months.tolist(), *columns, strict=True)]

"""What a plan's decisions amount to: blocks in force, capacity, use and power, month by month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.auditing.facts import Facts
from optimizer.auditing.placements import Decision, placements
from optimizer.auditing.stock import Stock
from optimizer.auditing.tables import Table
from optimizer.auditing.verdict import FLOOR
from optimizer.schema import load_schema

Array = NDArray[Any]


@dataclass(frozen=True)
class Taken:
    """A start of a spend commitment."""

    start: int  # first month, which can lie before the plan
    share: float  # 1; in a relaxed plan a part
    since: int  # first month of the plan in which it is decided
    spent: float  # paid to the provider before the plan in the year that is current then


class Holdings:
    """A plan's tables against the instance, and what follows from them.

    Attributes
    ----------
    facts, head, tables :
        The instance, the plan's head, its tables.
    relaxed : bool
        Whether blocks and lots may be fractional.
    decisions : list of Decision
        Rows of the decisions table.
    ordered, lots : dict of str to array
        Blocks of each build, lots of each purchase, by order month.
    stocks : dict of str to Stock
        Blocks of each agreement.
    committed, running : dict of str to array
        Of each spend commitment, whether the plan starts it and whether it runs, by month.
    placements : list of Placement
        Training runs that are placed.
    used, leased, capacity, offered : array
        Accelerators by pool and month: allocated, leased out, there (on demand: taken), there at most.
    work, demand, served, unserved : array
        Work of each row of the allocation; demand, served and reported as not served, by workload and month.
    mw_supply, mw_used, mw_let : array
        MW by site and month: available, drawn by accelerators in use, leased out as powered space.
    """

    def __init__(self, facts: Facts, head: Mapping[str, Any], tables: dict[str, Table]) -> None:
        self.facts, self.head, self.tables = facts, head, tables
        self.relaxed = head.get("relaxed") is True
        self.decisions = _decisions(tables["decisions"])
        self._added_terms = _added_terms(head)
        self._of: dict[tuple[str, str], list[Decision]] = {}
        for row in self.decisions:
            self._of.setdefault((row.verb, row.item), []).append(row)
        self.ordered: dict[str, Array] = {name: self.by_month("order_build", name) for name in facts.tables["builds"]}
        self.lots: dict[str, Array] = {name: self.by_month("buy", name) for name in facts.tables["purchases"]}
        self.stocks = {name: self._stock(name) for name in facts.agreements}
        self.committed = {name: self.by_month("commit_spend", name) for name in facts.tables["commitments"]}
        self.running = {name: self._running(name) for name in facts.tables["commitments"]}
        self.placements = placements(facts, self.decisions, tables["runs"])
        self._pools()
        self._work()
        self._power()

    def of(self, verb: str, item: str) -> list[Decision]:
        """Decisions of a kind about an item."""
        return self._of.get((verb, item), [])

    def item(self, row: Decision) -> Any:
        """Row of the instance that a decision is about."""
        tables = (self.facts.tables[table] for table in load_schema().decisions[row.verb])
        return next(table[row.item] for table in tables if row.item in table)

    def by_month(self, verb: str, item: str) -> Array:
        """Blocks of the decisions of a kind about an item, by month."""
        found = np.zeros(self.facts.months)
        for row in self.of(verb, item):
            found[row.t] += row.blocks
        return found

    def shape(self, kind: str) -> tuple[int, int]:
        """Number of names of a kind, and of months."""
        return len(self.facts.names[kind]), self.facts.months

    def counts_added(self, family: str, *index: str) -> bool:
        """Whether a constraint that was added to the program counts a variable of a family whose index begins so."""
        return any(name == family and part[: len(index)] == index for name, part in self._added_terms)

    def ordered_so_far(self, build: str) -> Array:
        """Blocks of a build ordered by the end of each month, before the plan included."""
        before = sum(row.blocks for row in self.facts.decided("order_build", build))
        found: Array = before + np.cumsum(self.ordered[build])
        return found

    # ------------------------------------------------------------------ stocks
    def _stock(self, name: str) -> Stock:
        agreement = self.facts.agreements[name]
        verb, back = ("lease_out", "take_back") if agreement.outlet else ("sign", "hand_back")
        signed = [(row.t + agreement.row.lead_months, row.blocks) for row in self.of(verb, name)]
        handed = np.zeros(self.facts.months)
        for row in self.of(back, name):
            handed[row.t + agreement.notice :][:1] += row.blocks
        return Stock(agreement, signed, handed, [*self.facts.decided(verb, name), *self.facts.decided(back, name)])

    def taken(self, commitment: str) -> list[Taken]:
        """Starts of a spend commitment, before the plan and in it."""
        made = self.facts.decided("commit_spend", commitment)
        before = [Taken(one.month if one.starts is None else one.starts, 1.0, 0, one.spent or 0.0) for one in made]
        starts = np.flatnonzero(self.committed[commitment]).tolist()
        return [*before, *(Taken(t, float(self.committed[commitment][t]), t, 0.0) for t in starts)]

    def _running(self, name: str) -> Array:
        """Whether a spend commitment runs, by month; in part in a relaxed plan."""
        found, length = np.zeros(self.facts.months), 12 * self.facts.tables["commitments"][name].years
        for one in self.taken(name):
            found[max(one.start, 0) : max(one.start + length, 0)] += one.share
        return found

    def installed(self, purchase: str) -> Array:
        """Accelerators of a purchase that are delivered and within their life, by month."""
        row = self.facts.tables["purchases"][purchase]
        found = np.zeros(self.facts.months)
        for t in np.flatnonzero(self.lots[purchase]):
            there = t + row.lead_months
            found[there : there + row.life_months] += self.lots[purchase][t] * row.lot_size
        for order in self.facts.decided("buy", purchase):
            there = order.month + row.lead_months
            found[max(there, 0) : max(there + row.life_months, 0)] += order.blocks * row.lot_size
        return found

    def energised(self, build: str) -> Array:
        """Blocks of a build that are energised, by month."""
        row = self.facts.tables["builds"][build]
        found = np.zeros(self.facts.months)
        for t in np.flatnonzero(self.ordered[build]):
            found[t + row.lead_months :] += self.ordered[build][t]
        for order in self.facts.decided("order_build", build):
            found[max(order.month + row.lead_months, 0) :] += order.blocks
        return found

    def not_run(self, run: str) -> Array:
        """1 in the month in which it is given up that a training run is not run: its deadline, within the plan.

        A run whose deadline lies before the plan is given up in none of its months.
        """
        found, deadline = np.zeros(self.facts.months), self.facts.tables["training_runs"][run].deadline
        if deadline >= 0:
            found[min(deadline, self.facts.months - 1)] = max(0.0, 1.0 - self.times_placed(run))
        return found

    def times_placed(self, run: str) -> float:
        """How often a run is placed: before the plan, also if it is over by then, and in it."""
        here = sum(one.share for one in self.placements if one.run == run and one.before is None)
        return len(self.facts.decided("start_run", run)) + here

    # ------------------------------------------------------------------ capacity, work, power
    def _pools(self) -> None:
        shape = self.shape("pool")
        self.used = self.tables["allocation"].grid("pool", shape, "accelerators")
        self.leased = self.tables["leases"].grid("pool", shape, "accelerators")
        self.offered = np.array([self._offered(place) for place in range(shape[0])]).reshape(shape)
        hourly = np.array([pool.source == "on_demand" for pool in self.facts.pools], dtype=bool)
        self.capacity = np.where(hourly[:, None], self.used, self.offered)
        self.kw = np.array([pool.kw for pool in self.facts.pools])
        # If a plan has next to no capacity, the demand shows how large its figures could be.
        self.demand = self.facts.series("demand", "workload", "amount")
        self.accelerator_floor = FLOOR * max(float(self.capacity.max(initial=0.0)), float(self.demand.max(initial=0.0)))

    def _offered(self, place: int) -> Array:
        """Accelerators of a pool by month; of an on-demand offer, the most that can be taken."""
        pool, rows = self.facts.pools[place], self.facts.rows
        found = np.zeros(self.facts.months)
        if pool.source == "on_demand":
            offer = self.facts.tables["on_demand"][pool.name]
            found += offer.max_accelerators * (1.0 if offer.commitment is None else self.running[offer.commitment])
            return found * self.facts.share_left(pool.name)
        if pool.source == "contract":
            stock = self.stocks[pool.name]
            found += stock.available() * stock.agreement.accelerators
            return found
        for row in rows["fleet"]:
            if (row.site, row.accelerator) == (pool.place, pool.accelerator):
                found[: None if row.until is None else max(0, row.until)] += row.count
        for row in rows["purchases"]:
            if (row.site, row.accelerator) == (pool.place, pool.accelerator):
                found += self.installed(row.purchase)
        return found

    def _work(self) -> None:
        table = self.tables["allocation"]
        rates = self.facts.yields[table.codes["demand"], table.codes["pool"]]
        self.work: Array = table["accelerators"] * np.nan_to_num(rates)
        self.served = table.grid("demand", self.shape("demand"), self.work)[: len(self.demand)]
        self.unserved = self.tables["service"].grid("workload", self.shape("workload"), "unserved")
        self.work_floor = FLOOR * max(float(self.demand.max(initial=0.0)), float(self.work.max(initial=0.0)))

    def _power(self) -> None:
        tables = self.facts.tables
        built = {name: row.mw_per_block * self.energised(name) for name, row in tables["builds"].items()}
        let = {n: row.mw_per_block * self.stocks[n].active for n, row in tables["outlets"].items() if row.sells == "mw"}
        left = [self.facts.share_left(site) for site in self.facts.names["site"]]
        self.site_left = np.array(left).reshape(self.shape("site"))
        contracts = range(len(self.facts.pools), len(self.facts.pools) + len(self.facts.space))
        self.mw_supply = self.facts.series("power", "site", "mw") + self._at_sites(built, "builds")
        self.mw_supply = self.mw_supply * self.site_left + self.mw_of(contracts)
        self.mw_let = self._at_sites(let, "outlets")
        self.mw_used = self.drawn(self.used + self.leased)
        self.mw_floor = FLOOR * float(self.mw_supply.max(initial=0.0))

    def mw_of(self, places: Iterable[int]) -> Array:
        """MW by site and month of the contracts of MW among some places, as far as interruptions leave them."""
        found, first = np.zeros(self.shape("site")), len(self.facts.pools)
        for row in (self.facts.space[place - first] for place in places if place >= first):
            found[self.facts.names["site"][row.site]] += self.stocks[row.contract].available() * row.mw_per_block
        left: Array = found * self.site_left
        return left

    def drawn(self, use: Array) -> Array:
        """Facility MW that accelerators in use, by pool and month, draw by site and month."""
        found = np.zeros(self.shape("site"))
        for pool, mw in zip(self.facts.pools, use * self.kw[:, None] / 1000.0, strict=True):
            if pool.own:
                found[self.facts.names["site"][pool.place]] += mw
        return found

    def _at_sites(self, parts: Mapping[str, Array], table: str) -> Array:
        """Sums by site and month of figures of builds or outlets."""
        found = np.zeros(self.shape("site"))
        for name, values in parts.items():
            found[self.facts.names["site"][self.facts.tables[table][name].site]] += values
        return found


def _decisions(table: Table) -> list[Decision]:
    order = ("month", "decision", "item", "party", "blocks", "accelerators", "mw", "starts", "ends", "committed_cost")
    columns = [table[column].tolist() for column in order]
    return [Decision(t, *row) for t, *row in zip(table.t.tolist(), *columns, strict=True)]


def _added_terms(head: Mapping[str, Any]) -> set[tuple[str, tuple[Any, ...]]]:
    """Family and index of every variable that added constraints count; none of a head that is not understood."""
    part = head.get("added")
    try:
        terms = [term for one in part["constraints"] for term in one["terms"]] if part else []
        return {(str(term["variable"]), tuple(term["index"] or ())) for term in terms}
    except (AttributeError, KeyError, TypeError):
        return set()  # which the rule on added constraints names

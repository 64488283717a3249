"""Months, pools, agreements and eligibility, worked out once; the index sets of the program, sparse.

Rules never filter: a key that stands in a set is one that matters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.instance.instance import Instance
from optimizer.program import exposure, orders, placement, pools
from optimizer.program.agreement import Agreement, escalated
from optimizer.program.decided import (
    Commitment,
    Order,
    commitments_by_name,
    ends_of,
    orders_by_item,
    runs_by_name,
    starts_of,
)
from optimizer.program.pools import Pool
from optimizer.program.redundant_outages import Outage, Served, critical_work, find_redundant_outages
from optimizer.program.steps import Array, Steps, product_of_windows
from optimizer.schema import IN_HOUSE


class Index:
    """What an instance means for the program: built once, read by every room.

    Parameters
    ----------
    instance : Instance
        What to plan.
    every_order : bool
        Whether orders that come to nothing within the plan can be made, too.
    """

    def __init__(self, instance: Instance, *, every_order: bool = False) -> None:
        self.instance = instance
        self.every_order = every_order
        self.rows = instance.rows
        self.horizon: int = instance.head.months
        self.hours: float = instance.head.hours_per_month
        rate = instance.head.discount_rate
        self.discount: Array = (1 + rate) ** (-np.arange(self.horizon + 1) / 12)
        named = instance.named
        self.sites = named["sites"]
        self.builds = named["builds"]
        self.purchases = named["purchases"]
        self.offers = named["on_demand"]
        self.workloads = named["workloads"]
        self.runs = named["training_runs"]
        self.policies = named["policies"]
        self.own_rules = named["rules"]
        self.commitments = named["commitments"]
        self.accelerators = named["accelerators"]
        self.providers = named["providers"]

    # ------------------------------------------------------------------ step series
    def _series(self, table: str, key: str, value: str) -> dict[str, list[tuple[int, float]]]:
        series: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for row in self.rows[table]:
            series[getattr(row, key)].append((row.month, getattr(row, value)))
        return series

    @cached_property
    def prices(self) -> dict[str, list[tuple[int, float]]]:
        """Price rows by item."""
        return self._series("prices", "item", "price")

    def item_price(self, item: str, base: float, factor: float = 1.0) -> Steps:
        """Price of an item by month, in its own unit times ``factor``."""
        return Steps(((month, price * factor) for month, price in self.prices.get(item, [])), base * factor)

    @cached_property
    def supply(self) -> dict[str, Array]:
        """MW available at each site by month, builds not counted."""
        series = self._series("power", "site", "mw")
        return {site: Steps(series.get(site, []), 0.0).over(0, self.horizon) for site in self.sites}

    @cached_property
    def energy_price(self) -> dict[str, Array]:
        """Price per MWh at each site by month."""
        series = self._series("power", "site", "price_per_mwh")
        return {site: Steps(series.get(site, []), 0.0).over(0, self.horizon) for site in self.sites}

    @cached_property
    def demand(self) -> dict[str, Array]:
        """Demand of each workload by month, in reference-accelerators."""
        series = self._series("demand", "workload", "amount")
        return {name: Steps(series.get(name, []), 0.0).over(0, self.horizon) for name in self.workloads}

    # ------------------------------------------------------------------ agreements
    @cached_property
    def agreements(self) -> dict[str, Agreement]:
        """Contracts and outlets by name."""
        ramps: dict[str, list[tuple[int, float, float]]] = defaultdict(list)
        for row in self.rows["ramps"]:
            ramps[row.contract].append((row.month_of_term, row.capacity_fraction, row.price_fraction))
        made = [self._agreement(row.contract, False, row.provider, row, ramps) for row in self.rows["contracts"]]
        made += [self._agreement(row.outlet, True, row.tenant, row, ramps) for row in self.rows["outlets"]]
        return {agreement.name: agreement for agreement in made}

    @cached_property
    def _decided(self) -> dict[str, list[Any]]:
        """Rows of what was decided before the plan, by item."""
        found: dict[str, list[Any]] = defaultdict(list)
        for row in self.rows["decided"]:
            found[row.item].append(row)
        return dict(found)

    def _agreement(
        self, name: str, is_outlet: bool, party: str, row: Any, ramps: dict[str, list[tuple[int, float, float]]]
    ) -> Agreement:
        factor = {
            "block_month": 1.0,
            "mw_month": row.mw_per_block,
            "accelerator_month": row.accelerators_per_block,
            "accelerator_hour": row.accelerators_per_block * self.hours,
        }[row.per]
        ramp = ramps.get(name, [])
        fractions = Steps(((age, price) for age, _, price in ramp), 1.0)
        return Agreement(
            name=name,
            is_outlet=is_outlet,
            party=party,
            row=row,
            horizon=self.horizon,
            block_price=self.item_price(name, row.price, factor),
            capacity=Steps(((age, capacity) for age, capacity, _ in ramp), 1.0),
            price=fractions if is_outlet or not row.escalation else escalated(fractions, row),
            available=self._windows(name, "capacity_fraction"),
            charged=self._windows(name, "price_fraction"),
            decided=starts_of(self._decided.get(name, ()), row, factor),
            returned=ends_of(self._decided.get(name, ()), row),
        )

    # ------------------------------------------------------------------ interruptions
    @cached_property
    def _interruptions(self) -> dict[str, list[Any]]:
        """Interruptions by item."""
        found: dict[str, list[Any]] = defaultdict(list)
        for row in self.rows["interruptions"]:
            found[row.item].append(row)
        return dict(found)

    def _windows(self, item: str, column: str) -> Steps:
        """Product of a column of an item's interruptions, by month."""
        rows = self._interruptions.get(item, ())
        return product_of_windows((row.from_, row.to, getattr(row, column)) for row in rows)

    @cached_property
    def available(self) -> dict[str, Array]:
        """Share that interruptions leave of what a site, contract or on-demand offer has, by item and month."""
        items = self._interruptions
        return {item: self._windows(item, "capacity_fraction").over(0, self.horizon) for item in items}

    def share_of(self, item: str) -> Array:
        """Share that interruptions leave of what an item has, by month."""
        return self.available.get(item, np.ones(self.horizon))

    def share_left(self, item: str, t: int) -> float:
        """Share that interruptions leave of what an item has in a month."""
        shares = self.available.get(item)
        return 1.0 if shares is None else float(shares[t])

    # ------------------------------------------------------------------ pools
    @cached_property
    def pools(self) -> dict[str, Pool]:
        """Every pool by name: in-house pairs first, then contracts, then on-demand offers."""
        return pools.all_pools(self)

    @cached_property
    def fleet(self) -> dict[str, Array]:
        """Accelerators of the fleet still there, by in-house pool and month."""
        return pools.fleet(self)

    @cached_property
    def possible(self) -> dict[str, NDArray[np.bool_]]:
        """Months in which each pool can have capacity."""
        return {name: pools.possible_months(self, pool) for name, pool in self.pools.items()}

    @cached_property
    def most_capacity(self) -> dict[str, Array]:
        """Accelerators that each in-house or contract pool can have at most, by month."""
        lasting = (pool for pool in self.pools.values() if pool.source != "on_demand")
        return {pool.name: pools.most_capacity(self, pool) for pool in lasting}

    @cached_property
    def purchases_of(self) -> dict[str, list[str]]:
        """Purchases that feed each in-house pool."""
        feeding: dict[str, list[str]] = defaultdict(list)
        for name, row in self.purchases.items():
            feeding[f"{row.site}/{row.accelerator}"].append(name)
        return feeding

    @cached_property
    def orders_before(self) -> dict[str, tuple[Order, ...]]:
        """Orders made before the plan, of every build and purchase."""
        found = orders_by_item(self.rows["decided"])
        return {name: found.get(name, ()) for name in (*self.builds, *self.purchases)}

    @cached_property
    def commitments_before(self) -> Mapping[str, Commitment]:
        """Spend commitments that were made before the plan, by name."""
        return commitments_by_name(self.rows["decided"])

    @cached_property
    def runs_before(self) -> Mapping[str, placement.Placement]:
        """Training runs that were placed before the plan, by name."""
        return runs_by_name(self.rows["decided"], self.runs)

    @cached_property
    def occupied_before(self) -> dict[str, Array]:
        """Accelerators that runs placed before the plan occupy, by pool and month."""
        found: dict[str, Array] = {}
        for place in self.runs_before.values():
            months = placement.months_of(self, place)
            found.setdefault(place[1], np.zeros(self.horizon))[months.start : months.stop] += place[2]
        return found

    @cached_property
    def purchase_orders(self) -> dict[str, range]:
        """Order months of each purchase: those that can come to something, or every one."""
        return {name: orders.purchase_orders(self, row) for name, row in self.purchases.items()}

    @cached_property
    def build_orders(self) -> dict[str, range]:
        """Order months of each build: those that can come to something, or every one."""
        return {name: orders.build_orders(self, row) for name, row in self.builds.items()}

    @cached_property
    def installed_months(self) -> dict[str, range]:
        """Months in which lots of each purchase can be installed."""
        return {name: orders.installed_months(self, row) for name, row in self.purchases.items()}

    # ------------------------------------------------------------------ eligibility
    @cached_property
    def throughput(self) -> dict[tuple[str, str], float]:
        """Work of a class that one accelerator does at availability 1."""
        return {(row.class_, row.accelerator): row.factor for row in self.rows["throughput"] if row.factor > 0}

    def _works_on(self, work: Any, pools: Iterable[str]) -> dict[str, float]:
        """Work per accelerator (availability x factor) of a workload or run in each pool where it may run."""
        regions, excluded = set(work.regions), frozenset(work.exclude)
        found = {}
        for name in pools:
            pool = self.pools[name]
            factor = self.throughput.get((work.class_, pool.accelerator))
            if factor and (not regions or pool.region in regions) and not (pool.marks & excluded):
                found[name] = pool.availability * factor
        return found

    @cached_property
    def yields(self) -> dict[tuple[str, str], float]:
        """Work per accelerator of each eligible pair of workload and pool."""
        return {
            (workload, pool): rate
            for workload, row in self.workloads.items()
            for pool, rate in self._works_on(row, self.pools).items()
        }

    @cached_property
    def run_yields(self) -> dict[tuple[str, str], float]:
        """Work per accelerator of each eligible pair of training run and pool; never on demand."""
        lasting = [name for name, pool in self.pools.items() if pool.source != "on_demand"]
        return {
            (run, pool): rate for run, row in self.runs.items() for pool, rate in self._works_on(row, lasting).items()
        }

    @cached_property
    def durations(self) -> dict[tuple[str, str, float], int]:
        """Months that runs take by pool and size, as far as they were requested."""
        return {}

    @cached_property
    def placements(self) -> list[placement.Placement]:
        """Every place, size and start of every training run."""
        return placement.placements(self)

    @cached_property
    def spans(self) -> placement.Spans:
        """Pool, first month and length of every placement."""
        return placement.spans(self)

    @cached_property
    def members(self) -> dict[str, dict[str, frozenset[str]]]:
        """Pools of every member of each policy."""
        return {name: exposure.members(self, row) for name, row in self.policies.items()}

    @cached_property
    def losses(self) -> dict[str, dict[str, frozenset[str]]]:
        """Pools of the members of each policy whose loss is not part of another's."""
        return {name: exposure.losses(self, row) for name, row in self.policies.items()}

    @cached_property
    def critical(self) -> dict[tuple[str, int], dict[str, float]]:
        """Work that must survive a loss, by policy and month, then workload."""
        return critical_work(self)

    @cached_property
    def redundant_outages(self) -> dict[Outage, Served]:
        """Outages that on-demand capacity alone survives, with the work in each pool; without constraints."""
        return find_redundant_outages(self)

    @cached_property
    def lendable(self) -> dict[str, list[str]]:
        """Pools that can cover each outlet of accelerators."""
        found: dict[str, list[str]] = {}
        for name, agreement in self.agreements.items():
            if agreement.is_outlet and agreement.row.sells == "accelerators":
                found[name] = [pool for pool in self.pools if self._lends(self.pools[pool], agreement)]
        return found

    def _lends(self, pool: Pool, outlet: Agreement) -> bool:
        if pool.accelerator != outlet.row.accelerator or pool.party == outlet.party:
            return False
        if pool.source == IN_HOUSE:
            return outlet.row.site is None or outlet.row.site == pool.place
        return pool.source == "contract" and bool(self.agreements[pool.name].row.sublease) and outlet.row.site is None

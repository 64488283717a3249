"""What the audit needs of the instance: months, prices, pools, agreements; read from its rows alone."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.instance.instance import Instance

Array = NDArray[Any]
Steps = list[tuple[int, float]]

IN_HOUSE = "in_house"
VERBS = {  # tables that a decision can be about
    "order_build": ("builds",),
    "buy": ("purchases",),
    "sign": ("contracts",),
    "lease_out": ("outlets",),
    "hand_back": ("contracts",),
    "take_back": ("outlets",),
    "expire": ("contracts", "outlets"),
}
TERMS = {  # tables that a cash term can be about
    "build": ("builds",),
    "purchase": ("purchases",),
    "fixed": ("builds",),
    "energy": ("sites",),
    "maintenance": ("purchases",),
    "upfront": ("contracts",),
    "contract": ("contracts",),
    "termination": ("contracts", "outlets"),
    "on_demand": ("on_demand",),
    "lease_out": ("outlets",),
    "unserved": ("workloads",),
    "residual": ("builds", "purchases"),
}
_NAME = {
    "builds": "build",
    "purchases": "purchase",
    "contracts": "contract",
    "outlets": "outlet",
    "on_demand": "offer",
    "sites": "site",
    "workloads": "workload",
}


def value_at(steps: Steps, month: int, before: float) -> float:
    """Value of a step series in a month: of its last row up to then, or ``before`` its first."""
    place = bisect_right(steps, month, key=lambda step: step[0])
    return steps[place - 1][1] if place else before


@dataclass(frozen=True)
class Agreement:
    """A contract or an outlet, with its committed start if it is agreed already.

    Attributes
    ----------
    name, party : str
        Its name; its provider or tenant.
    outlet : bool
        Whether it leases out.
    row : Row
        Its row in the instance.
    units : float
        What one block costs or earns a month, per unit of price.
    prices, capacity_ramp, price_ramp : list of (month, value)
        Step series: of the price by month, of the fractions by age.
    """

    name: str
    party: str
    outlet: bool
    row: Any
    units: float
    prices: Steps
    capacity_ramp: Steps
    price_ramp: Steps

    @property
    def committed(self) -> bool:
        """Whether it is agreed already."""
        return self.row.committed_blocks is not None

    @property
    def fixed(self) -> bool:
        """Whether it has a fixed term, else it is terminable."""
        return self.row.term_months is not None

    @property
    def term(self) -> int:
        """Fixed term, or minimum term."""
        return int(self.row.term_months if self.fixed else self.row.min_term_months)

    def block_price(self, month: int) -> float:
        """Full price of one block in a month."""
        return value_at(self.prices, month, self.row.price) * self.units

    def price_fraction(self, age: int) -> float:
        """Share of the price charged at an age."""
        return value_at(self.price_ramp, age, 1.0)

    def capacity_fraction(self, age: int) -> float:
        """Share of the accelerators delivered at an age."""
        return value_at(self.capacity_ramp, age, 1.0)


@dataclass(frozen=True)
class Pool:
    """A stock of one kind of accelerator.

    Attributes
    ----------
    source, party, place, accelerator : str
        As in the capacity table; ``place`` is the site of an in-house pool, else the region.
    region : str
        Region it lies in.
    availability : float
        Share of time in which it works.
    marks : frozenset of str
        Provider, group and tags.
    sublease : bool
        Whether outlets of its kind may lease from it.
    """

    name: str
    source: str
    party: str
    place: str
    region: str
    accelerator: str
    availability: float
    marks: frozenset[str]
    sublease: bool


class Facts:
    """The instance, arranged for the audit.

    Attributes
    ----------
    months : int
        Length of the plan.
    labels : list of str
        Its months and the one after it.
    discount : array
        What a unit of money of each of ``labels`` is worth at the start.
    tables : dict of str to dict
        Rows by name, for the tables whose rows have names.
    pools : list of Pool
        In the order of ``names["pool"]``.
    names : dict of str to dict
        Places of names by kind of name.
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.rows = instance.rows
        self.months = instance.head.months
        self.hours = instance.head.hours_per_month
        self.labels = [instance.label(t) for t in range(self.months + 1)]
        self.month_of = {label: t for t, label in enumerate(self.labels)}
        self.discount = (1.0 + instance.head.discount_rate) ** (-np.arange(self.months + 1) / 12.0)
        self.tables = {table: {getattr(row, name): row for row in self.rows[table]} for table, name in _NAME.items()}
        self.accelerators = {row.accelerator: row for row in self.rows["accelerators"]}
        self._prices = steps((row.item, row.month, row.price) for row in self.rows["prices"])
        self.agreements = self._agreements()
        self.pools = self._pools()
        self.names: dict[str, dict[Any, int]] = {
            "pool": _places(pool.name for pool in self.pools),
            "workload": _places(self.tables["workloads"]),
            "outlet": _places(self.tables["outlets"]),
            "site": _places(self.tables["sites"]),
            "decision": _places(_pairs(VERBS, self.tables)),
            "cash": _places(_pairs(TERMS, self.tables)),
        }
        self.yields = self._yields()

    def label(self, month: int) -> str:
        """Any month as ``YYYY-MM``."""
        return self.instance.label(month)

    def price(self, item: str, month: int, base: float) -> float:
        """Price of an item in a month, ``base`` being its own."""
        return value_at(self._prices.get(item, []), month, base)

    def party(self, term: str, item: str) -> str:
        """Party of an item in the cash table."""
        if term == "unserved":
            return ""
        if term == "on_demand":
            return str(self.tables["on_demand"][item].provider)
        tables = TERMS[term]
        return self.agreements[item].party if "contracts" in tables or "outlets" in tables else IN_HOUSE

    def series(self, table: str, name: str, value: str) -> Array:
        """A step series by month, 0 before its first row: an array of names by months."""
        found = steps((getattr(row, name), row.month, getattr(row, value)) for row in self.rows[table])
        names = self.names[name]
        return np.array(
            [[value_at(found.get(one, []), t, 0.0) for t in range(self.months)] for one in names], dtype=float
        ).reshape(len(names), self.months)

    def _yields(self) -> Array:
        """Work that one accelerator does, workloads by pools; NaN where a workload may not run."""
        factors = {(row.class_, row.accelerator): row.factor for row in self.rows["throughput"]}
        found = np.full((len(self.tables["workloads"]), len(self.pools)), np.nan)
        for place, work in enumerate(self.tables["workloads"].values()):
            for column, pool in enumerate(self.pools):
                factor = factors.get((work.class_, pool.accelerator))
                near = not work.regions or pool.region in work.regions
                if factor is not None and near and not pool.marks & set(work.exclude):
                    found[place, column] = pool.availability * factor
        return found

    def _agreements(self) -> dict[str, Agreement]:
        ramp = self.rows["ramps"]
        capacity = steps((row.contract, row.month_of_term, row.capacity_fraction) for row in ramp)
        price = steps((row.contract, row.month_of_term, row.price_fraction) for row in ramp)
        found = {}
        for outlet, table in ((False, "contracts"), (True, "outlets")):
            for name, row in self.tables[table].items():
                units = {
                    "block_month": 1.0,
                    "mw_month": row.mw_per_block,
                    "accelerator_month": row.accelerators_per_block,
                    "accelerator_hour": row.accelerators_per_block * self.hours,
                }[row.per]
                party = row.tenant if outlet else row.provider
                ramps = ([], []) if outlet else (capacity.get(name, []), price.get(name, []))
                found[name] = Agreement(name, party, outlet, row, units, self._prices.get(name, []), *ramps)
        return found

    def _pools(self) -> list[Pool]:
        own = frozenset((IN_HOUSE,))
        pools = []
        for site, kind in sorted({(row.site, row.accelerator) for row in self.rows["fleet"] + self.rows["purchases"]}):
            at = self.tables["sites"][site]
            pools.append(Pool(f"{site}/{kind}", IN_HOUSE, IN_HOUSE, site, at.region, kind, at.availability, own, True))
        parties = {row.provider: row for row in self.rows["providers"]}
        for source, table in (("contract", "contracts"), ("on_demand", "on_demand")):
            for name, row in self.tables[table].items():
                party = parties[row.provider]
                marks = frozenset((row.provider, party.group, *party.tags))
                lets = source == "contract" and row.sublease
                where = (row.region, row.region, row.accelerator, row.availability)
                pools.append(Pool(name, source, row.provider, *where, marks, lets))
        return pools


def steps(rows: Iterable[tuple[str, int, float]]) -> dict[str, Steps]:
    """Step series by item, each in the order of months."""
    found: dict[str, Steps] = {}
    for item, month, value in rows:
        found.setdefault(item, []).append((month, value))
    return {item: sorted(series) for item, series in found.items()}


def _pairs(kinds: dict[str, tuple[str, ...]], tables: dict[str, dict[str, Any]]) -> list[tuple[str, str]]:
    return [(kind, name) for kind, sources in kinds.items() for table in sources for name in tables[table]]


def _places(names: Iterable[Any]) -> dict[Any, int]:
    return {name: place for place, name in enumerate(names)}

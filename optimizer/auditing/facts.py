"""What the audit needs of the instance: months, prices, pools, agreements, names; read from its rows alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.auditing.agreement import agreements, interrupted, steps, values_at
from optimizer.auditing.exposure import Members, members, space, worst
from optimizer.auditing.pools import pools
from optimizer.cash_terms import cash_terms
from optimizer.instance.instance import Instance
from optimizer.schema import IN_HOUSE, load_schema

Array = NDArray[Any]


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
    tables : mapping of str to mapping
        Rows by name, for the tables whose rows have names.
    agreements, pools :
        Contracts and outlets by name; pools in the order of ``names["pool"]``.
    members, outages : dict
        Pools of each member of each policy; those of the losses to survive, by policy and member.
    names : dict of str to dict
        Places of names by kind of name.
    creditors : dict of str to str
        Party that is paid for each of ``names["obligation"]``.
    payees : tuple of (list of str, list of str)
        Table and party of the item of each of ``names["cash"]``.
    yields : array
        Work that one accelerator does: workloads and runs, by pool; NaN where they may not run.
    """

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.rows = instance.rows
        self.months = instance.head.months
        self.hours = instance.head.hours_per_month
        self.labels = [instance.label(t) for t in range(self.months + 1)]
        self.month_of = {label: t for t, label in enumerate(self.labels)}
        self.discount = (1.0 + instance.head.discount_rate) ** (-np.arange(self.months + 1) / 12.0)
        self.tables = instance.named
        self._prices = steps((row.item, row.month, row.price) for row in self.rows["prices"])
        self.agreements = agreements(instance, self._prices)
        self.pools = pools(instance)
        self.space = space(instance)
        self.members = {name: members(instance, self.pools, row) for name, row in self.tables["policies"].items()}
        self.outages = self._outages()
        self.creditors = _creditors(instance)
        self.names = self._names()
        paid = [
            (table, term.party(table, row))
            for term in cash_terms().values()
            for table in term.items
            for row in self.tables[table].values()
        ]
        self.payees = [table for table, _ in paid], [party for _, party in paid]
        self.yields = self._yields()

    def decided(self, verb: str, item: str) -> list[Any]:
        """Rows of `decided` of a kind about an item."""
        return [row for row in self.rows["decided"] if (row.decision, row.item) == (verb, item)]

    @property
    def earlier_starts(self) -> dict[str, int]:
        """Months before the plan in which runs were started, by their labels."""
        rows = [row for row in self.rows["decided"] if row.decision == "start_run"]
        starts = (row.month if row.starts is None else row.starts for row in rows)
        return {self.label(start): start for start in starts if start < 0}

    def label(self, month: int) -> str:
        """Any month as ``YYYY-MM``."""
        return self.instance.label(int(month))

    def window(self, row: Any) -> range:
        """Months of the plan from ``from`` to ``to``."""
        return range(max(row.from_, 0), min(row.to, self.months - 1) + 1)

    def prices(self, item: str, base: float) -> Array:
        """Price of an item by month, ``base`` being its own."""
        series = self._prices.get(item, [])
        return values_at(series, np.arange(self.months), base)

    def share_left(self, item: str) -> Array:
        """Share that interruptions leave of what an item has, by month."""
        rows = [row for row in self.rows["interruptions"] if row.item == item]
        return interrupted(rows, np.arange(self.months), "capacity_fraction")

    def price_in(self, item: str, base: float, month: int) -> float:
        """Price of an item in a month, which can lie before the plan."""
        return float(values_at(self._prices.get(item, []), month, base))

    def series(self, table: str, name: str, value: str) -> Array:
        """A step series by month, 0 before its first row: an array of names by months."""
        found = steps((getattr(row, name), row.month, getattr(row, value)) for row in self.rows[table])
        names, months = self.names[name], np.arange(self.months)
        return np.array([values_at(found.get(one, []), months, 0.0) for one in names]).reshape(len(names), self.months)

    def _outages(self) -> dict[tuple[str, str], frozenset[int]]:
        """Pools lost in each outage that has to be survived."""
        found: dict[tuple[str, str], frozenset[int]] = {}
        for name, row in self.tables["policies"].items():
            losses: Members = worst(self.members[name]) if row.rule == "survive" else {}
            found |= {(name, member): lost for member, lost in losses.items()}
        return found

    def _names(self) -> dict[str, dict[Any, int]]:
        return {
            "pool": _places(pool.name for pool in self.pools),
            "workload": _places(self.tables["workloads"]),
            "demand": _places([*self.tables["workloads"], *self.tables["training_runs"]]),
            "run": _places(self.tables["training_runs"]),
            "outlet": _places(self.tables["outlets"]),
            "site": _places(self.tables["sites"]),
            "rule": _places(self.tables["rules"]),
            "outage": _places(self.outages),
            "decision": _places(_pairs(load_schema().decisions, self.tables)),
            "obligation": _places(self.creditors),
            "cash": _places(_pairs({name: term.items for name, term in cash_terms().items()}, self.tables)),
        }

    def _yields(self) -> Array:
        factors = {(row.class_, row.accelerator): row.factor for row in self.rows["throughput"]}
        found = [[pool.does(row, factors) for pool in self.pools] for row in self.tables["workloads"].values()]
        lasting = {key: factor if factor > 0 else float("nan") for key, factor in factors.items()}
        for row in self.tables["training_runs"].values():
            rates = [pool.does(row, lasting) for pool in self.pools]
            never = float("nan")  # on demand
            found.append([never if p.source == "on_demand" else r for p, r in zip(self.pools, rates, strict=True)])
        return np.array(found, dtype=float).reshape(len(self.names["demand"]), len(self.pools))


def _creditors(instance: Instance) -> dict[str, str]:
    """Party of everything that is decided on: what is owed is owed to it, and for own work in house."""
    tables = load_schema().tables.items()
    parties = {name: table.party_column for name, table in tables if table.decisions}
    rows = [(name, row, party) for table, party in parties.items() for name, row in instance.named[table].items()]
    # A spend commitment may have the name of a contract, which comes first and is named.
    return {name: getattr(row, party) if party else IN_HOUSE for name, row, party in reversed(rows)}


def _pairs(kinds: Mapping[str, Iterable[str]], tables: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    return [(kind, name) for kind, sources in kinds.items() for table in sources for name in tables[table]]


def _places(names: Iterable[Any]) -> dict[Any, int]:
    return {name: place for place, name in enumerate(names)}

"""What the parts of the oracle share: the model, pools, blocks by month, and money."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from pyscipopt import Model, quicksum

from tests.oracle.tables import Row, Tables

__all__ = ["MONEY", "Flow", "Pool", "World", "quicksum", "size"]

MONEY = 1e6  # in which shortfalls are counted


@dataclass
class Pool:
    """Accelerators of one kind in one place; lists are by month."""

    name: str
    kind: str  # in_house, contract, offer
    provider: str
    region: str
    accelerator: str
    availability: float
    capacity: list[Any]
    site: str | None = None
    mw: float = 0.0  # facility MW per accelerator in use
    sublease: bool = False
    work: dict[tuple[str, int], Any] = field(default_factory=dict)  # accelerators by workload or run, and month
    leases: dict[tuple[str, int], Any] = field(default_factory=dict)  # accelerators by outlet and month

    def used(self, t: int) -> Any:
        """Accelerators that do workloads and runs."""
        return quicksum(amount for (_, month), amount in self.work.items() if month == t)

    def leased(self, t: int) -> Any:
        """Accelerators leased out."""
        return quicksum(amount for (_, month), amount in self.leases.items() if month == t)


@dataclass
class Flow:
    """Money out (positive) or in (negative)."""

    term: str
    item: str
    party: str
    month: int
    amount: Any
    kind: str = ""


def size(expression: Any) -> float:
    """Geometric mean of its least and largest coefficient; 1 if there is none."""
    sizes = [abs(c) for term, c in expression.terms.items() if term.vartuple and c]
    return math.sqrt(min(sizes) * max(sizes)) if sizes else 1.0


class World:
    """The model while it is being written."""

    def __init__(self, tables: Tables, relax: bool) -> None:
        self.tables, self.relax = tables, relax
        self.T, self.plan = tables.months, range(tables.months)
        self.model = Model()
        self.flows: list[Flow] = []
        self.pools: dict[str, Pool] = {}
        self.starts: dict[str, dict[int, Any]] = {}  # blocks, lots or runs by item and month
        self.ends: dict[str, list[Any]] = {}  # blocks that end, by agreement
        self.active: dict[str, list[Any]] = {}  # blocks active, by agreement
        self.delivered: dict[str, list[Any]] = {}  # blocks after the ramp, by agreement
        self.energised: dict[str, list[Any]] = {}  # MW by build
        self.installed: dict[str, list[Any]] = {}  # accelerators by purchase
        self.unserved: dict[tuple[str, int], Any] = {}  # by workload or run, and month
        self.rates: dict[tuple[str, str], float] = {}  # work per accelerator, by workload or run, and pool

    def var(self, name: str, integer: bool = False, most: float | None = None) -> Any:
        """A variable from 0 on."""
        return self.model.addVar(name, vtype="I" if integer and not self.relax else "C", lb=0, ub=most)

    def add(self, left: Any, sense: str, right: Any) -> None:
        """A constraint, also between constants, scaled so that its coefficients are about 1."""
        gap = left - right + quicksum([])
        if gap.degree() == 0:
            gap = gap + self.model.addVar(lb=0, ub=0)
        gap = gap / size(gap)
        self.model.addCons({"<=": gap <= 0, ">=": gap >= 0, "=": gap == 0}[sense])

    def pay(self, term: str, item: str, party: str, month: int, amount: Any, kind: str = "") -> None:
        """Book money."""
        self.flows.append(Flow(term, item, party, month, amount, kind))

    def money(self, chosen: Any) -> Any:
        """Nominal sum of the flows that are chosen."""
        return quicksum(flow.amount for flow in self.flows if chosen(flow))

    def kw(self, accelerator: str) -> float:
        """IT power of one."""
        return float(self.tables.by("accelerators", "accelerator", accelerator)["kw"])

    def labels(self, pool: Pool) -> set[str]:
        """Provider, group and tags of a pool."""
        if pool.kind == "in_house":
            return {"in_house"}
        row = self.tables.by("providers", "provider", pool.provider)
        return {pool.provider, self.group(row), *row["tags"]}

    @staticmethod
    def group(provider: Row) -> str:
        """Ultimate owner."""
        return str(provider["group"] or provider["provider"])

    def running(self, commitment: str) -> list[Any]:
        """Whether a spend commitment runs, by month."""
        row = self.tables.by("commitments", "commitment", commitment)
        starts = self.starts[commitment].items()
        return [quicksum(y for s, y in starts if s <= t < s + 12 * row["years"]) for t in self.plan]

"""What the parts of the oracle share: the model, pools, blocks by month, and money."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.oracle.linear import Expression, Program, quicksum
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
    work: dict[int, dict[str, Any]] = field(default_factory=dict)  # accelerators by month, and workload or run
    leases: dict[int, list[Any]] = field(default_factory=dict)  # accelerators by month, one for each outlet

    def used(self, t: int) -> Any:
        """Accelerators that do workloads and runs."""
        return quicksum(self.work.get(t, {}).values())

    def leased(self, t: int) -> Any:
        """Accelerators leased out."""
        return quicksum(self.leases.get(t, ()))


@dataclass
class Flow:
    """Money out (positive) or in (negative)."""

    term: str
    item: str
    party: str
    month: int
    amount: Any
    kind: str = ""


def size(expression: Expression) -> float:
    """Geometric mean of its least and largest coefficient; 1 if there is none."""
    sizes = np.abs(expression.merged().values)
    sizes = sizes[sizes > 0]
    return math.sqrt(float(sizes.min()) * float(sizes.max())) if len(sizes) else 1.0


class World:
    """The model while it is being written."""

    def __init__(self, tables: Tables, relax: bool) -> None:
        self.tables, self.relax = tables, relax
        self.T, self.plan = tables.months, range(tables.months)
        self.program = Program()
        self.flows: list[Flow] = []
        self.pools: dict[str, Pool] = {}
        self.starts: dict[str, dict[int, Any]] = {}  # blocks, lots or runs by item and month
        self.orders: dict[str, list[tuple[int, Any]]] = {}  # blocks of builds by month, before the plan too
        self.spent: dict[str, float] = {}  # before the plan, in the year of a commitment that it begins in
        self.decisions: dict[tuple[Any, ...], Any] = {}  # amounts by what is decided; the month is the last part
        self.ends: dict[str, list[Any]] = {}  # blocks that end, by agreement
        self.active: dict[str, list[Any]] = {}  # blocks active, by agreement
        self.delivered: dict[str, list[Any]] = {}  # blocks after the ramp, by agreement
        self.metered: dict[str, list[Any]] = {}  # MW drawn, by contract with a minimum take
        self.energised: dict[str, list[Any]] = {}  # MW by build
        self.installed: dict[str, list[Any]] = {}  # accelerators by purchase
        self.unserved: dict[tuple[str, int], Any] = {}  # by workload or run, and month
        self.rates: dict[tuple[str, str], float] = {}  # work per accelerator, by workload or run, and pool

    def var(self, name: str, integer: bool = False, most: float | None = None) -> Any:
        """A variable from 0 on."""
        return self.program.add_variable(name, integer and not self.relax, math.inf if most is None else most)

    def add(self, left: Any, sense: str, right: Any) -> None:
        """A constraint, also between constants, scaled so that its coefficients are about 1."""
        gap = quicksum([left, -right]).merged()
        if not len(gap.indices):
            gap = gap + self.var("nothing", most=0)
        self.program.add_row(gap / size(gap), sense)

    def decide(self, month: int, amount: Any, *what: Any) -> None:
        """Note what is decided in a month of the plan."""
        self.decisions[*what, month] = amount + self.decisions.get((*what, month), 0)

    def pay(self, term: str, item: str, party: str, month: int, amount: Any, kind: str = "") -> None:
        """Book money."""
        self.flows.append(Flow(term, item, party, month, amount, kind))

    def money(self, chosen: Any) -> list[Any]:
        """Nominal sum, by month, of the flows that are chosen; the month after the plan comes last."""
        found: list[list[Any]] = [[] for _ in range(self.T + 1)]
        for flow in self.flows:
            if chosen(flow):
                found[flow.month].append(flow.amount)
        return [quicksum(amounts) for amounts in found]

    def present_cost(self, unit: float) -> Expression:
        """Net present cost of all flows, in a unit of money."""
        return quicksum(
            (1 + self.tables.rate) ** (-flow.month / 12) / unit * flow.amount for flow in self.flows
        ).merged()

    def left(self, item: str, t: int, column: str = "capacity_fraction") -> float:
        """What interruptions leave of an item in a month."""
        share = 1.0
        for row in self.tables.named("interruptions", "item").get(item, ()):
            if row["from"] <= t and (row["to"] is None or t <= row["to"]):
                share *= row[column]
        return share

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

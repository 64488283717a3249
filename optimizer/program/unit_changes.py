"""One more unit of a resource or of demand, as changes of the program's right-hand sides and bounds.

A unit is added in every row that speaks of it: an accelerator at an own site counts for the power of its pool, for what
is left after a loss, for the shares of a policy and for the planner's own rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from optimizer.program.arrays import Arrays, Floats, Ints
from optimizer.program.build import Program
from optimizer.program.exposure import window
from optimizer.program.policies import lasting
from optimizer.schema import IN_HOUSE

Key = tuple[str, str, int]  # kind, item, month
_LEAST_STEP = 1e-5  # in the program's units: a solver's tolerances are far below


@dataclass(frozen=True)
class UnitChange:
    """What changes in the program with ``step`` units more.

    Attributes
    ----------
    key : tuple
        Kind, item and month.
    rows, row_changes : ndarray
        Rows whose sides move, and by how much.
    columns, upper_changes : ndarray
        Columns whose upper bounds move, and by how much.
    step : float
        Units, in natural units: 1; of money more where one is lost in rounding, of a rule's right-hand side a little.
    """

    key: Key
    rows: Ints
    row_changes: Floats
    columns: Ints
    upper_changes: Floats
    step: float = 1.0


class UnitChanges:
    """Makes the changes of one more unit of each kind.

    Parameters
    ----------
    program, arrays : Program, Arrays
        What is changed.
    """

    def __init__(self, program: Program, arrays: Arrays) -> None:
        self.program, self.m, self.index = program, program.parts, program.index
        self.number = {name: place for place, name in enumerate(arrays.rows)}
        self.units, self.unit = program.units, program.units.accelerators
        self._outages: dict[tuple[str, str, int], list[Any]] = defaultdict(list)
        for family, place in (("outage_capacity", 2), ("outage_power", 2), ("outage_demand", 2)):
            for key in self.m.rows[family]:
                self._outages[family, key[place], key[-1]].append(key)

    def all(self) -> Iterator[UnitChange]:
        """One more of everything that the program limits or wants."""
        yield from self.sites()
        yield from self.pools()
        yield from self.demands()
        yield from self.budgets()

    def sites(self) -> Iterator[UnitChange]:
        """One more MW of supply, by site and month."""
        amount = 1.0 / self.units.mw
        for site, t in self.m.rows["site_power"]:
            rows = [("site_power", (site, t))]
            rows += [("outage_power", key) for key in self._outages["outage_power", site, t]]
            yield self._change(("mw", site, t), [(row, amount) for row in rows])

    def pools(self) -> Iterator[UnitChange]:
        """One more accelerator, by pool and month in which it can be used."""
        for (pool, t), column in self.m.col["used"].items():
            rows, uppers = [], []
            source = self.index.pools[pool].source
            if source == "contract":
                rows.append((("contract_capacity", (pool, t)), 1.0 / self.unit))
            elif source == IN_HOUSE and self.index.purchases_of.get(pool):
                rows.append((("in_house_capacity", (pool, t)), 1.0 / self.unit))
            else:
                uppers.append((column, 1.0 / self.unit))
            if source == "on_demand" and self.index.offers[pool].commitment is not None:
                rows.append((("rate_holds", (pool, t)), 1.0 / self.unit))
            outages = self._outages["outage_capacity", pool, t]
            rows += [(("outage_capacity", key), 1.0 / self.unit) for key in outages]
            yield self._change(("accelerator", pool, t), [*rows, *self._shares(pool, t), *self._rules(pool, t)], uppers)

    def demands(self) -> Iterator[UnitChange]:
        """One more reference-accelerator wanted, by workload and month with demand."""
        for workload, t in self.m.rows["demand_met"]:
            row = self.index.workloads[workload]
            rows = [(("demand_met", (workload, t)), 1.0 / self.unit)]
            for key in self._outages["outage_demand", workload, t]:
                share = self.index.policies[key[0]].limit * row.critical
                rows.append((("outage_demand", key), share / self.unit))
            unserved = (self.m.col["unserved"][workload, t], (1 - row.min_service) / self.unit)
            yield self._change(("demand", workload, t), rows, [unserved])

    def budgets(self) -> Iterator[UnitChange]:
        """One more unit of money, by budget; it stands in the last month of its window."""
        step = max(1.0, _LEAST_STEP * self.units.money)
        for budget in self.m.rows["budget_limit"]:
            last = max(min(int(self.m.budgets[budget].to), self.index.horizon - 1), 0)
            yield self._change(
                ("budget", budget, last), [(("budget_limit", budget), step / self.units.money)], step=step
            )

    def rules(self) -> Iterator[UnitChange]:
        """A little more of the right-hand side of each constraint of the planner's own rules."""
        for rule, t in self.m.rows["own_rule"]:
            step = _LEAST_STEP * self.m.rule_scale[rule, t]
            yield self._change(("rule", rule, t), [(("own_rule", (rule, t)), _LEAST_STEP)], step=step)

    def _shares(self, pool: str, t: int) -> Iterator[tuple[Any, float]]:
        """Rows of policies on shares of capacity: an accelerator more of a pool that counts."""
        if not lasting(self.index, [pool]):
            return
        worth = self.index.accelerators[self.index.pools[pool].accelerator].reference / self.unit
        if t in self.m.rows["reference_balance"]:
            yield ("reference_balance", t), -worth
        for policy, members in self.index.members.items():
            for member, pools in members.items():
                if pool in pools and (policy, member, t) in self.m.rows["share_limit"]:
                    yield ("share_limit", (policy, member, t)), -worth

    def _rules(self, pool: str, t: int) -> Iterator[tuple[Any, float]]:
        """Own rules that count the capacity of a pool."""
        for rule, coefficient in self._capacity_terms.get(pool, ()):
            spec = self.index.own_rules[rule]
            months = window(spec, self.index.horizon)
            at = t if spec.each == "month" else months[-1] if months else -1
            if t in months and (rule, at) in self.m.rows["own_rule"]:
                yield ("own_rule", (rule, at)), -coefficient / self.m.rule_scale[rule, at]

    @cached_property
    def _capacity_terms(self) -> dict[str, list[tuple[str, float]]]:
        """Rules with a coefficient of the capacity of each pool."""
        found: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for term in self.index.rows["rule_terms"]:
            if term.quantity == "capacity" and term.item not in self.index.purchases:
                for pool in self.m.quantities.pools(term.item):
                    found[pool].append((term.rule, float(term.coefficient)))
        return found

    def _change(
        self, key: Key, rows: list[tuple[Any, float]], uppers: list[tuple[int, float]] | None = None, step: float = 1.0
    ) -> UnitChange:
        """The change, rows that occur twice added up; rows that were taken out of the program are passed over."""
        sums: dict[int, float] = defaultdict(float)
        for name, amount in rows:
            if name in self.number:
                sums[self.number[name]] += amount
        moved, uppers = {row: amount for row, amount in sums.items() if amount}, uppers or []
        return UnitChange(
            key,
            np.array(list(moved), dtype=np.int64),
            np.array(list(moved.values()), dtype=float),
            np.array([column for column, _ in uppers], dtype=np.int64),
            np.array([amount for _, amount in uppers], dtype=float),
            step,
        )

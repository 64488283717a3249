"""Extraction of the plan's tables from a settled solution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from optimizer.plan.decisions import decision_rows, placed_runs
from optimizer.plan.extract_rules import outages_table, rules_table
from optimizer.plan.obligations import obligations_table
from optimizer.plan.settle import Floats, Settled, settle
from optimizer.plan.tables import COLUMNS, make_table
from optimizer.program.build import Program
from optimizer.program.placement import Placement, last_month, months_late, months_of
from optimizer.schema import IN_HOUSE

_NOISE = 1e-12  # relative to the largest amount: smaller amounts are left out


def extract(
    program: Program, values: Floats, rule_prices: Mapping[tuple[str, int], float] | None = None
) -> dict[str, pd.DataFrame]:
    """Return the plan tables of a solution.

    Parameters
    ----------
    program : Program
        The program that was solved.
    values : ndarray
        Values of its columns, in its units and order.
    rule_prices : mapping, optional
        Shadow prices of the planner's own rules by rule and month.

    Returns
    -------
    dict of str to DataFrame
        Every table of :data:`optimizer.plan.tables.COLUMNS`, in natural units, rows of zero left out.
    """
    return tables_of(program, settle(program, values), rule_prices)


def tables_of(
    program: Program, settled: Settled, rule_prices: Mapping[tuple[str, int], float] | None = None
) -> dict[str, pd.DataFrame]:
    """Return the plan tables of a settled solution, as :func:`extract` does."""
    tables = _Extract(program, settled).tables()
    tables["outages"] = outages_table(program, settled.values)
    tables["rules"] = rules_table(program, settled, rule_prices or {})
    tables["obligations"] = obligations_table(program, settled)
    return {name: tables[name] for name in COLUMNS}


class _Extract:
    def __init__(self, program: Program, settled: Settled) -> None:
        self.program = program
        self.settled = settled
        self.index = program.index
        self.labels: NDArray[np.object_] = np.array(
            [program.instance.label(t) for t in range(self.index.horizon + 1)], dtype=object
        )
        self.pools = list(self.index.pools.values())
        self.number = {pool.name: position for position, pool in enumerate(self.pools)}
        self.unit = program.units.accelerators
        before = [(place, 1.0) for place in self.index.runs_before.values() if months_of(self.index, place)]
        self.placed = [*before, *placed_runs(program, settled.values)]

    def tables(self) -> dict[str, pd.DataFrame]:
        """All tables."""
        allocation, used = self._allocation()
        leases, leased = self._leases()
        return {
            "decisions": make_table("decisions", decision_rows(self.program, self.settled)),
            "capacity": self._capacity(used, leased),
            "allocation": allocation,
            "leases": leases,
            "runs": make_table("runs", [self._run(place, share) for place, share in self.placed]),
            "service": self._service(),
            "power": self._power(used + leased),
            "cash": self._cash(),
        }

    def _places(self) -> Floats:
        return np.zeros((len(self.pools), self.index.horizon))

    def _columns(self, family: str) -> tuple[list[Any], Floats]:
        """Keys and values of the columns of a family."""
        parts = self.program.parts
        return list(parts.col[family]), self.settled.values[parts.stretch(family)]

    def _nonzero(self, family: str) -> tuple[list[Any], Floats]:
        """Keys and values, in natural units, of the columns of a family that are above zero."""
        keys, values = self._columns(family)
        where = np.flatnonzero(values > 0).tolist()
        return [keys[position] for position in where], values[where] * self.unit

    def _allocation(self) -> tuple[pd.DataFrame, Floats]:
        keys, amounts = self._nonzero("allocated")
        running: dict[tuple[str, str, int], float] = {}  # in a relaxed plan, a run can have several placements
        for (run, pool, size, start), share in self.placed:
            for t in months_of(self.index, (run, pool, size, start)):
                running[run, pool, t] = running.get((run, pool, t), 0.0) + share * size
        keys = [*keys, *running]
        amounts = np.concatenate([amounts, list(running.values())])
        used = self._places()
        months = np.array([t for _, _, t in keys], dtype=np.int64)
        pools = [pool for _, pool, _ in keys]
        np.add.at(used, (np.array([self.number[pool] for pool in pools], dtype=np.int64), months), amounts)
        rates = self.index.yields | self.index.run_yields
        work = amounts * np.array([rates[demand, pool] for demand, pool, _ in keys])
        columns = {
            "month": self.labels[months],
            "pool": pools,
            "demand": [demand for demand, _, _ in keys],
            "accelerators": amounts,
            "work": work,
        }
        return make_table("allocation", _sorted(columns, months)), used

    def _run(self, place: Placement, share: float) -> tuple[Any, ...]:
        run, pool, size, start = place
        target, label = self.index.runs[run].target, self.program.instance.label
        ends = label(last_month(self.index, place))
        aim = "" if target is None else label(target)
        return run, pool, share * size, label(start), ends, aim, float(months_late(self.index, place))

    def _leases(self) -> tuple[pd.DataFrame, Floats]:
        keys, amounts = self._nonzero("leased")
        leased = self._places()
        months = np.array([t for _, _, t in keys], dtype=np.int64)
        np.add.at(leased, (np.array([self.number[pool] for _, pool, _ in keys], dtype=np.int64), months), amounts)
        columns = {
            "month": self.labels[months],
            "outlet": [outlet for outlet, _, _ in keys],
            "pool": [pool for _, pool, _ in keys],
            "accelerators": amounts,
        }
        return make_table("leases", _sorted(columns, months)), leased

    def _stock(self, pool: Any, used: Floats) -> tuple[Floats, Floats]:
        """Accelerators of a pool, and the facility MW they draw when all run, by month."""
        index, settled = self.index, self.settled
        if pool.source == IN_HOUSE:
            stock = index.fleet[pool.name].copy()
            for name in index.purchases_of.get(pool.name, []):
                stock += index.purchases[name].lot_size * settled.installed[name]
            return stock, stock * pool.mw
        if pool.source == "contract":
            row = index.agreements[pool.name].row
            blocks = settled.delivered[pool.name] * index.available.get(pool.name, 1.0)
            return row.accelerators_per_block * blocks, row.mw_per_block * blocks
        return used, np.zeros_like(used)

    def _capacity(self, used: Floats, leased: Floats) -> pd.DataFrame:
        stock, megawatts = self._places(), self._places()
        for place, pool in enumerate(self.pools):
            stock[place], megawatts[place] = self._stock(pool, used[place])
        month, number = np.nonzero(stock.T)
        own = np.array([(p.name, p.source, p.party, p.place, p.accelerator) for p in self.pools], dtype=object)
        own = own.reshape(-1, 5)[number]
        at = (number, month)
        idle = stock[at] - used[at] - leased[at]
        columns = {
            "month": self.labels[month],
            "pool": own[:, 0],
            "source": own[:, 1],
            "party": own[:, 2],
            "site_or_region": own[:, 3],
            "accelerator": own[:, 4],
            "accelerators": stock[at],
            "used": used[at],
            "leased_out": leased[at],
            "idle": np.where(np.abs(idle) <= 1e-7 * stock[at], 0.0, idle),
            "mw": megawatts[at],
        }
        return make_table("capacity", columns)

    def _service(self) -> pd.DataFrame:
        keys, values = self._columns("unserved")
        months = np.array([t for _, t in keys], dtype=np.int64)
        demand = np.array([self.index.demand[workload][t] for workload, t in keys], dtype=float)
        unserved = np.minimum(values * self.unit, demand)
        columns = {
            "month": self.labels[months],
            "workload": [workload for workload, _ in keys],
            "demand": demand,
            "served": demand - unserved,
            "unserved": unserved,
        }
        return make_table("service", _sorted(columns, months))

    def _power(self, running: Floats) -> pd.DataFrame:
        rows = []
        for site, inside in self.program.parts.contents.items():
            available = self.index.supply[site].copy()
            for build in inside["builds"]:
                row = self.index.builds[build]
                if row.lead_months < self.index.horizon:
                    available[row.lead_months :] += row.mw_per_block * self._late(build, row.lead_months)
                for order in self.index.orders_before[build]:
                    available[max(0, order.month + row.lead_months) :] += row.mw_per_block * order.blocks
            for contract in inside["contracts"]:
                delivered = self.settled.delivered[contract] * self.index.share_of(contract)
                available += self.index.agreements[contract].row.mw_per_block * delivered
            available *= self.index.share_of(site)
            drawn, let = np.zeros(self.index.horizon), np.zeros(self.index.horizon)
            for pool in inside["pools"]:
                drawn += self.index.pools[pool].mw * running[self.number[pool]]
            for outlet in inside["outlets"]:
                let += self.index.agreements[outlet].row.mw_per_block * self.settled.active[outlet]
            for t in np.flatnonzero((available > 0) | (drawn > 0) | (let > 0)).tolist():
                rows.append((t, site, available[t], drawn[t], let[t]))
        rows.sort(key=lambda row: row[0])
        return make_table("power", [(self.labels[t], *rest) for t, *rest in rows])

    def _late(self, build: str, lead: int) -> Floats:
        """Blocks energised from month ``lead`` on."""
        built = self.settled.built[build]
        return built[: len(built) - lead]

    def _cash(self) -> pd.DataFrame:
        entries = self.program.entries
        amounts = entries.amounts * self.settled.values[entries.columns]
        width = self.index.horizon + 1
        slots = entries.months * len(entries.names) + entries.accounts
        total = np.bincount(slots, weights=amounts, minlength=width * max(len(entries.names), 1))
        kept = np.flatnonzero(np.abs(total) > _NOISE * np.abs(total).max(initial=0.0))
        months, accounts = np.divmod(kept, max(len(entries.names), 1))
        names = [entries.names[account] for account in accounts.tolist()]
        columns = {
            "month": self.labels[months],
            "term": [name.term for name in names],
            "item": [name.item for name in names],
            "party": [name.party for name in names],
            "amount": total[kept],
            "present_value": total[kept] * self.index.discount[months],
        }
        return make_table("cash", columns)


def _sorted(columns: dict[str, Any], months: NDArray[np.int64]) -> dict[str, Any]:
    """Sort the rows by month and otherwise keep their order."""
    order = np.argsort(months, kind="stable")
    return {name: _taken(column, order) for name, column in columns.items()}


def _taken(column: Any, order: NDArray[np.int64]) -> Any:
    return column[order] if isinstance(column, np.ndarray) else [column[place] for place in order.tolist()]

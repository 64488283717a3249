"""Quantities that the planner's own rules speak of: the monthly value of an item, as terms of a row in natural units.

The table of quantities stands in ``formulation.md``; which item can have which quantity is checked by the reader.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache, cached_property
from typing import Any

import numpy as np

from optimizer.cash_terms import cash_terms
from optimizer.program.agreements import blocks_started
from optimizer.program.ledger import Account
from optimizer.program.placement import month_given_up
from optimizer.program.power import built_by
from optimizer.program.program_data import ProgramData
from optimizer.program.row import Row
from optimizer.program.stock import add_capacity, add_leased, add_used, delivered_blocks
from optimizer.program.work import Done, Work
from optimizer.schema import IN_HOUSE


class Quantities:
    """Adds quantities of items to rows: one method per quantity, named as in the instance format.

    Parameters
    ----------
    m : ProgramData
        The program, its columns made and its ledger booked.
    """

    def __init__(self, m: ProgramData) -> None:
        self.m, self.index, self.col, self.unit = m, m.index, m.col, m.units.accelerators
        self.work = Work(m)
        self.money_of = cache(self._money_of)

    def add(self, row: Row, coefficient: float, term: Any, t: int) -> None:
        """Add ``coefficient x`` the quantity of the item that a row of ``rule_terms`` names, in a month."""
        getattr(self, term.quantity)(row, coefficient, term.item, t)

    # ------------------------------------------------------------------ items
    def pools(self, item: str) -> list[str]:
        """Pools that an item is (a contract or offer) or has (a site, a provider, ``in_house``)."""
        if item in self.index.pools:
            return [item]
        if item in self.index.sites:
            return list(self.m.contents[item]["pools"])
        return [name for name, pool in self.index.pools.items() if pool.party == item]

    def outlet(self, item: str) -> Any:
        """The outlet that an item is, None if it is not an outlet."""
        agreement = self.index.agreements.get(item)
        return agreement if agreement is not None and agreement.is_outlet else None

    def work_of(self, item: str, t: int) -> Done:
        """What a workload or run does, or what is done in the pools of an item, in a month."""
        if item in self.index.workloads or item in self.index.runs:
            return self.work.by_item(item, t)
        return [entry for pool in self.pools(item) for entry in self.work.in_pool(pool, t)]

    # ------------------------------------------------------------------ quantities
    def capacity(self, row: Row, c: float, item: str, t: int) -> None:
        """Accelerators there; of a purchase, those installed."""
        if item in self.index.purchases:
            row.add(c * self.index.purchases[item].lot_size, self.col["installed"].get((item, t), 0.0))
            return
        for pool in self.pools(item):
            add_capacity(self.m, row, c, pool, t)

    def used(self, row: Row, c: float, item: str, t: int) -> None:
        """Accelerators that do workloads and training runs."""
        if not c:
            return
        if item in self.index.workloads or item in self.index.runs:
            for accelerators, _, term in self.work.by_item(item, t):
                row.add(c * accelerators, term)
            return
        for pool in self.pools(item):
            add_used(self.m, row, float(c), pool, t)

    def served(self, row: Row, c: float, item: str, t: int) -> None:
        """Work delivered, in reference-accelerators."""
        for accelerators, rate, term in self.work_of(item, t) if c else ():
            row.add(float(c) * accelerators * rate, term)

    def leased(self, row: Row, c: float, item: str, t: int) -> None:
        """Accelerators leased out: to an outlet, or out of the pools of an item."""
        outlet = self.outlet(item)
        if outlet is not None:
            row.add(c * outlet.row.accelerators_per_block, self.col["in_force"].get((item, t), 0.0))
            return
        for pool in self.pools(item):
            add_leased(self.m, row, c * self.unit, pool, t)

    def mw(self, row: Row, c: float, item: str, t: int) -> None:
        """Facility MW: drawn and leased out at sites, energised of builds, delivered, active of outlets."""
        if item in self.index.builds:
            build = self.index.builds[item]
            row.add(c * build.mw_per_block, built_by(self.m, item, t - build.lead_months))
            return
        outlets = [] if self.outlet(item) is None else [item]
        for site in [item] if item in self.index.sites else self.index.sites if item == IN_HOUSE else []:
            outlets += self.m.contents[site]["outlets"]
        for outlet in outlets:
            row.add(c * self.index.agreements[outlet].row.mw_per_block, self.col["in_force"].get((outlet, t), 0.0))
        for pool in [] if outlets == [item] else self.pools(item):
            if self.index.pools[pool].source == IN_HOUSE:
                row.add(c * self.index.pools[pool].mw * self.unit, self.col["used"].get((pool, t), 0.0))
        for name, agreement in self.index.agreements.items():
            if not agreement.is_outlet and item in (name, agreement.party):
                mw = agreement.row.mw_per_block * self.index.share_left(name, t)
                row.add(c * mw, delivered_blocks(self.m, name, t))

    def started(self, row: Row, c: float, item: str, t: int) -> None:
        """Blocks or lots ordered, blocks that start, or a run that starts."""
        if item in self.index.runs:
            before = self.index.runs_before.get(item)
            row.add(c, float(before is not None and before[3] == t))
            for column in self._starts.get((item, t), []):
                row.add(c, column)
            return
        if item in self.index.agreements:
            row.add(c, blocks_started(self.m, self.index.agreements[item], t))
            return
        family = "ordered" if item in self.index.builds else "bought"
        row.add(c, self.col[family].get((item, t), 0.0))

    @cached_property
    def _starts(self) -> dict[tuple[str, int], list[Any]]:
        """Placements by run and first month."""
        found: dict[tuple[str, int], list[Any]] = defaultdict(list)
        for (run, *_, start), column in self.col["placed"].items():
            found[run, start].append(column)
        return found

    def unserved(self, row: Row, c: float, item: str, t: int) -> None:
        """Demand not served; of a run, 1 in the month its penalty is due, if it is not run and was not over already."""
        if item in self.index.workloads:
            row.add(c * self.unit, self.col["unserved"].get((item, t), 0.0))
        elif item in self.col["not_run"] and t == month_given_up(self.index, item):
            row.add(c, self.col["not_run"][item])

    def spend(self, row: Row, c: float, item: str, t: int) -> None:
        """Nominal money of an item, money in negative; penalties and residual values left out."""
        amounts, columns = self.money_of(item).get(t, ([], []))
        row.add_all([c * amount for amount in amounts], columns)

    def _money_of(self, item: str) -> dict[int, tuple[list[float], list[Any]]]:
        entries, terms = self.m.entries, cash_terms()
        chosen = [terms[account.term].is_paid and self._is_money_of(item, account) for account in entries.names]
        return entries.by_month(np.array(chosen, dtype=bool)[entries.accounts])

    def _is_money_of(self, item: str, account: Account) -> bool:
        """Return whether an account is of an item, of something at a site, or of a party."""
        if item in self.index.sites:
            named = self.index.instance.named
            return account.party == IN_HOUSE and named[account.table][account.item].site == item
        if item in self.index.providers or item == IN_HOUSE:
            return account.party == item
        return account.item == item and account.table != "commitments"

"""Every payment priced again: from the decisions and the months' figures, by the instance's prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.auditing.facts import Facts
from optimizer.auditing.holdings import Holdings
from optimizer.auditing.tables import Table
from optimizer.auditing.verdict import FLOOR, HALF_CENT

Array = NDArray[Any]
Payments = Iterator[tuple[str, str, Array]]  # term, item, money by month; a residual value in the month after the plan

COUNTED = ("upfront", "contract", "termination", "on_demand")
"""Terms that count towards a spend commitment, where a provider is paid."""


class Priced(Holdings):
    """What the decisions amount to, and what it costs.

    Attributes
    ----------
    priced : array
        Money by place in ``facts.names["cash"]`` and month, the one after the plan included.
    money_floor : float
        What a limit on money may be missed by, however small it is: half a cent, and less where all payments are small.
    quantities : dict
        Quantities that the planner's own rules speak of, by name and item, once they are worked out.
    """

    def __init__(self, facts: Facts, head: Mapping[str, Any], tables: dict[str, Table]) -> None:
        super().__init__(facts, head, tables)
        names = facts.names["cash"]
        self.quantities: dict[tuple[str, str], Array] = {}
        self.priced = np.zeros((len(names), facts.months + 1))
        for rule in (_builds, _purchases, _energy, _agreements, _on_demand, _shortfalls, _runs, _penalties):
            for term, item, amounts in rule(self):
                self.priced[names[term, item], : len(amounts)] += amounts
        self.money_floor = min(HALF_CENT, FLOOR * float(np.abs(self.priced).max(initial=0.0)))


def _builds(case: Priced) -> Payments:
    end = case.facts.months
    for name, row in case.facts.tables["builds"].items():
        capex, left = np.zeros(end), np.zeros(end + 1)
        for t in np.flatnonzero(case.ordered[name]).tolist():
            cost, there = case.ordered[name][t] * row.capex_per_mw * row.mw_per_block, t + row.lead_months
            if row.payment == "spread" and row.lead_months > 0:
                months, share = np.arange(t, there), 1.0 / row.lead_months
            else:
                months, share = np.array([there if row.payment == "delivery" else t]), 1.0
            months = months[months < end]
            capex[months] += cost * share
            left[end] -= cost * share * len(months) * _kept(end, row, there)
        yield "build", name, capex
        yield "fixed", name, case.energised(name) * row.mw_per_block * row.fixed_cost_per_mw_month
        yield "residual", name, left


def _purchases(case: Priced) -> Payments:
    end = case.facts.months
    for name, row in case.facts.tables["purchases"].items():
        paid, left = np.zeros(end), np.zeros(end + 1)
        price = case.facts.prices(name, row.unit_price)
        for t in np.flatnonzero(case.lots[name]).tolist():
            cost, there = case.lots[name][t] * row.lot_size * price[t], t + row.lead_months
            for month, share in ((t, row.deposit_fraction), (there, 1.0 - row.deposit_fraction)):
                if month < end:
                    paid[month] += cost * share
                    left[end] -= cost * share * _kept(end, row, there)
        yield "purchase", name, paid
        yield "maintenance", name, case.installed(name) * row.maintenance_per_month
        yield "residual", name, left


def _kept(end: int, row: Any, there: int) -> float:
    """Share of what was paid for a build or purchase that is its residual value, ``there`` being its delivery."""
    age = max(0, end - there)
    return float(row.residual_fraction * max(0.0, 1.0 - age / row.life_months))


def _energy(case: Priced) -> Payments:
    cost = case.mw_used * case.facts.hours * case.facts.series("power", "site", "price_per_mwh")
    for site, place in case.facts.names["site"].items():
        yield "energy", site, cost[place]


def _agreements(case: Priced) -> Payments:
    for name, stock in case.stocks.items():
        if stock.agreement.outlet:
            yield "lease_out", name, -stock.upfront() - stock.paid()
        else:
            yield "upfront", name, stock.upfront()
            yield "contract", name, stock.paid()
        yield "termination", name, stock.fees()


def _on_demand(case: Priced) -> Payments:
    for name, row in case.facts.tables["on_demand"].items():
        used = case.used[case.facts.names["pool"][name]]
        yield "on_demand", name, used * case.facts.prices(name, row.price) * case.facts.hours


def _shortfalls(case: Priced) -> Payments:
    """What is short in each year, due in its last month in the plan; a year that is cut counts by its months.

    More than that is paid only where something can ask for it: an own rule on spend, a constraint that was added.
    """
    by_a_rule = any(row.quantity == "spend" for row in case.facts.rows["rule_terms"])
    for name, row in case.facts.tables["commitments"].items():
        paid, due = paid_to(case, row.provider), np.zeros(case.facts.months)
        share = np.zeros(case.facts.months)  # of a year that begins in a month
        for start in np.flatnonzero(case.committed[name]).tolist():
            share[start : start + 12 * row.years : 12] += case.committed[name][start]
        for begin in np.flatnonzero(share).tolist():
            last = min(begin + 12, case.facts.months) - 1
            amount = share[begin] * row.annual_amount * (last - begin + 1) / 12.0
            due[last] += max(0.0, amount - float(paid[begin : last + 1].sum()))
        more = by_a_rule or case.counts_added("shortfall", name)
        yield "shortfall", name, np.maximum(due, _told(case, name)) if more else due


def _told(case: Priced, commitment: str) -> Array:
    """Shortfall of a commitment as the cash table tells it, by month."""
    table, found = case.tables["cash"], np.zeros(case.facts.months)
    mine = (table["term"] == "shortfall") & (table["item"] == commitment) & (table.t < case.facts.months)
    np.add.at(found, table.t[mine], table["amount"][mine])
    return found


def paid_to(case: Priced, provider: str) -> Array:
    """All that counts towards a spend commitment of a provider, by month."""
    found = np.zeros(case.facts.months)
    for ((term, item), place), party in zip(case.facts.names["cash"].items(), case.facts.parties, strict=True):
        if term in COUNTED and item not in case.facts.tables["outlets"] and party == provider:
            found += case.priced[place, :-1]
    return found


def _runs(case: Priced) -> Payments:
    end = case.facts.months
    for name, row in case.facts.tables["training_runs"].items():
        late = np.zeros(end)
        for one in case.placements:
            if one.run == name:
                late[min(one.end, end - 1)] += one.share * row.lateness_penalty * one.late
        yield "lateness", name, late
        yield "not_run", name, case.not_run(name) * row.penalty


def _penalties(case: Priced) -> Payments:
    """What is unserved, and by how much soft rules are violated, as told; other rules look at these figures."""
    for name, place in case.facts.names["workload"].items():
        yield "unserved", name, case.unserved[place] * case.facts.tables["workloads"][name].penalty
    violated = case.tables["rules"].grid("rule", case.shape("rule"), "violation")
    for name, place in case.facts.names["rule"].items():
        yield "violation", name, violated[place] * (case.facts.tables["rules"][name].penalty or 0.0)

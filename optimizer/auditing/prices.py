"""Every payment priced again: from the decisions and the months' figures, by the instance's prices.

Each function that is registered with :func:`_prices` yields what is paid for the items of the cash term of its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.auditing.facts import Facts
from optimizer.auditing.holdings import Holdings
from optimizer.auditing.metered import invoices
from optimizer.auditing.tables import Table
from optimizer.auditing.verdict import FLOOR, HALF_CENT
from optimizer.cash_terms import cash_terms

Array = NDArray[Any]
Payments = Iterator[tuple[str, Array]]  # item, money by month; a residual value in the month after the plan


@dataclass(frozen=True)
class Order:
    """An order of a build or purchase, in the plan or before it."""

    table: str
    item: str
    month: int
    due: Array  # payments by month, also after the plan
    paid: Array  # those in the plan
    sunk: float  # paid before it
    kept: float  # share of what is paid until the end of the plan that is the residual value at the end


class Priced(Holdings):
    """What the decisions amount to, and what it costs.

    Attributes
    ----------
    orders : list of Order
        Orders of builds and purchases.
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
        self.orders = [*_build_orders(self), *_purchase_orders(self)]
        self.priced = np.zeros((len(names), facts.months + 1))
        for term in sorted(PRICES, key=lambda term: "commitments" in cash_terms()[term].items):
            for item, amounts in PRICES[term](self):
                self.priced[names[term, item], : len(amounts)] += amounts
        self.money_floor = min(HALF_CENT, FLOOR * float(np.abs(self.priced).max(initial=0.0)))


PRICES: dict[str, Callable[[Priced], Payments]] = {}
"""By cash term: what yields its payments."""


def _prices(rule: Callable[[Priced], Payments]) -> Callable[[Priced], Payments]:
    """Register the function that prices the cash term of its name."""
    PRICES[rule.__name__] = rule
    return rule


def _build_orders(case: Holdings) -> Iterator[Order]:
    for name, row in case.facts.tables["builds"].items():
        for t, blocks, agreed in _ordered(case, "order_build", name, case.ordered[name]):
            price = row.capex_per_mw if agreed is None else agreed
            cost, there = blocks * price * row.mw_per_block, t + row.lead_months
            if row.payment == "spread" and row.lead_months > 0:
                parts = [(month, cost / row.lead_months) for month in range(t, there)]
            else:
                parts = [(there if row.payment == "delivery" else t, cost)]
            yield _order(case.facts.months, "builds", row, name, t, parts)


def _purchase_orders(case: Holdings) -> Iterator[Order]:
    for name, row in case.facts.tables["purchases"].items():
        for t, lots, agreed in _ordered(case, "buy", name, case.lots[name]):
            price = case.facts.price_in(name, row.unit_price, t) if agreed is None else agreed
            cost = lots * row.lot_size * price
            parts = [(t, row.deposit_fraction * cost), (t + row.lead_months, (1.0 - row.deposit_fraction) * cost)]
            yield _order(case.facts.months, "purchases", row, name, t, parts)


def _ordered(case: Holdings, decision: str, item: str, orders: Array) -> Iterator[tuple[int, float, float | None]]:
    """Month, blocks and agreed price of orders of an item, of those before the plan first."""
    yield from ((row.month, row.blocks, row.price) for row in case.facts.decided(decision, item))
    yield from ((t, orders[t], None) for t in np.flatnonzero(orders).tolist())


def _order(end: int, table: str, row: Any, name: str, month: int, parts: list[tuple[int, float]]) -> Order:
    """An order that is paid in parts, by month."""
    due, sunk, there = np.zeros(max(end, month + row.lead_months + 1)), 0.0, month + row.lead_months
    for when, amount in parts:
        if when < 0:
            sunk += amount
        else:
            due[when] += amount
    return Order(table, name, month, due, due[:end], sunk, _kept(end, row, there))


def _kept(end: int, row: Any, there: int) -> float:
    """Share of what was paid for a build or purchase that is its residual value, ``there`` being its delivery."""
    age = max(0, end - there)
    return float(row.residual_fraction * max(0.0, 1.0 - age / row.life_months))


@_prices
def build(case: Priced) -> Payments:
    """Builds by their payment plan."""
    return ((order.item, order.paid) for order in case.orders if order.table == "builds")


@_prices
def purchase(case: Priced) -> Payments:
    """Accelerators bought: the deposit with the order, the rest on delivery."""
    return ((order.item, order.paid) for order in case.orders if order.table == "purchases")


@_prices
def residual(case: Priced) -> Payments:
    """What is left of the money paid, in the month after the plan."""
    end = case.facts.months
    return ((one.item, np.append(np.zeros(end), -one.kept * (one.sunk + one.paid.sum()))) for one in case.orders)


@_prices
def fixed(case: Priced) -> Payments:
    """Fixed cost of energised builds."""
    for name, row in case.facts.tables["builds"].items():
        yield name, case.energised(name) * row.mw_per_block * row.fixed_cost_per_mw_month


@_prices
def maintenance(case: Priced) -> Payments:
    """Maintenance of accelerators that were bought."""
    for name, row in case.facts.tables["purchases"].items():
        yield name, case.installed(name) * row.maintenance_per_month


@_prices
def energy(case: Priced) -> Payments:
    """Energy of the accelerators in use at own sites."""
    cost = case.mw_used * case.facts.hours * case.facts.series("power", "site", "price_per_mwh")
    return ((site, cost[place]) for site, place in case.facts.names["site"].items())


@_prices
def prepayment(case: Priced) -> Payments:
    """Share of the price of fixed and minimum terms, at their signature."""
    return ((name, stock.prepaid()) for name, stock in case.stocks.items() if not stock.agreement.outlet)


@_prices
def tail(case: Priced) -> Payments:
    """Share of what fixed and minimum terms of contracts cost after the plan, in the month after it."""
    head, later = case.facts.instance.head, np.zeros(case.facts.months + 1)
    for name, stock in case.stocks.items() if head.tail_fraction else ():
        if not stock.agreement.outlet:
            later[-1] = head.tail_fraction * stock.due_after(head.discount_rate)
            yield name, later.copy()


@_prices
def upfront(case: Priced) -> Payments:
    """Upfronts of contracts."""
    return ((name, stock.upfront()) for name, stock in case.stocks.items() if not stock.agreement.outlet)


@_prices
def contract(case: Priced) -> Payments:
    """Monthly prices of contracts; of those with a minimum take below 1, of what is billed."""
    for name, stock in case.stocks.items():
        if not stock.agreement.outlet and not stock.agreement.metered:
            yield name, stock.paid()
    yield from invoices(case)


@_prices
def termination(case: Priced) -> Payments:
    """Fees for blocks that are handed back."""
    return ((name, stock.fees()) for name, stock in case.stocks.items())


@_prices
def lease_out(case: Priced) -> Payments:
    """Upfronts and monthly prices of outlets, received."""
    return ((name, -stock.upfront() - stock.paid()) for name, stock in case.stocks.items() if stock.agreement.outlet)


@_prices
def on_demand(case: Priced) -> Payments:
    """On-demand capacity used."""
    for name, row in case.facts.tables["on_demand"].items():
        used = case.used[case.facts.names["pool"][name]]
        yield name, used * case.facts.prices(name, row.price) * case.facts.hours


@_prices
def shortfall(case: Priced) -> Payments:
    """What is short in each year, due in its last month in the plan; a year that is cut counts by its months.

    More than that is paid only where something can ask for it: an own rule on spend, a constraint that was added.
    """
    by_a_rule = any(row.quantity == "spend" for row in case.facts.rows["rule_terms"])
    for name, row in case.facts.tables["commitments"].items():
        paid, due = paid_to(case, row.provider), np.zeros(case.facts.months)
        share = np.zeros(11 + case.facts.months)  # of a year that begins in a month, from the 11 before the plan on
        spent = np.zeros(len(share))
        for one in case.taken(name):
            years = np.arange(one.start, one.start + 12 * row.years, 12) + 11
            years = years[(years >= 0) & (years < len(share))]
            share[years] += one.share
            spent[years[years < 11]] += one.spent
        for place in np.flatnonzero(share).tolist():
            begin, last = place - 11, min(place + 1, case.facts.months) - 1
            amount = share[place] * row.annual_amount * (last - begin + 1) / 12.0 - spent[place]
            due[last] += max(0.0, amount - float(paid[max(begin, 0) : last + 1].sum()))
        more = by_a_rule or case.counts_added("shortfall", name)
        yield name, np.maximum(due, _reported(case, name)) if more else due


def _reported(case: Priced, commitment: str) -> Array:
    """Shortfall of a commitment in the cash table, by month."""
    table, found = case.tables["cash"], np.zeros(case.facts.months)
    mine = (table["term"] == "shortfall") & (table["item"] == commitment) & (table.t < case.facts.months)
    np.add.at(found, table.t[mine], table["amount"][mine])
    return found


def paid_to(case: Priced, provider: str) -> Array:
    """All that counts towards a spend commitment of a provider, by month."""
    found = np.zeros(case.facts.months)
    for ((term, _), place), table, party in zip(case.facts.names["cash"].items(), *case.facts.payees, strict=True):
        if table in cash_terms()[term].commits and party == provider:
            found += case.priced[place, :-1]
    return found


@_prices
def lateness(case: Priced) -> Payments:
    """Months that training runs end after their target, in the month they end."""
    end = case.facts.months
    for one in case.placements:
        late, row = np.zeros(end), case.facts.tables["training_runs"][one.run]
        if one.before is None or one.end < end:
            late[min(one.end, end - 1)] = one.share * row.lateness_penalty * one.late
        yield one.run, late


@_prices
def not_run(case: Priced) -> Payments:
    """Training runs that are not run."""
    return ((name, case.not_run(name) * row.penalty) for name, row in case.facts.tables["training_runs"].items())


@_prices
def unserved(case: Priced) -> Payments:
    """Work that the service table reports as not served; other rules check that figure."""
    for name, place in case.facts.names["workload"].items():
        yield name, case.unserved[place] * case.facts.tables["workloads"][name].penalty


@_prices
def violation(case: Priced) -> Payments:
    """By how much the table of own rules reports soft ones as violated; other rules check that figure."""
    violated = case.tables["rules"].grid("rule", case.shape("rule"), "violation")
    for name, place in case.facts.names["rule"].items():
        yield name, violated[place] * (case.facts.tables["rules"][name].penalty or 0.0)

"""Rules on money: every payment priced again from the decisions and the months' figures; budgets; the objective."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.plan.audit.holdings import Holdings, Stock
from optimizer.plan.audit.verdict import FLOOR, Findings

Array = NDArray[Any]
Payments = Iterator[tuple[str, str, Array]]  # term, item, money by month and, last, in the month after the plan

CAPEX = ("build", "purchase")
OPEX = ("fixed", "energy", "maintenance", "upfront", "contract", "termination", "on_demand")


def cash(case: Holdings, say: Findings) -> None:
    """Every payment is what its decisions and figures cost by the instance's prices, and none is left out."""
    priced, names = prices(case), case.facts.names["cash"]
    found = case.tables["cash"].grid("cash", len(names), case.facts.months + 1, "amount")
    floor = FLOOR * float(np.abs(priced).max(initial=0.0))
    for term in dict.fromkeys(term for term, _ in names):
        places = [place for (other, _), place in names.items() if other == term]
        items = [item for other, item in names if other == term]
        say.compare(found[places], "=", priced[places], f"paid as {term}", items, floor=floor)


def cash_party(case: Holdings, say: Findings) -> None:
    """A payment names the party that is paid or pays, `in_house` for own sites, none for a penalty."""
    table = case.tables["cash"]
    own = np.array([case.facts.party(term, item) for term, item in case.facts.names["cash"]], dtype=object)
    expected = own[table.codes["cash"]] if len(table) else own[:0]
    say.checks += len(table)
    for row in np.flatnonzero(table["party"] != expected):
        found = f"party {table['party'][row]!r} of {table['term'][row]}"
        say.add(table["item"][row], table["month"][row], found, f"{expected[row]!r} expected")


def present_value(case: Holdings, say: Findings) -> None:
    """The present value of a payment is its amount discounted to the plan's first month."""
    table = case.tables["cash"]
    worth = table["amount"] * case.facts.discount[table.months]
    say.compare(table["present_value"], "=", worth, "present value", table["item"], table["month"])


def objective(case: Holdings, say: Findings) -> None:
    """The plan's objective is the sum of the present values."""
    values = case.tables["cash"]["present_value"]
    floor = FLOOR * float(np.abs(values).sum())
    say.compare(case.head["objective"], "=", float(values.sum()), "told as objective", "objective", "", floor=floor)


def budget(case: Holdings, say: Findings) -> None:
    """No more money goes out in a budget's window than its amount."""
    priced, names = prices(case), case.facts.names["cash"]
    for row in case.facts.rows["budgets"]:
        terms = {"all": CAPEX + OPEX, "capex": CAPEX, "opex": OPEX}[row.covers] + (("lease_out",) if row.net else ())
        places = [place for (term, _), place in names.items() if term in terms]
        first, last = max(row.from_, 0), min(row.to, case.facts.months - 1)
        paid = priced[places, first : last + 1] if last >= first else np.zeros(0)
        gross = float(np.abs(paid).sum())
        month = case.facts.label(last) if last >= first else ""
        say.compare(float(paid.sum()), "<=", row.amount, "spent", row.budget, month, floor=FLOOR * gross, beside=gross)


# ---------------------------------------------------------------- prices
def prices(case: Holdings) -> Array:
    """Money by place in ``facts.names["cash"]`` and month, worked out from decisions and figures."""
    names = case.facts.names["cash"]
    priced = np.zeros((len(names), case.facts.months + 1))
    for rule in (_builds, _purchases, _energy, _contracts, _outlets, _on_demand, _unserved):
        for term, item, amounts in rule(case):
            priced[names[term, item], : len(amounts)] += amounts
    return priced


def _builds(case: Holdings) -> Payments:
    end = case.facts.months
    for name, row in case.facts.tables["builds"].items():
        capex, left = np.zeros(end), np.zeros(end + 1)
        price = row.capex_per_mw * row.mw_per_block
        for t in np.flatnonzero(case.ordered[name]):
            cost, there = case.ordered[name][t] * price, t + row.lead_months
            if row.payment == "spread" and row.lead_months > 0:
                months, share = np.arange(t, there), 1.0 / row.lead_months
            else:
                months, share = np.array([there if row.payment == "delivery" else t]), 1.0
            months = months[months < end]
            capex[months] += cost * share
            left[end] -= cost * share * len(months) * _kept(case, row, there)
        yield "build", name, capex
        yield "fixed", name, case.energised(name) * row.mw_per_block * row.fixed_cost_per_mw_month
        yield "residual", name, left


def _purchases(case: Holdings) -> Payments:
    end = case.facts.months
    for name, row in case.facts.tables["purchases"].items():
        paid, left = np.zeros(end), np.zeros(end + 1)
        for t in np.flatnonzero(case.lots[name]):
            cost = case.lots[name][t] * row.lot_size * case.facts.price(name, t, row.unit_price)
            there = t + row.lead_months
            for month, share in ((t, row.deposit_fraction), (there, 1.0 - row.deposit_fraction)):
                if month < end:
                    paid[month] += cost * share
                    left[end] -= cost * share * _kept(case, row, there)
        yield "purchase", name, paid
        yield "maintenance", name, case.installed(name) * row.maintenance_per_month
        yield "residual", name, left


def _kept(case: Holdings, row: Any, there: int) -> float:
    """Share of what was paid for a build or purchase that is its residual value, ``there`` being its delivery."""
    age = max(0, case.facts.months - there)
    return float(row.residual_fraction * max(0.0, 1.0 - age / row.life_months))


def _energy(case: Holdings) -> Payments:
    cost = case.mw_used() * case.facts.hours * case.facts.series("power", "site", "price_per_mwh")
    for site, place in case.facts.names["site"].items():
        yield "energy", site, cost[place]


def _contracts(case: Holdings) -> Payments:
    for name, stock in case.stocks.items():
        if not stock.agreement.outlet:
            yield "upfront", name, _upfront(stock)
            yield "contract", name, _monthly(stock)
            yield "termination", name, _fees(stock)


def _outlets(case: Holdings) -> Payments:
    for name, stock in case.stocks.items():
        if stock.agreement.outlet:
            yield "lease_out", name, -_upfront(stock) - _monthly(stock)
            yield "termination", name, _fees(stock)


def _upfront(stock: Stock) -> Array:
    """Paid at the signature of each block."""
    row, paid = stock.agreement.row, np.zeros(len(stock.handed))
    for start, blocks in zip(stock.starts, stock.blocks, strict=True):
        if 0 <= start - row.lead_months < len(paid):
            paid[start - row.lead_months] += blocks * row.upfront_per_block
    return paid


def _monthly(stock: Stock) -> Array:
    """Price of the blocks in force: of a fixed term, that of the month they started in (the first, if before)."""
    agreement = stock.agreement
    price = np.array([agreement.block_price(t) for t in range(len(stock.handed))])
    by_block = price[np.clip(stock.starts, 0, len(price) - 1)][:, None] if agreement.fixed else price[None, :]
    paid: Array = (stock.alive * by_block * stock.fractions("price")).sum(axis=0)
    return paid


def _fees(stock: Stock) -> Array:
    """Fees for handing or taking back."""
    agreement = stock.agreement
    price = np.array([agreement.block_price(t) for t in range(len(stock.handed))])
    fees: Array = stock.handed * price * agreement.row.termination_fee_months
    return fees


def _on_demand(case: Holdings) -> Payments:
    for name, row in case.facts.tables["on_demand"].items():
        price = np.array([case.facts.price(name, t, row.price) for t in range(case.facts.months)])
        yield "on_demand", name, case.used[case.facts.names["pool"][name]] * price * case.facts.hours


def _unserved(case: Holdings) -> Payments:
    workloads = case.facts.tables["workloads"]
    missing = case.tables["service"].grid("workload", len(workloads), case.facts.months, "unserved")
    for name, place in case.facts.names["workload"].items():
        yield "unserved", name, missing[place] * workloads[name].penalty

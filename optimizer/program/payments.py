"""Payments: one function per cash term books it in the ledger; the objective.

Months of money lie in 0 .. T-1, but for the residual value and the tail, which are booked in month T.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from optimizer.cash_terms import cash_terms
from optimizer.program.agreement import Agreement
from optimizer.program.commitments import year_end, year_starts
from optimizer.program.decided import Order
from optimizer.program.index import Index
from optimizer.program.ledger import Account, Entries, Ledger
from optimizer.program.placement import last_month, late_months, month_given_up
from optimizer.program.power import built_by
from optimizer.program.program_data import ProgramData
from optimizer.program.row import Term
from optimizer.program.rules import constraint_months
from optimizer.program.steps import Array


def build_instalments(row: Any, order: int) -> tuple[list[int], float]:
    """Months in which a build ordered in ``order`` is paid, and the share paid in each."""
    if row.payment == "order" or (row.payment == "spread" and row.lead_months == 0):
        return [order], 1.0
    if row.payment == "delivery":
        return [order + row.lead_months], 1.0
    return list(range(order, order + row.lead_months)), 1.0 / row.lead_months


def _account(term: str, table: str, name: str, row: Any) -> Account:
    """Return the account of a cash term for a row of a table."""
    return Account(term, name, cash_terms()[term].party(table, row), table)


def _agreement_account(term: str, agreement: Agreement) -> Account:
    """Return the account of a cash term for a contract or outlet."""
    return _account(term, "outlets" if agreement.is_outlet else "contracts", agreement.name, agreement.row)


def build(m: ProgramData, ledger: Ledger) -> None:
    """Capital cost of builds, by their payment plan."""
    for name, row in m.index.builds.items():
        account = _account("build", "builds", name, row)
        for t in m.index.build_orders[name]:
            months, share = build_instalments(row, t)
            paid = [month for month in months if month < m.index.horizon]
            price = share * row.capex_per_mw * row.mw_per_block
            ledger.add(account, m.col["ordered"][name, t], paid, price)
        for order in m.index.orders_before[name]:
            months, share = build_instalments(row, order.month)
            due = [month for month in months if 0 <= month < m.index.horizon]
            ledger.add(account, order.blocks, due, share * build_price(row, order))


def build_price(row: Any, order: Order) -> float:
    """Price of one block of a build that was ordered before the plan."""
    per_mw = row.capex_per_mw if order.price is None else order.price
    return float(per_mw * row.mw_per_block)


def lot_payments(index: Index, row: Any, month: int, price: float | None = None) -> list[tuple[int, float]]:
    """Months and amounts paid for one lot ordered in a month, at an agreed price if it is given."""
    lot = (index.item_price(row.purchase, row.unit_price).at(month) if price is None else price) * row.lot_size
    deposit = row.deposit_fraction
    return [(month, deposit * lot), (month + row.lead_months, (1 - deposit) * lot)]


def purchase_payments(index: Index, row: Any) -> Iterator[tuple[int, list[tuple[int, float]]]]:
    """By order month, months and amounts paid for one lot, within the plan."""
    for order in index.purchase_orders[row.purchase]:
        paid = lot_payments(index, row, order)
        yield order, [(month, amount) for month, amount in paid if month < index.horizon]


def purchase(m: ProgramData, ledger: Ledger) -> None:
    """Accelerators bought: deposit at order, the rest on delivery, at the price of the order month."""
    for name, row in m.index.purchases.items():
        account = _account("purchase", "purchases", name, row)
        for t, payments in purchase_payments(m.index, row):
            months, amounts = [month for month, _ in payments], [amount for _, amount in payments]
            ledger.add(account, m.col["bought"][name, t], months, amounts)
        for order in m.index.orders_before[name]:
            for month, amount in lot_payments(m.index, row, order.month, order.price):
                ledger.add(account, order.blocks, [month] * (0 <= month < m.index.horizon), amount)


def fixed(m: ProgramData, ledger: Ledger) -> None:
    """Fixed cost of energised builds."""
    for name, row in m.index.builds.items():
        cost, account = row.fixed_cost_per_mw_month * row.mw_per_block, _account("fixed", "builds", name, row)
        for t in range(m.index.horizon if cost else 0):
            ledger.add_row(account, built_by(m, name, t - row.lead_months), t, cost)


def energy(m: ProgramData, ledger: Ledger) -> None:
    """Energy of the accelerators in use at own sites."""
    for site, row in m.index.sites.items():
        account = _account("energy", "sites", site, row)
        for name in m.contents[site]["pools"]:
            mwh = m.index.pools[name].mw * m.units.accelerators * m.index.hours
            _book_use(m, ledger, account, name, mwh * m.index.energy_price[site])


def _book_use(m: ProgramData, ledger: Ledger, account: Account, pool: str, amounts: Any) -> None:
    """Book an amount for each accelerator of a pool in use, by month."""
    months = [t for t in range(m.index.horizon) if (pool, t) in m.col["used"]]
    ledger.add_many(account, [m.col["used"][pool, t] for t in months], months, amounts[months])


def maintenance(m: ProgramData, ledger: Ledger) -> None:
    """Maintenance of installed accelerators that were bought."""
    for name, row in m.index.purchases.items():
        months = m.index.installed_months[name]
        stocks, cost = [m.col["installed"][name, t] for t in months], row.maintenance_per_month * row.lot_size
        account = _account("maintenance", "purchases", name, row)
        ledger.add_many(account, stocks, list(months), np.full(len(months), cost))


def _upfronts(m: ProgramData, ledger: Ledger, agreement: Agreement, term: str, sign: float) -> None:
    row = agreement.row
    if not row.upfront_per_block:
        return
    account = _agreement_account(term, agreement)
    for s, blocks in _signatures(m, agreement):
        if 0 <= s - row.lead_months < m.index.horizon:
            ledger.add(account, blocks, s - row.lead_months, sign * row.upfront_per_block)


def upfront(m: ProgramData, ledger: Ledger) -> None:
    """Paid at the signature of contracts."""
    for agreement in m.index.agreements.values():
        if not agreement.is_outlet:
            _upfronts(m, ledger, agreement, "upfront", 1.0)


def _signatures(m: ProgramData, agreement: Agreement) -> Iterator[tuple[int, Term]]:
    """Start months and blocks of what the plan signs and of what is committed, also if it starts outside the plan."""
    if agreement.committed is not None:
        start = int(agreement.row.earliest)
        yield start, m.col["started"].get((agreement.name, start), agreement.committed)
    else:
        yield from ((s, m.col["started"][agreement.name, s]) for s in agreement.starts)


def _within(start: int, stop: int, end: int) -> tuple[int, int]:
    """The part of months ``start`` .. ``stop - 1`` that lies in 0 .. ``end - 1``."""
    first = max(start, 0)
    return first, max(min(stop, end), first)


def _monthly(m: ProgramData, ledger: Ledger, agreement: Agreement, term: str, sign: float) -> None:
    account, horizon = _agreement_account(term, agreement), m.index.horizon
    starts: list[tuple[int, Term, float | None]] = [
        *((s, m.col["started"][agreement.name, s], None) for s in agreement.starts),
        *((one.month, one.blocks, one.price) for one in agreement.given),
    ]
    if agreement.is_metered:
        months = list(agreement.months)
        prices = mw_prices(agreement)[months] * m.units.mw
        ledger.add_many(account, [m.col["billed"][agreement.name, t] for t in months], months, prices)
        return
    if agreement.fixed:
        for s, blocks, agreed in starts:
            first, last = _within(s, s + agreement.term, horizon)
            prices = sign * (1 - agreement.prepaid) * agreement.fixed_prices(s, agreed)[first - s : last - s]
            ledger.add(account, blocks, range(first, last), prices)
        return
    prices = sign * agreement.block_price.over(0, horizon) * agreement.charged.over(0, horizon)
    full = agreement.full_price
    months = list(agreement.months)
    ledger.add_many(account, [m.col["in_force"][agreement.name, t] for t in months], months, prices[months] * full)
    shares = agreement.price.over(0, agreement.ramp_end)
    shares[: agreement.term] *= 1 - agreement.prepaid
    surplus = shares - full
    for s, blocks, _ in starts if surplus.any() else []:
        first, last = _within(s, s + len(surplus), agreement.last_month + 1)
        amounts = prices[first:last] * surplus[first - s : last - s]
        ledger.add(account, blocks, range(first, last), amounts)


def mw_prices(agreement: Agreement) -> Array:
    """Price of a MW that is billed, by month of the plan."""
    prices = agreement.block_price.over(0, agreement.horizon) * agreement.charged.over(0, agreement.horizon)
    each: Array = prices / agreement.row.mw_per_block
    return each


def contract(m: ProgramData, ledger: Ledger) -> None:
    """Monthly price of contracts: fixed at the start for a fixed term, the month's own if terminable."""
    for agreement in m.index.agreements.values():
        if not agreement.is_outlet:
            _monthly(m, ledger, agreement, "contract", 1.0)


def prepayment(m: ProgramData, ledger: Ledger) -> None:
    """Share of the price of the fixed or minimum term, paid at signature, also of its months after the plan."""
    for agreement in m.index.agreements.values():
        for s, blocks in _signatures(m, agreement) if agreement.prepaid else ():
            signed = s - int(agreement.row.lead_months)
            if 0 <= signed < m.index.horizon:
                amount = agreement.prepaid * float(agreement.term_prices(s).sum())
                ledger.add(_agreement_account("prepayment", agreement), blocks, signed, amount)


def tail(m: ProgramData, ledger: Ledger) -> None:
    """Share of the invoices of fixed and minimum terms after the plan, discounted to the month after it."""
    index, share = m.index, m.index.instance.head.tail_fraction
    for agreement in index.agreements.values():
        signed = [(s, blocks, None) for s, blocks in _signatures(m, agreement)]
        decided = [(one.month, one.blocks, one.price) for one in agreement.decided]
        for s, blocks, price in (*signed, *decided) if share and not agreement.is_outlet else ():
            months = np.arange(s, s + agreement.term)
            later = months >= index.horizon
            worth = (1 + index.instance.head.discount_rate) ** (-(months - index.horizon) / 12)
            invoices = (1 - agreement.prepaid) * agreement.term_prices(s, price) * worth
            amount = share * float(invoices[later].sum())
            ledger.add(_agreement_account("tail", agreement), blocks, index.horizon, amount)


def termination(m: ProgramData, ledger: Ledger) -> None:
    """Fees for handing back contracts and for taking back outlets, at the full price of the month."""
    for name, agreement in m.index.agreements.items():
        months = list(agreement.hand_backs)
        fees = agreement.row.termination_fee_months * agreement.block_price.over(0, m.index.horizon)[months]
        ended = [m.col["ended"][name, e] for e in months]
        account = _agreement_account("termination", agreement)
        ledger.add_many(account, ended, months, fees)
        for month, blocks in agreement.returned.items():
            fee = agreement.row.termination_fee_months * agreement.block_price.at(month)
            ledger.add(account, blocks, [month] * (0 <= month < m.index.horizon), fee)


def on_demand(m: ProgramData, ledger: Ledger) -> None:
    """On-demand capacity, for the hours that it is used."""
    for name, row in m.index.offers.items():
        prices = m.index.item_price(name, row.price).over(0, m.index.horizon)
        account = _account("on_demand", "on_demand", name, row)
        _book_use(m, ledger, account, name, prices * m.index.hours * m.units.accelerators)


def shortfall(m: ProgramData, ledger: Ledger) -> None:
    """What is short in a year of a spend commitment, paid in the year's last month in the plan."""
    for name, row in m.index.commitments.items():
        for begin in year_starts(m.index, row):
            account = _account("shortfall", "commitments", name, row)
            ledger.add(account, m.col["shortfall"][name, begin], year_end(m.index, begin), m.units.money)


def lease_out(m: ProgramData, ledger: Ledger) -> None:
    """Revenue of outlets: monthly price and upfronts received, as negative money out."""
    for agreement in m.index.agreements.values():
        if agreement.is_outlet:
            _upfronts(m, ledger, agreement, "lease_out", -1.0)
            _monthly(m, ledger, agreement, "lease_out", -1.0)


def unserved(m: ProgramData, ledger: Ledger) -> None:
    """Penalty for demand not served."""
    for name, row in m.index.workloads.items():
        keys = list(m.months_wanted.get(name, ()))
        columns = [m.col["unserved"][name, t] for t in keys]
        amount = row.penalty * m.units.accelerators
        ledger.add_many(_account("unserved", "workloads", name, row), columns, keys, np.full(len(keys), amount))


def lateness(m: ProgramData, ledger: Ledger) -> None:
    """Penalty for training runs that finish after their target, in the month they finish."""
    for name, row in m.index.runs.items():
        places = m.placements_of.get(name, {})
        months = [last_month(m.index, place) for place in places]
        late = np.array([late_months(row, month) for month in months], dtype=float)
        amounts = row.lateness_penalty * late
        account = _account("lateness", "training_runs", name, row)
        ledger.add_many(account, list(places.values()), months, amounts)
        if name in m.index.runs_before:
            end = last_month(m.index, m.index.runs_before[name])
            cost = row.lateness_penalty * late_months(row, end)
            ledger.add(account, 1.0, [end] * (0 <= end < m.index.horizon), cost)


def not_run(m: ProgramData, ledger: Ledger) -> None:
    """Penalty for training runs that are not run, at their deadline; one whose deadline is before the plan has none."""
    for name, column in m.col["not_run"].items():
        month = month_given_up(m.index, name)
        if month is not None:
            row = m.index.runs[name]
            ledger.add(_account("not_run", "training_runs", name, row), column, month, row.penalty)


def violation(m: ProgramData, ledger: Ledger) -> None:
    """Penalty for violating the planner's own rules, in the constraint's month."""
    for name, row in m.index.own_rules.items():
        months = [] if row.penalty is None else constraint_months(m.index, row)
        for family, t in ((family, t) for family in ("over", "under") for t in months):
            if (name, t) in m.col[family]:
                amount = row.penalty * m.rule_scale[name, t]
                ledger.add(_account("violation", "rules", name, row), m.col[family][name, t], t, amount)


def _kept(row: Any, delivered: int, horizon: int) -> float:
    """Share of what was paid that is left at the end: straight line over the life, from delivery."""
    age = max(0, horizon - delivered)
    return float(row.residual_fraction * max(0.0, 1 - age / row.life_months))


def residual(m: ProgramData, ledger: Ledger) -> None:
    """Residual value at the end of what was built and bought, by what was paid within the plan."""
    index = m.index
    for name, row in index.builds.items():
        values = []
        for t in index.build_orders[name]:
            months, share = build_instalments(row, t)
            paid = share * sum(month < index.horizon for month in months) * row.capex_per_mw * row.mw_per_block
            values.append(-paid * _kept(row, t + row.lead_months, index.horizon))
        columns = [m.col["ordered"][name, t] for t in index.build_orders[name]]
        account = _account("residual", "builds", name, row)
        _book_residual(m, ledger, account, columns, values)
        for order in index.orders_before[name]:
            months, share = build_instalments(row, order.month)
            paid = share * sum(month < index.horizon for month in months) * build_price(row, order)
            kept = _kept(row, order.month + row.lead_months, index.horizon)
            ledger.add(account, order.blocks, index.horizon, -paid * kept)
    for name, row in index.purchases.items():
        values = []
        for t, payments in purchase_payments(index, row):
            paid = sum(amount for _, amount in payments)
            values.append(-paid * _kept(row, t + row.lead_months, index.horizon))
        columns = [m.col["bought"][name, t] for t in index.purchase_orders[name]]
        account = _account("residual", "purchases", name, row)
        _book_residual(m, ledger, account, columns, values)
        for order in index.orders_before[name]:
            payments = lot_payments(index, row, order.month, order.price)
            paid = sum(amount for month, amount in payments if month < index.horizon)
            kept = _kept(row, order.month + row.lead_months, index.horizon)
            ledger.add(account, order.blocks, index.horizon, -paid * kept)


def _book_residual(m: ProgramData, ledger: Ledger, account: Account, columns: list[Any], values: list[float]) -> None:
    """Book what is left of each order of an item, after the plan's last month."""
    ledger.add_many(account, columns, [m.index.horizon] * len(values), values)


def net_present_cost(m: ProgramData) -> Array:
    """Objective, by column: the discounted sum of the entire ledger."""
    entries: Entries = m.entries
    present = entries.amounts * m.index.discount[entries.months] / m.units.money
    return entries.per_column(present, len(m.names))

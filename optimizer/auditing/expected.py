"""The plan's tables as they should be: each is derived once, column by column, with the rule that it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.auditing.comparison import Column
from optimizer.auditing.obligations import obligations as owed_for
from optimizer.auditing.ordering import HANDED, SIGNED
from optimizer.auditing.own_rules import constraints, counted
from optimizer.auditing.placements import Decision
from optimizer.auditing.prices import Priced
from optimizer.auditing.verdict import BLOCK, FLOOR
from optimizer.schema import IN_HOUSE

Array = NDArray[Any]
Columns = Iterable[Column]

SENTENCES = {
    "decision_party": "A decision names the party it concerns.",
    "decision_size": "A decision's accelerators and MW are those of its blocks.",
    "decision_dates": "A decision's `starts` and `ends` are its first and its last month of use.",
    "committed_cost": "A decision's committed cost is what it binds the planner to pay (a tenant: negative).",
    "expire": "Whatever runs out in the plan has a row, with its blocks and in the first month without them.",
    "capacity": "The accelerators of every pool and month are those that the decisions give.",
    "pool_facts": "A row of the capacity table has its pool's source, party, place and kind.",
    "capacity_use": "What is used, leased out and idle of a pool follows from the allocation and the leases.",
    "capacity_mw": "The MW of a pool are what all of it draws; of a contract, those of its blocks delivered.",
    "work": "The work of an allocation is its accelerators × availability × throughput.",
    "run_allocation": "The allocation gives a run its accelerators in its pool and months, and none elsewhere.",
    "lease_cover": "The accelerators leased out to an outlet are those of its active blocks.",
    "run_dates": "A run ends as its work, size and place demand; its target and months late are those of the run.",
    "service": "Demand is the instance's, served is the work allocated, unserved is what is left of the demand.",
    "power": "A site's MW available, used and leased out follow from supply, builds, allocation, leases and outlets.",
    "outage_work": "Without each member, the policy's part of the critical demand of every workload is served.",
    "own_rules": "Every constraint of the own rules has its row, with the value, slack and violation of the plan.",
    "cash": "Every payment is what its decisions and figures cost by the instance's prices, and none is left out.",
    "cash_party": "A payment names the party that is paid or pays, `in_house` for own sites, none for a penalty.",
    "owed": "What is owed for an item is what is still to be paid if it is handed back as early as allowed.",
    "owed_party": "An obligation names the party that is paid, `in_house` for builds and purchases.",
    "present_value": "The present value of a payment is its amount discounted to the plan's first month.",
}
"""Rules on the columns below."""


class _Decided(NamedTuple):
    party: str
    accelerators: float
    mw: float
    starts: str
    ends: str
    committed_cost: float


def decisions(case: Priced) -> Columns:
    """Derive the table ``decisions``."""
    decided = [_decided(case, row) for row in case.decisions]
    yield Column("decision_party", "decisions", "party", _objects(row.party for row in decided))
    for name in ("accelerators", "mw"):
        yield Column("decision_size", "decisions", name, np.array([getattr(row, name) for row in decided], dtype=float))
    for name in ("starts", "ends"):
        yield Column("decision_dates", "decisions", name, _objects(getattr(row, name) for row in decided))
    costs = np.array([row.committed_cost for row in decided], dtype=float)
    yield Column("committed_cost", "decisions", "committed_cost", costs, floor=BLOCK)
    names = case.facts.names["decision"]
    places = np.array([names["expire", item] for item in case.stocks], dtype=int)
    expired = np.array([stock.expired() for stock in case.stocks.values()]).reshape(len(places), case.facts.months)
    yield Column("expire", "decisions", "blocks", expired, ("decision",), places, BLOCK)


def _decided(case: Priced, row: Decision) -> _Decided:
    """Party, size, dates and committed cost that a decision should have."""
    item, label, blocks = case.item(row), case.facts.label, row.blocks
    if row.verb == "start_run":  # its party, size and end are those of the run: see `run_decision`
        return _Decided(row.party, row.accelerators, row.mw, label(row.t), row.ends, 0.0)
    if row.verb == "order_build":
        mw = blocks * item.mw_per_block
        return _Decided(IN_HOUSE, 0.0, mw, label(row.t + item.lead_months), "", mw * item.capex_per_mw)
    if row.verb == "buy":
        first, bought = row.t + item.lead_months, blocks * item.lot_size
        cost = bought * float(case.facts.prices(row.item, item.unit_price)[row.t])
        return _Decided(IN_HOUSE, bought, 0.0, label(first), label(first + item.life_months - 1), cost)
    if row.verb == "commit_spend":
        cost = blocks * item.annual_amount * item.years
        return _Decided(item.provider, 0.0, 0.0, label(row.t), label(row.t + 12 * item.years - 1), cost)
    agreement = case.facts.agreements[row.item]
    size = agreement.party, blocks * agreement.accelerators, blocks * item.mw_per_block
    if row.verb not in SIGNED:
        fee = 0.0 if row.verb == "expire" else item.termination_fee_months
        first = row.t + (agreement.notice if row.verb in HANDED else 0)  # without the blocks
        return _Decided(*size, "", label(first - 1), blocks * fee * float(agreement.block_prices(first)))
    first = row.t + item.lead_months
    cost = blocks * agreement.bound_cost(first, case.facts.months) * (-1.0 if agreement.outlet else 1.0)
    return _Decided(*size, label(first), label(first + agreement.term - 1) if agreement.fixed else "", cost)


def capacity(case: Priced) -> Columns:
    """Derive the table ``capacity``."""
    pools, floor = case.facts.pools, case.accelerator_floor
    yield Column("capacity", "capacity", "accelerators", case.capacity, ("pool",), floor=floor)
    columns = {"source": "source", "party": "party", "site_or_region": "place", "accelerator": "accelerator"}
    for name, attribute in columns.items():
        texts = _objects(getattr(pool, attribute) for pool in pools)[case.tables["capacity"].codes["pool"]]
        yield Column("pool_facts", "capacity", name, texts)
    use = {"used": case.used, "leased_out": case.leased, "idle": case.capacity - case.used - case.leased}
    for name, values in use.items():
        yield Column("capacity_use", "capacity", name, values, ("pool",), floor=floor, relative_to=case.capacity)
    mw = case.capacity * case.kw[:, None] / 1000.0
    for place, pool in enumerate(pools):
        if pool.source == "contract":
            stock = case.stocks[pool.name]
            mw[place] = stock.available() * stock.agreement.row.mw_per_block
    yield Column("capacity_mw", "capacity", "mw", mw, ("pool",), floor=FLOOR * mw.max(initial=0.0))


def allocation(case: Priced) -> Columns:
    """Derive the work of the table ``allocation``, and its accelerators given to training runs."""
    yield Column("work", "allocation", "work", case.work, floor=case.work_floor)
    runs, pools = case.facts.names["run"], case.facts.names["pool"]
    given = np.zeros((len(runs) * len(pools), case.facts.months))
    for one in case.placements:
        given[runs[one.run] * len(pools) + one.pool, max(one.start, 0) : one.end + 1] += one.accelerators
    to_runs, floor = slice(len(case.demand) * len(pools), None), case.accelerator_floor
    yield Column("run_allocation", "allocation", "accelerators", given, ("demand", "pool"), to_runs, floor)


def leases(case: Priced) -> Columns:
    """Derive the accelerators of the table ``leases`` by outlet."""
    names = case.facts.names["outlet"]
    cover = [case.stocks[name].active * case.facts.agreements[name].accelerators for name in names]
    values = np.array(cover).reshape(len(names), case.facts.months)
    yield Column("lease_cover", "leases", "accelerators", values, ("outlet",), floor=case.accelerator_floor)


def runs(case: Priced) -> Columns:
    """Derive the dates of the table ``runs``."""
    label, placed = case.facts.label, case.placements
    targets = ("" if one.spec.target is None else label(one.spec.target) for one in placed)
    yield Column("run_dates", "runs", "ends", _objects(label(one.end) for one in placed))
    yield Column("run_dates", "runs", "target", _objects(targets))
    yield Column("run_dates", "runs", "late_months", np.array([one.late for one in placed], dtype=float))


def service(case: Priced) -> Columns:
    """Derive the table ``service``."""
    columns = {"demand": case.demand, "served": case.served, "unserved": case.demand - case.served}
    for name, values in columns.items():
        yield Column("service", "service", name, values, ("workload",), floor=case.work_floor, relative_to=case.demand)


def power(case: Priced) -> Columns:
    """Derive the table ``power``."""
    columns = {"mw_available": case.mw_supply, "mw_used": case.mw_used, "mw_leased_out": case.mw_let}
    for name, values in columns.items():
        yield Column("power", "power", name, values, ("site",), floor=case.mw_floor)


def outages(case: Priced) -> Columns:
    """Derive the work of the table ``outages``: row by row, and in total."""
    table, facts = case.tables["outages"], case.facts
    done = table["accelerators"] * np.nan_to_num(facts.yields[table.codes["workload"], table.codes["pool"]])
    yield Column("outage_work", "outages", "work", done, floor=case.work_floor)
    critical = case.demand * np.array([row.critical for row in facts.tables["workloads"].values()]).reshape(-1, 1)
    need = np.zeros((len(facts.outages), *critical.shape))
    for outage, (policy, _) in enumerate(facts.outages):
        row = facts.tables["policies"][policy]
        window = list(facts.window(row))
        need[outage][:, window] = row.limit * critical[:, window]
    total = need.reshape(-1, facts.months)
    yield Column("outage_work", "outages", "work", total, ("outage", "workload"), floor=case.work_floor)


def rules(case: Priced) -> Columns:
    """Derive the table ``rules`` but for its shadow prices."""
    table, names = case.tables["rules"], case.facts.names["rule"]
    known = {(one.spec.rule, one.t): one for one in constraints(case)}
    count = np.zeros(case.shape("rule"))
    for name, t in known:
        count[names[name], t] = 1.0
    yield Column("own_rules", "rules", "", count, ("rule",))
    keys = list(zip(table["rule"].tolist(), table.t.tolist(), strict=True))
    part = np.array([row for row, key in enumerate(keys) if key in known], dtype=int)
    rows = [known[keys[row]] for row in part.tolist()]
    for name in ("each", "sense"):
        yield Column("own_rules", "rules", name, _objects(getattr(one.spec, name) for one in rows), part=part)
    sizes, floors = np.array([one.size for one in rows]), np.array([one.floor for one in rows])
    columns = {name: np.array([getattr(one, name) for one in rows], float) for name in ("value", "slack", "violation")}
    free = np.array([counted(case, one) for one in rows], dtype=bool)
    columns["violation"] = np.where(
        free, np.maximum(columns["violation"], table["violation"][part]), columns["violation"]
    )
    for name, values in columns.items():
        yield Column("own_rules", "rules", name, values, (), part, floors, sizes)
    sides = np.array([one.spec.rhs for one in rows], dtype=float)
    yield Column("own_rules", "rules", "rhs", sides, part=part, relative_to=sizes)


def cash(case: Priced) -> Columns:
    """Derive the table ``cash``."""
    table, floor = case.tables["cash"], FLOOR * float(np.abs(case.priced).max(initial=0.0))
    yield Column("cash", "cash", "amount", case.priced, ("cash",), floor=floor)
    yield Column("cash_party", "cash", "party", _objects(case.facts.payees[1])[table.codes["cash"]])
    yield Column("present_value", "cash", "present_value", table["amount"] * case.facts.discount[table.t])


def obligations(case: Priced) -> Columns:
    """Derive the table ``obligations``."""
    names = case.facts.names["obligation"]
    owed = np.zeros((2, len(names), case.facts.months))
    for item, *amounts in owed_for(case):
        owed[:, names[item]] += amounts
    floor = FLOOR * max([float(owed.max(initial=0.0)), *(row.annual_amount for row in case.facts.rows["commitments"])])
    for name, values in zip(("owed", "owed_after_horizon"), owed, strict=True):
        yield Column("owed", "obligations", name, values, ("obligation",), floor=floor)
    parties = _objects(case.facts.creditors.values())[case.tables["obligations"].codes["obligation"]]
    yield Column("owed_party", "obligations", "party", parties)


def _objects(values: Iterable[Any]) -> Array:
    """Text as an array."""
    return np.array(list(values), dtype=object)


Table = Callable[[Priced], Columns]
TABLES: tuple[Table, ...] = (
    decisions,
    capacity,
    allocation,
    leases,
    runs,
    service,
    power,
    outages,
    rules,
    cash,
    obligations,
)

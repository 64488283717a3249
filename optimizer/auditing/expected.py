"""The plan's tables as they should be, column by column, each with the rule that it belongs to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.auditing.comparison import Column
from optimizer.auditing.ordering import SIGNED
from optimizer.auditing.own_rules import constraints, counted
from optimizer.auditing.placements import Decision
from optimizer.auditing.prices import Priced
from optimizer.auditing.verdict import BLOCK, FLOOR
from optimizer.schema import IN_HOUSE

Array = NDArray[Any]
Columns = Iterable[Column]


# ---------------------------------------------------------------- decisions
class _Decided(NamedTuple):
    party: str
    accelerators: float
    mw: float
    starts: str
    ends: str


def _decided(case: Priced, row: Decision) -> _Decided:
    """Party, size and dates that a decision should have."""
    item, label, blocks = case.item(row), case.facts.label, row.blocks
    if row.verb == "start_run":  # its party, size and end are those of the run: see `run_decision`
        return _Decided(row.party, row.accelerators, row.mw, label(row.t), row.ends)
    if row.verb == "order_build":
        return _Decided(IN_HOUSE, 0.0, blocks * item.mw_per_block, label(row.t + item.lead_months), "")
    if row.verb == "buy":
        first = row.t + item.lead_months
        return _Decided(IN_HOUSE, blocks * item.lot_size, 0.0, label(first), label(first + item.life_months - 1))
    if row.verb == "commit_spend":
        return _Decided(item.provider, 0.0, 0.0, label(row.t), label(row.t + 12 * item.years - 1))
    agreement = case.facts.agreements[row.item]
    size = agreement.party, blocks * agreement.accelerators, blocks * item.mw_per_block
    if row.verb not in SIGNED:
        return _Decided(*size, "", label(row.t - 1))
    first = row.t + item.lead_months
    return _Decided(*size, label(first), label(first + agreement.term - 1) if agreement.fixed else "")


def decision_party(case: Priced) -> Columns:
    """A decision names the party it concerns."""
    yield Column("decisions", "party", _objects(_decided(case, row).party for row in case.decisions))


def decision_size(case: Priced) -> Columns:
    """A decision's accelerators and MW are those of its blocks."""
    for name in ("accelerators", "mw"):
        values = [getattr(_decided(case, row), name) for row in case.decisions]
        yield Column("decisions", name, np.array(values, dtype=float))


def decision_dates(case: Priced) -> Columns:
    """A decision's `starts` and `ends` are its first and its last month of use."""
    for name in ("starts", "ends"):
        yield Column("decisions", name, _objects(getattr(_decided(case, row), name) for row in case.decisions))


def committed_cost(case: Priced) -> Columns:
    """A decision's committed cost is what it binds the planner to pay, negative for what a tenant is bound to pay."""
    expected = np.array([row.blocks * _cost(case, row) for row in case.decisions], dtype=float)
    yield Column("decisions", "committed_cost", expected, floor=BLOCK)


def _cost(case: Priced, row: Decision) -> float:
    """Committed cost of one block or lot."""
    if row.verb in ("expire", "start_run"):
        return 0.0
    item = case.item(row)
    if row.verb == "order_build":
        return float(item.mw_per_block * item.capex_per_mw)
    if row.verb == "buy":
        return float(item.lot_size * case.facts.prices(row.item, item.unit_price)[row.t])
    if row.verb == "commit_spend":
        return float(item.annual_amount * item.years)
    agreement = case.facts.agreements[row.item]
    if row.verb not in SIGNED:
        return float(item.termination_fee_months * agreement.block_prices(row.t))
    bound = agreement.bound_cost(row.t + item.lead_months)
    return -bound if agreement.outlet else bound


def expire(case: Priced) -> Columns:
    """Whatever runs out in the plan has a row, with its blocks and in the first month without them."""
    names = case.facts.names["decision"]
    places = np.array([names["expire", item] for item in case.stocks], dtype=int)
    expected = np.array([stock.expired() for stock in case.stocks.values()]).reshape(len(places), case.facts.months)
    yield Column("decisions", "blocks", expected, ("decision",), places, BLOCK)


# ---------------------------------------------------------------- capacity
def capacity(case: Priced) -> Columns:
    """The accelerators of every pool and month are those that the decisions give."""
    yield Column("capacity", "accelerators", case.capacity, ("pool",), floor=case.accelerator_floor)


def pool_facts(case: Priced) -> Columns:
    """A row of the capacity table has its pool's source, party, place and kind."""
    codes = case.tables["capacity"].codes["pool"]
    columns = {"source": "source", "party": "party", "site_or_region": "place", "accelerator": "accelerator"}
    for column, attribute in columns.items():
        yield Column("capacity", column, _objects(getattr(pool, attribute) for pool in case.facts.pools)[codes])


def capacity_use(case: Priced) -> Columns:
    """What is used, leased out and idle of a pool follows from the allocation and the leases."""
    idle = case.capacity - case.used - case.leased
    for name, values in {"used": case.used, "leased_out": case.leased, "idle": idle}.items():
        yield Column("capacity", name, values, ("pool",), floor=case.accelerator_floor, beside=case.capacity)


def capacity_mw(case: Priced) -> Columns:
    """The MW of a pool are what it draws when all of it runs; of a contract, those of its blocks delivered."""
    expected = case.capacity * case.kw[:, None] / 1000.0
    for place, pool in enumerate(case.facts.pools):
        if pool.source == "contract":
            stock = case.stocks[pool.name]
            expected[place] = stock.delivered() * stock.agreement.row.mw_per_block
    yield Column("capacity", "mw", expected, ("pool",), floor=FLOOR * expected.max(initial=0.0))


# ---------------------------------------------------------------- allocation, leases, runs
def work(case: Priced) -> Columns:
    """The work of an allocation is its accelerators × availability × throughput."""
    yield Column("allocation", "work", case.work, floor=case.work_floor)


def run_allocation(case: Priced) -> Columns:
    """The allocation gives a run its accelerators in its pool in all of its months, and none elsewhere."""
    runs, pools = case.facts.names["run"], case.facts.names["pool"]
    expected = np.zeros((len(runs) * len(pools), case.facts.months))
    for one in case.placements:
        expected[runs[one.run] * len(pools) + one.pool, one.start : one.end + 1] += one.accelerators
    own = slice(len(case.demand) * len(pools), None)
    yield Column("allocation", "accelerators", expected, ("demand", "pool"), own, case.accelerator_floor)


def lease_cover(case: Priced) -> Columns:
    """The accelerators leased out to an outlet are those of its active blocks."""
    names = case.facts.names["outlet"]
    expected = [case.stocks[name].active * case.facts.agreements[name].accelerators for name in names]
    values = np.array(expected).reshape(len(names), case.facts.months)
    yield Column("leases", "accelerators", values, ("outlet",), floor=case.accelerator_floor)


def run_dates(case: Priced) -> Columns:
    """A run ends as its work, size and place demand; its target and the months it is late are those of the run."""
    label, placed = case.facts.label, case.placements
    yield Column("runs", "ends", _objects(label(one.end) for one in placed))
    targets = ("" if one.spec.target is None else label(one.spec.target) for one in placed)
    yield Column("runs", "target", _objects(targets))
    yield Column("runs", "late_months", np.array([one.late for one in placed], dtype=float))


# ---------------------------------------------------------------- service, power, outages
def service(case: Priced) -> Columns:
    """Demand is the instance's, served is the work allocated, unserved is what is left of the demand."""
    expected = {"demand": case.demand, "served": case.served, "unserved": case.demand - case.served}
    for name, values in expected.items():
        yield Column("service", name, values, ("workload",), floor=case.work_floor, beside=case.demand)


def power(case: Priced) -> Columns:
    """A site's MW available, used and leased out follow from supply, builds, allocation, leases and outlets."""
    expected = {"mw_available": case.mw_supply, "mw_used": case.mw_used, "mw_leased_out": case.mw_let}
    for name, values in expected.items():
        yield Column("power", name, values, ("site",), floor=case.mw_floor)


def outage_work(case: Priced) -> Columns:
    """Without each member, the policy's part of the critical demand of every workload is served."""
    table, facts = case.tables["outages"], case.facts
    done = table["accelerators"] * np.nan_to_num(facts.yields[table.codes["workload"], table.codes["pool"]])
    yield Column("outages", "work", done, floor=case.work_floor)
    critical = case.demand * np.array([row.critical for row in facts.tables["workloads"].values()]).reshape(-1, 1)
    need = np.zeros((len(facts.outages), *critical.shape))
    for outage, (policy, _) in enumerate(facts.outages):
        row = facts.tables["policies"][policy]
        window = list(facts.window(row))
        need[outage][:, window] = row.limit * critical[:, window]
    values = need.reshape(-1, facts.months)
    yield Column("outages", "work", values, ("outage", "workload"), floor=case.work_floor)


# ---------------------------------------------------------------- own rules
def own_rules(case: Priced) -> Columns:
    """Every constraint of the own rules has its row, with value, slack and violation as the plan gives them."""
    table, rules = case.tables["rules"], case.facts.names["rule"]
    known = {(one.spec.rule, one.t): one for one in constraints(case)}
    expected = np.zeros(case.shape("rule"))
    for name, t in known:
        expected[rules[name], t] = 1.0
    yield Column("rules", "", expected, ("rule",))
    keys = list(zip(table["rule"].tolist(), table.t.tolist(), strict=True))
    part = np.array([row for row, key in enumerate(keys) if key in known], dtype=int)
    rows = [known[keys[row]] for row in part.tolist()]
    sizes, floors = np.array([one.size for one in rows]), np.array([one.floor for one in rows])
    for name in ("each", "sense"):
        yield Column("rules", name, _objects(getattr(one.spec, name) for one in rows), part=part)
    yield Column("rules", "rhs", np.array([one.spec.rhs for one in rows], dtype=float), part=part, beside=sizes)
    free = np.array([counted(case, one) for one in rows], dtype=bool)
    for name in ("value", "slack", "violation"):
        right = np.array([getattr(one, name) for one in rows], dtype=float)
        if name == "violation":
            right = np.where(free, np.maximum(right, table[name][part]), right)
        yield Column("rules", name, right, (), part, floors, sizes)


# ---------------------------------------------------------------- cash
def cash(case: Priced) -> Columns:
    """Every payment is what its decisions and figures cost by the instance's prices, and none is left out."""
    floor = FLOOR * float(np.abs(case.priced).max(initial=0.0))
    yield Column("cash", "amount", case.priced, ("cash",), floor=floor)


def cash_party(case: Priced) -> Columns:
    """A payment names the party that is paid or pays, `in_house` for own sites, none for a penalty."""
    yield Column("cash", "party", _objects(case.facts.payees[1])[case.tables["cash"].codes["cash"]])


def present_value(case: Priced) -> Columns:
    """The present value of a payment is its amount discounted to the plan's first month."""
    table = case.tables["cash"]
    yield Column("cash", "present_value", table["amount"] * case.facts.discount[table.t])


def _objects(values: Iterable[Any]) -> Array:
    """Text as an array."""
    return np.array(list(values), dtype=object)

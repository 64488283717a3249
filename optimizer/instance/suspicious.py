"""Warnings on valid but suspicious values: a table of sentences and functions, for an instance without errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from optimizer.format import counted
from optimizer.instance import (
    check_scenarios,
    suspicious_money,
    suspicious_months,
    suspicious_names,
    suspicious_runs,
    suspicious_sizes,
    suspicious_values,
)
from optimizer.instance import suspicious_timing as timing
from optimizer.instance.batches import same_key
from optimizer.instance.data import Data, Record, TypedTable
from optimizer.instance.pools import Pools
from optimizer.instance.raw import quoted, shown


def suspicious(data: Data) -> None:
    """Run every check; the warnings stand in the order of the tables."""
    for _, check in CHECKS:
        check(data)
    order = {data.where(name): i for i, name in enumerate(data.tables)}
    data.warnings.sort(key=lambda fault: (order.get(fault.where, -1), fault.row or 0))


def _warn(data: Data, table: TypedTable, record: Record, column: str, problem: str) -> None:
    data.fault(table, record, column, problem, warn=True)


_FIXED = "Leave it blank, or give min_term_months in place of term_months."
_SERVED = "Widen its regions or exclude, give it another class, or add such capacity."


def _without_effect(data: Data) -> None:
    check_scenarios.unused_measure(data)
    for table, record in data.agreements():
        v = record.values
        for column in ("notice_months", "termination_fee_months"):
            if v["term_months"] is not None and v[column]:
                _warn(data, table, record, column, f"{column} has no effect on a fixed term. {_FIXED}")
        if v.get("sells") == "mw" and v["accelerator"]:
            _warn(
                data,
                table,
                record,
                "accelerator",
                "accelerator has no effect on an outlet that sells mw; leave it blank.",
            )
    for table, record in data.records("training_runs"):
        if record.values["lateness_penalty"] and record.values["target"] is None:
            problem = "lateness_penalty has no effect without a target. Give a target, or leave both blank."
            _warn(data, table, record, "lateness_penalty", problem)
    terms = {r.values["contract"]: r.values["term_months"] for _, r in data.records("contracts")}
    for table, record in data.records("ramps"):
        term = terms.get(record.values["contract"])
        if term is not None and record.values["month_of_term"] >= term:
            length = counted(term, "month")
            problem = f"has no effect: the term of {quoted(record.values['contract'])} is {length}. Remove the row."
            _warn(data, table, record, "month_of_term", problem)


# ---------------------------------------------------------------- supply and demand
def _unpowered_sites(data: Data) -> None:
    powered = {r.values["site"] for _, r in data.records("power") if r.values["mw"] > 0}
    powered |= {r.values["site"] for _, r in data.records("builds", "contracts")}
    for table, record in data.records("sites"):
        if record.values["site"] not in powered:
            problem = f"{quoted(record.values['site'])} has no power, and no build can bring it any. "
            problem += "Add rows to power or builds."
            _warn(data, table, record, "site", problem)


def _unserved_workloads(data: Data) -> None:
    pools = Pools(data)
    wanted = {record.values["workload"] for _, record in data.records("demand")}
    for table, record in data.records("workloads"):
        name = shown(record.values["workload"])
        if record.values["workload"] not in wanted:
            _warn(data, table, record, "workload", f"'{name}' has no demand. Add rows to demand, or remove it.")
        if reason := pools.cannot_serve(record.values):
            _warn(data, table, record, "workload", f"nothing can ever serve '{name}': {reason}. {_SERVED}")


def _uncovered_outlets(data: Data) -> None:
    pools = Pools(data)
    for table, record in data.records("outlets"):
        v = record.values
        if v["sells"] == "accelerators" and not pools.can_cover(v):
            kind = shown(v["accelerator"])
            problem = f"no own accelerators and no contract with sublease of another party can cover it with '{kind}'. "
            problem += "Add one, or remove it."
            _warn(data, table, record, "outlet", problem)


def _odd_offers(data: Data) -> None:
    party = {r.values["commitment"]: r.values["provider"] for _, r in data.records("commitments")}
    for table, record in data.records("on_demand"):
        name = record.values["commitment"]
        if name is not None and party[name] != record.values["provider"]:
            problem = f"{quoted(name)} is a commitment to {quoted(party[name])}. Name one to this offer's provider."
            _warn(data, table, record, "commitment", problem)


def _empty_rules(data: Data) -> None:
    termed = {record.values["rule"] for _, record in data.records("rule_terms")}
    for table, record in data.records("rules"):
        if record.values["rule"] not in termed:
            problem = f"{quoted(record.values['rule'])} has no terms in rule_terms. Add one, or remove the rule."
            _warn(data, table, record, "rule", problem)


CHECKS: tuple[tuple[str, Callable[[Data], Any]], ...] = (
    ("Values are within their usual range.", suspicious_values.usual_values),
    ("Rows that add up differ in their key.", same_key),
    ("Prices per accelerator-hour are within their usual range.", suspicious_values.usual_prices),
    ("The power of a site is of the size of what can stand there.", suspicious_sizes.powered),
    ("A site has power for more than a trace of its fleet.", suspicious_sizes.starved),
    ("Power and number of a block fit, and committed blocks are within max_blocks.", suspicious_sizes.blocks),
    ("A lot is within the limits of its purchase.", suspicious_sizes.lots),
    ("Demand is of the size in which capacity comes.", suspicious_sizes.demands),
    ("Penalties are of the size of what capacity costs.", suspicious_money.penalties),
    ("What is paid at signature is not many years' price.", suspicious_money.upfronts),
    ("Spend commitments are of the size of what their provider offers.", suspicious_money.commitments),
    ("Budgets are of the size of what they are for.", suspicious_money.budgets),
    ("Terms and lead times are in months, not in years.", suspicious_sizes.short_terms),
    ("Every value has an effect.", _without_effect),
    ("Every site has power or a build.", _unpowered_sites),
    ("Every workload has demand and something that can serve it.", _unserved_workloads),
    ("Every training run has something that can run it.", suspicious_runs.places),
    ("Every training run takes more than a small part of a month.", suspicious_runs.sizes),
    ("Every training run can be run within its window and the plan.", suspicious_runs.windows),
    ("Every outlet has something that can cover it.", _uncovered_outlets),
    ("An offer's commitment is to its own provider.", _odd_offers),
    ("Every rule has terms.", _empty_rules),
    ("No two names look the same.", suspicious_names.alike),
    ("Every offer can start.", timing.agreements),
    ("A renewal has something to renew.", timing.renewals),
    ("A required contract can have the blocks required.", timing.requirements),
    ("Every build and purchase can be ordered and arrives within the plan.", timing.orders),
    ("Rows of step series start within the plan.", timing.series),
    ("No row of a step series is replaced before the plan starts.", suspicious_months.superseded),
    ("Windows overlap the plan.", timing.windows),
    ("An interruption has an effect.", timing.interruptions),
    ("A spend commitment can start within the plan, or was made before.", timing.commitments),
    ("A third of a term lies within the plan.", timing.reach),
    ("The fleet is there when the plan starts.", timing.fleet),
    ("What becomes known is known within the plan.", check_scenarios.known_after),
)

"""What is legal but suspicious: warnings, as a table of sentence and function; run on an instance without faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from optimizer.instance import suspicious_months, suspicious_runs
from optimizer.instance import suspicious_timing as timing
from optimizer.instance.batches import same_key
from optimizer.instance.data import Data, Record, TypedTable
from optimizer.instance.pools import Pools, Values
from optimizer.instance.raw import number_text, quoted, shown

_HOURLY = (0.05, 100.0)  # usual price per accelerator-hour


def suspicious(data: Data) -> None:
    """Run every check; the warnings stand in the order of the tables."""
    for _, check in CHECKS:
        check(data)
    order = {data.where(name): i for i, name in enumerate(data.tables)}
    data.warnings.sort(key=lambda fault: (order.get(fault.where, -1), fault.row or 0))


def _warn(data: Data, table: TypedTable, record: Record, column: str, problem: str) -> None:
    data.fault(table, record, column, problem, warn=True)


# ---------------------------------------------------------------- values
def _usual_values(data: Data) -> None:
    for table in data.tables.values():
        for column in table.spec.columns.values():
            if column.usual is None:
                continue
            low, high = column.usual
            unit = f" ({column.unit})" if column.unit else ""
            for record in table.records:
                value = record.values[column.name]
                if column.name in record.found and value is not None and not low <= value <= high:
                    problem = (
                        f"{number_text(value)} is unusual; mostly {number_text(low)} to {number_text(high)}{unit}."
                    )
                    _warn(data, table, record, column.name, problem)


def _hourly(v: Values, price: float, hours: float) -> float | None:
    """Price per accelerator-hour of a contract or outlet, None where its size is not told."""
    size = v["accelerators_per_block"]
    if not size:
        return None
    per_block = {"block_month": 1.0, "mw_month": v["mw_per_block"], "accelerator_month": size}
    return price if v["per"] == "accelerator_hour" else float(price * per_block[v["per"]] / size / hours)


def _usual_prices(data: Data) -> None:
    hours = data.head["hours_per_month"]
    items = {
        record.values[table.spec.key[0]]: record.values
        for table, record in data.records("contracts", "outlets")
        if record.values.get("sells") != "mw"
    }
    for table, record in data.records("contracts", "outlets", "prices"):
        v = record.values
        item = items.get(v["item"] if table.spec.name == "prices" else v[table.spec.key[0]])
        hourly = _hourly(item, v["price"], hours) if item else None
        if hourly is not None and not _HOURLY[0] <= hourly <= _HOURLY[1]:
            told = number_text(float(f"{hourly:.3g}"))
            problem = f"the price comes to {told} per accelerator-hour; mostly {_HOURLY[0]:g} to {_HOURLY[1]:g}."
            _warn(data, table, record, "price", problem)


def _without_effect(data: Data) -> None:
    for table, record in data.records("contracts", "outlets"):
        v = record.values
        for column in ("notice_months", "termination_fee_months"):
            if v["term_months"] is not None and v[column]:
                _warn(data, table, record, column, f"{column} has no effect on a fixed term.")
        if v.get("sells") == "mw" and v["accelerator"]:
            _warn(data, table, record, "accelerator", "accelerator has no effect on an outlet that sells mw.")
    for table, record in data.records("training_runs"):
        if record.values["lateness_penalty"] and record.values["target"] is None:
            _warn(data, table, record, "lateness_penalty", "lateness_penalty has no effect without a target.")
    for table, record in data.records("ramps"):
        terms = {r.values["contract"]: r.values["term_months"] for _, r in data.records("contracts")}
        term = terms.get(record.values["contract"])
        if term is not None and record.values["month_of_term"] >= term:
            problem = f"has no effect: the term of {quoted(record.values['contract'])} is {term} months."
            _warn(data, table, record, "month_of_term", problem)


# ---------------------------------------------------------------- supply and demand
def _unpowered_sites(data: Data) -> None:
    powered = {r.values["site"] for _, r in data.records("power") if r.values["mw"] > 0}
    powered |= {r.values["site"] for _, r in data.records("builds")}
    for table, record in data.records("sites"):
        if record.values["site"] not in powered:
            problem = f"{quoted(record.values['site'])} has no power, and no build can bring it any."
            _warn(data, table, record, "site", problem)


def _unserved_workloads(data: Data) -> None:
    pools = Pools(data)
    wanted = {record.values["workload"] for _, record in data.records("demand")}
    for table, record in data.records("workloads"):
        name = shown(record.values["workload"])
        if record.values["workload"] not in wanted:
            _warn(data, table, record, "workload", f"'{name}' has no demand.")
        if reason := pools.cannot_serve(record.values):
            _warn(data, table, record, "workload", f"nothing can ever serve '{name}': {reason}.")


def _uncovered_outlets(data: Data) -> None:
    pools = Pools(data)
    for table, record in data.records("outlets"):
        v = record.values
        if v["sells"] == "accelerators" and not pools.can_cover(v):
            kind = shown(v["accelerator"])
            problem = f"no own accelerators and no contract with sublease of another party can cover it with '{kind}'."
            _warn(data, table, record, "outlet", problem)


def _odd_offers(data: Data) -> None:
    party = {r.values["commitment"]: r.values["provider"] for _, r in data.records("commitments")}
    for table, record in data.records("on_demand"):
        name = record.values["commitment"]
        if name is not None and party[name] != record.values["provider"]:
            _warn(data, table, record, "commitment", f"{quoted(name)} is a commitment to {quoted(party[name])}.")


def _empty_rules(data: Data) -> None:
    termed = {record.values["rule"] for _, record in data.records("rule_terms")}
    for table, record in data.records("rules"):
        if record.values["rule"] not in termed:
            _warn(data, table, record, "rule", f"{quoted(record.values['rule'])} has no terms in rule_terms.")


CHECKS: tuple[tuple[str, Callable[[Data], Any]], ...] = (
    ("Values are within their usual range.", _usual_values),
    ("Rows that add up differ in their key.", same_key),
    ("Prices per accelerator-hour are within their usual range.", _usual_prices),
    ("Every value has an effect.", _without_effect),
    ("Every site has power or a build.", _unpowered_sites),
    ("Every workload has demand and something that can serve it.", _unserved_workloads),
    ("Every training run has something that can run it.", suspicious_runs.places),
    ("Every training run can be run within its window and the plan.", suspicious_runs.windows),
    ("Every outlet has something that can cover it.", _uncovered_outlets),
    ("An offer's commitment is to its own provider.", _odd_offers),
    ("Every rule has terms.", _empty_rules),
    ("Every offer can start.", timing.agreements),
    ("A renewal has something to renew.", timing.renewals),
    ("Every build and purchase can be ordered and arrives within the plan.", timing.orders),
    ("Rows of step series start within the plan.", timing.series),
    ("No row of a step series is replaced before the plan starts.", suspicious_months.superseded),
    ("Windows overlap the plan.", timing.windows),
    ("The fleet is there when the plan starts.", timing.fleet),
)

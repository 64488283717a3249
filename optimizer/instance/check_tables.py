"""Contradictions between rows: ramps, renewals, builds that wait, policies."""

from __future__ import annotations

from typing import Any

from optimizer.instance.check_names import explained, names_of
from optimizer.instance.data import BAD, Data, Record
from optimizer.instance.decided_rows import decided_items
from optimizer.instance.raw import quoted
from optimizer.schema import IN_HOUSE

_BREAK = "Leave after of one of them blank."


def records_by_name(data: Data, table: str) -> dict[Any, Record]:
    """Rows by name; the first of a name counts."""
    found: dict[Any, Record] = {}
    for owner, record in data.records(table):
        name = record.values[owner.spec.key[0]]
        if name is not BAD:
            found.setdefault(name, record)
    return found


def ramps(data: Data) -> None:
    """The last ``month_of_term`` of a terminable contract's ramp is not beyond its minimum term."""
    contracts = records_by_name(data, "contracts")
    last: dict[str, Record] = {}
    for _, record in data.records("ramps"):
        if record.has("contract", "month_of_term"):
            name = record.values["contract"]
            if name not in last or record.values["month_of_term"] > last[name].values["month_of_term"]:
                last[name] = record
    for name, record in last.items():
        contract = contracts.get(name)
        if contract is None or not contract.has("term_months", "min_term_months"):
            continue
        term = contract.values["min_term_months"]
        if term is not None and contract.values["term_months"] is None and record.values["month_of_term"] > term:
            problem = f"the ramp of {quoted(name)} goes on beyond its min_term_months ({term})."
            remedy = "End it by then, or make the term longer."
            data.fault(data.tables["ramps"], record, "month_of_term", f"{problem} {remedy}")


def metered(data: Data) -> None:
    """Of a contract with a minimum take below 1 no ramp changes the price."""
    contracts = records_by_name(data, "contracts")
    for table, record in data.records("ramps"):
        contract = contracts.get(record.values["contract"])
        if contract is None or not (contract.has("minimum_take") and record.has("price_fraction")):
            continue
        if contract.values["minimum_take"] < 1 and record.values["price_fraction"] != 1:
            name = quoted(record.values["contract"])
            problem = f"what is drawn from {name} is billed, so that its price has no ramp. Leave it blank."
            data.fault(table, record, "price_fraction", problem)


def renewals(data: Data) -> None:
    """A contract renews one of the same provider."""
    contracts = records_by_name(data, "contracts")
    for table, record in data.records("contracts"):
        other = contracts.get(record.values["renews"])
        if other is None or not (record.has("provider") and other.has("provider")):
            continue
        if other.values["provider"] != record.values["provider"]:
            problem = f"{quoted(record.values['renews'])} is a contract of {quoted(other.values['provider'])}, not of "
            problem += f"{quoted(record.values['provider'])}. Name one of the same provider, or leave renews blank."
            data.fault(table, record, "renews", problem)


def requirements(data: Data) -> None:
    """A contract requires another one."""
    for table, record in data.records("contracts"):
        v = record.values
        if record.has("contract", "requires") and v["requires"] is not None and v["requires"] == v["contract"]:
            problem = f"{quoted(v['contract'])} requires itself. Name another contract, or leave requires blank."
            data.fault(table, record, "requires", problem)


def interruptions(data: Data) -> None:
    """Only the price of a contract is interrupted."""
    contracts = names_of(data, ("contracts.contract",))
    items = names_of(data, data.schema.tables["interruptions"].columns["item"].refers)
    for table, record in data.records("interruptions"):
        if not record.has("item", "price_fraction") or record.values["price_fraction"] == 1.0:
            continue
        item = record.values["item"]
        if item in items.known and item not in contracts.known:
            problem = f"only contracts have a monthly price, and {quoted(item)} is not a contract. Leave it blank."
            data.fault(table, record, "price_fraction", problem)


def required(data: Data) -> None:
    """What is required can be decided in the plan, or was decided before."""
    made = decided_items(data)
    for name in data.schema.names(lambda table: table.decisions and "required" in table.columns):
        spec = data.schema.tables[name]
        own, last, verb = spec.key[0], spec.window[1], spec.decisions[0]
        for table, record in data.records(name):
            late = record.has("required", last) and record.values["required"] and record.values[last] < 0
            if late and (verb, record.values[own]) not in made:
                problem = f"the {own} is required, but its {last} lies before the plan. Give a later month; if it was "
                problem += f"decided before, give it in decided ({verb}), or remove the row if it is over."
                data.fault(table, record, last, problem)


def waiting(data: Data) -> None:
    """Report builds that wait for themselves, directly or through others; each circle once."""
    builds = records_by_name(data, "builds")
    reported: set[Any] = set()
    for name, record in builds.items():
        chain = [name]
        while (after := builds[chain[-1]].values["after"]) in builds and after not in chain:
            chain.append(after)
        if after != name or name in reported:
            continue
        reported.update(chain)
        others = f" through {', '.join(quoted(other) for other in chain[1:4])}" if len(chain) > 1 else ""
        data.fault(data.tables["builds"], record, "after", f"{quoted(name)} waits for itself{others}. {_BREAK}")


def members(data: Data) -> None:
    """The member of a policy is one of its subject."""
    found = {subject: names_of(data, targets) for subject, targets in data.schema.members.items()}
    for table, record in data.records("policies"):
        if not record.has("subject", "member") or not record.values["member"]:
            continue
        subject, member = record.values["subject"], record.values["member"]
        names = found[subject]
        own = member == IN_HOUSE and subject in ("provider", "group")
        known = own or member in names.known or member in names.doubtful
        if not known and not explained(data, names, {member}):
            near = data.speller.nearest(member, names.known)
            data.fault(table, record, "member", f"no {subject} is called {quoted(member)}.", near)

"""Warnings on months: offers that can never start, orders that come too late, rows that the plan never reaches."""

from __future__ import annotations

from math import inf

from optimizer.format import counted
from optimizer.instance.cell_value import month_label
from optimizer.instance.data import Data
from optimizer.instance.decided_rows import decided_items
from optimizer.instance.pools import Values
from optimizer.instance.raw import shown

_OUT = "or remove the row"
_RUNNING = "If it runs already, give its start in decided: commit_spend, its month, what was spent in its current year."


def _label(data: Data, t: int) -> str:
    return month_label(data.head["start"] + t)


def _term(v: Values) -> int:
    """Least months that blocks run."""
    return int(max(v["term_months"] if v["term_months"] is not None else v["min_term_months"], 1))


def agreements(data: Data) -> None:
    """Every offer can start, unless blocks of it are signed already; every agreement made runs within the plan."""
    signed = _signed(data)
    for table, record in data.agreements():
        v = record.values
        if v["committed_blocks"] is None and v[table.spec.name_column] in signed:
            continue
        column, problem = _made(data, v) if v["committed_blocks"] is not None else _startless(data, v)
        if problem:
            data.fault(table, record, column, problem, warn=True)


def _signed(data: Data) -> set[str]:
    """Items of which blocks were signed before the plan."""
    starts = {data.schema.tables[name].decisions[0] for name in data.schema.agreements}
    return {record.values["item"] for _, record in data.records("decided") if record.values["decision"] in starts}


def _made(data: Data, v: Values) -> tuple[str, str]:
    """What is odd about an agreement already made."""
    if not v["committed_blocks"]:
        return "committed_blocks", "no blocks are committed, so it never runs; leave it blank for an offer."
    start, ends_by = v["earliest"], v["ends_by"]
    if start >= data.months:
        return "earliest", f"it starts after the plan ends. Set months to {start + 1} or more, {_OUT}."
    if v["term_months"] is not None and start + v["term_months"] <= 0:
        ended = _label(data, start + v["term_months"] - 1)
        return "earliest", f"it has already ended, in {ended}. Remove the row."
    if ends_by is not None and ends_by < 0:
        return "ends_by", "it has already ended: ends_by is before the plan. Remove the row."
    return "", ""


def _startless(data: Data, v: Values) -> tuple[str, str]:
    """Why an offer can never start."""
    never, lead = "it can never start: ", v["lead_months"]
    first, last = max(v["earliest"], lead), min(v["latest"], data.months - 1)
    if v["earliest"] >= data.months:
        return "earliest", f"{never}earliest is after the plan ends. Give an earlier one, {_OUT}."
    if v["latest"] < 0:
        return "latest", f"{never}latest is before the plan. Give a later one, {_OUT}."
    if lead > last:
        soonest = f"signed in the first month, it starts in {_label(data, lead)}"
        late = "after the plan ends" if lead >= data.months else "after latest"
        return "lead_months", f"{never}{soonest}, {late}. Give a shorter lead_months or a later latest, {_OUT}."
    if v["ends_by"] is not None and first + _term(v) - 1 > v["ends_by"]:
        problem = f"{never}its {counted(_term(v), 'month')} from {_label(data, first)} on end later than ends_by."
        return "ends_by", f"{problem} Give a later ends_by or a shorter term, {_OUT}."
    most = int(v["max_blocks"] + 1e-9) if v["integer"] else v["max_blocks"]
    return ("max_blocks", f"{never}max_blocks leaves no block. Raise it, {_OUT}.") if most <= 0 else ("", "")


def _starts(v: Values) -> tuple[int, int]:
    """First and last month in which blocks of a contract can start."""
    if v["committed_blocks"] is not None:
        return v["earliest"], v["earliest"]
    return max(v["earliest"], v["lead_months"]), v["latest"]


def _ends(v: Values) -> tuple[float, float]:
    """First and last month in which blocks of a contract can end (be gone)."""
    start, latest = _starts(v)
    if v["term_months"] is not None:
        return start + v["term_months"], latest + v["term_months"]
    last = inf if v["ends_by"] is None else v["ends_by"] + 1
    return min(max(1, v["notice_months"], start + v["min_term_months"]), last), last


def renewals(data: Data) -> None:
    """A contract that is renewed can end in a month in which the renewal can start; none is signed already."""
    signed = _signed(data)
    contracts = {record.values["contract"]: record.values for _, record in data.records("contracts")}
    for table, record in data.records("contracts"):
        v = record.values
        first, last = _starts(v)
        if v["renews"] is None or first < 0 or signed & {v["contract"], v["renews"]}:
            continue
        last = min(last, data.months - 1)
        soonest, final = _ends(contracts[v["renews"]])
        if first <= last and (soonest > last or final < first):
            problem = f"'{shown(v['renews'])}' cannot end in a month in which this can start."
            data.fault(table, record, "renews", f"{problem} Change earliest and latest, {_OUT}.", warn=True)
        elif _circular(v["contract"], contracts):
            problem = "it can never start: what it renews waits for itself to end. Leave renews of one of them blank."
            data.fault(table, record, "renews", problem, warn=True)


def requirements(data: Data) -> None:
    """What a contract requires can be active as it is required, and is given where blocks of it are."""
    contracts = {record.values["contract"]: record.values for _, record in data.records("contracts")}
    for table, record in data.records("contracts"):
        v = record.values
        if v["requires"] is None:
            if v["requires_blocks"] != 1:
                problem = "it has no effect without requires. Name the contract that is required, or leave it blank."
                data.fault(table, record, "requires_blocks", problem, warn=True)
            continue
        other = contracts[v["requires"]]
        most = other["max_blocks"] if other["committed_blocks"] is None else other["committed_blocks"]
        if v["requires_blocks"] > most:
            problem = f"'{shown(v['requires'])}' never has so many blocks, but {most:g} at most. Give fewer, {_OUT}."
            data.fault(table, record, "requires_blocks", problem, warn=True)


def _circular(name: str, contracts: dict[str, Values]) -> bool:
    """Whether the chain of renewals never comes to a contract that starts by itself or is agreed already."""
    seen: set[str] = set()
    while name not in seen:
        seen.add(name)
        v = contracts[name]
        if v["renews"] is None or v["committed_blocks"] is not None:
            return False
        name = v["renews"]
    return True


def orders(data: Data) -> None:
    """Every build and purchase can be ordered, unless it was before, and arrives within the plan."""
    ordered = {item for _, item in decided_items(data)}
    for table, record in data.records("builds", "purchases"):
        v = record.values
        if v[table.spec.name_column] in ordered:
            continue
        first = max(v["earliest"], 0)
        if first >= data.months or v["latest"] < 0:
            problem = f"it can never be ordered within the plan. Change earliest and latest, {_OUT}."
            data.fault(table, record, "earliest", problem, warn=True)
        elif first + v["lead_months"] >= data.months:
            arrives = f"ordered in {_label(data, first)}, it arrives in {_label(data, first + v['lead_months'])}"
            problem = f"{arrives}, after the plan ends. Set months to {first + v['lead_months'] + 1} or more, {_OUT}."
            data.fault(table, record, "lead_months", problem, warn=True)


def series(data: Data) -> None:
    """Rows of step series start within the plan."""
    for table in data.tables.values():
        for record in table.records if table.spec.step else ():
            start = record.values[table.spec.step]
            if start >= data.months:
                problem = f"it takes effect after the plan ends. Set months to {start + 1} or more, {_OUT}."
                data.fault(table, record, table.spec.step, problem, warn=True)


def windows(data: Data) -> None:
    """Windows overlap the plan."""
    for name in data.schema.names(lambda table: table.limits):
        first, last = data.schema.tables[name].window
        for table, record in data.records(name):
            v = record.values
            if v[first] >= data.months or v[last] < 0:
                problem = f"no month of the plan lies between {first} and {last}. Change one of them, {_OUT}."
                data.fault(table, record, first, problem, warn=True)


def interruptions(data: Data) -> None:
    """An interruption has an effect in the plan or in a scenario; of a contract, after the plan at the latest."""
    contracts = {record.values["contract"] for _, record in data.records("contracts")}
    changes = {(record.values["table"], record.values["key"]) for _, record in data.records("changes")}
    changed = {key for name, key in changes | data.raw.altered if name == "interruptions"}
    for table, record in data.records("interruptions"):
        v, column, problem = record.values, "", ""
        if v["capacity_fraction"] == v["price_fraction"] == 1:
            if {v["interruption"], "*"} & changed:
                continue  # it has one in a scenario
            column, problem = "capacity_fraction", f"it has no effect: it leaves everything. Lower it, {_OUT}."
        elif v["to"] is not None and v["to"] < 0:
            column, problem = "to", f"it is over before the plan starts. Give a later month, {_OUT}."
        elif v["from"] >= data.months and v["item"] not in contracts:
            column, problem = "from", f"it starts after the plan ends. Give an earlier month, {_OUT}."
        if problem:
            data.fault(table, record, column, problem, warn=True)


def fleet(data: Data) -> None:
    """The fleet is there when the plan starts."""
    for table, record in data.records("fleet"):
        if record.values["until"] is not None and record.values["until"] <= 0:
            data.fault(
                table, record, "until", f"it is gone before the plan starts. Give a later month, {_OUT}.", warn=True
            )


def commitments(data: Data) -> None:
    """A spend commitment can start within the plan, or was made before."""
    made = decided_items(data)
    for table, record in data.records("commitments"):
        v = record.values
        if ("commit_spend", v["commitment"]) in made:
            continue
        if v["latest"] < 0:
            problem = f"it starts before the plan, so it is not planned, and its rates do not apply. {_RUNNING}"
            data.fault(table, record, "latest", problem, warn=True)
        elif v["earliest"] >= data.months:
            problem = f"no month of the plan lies between earliest and latest. Change one of them, {_OUT}."
            data.fault(table, record, "earliest", problem, warn=True)


def reach(data: Data) -> None:
    """At least a third of a term lies within the plan, if it starts as soon as it can, or its tail counts."""
    for table, record in data.records("contracts", "commitments"):
        v = record.values
        counted = table.spec.is_agreement and data.head["tail_fraction"] > 0
        if v.get("committed_blocks") is not None or counted:
            continue
        column, months = _length(v)
        if not table.spec.columns[column].is_usual(v[column]):
            continue  # it is warned of already
        within = data.months - max(v["earliest"], v.get("lead_months", 0))
        if 0 < within < months / 3:
            beyond = months - within
            problem = (
                f"its {months} months go on for {beyond} after the plan ends, and the cost counts none of these: it "
                f"looks cheaper than it is. Set months to {data.months + beyond} or more to count them, or see what "
                "still falls due after the plan in its summary."
            )
            data.fault(table, record, column, problem, warn=True)


def _length(v: Values) -> tuple[str, int]:
    """Column of a term, and its months: the fixed or minimum term of a contract, or all years of a spend commitment."""
    if "years" in v:
        return "years", 12 * v["years"]
    column = "term_months" if v["term_months"] is not None else "min_term_months"
    return column, v[column]

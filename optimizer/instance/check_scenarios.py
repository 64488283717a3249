"""Scenarios, risks and changes: probabilities, and changes of cells that exist by values that they take."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from optimizer.errors import Fault
from optimizer.format import counted
from optimizer.instance.cell_number import BadValueError
from optimizer.instance.cell_value import convert, month_label
from optimizer.instance.changes import LEAD, row_names
from optimizer.instance.check_names import explained, names_of
from optimizer.instance.check_reserved import EVERY
from optimizer.instance.data import BAD, Data, Record, TypedTable
from optimizer.instance.raw import quoted
from optimizer.instance.scenario import AS_PLANNED
from optimizer.schema import Column, Table

_NUMBERS = ("number", "integer")
_CLOSE = 1e-6  # to a sum of probabilities
_NUMBER = Column("value", "number", "")
_INTEGER = Column("value", "integer", "")


def either(data: Data) -> None:
    """An instance has scenarios or risks."""
    if data.tables["scenarios"].records and data.tables["risks"].records:
        problem = "an instance has scenarios or risks, but both tables have rows. Remove those of one of them."
        data.faults.append(Fault(data.where("risks"), problem=problem))


def probabilities(data: Data) -> None:
    """The probabilities of the scenarios sum to 1, those of the outcomes of a risk to at most 1."""
    scenarios = [record.values["probability"] for _, record in data.records("scenarios")]
    if scenarios and _is_complete(data.tables["scenarios"], scenarios) and abs(sum(scenarios) - 1) > _CLOSE:
        problem = f"the probabilities sum to {sum(scenarios):g}; they must sum to 1. Correct one of them."
        data.faults.append(Fault(data.where("scenarios"), column="probability", problem=problem))
    for risk, records in _by_risk(data).items():
        values = [record.values["probability"] for record in records]
        if _is_complete(data.tables["risks"], values) and sum(values) > 1 + _CLOSE:
            problem = f"the probabilities of {quoted(risk)} sum to {sum(values):g}; they must sum to at most 1. "
            data.fault(data.tables["risks"], records[0], "probability", f"{problem}Correct one of them.")


def _is_complete(table: TypedTable, values: list[Any]) -> bool:
    return BAD not in values and not (table.raw and table.raw.lost)


def _by_risk(data: Data) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    for _, record in data.records("risks"):
        if record.has("risk"):
            found[record.values["risk"]].append(record)
    return found


def outcomes(data: Data) -> None:
    """No outcome is called as the one that is left."""
    for table, record in data.records("risks"):
        if record.values["outcome"] == AS_PLANNED:
            problem = f"{quoted(AS_PLANNED)} is what is left where no outcome of a risk comes. Remove the row."
            data.fault(table, record, "outcome", problem)


# ---------------------------------------------------------------- changes
def changes(data: Data) -> None:
    """A change belongs to a scenario or outcome, and changes a cell that exists to a value that it takes."""
    pairs = {(r.values["risk"], r.values["outcome"]) for _, r in data.records("risks")}
    for table, record in data.records("changes"):
        if record.has("scenario", "risk", "outcome"):
            _check_owner(data, table, record, pairs)
        if record.has("table"):
            _check_table(data, table, record)


def _check_owner(data: Data, table: TypedTable, record: Record, pairs: set[tuple[Any, Any]]) -> None:
    scenario, risk, outcome = (record.values[name] for name in ("scenario", "risk", "outcome"))
    if scenario is not None and (risk is not None or outcome is not None):
        problem = "a change is of a scenario, or of a risk and its outcome. Leave scenario blank, or the other two."
        data.fault(table, record, "scenario", problem)
    elif scenario is None and (risk is None or outcome is None):
        problem = "give the scenario, or the risk and its outcome, in which the value changes."
        data.fault(table, record, "scenario" if data.tables["scenarios"].records else "risk", problem)
    elif scenario is None and (risk, outcome) not in pairs and _is_named(data, risk, outcome):
        known = [name for other, name in pairs if other == risk]
        near = data.speller.nearest(outcome, known) or (known[0] if len(known) == 1 else "")
        data.fault(table, record, "outcome", f"{quoted(risk)} has no outcome {quoted(outcome)}.", near)


def _is_named(data: Data, risk: str, outcome: str) -> bool:
    """Whether risk and outcome exist, though not together; what does not exist is reported as a reference."""
    return risk in names_of(data, ("risks.risk",)).known and outcome in names_of(data, ("risks.outcome",)).known


def _check_table(data: Data, table: TypedTable, record: Record) -> None:
    name = record.values["table"]
    able = [other for other, spec in data.schema.tables.items() if not spec.uncovered]
    if name not in data.schema.tables:
        near = data.speller.nearest(name, able)
        data.fault(table, record, "table", f"{quoted(name)} is not a table of the format.", near)
    elif name not in able:
        data.fault(table, record, "table", f"{quoted(name)} cannot change; expected a table of the base data.")
    else:
        target = data.tables[name]
        _check_key(data, table, record, target)
        _check_months(data, table, record, target.spec)
        if record.has("column"):
            _check_column(data, table, record, target.spec)


def _check_key(data: Data, table: TypedTable, record: Record, target: TypedTable) -> None:
    spec, key = target.spec, record.values["key"]
    if key is BAD or target.broken:
        return
    if not target.records:
        if not (target.raw and target.raw.lost) and not data.missing & {spec.name}:
            data.fault(table, record, "table", f"{spec.name} has no rows that could change. Remove the change.")
        return
    names = names_of(data, (f"{spec.name}.{spec.key[0]}",))
    known = {name: None for row in target.records for name in _row_names(data, spec, row)}
    if not (key == EVERY or key in known or key in names.doubtful or explained(data, names, {key})):
        near = data.speller.nearest(key, known)
        data.fault(table, record, "key", f"no {spec.key[0]} in {spec.name} is called {quoted(key)}.", near)


def _row_names(data: Data, spec: Table, record: Record) -> tuple[str, ...]:
    origin = 0 if data.head["start"] is BAD else data.head["start"]
    values = [record.values[name] for name in spec.key]
    values = values[: values.index(BAD)] if BAD in values else values
    return row_names(spec, [month_label(origin + value) if isinstance(value, int) else value for value in values])


def _check_months(data: Data, table: TypedTable, record: Record, spec: Table) -> None:
    """``from`` and ``to`` are months of a step series, and a delay has no end."""
    is_delay = record.values["how"] == "delay"
    for name in ("from", "to"):
        if record.values[name] is None or record.values[name] is BAD:
            continue
        if spec.step != "month":
            what = "a lead time" if is_delay else "a table other than a step series"
            data.fault(table, record, name, f"{what} does not change by months; leave {name} blank.")
        elif is_delay and name == "to":
            data.fault(table, record, name, "all rows that are still to come are delayed; leave to blank.")


def _check_column(data: Data, table: TypedTable, record: Record, spec: Table) -> None:
    column, how, value = (record.values[name] for name in ("column", "how", "value"))
    if column not in spec.columns:
        near = data.speller.nearest(column, spec.columns)
        data.fault(table, record, "column", f"{quoted(column)} is not a column of {spec.name}.", near)
    elif how == "delay":
        _check_delay(data, table, record, spec)
    elif how is not BAD and column in spec.key and not (spec.adds and spec.columns[column].type == "month"):
        problem = f"{column} says which row it is; a change can only alter values, never which rows there are."
        data.fault(table, record, "column", problem)
    elif how in ("multiply", "add") and spec.columns[column].type not in _NUMBERS:
        kind = {"ref": "name"}.get(spec.columns[column].type, spec.columns[column].type)
        data.fault(table, record, "how", f"{how} cannot change {column}, which is a {kind}; only set can.")
    elif how is not BAD and value is not BAD:
        is_name = f"{spec.name}.{column}" in data.schema.referred
        _check_value(data, table, record, spec.columns[column] if how == "set" else _NUMBER, is_name)


def _check_delay(data: Data, table: TypedTable, record: Record, spec: Table) -> None:
    if spec.step != "month" and LEAD not in spec.columns:
        able = [name for name, other in data.schema.tables.items() if LEAD in other.columns or other.step == "month"]
        data.fault(table, record, "how", f"{spec.name} has no {LEAD}; delays work on {', '.join(able)}.")
    elif spec.step != "month" and record.values["column"] != LEAD:
        data.fault(table, record, "column", f"a delay adds to {LEAD}.", LEAD)
    elif record.has("value"):
        _check_value(data, table, record, _INTEGER, False)


def _check_value(data: Data, table: TypedTable, record: Record, column: Column, is_name: bool) -> None:
    try:
        convert(record.values["value"], column, is_name, table.commas)
    except BadValueError as bad:
        data.fault(table, record, "value", bad.problem, bad.nearest)


# ---------------------------------------------------------------- warnings
def unused_measure(data: Data) -> None:
    """A measure of risk needs scenarios or risks."""
    measure = data.head["risk_measure"]
    if measure != "none" and not any(
        table.records for name, table in data.tables.items() if "known" in table.spec.columns
    ):
        problem = "it has no effect without rows in scenarios or risks. Leave it out, or add them."
        data.warnings.append(Fault(data.raw.head_where, column="risk_measure", value=measure, problem=problem))


def known_after(data: Data) -> None:
    """What is known only after the plan is as good as never known."""
    for name in data.schema.names(lambda table: "known" in table.columns):
        for table, record in data.records(name):
            known = record.values["known"]
            if known is not None and known >= data.months:
                plan = f"the plan ends {counted(known - data.months + 1, 'month')} before"
                problem = f"no decision of the plan can follow it: {plan}. Give an earlier month, or leave it blank."
                data.fault(table, record, "known", problem, warn=True)

"""Check rows for contradictions: a table of columns and the function that checks them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from optimizer.format import counted
from optimizer.instance.cell_value import month_label
from optimizer.instance.data import BAD, Data

Values = dict[str, Any]
_AGREEMENTS = ()  # tables of a check that applies to all agreements


@dataclass(frozen=True)
class RowCheck:
    """A condition on the values of a row.

    Attributes
    ----------
    tables : tuple of str
        Tables that it applies to, ``()`` for all agreements.
    columns : tuple of str
        Columns that are checked; skipped if one of them is invalid. An error is reported at the first.
    problem : callable
        Returns the problem of a row's values, None if they are valid.
    """

    tables: tuple[str, ...]
    columns: tuple[str, ...]
    problem: Callable[[Values], str | None]


def rows(data: Data) -> None:
    """Report rows that contradict themselves."""
    last = 0 if data.months is BAD else data.months
    for check in _CHECKS:
        for table, record in data.records(*(check.tables or data.schema.agreements)):
            values = record.values
            if record.has(*check.columns) and (problem := check.problem(values)):
                data.fault(table, record, check.columns[0], problem)
    for name in data.schema.names(lambda table: table.window):
        first, final = data.schema.tables[name].window
        for table, record in data.records(name):
            begin, end = record.values[first], record.values[final]
            if not record.has(first, final) or None in (begin, end):
                continue
            if begin > end and begin != 0 and end != last - 1:
                problem = f"{first} ({_month(data, begin)}) is after {final} ({_month(data, end)}). Change one of them."
                data.fault(table, record, first, problem)


def _month(data: Data, t: int) -> str:
    return month_label(t + (0 if data.head["start"] is BAD else data.head["start"]))


def _one_term(v: Values) -> str | None:
    given = [name for name in ("term_months", "min_term_months") if v[name] is not None]
    if len(given) == 1:
        return None
    what = "both are given. Leave one blank." if given else "neither is given. Give one."
    return f"exactly one of term_months (fixed) and min_term_months (terminable) is required; {what}"


def _blocks(v: Values) -> str | None:
    if v["committed_blocks"] is None and v["min_blocks"] > v["max_blocks"]:
        return f"min_blocks ({v['min_blocks']:g}) is more than max_blocks ({v['max_blocks']:g}). Change one of them."
    return None


def _integer_blocks(v: Values) -> str | None:
    blocks = v["committed_blocks"]
    if blocks is not None and v["integer"] and blocks != int(blocks):
        return f"{blocks:g} blocks are committed, but the number of blocks must be an integer; set integer to false."
    return None


def _mw_price(v: Values) -> str | None:
    if v["per"] == "mw_month" and v["mw_per_block"] == 0:
        return "mw_per_block is required where the price is per mw_month; give it."
    return None


def _contract_mw_price(v: Values) -> str | None:
    return _mw_price(v) if v["supplies"] != "mw" else None


def _outlet_mw_price(v: Values) -> str | None:
    return _mw_price(v) if v["sells"] != "mw" else None


def _outlet_accelerator_price(v: Values) -> str | None:
    if v["sells"] == "mw" and v["per"].startswith("accelerator_") and v["accelerators_per_block"] == 0:
        return f"accelerators_per_block is required where the price is per {v['per']}; give it."
    return None


def _needs(column: str, sells: str) -> Callable[[Values], str | None]:
    def problem(v: Values) -> str | None:
        return (
            f"{column} is required where an outlet sells {sells}; give it."
            if v["sells"] == sells and not v[column]
            else None
        )

    return problem


def _fits(v: Values) -> str | None:
    """Check that an existing agreement can run its term by ``ends_by``."""
    term = v["term_months"] if v["term_months"] is not None else v["min_term_months"]
    if v["ends_by"] is None or not v["committed_blocks"] or term is None:
        return None
    if v["earliest"] + max(term, 1) - 1 <= v["ends_by"]:
        return None
    length = counted(term, "month")
    problem = f"{v['committed_blocks']:g} blocks are committed, but their term of {length} ends later than ends_by."
    return f"{problem} Give a later ends_by, or leave it blank."


def _supplied(column: str, supplies: str) -> Callable[[Values], str | None]:
    def problem(v: Values) -> str | None:
        needed = v["supplies"] == supplies and not v[column]
        return f"{column} is required where a contract supplies {supplies}; give it." if needed else None

    return problem


def _not_of(column: str, default: Any, supplies: str) -> Callable[[Values], str | None]:
    def problem(v: Values) -> str | None:
        given = v["supplies"] == supplies and v[column] not in (default, None, "")
        return f"{column} has no meaning where a contract supplies {supplies}; leave it blank." if given else None

    return problem


def _per_space(v: Values) -> str | None:
    if v["supplies"] == "mw" and v["per"].startswith("accelerator_"):
        return "a contract that supplies mw is priced per block_month or mw_month; give one of them."
    return None


def _metered(v: Values) -> str | None:
    if v["minimum_take"] == 1:
        return None
    if v["supplies"] != "mw":
        return "only contracts that supply mw have a minimum take; leave it blank."
    given = [name for name in ("escalation", "prepaid_fraction") if v[name]]
    if given:
        also = " and ".join(given)
        return f"below 1, MW are billed as drawn at the price of each month, without {also}. Leave one of them blank."
    return None


def _escalation(v: Values) -> str | None:
    if v["escalation"] and v["term_months"] is None:
        return (
            f"the price escalates by {100 * v['escalation']:g} % a year, but only fixed terms escalate: a terminable "
            "contract is paid at the price of each month. Leave it blank and give rows of prices, or give term_months."
        )
    return None


_CHECKS: tuple[RowCheck, ...] = (
    RowCheck(_AGREEMENTS, ("term_months", "min_term_months"), _one_term),
    RowCheck(_AGREEMENTS, ("min_blocks", "max_blocks", "committed_blocks"), _blocks),
    RowCheck(_AGREEMENTS, ("committed_blocks", "integer"), _integer_blocks),
    RowCheck(_AGREEMENTS, ("ends_by", "committed_blocks", "earliest", "term_months", "min_term_months"), _fits),
    *(
        RowCheck(("contracts",), (column, "supplies"), _supplied(column, "accelerators"))
        for column in ("region", "accelerator", "accelerators_per_block")
    ),
    *(RowCheck(("contracts",), (column, "supplies"), _supplied(column, "mw")) for column in ("mw_per_block", "site")),
    *(
        RowCheck(("contracts",), (column, "supplies"), _not_of(column, default, "mw"))
        for column, default in (
            *(("region", ""), ("accelerator", None), ("accelerators_per_block", 0.0)),
            *(("availability", 1.0), ("sublease", False)),
        )
    ),
    RowCheck(("contracts",), ("site", "supplies"), _not_of("site", None, "accelerators")),
    RowCheck(("contracts",), ("per", "supplies"), _per_space),
    RowCheck(("contracts",), ("minimum_take", "supplies", "escalation", "prepaid_fraction"), _metered),
    RowCheck(("contracts",), ("escalation", "term_months", "min_term_months"), _escalation),
    RowCheck(("contracts",), ("mw_per_block", "per", "supplies"), _contract_mw_price),
    RowCheck(("outlets",), ("mw_per_block", "per", "sells"), _outlet_mw_price),
    RowCheck(("outlets",), ("accelerators_per_block", "per", "sells"), _outlet_accelerator_price),
    RowCheck(("outlets",), ("site", "sells"), _needs("site", "mw")),
    RowCheck(("outlets",), ("mw_per_block", "sells"), _needs("mw_per_block", "mw")),
    RowCheck(("outlets",), ("accelerator", "sells"), _needs("accelerator", "accelerators")),
    RowCheck(("outlets",), ("accelerators_per_block", "sells"), _needs("accelerators_per_block", "accelerators")),
)

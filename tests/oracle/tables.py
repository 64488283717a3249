"""Plain tables of format 1 with the defaults of the format, read without the package's own reader."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

Frames = Mapping[str, Any]
Row = dict[str, Any]

_MONTHS = {
    "month", "until", "earliest", "latest", "ends_by", "from", "to", "release", "deadline", "target", "starts", "ends",
}  # fmt: skip
_FLAGS = {"integer", "sublease", "net", "required"}
_LISTS = {"tags", "regions", "exclude"}
_TEXTS = {
    "accelerator", "class", "provider", "kind", "group", "site", "region", "build", "payment", "after", "purchase",
    "contract", "per", "renews", "offer", "commitment", "item", "outlet", "tenant", "sells", "workload", "run",
    "budget", "covers", "policy", "rule", "subject", "member", "sense", "each", "quantity", "vendor", "description",
    "interruption", "requires", "supplies", "decision", "party", "pool",
}  # fmt: skip
_FIRST, _LAST, _REQUIRED = "@first", "@last", "@required"
_WINDOW = {"earliest": _FIRST, "latest": _LAST}
_SPAN = {"from": _FIRST, "to": _LAST}
_AGREEMENT = {
    **_WINDOW, "mw_per_block": 0, "price": _REQUIRED, "per": _REQUIRED, "term_months": None, "min_term_months": None,
    "notice_months": 0, "termination_fee_months": 0, "lead_months": 0, "ends_by": None, "min_blocks": 0,
    "max_blocks": 1, "integer": True, "upfront_per_block": 0, "committed_blocks": None,
}  # fmt: skip
_JOB = {"class": _REQUIRED, "regions": (), "exclude": ()}

# Columns of each table and what a blank cell means.
DEFAULTS: dict[str, Row] = {
    "accelerators": {"accelerator": _REQUIRED, "kw": _REQUIRED, "reference": 1, "vendor": "", "description": ""},
    "throughput": {"class": _REQUIRED, "accelerator": _REQUIRED, "factor": _REQUIRED},
    "providers": {"provider": _REQUIRED, "kind": "other", "group": None, "tags": ()},
    "sites": {"site": _REQUIRED, "region": _REQUIRED, "pue": 1, "availability": 1, "latitude": None, "longitude": None},
    "power": {"site": _REQUIRED, "month": _REQUIRED, "mw": _REQUIRED, "price_per_mwh": 0},
    "fleet": {"site": _REQUIRED, "accelerator": _REQUIRED, "count": _REQUIRED, "until": None},
    "builds": {
        **_WINDOW, "build": _REQUIRED, "site": _REQUIRED, "mw_per_block": _REQUIRED, "max_blocks": 1, "integer": True,
        "lead_months": _REQUIRED, "capex_per_mw": _REQUIRED, "payment": "spread", "fixed_cost_per_mw_month": 0,
        "life_months": 240, "residual_fraction": 1, "after": None,
    },
    "purchases": {
        **_WINDOW, "purchase": _REQUIRED, "site": _REQUIRED, "accelerator": _REQUIRED, "unit_price": _REQUIRED,
        "lead_months": 0, "lot_size": 1, "integer": True, "max_per_month": None, "max_total": None,
        "deposit_fraction": 0, "maintenance_per_month": 0, "life_months": 60, "residual_fraction": 1,
    },
    "contracts": {
        **_AGREEMENT, "contract": _REQUIRED, "provider": _REQUIRED, "region": None, "accelerator": None,
        "accelerators_per_block": 0, "availability": 1, "sublease": False, "renews": None, "supplies": "accelerators",
        "site": None, "requires": None, "requires_blocks": 1, "minimum_take": 1, "escalation": 0,
        "prepaid_fraction": 0,
    },
    "ramps": {"contract": _REQUIRED, "month_of_term": _REQUIRED, "capacity_fraction": _REQUIRED, "price_fraction": 1},
    "interruptions": {
        "interruption": _REQUIRED, "item": _REQUIRED, "from": _REQUIRED, "to": None, "capacity_fraction": 0,
        "price_fraction": 1,
    },
    "on_demand": {
        "offer": _REQUIRED, "provider": _REQUIRED, "region": _REQUIRED, "accelerator": _REQUIRED, "price": _REQUIRED,
        "max_accelerators": _REQUIRED, "availability": 1, "commitment": None,
    },
    "commitments": {
        **_WINDOW, "commitment": _REQUIRED, "provider": _REQUIRED, "annual_amount": _REQUIRED, "years": _REQUIRED,
        "required": False,
    },
    "prices": {"item": _REQUIRED, "month": _REQUIRED, "price": _REQUIRED},
    "outlets": {
        **_AGREEMENT, "outlet": _REQUIRED, "tenant": _REQUIRED, "sells": "accelerators", "site": None,
        "accelerator": None, "accelerators_per_block": 0,
    },
    "workloads": {**_JOB, "workload": _REQUIRED, "penalty": _REQUIRED, "min_service": 0, "critical": 0},
    "demand": {"workload": _REQUIRED, "month": _REQUIRED, "amount": _REQUIRED},
    "training_runs": {
        **_JOB, "run": _REQUIRED, "work": _REQUIRED, "sizes": _REQUIRED, "release": _FIRST, "deadline": _LAST,
        "target": None, "lateness_penalty": 0, "penalty": 0, "required": False,
    },
    "decided": {
        "month": _REQUIRED, "decision": _REQUIRED, "item": _REQUIRED, "blocks": 1, "starts": None, "ends": None,
        "price": None, "party": "", "accelerators": None, "mw": None, "committed_cost": None, "pool": "",
        "spent": None,
    },
    "budgets": {**_SPAN, "budget": _REQUIRED, "amount": _REQUIRED, "covers": "all", "net": False},
    "policies": {**_SPAN, "policy": _REQUIRED, "rule": _REQUIRED, "subject": _REQUIRED, "member": "",
                 "limit": _REQUIRED},
    "rules": {**_SPAN, "rule": _REQUIRED, "sense": _REQUIRED, "rhs": _REQUIRED, "each": "month", "penalty": None},
    "rule_terms": {"rule": _REQUIRED, "quantity": _REQUIRED, "item": _REQUIRED, "coefficient": 1},
}  # fmt: skip

HEAD = {"discount_rate": 0.0, "hours_per_month": 730.0, "tail_fraction": 0.0}


@dataclass
class Tables:
    """Rows of an instance; months count from the plan's first."""

    months: int
    rate: float
    hours: float
    tail: float
    rows: dict[str, list[Row]]
    _named: dict[tuple[str, str], dict[str, list[Row]]] = field(default_factory=dict)

    def __getitem__(self, table: str) -> list[Row]:
        return self.rows[table]

    def by(self, table: str, column: str, name: str) -> Row:
        """Row of a name."""
        return self.named(table, column)[name][0]

    def named(self, table: str, column: str) -> dict[str, list[Row]]:
        """Rows of a table by a column that names something."""
        if (table, column) not in self._named:
            found = self._named[table, column] = {}
            for row in self[table]:
                found.setdefault(row[column], []).append(row)
        return self._named[table, column]

    def step(self, table: str, column: str, name: str, t: int, value: str, before: Any = 0.0) -> Any:
        """Value of a step series in a month: that of its latest row so far."""
        so_far = [row for row in self.named(table, column).get(name, ()) if row["month"] <= t]
        return max(so_far, key=lambda row: int(row["month"]))[value] if so_far else before


def read_tables(frames: Frames) -> Tables:
    """Rows of a mapping of DataFrames, with defaults."""
    head = frames["instance"]
    if isinstance(head, pd.DataFrame):
        pairs = head.set_index("key")["value"] if "key" in head else head.iloc[0]
        head = {str(key): value for key, value in pairs.items() if not _blank(value)}
    first, months = _month(head["start"]), int(head["months"])
    edge = {_FIRST: 0, _LAST: months - 1}
    unknown = set(frames) - set(DEFAULTS) - {"instance"}
    if any(len(frames[table]) for table in unknown):
        raise ValueError(f"the oracle does not know {sorted(unknown)}")
    rows = {table: [_row(table, cells, first, edge) for cells in _records(frames, table)] for table in DEFAULTS}
    rate, hours, tail = (float(head.get(key, default)) for key, default in HEAD.items())
    return Tables(months, rate, hours, tail, rows)


def _records(frames: Frames, table: str) -> list[Row]:
    if table not in frames:
        return []
    names = [str(name) for name in frames[table].columns]
    return [dict(zip(names, cells, strict=True)) for cells in frames[table].itertuples(index=False, name=None)]


def _row(table: str, cells: Row, first: int, edge: dict[str, int]) -> Row:
    defaults = DEFAULTS[table]
    unknown = set(cells) - set(defaults)
    if unknown:
        raise ValueError(f"{table}: unknown columns {sorted(unknown)}")
    row = {}
    for column, default in defaults.items():
        cell = cells.get(column)
        if not _blank(cell):
            row[column] = _month(cell) - first if column in _MONTHS else _value(column, cell)
        elif default == _REQUIRED:
            raise ValueError(f"{table}: {column} is missing")
        else:
            row[column] = edge.get(default, default) if isinstance(default, str) else default
    return row


def _blank(cell: Any) -> bool:
    if isinstance(cell, list | tuple):
        return not cell
    return cell is None or cell == "" or bool(pd.isna(cell))


def _month(cell: Any) -> int:
    """Months since the year 0."""
    year, month = (cell.year, cell.month) if hasattr(cell, "year") else map(int, str(cell).split("-")[:2])
    return int(12 * year + month - 1)


def _value(column: str, cell: Any) -> Any:
    if column in _TEXTS:
        return str(cell)
    if column in _FLAGS:
        return cell if isinstance(cell, bool) else str(cell).lower() in ("true", "yes", "1", "1.0")
    if column in _LISTS or column == "sizes":
        items = cell if isinstance(cell, list | tuple) else str(cell).split(";")
        return tuple(float(item) if column == "sizes" else str(item).strip() for item in items if str(item).strip())
    number = float(str(cell).replace(",", "").replace("_", ""))
    return int(number) if number.is_integer() else number

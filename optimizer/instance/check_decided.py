"""Check what was decided before the plan: its months, and that the rules of its item allow it.

Each kind of decision has its check in a module of its own, registered here: it gets all rows on one item.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from optimizer.instance.check_decided_agreements import check_agreements
from optimizer.instance.check_decided_commitments import check_commitments
from optimizer.instance.check_decided_orders import check_builds, check_purchases
from optimizer.instance.check_decided_runs import check_runs
from optimizer.instance.check_tables import records_by_name
from optimizer.instance.data import BAD, Data, Record, TypedTable
from optimizer.instance.decided_rows import Decided, label
from optimizer.instance.raw import quoted

IGNORED = "expire"  # follows from the terms of agreements

CHECKS: dict[str, Callable[[Data, list[Decided]], None]] = {
    "order_build": check_builds,
    "buy": check_purchases,
    "sign": check_agreements,
    "lease_out": check_agreements,
    "commit_spend": check_commitments,
    "start_run": check_runs,
}
"""By the decision that takes an item: what checks all rows on one item."""


def decided(data: Data) -> None:
    """Report decisions from before the plan that their items do not allow, and those that are not from before it."""
    items = {name: records_by_name(data, name) for name in data.schema.names(lambda table: table.decisions)}
    found: dict[tuple[str, str], list[Decided]] = defaultdict(list)
    for table, record in data.records("decided"):
        v = record.values
        if v["decision"] == IGNORED or BAD in v.values():
            continue
        if v["month"] >= 0:
            problem = f"{label(data, v['month'])} is not before the plan's first month, {label(data, 0)}. "
            problem += "Give only what was decided before; the plan decides on its own months."
            data.fault(table, record, "month", problem)
            continue
        owner = next((name for name in data.schema.decisions[v["decision"]] if v["item"] in items[name]), None)
        if owner is None:
            _report_kind(data, table, record, items)
        elif BAD not in items[owner][v["item"]].values.values():
            found[owner, v["item"]].append(Decided(table, record, items[owner][v["item"]].values))
    for (owner, _), rows in found.items():
        CHECKS[data.schema.tables[owner].decisions[0]](data, rows)


def _report_kind(data: Data, table: TypedTable, record: Record, items: dict[str, dict[Any, Record]]) -> None:
    """Report a decision on an item that is of another kind; unknown names are reported already."""
    v = record.values
    if any(v["item"] in names for names in items.values()):
        nouns = " or ".join(name.rstrip("s").replace("_", " ") for name in data.schema.decisions[v["decision"]])
        problem = f"{quoted(v['item'])} is no {nouns}. Correct the decision or the item."
        data.fault(table, record, "decision", f"{v['decision']}: {problem}")

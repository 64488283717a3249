"""Plans with different starts, lined up: the earlier one from the month on in which the other one starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from optimizer.errors import CapoptError
from optimizer.plan.compare_decisions import ADDED, BOTH, DROPPED, MOVED, RESIZED, change_of, grouped, pairs

if TYPE_CHECKING:
    from optimizer.instance.instance import Instance
    from optimizer.plan.plan import Plan

AS_PLANNED, NOT_DONE, NOT_PLANNED = "as planned", "not done", "not planned"
OVER = "over"
"""Planned, and over before the later plan starts, so that its instance does not have it: a run, a contract."""
DECIDED_COLUMNS = (
    *("change", "decision", "item", "party", "month_planned", "month_decided"),
    *("blocks_planned", "blocks_decided", "months_later"),
)
_CELLS: tuple[tuple[str, Any], ...] = (("month", ""), ("blocks", 0.0))
_CHANGES = {"": AS_PLANNED, ADDED: NOT_PLANNED, DROPPED: NOT_DONE}


@dataclass(frozen=True)
class LinedUp:
    """Two plans from the month on that both cover.

    Attributes
    ----------
    a, b : Plan
        The plans; the one that starts earlier from the other one's first month on, its money as of then.
    instances : tuple of Instance
        Whose inputs to compare; of the plan that starts earlier its instance rolled forward.
    decided : DataFrame
        What the earlier plan decides before, and what was decided.
    notes : tuple of str
        How they were lined up.
    """

    a: Plan
    b: Plan
    instances: tuple[Instance, Instance]
    decided: pd.DataFrame
    notes: tuple[str, ...] = ()


def line_up(a: Plan, b: Plan, names: tuple[str, str]) -> LinedUp:
    """Line up two plans; plans that start in the same month, or have no month in common, stay as they are."""
    months = b.instance.month_index(a.instance.head.start)
    earlier, later = (a, b) if months < 0 else (b, a)
    months, name = abs(months), names[0 if months < 0 else 1]
    if not 0 < months < earlier.instance.head.months:
        return LinedUp(a, b, (a.instance, b.instance), pd.DataFrame(columns=list(DECIDED_COLUMNS)))
    rest, (base, notes) = plan_from(earlier, months), _rolled(earlier, months, name)
    start = later.instance.head.start
    notes = [f"{name} is shown from {start} on, with its present values as of then.", *notes]
    both = (rest, later) if earlier is a else (later, rest)
    instances = (base, later.instance) if earlier is a else (later.instance, base)
    lasting = base if base is not earlier.instance else None
    return LinedUp(*both, instances, _decided_since(earlier, later, lasting), tuple(notes))


def _rolled(plan: Plan, months: int, name: str) -> tuple[Instance, list[str]]:
    """Return the instance of a plan some months later; its own with a note where that is not possible."""
    from optimizer.plan.roll import roll

    try:
        return roll(plan, months).instance, []
    except CapoptError as error:
        why = str(error).splitlines()[0].rstrip(".:")
        note = f"The instance of {name} cannot be rolled forward ({why}): its inputs are compared as at its start."
        return plan.instance, [note]


def plan_from(plan: Plan, months: int) -> Plan:
    """Return a plan without its first months: its tables, and its cost and bound as of the first month that is left.

    Parameters
    ----------
    plan : Plan
        The plan.
    months : int
        How many months to leave out, fewer than it has.
    """
    head, start = plan.instance.head, plan.instance.label(months)
    growth = (1 + head.discount_rate) ** (months / 12)
    tables = {name: _from(table, start) for name, table in plan.tables.items()}
    spent = float(plan.cash["present_value"].sum()) - float(tables["cash"]["present_value"].sum())
    tables["cash"] = tables["cash"].assign(present_value=tables["cash"]["present_value"] * growth)
    objective = float(tables["cash"]["present_value"].sum())
    bound = None if plan.bound is None else min((plan.bound - spent) * growth, objective)
    gap = None if bound is None or not objective else (objective - bound) / abs(objective)
    instance = replace(plan.instance, head=replace(head, start=start, months=head.months - months))
    identity = {"instance": {**plan.head.get("instance", {}), "hash": plan.instance.hash}}
    changed = {"objective": objective, "bound": bound, "gap": gap, **identity}
    return replace(plan, head={**plan.head, **changed}, tables=tables, instance=instance)


def _from(table: pd.DataFrame, start: str) -> pd.DataFrame:
    """Return the rows of a table from a month on."""
    return table[table["month"] >= start].reset_index(drop=True) if "month" in table.columns else table


def _decided_since(earlier: Plan, later: Plan, lasting: Instance | None) -> pd.DataFrame:
    """Return what the earlier plan decides before the later one starts, and what the later one knows as decided.

    ``lasting`` is the earlier plan's instance rolled forward; None where that is not possible.
    """
    start, first = later.instance.head.start, earlier.instance.head.start
    rows = earlier.decisions
    planned = grouped(earlier, rows[(rows["month"] < start) & (rows["decision"] != "expire")])
    frame = later.instance.frame("decided")
    frame = frame[(frame["month"] >= first) & (frame["decision"] != "expire")]
    decided = grouped(later, _as_decisions(frame))
    known = None if lasting is None else _keys(lasting.frame("decided"))
    found = [
        _row(key, old, new, earlier, known)
        for key in dict.fromkeys([*planned, *decided])
        for old, new in pairs(planned.get(key, []), decided.get(key, []))
    ]
    found.sort(key=lambda row: (row["month_decided"] or row["month_planned"], row["item"], row["decision"]))
    return pd.DataFrame(found, columns=list(DECIDED_COLUMNS))


def _keys(frame: pd.DataFrame) -> set[tuple[str, str, str]]:
    """Return decision, item and month of rows of the table decided."""
    return set(zip(frame["decision"], frame["item"], frame["month"], strict=True))


def _as_decisions(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows of the table decided as those of a plan's decisions: those of one decision as one."""
    keys = ["month", "decision", "item"]
    sums = frame.assign(blocks=frame["blocks"].astype(float)).groupby(keys, sort=False, as_index=False)
    return sums.agg({"blocks": "sum", "party": "first", "starts": "first"})


def _row(
    key: tuple[str, str],
    old: dict[str, Any] | None,
    new: dict[str, Any] | None,
    plan: Plan,
    known: set[tuple[str, str, str]] | None,
) -> dict[str, Any]:
    """Return what was planned and what was decided, of one decision; ``known`` is what lasts of the plan's own."""
    change, slip = change_of(old, new, ("blocks",)), _slip(old, new, plan)
    if slip:
        change = {"": MOVED, RESIZED: BOTH}.get(change, change)
    if change == DROPPED and old and known is not None and (*key, old["month"]) not in known:
        change = OVER
    both: Iterator[tuple[str, dict[str, Any]]] = zip(("planned", "decided"), (old or {}, new or {}), strict=True)
    found = {f"{name}_{end}": row.get(name, blank) for end, row in both for name, blank in _CELLS}
    months = [plan.instance.month_index(row["month"]) for row in (old, new) if row]
    later = slip or (months[1] - months[0] if len(months) == 2 else 0)
    party = (old or new or {}).get("party") or ""
    return {
        "change": _CHANGES.get(change, change),
        "decision": key[0],
        "item": key[1],
        "party": party,
        "months_later": later,
        **found,
    }


def _slip(old: dict[str, Any] | None, new: dict[str, Any] | None, plan: Plan) -> int:
    """Return by how many months something starts later than planned, where both say when it starts."""
    starts = [str(row.get("starts") or "") for row in (old, new) if row]
    if len(starts) != 2 or not all(starts):
        return 0
    planned, decided = map(plan.instance.month_index, starts)
    return decided - planned

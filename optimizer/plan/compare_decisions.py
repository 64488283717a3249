"""Differences of the decisions of two plans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

ADDED, DROPPED, MOVED, RESIZED, BOTH, CHANGED, OUTSIDE = (
    *("added", "dropped", "moved", "resized", "moved and resized", "changed", "outside"),
)
_COMPARED = ("month", "starts", "ends", "blocks", "accelerators", "mw", "committed_cost")
SIZES = ("blocks", "accelerators", "mw")
_NUMBERS = (*SIZES, "committed_cost")
_NOISE = 1e-9
Row = dict[str, Any]


def decision_changes(a: Plan, b: Plan) -> pd.DataFrame:
    """Return the decisions that differ.

    Decisions of the same kind on the same item are paired: first those of the same month, then the others in their
    order. Those of months that the other plan does not cover are ``outside``.

    Parameters
    ----------
    a, b : Plan
        The plans.

    Returns
    -------
    DataFrame
        ``change``, ``decision``, ``item``, ``party``; month, size, cost and months in force in both plans (``_a``,
        ``_b``); ``months_later`` and ``committed_cost_difference``.
    """
    before, after = grouped(a, a.decisions), grouped(b, b.decisions)
    rows = []
    for key in dict.fromkeys([*before, *after]):
        for old, new in pairs(before.get(key, []), after.get(key, [])):
            change = _change(old, new, a, b)
            if change:
                rows.append(_row(change, key, old, new, a))
    rows.sort(key=lambda row: (row["month_b"] or row["month_a"], row["item"], row["decision"]))
    return pd.DataFrame(rows, columns=_columns())


def _columns() -> list[str]:
    both = [f"{name}_{plan}" for name in _COMPARED for plan in ("a", "b")]
    return ["change", "decision", "item", "party", *both, "months_later", "committed_cost_difference"]


def grouped(plan: Plan, decisions: pd.DataFrame) -> dict[tuple[str, str], list[Row]]:
    """Group decisions by kind and item, in order of month; training runs with their pool in the plan."""
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    pools = dict(zip(plan.runs["run"], plan.runs["pool"], strict=True))
    for row in decisions.to_dict("records"):
        pool = pools.get(row["item"], "") if row["decision"] == "start_run" else ""
        known = {str(name): value for name, value in row.items()}
        found[str(row["decision"]), str(row["item"])].append({**known, "pool": pool})
    return found


def pairs(before: list[Row], after: list[Row]) -> Iterator[tuple[Row | None, Row | None]]:
    """Yield pairs of rows of the same decision; rows without a counterpart are paired with None."""
    left, right = list(before), list(after)
    for old in before:
        new = next((row for row in right if row["month"] == old["month"]), None)
        if new is not None:
            left.remove(old)
            right.remove(new)
            yield old, new
    shared = min(len(left), len(right))
    yield from zip(left[:shared], right[:shared], strict=True)
    yield from ((old, None) for old in left[shared:])
    yield from ((None, new) for new in right[shared:])


def _change(old: Row | None, new: Row | None, a: Plan, b: Plan) -> str:
    """Return the kind of change; ``""`` if nothing changed."""
    change = change_of(old, new)
    if change or old is None or new is None:
        row, other = (new, a) if old is None else (old, b)
        return OUTSIDE if change in (ADDED, DROPPED) and row and not _covers(other, row["month"]) else change
    others = any(old[name] != new[name] for name in ("starts", "ends", "party", "pool"))
    return CHANGED if others or _differs(old["committed_cost"], new["committed_cost"]) else ""


def change_of(old: Row | None, new: Row | None, sizes: Sequence[str] = SIZES) -> str:
    """Return how month and size of a decision differ: added, dropped, moved, resized or both; ``""`` if not."""
    if old is None or new is None:
        return ADDED if old is None else DROPPED
    moved = old["month"] != new["month"]
    resized = any(_differs(old[name], new[name]) for name in sizes)
    return BOTH if moved and resized else MOVED if moved else RESIZED if resized else ""


def _covers(plan: Plan, month: str) -> bool:
    return 0 <= plan.instance.month_index(month) < plan.instance.head.months


def _differs(old: float, new: float) -> bool:
    return abs(new - old) > _NOISE * (abs(old) + abs(new))


def _row(change: str, key: tuple[str, str], old: Row | None, new: Row | None, a: Plan) -> Row:
    found: Row = {"change": change, "decision": key[0], "item": key[1], "party": (new or old or {})["party"]}
    for name in _COMPARED:
        blank: Any = 0.0 if name in _NUMBERS else ""
        found[f"{name}_a"] = old[name] if old else blank
        found[f"{name}_b"] = new[name] if new else blank
    later = a.instance.month_index(new["month"]) - a.instance.month_index(old["month"]) if old and new else 0
    found["months_later"] = later
    found["committed_cost_difference"] = found["committed_cost_b"] - found["committed_cost_a"]
    return found

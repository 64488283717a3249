"""Rules on the plan's head: which instance it plans, how good it is said to be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from optimizer.auditing.holdings import Holdings
from optimizer.auditing.verdict import FLOOR, LARGEST, RELATIVE, Findings
from optimizer.format import number


def identity(case: Holdings, say: Findings) -> None:
    """The head names the instance of the plan: its name, currency, months and the hash of its content."""
    instance, named = case.facts.instance, part(case.head, "instance")
    for key, right in (("name", instance.head.name), ("currency", instance.head.currency), ("hash", instance.hash)):
        say.that(named.get(key) == right, f"instance.{key}", "", repr(named.get(key)), f"{right!r} expected")
    expected: dict[str, Any] = {"format": 1, "start": instance.head.start, "months": instance.head.months}
    for key, value in expected.items():
        found = case.head.get(key)
        say.that(type(found) is type(value) and found == value, key, "", repr(found), f"{value!r} expected")


def bound(case: Holdings, say: Findings) -> None:
    """The proven bound is not above the objective."""
    found, cost = case.head.get("bound", "missing"), case.head.get("objective")
    if is_number(found) and is_number(cost):
        say.compare(found, "<=", cost, "given as bound", "bound", "")
    else:
        say.that(found is None or is_number(found), "bound", "", repr(found), "a number or null expected")


def gap(case: Holdings, say: Findings) -> None:
    """The gap is (objective - bound) / |objective|, null where nothing is proven."""
    cost, proven = (case.head.get(key) for key in ("objective", "bound"))
    found = case.head.get("gap", "missing")
    if not is_number(proven) or not is_number(cost):
        say.that(found is None, "gap", "", repr(found), "null expected, as no bound is proven")
    elif cost == 0:
        right = 0.0 if proven == 0 else None
        say.that(found == right, "gap", "", repr(found), f"{'null' if right is None else right} expected")
    elif is_number(found):
        say.compare(found, "=", (cost - proven) / abs(cost), "given as gap", "gap", "", floor=FLOOR)
    else:
        say.that(False, "gap", "", repr(found), "a number expected")


def status(case: Holdings, say: Findings) -> None:
    """A plan is optimal if its gap is within the target gap, else feasible; relaxed only if the options say so.

    Of a plan that stays near an earlier one, the gap of the best plan and that of the distance count.
    """
    found, target = case.head.get("status"), part(case.head, "options").get("gap")
    relaxed, relax = case.head.get("relaxed"), part(case.head, "options").get("relax")
    say.that(
        isinstance(relax, bool) and relaxed is relax,
        "relaxed",
        "",
        repr(relaxed),
        f"{relax!r} expected, as in the options",
    )
    say.that(found in ("optimal", "feasible"), "status", "", repr(found), "optimal or feasible expected")
    if not is_number(target) or target < 0:
        say.that(False, "options.gap", "", repr(target), "a number from 0 on expected")
    elif found in ("optimal", "feasible"):
        _within(case, say, found, target)


def _within(case: Holdings, say: Findings, found: str, target: float) -> None:
    """Whether ``found`` is what the gap between objective and bound makes of it."""
    near = part(case.head, "near")
    cost, proven = near.get("best_cost", case.head.get("objective")), case.head.get("bound")
    if not is_number(proven) or not is_number(cost):
        say.that(found == "feasible", "status", "", found, "feasible expected, as no bound is proven")
        return
    slack = RELATIVE * (abs(cost) + float(abs(case.tables["cash"]["present_value"]).sum()))
    excess, far = cost - proven - target * abs(cost) - slack, _unproven_distance(near, target)
    optimal = max(excess, far) <= 0
    holds = optimal if found == "optimal" else not optimal or max(excess + 2 * slack, far) >= 0
    other = "feasible" if found == "optimal" else "optimal"
    say.that(holds, "status", "", f"{found} with {number(cost - proven)} unproven", f"{other} expected")


def _unproven_distance(near: Mapping[str, Any], target: float) -> float:
    """By how much the distance of a plan from an earlier one exceeds the target gap; below 0 if not at all."""
    distance, proven = (near.get(key, 0.0) for key in ("distance", "distance_bound"))
    if not is_number(distance) or not is_number(proven):
        return 0.0
    return distance - proven - (target + RELATIVE) * distance if distance else -1.0


def part(head: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """A part of the head; empty where it is missing or no part."""
    found = head.get(key)
    return found if isinstance(found, dict) else {}


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a value of the head is a number, and not absurdly large."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LARGEST

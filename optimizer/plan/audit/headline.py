"""Rules on the plan's head: which instance it plans, how good it is said to be."""

from __future__ import annotations

import math
from typing import Any

from optimizer.plan.audit.holdings import Holdings
from optimizer.plan.audit.verdict import FLOOR, RELATIVE, Findings, number

NUMBERS = ("objective", "bound", "gap")


def identity(case: Holdings, say: Findings) -> None:
    """The head names the instance beside it: its name, currency, months and the hash of its content."""
    instance, told = case.facts.instance, case.head.get("instance")
    told = told if isinstance(told, dict) else {}
    expected = {"name": instance.head.name, "currency": instance.head.currency, "hash": instance.hash}
    for key, right in expected.items():
        say.that(told.get(key) == right, f"instance.{key}", "", repr(told.get(key)), f"{right!r} expected")
    for key, right in (("format", 1), ("start", instance.head.start), ("months", instance.head.months)):
        found = case.head.get(key)
        say.that(found == right, key, "", repr(found), f"{right!r} expected")


def bound(case: Holdings, say: Findings) -> None:
    """The proven bound is not above the objective."""
    found, cost = case.head.get("bound"), case.head["objective"]
    if is_number(found):
        say.compare(found, "<=", cost, "told as bound", "bound", "")
    else:
        say.that(found is None, "bound", "", repr(found), "a number or null expected")


def gap(case: Holdings, say: Findings) -> None:
    """The gap is (objective - bound) / |objective|, null where nothing is proven."""
    found, cost, proven = case.head.get("gap"), case.head["objective"], case.head.get("bound")
    if not is_number(proven):
        say.that(found is None, "gap", "", repr(found), "null expected, as no bound is proven")
    elif cost == 0:
        right = 0.0 if proven == 0 else None
        say.that(found == right, "gap", "", repr(found), f"{'null' if right is None else right} expected")
    elif is_number(found):
        say.compare(found, "=", (cost - proven) / abs(cost), "told as gap", "gap", "", floor=FLOOR)
    else:
        say.that(False, "gap", "", repr(found), "a number expected")


def status(case: Holdings, say: Findings) -> None:
    """A plan is called optimal if its gap is within the one asked for, else feasible; relaxed only if that was asked."""
    found, cost, proven = case.head.get("status"), case.head["objective"], case.head.get("bound")
    options = case.head.get("options")
    options = options if isinstance(options, dict) else {}
    asked, relax = options.get("gap"), options.get("relax")
    say.that(is_number(asked) and asked >= 0, "options.gap", "", repr(asked), "a number of at least 0 expected")
    told = case.head.get("relaxed")
    say.that(isinstance(relax, bool) and told is relax, "relaxed", "", repr(told), f"{relax!r} expected, as was asked")
    say.that(found in ("optimal", "feasible"), "status", "", repr(found), "optimal or feasible expected")
    if not is_number(asked) or found not in ("optimal", "feasible"):
        return
    if not is_number(proven):
        say.that(found == "feasible", "status", "", found, "feasible expected, as no bound is proven")
        return
    slack = RELATIVE * abs(cost) + FLOOR * float(abs(case.tables["cash"]["present_value"]).sum())
    excess = cost - proven - asked * abs(cost)
    holds = excess <= slack if found == "optimal" else excess >= -slack
    allowed = "feasible" if found == "optimal" else "optimal"
    say.that(holds, "status", "", f"{found} with {number(cost - proven)} unproven", f"{allowed} expected")


def is_number(value: Any) -> bool:
    """Whether a value of the head is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

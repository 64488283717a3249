"""The rule on what the head says of an earlier plan that a plan stays near; it is not there to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optimizer.auditing.headline import is_number, part
from optimizer.auditing.holdings import Holdings
from optimizer.auditing.verdict import FLOOR, RELATIVE, Findings
from optimizer.format import number

_FIGURES = ("within", "best_cost", "cost_limit", "cost_of_stability", "distance", "distance_bound", "distance_gap")


def near(case: Holdings, say: Findings) -> None:
    """A plan near an earlier one costs at most a given share more than the best; its changes sum to its distance."""
    given, cost = part(case.head, "near"), case.head.get("objective")
    if "near" not in case.head or not is_number(cost):
        return
    figures: dict[str, float] = {}
    for key in _FIGURES:
        value = given.get(key)
        if is_number(value):
            figures[key] = float(value)
        else:
            say.that(False, f"near.{key}", "", repr(given.get(key, "missing")), "a number expected")
    if len(figures) == len(_FIGURES):
        penny = FLOOR * float(abs(case.tables["cash"]["present_value"]).sum())
        for key, (right, slack) in _expected(given, figures, cost, penny).items():
            good = abs(figures[key] - right) <= slack
            say.that(good, f"near.{key}", "", number(figures[key]), f"{number(right, 6)} expected")
        most = figures["cost_limit"] + penny
        say.that(
            cost <= most, "near.cost_limit", "", f"{number(cost, 6)} as cost", f"at most {number(most, 6)} allowed"
        )
        _proven(case, say, figures)


def _expected(
    given: Mapping[str, Any], figures: Mapping[str, float], cost: float, penny: float
) -> dict[str, tuple[float, float]]:
    """Figures that follow from others, each with the rounding that is left open."""
    best, distance, proven = (figures[key] for key in ("best_cost", "distance", "distance_bound"))
    changes = given.get("changes")
    counts = [one.get("counts") for one in changes if isinstance(one, dict)] if isinstance(changes, list) else []
    total = sum(value if is_number(value) else 0.0 for value in counts)
    return {
        "cost_limit": (best + figures["within"] * abs(best), penny),
        "cost_of_stability": (cost - best, penny),
        "distance": (total, RELATIVE * abs(total)),
        "distance_gap": ((distance - proven) / distance if distance else 0.0, RELATIVE),
    }


def _proven(case: Holdings, say: Findings, figures: Mapping[str, float]) -> None:
    """Bounds are no higher than what they bound, and nothing is negative."""
    bound = case.head.get("bound")
    if is_number(bound):
        say.compare(bound, "<=", figures["best_cost"], "given as bound", "near.best_cost", "")
    say.compare(figures["distance_bound"], "<=", figures["distance"], "given as bound", "near.distance_bound", "")
    for key in ("within", "cost_of_stability", "distance_bound"):
        say.that(figures[key] >= 0, f"near.{key}", "", number(figures[key]), "a number from 0 on expected")

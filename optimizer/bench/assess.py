"""Assess a result of the benchmark: a table of rules, each a sentence and a function. No rule is about seconds."""

from __future__ import annotations

import re
from collections.abc import Callable

from optimizer.bench.best_known import INFEASIBLE, TOLERANCE, BestKnown, holds_for
from optimizer.bench.cases import Case
from optimizer.bench.runs import Result
from optimizer.format import grouped

_PLANS = ("optimal", "feasible")
_EXPECTED = {
    "infeasible": (("infeasible", "none"), "proof that no plan exists"),
    "invalid": (("invalid",), "errors of an invalid instance"),
}


def _expected_kind(case: Case, result: Result, _: BestKnown | None) -> str:
    expected, words = _EXPECTED.get(case.set, ((*_PLANS, "none"), "a plan"))
    if result.status in expected:
        return ""
    found = result.error.splitlines()[0] if result.error else result.status
    kind = "the audit failed" if result.exit_code == 4 else f"it is {result.status}"
    return f"expected {words}, but {kind}: {found}"


def _faults(case: Case, result: Result, _: BestKnown | None) -> str:
    wanted = case.expected().get("faults")
    if wanted is None or result.status != "invalid":
        return ""
    missing = [f"not reported: {text}" for text in wanted if text not in result.messages]
    surplus = [f"reported, but not expected: {text}" for text in result.messages if text not in wanted]
    return "; ".join([*missing, *surplus])


def _conflict(case: Case, result: Result, _: BestKnown | None) -> str:
    wanted = [conflict["rows"] for conflict in case.expected().get("conflict", ())]
    text = "\n".join(result.messages)
    # "row 2" is not in "row 21"
    found = [all(re.search(rf"\b{re.escape(row)}\b", text) for row in rows) for rows in wanted]
    if result.status != "infeasible" or not wanted or any(found):
        return ""
    return (
        f"expected a conflict of {', or of '.join(map(', '.join, wanted))}; "
        f"reported: {'; '.join(result.messages) or 'nothing'}"
    )


def _sound_bound(_: Case, result: Result, __: BestKnown | None) -> str:
    if result.objective is None or result.bound is None or not _above(result.bound, result.objective):
        return ""
    return f"the bound {grouped(result.bound, 2)} is above the objective {grouped(result.objective, 2)}"


def _not_too_good(_: Case, result: Result, known: BestKnown | None) -> str:
    if known is None or result.objective is None:
        return ""
    if known.mark == INFEASIBLE:
        return f"a plan was found, but the instance is proven infeasible ({known.found_by}, {known.when})"
    if known.bound is None or not _above(known.bound, result.objective):
        return ""
    what = f"the objective {grouped(result.objective, 2)} is better than the proven bound {grouped(known.bound, 2)}"
    return f"{what} ({known.found_by}, {known.when})"


def _not_too_high(_: Case, result: Result, known: BestKnown | None) -> str:
    if known is None or known.objective is None:
        return ""
    if result.status == "infeasible":
        what = f"the instance was reported infeasible, but a plan of {grouped(known.objective, 2)} is known"
        return f"{what} ({known.found_by}, {known.when})"
    if result.bound is None or not _above(result.bound, known.objective):
        return ""
    what = f"the bound {grouped(result.bound, 2)} is above the best known objective {grouped(known.objective, 2)}"
    return f"{what} ({known.found_by}, {known.when})"


CHECKS: tuple[tuple[str, Callable[[Case, Result, BestKnown | None], str]], ...] = (
    ("The result is of the kind that its set expects.", _expected_kind),
    ("All expected errors are reported, and no others.", _faults),
    ("The reported conflict contains the rows of an expected one.", _conflict),
    ("No bound is above its own objective.", _sound_bound),
    ("No plan is better than the proven bound.", _not_too_good),
    ("No bound is above the best known objective.", _not_too_high),
)


def assess(case: Case, result: Result, known: BestKnown | None) -> list[str]:
    """Return every problem of a result.

    Parameters
    ----------
    case : Case
        The instance that was solved; its set defines the expected kind of result.
    result : Result
        Its result.
    known : BestKnown or None
        Its best known values; ignored if the instance has changed since.
    """
    if known is not None and not holds_for(known, result):
        known = None
    return [problem for _, check in CHECKS if (problem := check(case, result, known))]


def _above(a: float, b: float) -> bool:
    """Whether an amount is above another by more than the tolerance."""
    return a > b + TOLERANCE * max(abs(a), abs(b), 1.0)

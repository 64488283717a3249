"""What is wrong with a result: a table of sentence and function. Seconds are never wrong."""

from __future__ import annotations

import re
from collections.abc import Callable

from optimizer.bench.cases import Case
from optimizer.bench.known import INFEASIBLE, TOLERANCE, Known, holds_for
from optimizer.bench.runs import Result

_PLANS = ("optimal", "feasible")
_WANTED = {
    "infeasible": (("infeasible", "none"), "proof that there is no plan"),
    "invalid": (("invalid",), "faults of an invalid instance"),
}


def _as_wanted(case: Case, result: Result, _: Known | None) -> str:
    wanted, words = _WANTED.get(case.set, ((*_PLANS, "none"), "a plan"))
    if result.status in wanted:
        return ""
    found = result.error.splitlines()[0] if result.error else result.status
    kind = "the audit failed" if result.exit_code == 4 else f"it is {result.status}"
    return f"expected {words}, but {kind}: {found}"


def _faults(case: Case, result: Result, _: Known | None) -> str:
    wanted = case.expected().get("faults")
    if wanted is None or result.status != "invalid":
        return ""
    missing = [f"not told: {text}" for text in wanted if text not in result.told]
    surplus = [f"told, but not expected: {text}" for text in result.told if text not in wanted]
    return "; ".join([*missing, *surplus])


def _conflict(case: Case, result: Result, _: Known | None) -> str:
    wanted = [conflict["rows"] for conflict in case.expected().get("conflict", ())]
    told = "\n".join(result.told)
    # "row 2" is not in "row 21"
    found = [all(re.search(rf"\b{re.escape(row)}\b", told) for row in rows) for rows in wanted]
    if result.status != "infeasible" or not wanted or any(found):
        return ""
    return (
        f"expected a conflict of {', or of '.join(map(', '.join, wanted))}; told: {'; '.join(result.told) or 'nothing'}"
    )


def _sound_bound(_: Case, result: Result, __: Known | None) -> str:
    if result.objective is None or result.bound is None or not _above(result.bound, result.objective):
        return ""
    return f"the bound {result.bound:,.2f} is above the objective {result.objective:,.2f}"


def _not_too_good(_: Case, result: Result, known: Known | None) -> str:
    if known is None or result.objective is None:
        return ""
    if known.mark == INFEASIBLE:
        return f"a plan was found where none is known to exist ({known.found_by}, {known.when})"
    if known.bound is None or not _above(known.bound, result.objective):
        return ""
    what = f"the objective {result.objective:,.2f} is better than the proven bound {known.bound:,.2f}"
    return f"{what} ({known.found_by}, {known.when})"


def _not_too_high(_: Case, result: Result, known: Known | None) -> str:
    if known is None or known.objective is None:
        return ""
    if result.status == "infeasible":
        return (
            f"no plan was found to exist, but one of {known.objective:,.2f} is known ({known.found_by}, {known.when})"
        )
    if result.bound is None or not _above(result.bound, known.objective):
        return ""
    what = f"the bound {result.bound:,.2f} is above the best known objective {known.objective:,.2f}"
    return f"{what} ({known.found_by}, {known.when})"


CHECKS: tuple[tuple[str, Callable[[Case, Result, Known | None], str]], ...] = (
    ("The result is of the kind that its set wants.", _as_wanted),
    ("All faults that are expected are told, and no others.", _faults),
    ("The conflict told holds the rows of one that is expected.", _conflict),
    ("No bound is above its own objective.", _sound_bound),
    ("No plan is better than what is proven.", _not_too_good),
    ("No bound is above a plan that is known.", _not_too_high),
)


def judge(case: Case, result: Result, known: Known | None) -> list[str]:
    """Everything wrong with a result.

    Parameters
    ----------
    case : Case
        What was solved; its set tells what is wanted.
    result : Result
        What came out.
    known : Known or None
        What is known of it; passed over if the instance has changed since.
    """
    if known is not None and not holds_for(known, result):
        known = None
    return [problem for _, check in CHECKS if (problem := check(case, result, known))]


def _above(a: float, b: float) -> bool:
    """Whether an amount is above another by more than the tolerance."""
    return a > b + TOLERANCE * max(abs(a), abs(b), 1.0)

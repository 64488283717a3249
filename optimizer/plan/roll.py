"""Roll a plan forward: the instance some months later, with what the plan decided until then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.auditing import audit
from optimizer.auditing.prices import Priced, paid_to
from optimizer.auditing.quantities import quantity
from optimizer.auditing.rules import priced
from optimizer.auditing.verdict import RELATIVE
from optimizer.cash_terms import terms_of_kind
from optimizer.errors import AuditFailed, CapoptError, EditError
from optimizer.format import counted
from optimizer.instance.check_decided import IGNORED
from optimizer.instance.instance import Instance
from optimizer.instance.roll import Change, Past, roll_instance
from optimizer.instance.roll_decided import Decision, understood
from optimizer.plan.by_scenario import refuse_uncertain
from optimizer.plan.plan import Plan
from optimizer.plan.really_done import read_decided, really_done

_RESTRICTED = ("added", "held", "elastic")  # keys of the head of a plan whose bound is that of another problem
_ROUNDING = 1e-9  # relative to all payments: what a bound loses to rounding
_COPIED = ("month", "decision", "item", "blocks", "starts", "ends")


@dataclass(frozen=True)
class Roll:
    """An instance that was rolled forward.

    Attributes
    ----------
    instance : Instance
        The instance some months later.
    changes : tuple of Change
        What differs from the plan's instance: what was dropped and why, what limits have left, prices that were agreed.
    plan : Plan
        The plan that it was rolled from: its other decisions are a start for the search of the next one.
    """

    instance: Instance
    changes: tuple[Change, ...]
    plan: Plan

    @property
    def dropped(self) -> tuple[Change, ...]:
        """What was dropped."""
        return tuple(change for change in self.changes if change.how == "dropped")


def roll(plan: Plan, months: int, *, decided: str | Path | pd.DataFrame | None = None, extend: int = 0) -> Roll:
    """Roll a plan of one future forward, as :func:`optimizer.uncertainty.roll.roll` does."""
    check_roll(plan, months, extend)
    verdict = audit(plan)
    if not verdict.passed:
        raise AuditFailed(verdict.violations, plan=plan)
    return rolled(plan, months, decided, extend)


def rolled(plan: Plan, months: int, decided: str | Path | pd.DataFrame | None = None, extend: int = 0) -> Roll:
    """Roll a plan forward as :func:`roll` does, without an audit before."""
    past, source = past_of(plan, months, decided, extend)
    instance, changes = roll_instance(plan.instance, months, past, extend, source)
    return Roll(instance, changes, plan)


def past_of(
    plan: Plan, months: int, decided: str | Path | pd.DataFrame | None = None, extend: int = 0
) -> tuple[Past, str]:
    """Return what was decided and used in the first months of a plan, and a sentence that says where it is from."""
    source = _source(plan, months)
    if decided is None:
        return _past(priced(plan), _decisions(plan, months), months), source
    done = read_decided(plan.instance, decided)
    roll_instance(plan.instance, months, done, extend, source)  # which checks it
    past = replace(_past(priced(really_done(plan, done.decided)), done.decided, months), where=done.where)
    return past, f"{source} Decisions of these months as in {done.where}; what was used in them as planned."


def bound_of(plan: Plan, instance: Instance) -> float:
    """Return what no plan of an instance costs less than, from the bound of a plan of it or of one it was rolled from.

    A plan of the rolled instance, together with what was decided before, is one of the plan's instance, of which the
    bound is proven.

    Parameters
    ----------
    plan : Plan
        Any plan.
    instance : Instance
        Any instance.

    Returns
    -------
    float
        Bound on the net present cost; minus infinity if nothing follows from the plan.
    """
    months, head = plan.instance.month_index(instance.head.start), plan.head
    if plan.bound is None or any(head.get(key) for key in _RESTRICTED) or not 0 <= months < plan.instance.head.months:
        return -float("inf")
    if months:
        try:
            check_roll(plan, months, 0)
            known = rolled(plan, months).instance == instance
        except CapoptError:
            known = False
    else:
        known = plan.instance == instance
    return _from_month(plan, plan.bound, months) if known else -float("inf")


def _from_month(plan: Plan, value: float, months: int) -> float:
    """Return a net present cost less the payments before a month, as seen from that month; rounding subtracted."""
    cash, first = plan.cash, plan.instance.label(months)
    before = float(cash["present_value"][cash["month"] < first].sum())
    rounding = _ROUNDING * float(cash["present_value"].abs().sum())
    return (value - before - rounding) * float((1 + plan.instance.head.discount_rate) ** (months / 12))


def check_roll(plan: Plan, months: int, extend: int) -> None:
    """Refuse months that the plan does not have, and plans with what an instance cannot have."""
    refuse_uncertain(plan, "this")
    last = plan.instance.head.months - 1
    if not 1 <= months <= last:
        every = counted(plan.instance.head.months, "month")
        expected = f"expected 1 to {last}" if last else "a plan of one month cannot be rolled forward"
        raise EditError(f"months is {months}, but the plan has {every}: {expected}")
    if extend < 0:
        raise EditError(f"extend is {extend}; expected the number of months to add at the end, 0 or more")
    if plan.head.get("relaxed"):
        raise EditError("the plan is a linear relaxation, which has parts of decisions; solve without --relax first")
    added = plan.head.get("added") or {}
    names = [str(one["name"]) for kind in ("variables", "constraints") for one in added.get(kind, ())]
    if names:
        listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        raise EditError(f"the plan obeys what was added to its program ({listed}), which an instance cannot have")


def _source(plan: Plan, months: int) -> str:
    head = plan.instance.head
    return (
        f"Rolled forward by {counted(months, 'month')} from {head.start}: decisions until "
        f"{plan.instance.label(months - 1)} from a plan of {head.name} ({plan.instance.hash[:12]})."
    )


# ---------------------------------------------------------------- what the plan decided
def _decisions(plan: Plan, months: int) -> list[Decision]:
    """Return the plan's decisions of its first months as rows of `decided`."""
    until, rows = plan.instance.label(months), plan.decisions
    made = rows[(rows["month"] < until) & (rows["decision"] != IGNORED)].to_dict("records")
    cells = ({name: None if row[name] == "" else row[name] for name in _COPIED} | _run_cells(plan, row) for row in made)
    return [understood(plan.instance, one) for one in cells]


def _run_cells(plan: Plan, row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the further cells of the start of a training run: where it runs, and at what size."""
    if row["decision"] != "start_run":
        return {}
    runs = plan.runs
    place = runs[(runs["run"] == row["item"]) & (runs["starts"] == row["starts"])].iloc[0]
    return {"pool": place["pool"], "accelerators": float(place["accelerators"])}


# ---------------------------------------------------------------- what it used
def _past(case: Priced, decided: Iterable[Decision], months: int) -> Past:
    """Return what was decided and used in the first months."""
    used = {("budgets", row.budget): _spent(case, row, months) for row in case.facts.rows["budgets"]}
    used |= {("rules", row.rule): _counted(case, row, months) for row in case.facts.rows["rules"]}
    begun = {key: amount for key, amount in used.items() if amount is not None}
    paid = {row.commitment: paid_to(case, row.provider)[:months].tolist() for row in case.facts.rows["commitments"]}
    return Past(tuple(decided), begun, paid)


def _spent(case: Priced, row: Any, months: int) -> float | None:
    """Return what the first months count in a budget; None if its window begins later."""
    window = [t for t in case.facts.window(row) if t < months]
    if not window:
        return None
    kinds = ["capex", "opex"] if row.covers == "all" else [row.covers]
    terms = terms_of_kind(*kinds, *["revenue"] * row.net)
    places = [place for (term, _), place in case.facts.names["cash"].items() if term in terms]
    paid = case.priced[places][:, window]
    spent = float(paid.sum())
    noise = RELATIVE * float(abs(paid).sum()) + case.money_floor  # as in the audit
    return float(row.amount) if row.amount < spent <= row.amount + noise and not row.net else spent


def _counted(case: Priced, row: Any, months: int) -> float | None:
    """Return what the first months count in an own rule over a window; None if it begins later, or is by month."""
    window = [t for t in case.facts.window(row) if t < months]
    if not window or row.each != "total":
        return None
    terms = [term for term in case.facts.rows["rule_terms"] if term.rule == row.rule]
    return sum(float(term.coefficient * quantity(case, term.quantity, term.item)[window].sum()) for term in terms)

"""Key figures of a plan: cost, gap in money, work served, capacity, cash, what is due later, audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optimizer.cash_terms import cash_terms, terms_of_kind
from optimizer.format import count, counted, level, money, month_text, net, percent
from optimizer.plan.obligations import owed_after
from optimizer.report.document import KeyFigures
from optimizer.report.given_up import BREAKS, given_up_texts
from optimizer.report.plan_context import PlanContext
from optimizer.report.section_near import near_figures

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

KeyFigure = tuple[str, str, str]

_ROUNDING = 1e-9  # relative: a smaller gap is rounding
_STOPS = {
    "gap_reached": "the target gap was reached",
    "time_limit": "the time limit was reached",
    "interrupted": "it was interrupted",
}


def key_figures(context: PlanContext) -> KeyFigures:
    """Return the figures for a first look."""
    plan = context.plan
    found = [_cost(plan), _gap(plan), _service(plan), _capacity(context), _cash(context), _penalties(plan)]
    return KeyFigures([*_elastic(plan), *found[:2], *near_figures(plan), *found[2:], *_owed(plan), *_audit(plan)])


def _elastic(plan: Plan) -> list[KeyFigure]:
    """A warning on a plan that does not meet all rules."""
    lost = given_up_texts(plan)
    what = f"{counted(len(lost), 'input')} changed"
    return [("Not all rules are met", what, f"{BREAKS}: {'; '.join(lost)}")] if lost else []


def _cost(plan: Plan) -> KeyFigure:
    rate = plan.instance.head.discount_rate
    detail = f"discounted at {percent(rate)} a year" if rate else "not discounted"
    value = money(abs(plan.objective), plan.instance.head.currency)
    return f"Net present {_noun(plan)}", value, f"over the plan, {detail}, including penalties"


def _noun(plan: Plan) -> str:
    return "cost" if plan.objective >= 0 else "gain"


def _gap(plan: Plan) -> KeyFigure:
    currency, gain = plan.instance.head.currency, plan.objective < 0
    if plan.bound is None or plan.gap is None:
        return "Gap", "unknown", f"no bound is proven; {status(plan)}"
    if plan.objective <= plan.bound or plan.gap <= _ROUNDING:
        return "Gap", "none", f"no plan {'gains more' if gain else 'is cheaper'}; {status(plan)}"
    saving, bound = money(plan.objective - plan.bound, currency), money(-plan.bound if gain else plan.bound, currency)
    limit = f"no plan {'gains more' if gain else 'costs less'} than {bound}"
    most = f"at most this {'more could be gained' if gain else 'could be saved'}"
    return "Gap", saving, f"{most}, {percent(plan.gap)} of the {_noun(plan)}: {limit}; {status(plan)}"


def part(plan: Plan, name: str) -> dict[str, Any]:
    """Return a part of the plan's head, empty if it is missing."""
    found = plan.head.get(name)
    return found if isinstance(found, dict) else {}


def status(plan: Plan) -> str:
    """Return how good the plan is, and why the search ended."""
    target, reason = percent(float(part(plan, "options").get("gap") or 0.0)), str(plan.head.get("stopped", ""))
    text = f"within the target gap of {target}"
    whose = "the best plan and the changes are " if part(plan, "near") else ""
    reached = "" if plan.status == "optimal" else f"not {'both ' if whose else ''}"
    text = f"{whose}{reached}{text}{f': {_STOPS.get(reason, reason)}' if reached else ''}"
    return f"{text}; relaxed: blocks and lots may be fractional" if plan.head.get("relaxed") else text


def _service(plan: Plan) -> KeyFigure:
    wanted, missing = float(plan.service["demand"].sum()), float(plan.service["unserved"].sum())
    if wanted == 0:
        return "Demand served", "–", "the instance has no monthly demand"
    if missing <= 1e-9 * wanted:
        return "Demand served", "100 %", "all demand, in every month"
    return "Demand served", level(1 - missing / wanted), f"{percent(missing / wanted)} of demand is not served"


def _capacity(context: PlanContext) -> KeyFigure:
    totals = context.plan.capacity.groupby("month")["accelerators"].sum().reindex(context.months, fill_value=0.0)
    peak, month = float(totals.max()), month_text(str(totals.idxmax()))
    first = (
        f"; {count(float(totals.iloc[0]))} in {month_text(context.months[0])}"
        if totals.idxmax() != context.months[0]
        else ""
    )
    return "Peak accelerators", count(peak), f"in {month}{first}"


def _cash(context: PlanContext) -> KeyFigure:
    table = context.plan.cash
    paid = table[~table["term"].isin(terms_of_kind("penalty", "residual", "owed"))].groupby("month")["amount"].sum()
    paid = paid.reindex(context.months, fill_value=0.0)
    year, total = float(paid.iloc[:12].sum()), float(paid.sum())
    label = f"Net cash {'out' if year >= 0 else 'in'}, first {counted(min(12, context.horizon), 'month')}"
    return label, money(abs(year), context.currency), f"{net(total, context.currency)} over the plan, without penalties"


def _penalties(plan: Plan) -> KeyFigure:
    table = plan.cash
    amounts = table[table["term"].isin(terms_of_kind("penalty"))].groupby("term", sort=False)["amount"].sum()
    if amounts.sum() == 0:
        return "Penalties", "none", "in the cost, not in cash"
    parts = [(cash_terms()[str(term)].says, float(value)) for term, value in amounts.items() if value]
    names = ", ".join(f"{name} {money(value)}" if len(parts) > 1 else name for name, value in parts)
    return "Penalties", money(float(amounts.sum()), plan.instance.head.currency), f"in the cost, not in cash: {names}"


def _owed(plan: Plan) -> list[KeyFigure]:
    """What falls due after the plan's last month, if anything."""
    owed = owed_after(plan.instance, plan.obligations)
    if not owed:
        return []
    largest = ", ".join(f"{item} {money(amount)}" for item, amount in list(owed.items())[:3])
    more = f" and {len(owed) - 3} more" if len(owed) > 3 else ""
    detail = f"for contracts and orders made by then, not included in the cost: {largest}{more}"
    return [("Due after the plan", money(sum(owed.values()), plan.instance.head.currency), detail)]


def _audit(plan: Plan) -> list[KeyFigure]:
    text = audit_text(plan)
    return [("Audit", *text)] if text else []


def audit_text(plan: Plan) -> tuple[str, str] | None:
    """Return the verdict of the audit and the number of its checks; None of a plan that was not audited."""
    found = part(plan, "audit")
    if "passed" not in found:
        return None
    return "passed" if found["passed"] else "FAILED", f"{count(found.get('checks', 0))} checks, from the tables alone"

"""The headline of a plan: cost, gap in money, work served, capacity, cash, and what to do soon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from optimizer.format import count, level, money, month_text, percent
from optimizer.plan.obligations import owed_after
from optimizer.report.chart_cash import net
from optimizer.report.chart_decisions import NEXT_MONTHS, steps_grid
from optimizer.report.charts import PlanContext
from optimizer.report.grid import Grid
from optimizer.report.shortcomings import BREAKS, changed_in_words
from optimizer.report.steps import biggest, steps
from optimizer.schema import cash_terms, terms_of_kind

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

Card = tuple[str, str, str]

_SOON, _LATER = 30, 10
_STOPS = {
    "gap_reached": "the target gap was reached",
    "time_limit": "the time limit was reached",
    "interrupted": "it was interrupted",
}


def cards(context: PlanContext) -> list[Card]:
    """Figures for a first look."""
    plan = context.plan
    return [
        *_elastic(plan),
        _cost(plan),
        _gap(plan),
        _service(plan),
        _capacity(context),
        _cash(context),
        _penalties(plan),
        *_owed(plan),
    ]


def _elastic(plan: Plan) -> list[Card]:
    """A warning on a plan that does not meet all rules."""
    lost = changed_in_words(plan)
    what = f"{len(lost)} {'input' if len(lost) == 1 else 'inputs'} changed"
    return [("Not all rules are met", what, f"{BREAKS}: {'; '.join(lost)}")] if lost else []


def _cost(plan: Plan) -> Card:
    currency, value = plan.instance.head.currency, plan.objective
    label = "Net present cost" if value >= 0 else "Net present gain"
    rate = plan.instance.head.discount_rate
    detail = f"discounted at {percent(rate)} a year" if rate else "not discounted"
    return label, money(abs(value), currency), f"over the plan, {detail}, including penalties"


def _gap(plan: Plan) -> Card:
    currency = plan.instance.head.currency
    if plan.bound is None or plan.gap is None:
        return "Gap", "unknown", "no bound is proven"
    if plan.objective <= plan.bound:
        return "Gap", "none", "proven: no plan is cheaper"
    saving = money(plan.objective - plan.bound, currency)
    return "Gap", saving, f"at most this could be saved: {percent(plan.gap)} of the cost; {status(plan)}"


def part(plan: Plan, name: str) -> dict[str, Any]:
    """A part of the plan's head, empty where there is none."""
    found = plan.head.get(name)
    return found if isinstance(found, dict) else {}


def status(plan: Plan) -> str:
    """How good the plan is, and why the search ended."""
    target = percent(float(part(plan, "options").get("gap") or 0.0))
    reason = str(plan.head.get("stopped", ""))
    good = plan.status == "optimal"
    words = (
        f"within the target gap of {target}"
        if good
        else f"not within the target gap of {target}: {_STOPS.get(reason, reason)}"
    )
    return f"{words}; relaxed: blocks and lots may be fractional" if plan.head.get("relaxed") else words


def _service(plan: Plan) -> Card:
    wanted, missing = float(plan.service["demand"].sum()), float(plan.service["unserved"].sum())
    if wanted == 0:
        return "Demand served", "–", "the instance has no monthly demand"
    if missing <= 1e-9 * wanted:
        return "Demand served", "100 %", "all demand, in every month"
    return "Demand served", level(1 - missing / wanted), f"{percent(missing / wanted)} of demand is not served"


def _capacity(context: PlanContext) -> Card:
    totals = context.plan.capacity.groupby("month")["accelerators"].sum().reindex(context.months, fill_value=0.0)
    first, peak, month = float(totals.iloc[0]), float(totals.max()), str(totals.idxmax())
    return (
        "Peak accelerators",
        count(peak),
        f"in {month_text(month)}; {count(first)} in {month_text(context.months[0])}",
    )


def _cash(context: PlanContext) -> Card:
    table = context.plan.cash
    paid = table[~table["term"].isin(terms_of_kind("penalty", "residual"))].groupby("month")["amount"].sum()
    paid = paid.reindex(context.months, fill_value=0.0)
    year, total = float(paid.iloc[:12].sum()), float(paid.sum())
    label = f"{'Net cash out' if year >= 0 else 'Net cash in'}, first {min(12, context.horizon)} months"
    return label, money(abs(year), context.currency), f"{net(total, context.currency)} over the plan, without penalties"


def _penalties(plan: Plan) -> Card:
    currency, table = plan.instance.head.currency, plan.cash
    amounts = table[table["term"].isin(terms_of_kind("penalty"))].groupby("term")["amount"].sum()
    if amounts.sum() == 0:
        return "Penalties", "none", "in the cost, not in cash"
    parts = [(cash_terms()[str(term)].says, float(value)) for term, value in amounts.items() if value]
    names = ", ".join(f"{name} {money(value)}" if len(parts) > 1 else name for name, value in parts)
    return "Penalties", money(float(amounts.sum()), currency), f"in the cost, not in cash: {names}"


def _owed(plan: Plan) -> list[Card]:
    """What falls due after the plan's last month, if anything."""
    owed = owed_after(plan.instance, plan.decisions)
    if not owed:
        return []
    largest = ", ".join(f"{item} {money(amount)}" for item, amount in list(owed.items())[:3])
    more = f" and {len(owed) - 3} more" if len(owed) > 3 else ""
    detail = f"for contracts and orders made by then, not included in the cost: {largest}{more}"
    return [("Due after the plan", money(sum(owed.values()), plan.instance.head.currency), detail)]


def next_steps(plan: Plan) -> tuple[str, Grid]:
    """What to do in the next months, with its heading."""
    first, last = (plan.instance.label(t) for t in (0, min(NEXT_MONTHS, plan.instance.head.months) - 1))
    soon = [step for step in steps(plan) if step.month <= last]
    span = f"{month_text(first)} to {month_text(last)}"
    if not soon:
        return f"No decisions from {span}", Grid(())
    return f"What to do in the next {NEXT_MONTHS} months, {span}", steps_grid(plan, biggest(soon, _SOON), _SOON)


def later_steps(plan: Plan) -> tuple[str, Grid]:
    """The biggest decisions after the next months, with their heading; an empty table if there are none."""
    until = plan.instance.label(NEXT_MONTHS)
    later = [step for step in steps(plan) if step.month >= until and not step.early]
    if not later:
        return "No decisions after that", Grid(())
    return "Largest decisions after that", steps_grid(plan, biggest(later, _LATER), _LATER)

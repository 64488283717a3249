"""What the tables of a plan and their columns mean, with units: for headers of sheets."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimizer.report.sheets import Heading

MEANINGS = {
    "decisions": "What to do, in which month: orders, signatures, hand-backs, ends",
    "capacity": "Accelerators by month and pool: used, leased out, idle",
    "allocation": "What runs where, month by month",
    "leases": "Which pool's accelerators cover which outlet",
    "runs": "Training runs: where, at what size, from when to when, how late",
    "service": "Demand, served and unserved work, by month and workload",
    "power": "Facility MW by month and own site: available, used, leased out",
    "outages": "What critical work would run where if a member of a policy were lost",
    "rules": "The planner's own rules: value, limit, slack, violation, shadow price",
    "cash": "Money by month, term, item and party; money out is positive",
    "obligations": "What is still to be paid for what is signed and ordered, if left as early as allowed",
    "values": "Marginal values, as present value (capopt explain)",
    "steps": "What a step of useful size saves, each solved on its own (capopt explain)",
    "offers": "Verdict on every offer, and its break-even price (capopt explain)",
    "deadlines": "Latest month of each decision, and the cost of delay (capopt explain)",
    "exits": "When terminable contracts end, and what other months cost (capopt explain)",
    "events": "What it costs if a site slips, demand grows faster, a lessor leaves (capopt explain)",
    "first": "Decisions of the first month, and in which events they stand (capopt explain)",
    "caps": "Cost of less exposure to a provider or owner, or of surviving its loss (capopt explain)",
    "losses": "What critical work is short if a provider, owner, site, region or tag is lost",
}
_MONTHS = frozenset({"month", "starts", "ends", "target", "takes_effect", "last_month", "notice", "share_month"})
_COUNT, _WORK, _MW = "accelerators", "reference-accelerators", "facility MW"
# Unit and meaning by column; by table and column where a table differs.
_COLUMNS: dict[str, tuple[str, str]] = {
    "month": ("", "Month."),
    "pool": ("", "site/accelerator for installed ones, else the contract or on-demand offer."),
    "party": ("", "Provider or tenant; in_house for what is the planner's own."),
    "item": ("", "What it is about: a row of the inputs."),
    "accelerators": (_COUNT, "How many."),
    "work": (_WORK, "Accelerators x availability x throughput factor."),
    "accelerator": ("", "Kind of accelerator."),
    "site": ("", "Own site."),
    "workload": ("", "Workload."),
    "outlet": ("", "Outlet."),
    "run": ("", "Training run."),
    "starts": ("", "First month it runs."),
    "ends": ("", "Last month it runs; blank if that is open."),
    "decisions.month": (
        "",
        "Month of the decision: order, signature, notice, start; of what expires, the first month without it.",
    ),
    "decisions.decision": ("", "Kind of decision."),
    "decisions.blocks": ("blocks or lots", "How many."),
    "decisions.accelerators": (_COUNT, "In those blocks, at full delivery."),
    "decisions.mw": (_MW, "In those blocks."),
    "decisions.committed_cost": (
        "money",
        "Money that the step commits, nominal, also past the plan; negative for capacity leased out.",
    ),
    "capacity.source": ("", "in_house, contract or on_demand."),
    "capacity.site_or_region": ("", "Site of what is in-house, else region."),
    "capacity.accelerators": (_COUNT, "There in that month; of an on-demand offer, those taken."),
    "capacity.used": (_COUNT, "By workloads and training runs."),
    "capacity.leased_out": (_COUNT, "Covering outlets."),
    "capacity.idle": (_COUNT, "Neither used nor leased out."),
    "capacity.mw": (_MW, "When all of it runs."),
    "allocation.demand": ("", "Workload or training run that runs there."),
    "runs.target": ("", "Month it should be done in; blank without one."),
    "runs.late_months": ("months", "After the target."),
    "service.demand": (_WORK, "Demand."),
    "service.served": (_WORK, "Served."),
    "service.unserved": (_WORK, "Not served."),
    "power.mw_available": (_MW, "Supply, and builds that are energised."),
    "power.mw_used": (_MW, "By accelerators in use, leased out ones included."),
    "power.mw_leased_out": (_MW, "Powered space leased out."),
    "outages.policy": ("", "Policy."),
    "outages.member": ("", "Who or what is lost."),
    "rules.month": ("", "Month; of a rule on a total, the last of its window."),
    "rules.rule": ("", "Rule."),
    "rules.each": ("", "month: one constraint a month; total: one over the window."),
    "rules.sense": ("", "Sense."),
    "rules.value": ("unit of the rule", "Value of its terms."),
    "rules.rhs": ("unit of the rule", "Right-hand side."),
    "rules.slack": ("unit of the rule", "Distance to the limit."),
    "rules.violation": ("unit of the rule", "By how much the limit is exceeded."),
    "rules.shadow_price": (
        "money per unit",
        "Change of the net present cost per unit of the right-hand side, integer decisions fixed.",
    ),
    "cash.month": ("", "Month of payment; residual value and tail stand in the month after the last."),
    "cash.term": ("", "Kind of payment."),
    "cash.party": ("", "Who is paid; in_house for the own sites, blank for penalties."),
    "obligations.month": ("", "Month at whose start it is owed: its decisions made, nothing of it paid."),
    "obligations.party": ("", "Who is paid; in_house for builds and purchases."),
    "obligations.owed": ("money", "Still to be paid if handed back as early as allowed, the month included; nominal."),
    "obligations.owed_after_horizon": ("money", "The part of it that falls due after the plan's last month."),
    "cash.amount": ("money", "Money out is positive, money in negative; nominal."),
    "values.kind": ("", "mw of a site, accelerator of a pool, demand of a workload, or budget."),
    "values.unit": ("", "What the figures are per."),
    "values.held": ("money per unit", "Value of one more at fixed decisions (shadow price); for demand, its cost."),
    "values.held_fewer": (
        "money per unit",
        "Cost of one fewer at fixed decisions (shadow price); for demand, its saving.",
    ),
    "values.relaxed": ("money per unit", "In the LP relaxation: for ranking only."),
    "steps.step": ("", "The edit that is tried."),
    "steps.saves": ("money", "Cost of the plan less cost with the step; blank if it leaves no plan."),
    "steps.at_least": ("money", "What best plans save at least."),
    "steps.at_most": ("money", "What best plans save at most."),
    "steps.objective": ("money", "Net present cost with the step."),
    "steps.note": ("", "Why there are no figures: it leaves no plan, or none was found in time."),
    "offers.table": ("", "Table of the inputs in which it stands."),
    "offers.verdict": ("", "taken, partly or rejected."),
    "offers.taken": ("blocks or lots", "How many; accelerator-months for on-demand offers."),
    "offers.possible": ("blocks or lots", "How many at most; accelerator-months for on-demand offers."),
    "offers.price": ("as in the inputs", "As in the inputs."),
    "offers.worth": ("money", "What the best plan found without the offer costs more."),
    "offers.worth_at_least": ("money", "The least by which best plans with and without it differ."),
    "offers.worth_at_most": ("money", "The most by which best plans with and without it differ."),
    "offers.price_to_win": (
        "as in the inputs",
        "Break-even price: below it, for outlets above it, the offer is taken.",
    ),
    "offers.at_least": ("as in the inputs", "Proven lower limit of the break-even price."),
    "offers.at_most": ("as in the inputs", "Proven upper limit of the break-even price."),
    "offers.proven": ("", "Whether the break-even price is proven."),
    "offers.reason": ("", "In words."),
    "deadlines.month": ("", "Month to act in."),
    "deadlines.act": ("", "What to do."),
    "deadlines.decision": ("", "Kind of decision."),
    "deadlines.blocks": ("blocks or lots", "How many."),
    "deadlines.takes_effect": ("", "First month with, or without, the capacity."),
    "deadlines.last_month": ("", "Last month in which it can be decided; blank if that is open."),
    "deadlines.delay_costs": (
        "money",
        "Cost of deciding a month later at the earliest, as found; blank if unknown or impossible.",
    ),
    "deadlines.at_least": ("money", "The least by which best plans differ."),
    "deadlines.at_most": ("money", "The most by which best plans differ."),
    "exits.decision": ("", "Kind of decision."),
    "exits.month": ("", "First month without it; the month after the last: kept to the end."),
    "exits.notice": ("", "Month to give notice in."),
    "exits.shift": ("months", "Later than in the plan; negative: earlier."),
    "exits.costs": ("money", "How much more the best plan found costs; negative: it costs less."),
    "exits.at_least": ("money", "The least by which best plans differ."),
    "exits.at_most": ("money", "The most by which best plans differ."),
    "exits.note": ("", "Why there are no figures."),
    "events.event": ("", "What happens."),
    "events.kind": ("", "slip, growth or taken_back."),
    "events.month": ("", "First month in which it is felt."),
    "events.costs": ("money", "How much more the best plan found costs."),
    "events.at_least": ("money", "The least by which best plans differ."),
    "events.at_most": ("money", "The most by which best plans differ."),
    "events.unserved": ("share", "Share of demand that is not served."),
    "events.answer": ("", "Decisions that differ most from the plan's."),
    "events.note": ("", "Why there are no figures: it leaves no plan, or none was found in time."),
    "deadlines.delay_note": ("", "Why there is no cost: it leaves no plan, or none was found in time."),
    "first.month": ("", "The first month."),
    "first.act": ("", "What to do."),
    "first.decision": ("", "Kind of decision."),
    "first.blocks": ("blocks or lots", "Of the plan; 0: it decides nothing of it."),
    "first.least": ("blocks or lots", "In any of the plans for the events."),
    "first.most": ("blocks or lots", "In any of the plans for the events."),
    "first.events": ("", "How many events have a plan."),
    "first.kept": ("", "In how many of these it is decided too."),
    "first.otherwise": ("", "Events in which it is not; of what the plan does not decide, those in which it is."),
    "first.without_plan": ("", "Events that leave no plan, whatever is decided."),
    "first.not_found": ("", "Events for which no plan was found in time."),
    "first.delay_costs": ("money", "How much more the best plan costs that decides it a month later."),
    "first.at_least": ("money", "What it is proven to cost more at least."),
    "first.at_most": ("money", "What it is proven to cost more at most."),
    "first.delay_note": ("", "Why there is no such cost: it leaves no plan, or none was found in time."),
    "caps.requirement": ("", "The requirement, in words."),
    "caps.rule": ("", "max_share or survive, as in the table policies."),
    "caps.subject": ("", "Kind of member: provider, group or site."),
    "caps.member": ("", "Whose share is capped, or whose loss is to be survived."),
    "caps.share": ("share", "Its highest share of the capacity in-house and under contract in the plan."),
    "caps.limit": ("share", "Of the capacity, at most; of the critical work, at least."),
    "caps.month": ("", "First month in which it is kept; it cannot be in the one before."),
    "caps.costs": ("money", "How much more the best plan found costs."),
    "caps.at_least": ("money", "The least by which best plans differ."),
    "caps.at_most": ("money", "The most by which best plans differ."),
    "caps.unserved": ("share", "Share of demand that is not served."),
    "caps.answer": ("", "Decisions that differ most from the plan's."),
    "caps.note": ("", "Why there are no figures: it leaves no plan, or none was found in time."),
    "losses.subject": ("", "Kind of member: provider, group, site, region or tag."),
    "losses.member": ("", "Who or what is lost."),
    "losses.share": ("share", "Its highest share of the capacity in-house and under contract."),
    "losses.share_month": ("", "Month of that."),
    "losses.months": ("months", "In which critical work is short; 0: it can be lost."),
    "losses.first": ("", "First of these months."),
    "losses.month": ("", "Month in which most is short."),
    "losses.critical": (_WORK, "Critical work of that month."),
    "losses.short": (_WORK, "How much of it would not be served, all else giving way."),
    "losses.workloads": ("", "Which are short, in one way to share out what is left."),
    "losses.before": (_WORK, "How much of it could not be served even with nothing lost."),
    "cash.present_value": ("money", "Discounted to the first month; the column sums to the net present cost."),
}


def unit_and_meaning(table: str, column: str) -> tuple[str, str]:
    """Unit and meaning of a column, ``""`` each if nothing is known of it."""
    return _COLUMNS.get(f"{table}.{column}", _COLUMNS.get(column, ("", "")))


def headings(table: str, frame: pd.DataFrame, currency: str) -> list[Heading]:
    """Headings of the sheet of a plan table."""
    found = []
    for name in map(str, frame.columns):
        unit, meaning = unit_and_meaning(table, name)
        found.append(Heading(name, _kind(name, frame[name]), unit.replace("money", currency), meaning))
    return found


def _kind(name: str, column: pd.Series[Any]) -> str:
    if name in _MONTHS:
        return "month"
    if pd.api.types.is_bool_dtype(column):
        return "flag"
    return "number" if pd.api.types.is_numeric_dtype(column) else "text"

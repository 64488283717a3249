"""What the tables of a plan and their columns mean, with units: for headers of sheets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.plan.tables import text_columns
from optimizer.report.sheets import Heading

if TYPE_CHECKING:
    import pandas as pd

MEANINGS = {
    "decisions": "What to do, in which month: orders, signatures, hand-backs, ends",
    "capacity": "Accelerators by month and pool: used, leased out, idle",
    "allocation": "What runs where, month by month",
    "leases": "Which pool's accelerators cover which outlet",
    "runs": "Training runs: where, at what size, from when to when, how late",
    "service": "Work wanted, served and unserved, by month and workload",
    "power": "Facility MW by month and own site: available, used, leased out",
    "outages": "What critical work would run where if a member of a policy were lost",
    "rules": "The planner's own rules: value, limit, slack, violation, shadow price",
    "cash": "Money by month, term, item and party; money out is positive",
}
_MONTHS = frozenset({"month", "starts", "ends", "target"})
_MONEY = frozenset({"committed_cost", "amount", "present_value"})
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
    "decisions.month": ("", "Month to act in: of order, of signature, first month without the capacity."),
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
    "service.demand": (_WORK, "Wanted."),
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
    "rules.violation": ("unit of the rule", "By how much it is broken."),
    "rules.shadow_price": ("money per unit", "Change of the net present cost per unit of the right-hand side."),
    "cash.month": ("", "Month of payment; the residual value stands in the month after the last."),
    "cash.term": ("", "Kind of payment."),
    "cash.party": ("", "Who is paid; in_house for the own sites, blank for penalties."),
    "cash.amount": ("money", "Money out is positive, money in negative; nominal."),
    "cash.present_value": ("money", "Discounted to the first month; the column sums to the net present cost."),
}


def told(table: str, column: str) -> tuple[str, str]:
    """Unit and meaning of a column, ``""`` each if nothing is known of it."""
    return _COLUMNS.get(f"{table}.{column}", _COLUMNS.get(column, ("", "")))


def headings(table: str, frame: pd.DataFrame, currency: str) -> list[Heading]:
    """Headings of the sheet of a plan table."""
    texts = {*text_columns(table), *(str(name) for name in frame.columns if frame[name].dtype == object)}
    found = []
    for name in map(str, frame.columns):
        unit, meaning = told(table, name)
        kind = "month" if name in _MONTHS else "text" if name in texts else "number"
        found.append(Heading(name, kind, unit.replace("money", currency), meaning))
    return found

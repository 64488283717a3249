"""Own rules and policies: how close the plan is to each, and who would take over if a member were lost."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimizer.format import count, money, percents, rounded
from optimizer.program.money import budget_terms
from optimizer.report.charts import PlanContext
from optimizer.report.colours import party_text
from optimizer.report.exposure import Exposure
from optimizer.report.grid import Grid
from optimizer.report.page import Listed, Prose, Section

_ROWS = 200
_NAMES = 5
_NO_POLICY = (
    "No policy limits a share of the capacity or demands that a loss be survived. capopt explain computes the "
    "cost of less exposure; to enforce it, add a row to the table policies (rule max_share or survive) and solve "
    "again."
)


def rules(context: PlanContext) -> Section:
    """Rules and policies of the instance; a sentence where there are none."""
    plan = context.plan
    blocks: list[Any] = []
    if plan.instance.rows["rules"]:
        blocks.append(Listed("Own rules: room left and worth of one more unit", rules_grid(context)))
    if plan.instance.rows["budgets"]:
        blocks.append(Listed("Budgets: how much of each is spent", _budgets(context)))
    shares = [row for row in plan.instance.rows["policies"] if row.rule == "max_share"]
    if shares:
        blocks.append(Listed("Policies on shares: how close the plan comes to the limit", shares_grid(context, shares)))
    survive = [row for row in plan.instance.rows["policies"] if row.rule == "survive"]
    if survive:
        blocks.append(
            Listed("Policies on outages: where critical work runs if a member is lost", outages_grid(context))
        )
    policies = plan.instance.rows["policies"]
    if shares:
        blocks.append(Prose([_cap_text(shares[0].policy)]))
    if blocks and not policies:
        blocks.append(Prose([_NO_POLICY]))
    if not blocks:
        blocks.append(Prose([f"The instance has no rules of its own and no budgets. {_NO_POLICY}"]))
    return Section("rules", "Own rules, budgets and policies", tuple(blocks))


def _cap_text(policy: str) -> str:
    return f"What a limit costs: capopt whatif PLAN --set policies.{policy}.limit=VALUE solves again with another one."


def rules_grid(context: PlanContext) -> Grid:
    """A row for each rule: constraints, those that bind, least slack, highest violation, highest shadow price."""
    table = context.plan.tables["rules"]
    columns = (
        "Rule",
        "Limit",
        "Each",
        "Constraints",
        "Binding",
        "Least slack",
        "In",
        "Most violated by",
        "Shadow price, highest",
    )
    rows = []
    for row in context.plan.instance.rows["rules"]:
        mine = table[table["rule"] == row.rule]
        limit = f"{row.sense} {count(row.rhs)}"
        if mine.empty:
            rows.append((row.rule, limit, row.each, "0", "", "", "", "", ""))
            continue
        tight = mine.loc[mine["slack"].idxmin()]
        binding = int((mine["slack"] <= 1e-6 * mine["rhs"].abs().clip(lower=1.0)).sum())
        price = float(mine["shadow_price"].iloc[int(mine["shadow_price"].abs().to_numpy().argmax())])
        ends = (count(float(tight["slack"])), str(tight["month"]), count(float(mine["violation"].max())), _price(price))
        rows.append((row.rule, limit, row.each, str(len(mine)), str(binding), *ends))
    note = (
        f"Shadow price: change of the net present cost, in {context.currency}, per unit of the right-hand side, for a "
        "small change that loosens the rule, with the integer decisions of the plan fixed."
    )
    return Grid(columns, rows, 3, note)


def _price(value: float) -> str:
    return money(value)


def _budgets(context: PlanContext) -> Grid:
    label = context.plan.instance.label
    columns = ("Budget", "From", "To", "Covers", "Net of lease-outs", "Amount", "Spent", "Used")
    rows = []
    for row in context.plan.instance.rows["budgets"]:
        spent = _spent(context.plan.cash, row, label)
        used = percents(spent / row.amount) if row.amount else ""
        ends = (rounded(row.amount), f"{spent:,.0f}", used)
        rows.append((row.budget, label(row.from_), label(row.to), row.covers, "yes" if row.net else "no", *ends))
    return Grid(columns, rows, 5, f"In {context.currency}, nominal.")


def _spent(cash: pd.DataFrame, budget: Any, label: Any) -> float:
    """Money out that a budget covers, less lease-out revenue where it is net."""
    counts = cash["term"].isin(budget_terms(budget))
    inside = (cash["month"] >= label(budget.from_)) & (cash["month"] <= label(budget.to))
    return float(cash.loc[counts & inside, "amount"].sum())


def shares_grid(context: PlanContext, policies: list[Any]) -> Grid:
    """For each policy on shares, the members that come closest to its limit."""
    exposure, label = Exposure(context.plan), context.plan.instance.label
    columns = ("Policy", "Of each", "Member", "Highest in", "Limit", "Highest share", "Room left")
    rows = []
    for row in policies:
        first, last = max(row.from_, 0), min(row.to, context.horizon - 1)
        found = exposure.shares(row.subject, first, last) if first <= last else []
        mine = [s for s in found if (s.member == row.member if row.member else s.member != "in_house")]
        for share in mine[: 3 if not row.member else 1]:
            ends = (percents(row.limit), percents(share.peak), percents(max(row.limit - share.peak, 0.0)) or "none")
            rows.append((row.policy, row.subject, party_text(share.member), share.month, *ends))
        if not mine:
            span = f"{label(row.from_)} to {label(row.to)}"
            rows.append(
                (row.policy, row.subject, row.member or "each", f"no capacity, {span}", percents(row.limit), "", "")
            )
    return Grid(columns, rows, 4, "Of the capacity in-house and under contract, in reference-accelerators.")


def outages_grid(context: PlanContext) -> Grid:
    """For each member that may be lost: the critical work that runs on, and the pools that take it over."""
    table = context.plan.tables["outages"]
    columns = (
        "Policy",
        "If lost",
        "Most work in",
        "Pools that take over",
        "Workloads",
        "Work then",
        "Accelerators then",
    )
    rows = []
    for (policy, member), mine in table.groupby(["policy", "member"], sort=False):
        work = mine.groupby("month")["work"].sum()
        worst = str(work.idxmax())
        then = mine[mine["month"] == worst]
        parts = (_joined(then["pool"]), _joined(then["workload"]))
        amounts = (rounded(float(work[worst])), rounded(float(then["accelerators"].sum())))
        rows.append((str(policy), party_text(str(member)), worst, *parts, *amounts))
    note = "All other work gives way. Month by month in the plan's table outages."
    return Grid(columns, rows[:_ROWS], 5, note)


def _joined(names: pd.Series[str]) -> str:
    unique = list(dict.fromkeys(map(str, names)))
    more = f" and {len(unique) - _NAMES} more" if len(unique) > _NAMES else ""
    return "; ".join(unique[:_NAMES]) + more

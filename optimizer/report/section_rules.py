"""Own rules and policies: how close the plan is to each, and who would take over if a member were lost."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimizer.format import count, fixed, money, month_cell, percents, rounded
from optimizer.program.budgets import budget_terms
from optimizer.report.colours import party_text
from optimizer.report.document import Block, Figure, Grid, Prose, Section, Table
from optimizer.report.exposure import Exposure
from optimizer.report.plan_context import PlanContext

_ROWS = 200
_NAMES = 5
_EDGE = 1e-6  # relative: a rule nearer to its limit binds
_SENSES = {"<=": "at most", ">=": "at least", "=": "exactly"}
_NO_POLICY = (
    "No policy limits a share of the capacity or demands that a loss be survived. capopt explain computes the "
    "cost of less exposure; to enforce it, add a row to the table policies (rule max_share or survive) and solve "
    "again."
)


def rules(context: PlanContext) -> Section:
    """Return rules and policies of the instance; a sentence where there are none."""
    rows = context.plan.instance.rows
    shares = [row for row in rows["policies"] if row.rule == "max_share"]
    tables = [
        rules_table(context),
        _budgets(context),
        shortfalls_table(context),
        Table("Policies on shares: how close the plan comes to the limit", shares_grid(context, shares)),
        Table("Policies on outages: where critical work runs if a member is lost", outages_grid(context)),
    ]
    blocks: list[Block] = [table for table in tables if table.grid.rows]
    if shares:
        blocks.append(Prose([_cap_text(shares[0].policy)]))
    if not blocks:
        blocks.append(Prose([f"The instance has no rules of its own and no budgets. {_NO_POLICY}"]))
    elif not rows["policies"]:
        blocks.append(Prose([_NO_POLICY]))
    return Section("rules", "Own rules, budgets and policies", blocks)


def _cap_text(policy: str) -> str:
    return f"What a limit costs: capopt whatif PLAN --set policies.{policy}.limit=VALUE solves again with another one."


def rules_table(context: PlanContext, tight: bool = False) -> Table:
    """Return a row for each rule, or for those that bind or are violated only, which then come by what they cost."""
    plan, currency = context.plan, context.currency
    penalties = plan.cash[plan.cash["term"] == "violation"].groupby("item")["amount"].sum()
    found: list[tuple[tuple[float, float], tuple[str, ...]]] = []
    for name, mine in plan.rules.groupby("rule", sort=False):
        size = mine[["rhs", "value"]].abs().max(axis=1).clip(lower=1.0)
        binding = mine[(mine["violation"] > _EDGE * size) | (mine["slack"] <= _EDGE * size)]
        if tight and binding.empty:
            continue
        price = float(mine["shadow_price"].iloc[int(mine["shadow_price"].abs().to_numpy().argmax())])
        penalty, violation = float(penalties.get(name, 0.0)), float(mine["violation"].max())
        least = mine.iloc[int(mine["slack"].to_numpy().argmin())]
        texts = (str(name), _limit(mine), _when(binding), str(len(mine)), str(len(binding)))
        amounts = (
            count(float(least["slack"])),
            month_cell(least["month"]),
            count(violation),
            money(penalty),
            money(price),
        )
        found.append(((-penalty, -abs(price)), (*texts, *amounts)))
    found += [] if tight else [((0.0, 0.0), row) for row in _without_rows(context)]
    columns = (
        *("Rule", "Limit", "Binds or violated in", "Constraints", "Binding", "Least slack", "In"),
        *("Most violated by", f"Penalty, {currency}", "Shadow price, highest"),
    )
    note = (
        f"Shadow price: change of the net present cost, in {currency}, per unit of the right-hand side, for a small "
        "change that loosens the rule, with the integer decisions of the plan fixed."
    )
    rows = [row for _, row in (sorted(found, key=lambda one: one[0]) if tight else found)]
    caption = "Own rules that bind or are violated" if tight else "Own rules: slack and value of one more unit"
    spare = ("Constraints", "Binding", "In", "Least slack")
    return Table(caption, Grid(columns, rows, 3, note, spare=spare, source="the plan's table rules"))


def _without_rows(context: PlanContext) -> list[tuple[str, ...]]:
    """Rules without a constraint in the plan."""
    there = set(context.plan.rules["rule"])
    rows = [row for row in context.plan.instance.rows["rules"] if row.rule not in there]
    return [(row.rule, f"{_SENSES[row.sense]} {count(row.rhs)}", "", "0", *[""] * 6) for row in rows]


def _limit(mine: pd.DataFrame) -> str:
    row = mine.iloc[0]
    return f"{_SENSES[row['sense']]} {count(row['rhs'])} {'in all' if row['each'] == 'total' else 'a month'}"


def _when(binding: pd.DataFrame) -> str:
    """The month, or how many there are from when to when."""
    months = sorted(binding["month"])
    if len(months) < 2:
        return "".join(months)
    return f"{len(months)} months, {month_cell(months[0])} to {month_cell(months[-1])}"


def shortfalls_table(context: PlanContext) -> Table:
    """Return the years of spend commitments that are not reached, and what is paid for that."""
    unpaid = context.plan.cash[context.plan.cash["term"] == "shortfall"]
    rows = [
        (month_cell(row["month"]), row["item"], party_text(row["party"]), Figure(row["amount"], money))
        for row in unpaid.sort_values("month", kind="stable").to_dict("records")
    ]
    columns = ("Year to", "Commitment", "Provider", f"Short by, {context.currency}")
    return Table("Spend commitments not reached", Grid(columns, rows, 3, source="the plan's table cash"))


def _budgets(context: PlanContext) -> Table:
    """Return how much of each budget is spent."""
    label = context.plan.instance.label
    columns = ("Budget", "From", "To", "Covers", "Net of lease-outs", "Amount", "Spent", "Used")
    rows = []
    for row in context.plan.instance.rows["budgets"]:
        spent = _spent(context.plan.cash, row, label)
        used = percents(spent / row.amount) if row.amount else ""
        ends = (rounded(row.amount), fixed(spent, 0, "0"), used)
        rows.append((row.budget, label(row.from_), label(row.to), row.covers, "yes" if row.net else "no", *ends))
    return Table("Budgets: how much of each is spent", Grid(columns, rows, 5, f"In {context.currency}, nominal."))


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
            rows.append((row.policy, row.subject, party_text(share.member), month_cell(share.month), *ends))
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

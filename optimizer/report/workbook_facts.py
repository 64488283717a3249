"""Figures on the summary of a plan's workbook, with the formulas that give them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from optimizer.cash_terms import terms_of_kind
from optimizer.report.sheets import place
from optimizer.report.workbook_months import FIRST, SHEET, Column, position_of

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan


@dataclass(frozen=True)
class Fact:
    """A figure.

    Attributes
    ----------
    key : str
        Name by which other formulas refer to it.
    label, meaning : str
        What it is.
    value : float or str
        What it is now.
    formula : str
        How it follows from the other sheets; ``{key}`` stands for the cell of another figure. ``""`` if it does not.
    style : str
        Number format; ``""`` chooses by size.
    """

    key: str
    label: str
    value: float | str
    meaning: str = ""
    formula: str = ""
    style: str = ""


def headline(plan: Plan, months: list[Column]) -> list[Fact]:
    """Cost, money, work and capacity."""
    return [*_cost(plan), *_money(plan), *_work(plan), *_capacity(plan, months)]


def _cost(plan: Plan) -> list[Fact]:
    currency, total = plan.instance.head.currency, float(plan.cash["present_value"].sum())
    cost = Fact("cost", "Net present cost", total, f"{currency}, including penalties", "SUM(plan_cash[present_value])")
    if plan.bound is None:
        return [cost, Fact("bound", "Proven bound", "none", "no bound is proven")]
    saving = total - plan.bound
    gap = saving / abs(total) if total else 0.0
    return [
        cost,
        Fact("bound", "Proven bound", plan.bound, f"{currency}; no plan costs less"),
        Fact("saving", "Gap: at most this could be saved", saving, currency, "{cost}-{bound}"),
        Fact("gap", "Gap, relative", gap, "of the cost", "IF({cost}=0,0,{saving}/ABS({cost}))", "percent"),
    ]


def kind_sum(kind: str) -> str:
    """Return the formula of the nominal sum of the cash terms of a kind."""
    return "+".join(f'SUMIFS(plan_cash[amount],plan_cash[term],"{term}")' for term in terms_of_kind(kind))


def _money(plan: Plan) -> list[Fact]:
    cash, currency = plan.cash, plan.instance.head.currency
    penalties, residual, owed = (
        float(cash.loc[cash["term"].isin(terms_of_kind(kind)), "amount"].sum())
        for kind in ("penalty", "residual", "owed")
    )
    paid = float(cash["amount"].sum()) - penalties - residual - owed
    all_paid = "SUM(plan_cash[amount])-{penalties}-{residual}-{owed}"
    return [
        Fact("paid", "Cash out, net of money in", paid, f"{currency}, nominal, over the entire plan", all_paid),
        Fact(
            "penalties", "Penalties", penalties, f"{currency}, nominal; in the cost, not in cash", kind_sum("penalty")
        ),
        Fact("residual", "Residual value", residual, f"{currency}, nominal; money in", kind_sum("residual")),
        Fact("owed", "Tail of contracts", owed, f"{currency}, share of what is due after the plan", kind_sum("owed")),
    ]


def _work(plan: Plan) -> list[Fact]:
    wanted, missing = float(plan.service["demand"].sum()), float(plan.service["unserved"].sum())
    share = missing / wanted if wanted else 0.0
    unit = "reference-accelerator-months"
    formula = "IF({wanted}=0,0,{missing}/{wanted})"
    return [
        Fact("wanted", "Demand", wanted, unit, "SUM(plan_service[demand])"),
        Fact("missing", "Work not served", missing, unit, "SUM(plan_service[unserved])"),
        Fact("share", "Share not served", share, "of demand", formula, "percent"),
    ]


def _capacity(plan: Plan, months: list[Column]) -> list[Fact]:
    found = []
    for key, label, unit in (
        ("accelerators", "Peak accelerators", "accelerators, all sources"),
        ("mw", "Peak power", "facility MW of what is there, when all of it runs"),
        ("idle", "Peak idle accelerators", "accelerators"),
    ):
        at = position_of(months, key)
        cells = f"{place(FIRST, at)}:{place(FIRST + len(months[at - 1].values) - 1, at)}"
        value = max(months[at - 1].values, default=0.0)
        found.append(Fact(key, label, value, unit, f"MAX({SHEET}!{cells})"))
    return found

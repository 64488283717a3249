"""How near a plan stays to an earlier one: what that costs, and what changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from optimizer.format import count, money, month_cell, month_text, percent, shown
from optimizer.report.document import Block, Figure, Grid, KeyFigures, Section, Table

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

_ROWS = 200
_LOST = "Decisions of the earlier plan that are not possible here"


def near_figures(plan: Plan) -> list[tuple[str, str, str]]:
    """Return what staying near the earlier plan costs, and how much changed; nothing of other plans."""
    near = plan.head.get("near")
    if not isinstance(near, dict):
        return []
    currency, extra, best = plan.instance.head.currency, near["cost_of_stability"], near["best_cost"]
    earlier = f"the plan {shown(near['plan']['name'])} of {month_text(near['plan']['start'])}"
    limit = f"{percent(near['within'])} were allowed over the best plan found, {money(best, currency)}"
    cost = money(extra, currency) if extra else "none"
    share = f"{percent(extra / abs(best))} of it; " if extra and best else ""
    return [
        (f"Cost of staying near {earlier}", cost, f"{share}{limit}"),
        ("Changed decisions", _distance(near, currency), f"in money bound; {_proof(near, currency)}"),
    ]


def _distance(near: Mapping[str, Any], currency: str) -> str:
    return money(near["distance"], currency) if near["distance"] else "none"


def _proof(near: Mapping[str, Any], currency: str) -> str:
    """Return what is proven of the distance."""
    if not near["distance"]:
        return "nothing of the earlier plan is dropped, added or moved"
    if not near["distance_bound"]:
        return "nothing is proven of how little could change"
    gap, least = near["distance_gap"], money(near["distance_bound"], currency)
    return f"no plan of this cost changes less than {least}, gap {percent(gap)}"


def near_tables(plan: Plan) -> list[Table]:
    """Return what changed, the most money first, and what could not be kept; nothing of other plans."""
    near = plan.head.get("near")
    if not isinstance(near, dict):
        return []
    changes = sorted(near["changes"], key=lambda one: -one["counts"])
    columns = ("Change", "Decision", "Item", "Month", "Blocks", f"Counts, {plan.instance.head.currency}")
    grid = Grid(columns, [_row(one) for one in changes], 4, source="near in plan.json").head(_ROWS)
    lost = [
        (_verb(one), shown(one["item"]), month_cell(one["month"]), one["reason"], count(one["blocks"]))
        for one in near["lost"]
    ]
    tables = [Table("Changes from the earlier plan", grid, "No decision of the earlier plan changes.")]
    if lost:
        tables.append(Table(_LOST, Grid(("Decision", "Item", "Month", "Why", "Blocks"), lost, 4)))
    return tables


def near_section(plan: Plan) -> list[Section]:
    """Return the section of the page; none for plans that do not stay near another."""
    tables: list[Block] = [*near_tables(plan)]
    return (
        [Section("near", "Changes from the earlier plan", [KeyFigures(near_figures(plan)), *tables])] if tables else []
    )


def _row(change: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the cells of a change."""
    months = [month_cell(month) for month in (change["month_a"], change["month_b"]) if month]
    item = shown(change["item"]) + (f" in {shown(change['pool'])}" if change["pool"] else "")
    blocks, counts = Figure(change["blocks"], count), Figure(change["counts"], money)
    return change["change"], _verb(change), item, " → ".join(months), blocks, counts


def _verb(change: Mapping[str, Any]) -> str:
    return str(change["decision"]).replace("_", " ")

"""Two plans under uncertainty side by side: cost and risk, the cost of each scenario, and the decisions of now."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from rich.console import Group

from optimizer.format import compact, money, signed_money
from optimizer.instance.check_decided import IGNORED
from optimizer.plan.by_scenario import EVERY
from optimizer.plan.plan import Plan
from optimizer.plan.tables import SCENARIO
from optimizer.report.document import Grid, Table
from optimizer.report.steps import VERBS
from optimizer.report.terminal import draw

_FIGURES = {
    "objective": "Objective",
    "expected_cost": "Expected cost",
    "worst_cost": "Worst cost",
    "cvar": "CVaR",
}
_MOST = 20
_NOTHING = 1e-6  # blocks


def compare_uncertain(a: Plan, b: Plan) -> dict[str, Any]:
    """Return what differs between two plans under uncertainty, as plain values.

    Returns
    -------
    dict
        ``figures``: objective, expected and worst cost and CVaR of both; ``scenarios``: cost of each scenario, None
        where a plan lacks it; ``decisions``: those of all scenarios that differ, with the blocks of both.
    """
    figures = {name: {"a": a.head[name], "b": b.head[name]} for name in _FIGURES}
    costs = [dict(plan.tables["scenarios"].set_index(SCENARIO)["cost"]) for plan in (a, b)]
    names = dict.fromkeys([*costs[0], *costs[1]])
    blocks = [_now(plan) for plan in (a, b)]
    both = [(key, blocks[0].get(key, 0.0), blocks[1].get(key, 0.0)) for key in sorted({*blocks[0], *blocks[1]})]
    return {
        "figures": figures,
        "scenarios": [{"scenario": name, "a": costs[0].get(name), "b": costs[1].get(name)} for name in names],
        "decisions": [
            {"month": month, "decision": decision, "item": item, "a": one, "b": other}
            for (month, decision, item), one, other in both
            if abs(one - other) > _NOTHING
        ],
    }


def _now(plan: Plan) -> dict[tuple[str, str, str], float]:
    """Return the blocks of decisions that all scenarios share, by month, decision and item."""
    found: dict[tuple[str, str, str], float] = defaultdict(float)
    rows = plan.decisions[(plan.decisions[SCENARIO] == EVERY) & (plan.decisions["decision"] != IGNORED)]
    columns = rows[["month", "decision", "item", "blocks"]]
    for month, decision, item, blocks in columns.itertuples(index=False, name=None):
        found[month, decision, item] += float(blocks)
    return found


def render_uncertain_comparison(found: dict[str, Any], currency: str, names: tuple[str, str], width: int) -> Group:
    """Return what :func:`compare_uncertain` found, for a console."""
    columns = (names[0].capitalize(), names[1].capitalize(), "Difference")
    figures = [(_FIGURES[name], *_pair(both)) for name, both in found["figures"].items()]
    costs = [(row["scenario"], *_pair(row)) for row in found["scenarios"]]
    decisions = [
        (row["month"], f"{VERBS[row['decision']]} {row['item']}", compact(row["a"]), compact(row["b"]))
        for row in found["decisions"]
    ]
    tables = [Table(f"Cost and risk, {currency}", Grid(("", *columns), figures))]
    tables += [Table(f"Cost by scenario, {currency}", Grid(("Scenario", *columns), costs))]
    if decisions:
        title = "Decisions in all scenarios that differ, blocks"
        tables.append(Table(title, Grid(("Month", "Step", *columns[:2]), decisions, 2)))
    return Group(*draw(tables, width, _MOST))


def _pair(both: dict[str, Any]) -> tuple[str, str, str]:
    a, b = both["a"], both["b"]
    texts = ["" if value is None else money(value) for value in (a, b)]
    return texts[0], texts[1], "" if a is None or b is None else signed_money(b - a)

"""Key figures of a plan under uncertainty: its cost and risk, and what it costs not to know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from optimizer.format import grouped, money, percent, proven_interval, shown
from optimizer.plan.tables import SCENARIO
from optimizer.report.key_figures import KeyFigure, part, status

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

_NOTHING = 1e-9  # of the plan's cost: smaller amounts are noise


def cost_figures(plan: Plan) -> list[KeyFigure]:
    """Return cost, gap and risk of the plan."""
    head, currency = plan.head, plan.instance.head.currency
    level, risk = percent(head["risk"]["level"]), head["risk"]
    found = [("Expected cost", money(head["expected_cost"], currency), "net present cost over all scenarios")]
    if risk["measure"] != "none":
        measure = f"{percent(risk['weight'])} {risk['measure']}, the rest expected cost"
        found.append(("Objective", money(plan.objective, currency), measure))
    found += [_gap(plan), ("Worst cost", money(head["worst_cost"], currency), f"if {costliest(plan)} comes")]
    return [*found, ("CVaR", money(head["cvar"], currency), f"mean cost of the worst scenarios beyond {level}")]


def audit_figure(plan: Plan) -> list[KeyFigure]:
    """Return the verdict of the audit; nothing of a plan that was not audited."""
    audit = part(plan, "audit")
    if "passed" not in audit:
        return []
    passed = "passed" if audit["passed"] else "FAILED"
    return [("Audit", passed, f"{grouped(audit['checks'])} checks, every scenario with its own data")]


def _gap(plan: Plan) -> KeyFigure:
    if plan.bound is None or plan.gap is None:
        return "Gap", "unknown", f"no bound is proven; {status(plan)}"
    bound = money(plan.bound, plan.instance.head.currency)
    return "Gap", percent(plan.gap), f"no plan is proven to be below {bound}; {status(plan)}"


def costliest(plan: Plan) -> str:
    """Return the name of the scenario that costs most."""
    by_cost = plan.tables["scenarios"].sort_values("cost", ascending=False, kind="stable")
    return shown(str(by_cost[SCENARIO].iloc[0]), 60)


def information_figures(plan: Plan) -> list[KeyFigure]:
    """Return what it costs not to know what comes, and what planning with the base data alone would cost."""
    knowing, planning = plan.head["evpi"], plan.head["vss"]
    found = [("Cost of not knowing", saving_text(plan, knowing), "expected value of perfect information (EVPI)")]
    if planning["why"]:
        return [*found, ("Base data alone", "unknown", planning["why"])]
    meaning = "more with what the base data alone decide now: value of the stochastic solution (VSS)"
    return [*found, ("Base data alone", saving_text(plan, planning), meaning)]


def saving_text(plan: Plan, value: Mapping[str, Any]) -> str:
    """Return between what a saving is proven to be; more knowledge, or more choice, never costs more."""
    least, most = (_end(plan, value[key]) for key in ("at_least", "at_most"))
    if most == 0:
        return "nothing"
    return proven_interval(least if least is None or least > 0 else None, most, plan.instance.head.currency)


def _end(plan: Plan, value: Any) -> float | None:
    """Return an end of an interval; None where nothing is proven, and 0 for noise."""
    if value is None or value != value:
        return None
    return 0.0 if value <= _NOTHING * abs(plan.objective) and value >= -_NOTHING * abs(plan.objective) else float(value)

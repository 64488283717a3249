"""The audit of what a plan under uncertainty costs: by scenario, in the measure of risk, and what knowing is worth."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.auditing.headline import is_number, part
from optimizer.auditing.scenario_case import SCENARIO, Case, distinguished, first_known, month_of
from optimizer.auditing.tables import figures, texts
from optimizer.auditing.verdict import RELATIVE, Findings
from optimizer.instance.scenario import Scenario


def scenario_costs(case: Case, say: Findings) -> None:
    """The table of scenarios has the cost of each, as its cash adds up, and what is committed before all is known."""
    table = case.plan.tables["scenarios"]
    given, now = (dict(zip(table[SCENARIO], figures(table[name]), strict=True)) for name in ("cost", "committed_now"))
    until = first_known(case)
    for name, cost in case.costs.items():
        turnover = float(np.abs(figures(case.parts[name].tables["cash"]["present_value"])).sum())
        say.compare(given.get(name, np.nan), "=", cost, "given as cost", name, "", relative_to=turnover)
        rows, instance = case.parts[name].tables["decisions"], case.parts[name].instance
        early = [0 <= month_of(instance, month) < until for month in texts(rows["month"])]
        sizes = figures(rows["committed_cost"])[np.array(early, dtype=bool)]
        scale = float(np.abs(sizes).sum())
        say.compare(now.get(name, np.nan), "=", sizes.sum(), "given as committed_now", name, "", relative_to=scale)


def risk_measure(case: Case, say: Findings) -> None:
    """Expected and worst cost, CVaR and objective are what the costs of the scenarios make of them."""
    if len(case.parts) < len(case.scenarios):
        return
    chances = np.array([one.probability for one in case.scenarios])
    costs = np.array([case.costs[one.name] for one in case.scenarios])
    settings = case.plan.instance.head
    expected, tail = float(chances @ costs), _tail(costs, chances, settings.risk_level)
    values = {"expected_cost": expected, "worst_cost": float(costs.max()), "cvar": tail}
    risk = {"none": expected, "cvar": tail, "regret": _regret(case, costs)}[settings.risk_measure]
    weight = 0.0 if settings.risk_measure == "none" else settings.risk_weight
    values["objective"] = (1 - weight) * expected + weight * risk
    scale = float(np.abs(costs).max())
    for key, right in values.items():
        found = case.plan.head.get(key)
        say.compare(
            found if is_number(found) else np.nan, "=", right, f"given as {key}", key, "", floor=RELATIVE * scale
        )
    bound = case.plan.head.get("bound")
    _planning(case, say, values["objective"], bound)
    _information(case, say, values["objective"], bound, (weight, chances))
    if bound is not None:
        say.compare(bound if is_number(bound) else np.nan, "<=", values["objective"], "given as bound", "bound", "")


def _planning(case: Case, say: Findings, objective: float, bound: Any) -> None:
    """Compare what the plan saves with the cost and the bound of the plan that the base data decide."""
    given = part(case.plan.head, "vss")
    say.that(
        is_number(given.get("cost")) or bool(given.get("why")), "vss.why", "", "neither cost nor reason", "one expected"
    )
    for key, name, of_plan in (("at_least", "bound", objective), ("at_most", "cost", bound)):
        found, of_fixed = given.get(key), given.get(name)
        if not is_number(of_fixed) or not is_number(of_plan):
            say.that(found is None, f"vss.{key}", "", repr(found), "null expected, as nothing is proven")
            continue
        scale = RELATIVE * (abs(of_fixed) + abs(of_plan))
        found = found if is_number(found) else np.nan
        say.compare(found, "=", of_fixed - of_plan, "given as value", f"vss.{key}", "", floor=scale)


def _information(case: Case, say: Findings, objective: float, bound: Any, measure: tuple[float, Any]) -> None:
    """Compare what perfect information is worth with what the scenarios' own best plans make of it."""
    weight, chances = measure
    settings, table, given = case.plan.instance.head, case.plan.tables["scenarios"], part(case.plan.head, "evpi")
    alone = {name: figures(table[f"alone_{name}"]) for name in ("cost", "bound")}
    for key, name, of_plan in (("at_least", "cost", bound), ("at_most", "bound", objective)):
        costs = alone[name]
        found = given.get(key)
        if not is_number(of_plan) or not np.isfinite(costs).all() or len(costs) != len(chances):
            say.that(found is None, f"evpi.{key}", "", repr(found), "null expected, as nothing is proven")
            continue
        tail = _tail(costs, chances, settings.risk_level)
        risk = {"none": 0.0, "cvar": tail, "regret": float((costs - alone["bound"]).max())}[settings.risk_measure]
        right = of_plan - (1 - weight) * float(chances @ costs) - weight * risk
        scale = RELATIVE * float(np.abs(costs).max() + abs(of_plan))
        say.compare(found if is_number(found) else np.nan, "=", right, "given as value", f"evpi.{key}", "", floor=scale)


def _tail(costs: Any, chances: Any, level: float) -> float:
    """Mean of the worst costs of a total probability of 1 - level."""
    left, total = 1 - level, 0.0
    for place in np.argsort(-costs, kind="stable").tolist():
        taken = min(left, chances[place])
        total, left = total + taken * costs[place], left - taken
    return float(total / (1 - level))


def _regret(case: Case, costs: Any) -> float:
    """Largest excess of a scenario's cost over what is proven of its best plan."""
    table = case.plan.tables["scenarios"]
    best = dict(zip(table[SCENARIO], figures(table["alone_bound"]), strict=True))
    return float(max(cost - best.get(one.name, np.nan) for cost, one in zip(costs, case.scenarios, strict=True)))


def known_risks(case: Case, say: Findings) -> None:
    """Each risk that is not known in the first month has the value of knowing it, from cost and bound of that plan."""
    table, head = case.plan.tables["information"], case.plan.head
    risks = [outcome.risk for outcome in case.scenarios[0].outcomes]
    expected = sorted(risk for place, risk in enumerate(risks) if risk and not _is_known(case.scenarios, place))
    given = sorted(texts(table["risk"]))
    say.that(given == expected, "information", "", f"risks {', '.join(given)}", f"{', '.join(expected)} expected")
    columns = (figures(table[name]) for name in ("at_least", "at_most", "cost", "bound"))
    for risk, least, most, cost, bound in zip(texts(table["risk"]), *columns, strict=True):
        for value, right, size in (
            (least, _minus(head.get("bound"), cost), abs(cost)),
            (most, _minus(head.get("objective"), bound), abs(bound)),
        ):
            fits = value == right or (value != value and right != right) or abs(value - right) <= RELATIVE * 2 * size
            say.that(bool(fits), risk, "", f"{value:g} in information", f"{right:g} expected")
        say.that(not bound > cost + RELATIVE * abs(cost), risk, "", f"bound {bound:g}", f"at most the cost, {cost:g}")


def _minus(one: Any, other: float) -> float:
    return float(one) - other if is_number(one) else np.nan


def _is_known(every: list[Scenario], place: int) -> bool:
    """Whether all different outcomes of a risk are distinguished in the first month."""
    pairs = ((one, other) for number, one in enumerate(every) for other in every[:number])
    return all(
        distinguished(one, other) <= 0 or one.outcomes[place].name == other.outcomes[place].name for one, other in pairs
    )

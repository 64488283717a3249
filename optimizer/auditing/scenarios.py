"""The audit of a plan under uncertainty: each scenario with its own data, decisions shared, and the measure of risk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import numpy as np
import pandas as pd

from optimizer.auditing.headline import is_number, part
from optimizer.auditing.reading import PlanTables
from optimizer.auditing.tables import figures, texts
from optimizer.auditing.verdict import BLOCK, RELATIVE, Audit, Findings, Violation
from optimizer.instance.instance import Instance
from optimizer.instance.scenario import Scenario
from optimizer.instance.scenarios import scenarios

_SCENARIO, _HEADS = "scenario", "by_scenario"
_EVERY, _SEPARATOR = "*", ";"
Decided = dict[tuple[Any, ...], float]  # blocks by month, decision and item


@dataclass(frozen=True)
class _Part:
    """Plan of one scenario."""

    head: dict[str, Any]
    tables: Mapping[str, pd.DataFrame]
    instance: Instance


@dataclass(frozen=True)
class Case:
    """A plan under uncertainty, taken apart.

    Attributes
    ----------
    plan : PlanTables
        The plan.
    scenarios : list of Scenario
        Scenarios of its instance, derived again.
    parts : dict of str to PlanTables
        Plan of each of them.
    """

    plan: PlanTables
    scenarios: list[Scenario]
    parts: dict[str, _Part]

    @property
    def costs(self) -> dict[str, float]:
        """Net present cost of each scenario, as its cash adds up."""
        return {name: float(figures(one.tables["cash"]["present_value"]).sum()) for name, one in self.parts.items()}


def audit_scenarios(plan: PlanTables, audit: Callable[[PlanTables], Audit]) -> Audit:
    """Check the plan of every scenario with its own data, and what the scenarios have in common.

    Parameters
    ----------
    plan : PlanTables
        Plan of an instance with scenarios or risks.
    audit : callable
        Checks the plan of one scenario.
    """
    found = scenarios(plan.instance)
    say = Findings([plan.instance.label(t) for t in range(plan.instance.head.months + 1)])
    heads, say.rule = part(plan.head, _HEADS), scenario_list.__name__
    _complete(plan, say)
    if say.violations:
        return Audit(tuple(say.violations), say.checks)
    parts = {one.name: _part(plan, one, heads) for one in found if isinstance(heads.get(one.name), dict)}
    case = Case(plan, found, parts)
    violations: list[Violation] = []
    checks = 0
    for name, one in parts.items():
        verdict = audit(one)
        checks += verdict.checks
        violations += [replace(broken, item=f"{broken.item} (scenario {name})") for broken in verdict.violations]
    for check in CHECKS:
        say.rule = check.__name__
        check(case, say)
    return Audit((*say.violations, *violations), checks + say.checks)


def _complete(plan: PlanTables, say: Findings) -> None:
    """Check that the tables that are read here are there, with their columns."""
    needed = {
        "scenarios": (_SCENARIO, "probability", "cost", "alone_cost", "alone_bound", "committed_now"),
        "robustness": ("month", "decision", "item", "blocks", "scenarios", "probability"),
        "decisions": (_SCENARIO, "month", "decision", "item", "blocks", "committed_cost"),
        "information": ("risk", "at_least", "at_most", "cost", "bound"),
        "runs": (_SCENARIO, "run", "pool", "accelerators", "starts"),
        "cash": (_SCENARIO, "present_value"),
    }
    for name, columns in needed.items():
        say.that(name in plan.tables, name, "", "no such table", "one expected")
        for column in columns if name in plan.tables else ():
            say.that(column in plan.tables[name].columns, name, "", f"no column {column}", "one expected")
    for name, table in plan.tables.items():
        if name not in needed and name not in _OWN:
            say.that(_SCENARIO in table.columns, name, "", "no column scenario", "one expected")


def _part(plan: PlanTables, scenario: Scenario, heads: Mapping[str, Any]) -> _Part:
    tables = {name: _rows(table, scenario.name) for name, table in plan.tables.items() if name not in _OWN}
    return _Part(dict(heads[scenario.name]), tables, scenario.instance)


_OWN = frozenset(["scenarios", "nodes", "robustness", "information"])  # tables of the plan as one


def _rows(table: pd.DataFrame, name: str) -> pd.DataFrame:
    chosen = [cell == _EVERY or name in str(cell).split(_SEPARATOR) for cell in table[_SCENARIO]]
    return table.loc[np.array(chosen, dtype=bool)].drop(columns=_SCENARIO).reset_index(drop=True)


# ---------------------------------------------------------------- rules
def scenario_list(case: Case, say: Findings) -> None:
    """The plan has a part for each scenario of its instance, with its probability, and no other."""
    names = [one.name for one in case.scenarios]
    heads = part(case.plan.head, _HEADS)
    for name in names:
        say.that(name in case.parts, name, "", "no part of the plan", "one expected")
    listed = dict(
        zip(
            case.plan.tables["scenarios"][_SCENARIO], figures(case.plan.tables["scenarios"]["probability"]), strict=True
        )
    )
    for one in case.scenarios:
        say.compare(listed.get(one.name, np.nan), "=", one.probability, "given as probability", one.name, "")
    tables = [table for name, table in case.plan.tables.items() if name != "nodes" and _SCENARIO in table]
    known = {_EVERY, *names}
    every = {name for table in tables for cell in set(table[_SCENARIO]) for name in str(cell).split(_SEPARATOR)}
    for name in sorted({*heads, *every} - known):
        say.that(False, name, "", "a scenario of the plan", "none of the instance has the name")


def node_decisions(case: Case, say: Findings) -> None:
    """Scenarios that cannot be distinguished in a month take the same decisions in it."""
    there = [one for one in case.scenarios if one.name in case.parts]
    decided = [_decided(case.parts[one.name]) for one in there]
    for place, one in enumerate(there[1:], start=1):
        months = [_distinguished(one, other) for other in there[:place]]
        nearest = int(np.argmax(months))
        _agree(say, (one.name, decided[place]), (there[nearest].name, decided[nearest]), months[nearest])


def _distinguished(one: Scenario, other: Scenario) -> float:
    """First month of the plan in which an outcome that differs is known."""
    known = [
        min(inf if outcome.known is None else outcome.known for outcome in pair)
        for pair in zip(one.outcomes, other.outcomes, strict=True)
        if pair[0].name != pair[1].name
    ]
    return min(known, default=inf)


def _decided(one: _Part) -> Decided:
    """Blocks of each decision; of a run with its pool and size."""
    found: Decided = defaultdict(float)
    rows = one.tables["decisions"]
    for month, decision, item, blocks in zip(
        *(texts(rows[name]) for name in ("month", "decision", "item")), figures(rows["blocks"]), strict=True
    ):
        if decision not in ("expire", "start_run"):
            found[_index(one.instance, month), decision, item] += float(blocks)
    runs = one.tables["runs"]
    for run, pool, size, starts in zip(
        *(texts(runs[name]) for name in ("run", "pool")),
        figures(runs["accelerators"]),
        texts(runs["starts"]),
        strict=True,
    ):
        found[_index(one.instance, starts), "start_run", f"{run} in {pool} at {size:g}"] += 1.0
    return found


def _index(instance: Instance, month: str) -> float:
    try:
        return instance.month_index(month)
    except ValueError:  # reported where the scenario's own tables are read
        return inf


def _agree(say: Findings, one: tuple[str, Decided], other: tuple[str, Decided], month: float) -> None:
    """Compare the decisions of two scenarios before they can be distinguished."""
    for key in _before(month, one[1], other[1]):
        found, expected = one[1].get(key, 0.0), other[1].get(key, 0.0)
        t, decision, item = key
        text = f"{decision} {found:g} in scenario {one[0]}"
        size = BLOCK * max(abs(found), abs(expected), 1.0)
        say.that(
            abs(found - expected) <= size,
            item,
            say.labels[int(t)],
            text,
            f"{expected:g} as in scenario {other[0]} expected",
        )


def _before(month: float, *decided: Decided) -> Iterable[tuple[Any, ...]]:
    return sorted({key for one in decided for key in one if 0 <= key[0] < month and key[0] < inf})


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
    best = dict(zip(table[_SCENARIO], figures(table["alone_bound"]), strict=True))
    return float(max(cost - best.get(one.name, np.nan) for cost, one in zip(costs, case.scenarios, strict=True)))


def scenario_costs(case: Case, say: Findings) -> None:
    """The table of scenarios has the cost of each, as its cash adds up, and what is committed before all is known."""
    table = case.plan.tables["scenarios"]
    given, now = (dict(zip(table[_SCENARIO], figures(table[name]), strict=True)) for name in ("cost", "committed_now"))
    until = _first_known(case)
    for name, cost in case.costs.items():
        turnover = float(np.abs(figures(case.parts[name].tables["cash"]["present_value"])).sum())
        say.compare(given.get(name, np.nan), "=", cost, "given as cost", name, "", relative_to=turnover)
        rows, instance = case.parts[name].tables["decisions"], case.parts[name].instance
        early = [0 <= _index(instance, month) < until for month in texts(rows["month"])]
        sizes = figures(rows["committed_cost"])[np.array(early, dtype=bool)]
        scale = float(np.abs(sizes).sum())
        say.compare(now.get(name, np.nan), "=", sizes.sum(), "given as committed_now", name, "", relative_to=scale)


def robust_decisions(case: Case, say: Findings) -> None:
    """Robustness has the decisions taken before anything is known, and how likely scenarios are that want them too."""
    if not case.parts:
        return
    first = next(iter(case.parts.values()))
    until, table = _first_known(case), case.plan.tables["robustness"]
    blocks = _blocks(first.instance, first.tables["decisions"])
    expected = {key: size for key, size in blocks.items() if 0 <= key[0] < until}
    given = _blocks(first.instance, table)
    say.that(len(given) == len(table), "robustness", "", f"{len(table)} rows", f"{len(given)} different decisions")
    for key in sorted({*given, *expected}):
        found, right = given.get(key, 0.0), expected.get(key, 0.0)
        month = say.labels[int(key[0])] if 0 <= key[0] < inf else ""
        fits = abs(found - right) <= BLOCK * max(abs(right), 1.0)
        say.that(fits, key[2], month, f"{key[1]} {found:g} in robustness", f"{right:g} expected, as in decisions")
    _shares(case, say)


def _first_known(case: Case) -> float:
    """First month of the plan in which scenarios can be distinguished."""
    first, *rest = case.scenarios
    return min((_distinguished(first, other) for other in rest), default=inf)


def _blocks(instance: Instance, rows: pd.DataFrame) -> Decided:
    found: Decided = defaultdict(float)
    columns = (texts(rows[name]) for name in ("month", "decision", "item"))
    for month, decision, item, blocks in zip(*columns, figures(rows["blocks"]), strict=True):
        if decision != "expire":
            found[_index(instance, month), decision, item] += float(blocks)
    return found


def _shares(case: Case, say: Findings) -> None:
    """Compare the probability of each robust decision with that of its scenarios, whose own best plans are known."""
    table, listed = case.plan.tables["robustness"], case.plan.tables["scenarios"]
    chances = {one.name: one.probability for one in case.scenarios}
    known = {name for name, cost in zip(listed[_SCENARIO], figures(listed["alone_cost"]), strict=True) if cost == cost}
    columns = (texts(table["item"]), texts(table["scenarios"]), figures(table["probability"]))
    for item, cell, chance in zip(*columns, strict=True):
        names = list(chances) if cell == _EVERY else [name for name in cell.split(_SEPARATOR) if name]
        strange = sorted({*names} - (known & {*chances}))
        say.that(
            not strange, item, "", f"scenario {', '.join(strange)} in robustness", "one with a known own best plan"
        )
        right = sum(chances.get(name, 0.0) for name in {*names})
        say.compare(chance, "=", right, "given as probability", item, "", floor=RELATIVE)


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
        _distinguished(one, other) <= 0 or one.outcomes[place].name == other.outcomes[place].name
        for one, other in pairs
    )


CHECKS: tuple[Callable[[Case, Findings], None], ...] = (
    scenario_list,
    node_decisions,
    robust_decisions,
    risk_measure,
    scenario_costs,
    known_risks,
)

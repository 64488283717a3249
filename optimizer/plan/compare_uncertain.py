"""Comparison of plans of which one at least is under uncertainty: decisions of now, and the cost of each scenario."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from optimizer.instance.differences import differences
from optimizer.instance.scenario import AS_PLANNED
from optimizer.plan.by_scenario import first_known, is_uncertain, scenario_plan
from optimizer.plan.compare_decisions import decision_changes
from optimizer.plan.tables import SCENARIO

if TYPE_CHECKING:
    from optimizer.plan.plan import Plan

_NOISE = 1e-9
_COLUMNS = ("probability", "cost", "regret", "committed_now", "unserved_share")
_FIGURES = ("expected_cost", "worst_cost", "cvar")


@dataclass(frozen=True)
class UncertainComparison:
    """Comparison of two plans of which one at least is under uncertainty; differences are always ``b`` minus ``a``.

    Attributes
    ----------
    a, b : Plan
        The plans. A plan of one future counts as one scenario, *as planned*.
    names : tuple of str
        Names of the plans.
    notes : tuple of str
        Limits of the comparison.
    figures : DataFrame
        Expected and worst cost, and CVaR.
    decisions : DataFrame
        Decisions that differ, of those taken before anything is known in either plan, as in
        :class:`~optimizer.plan.compare.Comparison`.
    scenarios : DataFrame
        Probability, cost, regret and what is committed now, by scenario of either plan.
    inputs : DataFrame
        Cells of the instances that differ.
    """

    a: Plan
    b: Plan
    names: tuple[str, str]
    notes: tuple[str, ...]
    figures: pd.DataFrame
    decisions: pd.DataFrame
    scenarios: pd.DataFrame
    inputs: pd.DataFrame

    @property
    def difference(self) -> float:
        """Expected cost of ``b`` minus that of ``a``."""
        return expected_cost(self.b) - expected_cost(self.a)

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison as plain values, as ``capopt compare --json`` prints it."""
        tables = {name: getattr(self, name) for name in ("figures", "decisions", "scenarios", "inputs")}
        return {
            "a": {"name": self.names[0], "instance": self.a.instance.head.name, "objective": self.a.objective},
            "b": {"name": self.names[1], "instance": self.b.instance.head.name, "objective": self.b.objective},
            "difference": self.difference,
            "notes": list(self.notes),
            **{name: _records(table) for name, table in tables.items()},
        }


def _records(table: pd.DataFrame) -> list[dict[Any, Any]]:
    return table.astype(object).where(table.notna(), None).to_dict("records")


def compare_uncertain(a: Plan, b: Plan, names: tuple[str, str] = ("A", "B")) -> UncertainComparison:
    """Compare two plans of which one at least is under uncertainty.

    Parameters
    ----------
    a, b : Plan
        The plans; differences are ``b`` minus ``a``.
    names : tuple of str
        Names of the plans in notes and captions.
    """
    until = min((first_known(plan) or _end(plan) for plan in (a, b) if is_uncertain(plan)), default=_end(a))
    now = [_decided_before(plan, until) for plan in (a, b)]
    return UncertainComparison(
        a,
        b,
        names,
        tuple(_notes(a, b, names, until)),
        _figures(a, b),
        decision_changes(*now),
        _by_scenario(a, b),
        differences(a.instance, b.instance),
    )


def expected_cost(plan: Plan) -> float:
    """Return the expected cost of a plan; of a plan of one future its cost."""
    return float(plan.head["expected_cost"]) if is_uncertain(plan) else plan.objective


def _end(plan: Plan) -> str:
    return plan.instance.label(plan.instance.head.months)


def _decided_before(plan: Plan, until: str) -> Plan:
    """Return a plan of one future with the decisions that are taken before a month."""
    one = scenario_plan(plan, plan.tables["scenarios"][SCENARIO].iloc[0]) if is_uncertain(plan) else plan
    early = (one.decisions["month"] < until) & (one.decisions["decision"] != "expire")
    return replace(one, tables={**one.tables, "decisions": one.decisions[early]})


def _scenarios(plan: Plan) -> pd.DataFrame:
    """Return the figures of each scenario; a plan of one future is one of probability 1."""
    if is_uncertain(plan):
        return plan.tables["scenarios"].set_index(SCENARIO)[list(_COLUMNS)]
    share = plan.head.get("headline", {}).get("unserved_share")
    row = {"probability": 1.0, "cost": plan.objective, "unserved_share": np.nan if share is None else share}
    return pd.DataFrame([row], index=[AS_PLANNED], columns=list(_COLUMNS), dtype=float)


def _by_scenario(a: Plan, b: Plan) -> pd.DataFrame:
    """Return the scenarios of both plans side by side; where one plan lacks a scenario its figures are blank."""
    before, after = _scenarios(a), _scenarios(b)
    names = [*after.index, *(name for name in before.index if name not in after.index)]
    found = pd.DataFrame({SCENARIO: names})
    for column in _COLUMNS:
        old, new = (one[column].reindex(names).to_numpy(dtype=float) for one in (before, after))
        change = new - old
        change[np.abs(change) <= _NOISE * (np.abs(old) + np.abs(new))] = 0.0
        found[f"{column}_a"], found[f"{column}_b"], found[f"{column}_difference"] = old, new, change
    return found


def _figures(a: Plan, b: Plan) -> pd.DataFrame:
    rows = []
    for name in _FIGURES:
        old, new = (float(plan.head[name]) if is_uncertain(plan) else plan.objective for plan in (a, b))
        rows.append((name, old, new, new - old if abs(new - old) > _NOISE * (abs(old) + abs(new)) else 0.0))
    return pd.DataFrame(rows, columns=["figure", "a", "b", "difference"])


def _notes(a: Plan, b: Plan, names: tuple[str, str], until: str) -> Iterator[str]:
    """Describe what is compared, and what is not."""
    yield f"Decisions are compared as far as they are taken before {until}, before anything is known in either plan."
    for plan, name in zip((a, b), names, strict=True):
        if not is_uncertain(plan):
            yield (
                f"{name} plans for one future: its cost is that of the base data, if they come, and no expected cost. "
                "capopt simulate compares what both decide now in the same draws."
            )
    currencies = {plan.instance.head.currency for plan in (a, b)}
    if len(currencies) > 1:
        yield f"Money is in {' and '.join(sorted(currencies))}: its differences mean nothing."
    chances = [_scenarios(plan)["probability"] for plan in (a, b)]
    if all(map(is_uncertain, (a, b))) and not chances[0].index.symmetric_difference(chances[1].index).empty:
        yield "The plans do not have the same scenarios: those of one plan alone have blank figures for the other."

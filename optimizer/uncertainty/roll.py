"""Roll plans under uncertainty forward: to the node that came, with what is still possible from there.

The scenarios of the node are rolled forward one by one. What they have in common becomes the base data: outcomes that
came are in it, those that are ruled out are gone, and the others keep their changes. Scenarios of the result are
compared with those that were rolled alone; what cannot be written is refused by name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.auditing import audit
from optimizer.errors import AuditFailed, EditError
from optimizer.instance.instance import Instance
from optimizer.instance.roll import Change, roll_instance
from optimizer.instance.roll_decided import Decision
from optimizer.instance.scenario import AS_PLANNED, Scenario
from optimizer.instance.scenarios import SETTINGS, is_drawn, risk_outcomes, scenario_instance, scenarios
from optimizer.plan.by_scenario import is_uncertain, scenario_plan
from optimizer.plan.plan import Plan
from optimizer.plan.roll import Roll, check_roll, past_of
from optimizer.plan.roll import roll as roll_one_future
from optimizer.uncertainty.rolled_changes import RolledChanges
from optimizer.uncertainty.tables import names_text
from optimizer.uncertainty.tree import Node, Tree, make_tree

_DATES = ("starts", "ends")


def roll(
    plan: Plan,
    months: int,
    *,
    node: str | None = None,
    decided: str | Path | pd.DataFrame | None = None,
    extend: int = 0,
) -> Roll:
    """Return a plan's instance some months later: solved again, it costs what the plan has left.

    Parameters
    ----------
    plan : Plan
        Any plan that passes its audit, whatever its gap.
    months : int
        How many months later: 1 or more, and fewer than the plan has.
    node : str, optional
        Of a plan under uncertainty the node that came, by its name in the plan's table ``nodes``; by default all
        scenarios, if none of them is distinguished in these months. Probabilities are conditional on it.
    decided : path or DataFrame, optional
        What was really decided in these months, instead of the plan's decisions: a CSV file, a workbook with a sheet
        ``decided``, or a frame, with the columns of the table ``decided``.
    extend : int
        Months added at the end, in which step series hold their last value.

    Returns
    -------
    Roll
        The instance, and what differs.

    Raises
    ------
    EditError
        If there are no such months or no such node, or the plan has what an instance cannot have.
    AuditFailed
        If the plan fails its audit.
    InstanceError
        If what was really decided is invalid; it carries every error found.
    """
    if not is_uncertain(plan):
        if node is not None:
            raise EditError(f"node is {node!r}, but the plan has one future; leave it out")
        return roll_one_future(plan, months, decided=decided, extend=extend)
    if is_drawn(plan.instance):
        raise EditError(
            "the scenarios of the plan were drawn from its risks, which another draw would change; write them with "
            "capopt scenarios INSTANCE -o FOLDER, and plan with these"
        )
    tree = make_tree(scenarios(plan.instance), plan.instance.head.months)
    check_roll(scenario_plan(plan, tree.scenarios[0].name), months, extend)
    chosen = _node(tree, plan.instance, months, node)
    verdict = audit(plan)
    if not verdict.passed:
        raise AuditFailed(verdict.violations, plan=plan)
    members = [tree.scenarios[place] for place in chosen.members]
    plans = [scenario_plan(plan, one.name) for one in members]
    return _NodeRoll(plan, plans, members, months, decided, extend).rolled()


def _node(tree: Tree, instance: Instance, months: int, name: str | None) -> Node:
    """Return the node by its name, one that there is in the last month that is over or in the first that is not."""
    last = {int(number) for number in tree.node_of[:, months - 1]}
    there = sorted(last | {int(number) for number in tree.node_of[:, months]})
    if name is None and len(last) == 1:
        return tree.nodes[last.pop()]
    found = [tree.nodes[number] for number in there if name == str(number + 1)]
    if found:
        return found[0]
    what = "give the node that came" if name is None else f"node is {name!r}"
    each = (f"{number + 1} ({names_text(tree, tree.nodes[number].members)})" for number in there)
    raise EditError(f"{what}: in {instance.label(months)} the plan has the nodes {', '.join(each)}")


@dataclass(frozen=True)
class _NodeRoll:
    plan: Plan
    plans: list[Plan]
    members: list[Scenario]
    months: int
    decided: str | Path | pd.DataFrame | None
    extend: int

    def rolled(self) -> Roll:
        """Return the instance of what is still possible, and what differs."""
        instance, possible = self.plan.instance, self._possible()
        came = [one for one in self.members[0].outcomes if len(possible[one.risk]) == 1]
        base = scenario_instance(instance, [one for one in came if one.name != AS_PLANNED])
        pasts = [past_of(plan, self.months, self.decided, self.extend) for plan in self.plans]
        decided = _common([past.decided for past, _ in pasts])
        each = [
            roll_instance(plan.instance, self.months, replace(past, decided=decided), self.extend)[0]
            for plan, (past, _) in zip(self.plans, pasts, strict=True)
        ]
        past, source = pasts[self._most_planned()]
        later, changes = roll_instance(base, self.months, replace(past, decided=decided), self.extend, source)
        open_risks = {risk: names for risk, names in possible.items() if len(names) > 1}
        if open_risks:
            later = self._with_risks(later, open_risks, each)
        return Roll(later, (*changes, *self._resolved(possible)), self.plan)

    def _possible(self) -> dict[str, list[str]]:
        """Return the outcomes of each risk that are still possible."""
        found: dict[str, list[str]] = {}
        for one in self.members:
            for outcome in one.outcomes:
                names = found.setdefault(outcome.risk, [])
                names += [] if outcome.name in names else [outcome.name]
        return found

    def _most_planned(self) -> int:
        """Return the place of the scenario in which most risks go as planned, whose past is that of the base data."""
        planned = [sum(one.name == AS_PLANNED for one in scenario.outcomes) for scenario in self.members]
        return planned.index(max(planned))

    def _with_risks(self, later: Instance, possible: dict[str, list[str]], each: Sequence[Instance]) -> Instance:
        """Return the instance with the outcomes that are possible, in each of which it is as if rolled alone."""
        outcomes = [
            frozenset((one.risk, one.name) for one in scenario.outcomes if one.risk in possible)
            for scenario in self.members
        ]
        settings = {name: getattr(self.plan.instance.head, name) for name in SETTINGS}
        made = RolledChanges(self.plan.instance, later, possible, self._frames(possible), settings)
        return made.fitted(dict(zip(outcomes, each, strict=True)))

    def _frames(self, possible: dict[str, list[str]]) -> dict[str, pd.DataFrame]:
        """Return the table of scenarios or risks with what is possible, at its conditional probability."""
        instance = self.plan.instance
        if instance.rows["scenarios"]:
            frame = instance.frame("scenarios")
            frame = frame[frame["scenario"].isin(possible[""])]
            total = float(frame["probability"].sum())
            return {"scenarios": frame.assign(probability=frame["probability"] / total)}
        parts, frame = [], instance.frame("risks")
        for risk, choices in risk_outcomes(instance).items():
            total = sum(chance for one, chance, _ in choices if one.name in possible.get(risk, ()))
            own = frame[(frame["risk"] == risk) & frame["outcome"].isin(possible.get(risk, ()))]
            parts.append(own.assign(probability=own["probability"] / (total or 1.0)))
        return {"risks": pd.concat(parts, ignore_index=True)}

    def _resolved(self, possible: dict[str, list[str]]) -> list[Change]:
        """Return what became of risks and scenarios, in words."""
        found, every = [], {(one.risk, one.name) for row in scenarios(self.plan.instance) for one in row.outcomes}
        for risk, names in possible.items():
            table = "risks" if risk else "scenarios"
            gone = sorted({name for other, name in every if other == risk} - set(names))
            if len(names) == 1:
                text = AS_PLANNED if names[0] == AS_PLANNED else f"{names[0]} came; its changes are made"
                found.append(Change(table, risk, "dropped", text))
            elif gone:
                found.append(Change(table, risk, "changed", f"without {', '.join(gone)}, probabilities given that"))
        return found


def _common(decided: Sequence[Sequence[Decision]]) -> tuple[Decision, ...]:
    """Return decisions that scenarios share; dates that differ follow from the data of each, and are left blank."""
    sorted_rows = [sorted(rows, key=_what) for rows in decided]
    found = []
    for same in zip(*sorted_rows, strict=True):
        blank = {name: None for name in _DATES if len({one.cells.get(name) for one in same}) > 1}
        first = same[0]
        values = {name: value for name, value in first.values.items() if name not in blank}
        found.append(replace(first, cells={**first.cells, **blank}, values=values))
    return tuple(found)


def _what(one: Decision) -> tuple[Any, ...]:
    return one.month, one.decision, one.item, str(one.pool), str(one.cells.get("starts")), str(one.cells.get("ends"))

"""Plans under uncertainty by the oracle: its own program for each scenario, equations for what is decided together.

Two scenarios decide together in a month unless a risk has different outcomes in them, one of which is known by then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from pyscipopt import Model, quicksum

from optimizer.instance.instance import Instance
from optimizer.instance.scenario import Scenario
from optimizer.instance.scenarios import scenarios
from tests.oracle import SETTINGS, UNIT, Answer, add_to, in_columns, write
from tests.oracle.compare import frames_of
from tests.oracle.world import World


@dataclass(frozen=True)
class Copy:
    """A scenario's program in the model of all."""

    scenario: Scenario
    world: World
    columns: list[Any]

    def cost(self) -> Any:
        """Net present cost."""
        return in_columns(self.world.present_cost(UNIT), self.columns)

    def decided(self, what: tuple[Any, ...]) -> Any:
        """Amount that is decided of something; 0 if the scenario does not allow it."""
        amount = self.world.decisions.get(what)
        return 0 if amount is None else in_columns(amount + 0, self.columns)


def ask_tree(instance: Instance, *, best: Sequence[float] = (), seconds: float = 60.0) -> Answer:
    """Least measure of risk of an instance with scenarios; ``best`` is the cost of each alone, for ``regret``."""
    model = Model()
    model.hideOutput()
    copies = []
    for scenario in scenarios(instance):
        world = write(frames_of(scenario.instance), relax=False)
        copies.append(Copy(scenario, world, add_to(model, world.program)))
    for one, other in combinations(copies, 2):
        for what in {*one.world.decisions, *other.world.decisions}:
            if not _apart(one.scenario, other.scenario, what[-1]):
                model.addCons(one.decided(what) == other.decided(what))
    costs = [copy.cost() for copy in copies]
    chances = [copy.scenario.probability for copy in copies]
    total = model.addVar(lb=None)
    model.addCons(total >= _risk(model, instance, chances, costs, [value / UNIT for value in best]))
    model.setObjective(total, "minimize")
    model.setParams(SETTINGS | {"limits/time": seconds})
    model.optimize()
    status, found = str(model.getStatus()), model.getNSols() > 0
    return Answer(status, model.getObjVal() * UNIT if found else float("inf"), model.getDualbound() * UNIT)


def _apart(one: Scenario, other: Scenario, month: int) -> bool:
    pairs = zip(one.outcomes, other.outcomes, strict=True)
    known = [x.known for a, b in pairs if a.name != b.name for x in (a, b)]
    return any(at is not None and at <= month for at in known)


def _risk(model: Model, instance: Instance, chances: list[float], costs: list[Any], best: list[float]) -> Any:
    head = instance.head
    expected = quicksum(chance * cost for chance, cost in zip(chances, costs, strict=True))
    if head.risk_measure == "none":
        return expected
    worst = model.addVar(lb=None)
    if head.risk_measure == "regret":
        for cost, least in zip(costs, best, strict=True):
            model.addCons(worst >= cost - least)
        return (1 - head.risk_weight) * expected + head.risk_weight * worst
    excess = [model.addVar(lb=0) for _ in costs]
    for cost, over in zip(costs, excess, strict=True):
        model.addCons(over >= cost - worst)
    tail = quicksum(chance * over for chance, over in zip(chances, excess, strict=True))
    return (1 - head.risk_weight) * expected + head.risk_weight * (worst + tail / (1 - head.risk_level))

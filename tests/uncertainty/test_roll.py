"""Plans under uncertainty rolled forward to a node: nothing is gained or lost, and what is possible stays so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import optimizer
from optimizer.errors import EditError
from optimizer.generator import random_instance
from optimizer.instance.instance import Instance
from optimizer.instance.scenario_tables import with_scenarios
from optimizer.instance.scenarios import scenarios
from optimizer.plan.by_scenario import scenario_plan
from optimizer.plan.plan import Plan
from optimizer.uncertainty.tree import make_tree
from tests import rolls
from tests.command import capopt
from tests.oracle.test_tree import LINEAR
from tests.program.tiny import frames, month, solved, tiny
from tests.uncertainty.tiny import HIGH, HOURLY, LEASE, LOT, growing, least_cost, newsvendor, risk

SOLVE: dict[str, Any] = {"gap": 1e-6, "threads": 1}


def left(plan: Plan, names: list[str], months: int) -> float:
    """Expected cost of some scenarios from a month on, as seen from then."""
    every = {one.name: one for one in scenarios(plan.instance)}
    chance = sum(every[name].probability for name in names)
    costs = {name: rolls.remaining(scenario_plan(plan, name), months) for name in names}
    return sum(every[name].probability / chance * cost for name, cost in costs.items())


@pytest.mark.parametrize(("seed", "linear", "listed"), [(4, True, False), (5, False, False), (8, True, True)])
def test_rolling_gains_and_loses_nothing(seed: int, linear: bool, listed: bool) -> None:
    """Tests in every node of random plans that the rolled optimum is the node's remaining expected cost."""
    instance = random_instance(seed, "tiny", LINEAR if linear else (), risks=2).replace(risk_measure="none")
    instance = rolls.divisible(instance) if linear else instance
    instance = with_scenarios(instance, scenarios(instance)).instance if listed else instance
    plan = optimizer.solve(instance, **SOLVE)
    found = scenarios(instance)
    tree, months = make_tree(found, instance.head.months), instance.head.months - 1
    for number in {*tree.node_of[:, months - 1].tolist()}:
        names = [found[place].name for place in tree.nodes[number].members]
        again = optimizer.solve(optimizer.roll(plan, months, node=str(number + 1)).instance, **SOLVE)
        size = 1e-5 * max(float(plan.cash["present_value"].abs().sum()) / len(found), 1.0)
        assert again.objective == pytest.approx(left(plan, names, months), abs=size)


def test_the_node_that_came() -> None:
    """Tests 3 risks that are known one after the other: after the first came, the rest costs what it does by hand."""
    plan = optimizer.solve(growing((1, 2, 3)), gap=0.0)
    lots = int(plan.decisions.loc[plan.decisions["month"] == month(0), "blocks"].sum())
    nodes = plan.tables["nodes"].set_index("known")["node"]
    for came, wanted in (("p1: up", 2), ("p1: as planned", 1)):
        found = optimizer.roll(plan, 1, node=nodes[came])
        risks = found.instance.frame("risks")
        assert risks["risk"].tolist() == ["p2", "p10"]
        assert [row.item for row in found.changes if row.table == "risks"] == ["p1"]
        again = optimizer.solve(found.instance, gap=0.0)
        assert again.objective == pytest.approx(LOT * lots + least_cost(1, lots, wanted))  # paid on delivery


def test_nothing_is_known_yet() -> None:
    """Tests that all outcomes stay where none is known: 3 blocks are signed, and cost 300 whatever comes."""
    plan = optimizer.solve(newsvendor(0.4), gap=0.0)
    later = optimizer.roll(plan, 1).instance
    assert later.frame("risks")[["outcome", "probability", "known"]].to_numpy().tolist() == [["high", 0.4, month(1)]]
    assert later.rows["decided"][0].blocks == 3
    assert optimizer.solve(later, gap=0.0).objective == pytest.approx(300)
    high = optimizer.roll(plan, 1, node="2").instance
    assert not high.rows["risks"]
    assert solved(high).objective == pytest.approx(300)
    # Only 2 were really signed: the third one is rented at 300 if demand is high.
    done = pd.DataFrame([{"month": month(0), "decision": "sign", "item": "lease", "blocks": 2}])
    less = optimizer.solve(optimizer.roll(plan, 1, decided=done).instance, gap=0.0)
    assert less.objective == pytest.approx(0.6 * 200 + 0.4 * 500)


def test_probabilities_are_conditional() -> None:
    """Tests scenarios of 0.2, 0.3 and 0.5 of which the last is ruled out: 0.4 and 0.6 are left."""
    rows = [{"scenario": name, "probability": chance} for name, chance in (("a", 0.2), ("b", 0.3), ("c", 0.5))]
    rows[2]["known"] = 1
    changes = [{**change(10 * factor), "scenario": name} for factor, name in ((1, "a"), (2, "b"), (3, "c"))]
    offers = {"contracts": [LEASE], "on_demand": [HOURLY]}
    plan = optimizer.solve(optimizer.read(frames(3, {"jobs": [0, 0, 5]}, **offers, scenarios=rows, changes=changes)))
    node = plan.tables["nodes"].set_index("scenarios")["node"]["a;b"]
    found = optimizer.roll(plan, 1, node=node)
    assert found.instance.frame("scenarios")[["scenario", "probability"]].to_numpy().tolist() == [
        ["a", 0.4],
        ["b", 0.6],
    ]
    assert [str(row) for row in found.changes if row.table == "scenarios"] == [
        "scenarios: changed, without c, probabilities given that"
    ]


def change(amount: float) -> dict[str, Any]:
    """Demand in month 2."""
    return {"table": "demand", "key": "*", "column": "amount", "how": "set", "value": amount, "from": 2}


def renting() -> Instance:
    """Demand of 1, or 2, rented at 300 a month each, within a budget of 2000; the planner knows which in month 2."""
    changes = [{**HIGH, "how": "set", "value": 2}]
    tables = {"on_demand": [HOURLY], "budgets": [{"amount": 2000}], "risks": [risk("demand", "high", 0.5, 2)]}
    return optimizer.read(frames(3, {"jobs": [1]}, **tables, changes=changes))


def test_what_budgets_have_left_differs() -> None:
    """Tests that 2000 less 300 is left as planned, and less 600 if demand is high."""
    plan = optimizer.solve(renting(), gap=0.0)
    later = optimizer.roll(plan, 1).instance
    amounts = {one.name: one.instance.rows["budgets"][0].amount for one in scenarios(later)}
    assert amounts == pytest.approx({"demand=high": 1400, "as planned": 1700})
    assert optimizer.solve(later, gap=0.0).objective == pytest.approx(0.5 * 600 + 0.5 * 1200)


def test_a_signature_in_flight_keeps_its_lead() -> None:
    """Tests a lease signed in month 0 that starts in month 1, or 2 months later: it is rolled with both dates."""
    slip = {"risk": "lease", "outcome": "late", "table": "contracts", "key": "lease", "column": "lead_months"}
    tables = {"contracts": [{**LEASE, "term_months": 4}], "on_demand": [HOURLY], "risks": [risk("lease", "late", 0.5)]}
    changes = [{**slip, "how": "delay", "value": 2}]
    plan = optimizer.solve(optimizer.read(frames(5, {"jobs": [0, 10]}, **tables, changes=changes)), gap=0.0)
    assert plan.decisions["starts"].tolist()[:2] == [month(3), month(1)]
    later = optimizer.roll(plan, 1).instance
    # As planned 4 months at 100; late 2 months at 100 and 10 accelerators rented at 300 for 2 months.
    assert optimizer.solve(later, gap=0.0).objective == pytest.approx(0.5 * 400 + 0.5 * (200 + 6000))


def test_what_cannot_be_rolled_is_refused() -> None:
    """Tests months, nodes, drawn scenarios, and a date that is over and still unknown: each is named."""
    plan = optimizer.solve(newsvendor(0.4), gap=0.0)
    known = optimizer.solve(newsvendor(0.4, known=0), gap=0.0)
    late = {"risk": "grid", "outcome": "late", "table": "power", "key": "hall", "column": "mw", "how": "delay"}
    hall: dict[str, Any] = {"fleet": [{"count": 10}], "power": [{"mw": 1, "month": 1}], "on_demand": [HOURLY]}
    slipped = frames(4, {"jobs": [5]}, **hall, risks=[risk("grid", "late", 0.5)], changes=[{**late, "value": 2}])
    cases: list[tuple[Plan, int, dict[str, Any], str]] = [
        (plan, 2, {}, "months is 2"),
        (plan, 1, {"node": "7"}, r"node is '7': in 2030-02 the plan has the nodes 1 \(\*\), 2 \(demand=high\), 3"),
        (known, 1, {}, "give the node that came"),
        (solved(tiny(2, {"jobs": [1]}, on_demand=[HOURLY])), 1, {"node": "1"}, "one future"),
        (optimizer.solve(newsvendor(0.4, max_scenarios=1)), 1, {}, "were drawn"),
        (optimizer.solve(optimizer.read(slipped), gap=0.0), 2, {}, "power.hall.mw differs between scenarios"),
    ]
    for one, months, options, message in cases:
        with pytest.raises(EditError, match=message):
            optimizer.roll(one, months, **options)


def test_the_command_takes_a_node(tmp_path: Path) -> None:
    """Tests `capopt roll --node` and what it says to do next."""
    optimizer.solve(newsvendor(0.4), gap=0.0).save(tmp_path / "plan")
    done = capopt("roll", "plan", "--months", "1", "--node", "2", "-o", "later", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert "risks demand: dropped, high came; its changes are made" in done.out
    assert done.out.endswith("Next: capopt solve later\n")

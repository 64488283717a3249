"""Plans of programs with added constraints carry them: what-ifs, explanations and comparisons obey them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

import optimizer
from optimizer.analysis.alternatives import find_alternatives
from optimizer.analysis.explanation import explain
from optimizer.analysis.marginal_values import values_table
from optimizer.analysis.own_decisions import check_decisions
from optimizer.analysis.policy_trial import Requirement, try_policy
from optimizer.auditing import audit
from optimizer.errors import AdditionError, NoFeasiblePlan, PlanFileError
from optimizer.plan.plan import Plan
from optimizer.program.added_head import added_in
from optimizer.solver.solution import Options
from tests.program.additions import SOLVE, few, leased, signed, soft
from tests.program.tiny import month, tiny


# ---------------------------------------------------------------- questions to the plan
@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """The plan of two leases in three months, saved and loaded."""
    folder = tmp_path_factory.mktemp("plans") / "few"
    return optimizer.load_plan(optimizer.solve(few(leased()), **SOLVE).save(folder))


def test_a_plan_carries_it(plan: Plan) -> None:
    """Tests what plan.json has of it, and that its warnings name it."""
    text = json.dumps(plan.head["added"])
    assert json.loads(text) == {
        "constraints": [
            {
                "name": "few",
                "terms": [{"variable": "started", "index": ["lease", month(t)], "coefficient": 1} for t in range(3)],
                "at_least": None,
                "at_most": 2,
                "value": 2,
            }
        ],
        "variables": [],
    }
    assert "constraint few was added to the program" in plan.head["warnings"]
    assert audit(plan).passed


def test_what_ifs_obey_it(plan: Plan) -> None:
    """Tests edits in place and of structure, decisions forced, costs and sweeps: never more than two leases."""
    ask = optimizer.WhatIf(plan, **SOLVE)
    assert ask("contracts.lease.price*=0.5").objective == pytest.approx(10_100)
    assert ask.cost("contracts.lease.price*=2").objective == pytest.approx(10_400)
    late = ask(delay="contracts.lease=1")  # no lease can start in the first month any more, and two others can
    assert late.objective == pytest.approx(10_200)
    assert added_in(late) == added_in(plan)
    with pytest.raises(NoFeasiblePlan):
        ask(force=[f"sign:lease@{month(t)}" for t in range(3)])
    assert ask.sweep("contracts.lease.price", [10.0, 20.0])["objective"].tolist() == pytest.approx([10_020, 10_040])
    assert optimizer.WhatIf(few(leased()), **SOLVE)("contracts.lease.price=10").objective == pytest.approx(10_020)


def test_explanations_obey_it(plan: Plan) -> None:
    """Tests offers, alternatives, own decisions and requirements: a third lease is in none of them."""
    found = explain(plan, time_limit=5.0, threads=1)
    # Without leases 30,000 are paid; with two of them 10,200: they are worth 19,800, all of it (2 of 3 blocks at once).
    assert found.offers["worth"].tolist() == pytest.approx([19_800])
    near = find_alternatives(plan, within=0.5, plans=2)
    assert all(len(signed(one)) <= 2 for one in near.plans)
    most = near.ranges.loc[near.ranges["kind"] == "sign", "most"]
    assert most.tolist() == pytest.approx([2])
    three = plan.decisions.iloc[[0, 0, 0]].assign(month=[month(t) for t in range(3)])
    with pytest.raises(NoFeasiblePlan) as caught:
        check_decisions(plan, three)
    assert any("few (added to the program)" in text for text in caught.value.conflict)
    cap = try_policy(plan, Requirement("max_share", "provider", "cloud", 1.0, 1.0), Options(threads=1))
    assert cap.plan is not None
    assert cap.plan.objective == pytest.approx(10_200)


def test_a_comparison_names_it(plan: Plan) -> None:
    """Tests that plans of one instance with and without the constraint are not said to have the same inputs."""
    free = optimizer.solve(plan.instance, **SOLVE)
    notes = optimizer.compare(free, plan, ("free", "mine")).notes
    assert "Added to the program of mine: few." in notes
    assert not any("The inputs are the same" in note for note in notes)
    assert any("The inputs are the same" in note for note in optimizer.compare(plan, plan).notes)


def test_a_marginal_value_knows_of_it(plan: Plan) -> None:
    """Tests the relaxation: an accelerator is worth 1000 where leases are used up; without the limit 10, its price."""
    most = [values_table(one).query("kind == 'accelerator'")["relaxed"].max() for one in (plan, _without(plan))]
    assert most == pytest.approx([1000, 10])


def _without(plan: Plan) -> Plan:
    """The plan as if nothing had been added."""
    return replace(plan, head={key: value for key, value in plan.head.items() if key != "added"})


def test_an_edit_that_takes_its_variables_away_is_refused() -> None:
    """Tests that the violation of a rule that an edit makes hard is named, not answered without the constraint."""
    program = soft()
    program.add_constraint("little", {("over", "mine", 0): 1}, at_most=3)
    ask = optimizer.WhatIf(program, **SOLVE)
    with pytest.raises(
        AdditionError, match=r"constraint little, .* has the variable over of mine, 2030-01, which the program does not"
    ):
        ask("rules.mine.penalty=")


def test_what_can_only_be_nothing_counts_as_nothing() -> None:
    """Tests edits that take order months away: orders in them are 0, and blocks so far stay what they were.

    Two MW for ten accelerators of 200 kW at 1 each, whose work is worth 1000; blocks of 1 MW cost 1.
    """
    months = {"lead_months": 0, "latest": 3, "capex_per_mw": 1, "max_blocks": 2}
    kinds, site = [{"kw": 200}], [{"mw": 0}]
    case = tiny(4, {"jobs": [10]}, accelerators=kinds, power=site, fleet=[{"count": 10}], builds=[months])
    for late, cost in ((2, 2.0), (1, 1 + 4 * 5 * 1000.0)):
        program = optimizer.build(case)
        program.add_constraint("late", {("ordered", "wing", 3): 1}, at_most=0)
        program.add_constraint("all", {("built", "wing", 3): 1}, at_most=late)
        ask = optimizer.WhatIf(program, **SOLVE)
        assert ask.cost().objective == pytest.approx(cost)
        assert ask("builds.wing.latest=2030-02").objective == pytest.approx(cost)


@pytest.mark.parametrize(
    "part",
    [
        [1],
        {"constraints": [{}], "variables": []},
        {"constraints": [], "variables": [{"name": "x"}]},
        {
            "constraints": [
                {
                    "name": "x",
                    "terms": [{"variable": "y", "index": None, "coefficient": 1}],
                    "at_least": None,
                    "at_most": 1,
                }
            ],
            "variables": [],
        },
    ],
)
def test_a_head_that_cannot_be_understood_is_named(plan: Plan, part: Any) -> None:
    """Tests that a plan whose added constraints cannot be read is refused, not asked about without them."""
    with pytest.raises(PlanFileError, match=r"plan\.json: added cannot be understood"):
        optimizer.WhatIf(replace(plan, head={**plan.head, "added": part}))

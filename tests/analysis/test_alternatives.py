"""Near-optimal alternatives: ranges, no-regret decisions, distinct plans."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.analysis.alternatives import find_alternatives
from optimizer.solver.solution import Options
from tests.program.tiny import solved, tiny

EXACT = Options(gap=0.0, threads=1, time_limit=30)
TWO = [
    {"contract": "cheap", "price": 3000, "term_months": 2},
    {"contract": "dear", "provider": "other", "price": 3030, "term_months": 2},
]
PARTIES = [{"provider": "cloud"}, {"provider": "other"}, {"provider": "lab"}]


def test_two_offers_of_nearly_the_same_price_can_stand_for_each_other() -> None:
    """Tests that within 1 % the dear lease does as well (2 x 3030 to 2 x 3000), and that neither alone is a must."""
    plan = solved(tiny(2, {"jobs": [10]}, contracts=TWO, providers=PARTIES))
    found = find_alternatives(plan, 0.011, 2, EXACT)
    ranges = found.ranges.set_index(["kind", "party"])
    three = ranges[["least", "plan", "most"]].to_dict("index")
    assert three["sign", "cloud"] == {"least": 0, "plan": 1, "most": 1}
    assert three["sign", "other"] == {"least": 0, "plan": 0, "most": 1}
    assert ranges.loc[("used", "other"), "most"] == pytest.approx(20, rel=1e-6)
    assert not found.first["no_regret"].any()
    (other,) = found.plans
    assert other.decisions["item"].tolist() == ["dear"]
    assert other.objective == pytest.approx(6060)
    assert other.status == "feasible"


def test_an_end_that_a_known_plan_attains_is_not_searched_for() -> None:
    """Tests that the plan that signs the other lease decides what it attains: all ends of both leases."""
    plan = solved(tiny(2, {"jobs": [10]}, contracts=TWO, providers=PARTIES))
    steps: list[str] = []
    found = find_alternatives(plan, 0.011, 1, EXACT, on_step=steps.append)
    # Ten accelerators for two months come from the cheap lease in the plan, and from the other one in the distinct
    # plan: 20 and 0, 0 and 20. The relaxation proves that no plan uses more, or less than none.
    assert [step for step in steps if step.startswith("ranges")] == []
    assert steps[-1] == "distinct plan 1 of 1"
    used = found.ranges.set_index(["kind", "party"]).loc["used"]
    assert used.loc[["cloud", "other"], ["least", "most"]].to_numpy().tolist() == [
        [pytest.approx(0, abs=1e-6), pytest.approx(20)],
        [pytest.approx(0, abs=1e-6), pytest.approx(20)],
    ]
    assert found.unfinished == 0


def test_a_decision_without_an_alternative_is_no_regret() -> None:
    """Tests that where the other lease is far dearer, all plans sign the cheap one, and there is no other."""
    dear = [TWO[0], {**TWO[1], "price": 4000}]
    plan = solved(tiny(2, {"jobs": [10]}, contracts=dear, providers=PARTIES))
    found = find_alternatives(plan, 0.01, 2, EXACT)
    row = found.first.set_index("item").loc["cheap"]
    assert (row["least"], row["most"], bool(row["no_regret"])) == (1, 1, True)
    assert found.plans == ()


def test_capacity_is_leased_out_and_not_signed() -> None:
    """Tests that the decision on an outlet is a lease-out, also where its tenant is a provider too."""
    outlet = {"outlet": "let", "tenant": "cloud", "accelerators_per_block": 10, "price": 9000, "term_months": 2}
    supply: dict[str, Any] = {"fleet": [{"count": 10}], "contracts": TWO[:1], "outlets": [outlet]}
    found = find_alternatives(solved(tiny(2, {"jobs": [10]}, providers=PARTIES, **supply)), 0.01, 0, EXACT)
    # The lease at 2 x 3000 replaces the ten accelerators that bring in 2 x 9000: both are in every plan.
    kinds = found.ranges.set_index(["kind", "party"])["plan"].to_dict()
    assert (kinds["sign", "cloud"], kinds["lease_out", "cloud"]) == (1, 1)
    assert found.first.set_index("item")["decision"].to_dict() == {"cheap": "sign", "let": "lease_out"}


def test_an_alternative_has_the_shadow_prices_of_its_cost() -> None:
    """Tests that a soft rule which another plan violates is worth its penalty there, not what the search sought."""
    # Ten accelerators are used in either plan, two more than the rule allows, at 7 each.
    rule = {"rules": [{"sense": "<=", "rhs": 8, "penalty": 7}], "rule_terms": [{"quantity": "used", "item": "jobs"}]}
    plan = solved(tiny(2, {"jobs": [10]}, contracts=TWO, providers=PARTIES, **rule))
    (other,) = find_alternatives(plan, 0.011, 2, EXACT).plans
    for found in (plan, other):
        assert found.rules["shadow_price"].tolist() == pytest.approx([-7, -7])

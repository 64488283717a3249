"""Repairs of an instance without a plan: as little as possible is given up."""

from __future__ import annotations

import pytest

import optimizer
from optimizer.analysis.diagnose import diagnose
from optimizer.analysis.repair_text import describe_repair
from optimizer.instance.edit import apply_edits, parse_edit
from tests.analysis.infeasible import FLEET, LEASE, MUST
from tests.program.tiny import tiny


def test_power_is_told_row_by_row() -> None:
    """Tests that more power is added to every row of its site, each with its old and new value."""
    # 10 accelerators of 1 kW take 10 kW; 4 and 6 kW are there. Running them is asked for by a rule that weighs more.
    power = [{"month": 0, "mw": 0.004}, {"month": 1, "mw": 0.006}]
    edit = parse_edit("power.hall.mw+=0.006")
    instance = tiny(2, {"jobs": [10]}, **FLEET, power=power, workloads=MUST)
    one = describe_repair(instance, apply_edits(instance, [edit]), [edit])[0]
    assert one.text == ("power of hall, MW: 0.004 → 0.01, 0.006 → 0.012 (power row 1, power row 2, column mw)")
    assert (one.old, one.new) == ("0.004; 0.006", "0.01; 0.012")


def test_an_edit_that_takes_revenue_away_is_repaired_in_turn() -> None:
    """Tests that where fewer blocks of an outlet leave a net budget short, that is given up too."""
    # The outlet of 10 finds 5 and must go; its 100 were all that paid for work by the hour, which is 100 each.
    let = {"price": 100, "accelerators_per_block": 10, "committed_blocks": 1, "earliest": 0, "latest": 0}
    instance = tiny(
        1,
        {"jobs": [10]},
        fleet=[{"count": 5}],
        on_demand=[{"price": 1, "max_accelerators": 100}],
        outlets=[let | {"term_months": 1}],
        workloads=MUST,
        budgets=[{"amount": 0, "net": True}],
    )
    found = diagnose(instance, gap=0.0, threads=1)
    assert found.plan is not None
    again = optimizer.solve(apply_edits(instance, found.repair), gap=0.0, threads=1)
    assert again.objective == pytest.approx(found.plan.objective, abs=1e-6)


def test_nothing_is_given_up_that_stands_in_no_conflict() -> None:
    """Tests that no workload is given up to spare a budget that must be raised anyway: raised further it is enough."""
    # 6000 are agreed and 5000 may be spent; the work costs 20,000 besides, as much as leaving it undone.
    instance = tiny(
        2,
        {"jobs": [10]},
        contracts=[{**LEASE, "region": "there"}],
        on_demand=[{"price": 10, "max_accelerators": 10, "region": "here"}],
        workloads=[{"workload": "jobs", "min_service": 1, "regions": "here"}],
        budgets=[{"amount": 5000}],
    )
    found = diagnose(instance, gap=0.0, threads=1)
    assert [str(edit) for edit in found.repair] == ["budgets.cap.amount=26000"]
    assert found.plan is not None
    assert found.plan.objective == pytest.approx(26_000)
    assert [set(reason.sources) for reason in found.reasons] == [{"contracts row 1", "budgets row 1"}]
    assert found.reasons[0].inputs == ("budgets.cap.amount",)


def test_a_budget_of_next_to_nothing_counts_as_one() -> None:
    """Tests that not everything else is given up to save a few dollars of a budget that is given up many times over."""
    # 6000 are agreed and 2000 by the hour are the work's; a budget of one dollar is raised to both.
    instance = tiny(
        2,
        {"jobs": [10]},
        contracts=[{**LEASE, "region": "there"}],
        on_demand=[{"price": 1, "max_accelerators": 10, "region": "here"}],
        workloads=[{"workload": "jobs", "min_service": 1, "regions": "here"}],
        budgets=[{"amount": 1}],
    )
    found = diagnose(instance, gap=0.0, threads=1)
    assert [str(edit) for edit in found.repair] == ["budgets.cap.amount=8000"]


def test_a_little_beside_a_billion_is_given_up_too() -> None:
    """Tests a budget of a billion that is short by 500: half a millionth of it is a conflict, and a repair."""
    # One block of 1,000,000,500 in the plan's one month is agreed.
    lease = {**LEASE, "price": 1_000_000_500}
    found = diagnose(tiny(1, {"jobs": [0]}, contracts=[lease], budgets=[{"amount": 1e9}]), gap=0.0, threads=1)
    assert not found.feasible
    assert [one.column for one in found.given_up] == ["amount"]
    assert 1_000_000_500 <= float(found.given_up[0].new) <= 1_000_001_000
    assert found.plan is not None


def test_powered_space_agreed_can_be_given_up() -> None:
    """Tests an agreed outlet of MW that the supply does not carry: two blocks of 2 MW, and 3 MW there."""
    let = {"sells": "mw", "site": "hall", "accelerator": "", "mw_per_block": 2, "price": 1, "committed_blocks": 2}
    space = {"sites": [{}], "power": [{"mw": 3}], "outlets": [let | {"term_months": 2, "earliest": 0}]}
    found = diagnose(tiny(2, {"jobs": [0]}, **space), gap=0.0, threads=1)
    assert [str(edit) for edit in found.repair] == ["outlets.let.committed_blocks=1"]
    assert found.plan is not None


def test_power_before_its_first_row_is_not_what_is_given_up() -> None:
    """Tests that more power counts only from the first row of its site on: a repair must be one."""
    # Power comes in the second month; an outlet is agreed from the first on. The outlet has to go.
    let = {"sells": "mw", "site": "hall", "accelerator": "", "mw_per_block": 2, "price": 1, "committed_blocks": 1}
    space = {"sites": [{}], "power": [{"mw": 3, "month": 1}], "outlets": [let | {"term_months": 2, "earliest": 0}]}
    found = diagnose(tiny(2, {"jobs": [0]}, **space), gap=0.0, threads=1)
    assert [str(edit) for edit in found.repair] == ["outlets.let.committed_blocks=0"]
    assert found.plan is not None


def test_two_runs_in_one_place_are_whole_months_apart() -> None:
    """Tests a conflict that only whole numbers have: half a run each month would fit."""
    # Two runs of 30 on 10 accelerators are 3 months each, and there are 5 with room for one at a time.
    runs = [{"run": name, "work": 30, "sizes": "10", "required": True, "penalty": 5} for name in ("one", "two")]
    found = diagnose(tiny(5, {"jobs": [0]}, **FLEET, training_runs=runs), gap=0.0, threads=1)
    assert {"training_runs row 1", "training_runs row 2", "fleet row 1"} <= set(found.reasons[0].sources)
    assert (len(found.reasons), found.complete, len(found.repair)) == (1, True, 1)

"""Plans near an earlier one: what is kept, what a change counts, and what is proven."""

from __future__ import annotations

from typing import Any

import pytest

import optimizer
from optimizer.generator import random_instance
from optimizer.instance.edit import apply_edits, parse_edit
from optimizer.instance.instance import Instance
from optimizer.plan.plan import Plan
from optimizer.solver import engines
from optimizer.solver.solution import Solution, SolutionStatus, Stop
from tests.auditing.tampering import violations, with_head
from tests.program.tiny import decided, solved, tiny

TWO = [
    {"contract": "a", "price": 3000, "term_months": 2},
    {"contract": "b", "provider": "other", "price": 3010, "term_months": 2},
]
PARTIES = [{"provider": "cloud"}, {"provider": "other"}, {"provider": "lab"}]
LEASE = [{"price": 3000, "term_months": 2, "max_blocks": 3}]


def two(price_of_a: float, **given: Any) -> Instance:
    """Ten jobs for two months, and two leases of ten accelerators that can do them."""
    leases = [{**TWO[0], "price": price_of_a}, TWO[1]]
    return tiny(2, {"jobs": [10]}, contracts=leases, providers=PARTIES, **given)


def demanded(*jobs: float, price: float = 3000) -> Instance:
    """Jobs by month, served by a lease of two months that costs 6000."""
    return tiny(len(jobs), {"jobs": jobs}, contracts=[{**LEASE[0], "price": price}])


def near_of(plan: Plan) -> dict[str, Any]:
    """What the head says of the earlier plan."""
    found: dict[str, Any] = plan.head["near"]
    return found


def changed(plan: Plan) -> list[tuple[str, str, str, str, float, float]]:
    """Changes: kind, item, months, blocks, what they count."""
    keys = ("change", "item", "month_a", "month_b", "blocks")
    return [(*(one[key] for key in keys), pytest.approx(one["counts"])) for one in near_of(plan)["changes"]]


def test_an_offer_that_became_a_little_cheaper_is_left() -> None:
    """Tests that at 2 x 3010 the earlier plan's lease stays, 20 over the best plan, where 0.5 % of 6000 is 30."""
    earlier = solved(two(3020))
    assert decided(solved(two(3000))) == [(0, "sign", "a", 1)]
    plan = solved(two(3000), near=earlier)
    near = near_of(plan)
    assert decided(plan) == decided(earlier) == [(0, "sign", "b", 1)]
    assert (plan.objective, plan.bound, near["best_cost"]) == pytest.approx((6020, 6000, 6000))
    assert (near["cost_limit"], near["cost_of_stability"]) == pytest.approx((6030, 20))
    assert (near["distance"], near["distance_bound"], near["changes"]) == (0, 0, [])


def test_a_plan_that_costs_too_much_more_is_not_kept() -> None:
    """Tests that within 0.3 %, which is 18 of 6000, the lease is swapped: 6020 dropped and 6000 added."""
    plan = solved(two(3000), near=solved(two(3020)), within=0.003)
    near = near_of(plan)
    assert decided(plan) == [(0, "sign", "a", 1)]
    assert (plan.objective, near["cost_of_stability"]) == pytest.approx((6000, 0))
    assert (near["distance"], near["distance_bound"]) == pytest.approx((12020, 12020))
    assert changed(plan) == [("dropped", "b", "2030-01", "", 1, 6020), ("added", "a", "", "2030-01", 1, 6000)]


@pytest.mark.parametrize("price", [3010.0, 3010.000001])
def test_within_nothing_the_nearest_of_the_best_plans_is_found(price: float) -> None:
    """Tests that of two leases of one price the earlier plan's is signed, without a cost."""
    plan = solved(two(3010), near=solved(two(price)), within=0.0)
    assert (plan.objective, near_of(plan)["distance"]) == pytest.approx((6020, 0))


def test_a_block_that_moves_counts_a_twelfth_for_each_month() -> None:
    """Tests that a lease of 2 x 3000 which moves by two months earlier counts 2/12 of it: 1000."""
    plan = solved(demanded(10, 10, 0, 0), near=solved(demanded(0, 0, 10, 10)))
    assert changed(plan) == [("moved", "lease", "2030-03", "2030-01", 1, 1000)]
    assert (near_of(plan)["distance"], near_of(plan)["distance_bound"]) == pytest.approx((1000, 1000))


def test_a_move_counts_no_more_than_dropping_and_adding() -> None:
    """Tests that a lease of 6000 that moves by 26 months counts 12,000, not 26/12 of 6000."""
    months = [0.0] * 24
    plan = solved(demanded(*months, 0, 0, 10, 10), near=solved(demanded(10, 10, *months, 0, 0)))
    assert changed(plan) == [("dropped", "lease", "2030-01", "", 1, 6000), ("added", "lease", "", "2032-03", 1, 6000)]


def test_blocks_are_matched_in_order() -> None:
    """Tests that of three blocks in the first month one moves on by two months and one is dropped: 1000 and 6000."""
    plan = solved(demanded(10, 10, 10, 10), near=solved(demanded(30, 30, 0, 0)))
    assert sorted(changed(plan)) == [
        ("dropped", "lease", "2030-01", "", 1, 6000),
        ("moved", "lease", "2030-01", "2030-03", 1, 1000),
    ]


def test_the_same_plan_is_found_again() -> None:
    """Tests that nothing changes if nothing changed, whatever is allowed."""
    earlier = solved(two(3000))
    plan = solved(two(3000), near=earlier, within=0.5)
    assert decided(plan) == decided(earlier)
    assert plan.objective == pytest.approx(earlier.objective)
    assert near_of(plan)["distance"] == near_of(plan)["cost_of_stability"] == 0


def test_what_is_allowed_is_not_spent_without_need() -> None:
    """Tests that months that the earlier plan does not cover are planned at least cost, although all is free there.

    One lease of 6000 for two more months, where half as much again is allowed: nothing else is signed.
    """
    plan = solved(demanded(10, 10, 10, 10), near=solved(demanded(10, 10)), within=0.5)
    assert (plan.objective, near_of(plan)["distance"]) == pytest.approx((12000, 0))


def test_months_are_lined_up_by_the_calendar() -> None:
    """Tests that of an earlier plan that starts two months before, the decisions that lie ahead count and are kept.

    Two leases of two months follow each other for the jobs of February to May: signed in February and April, at 3000 a
    month. From March on the tables know one block that started in February. The next one can start in April only.
    """
    earlier = solved(tiny(5, {"jobs": [0, 10, 10, 10, 10]}, contracts=LEASE))
    assert decided(earlier)[0] == (1, "sign", "lease", 1)
    carried = {**LEASE[0], "contract": "signed", "earliest": 1, "committed_blocks": 1}
    later = tiny(3, {"jobs": [10]}, contracts=[*LEASE, carried], head={"start": "2030-03"}, providers=PARTIES)
    plan = solved(later, near=earlier)
    signed = plan.decisions[plan.decisions["decision"] == "sign"]
    assert signed[["month", "item"]].to_numpy().tolist() == [["2030-04", "lease"]]
    assert (near_of(plan)["distance"], near_of(plan)["lost"]) == (0, [])
    assert near_of(plan)["plan"]["start"] == "2030-01"


def test_what_no_longer_exists_is_named() -> None:
    """Tests that the decision on an item that is gone is named with its reason, and does not count."""
    earlier = solved(two(3020))
    plan = solved(tiny(2, {"jobs": [10]}, contracts=TWO[:1]), near=earlier)
    (lost,) = near_of(plan)["lost"]
    assert (lost["item"], lost["month"], lost["reason"]) == ("b", "2030-01", "does not exist any more")
    assert changed(plan) == [("added", "a", "", "2030-01", 1, 6000)]


def test_what_is_agreed_by_now_is_no_decision_any_more() -> None:
    """Tests that a lease that has been signed since is named, and that it is not counted as dropped."""
    agreed = {**LEASE[0], "earliest": 0, "committed_blocks": 1}
    plan = solved(tiny(2, {"jobs": [10]}, contracts=[agreed]), near=solved(demanded(10, 10)))
    (lost,) = near_of(plan)["lost"]
    assert (lost["item"], lost["reason"], near_of(plan)["distance"]) == ("lease", "cannot be decided on any more", 0)


def test_a_decision_after_the_plan_is_named() -> None:
    """Tests that a signature after the last month of a shorter plan cannot be kept."""
    plan = solved(demanded(0, 0), near=solved(demanded(0, 0, 10, 10)))
    (lost,) = near_of(plan)["lost"]
    assert (lost["month"], lost["reason"]) == ("2030-03", "lies after the plan")


def test_what_binds_no_money_is_not_changed_without_need() -> None:
    """Tests that a training run stays where it is, at the size it has, although any place and size costs as much."""
    sites: dict[str, Any] = {
        "sites": [{}, {"site": "barn", "region": "here"}],
        "power": [{"mw": 9}, {"site": "barn", "mw": 9}],
    }
    fleet = [{"count": 10}, {"site": "barn", "count": 10}]
    runs = [{"work": 20, "sizes": "5;10", "required": True}]
    instance = tiny(8, fleet=fleet, training_runs=runs, **sites)
    for want in (("start_run:big@2030-03",), ("start_run:big@2030-05",)):
        earlier = optimizer.WhatIf(instance, gap=0.0)(force=want)
        plan = solved(instance, near=earlier)
        assert plan.runs.to_numpy().tolist() == earlier.runs.to_numpy().tolist()
        assert near_of(plan)["distance"] == 0


def test_a_hand_back_counts_the_price_of_a_month_at_least() -> None:
    """Tests that a hand-back without a fee which moves by a month counts a twelfth of 3000: 250."""
    lease = [{"price": 3000, "min_term_months": 1, "notice_months": 1, "earliest": 0, "committed_blocks": 1}]
    earlier, later = (tiny(6, {"jobs": jobs}, contracts=lease) for jobs in ([10, 10, 0], [10, 10, 10, 0]))
    plan = solved(later, near=solved(earlier))
    assert changed(plan) == [("moved", "lease", "2030-02", "2030-03", 1, 250)]


def test_a_relaxation_can_stay_near() -> None:
    """Tests a linear program: 0.5 % of 6000 over a's price, at 20 a block, pays for all of b at 3010; at 40 for 3/4."""
    dear = [TWO[0], {**TWO[1], "price": 3020}]
    instance = tiny(2, {"jobs": [10]}, contracts=dear, providers=PARTIES)
    plan = solved(instance, near=solved(two(3020)), relax=True)
    # Each block of b costs 40 more than one of a. 30 are allowed: 3/4 stay, 1/4 of 6040 is dropped and of 6000 added.
    assert plan.objective == pytest.approx(6030)
    assert near_of(plan)["distance"] == pytest.approx((6040 + 6000) / 4)


def test_the_second_search_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that Ctrl-C in the search for the nearest plan keeps the best so far, with what is proven of it."""
    earlier, searches = solved(two(3020)), []
    first = engines.solve

    def interrupted(*args: Any, **options: Any) -> Solution:
        searches.append(args)
        nothing = Solution(stop=Stop.INTERRUPTED, status=SolutionStatus.NOTHING)
        return first(*args, **options) if len(searches) == 1 else nothing

    monkeypatch.setattr(engines, "solve", interrupted)
    plan = optimizer.solve(two(3000), near=earlier, within=0.001)
    near = near_of(plan)
    assert len(searches) == 2
    assert (plan.head["stopped"], plan.status) == ("interrupted", "feasible")
    assert (plan.objective, near["distance"], near["distance_bound"]) == pytest.approx((6000, 12020, 0))


def test_a_plan_that_cannot_be_found_says_why() -> None:
    """Tests that an instance without a plan is reported as without an earlier plan."""
    jobs = [{"workload": "jobs", "min_service": 1.0}]
    instance = tiny(2, [{"workload": "jobs", "month": 0, "amount": 50}], workloads=jobs, contracts=TWO[:1])
    with pytest.raises(optimizer.NoFeasiblePlan):
        optimizer.solve(instance, near=solved(two(3000)))


@pytest.mark.parametrize("within", [-0.1, float("nan"), float("inf")])
def test_an_impossible_share_is_refused(within: float) -> None:
    """Tests that the message says what is expected."""
    with pytest.raises(ValueError, match=r"expected a share such as 0\.005 for 0\.5 %"):
        optimizer.solve(two(3000), near=solved(two(3000)), within=within)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("within", -1.0),
        ("best_cost", 5900.0),
        ("cost_limit", 6000.0),
        ("cost_limit", None),
        ("cost_of_stability", 0.0),
        ("distance", 1.0),
        ("distance_bound", 1.0),
        ("distance_gap", 0.5),
    ],
)
def test_the_audit_notices_a_wrong_figure(key: str, value: float | None) -> None:
    """Tests that a figure of the head which does not follow from the others is a violation."""
    plan = solved(two(3000), near=solved(two(3020)))
    assert violations(plan) == ()
    assert any(found.rule == "near" for found in violations(with_head(plan, **{f"near__{key}": value})))


def test_the_audit_notices_a_wrong_status() -> None:
    """Tests that a plan is optimal only if the gaps of the best plan and of the distance are within the target."""
    plan = solved(two(3000), near=solved(two(3020)), within=0.003, gap=0.01)
    assert any(found.rule == "status" for found in violations(with_head(plan, status="feasible")))
    loose = with_head(plan, near__distance_bound=0.0, near__distance_gap=1.0)
    assert {found.rule for found in violations(loose)} == {"status"}


@pytest.mark.parametrize(("seed", "factor"), [(7, 0.8), (13, 1.2), (16, 0.8)])
def test_trading_cost_for_changes_keeps_to_the_limit(seed: int, factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that without the search for the nearest plan, the distance found and its bound enclose the right one."""
    instance = random_instance(seed, "tiny")
    earlier = solved(instance)
    later = apply_edits(instance, [parse_edit(f"demand.*.amount*={factor}")])
    right = near_of(solved(later, near=earlier, within=0.01))["distance"]
    monkeypatch.setattr("optimizer.solving.near._Nearest._approach", lambda self, nearest: None)
    phases: list[str] = []
    options: dict[str, Any] = {"gap": 0.0, "threads": 1, "progress": lambda event: phases.append(event.phase)}
    near = near_of(optimizer.solve(later, near=earlier, within=0.01, **options))
    assert near["distance_bound"] <= right * (1 + 1e-6)
    assert near["distance"] >= right * (1 - 1e-6)
    assert "trade" in phases


def test_progress_shows_both_searches() -> None:
    """Tests that the phases of the search for the best plan and of that for the nearest are reported, in this order."""
    phases: list[str] = []
    solved(two(3000), near=solved(two(3020)), within=0.003, progress=lambda event: phases.append(event.phase))
    kept = [phase for phase in dict.fromkeys(phases) if phase in ("solve", "near")]
    assert kept == ["solve", "near"]

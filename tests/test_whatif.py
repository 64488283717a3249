"""What-ifs: edits and held decisions, against costs derived by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import optimizer
from optimizer.errors import FixingError
from optimizer.instance.edit import parse_edit
from optimizer.program.fixings import Fixing, fixings_of
from optimizer.solver.reoptimise import ReoptimisationModel
from optimizer.solver.solution import Options
from tests.program.tiny import decided, solved, tiny

# Ten wanted in each of three months at a penalty of 1000; a block of ten at 3000 a month, terminable after one month,
# or hours at 5 x 100 = 500 each: the block costs 9000 in all, hours would cost 15000.
LEASE = {"contracts": [{"price": 3000, "min_term_months": 1}], "on_demand": [{"price": 5, "max_accelerators": 10}]}


@pytest.fixture(scope="module")
def ask() -> optimizer.WhatIf:
    """What-ifs on the plan with the lease."""
    plan = solved(tiny(3, {"jobs": [10]}, **LEASE))
    assert plan.objective == pytest.approx(9000)
    return optimizer.WhatIf(plan, gap=0, threads=1)


def test_a_price_that_makes_the_other_offer_win(ask: optimizer.WhatIf) -> None:
    """Tests that at 6000 a month hours win: 3 x 5000."""
    assert ask("contracts.lease.price*=2").objective == pytest.approx(15_000)


def test_a_delay_is_bridged_by_hours(ask: optimizer.WhatIf) -> None:
    """Tests that a lease a month later costs one month of hours: 5000 + 2 x 3000."""
    assert ask(delay="contracts.lease=1").objective == pytest.approx(11_000)


def test_forced_and_forbidden_decisions(ask: optimizer.WhatIf) -> None:
    """Tests that without the lease, or with it signed in the second month alone, hours fill what is missing."""
    assert ask(forbid="sign:lease").objective == pytest.approx(15_000)
    assert ask(forbid="lease@2030-01").objective == pytest.approx(11_000)
    # With max_blocks 1 a signature in the second month forces the first lease, if any, to have ended by then.
    assert ask(force="lease@2030-02").objective == pytest.approx(9000)


def test_an_end_hands_back(ask: optimizer.WhatIf) -> None:
    """Tests that a lease that ends with the second month leaves the third to hours."""
    plan = ask(end="lease@2030-03")
    assert plan.objective == pytest.approx(11_000)
    assert (1, "hand_back", "lease", 1.0) in decided(plan)


@pytest.mark.parametrize(("target", "most"), [(18_001, 18_001), (14_000, 15_000)])
def test_a_cost_that_will_do(ask: optimizer.WhatIf, target: float, most: float) -> None:
    """Tests that at 6000 a month any plan up to keeping the lease for 18000 will do, and below 15000 there is none."""
    plan = ask.ask([parse_edit("contracts.lease.price*=2")], objective_target=target)
    assert 15_000 - 1e-6 <= plan.objective <= most + 1e-6
    assert plan.bound is None or plan.bound <= 15_000 + 1e-6


def test_what_ifs_leave_no_trace(ask: optimizer.WhatIf) -> None:
    """Tests that after all of them the plan is the first one again."""
    assert ask("demand.jobs.amount=10").objective == pytest.approx(9000)


def test_several_edits_count_together(ask: optimizer.WhatIf) -> None:
    """Tests that twice the demand at 2500 a month is a block and ten hours each month: 3 x (2500 + 5000)."""
    assert ask(["demand.jobs.amount*=2", "contracts.lease.price=2500"]).objective == pytest.approx(22_500)


def test_a_sweep_tells_where_hours_win(ask: optimizer.WhatIf) -> None:
    """Tests that the cost grows by three months of the price up to 5000, and stays from there on."""
    table = ask.sweep("contracts.lease.price", [3000, 4000, 5000, 6000])
    assert table["objective"].tolist() == pytest.approx([9000, 12_000, 15_000, 15_000])
    assert table["change"].tolist()[1:] == pytest.approx([3000, 3000, 0])


@pytest.mark.parametrize(
    ("holds", "message"),
    [
        ({"force": "sing:lease"}, "no decision is called 'sing'. Did you mean 'sign'?"),
        ({"force": "leese"}, "there is no such item to decide on. Did you mean 'lease'?"),
        ({"force": "lease@2031-01"}, "not possible then; possible from 2030-01 to 2030-03"),
        ({"end": "lease"}, "is nothing to end; expected such as sign:bridge@2027-03"),
        ({"forbid": "lease@2030-01=1"}, "what is forbidden has no number of blocks; leave out =1"),
        ({"end": "hourly@2030-02"}, "no contract or outlet is called 'hourly'"),
    ],
)
def test_holds_that_make_no_sense_are_refused(ask: optimizer.WhatIf, holds: dict[str, Any], message: str) -> None:
    """Tests that each message says what is wrong and what is possible."""
    with pytest.raises(FixingError) as caught:
        ask(**holds)
    assert message in str(caught.value)


def test_a_search_starts_from_the_plan_at_hand() -> None:
    """Tests that a plan's decisions, given to its own program, are an incumbent at once."""
    instance = tiny(3, {"jobs": [10, 25, 5]}, contracts=[{"price": 3000, "min_term_months": 1, "max_blocks": 3}])
    plan, live = solved(instance), ReoptimisationModel(instance)
    live.start(plan)
    found = live.solve(Options(gap=1.0, threads=1, time_limit=30))  # content with the first plan it holds
    assert found.values is not None
    cost = float(live.arrays.cost @ found.values) + live.arrays.offset
    assert cost * live.program.units.money == pytest.approx(plan.objective)


def test_what_is_held_in_a_plan_is_held_on() -> None:
    """Tests that what-ifs on a plan made without a lease do without it, until something else is held about it.

    Hours alone cost 15000, at six in place of five 18000; with the lease forbidden in the first month alone, a month of
    hours and two of the lease cost 5000 + 6000.
    """
    first = optimizer.WhatIf(solved(tiny(3, {"jobs": [10]}, **LEASE)), gap=0, threads=1)
    without = first(forbid="sign:lease")
    ask = optimizer.WhatIf(without, gap=0, threads=1)
    dearer = ask("on_demand.hourly.price=6")
    assert dearer.objective == pytest.approx(18_000)
    assert dearer.head["held"] == ["forbid sign:lease"]
    assert ask.cost("on_demand.hourly.price=6").objective == pytest.approx(18_000)
    later = ask(forbid="lease@2030-01")
    assert later.objective == pytest.approx(11_000)
    assert later.head["held"] == ["forbid lease@2030-01"]


def test_the_cost_alone_is_that_of_the_plan(ask: optimizer.WhatIf) -> None:
    """Tests objective, bound and gap without a plan, and that there is none where no plan meets the rules."""
    found = ask.cost("contracts.lease.price*=2")
    assert (found.objective, found.bound, found.gap) == pytest.approx((15_000, 15_000, 0))
    with pytest.raises(optimizer.NoFeasiblePlan):
        ask.cost(["workloads.jobs.min_service=1", "on_demand.hourly.max_accelerators=5"], forbid="sign:lease")


def test_blocks_are_held_on(tmp_path: Path) -> None:
    """Tests that a plan forced to one of two blocks, once saved, has one in the next what-if too.

    Of twenty wanted, one block for 3000 serves ten, and ten are missed at 1000 each: 13000; twelve wanted leave two.
    """
    lease = {"price": 3000, "min_term_months": 1, "max_blocks": 2}
    plan = solved(tiny(1, {"jobs": [20]}, contracts=[lease]))
    one = optimizer.WhatIf(plan, gap=0, threads=1)(force="lease@2030-01=1")
    assert one.objective == pytest.approx(13_000)
    one.save(tmp_path / "one")
    again = optimizer.WhatIf(optimizer.load_plan(tmp_path / "one"), gap=0, threads=1)("demand.jobs.amount=12")
    assert again.objective == pytest.approx(5000)
    assert again.head["held"] == ["force lease@2030-01=1"]


@pytest.mark.parametrize("kind", ["end", "keep", "delay", "force"])
@pytest.mark.parametrize("blocks", [None, 0.0, 2.5, 1e15])
def test_a_hold_is_read_as_it_is_written(ask: optimizer.WhatIf, kind: str, blocks: float | None) -> None:
    """Tests that no number of blocks is lost on the way through a plan's head."""
    held = Fixing(kind, "sign", "lease", "2030-02", blocks)
    assert ask.plan is not None
    ask.plan.head["held"] = [str(held)]
    assert fixings_of(ask.plan) == [held]
    del ask.plan.head["held"]


def test_what_is_proven_counts_unless_what_was_held_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that with the lease forbidden 15000 is the least, and no longer so once it is forced."""
    first = optimizer.WhatIf(solved(tiny(3, {"jobs": [10]}, **LEASE)), gap=0, threads=1)
    without = first(forbid="sign:lease")
    ask, floors = optimizer.WhatIf(without, gap=0, threads=1), []
    real, money = ask.live.solve, ask.live.program.units.money

    def solve(*given: Any, known_bound: float, **rest: Any) -> Any:
        floors.append(known_bound * money)
        return real(*given, known_bound=known_bound, **rest)

    monkeypatch.setattr(ask.live, "solve", solve)
    assert ask.ask_with_fixed([]).objective == pytest.approx(15_000)
    forced = ask.ask_with_fixed([Fixing("force", "sign", "lease", "2030-01", 1.0)])
    assert (forced.objective, forced.bound) == pytest.approx((9000, 9000))
    assert floors == pytest.approx([15_000, -np.inf])

"""What is short if a provider, an owner, a site, a region or a tag is lost: figures worked out by hand."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import highspy
import pytest

from optimizer.analysis.losses import losses
from optimizer.plan.tables import column_names, plain_rows
from optimizer.solver.highs_options import SilentHighs
from tests.program.tiny import month, solved, tiny

PARTIES = [
    {"group": "alpha", "tags": "rival"},
    {"provider": "neo", "group": "alpha"},
    {"provider": "rex", "tags": "rival"},
    {"provider": "lab", "kind": "tenant"},
]
CRITICAL = [{"workload": "jobs", "critical": 0.5}]


def lease(name: str, provider: str, **columns: Any) -> dict[str, Any]:
    """Ten accelerators agreed before the plan."""
    return {"contract": name, "provider": provider, "price": 1, "committed_blocks": 1, "earliest": 0} | columns


def lost(months: int, demand: Any, **given: Any) -> dict[str, dict[str, Any]]:
    """Rows of the table by subject and member."""
    plan = solved(tiny(months, demand, **{"providers": PARTIES, "workloads": CRITICAL, **given}))
    table = losses(plan)
    assert list(table.columns) == column_names("losses")
    return {f"{row['subject']} {row['member']}": row for row in plain_rows(table)}


def test_each_member_is_lost_in_turn() -> None:
    """Tests that one of three leases of ten can be lost where twelve are critical, and two of them cannot."""
    leases = [lease(name, name, term_months=3) for name in ("cloud", "neo")]
    found = lost(3, {"jobs": [0, 24, 26]}, contracts=[*leases, lease("rex", "rex", term_months=3, region="there")])
    # The region there is rex alone, the region here the two of alpha, the tag rival cloud and rex.
    assert list(found) == ["provider cloud", "provider neo", "provider rex", "group alpha", "tag rival"]
    # In the third month half of 26 is critical.
    assert [row["short"] for row in found.values()] == pytest.approx([0, 0, 0, 3, 3])
    row = found["group alpha"]
    assert (row["months"], row["first"], row["month"]) == (2, month(1), month(2))
    assert (row["critical"], row["workloads"], row["before"]) == (pytest.approx(13), "jobs", 0)
    assert (row["share"], row["share_month"]) == (pytest.approx(2 / 3), month(0))
    assert (found["provider rex"]["months"], found["provider rex"]["month"]) == (0, "")


def test_a_policy_that_is_kept_leaves_nothing_short() -> None:
    """Tests that the plan that survives each loss has nothing short, and that without the policy it has."""
    given: dict[str, Any] = {"fleet": [{"count": 20}]}
    given["contracts"] = [{"contract": "spare", "price": 100, "term_months": 1, "max_blocks": 9}]
    policy = {"rule": "survive", "subject": "site", "limit": 1, "from": 0, "to": 9}
    assert lost(1, {"jobs": [20]}, **given)["site hall"]["short"] == pytest.approx(10)
    assert lost(1, {"jobs": [20]}, **given, policies=[policy])["site hall"]["short"] == 0


def test_by_the_hour_stands_in() -> None:
    """Tests that hours are taken up to what is offered, from others, and only if their commitment runs."""
    hours = {"price": 50, "max_accelerators": 7, "provider": "rex"}
    given: dict[str, Any] = {"contracts": [lease("cloud", "cloud", term_months=1), lease("neo", "neo", term_months=1)]}
    # Twenty wanted and served by the leases, ten of them critical: hours are not taken, but stand by.
    assert lost(1, {"jobs": [20]}, **given, on_demand=[hours])["group alpha"]["short"] == pytest.approx(3)
    mine = lost(1, {"jobs": [20]}, **given, on_demand=[hours | {"provider": "neo"}])
    assert mine["group alpha"]["short"] == pytest.approx(10)
    deal = {"provider": "rex", "annual_amount": 1000}
    tied = lost(1, {"jobs": [20]}, **given, on_demand=[hours | {"commitment": "deal"}], commitments=[deal])
    assert tied["group alpha"]["short"] == pytest.approx(10)


def test_the_power_of_what_is_left() -> None:
    """Tests that another site runs what its power allows, beside what is let there."""
    given: dict[str, Any] = {
        "sites": [{}, {"site": "barn", "region": "there"}],
        "fleet": [{"count": 20}, {"site": "barn", "count": 30}],
        "power": [{"mw": 1}, {"site": "barn", "mw": 0.009}],
    }
    # Twenty at the hall; a kilowatt each lets nine run at the barn. Of 28 wanted, 14 are critical.
    assert lost(1, {"jobs": [28]}, **given)["site hall"]["short"] == pytest.approx(5)
    # Two of them are let at 8, which is more than a critical one would bring.
    let = {"site": "barn", "accelerators_per_block": 2, "price": 1e6, "term_months": 1, "max_blocks": 1}
    assert lost(1, {"jobs": [28]}, **given, outlets=[let])["site hall"]["short"] == pytest.approx(7)
    space = {"sells": "mw", "site": "barn", "accelerator": "", "mw_per_block": 0.004, "price": 1e6, "term_months": 1}
    row = lost(1, {"jobs": [28]}, **given, outlets=[space | {"max_blocks": 1}])["site hall"]
    assert row["short"] == pytest.approx(9)


def test_work_that_is_short_even_if_nothing_is_lost() -> None:
    """Tests that it is told apart: ten critical, of which seven can be served."""
    row = lost(
        1,
        {"jobs": [20]},
        fleet=[{"count": 4}, {"site": "barn", "count": 3}],
        sites=[{}, {"site": "barn"}],
        power=[{"mw": 1}, {"site": "barn", "mw": 1}],
    )["site hall"]
    assert (row["short"], row["before"]) == (pytest.approx(7), pytest.approx(3))


def test_what_may_run_where() -> None:
    """Tests that work bound to a region, and work that excludes a party, is not served elsewhere."""
    two = [lease("near", "cloud", term_months=1), lease("far", "rex", term_months=1, region="there")]
    bound = [{"workload": "jobs", "critical": 1, "regions": "here"}, {"workload": "free", "critical": 1}]
    found = lost(1, {"jobs": [6], "free": [10]}, contracts=two, workloads=bound)
    # Without the near one the free work goes on at the far one; without the far one 16 share the near one's ten.
    assert (found["provider cloud"]["short"], found["provider cloud"]["workloads"]) == (pytest.approx(6), "jobs")
    assert found["provider rex"]["short"] == pytest.approx(6)


def test_nothing_critical_is_nothing_to_test() -> None:
    """Tests that there are no rows where no work is critical, and none where nothing is held."""
    assert lost(1, {"jobs": [20]}, fleet=[{"count": 20}], workloads=[{"workload": "jobs"}]) == {}
    assert lost(1, {"jobs": [20]}, on_demand=[{"price": 20, "max_accelerators": 20}]) == {}


def test_ctrl_c_ends_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that Ctrl-C ends the linear program of the losses, even if HiGHS does not stop."""
    plan = solved(tiny(1, {"jobs": [20]}, workloads=CRITICAL, fleet=[{"count": 20}]))
    released = threading.Event()

    def pressed(self: SilentHighs) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        released.wait(60.0)
        return highspy.Highs.run(self)

    monkeypatch.setattr(SilentHighs, "run", pressed, raising=False)
    with pytest.raises(KeyboardInterrupt):
        losses(plan)
    released.set()


def test_few_are_named_of_those_that_are_alike() -> None:
    """Tests workloads that may run in the same places: of 7 and 8 critical, 5 are short, all of them of the first."""
    work = [{"workload": "jobs", "critical": 1}, {"workload": "chat", "critical": 1}]
    leases = [lease(name, name, term_months=1) for name in ("cloud", "neo")]
    found = lost(1, {"jobs": [7], "chat": [8]}, workloads=work, contracts=leases)
    assert found["provider cloud"]["short"] == pytest.approx(5)
    assert found["provider cloud"]["workloads"] == "jobs"
    # Of both leases nothing is left: all 15 are short.
    assert found["group alpha"]["short"] == pytest.approx(15)
    assert found["group alpha"]["workloads"] == "jobs; chat"

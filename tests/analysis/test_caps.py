"""What less exposure costs: caps on shares and losses to survive, worked out by hand. A block holds 10 accelerators."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

import optimizer
from optimizer.analysis import caps, examination, policy_trial
from optimizer.analysis.caps import caps_table, requirements
from optimizer.analysis.explanation import explain
from optimizer.analysis.policy_trial import Requirement, try_policy
from optimizer.analysis.questions import NOT_EXAMINED
from optimizer.errors import StoppedWithoutPlan
from optimizer.plan.plan import Plan
from optimizer.plan.tables import EXPLAINED, plain_rows
from optimizer.report.whatif_tables import explanation_text
from optimizer.solver.solution import Options
from tests.plan import pairs
from tests.program.tiny import month, solved, tiny

EXACT = Options(gap=0, threads=1)
PARTIES = [{}, {"provider": "neo"}, {"provider": "lab", "kind": "tenant"}]
CHEAP = {"contract": "cheap", "price": 100, "term_months": 1, "max_blocks": 9}
DEAR = {"contract": "dear", "provider": "neo", "price": 300, "term_months": 1, "max_blocks": 9}


def planned(months: int, wanted: float, **given: Any) -> Plan:
    """A plan of cheap and dear blocks."""
    defaults: dict[str, Any] = {"providers": PARTIES, "contracts": [CHEAP, DEAR]}
    return solved(tiny(months, {"jobs": [wanted]}, **{**defaults, **given}))


def told(plan: Plan) -> list[dict[str, Any]]:
    """Rows of the table."""
    return plain_rows(caps_table(plan, requirements(plan), EXACT))


def test_a_cap_costs_what_dearer_blocks_cost() -> None:
    """Tests that of four blocks, all cheap, one has to be dear for a share of three quarters, and two for a half."""
    plan = planned(2, 40)
    three, two = told(plan)
    assert [three["member"], three["share"], three["limit"]] == ["cloud", 1, 0.75]
    assert (three["rule"], three["subject"], three["month"], two["limit"]) == ("max_share", "provider", month(0), 0.5)
    # 200 more for a block and month.
    assert [row["costs"] for row in (three, two)] == pytest.approx([400, 800])
    assert [row["at_least"] for row in (three, two)] == pytest.approx([400, 800])
    assert [row["at_most"] for row in (three, two)] == pytest.approx([400, 800])
    assert three["unserved"] == 0
    assert "sign dear in 2030-01" in three["answer"]


def test_a_cap_is_kept_from_when_it_can_be() -> None:
    """Tests that what is agreed for two months, with nothing else to be had, leaves a cap to the months after."""
    agreed = CHEAP | {"contract": "agreed", "committed_blocks": 4, "earliest": 0, "term_months": 2, "max_blocks": 4}
    plan = planned(5, 40, contracts=[agreed, CHEAP, DEAR | {"lead_months": 2}])
    three, _ = told(plan)
    assert three["month"] == month(2)
    assert three["costs"] == pytest.approx(3 * 200)


def test_a_cap_on_an_owner_counts_all_its_providers() -> None:
    """Tests that two providers of one owner are capped together, and that a small one is not looked into."""
    parties = [{"group": "alpha"}, {"provider": "two", "group": "alpha"}, {"provider": "neo"}, PARTIES[2]]
    other = CHEAP | {"contract": "other", "provider": "two", "price": 110, "max_blocks": 9}
    first = CHEAP | {"max_blocks": 2}
    small = DEAR | {"accelerators_per_block": 1, "price": 1, "max_blocks": 2}
    plan = planned(1, 42, providers=parties, contracts=[first, other, DEAR | {"contract": "more"}, small])
    # 20, 20 and 2: the owner has 40 of 42. Neo has less than a tenth.
    three, two = told(plan)
    assert (three["subject"], three["member"], three["share"]) == ("group", "alpha", pytest.approx(40 / 42))
    # At most 71.43 % of it: 30 of 42, so that a block of 110 becomes one of 300; 47.62 %: 20 of 42, two of them.
    assert [three["costs"], two["costs"]] == pytest.approx([190, 380])


def test_surviving_a_loss() -> None:
    """Tests that half of twenty goes on without the only provider if one of its two blocks is with another."""
    plan = planned(3, 20, workloads=[{"workload": "jobs", "critical": 0.5}])
    row = told(plan)[-1]
    assert (row["rule"], row["subject"], row["member"], row["limit"]) == ("survive", "provider", "cloud", 1)
    assert row["costs"] == pytest.approx(3 * 200) == row["at_least"]


def test_surviving_the_loss_of_a_site() -> None:
    """Tests that a dear block stands by where the site that serves all is to be lost."""
    fleet = {"fleet": [{"count": 20}], "contracts": [DEAR], "workloads": [{"workload": "jobs", "critical": 0.5}]}
    (row,) = told(planned(2, 20, **fleet))
    assert (row["subject"], row["member"], row["share"]) == ("site", "hall", 1)
    assert row["costs"] == pytest.approx(2 * 300)


def test_what_no_plan_keeps_has_a_note() -> None:
    """Tests that where all must be served and one provider has all there is, neither cap nor loss has a plan."""
    must = [{"workload": "jobs", "min_service": 1, "critical": 1}]
    rows = told(planned(2, 20, contracts=[CHEAP], workloads=must))
    assert [row["rule"] for row in rows] == ["max_share", "max_share", "survive"]
    for row in rows:
        assert row["note"] == "leaves no plan: it cannot be kept in 2 of 2 months"
        assert (row["costs"], row["at_least"], row["month"]) == (None, None, "")


def test_whole_blocks_that_leave_no_plan() -> None:
    """Tests that a cap that broken blocks would keep within the budget, and whole ones cannot, leaves no plan."""
    must = [{"workload": "jobs", "min_service": 1}]
    asked = Requirement("max_share", "provider", "cloud", 0.3, 1.0)
    # 0.3 cheap and 0.7 dear would do for 240; a whole dear one costs 300.
    for amount, note in ((300, ""), (250, "leaves no plan")):
        budget = [{"from": 0, "to": 0, "amount": amount, "covers": "all"}]
        found = try_policy(planned(1, 10, workloads=must, budgets=budget), asked, EXACT)
        assert (found.first, found.note) == (0, note)
        assert (found.plan.objective if found.plan else None) == (None if note else pytest.approx(300))


def test_the_share_of_demand_that_a_policy_leaves_unserved() -> None:
    """Tests that without a second provider a cap of three quarters is met by going without capacity at all."""
    plan = planned(1, 10, contracts=[CHEAP])
    (row,) = plain_rows(caps_table(plan, [Requirement("max_share", "provider", "cloud", 0.75, 1.0)], EXACT))
    # Ten unserved at 1000 each instead of a block of 100.
    assert (row["costs"], row["unserved"]) == (pytest.approx(9900), pytest.approx(1))


def test_what_is_held_is_held_on() -> None:
    """Tests that where nothing may be signed with another, no cap can be kept, but by going without capacity."""
    free = planned(1, 10)
    held = replace(free, head={**free.head, "held": ["forbid sign:dear"]})
    asked = Requirement("max_share", "provider", "cloud", 0.3, 1.0)
    found = [try_policy(plan, asked, EXACT).plan for plan in (free, held)]
    # Ten unserved at 1000 each.
    assert [plan.objective if plan else None for plan in found] == pytest.approx([300, 10_000])


def test_searches_that_end_early(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that one that finds nothing in time has a note, and that an interrupted one ends it all, plan or none."""
    plan = planned(1, 10)
    asked = Requirement("max_share", "provider", "cloud", 0.3, 1.0)

    def ended(interrupted: bool) -> None:
        def finish(*_: object) -> Plan:
            raise StoppedWithoutPlan("stopped", interrupted)

        monkeypatch.setattr(policy_trial, "finish", finish)

    ended(interrupted=False)
    assert try_policy(plan, asked, EXACT).note == "not found in time"
    ended(interrupted=True)
    with pytest.raises(KeyboardInterrupt):
        try_policy(plan, asked, EXACT)
    monkeypatch.setattr(policy_trial, "finish", lambda *_: replace(plan, head={**plan.head, "stopped": "interrupted"}))
    with pytest.raises(KeyboardInterrupt):
        try_policy(plan, asked, EXACT)


def test_a_plan_without_much_exposure_has_nothing_to_ask() -> None:
    """Tests that a plan that is all in-house, with nothing critical, has no rows."""
    plan = solved(tiny(1, {"jobs": [20]}, fleet=[{"count": 20}]))
    assert requirements(plan) == []
    assert list(caps_table(plan, [], EXACT).columns) == list(EXPLAINED["caps"])


def test_ctrl_c_keeps_what_was_come_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """Tests that Ctrl-C in the second requirement keeps the first, and leaves what was to come without a table."""
    plan = planned(1, 40)
    asked = requirements(plan)

    def second_stopped(of: Plan, one: Requirement, *rest: Any) -> Any:
        if one == asked[1]:
            raise KeyboardInterrupt
        return try_policy(of, one, *rest)

    monkeypatch.setattr(examination, "try_policy", second_stopped)
    found = explain(plan, gap=0, threads=1)
    assert found.stopped == f"requirement 2 of 2: {asked[1]}"
    assert found.caps["requirement"].tolist() == [str(one) for one in asked]
    assert found.caps["note"].tolist() == ["", NOT_EXAMINED]
    assert found.steps.empty
    found.save(plan.save(tmp_path / "plan"))
    assert optimizer.load_plan(tmp_path / "plan").explained["caps"]["costs"][0] == pytest.approx(200)


def test_the_table_goes_the_way_of_all_tables() -> None:
    """Tests that the library gives it with the others."""
    found = optimizer.explain(planned(1, 40), gap=0, threads=1)
    assert isinstance(found.caps, pd.DataFrame)
    assert found.to_dict()["caps"][0]["costs"] == pytest.approx(200)
    assert "What less exposure costs" in explanation_text(found)


def test_a_policy_never_saves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that beside a gap of 50 a cap that costs nothing, as found, is proven to cost 0 to 50 more."""
    plan = planned(1, 10)  # one cheap block: 100
    loose = replace(plan, head={**plan.head, "bound": 50.0, "gap": 0.5})
    one = Requirement("max_share", "provider", "cloud", 1.0, 1.0)
    monkeypatch.setattr(caps, "try_policy", lambda *_: policy_trial.PolicyTrial(one, 0, loose))
    (row,) = plain_rows(caps_table(loose, [one], EXACT))
    assert (row["costs"], row["at_least"], row["at_most"]) == (0, 0, 50)


def test_the_largest_shares_are_capped_first() -> None:
    """Tests that of five owners the four largest are tried, in order, and of these none below a tenth."""
    # One to five blocks of 15 are agreed: the shares are 1/15 to 5/15, of which three quarters and a half are tried.
    names = "abcde"
    providers = [{"provider": name, "group": f"group-{name}"} for name in names] + [PARTIES[-1]]
    agreed = [
        {"contract": f"lease-{name}", "provider": name, "price": 100, "term_months": 2, "earliest": 0}
        | {"committed_blocks": blocks}
        for blocks, name in enumerate(names, start=1)
    ]
    plan = solved(tiny(1, {"jobs": [10]}, providers=providers, contracts=agreed))
    found = [(one.subject, one.member, one.limit) for one in requirements(plan) if one.rule == "max_share"]
    assert found == [
        *(("provider", "e", limit) for limit in (0.25, 0.1667)),
        *(("provider", "d", limit) for limit in (0.2, 0.1333)),
        *(("provider", "c", limit) for limit in (0.15, 0.1)),
        *(("provider", "b", limit) for limit in (0.1, 0.0667)),
    ]


def test_the_largest_shortfalls_are_to_be_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that of the losses of providers, owners and sites the four with the largest shortfalls are tried."""
    lost = [
        ("provider", "small", 1, 1.0, 0.1),
        ("region", "here", 3, 9.0, 0.9),
        ("provider", "none", 0, 8.0, 0.8),
        ("group", "third", 2, 5.0, 0.5),
        ("site", "first", 1, 7.0, 0.7),
        ("tag", "rival", 1, 6.5, 0.65),
        ("provider", "second", 3, 6.0, 0.6),
        ("site", "fourth", 1, 2.0, 0.2),
    ]
    table = pd.DataFrame(lost, columns=["subject", "member", "months", "short", "share"])
    monkeypatch.setattr(caps, "losses", lambda _: table)
    monkeypatch.setattr(caps, "shares", lambda *_: {})
    assert requirements(planned(1, 10)) == [
        Requirement("survive", subject, member, 1.0, share)
        for subject, member, share in (
            ("site", "first", 0.7),
            ("provider", "second", 0.6),
            ("group", "third", 0.5),
            ("site", "fourth", 0.2),
        )
    ]


def test_shares_from_a_tenth_on_are_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests caps at three quarters and a half, in four digits, of owners with a tenth, with more and with less."""
    monkeypatch.setattr(caps, "losses", lambda _: pd.DataFrame(columns=["subject", "member", "months", "short"]))
    monkeypatch.setattr(caps, "shares", lambda *_: {"cloud": 0.0999, "neo": 0.1, "lab": 0.77777})
    found = requirements(planned(1, 10))
    assert [(one.member, one.limit, one.share) for one in found] == [
        ("lab", 0.5833, 0.77777),
        ("lab", 0.3889, 0.77777),
        ("neo", 0.075, 0.1),
        ("neo", 0.05, 0.1),
    ]
    assert [str(one) for one in found[::3]] == [
        "at most 58.3 % of the capacity with lab",
        "at most 5.0 % of the capacity with neo",
    ]


def test_the_figures_of_a_requirement() -> None:
    """Tests rows of plans of 130, proven from 125, 95 or nothing on, against 100 with a gap of 8."""
    one = Requirement("survive", "site", "hall", 1.0, 0.5)
    cash = [("2026-01", "contract", "lease", "neo", 130, 130)]
    a = pairs.plan(gap=8, cash=[("2026-01", "contract", "lease", "neo", 100, 100)])
    service = [("2026-01", "study", 9, 9, 0), ("2026-02", "study", 11, 8, 3)]
    known = ("the loss of hall survived", "survive", "site", "hall", 0.5, 1.0)
    same = "no decision differs"
    for gap, least, rows, unserved in ((5, 25, service, 3 / 20), (35, 0, [], 0.0)):
        b = pairs.plan(gap=gap, cash=cash, service=rows)
        row = caps.cap_row(a, policy_trial.PolicyTrial(one, 1, b))
        assert row == (*known, "2026-02", 30, least, 38, unserved, same, "")
    unproven = replace(b, head={**b.head, "bound": None})
    assert caps.cap_row(a, policy_trial.PolicyTrial(one, 0, unproven))[6:10] == ("2026-01", 30, 0.0, 38)
    open_ended = replace(a, head={**a.head, "bound": None})
    assert caps.cap_row(open_ended, policy_trial.PolicyTrial(one, 0, b))[7:10] == (30, 0, None)
    last = a.instance.head.months
    late = caps.cap_row(a, policy_trial.PolicyTrial(one, last, None, "leaves no plan"))
    assert late == (*known, "", None, None, None, None, "", "leaves no plan")
    before = caps.cap_row(a, policy_trial.PolicyTrial(one, last - 1, None, "leaves no plan"))
    assert before[6] == a.instance.label(last - 1)

"""Instances rolled forward: what each table has some months later, and what is dropped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import optimizer
from tests.instance.rolled import cells, rolled, said
from tests.program.tiny import frames, month, solved, tiny

HOURLY = {"price": 2, "max_accelerators": 50}


def test_months_and_series() -> None:
    """Tests head, step series and batches: a row before the first month stays where no later one has replaced it."""
    power = [{"month": t, "mw": mw} for t, mw in ((0, 9), (2, 7), (5, 8))]
    fleet = [{"count": 4}, {"count": 3, "until": 2}, {"count": 2, "until": 4}]
    found = rolled(6, 3, {"jobs": [4, 4, 5, 6, 7, 7]}, power=power, fleet=fleet)
    head = found.instance.head
    assert (head.start, head.months) == (month(3), 3)
    assert "Rolled forward by 3 months from 2030-01" in head.sources
    assert cells(found.instance, "power", "month", "mw") == [(-1, 7), (2, 8)]
    assert cells(found.instance, "demand", "month", "amount") == [(0, 6), (1, 7)]
    assert cells(found.instance, "fleet", "count", "until") == [(4, None), (2, 1)]
    assert said(found) == {
        ("power", "", "dropped"),
        ("demand", "", "dropped"),
        ("fleet", "hall/gpu", "dropped"),
    }


def test_windows_have_what_is_left_of_them() -> None:
    """Tests budgets and own rules: past ones go, begun ones have what is left, later ones stay as they are."""
    # 10 accelerators on demand x 100 hours x 2 = 2000 a month: two months of 9000 leave 5000, two months of the rule's
    # 20 each, 40 of 100, leave 60; what counts by month has no past.
    budgets = [
        {"budget": "past", "amount": 4000, "to": 1},
        {"budget": "now", "amount": 9000, "from": 0, "to": 3},
        {"budget": "next", "amount": 7000, "from": 2},
    ]
    rules = [
        {"rule": "sum", "sense": "<=", "rhs": 100, "each": "total"},
        {"rule": "monthly", "sense": "<=", "rhs": 30},
        {"rule": "over", "sense": "<=", "rhs": 100, "each": "total", "to": 1},
    ]
    terms = [
        {"rule": rule, "quantity": "used", "item": "hourly", "coefficient": 2} for rule in ("sum", "monthly", "over")
    ]
    found = rolled(4, 2, {"jobs": [10]}, on_demand=[HOURLY], budgets=budgets, rules=rules, rule_terms=terms)
    assert cells(found.instance, "budgets", "budget", "amount", "from_", "to") == [
        ("now", pytest.approx(5000), 0, 1),
        ("next", 7000, 0, 1),
    ]
    assert cells(found.instance, "rules", "rule", "rhs") == [("sum", pytest.approx(60)), ("monthly", 30)]
    assert [row.rule for row in found.instance.rows["rule_terms"]] == ["sum", "monthly"]
    assert ("budgets", "past", "dropped") in said(found)
    assert {one.text for one in found.changes if one.item == "now"} == {
        "4000 of its amount 9000 counts until 2030-02; 5000 is left"
    }


@pytest.mark.parametrize("start", [-1, 1])
def test_an_agreed_term_keeps_its_price(start: int) -> None:
    """Tests that a fixed term that has begun has the price of its start, or of the first month, and no more prices."""
    # Before month 1 the price is 50, then 70: a term from month -1 has the price of month 0.
    lease = {"price": 50, "term_months": 6, "committed_blocks": 2, "earliest": start}
    prices = [{"item": "lease", "month": t, "price": price} for t, price in ((1, 70), (3, 90))]
    found = rolled(5, 2, {"jobs": [20]}, contracts=[lease], prices=prices)
    price = {-1: 50, 1: 70}[start]
    assert cells(found.instance, "contracts", "price", "earliest", "committed_blocks") == [(price, start - 2, 2)]
    assert found.instance.rows["prices"] == ()
    assert ("contracts", "lease", "changed") in said(found)


def test_a_term_that_has_not_begun_keeps_its_prices() -> None:
    """Tests that a fixed term that begins later, and a terminable one, have the prices of the tables."""
    leases = [
        {"contract": "later", "price": 50, "term_months": 2, "committed_blocks": 1, "earliest": 3},
        {"contract": "open", "price": 50, "min_term_months": 1, "committed_blocks": 1, "earliest": -2},
    ]
    prices = [{"item": item, "month": 1, "price": 70} for item in ("later", "open")]
    found = rolled(5, 2, {"jobs": [20]}, contracts=leases, prices=prices)
    assert cells(found.instance, "contracts", "contract", "price", "earliest") == [("later", 50, 1), ("open", 50, -4)]
    assert cells(found.instance, "prices", "item", "month") == [("later", -1), ("open", -1)]


def test_offers_that_can_no_longer_be_signed_go() -> None:
    """Tests that offers and agreements of the past go with what is about them, and stay where others name them."""
    # `late` starts in month 3 at the latest with a lead time of 2: it would have to be signed in month 1. The term of
    # `short` would have to start in month 1 to end by month 2. `old` has ended, and `next` can renew it.
    offer = {"price": 5e6, "term_months": 2}
    contracts = [
        {"contract": "first", **offer},
        {"contract": "late", "latest": 3, "lead_months": 2, **offer},
        {"contract": "short", "ends_by": 2, **offer},
        {"contract": "old", "term_months": 2, "committed_blocks": 1, "earliest": -3, "price": 1},
        {"contract": "next", "renews": "old", **offer},
        {"contract": "gone", "term_months": 2, "committed_blocks": 1, "earliest": -3, "price": 1},
    ]
    ramps = [{"contract": "late", "month_of_term": 0, "capacity_fraction": 0.5}]
    terms = [{"quantity": "capacity", "item": item} for item in ("late", "next")]
    found = rolled(
        5,
        2,
        {"jobs": [2]},
        contracts=contracts,
        ramps=ramps,
        rules=[{"sense": "<=", "rhs": 100}],
        rule_terms=terms,
        on_demand=[HOURLY],
    )
    assert [row.contract for row in found.instance.rows["contracts"]] == ["first", "old", "next"]
    assert found.instance.rows["ramps"] == ()
    assert [row.item for row in found.instance.rows["rule_terms"]] == ["next"]
    assert {one.item for one in found.dropped if one.table == "contracts"} == {"late", "short", "gone"}


def test_the_first_mention_of_a_region_stays() -> None:
    """Tests that the first offer in a region stays, since a policy can be about each region that is mentioned."""
    gone = {"term_months": 2, "committed_blocks": 1, "earliest": -3, "price": 1}
    contracts = [
        {"contract": name, "region": region, **gone}
        for name, region in (("far", "there"), ("near", "here"), ("next", "here"), ("also", "there"))
    ]
    found = rolled(3, 1, {"jobs": [2]}, contracts=contracts, on_demand=[HOURLY])
    assert [row.contract for row in found.instance.rows["contracts"]] == ["far", "near"]


def test_lapsed_runs_interruptions_and_policies_go() -> None:
    """Tests windows of the past: a run that was not run by its deadline, an interruption, a policy."""
    runs = [
        {"run": "missed", "work": 1, "sizes": "1", "deadline": 1, "penalty": 0.1},
        {"run": "open", "work": 1, "sizes": "1", "release": 1, "target": 1, "penalty": 0.1, "lateness_penalty": 9},
    ]
    pauses = [
        {"interruption": "past", "item": "hall", "from": 0, "to": 1},
        {"interruption": "now", "item": "hall", "from": 1, "to": 2},
    ]
    policy = {"rule": "max_share", "subject": "site", "limit": 1}
    policies = [{"policy": "past", "to": 1, **policy}, {"policy": "care", "from": 1, **policy}]
    found = rolled(
        4, 2, {"jobs": [1]}, fleet=[{"count": 1}], training_runs=runs, interruptions=pauses, policies=policies
    )
    assert cells(found.instance, "training_runs", "run", "release", "deadline", "target") == [("open", 0, 1, -1)]
    assert cells(found.instance, "interruptions", "interruption", "from_", "to") == [("now", -1, 0)]
    assert cells(found.instance, "policies", "policy", "from_", "to") == [("care", 0, 1)]
    assert {one.text for one in found.dropped if one.item == "missed"} == {"it was possible until 2030-02"}


def test_orders_of_the_plan_are_decided(tmp_path: Path) -> None:
    """Tests that orders become rows of `decided` with their agreed prices, and the round trip in both file formats."""
    # The lot is needed from month 1 on and takes a month: it is ordered in month 0, at the price of that month.
    buy = {"unit_price": 100, "lot_size": 10, "lead_months": 1}
    given = frames(
        5,
        {"jobs": [0, 10]},
        purchases=[buy],
        prices=[{"item": "buy", "month": 1, "price": 90}],
        builds=[{"build": "spare", "capex_per_mw": 1e9}],
    )
    plan = solved(optimizer.read(given))
    found = optimizer.roll(plan, 1)
    expected = [(-1, "buy", "buy", 1.0, 100.0)]
    assert cells(found.instance, "decided", "month", "decision", "item", "blocks", "price") == expected
    for path in (tmp_path / "folder", tmp_path / "book.xlsx"):
        assert optimizer.read(found.instance.save(path)) == found.instance


def test_notes_stay_with_their_rows(tmp_path: Path) -> None:
    """Tests that comments and columns of notes of a table are those of the rows that stay."""
    given = frames(4, {"jobs": [1]}, fleet=[{"count": 1, "until": 1}, {"count": 2}])
    folder = optimizer.read(given).save(tmp_path / "mine")
    text = "# counted\nsite,accelerator,count,until,notes\nhall,gpu,1,2030-02,old hall\n# new\nhall,gpu,2,,new hall\n"
    (folder / "fleet.csv").write_text(text, encoding="utf-8")
    found = optimizer.roll(solved(optimizer.read(folder)), 2).instance
    lines = (found.save(tmp_path / "later") / "fleet.csv").read_text(encoding="utf-8").splitlines()
    assert lines == ["# counted", "site,accelerator,count,notes", "# new", "hall,gpu,2,new hall"]


def test_more_months_hold_the_last_values() -> None:
    """Tests `extend`: series and open windows go on, limits over a window end when they did."""
    rules = [{"rule": "all", "sense": "<=", "rhs": 100, "each": "total"}, {"rule": "each", "sense": "<=", "rhs": 9}]
    terms = [{"rule": rule, "quantity": "used", "item": "hourly"} for rule in ("all", "each")]
    plan = solved(
        tiny(
            4,
            {"jobs": [1, 2, 3, 4]},
            on_demand=[HOURLY],
            budgets=[{"amount": 1e6}],
            rules=rules,
            rule_terms=terms,
        )
    )
    found = optimizer.roll(plan, 1, extend=2)
    assert found.instance.head.months == 5
    assert cells(found.instance, "budgets", "from_", "to") == [(0, 2)]
    assert cells(found.instance, "rules", "rule", "to") == [("all", 2), ("each", 4)]
    again = solved(found.instance)
    assert again.service["demand"].tolist() == [2, 3, 4, 4, 4]
    (change,) = (one for one in found.changes if one.table == "instance")
    assert change.text.startswith("2 months more, until 2030-06: step series keep their last value")


@pytest.mark.parametrize(
    ("months", "extend", "problem"),
    [
        (0, 0, r"months is 0, but the plan has 3 months: expected 1 to 2"),
        (3, 0, r"months is 3, but the plan has 3 months: expected 1 to 2"),
        (1, -1, r"extend is -1; expected the number of months"),
    ],
)
def test_months_that_the_plan_does_not_have(months: int, extend: int, problem: str) -> None:
    """Tests the refusal of other numbers of months."""
    plan = solved(tiny(3, {"jobs": [1]}, fleet=[{"count": 1}]))
    with pytest.raises(optimizer.EditError, match=problem):
        optimizer.roll(plan, months, extend=extend)


def test_a_plan_that_fails_its_audit_is_refused() -> None:
    """Tests that nothing is rolled from a plan whose tables are wrong."""
    plan = solved(tiny(3, {"jobs": [1]}, fleet=[{"count": 1}]))
    plan.tables["allocation"] = plan.allocation.assign(accelerators=2.0)
    with pytest.raises(optimizer.AuditFailed):
        optimizer.roll(plan, 1)


def test_plans_that_an_instance_cannot_continue() -> None:
    """Tests the refusal of relaxed plans, and of plans that obey constraints that were added."""
    instance = tiny(3, {"jobs": [1]}, fleet=[{"count": 1}], on_demand=[HOURLY])
    with pytest.raises(optimizer.EditError, match="linear relaxation"):
        optimizer.roll(optimizer.solve(instance, relax=True), 1)
    program = optimizer.build(instance)
    program.add_constraint("less", {("used", "hourly", 0): 1.0}, at_most=1)
    with pytest.raises(optimizer.EditError, match=r"added to its program \(less\)"):
        optimizer.roll(optimizer.solve(program), 1)


# ---------------------------------------------------------------- what was really done
def _buying(**given: Any) -> optimizer.Plan:
    """A plan that buys a lot of 10 in month 0 and another in month 2, of 4 months."""
    buy = {"unit_price": 100, "lot_size": 10}
    return solved(tiny(4, {"jobs": [10, 10, 20]}, purchases=[buy], **given))


def _done(*rows: Mapping[str, Any]) -> pd.DataFrame:
    return pd.DataFrame([{"decision": "buy", "item": "buy", "blocks": 1, **row} for row in rows])


def test_what_was_really_done_counts(tmp_path: Path) -> None:
    """Tests a file of decisions: its rows take the place of the plan's, and what they cost is off the budget."""
    # Two lots in month 1 at an agreed 80 instead of one in month 0 at 100: 2 x 10 x 80 = 1600 of 5000 are spent.
    plan = _buying(budgets=[{"amount": 5000}])
    path = tmp_path / "done.csv"
    _done({"month": month(1), "blocks": 2, "price": 80}).to_csv(path, index=False)
    found = optimizer.roll(plan, 2, decided=path)
    assert cells(found.instance, "decided", "month", "blocks", "price") == [(-1, 2.0, 80.0)]
    assert cells(found.instance, "budgets", "amount") == [(3400.0,)]
    assert "Decisions of these months as in done.csv" in found.instance.head.sources


def test_faults_of_the_file_have_their_place(tmp_path: Path) -> None:
    """Tests that every error in a file of decisions names file, row and column."""
    path = tmp_path / "done.csv"
    rows: list[dict[str, Any]] = [
        {"month": month(0), "item": "bus"},
        {"month": month(2)},
        {"month": month(1), "blocks": -1},
        {"month": month(-1)},
    ]
    _done(*rows).to_csv(path, index=False)
    with pytest.raises(optimizer.InstanceError) as caught:
        optimizer.roll(_buying(), 2, decided=path)
    found = {(fault.where, fault.row, fault.column) for fault in caught.value.faults}
    assert found == {
        ("done.csv", 2, "item"),
        ("done.csv", 3, "month"),
        ("done.csv", 4, "blocks"),
        ("done.csv", 5, "month"),
    }


def test_what_was_overspent_is_named() -> None:
    """Tests the error on the second of two budgets, of which more was spent than there was, with its row."""
    budgets = [{"budget": "wide", "amount": 9000}, {"amount": 2500}, {"budget": "exact", "amount": 3000}]
    with pytest.raises(optimizer.InstanceError) as caught:
        optimizer.roll(_buying(budgets=budgets), 2, decided=_done({"month": month(0), "blocks": 3}))
    problem = (
        "3000 was spent of 'cap' until 2030-02, 500 more than its amount. Correct what was done, or raise the amount."
    )
    assert [str(fault) for fault in caught.value.faults] == [f"budgets, row 2, column amount: {problem}"]
    assert [fault.value for fault in caught.value.faults] == ["2500"]


def test_what_rounding_overspends_is_not() -> None:
    """Tests that a budget that is passed by less than the audit allows has nothing left."""
    # 3 x 10 x 83.33336 = 2500.0008 of 2500: a millionth of it is 0.0025.
    plan = _buying(budgets=[{"amount": 2500}])
    done = _done({"month": month(0), "blocks": 3, "price": 83.33336})
    assert cells(optimizer.roll(plan, 2, decided=done).instance, "budgets", "amount") == [(0.0,)]

"""Contracts, commitments and runs of a plan that is rolled forward."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import optimizer
from tests.instance.rolled import cells, rolled
from tests.program.tiny import month, solved, tiny

HOURLY = {"price": 2, "max_accelerators": 50}


DECIDED = ("month", "decision", "item", "blocks", "price")


def test_what_is_signed_keeps_its_price() -> None:
    """Tests that a fixed term that the plan signed has the price of its start, and a terminable one none of its own."""
    # The price of both is 50 until month 1, then 70. Ten are wanted in months 0 to 3, ten more in month 0.
    leases = [
        {"contract": "fix", "price": 50, "term_months": 4, "latest": 0},
        {"contract": "open", "price": 50, "min_term_months": 1},
    ]
    prices = [{"item": item, "month": 1, "price": 70} for item in ("fix", "open")]
    found = rolled(4, 1, {"jobs": [20, 10]}, contracts=leases, prices=prices)
    assert sorted(cells(found.instance, "decided", *DECIDED), key=str) == [
        (-1, "hand_back", "open", 1, None),
        (-1, "sign", "fix", 1, 50),
        (-1, "sign", "open", 1, None),
    ]
    assert cells(found.instance, "prices", "item", "month", "price") == [("fix", 0, 70), ("open", 0, 70)]


@pytest.mark.parametrize(
    ("by", "left"),
    [
        # `fix` runs in months 0 and 1, and can be renewed in month 2; `open` is handed back by then.
        (2, [("sign", "fix", 1), ("sign", "open", 1), ("hand_back", "open", 1)]),
        (3, []),
        (4, [("sign", "open", 2)]),
    ],
)
def test_terms_that_are_over_leave_decided(by: int, left: list[tuple[str, str, float]]) -> None:
    """Tests that rows of `decided` go once nothing is left of them, but not in the month in which they end."""
    leases = [
        {"contract": "fix", "price": 50, "term_months": 2},
        {"contract": "open", "price": 50, "min_term_months": 1, "max_blocks": 2},
    ]
    plan = solved(tiny(6, {"jobs": [1]}, contracts=leases, on_demand=[{"price": 0.01, "max_accelerators": 50}]))
    rows = [(0, "sign", "fix", 1), (0, "sign", "open", 1), (1, "hand_back", "open", 1), (3, "sign", "open", 2)]
    done = pd.DataFrame([{"month": month(t), "decision": d, "item": i, "blocks": n} for t, d, i, n in rows if t < by])
    found = optimizer.roll(plan, by, decided=done)
    assert cells(found.instance, "decided", "decision", "item", "blocks") == left


def test_rows_without_effect_are_left_out() -> None:
    """Tests that expiries among the rows of an earlier plan are not counted as blocks handed back."""
    lease = {"price": 50, "min_term_months": 1, "max_blocks": 2, "termination_fee_months": 1}
    rows = [{"month": -2, "decision": "sign", "item": "lease", "blocks": 2}]
    rows += [{"month": -1, "decision": "expire", "item": "lease", "blocks": 2}]
    plan = solved(tiny(3, {"jobs": [20]}, contracts=[lease], decided=rows))
    found = optimizer.roll(plan, 1).instance
    assert cells(found, "decided", "month", "decision", "blocks") == [(-3, "sign", 2)]


def test_a_running_commitment_has_what_was_spent_of_its_year() -> None:
    """Tests `spent`, which begins again with each year of a spend commitment."""
    # 10 accelerators on demand x 100 hours x 2 = 2000 a month, from month 1 on.
    deal = {"annual_amount": 9000, "years": 2, "earliest": 1, "latest": 1, "required": True}
    plan = solved(tiny(16, {"jobs": [10]}, on_demand=[HOURLY], commitments=[deal]))
    spent = {by: cells(optimizer.roll(plan, by).instance, "decided", "starts", "spent") for by in (3, 13, 15)}
    assert spent == {3: [(-2, 4000)], 13: [(-12, None)], 15: [(-14, 4000)]}
    again = optimizer.roll(solved(optimizer.roll(plan, 3).instance), 2)
    assert cells(again.instance, "decided", "starts", "spent") == [(-4, 8000)]


def test_runs_under_way_stay_and_done_ones_go() -> None:
    """Tests that a run has its pool and size while it runs, and that it is dropped, with its rule terms, when done."""
    # Four units of work on two accelerators take months 0 and 1.
    run = {"work": 4, "sizes": "2", "deadline": 1, "required": True}
    plan = solved(
        tiny(
            4,
            {"jobs": [1]},
            fleet=[{"count": 3}],
            training_runs=[run],
            rules=[{"sense": "<=", "rhs": 100}],
            rule_terms=[{"quantity": "used", "item": item} for item in ("big", "jobs")],
        )
    )
    under_way, done = (optimizer.roll(plan, by) for by in (1, 2))
    assert cells(under_way.instance, "decided", "item", "starts", "ends", "pool", "accelerators") == [
        ("big", -1, 0, "hall/gpu", 2)
    ]
    assert [one.run for one in under_way.instance.rows["training_runs"]] == ["big"]
    assert (done.instance.rows["training_runs"], done.instance.rows["decided"]) == ((), ())
    assert [one.item for one in done.instance.rows["rule_terms"]] == ["jobs"]
    assert {one.text for one in done.dropped if one.item == "big"} == {"it is done since 2030-03"}


@pytest.mark.parametrize("agreed", ["committed", "signed"])
@pytest.mark.parametrize(("by", "left"), [(2, True), (3, True), (4, False)])
def test_an_agreement_that_ends_by_itself_goes_a_month_later(agreed: str, by: int, left: bool) -> None:
    """Tests a terminable lease until month 2: it can be renewed in month 3; from month 4 on nothing is left of it."""
    # The first contract stays, as the one that mentions the region.
    first = {"contract": "first", "price": 1e6, "term_months": 1}
    lease = {"price": 50, "min_term_months": 1, "ends_by": 2, "earliest": -2, "latest": -2}
    given: dict[str, Any] = {"contracts": [first, {**lease, "committed_blocks": 1}]}
    if agreed == "signed":
        rows = [{"month": -2, "decision": "sign", "item": "lease", "starts": -2}]
        given = {"contracts": [first, lease], "decided": rows}
    found = optimizer.roll(solved(tiny(6, {"jobs": [1]}, on_demand=[HOURLY], **given)), by).instance
    assert [row.contract for row in found.rows["contracts"]] == ["first", *["lease"] * left]
    assert len(found.rows["decided"]) == (left and agreed == "signed")


@pytest.mark.parametrize(
    ("row", "by", "left"),
    [
        # Two years from month -3: the first ends with month 8, the second with month 20. 2000 are paid a month.
        ({"spent": 500}, 3, [(-6, 6500)]),
        ({}, 3, [(-6, 6000)]),
        ({"spent": 500}, 9, [(-12, None)]),
        ({"spent": 500}, 11, [(-14, 4000)]),
        ({"spent": 500}, 20, [(-23, 22000)]),
        ({"spent": 500}, 21, []),
        # It starts in month 2.
        ({"starts": 2}, 1, [(1, None)]),
        ({"starts": 2}, 3, [(-1, 2000)]),
    ],
)
def test_what_was_spent_of_an_earlier_commitment(row: dict[str, object], by: int, left: list[object]) -> None:
    """Tests `spent` of a commitment made before the plan: what its row has counts in the first year alone."""
    deal = {"annual_amount": 900, "years": 2, "earliest": -3}
    made = {"month": -3, "decision": "commit_spend", "item": "deal", "starts": -3, **row}
    given = {"on_demand": [HOURLY], "commitments": [deal], "decided": [made]}
    plan = solved(tiny(24, {"jobs": [10]}, **given))
    assert cells(optimizer.roll(plan, by).instance, "decided", "starts", "spent") == left

"""What the solved values of a sweep prove of the others, by hand and against a search for each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import optimizer
from optimizer.generator import random_frames
from optimizer.plan.plan import Plan
from tests.program.tiny import solved, tiny


def counting(ask: optimizer.WhatIf, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The searches of what-ifs as they are made."""
    real, made = ask._solved, []

    def search(*given: Any, **options: Any) -> Any:
        made.append(given[0])
        return real(*given, **options)

    monkeypatch.setattr(ask, "_solved", search)
    return made


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Ten short at 1000 each, or ten leased at 3000."""
    return solved(tiny(1, {"jobs": [10]}, contracts=[{"price": 3000, "term_months": 1}]))


def test_values_on_a_straight_line_are_not_searched(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a lease taken at 2000 and at 9000 costs its price at all values between, with two searches."""
    ask = optimizer.WhatIf(plan, gap=1e-6, threads=1)
    made = counting(ask, monkeypatch)
    table = ask.sweep("contracts.lease.price", [2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000])
    assert table["objective"].tolist() == pytest.approx([2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000])
    assert table["bound"].tolist() == pytest.approx(table["objective"].tolist())
    assert len(made) == 2


def test_a_bend_is_searched_for(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that between 8000, the lease, and 12000, penalties of 10000, one search finds the bend at 10000.

    The line through the ends says 9000 at least at 10000, where both solutions cost 10000; then each half is a line.
    """
    ask = optimizer.WhatIf(plan, gap=1e-6, threads=1)
    made = counting(ask, monkeypatch)
    table = ask.sweep("contracts.lease.price", [8000, 9000, 10_000, 11_000, 12_000])
    assert table["objective"].tolist() == pytest.approx([8000, 9000, 10_000, 10_000, 10_000])
    assert len(made) == 3


def test_what_moves_more_than_the_cost_is_searched(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that each demand is solved: one, two or three blocks of ten, of which one to three are needed."""
    many = solved(tiny(1, {"jobs": [10]}, contracts=[{"price": 3000, "term_months": 1, "max_blocks": 3}]))
    ask = optimizer.WhatIf(many, gap=1e-6, threads=1)
    made = counting(ask, monkeypatch)
    table = ask.sweep("demand.jobs.amount", [10, 20, 30])
    assert table["objective"].tolist() == pytest.approx([3000, 6000, 9000])
    assert len(made) == 3


def test_a_budget_counts_the_price(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a lease which a budget of 6000 pays is taken up to there, whatever the values around prove."""
    lease = {"contracts": [{"price": 3000, "term_months": 1}], "budgets": [{"amount": 6000}]}
    ask = optimizer.WhatIf(solved(tiny(1, {"jobs": [10]}, **lease)), gap=1e-6, threads=1)
    table = ask.sweep("contracts.lease.price", [2000, 4000, 5999, 6001, 8000])
    assert table["objective"].tolist() == pytest.approx([2000, 4000, 5999, 10_000, 10_000])


def test_an_offer_that_is_too_expensive_costs_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that beyond 10000, and beyond the budget of 20000 at once, nothing is searched: 10000 is the cost of all.

    Searched are 9000, where the lease is taken, 21000, and in the middle 13000, from which on no price can be better.
    """
    lease = {"contracts": [{"price": 3000, "term_months": 1}], "budgets": [{"amount": 20_000}]}
    ask = optimizer.WhatIf(solved(tiny(1, {"jobs": [10]}, **lease)), gap=1e-6, threads=1)
    made = counting(ask, monkeypatch)
    table = ask.sweep("contracts.lease.price", [9000, 11_000, 13_000, 17_000, 21_000])
    assert table["objective"].tolist() == pytest.approx([9000, 10_000, 10_000, 10_000, 10_000])
    assert [made[0][0].value, made[1][0].value, made[2][0].value] == ["9000", "21000", "13000"]
    assert len(made) == 4


def test_a_sweep_agrees_with_a_search_for_each_value() -> None:
    """Tests on random instances that the intervals of a sweep and of cold solves overlap at every value."""
    for seed in range(4):
        instance = optimizer.read(random_frames(seed, "tiny", without=("policies",)))
        for row in instance.rows["contracts"][:1]:
            cell, values = f"contracts.{row.contract}.price", [row.price * share for share in (0.2, 0.6, 1.0, 1.4, 1.8)]
            found = optimizer.WhatIf(instance, gap=1e-3, threads=1).sweep(cell, values)
            for value, cost, bound in zip(values, found["objective"], found["bound"], strict=True):
                fresh = optimizer.WhatIf(instance, gap=1e-6, threads=1).cost(f"{cell}={value!r}")
                slack = 1e-6 * abs(cost)
                assert bound <= fresh.objective + slack
                assert fresh.bound is not None
                assert cost >= fresh.bound - slack
                assert np.isclose(cost, fresh.objective, rtol=2e-3)

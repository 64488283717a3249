"""What linear programs prove of an offer, and what follows from it: their answers are given, by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

import optimizer
from optimizer.analysis.budget import BudgetSpent
from optimizer.analysis.offer_list import offers
from optimizer.analysis.price_interval import BreakevenPrice, CostWithout
from optimizer.analysis.questions import NOT_EXAMINED
from optimizer.analysis.tight_gap_search import TightGapSearch
from optimizer.analysis.verdict import NEEDED, CheapBounds, Verdict, price_change
from optimizer.plan.plan import Plan
from tests.analysis.tiny_offers import EXACT, best

BLOCK: dict[str, Any] = {"price": 3000, "term_months": 1}
LET: dict[str, Any] = {"price": 2000, "accelerators_per_block": 10, "term_months": 1, "max_blocks": 2}
SIGNED: dict[str, Any] = {"month": -1, "decision": "sign", "item": "lease", "blocks": 1}
LATER = f"its break-even price is {NOT_EXAMINED}"
ENOUGH = "all of it is worth its price"
INF = math.inf


@cache
def plan_of(kind: str) -> Plan:
    """A plan that takes a lease of 3000 ("taken", or "free" of charge), or not ("rejected"), or lets ten ("let")."""
    if kind == "let":
        return best(1, {"jobs": [0]}, fleet=[{"count": 10}], outlets=[LET])
    block = {"taken": BLOCK, "rejected": BLOCK | {"price": 12_000}, "free": BLOCK | {"price": 0}}
    given: dict[str, Any] = {"contracts": [block.get(kind, BLOCK | {"term_months": 2, "max_blocks": 2})]}
    if kind == "tied":
        given["decided"] = [SIGNED]
    if kind == "agreed":
        given["decided"] = [SIGNED | {"price": 2500}]
    if kind == "other":  # another offer is tied
        given = {"contracts": [BLOCK, BLOCK | {"contract": "old", "max_blocks": 2, "price": 90_000}]}
        given["decided"] = [SIGNED | {"item": "old", "month": -5, "price": 1}]
    return best(1, {"jobs": [20 if kind in ("tied", "agreed") else 10]}, **given)


def verdict_of(kind: str, cheap: CheapBounds | None = None, **relaxation: Any) -> Verdict:
    """The verdict on the first offer of a plan, with what linear programs answer."""
    plan = plan_of(kind)
    found = Verdict(TightGapSearch(optimizer.WhatIf(plan, gap=EXACT), plan), next(offers(plan)))
    found.cheap = cheap or CheapBounds()
    found.relaxation = SimpleNamespace(**relaxation) if relaxation else None  # type: ignore[assignment]
    return found


def spent(*_: object) -> float:
    """A linear program for which no time is left."""
    raise BudgetSpent


@pytest.mark.parametrize(
    ("sign", "low", "high", "text"),
    [
        (1.0, 180.0, 160.0, "too expensive by between 10.0 % and 20.0 %"),
        (1.0, None, 160.0, "too expensive by at least 20.0 %"),
        (-1.0, 220.0, 240.0, "too cheap by between 10.0 % and 20.0 %"),
        (-1.0, 220.0, None, "too cheap by at least 10.0 %"),
        (-1.0, None, 240.0, "too cheap by at most 20.0 %, if at all: ask for a smaller gap"),
        (-1.0, None, None, "too cheap, if at all, by a share that is not proven: ask for a smaller gap"),
    ],
)
def test_a_price_of_200_is_too_high_or_too_low(sign: float, low: float | None, high: float | None, text: str) -> None:
    """Tests both directions with both ends, either and none."""
    ends = sorted([low, high]) if low is not None and high is not None else [low, high]
    assert price_change(200.0, sign, *ends) == text


@pytest.mark.parametrize(
    ("low", "high", "distance"),
    [(2.0, INF, math.log(2)), (0.0, 0.5, math.log(2)), (0.5, 2.0, 0.0), (0.0, INF, 0.0), (0.0, 0.0, math.log(1e4))],
)
def test_the_distance_from_the_break_even_price(low: float, high: float, distance: float) -> None:
    """Tests twice and half of the price, an interval around it, and no price at all."""
    assert CheapBounds(at_least=low, at_most=high).distance == pytest.approx(distance)


@pytest.mark.parametrize(
    ("kind", "bound", "found"),
    [
        ("taken", 10_000.0, CheapBounds(10_000.0, 10_000.0, 1.5)),  # more than its cost of 3000
        ("taken", 3000.0, CheapBounds(3000.0, 3000.0)),  # no more than it
        ("taken", None, CheapBounds(3000.0, None)),  # the plan's own bound
        ("taken", 2000.0, CheapBounds(3000.0, 2000.0)),
        ("taken", INF, CheapBounds(INF, INF)),
        ("rejected", 9000.0, CheapBounds(10_000.0, 9000.0, at_most=0.75)),
        ("free", 10_000.0, CheapBounds(10_000.0, 10_000.0)),
        ("tied", 99_000.0, CheapBounds(99_000.0, 99_000.0)),
        ("agreed", 99_000.0, CheapBounds(99_000.0, 99_000.0, 1.5)),
        ("other", 99_000.0, CheapBounds(99_000.0, 99_000.0, 1.5)),
    ],
)
def test_bounds_without_a_search(kind: str, bound: float | None, found: CheapBounds) -> None:
    """Tests which linear programs are solved, and at what cost."""
    plan = plan_of(kind)

    def at_least(_: object, cost: float, of: Plan) -> float:
        assert (cost, of) == (found.without, plan)
        return 1.5

    def at_most(_: object, cost: float) -> float:
        assert cost == plan.objective
        return 0.75

    made = verdict_of(kind, without=lambda _: bound, at_least=at_least, at_most=at_most).bounds_without_search()
    assert (made.without, made.at_least, made.at_most) == pytest.approx((found.without, found.at_least, found.at_most))
    assert made.relaxed == found.relaxed
    if kind == "agreed":  # nothing can be proven of its price
        unknown = verdict_of(kind, without=lambda _: bound, at_least=lambda *_: None, at_most=at_most)
        assert unknown.bounds_without_search().at_least == 0.0


@pytest.mark.parametrize(
    ("kind", "cheap", "prices", "interval"),
    [
        ("taken", CheapBounds(), (1500.0, 6000.0), (0.5, 2.0)),
        ("taken", CheapBounds(at_least=0.75, at_most=1.5), (1500.0, 6000.0), (0.75, 1.5)),
        ("taken", CheapBounds(at_least=0.25, at_most=3.0), (1500.0, 6000.0), (0.5, 2.0)),
        ("taken", CheapBounds(), (None, 6000.0), (0.0, 2.0)),
        ("taken", CheapBounds(), (1500.0, None), (0.5, INF)),
        ("let", CheapBounds(), (500.0, 8000.0), (0.25, 4.0)),  # a rent of 2000: a quarter is the worse price
        ("let", CheapBounds(), (None, 8000.0), (0.25, INF)),
        ("let", CheapBounds(), (500.0, None), (0.0, 4.0)),
        ("free", CheapBounds(), (1500.0, 6000.0), (0.0, INF)),
        ("taken", CheapBounds(without=INF), (1500.0, 6000.0), (0.0, INF)),  # needed at any price
        ("rejected", CheapBounds(at_most=1e-4), (1500.0, 6000.0), (0.0, 1e-4)),  # at no price
        ("rejected", CheapBounds(at_most=2e-4), (0.6, 6000.0), (0.00005, 2e-4)),
    ],
)
def test_an_interval_that_was_proven_before_is_taken_over(
    kind: str, cheap: CheapBounds, prices: tuple[float | None, float | None], interval: tuple[float, float]
) -> None:
    """Tests multiples of the price from an interval of prices, together with what is known already."""
    verdict = verdict_of(kind, cheap)
    verdict.start_from(*prices)
    assert (verdict.cheap.at_least, verdict.cheap.at_most) == pytest.approx(interval)


@pytest.mark.parametrize(
    ("kind", "interval", "prices"),
    [
        ("taken", (0.5, 2.0), (1500.0, 6000.0)),
        ("taken", (0.0, INF), (None, None)),
        ("let", (0.25, 4.0), (500.0, 8000.0)),
        ("let", (0.0, 4.0), (500.0, None)),
        ("let", (0.25, INF), (None, 8000.0)),
    ],
)
def test_multiples_are_reported_as_prices(
    kind: str, interval: tuple[float, float], prices: tuple[float | None, float | None]
) -> None:
    """Tests an offer and an outlet, which is better at a higher price."""
    assert verdict_of(kind)._prices(BreakevenPrice(1.0, *interval)) == prices


@pytest.mark.parametrize(
    ("kind", "cheap", "cells"),
    [
        # Worth at least what plans without it cost more than the plan's 3000.
        ("taken", CheapBounds(7000.0, None, 2.0, 4.0), (None, 4000.0, None, None, 6000.0, 12_000.0, False, None)),
        ("taken", CheapBounds(3000.0, None, 1.0, 4.0), (None, None, None, None, 3000.0, 12_000.0, False, "")),
        ("taken", CheapBounds(), (None, None, None, None, None, None, False, "")),
        ("taken", CheapBounds(INF), (None, None, None, None, None, None, True, NEEDED)),
        (
            "rejected",
            CheapBounds(at_most=0.5),
            (0.0, 0.0, None, None, None, 6000.0, False, "too expensive by at least"),
        ),
        ("rejected", CheapBounds(at_most=1.0), (0.0, 0.0, None, None, None, 12_000.0, False, "")),
        ("rejected", CheapBounds(at_most=0.0), (0.0, 0.0, None, None, None, None, True, "not taken at any price")),
        ("free", CheapBounds(7000.0), (None, None, None, None, None, None, False, "")),
    ],
)
def test_rows_without_a_search(kind: str, cheap: CheapBounds, cells: tuple[Any, ...]) -> None:
    """Tests the cells from the worth on; without a reason an offer is not examined yet."""
    row = verdict_of(kind, cheap).known_row()
    assert row[7:-1] == cells[:-1]
    reason = cells[-1]
    if reason is None:
        assert row[-1] == f"{ENOUGH}; {LATER}"
    else:
        assert row[-1].startswith(reason or NOT_EXAMINED)


@pytest.mark.parametrize(
    ("kind", "without", "interval"),
    [
        ("taken", CostWithout(9000.0, 8000.0), (2.0, 3.0)),
        ("taken", CostWithout(9000.0, 3000.0), (0.5, 3.0)),  # no more is proven than the plan costs
        ("taken", CostWithout(INF, 8000.0), (0.5, 5.0)),
        ("rejected", CostWithout(9000.0, 80_000.0), (0.5, 3.0)),
    ],
)
def test_the_cost_without_an_offer_narrows_its_price(
    kind: str, without: CostWithout, interval: tuple[float, float]
) -> None:
    """Tests multiples of 2 and 3 from linear programs against 0.5 and 5 known before."""
    known = CheapBounds(at_least=0.5, at_most=5.0)
    given: dict[str, Any] = {"at_most": lambda _, cost: cost / 3000, "at_least": lambda _, bound, plan: bound / 4000}
    assert verdict_of(kind, known, **given)._bracket(without) == interval
    assert verdict_of(kind, known, **given | {"at_most": spent})._bracket(without) == (0.5, 5.0)
    assert verdict_of(kind, known)._bracket(without) == (0.5, 5.0)


@pytest.mark.parametrize(
    ("relaxed", "answer", "guess"), [(9.0, 0.25, 0.25), (9.0, 4.0, 1.0), (None, 0.25, 1.0), (INF, 0.25, 1.0)]
)
def test_a_guess_is_no_worse_than_the_price(relaxed: float | None, answer: float, guess: float) -> None:
    """Tests what the relaxation suggests, and today's price where it does not."""
    cheap = CheapBounds(relaxed=relaxed)
    assert verdict_of("rejected", cheap, guess=lambda _, cost: answer * cost / 9).guess == guess
    assert verdict_of("rejected", cheap, guess=spent).guess == 1.0
    assert verdict_of("rejected", cheap).guess == 1.0


@pytest.mark.parametrize(("cost", "gap", "noise"), [(2000.0, None, 2e-5), (-2000.0, 0.01, 40.0), (0.25, 0.01, 0.02)])
def test_the_gaps_leave_a_difference_open(cost: float, gap: float | None, noise: float) -> None:
    """Tests twice the gap of the larger cost, or of one unit, and a hundred-millionth of it."""
    verdict = verdict_of("taken")
    vars(verdict.search)["best"] = replace(verdict.plan, head=verdict.plan.head | {"gap": gap})
    verdict.search.ask.options = replace(verdict.search.ask.options, gap=gap or 0.0)
    assert verdict._noise(CostWithout(cost, cost)) == pytest.approx(noise, rel=1e-3)

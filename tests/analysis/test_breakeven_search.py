"""The search for a break-even price, on markets of a few plans whose costs are lines in the price."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from optimizer.analysis.breakeven_price import BreakevenSearch
from optimizer.analysis.budget import BudgetSpent
from optimizer.analysis.price_interval import MOST, BreakevenPrice, CostWithout, break_even
from optimizer.analysis.price_relaxation import PricedOffer
from optimizer.errors import FixingError, NoFeasiblePlan

near: Any = pytest.approx
STEP = 1.0004  # from a break-even price to the price that is refuted


@dataclass(frozen=True)
class Way:
    """Decisions of a plan: their other cost, what they pay for the offer at its price, and when they can be paid."""

    other: float
    paid: float = 0.0
    most: float = math.inf  # factor of the price from which on a budget forbids them
    takes: bool = False  # whether they take the offer without paying for it within the plan

    @property
    def takes_it(self) -> bool:
        """Whether they take the offer."""
        return self.takes or self.paid != 0

    def at(self, factor: float, **head: Any) -> Any:
        """The plan of these decisions at a factor of the price."""
        cost = self.other + self.paid * factor
        plan = {"objective": cost, "bound": cost, "gap": 0.0, "paid": self.paid * factor, "way": self}
        return SimpleNamespace(**plan, head={"stopped": "gap_reached", **head})


@dataclass
class Market:
    """Searches of a market of some plans, with the prices at which they were made."""

    ways: list[Way]
    best: Any
    is_tight: bool = True
    gap: float = 1e-9
    stopped: str = "gap_reached"
    forcible: bool = True
    proves: bool = True  # whether a search for a cheaper plan ends in time
    searches: list[tuple[str, float]] = field(default_factory=list)
    starts: list[Any] = field(default_factory=list)
    spent_after: int = 99

    def _cheapest(self, kind: str, factor: float, forced: bool, start: Any) -> Any:
        self.searches.append((kind, factor))
        self.starts.append(start)
        if len(self.searches) > self.spent_after:
            raise BudgetSpent
        if forced and not self.forcible:
            raise FixingError("no block can be forced")
        ways = [one for one in self.ways if factor <= one.most and (one.takes_it or not forced)]
        if not ways:
            raise NoFeasiblePlan("no plan meets all rules")
        return min((way.at(factor, stopped=self.stopped) for way in ways), key=lambda plan: plan.objective)

    def run(self, edits: list[float], fixings: list[Any], start: Any, gap: float, *rest: Any) -> Any:
        """The cheapest plan at a price."""
        return self._cheapest("run", edits[0], bool(fixings), start)

    def find_cheaper(
        self, edits: list[float], fixings: list[Any], start: Any, cost: float, bound: float, gap: float | None
    ) -> Any:
        """A plan that is cheaper than a cost, or the proof that there is none."""
        try:
            found = self._cheapest("cheaper", edits[0], bool(fixings), start)
        except NoFeasiblePlan:
            return None, math.inf
        if not self.proves:
            return None, -math.inf
        return (found, found.bound) if found.objective < cost else (None, min(found.objective, cost))

    def gap_for(self, paid: float, cost: float) -> float:
        """The gap of a search."""
        return self.gap


def searched(market: Market, without: float | CostWithout, *, sign: float = 1.0, **given: Any) -> BreakevenPrice:
    """The break-even price that is found in a market; the best plan is known if it takes the offer."""
    forcible, start = given.pop("forcible", True), given.pop("start", None)
    priced = PricedOffer("contracts", "lease", lambda factor: [factor], sign)  # type: ignore[list-item]
    search = BreakevenSearch(
        market,  # type: ignore[arg-type]
        priced,
        lambda plan: plan.paid,  # type: ignore[attr-defined]
        lambda plan: float(plan.way.takes_it),  # type: ignore[attr-defined]
        **{"constrained": False, **given},
    )
    known = without if isinstance(without, CostWithout) else CostWithout(without, without)
    if start is None:
        start = [(1.0, market.best)] if market.best.way.takes_it else []
    return search.find(known, start, forcible=forcible)


def market(*ways: Way, without: float, **given: Any) -> Market:
    """A market of plans with an offer and of one without it, which are solved at the present price."""
    every = [Way(without), *ways]
    there = [way.at(1.0) for way in every if way.most >= 1.0]
    return Market(every, min(there, key=lambda plan: plan.objective), **given)


SMALL, BIG = Way(6000, 1000), Way(0, 6000)  # break even with 10,000 at 4 and at 5 / 3


@pytest.mark.parametrize(
    ("ways", "without", "sign", "worse", "tried"),
    [
        # 12,000 paid against 10,000 saved: not taken; the only plan with it, found at the price, breaks even at 5 / 6.
        ([Way(0, 12_000)], 10_000, 1, 5 / 6, [("run", 1.0), ("cheaper", 5 / 6 * STEP)]),
        # 3000 against 10,000: taken up to 10 / 3.
        ([Way(0, 3000)], 10_000, 1, 10 / 3, [("cheaper", 10 / 3 * STEP)]),
        # At today's price the big one is best (6000 against 7000) and breaks even at 5 / 3; there the small one costs
        # 6000 + 1667 and is found, which breaks even at 4.
        ([SMALL, BIG], 10_000, 1, 4, [("cheaper", 5 / 3 * STEP), ("cheaper", 4 * STEP)]),
        # Costs below zero: a profit of 5000 without it, of 8000 - 2000 with it: up to 1.5.
        ([Way(-8000, 2000)], -5000, 1, 1.5, [("cheaper", 1.5 * STEP)]),
        # An outlet: 1000 of energy against 2000 of revenue: down to half of the price, twice as bad.
        ([Way(1000, -2000)], 0, -1, 2, [("cheaper", 1 / (2 * STEP))]),
        # 500 of revenue are too little: it needs twice as much.
        ([Way(1000, -500)], 0, -1, 0.5, [("run", 1.0), ("cheaper", 1 / (0.5 * STEP))]),
        # At the price the big one earns 4000 - 2500; a third of its price pays the small one only.
        (
            [Way(2500, -4000), Way(300, -900)],
            0,
            -1,
            3,
            [("cheaper", 1 / (1.6 * STEP)), ("cheaper", 1 / (3 * STEP))],
        ),
    ],
)
def test_the_price_is_where_a_plan_with_the_offer_costs_as_much(
    ways: list[Way], without: float, sign: float, worse: float, tried: list[tuple[str, float]]
) -> None:
    """Tests the break-even price, its proven interval and the prices of the searches, for offers and outlets."""
    of = market(*ways, without=without)
    found = searched(of, without, sign=sign)
    assert [kind for kind, _ in of.searches] == [kind for kind, _ in tried]
    assert [price for _, price in of.searches] == near([price for _, price in tried], rel=1e-9)
    assert found.worse == near(worse, rel=1e-8)
    assert found.at_least == near(worse, rel=1e-8)  # the plan itself is cheaper up to it
    assert found.at_most == near(worse * STEP, rel=1e-8)  # refuted there
    assert (found.always, found.proven) == (False, True)


@pytest.mark.parametrize(
    ("ways", "without", "sign", "expected"),
    [
        # Even for nothing the plan with it costs 11,000: taken at no price, which one search at 1e-6 proves.
        ([Way(11_000, 2000)], 10_000, 1, BreakevenPrice(None, at_most=1e-6)),
        # An outlet that nobody wants at a hundred times its price: 2000 of energy against 10 x 100.
        ([Way(2000, -10)], 0, -1, BreakevenPrice(None, at_most=1e-6)),
        # 1 paid against 200 saved is taken at a hundred times its price, which counts as any; so is an outlet whose
        # tenant would have to be paid.
        ([Way(0, 1)], 200, 1, BreakevenPrice(None, at_least=200, always=True)),
        ([Way(-50, -10)], 0, -1, BreakevenPrice(None, at_least=math.inf, always=True)),
    ],
)
def test_an_offer_that_is_taken_at_no_price_or_at_any(
    ways: list[Way], without: float, sign: float, expected: BreakevenPrice
) -> None:
    """Tests the ends of the range of prices: practically nothing, and a hundred times as bad."""
    found = searched(market(*ways, without=without), without, sign=sign)
    assert (found.worse, found.always, found.proven) == (None, expected.always, True)
    assert found.at_least == near(expected.at_least, rel=1e-6)
    assert found.at_most == expected.at_most


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        # Delivered and paid after the plan, it saves 1000 within it: at any price; if it saves nothing, at none.
        (Way(9000, takes=True), BreakevenPrice(None, at_least=math.inf, always=True)),
        (Way(10_000, takes=True), BreakevenPrice(None, at_most=1e-6)),
    ],
)
def test_an_offer_that_is_not_paid_within_the_plan(way: Way, expected: BreakevenPrice) -> None:
    """Tests that without payments the cost decides, whatever the price."""
    of = market(way, without=10_000)
    assert searched(of, 10_000, start=[(1.0, way.at(1.0))]) == expected


def test_a_search_starts_from_the_plan_that_takes_the_offer_longest() -> None:
    """Tests the start of each search: the best plan, then that of the worst break-even price so far."""
    of = market(SMALL, BIG, without=10_000)
    searched(of, 10_000)
    assert [start.way for start in of.starts] == [BIG, SMALL]
    of = market(Way(0, 12_000), without=10_000)
    searched(of, 10_000)
    assert [start.way for start in of.starts] == [Way(10_000), Way(0, 12_000)]


def test_a_bound_of_the_cost_without_the_offer_leaves_an_interval() -> None:
    """Tests that where 9900 of 10,000 are proven without it, 3000 are proven to be worth paying 3.3 times only."""
    found = searched(market(Way(0, 3000), without=10_000), CostWithout(10_000, 9900))
    assert (found.worse, found.at_least) == (near(10 / 3), near(3.3, rel=1e-8))
    assert found.at_most == near(10 / 3 * STEP)
    assert not found.proven


def test_wide_gaps_are_passed_by_proofs_that_come_nearer() -> None:
    """Tests that beside gaps that stay wide proofs begin as far off as these leave open, and halve the distance."""
    # 100 are open without it and a gap of 1 % of 10,000 in either search: 300 of the 10,000 paid at 10 / 3, twice.
    of = market(Way(0, 3000), without=10_000, is_tight=False, gap=0.01)
    found = searched(of, CostWithout(10_000, 9900))
    # 6 % farther, then halves until it is within 0.1 %: 2.98, 1.48, 0.74, 0.37, 0.18 and 0.09 %.
    tried = [10 / 3 * (1.06 * STEP) ** (1 / 2**halves) for halves in range(7)]
    assert of.searches == [("cheaper", near(price)) for price in tried]
    assert (found.worse, found.at_most) == (near(10 / 3), near(tried[-1]))
    assert found.at_least == near(3.3, rel=1e-8)


def test_a_price_is_no_nearer_than_the_noise_of_the_cost() -> None:
    """Tests that 1000 of a cost of ten billion are told apart in steps of 4e-10 of that, four thousandths of them."""
    # 5000 are saved: up to 5 times the price. What is below one of the cost, 1e-10 of it, is noise: 4.999.
    of = market(Way(1e10 - 5000, 1000), without=1e10)
    found = searched(of, 1e10)
    assert of.searches == [("cheaper", near(5 * 1.004))]
    assert (found.worse, found.at_least, found.at_most) == (5, near(4.999), near(5 * 1.004))
    assert not found.proven


def within_budget(plan: Any, at: float, cost: float) -> float:
    """The worst price at which decisions cost less than a cost, within what is there to pay them."""
    return float(min(plan.way.most, (cost - plan.way.other) / plan.way.paid))


CAPPED = Way(0, 7000, most=6 / 7)  # saves 10,000; no more than 6000 can be paid


def test_a_budget_sets_the_price_by_linear_programs() -> None:
    """Tests that prices at which the decisions found can be paid are known exactly where programs give them."""
    of = market(CAPPED, without=10_000)
    found = searched(of, 10_000, constrained=True, reprice=within_budget)
    # At the price no plan can pay it; a gift of a millionth is taken, and its decisions are paid up to 6 / 7.
    assert of.searches == [("run", 1.0), ("cheaper", 1e-6), ("cheaper", near(6 / 7 * STEP))]
    assert (found.worse, found.at_least) == (near(6 / 7), near(6 / 7))
    assert found.at_most == near(6 / 7 * STEP)
    assert found.proven


def test_a_budget_sets_the_price_by_bisection() -> None:
    """Tests that without such programs the price is enclosed: 14 halves of a factor of a million, from 1e-6 to 1."""
    of = market(CAPPED, without=10_000)
    found = searched(of, 10_000, constrained=True)
    assert of.searches[:4] == [("run", 1.0), ("cheaper", 1e-6), ("run", 1e-3), ("run", near(10**-1.5))]
    assert len(of.searches) == 2 + 14  # 1e6 ** (1 / 2 ** 14) is 1.0008
    low, high = max(p for _, p in of.searches if p <= 6 / 7), min(p for _, p in of.searches[1:] if p > 6 / 7)
    assert high / low == near(1e6 ** (1 / 2**14))
    assert (found.at_least, found.at_most) == (near(low), near(high))
    assert found.worse == near(math.sqrt(low * high))
    assert found.proven


def test_a_budget_with_room_is_confirmed_from_both_sides() -> None:
    """Tests that the price at which the decisions found break even is tried just above, then just below."""
    of = market(Way(0, 12_000), without=10_000)
    found = searched(of, 10_000, constrained=True)
    assert of.searches == [("run", 1.0), ("run", near(5 / 6 * STEP)), ("run", near(5 / 6 / STEP))]
    assert (found.worse, found.proven) == (near(5 / 6), True)
    assert (found.at_least, found.at_most) == (near(5 / 6 / STEP), near(5 / 6 * STEP))


@pytest.mark.parametrize(("guess", "tried"), [(1.0, [0.95, 0.5]), (0.8, [0.76]), (0.02, [0.019])])
def test_an_offer_that_cannot_be_forced_is_tried_below_the_guess(guess: float, tried: list[float]) -> None:
    """Tests that hours, of which nothing can be forced, are tried at 95 % and half of the guess until taken."""
    of = market(Way(0, 12_000), without=10_000)
    found = searched(of, 10_000, forcible=False, guess=guess)
    assert of.searches == [("cheaper", near(price)) for price in [*tried, 5 / 6 * STEP]]
    assert (found.worse, found.proven) == (near(5 / 6), True)


def test_an_offer_of_no_use_that_cannot_be_forced_is_tried_four_times() -> None:
    """Tests that it is tried at 95, 50 and 5 % and for a millionth of its price, at which it is refuted."""
    of = market(Way(11_000, 2000), without=10_000)
    assert searched(of, 10_000, forcible=False) == BreakevenPrice(None, at_most=1e-6)
    assert of.searches == [("cheaper", price) for price in (0.95, 0.5, 0.05, 1e-6)]


def test_a_better_plan_without_the_offer_is_compared_with() -> None:
    """Tests that 9500 found without it replace the 10,000 that were known: 9500 / 3000."""
    of = market(Way(0, 3000), without=9500)
    found = searched(of, CostWithout(10_000, 9000), forcible=False)
    assert of.searches == [("cheaper", near(10 / 3 * STEP)), ("cheaper", near(9.5 / 3 * STEP))]
    assert (found.worse, found.at_least) == (near(9.5 / 3), near(3, rel=1e-8))
    assert found.at_most == near(9.5 / 3 * STEP)


def test_two_searches_that_end_late_are_the_last() -> None:
    """Tests that after two searches without a proof no more is begun, and today's price stays the upper end."""
    of = market(Way(0, 12_000), without=10_000, proves=False)
    found = searched(of, 10_000)
    assert of.searches == [("run", 1.0), *[("cheaper", near(5 / 6 * STEP))] * 2]
    assert (found.worse, found.at_least) == (near(5 / 6), near(5 / 6))
    assert found.at_most == near(1.0, rel=1e-8)
    assert not found.proven


@pytest.mark.parametrize("is_tight", [True, False])
def test_a_budget_that_is_spent_leaves_what_is_known(is_tight: bool) -> None:
    """Tests that without a search the plan's own break-even price is proven from below only."""
    of = market(Way(0, 3000), without=10_000, spent_after=0, is_tight=is_tight)
    found = searched(of, 10_000)
    assert len(of.searches) == 1
    assert (found.worse, found.at_least, found.at_most) == (near(10 / 3), near(10 / 3), math.inf)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ((3.2, math.inf), (10 / 3, 3.2, 10 / 3 * STEP)),
        ((0.0, 10 / 3 * 1.0002), (10 / 3, 3.0, 10 / 3 * 1.0002)),
        ((3.1, 3.2), (3.2, 3.1, 3.2)),  # what is proven counts more than what was found
    ],
)
def test_a_proven_interval_is_kept(known: tuple[float, float], expected: tuple[float, float, float]) -> None:
    """Tests that the interval that linear programs prove is met with that of the searches."""
    found = searched(market(Way(0, 3000), without=10_000), CostWithout(10_000, 9000), known=known)
    assert (found.worse, found.at_least, found.at_most) == near(expected, rel=1e-8)


@pytest.mark.parametrize(
    ("without", "cost", "units", "factor", "expected"),
    [
        (10_000, 12_000, 12_000, 1.0, 5 / 6),
        (10_000, 6000, 12_000, 0.5, 5 / 6),  # the same decisions at half of the price
        (0, -1000, -2000, 1.0, 0.5),  # an outlet: 1000 of energy, 2000 of revenue
        (10_000, 15_000, 2000, 1.0, None),  # 13,000 without its price
        (10_000, 12_000, 2000, 1.0, None),  # breaks even for nothing
        (10_000, 3000, 0, 1.0, None),
    ],
)
def test_the_price_at_which_costs_are_equal(
    without: float, cost: float, units: float, factor: float, expected: float | None
) -> None:
    """Tests that a price is positive or none."""
    assert break_even(without, cost, units, factor) == (None if expected is None else near(expected))


@pytest.mark.parametrize(
    ("found", "proven"),
    [
        (BreakevenPrice(2.0, 2.0 / 1.0009, 2.0 * 1.0009), True),
        (BreakevenPrice(2.0, 2.0 / 1.0011, 2.0), False),
        (BreakevenPrice(2.0, 2.0, 2.0 * 1.0011), False),
        (BreakevenPrice(None, 0.0, 1e-4), True),
        (BreakevenPrice(None, 0.0, 1.1e-4), False),
        (BreakevenPrice(None, MOST, always=True), True),
        (BreakevenPrice(None, 99.0, always=True), False),
    ],
)
def test_a_price_is_proven_within_a_thousandth(found: BreakevenPrice, proven: bool) -> None:
    """Tests which intervals count as a figure."""
    assert found.proven is proven


def test_an_offer_of_which_nothing_can_be_forced_proves_nothing() -> None:
    """Tests that where fixings leave no block to force, neither a price nor that there is none is proven."""
    of = market(Way(0, 12_000), without=10_000, forcible=False)
    found = searched(of, 10_000)
    assert of.searches == [("run", 1.0), ("cheaper", 1e-6)]
    assert found == BreakevenPrice(None)
    assert not found.proven


def test_no_price_is_tried_beyond_all_prices() -> None:
    """Tests that a gap that leaves all prices open is not searched: the price is proven from below only by its plan."""
    of = market(Way(0, 3000), without=10_000, is_tight=False)
    found = searched(of, CostWithout(10_000, -1e15))
    assert of.searches == []
    assert (found.worse, found.at_most) == (near(10 / 3), math.inf)

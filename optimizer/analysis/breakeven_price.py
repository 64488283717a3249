"""Search for the price at which an offer breaks even, between two prices that bounds prove.

Dinkelbach's method: the decisions of a plan that takes the offer break even at the price (cost without the offer - all
other cost of the plan) / units taken. At a price just worse than that, the next search starts from this plan. If no
plan with the offer is cheaper than the best plan without it, the break-even price is found, and bounds prove its
interval.

Where budgets, rules or commitments count the payments, a plan may be infeasible at its break-even price, or cheaper
there than the formula says. An offer never gains from a worse price, so the price is enclosed by bisection, with the
break-even prices of plans as trial prices.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from optimizer.analysis.budget import BudgetSpent
from optimizer.analysis.price_interval import MOST, NEGLIGIBLE, SURE, BreakevenPrice, CostWithout, break_even
from optimizer.analysis.tight_gap_search import CLOSED, TIGHT, TightGapSearch
from optimizer.errors import FixingError, NoFeasiblePlan
from optimizer.instance.edit import Edit
from optimizer.plan.plan import Plan
from optimizer.program.fixings import Fixing
from optimizer.solver.bound import bound_below
from optimizer.solver.solution import Stop

_START = 1e-3  # gap of a search for a first plan with the offer
_ROUNDS = 30
_PROOFS = 8  # trial prices at which it is tried to prove that the offer is too expensive
_GUESSES = 3  # one of so many trial prices is a bisection point, the others are break-even prices of plans
_LATE = 2  # searches that reached the time limit, after which no further one is started
_NOISE = 1e-10  # relative to the cost: smaller differences count as zero
_STEP = 1.0004  # factor from a break-even price to a price at which the offer is certainly too expensive
_NEAR = 1.0009  # ratio of two prices so close that any price between them is within 0.1 % of both
_TOLERANCE = 1e-4  # relative to the payments for the offer: what the bounds may leave open
_NEARLY_FREE = 1e-6  # times the price: practically free
_TRIED = (0.5, 0.05, _NEARLY_FREE)  # trial prices of on-demand offers, which cannot be forced


Reprice = Callable[[Plan, float, float], float | None]  # plan, its multiple of the price, cost


class BreakevenSearch:
    """Search for the price at which an offer breaks even.

    Parameters
    ----------
    search : TightGapSearch
        Searches from the plan.
    item : str
        Name of the offer.
    price_edits : callable
        Return the edits for a multiple of the price.
    paid : callable
        Return the present value that a plan pays for the offer; negative if the plan receives it.
    took : callable
        Return the quantity of the offer that a plan takes.
    sign : float
        1 where a lower price is better, -1 for outlets.
    constrained : bool
        Whether a budget, rule or commitment counts the payments.
    reprice : callable, optional
        Return the worst multiple at which the decisions of a plan, found at a multiple, cost less than a cost.
    known : tuple of float
        Interval of the multiple that is proven already.
    """

    def __init__(
        self,
        search: TightGapSearch,
        item: str,
        price_edits: Callable[[float], list[Edit]],
        paid: Callable[[Plan], float],
        took: Callable[[Plan], float],
        sign: float,
        *,
        constrained: bool,
        reprice: Reprice | None = None,
        known: tuple[float, float] = (0.0, math.inf),
    ) -> None:
        self.search, self.item, self.sign, self.constrained = search, item, sign, constrained
        self.reprice, self.known = reprice, known
        self._repriced: dict[tuple[int, float], float | None] = {}
        self.price_edits, self.paid, self.took = price_edits, paid, took
        self.best_price = _NEARLY_FREE if sign > 0 else 1 / MOST  # the best price that is tried
        self.good: list[tuple[float, Plan]] = []  # plans with the offer, with the multiple of the price
        self.bounds: list[tuple[float, float]] = []  # proven bounds, with the multiple of the price
        self.bad = math.inf  # the best price at which no plan with the offer was found that is cheaper than without
        self.late = 0  # searches that reached the time limit
        self.tries = 0  # trial prices so far
        self.halved = False  # whether the current trial price is a bisection point
        self.without = CostWithout(math.inf, -math.inf)

    def find(self, without: CostWithout, start: list[tuple[float, Plan]], *, forcible: bool) -> BreakevenPrice:
        """Find the break-even price.

        Parameters
        ----------
        without : CostWithout
            Cost without the offer.
        start : list
            Known plans that take the offer, each with its multiple of the price.
        forcible : bool
            Whether a decision on the offer can be forced.
        """
        self.without, self.good = without, list(start)
        try:
            found = self._searched(forcible)
        except BudgetSpent:
            found = self._result(forcible=False)
        low, high = max(found.at_least, self.known[0]), min(found.at_most, self.known[1])
        worse = None if found.worse is None else min(max(found.worse, low), max(high, low))
        return replace(found, worse=worse, at_least=low, at_most=high)

    def _searched(self, forcible: bool) -> BreakevenPrice:
        """Search for the break-even price."""
        if self.search.is_tight and not self.low:
            self.bad = 1.0  # at the present price, the best plan does not take it
        if not self.good:
            self._find_first(forcible)
        if not self.low and (self._reached(self.without.cost) or 0.0) <= self.best_price:
            self._try(self.best_price)
            if not self.low:
                proven = self._known_bound(self.best_price) >= self._target(0.0)
                return BreakevenPrice(None, at_most=_NEARLY_FREE if proven else math.inf)
        for _ in range(_ROUNDS if self.search.is_tight else 0):
            worse = self._next()
            if worse is None or self.late >= _LATE:
                break
            self._try(worse)
        return self._result(forcible)

    # ------------------------------------------------------------------ which price to try
    def _next(self) -> float | None:
        """Return the next trial price, between one with the offer and one without it; None if the search is over.

        A break-even price that was just refuted is confirmed from its other side; otherwise bisection points alternate
        with break-even prices.
        """
        candidate = max(self._reached(self.without.cost) or 0.0, self.best_price)
        above = min(candidate * self._step, MOST)
        if self.low >= MOST or self.bad <= self.best_price:
            return None
        if not self.constrained:
            return above if above < self.bad else None
        if self.bad <= self.low * _NEAR:
            return None
        self.halved = False
        if self.low < candidate / self._step < self.bad <= above * (1 + 1e-12):
            return candidate / self._step
        self.tries += 1
        if self.tries % _GUESSES and candidate > self.best_price and self.low < above < self.bad:
            return above
        self.halved = True
        return self._halfway()

    def _halfway(self) -> float:
        if self.bad == math.inf:
            return min(4 * self.low, MOST) if self.low else 1.0
        return math.sqrt(self.low * self.bad) if self.low else max(self.bad / 4, self.best_price)

    @property
    def _step(self) -> float:
        """Factor to the nearest price that bounds can distinguish from a price."""
        paid, cost = self._paid_at(1.0), abs(self.without.cost)
        return max(_STEP, 1 + 4 * _NOISE * cost / paid) if paid else _STEP

    @property
    def low(self) -> float:
        """The worst price at which a plan with the offer was found that is cheaper than without; 0 if none."""
        return self._low(self.without.cost)

    def _low(self, cost: float) -> float:
        return max((worse for worse, plan in self.good if plan.objective <= self._below(cost)), default=0.0)

    # ------------------------------------------------------------------ the result
    def _result(self, forcible: bool) -> BreakevenPrice:
        """Break-even price with its proven interval."""
        worse = self._estimate()
        if worse >= MOST:
            return BreakevenPrice(None, at_least=self._at_least(), always=True)
        found = self._interval(worse, forcible)
        if worse <= NEGLIGIBLE:
            return BreakevenPrice(None, at_most=found.at_most)
        return found

    def _estimate(self) -> float:
        """Return the best estimate of the break-even price."""
        low, candidate = self.low, self._reached(self.without.cost) or 0.0
        if not self.constrained or not low or self.bad == math.inf:
            return min(max(candidate, low), self.bad)
        return min(max(candidate, low), self.bad) if self.bad > low * _NEAR else math.sqrt(low * self.bad)

    def _at_least(self) -> float:
        """Return the worst price at which a plan with the offer is proven cheaper than every plan without it."""
        bound = self._below(self.without.bound)
        return self._low(bound) if self.constrained else max(self._reached(bound) or 0.0, self._low(bound))

    def _interval(self, worse: float, forcible: bool) -> BreakevenPrice:
        """Return the price with its proven interval, after one more search if the interval is too wide."""
        at_most = min(self._at_most(worse), self.known[1])
        if forcible:
            worse, at_most = self._narrow(worse, at_most)
        return BreakevenPrice(worse, min(self._at_least(), worse), max(at_most, worse))

    def _narrow(self, worse: float, at_most: float) -> tuple[float, float]:
        """Return the price and the upper end after proofs at prices that come nearer from above.

        The first is as far as the gaps leave open; halves of the distance follow. A price at which a plan with the
        offer is cheaper than without raises the price found.
        """
        for _ in range(_PROOFS):
            paid = self._paid_at(worse)
            if at_most <= worse * SURE or paid <= 0 or self.late >= _LATE:
                break
            left = self.without.cost - self.without.bound + 2 * self.search.gap * abs(self.without.cost)
            far = worse * (1 + 2 * left / paid) * self._step
            trial = far if far < at_most / SURE else math.sqrt(worse * at_most)
            try:
                proven = self._is_beyond(max(trial, worse * self._step))
            except BudgetSpent:
                break
            at_most = min(at_most, trial) if proven else at_most
            worse = max(worse, min(self._reached(self.without.cost) or 0.0, at_most))
        return worse, at_most

    def _at_most(self, worse: float) -> float:
        """Return the best price from a given one on at which no plan with the offer is cheaper; infinity if unproven.

        The remaining gap is attributed to a plan with the same payments as the best one found.
        """
        paid, least = self._paid_at(worse), worse * (1 - 1e-12)
        if not paid:
            return math.inf
        cost, found = abs(self.without.cost), [math.inf]
        for at in {1.0, *(at for at, _ in self.bounds)}:
            left = max(self.without.cost - self._known_bound(at), 0.0) + _NOISE * cost
            if at >= least and left <= _TOLERANCE * paid + 2 * TIGHT * cost:
                found.append(at * (1 + left / paid))
        return min(found)

    def _is_beyond(self, worse: float) -> bool:
        """Whether it is proven that no plan with the offer is cheaper at a price than the best without it."""
        if worse > MOST:
            return False
        forced = [Fixing("force", "", self.item)]
        cost = self.without.cost
        try:
            found, bound = self.search.find_cheaper(
                self._edits(worse), forced, self._start(), cost, self._known_bound(worse)
            )
        except FixingError:
            return False
        if found is not None and self.took(found):
            self.good.append((worse, found))
        elif bound < cost:
            self.late += 1
        return bound >= cost

    # ------------------------------------------------------------------ searches
    def _find_first(self, forcible: bool) -> None:
        """Search for a first plan that takes the offer."""
        gap = max(self.search.gap, _START)
        if not forcible:
            for worse in _TRIED:
                if self.took(self._try(worse, gap)):
                    return
            return
        worse = min(1.0, max(self.known[1], self.best_price))
        try:
            found = self.search.run(self._edits(worse), [Fixing("force", "", self.item)], self.search.best, gap)
        except (NoFeasiblePlan, FixingError):
            return
        if self.took(found):
            self.good.append((worse, found))

    def _try(self, worse: float, gap: float | None = None) -> Plan:
        """Solve at a price; at a bisection point, any plan that is cheaper than without is sufficient."""
        gap = self.search.gap_for(self._paid_at(worse), self.without.cost) if gap is None else gap
        cost = self.without.cost
        target = cost - 2 * _NOISE * abs(cost) if self.halved else None
        found = self.search.run(self._edits(worse), [], self._start(), gap, self._known_bound(worse), target)
        if target is not None and found.objective <= target and not self.took(found):
            found = self.search.run(self._edits(worse), [], found, gap, self._known_bound(worse))
        self.late += found.head["stopped"] == Stop.TIME_LIMIT.value
        if found.bound is not None:
            self.bounds.append((worse, found.bound))
        if self.took(found):
            self.good.append((worse, found))
        else:
            cost = min(self.without.cost, found.objective)
            self.without = CostWithout(cost, bound_below(cost, self.without.bound))
        if gap <= CLOSED and self.low < worse:
            self.bad = min(self.bad, worse)
        return found

    def _edits(self, worse: float) -> list[Edit]:
        return self.price_edits(worse if self.sign > 0 else 1 / worse)

    def _start(self) -> Plan:
        """Return the plan with the offer whose break-even price is worst, else the given plan."""
        return max(self.good, key=self._own_price)[1] if self.good else self.search.best

    def _own_price(self, one: tuple[float, Plan]) -> float:
        return self._breaks_even(one, self.without.cost)

    def _known_bound(self, worse: float) -> float:
        """Return a lower bound of the cost at a price, from the bounds at better prices."""
        best = self.search.best.bound
        known = [bound for at, bound in self.bounds if at <= worse * (1 + 1e-12)]
        if worse >= 1 and best is not None:
            known.append(best)
        return max(known, default=-math.inf)

    # ------------------------------------------------------------------ figures
    def _breaks_even(self, one: tuple[float, Plan], cost: float) -> float:
        """Return the multiple of the price at which the decisions of a plan reach a cost; infinity if at any price.

        Deliveries after the end of the plan have no payments: they are taken if the plan is cheaper with them.
        """
        worse, plan = one
        key = id(plan), cost
        if self.reprice is not None and key not in self._repriced:
            self._repriced[key] = self.reprice(plan, worse, cost)
        repriced = self._repriced.get(key)
        if repriced is not None:
            return math.inf if repriced >= MOST else repriced
        factor = worse if self.sign > 0 else 1 / worse
        units = self.paid(plan) / factor
        if abs(units) * factor <= _NOISE * abs(cost):
            return math.inf if plan.objective <= self._below(cost) else 0.0
        reached = break_even(cost, plan.objective, units, factor)
        if reached is None:
            return math.inf if self.sign < 0 else 0.0
        return reached if self.sign > 0 else 1 / reached

    def _reached(self, cost: float) -> float | None:
        """Return the worst price at which a plan found reaches a cost; None if no plan does."""
        reached = max((self._breaks_even(one, cost) for one in self.good), default=0.0)
        return reached if reached > 0 else None

    def _paid_at(self, worse: float) -> float:
        """Return the present value of the payments for the offer at a price, by the plan that takes it longest."""
        if not self.good:
            return 0.0
        at, plan = max(self.good, key=self._own_price)
        return abs(self.paid(plan)) * (worse / at if self.sign > 0 else at / worse)

    def _target(self, paid: float) -> float:
        """Return the bound that must be proven at a price for the offer not to be taken."""
        return self.without.cost - _TOLERANCE * paid - _NOISE * abs(self.without.cost)

    @staticmethod
    def _below(cost: float) -> float:
        """Return a cost reduced by the numerical noise."""
        return cost - _NOISE * abs(cost)

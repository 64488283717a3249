"""Search for the price at which an offer breaks even, between two prices that bounds prove.

Dinkelbach's method: the decisions of a plan that takes the offer break even at the price (cost without the offer - all
other cost of the plan) / units taken. At a price just worse than that, the next search starts from this plan. If no
plan with the offer is cheaper than the best plan without it, the break-even price is found, and bounds prove its
interval.

Where budgets, rules or commitments count the payments, a plan may be infeasible at its break-even price, or cheaper
there than the formula says. A linear program of its operation then gives the price. Where there is none, an offer still
never gains from a worse price, so the price is enclosed by bisection, with the break-even prices of plans as trial
prices.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from optimizer.analysis.budget import BudgetSpent
from optimizer.analysis.price_interval import MOST, NEGLIGIBLE, SURE, BreakevenPrice, CostWithout, break_even
from optimizer.analysis.price_relaxation import PricedOffer
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
_TRIED = (0.95, 0.5, 0.05)  # trial prices of offers that cannot be forced, as shares of the first guess
_PRECISE = 2e-4  # of the payments for the offer: gap of a search for a plan that is cheaper than without


Reprice = Callable[[Plan, float, float], float | None]  # plan, its multiple of the price, cost


class BreakevenSearch:
    """Search for the price at which an offer breaks even.

    Parameters
    ----------
    search : TightGapSearch
        Searches from the plan.
    offer : PricedOffer
        The offer.
    paid : callable
        Return the present value that a plan pays for the offer; negative if the plan receives it.
    took : callable
        Return the quantity of the offer that a plan takes.
    constrained : bool
        Whether a budget, rule or commitment counts the payments.
    reprice : callable, optional
        Return the worst multiple at which the decisions of a plan, found at a multiple, cost less than a cost.
    known : tuple of float
        Interval of the multiple that is proven already.
    guess : float
        Multiple near which the offer is likely to break even.
    """

    def __init__(
        self,
        search: TightGapSearch,
        offer: PricedOffer,
        paid: Callable[[Plan], float],
        took: Callable[[Plan], float],
        *,
        constrained: bool,
        reprice: Reprice | None = None,
        known: tuple[float, float] = (0.0, math.inf),
        guess: float = 1.0,
    ) -> None:
        self.guess, self.forcible = guess, False
        self.search, self.offer, self.constrained = search, offer, constrained
        self.reprice, self.known = reprice, known
        self._repriced: dict[tuple[int, float], float | None] = {}
        self.paid, self.took = paid, took
        self.best_price = _NEARLY_FREE if offer.sign > 0 else 1 / MOST  # the best price that is tried
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
        self.without, self.good, self.forcible = without, list(start), forcible
        try:
            found = self._searched()
        except BudgetSpent:
            found = self._result(narrow=False)
        low, high = max(found.at_least, self.known[0]), min(found.at_most, self.known[1])
        worse = None if found.worse is None else min(max(found.worse, low), max(high, low))
        return replace(found, worse=worse, at_least=low, at_most=high)

    def _searched(self) -> BreakevenPrice:
        """Search for the break-even price."""
        if self.search.is_tight and not self.low:
            self.bad = 1.0  # at the present price, the best plan does not take it
        if not self.good:
            self._find_first()
        if not self.low and (self._reached(self.without.cost) or 0.0) <= self.best_price:
            proven = self.known[1] <= self.best_price or self._is_beyond(self.best_price)
            if proven or not self.low:
                return BreakevenPrice(None, at_most=_NEARLY_FREE if proven else math.inf)
        for _ in range(_ROUNDS if self.search.is_tight else 0):
            worse = self._next()
            if worse is None or self.late >= _LATE:
                break
            if self._is_exact:
                self._is_beyond(worse)
            else:
                self._try(worse)
        return self._result(narrow=self.forcible)

    # ------------------------------------------------------------------ which price to try
    def _next(self) -> float | None:
        """Return the next trial price, between one with the offer and one without it; None if the search is over.

        A break-even price that was just refuted is confirmed from its other side; otherwise bisection points alternate
        with break-even prices.
        """
        low = self.low
        candidate = max(self._reached(self.without.cost) or 0.0, low, self.best_price)
        above = min(candidate * self._step, MOST)
        if low >= MOST or self.bad <= self.best_price:
            return None
        if self._is_exact:
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
    def _is_exact(self) -> bool:
        """Whether the prices at which the plans found break even are known, not only estimated."""
        if not self.constrained:
            return True
        return all(self._repriced_at(one, self.without.cost) is not None for one in self.good)

    @property
    def low(self) -> float:
        """The worst price at which a plan with the offer was found that is cheaper than without; 0 if none."""
        return self._low(self.without.cost)

    def _low(self, cost: float) -> float:
        return max((worse for worse, plan in self.good if plan.objective <= self._below(cost)), default=0.0)

    # ------------------------------------------------------------------ the result
    def _result(self, *, narrow: bool) -> BreakevenPrice:
        """Break-even price with its proven interval."""
        worse = self._estimate()
        if worse >= MOST:
            return BreakevenPrice(None, at_least=self._at_least(), always=True)
        found = self._interval(worse, narrow)
        if worse <= NEGLIGIBLE:
            return BreakevenPrice(None, at_most=found.at_most)
        return found

    def _estimate(self) -> float:
        """Return the best estimate of the break-even price."""
        low, candidate = self.low, self._reached(self.without.cost) or 0.0
        if self._is_exact or not low or self.bad == math.inf:
            return min(max(candidate, low), self.bad)
        return min(max(candidate, low), self.bad) if self.bad > low * _NEAR else math.sqrt(low * self.bad)

    def _at_least(self) -> float:
        """Return the worst price at which a plan with the offer is proven cheaper than every plan without it."""
        bound = self._below(self.without.bound)
        if not self.constrained:
            return max(self._reached(bound) or 0.0, self._low(bound))
        return max([self._low(bound), *(self._repriced_at(one, bound) or 0.0 for one in self.good)])

    def _interval(self, worse: float, narrow: bool) -> BreakevenPrice:
        """Return the price with its proven interval, after one more search if the interval is too wide."""
        at_most = min(self._at_most(worse), self.known[1])
        if narrow:
            worse, at_most = self._narrow(worse, at_most)
        return BreakevenPrice(worse, min(self._at_least(), worse), max(at_most, worse))

    def _narrow(self, worse: float, at_most: float) -> tuple[float, float]:
        """Return the price and the upper end after proofs at prices that come nearer from above.

        The first is as far as the gaps leave open; halves of the distance follow. A price at which a plan with the
        offer is cheaper than without raises the price found.
        """
        for _ in range(_PROOFS):
            paid, nearest = self._paid_at(worse), worse * self._step
            if at_most <= max(worse * SURE, nearest) or paid <= 0 or self.late >= _LATE:
                break
            left = self.without.cost - self.without.bound + 2 * self.search.gap * abs(self.without.cost)
            far = worse * (1 + 2 * left / paid) * self._step
            trial = far if far < at_most / SURE else max(math.sqrt(worse * at_most), nearest)
            try:
                proven = self._is_beyond(trial)
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
        """Whether it is proven that no plan with the offer is cheaper at a price than the best without it.

        A cheaper one that is found is kept. Where no block of the offer can be forced, a plan without it counts, too.
        """
        if worse > MOST:
            return False
        cost = self.without.cost if self.forcible else self._below(self.without.cost)
        forced = [Fixing("force", "", self.offer.item)] if self.forcible else []
        gap = max(_PRECISE * self._paid_at(worse) / max(abs(cost), 1e-12), TIGHT) if self.search.is_tight else None
        try:
            found, bound = self.search.find_cheaper(
                self._edits(worse), forced, self._start(), cost, self._known_bound(worse), gap
            )
        except FixingError:
            return False
        if found is not None and self.took(found):
            self.good.append((worse, found))
        elif found is not None:  # a plan without it, which is the better one to compare with
            self.without = CostWithout(found.objective, bound_below(found.objective, self.without.bound))
        elif bound >= cost:
            self.bad = min(self.bad, worse)
            self.known = self.known[0], min(self.known[1], worse)
            return True
        else:
            self.late += 1
        return False

    # ------------------------------------------------------------------ searches
    def _find_first(self) -> None:
        """Search for a first plan that takes the offer."""
        worse = min(self.guess, max(self.known[1], self.best_price))
        if not self.forcible:
            for share in _TRIED:
                if self.good or self.late or worse * share <= self.best_price:
                    return
                self._is_beyond(worse * share)
            return
        try:
            gap = max(self.search.gap, _START)
            found = self.search.run(self._edits(worse), [Fixing("force", "", self.offer.item)], self.search.best, gap)
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
        return self.offer.edits(self.offer.factor(worse))

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
        repriced = self._repriced_at(one, cost)
        if repriced is not None:
            return math.inf if repriced >= MOST else repriced
        factor = self.offer.factor(worse)
        units = self.paid(plan) / factor
        if abs(units) * factor <= _NOISE * abs(cost):
            return math.inf if plan.objective <= self._below(cost) else 0.0
        reached = break_even(cost, plan.objective, units, factor)
        if reached is None:
            return math.inf if self.offer.sign < 0 else 0.0
        return reached if self.offer.sign > 0 else 1 / reached

    def _repriced_at(self, one: tuple[float, Plan], cost: float) -> float | None:
        """Return the multiple at which linear programs of a plan's operation reach a cost; None without them."""
        worse, plan = one
        key = id(plan), cost
        if self.reprice is not None and key not in self._repriced:
            self._repriced[key] = self.reprice(plan, worse, cost)
        return self._repriced.get(key)

    def _reached(self, cost: float) -> float | None:
        """Return the worst price at which a plan found reaches a cost; None if no plan does."""
        reached = max((self._breaks_even(one, cost) for one in self.good), default=0.0)
        return reached if reached > 0 else None

    def _paid_at(self, worse: float) -> float:
        """Return the present value of the payments for the offer at a price, by the plan that takes it longest."""
        if not self.good:
            return 0.0
        at, plan = max(self.good, key=self._own_price)
        return abs(self.paid(plan)) * (worse / at if self.offer.sign > 0 else at / worse)

    def _target(self, paid: float) -> float:
        """Return the bound that must be proven at a price for the offer not to be taken."""
        return self.without.cost - _TOLERANCE * paid - _NOISE * abs(self.without.cost)

    @staticmethod
    def _below(cost: float) -> float:
        """Return a cost reduced by the numerical noise."""
        return cost - _NOISE * abs(cost)

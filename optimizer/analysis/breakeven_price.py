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
from dataclasses import dataclass

from optimizer.analysis.tight_gap_search import CLOSED, TIGHT, TightGapSearch
from optimizer.errors import FixingError, NoFeasiblePlan
from optimizer.instance.edit import Edit
from optimizer.plan.plan import Plan
from optimizer.program.fixings import Fixing
from optimizer.solver.bound import bound_below
from optimizer.solver.solution import Stop

_START = 1e-3  # gap of a search for a first plan with the offer
_ROUNDS = 30
_GUESSES = 3  # one of so many trial prices is a bisection point, the others are break-even prices of plans
_LATE = 2  # searches that reached the time limit, after which no further one is started
_NOISE = 1e-10  # relative to the cost: smaller differences count as zero
_STEP = 1.0004  # factor from a break-even price to a price at which the offer is certainly too expensive
_NEAR = 1.0009  # ratio of two prices so close that any price between them is within 0.1 % of both
_TOLERANCE = 1e-4  # relative to the payments for the offer: what the bounds may leave open
_SURE = 1.001  # ratio of prices that count as equal
_MOST = 100.0  # times the price: an offer that is still taken there is taken at any price
_NEARLY_FREE = 1e-6  # times the price: practically free
_NEGLIGIBLE = 1e-4  # times the price: a break-even price below it is numerical noise
_TRIED = (0.5, 0.05, _NEARLY_FREE)  # trial prices of on-demand offers, which cannot be forced


@dataclass(frozen=True)
class BreakevenPrice:
    """Break-even price with its proven interval, as multiples of the price: 2 is twice it, for an outlet half of it.

    Attributes
    ----------
    worse : float or None
        Multiple at which the offer breaks even; None if it is taken at no price, or (``always``) at any price.
    at_least, at_most : float
        Proven interval of the multiple.
    always : bool
        Whether the offer is taken at any price.
    """

    worse: float | None
    at_least: float = 0.0
    at_most: float = math.inf
    always: bool = False

    @property
    def proven(self) -> bool:
        """Whether the proven interval is within the tolerance."""
        if self.worse is None:
            return self.at_least >= _MOST if self.always else self.at_most <= _NEGLIGIBLE
        return self.at_least * _SURE >= self.worse and self.at_most <= self.worse * _SURE


@dataclass(frozen=True)
class CostWithout:
    """Cost of the best plan found without the offer, and the bound of all plans without it."""

    cost: float
    bound: float


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
    ) -> None:
        self.search, self.item, self.sign, self.constrained = search, item, sign, constrained
        self.price_edits, self.paid, self.took = price_edits, paid, took
        self.best_price = _NEARLY_FREE if sign > 0 else 1 / _MOST  # the best price that is tried
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
        if self.search.is_tight and not self.low:
            self.bad = 1.0  # at the present price, the best plan does not take it
        if not self.good:
            self._find_first(forcible)
        if not self.low and (self._reached(without.cost) or 0.0) <= self.best_price:
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
        above = min(candidate * self._step, _MOST)
        if self.low >= _MOST or self.bad <= self.best_price:
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
            return min(4 * self.low, _MOST) if self.low else 1.0
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
        if worse >= _MOST:
            return BreakevenPrice(None, at_least=self._at_least(), always=True)
        found = self._interval(worse, forcible)
        if worse <= _NEGLIGIBLE:
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
        at_most = self._at_most(worse)
        left = self.without.cost - self.without.bound + 2 * self.search.gap * abs(self.without.cost)
        paid = self._paid_at(worse)
        if at_most > worse * _SURE and paid > 0 and forcible:
            at_most = min(at_most, self._prove_beyond(worse * (1 + 2 * left / paid) * self._step))
        return BreakevenPrice(worse, min(self._at_least(), worse), max(at_most, worse))

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

    def _prove_beyond(self, worse: float) -> float:
        """Return a price if no plan with the offer is proven as cheap as the best without it there, else infinity."""
        if worse > _MOST:
            return math.inf
        try:
            forced = [Fixing("force", "", self.item)]
            found = self.search.run(self._edits(worse), forced, self._start(), known_bound=self._known_bound(worse))
        except NoFeasiblePlan:
            return worse
        except FixingError:
            return math.inf
        if self.took(found):
            self.good.append((worse, found))
        return worse if found.bound is not None and found.bound >= self.without.cost else math.inf

    # ------------------------------------------------------------------ searches
    def _find_first(self, forcible: bool) -> None:
        """Search for a first plan that takes the offer."""
        gap = max(self.search.gap, _START)
        if not forcible:
            for worse in _TRIED:
                if self.took(self._try(worse, gap)):
                    return
            return
        try:
            found = self.search.run([], [Fixing("force", "", self.item)], self.search.best, gap)
        except (NoFeasiblePlan, FixingError):
            return
        if self.took(found):
            self.good.append((1.0, found))

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


def break_even(without: float, cost: float, units: float, factor: float) -> float | None:
    """Return the multiple of an offer's price at which a plan with it costs as much as the best plan without it.

    Parameters
    ----------
    without, cost : float
        Costs of the plan without the offer and of the plan with it.
    units : float
        Present value that the plan pays for the offer per unit of the factor; negative where it receives it.
    factor : float
        Multiple of the price at which the plan was found.

    Returns
    -------
    float or None
        None if no positive price makes the costs equal.
    """
    reached = (without - cost + units * factor) / units if units else 0.0
    return reached if reached > 0 else None

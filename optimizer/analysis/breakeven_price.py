"""The price at which an offer just wins, between the prices that bounds prove.

Dinkelbach's method: the decisions of a plan that takes the offer break even with doing without it at the price (cost
without the offer - all else the plan costs) / units taken. At a price just worse than that, the search goes on from
this plan; where it finds none that is better than doing without, the price is found, and bounds tell how sure it is.

Where budgets, rules or commitments count what is paid, a plan may not be allowed at the price at which it breaks even,
or cost less there than it seems. Dearer is never better still: so the price is closed in on, with the prices at which
plans break even as guesses.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from optimizer.analysis.break_even import break_even
from optimizer.analysis.tight_gap_search import CLOSED, FINE, FineSearch
from optimizer.errors import HoldError, NoFeasiblePlan
from optimizer.instance.edit import Edit
from optimizer.plan.plan import Plan
from optimizer.program.fixings import Fixing
from optimizer.solver.bound import bound_below
from optimizer.solver.solution import Stop

_START = 1e-3  # gap of a search that only looks for a plan to start from
_ROUNDS = 30
_GUESSES = 3  # of so many prices tried one is halfway, the others are guesses
_LATE = 2  # searches that ran out of time, after which more of them are not worth theirs
_NOISE = 1e-10  # of the cost: differences below it are none
_STEP = 1.0004  # from the price at which an offer breaks even to one at which it surely does not
_NEAR = 1.0009  # a price between two that are so close is within 0.1 % of both
_TOLERANCE = 1e-4  # of what is paid for the offer: what bounds may leave open
_SURE = 1.001  # prices this close are one
_MOST = 100.0  # times the price: worth that, an offer is taken at any price
_GIVEN = 1e-6  # times the price: as good as for nothing
_NEARLY_NOTHING = 1e-4  # times the price: below it, what is told about a price is noise
_TRIED = (0.5, 0.05, _GIVEN)  # at which hours are tried, which cannot be forced


@dataclass(frozen=True)
class Priced:
    """What is known about a price, as multiples of today's: ``worse`` 2 is twice the price, for an outlet half of it.

    Attributes
    ----------
    worse : float or None
        Where the offer just wins; None if at no price, or (``always``) at any.
    at_least, at_most : float
        Between these it is proven to lie.
    always : bool
        Whether it wins at any price.
    """

    worse: float | None
    at_least: float = 0.0
    at_most: float = math.inf
    always: bool = False

    @property
    def proven(self) -> bool:
        """Whether the bounds leave no doubt."""
        if self.worse is None:
            return self.at_least >= _MOST if self.always else self.at_most <= _NEARLY_NOTHING
        return self.at_least * _SURE >= self.worse and self.at_most <= self.worse * _SURE


@dataclass(frozen=True)
class Without:
    """What doing without the offer costs: the best plan found, and what is proven of all."""

    cost: float
    bound: float


class Winning:
    """Searches for the price at which an offer just wins.

    Parameters
    ----------
    search : FineSearch
        Of the plan at hand.
    item : str
        The offer.
    price_edits : callable
        Edits for a multiple of the price.
    paid : callable
        Present value that a plan pays for the offer, negative where it receives it.
    took : callable
        How much of it a plan takes.
    sign : float
        1 where a lower price is better, -1 for outlets.
    counted : bool
        Whether a budget, rule or commitment counts what is paid.
    """

    def __init__(
        self,
        search: FineSearch,
        item: str,
        price_edits: Callable[[float], list[Edit]],
        paid: Callable[[Plan], float],
        took: Callable[[Plan], float],
        sign: float,
        *,
        counted: bool,
    ) -> None:
        self.search, self.item, self.sign, self.counted = search, item, sign, counted
        self.price_edits, self.paid, self.took = price_edits, paid, took
        self.given = _GIVEN if sign > 0 else 1 / _MOST  # the best price that is tried
        self.good: list[tuple[float, Plan]] = []  # plans that take it, with how many times worse the price is
        self.floors: list[tuple[float, float]] = []  # proven costs, with how many times worse the price is
        self.bad = math.inf  # the best price at which no plan with it was found that is better than without
        self.late = 0  # searches that ran out of time
        self.tries = 0  # of prices that guesses or the halves of what is left name
        self.halved = False  # whether the price tried is one halfway
        self.without = Without(math.inf, -math.inf)

    def priced(self, without: Without, start: list[tuple[float, Plan]], *, forcible: bool) -> Priced:
        """The price.

        Parameters
        ----------
        without : Without
            Doing without it.
        start : list
            Plans at hand that take the offer.
        forcible : bool
            Whether a decision on it can be forced.
        """
        self.without, self.good = without, list(start)
        if self.search.fine and not self.low:
            self.bad = 1.0  # today, the best plan does without
        if not self.good:
            self._look(forcible)
        if not self.low and (self._reached(without.cost) or 0.0) <= self.given:
            self._try(self.given)
            if not self.low:
                enough = self._floor(self.given) >= self._enough(0.0)
                return Priced(None, at_most=_GIVEN if enough else math.inf)
        for _ in range(_ROUNDS if self.search.fine else 0):
            worse = self._next()
            if worse is None or self.late >= _LATE:
                break
            self._try(worse)
        return self._told(forcible)

    # ------------------------------------------------------------------ which price to try
    def _next(self) -> float | None:
        """The price to try next, between one at which the offer wins and one at which it does not; None if it is found.

        A guess just refuted is confirmed from its other side; else prices halfway are tried between guesses.
        """
        guess = max(self._reached(self.without.cost) or 0.0, self.given)
        above = min(guess * self._step, _MOST)
        if self.low >= _MOST or self.bad <= self.given:
            return None
        if not self.counted:
            return above if above < self.bad else None
        if self.bad <= self.low * _NEAR:
            return None
        self.halved = False
        if self.low < guess / self._step < self.bad <= above * (1 + 1e-12):
            return guess / self._step
        self.tries += 1
        if self.tries % _GUESSES and guess > self.given and self.low < above < self.bad:
            return above
        self.halved = True
        return self._halfway()

    def _halfway(self) -> float:
        if self.bad == math.inf:
            return min(4 * self.low, _MOST) if self.low else 1.0
        return math.sqrt(self.low * self.bad) if self.low else max(self.bad / 4, self.given)

    @property
    def _step(self) -> float:
        """How far from a price another one is that bounds can tell from it."""
        paid, cost = self._paid_at(1.0), abs(self.without.cost)
        return max(_STEP, 1 + 4 * _NOISE * cost / paid) if paid else _STEP

    @property
    def low(self) -> float:
        """The worst price at which a plan with the offer was found that is cheaper than without; 0 if there is none."""
        return self._low(self.without.cost)

    def _low(self, cost: float) -> float:
        return max((worse for worse, plan in self.good if plan.objective <= self._less(cost)), default=0.0)

    # ------------------------------------------------------------------ what is told
    def _told(self, forcible: bool) -> Priced:
        """The price as far as it is known, with what is proven of it."""
        worse = self._within()
        if worse >= _MOST:
            return Priced(None, at_least=self._at_least(), always=True)
        found = self._between(worse, forcible)
        if worse <= _NEARLY_NOTHING:
            return Priced(None, at_most=found.at_most)
        return found

    def _within(self) -> float:
        """Where the offer just wins, as far as it is known."""
        low, guess = self.low, self._reached(self.without.cost) or 0.0
        if not self.counted or not low or self.bad == math.inf:
            return min(max(guess, low), self.bad)
        return min(max(guess, low), self.bad) if self.bad > low * _NEAR else math.sqrt(low * self.bad)

    def _at_least(self) -> float:
        """The worst price at which a plan with the offer is better than all without it, by what is proven of these."""
        bound = self._less(self.without.bound)
        return self._low(bound) if self.counted else max(self._reached(bound) or 0.0, self._low(bound))

    def _between(self, worse: float, forcible: bool) -> Priced:
        """The price with what is proven about it; where that is not enough, after one more search."""
        at_most = self._at_most(worse)
        left = self.without.cost - self.without.bound + 2 * self.search.gap * abs(self.without.cost)
        paid = self._paid_at(worse)
        if at_most > worse * _SURE and paid > 0 and forcible:
            at_most = min(at_most, self._far(worse * (1 + 2 * left / paid) * self._step))
        return Priced(worse, min(self._at_least(), worse), max(at_most, worse))

    def _at_most(self, worse: float) -> float:
        """The best price, not below one, at which no plan is cheaper than without; infinity if none is proven.

        What bounds leave open, a plan that is paid as much as the best one found could use up.
        """
        paid, least = self._paid_at(worse), worse * (1 - 1e-12)
        if not paid:
            return math.inf
        cost, found = abs(self.without.cost), [math.inf]
        for at in {1.0, *(at for at, _ in self.floors)}:
            left = max(self.without.cost - self._floor(at), 0.0) + _NOISE * cost
            if at >= least and left <= _TOLERANCE * paid + 2 * FINE * cost:
                found.append(at * (1 + left / paid))
        return min(found)

    def _far(self, worse: float) -> float:
        """A price at which no plan with the offer is as good as the best without it; infinity if that is not proven."""
        if worse > _MOST:
            return math.inf
        try:
            held = [Fixing("force", "", self.item)]
            found = self.search.run(self._edits(worse), held, self._start(), floor=self._floor(worse))
        except NoFeasiblePlan:
            return worse
        except HoldError:
            return math.inf
        if self.took(found):
            self.good.append((worse, found))
        return worse if found.bound is not None and found.bound >= self.without.cost else math.inf

    # ------------------------------------------------------------------ searches
    def _look(self, forcible: bool) -> None:
        """Look for a plan that takes the offer."""
        gap = max(self.search.gap, _START)
        if not forcible:
            for worse in _TRIED:
                if self.took(self._try(worse, gap)):
                    return
            return
        try:
            found = self.search.run([], [Fixing("force", "", self.item)], self.search.best, gap)
        except (NoFeasiblePlan, HoldError):
            return
        if self.took(found):
            self.good.append((1.0, found))

    def _try(self, worse: float, gap: float | None = None) -> Plan:
        """The plan at a price; halfway between two, any that is cheaper than without will do."""
        gap = self.search.gap_for(self._paid_at(worse), self.without.cost) if gap is None else gap
        cost = self.without.cost
        enough = cost - 2 * _NOISE * abs(cost) if self.halved else None
        found = self.search.run(self._edits(worse), [], self._start(), gap, self._floor(worse), enough)
        if enough is not None and found.objective <= enough and not self.took(found):
            found = self.search.run(self._edits(worse), [], found, gap, self._floor(worse))
        self.late += found.head["stopped"] == Stop.TIME_LIMIT.value
        if found.bound is not None:
            self.floors.append((worse, found.bound))
        if self.took(found):
            self.good.append((worse, found))
        else:
            cost = min(self.without.cost, found.objective)
            self.without = Without(cost, bound_below(cost, self.without.bound))
        if gap <= CLOSED and self.low < worse:
            self.bad = min(self.bad, worse)
        return found

    def _edits(self, worse: float) -> list[Edit]:
        return self.price_edits(worse if self.sign > 0 else 1 / worse)

    def _start(self) -> Plan:
        """The plan to start from: of those with the offer the one that holds out longest, else the one at hand."""
        return max(self.good, key=self._holds_out)[1] if self.good else self.search.best

    def _holds_out(self, one: tuple[float, Plan]) -> float:
        return self._breaks_even(one, self.without.cost)

    def _floor(self, worse: float) -> float:
        """What no plan at a price can be below: what is proven at better ones."""
        best = self.search.best.bound
        known = [bound for at, bound in self.floors if at <= worse * (1 + 1e-12)]
        if worse >= 1 and best is not None:
            known.append(best)
        return max(known, default=-math.inf)

    # ------------------------------------------------------------------ figures
    def _breaks_even(self, one: tuple[float, Plan], cost: float) -> float:
        """Price at which the decisions of a plan cost so much, as a multiple that counts worse; infinity if at any.

        Nothing is paid for what comes after the plan alone: that wins if the plan is cheaper with it, and else not.
        """
        worse, plan = one
        factor = worse if self.sign > 0 else 1 / worse
        units = self.paid(plan) / factor
        if abs(units) * factor <= _NOISE * abs(cost):
            return math.inf if plan.objective <= self._less(cost) else 0.0
        reached = break_even(cost, plan.objective, units, factor)
        if reached is None:
            return math.inf if self.sign < 0 else 0.0
        return reached if self.sign > 0 else 1 / reached

    def _reached(self, cost: float) -> float | None:
        """The worst price at which a plan found costs no more; None if there is none."""
        reached = max((self._breaks_even(one, cost) for one in self.good), default=0.0)
        return reached if reached > 0 else None

    def _paid_at(self, worse: float) -> float:
        """What the plan that holds out longest pays for the offer at a price, in present value."""
        if not self.good:
            return 0.0
        at, plan = max(self.good, key=self._holds_out)
        return abs(self.paid(plan)) * (worse / at if self.sign > 0 else at / worse)

    def _enough(self, paid: float) -> float:
        """What no plan at a price must be below, for the offer not to win."""
        return self.without.cost - _TOLERANCE * paid - _NOISE * abs(self.without.cost)

    @staticmethod
    def _less(cost: float) -> float:
        """What is surely less than a cost."""
        return cost - _NOISE * abs(cost)

"""The price at which an offer just wins, between the prices that bounds prove.

Dinkelbach's method: the decisions of a plan that takes the offer break even with doing without it at the price (cost
without the offer - all else the plan costs) / units taken. At a price just worse than that, the search goes on from
this plan; where it finds none that is better than doing without, the price is found, and bounds tell how sure it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

from optimizer.errors import HoldError, NoFeasiblePlan
from optimizer.explain.break_even import break_even
from optimizer.instance.edit import Edit
from optimizer.plan.plan import Plan
from optimizer.program.holds import Hold
from optimizer.whatif import WhatIf

FINE = 1e-9  # gap of searches that tell prices apart which are close
CLOSED = 1e-5  # a plan within this gap is as good as the best one: then finer searches have a chance
_START = 1e-3  # gap of a search that only looks for a plan to start from
_ROUNDS = 14
_NOISE = 1e-10  # of the cost: differences below it are none
_STEP = 1.0004  # from the price at which an offer breaks even to one at which it surely does not
_TOLERANCE = 1e-4  # of what is paid for the offer: what bounds may leave open
_SURE = 1.001  # prices this close are one
_MOST = 100.0  # times the price: worth that, an offer is taken at any price
_GIVEN = 1e-6  # times the price: as good as for nothing
_NEARLY_NOTHING = 1e-4  # times the price: below it, what is told about a price is noise
_TRIED = (0.5, 0.05, _GIVEN)  # at which hours are tried, which cannot be forced


class Search:
    """What-ifs of a plan, with finer gaps where these can be closed in time.

    Attributes
    ----------
    ask : WhatIf
        Its time limit holds for each search.
    plan : Plan
        The plan at hand.
    """

    def __init__(self, ask: WhatIf, plan: Plan) -> None:
        self.ask, self.plan = ask, plan

    @cached_property
    def best(self) -> Plan:
        """The plan at hand; where its gap is wide, what one search with a finer gap makes of it."""
        plan = self.plan
        if plan.gap is not None and plan.gap <= CLOSED:
            return plan
        found = self.run([], [], plan, FINE, plan.bound)
        better = found if found.objective < plan.objective else plan
        return _with_bound(better, found.bound)

    @property
    def fine(self) -> bool:
        """Whether gaps can be closed in time, so that close prices can be told apart."""
        return self.best.gap is not None and self.best.gap <= CLOSED

    @property
    def gap(self) -> float:
        """Gap of the searches."""
        return FINE if self.fine else self.ask.options.gap

    def run(
        self, edits: list[Edit], holds: list[Hold], start: Plan, gap: float | None = None, floor: float | None = None
    ) -> Plan:
        """The plan with edits and holds, searched from another one; ``floor`` is a cost that none can be below."""
        with self._set(start, self.gap if gap is None else gap):
            return self.ask.ask(edits, holds, floor=floor)

    @contextmanager
    def _set(self, start: Plan, gap: float) -> Iterator[None]:
        ask = self.ask
        before = ask.plan, ask.options
        ask.plan, ask.options = start, replace(ask.options, gap=gap)
        try:
            yield
        finally:
            ask.plan, ask.options = before


def _with_bound(plan: Plan, bound: float | None) -> Plan:
    """A plan of which more may be proven."""
    known = [one for one in (plan.bound, bound) if one is not None]
    if not known:
        return plan
    best = min(max(known), plan.objective)
    gap = 0.0 if plan.objective == best else (plan.objective - best) / max(abs(plan.objective), 1e-12)
    return replace(plan, head={**plan.head, "bound": best, "gap": gap})


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
            return self.at_least >= _MOST if self.always else self.at_most <= _GIVEN
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
    search : Search
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
    """

    def __init__(
        self,
        search: Search,
        item: str,
        price_edits: Callable[[float], list[Edit]],
        paid: Callable[[Plan], float],
        took: Callable[[Plan], float],
        sign: float,
    ) -> None:
        self.search, self.item, self.sign = search, item, sign
        self.price_edits, self.paid, self.took = price_edits, paid, took
        rows = search.plan.instance.rows
        self.spending = bool(rows["budgets"]) or any(term.quantity == "spend" for term in rows["rule_terms"])
        self.good: list[tuple[float, Plan]] = []  # plans that take it, with how many times worse the price is
        self.floors: list[tuple[float, float]] = []  # proven costs, with how many times worse the price is

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
        self.good = list(start)
        if not self.good:
            self._look(forcible)
        worse = self._reached(without.cost)
        if worse is None:
            worse = self._for_nothing(without)
            if worse is None:
                return Priced(None, at_most=_GIVEN if self._floor(_GIVEN) >= self._enough(without, 0.0) else math.inf)
        low, bad = self._low(without.cost), math.inf
        for _ in range(_ROUNDS if self.search.fine else 0):
            worse = self._next(low, bad, without)
            if worse is None or low >= _MOST:
                break
            found = self._try(worse)
            if not self.took(found):
                without = Without(min(without.cost, found.objective), min(without.bound, found.objective))
            low = self._low(without.cost)
            bad = bad if low >= worse else worse
        worse = self._within(low, bad, without)
        if worse >= _MOST:
            return self._always(without)
        return Priced(None) if worse <= _NEARLY_NOTHING else self._between(worse, without, forcible)

    def _next(self, low: float, bad: float, without: Without) -> float | None:
        """The price to try next, between one at which the offer wins and one at which it does not; None if it is found.

        Where budgets or rules count what is spent, decisions that break even may not be allowed at that price.
        """
        guess = self._reached(without.cost) or 0.0
        if min(guess * _STEP, _MOST) < bad:
            return min(guess * _STEP, _MOST)
        if not self.spending or bad <= low * _SURE:
            return None
        if low < guess / _STEP < bad:
            return guess / _STEP
        return (low * bad) ** 0.5 if low else bad / 2

    def _within(self, low: float, bad: float, without: Without) -> float:
        """Where the offer just wins, as far as it is known."""
        guess = self._reached(without.cost) or low
        return math.sqrt(low * bad) if self.spending and low and bad < math.inf else min(guess, bad)

    def _low(self, cost: float) -> float:
        """The worst price at which a plan with the offer was found that is cheaper than without; 0 if there is none."""
        least = cost - _NOISE * abs(cost)
        return max((worse for worse, plan in self.good if plan.objective <= least), default=0.0)

    def _always(self, without: Without) -> Priced:
        return Priced(None, at_least=self._at_least(without.bound), always=True)

    def _at_least(self, bound: float) -> float:
        """The worst price at which a plan with the offer is better than all without it, by what is proven of these."""
        return self._low(bound) if self.spending else self._reached(bound) or 0.0

    def _between(self, worse: float, without: Without, forcible: bool) -> Priced:
        """The price with what is proven about it; where that is not enough, after one more search."""
        at_least, at_most = self._at_least(without.bound), math.inf
        paid = self._paid_at(worse)
        near = max([worse * _STEP, *(at for at, _ in self.floors if at <= worse * _SURE)])
        told = _NOISE * abs(without.cost) <= _TOLERANCE * paid  # else differences that matter are lost in noise
        if told and self._floor(near) >= self._enough(without, paid):
            at_most = near
        elif paid > 0 and forcible:
            left = without.cost - without.bound + 2 * self.search.gap * abs(without.cost)
            at_most = self._far(worse * (1 + 2 * left / paid) * _STEP, without)
        return Priced(worse, min(at_least, worse), max(at_most, worse))

    def _far(self, worse: float, without: Without) -> float:
        """A price at which no plan with the offer is as good as the best without it; infinity if that is not proven."""
        if worse > _MOST:
            return math.inf
        try:
            held = [Hold("force", "", self.item)]
            found = self.search.run(self._edits(worse), held, self._start(), floor=self._floor(worse))
        except NoFeasiblePlan:
            return worse
        except HoldError:
            return math.inf
        if self.took(found):
            self.good.append((worse, found))
        return worse if found.bound is not None and found.bound >= without.cost else math.inf

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
            found = self.search.run([], [Hold("force", "", self.item)], self.search.best, gap)
        except (NoFeasiblePlan, HoldError):
            return
        self.good.append((1.0, found))

    def _for_nothing(self, without: Without) -> float | None:
        """Where it just wins, by a plan that takes it if it is as good as for nothing; None if none does."""
        found = self._try(_GIVEN if self.sign > 0 else 1 / _MOST)
        return self._reached(without.cost) if self.took(found) else None

    def _try(self, worse: float, gap: float | None = None) -> Plan:
        """The plan at a price."""
        found = self.search.run(self._edits(worse), [], self._start(), gap, self._floor(worse))
        if found.bound is not None:
            self.floors.append((worse, found.bound))
        if self.took(found):
            self.good.append((worse, found))
        return found

    def _edits(self, worse: float) -> list[Edit]:
        return self.price_edits(worse if self.sign > 0 else 1 / worse)

    def _start(self) -> Plan:
        """The plan to start from: of those with the offer the one that holds out longest, else the one at hand."""
        return max(self.good, key=self._holds_out)[1] if self.good else self.search.best

    def _holds_out(self, one: tuple[float, Plan]) -> float:
        return self._breaks_even(one, self.search.best.objective)

    def _floor(self, worse: float) -> float:
        """What no plan at a price can be below: what is proven at better ones."""
        best = self.search.best.bound
        known = [bound for at, bound in self.floors if at <= worse * (1 + 1e-12)]
        if worse >= 1 and best is not None:
            known.append(best)
        return max(known, default=-math.inf)

    # ------------------------------------------------------------------ figures
    def _breaks_even(self, one: tuple[float, Plan], cost: float) -> float:
        """Price at which the decisions of a plan cost so much, as a multiple that counts worse; infinity if at any."""
        worse, plan = one
        factor = worse if self.sign > 0 else 1 / worse
        units = self.paid(plan) / factor
        reached = break_even(cost, plan.objective, units, factor)
        if reached is None:
            always = self.sign < 0 if units else plan.objective <= cost
            return math.inf if always else 0.0
        return reached if self.sign > 0 else 1 / reached

    def _reached(self, cost: float) -> float | None:
        """The worst price at which a plan found costs no more; None if there is none."""
        reached = max((self._breaks_even(one, cost) for one in self.good), default=0.0)
        return reached if reached > 0 else None

    def _paid_at(self, worse: float) -> float:
        """What the plan that holds out longest pays for the offer at a price, in present value."""
        at, plan = max(self.good, key=self._holds_out)
        return abs(self.paid(plan)) * (worse / at if self.sign > 0 else at / worse)

    def _enough(self, without: Without, paid: float) -> float:
        """What no plan at a price must be below, for the offer not to win."""
        return without.cost - _TOLERANCE * paid - _NOISE * abs(without.cost)

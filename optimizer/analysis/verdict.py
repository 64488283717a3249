"""The verdict on one offer: its worth, its break-even price with the proven interval, and the reason in words."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from optimizer.analysis.breakeven_price import BreakevenSearch
from optimizer.analysis.budget import BudgetSpent
from optimizer.analysis.offer_list import Offer, taken
from optimizer.analysis.price_dependence import is_constrained
from optimizer.analysis.price_interval import BreakevenPrice, CostWithout
from optimizer.analysis.price_relaxation import PricedOffer, PriceRelaxation
from optimizer.analysis.questions import NOT_EXAMINED
from optimizer.analysis.tight_gap_search import TightGapSearch
from optimizer.cash_terms import cash_terms
from optimizer.errors import NoFeasiblePlan, StoppedWithoutPlan
from optimizer.format import grouped
from optimizer.instance.edit import Edit
from optimizer.plan.plan import Plan
from optimizer.program.added_head import KEY
from optimizer.program.fixings import Fixing
from optimizer.schema import load_schema
from optimizer.solver.bound import bound_below

_NOISE = 1e-8  # relative to the cost: smaller differences count as zero
_ROUND = 1e-6  # of a tenth of a percent
_FREE = 1e-4  # times the price: below it the offer is taken at no price

NEEDED = "needed: without it no plan meets all rules"
SAME = "a plan without it costs the same"
OPEN = "the gaps of the searches leave open whether it is worth its price: ask for a smaller gap"
_CLOSE_CALL = "a plan with it costs as little, within the gaps"
_GIVEN = "even for nothing the plan found with it costs more: ask for a smaller gap, with more time, to be sure"
TIED = "blocks that were decided on before the plan are paid at the same price, so that no other price is tried"
_BEATEN = "a plan with it, found just now, costs less: solve again, with more time"
_BETTER = "a plan without it, found just now, costs less: solve again, with more time"


@dataclass(frozen=True)
class CheapBounds:
    """What linear programs prove of an offer, without a search.

    Attributes
    ----------
    without : float
        Bound of the cost of plans without it; infinity if there is no such plan.
    relaxed : float or None
        The part of that bound that the relaxation gives.
    at_least, at_most : float
        Proven interval of the multiple of the price at which it breaks even.
    """

    without: float = -math.inf
    relaxed: float | None = None
    at_least: float = 0.0
    at_most: float = math.inf

    @property
    def distance(self) -> float:
        """How far the price is proven to be from the break-even price, at least: 0 if it may be there."""
        return max(math.log(max(self.at_least, 1.0)), -math.log(max(min(self.at_most, 1.0), _FREE)))


def by_share(low: float | None, high: float | None) -> str:
    """Describe the distance between two prices, no more precisely than its proven interval.

    Parameters
    ----------
    low, high : float or None
        Ends of the proven interval, as shares of the price; None where nothing is proven.
    """
    if low is not None and high is not None:
        for digits in (1, 0):
            text = grouped(100 * low, digits)
            if text == grouped(100 * high, digits) and float(text) > 0:
                return f" by {text} %"
    least = 0.0 if low is None else math.floor(1000 * low + _ROUND) / 10
    most = None if high is None else math.ceil(1000 * high - _ROUND) / 10
    if most is None:
        unknown = ", if at all, by a share that is not proven: ask for a smaller gap"
        return f" by at least {grouped(least, 1)} %" if least > 0 else unknown
    if least > 0:
        return f" by between {grouped(least, 1)} % and {grouped(most, 1)} %"
    doubt = "" if low is not None and low > 0 else ", if at all: ask for a smaller gap"
    return f" by at most {grouped(most, 1)} %{doubt}"


def price_change(price: float, sign: float, at_least: float | None, at_most: float | None) -> str:
    """Describe the distance from a price to its break-even price, as far as it is proven.

    Parameters
    ----------
    price : float
        Price of the offer.
    sign : float
        1 where it is paid, -1 where it is received.
    at_least, at_most : float or None
        Proven interval of the break-even price; None where nothing is proven.
    """
    low, high = (None if one is None else one / price - 1 for one in (at_least, at_most))
    if sign > 0:
        low, high = (None if share is None else -share for share in (high, low))
    return f"too {'expensive' if sign > 0 else 'cheap'}{by_share(low, high)}"


class Verdict:
    """Verdict on one offer."""

    def __init__(self, search: TightGapSearch, offer: Offer) -> None:
        self.search, self.plan, self.offer = search, search.plan, offer
        self.column = load_schema().tables[offer.table].price
        self.terms = [term.name for term in cash_terms().values() if term.priced and offer.table in term.items]
        self.sign = -1.0 if offer.table == "outlets" else 1.0
        self.priced = PricedOffer(offer.table, offer.item, self._edits, self.sign)
        self.relaxation: PriceRelaxation | None = None
        self.cheap = CheapBounds()

    def bounds_without_search(self) -> CheapBounds:
        """Return what linear programs prove of the offer, at the cost and the bound of the plan."""
        plan, relaxation, priced = self.plan, self.relaxation, self.priced
        assert relaxation is not None
        bound = relaxation.without(priced)
        without = max(-math.inf if one is None else one for one in (bound, plan.bound))
        if without == math.inf or self.offer.price <= 0 or self._is_tied():
            return CheapBounds(without, bound)
        if taken(plan, self.offer) > 0:
            at_least = relaxation.at_least(priced, without, plan) if without > plan.objective else None
            return CheapBounds(without, bound, 0.0 if at_least is None else at_least)
        return CheapBounds(without, bound, at_most=relaxation.at_most(priced, plan.objective))

    def _is_tied(self) -> bool:
        """Whether another price would change what is paid for blocks that were decided on before the plan."""
        rows = self.plan.instance.rows["decided"]
        return any(row.item == self.offer.item and row.price is None for row in rows)

    def start_from(self, at_least: float | None, at_most: float | None) -> None:
        """Take over the interval of the break-even price that was proven before."""
        if self.offer.price <= 0 or self.is_settled:
            return
        low, high = at_least, at_most
        if self.sign > 0:
            ends = low / self.offer.price if low else 0.0, high / self.offer.price if high else math.inf
        else:
            ends = self.offer.price / high if high else 0.0, self.offer.price / low if low else math.inf
        both = max(self.cheap.at_least, ends[0]), min(self.cheap.at_most, ends[1])
        self.cheap = replace(self.cheap, at_least=both[0], at_most=both[1])

    def known_row(self) -> tuple[Any, ...]:
        """Return the row as far as it is known without a search."""
        verdict, cheap = self.known[3], self.cheap
        if self.is_settled:
            return (*self.known, *self._settled(verdict))
        if self.offer.price <= 0:
            return (*self.known, *(None,) * 6, False, NOT_EXAMINED)
        least = max(cheap.without - self.plan.objective, 0.0) if math.isfinite(cheap.without) else 0.0
        worth = (0.0, 0.0, None) if verdict == "rejected" else (None, least or None, None)
        low, high = self._prices(BreakevenPrice(1.0, cheap.at_least, cheap.at_most))
        return (*self.known, *worth, None, low, high, False, self._known_reason(verdict, low, high))

    def _known_reason(self, verdict: str, low: float | None, high: float | None) -> str:
        """Return what is proven without a search, in words."""
        if verdict == "rejected":
            proven = self.cheap.at_most < 1.0
            return f"{self._change(low, high)}; its break-even price is {NOT_EXAMINED}" if proven else NOT_EXAMINED
        proven = self.cheap.at_least > 1.0
        return f"{self._reason(verdict, '', True)}; its break-even price is {NOT_EXAMINED}" if proven else NOT_EXAMINED

    @property
    def is_settled(self) -> bool:
        """Whether linear programs decide the verdict and the price."""
        rejected = self.known[3] == "rejected" and self.offer.price > 0
        return self.cheap.without == math.inf or (rejected and self.cheap.at_most <= _FREE)

    def _settled(self, verdict: str) -> tuple[Any, ...]:
        """Return the cells of an offer that is needed, or that is not taken at any price."""
        if self.cheap.without == math.inf:
            return *(None,) * 6, True, NEEDED
        return 0.0, 0.0, None, None, None, None, True, self._reason(verdict, None, True)

    @cached_property
    def known(self) -> tuple[Any, ...]:
        """Cells of the row that the plan itself gives."""
        offer, amount = self.offer, taken(self.plan, self.offer)
        verdict = "rejected" if amount <= 0 else "taken" if amount >= offer.possible * (1 - 1e-6) else "partly"
        return offer.item, offer.table, offer.party, verdict, amount, offer.possible, offer.price

    def row(self) -> tuple[Any, ...]:
        """Return the row of the table."""
        try:
            return (*self.known, *self._worth(self.known[3]))
        except StoppedWithoutPlan:
            nothing = (None,) * 6
            return (*self.known, *nothing, False, "not found out in time; give each search more time")

    def _worth(self, verdict: str) -> tuple[Any, ...]:
        """Return worth and break-even price with their proven intervals, whether they are proven, and the reason."""
        if self.is_settled:
            return self._settled(verdict)
        best = self.search.best
        found = self._without() if taken(best, self.offer) else best
        if found is None:
            return *(None,) * 6, True, NEEDED
        if not taken(self.plan, self.offer) and self.plan.objective < found.objective:
            found = self.plan
        bounds = [one.bound for one in (found, best) if one.bound is not None]
        without = CostWithout(found.objective, bound_below(found.objective, max([*bounds, self.cheap.without])))
        worth = 0.0 if verdict == "rejected" else without.cost - min(self.plan.objective, best.objective)
        span = self._span(without)
        if verdict == "rejected" or self.offer.price <= 0:
            return worth, *span, *self._price(verdict, without)
        if without.cost - self.plan.objective < -_NOISE * max(abs(without.cost), 1.0):
            return without.cost - self.plan.objective, *span, *self._price(verdict, without)[:-1], _BETTER
        if worth <= self._noise(without):
            same = worth <= _NOISE * abs(without.cost) and self.search.is_tight
            return worth, *span, None, None, None, False, SAME if same else OPEN
        return worth, *span, *self._price(verdict, without)

    def _span(self, without: CostWithout) -> tuple[float, float | None]:
        """Return the proven interval of the additional cost of the optimal plan without the offer.

        Forbidding the offer only restricts the plans, so that the additional cost is never negative.
        """
        plans = (self.plan, self.search.best)
        bounds = [one.bound for one in plans if one.bound is not None]
        most = None if not bounds else max(without.cost - max(bounds), 0.0)
        return max(without.bound - min(one.objective for one in plans), 0.0), most

    def _price(self, verdict: str, without: CostWithout) -> tuple[Any, ...]:
        """Return the break-even price with its proven interval, whether it is proven, and the reason."""
        if self.offer.price <= 0:
            return None, None, None, True, self._reason(verdict, None, True)
        if self._is_tied():
            return None, None, None, False, TIED
        plans = [self.search.best] if self.search.best is self.plan else [self.search.best, self.plan]
        offer, relaxation = self.offer, self.relaxation
        start = [(1.0, one) for one in plans if taken(one, offer)]
        rows = self.plan.instance.rows
        agreed = any(row.item == offer.item for row in rows["decided"])  # whose own price stays as it is
        constrained = agreed or is_constrained(rows, offer.table, offer.item, offer.row, offer.party)
        search = BreakevenSearch(
            *(self.search, self.priced, self._paid, self._took),
            constrained=constrained,
            reprice=self._reprice if constrained and relaxation is not None else None,
            known=self._bracket(without),
            guess=1.0 if start else self.guess,
        )
        found = search.find(without, start, forcible=self._is_forcible())
        if found.worse is None:
            price = 0.0 if found.always and self.sign < 0 else None
            if not (found.always or found.proven) and found.at_most < 1.0:
                at_least, at_most = self._prices(found)
                return price, at_least, at_most, False, self._change(at_least, at_most)
            reason = self._reason(verdict, None if price is None else "", found.proven, always=found.always)
            return price, None, None, found.proven, reason
        at_least, at_most = self._prices(found)
        factor = found.worse if self.sign > 0 else 1 / found.worse
        beaten = verdict == "rejected" and found.worse > 1
        change = self._change(at_least, at_most)
        reason = self._beaten(without) if beaten else self._reason(verdict, change, found.proven)
        return factor * self.offer.price, at_least, at_most, found.proven, reason

    def _is_forcible(self) -> bool:
        """Whether a plan with the offer takes at least one block or lot, so that one can be forced."""
        return self.offer.table != "on_demand" and (self.relaxation is None or self.relaxation.is_integer(self.priced))

    def _bracket(self, without: CostWithout) -> tuple[float, float]:
        """Return the interval that linear programs prove of the multiple, with the cost without the offer."""
        low, high = self.cheap.at_least, self.cheap.at_most
        try:
            if self.relaxation is not None and math.isfinite(without.cost):
                high = min(high, self.relaxation.at_most(self.priced, without.cost))
                if taken(self.plan, self.offer) and without.bound > self.plan.objective:
                    low = max(low, self.relaxation.at_least(self.priced, without.bound, self.plan) or 0.0)
        except BudgetSpent:
            pass  # what is known so far
        return low, high

    @cached_property
    def guess(self) -> float:
        """A multiple near which the offer may break even, no worse than today's price."""
        relaxed = self.cheap.relaxed
        try:
            if self.relaxation is not None and relaxed is not None and math.isfinite(relaxed):
                return min(self.relaxation.guess(self.priced, relaxed), 1.0)
        except BudgetSpent:
            pass  # today's price
        return 1.0

    def _reprice(self, plan: Plan, at: float, cost: float) -> float | None:
        """Return the worst multiple at which a plan's decisions cost less than a cost."""
        assert self.relaxation is not None
        try:
            return self.relaxation.at_least(self.priced, cost, plan, at)
        except BudgetSpent:
            return None

    def _prices(self, found: BreakevenPrice) -> tuple[float | None, float | None]:
        """Return the proven interval of the break-even price."""
        near, far = found.at_least, found.at_most
        low, high = (
            (near, far) if self.sign > 0 else (1 / far if far else float("inf"), 1 / near if near else float("inf"))
        )
        price = self.offer.price
        return low * price if low > 0 else None, high * price if high < float("inf") else None

    def _beaten(self, without: CostWithout) -> str:
        """Return the reason why an offer is rejected although it is worth its price."""
        close = self.plan.objective - self.search.best.objective <= self._noise(without)
        return _CLOSE_CALL if close else _BEATEN

    def _without(self) -> Plan | None:
        """Return the plan without the offer; None if no plan is feasible without it."""
        best, name = self.search.best, self.offer.item
        on_demand = self.offer.table == "on_demand"
        edits = [Edit("on_demand", name, "max_accelerators", "=", "0")] if on_demand else []
        fixings = [] if on_demand else [Fixing("forbid", "", name)]
        gap = self.search.gap_for(abs(self._paid(best)), best.objective)
        try:
            return self.search.run(edits, fixings, best, gap, best.bound)
        except NoFeasiblePlan:
            return None

    def _edits(self, factor: float) -> list[Edit]:
        """Return the edits that multiply the price by a factor in all months."""
        edits = [Edit(self.offer.table, self.offer.item, self.column, "*=", repr(factor))]
        if any(row.item == self.offer.item for row in self.plan.instance.rows["prices"]):
            edits.append(Edit("prices", self.offer.item, "price", "*=", repr(factor)))
        return edits

    def _took(self, plan: Plan) -> float:
        return taken(plan, self.offer)

    def _noise(self, without: CostWithout) -> float:
        """Return the cost difference that the gaps leave open."""
        gap = self.search.best.gap if self.search.is_tight else self.search.gap
        return (_NOISE + 2 * (gap or 0.0)) * max(abs(without.cost), 1.0)

    def _paid(self, plan: Plan) -> float:
        """Return the present value of the payments that are proportional to the price; negative if received."""
        cash = plan.cash
        mine = cash[(cash["item"] == self.offer.item) & cash["term"].isin(self.terms)]
        paid = float(mine["present_value"].sum())
        return paid + self._upfronts(plan) if self.offer.table == "outlets" else paid

    def _upfronts(self, plan: Plan) -> float:
        """Return the present value of upfront payments received, which do not depend on the price."""
        rows = plan.decisions[(plan.decisions["item"] == self.offer.item) & (plan.decisions["decision"] == "lease_out")]
        rate = plan.instance.head.discount_rate
        months = rows["month"].map(plan.instance.month_index)
        return float((rows["blocks"] * self.offer.row.upfront_per_block * (1 + rate) ** (-months / 12)).sum())

    # ------------------------------------------------------------------ reasons
    def _change(self, at_least: float | None, at_most: float | None) -> str:
        """Describe the distance from the price to the break-even price, as far as it is proven."""
        return price_change(self.offer.price, self.sign, at_least, at_most)

    def _reason(self, verdict: str, change: str | None, proven: bool, *, always: bool = False) -> str:
        if verdict == "rejected" and always:
            return _CLOSE_CALL
        if verdict == "rejected" and change is None and self.offer.price > 0 and not proven:
            return _GIVEN if self.sign > 0 else OPEN
        if verdict != "rejected":
            text = "all of it is worth its price" if verdict == "taken" else self._no_more()
            return text if change is not None or self.offer.price <= 0 else f"{text}; some of it is at any price"
        return self._impossible() if change is None else change

    def _no_more(self) -> str:
        """Return the reason why only part of an offer is taken."""
        reason = "more of it is not worth its price"
        return f"{reason}, or {self._against()} stands against it" if self._against() else reason

    def _against(self) -> str:
        """Return what may forbid an offer at any price; ``""`` if nothing does."""
        rules = self.plan.instance.rows
        if rules["policies"] or rules["rules"] or rules["budgets"]:
            return "a policy, rule or budget"
        return "a constraint added to the program" if KEY in self.plan.head else ""

    def _impossible(self) -> str:
        """Return the reason why an offer is not taken at any price."""
        for warning in self.plan.instance.warnings:
            if warning.where.startswith(self.offer.table) and warning.value == self.offer.item:
                return warning.problem.rstrip(".")
        if self._against():
            return f"not taken at any price: nothing needs it, or {self._against()} stands against it"
        return "not taken at any price: nothing needs it, or what it needs (power, time, a renewal) is not there"

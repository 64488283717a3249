"""Offers of a plan under uncertainty: in which scenarios they are taken, their worth and their break-even prices.

What a plan costs in each scenario is linear in the price of an offer. So the price at which a plan with the offer costs
as much as the best plan without it follows from the plan; a search at that price finds a better plan with the offer,
from which the next price follows, or proves that there is none (Dinkelbach, Management Science 13, 1967).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq

from optimizer.analysis.budget import BudgetSpent
from optimizer.analysis.offer_list import Offer, taken
from optimizer.analysis.price_dependence import is_constrained
from optimizer.analysis.price_interval import NEGLIGIBLE, SURE
from optimizer.analysis.questions import NOT_EXAMINED
from optimizer.analysis.scenario_queries import FoundPlan, ScenarioQueries
from optimizer.analysis.verdict import NEEDED, OPEN, SAME, TIED, price_change
from optimizer.errors import NoFeasiblePlan, StoppedWithoutPlan
from optimizer.format import counted, percent
from optimizer.instance.edit import Edit, apply_edits
from optimizer.program.arrays import Floats
from optimizer.program.fixings import Fixing
from optimizer.schema import load_schema
from optimizer.uncertainty.programs import ScenarioPrograms
from optimizer.uncertainty.stochastic_program import RiskMeasure

_NOISE = 1e-7  # of the cost: smaller differences count as zero
_EXACT = 1e-7  # gap of the searches for prices
_ROUNDS = 12  # searches for a price; each ends at a better one or proves the last
_FULL = 1 - 1e-6  # of what is possible
_REGRET = (
    "no price by regret: the best plans of the scenarios alone, from which it is measured, change with the price; "
    "price it by capopt whatif --set"
)
_COUNTED = "no price: a budget, commitment or rule counts what is paid for it; price it by capopt whatif --set"
_NEVER = "not taken at any price: nothing needs it, or a rule stands against it"


@dataclass(frozen=True)
class _Line:
    """Cost of a plan in each scenario, by the multiple ``f`` of the price: ``cost + (f - 1) paid``."""

    cost: Floats
    paid: Floats
    risk: RiskMeasure
    chances: Floats

    def at(self, factor: float) -> float:
        """Return the objective at a multiple."""
        return self.risk.value(self.cost + (factor - 1) * self.paid, self.chances)

    def crossing(self, cost: float) -> float | None:
        """Return the multiple at which the objective is a cost; None if it is at none above 0."""
        ends = (0.0, 1.0)
        for _ in range(60):
            low, high = (self.at(end) - cost for end in ends)
            if low == 0 or high == 0 or (low < 0) != (high < 0):
                return float(brentq(lambda factor: self.at(factor) - cost, *ends, xtol=1e-15, rtol=1e-14))
            ends = (ends[1], 2 * ends[1])
        return None


class ScenarioOffers:
    """Verdicts on some offers of a plan under uncertainty.

    Parameters
    ----------
    queries : ScenarioQueries
        Searches about the plan.
    chosen : sequence of Offer
        The offers.
    """

    def __init__(self, queries: ScenarioQueries, chosen: Sequence[Offer]) -> None:
        self.queries, self.plan = queries, queries.plan
        self._amounts = {
            one.item: np.array([taken(own, one) for own in queries.plans.values()], dtype=float) for one in chosen
        }
        self._chosen = list(chosen)

    def nearest_first(self) -> list[Offer]:
        """Return the offers: those taken in part, or in some scenarios, then those not taken, then those fully."""
        order = ("partly", "rejected", "taken")
        return sorted(self._chosen, key=lambda offer: order.index(self._verdict(offer)))

    def known(self, offer: Offer) -> tuple[Any, ...]:
        """Return the row of an offer as far as the plan gives it; its amount is the expected one."""
        worth = (0.0, 0.0, None) if self._verdict(offer) == "rejected" else (None,) * 3
        return (*self._cells(offer), *worth, None, None, None, False, NOT_EXAMINED)

    def examine(self, offer: Offer) -> tuple[Any, ...]:
        """Return the row of an offer after searches.

        Raises
        ------
        BudgetSpent, KeyboardInterrupt
            If no time is left for the cost without it, or Ctrl-C was pressed.
        """
        cells, verdict = self._cells(offer), self._verdict(offer)
        try:
            without = self._without(offer, verdict)
        except NoFeasiblePlan:
            return (*cells, *(None,) * 6, True, NEEDED)
        except StoppedWithoutPlan:
            return (*cells, *(None,) * 6, False, StoppedWithoutPlan.note)
        plan, cost = self.plan, without.cost
        worth = 0.0 if verdict == "rejected" else cost.objective - plan.objective
        least = 0.0 if cost.bound is None else max(cost.bound - plan.objective, 0.0)
        most = None if plan.bound is None else max(cost.objective - plan.bound, 0.0)
        return (*cells, worth, least, most, *self._price(offer, verdict, without))

    def _cells(self, offer: Offer) -> tuple[Any, ...]:
        expected = float(self.queries.programs.tree.probabilities @ self._amounts[offer.item])
        who = (offer.item, offer.table, offer.party, self._verdict(offer))
        return (*who, expected, offer.possible, offer.price)

    def _verdict(self, offer: Offer) -> str:
        amounts = self._amounts[offer.item]
        return "rejected" if amounts.max() <= 0 else "taken" if amounts.min() >= offer.possible * _FULL else "partly"

    def _where(self, offer: Offer) -> str:
        """Return in which scenarios an offer is taken."""
        mine = self._amounts[offer.item] > 0
        if mine.all():
            return "taken in all scenarios"
        chance = float(self.queries.programs.tree.probabilities[mine].sum())
        return f"taken in {int(mine.sum())} of {counted(len(mine), 'scenario')}, {percent(chance)}"

    # ------------------------------------------------------------------ searches
    def _without(self, offer: Offer, verdict: str) -> FoundPlan:
        """Return the best plan found without an offer in any scenario."""
        queries, bound = self.queries, self.plan.bound
        if verdict == "rejected" and queries.values is not None:
            return FoundPlan(queries.cost, queries.values)
        if offer.table != "on_demand":
            fixing = [Fixing("forbid", "", offer.item)]
            return queries.with_fixings(dict.fromkeys(queries.plans, fixing), parts=2)
        edits = [Edit("on_demand", offer.item, "max_accelerators", "=", "0")]
        programs = queries.programs_with(lambda instance: apply_edits(instance, edits))
        return queries.search(programs, programs.arrays, known_bound=-math.inf if bound is None else bound, parts=2)

    def _price(self, offer: Offer, verdict: str, without: FoundPlan) -> tuple[Any, ...]:
        """Return the break-even price with its proven interval, whether it is proven, and the reason."""
        rows, where = self.plan.instance.rows, "" if verdict == "rejected" else self._where(offer)
        unknown = (None, None, None)
        if offer.price <= 0:
            return *unknown, True, where or _NEVER
        refused = self._refusal(offer, rows)
        if refused:
            return *unknown, False, f"{where}; {refused}" if where else refused
        noise = _NOISE * max(abs(without.cost.objective), 1.0)
        if verdict != "rejected" and without.cost.objective - self.plan.objective <= noise:
            return *unknown, False, SAME if self.plan.gap == 0 else OPEN
        try:
            return self._break_even(offer, where, without, noise)
        except BudgetSpent:
            return *unknown, False, f"{where}; {NOT_EXAMINED}" if where else NOT_EXAMINED

    def _refusal(self, offer: Offer, rows: Any) -> str:
        """Return why no price can be given; ``""`` if it can."""
        if self.plan.instance.head.risk_measure == "regret":
            return _REGRET
        if any(row.item == offer.item for row in rows["decided"]):
            return TIED
        return _COUNTED if is_constrained(rows, offer.table, offer.item, offer.row, offer.party) else ""

    def _break_even(self, offer: Offer, where: str, without: FoundPlan, noise: float) -> tuple[Any, ...]:
        """Search for the price from that of a plan with the offer, or from next to nothing."""
        sign = -1.0 if offer.table == "outlets" else 1.0
        cost, own = without.cost.objective, self.queries.values
        line, proven = None, None
        if where and own is not None:
            line = self._line(offer, own)
        factor: float | None = (NEGLIGIBLE if sign > 0 else 1 / NEGLIGIBLE) if line is None else line.crossing(cost)
        for _ in range(_ROUNDS):
            if factor is None:
                break
            found = self._at(offer, factor, without)
            if found.cost.objective >= cost - noise:
                proven = factor if found.cost.bound is not None and found.cost.bound >= cost - noise else None
                break
            line = self._line(offer, found.values)
            factor = line.crossing(cost)
        if line is None or factor is None:
            return None, None, None, proven is not None, _NEVER if proven is not None else OPEN
        near = None if without.cost.bound is None else line.crossing(without.cost.bound)
        ends = [None if one is None else one * offer.price for one in ((near, proven) if sign > 0 else (proven, near))]
        sure = near is not None and proven is not None and max(near, proven) <= SURE * min(near, proven)
        return factor * offer.price, *ends, sure, where or price_change(offer.price, sign, *ends)

    def _at(self, offer: Offer, factor: float, without: FoundPlan) -> FoundPlan:
        """Return the best plan found at a multiple of the price, from the one without the offer."""
        programs = self._priced(offer, factor)
        fits = all(len(x) == len(one.cost) for x, one in zip(without.values, programs.arrays, strict=True))
        return self.queries.search(programs, programs.arrays, without.values if fits else None, gap=_EXACT, parts=2)

    def _line(self, offer: Offer, values: Sequence[Floats]) -> _Line:
        """Return what a plan costs by the multiple of the price."""
        costs = []
        for programs in (self.queries.programs, self._priced(offer, 2.0)):
            pairs = zip(programs.arrays, values, strict=True)
            costs.append(np.array([float(one.cost @ x) + one.offset for one, x in pairs]) * programs.money)
        risk = self.queries.risk(self.queries.programs)
        return _Line(costs[0], costs[1] - costs[0], risk, self.queries.programs.tree.probabilities)

    def _priced(self, offer: Offer, factor: float) -> ScenarioPrograms:
        """Return the programs with an offer's price multiplied in all months."""
        table, rows = load_schema().tables[offer.table], self.plan.instance.rows["prices"]
        edits = [Edit(offer.table, offer.item, table.price, "*=", repr(factor))]
        if any(row.item == offer.item for row in rows):
            edits.append(Edit("prices", offer.item, "price", "*=", repr(factor)))
        return self.queries.programs_of(apply_edits(self.plan.instance, edits))

"""Offers: taken, partly taken or rejected; the worth and break-even price of each, and the reason for a rejection.

The break-even price lies between two proven prices (:mod:`optimizer.analysis.breakeven_price`). At the better one,
at most 0.1 % better, a known plan with the offer is cheaper than every plan without it. At the worse one, at most
0.1 % worse, no plan with the offer is cheaper. Where gaps cannot be closed in time, the interval is wider and the price
is reported as not proven.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from optimizer.analysis.breakeven_price import BreakevenPrice, BreakevenSearch, CostWithout
from optimizer.analysis.price_dependence import is_constrained
from optimizer.analysis.questions import NOT_EXAMINED
from optimizer.analysis.tight_gap_search import TightGapSearch
from optimizer.cash_terms import cash_terms
from optimizer.errors import NoFeasiblePlan, StoppedWithoutPlan
from optimizer.format import grouped
from optimizer.instance.edit import Edit
from optimizer.plan.earlier_decisions import earlier_decisions
from optimizer.plan.plan import Plan
from optimizer.plan.tables import column_names
from optimizer.program.added_head import KEY
from optimizer.program.fixings import Fixing
from optimizer.program.index import Index
from optimizer.schema import load_schema
from optimizer.solver.bound import bound_below
from optimizer.solving.whatif import WhatIf

_NOISE = 1e-8  # relative to the cost: smaller differences count as zero
_ROUND = 1e-6  # of a tenth of a percent

_SAME = "a plan without it costs the same"
_OPEN = "the gaps of the searches leave open whether it is worth its price: ask for a smaller gap"
_CLOSE_CALL = "a plan with it costs as little, within the gaps"
_GIVEN = "even for nothing the plan found with it costs more: ask for a smaller gap, with more time, to be sure"
_TIED = "blocks that were decided on before the plan are paid at the same price, so that no other price is tried"
_BEATEN = "a plan with it, found just now, costs less: solve again, with more time"
_BETTER = "a plan without it, found just now, costs less: solve again, with more time"


@dataclass(frozen=True)
class Offer:
    """An offer of the instance that is not agreed already."""

    table: str
    item: str
    party: str
    price: float
    possible: float
    row: Any


def offers_table(ask: WhatIf, plan: Plan, items: Iterable[str]) -> pd.DataFrame:
    """Return the table of verdicts on offers.

    Parameters
    ----------
    ask : WhatIf
        What-ifs of the plan; the time limit applies to each search. Gaps are tighter where they can be closed.
    plan : Plan
        The plan that is explained.
    items : iterable of str
        Offers of the plan's instance; see :func:`offers`.

    Returns
    -------
    DataFrame
        Columns ``item``, ``table``, ``party``, ``verdict`` (``taken``, ``partly``, ``rejected``), ``taken`` and
        ``possible`` (blocks, lots, or accelerator-months on demand), ``price`` (as in the table), ``worth``
        (additional cost of the best plan found without the offer), ``worth_at_least`` and ``worth_at_most`` (proven
        interval of the difference of the optimal plans), ``price_to_win`` (break-even price: the offer is taken below
        it, an outlet above it), ``at_least`` and ``at_most`` (its proven interval), ``proven`` (whether the interval is
        within the tolerance), ``reason`` in words. Figures that are not proven are None.
    """
    found = {offer.item: offer for offer in offers(plan)}
    search = TightGapSearch(ask, plan)
    rows = [_Verdict(search, found[item]).row() for item in items]
    return pd.DataFrame(rows, columns=column_names("offers"))


class Verdicts:
    """Verdicts on some offers of a plan, which share what they find.

    Parameters
    ----------
    ask : WhatIf
        What-ifs of the plan.
    plan : Plan
        The plan that is explained.
    chosen : sequence of Offer
        The offers.
    """

    def __init__(self, ask: WhatIf, plan: Plan, chosen: Sequence[Offer]) -> None:
        search = TightGapSearch(ask, plan)
        self._verdicts = {offer.item: _Verdict(search, offer) for offer in chosen}

    def nearest_first(self) -> list[Offer]:
        """Return the offers, those nearest to being taken or dropped first."""
        return [verdict.offer for verdict in self._verdicts.values()]

    def known(self, offer: Offer) -> tuple[Any, ...]:
        """Return the row of an offer as far as it is known without a search."""
        verdict = self._verdicts[offer.item]
        return (*verdict.known, *(None,) * 6, False, NOT_EXAMINED)

    def examine(self, offer: Offer) -> tuple[Any, ...]:
        """Return the row of an offer after searches."""
        return self._verdicts[offer.item].row()


def is_final(row: tuple[Any, ...]) -> bool:
    """Whether more time would not change a row of the table."""
    cells = dict(zip(column_names("offers"), row, strict=True))
    return bool(cells["proven"]) or cells["reason"] == _SAME


def offers(plan: Plan) -> Iterator[Offer]:
    """Yield every offer of a plan's instance that is not agreed already."""
    rows, index = plan.instance.rows, Index(plan.instance)
    for row in rows["contracts"]:
        if row.committed_blocks is None:
            yield Offer("contracts", row.contract, row.provider, row.price, row.max_blocks, row)
    for row in rows["outlets"]:
        if row.committed_blocks is None:
            yield Offer("outlets", row.outlet, row.tenant, row.price, row.max_blocks, row)
    for row in rows["on_demand"]:
        months = float(index.share_of(row.offer).sum())
        yield Offer("on_demand", row.offer, row.provider, row.price, row.max_accelerators * months, row)
    for row in rows["purchases"]:
        most = float("inf") if row.max_total is None else row.max_total / row.lot_size
        yield Offer("purchases", row.purchase, "in_house", row.unit_price, most, row)
    for row in rows["builds"]:
        yield Offer("builds", row.build, "in_house", row.capex_per_mw, row.max_blocks, row)


def taken(plan: Plan, offer: Offer) -> float:
    """Return how much of an offer a plan takes: peak blocks, total blocks or lots, or accelerator-months on demand.

    Deliveries after the plan that are paid then do not count: without a rule that needs them they are arbitrary.
    """
    if offer.table == "on_demand":
        rows = plan.capacity[plan.capacity["pool"] == offer.item]
        return float(rows["accelerators"].sum())
    rows = plan.decisions[(plan.decisions["item"] == offer.item)]
    signed = rows[rows["decision"] == load_schema().tables[offer.table].decisions[0]]
    if not load_schema().tables[offer.table].is_agreement:
        late = (signed["starts"] > plan.instance.label(plan.instance.head.months - 1)) & _paid_on_delivery(offer)
        return float(signed["blocks"][~late].sum())
    starting = (rows["decision"] == load_schema().tables[offer.table].decisions[0]).to_numpy()
    months = rows["starts"].where(starting, rows["ends"]).map(plan.instance.month_index) + ~starting
    starts, ends = (
        rows["blocks"].where(chosen, 0.0).groupby(months.to_numpy()).sum().sort_index().cumsum()
        for chosen in (starting, ~starting)
    )
    there = starts - (ends - _running_before(plan, offer)).clip(lower=0.0)  # what was signed before ends first
    return float(there.max()) if len(there) else 0.0


def _running_before(plan: Plan, offer: Offer) -> float:
    """Return the blocks of an offer that were signed before the plan and last into it, less those handed back then."""
    rows = earlier_decisions(plan.instance)
    rows = rows[rows["item"] == offer.item]
    signed = rows["decision"] == load_schema().tables[offer.table].decisions[0]
    over = signed & (rows["ends"] != "") & (rows["ends"] < plan.instance.label(0))
    return float(rows["blocks"].where(signed, -rows["blocks"])[~over].sum())


def _paid_on_delivery(offer: Offer) -> bool:
    """Whether a build or purchase is paid on delivery only."""
    return bool(offer.row.payment == "delivery" if offer.table == "builds" else offer.row.deposit_fraction == 0)


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


class _Verdict:
    """Verdict on one offer."""

    def __init__(self, search: TightGapSearch, offer: Offer) -> None:
        self.search, self.plan, self.offer = search, search.plan, offer
        self.column = load_schema().tables[offer.table].price
        self.terms = [term.name for term in cash_terms().values() if term.priced and offer.table in term.items]
        self.sign = -1.0 if offer.table == "outlets" else 1.0

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
        best = self.search.best
        found = self._without() if taken(best, self.offer) else best
        if found is None:
            return *(None,) * 6, True, "needed: without it no plan meets all rules"
        if not taken(self.plan, self.offer) and self.plan.objective < found.objective:
            found = self.plan
        bounds = [one.bound for one in (found, best) if one.bound is not None]
        without = CostWithout(found.objective, bound_below(found.objective, max(bounds, default=-float("inf"))))
        worth = 0.0 if verdict == "rejected" else without.cost - min(self.plan.objective, best.objective)
        span = self._span(without)
        if verdict == "rejected" or self.offer.price <= 0:
            return worth, *span, *self._price(verdict, without)
        if without.cost - self.plan.objective < -_NOISE * max(abs(without.cost), 1.0):
            return without.cost - self.plan.objective, *span, *self._price(verdict, without)[:-1], _BETTER
        if worth <= self._noise(without):
            same = worth <= _NOISE * abs(without.cost) and self.search.is_tight
            return worth, *span, None, None, None, False, _SAME if same else _OPEN
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
        if any(row.item == self.offer.item and row.price is None for row in self.plan.instance.rows["decided"]):
            return None, None, None, False, _TIED
        plans = [self.search.best] if self.search.best is self.plan else [self.search.best, self.plan]
        offer = self.offer
        constrained = is_constrained(self.plan.instance.rows, offer.table, offer.item, offer.row, offer.party)
        search = BreakevenSearch(
            self.search, offer.item, self._edits, self._paid, self._took, self.sign, constrained=constrained
        )
        found = search.find(
            without, [(1.0, one) for one in plans if taken(one, self.offer)], forcible=self.offer.table != "on_demand"
        )
        if found.worse is None:
            price = 0.0 if found.always and self.sign < 0 else None
            reason = self._reason(verdict, None if price is None else "", found.proven, always=found.always)
            return price, None, None, found.proven, reason
        at_least, at_most = self._prices(found)
        factor = found.worse if self.sign > 0 else 1 / found.worse
        beaten = verdict == "rejected" and found.worse > 1
        change = self._change(at_least, at_most)
        reason = self._beaten(without) if beaten else self._reason(verdict, change, found.proven)
        return factor * self.offer.price, at_least, at_most, found.proven, reason

    def _prices(self, found: BreakevenPrice) -> tuple[float | None, float | None]:
        """Return the proven interval of the break-even price."""
        near, far = found.at_least, found.at_most
        low, high = (near, far) if self.sign > 0 else (1 / far, 1 / near if near else float("inf"))
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
        low, high = (None if price is None else price / self.offer.price - 1 for price in (at_least, at_most))
        if self.sign > 0:
            low, high = (None if share is None else -share for share in (high, low))
        return f"too {'expensive' if self.sign > 0 else 'cheap'}{by_share(low, high)}"

    def _reason(self, verdict: str, change: str | None, proven: bool, *, always: bool = False) -> str:
        if verdict == "rejected" and always:
            return _CLOSE_CALL
        if verdict == "rejected" and change is None and self.offer.price > 0 and not proven:
            return _GIVEN if self.sign > 0 else _OPEN
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

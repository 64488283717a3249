"""Offers: taken, partly taken or rejected; what each is worth, at which price it would be taken, and why it is not.

The price-to-win lies between a price at which solving again takes the offer and one, at most 0.1 % worse, at which it
does not. Where to look comes from Dinkelbach's method: the decisions of a plan that takes the offer break even with
doing without it at the price (cost without the offer - all else the plan costs) / units taken. Where the gaps asked for
are wide, so that solving again cannot tell prices so close apart, this price itself is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from optimizer.errors import NoFeasiblePlan, StoppedWithoutPlan
from optimizer.explain.asking import as_far_as_it_goes
from optimizer.explain.break_even import break_even, forced
from optimizer.instance.edit import Edit
from optimizer.plan.plan import Plan
from optimizer.program.holds import Hold
from optimizer.whatif import WhatIf

COLUMNS = (
    *("item", "table", "party", "verdict", "taken", "possible", "price", "worth"),
    *("price_to_win", "proven", "reason"),
)
_PRICED = {  # table: name column, price column, cash terms that are proportional to the price
    "contracts": ("contract", "price", ("contract", "termination")),
    "outlets": ("outlet", "price", ("lease_out", "termination")),
    "on_demand": ("offer", "price", ("on_demand",)),
    "purchases": ("purchase", "unit_price", ("purchase", "residual")),
    "builds": ("build", "capex_per_mw", ("build", "residual")),
}
_DECISIONS = {"contracts": "sign", "outlets": "lease_out", "purchases": "buy", "builds": "order_build"}
_ROUNDS = 12
_MOST = 100.0  # times the price: worth that, an offer is taken at any price
_CLOSE = 1.0009  # prices this close are one
_STEP = 1.0004  # from the price at which an offer breaks even to one at which it surely does not
_FINE = 1e-4  # gaps up to this one tell prices apart that are close
_NOISE = 1e-8  # of the cost: differences below it are none

_SAME = "a plan without it costs the same"
_OPEN = "the gaps of the searches leave open whether it is worth its price: ask for a smaller gap"
_CLOSE_CALL = "a plan with it costs as little, as far as the gaps tell"
_GIVEN = "even for nothing the plan found with it costs more: ask for a smaller gap, with more time, to be sure"
_BEATEN = "a plan with it, found just now, costs less: solve again, with more time"
_BETTER = "a plan without it, found just now, costs less: solve again, with more time"


@dataclass(frozen=True)
class Offer:
    """An offer of the instance."""

    table: str
    item: str
    party: str
    price: float
    possible: float
    row: Any


@dataclass(frozen=True)
class _Try:
    """The plan at a price that is so many times worse than today's."""

    worse: float
    plan: Plan


def offers_table(ask: WhatIf, plan: Plan, items: Iterable[str], stop: Callable[[], None] | None = None) -> pd.DataFrame:
    """Verdicts on offers.

    Parameters
    ----------
    ask : WhatIf
        Of the plan; its gap and time limit hold for every search.
    plan : Plan
        Whose offers they are.
    items : iterable of str
        Offers of the plan's instance; see :func:`offers`.
    stop : callable, optional
        Told of Ctrl-C, after which no further offer is looked into; without it, Ctrl-C is raised.

    Returns
    -------
    DataFrame
        Columns ``item``, ``table``, ``party``, ``verdict`` (``taken``, ``partly``, ``rejected``), ``taken`` and
        ``possible`` (blocks, lots, or accelerator-months on demand), ``price`` (as in the table), ``worth`` (what the
        plan would cost more without the offer), ``price_to_win`` (below it, for outlets above it, the offer is taken),
        ``proven`` (whether the gaps of the searches leave no doubt about it), ``reason`` in words.
    """
    found = {offer.item: offer for offer in offers(plan)}
    rows = as_far_as_it_goes(items, lambda item: _Verdict(ask, plan, found[item]).row(), stop)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def offers(plan: Plan) -> Iterator[Offer]:
    """Every offer of a plan's instance that is not agreed already."""
    rows, months = plan.instance.rows, plan.instance.head.months
    for row in rows["contracts"]:
        if row.committed_blocks is None:
            yield Offer("contracts", row.contract, row.provider, row.price, row.max_blocks, row)
    for row in rows["outlets"]:
        if row.committed_blocks is None:
            yield Offer("outlets", row.outlet, row.tenant, row.price, row.max_blocks, row)
    for row in rows["on_demand"]:
        yield Offer("on_demand", row.offer, row.provider, row.price, row.max_accelerators * months, row)
    for row in rows["purchases"]:
        most = float("inf") if row.max_total is None else row.max_total / row.lot_size
        yield Offer("purchases", row.purchase, "in_house", row.unit_price, most, row)
    for row in rows["builds"]:
        yield Offer("builds", row.build, "in_house", row.capex_per_mw, row.max_blocks, row)


def taken(plan: Plan, offer: Offer) -> float:
    """How much of an offer a plan takes: most blocks at once, blocks or lots in all, accelerator-months on demand."""
    if offer.table == "on_demand":
        rows = plan.capacity[plan.capacity["pool"] == offer.item]
        return float(rows["accelerators"].sum())
    rows = plan.decisions[(plan.decisions["item"] == offer.item)]
    signed = rows[rows["decision"] == _DECISIONS[offer.table]]
    if offer.table in ("builds", "purchases"):
        return float(signed["blocks"].sum())
    starting = (rows["decision"] == _DECISIONS[offer.table]).to_numpy()
    months = rows["starts"].where(starting, rows["month"])
    changes = rows["blocks"].where(starting, -rows["blocks"]).groupby(months.to_numpy()).sum()
    return float(changes.sort_index().cumsum().max()) if len(changes) else 0.0


class _Verdict:
    """The verdict on one offer."""

    def __init__(self, ask: WhatIf, plan: Plan, offer: Offer) -> None:
        self.ask, self.plan, self.offer = ask, plan, offer
        self.name, self.column, self.terms = _PRICED[offer.table]
        self.sign = -1.0 if offer.table == "outlets" else 1.0

    def row(self) -> tuple[Any, ...]:
        """A row of the table."""
        offer, amount = self.offer, taken(self.plan, self.offer)
        verdict = "rejected" if amount <= 0 else "taken" if amount >= offer.possible * (1 - 1e-6) else "partly"
        known = (offer.item, offer.table, offer.party, verdict, amount, offer.possible, offer.price)
        try:
            return (*known, *self._worth(verdict))
        except StoppedWithoutPlan:
            return (*known, None, None, False, "not found out in time; give each search more time")

    def _worth(self, verdict: str) -> tuple[float | None, float | None, bool, str]:
        """Worth, price to win, whether it is proven, and the reason of the verdict."""
        without = self.plan if verdict == "rejected" else self._without()
        if without is None:
            return None, None, True, "needed: without it no plan meets all rules"
        worth = without.objective - self.plan.objective
        if worth < -_NOISE * max(abs(without.objective), 1.0):
            return worth, None, False, _BETTER
        if self.ask.options.gap > _FINE and self.offer.price > 0:
            return worth, *self._estimated(verdict, worth, without)
        if verdict != "rejected" and worth <= self._noise(without):
            return worth, None, False, _SAME if self.ask.options.gap <= _NOISE else _OPEN
        factor, proven = self._winning(without)
        price = None if factor is None else factor * self.offer.price
        return worth, price, proven, self._reason(verdict, factor, proven)

    def _estimated(self, verdict: str, worth: float, without: Plan) -> tuple[float | None, bool, str]:
        """Price to win, whether it is proven, and the reason, where the gaps are wide."""

        def at(worse: float) -> Plan:
            return self._try(worse).plan

        def took(plan: Plan) -> float:
            return taken(plan, self.offer)

        start = (1.0, self.plan) if verdict != "rejected" else forced(self.ask, self.plan, self.offer.item, at, took)
        if start is None:
            return None, False, self._impossible()
        found = start[1]
        at_first = start[0] if self.sign > 0 else 1 / start[0]
        factor = break_even(without.objective, found.objective, self._units(found, at_first), at_first)
        if factor is None:
            return None, False, _GIVEN if self.sign > 0 else self._reason(verdict, None, False)
        if verdict == "rejected" and (factor - 1) * self.sign >= 0:
            close = self.plan.objective - found.objective <= self._noise(without)
            return factor * self.offer.price, False, _CLOSE_CALL if close else _BEATEN
        sure = verdict == "rejected" or worth > self._noise(without)
        return factor * self.offer.price, False, self._reason(verdict, factor, False) if sure else _OPEN

    def _without(self) -> Plan | None:
        """The plan without the offer; None if it is needed for any plan."""
        try:
            if self.offer.table == "on_demand":
                return self.ask.ask([Edit("on_demand", self.offer.item, "max_accelerators", "=", "0")])
            return self.ask.ask_held([Hold("forbid", "", self.offer.item)])
        except NoFeasiblePlan:
            return None

    def _at(self, factor: float) -> Plan:
        """The plan if the price were so many times what it is, in all months."""
        edits = [Edit(self.offer.table, self.offer.item, self.column, "*=", repr(factor))]
        if any(row.item == self.offer.item for row in self.plan.instance.rows["prices"]):
            edits.append(Edit("prices", self.offer.item, "price", "*=", repr(factor)))
        return self.ask.ask(edits)

    def _units(self, plan: Plan, factor: float) -> float:
        """Present value paid for the offer per unit of the factor; negative where it is received."""
        cash = plan.cash
        mine = cash[(cash["item"] == self.offer.item) & cash["term"].isin(self.terms)]
        paid = float(mine["present_value"].sum())
        if self.offer.table == "outlets":
            paid += self._upfronts(plan)
        return paid / factor if factor else 0.0

    def _upfronts(self, plan: Plan) -> float:
        """Present value of upfronts received, which do not move with the price."""
        rows = plan.decisions[(plan.decisions["item"] == self.offer.item) & (plan.decisions["decision"] == "lease_out")]
        rate = plan.instance.head.discount_rate
        months = rows["month"].map(plan.instance.month_index)
        return float((rows["blocks"] * self.offer.row.upfront_per_block * (1 + rate) ** (-months / 12)).sum())

    def _winning(self, without: Plan) -> tuple[float | None, bool]:
        """Multiple of the price at which the offer is just taken, and whether the gaps leave no doubt about it.

        ``worse`` counts how much worse the price is than today's: 2 is twice the price, for an outlet half of it.
        """
        if self.offer.price <= 0:
            return None, True
        good, bad = self._bracket(without)
        if good is None:
            return None, bad is not None and self._hopeless(bad, without)
        if bad is None:
            return 0.0 if self.sign < 0 else None, self._better(good, without)
        for _ in range(_ROUNDS):
            if bad.worse <= good.worse * _CLOSE:
                break
            guess = self._break_even(good, without)
            for worse in (guess / _STEP, guess * _STEP):
                if good.worse < worse < bad.worse:
                    good, bad = self._narrowed(worse, good, bad, without)
            if bad.worse > good.worse * _CLOSE:
                good, bad = self._narrowed((good.worse * bad.worse) ** 0.5, good, bad, without)
        guess = self._break_even(good, without)
        worse = guess if good.worse <= guess <= bad.worse else (good.worse * bad.worse) ** 0.5
        sure = bad.worse <= good.worse * _CLOSE and self._sure(good, bad, without)
        return (worse if self.sign > 0 else 1 / worse), sure

    def _try(self, worse: float) -> _Try:
        return _Try(worse, self.plan if worse == 1 else self._at(worse if self.sign > 0 else 1 / worse))

    def _wins(self, one: _Try, without: Plan) -> bool:
        """Whether a plan at a price is better than doing without the offer."""
        return without.objective - one.plan.objective > self._noise(without)

    def _noise(self, without: Plan) -> float:
        return (_NOISE + 2 * self.ask.options.gap) * max(abs(without.objective), 1.0)

    def _bracket(self, without: Plan) -> tuple[_Try | None, _Try | None]:
        """A price at which the offer is taken and a worse one at which it is not; None where there is none."""
        good, bad = None, None
        for worse in (1.0, 0.5, 0.05, 1e-6):
            one = self._try(worse)
            if self._wins(one, without):
                good = one
                break
            bad = one
        if good is not None and bad is None:
            guess = self._break_even(good, without)
            for worse in (guess * _STEP, 2 * guess, 10 * guess, _MOST):
                one = self._try(min(max(worse, _STEP), _MOST))
                if not self._wins(one, without):
                    bad = one
                    break
                good = one
        return good, bad

    def _narrowed(self, worse: float, good: _Try, bad: _Try, without: Plan) -> tuple[_Try, _Try]:
        one = self._try(worse)
        return (one, bad) if self._wins(one, without) else (good, one)

    def _break_even(self, good: _Try, without: Plan) -> float:
        """Price at which the decisions of a plan are just as good as doing without, were all else to stay as it is."""
        factor = good.worse if self.sign > 0 else 1 / good.worse
        cost, units = good.plan.objective, self._units(good.plan, factor)
        reached = break_even(without.objective, cost, units, factor)
        if reached is None:
            return good.worse * 2
        return reached if self.sign > 0 else 1 / reached

    def _sure(self, good: _Try, bad: _Try, without: Plan) -> bool:
        """Whether even the bounds say that the better price wins and the worse one does not."""
        return self._better(good, without) and self._hopeless(bad, without)

    def _better(self, one: _Try, without: Plan) -> bool:
        """Whether the plan at a price is better than any plan without the offer."""
        return one.plan.objective <= (without.objective if without.bound is None else without.bound)

    def _hopeless(self, one: _Try, without: Plan) -> bool:
        """Whether no plan at a price is much better than doing without the offer."""
        bound = -float("inf") if one.plan.bound is None else one.plan.bound
        return bool(without.objective - bound <= self._noise(without) + _NOISE * abs(without.objective))

    # ------------------------------------------------------------------ reasons
    def _reason(self, verdict: str, factor: float | None, proven: bool) -> str:
        if verdict == "rejected" and factor is None and self.offer.price > 0 and not proven:
            return _OPEN
        if verdict != "rejected":
            whole = "all of it is worth its price" if verdict == "taken" else "more of it is not worth its price"
            return whole if factor is not None or self.offer.price <= 0 else f"{whole}; some of it is at any price"
        if factor is not None:
            change = abs(1 - factor)
            return f"too {'dear' if self.sign > 0 else 'cheap'} by {change:.1%}"
        return self._impossible()

    def _impossible(self) -> str:
        """Why an offer is not taken at any price."""
        for warning in self.plan.instance.warnings:
            if warning.where.startswith(self.offer.table) and warning.value == self.offer.item:
                return warning.problem.rstrip(".")
        rules = self.plan.instance.rows
        if rules["policies"] or rules["rules"] or rules["budgets"]:
            return "not taken at any price: nothing needs it, or a policy, rule or budget stands against it"
        return "not taken at any price: nothing needs it, or what it needs (power, time, a renewal) is not there"

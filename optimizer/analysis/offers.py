"""Offers: taken, partly taken or rejected; the worth and break-even price of each, and the reason for a rejection.

The break-even price lies between two proven prices (:mod:`optimizer.analysis.breakeven_price`). At the better one,
at most 0.1 % better, a known plan with the offer is cheaper than every plan without it. At the worse one, at most
0.1 % worse, no plan with the offer is cheaper. Where gaps cannot be closed in time, the interval is wider and the price
is reported as not proven.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import pandas as pd

from optimizer.analysis.budget import Budget, BudgetSpent
from optimizer.analysis.offer_list import Offer, offers, taken
from optimizer.analysis.price_relaxation import PriceRelaxation
from optimizer.analysis.tight_gap_search import CLOSED, TightGapSearch
from optimizer.analysis.verdict import SAME, Verdict
from optimizer.plan.plan import Plan
from optimizer.plan.tables import column_names
from optimizer.solving.whatif import WhatIf

_FREE = 1e-6  # times the price: practically nothing
_SHARES = (_FREE, 0.99)  # at which it is tried to prove of all offers together that they are not taken
_LIKELY = 1e4  # ratio of the guess of a break-even price to such a share, up to which it is tried
_ROUNDS = 3  # of such a proof, each without the offers that the last one found a use for
_NOISE = 1e-10  # relative to the cost: smaller differences count as zero


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
    found, items = {offer.item: offer for offer in offers(plan)}, list(items)
    verdicts = Verdicts(ask, plan, [found[item] for item in items])
    return pd.DataFrame([verdicts.examine(found[item]) for item in items], columns=column_names("offers"))


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
    budget : Budget, optional
        Seconds of the linear programs.
    """

    def __init__(self, ask: WhatIf, plan: Plan, chosen: Sequence[Offer], budget: Budget | None = None) -> None:
        self.search = search = TightGapSearch(ask, plan)
        self._verdicts = {offer.item: Verdict(search, offer) for offer in chosen}
        with suppress(BudgetSpent):  # the offers that are left have no bounds
            self._bound(PriceRelaxation(plan, budget or Budget(), ask.options))

    def _bound(self, relaxation: PriceRelaxation) -> None:
        for verdict in self._verdicts.values():
            verdict.relaxation = relaxation
            verdict.cheap = verdict.bounds_without_search()

    @property
    def depend_on_gap(self) -> bool:
        """Whether the gap of the plan leaves a verdict or a price open."""
        closed = self.search.plan.gap is not None and self.search.plan.gap <= CLOSED
        return not closed and not all(verdict.is_settled for verdict in self._verdicts.values())

    def tighten(self) -> list[tuple[Any, ...]]:
        """Search for a smaller gap of the plan, from which all offers are compared; there are no rows of it."""
        self.search.tighten()
        return []

    def joinable(self) -> list[Verdict]:
        """Return the verdicts on offers that are not taken and may be proven so together, by lower prices of them all.

        A rule on spending may be broken by lower prices; otherwise they never make a plan more expensive.
        """
        if any(term.quantity == "spend" for term in self.search.plan.instance.rows["rule_terms"]):
            return []
        plans = (self.search.plan, self.search.best) if "best" in vars(self.search) else (self.search.plan,)
        return [one for one in self._verdicts.values() if one.may_be_joined(plans)]

    def reject(self) -> list[tuple[Any, ...]]:
        """Prove in a few searches, of as many offers as possible, that they are not taken; there are no rows of it.

        If no plan is cheaper with the prices of many offers lowered at once, none is with that of one of them alone.
        """
        for share in _SHARES if self.search.is_tight else ():
            left = [one for one in self.joinable() if one.cheap.at_most > share and one.guess <= _LIKELY * share]
            for _ in range(_ROUNDS):
                if not left:
                    break
                found = self._cheaper_at(left, share)
                if found is None:
                    break
                left = [one for one in left if not taken(found, one.offer)]
        return []

    def _cheaper_at(self, verdicts: list[Verdict], share: float) -> Plan | None:
        """Return a plan that is cheaper at other prices; if there is none, keep that of each offer."""
        edits = [edit for one in verdicts for edit in one.priced.edits(one.priced.factor(share))]
        best = self.search.best
        cost = best.objective - _NOISE * abs(best.objective)
        found, bound = self.search.find_cheaper(edits, [], best, cost)
        for one in verdicts if found is None and bound >= cost else ():
            one.is_beyond(share)
        return found

    def nearest_first(self) -> list[Offer]:
        """Return the offers, those nearest to being taken or dropped first."""
        return [one.offer for one in sorted(self._verdicts.values(), key=lambda one: one.cheap.distance)]

    def known(self, offer: Offer) -> tuple[Any, ...]:
        """Return the row of an offer as far as it is known without a search."""
        return self._verdicts[offer.item].known_row()

    def examine(self, offer: Offer) -> tuple[Any, ...]:
        """Return the row of an offer after searches."""
        row = self._verdicts[offer.item].row()
        self.start_from(offer, row)  # if it is examined again
        return row

    def start_from(self, offer: Offer, row: tuple[Any, ...]) -> None:
        """Take over the interval of the break-even price in a row of the same plan's offers."""
        cells = dict(zip(column_names("offers"), row, strict=True))
        self._verdicts[offer.item].start_from(cells["at_least"], cells["at_most"])


def is_final(row: tuple[Any, ...]) -> bool:
    """Whether more time would not change a row of the table."""
    cells = dict(zip(column_names("offers"), row, strict=True))
    return bool(cells["proven"]) or cells["reason"] == SAME

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
from optimizer.analysis.offer_list import Offer, offers
from optimizer.analysis.price_relaxation import PriceRelaxation
from optimizer.analysis.tight_gap_search import CLOSED, TightGapSearch
from optimizer.analysis.verdict import SAME, Verdict
from optimizer.plan.plan import Plan
from optimizer.plan.tables import column_names
from optimizer.solving.whatif import WhatIf


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

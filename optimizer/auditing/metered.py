"""Contracts of MW with a minimum take: what a plan pays for them, against what its sites need to draw."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.auditing.agreement import interrupted
from optimizer.auditing.holdings import Holdings
from optimizer.auditing.verdict import RELATIVE

Array = NDArray[Any]


def invoices(case: Holdings) -> Iterator[tuple[str, Array]]:
    """Yield contract and invoice by month of every contract with a minimum take below 1.

    Each bills at least its minimum take, and those of a site together what the site draws. The reported payment stands
    if it does so at the least cost, or at a higher one that something else can require: an own rule on spend, a spend
    commitment, a constraint that was added. Otherwise the least one is expected.
    """
    free = bool(case.facts.rows["commitments"]) or case.counts_added("drawn") or case.counts_added("billed")
    free |= any(row.quantity == "spend" for row in case.facts.rows["rule_terms"])
    for site, place in case.facts.names["site"].items():
        rows = [row for row in case.facts.space if row.site == site and row.minimum_take < 1]
        if not rows:
            continue
        delivered = np.array([case.stocks[row.contract].available() * row.mw_per_block for row in rows])
        price = np.array([_prices(case, row.contract) for row in rows])
        least = np.array([row.minimum_take for row in rows]).reshape(-1, 1) * delivered
        needed = _needed(case, place, delivered.sum(axis=0))
        expected = _least_cost(delivered, least, price, needed)
        reported = np.array([_reported(case, row.contract) for row in rows])
        good = _is_enough(reported, price, delivered, least, needed)
        good &= free | (reported.sum(axis=0) <= expected.sum(axis=0) * (1 + RELATIVE))
        for row, amounts, other in zip(rows, reported, expected, strict=True):
            yield row.contract, np.where(good, amounts, other)


def _prices(case: Holdings, contract: str) -> Array:
    """Price of a MW by month."""
    agreement, months = case.facts.agreements[contract], np.arange(case.facts.months)
    left = interrupted(agreement.interruptions, months, "price_fraction")
    prices: Array = agreement.block_prices(months) * left / agreement.row.mw_per_block
    return prices


def _needed(case: Holdings, place: int, delivered: Array) -> Array:
    """MW that a site needs of its contracts with a minimum take, by month."""
    left = case.site_left[place]
    other = case.mw_supply[place] - left * delivered
    short = np.maximum(case.mw_used[place] + case.mw_let[place] - other, 0.0)
    needed: Array = np.divide(short, left, out=np.zeros_like(short), where=left > 0)
    return needed


def _least_cost(delivered: Array, least: Array, price: Array, needed: Array) -> Array:
    """Return the cheapest invoices by contract and month: minimum takes, then the cheapest MW above them."""
    found, missing = least * price, np.maximum(needed - least.sum(axis=0), 0.0)
    for t in np.flatnonzero(missing > 0).tolist():
        for one in np.argsort(price[:, t], kind="stable").tolist():
            more = min(missing[t], delivered[one, t] - least[one, t])
            found[one, t] += more * price[one, t]
            missing[t] -= more
    return found


def _reported(case: Holdings, contract: str) -> Array:
    """Payments for a contract in the cash table, by month."""
    table, found = case.tables["cash"], np.zeros(case.facts.months)
    mine = (table["term"] == "contract") & (table["item"] == contract) & (table.t < case.facts.months)
    np.add.at(found, table.t[mine], table["amount"][mine])
    return found


def _is_enough(reported: Array, price: Array, delivered: Array, least: Array, needed: Array) -> NDArray[np.bool_]:
    """Whether payments cover every minimum take and, by month, what a site draws; of what is free, all can be drawn."""
    billed = np.divide(reported, price, out=delivered.copy(), where=price > 0)
    takes = (billed >= least * (1 - RELATIVE)).all(axis=0)
    enough: NDArray[np.bool_] = takes & (
        np.minimum(billed, delivered).sum(axis=0) >= needed * (1 - RELATIVE) - _rounding(delivered)
    )
    return enough


def _rounding(delivered: Array) -> float:
    """MW that are lost in rounding relative to those of some contracts."""
    return 1e-9 * float(delivered.max(initial=0.0))

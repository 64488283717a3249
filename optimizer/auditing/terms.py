"""Rules on agreements over time: terms, notice, hand-backs, running out, renewals, blocks in force."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.auditing.holdings import Holdings
from optimizer.auditing.ordering import HANDED
from optimizer.auditing.stock import Stock
from optimizer.auditing.verdict import BLOCK, Findings
from optimizer.format import number


def max_blocks(case: Holdings, say: Findings) -> None:
    """No more blocks of an agreement are in force than `max_blocks`; what is agreed already is not limited."""
    for name, stock in case.stocks.items():
        if not stock.agreement.committed:
            say.compare(stock.active, "<=", stock.agreement.row.max_blocks, "blocks active", name, floor=BLOCK)


def terminable(case: Holdings, say: Findings) -> None:
    """Only blocks of a terminable agreement are handed or taken back; a fixed term runs to its end."""
    for row in case.decisions:
        if row.verb in HANDED:
            agreement = case.facts.agreements[row.item]
            found = f"{number(row.blocks)} blocks handed back"
            say.that(not agreement.fixed, row.item, row.month, found, "none of a fixed term allowed")


def notice(case: Holdings, say: Findings) -> None:
    """What is handed or taken back stays until its notice has run, a month at least, and leaves within the plan."""
    for row in case.decisions:
        if row.verb in HANDED:
            last = row.t + case.facts.agreements[row.item].notice - 1
            allowed = f"{case.facts.label(last)} at the earliest allowed"
            say.that(row.ends >= case.facts.label(last), row.item, row.month, f"kept until {row.ends}", allowed)
            found, final = f"handed back in {case.facts.label(last + 1)}", case.facts.months - 1
            say.that(last < final, row.item, row.month, found, f"{case.facts.label(final)} at the latest allowed")


def handed_in_force(case: Holdings, say: Findings) -> None:
    """No more blocks are handed back than have started, and none after the agreement has run out."""
    months = np.arange(case.facts.months)
    for name, stock in case.stocks.items():
        if stock.agreement.fixed or not stock.handed.any():
            continue
        handed = stock.handed_by(months)
        say.compare(handed, "<=", stock.begun_by(months), "blocks handed back so far", name, floor=BLOCK)
        last = stock.agreement.row.ends_by
        for t in np.flatnonzero(stock.handed > 0) if last is not None else ():
            month, allowed = case.facts.label(int(t)), f"{case.facts.label(last)} at the latest allowed"
            say.that(t <= last, name, month, f"handed back in {month}", allowed)


def min_term(case: Holdings, say: Findings) -> None:
    """Blocks stay for their minimum term: no fewer are in force than have started within it."""
    for name, stock in case.stocks.items():
        agreement = stock.agreement
        if agreement.fixed or not stock.handed.any():
            continue
        last = case.facts.months - 1 if agreement.row.ends_by is None else agreement.row.ends_by
        months = np.arange(min(last + 1, case.facts.months))
        begun = stock.begun_by(months)
        active = begun - stock.handed_by(months)
        firm = begun - stock.begun_by(months - agreement.term)
        labels = case.facts.labels[: len(months)]
        say.compare(active, ">=", firm, "blocks active in their minimum term", name, labels, floor=BLOCK)


def renewal(case: Holdings, say: Findings) -> None:
    """A renewal starts no more blocks in a month than end of the contract it renews."""
    for name, stock in case.stocks.items():
        renews = None if stock.agreement.outlet else stock.agreement.row.renews
        if renews is not None:
            ending = case.stocks[renews].expired() + case.stocks[renews].handed
            what = f"blocks start, as many as end of {renews}"
            say.compare(stock.begun(), "<=", ending, what, name, floor=BLOCK)


def requires(case: Holdings, say: Findings) -> None:
    """While blocks of a contract are active, so many of the one that it requires are; in part in a relaxed plan."""
    for name, row in case.facts.tables["contracts"].items():
        if row.requires is None:
            continue
        needed = row.requires_blocks * _opened(case.stocks[name], case.relaxed)
        what = f"blocks of {row.requires} active, which it requires"
        say.compare(
            case.stocks[row.requires].active, ">=", needed, what, name, floor=BLOCK * max(1.0, row.requires_blocks)
        )


def _opened(stock: Stock, relaxed: bool) -> NDArray[np.float64]:
    """1 in the months in which a contract is active; of a relaxed plan, the share of its blocks that is."""
    row = stock.agreement.row
    if not relaxed:
        return (stock.active > BLOCK).astype(float)
    most = row.max_blocks if row.committed_blocks is None else row.committed_blocks
    most = np.floor(most + 1e-9) if row.integer else most
    return stock.active / most if most else np.zeros_like(stock.active)

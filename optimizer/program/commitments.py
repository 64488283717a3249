"""Spend commitments: one start at most, a shortfall for each year, rates that hold only while one runs."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.cash_terms import cash_terms
from optimizer.program.index import Index
from optimizer.program.ledger import Entries
from optimizer.program.program_data import ProgramData
from optimizer.program.row import Row

_YEAR = 12


def sets(index: Index) -> dict[str, list[Any]]:
    """Index sets of this room."""
    starts = [(name, s) for name, row in index.commitments.items() for s in start_months(index, row)]
    running = [
        (name, t) for name, row in index.commitments.items() if start_months(index, row) for t in range(index.horizon)
    ]
    years = [(name, b) for name, row in index.commitments.items() for b in year_starts(index, row)]
    providers = dict.fromkeys(row.provider for row in index.commitments.values() if start_months(index, row))
    spent = [(provider, t) for provider in providers for t in range(index.horizon)]
    tied = [(name, t) for name, row in index.offers.items() if row.commitment is not None for t in range(index.horizon)]
    return {
        "committed": starts,
        "running": running,
        "shortfall": years,
        "spent": spent,
        "commitment_once": list(index.commitments),
        "running_balance": running,
        "spend_balance": spent,
        "commitment_year": years,
        "commitment_total": [name for name, row in index.commitments.items() if len(start_months(index, row)) > 1],
        "rate_holds": tied,
    }


def start_months(index: Index, row: Any) -> range:
    """Months of the plan in which a commitment can start."""
    return range(max(int(row.earliest), 0), min(int(row.latest), index.horizon - 1) + 1)


def year_starts(index: Index, row: Any) -> list[int]:
    """Months in which a year of a commitment can begin, whichever month it starts in."""
    begins = {s + _YEAR * k for s in start_months(index, row) for k in range(int(row.years))}
    return sorted(month for month in begins if month < index.horizon)


def year_end(index: Index, begin: int) -> int:
    """Last month of a year that lies in the plan."""
    return min(begin + _YEAR, index.horizon) - 1


def commitment_once(m: ProgramData, commitment: str) -> Row:
    """One start: ``sum(committed[g,s] over s) <= 1``, ``= 1`` where ``required``, for each commitment."""
    row = m.index.commitments[commitment]
    starts = Row(*(m.col["committed"][commitment, s] for s in start_months(m.index, row)))
    return starts.equals(1.0) if row.required else starts.at_most(1.0)


def running_balance(m: ProgramData, commitment: str, t: int) -> Row:
    """A commitment runs from its start to the end of its years.

    ``running[g,t] = running[g,t-1] + committed[g,t] - committed[g,t-12*years]`` for each commitment that can start and
    month.
    """
    running, starts, years = m.col["running"], m.col["committed"], int(m.index.commitments[commitment].years)
    stock = Row(running.get((commitment, t - 1), 0.0), starts.get((commitment, t), 0.0))
    return Row(running[commitment, t]).equals(stock.less(starts.get((commitment, t - _YEAR * years), 0.0)))


def counted_entries(m: ProgramData, provider: str) -> Any:
    """Mask of the ledger's entries that count towards a commitment: paid to the provider for contracts, on demand."""
    entries: Entries = m.entries
    terms = cash_terms()
    chosen = [account.party == provider and account.table in terms[account.term].commits for account in entries.names]
    return np.array(chosen, dtype=bool)[entries.accounts]


def spend_balance(m: ProgramData, provider: str, t: int) -> Row:
    """What is paid adds up.

    ``spent[v,t-1] + paid[v,t] = spent[v,t]`` for each provider with a commitment and month; ``paid`` is money of
    ``started``, ``ended``, ``in_force``, ``billed`` and ``used``.
    """
    spent = m.col["spent"]
    amounts, columns = m.counted[provider].get(t, ([], []))
    row = Row(spent.get((provider, t - 1), 0.0)).add_all([amount / m.units.money for amount in amounts], columns)
    return row.equals(spent[provider, t])


def commitment_year(m: ProgramData, commitment: str, begin: int) -> Row:
    """The shortfall of a year is what is not paid of its amount.

    ``annual_amount months/12 sum(committed[g,t-12j] over j) - (spent[v,end] - spent[v,t-1]) <= shortfall[g,t]`` for
    each commitment and month ``t`` in which a year of it can begin; ``end`` is the year's last month in the plan.
    """
    index, row = m.index, m.index.commitments[commitment]
    end, spent = year_end(index, begin), m.col["spent"]
    amount = row.annual_amount * (end - begin + 1) / _YEAR / m.units.money
    missing = Row(spent.get((row.provider, begin - 1), 0.0)).less(spent[row.provider, end])
    for year in range(int(row.years)):
        missing.add(amount, m.col["committed"].get((commitment, begin - _YEAR * year), 0.0))
    return missing.at_most(m.col["shortfall"][commitment, begin])


def commitment_total(m: ProgramData, commitment: str) -> Row:
    """All shortfalls are at least what is not paid of the amounts of all years.

    ``sum(annual_amount months[s]/12 committed[g,s]) - (spent[v,last] - spent[v,first-1]) <= sum(shortfall[g,t])`` for
    each commitment that can start in more months than one, from the first to the last month of its possible years.

    It follows from the years of a single start. Where the linear relaxation starts a little in many months, it keeps
    what is paid from counting towards overlapping years of all of them.
    """
    index, row = m.index, m.index.commitments[commitment]
    begins, spent = year_starts(index, row), m.col["spent"]
    missing = Row(spent.get((row.provider, begins[0] - 1), 0.0)).less(spent[row.provider, year_end(index, begins[-1])])
    for s in start_months(index, row):
        months = min(s + _YEAR * int(row.years), index.horizon) - s
        missing.add(row.annual_amount * months / _YEAR / m.units.money, m.col["committed"][commitment, s])
    return missing.at_most(Row(*(m.col["shortfall"][commitment, begin] for begin in begins)))


def rate_holds(m: ProgramData, offer: str, t: int) -> Row:
    """A rate needs its commitment.

    ``used[p,t] <= available[p,t] max_accelerators[p] running[g,t]`` for each offer on demand that belongs to a
    commitment and month; without interruptions, ``available`` is 1.
    """
    row = m.index.offers[offer]
    running = m.col["running"].get((row.commitment, t), 0.0)
    most = Row().add(m.index.share_left(offer, t) * row.max_accelerators / m.units.accelerators, running)
    return Row(m.col["used"].get((offer, t), 0.0)).at_most(most)

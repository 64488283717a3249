"""Spend commitments: one start at most, a shortfall for each year, rates that hold only while one runs."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.cash_terms import cash_terms
from optimizer.program.index import Index
from optimizer.program.ledger import Entries
from optimizer.program.program_data import ProgramData
from optimizer.program.row import Row, Term

_YEAR = 12


def sets(index: Index) -> dict[str, list[Any]]:
    """Index sets of this room."""
    starts = [(name, s) for name, row in index.commitments.items() for s in start_months(index, row)]
    taken = {name: row for name, row in index.commitments.items() if year_starts(index, row)}
    running = [(name, t) for name in taken for t in range(index.horizon)]
    years = [(name, b) for name, row in taken.items() for b in year_starts(index, row)]
    providers = dict.fromkeys(row.provider for row in taken.values())
    spent = [(provider, t) for provider in providers for t in range(index.horizon)]
    tied = [(name, t) for name, row in index.offers.items() if row.commitment is not None for t in range(index.horizon)]
    return {
        "committed": starts,
        "running": running,
        "shortfall": years,
        "spent": spent,
        "commitment_once": [name for name in index.commitments if name not in index.commitments_before],
        "running_balance": running,
        "spend_balance": spent,
        "commitment_year": years,
        "commitment_total": [name for name, row in index.commitments.items() if len(start_months(index, row)) > 1],
        "rate_holds": tied,
    }


def start_months(index: Index, row: Any) -> range:
    """Months of the plan in which a commitment can start; none if it was made before the plan."""
    if row.commitment in index.commitments_before:
        return range(0)
    return range(max(int(row.earliest), 0), min(int(row.latest), index.horizon - 1) + 1)


def year_starts(index: Index, row: Any) -> list[int]:
    """Months in which a year of a commitment can begin that has months in the plan, whichever month it starts in.

    Of a commitment that was made before the plan, the first can lie before it.
    """
    made = index.commitments_before.get(row.commitment)
    starts = start_months(index, row) if made is None else [made.start]
    begins = {s + _YEAR * k for s in starts for k in range(int(row.years))}
    return sorted(month for month in begins if -_YEAR < month < index.horizon)


def year_end(index: Index, begin: int) -> int:
    """Last month of a year that lies in the plan."""
    return min(begin + _YEAR, index.horizon) - 1


def starting(m: ProgramData, commitment: str, s: int) -> Term:
    """Whether a commitment starts in a month: a column, or 1 or 0 if it was made before the plan or cannot start."""
    made = m.index.commitments_before.get(commitment)
    return m.col["committed"].get((commitment, s), 0.0 if made is None else float(made.start == s))


def due_in_year(m: ProgramData, commitment: str, begin: int) -> Row:
    """What is to be spent in the plan in a year that begins in a month: its amount less what is spent.

    Only the end of the plan cuts the amount; months of the year before the plan count in it.
    """
    index, row = m.index, m.index.commitments[commitment]
    made, due = index.commitments_before.get(commitment), Row()
    amount = row.annual_amount * (year_end(index, begin) - begin + 1) / _YEAR / m.units.money
    for year in range(int(row.years)):
        due.add(amount, starting(m, commitment, begin - _YEAR * year))
    return due if made is None or begin >= 0 else due.less(made.spent / m.units.money)


def commitment_once(m: ProgramData, commitment: str) -> Row:
    """A commitment starts once, if it was not made before the plan.

    ``sum(committed[g,s] over s) <= 1``, ``= 1`` where ``required``, for each commitment that was not.
    """
    row = m.index.commitments[commitment]
    starts = Row(*(m.col["committed"][commitment, s] for s in start_months(m.index, row)))
    return starts.equals(1.0) if row.required else starts.at_most(1.0)


def running_balance(m: ProgramData, commitment: str, t: int) -> Row:
    """A commitment runs from its start to the end of its years.

    ``running[g,t] = running[g,t-1] + committed[g,t] - committed[g,t-12*years]`` for each commitment that can start and
    month.
    """
    running, length = m.col["running"], _YEAR * int(m.index.commitments[commitment].years)
    made = m.index.commitments_before.get(commitment)
    before = float(made is not None and made.start < 0)  # it has a year in the plan, so that it is not over
    stock = Row(before if t == 0 else running[commitment, t - 1], starting(m, commitment, t))
    return Row(running[commitment, t]).equals(stock.less(starting(m, commitment, t - length)))


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
    provider, spent = m.index.commitments[commitment].provider, m.col["spent"]
    missing = Row(spent.get((provider, begin - 1), 0.0)).less(spent[provider, year_end(m.index, begin)])
    missing.add(1, due_in_year(m, commitment, begin))
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

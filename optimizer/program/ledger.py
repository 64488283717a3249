"""The ledger: every movement of money as (column, month, amount per unit), under a named cash term.

The objective, the budgets and the plan's cash table all come from it, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.program.row import ONE, Row, Term

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_NOISE = 1e-12  # relative


@dataclass(frozen=True)
class Account:
    """A line of the cash table: term, item, party, and the table of the item."""

    term: str
    item: str
    party: str
    table: str


@dataclass(frozen=True)
class Entries:
    """The ledger as arrays of equal length: column number, month, amount per unit of the column, account number."""

    columns: Ints
    months: Ints
    amounts: Floats
    accounts: Ints
    names: tuple[Account, ...]

    def per_column(self, weights: Floats, count: int) -> Floats:
        """Sum of ``weights`` (one per entry) by column."""
        return cancelled(self.columns, weights, count)

    def of_terms(self, terms: Iterable[str]) -> NDArray[np.bool_]:
        """Mask of the entries of some terms."""
        wanted = set(terms)
        chosen = np.array([account.term in wanted for account in self.names], dtype=bool)
        return chosen[self.accounts] if len(self.accounts) else np.zeros(0, dtype=bool)

    def by_month(self, chosen: NDArray[np.bool_]) -> dict[int, tuple[list[float], list[int]]]:
        """Amounts and column numbers of some entries by month, each column once."""
        width = int(self.columns.max(initial=0)) + 1
        slots, where = np.unique(self.months[chosen] * width + self.columns[chosen], return_inverse=True)
        amounts = cancelled(where, self.amounts[chosen], len(slots))
        found: dict[int, tuple[list[float], list[int]]] = {}
        for slot, amount in zip(slots.tolist(), amounts.tolist(), strict=True):
            if amount == 0.0:
                continue
            of_month = found.setdefault(slot // width, ([], []))
            of_month[0].append(amount)
            of_month[1].append(slot % width)
        return found


def cancelled(where: Ints, amounts: Floats, count: int) -> Floats:
    """Return sums by slot; amounts that cancel, such as a prepayment and its month, sum to exactly 0."""
    sums = np.bincount(where, weights=amounts, minlength=count)
    gross = np.bincount(where, weights=np.abs(amounts), minlength=count)
    found: Floats = np.where(np.abs(sums) > _NOISE * gross, sums, 0.0)
    return found


def joined(one: Entries, other: Entries) -> Entries:
    """Two ledgers as one."""
    number = {account: place for place, account in enumerate(one.names)}
    new = np.array([number.setdefault(account, len(number)) for account in other.names], dtype=np.int64)
    return Entries(
        columns=np.concatenate([one.columns, other.columns]),
        months=np.concatenate([one.months, other.months]),
        amounts=np.concatenate([one.amounts, other.amounts]),
        accounts=np.concatenate([one.accounts, new[other.accounts]]),
        names=tuple(number),
    )


class Ledger:
    """Collects entries; amounts are in the instance's money, per unit of the program's column."""

    def __init__(self) -> None:
        self._columns: list[int] = []
        self._months: list[int] = []
        self._amounts: list[float] = []
        self._numbers_of: list[int] = []  # accounts
        self._accounts: dict[Account, int] = {}

    def add(self, account: Account, term: Term, months: Any, amounts: Any) -> None:
        """Book ``amounts`` in ``months`` for each unit of one column; a float is booked as agreed already."""
        if term.__class__ is not int:
            if term == 0:
                return
            amounts, term = np.asarray(amounts, dtype=float) * term, ONE
        listed = _listed(months)
        self._book(account, [term] * len(listed), listed, _listed(amounts))

    def add_row(self, account: Account, row: Row, month: int, amount: float) -> None:
        """Book an amount in a month for each unit of a sum of columns and a constant."""
        coefficients, columns, constant = row.parts()
        for coefficient, column in zip(coefficients, columns, strict=True):
            self.add(account, column, month, amount * coefficient)
        self.add(account, constant, month, amount)

    def add_many(self, account: Account, columns: list[int], months: Any, amounts: Any) -> None:
        """Book one amount in one month for each of many columns."""
        self._book(account, columns, _listed(months), _listed(amounts))

    def _book(self, account: Account, columns: list[int], months: list[int], amounts: list[float]) -> None:
        """Book what is not zero; a single amount counts for every month."""
        number = self._accounts.setdefault(account, len(self._accounts))
        if len(amounts) == 1:
            amounts = amounts * len(months)
        if 0 in amounts:
            kept = [amount != 0 for amount in amounts]
            columns, months = list(compress(columns, kept)), list(compress(months, kept))
            amounts = list(compress(amounts, kept))
        self._columns += columns
        self._months += months
        self._amounts += amounts
        self._numbers_of += [number] * len(amounts)

    def entries(self) -> Entries:
        """The ledger as arrays."""
        return Entries(
            columns=np.array(self._columns, dtype=np.int64),
            months=np.array(self._months, dtype=np.int64),
            amounts=np.array(self._amounts, dtype=float),
            accounts=np.array(self._numbers_of, dtype=np.int64),
            names=tuple(self._accounts),
        )


def _listed(values: Any) -> list[Any]:
    """One number, or an array or a sequence of them, as a list."""
    if isinstance(values, np.ndarray):
        values = values.tolist()
    return list(values) if isinstance(values, (list, tuple, range)) else [values]

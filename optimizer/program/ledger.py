"""The ledger: every movement of money as (variable, month, amount per unit), under a named cash term.

The objective, the budgets and the plan's cash table all come from it, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Account:
    """A line of the cash table: term, item and party."""

    term: str
    item: str
    party: str


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
        found: Floats = np.bincount(self.columns, weights=weights, minlength=count).astype(float)
        return found

    def of_terms(self, terms: Iterable[str]) -> NDArray[np.bool_]:
        """Mask of the entries of some terms."""
        wanted = set(terms)
        chosen = np.array([account.term in wanted for account in self.names], dtype=bool)
        return chosen[self.accounts] if len(self.accounts) else np.zeros(0, dtype=bool)

    def where(self, kept: NDArray[np.bool_]) -> Entries:
        """Some of the entries."""
        return replace(
            self,
            columns=self.columns[kept],
            months=self.months[kept],
            amounts=self.amounts[kept],
            accounts=self.accounts[kept],
        )

    def by_month(self, chosen: NDArray[np.bool_]) -> dict[int, tuple[list[float], list[int]]]:
        """Amounts and column numbers of some entries by month, each column once."""
        width = int(self.columns.max(initial=0)) + 1
        slots, where = np.unique(self.months[chosen] * width + self.columns[chosen], return_inverse=True)
        amounts = np.bincount(where, weights=self.amounts[chosen], minlength=len(slots))
        found: dict[int, tuple[list[float], list[int]]] = {}
        for slot, amount in zip(slots.tolist(), amounts.tolist(), strict=True):
            of_month = found.setdefault(slot // width, ([], []))
            of_month[0].append(amount)
            of_month[1].append(slot % width)
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
    """Collects entries; amounts are in the instance's money, per unit of the program's variable.

    Parameters
    ----------
    numbers : dict
        Column number by ``id`` of the Pyomo variable.
    one : VarData
        Variable fixed at 1, which carries what is agreed already.
    """

    def __init__(self, numbers: dict[int, int], one: Any) -> None:
        self._numbers = numbers
        self._one = one
        self._chunks: list[tuple[Ints, Ints, Floats, int]] = []
        self._accounts: dict[Account, int] = {}

    def add(self, account: Account, variable: Any, months: Any, amounts: Any) -> None:
        """Book ``amounts`` in ``months`` for each unit of one variable; a number is booked as agreed already."""
        if isinstance(variable, (int, float)):
            if variable == 0:
                return
            amounts, variable = np.asarray(amounts, dtype=float) * variable, self._one
        column = self._numbers[id(variable)]
        months = np.atleast_1d(np.asarray(months, dtype=np.int64))
        amounts = np.broadcast_to(np.asarray(amounts, dtype=float), months.shape)
        self._book(account, np.full(len(months), column), months, amounts)

    def add_many(self, account: Account, variables: list[Any], months: Any, amounts: Any) -> None:
        """Book one amount in one month for each of many variables."""
        columns = np.fromiter((self._numbers[id(v)] for v in variables), dtype=np.int64, count=len(variables))
        self._book(account, columns, np.asarray(months, dtype=np.int64), np.asarray(amounts, dtype=float))

    def _book(self, account: Account, columns: Ints, months: Ints, amounts: Floats) -> None:
        number = self._accounts.setdefault(account, len(self._accounts))
        keep = amounts != 0
        if keep.any():
            self._chunks.append((columns[keep], months[keep], amounts[keep], number))

    def entries(self) -> Entries:
        """The ledger as arrays."""
        chunks = self._chunks

        def whole(parts: list[Any], kind: Any) -> Any:
            return np.concatenate(parts) if parts else np.zeros(0, dtype=kind)

        return Entries(
            columns=whole([chunk[0] for chunk in chunks], np.int64),
            months=whole([chunk[1] for chunk in chunks], np.int64),
            amounts=whole([chunk[2] for chunk in chunks], float),
            accounts=whole([np.full(len(chunk[0]), chunk[3]) for chunk in chunks], np.int64),
            names=tuple(self._accounts),
        )

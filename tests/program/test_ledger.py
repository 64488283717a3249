"""The ledger: what is booked for columns and constants, sums by column and month, and what cancels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optimizer.program.ledger import Account, Entries, Ledger, joined
from optimizer.program.row import ONE, Row

A, B = (Account(term, "x", "cloud", "contracts") for term in ("contract", "upfront"))


def booked(entries: Entries) -> list[tuple[str, int, int, float]]:
    """Term, column, month and amount of each entry."""
    terms = [entries.names[number].term for number in entries.accounts.tolist()]
    return list(zip(terms, entries.columns.tolist(), entries.months.tolist(), entries.amounts.tolist(), strict=True))


@pytest.mark.parametrize(
    ("term", "months", "amounts", "expected"),
    [
        (7, 3, 2.5, [(7, 3, 2.5)]),
        (7, [3, 4], 2.5, [(7, 3, 2.5), (7, 4, 2.5)]),
        (7, range(3, 5), np.array([2.5, 3.0]), [(7, 3, 2.5), (7, 4, 3.0)]),
        (7, [0, 1, 2, 3], [1.0, 0.0, -1.0, 2.0], [(7, 0, 1.0), (7, 2, -1.0), (7, 3, 2.0)]),
        (7, [], 2.5, []),
        (7, 3, 0.0, []),
        (2.0, 3, 2.5, [(ONE, 3, 5.0)]),  # agreed already
        (2.0, [3, 4], [1.0, 3.0], [(ONE, 3, 2.0), (ONE, 4, 6.0)]),
        (0.0, 3, 2.5, []),
    ],
)
def test_amounts_are_booked(term: Any, months: Any, amounts: Any, expected: list[tuple[int, int, float]]) -> None:
    """Tests one amount or one for each month, for a column or a constant; zeros are left out."""
    ledger = Ledger()
    ledger.add(A, term, months, amounts)
    assert booked(ledger.entries()) == [("contract", *entry) for entry in expected]


def test_sums_and_many_columns_are_booked() -> None:
    """Tests 2 x7 - 1 x8 + 3 at 10 each in month 4, and one amount for each of many columns."""
    ledger = Ledger()
    ledger.add_row(B, Row(3.0).add(2.0, 7).add(-1.0, 8), 4, 10.0)
    ledger.add_many(A, [5, 6, 7], [0, 1, 2], [4.0, 0.0, 6.0])
    found = ledger.entries()
    assert sorted(booked(found)) == [
        *[("contract", 5, 0, 4.0), ("contract", 7, 2, 6.0)],
        *[("upfront", ONE, 4, 30.0), ("upfront", 7, 4, 20.0), ("upfront", 8, 4, -10.0)],
    ]
    assert found.of_terms(["upfront"]).sum() == 3
    assert found.of_terms(["upfront", "contract"]).all()
    assert not found.of_terms(["energy"]).any()
    assert found.names == (B, A)


def _two() -> Entries:
    """Two columns in three months; what is paid in month 2 comes back but for noise."""
    ledger = Ledger()
    ledger.add(A, 1, [0, 1], [5.0, 7.0])
    ledger.add(A, 2, [1, 2], [3.0, 1.0])
    ledger.add(B, 1, 1, 0.5)
    ledger.add(B, 2, 2, -1.0 + 1e-15)
    return ledger.entries()


def test_sums_by_column_and_month() -> None:
    """Tests weights by column, and amounts by month in which what cancels is left out."""
    entries = _two()
    assert entries.per_column(entries.amounts, 4).tolist() == pytest.approx([0, 12.5, 3, 0])
    assert entries.per_column(np.ones(6), 3).tolist() == [0, 3, 3]
    every = entries.by_month(np.ones(6, dtype=bool))
    assert every == {0: ([5.0], [1]), 1: ([7.5, 3.0], [1, 2])}
    assert entries.by_month(entries.of_terms(["upfront"])) == {1: ([0.5], [1]), 2: ([-1.0 + 1e-15], [2])}


def test_ledgers_are_joined_by_account() -> None:
    """Tests that an account of both is one, whatever its number in each."""
    first, second = Ledger(), Ledger()
    first.add(A, 1, 0, 1.0)
    second.add(B, 2, 1, 2.0)
    second.add(A, 3, 2, 3.0)
    found = joined(first.entries(), second.entries())
    assert found.names == (A, B)
    assert booked(found) == [("contract", 1, 0, 1.0), ("upfront", 2, 1, 2.0), ("contract", 3, 2, 3.0)]

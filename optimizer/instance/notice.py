"""Notice of contracts and outlets, and the months that follow from rows of `decided` about them."""

from __future__ import annotations

from typing import Any


def notice_of(row: Any) -> int:
    """Return the months from the decision to hand back to the first month without the blocks: at least 1."""
    return max(1, int(row.notice_months))


def first_with(decided: Any, row: Any) -> int:
    """Return the first month of blocks of a contract or outlet that a row of `decided` signs."""
    return int(decided.month + row.lead_months if decided.starts is None else decided.starts)


def first_without(decided: Any, row: Any) -> int:
    """Return the first month without blocks of a contract or outlet that a row of `decided` hands back."""
    return int(decided.month + notice_of(row) if decided.ends is None else decided.ends + 1)

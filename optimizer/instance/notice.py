"""Notice of contracts and outlets."""

from __future__ import annotations

from typing import Any


def notice_of(row: Any) -> int:
    """Return the months from the decision to hand back to the first month without the blocks: at least 1."""
    return max(1, int(row.notice_months))

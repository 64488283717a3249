"""Lists in pages: a cursor is where the last page ended."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

Item = TypeVar("Item")
Limit = Annotated[int, Query(ge=1, le=1000, description="Entries of a page at most.")]
Cursor = Annotated[str, Query(max_length=64, pattern=r"^[0-9a-f]*$", description="`next` of the page before.")]


class Page(BaseModel, Generic[Item]):
    """A page of a list; ``next`` is the cursor of the next page, None on the last one."""

    items: list[Item]
    next: str | None = None


def cut(items: list[Item], limit: int, cursor_of: str) -> Page[Item]:
    """Return a page of what was read with one entry more than the limit; ``cursor_of`` names the cursor's attribute."""
    last = str(getattr(items[limit - 1], cursor_of)) if len(items) > limit else None
    return Page(items=items[:limit], next=last)

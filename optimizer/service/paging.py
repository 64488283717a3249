"""Lists in pages: a cursor is where the last page ended."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from fastapi import Query, Request
from pydantic import BaseModel

from optimizer.service.problems import Problem

Item = TypeVar("Item")
Limit = Annotated[int, Query(ge=1, le=1000, description="Entries of a page at most.")]
Cursor = Annotated[str, Query(max_length=64, pattern=r"^[0-9a-f]*$", description="`next` of the page before.")]


class Page(BaseModel, Generic[Item]):
    """A page of a list; ``next`` is the cursor of the next page, None on the last one."""

    items: list[Item]
    next: str | None = None


def refuse_nul(request: Request) -> None:
    """Refuse the character NUL in a path or a query, which no name has and not every database can look for.

    Raises
    ------
    Problem
        404 for a path, 422 for a query.
    """
    if "\x00" in request.url.path or "%00" in request.scope.get("raw_path", b"").decode("latin-1"):
        raise Problem(404, "no name in a path has the character NUL")
    if any("\x00" in value for value in request.query_params.values()):
        raise Problem(422, "no value in a query has the character NUL")


def cut(items: list[Item], limit: int, cursor_of: str) -> Page[Item]:
    """Return a page of what was read with one entry more than the limit; ``cursor_of`` names the cursor's attribute."""
    last = str(getattr(items[limit - 1], cursor_of)) if len(items) > limit else None
    return Page(items=items[:limit], next=last)

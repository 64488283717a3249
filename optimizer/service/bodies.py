"""Bodies of requests: read once, and refused as soon as they are too large."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from optimizer.format import grouped
from optimizer.service.problems import Problem
from optimizer.service.uploads import UploadLimits

LIMITS = UploadLimits()
FORM = 2**20
"""Bytes of a form next to the file in it."""


class LimitedBodies:
    """Refuses every body that is larger than an upload may be, while it comes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > LIMITS.size + FORM:
                raise HTTPException(413, f"the request has more than {grouped(LIMITS.size + FORM)} bytes")
            return message

        await self.app(scope, counted if scope["type"] == "http" else receive, send)


async def body_of(request: Request) -> bytes:
    """Return the body of a request.

    Raises
    ------
    Problem
        413 if it is larger than an upload may be.
    """
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > LIMITS.size:
            raise Problem(413, f"the upload has more than {grouped(LIMITS.size)} bytes")
        parts.append(part)
    return b"".join(parts)


Body = Annotated[bytes, Depends(body_of)]

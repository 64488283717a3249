"""Browsers: log-in by a token, cookies, and headers that let a page load nothing from elsewhere."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from optimizer.service import tokens
from optimizer.service.access import COOKIE
from optimizer.service.records import Session as Login
from optimizer.service.records import now

LASTS = timedelta(hours=12)
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
REPORT_POLICY = "sandbox allow-scripts allow-downloads allow-popups; frame-ancestors 'self'"
"""Of reports, whose own policy (in the page) lists the hashes of its scripts: they cannot reach the service."""
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Content-Security-Policy": PAGE_POLICY,
    "Cache-Control": "no-store",
}


class SafeHeaders:
    """Adds to every answer the headers of safety that it does not have."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if scope.get("scheme") == "https":
                    headers.setdefault("Strict-Transport-Security", "max-age=31536000")
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


def log_in(session: Session, secret: str) -> str | None:
    """Log a browser in with a token; return its cookie, or None if the token is refused.

    Parameters
    ----------
    session : Session
        A transaction that writes.
    secret : str
        The token.
    """
    found = tokens.find(session, secret.strip())
    if found is None:
        return None
    session.execute(delete(Login).where(Login.expires_at < now()))
    cookie = secrets.token_urlsafe(32)
    _, token = found
    expires = now() + LASTS if token.expires_at is None else min(now() + LASTS, token.expires_at)
    row = Login(hash=tokens.hashed(cookie), token_id=token.id, csrf=secrets.token_urlsafe(32), expires_at=expires)
    session.add(row)
    return cookie


def log_out(session: Session, cookie: str) -> None:
    """Forget a browser."""
    for row in session.scalars(select(Login).where(Login.hash == tokens.hashed(cookie))):
        session.delete(row)


def set_cookie(answer: Response, cookie: str, secure: bool) -> None:
    """Give a browser its cookie: out of reach of scripts and other sites, over TLS alone where that is used."""
    seconds = int(LASTS.total_seconds())
    answer.set_cookie(COOKIE, cookie, max_age=seconds, httponly=True, samesite="strict", secure=secure)

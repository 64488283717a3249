"""Accounts and their tokens: 256 random bits, of which the database keeps the SHA-256 alone."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from optimizer.service.problems import Problem
from optimizer.service.records import ROLES, Account, Token, now

PREFIX = "capopt_"
_USE_NOTED = timedelta(minutes=1)  # how exactly the last use of a token is kept


@dataclass(frozen=True)
class NewToken:
    """A token that was just made: ``secret`` is shown once and kept nowhere."""

    id: str
    account: str
    role: str | None
    secret: str
    expires_at: datetime | None


def hashed(secret: str) -> str:
    """Return the SHA-256 of a token or cookie, as it is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()


def create(session: Session, name: str, role: str | None = None, days: float | None = None) -> NewToken:
    """Make a token of an account, which is made with it if it does not exist.

    Parameters
    ----------
    session : Session
        A transaction that writes.
    name : str
        Account.
    role : str, optional
        Role of the account in all projects; None leaves what it has, and gives a new account none.
    days : float, optional
        Days after which the token expires.

    Raises
    ------
    Problem
        If the name or the role is invalid.
    """
    if not name.strip() or len(name) > Account.name.type.length or not name.isprintable():
        raise Problem(422, f"account {name[:120]!r}: expected 1 to 100 printable characters")
    if role is not None and role not in ROLES:
        raise Problem(422, f"role {role!r}: expected one of {', '.join(ROLES)}")
    account = session.scalars(select(Account).where(Account.name == name)).one_or_none()
    if account is None:
        account = Account(name=name, role=role)
        session.add(account)
        session.flush()
    elif role is not None:
        account.role = role
    secret = PREFIX + secrets.token_urlsafe(32)
    expires = None if days is None else now() + timedelta(days=days)
    token = Token(account_id=account.id, hash=hashed(secret), expires_at=expires)
    session.add(token)
    session.flush()
    return NewToken(token.id, name, account.role, secret, expires)


def find(session: Session, secret: str) -> tuple[Account, Token] | None:
    """Return the account and token of a secret; None if there is none, or it has expired or was revoked."""
    row = session.execute(
        select(Account, Token).join(Token, Token.account_id == Account.id).where(Token.hash == hashed(secret))
    ).one_or_none()
    return None if row is None or not is_valid(row.Token) else (row.Account, row.Token)


def is_valid(token: Token) -> bool:
    """Whether a token has neither expired nor been revoked."""
    return token.revoked_at is None and (token.expires_at is None or token.expires_at > now())


def needs_note(token: Token) -> bool:
    """Whether the last use that is kept of a token is too old."""
    return token.last_used_at is None or now() - token.last_used_at > _USE_NOTED


def revoke(session: Session, token_id: str) -> Account:
    """Revoke a token for good; return its account.

    Raises
    ------
    Problem
        If there is no such token.
    """
    token = session.get(Token, token_id)
    if token is None:
        raise Problem(404, f"there is no token {token_id}")
    if token.revoked_at is None:
        token.revoked_at = now()
    account = session.get(Account, token.account_id)
    assert account is not None
    return account


def any_accounts(session: Session) -> bool:
    """Whether any account exists: without one only this machine is served, and nobody logs in."""
    return session.scalar(select(Account.id).limit(1)) is not None

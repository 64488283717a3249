"""Who calls, and what the caller may do in a project."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from optimizer.service import tokens
from optimizer.service.problems import Problem
from optimizer.service.records import ROLES, Member, Project, Token, now
from optimizer.service.records import Account as AccountRecord
from optimizer.service.records import Session as Login
from optimizer.service.settings import LOOPBACK
from optimizer.service.state import State, state_of

LOCAL = "local"
"""Account of whoever calls a server without accounts from the same machine."""
COOKIE = "capopt_session"
CSRF_HEADER = "X-CSRF-Token"
_SAFE = ("GET", "HEAD", "OPTIONS")
_CHALLENGE = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True)
class Caller:
    """Who calls.

    Attributes
    ----------
    account : str
        Name of the account, ``local`` on a server without accounts.
    account_id : str or None
        Its identifier; None for ``local``.
    role : str or None
        Role in all projects, if any.
    csrf : str
        What forms carry so that no other site can send them; ``""`` for a caller with a token in the header.
    """

    account: str
    account_id: str | None = None
    role: str | None = None
    csrf: str = ""


@dataclass(frozen=True)
class Access:
    """A caller in a project.

    Attributes
    ----------
    account : str
        Name of the account.
    role : str
        Role in the project, or in all of them.
    project : Project or None
        The project of the path.
    """

    account: str
    role: str
    project: Project | None = None

    @property
    def in_project(self) -> Project:
        """The project of the path."""
        assert self.project is not None
        return self.project


def identify(request: Request) -> Caller:
    """Return who calls: by the token in the header, by the cookie of a browser, or from this machine.

    Raises
    ------
    Problem
        401 if that is not known; 403 if another site sends the request.
    """
    header, cookie = request.headers.get("Authorization"), request.cookies.get(COOKIE)
    state = state_of(request)
    if header is not None:
        return _by_token(state, header)
    with state.database.reading() as session:
        if not tokens.any_accounts(session):
            return _local(request, state)
        found = _by_cookie(session, cookie) if cookie else None
    if found is None:
        raise Problem(401, "this needs a token: send it as Authorization: Bearer TOKEN, or log in", headers=_CHALLENGE)
    refuse_other_sites(request)
    return found


def caller_of(request: Request) -> Caller:
    """Return who calls the API; a browser that changes anything sends its CSRF token in the header."""
    found = identify(request)
    if found.account_id is not None and request.method not in _SAFE:
        check_csrf(found, request.headers.get(CSRF_HEADER, ""))
    return found


def check_csrf(caller: Caller, sent: str) -> None:
    """Refuse a form that was not made for this caller.

    Raises
    ------
    Problem
        403 if it carries another token than the caller's.
    """
    if caller.csrf and not hmac.compare_digest(caller.csrf.encode(), sent.encode()):
        raise Problem(403, "the form is too old, or another site has sent it; load the page again")


def _by_token(state: State, header: str) -> Caller:
    scheme, _, secret = header.partition(" ")
    found = None
    if scheme.lower() == "bearer":
        with state.database.reading() as session:
            found = tokens.find(session, secret.strip())
    if found is None:
        raise Problem(401, "the token is unknown, has expired or was revoked", headers=_CHALLENGE)
    account, token = found
    if tokens.needs_note(token):
        with state.database.writing() as session:
            session.get_one(Token, token.id).last_used_at = now()
    return Caller(account.name, account.id, account.role)


def _by_cookie(session: Session, cookie: str) -> Caller | None:
    row = session.execute(
        select(AccountRecord, Token, Login)
        .join(Token, Token.account_id == AccountRecord.id)
        .join(Login, Login.token_id == Token.id)
        .where(Login.hash == tokens.hashed(cookie), Login.expires_at > now())
    ).one_or_none()
    if row is None or not tokens.is_valid(row.Token):
        return None
    return Caller(row.Account.name, row.Account.id, row.Account.role, row.Session.csrf)


def _local(request: Request, state: State) -> Caller:
    """Return the caller of a server without accounts, which serves this machine alone."""
    host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
    forwarded = any(name in request.headers for name in ("forwarded", "x-forwarded-for", "x-forwarded-host"))
    if not state.settings.is_loopback or host not in LOOPBACK or forwarded:
        why = (
            "a server without accounts answers this machine alone; make a token: capopt token create NAME --role admin"
        )
        raise Problem(401, why, headers=_CHALLENGE)
    refuse_other_sites(request)
    return Caller(LOCAL, role="admin", csrf=state.csrf)


def refuse_other_sites(request: Request) -> None:
    """Refuse what another site lets a browser send.

    Raises
    ------
    Problem
        403 if its headers say so.
    """
    if request.method in _SAFE:
        return
    origin, host = request.headers.get("Origin"), request.headers.get("Host")
    foreign = origin is not None and urlsplit(origin).netloc != host
    if foreign or request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Problem(403, "another site has sent this request")


def role_in(session: Session, caller: Caller, project: Project) -> str | None:
    """Return the role of a caller in a project: the higher one of that in all projects and that of the member."""
    member = session.get(Member, (project.id, caller.account_id)) if caller.account_id else None
    roles = [role for role in (caller.role, member.role if member else None) if role]
    return max(roles, key=ROLES.index, default=None)


def access_to(request: Request, caller: Caller, name: str, role: str) -> Access:
    """Return a caller in a project, in which at least a role is needed.

    Raises
    ------
    Problem
        404 if there is no such project, or the caller has no role in it; 403 if the role is a lower one.
    """
    with state_of(request).database.reading() as session:
        project = session.scalars(select(Project).where(Project.name == name)).one_or_none()
        own = role_in(session, caller, project) if project else None
    if project is None or own is None:
        raise Problem(404, f"there is no project {name!r}")
    if ROLES.index(own) < ROLES.index(role):
        raise Problem(403, f"this needs the role {role} in project {name}, and {caller.account} is {own}")
    return Access(caller.account, own, project)


def require(role: str) -> Callable[..., Access]:
    """Return a dependency: the caller with at least this role in the project of the path.

    A project that does not exist, and one in which the caller has no role, are both answered by 404.
    """

    def access(request: Request, project: str, caller: Annotated[Caller, Depends(caller_of)]) -> Access:
        return access_to(request, caller, project, role)

    return access


Anyone = Annotated[Caller, Depends(caller_of)]
Reader = Annotated[Access, Depends(require("reader"))]
Planner = Annotated[Access, Depends(require("planner"))]
Admin = Annotated[Access, Depends(require("admin"))]


def everywhere(caller: Caller) -> Access:
    """Return a caller in no particular project, who must be an admin of all.

    Raises
    ------
    Problem
        403 if the caller is not.
    """
    if caller.role != "admin":
        raise Problem(
            403, f"this needs the role admin in all projects, and {caller.account} has {caller.role or 'none'}"
        )
    return Access(caller.account, "admin")

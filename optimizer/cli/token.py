"""The command ``capopt token``: accounts of a server, and what they log in with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from optimizer.cli.exit_codes import print_json
from optimizer.cli.options import Finite, data_option, database_option, json_option, service_needed
from optimizer.errors import CapoptError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_SHOWN = ("id", "account", "role", "created_at", "expires_at", "revoked_at", "last_used_at")


@click.group(short_help="Create, list and revoke the tokens of a server.")
def token() -> None:
    """Create, list and revoke the tokens with which accounts use a server."""


@token.command()
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(["reader", "planner", "admin"]),
    help="Role of the account in all projects. [default: none; a project's admin makes it a member]",
)
@click.option("--days", type=Finite(min=0, min_open=True), help="Days after which it expires. [default: never]")
@data_option
@database_option
@json_option
def create(name: str, role: str | None, days: float | None, data: Path, database: str, as_json: bool) -> int:
    """Create a token of the account NAME, which is created with it; the token is shown this once."""
    from optimizer.service import tokens

    with _writing(data, database) as session:
        made = tokens.create(session, name, role, days)
        _record(session, "create token", made.id, account=name, role=made.role)
    if as_json:
        print_json({**vars(made), "expires_at": _text(made.expires_at)})
    else:
        click.echo(made.secret)
    until = f", until {made.expires_at:%Y-%m-%d %H:%M} UTC" if made.expires_at else ""
    click.echo(f"Token {made.id} of {name} ({made.role or 'no role yet'}){until}. It is not shown again.", err=True)
    return 0


@token.command("list")
@data_option
@database_option
@json_option
def list_tokens(data: Path, database: str, as_json: bool) -> int:
    """List the tokens, without their secrets."""
    from sqlalchemy import select

    from optimizer.service.records import Account, Token

    with _writing(data, database) as session:
        rows = session.execute(select(Token, Account).join(Account).order_by(Token.id)).all()
        about = [
            {name: _text(getattr(one, name, None)) for name in _SHOWN} | {"account": account.name, "role": account.role}
            for one, account in rows
        ]
    if as_json:
        print_json({"tokens": about})
        return 0
    for row in about:
        state = f"revoked {row['revoked_at']}" if row["revoked_at"] else f"expires {row['expires_at'] or 'never'}"
        click.echo(
            f"{row['id']}  {row['account']}  {row['role'] or '-'}  {state}  last used {row['last_used_at'] or '-'}"
        )
    return 0


@token.command()
@click.argument("token_id", metavar="ID")
@data_option
@database_option
@json_option
def revoke(token_id: str, data: Path, database: str, as_json: bool) -> int:
    """Revoke the token ID (as `list` shows it): it is refused from now on."""
    from optimizer.service import tokens

    with _writing(data, database) as session:
        account = tokens.revoke(session, token_id)
        _record(session, "revoke token", token_id, account=account.name)
    if as_json:
        print_json({"id": token_id, "account": account.name})
    else:
        click.echo(f"Token {token_id} of {account.name} is revoked.")
    return 0


def _text(value: Any) -> Any:
    return value.isoformat(timespec="seconds") if hasattr(value, "isoformat") else value


def _record(session: Session, action: str, thing: str, **detail: object) -> None:
    from optimizer.service.access import Access
    from optimizer.service.actions import record

    record(session, Access("command line", "admin"), action, thing, **detail)


@contextmanager
def _writing(data: Path, database: str) -> Iterator[Session]:
    """Open a transaction on the database of a server, which need not run."""
    with service_needed():
        from sqlalchemy.exc import DBAPIError

        from optimizer.service.database import Database
        from optimizer.service.problems import Problem
        from optimizer.service.settings import Settings
    settings = Settings(data, database)
    data.mkdir(parents=True, exist_ok=True)
    found = Database(settings.database_url)
    try:
        found.upgrade()
        with found.writing() as session:
            yield session
    except Problem as error:
        raise CapoptError(error.detail) from None
    except DBAPIError as error:
        raise CapoptError(f"the database cannot be used: {error.orig}") from None
    finally:
        found.close()

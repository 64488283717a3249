"""``Idempotency-Key``: a POST that is repeated with the same key is done once, and answered as the first time.

The key and the answer are written in the transaction of the act itself: there is no state between.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from optimizer.service.bodies import Body
from optimizer.service.problems import Problem
from optimizer.service.records import IdempotencyKey, now

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="A new text for each request; a request that is repeated with it is done once.",
    ),
]
_KEPT = ("location", "etag", "content-type")


@dataclass(frozen=True)
class Once:
    """The key of a request, ``""`` if it has none, and the hash of what it requests."""

    key: str
    request_hash: str

    def replay(self, session: Session, account: str) -> Response | None:
        """Return the answer to an earlier request with this key; otherwise take the key for this transaction.

        Raises
        ------
        Problem
            If the key was used for another request.
        """
        if not self.key:
            return None
        insert = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(IdempotencyKey)
        row = {"account": account, "key": self.key, "request_hash": self.request_hash, "created_at": now()}
        more = {"status": 0, "headers": {}, "body": b""}
        taken = insert.values(row | more).on_conflict_do_nothing().returning(IdempotencyKey.key)
        if session.execute(taken).scalar_one_or_none() is not None:
            return None
        known = session.get_one(IdempotencyKey, (account, self.key))
        if known.request_hash != self.request_hash:
            raise Problem(422, f"the Idempotency-Key {self.key!r} was used for another request; use a new one")
        return Response(known.body, known.status, known.headers)

    def keep(self, session: Session, account: str, response: Response) -> Response:
        """Keep the answer to this request, and return it."""
        if self.key:
            known = session.get_one(IdempotencyKey, (account, self.key))
            known.status, known.body = response.status_code, bytes(response.body)
            known.headers = {name: response.headers[name] for name in _KEPT if name in response.headers}
        return response


NO_KEY = Once("", "")
"""Of requests without a key, such as forms of pages."""


def _once(request: Request, body: Body, key: Key = None) -> Once:
    about = f"{request.method} {request.url.path}\n".encode()
    return Once(key or "", hashlib.sha256(about + body).hexdigest())


Idempotent = Annotated[Once, Depends(_once)]

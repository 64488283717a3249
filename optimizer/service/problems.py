"""Errors as problem documents (RFC 9457), with the errors of instances as the library finds them."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.routing import Match

from optimizer import CapoptError

MEDIA_TYPE = "application/problem+json"
_RETRY = 2  # seconds, while the database does not answer


class Problem(Exception):
    """An error with its answer: ``more`` are further members of the document, ``headers`` those of the answer."""

    def __init__(self, status: int, detail: str, *, headers: Mapping[str, str] | None = None, **more: object) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.more = status, detail, dict(headers or {}), more


class ProblemDocument(BaseModel):
    """A problem document.

    Attributes
    ----------
    type, title, status, detail : str, str, int, str
        As RFC 9457 defines them; ``type`` is always ``about:blank``.
    kind : str
        The error of the library, such as ``InstanceError``; ``""`` for other problems.
    faults : list of dict
        Errors of an instance or of a request, each with its place, what was found and what is expected.
    """

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    kind: str = ""
    faults: list[dict[str, Any]] = []


_RETRY_AFTER = {
    "Retry-After": {"description": "Seconds until it is worth trying again.", "schema": {"type": "integer"}}
}
_HEADERS = {
    401: {"WWW-Authenticate": {"description": "`Bearer`.", "schema": {"type": "string"}}},
    412: {"ETag": {"description": "Of what is there now.", "schema": {"type": "string"}}},
    429: _RETRY_AFTER,
    503: _RETRY_AFTER,
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the answers with these statuses as problem documents, for the description of routes."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": content,
            **({"headers": _HEADERS[status]} if status in _HEADERS else {}),
        }
        for status in statuses
    }


_METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
OF_CALLERS = documented(401, 403, 422, 503)
"""What every route for callers can answer: not known, not allowed, an invalid request, no database."""
IN_PROJECTS = OF_CALLERS | documented(404)
"""What every route of a project can answer: what belongs to another project does not exist either."""
OF_BODIES = documented(400, 413)
"""What every route with a body can answer: not JSON in UTF-8, or too large."""


def answer(problem: Problem) -> JSONResponse:
    """Return a problem as an answer."""
    title = HTTPStatus(problem.status).phrase
    content = {"type": "about:blank", "title": title, "status": problem.status, "detail": problem.detail}
    more = jsonable_encoder(problem.more)
    return JSONResponse({**content, **more}, problem.status, problem.headers, MEDIA_TYPE)


def of_error(error: CapoptError, status: int = HTTPStatus.UNPROCESSABLE_ENTITY) -> Problem:
    """Return an error of the library as a problem."""
    return Problem(status, str(error), **{key: value for key, value in error.to_dict().items() if key != "error"})


def _of_request(error: RequestValidationError) -> Problem:
    """Return what is wrong with a request as a problem."""
    faults = [
        {"where": ".".join(map(str, one["loc"])), "value": repr(one.get("input")), "problem": str(one["msg"])}
        for one in error.errors()
    ]
    detail = "; ".join(f"{one['where']}: {one['problem']}" for one in faults)
    return Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, faults=faults)


def install(app: FastAPI) -> None:
    """Let every error of an application leave it as a problem document."""

    async def problem(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Problem)
        return answer(error)

    async def library(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, CapoptError)
        return answer(of_error(error))

    async def request(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return answer(_of_request(error))

    async def http(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        headers = dict(error.headers or {})
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            headers["Allow"] = ", ".join(_methods(request))
        return answer(Problem(error.status_code, str(error.detail), headers=headers))

    async def database(_: Request, error: Exception) -> JSONResponse:
        detail = "the database does not answer; try again soon"
        return answer(Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": str(_RETRY)}))

    async def unexpected(_: Request, error: Exception) -> JSONResponse:
        detail = f"unexpected {type(error).__name__}; this is a bug: report it with what the server has logged"
        return answer(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail))

    handlers = {
        Problem: problem,
        CapoptError: library,
        RequestValidationError: request,
        HTTPException: http,
        DBAPIError: database,
        PoolTimeout: database,
        Exception: unexpected,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


def _methods(request: Request) -> list[str]:
    """Return the methods that the path of a request has, in all routes; each route by itself knows its own only."""
    routes = request.app.routes
    return [
        method
        for method in _METHODS
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]

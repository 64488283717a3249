"""Pages: templates, forms with CSRF tokens, errors as pages, log-in."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

import optimizer
from optimizer import CapoptError
from optimizer.format import grouped, number, percent
from optimizer.service import browser
from optimizer.service.access import COOKIE, Access, Caller, access_to, check_csrf, identify, refuse_other_sites
from optimizer.service.bodies import FORM, LIMITS
from optimizer.service.problems import Problem, of_error
from optimizer.service.state import state_of

_STYLE = Path(optimizer.__file__).parent / "report" / "templates" / "page.css"
STATIC = StaticFiles(packages=[("optimizer.service", "static")])


def _moment(value: datetime | None) -> str:
    return "" if value is None else f"{value:%Y-%m-%d %H:%M}"


def _figure(value: float | None) -> str:
    return "" if value is None else grouped(value) if abs(value) >= 1000 else number(value)


def _share(value: float | None) -> str:
    return "" if value is None else percent(value)


_TEMPLATES = Environment(
    loader=PackageLoader("optimizer.service"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters.update(moment=_moment, figure=_figure, share=_share)


class PageRoute(APIRoute):
    """A route whose errors are pages; who is not known is sent to the log-in."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        handler = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handler(request)
            except CapoptError as error:
                problem = of_error(error)
            except (RequestValidationError, ValidationError) as error:
                fields = ", ".join(sorted({str(one["loc"][-1]) for one in error.errors()}))
                problem = Problem(422, f"these fields of the form are missing or invalid: {fields}")
            except Problem as error:
                problem = error
            if problem.status == 401:
                return RedirectResponse(f"/login?to={quote(request.url.path)}", 303)
            return render(request, "error.html.j2", None, problem.status, problem=problem)

        return answer


router = APIRouter(route_class=PageRoute, include_in_schema=False)


async def page_caller(request: Request) -> Caller:
    """Return who asks for a page; what a form sends is checked for its size and CSRF token."""
    if request.method == "POST":
        length = request.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LIMITS.size + FORM:
            raise Problem(413, f"the form has more than {grouped(LIMITS.size)} bytes")
    found = await run_in_threadpool(identify, request)
    if request.method == "POST":
        form = await request.form()
        sent = form.get("csrf")
        check_csrf(found, sent if isinstance(sent, str) else "")
    return found


PageCaller = Annotated[Caller, Depends(page_caller)]


def page_access(role: str) -> Callable[..., Access]:
    """Return a dependency: the caller with at least this role in the project of the path."""

    def access(request: Request, project: str, caller: PageCaller) -> Access:
        return access_to(request, caller, project, role)

    return access


PageReader = Annotated[Access, Depends(page_access("reader"))]
PagePlanner = Annotated[Access, Depends(page_access("planner"))]
PageAdmin = Annotated[Access, Depends(page_access("admin"))]


def render(request: Request, template: str, caller: Caller | None, status: int = 200, **context: Any) -> HTMLResponse:
    """Return a page."""
    base = {"who": caller, "version": optimizer.__version__, "path": request.url.path}
    return HTMLResponse(_TEMPLATES.get_template(template).render({**base, **context}), status)


def back(path: str) -> RedirectResponse:
    """Return the answer to a form that was done: the browser loads a page."""
    return RedirectResponse(path, 303)


@router.get("/static/page.css")
def style() -> FileResponse:
    """Return the style that pages share with reports."""
    return FileResponse(_STYLE, media_type="text/css", headers={"Cache-Control": "max-age=3600"})


@router.get("/login")
def login_page(request: Request, to: str = "/") -> Response:
    """Show the log-in."""
    return render(request, "login.html.j2", None, to=_local_path(to), refused=False)


@router.post("/login")
def log_in(request: Request, token: Annotated[str, Form(max_length=200)], to: Annotated[str, Form()] = "/") -> Response:
    """Log a browser in with a token; no other site can log it in with its own."""
    refuse_other_sites(request)
    with state_of(request).database.writing() as session:
        cookie = browser.log_in(session, token)
    if cookie is None:
        return render(request, "login.html.j2", None, 401, to=_local_path(to), refused=True)
    answer = back(_local_path(to))
    browser.set_cookie(answer, cookie, secure=request.url.scheme == "https")
    return answer


def _local_path(path: str) -> str:
    """Return a path of this server; whatever leads elsewhere becomes the first page."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() else "/"


@router.post("/logout")
def log_out(request: Request, caller: PageCaller) -> Response:
    """Log a browser out."""
    with state_of(request).database.writing() as session:
        browser.log_out(session, request.cookies.get(COOKIE, ""))
    answer = back("/login")
    answer.delete_cookie(COOKIE)
    return answer

"""Every route: what belongs to another project does not exist, callers are known, and forms are those of their page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from fastapi.routing import APIRoute

from optimizer.service import browser, contents, tokens
from optimizer.service.access import COOKIE
from optimizer.service.database import Database
from optimizer.service.records import MarkedWorkbook, Project, Token, now
from optimizer.service.settings import Settings
from tests.service.inputs import tiny_instance
from tests.service.server import serving
from tests.service.test_openapi import solved
from tests.service.test_routes_jobs import add_instance


def routes(files: str) -> list[tuple[str, str]]:
    """Paths and methods of the modules of the service whose files match."""
    modules = [import_module(f"optimizer.service.{one.stem}") for one in sorted(SERVICE.glob(files))]
    found = [route for module in modules if hasattr(module, "router") for route in module.router.routes]
    return [(one.path, way) for one in found if isinstance(one, APIRoute) for way in sorted(one.methods or ())]


SERVICE = Path(tokens.__file__).parent
API = [(f"/api/v1{path}", method) for path, method in routes("routes_*.py")]
PAGES = routes("pages*.py")
IDS = ("{job}", "{other}", "{hash}", "{a}", "{b}", "{marked}")
IN_FORMS = (  # paths of which the identifiers are in the query, the form or the body
    ("/projects/{project}/compare", "GET"),
    ("/projects/{project}/side-by-side", "GET"),
    ("/projects/{project}/solve", "POST"),
    ("/api/v1/projects/{project}/jobs", "POST"),
)
OPEN = ("/login", "/static/page.css")


@dataclass
class Service:
    """A server with accounts, and two projects of which the first has everything.

    ``ada`` is an admin of all projects, ``out`` has no role, ``old`` has expired and ``gone`` was revoked.
    """

    client: httpx.Client
    secrets: dict[str, str]
    ids: dict[str, str]
    cookie: str

    def call(self, route: tuple[str, str], project: str, **more: str) -> httpx.Response:
        """Call a route with the identifiers of what the first project has, each field of forms included."""
        path, method = route
        for name, value in {**self.ids, "project": project, **more}.items():
            path = path.replace(f"{{{name}}}", value)
        if method != "POST" or path.startswith("/api/"):
            headers = {"If-Match": "*"} if method == "PATCH" else None
            query = _QUERY | self.query
            return self.client.request(method, path, params=query, json=self.body(path, method), headers=headers)
        return self.client.request(method, path, data={**_FORM, "instance": self.ids["hash"]})

    @property
    def query(self) -> dict[str, str | list[str]]:
        """Identifiers in queries of pages."""
        return {"a": self.ids["job"], "b": self.ids["job"], "job": [self.ids["job"]] * 2}

    def body(self, path: str, method: str) -> dict[str, str] | None:
        """A valid body of a route of the API."""
        if method == "GET" or method == "DELETE":
            return None
        if method == "PATCH":
            return {"note": "seen"} if "/jobs/" in path or "/instances/" in path else {"title": "seen"}
        return {"kind": "audit", "plan": self.ids["job"]} if path.endswith("/jobs") else {"role": "reader"}


_QUERY = {"since": ""}
_FORM = {
    "cell": "contracts.lease.price",
    "sign": "*=",
    "value": "2",
    "values": "1 2",
    "months": "1",
    "budget": "1",
    "name": "first-steps",
}


@pytest.fixture(scope="module")
def service(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server without workers."""
    tmp: Path = tmp_path_factory.mktemp("service")
    with serving(Settings(tmp / "data", database_url, workers=0)) as client:
        database = Database(database_url)
        with database.writing() as session:
            made = {name: tokens.create(session, name, role) for name, role in _ACCOUNTS.items()}
            session.get_one(Token, made["old"].id).expires_at = now() - timedelta(seconds=1)
            tokens.revoke(session, made["gone"].id)
            homes = [Project(name=name, created_by="ada") for name in ("one", "two")]
            session.add_all(homes)
            session.flush()
            marked = MarkedWorkbook(project_id=homes[0].id, content_hash=contents.put(session, b"x"), created_by="ada")
            session.add(marked)
            session.flush()
            cookie = browser.log_in(session, made["ada"].secret)
        assert cookie is not None
        hash_ = add_instance(database, homes[0].id, tiny_instance(), tmp)
        job = solved(database, homes[0].id, tmp)
        ids = {"job": job, "other": job, "hash": hash_, "a": hash_, "b": hash_, "marked": marked.id}
        ids |= {"name": "cash", "number": "1", "account": "ada", "token": made["gone"].id}
        yield Service(client, {name: one.secret for name, one in made.items()}, ids, cookie)
        database.close()


_ACCOUNTS = {"ada": "admin", "out": None, "old": "admin", "gone": "admin"}


def as_(service: Service, account: str) -> None:
    """Call as an account from now on, by its token."""
    service.client.headers = httpx.Headers({"Authorization": f"Bearer {service.secrets[account]}"})


def of_projects() -> list[tuple[str, str]]:
    """Routes of a project."""
    return [route for route in API + PAGES if "{project}" in route[0]]


def test_what_another_project_has_does_not_exist(service: Service) -> None:
    """Tests that each route with an identifier of the first project answers 404 in the second."""
    as_(service, "ada")
    walked = [route for route in of_projects() if route in IN_FORMS or any(one in route[0] for one in IDS)]
    assert len(walked) >= 30
    found = {route: service.call(route, "two").status_code for route in walked}
    assert {route: code for route, code in found.items() if code != 404} == {}


def test_a_project_does_not_exist_for_those_without_a_role(service: Service) -> None:
    """Tests that each route of a project answers 404 to an account without a role, as for one that is not there."""
    as_(service, "out")
    for project in ("one", "nowhere"):
        found = {route: service.call(route, project).status_code for route in of_projects()}
        assert {route: code for route, code in found.items() if code != 404} == {}


def test_no_route_answers_callers_that_are_not_known(service: Service) -> None:
    """Tests that without a token, and with a forged, an expired and a revoked one, pages lead to the log-in."""
    forged = f"capopt_{'x' * 43}"
    for secret in ("", forged, service.secrets["old"], service.secrets["gone"]):
        service.client.headers = httpx.Headers({"Authorization": f"Bearer {secret}"} if secret else {})
        api = {route: service.call(route, "one").status_code for route in API}
        assert {route: code for route, code in api.items() if code != 401} == {}
        found = {route: service.call(route, "one") for route in PAGES if route[0] not in OPEN}
        assert {
            route for route, one in found.items() if not one.headers.get("location", "").startswith("/login")
        } == set()


def test_no_form_is_taken_without_the_token_of_its_page(service: Service) -> None:
    """Tests that no form and no change by the API is taken from a browser without its CSRF token, or with another."""
    service.client.headers = httpx.Headers({"Cookie": f"{COOKIE}={service.cookie}"})
    walked = [route for route in API + PAGES if route[1] != "GET" and route[0] not in OPEN]
    assert len(walked) >= 20
    found = {route: service.call(route, "one").status_code for route in walked}
    service.client.headers["X-CSRF-Token"] = "x" * 43
    again = {route: service.call(route, "one").status_code for route in walked}
    for codes in (found, again):
        assert {route: code for route, code in codes.items() if code != 403} == {}
    service.client.headers = httpx.Headers({"Origin": "https://evil.example"})
    assert service.client.post("/login", data={"token": service.secrets["ada"]}).status_code == 403


HOSTILE = (
    "../../etc/passwd",
    "\x00",
    "a\x00b",
    "'; DROP TABLE jobs;--",
    "a" * 3000,
    "\U0001f600",
    "%",
    "\\",
    "\r\nX: y",
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_identifiers_are_not_found(service: Service, text: str) -> None:
    """Tests that an identifier of any kind is answered by an error of the caller, in each route that has one."""
    as_(service, "ada")
    names = [one.strip("{}") for one in IDS]
    hostile = dict.fromkeys(names, quote(text, safe=""))
    walked = [route for route in of_projects() if any(one in route[0] for one in IDS)]
    found = {route: service.call(route, "one", **hostile).status_code for route in walked}
    assert {route: code for route, code in found.items() if code not in (404, 405, 422)} == {}
    hostile = {**dict.fromkeys(["account", "name", "token"], quote(text, safe="")), "project": quote(text, safe="")}
    found = {route: service.call(route, **hostile).status_code for route in API if "{" in route[0]}
    assert {route: code for route, code in found.items() if code not in (404, 405, 422)} == {}

"""Members of a project in the page, and browsers that log in and out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from playwright.sync_api import Browser

from optimizer.service import tokens
from optimizer.service.access import COOKIE
from optimizer.service.database import Database
from optimizer.service.settings import Settings
from tests.service.browsing import NARROW, Keyboard, check
from tests.service.server import serving


@dataclass
class Server:
    """A server with accounts: ada is admin of all projects, bob has no role."""

    client: httpx.Client
    secrets: dict[str, str] = field(default_factory=dict)

    @contextmanager
    def browser(self, account: str) -> Iterator[httpx.Client]:
        """Log an account in with a browser of its own, for a block."""
        with httpx.Client(base_url=self.client.base_url, timeout=30.0, trust_env=False) as found:
            assert found.post("/login", data={"token": self.secrets[account]}).status_code == 303
            yield found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve a project of ada's."""
    settings = Settings(tmp_path_factory.mktemp("data"), workers=0)
    with serving(settings) as client:
        found = Server(client)
        database = Database(settings.database_url)
        with database.writing() as session:
            for name, role in (("ada", "admin"), ("bob", None)):
                found.secrets[name] = tokens.create(session, name, role).secret
        database.close()
        with found.browser("ada") as ada:
            assert ada.post("/projects", data={"name": "fleet", "csrf": csrf_of(ada)}).status_code == 303
        yield found


def csrf_of(browser: httpx.Client) -> str:
    """Token of the forms of a browser."""
    return str(re.findall(r'name="csrf" value="([^"]+)"', browser.get("/").text)[0])


def test_members_are_set_in_the_page(server: Server, browser: Browser) -> None:
    """Tests that an admin makes an account a planner by keyboard, then a reader, and removes it; the record has it."""
    context = browser.new_context(base_url=str(server.client.base_url), viewport=NARROW)
    context.set_default_timeout(60_000)
    page = context.new_page()
    keys = Keyboard(page)
    page.goto("/projects/fleet/people")
    page.keyboard.type(server.secrets["ada"])  # the field has the focus
    page.keyboard.press("Enter")
    page.wait_for_selector("[aria-label=Members]")  # of the page after the log-in, which has the same address
    with server.browser("bob") as bob:
        assert bob.get("/projects/fleet").status_code == 404
        for role, text in (("planner", "You are planner here"), ("reader", "You are reader here")):
            keys.write("Account", "bob")
            keys.choose("Role", role)
            keys.press("Set")
            page.wait_for_selector(f"[aria-label=Members] td:text-is('{role}')")
            assert text in bob.get("/projects/fleet").text
            assert ("Add an instance" in bob.get("/projects/fleet").text) == (role == "planner")
        check(page)
        refused = bob.post("/projects/fleet/members", data={"account": "bob", "role": "admin", "csrf": csrf_of(bob)})
        assert (refused.status_code, "this needs the role admin" in refused.text) == (403, True)
        keys.write("Account", "bob")
        keys.choose("Role", "none")
        keys.press("Set")
        page.wait_for_selector("[aria-label=Members] th:text-is('bob')", state="detached")
        assert bob.get("/projects/fleet").status_code == 404
    assert page.locator("[aria-label='Record of actions'] tbody tr").count() == 4  # the project, three changes
    keys.write("Account", "nobody")
    keys.press("Set")
    page.wait_for_selector("h1:text('Not found')")
    context.close()


def test_a_log_out_is_of_one_browser(server: Server) -> None:
    """Tests that of two browsers of an account one logs out, and the other stays; a revoked token ends both."""
    with server.browser("ada") as first, server.browser("ada") as second:
        gone = first.cookies[COOKIE]
        assert first.post("/logout", data={"csrf": "x"}).status_code == 403
        assert first.post("/logout", data={"csrf": csrf_of(first)}).headers["location"] == "/login"
        with httpx.Client(base_url=server.client.base_url, cookies={COOKIE: gone}, trust_env=False) as stale:
            assert stale.get("/").headers["location"] == "/login?to=/"
        assert second.get("/").status_code == 200


def test_a_revoked_token_ends_its_browsers(server: Server) -> None:
    """Tests that browsers that have logged in with a token are logged out when it is revoked, and no others."""
    with server.browser("ada") as admin:
        made = admin.post(
            "/api/v1/tokens", json={"account": "guest", "role": "reader"}, headers={"X-CSRF-Token": csrf_of(admin)}
        ).raise_for_status()
        server.secrets["guest"] = made.json()["secret"]
        with server.browser("guest") as guest:
            assert guest.get("/").status_code == 200
            gone = admin.delete(f"/api/v1/tokens/{made.json()['id']}", headers={"X-CSRF-Token": csrf_of(admin)})
            assert gone.status_code == 204
            assert guest.get("/").status_code == 303
        assert admin.get("/").status_code == 200

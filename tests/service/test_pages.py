"""Pages in a browser: a planner's way through them, and forms that other sites send."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page

import optimizer
from optimizer.service import browser as sessions
from optimizer.service import tokens
from optimizer.service.access import COOKIE
from optimizer.service.database import Database
from optimizer.service.settings import Settings
from tests.service.browsing import NARROW, check
from tests.service.server import serving


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a server without accounts and without workers."""
    with serving(Settings(tmp_path_factory.mktemp("data"), workers=0)) as found:
        yield found


@pytest.fixture
def page(browser: Browser, client: httpx.Client) -> Iterator[Page]:
    """A narrow window on the server, which fails on errors of scripts and of the content policy."""
    context = browser.new_context(base_url=str(client.base_url), viewport=NARROW, accept_downloads=True)
    context.set_default_timeout(120_000)
    found = context.new_page()
    troubles: list[str] = []
    found.on("pageerror", lambda error: troubles.append(str(error)))
    found.on("console", lambda message: troubles.append(message.text) if "Content Security" in message.text else None)
    yield found
    context.close()
    assert troubles == []


def test_a_planner_adds_and_changes_an_instance(page: Page, tmp_path: Path) -> None:
    """Tests the way by keyboard from no project to a version with what changed since the first, by workbook."""
    page.goto("/")
    check(page)
    page.focus("#name")
    page.keyboard.type("fleet-2027")
    page.keyboard.press("Enter")
    page.wait_for_url("**/projects/fleet-2027")
    check(page)
    page.get_by_role("button", name="Take an example").click()
    page.wait_for_url("**/instances/*")
    check(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the workbook").click()
    workbook = tmp_path / "mine.xlsx"
    download.value.save_as(workbook)
    book = load_workbook(workbook)
    months = next(row[1] for row in book["instance"].iter_rows() if row[0].value == "months")
    months.value = "many"
    book.save(workbook)
    page.set_input_files("#file", workbook)
    page.wait_for_url("**/upload")
    assert page.get_by_role("heading", level=1).inner_text() == "1 error in mine.xlsx"
    check(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the workbook with its errors marked").click()
    download.value.save_as(tmp_path / "marked.xlsx")
    assert "Errors" in load_workbook(tmp_path / "marked.xlsx").sheetnames
    months.value = 4
    book.save(workbook)
    page.set_input_files("#file", workbook)
    page.wait_for_url("**/instances/*")
    assert page.get_by_role("heading", name="What changed since version 1").is_visible()
    assert "months" in page.get_by_role("region", name="Differences").inner_text()
    assert page.url.rsplit("/", 1)[1] == optimizer.read(workbook).hash
    page.goto("/projects/fleet-2027/people")
    check(page)


def test_errors_are_pages(client: httpx.Client) -> None:
    """Tests that what is not there, and a form that lacks a field, are answered by pages that say so."""
    found = client.get("/projects/nowhere")
    assert (found.status_code, "there is no project &#39;nowhere&#39;" in found.text) == (404, True)
    csrf = re.findall(r'name="csrf" value="([^"]+)"', client.get("/").text)[0]
    found = client.post("/projects", data={"csrf": csrf})
    assert (found.status_code, "missing or invalid: name" in found.text) == (422, True)
    found = client.post("/projects", data={"csrf": csrf, "name": "A/B"})
    assert (found.status_code, "missing or invalid: name" in found.text) == (422, True)


def test_forms_of_other_sites_are_refused(client: httpx.Client) -> None:
    """Tests that a form without the token of its page, or from another site, does nothing."""
    csrf = re.findall(r'name="csrf" value="([^"]+)"', client.get("/").text)[0]
    body = {"name": "by-force"}
    assert client.post("/projects", data=body).status_code == 403
    assert client.post("/projects", data={**body, "csrf": "x"}).status_code == 403
    good = {**body, "csrf": csrf}
    assert client.post("/projects", data=good, headers={"Origin": "https://evil.example"}).status_code == 403
    assert client.get("/projects/by-force").status_code == 404
    assert client.post("/projects", data=good).status_code == 303


def test_names_do_not_become_markup(client: httpx.Client) -> None:
    """Tests that a title of a project is shown as it was written."""
    csrf = re.findall(r'name="csrf" value="([^"]+)"', client.get("/").text)[0]
    client.post("/projects", data={"name": "odd", "title": "<script>alert(1)</script>", "csrf": csrf})
    text = client.get("/projects/odd").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "<script>alert" not in text


def test_a_browser_logs_in_and_out(browser: Browser, database_url: str, tmp_path: Path) -> None:
    """Tests that a page leads to the log-in, a token to the page, and that nothing remains after the log-out."""
    with serving(Settings(tmp_path, database_url, workers=0)) as client:
        database = Database(database_url)
        with database.writing() as session:
            secret = tokens.create(session, "ada", "admin").secret
        assert client.get("/projects/x").headers["location"] == "/login?to=/projects/x"
        refused = client.post("/login", data={"token": "wrong", "to": "/"})
        assert (refused.status_code, COOKIE in refused.headers.get("set-cookie", "")) == (401, False)
        away = client.post("/login", data={"token": secret, "to": "//evil.example"})
        assert away.headers["location"] == "/"
        assert {"HttpOnly", "SameSite=strict"} <= {part.strip() for part in away.headers["set-cookie"].split(";")}
        client.cookies.clear()
        context = browser.new_context(base_url=str(client.base_url), viewport=NARROW)
        page = context.new_page()
        page.goto("/")
        assert page.url.endswith("/login?to=/")
        check(page)
        page.fill("#token", secret)
        page.keyboard.press("Enter")
        page.wait_for_selector("h1:text('Projects')")
        cookie = next(one["value"] for one in context.cookies() if one["name"] == COOKIE)
        page.get_by_role("button", name="Log out").click()
        page.wait_for_url("**/login")
        context.close()
        with database.writing() as session:
            assert sessions.log_in(session, secret) is not None
        database.close()
        assert client.get("/", headers={"Cookie": f"{COOKIE}={cookie}"}).status_code == 303

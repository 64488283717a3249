"""Who may do what: tokens, log-in by cookie, roles in projects, and requests that other sites send."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from optimizer.service import browser, tokens
from optimizer.service.access import COOKIE, CSRF_HEADER
from optimizer.service.database import Database
from optimizer.service.records import Session as Login
from optimizer.service.records import Token, now
from optimizer.service.settings import Settings
from tests.command import inside
from tests.service.server import serving

API = "/api/v1"


@pytest.fixture(scope="module")
def client(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a server without workers."""
    with serving(Settings(tmp_path_factory.mktemp("data"), database_url, workers=0)) as found:
        yield found


@pytest.fixture(scope="module")
def secrets(client: httpx.Client, database: Database) -> dict[str, str]:
    """Tokens by account: one of each role in all projects, one without any, one expired and one revoked."""
    accounts = {"ada": "admin", "pat": "planner", "rea": "reader", "new": None, "old": "admin", "gone": "admin"}
    with database.writing() as session:
        made = {name: tokens.create(session, name, role) for name, role in accounts.items()}
        session.get_one(Token, made["old"].id).expires_at = now() - timedelta(seconds=1)
        tokens.revoke(session, made["gone"].id)
    return {name: one.secret for name, one in made.items()}


def bearer(secret: str) -> dict[str, str]:
    """Headers with a token."""
    return {"Authorization": f"Bearer {secret}"}


def test_a_server_without_accounts_serves_this_machine(client: httpx.Client) -> None:
    """Tests that it answers by a name of this machine alone: no rebound name, no proxy, no other site."""
    assert client.get(f"{API}/projects").json() == {"items": [], "next": None}
    assert client.get(f"{API}/projects", headers={"Host": "evil.example"}).status_code == 401
    assert client.get(f"{API}/projects", headers={"X-Forwarded-For": "10.0.0.1"}).status_code == 401
    body = {"name": "from-elsewhere"}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert client.post(f"{API}/projects", json=body, headers=headers).status_code == 403
    assert client.post(f"{API}/projects", json={"name": "here"}, headers={"Origin": str(client.base_url)}).is_success


def test_a_token_is_needed_and_must_be_valid(client: httpx.Client, secrets: dict[str, str]) -> None:
    """Tests that no token, a forged one, an expired and a revoked one are refused with the same challenge."""
    forged = secrets["ada"][:-1] + ("A" if secrets["ada"][-1] != "A" else "B")
    for headers in ({}, bearer(forged), bearer(secrets["old"]), bearer(secrets["gone"]), {"Authorization": "Basic x"}):
        found = client.get(f"{API}/projects", headers=headers)
        assert (found.status_code, found.headers["www-authenticate"]) == (401, "Bearer")
        assert found.headers["content-type"] == "application/problem+json"
    assert client.get(f"{API}/projects", headers=bearer(secrets["ada"])).is_success


def test_a_secret_is_kept_nowhere(database: Database, secrets: dict[str, str]) -> None:
    """Tests that the database has the SHA-256 of a token, which has 256 random bits after its prefix."""
    with database.reading() as session:
        found = tokens.find(session, secrets["ada"])
    assert found is not None
    assert found[1].hash == tokens.hashed(secrets["ada"]) != secrets["ada"]
    assert len(secrets["ada"].removeprefix(tokens.PREFIX)) == 43  # 256 bits, six in a letter


def test_roles(client: httpx.Client, secrets: dict[str, str]) -> None:
    """Tests what each role may do, and that a project is not found by those who have no role in it."""
    codes = {
        name: client.post(f"{API}/projects", json={"name": f"of-{name}"}, headers=bearer(secrets[name])).status_code
        for name in ("ada", "pat", "rea", "new")
    }
    assert codes == {"ada": 201, "pat": 201, "rea": 403, "new": 403}
    path = f"{API}/projects/of-pat"
    assert client.get(path, headers=bearer(secrets["rea"])).json()["role"] == "reader"
    assert client.get(path, headers=bearer(secrets["new"])).status_code == 404
    assert client.get(f"{API}/projects", headers=bearer(secrets["new"])).json()["items"] == []
    member = client.put(f"{path}/members/new", json={"role": "reader"}, headers=bearer(secrets["pat"]))
    assert member.json() == {"account": "new", "role": "reader"}
    assert client.get(path, headers=bearer(secrets["new"])).is_success
    assert [one["name"] for one in client.get(f"{API}/projects", headers=bearer(secrets["new"])).json()["items"]] == [
        "of-pat"
    ]
    assert client.get(f"{API}/projects/of-ada", headers=bearer(secrets["new"])).status_code == 404
    assert client.delete(path, headers=bearer(secrets["new"])).status_code == 403
    for thing in ("jobs", "instances"):  # a reader may not change notes, whatever there is
        note = client.patch(
            f"{path}/{thing}/1", json={"note": "x"}, headers={**bearer(secrets["new"]), "If-Match": "*"}
        )
        assert note.status_code == 403
    assert client.get(f"{API}/tokens", headers=bearer(secrets["pat"])).status_code == 403
    assert client.delete(f"{path}/members/new", headers=bearer(secrets["pat"])).status_code == 204
    assert client.get(path, headers=bearer(secrets["new"])).status_code == 404


def test_a_project_changes_once(client: httpx.Client, secrets: dict[str, str]) -> None:
    """Tests that a change that is based on what somebody has changed since is refused."""
    headers = bearer(secrets["ada"])
    path = f"{API}/projects/changed"
    client.post(f"{API}/projects", json={"name": "changed"}, headers=headers)
    etag = client.get(path, headers=headers).headers["etag"]
    first = client.patch(path, json={"title": "One"}, headers={**headers, "If-Match": etag})
    second = client.patch(path, json={"title": "Two"}, headers={**headers, "If-Match": etag})
    assert (first.status_code, second.status_code) == (200, 412)
    assert client.get(path, headers=headers).json()["title"] == "One"
    assert client.post(f"{API}/projects", json={"name": "changed"}, headers=headers).status_code == 409
    assert client.delete(path, headers=headers).status_code == 204
    assert client.get(path, headers=headers).status_code == 404


def test_actions_are_on_record(client: httpx.Client, secrets: dict[str, str]) -> None:
    """Tests that who did what can be read by admins, also after the project is gone."""
    headers = bearer(secrets["ada"])
    client.post(f"{API}/projects", json={"name": "recorded"}, headers=headers)
    client.delete(f"{API}/projects/recorded", headers=headers)
    rows = client.get(f"{API}/actions", params={"limit": 1000}, headers=headers).json()["items"]
    found = [(one["account"], one["action"]) for one in rows if one["object"] == "recorded"]
    assert found == [("ada", "create project"), ("ada", "delete project")]
    assert client.get(f"{API}/actions", headers=bearer(secrets["pat"])).status_code == 403
    first = client.get(f"{API}/actions", params={"limit": 1}, headers=headers).json()
    second = client.get(f"{API}/actions", params={"limit": 1, "cursor": first["next"]}, headers=headers).json()
    assert [first["items"][0]["id"], second["items"][0]["id"]] == [rows[0]["id"], rows[1]["id"]]


def test_tokens_are_made_and_revoked(client: httpx.Client, secrets: dict[str, str]) -> None:
    """Tests that an admin makes a token that works until it is revoked, and lists show no secret."""
    headers = bearer(secrets["ada"])
    made = client.post(f"{API}/tokens", json={"account": "cy", "role": "reader", "days": 1}, headers=headers).json()
    assert client.get(f"{API}/projects", headers=bearer(made["secret"])).is_success
    listed = client.get(f"{API}/tokens", params={"limit": 1000}, headers=headers)
    assert made["secret"] not in listed.text
    assert [one["account"] for one in listed.json()["items"] if one["id"] == made["id"]] == ["cy"]
    assert client.delete(f"{API}/tokens/{made['id']}", headers=headers).status_code == 204
    assert client.get(f"{API}/projects", headers=bearer(made["secret"])).status_code == 401


def test_a_browser_logs_in(client: httpx.Client, database: Database, secrets: dict[str, str]) -> None:
    """Tests that a cookie reads, changes something with its CSRF token alone, and ends with the token or its time."""
    with database.writing() as session:
        made = tokens.create(session, "ada")
        cookie = browser.log_in(session, made.secret)
        assert browser.log_in(session, secrets["old"]) is None
    assert cookie is not None
    with database.reading() as session:
        login = session.get_one(Login, tokens.hashed(cookie))
    with httpx.Client(base_url=client.base_url, cookies={COOKIE: cookie}, trust_env=False) as found:
        assert found.get(f"{API}/projects").is_success
        body = {"name": "by-browser"}
        assert found.post(f"{API}/projects", json=body).status_code == 403
        assert found.post(f"{API}/projects", json=body, headers={CSRF_HEADER: "wrong"}).status_code == 403
        good = {CSRF_HEADER: login.csrf}
        assert found.post(f"{API}/projects", json=body, headers={**good, "Origin": "https://x"}).status_code == 403
        assert found.post(f"{API}/projects", json=body, headers=good).status_code == 201
        with database.writing() as session:
            session.get_one(Login, login.hash).expires_at = now()
        assert found.get(f"{API}/projects").status_code == 401
    with database.writing() as session:
        cookie = browser.log_in(session, made.secret)
        tokens.revoke(session, made.id)
    assert client.get(f"{API}/projects", headers={"Cookie": f"{COOKIE}={cookie}"}).status_code == 401


def test_answers_carry_headers_of_safety(client: httpx.Client) -> None:
    """Tests that every answer, also an error, forbids what pages do not need."""
    for path in ("/healthz", f"{API}/nothing"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")


def test_tokens_on_the_command_line(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Tests that a token is made, listed without its secret and revoked, and that serving others needs one."""
    data = ("--data", tmp_path / "d")
    refused = inside(capfd, "serve", "--host", "0.0.0.0", "--port", "0", *data)
    assert (refused.code, "capopt token create" in refused.err) == (1, True)
    made = inside(capfd, "token", "create", "ada", "--role", "admin", "--json", *data).json
    listed = inside(capfd, "token", "list", *data).out
    assert made["secret"] not in listed
    assert f"{made['id']}  ada  admin  expires never" in listed
    assert inside(capfd, "token", "revoke", made["id"], *data).out == f"Token {made['id']} of ada is revoked.\n"
    assert "revoked 2" in inside(capfd, "token", "list", *data).out
    assert inside(capfd, "token", "revoke", "0", *data).code == 1

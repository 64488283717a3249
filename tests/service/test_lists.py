"""Lists of versions and jobs in the page: notes, filters, what has changed, and everything as one file."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import optimizer
from optimizer.service.settings import Settings
from tests.service.inputs import tiny_instance
from tests.service.server import serving

PROJECT = "/projects/fleet"
TABLE = f"{PROJECT}/jobs-table"


@pytest.fixture(scope="module")
def client(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a server without workers, with a project, a version and a job with a note that waits."""
    folder = tmp_path_factory.mktemp("data")
    with serving(Settings(folder, database_url, workers=0)) as found:
        found.post("/api/v1/projects", json={"name": "fleet"}).raise_for_status()
        workbook = tiny_instance().save(folder / "instance.xlsx").read_bytes()
        found.post("/api/v1/projects/fleet/instances", content=workbook).raise_for_status()
        submit(found, "Board, 50 % more")
        yield found


def submit(client: httpx.Client, note: str = "") -> str:
    """Submit a job with a note; its identifier."""
    body = {"kind": "solve", "instance": tiny_instance().hash, "note": note}
    return str(client.post("/api/v1/projects/fleet/jobs", json=body).raise_for_status().json()["id"])


def shown(client: httpx.Client, **chosen: str) -> int:
    """Number of jobs in the list."""
    return client.get(TABLE, params=chosen).text.count('id="job-')


def test_jobs_are_found_by_note_and_group(client: httpx.Client) -> None:
    """Tests that the list is filtered by a part of the note in any case, with no wildcards, and by group."""
    assert shown(client, text="board") == shown(client, text="50 %") == 1
    assert shown(client, text="board_") == 0
    assert shown(client, text="local", group="active") == shown(client, group="active") > 0
    assert [shown(client, group=group) for group in ("plans", "infeasible", "failed", "cancelled")] == [0] * 4
    assert "No job is like this." in client.get(f"{PROJECT}?text=nothing").text


def test_a_list_is_sent_when_it_has_changed(client: httpx.Client) -> None:
    """Tests that a list that is as it was seen is not sent again, and that a job or a note changes it."""
    for change in (lambda job: submit(client), lambda job: note(client, f"jobs/{job}", "changed")):
        text = client.get(TABLE).text
        seen = re.findall(r'name="seen" value="(\w+)"', text)[0]
        assert client.get(TABLE, params={"seen": seen}).status_code == 204
        change(re.findall(r'id="job-(\w+)"', text)[0])
        assert client.get(TABLE, params={"seen": seen}).status_code == 200


def note(client: httpx.Client, path: str, text: str) -> None:
    """Change a note in the page."""
    csrf = re.findall(r'name="csrf" value="([^"]+)"', client.get(PROJECT).text)[0]
    assert client.post(f"{PROJECT}/{path}/note", data={"note": text, "csrf": csrf}).status_code == 303


def test_notes_are_shown_as_they_were_written(client: httpx.Client) -> None:
    """Tests the note of a version, and that of a job, in page, list and API; markup in it is text."""
    job = submit(client)
    for path in (f"jobs/{job}", f"instances/{tiny_instance().hash}"):
        note(client, path, " <b>after</b> the deal ")
        assert client.get(f"/api/v1{PROJECT}/{path}").json()["note"] == "<b>after</b> the deal"
        assert "&lt;b&gt;after&lt;/b&gt; the deal" in client.get(f"{PROJECT}/{path}").text
    assert client.get(PROJECT).text.count("&lt;b&gt;after&lt;/b&gt; the deal") == 2


def test_notes_are_changed_by_the_api_once(client: httpx.Client) -> None:
    """Tests that a note is changed with the ETag as it was read alone, is limited, and is on record."""
    job = submit(client)
    for path in (f"jobs/{job}", f"instances/{tiny_instance().hash}"):
        etag = client.get(f"/api/v1{PROJECT}/{path}").headers["etag"]
        first = client.patch(f"/api/v1{PROJECT}/{path}", json={"note": " one "}, headers={"If-Match": etag})
        assert (first.status_code, first.json()["note"]) == (200, "one")
        stale = client.patch(f"/api/v1{PROJECT}/{path}", json={"note": "two"}, headers={"If-Match": etag})
        assert stale.status_code == 412
        again = {"If-Match": first.headers["etag"]}
        assert client.patch(f"/api/v1{PROJECT}/{path}", json={"note": "two"}, headers=again).is_success
        for headers, body, code in (
            ({}, {"note": "x"}, 422),
            ({"If-Match": "*"}, {"note": "x" * 501}, 422),
            ({"If-Match": "*"}, {"note": "a\x00b"}, 422),
            ({"If-Match": "*"}, {"state": "queued"}, 422),
            ({"If-Match": "*"}, {"note": ""}, 200),
        ):
            assert client.patch(f"/api/v1{PROJECT}/{path}", json=body, headers=headers).status_code == code
        rows = client.get("/api/v1/actions", params={"limit": 1000}).json()["items"]
        notes = [one["detail"].get("note") for one in rows if one["object"] == path.partition("/")[2]]
        assert [one for one in notes if one in ("one", "two", "")][-3:] == ["one", "two", ""]
        assert client.get(f"/api/v1{PROJECT}/{path}").json()["note"] == ""


def test_plans_side_by_side_are_at_least_two(client: httpx.Client) -> None:
    """Tests that fewer ticked plans, a job without a plan and too many are refused with what to do."""
    path, job = f"{PROJECT}/side-by-side", submit(client)
    for jobs, code, word in (([], 422, "tick at least two"), ([job], 422, "tick"), ([job] * 2, 404, "no plan")):
        found = client.get(path, params={"job": jobs})
        assert (found.status_code, word in found.text) == (code, True)
    assert client.get(path, params={"job": [job] * 13}).status_code == 422


def test_everything_is_one_download(client: httpx.Client, tmp_path: Path) -> None:
    """Tests that the archive has each version as a folder that can be read again."""
    found = client.get(f"{PROJECT}/everything.zip")
    assert found.headers["content-disposition"] == 'attachment; filename="fleet.zip"'
    with zipfile.ZipFile(io.BytesIO(found.content)) as archive:
        archive.extractall(tmp_path)
    assert optimizer.read(tmp_path / "instances" / "0001").hash == tiny_instance().hash


def test_options_of_forms_are_checked(client: httpx.Client) -> None:
    """Tests that a limit without end, texts in place of numbers and infinite values are refused by a page."""
    csrf = re.findall(r'name="csrf" value="([^"]+)"', client.get(PROJECT).text)[0]
    solve = {"instance": tiny_instance().hash, "time_limit": "inf", "csrf": csrf}
    found = client.post(f"{PROJECT}/solve", data=solve)
    assert (found.status_code, "time_limit" in found.text) == (422, True)
    for values, word in (("1, many", "not numbers"), ("1 inf", "values"), (" ", "needs values")):
        sweep = {"cell": "contracts.lease.price", "values": values, "csrf": csrf}
        found = client.post(f"{PROJECT}/jobs/{submit(client)}/sweep", data=sweep)
        assert (found.status_code, word in found.text) == (422, True)


def test_the_tables_of_a_version_are_shown(client: httpx.Client) -> None:
    """Tests that a version leads to the rows of its tables, and that a table without rows is not found."""
    version = f"{PROJECT}/instances/{tiny_instance().hash}"
    assert f'href="{version}/tables/contracts"' in client.get(version).text
    assert all(text in client.get(f"{version}/tables/contracts").text for text in ("lease", "1,000"))
    assert client.get(f"{version}/tables/sites").status_code == 404


def test_places_in_the_queue_are_shown(client: httpx.Client) -> None:
    """Tests that the page of a job says how many wait before it, and the list how many in all."""
    job = submit(client)
    place = client.get(f"/api/v1{PROJECT}/jobs/{job}").json()["position"]
    assert place > 1
    assert f"number {place} in the queue" in client.get(f"{PROJECT}/jobs/{job}").text
    assert f"0 running, {place} waiting." in client.get(TABLE).text

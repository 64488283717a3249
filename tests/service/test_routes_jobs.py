"""Routes of jobs: submitting once, following, cancelling, deleting; with workers on both databases."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from optimizer.service import contents
from optimizer.service.database import Database
from optimizer.service.records import InstanceVersion, Project, new_id
from optimizer.service.settings import Settings
from tests.service.inputs import long_instance, project, tiny_instance
from tests.service.server import serving


@dataclass
class Service:
    """A running server, and a project with a tiny and a long instance."""

    client: httpx.Client
    database: Database
    project: str
    tiny: str
    long: str

    @property
    def jobs(self) -> str:
        """Path of the jobs."""
        return f"/api/v1/projects/{self.project}/jobs"

    def submit(self, **body: Any) -> dict[str, Any]:
        """Submit a job."""
        done = self.client.post(self.jobs, json={"kind": "solve", "instance": self.tiny, **body})
        assert done.status_code == 202, done.text
        found: dict[str, Any] = done.json()
        return found

    def wait(self, job_id: str, *states: str) -> dict[str, Any]:
        """Wait until a job is in one of the states; by default until it has ended."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            found: dict[str, Any] = self.client.get(f"{self.jobs}/{job_id}").json()
            if found["state"] in (states or ("succeeded", "failed", "cancelled")):
                return found
            time.sleep(0.05)
        raise AssertionError(found)


def add_instance(database: Database, project_id: str, instance: Any, tmp: Path) -> str:
    """Store an instance in a project; its hash."""
    folder = tmp / new_id()
    instance.save(folder)
    head = instance.head
    with database.writing() as session:
        name = contents.put(session, contents.pack(folder))
        session.add(
            InstanceVersion(
                project_id=project_id,
                hash=instance.hash,
                number=1,
                name=head.name,
                start=head.start,
                months=head.months,
                currency=head.currency,
                content_hash=name,
                created_by="test",
            )
        )
    return str(instance.hash)


@pytest.fixture(scope="module")
def service(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server with one worker."""
    tmp = tmp_path_factory.mktemp("service")
    with serving(Settings(tmp / "data", database_url, workers=1)) as client:
        database = Database(database_url)
        home = project(database)
        hashes = [add_instance(database, home, one, tmp) for one in (tiny_instance(), long_instance())]
        with database.reading() as session:
            name = session.get_one(Project, home).name
        yield Service(client, database, name, *hashes)
        database.close()


def test_a_job_is_accepted_and_ends(service: Service) -> None:
    """Tests the answer to a job, and its end: two months of the lease cost 2000."""
    body = {"kind": "solve", "instance": service.tiny, "options": {"gap": 0.0}}
    done = service.client.post(service.jobs, json=body)
    job = done.json()
    assert (done.status_code, done.headers["location"]) == (202, f"{service.jobs}/{job['id']}")
    assert (job["state"], job["options"]["gap"], job["options"]["time_limit"]) == ("queued", 0.0, 600.0)
    ended = service.wait(job["id"])
    assert (ended["state"], ended["result"], ended["incumbent"]) == ("succeeded", "optimal", 2000.0)
    assert ended["position"] is None


def test_the_same_key_is_done_once(service: Service) -> None:
    """Tests that a repeated POST gives the same job, and that the key of another request is refused."""
    body = {"kind": "solve", "instance": service.tiny}
    key = {"Idempotency-Key": new_id()}
    first, second = (service.client.post(service.jobs, json=body, headers=key) for _ in range(2))
    assert (first.json(), first.headers["location"]) == (second.json(), second.headers["location"])
    other = service.client.post(service.jobs, json={**body, "options": {"gap": 0.5}}, headers=key)
    assert (other.status_code, other.headers["content-type"]) == (422, "application/problem+json")


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"kind": "guess"}, 422, "guess"),
        ({"options": {"gap": -1}}, 422, "options.gap"),
        ({"options": {"gpa": 0.1}}, 422, "options.gpa"),
        ({"options": {"time_limit": 1e9}}, 422, "21600"),
        ({"instance": "0" * 64}, 404, "has no instance"),
        ({"instance": None}, 422, "works on instance"),
        ({"plan": "0" * 32}, 422, "works on instance"),
        ({"kind": "audit", "instance": None, "plan": "0" * 32}, 404, "has no job"),
    ],
)
def test_wrong_requests_are_refused(service: Service, body: dict[str, Any], status: int, words: str) -> None:
    """Tests that options are validated as on the command line, with where they are wrong."""
    done = service.client.post(service.jobs, json={"kind": "solve", "instance": service.tiny, **body})
    assert (done.status_code, done.headers["content-type"]) == (status, "application/problem+json")
    assert words in done.text


def test_jobs_of_another_project_do_not_exist(service: Service) -> None:
    """Tests that the identifier of a job opens nothing in another project."""
    job = service.submit()
    home = project(service.database)
    with service.database.reading() as session:
        other = session.get_one(Project, home).name
    for method, path in (("GET", ""), ("GET", "/events"), ("POST", "/cancel"), ("DELETE", "")):
        done = service.client.request(method, f"/api/v1/projects/{other}/jobs/{job['id']}{path}")
        assert done.status_code == 404
    assert service.wait(job["id"])["state"] == "succeeded"


def test_events_are_read_live_and_in_pages(service: Service) -> None:
    """Tests that readers see all events in order, resume after the last one, and take nothing from each other."""
    job = service.submit()
    path = f"{service.jobs}/{job['id']}/events"
    with service.client.stream("GET", path, headers={"Accept": "text/event-stream"}) as stream:
        found = [line for line in stream.iter_lines() if line.startswith(("id:", "data:"))]
    live = [json.loads(line.removeprefix("data: ")) for line in found if line.startswith("data:")]
    assert [one["data"]["state"] for one in live if one["kind"] == "state"][-1] == "succeeded"
    assert [one["number"] for one in live] == list(range(1, len(live) + 1))
    first = service.client.get(path, params={"limit": 2}).json()
    rest = service.client.get(path, params={"after": first["next"], "limit": 100}).json()
    assert (first["items"] + rest["items"], rest["next"]) == (live, None)
    resumed = {"Accept": "text/event-stream", "Last-Event-ID": str(len(live) - 1)}
    with service.client.stream("GET", path, headers=resumed) as stream:
        last = [line for line in stream.iter_lines() if line.startswith("id:")]
    assert last == [f"id: {len(live)}"]
    resumed["Last-Event-ID"] = str(len(live))
    assert service.client.get(path, headers=resumed).status_code == 204


def test_cancel_and_delete(service: Service) -> None:
    """Tests that a running job is cancelled within two seconds, a waiting one at once, and that both can be deleted."""
    running = service.submit(instance=service.long, options={"gap": 0.0, "threads": 1})
    service.wait(running["id"], "running")
    waiting = service.submit()
    assert waiting["position"] == 1
    found = service.client.get(f"{service.jobs}/{running['id']}")
    assert service.client.delete(f"{service.jobs}/{running['id']}").status_code == 409
    for job in (waiting, running):
        assert service.client.post(f"{service.jobs}/{job['id']}/cancel").status_code == 202
        assert service.wait(job["id"])["state"] == "cancelled"
        assert service.client.post(f"{service.jobs}/{job['id']}/cancel").status_code == 409
    path = f"{service.jobs}/{running['id']}"
    assert service.client.delete(path, headers={"If-Match": found.headers["etag"]}).status_code == 412
    etag = service.client.get(path).headers["etag"]
    assert service.client.get(path, headers={"If-None-Match": etag}).status_code == 304
    assert service.client.delete(path, headers={"If-Match": etag}).status_code == 204
    assert service.client.get(path).status_code == 404


def test_lists_are_paged_from_the_newest(service: Service) -> None:
    """Tests that pages by cursor hold every job once."""
    made = [service.submit()["id"] for _ in range(3)]
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = service.client.get(service.jobs, params={"limit": 2, "cursor": cursor}).json()
        found += [one["id"] for one in page["items"]]
        cursor = page["next"]
    assert found[:3] == made[::-1]
    assert len({*found}) == len(found)
    for job_id in made:
        service.wait(job_id)


def test_quotas_are_answered_with_when_to_try_again(service: Service) -> None:
    """Tests that a project whose queue is full is refused by 429 with Retry-After."""
    with service.database.writing() as session:
        home = session.query(Project).where(Project.name == service.project).one()
        before, home.max_queued = home.max_queued, 0
    done = service.client.post(service.jobs, json={"kind": "solve", "instance": service.tiny})
    with service.database.writing() as session:
        session.query(Project).where(Project.name == service.project).one().max_queued = before
    assert (done.status_code, done.headers["retry-after"]) == (429, "10")

"""A server, its workers and the processes of jobs are killed while jobs run: every job ends once, nothing is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from optimizer.service.database import Database
from optimizer.service.records import Job, Project
from tests.command import COMMAND, ROOT, environment
from tests.service.inputs import long_instance, project, tiny_instance
from tests.service.test_routes_jobs import Service, add_instance

_PATIENCE = 120.0


class Server:
    """``capopt serve`` as a process of its own, on one folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.popen: subprocess.Popen[str]
        self.client: httpx.Client

    def start(self) -> None:
        """Start it, and wait for its address."""
        command = [*COMMAND, "serve", "--data", str(self.data), "--port", "0", "--workers", "1", "--json"]
        self.popen = subprocess.Popen(
            command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.popen.stdout is not None
        text = ""
        while not text.endswith("}\n"):
            text += self.popen.stdout.readline()
        self.client = httpx.Client(base_url=json.loads(text)["address"], timeout=30.0, trust_env=False)
        wait(lambda: is_ready(self.client))

    def processes(self) -> list[psutil.Process]:
        """All processes that it has started."""
        return list(psutil.Process(self.popen.pid).children(recursive=True))

    def kill(self, number: int = signal.SIGKILL) -> list[psutil.Process]:
        """End it by a signal; the processes that it had."""
        had = self.processes()
        self.popen.send_signal(number)
        self.popen.wait(60)
        self.client.close()
        assert self.popen.stdout is not None
        self.popen.stdout.close()
        return had


def is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def wait(until: Callable[[], Any]) -> Any:
    """Wait until something is so."""
    end = time.monotonic() + _PATIENCE
    while not (found := until()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found


def events(service: Service, job_id: str, kind: str) -> list[dict[str, Any]]:
    page = service.client.get(f"{service.jobs}/{job_id}/events", params={"limit": 1000}).json()
    return [one["data"] for one in page["items"] if one["kind"] == kind]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server that is ended with the test."""
    found = Server(tmp_path / "data")
    found.start()
    yield found
    if found.popen.poll() is None:
        found.kill()


def opened(server: Server, tmp: Path) -> Service:
    """A project with a tiny and a long instance on a server."""
    database = Database(f"sqlite:///{server.data / 'service.db'}")
    home = project(database)
    hashes = [add_instance(database, home, one, tmp) for one in (tiny_instance(), long_instance())]
    with database.reading() as session:
        name = session.get_one(Project, home).name
    return Service(server.client, database, name, *hashes)


def test_a_killed_server_loses_no_job(server: Server, tmp_path: Path) -> None:
    """Tests that after SIGKILL of server, worker and job nothing runs on, and that jobs go on after a restart.

    A worker that is killed alone is replaced, and its job taken up again; so is one that is stopped (SIGSTOP), when its
    lease is over: it is ended, and cannot wake up and write. In the end the running job has a plan that is
    no worse than its incumbent before, and the waiting one runs.
    """
    service = opened(server, tmp_path)
    running = service.submit(instance=service.long, options={"gap": 0.0, "threads": 1})["id"]
    waiting = service.submit()["id"]
    kept = wait(lambda: events(service, running, "incumbent"))[-1]["objective"]
    had = server.kill()
    gone, alive = psutil.wait_procs(had, timeout=20)
    assert (len(gone) > 0, alive) == (True, [])
    server.start()
    service.client = server.client
    os.kill(wait(lambda: workers(server, service, running))[0], signal.SIGKILL)
    wait(lambda: service.client.get(f"{service.jobs}/{running}").json()["losses"] == 1)
    silent = psutil.Process(wait(lambda: workers(server, service, running))[0])
    had = [silent, *silent.children(recursive=True)]
    silent.suspend()
    wait(lambda: service.client.get(f"{service.jobs}/{running}").json()["losses"] == 2)
    wait(lambda: workers(server, service, running))
    assert psutil.wait_procs(had, timeout=20)[1] == []
    service.client.post(f"{service.jobs}/{running}/cancel")
    ended = service.wait(running)
    assert (ended["state"], ended["result"]) == ("cancelled", "feasible")
    plan = service.client.get(f"/api/v1/projects/{service.project}/plans/{running}").json()["head"]
    assert plan["objective"] <= kept * (1 + 1e-9)
    states = [one["state"] for one in events(service, running, "state")]
    assert states == [*["queued", "running"] * 4, "cancelling", "cancelled"]
    assert service.wait(waiting)["incumbent"] == 2000.0
    service.database.close()


def workers(server: Server, service: Service, job_id: str) -> list[int]:
    """The worker that runs a job, by the name under which it has claimed it."""
    with service.database.reading() as session:
        job = session.get_one(Job, job_id)
    name = job.lease_owner.rpartition("/")[2]
    there = {one.pid for one in server.processes()}
    return [int(name)] if job.state == "running" and int(name) in there else []


def test_a_server_that_is_stopped_gives_its_jobs_back(server: Server, tmp_path: Path) -> None:
    """Tests that SIGTERM ends the server and all its processes, and that the running job waits without a loss."""
    service = opened(server, tmp_path)
    job_id = service.submit(instance=service.long, options={"gap": 0.0, "threads": 1})["id"]
    wait(lambda: service.client.get(f"{service.jobs}/{job_id}").json()["state"] == "running")
    had = server.kill(signal.SIGTERM)
    assert psutil.wait_procs(had, timeout=20)[1] == []
    with service.database.reading() as session:
        job = session.get_one(Job, job_id)
    assert (job.state, job.losses, job.crashes) == ("queued", 0, 0)
    service.database.close()

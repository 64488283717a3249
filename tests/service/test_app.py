"""The application: liveness, readiness, problem documents, and what the command line imports."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from optimizer import CapoptError
from optimizer.service.serve import serve
from optimizer.service.settings import Settings
from tests.command import ROOT, environment
from tests.service.server import serving

EXTRA = ("alembic", "dask", "distributed", "fastapi", "prometheus_client", "psycopg", "sqlalchemy", "uvicorn")


@pytest.fixture(scope="module")
def client(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a server without workers."""
    with serving(Settings(tmp_path_factory.mktemp("data"), database_url, workers=0)) as found:
        yield found


def test_a_server_is_alive_and_ready(client: httpx.Client) -> None:
    """Tests that a server answers that it is alive, and ready once the database has its tables."""
    assert client.get("/healthz").json() == {"status": "alive"}
    assert client.get("/readyz").json() == {"status": "ready"}


def test_errors_are_problem_documents(client: httpx.Client) -> None:
    """Tests that a path that does not exist is answered by a problem document."""
    found = client.get("/api/v1/nothing")
    assert (found.status_code, found.headers["content-type"]) == (404, "application/problem+json")
    assert found.json() == {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "Not Found"}


def test_a_method_that_a_path_does_not_have_is_answered_by_all_that_it_has(client: httpx.Client) -> None:
    """Tests that `Allow` lists the methods of all routes of a path, not of the first one."""
    for path, methods in (
        ("/api/v1/projects", "GET, POST"),
        ("/api/v1/projects/one", "DELETE, GET, PATCH"),
        ("/api/v1/projects/one/jobs/1", "DELETE, GET, PATCH"),
        ("/api/v1/projects/one/plans/1", "GET"),
    ):
        found = client.put(path, json={})
        assert (found.status_code, found.headers["allow"]) == (405, methods), path
        assert found.headers["content-type"] == "application/problem+json"


def test_the_library_and_the_command_line_import_nothing_of_the_service() -> None:
    """Tests that neither loads the packages of the extra, which may be missing."""
    code = f"import sys, optimizer, optimizer.cli; print(sorted({{*{EXTRA!r}}} & {{*sys.modules}}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(ROOT), env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_a_port_in_use_is_named_with_another_one(tmp_path: Path) -> None:
    """Tests that a server that finds its port taken says so, and which one to try."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CapoptError, match=rf"uses port {port} of 127.0.0.1: .*--port {port + 1},"):
            serve(Settings(tmp_path, port=port, workers=0), print)

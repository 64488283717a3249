"""The OpenAPI document: the one in the repository is served, and every answer is as it says."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

import optimizer
from optimizer.service import contents, jobs, openapi, tokens
from optimizer.service.database import Database
from optimizer.service.records import Job, Project
from optimizer.service.settings import Settings
from tests.command import ROOT
from tests.service.inputs import packed, tiny_instance
from tests.service.server import serving
from tests.service.test_routes_jobs import add_instance

EXAMPLES = int(os.environ.get("CAPOPT_EXAMPLES", "4"))
"""Requests of each operation and kind (valid, invalid)."""
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]


def test_the_document_is_in_the_repository() -> None:
    """Tests that docs/openapi.json is the document that is served."""
    assert (Path(ROOT) / "docs" / "openapi.json").read_text(encoding="utf-8") == openapi.text(), "run `make docs`"


def test_operations_name_their_errors_as_problem_documents() -> None:
    """Tests that every operation for callers documents 401, 403, 422 and 503, in projects 404, and no other kind."""
    document = json.loads(openapi.text())
    assert document["openapi"].startswith("3.1")
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            answers = operation["responses"]
            if path.startswith("/api/"):
                assert {"401", "403", "422", "503"} <= answers.keys(), (method, path)
            if "{project}" in path:
                assert "404" in answers, (method, path)
            if method == "post" and path != "/api/v1/validate":
                assert "Idempotency-Key" in {one["name"] for one in operation["parameters"]}, path
            for status, found in answers.items():
                if status >= "400":
                    assert found["content"].keys() == {"application/problem+json"}, (method, path, status)
    for status in ("429", "503"):
        found = document["paths"]["/api/v1/projects/{project}/jobs"]["post"]["responses"][status]
        assert "Retry-After" in found["headers"]


@dataclass
class Service:
    """A server with a token, and a project with an instance and a plan."""

    url: str
    secret: str
    known: dict[str, str]


@pytest.fixture(scope="module")
def service(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server without workers."""
    tmp = tmp_path_factory.mktemp("service")
    with serving(Settings(tmp / "data", database_url, workers=0)) as client:
        database = Database(database_url)
        with database.writing() as session:
            secret = tokens.create(session, "ada", "admin").secret
            project = Project(name="one", created_by="ada")
            session.add(project)
            session.flush()
            home = project.id
        hash_ = add_instance(database, home, tiny_instance(), tmp)
        yield Service(
            str(client.base_url), secret, {"project": "one", "hash": hash_, "job": solved(database, home, tmp)}
        )
        database.close()


def solved(database: Database, project: str, tmp: Path) -> str:
    """Let a job of a project have the plan of the tiny instance; its identifier."""
    plan = optimizer.solve(tiny_instance(), gap=0.0, threads=1)
    with database.writing() as session:
        given = contents.put(session, packed(tmp, instance=tiny_instance()))
        job = Job(project_id=project, kind="solve", input_hash=given, options={}, limits={}, created_by="ada")
        jobs.submit(session, job)
        lease = jobs.claim(session, job.id, "worker", 60.0)
        assert lease is not None
        data = contents.pack(plan.save(tmp / job.id))
        jobs.finish(session, lease, jobs.Outcome("succeeded", "optimal", files={jobs.PLAN: data}))
        return job.id


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["valid", "invalid"])
def test_every_answer_is_documented(service: Service, mode: GenerationMode) -> None:
    """Tests drawn requests of every operation: no server error, and status, headers and content as documented."""
    schema = schemathesis.openapi.from_url(f"{service.url}/api/v1/openapi.json")
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        if mode is GenerationMode.POSITIVE or operation.body or list(operation.iter_parameters()):
            try_out(operation, service, mode)


def try_out(operation: Any, service: Service, mode: GenerationMode) -> None:
    """Send drawn requests, every other one about what there is."""
    turn = 0

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        nonlocal turn
        turn += 1
        if turn % 2 and operation.method != "delete":
            case.path_parameters.update(
                {name: one for name, one in service.known.items() if name in case.path_parameters}
            )
        case.call_and_validate(timeout=120, headers={"Authorization": f"Bearer {service.secret}"}, checks=CHECKS)

    send()

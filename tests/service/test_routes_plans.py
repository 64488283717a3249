"""Routes of plans: every format is what the library writes, and an incumbent is marked as such."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import openpyxl
import pandas as pd
import pytest

import optimizer
from optimizer.service import contents, jobs
from optimizer.service.database import Database
from optimizer.service.jobs import INCUMBENT, PLAN, Outcome
from optimizer.service.records import Job, Project
from optimizer.service.settings import Settings
from tests.service.inputs import submit, tiny_instance
from tests.service.server import serving


@pytest.fixture(scope="module")
def client(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a server without workers, with each kind of database in turn."""
    with serving(Settings(tmp_path_factory.mktemp("data"), database_url, workers=0)) as found:
        yield found


@pytest.fixture(scope="module")
def plan() -> optimizer.Plan:
    """The plan of the tiny instance: two months of the lease, 2000."""
    return optimizer.solve(tiny_instance(), gap=0.0, threads=1)


def path_of(database: Database, plan: optimizer.Plan, tmp: Path, name: str) -> str:
    """Let a job have a plan, as its incumbent or as its last; the path of the plan."""
    job_id = submit(database, "solve", b"instance")
    data = contents.pack(plan.save(tmp / job_id))
    with database.writing() as session:
        lease = jobs.claim(session, job_id, "worker", 60.0)
        assert lease is not None
        if name == INCUMBENT:
            jobs.keep_file(session, lease, INCUMBENT, data)
        else:
            jobs.finish(session, lease, Outcome("succeeded", "optimal", files={PLAN: data}))
        project = session.get_one(Project, session.get_one(Job, job_id).project_id).name
    return f"/api/v1/projects/{project}/plans/{job_id}"


def test_a_plan_comes_in_every_format(
    client: httpx.Client, database: Database, plan: optimizer.Plan, tmp_path: Path
) -> None:
    """Tests head, tables, page, workbook, folder, FOCUS and comparison of a plan that costs 2000."""
    path = path_of(database, plan, tmp_path, PLAN)
    head = client.get(path).json()
    assert (head["head"]["objective"], head["is_incumbent"], head["state"]) == (2000.0, False, "succeeded")
    assert head["expires_at"]
    csv = client.get(f"{path}/tables/decisions")
    assert csv.headers["content-type"].startswith("text/csv")
    assert pd.read_csv(io.StringIO(csv.text))["item"].tolist() == plan.decisions["item"].tolist()
    rows = client.get(f"{path}/tables/cash", headers={"Accept": "application/json"}).json()
    assert sum(row["present_value"] for row in rows) == pytest.approx(2000.0)
    parquet = client.get(f"{path}/tables/cash", headers={"Accept": "application/vnd.apache.parquet"})
    assert pd.read_parquet(io.BytesIO(parquet.content))["present_value"].sum() == pytest.approx(2000.0)
    assert "<html" in client.get(f"{path}/report.html").text
    assert openpyxl.load_workbook(io.BytesIO(client.get(f"{path}/plan.xlsx").content)).sheetnames
    folder = contents.unpack(client.get(f"{path}/plan.zip").content, tmp_path / "back")
    assert optimizer.load_plan(folder).objective == 2000.0
    assert zipfile.ZipFile(io.BytesIO(client.get(f"{path}/focus.zip").content)).namelist()
    same = client.get(f"{path}/compare/{path.rpartition('/')[2]}").json()
    assert same["difference"] == 0.0
    missing = client.get(f"{path}/tables/nothing")
    assert (missing.status_code, "cash" in missing.json()["detail"]) == (404, True)


def test_an_incumbent_is_marked_and_no_plan_is_not_found(
    client: httpx.Client, database: Database, plan: optimizer.Plan, tmp_path: Path
) -> None:
    """Tests the plan of a job that runs, and a job that has none yet."""
    path = path_of(database, plan, tmp_path, INCUMBENT)
    assert client.get(path).json()["is_incumbent"]
    job_id = submit(database, "solve", b"instance")
    with database.reading() as session:
        project = session.get_one(Project, session.get_one(Job, job_id).project_id).name
    assert client.get(f"/api/v1/projects/{project}/plans/{job_id}").status_code == 404


def test_texts_in_csv_are_no_formulas(
    client: httpx.Client, database: Database, plan: optimizer.Plan, tmp_path: Path
) -> None:
    """Tests that a text that a spreadsheet would run begins with an apostrophe in CSV, and is as it was in JSON."""
    plan.decisions.to_csv()
    evil = plan.decisions.assign(item="=1+1")
    changed = optimizer.Plan(plan.head, {**plan.tables, "decisions": evil}, plan.instance)
    path = path_of(database, changed, tmp_path, PLAN)
    assert "'=1+1" in client.get(f"{path}/tables/decisions").text
    rows = client.get(f"{path}/tables/decisions", headers={"Accept": "application/json"}).json()
    assert rows[0]["item"] == "=1+1"


def test_metrics_count_jobs_by_state(client: httpx.Client) -> None:
    """Tests that Prometheus can read how many jobs there are in each state."""
    text = client.get("/metrics").text
    assert 'capopt_jobs{state="running"} 1.0' in text
    assert 'capopt_jobs{state="succeeded"} 2.0' in text

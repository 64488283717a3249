"""Databases that the first version has written: upgraded, all that they contain can be read and used."""

from __future__ import annotations

from pathlib import Path

import pytest

import optimizer
from optimizer.service import contents
from optimizer.service.settings import Settings
from tests.service.inputs import DONE, TOKEN, WAITING, tiny_instance
from tests.service.server import serving


def test_what_the_first_version_has_written_is_there(first_version: str, tmp_path: Path) -> None:
    """Tests accounts, roles, versions, jobs with events and plans, and the record of actions after the upgrade."""
    with serving(Settings(tmp_path / "data", first_version, workers=0), headers=TOKEN) as client:
        project = "/api/v1/projects/fleet"
        assert client.get(project).json()["title"] == "Fleet plan 2027"
        assert client.get(f"{project}/members").json() == [{"account": "forecast-tool", "role": "planner"}]
        revoked = client.get(project, headers={"Authorization": "Bearer capopt_revoked"})
        assert revoked.status_code == 401
        version = client.get(f"{project}/instances").json()["items"][0]
        assert (version["hash"], version["number"]) == (tiny_instance().hash, 1)
        assert client.get(f"{project}/instances/{version['hash']}.xlsx").status_code == 200
        states = {one["id"]: one["state"] for one in client.get(f"{project}/jobs").json()["items"]}
        assert states == {DONE: "succeeded", WAITING: "queued"}
        events = client.get(f"{project}/jobs/{DONE}/events").json()["items"]
        assert [one["data"]["state"] for one in events] == ["queued", "running", "succeeded"]
        # The optimum of the tiny instance: a block of the lease for two months at 1,000 each.
        assert client.get(f"{project}/plans/{DONE}").json()["head"]["objective"] == pytest.approx(2000.0)
        folder = contents.unpack(client.get(f"{project}/plans/{DONE}/plan.zip").content, tmp_path / "plan")
        assert optimizer.audit(optimizer.load_plan(folder)).violations == ()
        page = client.get(f"/projects/fleet/jobs/{DONE}")
        assert (page.status_code, "2,000" in page.text) == (200, True)
        acts = client.get(f"{project}/actions").json()["items"]
        assert [(one["account"], one["action"]) for one in acts] == [("ada", "submit job")]

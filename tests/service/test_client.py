"""The library's calls and the command line against a server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import optimizer
from optimizer.service.settings import Settings
from tests.command import inside
from tests.service.inputs import infeasible_instance, long_instance, tiny_instance
from tests.service.server import serving


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with a worker."""
    with serving(Settings(tmp_path_factory.mktemp("data"), workers=1)) as found:
        yield str(found.base_url)


@pytest.fixture
def client(address: str) -> Iterator[optimizer.Client]:
    """A client of the server."""
    with optimizer.Client(address, project="mine") as found:
        yield found


def test_a_plan_is_that_of_the_library(client: optimizer.Client) -> None:
    """Tests that a plan from the server has the tables of one found here, and that progress is passed on."""
    seen: list[optimizer.Progress] = []
    plan = client.solve(tiny_instance(), gap=0.0, progress=seen.append)
    here = optimizer.solve(tiny_instance(), gap=0.0)
    assert (plan.objective, plan.instance) == (here.objective, here.instance)
    assert plan.tables["decisions"].equals(here.tables["decisions"])
    assert {one.phase for one in seen} >= {"build", "solve"}


def test_what_ifs_and_explanations_work_on_plans_of_the_client(client: optimizer.Client) -> None:
    """Tests that a lease that costs half as much more gives 1.5 times the cost, 3,000; and what is no plan of it."""
    plan = client.solve(tiny_instance(), gap=0.0)
    assert client.whatif(plan, ["contracts.lease.price*=1.5"]).objective == pytest.approx(3000)
    assert client.explain(plan, quick=True).keys() >= {"values", "deadlines"}
    with pytest.raises(optimizer.ServerError, match="not one that this client has fetched"):
        client.whatif(optimizer.solve(tiny_instance()), ["contracts.lease.price*=2"])


def test_errors_are_those_of_the_library(client: optimizer.Client) -> None:
    """Tests that an infeasible instance raises its conflict, and an invalid edit and option what the server says."""
    with pytest.raises(optimizer.NoFeasiblePlan) as caught:
        client.solve(infeasible_instance())
    # The folder has been read there: the places are of its files.
    assert "no more of lease can run in 2030-01: at most 2 blocks of 10 accelerators (contracts.csv row 2)" in (
        caught.value.conflict
    )
    with pytest.raises(optimizer.ServerError, match="lease"):
        client.whatif(client.solve(tiny_instance()), ["contracts.leese.price*=2"])
    with pytest.raises(optimizer.ServerError, match="gap"):
        client.solve(tiny_instance(), gap="small")


def test_a_server_that_refuses_is_named(address: str) -> None:
    """Tests that a token that the server does not know ends in an error that says so."""
    with pytest.raises(optimizer.ServerError, match="the token is unknown"):
        optimizer.Client(address, token="capopt_wrong")


def test_the_command_line_solves_on_a_server(address: str, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Tests that the plan folder is here and passes the audit, and that what servers do not do is refused by name."""
    folder = tiny_instance().save(tmp_path / "tiny")
    done = inside(capfd, "--server", address, "solve", folder, "-o", tmp_path / "plan", "--gap", "0")
    assert done.code == 0, done.err
    assert inside(capfd, "audit", tmp_path / "plan").code == 0
    assert httpx.get(f"{address}/api/v1/projects/default/jobs").json()["items"][0]["kind"] == "solve"
    refused = inside(capfd, "--server", address, "audit", tmp_path / "plan")
    assert (refused.code, "--server is for solve" in refused.err) == (2, True)
    refused = inside(capfd, "--server", address, "solve", folder, "--elastic")
    assert (refused.code, "--elastic works here alone" in refused.err) == (2, True)


def test_a_flag_cancels_a_job(client: optimizer.Client) -> None:
    """Tests that a job is cancelled once its flag is set, by its first incumbent, and that its plan is returned."""
    cancel = threading.Event()

    def look(event: optimizer.Progress) -> None:
        if event.incumbent is not None:
            cancel.set()

    plan = client.solve(long_instance(), gap=0.0, threads=1, progress=look, cancel=cancel)
    assert plan.status == "feasible"
    assert optimizer.audit(plan).passed

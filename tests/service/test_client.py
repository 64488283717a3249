"""The library's calls against a server."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

import optimizer
from optimizer.service.settings import Settings
from tests.service.inputs import infeasible_instance, long_instance, tiny_instance, uncertain_instance
from tests.service.server import serving


@pytest.fixture(scope="module")
def address(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server with a worker, with each kind of database in turn."""
    with serving(Settings(tmp_path_factory.mktemp("data"), database_url, workers=1)) as found:
        yield str(found.base_url)


@pytest.fixture(scope="module")
def fetched(address: str) -> Iterator[tuple[optimizer.Client, optimizer.Plan]]:
    """A client, and the plan of the tiny instance, 2000, that it has fetched."""
    with optimizer.Client(address, project="mine") as found:
        yield found, found.solve(tiny_instance(), gap=0.0)


@pytest.fixture
def client(fetched: tuple[optimizer.Client, optimizer.Plan]) -> optimizer.Client:
    """A client of the server."""
    return fetched[0]


@pytest.fixture
def plan(fetched: tuple[optimizer.Client, optimizer.Plan]) -> optimizer.Plan:
    """The plan of the tiny instance, 2000."""
    return fetched[1]


def test_a_plan_is_that_of_the_library(client: optimizer.Client) -> None:
    """Tests that a plan from the server has the tables of one found here, and that progress is passed on."""
    seen: list[optimizer.Progress] = []
    plan = client.solve(tiny_instance(), gap=0.0, progress=seen.append)
    here = optimizer.solve(tiny_instance(), gap=0.0)
    assert (plan.objective, plan.instance) == (here.objective, here.instance)
    assert plan.tables["decisions"].equals(here.tables["decisions"])
    assert {one.phase for one in seen} >= {"build", "solve"}


def test_what_ifs_work_on_plans_of_the_client(client: optimizer.Client, plan: optimizer.Plan) -> None:
    """Tests that a lease that costs half as much more gives 1.5 times the cost, 3,000; and what is no plan of it."""
    assert client.what_if(plan, ["contracts.lease.price*=1.5"]).objective == pytest.approx(3000)
    # Without the lease, hours on demand: 2 months x 100 hours x 10 x 2.
    assert client.what_if(plan, forbid=["lease"]).objective == pytest.approx(4000)
    with pytest.raises(optimizer.ServerError, match="not one that this client has fetched"):
        client.what_if(optimizer.solve(tiny_instance()), ["contracts.lease.price*=2"])


def test_methods_have_the_parameters_of_the_library(client: optimizer.Client) -> None:
    """Tests that what a function of the library takes has the same name, place and default in its method.

    Options of a search are taken by name; workers, cluster and on_draw are for this machine.
    """
    here = {"workers", "cluster", "on_draw"}
    for name in (
        "solve",
        "what_if",
        "sweep",
        "explain",
        "diagnose",
        "find_alternatives",
        "simulate",
        "audit",
        "compare",
    ):
        library = inspect.signature(getattr(optimizer, name)).parameters.values()
        method = inspect.signature(getattr(client, name)).parameters
        for one in library:
            if one.name not in here and not (one.name in ("gap", "time_limit") and name == "simulate"):
                assert (one.name in method, one.kind) == (True, method[one.name].kind), (name, one.name)
                assert one.default == method[one.name].default, (name, one.name)


def test_answers_are_those_of_the_library(client: optimizer.Client, plan: optimizer.Plan) -> None:
    """Tests that explanations, alternatives, sweeps and audits have the content of those that are made here."""
    steps: list[str] = []
    found, here = client.explain(plan, on_step=steps.append, threads=1), optimizer.explain(plan, threads=1)
    assert found.to_dict() == here.to_dict()
    assert steps
    for name, table in here.tables.items():
        assert_frame_equal(found.tables[name], table, check_dtype=False)
    again = client.explain(found.plan, more=True)
    assert again.is_complete
    assert_frame_equal(again.values, found.values, check_dtype=False, check_exact=False)
    near, alike = client.find_alternatives(plan, 0.6), optimizer.find_alternatives(plan, 0.6)
    assert near.to_dict() == alike.to_dict()
    assert [one.objective for one in near.plans] == [one.objective for one in alike.plans] != []
    assert_frame_equal(near.ranges, alike.ranges, check_dtype=False)
    cell = ("contracts.lease.price", [500.0, 1000.0])
    assert_frame_equal(client.sweep(plan, *cell), optimizer.sweep(plan, *cell), check_dtype=False)
    assert client.audit(plan) == optimizer.audit(plan)
    assert client.compare(plan, client.what_if(plan, forbid=["lease"])).difference == pytest.approx(2000)


def test_a_diagnosis_is_that_of_the_library(client: optimizer.Client, tmp_path: Path) -> None:
    """Tests conflicts, repairs and the plans that verify them, as text and as JSON."""
    instance = optimizer.read(infeasible_instance().save(tmp_path / "instance"))
    found, here = client.diagnose(instance), optimizer.diagnose(instance)
    assert (found.text(), found.to_dict()) == (here.text(), here.to_dict())
    assert (found.repair, found.reasons) == (here.repair, here.reasons)
    assert [one.objective for one in found.plans] == [one.objective for one in here.plans] != []


def test_a_simulation_is_that_of_the_library(client: optimizer.Client) -> None:
    """Tests that a plan under uncertainty and one of one future are examined in the same draws, by their names."""
    seen: list[optimizer.Progress] = []
    plans = {"robust": client.solve(uncertain_instance(), gap=0.0), "base": client.solve(tiny_instance(), gap=0.0)}
    found, here = client.simulate(plans, progress=seen.append), optimizer.simulate(plans, workers=1)
    assert found.to_dict() == here.to_dict()
    assert (seen[-1].phase, seen[-1].tasks) == ("simulate", 2)
    values = client.explain(plans["robust"], quick=True).values
    assert_frame_equal(values, optimizer.explain(plans["robust"], quick=True).values, check_dtype=False)
    assert client.simulate(plans["base"], 5, 3, instance=uncertain_instance()).examined == 5


def test_decisions_of_ones_own_are_checked(client: optimizer.Client, plan: optimizer.Plan) -> None:
    """Tests that without the lease the hours on demand cost 4,000, and that a decision of no item is named."""
    none = pd.DataFrame(columns=["month", "decision", "item", "blocks"])
    assert client.check_decisions(plan, none).objective == pytest.approx(4000)
    wrong = pd.DataFrame([{"month": "2030-01", "decision": "sign", "item": "leese", "blocks": 1.0}])
    with pytest.raises(optimizer.EditError, match="lease"):
        client.check_decisions(plan, wrong)


def test_instances_are_validated_without_being_kept(client: optimizer.Client, tmp_path: Path) -> None:
    """Tests a folder and a workbook, and errors with their places."""
    for name in ("tiny", "tiny.xlsx"):
        found = client.validate(tiny_instance().save(tmp_path / name))
        assert (found["hash"], found["rows"]["contracts"]) == (tiny_instance().hash, 1)
        assert [one.column for one in found["warnings"]] == ["hours_per_month"]
    path = tmp_path / "tiny" / "contracts.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("lease", ""), encoding="utf-8")
    with pytest.raises(optimizer.InstanceError) as caught:
        client.validate(tmp_path / "tiny")
    with pytest.raises(optimizer.InstanceError) as same:
        optimizer.read(tmp_path / "tiny")
    assert (caught.value.faults, str(caught.value)) == (same.value.faults, str(same.value))


def test_errors_are_those_of_the_library(client: optimizer.Client, plan: optimizer.Plan) -> None:
    """Tests that an infeasible instance raises its conflict, and an invalid edit and option what the server says."""
    with pytest.raises(optimizer.NoFeasiblePlan) as caught:
        client.solve(infeasible_instance())
    # The folder has been read there: the places are of its files.
    assert "no more of lease can run in 2030-01: at most 2 blocks of 10 accelerators (contracts.csv row 2)" in (
        caught.value.conflict
    )
    with pytest.raises(optimizer.EditError, match="lease"):
        client.what_if(plan, ["contracts.leese.price*=2"])
    with pytest.raises(optimizer.ServerError, match="gap"):
        client.solve(tiny_instance(), gap="small")


def test_a_server_that_refuses_is_named(address: str) -> None:
    """Tests that a token that the server does not know ends in an error that says so."""
    with pytest.raises(optimizer.ServerError, match="the token is unknown"):
        optimizer.Client(address, token="capopt_wrong")


def test_a_flag_cancels_a_job(client: optimizer.Client) -> None:
    """Tests that a job is cancelled once its flag is set, by its first incumbent, and that its plan is returned."""
    cancel = threading.Event()

    def look(event: optimizer.Progress) -> None:
        if event.incumbent is not None:
            cancel.set()

    plan = client.solve(long_instance(), gap=0.0, threads=1, progress=look, cancel=cancel)
    assert plan.status == "feasible"
    assert optimizer.audit(plan).passed

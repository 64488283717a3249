"""The choice of a solver, from the command line and the library to plan.json."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

import optimizer
from optimizer.bench.runs import Limits
from optimizer.instance.examples import find_example
from optimizer.plan.plan import Plan
from optimizer.solver import engines
from optimizer.solver.solution import SOLVERS, Options, Progress
from tests import command
from tests.command import COMMAND, Ended, environment
from tests.program.rich import rich_frames
from tests.program.tiny import frames, tiny

NAMES = {"highs": "HiGHS", "scip": "SCIP"}
IMPROVER = {"dive", "repair", "relaxation", "prices", "items", "months"}  # what finds plans beside HiGHS
LEASE = {"price": 100, "term_months": 1, "max_blocks": 9}  # blocks of 10
SMOKE = ("first-steps", "training-calendar", "house-rules")


@pytest.fixture
def inside(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """The command line in this process, so that parts of it can be exchanged."""
    return partial(command.inside, capfd)


@cache
def by_highs(name: str) -> Plan:
    """The plan of an example by HiGHS alone."""
    return optimizer.solve(optimizer.read(find_example(name)), time_limit=60, threads=1)


@pytest.mark.parametrize("name", SMOKE)
def test_solvers_agree_on_examples(name: str) -> None:
    """Tests that plans and bounds of SCIP lie between those of HiGHS, within the gap of 0.1 %."""
    instance = optimizer.read(find_example(name))
    plan = optimizer.solve(instance, solver="scip", time_limit=60, threads=1)
    other = by_highs(name)
    assert (plan.status, other.status) == ("optimal", "optimal")
    assert plan.bound is not None
    assert other.bound is not None
    slack = 1e-6 * abs(other.objective)
    assert plan.bound <= other.objective + slack
    assert other.bound <= plan.objective + slack
    assert optimizer.audit(plan).passed


@pytest.mark.parametrize("solver", SOLVERS)
def test_shadow_prices_of_own_rules_do_not_depend_on_the_solver(solver: str) -> None:
    """Tests that a limit on a lease of broken blocks has what one more would save as its price."""
    # 10 wanted, 6 allowed at 10 each, 4 go unserved at 50: 60 + 200. One more saves 40. Whole blocks cost 100 each.
    instance = tiny(
        1,
        {"jobs": [10]},
        contracts=[
            {"price": 100, "term_months": 1, "integer": False, "max_blocks": 9},
            {"contract": "dear", "price": 1000, "term_months": 1, "max_blocks": 9},
        ],
        workloads=[{"workload": "jobs", "penalty": 50}],
        rules=[{"sense": "<=", "rhs": 6}],
        rule_terms=[{"quantity": "capacity", "item": "lease"}],
    )
    plan = optimizer.solve(instance, solver=solver)
    assert plan.head["size"]["integers"] > 0
    assert plan.objective == pytest.approx(260)
    assert plan.rules["shadow_price"].tolist() == pytest.approx([-40])


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_head_tells_the_solver(solver: str) -> None:
    """Tests what plan.json says of the solver, its versions and the options, and the source that progress names."""
    told: list[Progress] = []
    instance = optimizer.read(rich_frames())
    plan = optimizer.solve(instance, solver=solver, gap=0, time_limit=60, threads=1, progress=told.append)
    assert plan.head["solver"]["name"] == NAMES[solver]
    assert set(plan.head["solver"]) == {"name", "nodes", "iterations"}
    assert plan.head["options"]["solver"] == solver
    assert ({"pyscipopt", "scip"} <= set(plan.head["versions"])) == (solver != "highs")
    assert plan.head["versions"]["highspy"]
    beside = IMPROVER if solver == "highs" else set()
    assert {one.source for one in told} <= {"", NAMES[solver]} | beside


def test_an_unknown_solver_is_refused() -> None:
    """Tests that the message lists the solvers."""
    with pytest.raises(ValueError, match="solver is 'cplex'; expected one of highs, scip"):
        optimizer.solve(tiny(1, {"jobs": [0]}, contracts=[LEASE]), solver="cplex")


def test_whatifs_are_solved_by_highs() -> None:
    """Tests that another solver is refused there, and not silently replaced."""
    with pytest.raises(ValueError, match="what-ifs are kept in HiGHS"):
        optimizer.WhatIf(tiny(1, {"jobs": [0]}, contracts=[LEASE]), solver="scip")


def test_the_command_solves_with_scip(tmp_path: Path, inside: Callable[..., Ended]) -> None:
    """Tests --solver: 15 wanted in blocks of 10 at 100 each are two blocks at 200."""
    optimizer.read(frames(1, {"jobs": [15]}, contracts=[LEASE])).save(tmp_path / "mine")
    done = inside("solve", tmp_path / "mine", "-o", tmp_path / "p", "--solver", "scip", "--json")
    assert done.code == 0
    assert done.json["solver"]["name"] == "SCIP"
    assert done.json["objective"] == pytest.approx(200)


def test_no_plan_is_no_plan(tmp_path: Path, inside: Callable[..., Ended]) -> None:
    """Tests that an impossible instance exits 5 with the rules that clash."""
    scarce: dict[str, Any] = {
        "on_demand": [{"price": 1, "max_accelerators": 5}],
        "workloads": [{"workload": "jobs", "min_service": 1}],
    }
    optimizer.read(frames(1, {"jobs": [10]}, **scarce)).save(tmp_path / "mine")
    done = inside("solve", tmp_path / "mine", "-o", tmp_path / "p", "--solver", "scip", "--json")
    assert done.code == 5
    assert any("(on_demand.csv row 2)" in rule for rule in done.json["conflict"])


def test_without_pyscipopt_the_command_says_what_to_install(
    tmp_path: Path, inside: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests exit code 1 and the remedy, before anything is written; HiGHS needs nothing."""
    monkeypatch.setitem(sys.modules, "pyscipopt", None)
    optimizer.read(frames(1, {"jobs": [0]}, contracts=[LEASE])).save(tmp_path / "mine")
    done = inside("solve", tmp_path / "mine", "-o", tmp_path / "p", "--solver", "scip")
    assert done.code == 1
    assert "pip install 'capopt[scip]'" in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "p").exists()
    assert inside("solve", tmp_path / "mine", "-o", tmp_path / "p").code == 0


def test_ctrl_c_at_a_terminal_keeps_the_best_plan(tmp_path: Path) -> None:
    """Tests that Ctrl-C, which all processes of a terminal get, exits 3 with an audited plan and leaves none behind."""
    optimizer.read(rich_frames(60)).save(tmp_path / "hard")
    arguments = ["solve", "hard", "-o", "p", "--gap", "0", "--time-limit", "100", "--solver", "scip"]
    with subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=tmp_path,
        env=environment(PYTHONUNBUFFERED="1"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        told = ""
        for line in process.stderr:
            told += line
            if "best plan" in line:
                os.killpg(process.pid, signal.SIGINT)
                break
        told += process.communicate(timeout=60)[1]
    assert process.returncode == 3
    assert "Traceback" not in told
    assert optimizer.load_plan(tmp_path / "p").head["stopped"] == "interrupted"
    assert _gone(process.pid)


def _gone(group: int) -> bool:
    """Whether nobody of a process group is left, within half a minute: what tracks resources ends after its process."""
    for _ in range(300):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


def test_every_solver_has_a_name_and_versions() -> None:
    """Tests that each choice can be told."""
    for solver in SOLVERS:
        options = Options(solver=solver)
        engines.check(options)
        assert engines.name(options) == NAMES[solver]
        assert engines.versions(options)
        assert Limits(solver=solver).arguments()[-2:] == ["--solver", solver]

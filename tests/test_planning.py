"""From an instance to a checked plan: what the head tells, why there is no plan, and what is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import optimizer
from optimizer.auditing import Audit, Violation
from optimizer.errors import (
    AuditFailed,
    NoFeasiblePlan,
    PlanFileError,
    PlanNotCompleted,
    PlanNotSaved,
    UnsupportedInstance,
)
from optimizer.instance.instance import Instance
from optimizer.plan.plan import Plan
from optimizer.solver import highs
from optimizer.solver.solution import Progress
from optimizer.solving import solve as planning
from optimizer.versions import version_of
from tests.program.rich import rich_frames
from tests.program.tiny import frames, solved, tiny

PHASES = ["read", "build", "compile", "solve", "extract", "audit"]


@pytest.fixture(scope="module")
def rich() -> Instance:
    return optimizer.read(rich_frames())


@pytest.fixture(scope="module")
def plan(rich: Instance) -> Plan:
    return optimizer.solve(rich, gap=0, threads=1, seed=3, time_limit=60)


@pytest.fixture(scope="module")
def hard() -> Instance:
    """Has plans at once, and a proof of none of them within a minute."""
    return optimizer.read(rich_frames(60))


# ---------------------------------------------------------------------- the head
def test_versions_are_known_without_metadata(rich: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a checkout that is not installed plans, with the versions that the modules themselves have."""

    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    version_of.cache_clear()
    try:
        found = optimizer.solve(rich, gap=0.1, threads=1, time_limit=60).head["versions"]
    finally:
        version_of.cache_clear()
    assert (found["capopt"], found["pandas"]) == (optimizer.__version__, pd.__version__)
    assert set(found) == {"capopt", "pyomo", "highspy", "numpy", "pandas", "python"}


def test_versions_are_looked_up_before_the_search(rich: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that what the head needs is known before anything is built or searched."""

    def failing(_: object) -> dict[str, str]:
        raise LookupError("versions")

    monkeypatch.setattr(planning, "_versions", failing)
    monkeypatch.setattr(planning, "build", lambda _: pytest.fail("built"))
    with pytest.raises(LookupError, match="versions"):
        optimizer.solve(rich)


def test_the_head_tells_how_the_plan_was_found(rich: Instance, plan: Plan) -> None:
    """Tests what plan.json holds."""
    head = plan.head
    assert (head["format"], head["start"], head["months"]) == (1, "2030-01", 6)
    assert head["instance"] == {"name": "rich", "title": "", "hash": rich.hash, "currency": "USD"}
    assert (head["status"], head["stopped"], head["relaxed"]) == ("optimal", "gap_reached", False)
    assert head["options"] == {"gap": 0, "time_limit": 60, "threads": 1, "seed": 3, "relax": False, "solver": "highs"}
    assert head["solver"]["name"] == "HiGHS"
    assert set(head["versions"]) == {"capopt", "pyomo", "highspy", "numpy", "pandas", "python"}
    assert set(head["size"]) == {"columns", "rows", "nonzeros", "integers"}
    assert head["audit"]["passed"] is True


def test_seconds_and_memory_are_told_by_phase(plan: Plan) -> None:
    """Tests that every phase has its seconds, and all but reading their peak memory."""
    assert list(plan.head["seconds"]) == PHASES
    assert list(plan.head["memory_mb"]) == PHASES[1:]
    assert all(value > 0 for key in ("seconds", "memory_mb") for value in plan.head[key].values())


def test_objective_bound_and_gap_agree(plan: Plan) -> None:
    """Tests that the objective is the sum of the present values, and the gap that to the bound."""
    assert plan.objective == pytest.approx(plan.cash["present_value"].sum())
    assert plan.bound is not None
    assert plan.bound <= plan.objective
    assert plan.gap == pytest.approx((plan.objective - plan.bound) / abs(plan.objective))
    assert plan.objective - plan.bound < 1e-6 * plan.objective


def test_a_plan_that_costs_nothing_has_no_gap() -> None:
    """Tests that an optimum of zero is proven."""
    nothing = solved(tiny(2, {"jobs": [0]}, contracts=[{"price": 100, "term_months": 1}]))
    assert (nothing.objective, nothing.bound, nothing.gap) == (0, 0, 0)
    assert nothing.cash.empty


def test_warnings_of_the_reader_are_kept() -> None:
    """Tests that what is suspicious in the instance stands in the head."""
    late = {"price": 100, "term_months": 1, "earliest": 9, "latest": 12}
    warned = solved(tiny(2, {"jobs": [0]}, contracts=[late]))
    assert [text for text in warned.head["warnings"] if "earliest is after the plan ends" in text]


def test_relaxed_plans_say_so(rich: Instance, plan: Plan) -> None:
    """Tests that the linear relaxation costs no more, has broken blocks, and is marked."""
    relaxed = optimizer.solve(rich, relax=True)
    assert relaxed.head["relaxed"] is True
    assert relaxed.head["size"]["integers"] == 0
    assert relaxed.objective < plan.objective
    blocks = relaxed.decisions["blocks"].to_numpy()
    assert np.any(blocks != np.round(blocks))


def test_whole_numbers_are_whole(plan: Plan) -> None:
    """Tests that blocks, lots and runs of a plan are whole to the last digit."""
    blocks = plan.decisions["blocks"].to_numpy()
    assert len(blocks) > 5
    assert np.all(blocks == np.round(blocks))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gap": -0.1}, "gap is -0.1"),
        ({"gap": float("nan")}, "gap is nan"),
        ({"time_limit": -1}, "time_limit is -1"),
        ({"time_limit": float("nan")}, "time_limit is nan"),
        ({"threads": 0}, "threads is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 2**31}, "seed is 2147483648"),
        ({"gap": -1, "seed": -1}, "gap is -1.*seed is -1"),
    ],
)
def test_options_that_mean_nothing_are_refused(rich: Instance, options: dict[str, Any], message: str) -> None:
    """Tests that each option is checked before anything is built, all faults at once."""
    with pytest.raises(ValueError, match=message):
        optimizer.solve(rich, **options)


def test_a_program_is_solved_as_its_instance_is(rich: Instance, plan: Plan) -> None:
    """Tests that a program built first gives the same plan, more than once."""
    program = optimizer.build(rich)
    for _ in range(2):
        again = optimizer.solve(program, gap=0, threads=1, seed=3, time_limit=60)
        assert again.objective == pytest.approx(plan.objective, rel=1e-9)
        pd.testing.assert_frame_equal(again.decisions, plan.decisions)


# ---------------------------------------------------------------------- progress, limits, interruption
def test_progress_tells_every_phase_and_the_search(hard: Instance) -> None:
    """Tests that phases are told in order, and the search with its cost, bound and gap in money."""
    told: list[Progress] = []
    found = optimizer.solve(hard, gap=1e-3, threads=1, time_limit=60, progress=told.append)
    assert list(dict.fromkeys(one.phase for one in told)) == PHASES[1:]
    assert [one.elapsed for one in told] == sorted(one.elapsed for one in told)
    last = [one for one in told if one.incumbent is not None][-1]
    assert last.source
    assert last.bound is not None
    assert last.incumbent is not None
    assert last.gap == pytest.approx((last.incumbent - last.bound) / abs(last.incumbent))
    assert last.bound <= found.objective <= last.incumbent * (1 + 1e-6)


def test_a_time_limit_gives_a_plan_with_its_gap(hard: Instance) -> None:
    """Tests that the best plan so far is never called optimal."""
    found = optimizer.solve(hard, gap=0, threads=1, time_limit=3)
    assert (found.status, found.head["stopped"]) == ("feasible", "time_limit")
    assert found.gap is not None
    assert found.gap > 1e-6
    assert found.head["audit"]["passed"] is True


def test_ctrl_c_gives_the_best_plan_so_far(hard: Instance) -> None:
    """Tests that an interruption returns an audited plan with its gap."""

    def interrupt(progress: Progress) -> None:
        if progress.incumbent is not None:
            raise KeyboardInterrupt

    found = optimizer.solve(hard, gap=0, threads=1, time_limit=60, progress=interrupt)
    assert (found.status, found.head["stopped"]) == ("feasible", "interrupted")
    assert found.head["audit"]["passed"] is True


# ---------------------------------------------------------------------- why there is no plan
MUST = [{"workload": "jobs", "min_service": 1}]
HELD = {"price": 100, "committed_blocks": 1, "earliest": -1, "term_months": 3}
LET = {"price": 1, "accelerators_per_block": 9, "committed_blocks": 1, "earliest": 0, "term_months": 1}
RUN = {"work": 99, "sizes": "10", "required": True}

# Each rule of the conflict: how its sentence begins, and the table rows it ends with.
IMPOSSIBLE: dict[str, tuple[Callable[[], Instance], list[tuple[str, str]]]] = {
    "too little by the hour": (
        lambda: tiny(1, {"jobs": [10]}, on_demand=[{"price": 1, "max_accelerators": 5}], workloads=MUST),
        [
            ("no more of hourly is there in 2030-01: at most 5 accelerators", "(on_demand row 1)"),
            ("workload jobs must be served in 2030-01: at least 10 of 10", "(workloads row 1; demand row 1)"),
        ],
    ),
    "a budget below what is agreed": (
        lambda: tiny(2, {"jobs": [0]}, contracts=[HELD], budgets=[{"amount": 300}, {"budget": "tight", "amount": 199}]),
        [
            ("budget tight: at most 199", "(budgets row 2)"),
            ("contract lease runs since before the plan: 1 block agreed", "(contracts row 1)"),
        ],
    ),
    "an outlet agreed that nothing covers": (
        lambda: tiny(1, {"jobs": [0]}, fleet=[{"count": 5}], outlets=[LET]),
        [
            ("outlet let must be covered in 2030-01", "(outlets row 1)"),
            ("blocks of let that start in 2030-01: 1 block of 9 accelerators is agreed", "(outlets row 1)"),
            ("no more of hall/gpu is there in 2030-01: 5 accelerators of the fleet", "(fleet row 1)"),
        ],
    ),
    "too little power": (
        lambda: tiny(2, {"jobs": [0, 10]}, fleet=[{"count": 10}], power=[{"mw": 0.009}], workloads=MUST),
        [
            ("the power of hall in 2030-02", "(sites row 1; power row 1)"),
            ("workload jobs must be served in 2030-02", "(workloads row 1; demand row 2)"),
        ],
    ),
    "half a block": (
        lambda: tiny(
            1,
            {"jobs": [0]},
            contracts=[{"price": 100, "term_months": 1}],
            rules=[{"sense": "=", "rhs": 0.5}],
            rule_terms=[{"quantity": "started", "item": "lease"}],
        ),
        [("own rule mine in 2030-01: exactly 0.5", "(rules row 1; rule_terms row 1)")],
    ),
    "a run that must be and cannot": (
        lambda: tiny(2, {"jobs": [0]}, fleet=[{"count": 10}], training_runs=[RUN]),
        [
            ("run big needs one place", "(training_runs row 1)"),
            ("run big must be run", "(training_runs row 1)"),
        ],
    ),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_rules_that_clash_are_named_by_table_and_row(name: str) -> None:
    """Tests that an impossible instance is proven so, and that the rules that clash are told with their rows."""
    make, expected = IMPOSSIBLE[name]
    with pytest.raises(NoFeasiblePlan, match=r"no plan meets all rules\. These cannot hold together:\n  ") as caught:
        optimizer.solve(make(), gap=0)
    told = caught.value.conflict
    assert len(told) == len(expected)
    for line, (begins, ends) in zip(told, expected, strict=True):
        assert line.startswith(begins)
        assert line.endswith(ends)


def test_a_users_constraint_is_named_in_a_conflict() -> None:
    """Tests that a constraint added to the model is told by its name."""
    import pyomo.environ as pyo

    program = optimizer.build(tiny(1, {"jobs": [1]}, contracts=[{"price": 100, "term_months": 1}]))
    program.model.wish = pyo.Constraint(expr=program.model.started["lease", 0] >= 2)
    with pytest.raises(NoFeasiblePlan) as caught:
        optimizer.solve(program)
    assert "wish (added to the program)" in caught.value.conflict


def test_what_is_not_covered_is_refused() -> None:
    """Tests that a program is never built of an instance with scenarios, with what to do."""
    tables = frames(1, {"jobs": [1]}, contracts=[{"price": 1, "term_months": 1}])
    tables["scenarios"] = pd.DataFrame([{"scenario": "base", "probability": 1.0}])
    with pytest.raises(UnsupportedInstance, match="build the program of one scenario"):
        optimizer.build(optimizer.read(tables))


# ---------------------------------------------------------------------- what is written
def test_a_plan_is_written_when_it_is_complete(rich: Instance, plan: Plan, tmp_path: Path) -> None:
    """Tests that the folder holds the plan that is returned."""
    found = planning.solve_to_folder(rich, tmp_path / "plan", gap=0, threads=1, seed=3)
    assert found.objective == pytest.approx(plan.objective)
    assert optimizer.load_plan(tmp_path / "plan").objective == found.objective
    assert [entry.name for entry in tmp_path.iterdir()] == ["plan"]


def test_a_plan_that_fails_its_audit_is_kept_aside(
    rich: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests that a failed plan is no plan: it is kept beside with the reason, and an earlier plan stays."""
    planning.solve_to_folder(rich, tmp_path / "plan")
    before = (tmp_path / "plan" / "plan.json").read_bytes()
    violation = Violation(
        rule="capacity", item="hall/gpu", month="2030-02", found="11 in use", allowed="at most 10 allowed"
    )
    failed = Audit(violations=(violation,), checks=1)
    monkeypatch.setattr(planning, "audit", lambda plan: failed)
    with pytest.raises(AuditFailed) as caught:
        planning.solve_to_folder(rich, tmp_path / "plan")
    aside = tmp_path / "plan.failed-audit"
    assert caught.value.kept == str(aside)
    assert caught.value.violations == (violation,)
    assert f"The failed plan is kept in {aside}." in str(caught.value)
    assert optimizer.load_plan(aside).head["audit"]["passed"] is False
    assert (tmp_path / "plan" / "plan.json").read_bytes() == before


@pytest.mark.parametrize("step", ["settle", "tables_of", "rule_prices", "check_added", "headline", "audit"])
def test_an_unexpected_error_after_the_search_keeps_the_solution(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Tests that the solution, its instance and the error are kept, and that the message says where and what to do."""

    def broken(*args: object, **options: object) -> None:
        raise KeyError("colossus")

    monkeypatch.setattr(planning, step, broken)
    lease = tiny(1, {"jobs": [1]}, contracts=[{"price": 100, "term_months": 1}])
    for number in ("", "-2"):  # the second run keeps that of the first
        with pytest.raises(PlanNotCompleted) as caught:
            planning.solve_to_folder(lease, tmp_path / "plan")
        kept = tmp_path / f"plan.unfinished{number}"
        assert (caught.value.kept, caught.value.exit_code) == (str(kept), 1)
        assert f"no plan can be made of it: KeyError: 'colossus'. Its decisions are kept in {kept}" in str(caught.value)
        assert f"Solve {kept}/instance again, with another seed" in str(caught.value)
        # One block for one unit of work in one month.
        values = pd.read_csv(kept / "solution.csv").set_index("column")["value"]
        assert values["started[lease,0]"] == pytest.approx(1)
        assert optimizer.read(kept / "instance").hash == lease.hash
        assert "in broken" in (kept / "error.txt").read_text(encoding="utf-8")
    assert not (tmp_path / "plan").exists()


def test_an_unexpected_error_in_the_search_keeps_its_solution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that what a search has found when it fails is kept as what follows the search is, with its cause."""

    def broken(*args: object, **options: object) -> None:
        raise KeyError("colossus")

    monkeypatch.setattr(highs, "with_integers_rounded", broken)
    lease = tiny(1, {"jobs": [1]}, contracts=[{"price": 100, "term_months": 1}])
    with pytest.raises(PlanNotCompleted, match="no plan can be made of it: KeyError: 'colossus'") as caught:
        planning.solve_to_folder(lease, tmp_path / "plan")
    assert caught.value.kept == str(tmp_path / "plan.unfinished")
    values = pd.read_csv(tmp_path / "plan.unfinished" / "solution.csv").set_index("column")["value"]
    assert values["started[lease,0]"] == pytest.approx(1)
    assert "in broken" in (tmp_path / "plan.unfinished" / "error.txt").read_text(encoding="utf-8")


def test_an_unexpected_error_of_writing_keeps_the_plan(
    rich: Instance, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests that a head that JSON cannot represent does not lose the plan."""
    broken = replace(plan, head={**plan.head, "nodes": float("nan"), "source": Path("x")})
    monkeypatch.setattr(planning, "solve", lambda *args, **options: broken)
    with pytest.raises(PlanNotSaved) as caught:
        planning.solve_to_folder(rich, tmp_path / "plan")
    assert caught.value.kept == str(tmp_path / "plan-2")
    assert optimizer.load_plan(tmp_path / "plan-2").objective == pytest.approx(plan.objective)


def test_a_target_that_is_no_plan_is_refused_before_anything_is_solved(
    rich: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests that a folder of something else is never touched, and that nobody waits for a solve to hear so."""
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    monkeypatch.setattr(planning, "solve", lambda *args, **options: pytest.fail("solved"))
    with pytest.raises(PlanFileError, match="is not empty and holds no plan; name another folder"):
        planning.solve_to_folder(rich, tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["notes.txt"]

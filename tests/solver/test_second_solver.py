"""The same programs through an LP file and SCIP: neither our compiler nor HiGHS has a hand in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyomo.environ as pyo
import pyscipopt
import pytest

import optimizer
from optimizer.instance.examples import find_example
from optimizer.instance.instance import Instance
from optimizer.program.build import Program
from optimizer.schema import program_contents
from tests.golden.cases import CASES
from tests.program.rich import rich_frames
from tests.program.tiny import frames


def _scip(program: Program, folder: Path, relax: bool) -> float:
    """Optimum of the model as SCIP finds it in an LP file, in money."""
    if relax:
        for variable in program.model.component_data_objects(pyo.Var):
            variable.domain = pyo.Reals
    file = folder / "program.lp"
    program.model.write(str(file))
    model = pyscipopt.Model()
    model.hideOutput()
    model.readProblem(str(file))
    model.setParam("limits/gap", 0.0)
    model.setParam("numerics/feastol", 1e-9)
    model.optimize()
    assert model.getStatus() == "optimal"
    return float(model.getObjVal()) * program.units.money


def _landlord() -> Instance:
    return optimizer.read(find_example("landlord"))


def _scarce() -> Instance:
    """The rich instance without anything agreed or by the hour: builds, purchases and leases must do."""
    tables: dict[str, Any] = rich_frames(6)
    tables["workloads"]["penalty"] *= 20
    for table in ("on_demand", "budgets", "policies", "rules", "rule_terms", "commitments"):
        del tables[table]
    tables["prices"] = tables["prices"][tables["prices"]["item"] != "hourly"]
    return optimizer.read(tables)


def _fractions() -> Instance:
    """Broken blocks and lots: a linear program as it stands."""
    return optimizer.read(
        frames(
            9,
            {"jobs": [7, 9, 31, 44, 18, 18, 3, 0, 22]},
            head={"discount_rate": 0.3},
            fleet=[{"count": 6}],
            builds=[
                {"capex_per_mw": 40, "integer": False, "max_blocks": 2, "lead_months": 2, "residual_fraction": 0.4}
            ],
            purchases=[{"unit_price": 900, "integer": False, "lead_months": 1, "life_months": 4, "max_per_month": 5}],
            contracts=[
                {"price": 1200, "min_term_months": 3, "max_blocks": 2.5, "integer": False, "notice_months": 2},
                {"contract": "year", "price": 1000, "term_months": 12, "max_blocks": 1.5, "integer": False},
            ],
            on_demand=[{"price": 3, "max_accelerators": 8}],
            outlets=[{"accelerators_per_block": 3, "price": 250, "min_term_months": 2, "integer": False}],
        )
    )


LINEAR: dict[str, Callable[[], Instance]] = {
    "rich": lambda: optimizer.read(rich_frames()),
    "rich and longer": lambda: optimizer.read(rich_frames(15)),
    "scarce": _scarce,
    "fractions": _fractions,
    "landlord": _landlord,
    **CASES,
}


@pytest.mark.parametrize("name", LINEAR)
def test_linear_programs_have_the_same_optimum(tmp_path: Path, name: str) -> None:
    """Tests that the optimum of a linear relaxation is SCIP's, within 1e-6 relative."""
    instance = LINEAR[name]()
    plan = optimizer.solve(instance, relax=True, threads=1)
    expected = _scip(optimizer.build(instance), tmp_path, relax=True)
    assert plan.objective == pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", ["rich", "scarce", *CASES])
def test_whole_programs_have_the_same_optimum(tmp_path: Path, name: str) -> None:
    """Tests that the optimum with whole blocks is SCIP's, and that it does not contradict our bound."""
    instance = LINEAR[name]()
    plan = optimizer.solve(instance, gap=0, threads=1, time_limit=60)
    expected = _scip(optimizer.build(instance), tmp_path, relax=False)
    assert plan.objective == pytest.approx(expected, rel=1e-6, abs=1e-6)
    assert plan.bound is not None
    assert plan.bound <= expected + 1e-6 * abs(expected)


def test_the_cases_cover_every_family() -> None:
    """Tests that the two solvers are compared on rows of every family."""
    assert set(CASES) == set(program_contents()["constraints"])

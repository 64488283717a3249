"""The arrays against Pyomo's own compiler, and what a user adds to the model."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from pyomo.core.expr.visitor import identify_variables
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler
from scipy.sparse import csc_array

import optimizer
from optimizer.errors import AdditionError, SolverError
from optimizer.instance.instance import Instance
from optimizer.program.arrays import Arrays
from optimizer.program.build import Program
from optimizer.program.compile import _check_finite, compile_program
from optimizer.program.row_names import name_of
from tests.command import ROOT
from tests.golden.cases import CASES
from tests.program.rich import rich_frames
from tests.program.tiny import by_month, decided, tiny

INSTANCES: dict[str, Callable[[], Instance]] = {
    "rich": lambda: optimizer.read(rich_frames()),
    "rich and longer": lambda: optimizer.read(rich_frames(15)),
    **{family: CASES[family] for family in ("delivered_balance", "renewal", "budget_limit", "outage_power")},
}


def _matrix(arrays: Arrays) -> Any:
    shape = (len(arrays.row_lower), len(arrays.cost))
    return csc_array((arrays.values, arrays.indices, arrays.starts), shape=shape)


def _difference(one: Any, other: Any) -> float:
    return float(abs(one - other).max()) if one.shape == other.shape else np.inf


def _components(program: Program, names: Sequence[Any]) -> list[Any]:
    """Components of the Pyomo model behind the names of columns or rows."""
    return [getattr(program.model, family)[key] for family, key in names]


@pytest.mark.parametrize("name", INSTANCES)
def test_arrays_are_the_same_with_and_without_a_model(name: str) -> None:
    """Tests that a program is compiled alike from what is written and from its Pyomo model, if that is as it was."""
    program = optimizer.build(INSTANCES[name]())
    plain = compile_program(program)
    assert not program.is_modelled
    assert list(program.model.columns)
    other = compile_program(program)
    assert (plain.rows, plain.columns, plain.offset) == (other.rows, other.columns, other.offset)
    for part in ("cost", "lower", "upper", "integer", "starts", "indices", "values", "row_lower", "row_upper"):
        assert np.array_equal(getattr(plain, part), getattr(other, part))


@pytest.mark.parametrize("name", INSTANCES)
def test_arrays_are_those_of_pyomos_own_compiler(name: str) -> None:
    """Tests that matrix, right-hand sides and costs are the same as Pyomo's standard form of the model."""
    program = optimizer.build(INSTANCES[name]())
    arrays = compile_program(program)
    form = LinearStandardFormCompiler().write(
        program.model,
        mixed_form=True,
        column_order=_components(program, arrays.columns),
        row_order=_components(program, arrays.rows),
    )
    position = {id(column): number for number, column in enumerate(program.model.columns)}
    order = [position[id(column)] for column in form.columns]
    assert [row.constraint for row in form.rows] == _components(program, arrays.rows)
    assert _difference(_matrix(arrays)[:, order], csc_array(form.A)) < 1e-12
    assert np.abs(arrays.cost[order] - form.c.toarray()[0]).max() < 1e-12
    assert arrays.offset == form.c_offset[0]
    assert not np.delete(arrays.cost, order).any()
    for number, (row, rhs) in enumerate(zip(form.rows, form.rhs, strict=True)):
        lower, upper = (rhs if row.bound_type <= 0 else -np.inf), (rhs if row.bound_type >= 0 else np.inf)
        assert (arrays.row_lower[number], arrays.row_upper[number]) == (lower, upper)


@pytest.mark.parametrize("relax", [True, False])
def test_bounds_and_integrality_are_those_of_the_variables(relax: bool) -> None:
    """Tests that columns have the bounds of their variables, and their integrality unless it is relaxed."""
    program = optimizer.build(optimizer.read(rich_frames()))
    arrays = compile_program(program, relax=relax)
    for number, variable in enumerate(program.model.columns):
        lower, upper = variable.bounds
        assert arrays.lower[number] == (-np.inf if lower is None else lower)
        assert arrays.upper[number] == (np.inf if upper is None else upper)
        assert arrays.integer[number] == (variable.is_integer() and not relax)
    assert arrays.size["integers"] == arrays.integer.sum() == (0 if relax else 89)


def _leased(**columns: Any) -> Program:
    """Ten accelerators wanted in each of 3 months; a lease at 100 a month for them."""
    lease = {"price": 100, "term_months": 1, "max_blocks": 3, **columns}
    return optimizer.build(tiny(3, {"jobs": [10]}, contracts=[lease]))


def test_a_constraint_added_to_the_model_binds() -> None:
    """Tests that a user's constraint is solved along: no more than two signatures, two months served, 1000 unserved."""
    program = _leased()
    model = program.model
    model.few = pyo.Constraint(expr=sum(model.started["lease", t] for t in range(3)) <= 2)
    assert optimizer.solve(program, gap=0).objective == pytest.approx(200 + 10 * 1000)
    model.late = pyo.Constraint(expr=model.started["lease", 0] == 0)
    assert decided(optimizer.solve(program, gap=0))[0] == (1, "sign", "lease", 1)


def test_a_variable_added_to_the_model_is_solved_along() -> None:
    """Tests that a user's variable, parameter and expression work, in bounds on both sides, and with a constant."""
    program = _leased()
    model = program.model
    model.extra = pyo.Var(domain=pyo.NonNegativeReals)
    model.least = pyo.Param(initialize=3, mutable=True)
    model.signed_in_all = pyo.Expression(expr=model.started["lease", 0] + 2 * model.started["lease", 1] + 1)
    model.linked = pyo.Constraint(expr=model.extra == model.signed_in_all - 1)
    model.between = pyo.Constraint(expr=pyo.inequality(model.least + 2, model.extra + 1, 7))
    arrays = compile_program(program)
    assert [name_of(column) for column in arrays.columns[-1:]] == ["extra"]
    assert [name_of(row) for row in arrays.rows[-2:]] == ["linked", "between"]
    assert (arrays.row_lower[-1], arrays.row_upper[-1]) == (4, 6)
    # n0 + 2 n1 >= 4 with n <= 3: n1 = 2 and n0 = 0 costs the least unless month 0 is served: n0 = 1, n1 = 2 (1.5).
    plan = optimizer.solve(program, gap=0)
    assert plan.objective == pytest.approx(100 + 200 + 100)
    assert by_month(plan, "capacity", "accelerators") == {0: 10, 1: 20, 2: 10}


def test_a_variable_can_be_fixed() -> None:
    """Tests that a fixed variable keeps its value."""
    program = _leased()
    program.model.started["lease", 2].fix(3)
    assert optimizer.solve(program, gap=0).objective == pytest.approx(100 + 100 + 300)


def test_a_constraint_can_be_looked_at() -> None:
    """Tests that a constraint whose expression was asked for is compiled as it was written."""
    program = _leased()
    model, before = program.model, compile_program(program)
    row = model.demand_met[next(iter(model.demand_met))]
    assert row.ub == before.row_upper[before.rows.index(("demand_met", row.index()))]  # the expression is made now
    assert str(row.expr) == str(row.expr)
    assert np.array_equal(compile_program(program).values, before.values)


def test_a_model_can_be_copied() -> None:
    """Tests that a copy of the model has the same constraints on variables of its own."""
    model = _leased().model
    copied = model.clone()
    for row in model.component_data_objects(pyo.Constraint):
        twin = copied.find_component(row)
        assert str(twin.expr) == str(row.expr)
        assert not {id(v) for v in identify_variables(twin.body)} & {id(v) for v in identify_variables(row.body)}


def _square(model: Any) -> None:
    model.extra = pyo.Constraint(expr=model.started["lease", 0] ** 2 <= 1)


def _second_objective(model: Any) -> None:
    model.extra = pyo.Objective(expr=model.started["lease", 0])


def _maximise(model: Any) -> None:
    model.net_present_cost.deactivate()
    model.extra = pyo.Objective(expr=model.started["lease", 0], sense=pyo.maximize)


def _no_number(model: Any) -> None:
    model.extra = pyo.Constraint(expr=float("nan") * model.started["lease", 0] <= 1)


def _endless(model: Any) -> None:
    model.extra = pyo.Constraint(expr=float("inf") * model.started["lease", 0] + model.started["lease", 1] <= 1)


def _no_side(model: Any) -> None:
    model.least = pyo.Param(initialize=float("nan"), mutable=True)
    model.extra = pyo.Constraint(expr=model.started["lease", 0] + model.least <= 1)


def _no_bound(model: Any) -> None:
    model.more = pyo.Var(bounds=(0, float("nan")))
    model.extra = pyo.Constraint(expr=model.more <= model.started["lease", 0])


def _no_price(model: Any) -> None:
    model.net_present_cost.deactivate()
    model.extra = pyo.Objective(expr=float("nan") * model.started["lease", 0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_no_number, "^extra has a coefficient that is NaN or infinite; expected finite numbers: check the data"),
        (_endless, "^extra has a coefficient that is NaN or infinite"),
        (_no_side, "^extra has a side that is NaN or infinite"),
        (_no_bound, "'more' created with an invalid non-finite upper bound .nan.. Check the data"),
        (_no_price, r"^the objective was changed in the model \(extra\)"),
        (_square, "extra was added to the model and is not linear"),
        (_second_objective, r"^the objective was changed in the model \(extra\)"),
        (_maximise, "^the objective was changed in the model"),
    ],
)
def test_what_cannot_be_solved_is_refused(change: Callable[[Any], None], message: str) -> None:
    """Tests that nonlinear constraints, numbers that are none and other objectives are refused with the reason."""
    program = _leased()
    change(program.model)
    with pytest.raises(AdditionError, match=message):
        compile_program(program)


def test_activity_and_violation() -> None:
    """Tests row activities, and the largest relative violation of rows and bounds."""
    # x + 2 y <= 4, 1 <= x <= 3, 0 <= y. At (3, 2): activity 7, over by 3 of 1 + 3 + 4; at (4, 0): bound over by 1 of 5.
    arrays = compile_program(_leased())
    small = Arrays(
        cost=np.array([1.0, 1.0]),
        offset=0.0,
        lower=np.array([1.0, 0.0]),
        upper=np.array([3.0, np.inf]),
        integer=np.array([False, False]),
        starts=np.array([0, 1, 2]),
        indices=np.array([0, 0]),
        values=np.array([1.0, 2.0]),
        row_lower=np.array([-np.inf]),
        row_upper=np.array([4.0]),
        columns=arrays.columns[:2],
        rows=arrays.rows[:1],
    )
    assert small.activity(np.array([3.0, 2.0])).tolist() == [7]
    assert small.worst_violation(np.array([3.0, 2.0])) == pytest.approx(3 / 8)
    assert small.worst_violation(np.array([4.0, 0.0])) == pytest.approx(1 / 5)
    assert small.worst_violation(np.array([2.0, 1.0])) == 0


@pytest.mark.parametrize("name", ["model", "read_model"])
def test_the_model_needs_no_private_parts_of_pyomo(name: str) -> None:
    """Tests that no attribute with a leading underscore is used where Pyomo is: any of them can change unseen."""
    tree = ast.parse((ROOT / "optimizer" / "program" / f"{name}.py").read_text(encoding="utf-8"))
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    private = {one for one in names if one.startswith("_") and not one.endswith("__")}
    assert private <= {"_row", "_term", "_check_finite"}  # its own methods


def test_a_program_is_solved_without_pyomo_and_scipy() -> None:
    """Tests that Pyomo and SciPy, which are long to import, are not imported to find a plan."""
    code = (
        "import sys, optimizer\n"
        "program = optimizer.build(optimizer.read('instances/first-steps'))\n"
        "assert optimizer.solve(program).head['audit']['passed']\n"
        "assert not {'pyomo', 'scipy'} & set(sys.modules)\n"
        "assert program.model.demand_met and 'pyomo' in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("values", "sides", "text"),
    [
        ([1.0, np.nan, 1.0], ([0.0, 0.0], [1.0, 1.0]), "first[x,1] has a coefficient that is NaN or infinite"),
        ([1.0, 1.0, np.inf], ([0.0, 0.0], [1.0, 1.0]), "second[y] has a coefficient that is NaN or infinite"),
        ([1.0, 1.0, 1.0], ([0.0, np.nan], [1.0, 1.0]), "second[y] has a side that is NaN or infinite"),
        ([1.0, 1.0, 1.0], ([0.0, 0.0], [np.nan, 1.0]), "first[x,1] has a side that is NaN or infinite"),
        ([1.0, 1.0, 1.0], ([np.inf, 0.0], [np.inf, 1.0]), "first[x,1] has a side that is NaN or infinite"),
        ([1.0, 1.0, 1.0], ([-np.inf, -np.inf], [1.0, -np.inf]), "second[y] has a side that is NaN or infinite"),
    ],
)
def test_a_row_that_is_no_number_is_refused_by_name(
    values: list[float], sides: tuple[list[float], list[float]], text: str
) -> None:
    """Tests coefficients and sides of two rows, of two columns and of one, that no solver can take."""
    names = (("first", ("x", 1)), ("second", "y"))
    row_of = np.array([0, 0, 1], dtype=np.int32)
    with pytest.raises(SolverError) as caught:
        _check_finite(names, np.array(values), row_of, np.array(sides))
    assert str(caught.value).startswith(text)
    _check_finite(names, np.ones(3), row_of, np.array([[-np.inf, 0.0], [1.0, np.inf]]))

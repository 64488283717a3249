"""A plan that costs less than what is proven for every plan is an error, wherever costs and bounds meet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import optimizer
from optimizer.analysis.alternatives import find_alternatives
from optimizer.analysis.offers import offers_table
from optimizer.analysis.tight_gap_search import TightGapSearch
from optimizer.bench.best_known import BestKnown, improved
from optimizer.bench.runs import Result
from optimizer.errors import BoundContradicted
from optimizer.instance.instance import Instance
from optimizer.plan.plan import Plan
from optimizer.solver import engines
from optimizer.solver.bound import bound_below, is_below
from optimizer.solver.reoptimise import ReoptimisationModel
from optimizer.solving import solve as planning
from optimizer.solving.whatif import WhatIf
from tests.program.tiny import solved, tiny


def _leased() -> Instance:
    """One month, ten accelerators wanted: a lease for 100, or 1000 each for what is not served."""
    return tiny(1, {"jobs": [10]}, contracts=[{"price": 100, "term_months": 1}])


@pytest.fixture(scope="module")
def plan() -> Plan:
    return solved(_leased())


def _proving(bound: float, solve: Any) -> Any:
    """An engine whose bound is another, in money."""

    def wrong(*args: Any, **options: Any) -> Any:
        unit = args[0].program.units.money if isinstance(args[0], ReoptimisationModel) else 100.0
        return replace(solve(*args, **options), bound=bound / unit)

    return wrong


def test_the_unit_of_money_is_as_these_tests_say() -> None:
    """Tests that a unit of the program's money is 100, in which the bounds below are written."""
    assert optimizer.build(_leased()).units.money == 100


def test_a_plan_below_its_bound_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a plan of 100 with a bound of 170 is not returned; the error has both, and the plan without bound."""
    monkeypatch.setattr(engines, "solve", _proving(170, engines.solve))
    with pytest.raises(BoundContradicted, match=r"costs 100\.00 USD, less than the 170\.00 USD proven") as caught:
        optimizer.solve(_leased())
    error = caught.value
    assert [error.objective, error.bound, error.exit_code] == pytest.approx([100, 170, 1])
    assert error.plan is not None
    assert error.plan.objective == pytest.approx(100)
    assert (error.plan.bound, error.plan.status) == (None, "feasible")


def test_a_plan_within_rounding_of_its_bound_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a bound above the cost by half a millionth of it is rounding: gap 0; by two millionths it is not."""
    solve = engines.solve
    monkeypatch.setattr(engines, "solve", _proving(100 * (1 + 0.5e-6), solve))
    assert optimizer.solve(_leased()).gap == 0
    monkeypatch.setattr(engines, "solve", _proving(100 * (1 + 2e-6), solve))
    with pytest.raises(BoundContradicted):
        optimizer.solve(_leased())


def test_what_was_found_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that the plan is written next to where it was to go, and the message says where."""
    monkeypatch.setattr(engines, "solve", _proving(170, engines.solve))
    with pytest.raises(BoundContradicted, match="The plan is kept in ") as caught:
        planning.solve_to_folder(_leased(), tmp_path / "plan")
    assert caught.value.kept == str(tmp_path / "plan.contradicted")
    assert optimizer.load_plan(caught.value.kept).objective == pytest.approx(100)
    assert not (tmp_path / "plan").exists()


def test_a_what_if_below_its_bound_is_an_error(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that what-ifs raise it too, with and without a plan made of the answer."""
    ask = WhatIf(plan)
    monkeypatch.setattr(ReoptimisationModel, "solve", _proving(90, ReoptimisationModel.solve))
    with pytest.raises(BoundContradicted):
        ask("contracts.lease.price=80")
    with pytest.raises(BoundContradicted):
        ask.cost("contracts.lease.price=80")
    assert ask.cost("contracts.lease.price=95").bound == pytest.approx(90)


def test_a_floor_that_is_none_is_an_error(plan: Plan) -> None:
    """Tests that a bound passed to a search, 170, below which the search finds 100, comes back as an error."""
    with pytest.raises(BoundContradicted):
        WhatIf(plan).ask([], known_bound=170.0)


def test_explanations_of_a_plan_below_its_bound_are_errors(plan: Plan) -> None:
    """Tests that finer searches and offers see that the plan at hand, of 100, contradicts its bound."""
    wrong = replace(plan, head={**plan.head, "bound": 170.0, "gap": 0.0})
    wide = replace(wrong, head={**wrong.head, "gap": 1.0})
    with pytest.raises(BoundContradicted):
        _ = TightGapSearch(WhatIf(wide), wide).best
    # Without the lease 10 x 1000 are paid for what is not served: a bound of 20,000 on all plans cannot be.
    dear = replace(plan, head={**plan.head, "bound": 20_000.0, "gap": 0.0})
    with pytest.raises(BoundContradicted):
        offers_table(WhatIf(dear), dear, ["lease"])


def test_an_alternative_below_the_bound_is_an_error() -> None:
    """Tests that a distinct plan, with the other lease of 100.5, is seen to be below a bound of 170."""
    leases = [{"price": 100, "term_months": 1}, {"contract": "other", "price": 100.5, "term_months": 1}]
    plan = solved(tiny(1, {"jobs": [10]}, contracts=leases))
    assert [other.objective for other in find_alternatives(plan, plans=1).plans] == [pytest.approx(100.5)]
    with pytest.raises(BoundContradicted):
        find_alternatives(replace(plan, head={**plan.head, "bound": 170.0, "gap": 0.0}), plans=1)


def test_best_known_does_not_hide_it() -> None:
    """Tests that a plan of 100 is not filed where a bound of 170 is known."""
    known = BestKnown("one", 200.0, 170.0, 0.15, "=best=", "", "")
    result = Result(instance="one", set="", status="optimal", exit_code=0, objective=100.0, bound=90.0)
    with pytest.raises(BoundContradicted):
        improved(known, result, "", "")


def test_where_money_cancels_out_precision_is_of_what_moves() -> None:
    """Tests the tolerance: a millionth of the cost, or of all money that moves."""
    assert is_below(100.0, 100.001)
    assert not is_below(100.0, 100.001, turnover=1e6)
    assert bound_below(100.0, 90.0) == 90.0

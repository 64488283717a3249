"""Settling of a solution: stocks from the decisions, penalties no higher than they need to be; derived by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import optimizer
from optimizer.plan.settle import Settled, settle
from optimizer.program.build import Program
from optimizer.program.compile import compile_program
from optimizer.solver import highs
from optimizer.solver.solution import Options
from tests.program.tiny import tiny

near: Any = pytest.approx


def solution(program: Program) -> Any:
    """An optimal solution, without noise."""
    found = highs.solve(compile_program(program), Options(gap=0.0, threads=1, time_limit=60)).values
    assert found is not None
    return np.round(found, 9)


def settled(program: Program, counted: tuple[int, ...] = (), **families: dict[Any, float]) -> Settled:
    """The optimal solution settled, with other values in the columns of some families: 0 where nothing is given."""
    values = solution(program)
    for family, amounts in families.items():
        for key, column in program.parts.col[family].items():
            values[column] = amounts.get(key, 0.0)
    return settle(program, values, counted)


def of(program: Program, found: Settled, family: str) -> dict[Any, float]:
    """Values of the columns of a family."""
    return {key: float(found.values[column]) for key, column in program.parts.col[family].items()}


# ---------------------------------------------------------------- stocks
@pytest.mark.parametrize(
    ("lease", "decided", "started", "active", "delivered"),
    [
        # A term of 2: blocks of month 0 are gone in month 2, the third of two before the plan is gone in month 1.
        ({"term_months": 2}, [(-1, 3.0)], {0: 2.0, 2: 1.0}, [5, 2, 1, 1, 0], [5, 2, 1, 1, 0]),
        # The half of a block in its first month, all of it then.
        ({"term_months": 3, "ramp": (0.5, 1)}, [], {0: 2.0, 1: 4.0}, [2, 6, 6, 4, 0], [1, 4, 6, 4, 0]),
        # Terminable, with two of three signed before handed back in month 2 and all others in month 4.
        ({"min_term_months": 1}, [(-1, 3.0)], {1: 1.0}, [3, 4, 2, 2, 0], [3, 4, 2, 2, 0]),
        ({"min_term_months": 2, "ramp": (0.5, 1)}, [], {0: 2.0, 1: 2.0}, [2, 4, 2, 2, 0], [1, 3, 2, 2, 0]),
    ],
)
def test_blocks_in_force_follow_from_the_decisions(
    lease: dict[str, Any],
    decided: list[tuple[int, float]],
    started: dict[int, float],
    active: list[float],
    delivered: Any,
) -> None:
    """Tests fixed terms and terminable contracts, with ramps and with what was signed before the plan."""
    given = {name: value for name, value in lease.items() if name != "ramp"}
    ramps = [{"month_of_term": age, "capacity_fraction": part} for age, part in enumerate(lease.get("ramp", ()))]
    program = optimizer.build(
        tiny(
            5,
            {"jobs": [0]},
            contracts=[{"price": 300, "max_blocks": 9, **given}],
            ramps=ramps,
            decided=[{"month": t, "decision": "sign", "item": "lease", "blocks": n} for t, n in decided],
        )
    )
    back: dict[Any, float] = {} if "term_months" in lease else {("lease", 2): 2.0, ("lease", 4): 2.0}
    # The stocks of the solution are wrong: they follow from the decisions.
    found = settled(program, started={("lease", t): n for t, n in started.items()}, ended=back)
    assert found.active["lease"].tolist() == active
    assert found.delivered["lease"].tolist() == delivered
    assert of(program, found, "in_force") == {key: active[key[1]] for key in program.parts.col["in_force"]}


def test_lots_are_there_from_their_delivery_for_their_life() -> None:
    """Tests lots of two orders, one before the plan: two months later for three months."""
    lots = {"unit_price": 1e6, "lead_months": 2, "life_months": 3, "lot_size": 5}
    before = [{"month": -2, "decision": "buy", "item": "buy", "blocks": 4}]
    before += [{"month": -4, "decision": "buy", "item": "buy", "blocks": 8}]
    program = optimizer.build(tiny(6, {"jobs": [0]}, purchases=[lots], decided=before))
    found = settled(program, bought={("buy", 0): 2.0, ("buy", 1): 1.0, ("buy", 3): 0.5e-9})
    assert found.bought["buy"].tolist() == [2, 1, 0, 0, 0, 0]
    # Eight lots are there in -2, -1 and 0, four in 0, 1 and 2, two in 2, 3 and 4, one in 3, 4 and 5.
    assert found.installed["buy"].tolist() == [12, 4, 6, 3, 3, 1]


def test_orders_are_the_steps_of_the_stock() -> None:
    """Tests that blocks ordered are the differences of the stock, and that a stock that falls orders nothing."""
    wing = {"capex_per_mw": 1e6, "max_blocks": 9, "integer": False, "earliest": 1, "latest": 3}
    program = optimizer.build(tiny(5, {"jobs": [0]}, fleet=[{"count": 1}], builds=[wing]))
    stock = dict(zip(program.parts.col["built"], (0.5, 2.0, 1.5), strict=True))
    assert [t for _, t in stock] == [1, 2, 3]
    found = settled(program, built=stock)
    assert found.ordered["wing"].tolist() == [0, 0.5, 1.5, 0, 0]
    assert found.built["wing"].tolist() == [0, 0.5, 2, 2, 2]


def test_traces_of_accelerators_are_nothing() -> None:
    """Tests that a billionth of a unit of work placed is set to zero, and a little more stays."""
    program = optimizer.build(tiny(2, {"jobs": [10]}, fleet=[{"count": 10}]))
    keys = list(program.parts.col["allocated"])
    found = settled(program, allocated={keys[0]: -1e-9, keys[1]: 2e-9})
    assert of(program, found, "allocated") == {keys[0]: 0, keys[1]: near(2e-9)}


# ---------------------------------------------------------------- penalties
@pytest.mark.parametrize(
    ("sense", "over", "under"),
    [("<=", [5.0, 0.0], None), (">=", None, [0.0, 4.0]), ("=", [5.0, 0.0], [0.0, 4.0])],
)
def test_a_soft_rule_is_broken_by_what_its_terms_exceed_it(
    sense: str, over: list[float] | None, under: list[float] | None
) -> None:
    """Tests that twice 10 against 15 are 5 over, twice 5.5 are 4 under, whatever the search left in the columns."""
    rules = {"rules": [{"sense": sense, "rhs": 15, "penalty": 7}]}
    terms = {"rule_terms": [{"quantity": "used", "item": "jobs", "coefficient": 2}]}
    program = optimizer.build(tiny(2, {"jobs": [10, 5.5]}, fleet=[{"count": 10}], **rules, **terms))
    m = program.parts
    for wrong, counted in ((9.0, False), (0.0, False), (9.0, True), (0.0, True)):
        columns = {name: dict.fromkeys(m.col[name], wrong) for name in ("over", "under")}
        numbers = tuple(number for name in columns for number in m.col[name].values()) if counted else ()
        found = settled(program, numbers, **columns)
        assert found.rule_values == {("mine", 0): (near(20), near(35)), ("mine", 1): (near(11), near(26))}
        for name, expected in (("over", over), ("under", under)):
            amounts = [m.rule_scale[key] * value for key, value in of(program, found, name).items()]
            least = [m.rule_scale[key] * wrong for key in m.col[name]] if counted else [0.0, 0.0]
            wanted = [] if expected is None else [max(*pair) for pair in zip(expected, least, strict=True)]
            assert amounts == near(wanted)


def test_a_rule_within_the_noise_of_its_terms_stays_as_it_is() -> None:
    """Tests that a ten-millionth of the terms is no violation: 20 and 15 are 35, of which 3.5e-6 are noise."""
    rules = {"rules": [{"sense": "<=", "rhs": 15, "penalty": 7}]}
    terms = {"rule_terms": [{"quantity": "used", "item": "jobs", "coefficient": 2}]}
    program = optimizer.build(tiny(1, {"jobs": [10]}, fleet=[{"count": 10}], **rules, **terms))
    scale = program.parts.rule_scale["mine", 0]
    for excess, kept in ((3e-6, 5 + 3e-6), (4e-6, 5.0)):
        found = settled(program, over={("mine", 0): (5 + excess) / scale})
        assert of(program, found, "over")["mine", 0] * scale == near(kept, rel=1e-9)


@pytest.mark.parametrize(
    ("more", "counted", "short"),
    [
        ({}, False, [1400.0, 2000.0]),
        ({}, True, [5000.0, 5000.0]),  # an added constraint can require more
        (
            {"rules": [{"sense": "<=", "rhs": 1e9}], "rule_terms": [{"quantity": "spend", "item": "cloud"}]},
            False,
            [5000.0, 5000.0],
        ),
    ],
)
def test_a_shortfall_is_what_a_year_is_short_of(more: dict[str, Any], counted: bool, short: list[float]) -> None:
    """Tests two commitments: 12,000 a year are 2000 in two months, of which 600 are paid to one provider."""
    deals: list[dict[str, Any]] = [{"annual_amount": 12_000, "required": True, "latest": 0}]
    deals += [{"commitment": "other", "provider": "neo", "annual_amount": 12_000, "required": True, "latest": 0}]
    lease = {"price": 300, "term_months": 1, "committed_blocks": 1, "earliest": 0}
    program = optimizer.build(
        tiny(
            2,
            {"jobs": [0]},
            providers=[{}, {"provider": "neo"}],
            contracts=[{**lease, "term_months": 2}],
            commitments=deals,
            **more,
        )
    )
    columns, money = program.parts.col["shortfall"], program.units.money
    for wrong in (5000.0, 0.0):
        found = settled(program, tuple(columns.values()) * counted, shortfall=dict.fromkeys(columns, wrong / money))
        amounts = {key[0]: value * money for key, value in of(program, found, "shortfall").items()}
        assert amounts == near(dict(zip(("deal", "other"), short if wrong else (1400.0, 2000.0), strict=True)))


def test_a_run_that_is_not_placed_is_left_out() -> None:
    """Tests that the share of a run that is left out follows from its placements."""
    runs = [{"run": name, "work": 10, "sizes": "5", "penalty": 5e6} for name in ("one", "two")]
    program = optimizer.build(tiny(4, {"jobs": [0]}, fleet=[{"count": 5}], training_runs=runs))
    placed = program.parts.col["placed"]
    first = {key: float(key == ("one", "hall/gpu", 5.0, 1)) for key in placed}
    found = settled(program, placed=first, not_run={"one": 0.4, "two": 0.4})
    assert of(program, found, "not_run") == {"one": 0, "two": 1}

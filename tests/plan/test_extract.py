"""The plan's tables: what they leave out, and that they agree with one another."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import optimizer
from optimizer.plan.extract import extract
from optimizer.plan.extract_rules import rules_table
from optimizer.plan.plan import Plan
from optimizer.plan.settle import settle
from optimizer.program.build import Program
from optimizer.program.compile import compile_program
from optimizer.solver import highs
from optimizer.solver.solution import Options
from tests.program.rich import rich_frames
from tests.program.tiny import by_month, month, paid, solved, tiny

Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def program() -> Program:
    return optimizer.build(optimizer.read(rich_frames(9)))


@pytest.fixture(scope="module")
def values(program: Program) -> Any:
    values = highs.solve(compile_program(program), Options(gap=0.01, threads=1, time_limit=60)).values
    assert values is not None
    return values


@pytest.fixture(scope="module")
def tables(program: Program, values: Any) -> Tables:
    return extract(program, values)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return optimizer.solve(optimizer.read(rich_frames(9)), gap=0.01, threads=1, time_limit=60)


@pytest.mark.parametrize("seed", range(3))
def test_noise_of_the_solver_is_rounded_away(program: Program, values: Any, seed: int) -> None:
    """Tests that a solution that is off in the twelfth decimal gives the same tables to the last digit."""
    plain = np.round(values, 11)
    noise = np.random.default_rng(seed).uniform(-4e-12, 4e-12, size=len(values))
    again = extract(program, plain + noise)
    for name, table in extract(program, plain).items():
        pd.testing.assert_frame_equal(again[name], table)


def test_a_trace_of_a_block_is_none() -> None:
    """Tests that less than a billionth of a block or lot is no decision, though broken blocks are allowed."""
    lease = {"price": 100, "min_term_months": 1, "integer": False}
    buy = {"unit_price": 10, "integer": False}
    program = optimizer.build(tiny(3, {"jobs": [0, 0, 5]}, contracts=[lease], purchases=[buy]))
    values = np.zeros(len(program.columns))
    values[0] = 1
    for number, (family, _) in enumerate(program.columns):
        if family in ("started", "ended", "bought"):
            values[number] = 5e-10
    assert extract(program, values)["decisions"].empty


def test_a_trace_is_none_where_a_run_has_fewer_placements_than_columns(program: Program, values: Any) -> None:
    """Tests that noise is nothing after an edit, too, by which a run is placed anew: its old columns stay behind."""
    parts = copy.copy(program.parts)
    parts.col = {**parts.col, "placed": dict(list(parts.col["placed"].items())[:-2])}
    last = list(parts.col["emergency"].values())[-1]
    noisy = values.copy()
    noisy[last] = 5e-10
    assert settle(Program(parts), noisy).values[last] == 0


def test_rows_of_nothing_are_left_out(tables: Tables) -> None:
    """Tests that each table has rows, and none in which everything is zero."""
    for name in ("decisions", "capacity", "allocation", "leases", "service", "power", "outages", "cash"):
        table = tables[name]
        assert len(table) > 0
        assert (table.select_dtypes(float).to_numpy() != 0).any(axis=1).all()
    assert (tables["capacity"]["accelerators"] > 0).all()
    assert (tables["cash"]["amount"] != 0).all()


def test_rows_are_in_order_of_month_and_stand_once(tables: Tables) -> None:
    """Tests that months follow one another, and that no key stands twice."""
    keys = {
        "capacity": ["month", "pool"],
        "allocation": ["month", "pool", "demand"],
        "leases": ["month", "outlet", "pool"],
        "service": ["month", "workload"],
        "power": ["month", "site"],
        "outages": ["month", "policy", "member", "pool", "workload"],
        "rules": ["month", "rule"],
        "cash": ["month", "term", "item", "party"],
    }
    for name, key in keys.items():
        assert tables[name]["month"].is_monotonic_increasing
        assert not tables[name].duplicated(key).any()


def test_nothing_is_negative_but_money(tables: Tables) -> None:
    """Tests that amounts are not negative, not even by a trace of noise, nor a negative zero."""
    for name, table in tables.items():
        if name in ("cash", "rules"):
            continue
        numbers = table.select_dtypes(float).drop(columns="committed_cost", errors="ignore").to_numpy()
        assert not np.signbit(numbers).any(), name


def test_capacity_is_used_leased_out_or_idle(tables: Tables) -> None:
    """Tests that the capacity table adds up, and agrees with allocation and leases."""
    capacity = tables["capacity"].set_index(["month", "pool"])
    parts = capacity[["used", "leased_out", "idle"]].sum(axis=1)
    np.testing.assert_allclose(parts, capacity["accelerators"], rtol=1e-9)
    for name, column in (("allocation", "used"), ("leases", "leased_out")):
        sums = tables[name].groupby(["month", "pool"])["accelerators"].sum()
        np.testing.assert_allclose(sums.reindex(capacity.index, fill_value=0), capacity[column], rtol=1e-9)
        assert set(sums.index) <= set(capacity.index)


def test_service_is_the_work_of_the_allocation(tables: Tables) -> None:
    """Tests that what is served is the work delivered, and the rest unserved."""
    service = tables["service"].set_index(["month", "workload"])
    np.testing.assert_allclose(service["served"] + service["unserved"], service["demand"], rtol=1e-12)
    work = tables["allocation"].groupby(["month", "demand"])["work"].sum()
    np.testing.assert_allclose(work.reindex(service.index, fill_value=0), service["served"], rtol=1e-7, atol=1e-6)


def test_power_is_what_runs(tables: Tables, program: Program) -> None:
    """Tests that the power used is that of the accelerators in use at each site, within what is available."""
    capacity, pools = tables["capacity"], program.index.pools
    own = capacity[capacity["source"] == "in_house"]
    drawn = (own["used"] + own["leased_out"]) * own["pool"].map({name: pool.mw for name, pool in pools.items()})
    by_site = drawn.groupby([own["month"], own["site_or_region"]]).sum()
    power = tables["power"].set_index(["month", "site"])
    np.testing.assert_allclose(by_site.reindex(power.index, fill_value=0), power["mw_used"], rtol=1e-9, atol=1e-12)
    assert (power["mw_used"] + power["mw_leased_out"] <= power["mw_available"] * (1 + 1e-9)).all()


def test_present_values_are_discounted_amounts(plan: Plan) -> None:
    """Tests that each row is discounted by its month, the residual value by the month after the last."""
    months = plan.cash["month"].map(plan.instance.month_index)
    np.testing.assert_allclose(plan.cash["present_value"], plan.cash["amount"] * 1.1 ** (-months / 12), rtol=1e-12)
    residual = plan.cash[plan.cash["term"] == "residual"]
    assert residual["month"].unique().tolist() in ([], [month(9)])


def test_money_names_who_is_paid(plan: Plan) -> None:
    """Tests that rows of cash name the party: in-house, provider, tenant, or nobody for penalties."""
    parties = plan.cash.groupby("term")["party"].unique()
    known = {
        **{key: {"in_house"} for key in ("build", "purchase", "fixed", "energy", "maintenance", "residual")},
        **{key: {"cloud", "neo"} for key in ("upfront", "prepayment", "contract", "on_demand", "shortfall", "tail")},
        "lease_out": {"lab"},
        "termination": {"lab", "neo", "cloud"},
        **{key: {""} for key in ("unserved", "lateness", "not_run", "violation")},
    }
    for term, found in parties.items():
        assert set(found) <= known[str(term)]


def test_capacity_of_each_source() -> None:
    """Tests the columns of an own pool, a contract and an offer by the hour, of which only what is taken counts."""
    # 15 wanted: 6 own ones of 1 kW x 1.25, a block of 5 (0.01 MW), 4 of 100 by the hour.
    plan = solved(
        tiny(
            1,
            {"jobs": [15]},
            fleet=[{"count": 6}],
            sites=[{"pue": 1.25}],
            contracts=[{"price": 1, "term_months": 1, "accelerators_per_block": 5, "mw_per_block": 0.01}],
            on_demand=[{"price": 9, "max_accelerators": 100}],
        )
    )
    assert list(plan.capacity.itertuples(index=False, name=None)) == [
        (month(0), "hall/gpu", "in_house", "in_house", "hall", "gpu", 6, 6, 0, 0, pytest.approx(0.0075)),
        (month(0), "lease", "contract", "cloud", "here", "gpu", 5, 5, 0, 0, pytest.approx(0.01)),
        (month(0), "hourly", "on_demand", "cloud", "here", "gpu", 4, 4, 0, 0, 0),
    ]


def test_what_is_installed_counts_its_life() -> None:
    """Tests that stocks are worked out from the decisions: installed after the lead, gone after the life."""
    buy = {"unit_price": 1, "lot_size": 5, "lead_months": 1, "life_months": 2, "latest": 0, "maintenance_per_month": 2}
    plan = solved(tiny(5, {"jobs": [0, 5]}, purchases=[buy]))
    assert by_month(plan, "capacity", "accelerators") == {1: 5, 2: 5}
    assert paid(plan, "maintenance") == {1: 10, 2: 10}


def test_power_is_told_where_there_is_some() -> None:
    """Tests that a site has a row in months with power, supplied or energised, and none without."""
    wing = {"mw_per_block": 0.5, "lead_months": 2, "capex_per_mw": 1}
    power = [{"month": 1, "mw": 2}]
    plan = solved(tiny(4, {"jobs": [0, 0, 2500]}, fleet=[{"count": 2500}], power=power, builds=[wing]))
    assert by_month(plan, "power", "mw_available") == {1: 2, 2: 2.5, 3: 2.5}
    assert by_month(plan, "power", "mw_used") == {1: 0, 2: 2.5, 3: 2.5}


def test_a_rule_without_a_price_has_none() -> None:
    """Tests that a constraint of an own rule that has no shadow price has 0, and slack and violation by its sense."""
    rule = [{"sense": "<=", "rhs": 40, "from": 0, "to": 0}]
    terms = [{"quantity": "capacity", "item": "lease"}]
    lease = [{"price": 300, "term_months": 12, "max_blocks": 5}]
    program = optimizer.build(tiny(1, {"jobs": [10]}, contracts=lease, rules=rule, rule_terms=terms))
    values = np.zeros(len(program.parts.lower))
    settled: Any = SimpleNamespace(rule_values={("mine", 0): (30.0, 70.0)}, values=values)
    columns = ["rule", "value", "rhs", "slack", "violation", "shadow_price"]
    assert rules_table(program, settled, {})[columns].to_numpy().tolist() == [["mine", 30.0, 40.0, 10.0, 0.0, 0.0]]
    assert rules_table(program, settled, {("mine", 0): -3.0})["shadow_price"].tolist() == [-3.0]
    # A sum of terms of 1e6 that cancel up to 1e-6 is zero.
    settled.rule_values = {("mine", 0): (1e-6, 1e6 + 40.0)}
    assert rules_table(program, settled, {})["value"].tolist() == [0.0]

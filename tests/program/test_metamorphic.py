"""What must not, or must, change when an instance is told differently."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import optimizer
from optimizer.instance.instance import Instance
from optimizer.schema import load_schema
from tests.program.rich import rich_frames
from tests.program.tiny import frames, month

Frames = dict[str, Any]

_SCHEMA = load_schema()
_NAMES = ("class", "region", "group", "member")  # texts that other cells must equal


def _optimum(source: Frames | Instance, relax: bool = True) -> float:
    instance = source if isinstance(source, Instance) else optimizer.read(source)
    return optimizer.solve(instance, gap=0.0, relax=relax, threads=1, time_limit=60).objective


@pytest.fixture(scope="module")
def base() -> float:
    return _optimum(rich_frames())


def _each_column(tables: Frames) -> list[tuple[pd.DataFrame, Any]]:
    """Every column that is there, with its frame."""
    return [
        (tables[name], column)
        for name, table in _SCHEMA.tables.items()
        if name in tables
        for column in table.columns.values()
        if column.name in tables[name].columns
    ]


@pytest.mark.parametrize("factor", [0.01, 2, 1e6])
@pytest.mark.parametrize("relax", [True, False])
def test_scaling_money_scales_the_objective(factor: float, relax: bool) -> None:
    """Tests that the same instance in another currency costs as much, in that currency."""
    scaled = rich_frames()
    for table, column in _each_column(scaled):
        if column.unit.startswith("money") or column.unit == "as the item's price":
            table[column.name] *= factor
    assert _optimum(scaled, relax) == pytest.approx(factor * _optimum(rich_frames(), relax), rel=1e-7)


def test_scaling_everything_but_unit_prices_scales_the_objective(base: float) -> None:
    """Tests that ten times the accelerators, MW and work cost ten times as much."""
    # Prices per block, a run's penalties, amounts of budgets and commitments grow with what they are for.
    grown = {
        "power": ["mw"],
        "fleet": ["count"],
        "builds": ["mw_per_block"],
        "purchases": ["lot_size", "max_per_month", "max_total"],
        "contracts": ["accelerators_per_block", "mw_per_block", "upfront_per_block"],
        "on_demand": ["max_accelerators"],
        "commitments": ["annual_amount"],
        "outlets": ["accelerators_per_block", "mw_per_block", "upfront_per_block"],
        "demand": ["amount"],
        "training_runs": ["work", "lateness_penalty", "penalty"],
        "budgets": ["amount"],
        "rules": ["rhs"],
    }
    scaled = rich_frames()
    for table, columns in grown.items():
        scaled[table][columns] *= 10
    scaled["training_runs"]["sizes"] = "1500;2500"
    for table in ("contracts", "outlets"):
        scaled[table].loc[scaled[table]["per"] == "block_month", "price"] *= 10
    scaled["prices"].loc[scaled["prices"]["item"] == "lease", "price"] *= 10
    assert _optimum(scaled) == pytest.approx(10 * base, rel=1e-7)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("relax", [True, False])
def test_names_and_the_order_of_rows_change_nothing(seed: int, relax: bool) -> None:
    """Tests that other names, and rows in another order, give the same optimum."""
    chance = random.Random(seed)
    told = rich_frames()
    labels: dict[str, str] = {"in_house": "in_house", "": ""}
    codes = list(range(1000))
    chance.shuffle(codes)

    def renamed(value: Any) -> Any:
        parts = [labels.setdefault(part, f"n{codes[len(labels)]}") for part in str(value).split(";")]
        return ";".join(parts) if isinstance(value, str) else value

    for table, column in _each_column(told):
        if column.type in ("name", "ref", "list") or column.name in _NAMES:
            table[column.name] = table[column.name].map(renamed)
    told = {
        name: table if name == "instance" else table.sample(frac=1, random_state=seed) for name, table in told.items()
    }
    assert _optimum(told, relax) == pytest.approx(_optimum(rich_frames(), relax), rel=1e-8)


BETTER = [
    ("power", "mw", 1.1),
    ("power", "price_per_mwh", 0.9),
    ("fleet", "count", 1.1),
    ("builds", "capex_per_mw", 0.5),
    ("builds", "max_blocks", 2),
    ("purchases", "unit_price", 0.5),
    ("purchases", "max_total", 2),
    ("contracts", "price", 0.8),
    ("contracts", "accelerators_per_block", 1.1),
    ("contracts", "max_blocks", 2),
    ("contracts", "upfront_per_block", 0),
    ("contracts", "termination_fee_months", 0),
    ("contracts", "notice_months", 0),
    ("on_demand", "price", 0.8),
    ("on_demand", "max_accelerators", 1.5),
    ("commitments", "annual_amount", 0.5),
    ("outlets", "price", 1.2),
    ("outlets", "max_blocks", 2),
    ("workloads", "penalty", 0.8),
    ("workloads", "min_service", 0),
    ("workloads", "critical", 0.5),
    ("demand", "amount", 0.95),
    ("training_runs", "work", 0.8),
    ("training_runs", "lateness_penalty", 0),
    ("budgets", "amount", 1.2),
    ("policies", "limit", 1.0),
    ("rules", "penalty", 0.5),
]


@pytest.mark.parametrize(("table", "column", "factor"), BETTER)
def test_better_terms_never_cost_more(base: float, table: str, column: str, factor: float) -> None:
    """Tests that more capacity, less work or a lower price never raises the optimum."""
    better = rich_frames()
    if column == "max_blocks":
        better[table][column] = better[table][column].fillna(1) if column in better[table] else 1
    better[table][column] *= factor
    if (table, column) == ("contracts", "accelerators_per_block"):
        better["rules"] = better["rules"].assign(rhs=[1e9, 800])
    assert _optimum(better) <= base * (1 + 1e-9)


def test_a_limit_on_shares_never_saves(base: float) -> None:
    """Tests that dropping a policy, a budget or a hard rule never raises the optimum."""
    for table in ("policies", "budgets"):
        without = rich_frames()
        del without[table]
        assert _optimum(without) <= base * (1 + 1e-9)


def _ending(months: int) -> Frames:
    """All demand is over after month 3, no value or duty is left from then on."""
    term = {"price": 90, "term_months": 2, "latest": 2, "contract": "fixed"}
    return frames(
        months,
        {"jobs": [10, 25, 25, 14, 0]},
        fleet=[{"count": 5}],
        power=[{"mw": 1000, "price_per_mwh": 3}],
        builds=[{"capex_per_mw": 4, "payment": "order"}],
        purchases=[{"unit_price": 150, "lot_size": 5}],
        contracts=[{"price": 100, "min_term_months": 1, "max_blocks": 2}, term],
        on_demand=[{"price": 0.3, "max_accelerators": 4}],
        outlets=[{"accelerators_per_block": 5, "price": 5, "min_term_months": 1, "latest": 0, "ends_by": 3}],
        budgets=[{"amount": 900, "to": 3}],
    )


def test_a_horizon_with_nothing_in_its_tail_changes_nothing() -> None:
    """Tests that months in which nothing is wanted, and nothing is owed or owned, cost nothing."""
    short = _optimum(_ending(4), relax=False)
    assert short > 0
    assert _optimum(_ending(9), relax=False) == pytest.approx(short)
    assert _optimum(_ending(40), relax=False) == pytest.approx(short)


def test_a_step_told_twice_changes_nothing(base: float) -> None:
    """Tests that a row of a step series that repeats the value already there changes nothing."""
    repeats: dict[str, dict[str, Any]] = {
        "power": {"site": "hall", "month": month(4), "mw": 1.3, "price_per_mwh": 60},
        "demand": {"workload": "chat", "month": month(1), "amount": 900},
        "prices": {"item": "hourly", "month": month(1), "price": 6},
        "ramps": {"contract": "lease", "month_of_term": 1, "capacity_fraction": 0.5, "price_fraction": 0.7},
    }
    for table, row in repeats.items():
        told = rich_frames()
        told[table] = pd.concat([told[table], pd.DataFrame([row])], ignore_index=True)
        assert _optimum(told) == pytest.approx(base, rel=1e-9), table


def test_a_row_split_in_two_changes_nothing(base: float) -> None:
    """Tests that an offer by the hour, a fleet or a demand in two halves is the same as in one piece."""
    told = rich_frames()
    hourly = told["on_demand"].iloc[[0]].assign(max_accelerators=80)
    told["on_demand"].loc[0, "max_accelerators"] = 120
    told["on_demand"] = pd.concat([told["on_demand"], hourly.assign(offer="hourly-2")])
    told["prices"] = pd.concat([told["prices"], told["prices"].iloc[[0]].assign(item="hourly-2")])
    told["fleet"].loc[1, "count"] = 100
    more = told["fleet"].iloc[[1]].assign(count=200, until=month(40))
    told["fleet"] = pd.concat([told["fleet"], more])
    assert _optimum(told) == pytest.approx(base, rel=1e-9)


def test_every_carrier_gives_the_same_hash_and_optimum(base: float, tmp_path: Path) -> None:
    """Tests that frames, a folder and a workbook hold the same instance."""
    first = optimizer.read(rich_frames())
    for path in (tmp_path / "folder", tmp_path / "workbook.xlsx"):
        again = optimizer.read(first.save(path))
        assert (again.hash, again) == (first.hash, first)
        assert _optimum(again) == pytest.approx(base, rel=1e-9)

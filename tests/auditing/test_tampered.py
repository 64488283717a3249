"""A good plan with one thing changed: the audit names the rule, the item and the month."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from optimizer.auditing import audit
from optimizer.plan.plan import Plan
from optimizer.plan.tables import COLUMNS
from tests.auditing.everything import everything
from tests.auditing.tampering import about, change, named, pick, repeated, violations, with_table, without


def _more(value: float) -> float:
    """A figure that is wrong by a hundred thousandth, ten times the tolerance."""
    return value * 1.00001 + (0.01 if value == 0 else 0.0)


# Table, which row (columns and what stands there), column, new value, rule that is broken for the item and month.
CELLS: list[tuple[str, dict[str, Any], str, Any, str]] = [
    # decisions
    ("decisions", {"decision": "sign"}, "blocks", _more, "decision_size"),
    ("decisions", {"decision": "sign"}, "blocks", 2.5, "integer_blocks"),
    ("decisions", {"decision": "start_run"}, "blocks", 0.5, "integer_blocks"),
    ("decisions", {"decision": "commit_spend"}, "blocks", 2, "integer_blocks"),
    ("decisions", {"decision": "sign"}, "blocks", -1, "negative"),
    ("decisions", {"decision": "sign"}, "accelerators", _more, "decision_size"),
    ("decisions", {"decision": "buy"}, "accelerators", _more, "decision_size"),
    ("decisions", {"decision": "lease_out", "item": "space"}, "accelerators", 10, "decision_size"),
    ("decisions", {"decision": "order_build"}, "mw", _more, "decision_size"),
    ("decisions", {"decision": "commit_spend"}, "mw", 1, "decision_size"),
    ("decisions", {"decision": "start_run"}, "mw", 1, "run_decision"),
    ("decisions", {"decision": "start_run"}, "accelerators", _more, "run_decision"),
    ("decisions", {"decision": "start_run"}, "party", "neo", "run_decision"),
    ("decisions", {"decision": "sign"}, "party", "in_house", "decision_party"),
    ("decisions", {"decision": "commit_spend"}, "party", "neo", "decision_party"),
    ("decisions", {"decision": "sign", "item": "fast"}, "starts", "2030-01", "decision_dates"),
    ("decisions", {"decision": "sign", "item": "fast"}, "ends", "2030-05", "decision_dates"),
    ("decisions", {"decision": "sign", "item": "lease"}, "ends", "2030-05", "decision_dates"),
    ("decisions", {"decision": "buy"}, "ends", "2035-01", "decision_dates"),
    ("decisions", {"decision": "hand_back"}, "ends", "2030-06", "decision_dates"),
    ("decisions", {"decision": "commit_spend"}, "ends", "2030-08", "decision_dates"),
    ("decisions", {"decision": "start_run"}, "ends", "2030-02", "run_decision"),
    ("decisions", {"decision": "start_run"}, "starts", "2030-02", "decision_dates"),
    ("decisions", {"decision": "sign"}, "committed_cost", _more, "committed_cost"),
    ("decisions", {"decision": "lease_out"}, "committed_cost", abs, "committed_cost"),
    ("decisions", {"decision": "hand_back"}, "committed_cost", 0, "committed_cost"),
    ("decisions", {"decision": "commit_spend"}, "committed_cost", _more, "committed_cost"),
    ("decisions", {"decision": "expire"}, "blocks", lambda blocks: blocks + 1, "expire"),
    ("decisions", {"decision": "sign"}, "decision", "buy", "names"),
    ("decisions", {"decision": "sign"}, "item", "nobody", "names"),
    ("decisions", {"decision": "sign"}, "blocks", np.nan, "cells"),
    ("decisions", {"decision": "sign"}, "blocks", "one", "cells"),
    # capacity
    ("capacity", {"source": "in_house"}, "accelerators", _more, "capacity"),
    ("capacity", {"source": "contract"}, "accelerators", _more, "capacity"),
    ("capacity", {"source": "on_demand"}, "accelerators", _more, "capacity"),
    ("capacity", {}, "used", _more, "capacity_use"),
    ("capacity", {"leased_out": 20.0}, "leased_out", _more, "capacity_use"),
    ("capacity", {}, "idle", _more, "capacity_use"),
    ("capacity", {"source": "in_house"}, "mw", _more, "capacity_mw"),
    ("capacity", {"pool": "lease"}, "mw", _more, "capacity_mw"),
    ("capacity", {}, "source", "contract", "pool_facts"),
    ("capacity", {"source": "contract"}, "party", "lab", "pool_facts"),
    ("capacity", {}, "site_or_region", "there", "pool_facts"),
    ("capacity", {}, "accelerator", "tpu", "pool_facts"),
    ("capacity", {}, "pool", "hall/tpu", "names"),
    ("capacity", {}, "used", np.inf, "cells"),
    # allocation and leases
    ("allocation", {"demand": "jobs"}, "accelerators", _more, "service"),
    ("allocation", {"demand": "jobs"}, "work", _more, "work"),
    ("allocation", {"demand": "big"}, "work", _more, "work"),
    ("allocation", {"demand": "big"}, "accelerators", _more, "run_allocation"),
    ("allocation", {"demand": "big"}, "pool", "fast", "eligible"),
    ("allocation", {"demand": "big"}, "pool", "hourly", "eligible"),
    ("allocation", {}, "demand", "nobody", "names"),
    ("leases", {}, "accelerators", _more, "lease_cover"),
    ("leases", {}, "pool", "old", "lease_source"),
    ("leases", {}, "pool", "fast", "lease_source"),
    ("leases", {}, "pool", "hourly", "lease_source"),
    ("leases", {}, "outlet", "space", "lease_source"),
    # runs
    ("runs", {}, "accelerators", 40, "run_size"),
    ("runs", {}, "accelerators", _more, "run_decision"),
    ("runs", {}, "pool", "hourly", "run_place"),
    ("runs", {}, "pool", "fast", "run_place"),
    ("runs", {}, "ends", "2030-04", "run_dates"),
    ("runs", {}, "target", "", "run_dates"),
    ("runs", {}, "late_months", 0, "run_dates"),
    ("runs", {}, "starts", "2029-12", "months"),
    ("runs", {}, "run", "jobs", "names"),
    # service and power
    ("service", {"workload": "study"}, "demand", _more, "service"),
    ("service", {"workload": "study"}, "served", _more, "service"),
    ("service", {"workload": "study"}, "unserved", _more, "service"),
    ("power", {}, "mw_available", _more, "power"),
    ("power", {}, "mw_used", _more, "power"),
    ("power", {}, "mw_leased_out", _more, "power"),
    ("power", {}, "mw_used", -1, "negative"),
    ("power", {}, "site", "here", "names"),
    # outages and own rules
    ("outages", {}, "accelerators", _more, "outage_work"),
    ("outages", {}, "work", _more, "outage_work"),
    ("outages", {}, "pool", "fast", "outage_place"),
    ("outages", {}, "accelerators", 1000, "outage_capacity"),
    ("outages", {"pool": "hall/gpu"}, "accelerators", 81, "outage_power"),
    ("outages", {}, "member", "lab", "names"),
    ("outages", {}, "policy", "spread", "names"),
    ("rules", {}, "value", _more, "own_rules"),
    ("rules", {}, "rhs", _more, "own_rules"),
    ("rules", {"each": "total"}, "slack", _more, "own_rules"),
    ("rules", {}, "violation", _more, "own_rules"),
    ("rules", {}, "each", "total", "own_rules"),
    ("rules", {}, "sense", "=", "own_rules"),
    ("rules", {}, "shadow_price", np.nan, "cells"),
    ("rules", {"rule": "soft"}, "shadow_price", abs, "shadow_price_sign"),
    ("rules", {"rule": "hard"}, "shadow_price", -1.0, "shadow_price_sign"),
    ("rules", {"rule": "hard"}, "shadow_price", 1.0, "shadow_price_slack"),  # 60 served, 10 demanded
    ("rules", {"rule": "soft"}, "shadow_price", _more, "shadow_price_penalty"),
    ("rules", {"rule": "soft"}, "shadow_price", lambda price: price / 2, "shadow_price_penalty"),
    ("rules", {"rule": "soft", "violation": 0.0}, "shadow_price", -11.0, "shadow_price_penalty"),
    ("rules", {"rule": "hard"}, "month", "2030-07", "own_rules"),
    # cash
    *[
        ("cash", {"term": term}, "amount", _more, "cash")
        for term in (
            *("build", "purchase", "fixed", "energy", "maintenance", "upfront", "contract", "termination", "on_demand"),
            *("shortfall", "lease_out", "unserved", "lateness", "not_run", "violation", "residual"),
        )
    ],
    ("cash", {"term": "contract"}, "present_value", _more, "present_value"),
    ("cash", {"term": "contract"}, "party", "lab", "cash_party"),
    ("cash", {"term": "unserved"}, "party", "in_house", "cash_party"),
    ("cash", {"term": "contract"}, "term", "on_demand", "names"),
    ("cash", {"term": "contract"}, "month", "2030-09", "months"),
    ("cash", {"term": "residual"}, "month", "2030-08", "months"),
    ("cash", {"term": "contract"}, "month", "January", "months"),
    # obligations
    *[
        ("obligations", {"item": item}, "owed", _more, "owed")
        for item in ("wing", "buy", "lease", "old", "again", "fast", "deal")
    ],
    ("obligations", {"item": "deal"}, "owed_after_horizon", _more, "owed"),
    ("obligations", {"item": "old"}, "owed_after_horizon", 1.0, "owed"),
    ("obligations", {"item": "lease"}, "party", "cloud", "owed_party"),
    ("obligations", {"item": "wing"}, "party", "", "owed_party"),
    ("obligations", {"item": "lease"}, "item", "hourly", "names"),
    ("obligations", {"item": "deal"}, "month", "2030-09", "months"),
]

# Table, which row, rule that must be broken if it is missing.
ROWS: list[tuple[str, dict[str, Any], str]] = [
    ("decisions", {"decision": "expire"}, "expire"),
    ("decisions", {"decision": "start_run"}, "run_decision"),
    ("capacity", {"source": "in_house"}, "capacity"),
    ("capacity", {"source": "contract"}, "capacity"),
    ("allocation", {"demand": "jobs"}, "service"),
    ("allocation", {"demand": "big"}, "run_allocation"),
    ("leases", {}, "lease_cover"),
    ("runs", {}, "run_decision"),
    ("service", {}, "service"),
    ("power", {}, "power"),
    ("outages", {}, "outage_work"),
    ("rules", {}, "own_rules"),
    ("cash", {}, "cash"),
    ("cash", {"term": "residual"}, "cash"),
    ("obligations", {}, "owed"),
]


def test_everything_passes() -> None:
    """Tests that the plan that is tampered with below is good, and has rows in every table."""
    verdict = audit(everything())
    assert verdict.passed, verdict.text()
    assert verdict.checks > 1000
    assert all(len(table) for table in everything().tables.values())


@pytest.mark.parametrize(("table", "where", "column", "value", "rule"), CELLS)
def test_cell(table: str, where: dict[str, Any], column: str, value: Any, rule: str) -> None:
    """Tests that a wrong cell is named, by its rule, item and month."""
    row = pick(everything(), table, **where)
    wrong = change(everything(), table, row, **{column: value})
    item, month = about(wrong, table, row)
    assert (rule, item, month) in named(wrong)


@pytest.mark.parametrize(("table", "where", "rule"), ROWS)
def test_missing_row(table: str, where: dict[str, Any], rule: str) -> None:
    """Tests that a missing row is named, by its rule, item and month."""
    row = pick(everything(), table, **where)
    item, month = about(everything(), table, row)
    assert (rule, item, month) in named(without(everything(), table, row))


@pytest.mark.parametrize("table", COLUMNS)
def test_row_told_twice(table: str) -> None:
    """Tests that a second row about the same things and month is named."""
    item, month = about(everything(), table, 0)
    assert ("duplicates", item, month) in named(repeated(everything(), table, 0))


@pytest.mark.parametrize("table", COLUMNS)
def test_missing_table_and_column(table: str) -> None:
    """Tests that a table or column that is not there is named."""
    plan = everything()
    gone = Plan(plan.head, {name: frame for name, frame in plan.tables.items() if name != table}, plan.instance)
    assert named(gone) == {("tables", table, "")}
    less = with_table(plan, table, plan.tables[table].iloc[:, :-1])
    assert named(less) == {("tables", table, "")}
    twice = with_table(plan, table, pd.concat([plan.tables[table], plan.tables[table].iloc[:, -1:]], axis=1))
    assert named(twice) == {("tables", table, "")}


def test_power_that_stays_leased_out() -> None:
    """Tests that critical work which survives a loss has the power that leased accelerators and space leave."""
    plan = everything()
    months = set(plan.leases.query("pool == 'hall/gpu'")["month"]) & set(plan.power.query("mw_leased_out > 0")["month"])
    month = min(months)
    leased = plan.leases.query("pool == 'hall/gpu' and month == @month")["accelerators"].sum()
    power = plan.power.query("month == @month").iloc[0]
    # An accelerator of 1 kW draws 1.25 kW of facility power.
    left = (power["mw_available"] - power["mw_leased_out"]) * 1000 / 1.25 - leased
    row = pick(plan, "outages", month=month, pool="hall/gpu")
    assert ("outage_power", "lose", month) in named(change(plan, "outages", row, accelerators=left * 1.001))
    assert ("outage_power", "lose", month) not in named(change(plan, "outages", row, accelerators=left * 0.999))


@pytest.mark.parametrize("value", [None, np.nan, -np.inf, 1e300, 10**400, "x", True, [1.0]], ids=repr)
def test_cells_that_are_no_numbers(value: Any) -> None:
    """Tests that whatever is no number of a sensible size is named, in every table, and nothing worse happens."""
    plan = everything()
    expected = set()
    for name, frame in plan.tables.items():
        number = [column for column in COLUMNS[name] if frame[column].dtype != object][-1]
        column = frame[number].astype(object)
        column.iat[0] = value
        plan = with_table(plan, name, frame.assign(**{number: column}))
        expected.add(("cells", *about(plan, name, 0)))
    assert expected <= named(plan)


# Table, row, column, value, text: sums of a column by name and month, text row by row, numbers row by row, names of two
# kinds. In the first month hall holds its fleet of 100.
MESSAGES: list[tuple[str, dict[str, Any], str, Any, str]] = [
    ("capacity", {"pool": "hall/gpu"}, "accelerators", 101, "101 in capacity.accelerators, 100 expected (capacity)"),
    ("capacity", {"pool": "hall/gpu"}, "party", "lab", "'lab' in capacity.party, 'in_house' expected (pool_facts)"),
    ("cash", {"term": "contract"}, "amount", 1.0, " in cash.amount, term contract, "),
    ("allocation", {"demand": "big"}, "accelerators", 1.0, "1 in allocation.accelerators, pool "),
    ("decisions", {"decision": "expire"}, "blocks", 0.5, " in decisions.blocks, decision expire, "),
]


@pytest.mark.parametrize(("table", "where", "column", "value", "text"), MESSAGES)
def test_message(table: str, where: dict[str, Any], column: str, value: Any, text: str) -> None:
    """Tests that a violation has month, item, table, column, other names of the row, what is found and expected."""
    row = pick(everything(), table, **where)
    plan = change(everything(), table, row, **{column: value})
    item, month = about(plan, table, row)
    assert any(str(found).startswith(f"{month} {item}: ") and text in str(found) for found in violations(plan))


def test_small_noise_passes() -> None:
    """Tests that figures rounded to nine digits, as other software may write them, pass."""
    plan = everything()
    for name, frame in plan.tables.items():
        plan = with_table(plan, name, frame.map(lambda cell: float(f"{cell:.9g}") if isinstance(cell, float) else cell))
    assert named(plan) == set()

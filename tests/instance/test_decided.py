"""The table `decided`: what is read, and what the rules of items do not allow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import optimizer
from optimizer.errors import InstanceError
from tests.program.tiny import month, tiny

BUILDS = [
    {"build": "hall-2", "mw_per_block": 1, "max_blocks": 2, "lead_months": 3, "capex_per_mw": 5},
    {"build": "annex", "mw_per_block": 1, "max_blocks": 4, "lead_months": 1, "capex_per_mw": 5, "after": "hall-2"},
]
BUY = {"unit_price": 7, "lot_size": 10, "lead_months": 2, "life_months": 12, "max_total": 50, "max_per_month": 30}
HALL = {"month": -2, "decision": "order_build", "item": "hall-2"}
DEAL = {"month": -2, "decision": "commit_spend", "item": "deal"}
BIG = {"month": -2, "decision": "start_run", "item": "big", "pool": "hall/gpu", "accelerators": 20}
LOTS = {"month": -1, "decision": "buy", "item": "buy"}


def _read(*rows: dict[str, Any]) -> optimizer.Instance:
    deal = {"annual_amount": 10, "years": 2}
    return tiny(
        6,
        {"jobs": [1]},
        accelerators=[{}, {"accelerator": "old"}],
        providers=[{}, {"provider": "barred"}],
        fleet=[{"count": 25}, {"accelerator": "old", "count": 25}],
        builds=BUILDS,
        purchases=[BUY],
        contracts=[
            {"price": 1, "term_months": 9},
            {"contract": "barred", "provider": "barred", "price": 1, "term_months": 9, "max_blocks": 9},
        ],
        on_demand=[{"price": 9, "max_accelerators": 99}],
        commitments=[deal],
        training_runs=[
            {"work": 100, "sizes": "10;20", "exclude": "barred"},
            {"run": "late", "work": 20, "sizes": 20, "release": 2},
        ],
        decided=rows,
    )


def test_other_columns_of_a_plan_are_not_used() -> None:
    """Tests that a row as a plan has it is read, and means what one without its derived columns does."""
    from_plan = {
        **HALL,
        "party": "in_house",
        "accelerators": 0,
        "mw": 1,
        "pool": "",
        "starts": 1,
        "ends": "",
        "committed_cost": 5,
    }
    (row,) = _read(from_plan).rows["decided"]
    assert (row.month, row.item, row.blocks, row.starts, row.price) == (-2, "hall-2", 1, 1, None)


@pytest.mark.parametrize("name", ["folder", "book.xlsx"])
def test_it_survives_saving(tmp_path: Path, name: str) -> None:
    """Tests that folder and workbook hold the table."""
    instance = _read(HALL, {**LOTS, "blocks": 2, "price": 6.5})
    assert optimizer.read(instance.save(tmp_path / name)) == instance


@pytest.mark.parametrize(
    ("rows", "column", "problem"),
    [
        ([{**HALL, "month": 0}], "month", f"{month(0)} is not before the plan's first month"),
        ([{**HALL, "item": "wing"}], "item", "wing"),
        ([{**HALL, "decision": "buy"}], "decision", "'hall-2' is no purchase"),
        ([{**LOTS, "blocks": 1.5}], "blocks", "'buy' has integer blocks only"),
        ([{**LOTS, "blocks": 0}], "blocks", "0"),
        ([{**HALL, "blocks": 3}], "blocks", "3 blocks of 'hall-2' were decided, but its max_blocks is 2"),
        ([HALL, {**HALL, "month": -1, "blocks": 2}], "blocks", "3 blocks of 'hall-2' were decided"),
        ([{**LOTS, "blocks": 4}], "blocks", "40 accelerators of 'buy' were decided, but its max_per_month is 30"),
        (
            [{**LOTS, "blocks": 3}, {**LOTS, "month": -2, "blocks": 3}],
            "blocks",
            "60 accelerators of 'buy' were decided, but its max_total is 50",
        ),
        ([{**HALL, "pool": "hall/gpu"}], "pool", "order_build has no pool"),
        ([{**LOTS, "spent": 5}], "spent", "buy has no spent"),
        ([{**HALL, "decision": "commit_spend"}], "decision", "'hall-2' is no commitment"),
        ([{**DEAL, "blocks": 2}], "blocks", "2 was decided, but 'deal' is taken in full"),
        ([DEAL, {**DEAL, "month": -1}], "item", "commit_spend 'deal' was decided in row 1 too"),
        ([{**DEAL, "starts": -3}], "starts", f"{month(-3)} is before the month of the decision, {month(-2)}"),
        ([{**DEAL, "price": 3}], "price", "commit_spend has no price"),
        ([{**DEAL, "starts": 0, "spent": 3}], "spent", "nothing can be spent before the first month"),
        ([{**BIG, "blocks": 0.5}], "blocks", "0.5 was decided, but 'big' is taken in full"),
        ([{**BIG, "starts": -9}], "starts", f"{month(-9)} is before the month of the decision, {month(-2)}"),
        ([{**BIG, "spent": 4}], "spent", "start_run has no spent"),
        ([{**BIG, "accelerators": ""}], "accelerators", "Give the accelerators that it occupies: one of 10, 20"),
        ([{**BIG, "accelerators": 30}], "accelerators", "30 is not one of the sizes of 'big'"),
        ([{**BIG, "pool": ""}], "pool", "as in the plan's table runs: one of hall/gpu, lease"),
        (
            [{**BIG, "pool": "hall/gpus"}],
            "pool",
            "is called 'hall/gpus'. Correct the pool: one of hall/gpu, lease. Did",
        ),
        ([{**BIG, "pool": "hourly"}], "pool", "no pool of own or contracted accelerators is called 'hourly'"),
        ([{**BIG, "pool": "hall/old"}], "pool", "run 'big' cannot run there, by class, regions or exclude"),
        ([{**BIG, "pool": "barred"}], "pool", "run 'big' cannot run there, by class, regions or exclude"),
        ([{**BIG, "pool": "lease"}], "pool", "occupies 20 accelerators of 'lease', which has at most 10"),
        # 100 of work on 20 accelerators of availability 1 take 5 months, on 10 of them 10.
        ([{**BIG, "accelerators": 10}], "month", f"ends in {month(7)} then, after its deadline, {month(5)}"),
        ([{**BIG, "item": "late", "starts": 1}], "starts", f"before the release of 'late', {month(2)}"),
        # One of two blocks allows two of four.
        ([HALL, {**HALL, "month": -1, "item": "annex", "blocks": 3}], "blocks", "3 of 4 blocks of 'annex'"),
        ([{**HALL, "month": -3, "item": "annex"}, HALL], "blocks", "but 0 of 2 of 'hall-2'"),
    ],
)
def test_what_is_not_allowed(rows: list[dict[str, Any]], column: str, problem: str) -> None:
    """Tests that what an item's rules do not allow is an error at its cell."""
    with pytest.raises(InstanceError) as caught:
        _read(*rows)
    faults = [fault for fault in caught.value.faults if fault.where == "decided"]
    assert [fault.column for fault in faults] == [column]
    assert problem in str(faults[0])


@pytest.mark.parametrize(
    ("row", "column", "problem"),
    [
        ({**HALL, "starts": 2}, "starts", f"{month(2)} does not follow"),
        ({**LOTS, "ends": 11}, "ends", f"{month(12)} counts"),
        ({**HALL, "ends": 11}, "ends", "it has none"),
        ({**DEAL, "ends": 3}, "ends", f"{month(21)} counts"),
        ({**BIG, "ends": 3}, "ends", f"{month(2)} counts"),  # 100 of work on 20 accelerators take 5 months
    ],
)
def test_months_that_follow_from_others_are_ignored(row: dict[str, Any], column: str, problem: str) -> None:
    """Tests that such months of an earlier plan, of other lead times or terms, get a warning and do not count."""
    instance = _read(row)
    (warning,) = [warning for warning in instance.warnings if warning.where == "decided"]
    assert warning.column == column
    assert problem in str(warning)
    assert optimizer.solve(instance).objective == optimizer.solve(_read({**row, column: ""})).objective


def test_what_is_allowed_at_the_edge() -> None:
    """Tests that limits can be met exactly."""
    annex = {**HALL, "month": -1, "item": "annex", "blocks": 2}
    rows = [HALL, annex, {**LOTS, "blocks": 3}, {**LOTS, "month": -2, "blocks": 2, "starts": 0, "ends": 11}]
    assert len(_read(*rows).rows["decided"]) == 4


def test_every_error_is_reported_at_once() -> None:
    """Tests that several wrong rows, and several wrong cells of one, are reported together."""
    rows = [
        {**HALL, "pool": "hall/gpu", "spent": 9},
        {**LOTS, "blocks": 0.5},
        {**LOTS, "month": 1},
        {**HALL, "blocks": 9},
    ]
    with pytest.raises(InstanceError) as caught:
        _read(*rows)
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [
        (1, "pool"),
        (1, "spent"),
        (2, "blocks"),
        (3, "month"),
        (4, "blocks"),
    ]


def test_expiries_are_ignored() -> None:
    """Tests that `expire` rows of a plan, which can lie in any month, neither count nor are refused."""
    lease = {"price": 1, "term_months": 3, "earliest": -4, "committed_blocks": 1}
    expiry = {"month": -1, "decision": "expire", "item": "lease", "party": "cloud", "blocks": 1, "ends": -2}
    given = {"contracts": [lease], "fleet": [{"count": 1}]}
    with_rows = tiny(2, {"jobs": [5]}, **given, decided=[expiry, {**expiry, "month": 1, "ends": 0}])
    assert optimizer.solve(with_rows).objective == optimizer.solve(tiny(2, {"jobs": [5]}, **given)).objective


@pytest.mark.parametrize(("row", "table"), [(HALL, "builds"), (LOTS, "purchases")])
def test_a_window_that_is_over_is_no_error_of_what_was_ordered_in_it(row: dict[str, Any], table: str) -> None:
    """Tests that an item that only earlier plans could order is warned of, unless they ordered it."""
    items: dict[str, dict[str, Any]] = {"builds": BUILDS[0], "purchases": BUY}
    over = {table: [{**items[table], "earliest": -2, "latest": -1}]}
    ordered, unused = (tiny(6, {"jobs": [1]}, fleet=[{"count": 9}], **over, decided=rows) for rows in ([row], []))
    never = [
        [fault.where for fault in one.warnings if "never be ordered" in fault.problem] for one in (ordered, unused)
    ]
    assert never == [[], [table]]

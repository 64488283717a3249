"""Signatures and hand-backs in the table `decided`: which ones contracts and outlets do not allow."""

from __future__ import annotations

from typing import Any

import pytest

import optimizer
from optimizer.errors import InstanceError
from optimizer.instance.edit import apply_edits, parse_delay
from tests.program.tiny import month, tiny

LEASE = {"contract": "lease", "price": 9, "min_term_months": 3, "notice_months": 2, "lead_months": 1, "max_blocks": 4}
FIXED = {"contract": "fixed", "price": 9, "term_months": 6, "min_blocks": 2, "max_blocks": 4, "ends_by": 8}
AGREED = {"contract": "agreed", "price": 9, "min_term_months": 1, "earliest": -3, "committed_blocks": 2}
SPACE = {
    "contract": "grid", "price": 9, "term_months": 6, "supplies": "mw", "site": "hall", "mw_per_block": 1,
    "minimum_take": 0.6, "region": None, "accelerator": None, "accelerators_per_block": None,
}  # fmt: skip
LET = {"accelerators_per_block": 5, "price": 9, "min_term_months": 2, "max_blocks": 2}
SLOW = {**LEASE, "contract": "slow", "lead_months": 5}
LATER = {"month": -1, "decision": "sign", "item": "slow"}
SIGN = {"month": -6, "decision": "sign", "item": "lease", "blocks": 2}
BACK = {"month": -2, "decision": "hand_back", "item": "lease"}
TERM = {"month": -3, "decision": "sign", "item": "fixed", "blocks": 2}
LEASE_OUT = {"month": -6, "decision": "lease_out", "item": "let"}


def _read(*rows: dict[str, Any]) -> optimizer.Instance:
    contracts = [LEASE, FIXED, AGREED, SPACE, SLOW]
    return tiny(6, {"jobs": [1]}, contracts=contracts, outlets=[LET], fleet=[{"count": 9}], decided=rows)


def test_what_is_allowed_at_the_edge() -> None:
    """Tests that lead time, notice, minimum term, blocks and `ends_by` can be met exactly."""
    rows = [
        {**SIGN, "starts": -6, "ends": ""},  # it runs, whatever the lead time of others is now
        {**BACK, "month": -4, "ends": -3},  # minimum term and notice are over in month -2
        {**SIGN, "month": -1, "blocks": 3, "starts": 2},  # 1 + 3 of 4
        {**TERM, "month": -2, "starts": 3, "ends": 8, "price": 7},
        {"month": -1, "decision": "sign", "item": "grid"},
        {"month": -1, "decision": "hand_back", "item": "agreed", "blocks": 2},
        {**LEASE_OUT, "blocks": 2},
        {**LEASE_OUT, "month": -2, "decision": "take_back", "blocks": 2, "ends": 3},
    ]
    assert len(_read(*rows).rows["decided"]) == 8


def test_blocks_that_the_plan_can_still_sign_can_be_handed_back() -> None:
    """Tests notice, longer than the minimum term, for blocks that are signed after it."""
    # A block signed in the first month starts in month 1 and is past its minimum term in month 4.
    assert _read({**BACK, "month": -1, "ends": 3})
    with pytest.raises(InstanceError, match="1 blocks of 'lease' are handed back, but 0 are past"):
        _read({**BACK, "month": -1, "ends": 2})


def test_blocks_that_the_plan_can_still_hand_back_leave_room() -> None:
    """Tests that blocks past their minimum term do not count in `max_blocks` once the plan can hand them back."""
    # Four of four blocks run; notice in the first month ends them in month 2, when the next one may start.
    four = {**SIGN, "blocks": 4}
    assert _read(four, {**SIGN, "month": -1, "blocks": 1, "starts": 2})
    with pytest.raises(InstanceError, match=f"5 blocks of 'lease' are active in {month(1)}, but its max_blocks is 4"):
        _read(four, {**SIGN, "month": -1, "blocks": 1, "starts": 1})


@pytest.mark.parametrize(
    ("rows", "column", "problem"),
    [
        ([{**SIGN, "item": "let"}], "decision", "'let' is no contract"),
        ([{**SIGN, "blocks": 1.5}], "blocks", "'lease' has integer blocks only"),
        ([{**SIGN, "blocks": 5}], "blocks", f"5 blocks of 'lease' are active in {month(-5)}, but its max_blocks is 4"),
        ([{**SIGN, "blocks": 3}, {**SIGN, "month": -1}], "blocks", "5 blocks of 'lease' are active"),
        ([{**LATER, "starts": 0}], "starts", f"'slow' starts in {month(4)} at the earliest, by its lead_months"),
        ([{**SIGN, "price": 5}], "price", "'lease' is terminable and paid at the price of each month"),
        ([{**SIGN, "pool": "lease"}], "pool", "sign has no pool"),
        ([{**SIGN, "spent": 5}], "spent", "sign has no spent"),
        ([{**SIGN, "item": "agreed"}], "item", "committed_blocks of 'agreed' are all its blocks"),
        ([{**TERM, "blocks": 1}], "blocks", "1 are fewer than min_blocks of 'fixed', 2"),
        ([{**TERM, "starts": 4}], "starts", f"6 months from {month(4)} on end later than ends_by"),
        ([{**SIGN, "item": "grid", "price": 5}], "price", "'grid' has a minimum_take below 1"),
        ([TERM, {**BACK, "item": "fixed"}], "decision", "'fixed' has a fixed term, which nothing ends early"),
        ([SIGN, {**BACK, "ends": -2}], "ends", f"stay until {month(-1)} at the earliest"),
        ([SIGN, {**BACK, "starts": 1}], "starts", "hand_back has no starts"),
        ([SIGN, {**BACK, "price": 1}], "price", "hand_back has no price"),
        ([SIGN, {**BACK, "blocks": 3}], "blocks", f"by {month(0)} 3 blocks of 'lease' are handed back, but 2"),
        ([SIGN, {**BACK, "blocks": 2}, {**BACK, "month": -1, "ends": 1}], "blocks", "3 blocks of 'lease'"),
        # In month -1 they are still in their minimum term, which ends in month 0.
        ([{**SIGN, "month": -4}, {**BACK, "month": -3}], "blocks", "are handed back, but 0 are past"),
        ([LEASE_OUT, {**LEASE_OUT, "month": -3}, {**LEASE_OUT, "month": -2}], "blocks", "3 blocks of 'let'"),
    ],
)
def test_what_is_not_allowed(rows: list[dict[str, Any]], column: str, problem: str) -> None:
    """Tests that a decision that the rules of its item do not allow is an error at its cell."""
    with pytest.raises(InstanceError) as caught:
        _read(*rows)
    assert [(fault.where, fault.column) for fault in caught.value.faults] == [("decided", column)]
    assert problem in str(caught.value)


@pytest.mark.parametrize(("row", "problem"), [(SIGN, "it has none"), (TERM, f"{month(2)} counts")])
def test_an_end_that_follows_from_the_term_is_ignored(row: dict[str, Any], problem: str) -> None:
    """Tests the warning for an end that a signature has in an earlier plan by another term."""
    (warning,) = [warning for warning in _read({**row, "ends": 5}).warnings if warning.where == "decided"]
    assert warning.column == "ends"
    assert problem in str(warning)


def test_an_agreement_that_ends_by_itself_is_not_handed_back() -> None:
    """Tests a hand-back after `ends_by`."""
    lease = {**LEASE, "ends_by": 1}
    with pytest.raises(InstanceError, match=f"'lease' ends by itself in {month(1)}"):
        tiny(6, {"jobs": [1]}, contracts=[lease], decided=[SIGN, {**BACK, "ends": 1}])


def test_every_error_is_reported_at_once() -> None:
    """Tests that wrong rows of several items, and several wrong cells of one row, are reported together."""
    rows = [{**LATER, "starts": 3, "price": 1}, {**TERM, "blocks": 1, "spent": 9}, {**LEASE_OUT, "blocks": 3}]
    with pytest.raises(InstanceError) as caught:
        _read(*rows)
    assert [(fault.row, fault.column) for fault in caught.value.faults] == [
        (1, "starts"),
        (1, "price"),
        (2, "blocks"),
        (2, "spent"),
        (3, "blocks"),
    ]


def test_offers_that_are_over_are_not_warned_of_where_blocks_run() -> None:
    """Tests that `earliest` and `latest` limit new signatures alone."""
    lease = {**LEASE, "latest": -8}
    over = "it can never start"
    assert any(over in warning.problem for warning in tiny(6, {"jobs": [1]}, contracts=[lease]).warnings)
    signed = tiny(6, {"jobs": [1]}, contracts=[lease], decided=[SIGN])
    assert not any(over in warning.problem for warning in signed.warnings)


def test_a_delay_moves_what_is_still_to_come() -> None:
    """Tests that a later arrival of a contract delays blocks that are signed and start in the plan, and no others."""
    signed = {**SIGN, "blocks": 1}
    rows = [
        {**signed, "starts": -5},
        {**signed, "month": -1, "starts": 0},
        {**LATER, "starts": 4},
        {**signed, "month": -2},
    ]
    delayed = apply_edits(_read(*rows), [parse_delay("contracts.lease=2")])
    assert [row.starts for row in delayed.rows["decided"]] == [-5, 2, 4, None]
    back = apply_edits(delayed, [parse_delay("contracts.lease=-1")])
    assert [row.starts for row in back.rows["decided"]] == [-5, 1, 4, None]

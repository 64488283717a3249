"""Rows of a fleet of one site, kind and ``until`` are batches that add up."""

from __future__ import annotations

import pytest

import optimizer
from optimizer.errors import EditError
from optimizer.instance.differences import differences
from optimizer.instance.edit import apply_edits, parse_edit
from optimizer.instance.instance import Instance
from tests.program.tiny import by_month, solved, tiny

BATCHES = [{"count": 3}, {"count": 4}, {"count": 5, "until": 1}]


def _fleet(*rows: dict[str, int]) -> Instance:
    return tiny(2, {"jobs": [20]}, fleet=list(rows or BATCHES))


def test_batches_add_up() -> None:
    """Tests that 3 + 4 accelerators, and 5 more in the first month, serve 12 and 7 of the 20 wanted; 8 and 13 are not.

    The audit passes, and the cost is (8 + 13) x 1000.
    """
    plan = solved(_fleet())
    assert plan.objective == pytest.approx(21_000)
    assert by_month(plan, "capacity", "accelerators", pool="hall/gpu") == {0: 12, 1: 7}
    assert optimizer.audit(plan).passed


def test_batches_of_one_key_are_warned_of() -> None:
    """Tests that the second row of a key is one warning, with the sum; other keys are not."""
    assert [str(warning) for warning in _fleet().warnings if warning.column == "count"] == [
        "fleet, row 2, column count: row 1 is of 'hall, gpu' too; both count, 7 accelerators together. "
        "Remove this row if it is a copy; put the two into one row otherwise."
    ]


def test_batches_are_compared_by_their_sum() -> None:
    """Tests that two batches are the same as one of their sum, and that a batch more is a difference of the count."""
    one, more = _fleet({"count": 7}, {"count": 5, "until": 1}), _fleet(*BATCHES, {"count": 2})
    assert differences(one, _fleet()).empty
    assert differences(_fleet(), more)[["column", "a", "b"]].to_numpy().tolist() == [["count", "7", "9"]]


def test_an_edit_of_one_of_two_batches_is_answered() -> None:
    """Tests what-ifs on batches: all of them halved, and two taken from the one that goes."""
    instance = _fleet({"count": 7}, {"count": 5, "until": 1})
    ask = optimizer.WhatIf(solved(instance), gap=0, threads=1)
    # 3.5 + 2.5 = 6 in the first month, 3.5 in the second.
    assert ask("fleet.hall.count*=0.5").objective == pytest.approx((14 + 16.5) * 1000)
    # The batch that goes has 5 - 2 = 3 left: 20 - 7 - 3 = 10 in the first month, 13 in the second.
    assert ask("fleet.hall/gpu/2030-02.count-=2").objective == pytest.approx(23_000)
    two = optimizer.WhatIf(solved(_fleet()), gap=0, threads=1)
    # (3 + 4 + 5) / 2 = 6 in the first month, 3.5 in the second, as above.
    assert two("fleet.hall.count*=0.5").objective == pytest.approx((14 + 16.5) * 1000)


@pytest.mark.parametrize(
    ("edit", "counts"),
    [
        ("fleet.hall/gpu/2030-02.count=9", [3, 4, 9]),
        ("fleet.hall.count*=2", [6, 8, 10]),
        ("fleet.*.count+=1", [4, 5, 6]),
        ("fleet.hall/gpu.until=2030-03", [3, 4, 5]),
    ],
)
def test_batches_are_edited_by_their_key(edit: str, counts: list[float]) -> None:
    """Tests that a batch is named by its site, kind and ``until``, and that what is not ambiguous changes all."""
    assert [row.count for row in apply_edits(_fleet(), [parse_edit(edit)]).rows["fleet"]] == counts


@pytest.mark.parametrize(
    ("rows", "edit", "message"),
    [
        ([], "fleet.hall.count=9", "3 rows of fleet are of 'hall', and each would get it; put rows that share"),
        ([], "fleet.hall/gpu.count-=1", "3 rows of fleet are of 'hall/gpu', and each would get it"),
        (
            BATCHES[1:],
            "fleet.hall.count+=9",
            "2 rows of fleet are of 'hall', and each would get it; name one of hall/gpu, hall/gpu/2030-02, or",
        ),
        ([], "fleet.hall/tpu.count=9", "no site is called 'hall/tpu'. Did you mean 'hall/gpu'?"),
    ],
)
def test_an_edit_that_several_batches_would_get_is_refused(rows: list[dict[str, int]], edit: str, message: str) -> None:
    """Tests that a number for a site is not given to each of its batches silently."""
    with pytest.raises(EditError, match="fleet") as caught:
        apply_edits(_fleet(*rows), [parse_edit(edit)])
    assert message in str(caught.value)

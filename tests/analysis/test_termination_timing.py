"""What leaving earlier or later costs, derived by hand."""

from __future__ import annotations

from typing import Any

import pytest

import optimizer
from optimizer.analysis.termination_timing import exits_table, terminations
from optimizer.instance.instance import Instance
from tests.program.tiny import solved, tiny

# Agreed before the plan at 3000 a month, with a month of notice; a tenth of it is worth a penalty of 1000 a month each.
LEASE: dict[str, Any] = {
    "price": 3000,
    "min_term_months": 1,
    "notice_months": 1,
    "committed_blocks": 1,
    "earliest": -3,
}


def costs(instance: Instance) -> dict[tuple[Any, Any], Any]:
    """First month without it, and the extra cost, by item and shift."""
    plan = solved(instance)
    table = exits_table(optimizer.WhatIf(plan, gap=0, threads=1), plan, terminations(plan))
    return {(row["item"], row["shift"]): (row["month"], row["costs"]) for row in table.to_dict("records")}


def test_leaving_earlier_leaves_work_unserved_and_later_costs_rent() -> None:
    """Tests a lease that serves ten until the fifth month and is worth nothing after."""
    found = costs(tiny(10, {"jobs": [10] * 5 + [0] * 5}, contracts=[LEASE]))
    assert found["lease", 0] == ("2030-06", 0.0)
    # A month earlier: ten penalties of 1000 instead of the rent of 3000. Three months: three times that.
    assert found["lease", -1] == ("2030-05", pytest.approx(7000))
    assert found["lease", -3] == ("2030-03", pytest.approx(21_000))
    # Later: the rent alone.
    assert found["lease", 1] == ("2030-07", pytest.approx(3000))
    assert found["lease", 3] == ("2030-09", pytest.approx(9000))
    # Six months earlier there is no plan yet, and six later it is over.
    assert ("lease", -6) not in found
    assert ("lease", 6) not in found


def test_what_is_kept_can_be_left_earlier() -> None:
    """Tests that a lease that serves to the end has no later month, and that leaving three months early costs 21000."""
    found = costs(tiny(6, {"jobs": [10]}, contracts=[LEASE]))
    assert {shift for _, shift in found} == {-3, -1, 0}
    assert found["lease", -3] == ("2030-04", pytest.approx(21_000))
    assert found["lease", 0] == ("2030-07", 0.0)


def test_blocks_that_stay_are_left_alone() -> None:
    """Tests two of three blocks handed back: leaving earlier is about these, the third stays."""
    lease = {**LEASE, "committed_blocks": 3}
    found = costs(tiny(8, {"jobs": [30, 30, 30, 30, 10]}, contracts=[lease]))
    assert found["lease", 0] == ("2030-05", 0.0)
    assert found["lease", -1] == ("2030-04", pytest.approx(20_000 - 6000))
    assert found["lease", 1] == ("2030-06", pytest.approx(6000))


def test_an_outlet_is_taken_back() -> None:
    """Tests idle accelerators let at 500 a month until work of 1000 each needs them."""
    outlet = {"price": 500, "accelerators_per_block": 10, "min_term_months": 1, "latest": 0}
    plan = tiny(6, {"jobs": [0, 0, 0, 10]}, fleet=[{"count": 10}], outlets=[outlet])
    found = costs(plan)
    assert found["let", 0] == ("2030-04", 0.0)
    assert found["let", -1] == ("2030-03", pytest.approx(500))
    assert found["let", 1] == ("2030-05", pytest.approx(10_000 - 500))


def test_what_is_signed_later_is_not_kept_before() -> None:
    """Tests that what stays in force is what is in force then: a block signed after the hand-back does not count."""
    # Ten in months 0 to 2 and in 5, at 3000 a block: signed, handed back, and signed again. Kept a month longer: 3000.
    lease = {**LEASE, "committed_blocks": None, "earliest": 0, "max_blocks": 1}
    plan = tiny(8, {"jobs": [10, 10, 10, 0, 0, 10, 0]}, contracts=[lease])
    found = costs(plan)
    assert found["lease", 0] == ("2030-07", 0.0)
    assert found["lease", 1] == ("2030-08", pytest.approx(3000))


def test_a_lease_that_must_end_has_that_month_as_its_last() -> None:
    """Tests that ``ends_by`` is the last month with it: without it from the next one on is no question to ask."""
    # Agreed until the fifth month, ten wanted to the end: it runs out at the end of month 4, so month 5 is without it.
    found = costs(tiny(8, {"jobs": [10]}, contracts=[{**LEASE, "ends_by": 4}]))
    assert found["lease", 0] == ("2030-06", 0.0)
    # A month earlier is one month unserved: 10,000 - 3000. (With the end a month off it would be two: 14,000.)
    assert found["lease", -1] == ("2030-05", pytest.approx(7000))
    assert ("lease", 1) not in found


def test_a_fixed_term_cannot_be_left() -> None:
    """Tests that contracts of a fixed term are not asked about."""
    plan = solved(tiny(3, {"jobs": [10]}, contracts=[{"price": 3000, "term_months": 3}]))
    assert terminations(plan) == []


def test_the_dearest_comes_first() -> None:
    """Tests the order by money: two leases, the second of which costs more."""
    second = {**LEASE, "contract": "dear", "price": 4000}
    plan = solved(tiny(3, {"jobs": [20]}, contracts=[LEASE, second]))
    assert [one.item for one in terminations(plan)] == ["dear", "lease"]

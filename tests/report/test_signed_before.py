"""Reports of plans in which contracts were signed before: timeline and FOCUS datasets."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.plan.plan import Plan
from optimizer.report import chart_decisions
from tests.program.tiny import solved, tiny
from tests.report.focus_spec import elements, export

LEASE = {"price": 100, "min_term_months": 2, "notice_months": 3, "termination_fee_months": 0.5, "max_blocks": 3}
FIXED = {"contract": "fixed", "price": 999, "term_months": 4, "max_blocks": 5, "latest": -1}
ROWS = [
    {"month": -2, "decision": "sign", "item": "lease", "blocks": 3},
    {"month": -1, "decision": "hand_back", "item": "lease", "ends": 1},
    {"month": -3, "decision": "sign", "item": "fixed", "starts": -2, "price": 40},
    {"month": -2, "decision": "sign", "item": "fixed", "starts": -2, "price": 60},
    {"month": -1, "decision": "sign", "item": "fixed", "starts": 2, "price": 80},
]


@pytest.fixture(scope="module")
def plan() -> Plan:
    """Three blocks of a lease, of which one leaves in month 2 and two in month 3, and three fixed terms."""
    return solved(tiny(4, {"jobs": [0]}, contracts=[LEASE, FIXED], decided=ROWS))


def test_the_timeline_shows_blocks_signed_before(plan: Plan) -> None:
    """Tests lanes of items with new decisions and without, and the most blocks at once."""
    found = {lane.item: (lane.spans, lane.most) for lane in chart_decisions.timeline(plan)}
    assert found == {
        "lease": ([("2030-01", "2030-02"), ("2030-01", "2030-03")], 3),
        "fixed": ([("2030-01", "2030-02"), ("2030-01", "2030-02"), ("2030-03", "2030-04")], 2),
    }


def test_the_focus_files_have_them(plan: Plan, tmp_path: Path) -> None:
    """Tests identifiers, lifecycle, committed cost, and how payments are split by agreed prices."""
    commitments, costs = export(plan, tmp_path)
    found = {
        row["ContractCommitmentId"]: (row["ContractCommitmentLifecycleStatus"], float(row["ContractCommitmentCost"]))
        for row in commitments
    }
    assert found == {
        "contracts/lease/2029-11": ("Active", 3 * 2 * 100),
        "contracts/fixed/2029-11": ("Active", 4 * 40),
        "contracts/fixed/2029-11/2": ("Active", 4 * 60),
        "contracts/fixed/2030-03": ("Pending", 4 * 80),
    }
    (row,) = [row for row in commitments if row["ContractCommitmentId"] == "contracts/fixed/2030-03"]
    assert row["x_SignatureMonth"].startswith("2029-12")
    paid = {
        (row["x_CashTerm"], element["ContractCommitmentID"]): element["ContractCommitmentAppliedCost"]
        for row in costs
        for element in elements(row)
        if row["ChargePeriodStart"].startswith("2030-03") or row["x_Item"] == "fixed"
    }
    # In January 40 and 60, from March on 80. In March two blocks of the lease at 100, and half of it for the third.
    assert paid == {
        ("contract", "contracts/fixed/2029-11"): 40,
        ("contract", "contracts/fixed/2029-11/2"): 60,
        ("contract", "contracts/fixed/2030-03"): 80,
        ("contract", "contracts/lease/2029-11"): 200,
        ("termination", "contracts/lease/2029-11"): 50,
    }

"""What was decided before the plan: the entire table, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

from optimizer.plan.plan import Plan
from optimizer.plan.tables import COLUMNS, make_table
from optimizer.report.section_decided import decided_section, decided_tables
from tests.program.tiny import month, tiny

LEASE = {"price": 9, "term_months": 6, "mw_per_block": 0.25, "max_blocks": 9}
ROWS = [
    {"month": -9, "decision": "sign", "item": "lease"},  # over with month -4
    {"month": -6, "decision": "sign", "item": "lease", "blocks": 2},  # over with month -1
    {"month": -5, "decision": "sign", "item": "lease", "blocks": 3},  # over with month 0
    {"month": -3, "decision": "order_build", "item": "wing"},
    {"month": -2, "decision": "buy", "item": "buy", "blocks": 2},
    {"month": -2, "decision": "commit_spend", "item": "deal", "starts": 1},
]


def _plan() -> Plan:
    instance = tiny(
        3,
        {"jobs": [1]},
        contracts=[LEASE],
        builds=[{"mw_per_block": 3, "lead_months": 4, "capex_per_mw": 5}],
        purchases=[{"unit_price": 7, "lot_size": 600, "lead_months": 2, "life_months": 12}],
        commitments=[{"annual_amount": 10, "years": 1}],
        decided=ROWS,
    )
    return Plan(head={}, tables={name: make_table(name, ()) for name in COLUMNS}, instance=instance)


def test_what_was_decided_before_the_plan() -> None:
    """Tests what lasts into the plan, with party, months and sizes, and that there is no table without rows."""
    (table,) = decided_tables(_plan())
    assert (table.caption, table.grid.texts) == ("Decided before the plan", 3)
    assert table.grid.columns == ("Month", "Step", "Runs", "Blocks", "Accelerators", "MW")
    assert [tuple(map(str, row)) for row in table.grid.rows] == [
        (month(-5), "Signed lease (cloud)", f"{month(-5)} to {month(0)}", "3", "30", "0.75"),
        (month(-3), "Ordered wing", f"from {month(1)}", "1", "", "3"),
        (month(-2), "Bought buy", f"{month(0)} to {month(11)}", "2", "1,200", ""),
        (month(-2), "Committed to spend: deal (cloud)", f"{month(1)} to {month(12)}", "1", "", ""),
    ]
    (section,) = decided_section(_plan())
    assert (section.anchor, section.title) == ("decided", "Decided before the plan")
    plain = replace(_plan(), instance=tiny(3, {"jobs": [1]}, contracts=[LEASE]))
    assert (decided_tables(plain), decided_section(plain)) == ([], [])

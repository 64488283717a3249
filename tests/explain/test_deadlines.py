"""Deadlines: when to act, until when it is possible, and what a month's delay costs."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import optimizer
from optimizer.explain.deadlines import deadlines_table
from optimizer.instance.instance import Instance
from tests.program.tiny import solved, tiny


def table(instance: Instance) -> pd.DataFrame:
    """Deadlines of the best plan, with the cost of delay."""
    plan = solved(instance)
    return deadlines_table(plan, optimizer.WhatIf(plan, gap=0, threads=1))


def only(instance: Instance) -> dict[str, Any]:
    """The one deadline of an instance."""
    found = table(instance)
    assert len(found) == 1
    return {str(name): value for name, value in found.iloc[0].items()}


def test_a_signature_is_due_its_lead_before_the_start() -> None:
    """Tests that a lease that starts a month after its signature is signed a month before it is wanted."""
    lease = {"price": 3000, "term_months": 2, "lead_months": 1, "latest": 2}
    row = only(tiny(4, {"jobs": [0, 10, 10, 0]}, contracts=[lease]))
    assert (row["month"], row["act"], row["takes_effect"]) == ("2030-01", "sign", "2030-02")
    assert row["last_month"] == "2030-02"  # the last start is 2030-03
    # A month later, the lease of two months serves one month of the work: it costs 6000 and saves 10000 still.
    assert row["delay_costs"] == pytest.approx(10_000)


def test_a_notice_is_due_before_the_end() -> None:
    """Tests that a hand-back in the third month with two months of notice is due in the first."""
    # Agreed before the plan at 3000 a month; there is work for two months only.
    lease = {"price": 3000, "min_term_months": 1, "notice_months": 2, "committed_blocks": 1, "earliest": -3}
    row = only(tiny(4, {"jobs": [10, 10, 0, 0]}, contracts=[lease]))
    assert (row["month"], row["act"], row["takes_effect"]) == ("2030-01", "give notice", "2030-03")
    assert row["delay_costs"] == pytest.approx(3000)


def test_only_what_is_due_soon() -> None:
    """Tests that what a delay costs is worked out for decisions of the first months only, if so asked."""
    plan = solved(tiny(4, {"jobs": [0, 0, 0, 10]}, contracts=[{"price": 3000, "term_months": 1}]))
    assert len(deadlines_table(plan)) == 1
    ask = optimizer.WhatIf(plan, gap=0, threads=1)
    assert deadlines_table(plan, ask, months=3)["delay_costs"].isna().all()
    # Without the lease ten penalties of 1000 instead of 3000.
    assert deadlines_table(plan, ask, months=4)["delay_costs"].tolist() == pytest.approx([7000])
    assert deadlines_table(plan)["delay_costs"].isna().all()


def test_a_delay_that_leaves_no_plan_has_no_cost() -> None:
    """Tests that where all work must be served, a later lease is no plan at all."""
    must = [{"workload": "jobs", "min_service": 1}]
    row = only(tiny(2, {"jobs": [10]}, contracts=[{"price": 3000, "term_months": 2}], workloads=must))
    assert pd.isna(row["delay_costs"])

"""Deadlines: when to act, until when it is possible, and what a month's delay costs."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import optimizer
from optimizer.analysis.deadlines import deadlines_table
from optimizer.analysis.termination_timing import exits_table, terminations
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


def test_a_hand_back_a_month_later_costs_the_same_everywhere() -> None:
    """Tests that blocks handed back later are kept until then, in the deadlines as in the table of exits."""
    # Months 0 and 1 need ten, month 2 nothing. The lease costs 3000 a month, hours 500 each, so 5000: the plan signs it
    # for two months, with a least term of one. Kept a month longer it costs 3000 more.
    lease = {"price": 3000, "min_term_months": 1, "max_blocks": 1}
    hours = [{"price": 5, "max_accelerators": 10}]
    plan = solved(tiny(4, {"jobs": [10, 10, 0]}, contracts=[lease], on_demand=hours))
    ask = optimizer.WhatIf(plan, gap=0, threads=1)
    late = deadlines_table(plan, ask)
    late = late[late["decision"] == "hand_back"]
    exits = exits_table(ask, plan, terminations(plan))
    assert late["delay_costs"].tolist() == pytest.approx([3000])
    assert exits[exits["shift"] == 1]["costs"].tolist() == late["delay_costs"].tolist()


def test_a_hand_back_kept_later_does_not_give_up_the_signature() -> None:
    """Tests that what a hand-back a month later costs is not what it costs never to have signed."""
    # Ten wanted in month 0: the lease at 4000 beats hours at 5000. A month longer costs 4000, and not the 1000 that
    # hours from the beginning would cost more.
    lease = {"price": 4000, "min_term_months": 1, "max_blocks": 1}
    hours = [{"price": 5, "max_accelerators": 10}]
    plan = solved(tiny(3, {"jobs": [10, 0]}, contracts=[lease], on_demand=hours))
    late = deadlines_table(plan, optimizer.WhatIf(plan, gap=0, threads=1))
    assert late[late["decision"] == "hand_back"]["delay_costs"].tolist() == pytest.approx([4000])


def test_a_run_must_start_in_time_to_be_over_by_its_deadline() -> None:
    """Tests that the last start of a run of two months with its deadline in month 4 is month 3."""
    run = {"work": 20, "sizes": "10", "release": 0, "deadline": 4, "penalty": 9999, "required": True}
    row = only(tiny(8, {"jobs": [0]}, fleet=[{"count": 10}], training_runs=[run]))
    assert (row["act"], row["last_month"]) == ("start", "2030-04")


def test_the_last_hand_back_of_what_must_end() -> None:
    """Tests that notice of two months for a lease that ends by month 5 can be given until month 3."""
    lease = {"price": 3000, "min_term_months": 1, "notice_months": 2, "committed_blocks": 1, "earliest": -3}
    row = only(tiny(8, {"jobs": [10, 10, 10, 0]}, contracts=[{**lease, "ends_by": 5}]))
    assert (row["act"], row["takes_effect"], row["last_month"]) == ("give notice", "2030-04", "2030-04")


def test_a_delay_that_leaves_no_plan_says_so() -> None:
    """Tests that where all work must be served, a later lease is no plan at all, and that the table says so."""
    must = [{"workload": "jobs", "min_service": 1}]
    row = only(tiny(2, {"jobs": [10]}, contracts=[{"price": 3000, "term_months": 2}], workloads=must))
    assert pd.isna(row["delay_costs"])
    assert row["delay_note"] == "leaves no plan"

"""Everything that the audit says of the plan written by hand with one thing changed: each violation, word by word."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.auditing import audit
from optimizer.plan.plan import Plan
from tests.auditing.by_hand import by_hand
from tests.auditing.tampering import change, pick, repeated, violations, with_head, without


def said(plan: Plan) -> list[str]:
    """Violations as sentences."""
    return [str(one) for one in violations(plan)]


HEADS: list[tuple[dict[str, Any], list[str]]] = [
    ({"headline__cash_out": 5.0}, ["headline.cash_out: 5.0, 4,502,250 expected (headline)"]),
    ({"headline__decisions": 9}, ["headline.decisions: 9, 8 expected (headline)"]),
    (
        {"headline__owed_peak_month": "2030-05"},
        ["headline.owed_peak_month: '2030-05', 2030-04 expected (headline)"],
    ),
    ({"headline__best": 1.0}, ["headline.best: 1.0, no such figure expected (headline)"]),
    (
        {"headline__peak_mw": {"total": 1.0, "in_house": 0.018, "contract": 1.0, "on_demand": 0.0, "best": 2}},
        ["headline.peak_mw.best: 2, no such figure expected (headline)"],
    ),
    (
        {"headline__peak_mw": None},
        [
            "headline.peak_mw.total: missing, 1 expected (headline)",
            "headline.peak_mw.in_house: missing, 0.018 expected (headline)",
            "headline.peak_mw.contract: missing, 1 expected (headline)",
            "headline.peak_mw.on_demand: missing, 0 expected (headline)",
        ],
    ),
    ({"gap": 0.1}, ["gap: 0.1 given as gap, 0 expected (gap)"]),
    ({"size__integers": 5}, ["size.integers: 5, at most 4 allowed (record)"]),
    ({"size__nonzeros": 13}, ["size.nonzeros: 13, at most 12 allowed (record)"]),  # of 4 columns and 3 rows
    (
        {"size": {"columns": 4, "rows": 3, "nonzeros": 12}},
        ["size.integers: 'missing', a number of them expected (record)"],
    ),
    ({"stopped": "x"}, ["stopped: 'x', one of gap_reached, time_limit, interrupted expected (record)"]),
    ({"seconds": {"solve": -1.0}}, ["seconds.solve: -1.0, a number from 0 on expected (record)"]),
    ({"seconds": {"solve": 0.0}, "memory_mb": {"solve": 0.0}}, []),
    ({"months": 7}, ["months: 7, 6 expected (identity)"]),
    ({"instance__currency": "EUR"}, ["instance.currency: 'EUR', 'USD' expected (identity)"]),
    ({"relaxed": True}, ["relaxed: True, False expected, as in the options (status)"]),
    ({"options__gap": None}, ["options.gap: None, a number from 0 on expected (status)"]),
]


@pytest.mark.parametrize(("changes", "texts"), HEADS)
def test_heads(changes: dict[str, Any], texts: list[str]) -> None:
    """Tests figures of the head that are wrong, missing, or not expected."""
    assert said(with_head(by_hand(), **changes)) == texts


CELLS: list[tuple[str, dict[str, str], dict[str, Any], list[str]]] = [
    (
        "service",
        {"month": "2030-01"},
        {"served": 7.0},
        ["2030-01 jobs: 7 in service.served, 8 expected (service)"],
    ),
    (
        "cash",
        {"item": "lease"},
        {"amount": 201.0},
        [
            "2030-01 lease: 201 in cash.amount, term contract, 200 expected (cash)",
            "2030-01 lease: 200 in cash.present_value, 201 expected (present_value)",
            "headline.cash_out: 4502250.0, 4,502,251 expected (headline)",
        ],
    ),
    (
        "cash",
        {"item": "lease"},
        {"party": "lab"},
        ["2030-01 lease: 'lab' in cash.party, 'neo' expected (cash_party)"],
    ),
    (
        "leases",
        {},
        {"pool": "firm"},  # which starts a month later
        [
            "2030-01 lease: 5 in capacity.leased_out, 0 expected (capacity_use)",
            "2030-01 firm: 0 in capacity.leased_out, 5 expected (capacity_use)",
            "2030-01 lease: 15 in capacity.idle, 20 expected (capacity_use)",
            "2030-01 firm: 0 in capacity.idle, -5 expected (capacity_use)",
            "2030-01 firm: 5 accelerators used and leased out, at most 0 allowed (pool_limit)",
            "2030-01 let: 5 accelerators of firm, none allowed there (lease_source)",
        ],
    ),
    (
        "allocation",
        {"pool": "hourly"},
        {"demand": "big"},  # a run
        [
            "2030-01 big: 8 in allocation.work, 0 expected (work)",
            "2030-01 big: 4 in allocation.accelerators, pool hourly, 0 expected (run_allocation)",
            "2030-01 jobs: 8 in service.served, 0 expected (service)",
            "2030-01 jobs: 10 in service.unserved, 18 expected (service)",
            "2030-01 big: 4 accelerators of hourly, none allowed there (eligible)",
        ],
    ),
    (
        "runs",
        {},
        {"accelerators": 12.0},
        [
            "2030-05 big: 10 in allocation.accelerators, pool lease, 12 expected (run_allocation)",
            "2030-06 big: 10 in allocation.accelerators, pool lease, 12 expected (run_allocation)",
            "2030-05 big: placed in runs, a decision start_run expected (run_decision)",
            "2030-05 big: start_run, a row in runs like it expected (run_decision)",
            "2030-05 big: 12 accelerators, 10 expected (run_size)",
        ],
    ),
    (
        "capacity",
        {"pool": "lease"},
        {"pool": "nobody"},
        [
            "2030-01 nobody: pool 'nobody' in capacity, none such is known (names)",
            "2030-01 lease: 0 in capacity.accelerators, 20 expected (capacity)",
            "2030-01 lease: 0 in capacity.leased_out, 5 expected (capacity_use)",
            "2030-01 lease: 0 in capacity.idle, 15 expected (capacity_use)",
            "2030-01 lease: 0 in capacity.mw, 1 expected (capacity_mw)",
        ],
    ),
    (
        "power",
        {"month": "2030-01"},
        {"mw_used": -1.0},
        [
            "2030-01 hall: -1 in power.mw_used, 0 expected (power)",
            "2030-01 hall: -1 in power.mw_used, at least 0 required (negative)",
        ],
    ),
    (
        "outages",
        {"month": "2030-01"},
        {"pool": "hourly"},  # of the provider that is lost
        ["2030-01 care: jobs in hourly without cloud, not allowed there (outage_place)"],
    ),
    (
        "outages",
        {"month": "2030-01"},
        {"accelerators": 16.0},  # and 5 leased out
        [
            "2030-01 care: 4.5 in outages.work, 32 expected (outage_work)",
            "2030-01 care: 21 accelerators of lease used and leased out without cloud, at most 20 allowed "
            "(outage_capacity)",
        ],
    ),
    (
        "outages",
        {"month": "2030-02"},
        {"month": "2030-04"},
        [
            "2030-02 care: 0 in outages.work, member cloud, workload jobs, 4.5 expected (outage_work)",
            "2030-04 care: 4.5 in outages.work, member cloud, workload jobs, 0 expected (outage_work)",
            "2030-04 care: a row for cloud, no row outside the policy's months expected (outage_place)",
        ],
    ),
    (
        "decisions",
        {"decision": "hand_back"},
        {"ends": "2030-02"},
        [
            "2030-03 lease: '2030-02' in decisions.ends, '2030-03' expected (decision_dates)",
            "2030-03 lease: kept until 2030-02, 2030-03 at the earliest allowed (notice)",
        ],
    ),
]


@pytest.mark.parametrize(("table", "where", "cells", "texts"), CELLS)
def test_cells(table: str, where: dict[str, str], cells: dict[str, Any], texts: list[str]) -> None:
    """Tests all that follows from one cell, rule by rule."""
    assert said(change(by_hand(), table, pick(by_hand(), table, **where), **cells)) == texts


def test_rows() -> None:
    """Tests a row that is missing, with what was paid for it, and one that is there twice."""
    assert said(without(by_hand(), "rules", pick(by_hand(), "rules", rule="mine"))) == [
        "2030-05 mine: 0 rows in rules, 1 expected (own_rules)",
        "2030-05 mine: 12 in cash.amount, term violation, 0 expected (cash)",
    ]
    assert said(repeated(by_hand(), "power", 0)) == [
        "2030-01 hall: 0.04 in power.mw_available, 0.02 expected (power)",
        "2030-01 hall: 0.002 in power.mw_leased_out, 0.001 expected (power)",
        "2030-01 hall: a second row in power, one expected (duplicates)",
    ]


def test_a_month_outside_the_plan() -> None:
    """Tests what is said first of a payment that is long after the plan."""
    late = change(by_hand(), "cash", pick(by_hand(), "cash", term="contract"), month="2031-01")
    assert said(late)[0] == (
        "2031-01 lease: month '2031-01' in cash, 2030-01 to 2030-06 allowed, for what counts after the plan 2030-07 "
        "(months)"
    )


def test_a_hand_back_that_is_too_late() -> None:
    """Tests a hand-back of the last month, by notice of a month."""
    row = pick(by_hand(), "decisions", decision="hand_back")
    found = [text for text in said(change(by_hand(), "decisions", row, month="2030-06")) if "(notice)" in text]
    assert found == [
        "2030-06 lease: kept until 2030-03, 2030-06 at the earliest allowed (notice)",
        "2030-06 lease: handed back in 2030-07, 2030-06 at the latest allowed (notice)",
    ]


def test_a_verdict_in_words() -> None:
    """Tests the lines of a failed audit, and how many were checked."""
    verdict = audit(without(by_hand(), "rules", pick(by_hand(), "rules", rule="mine")))
    lines = verdict.text(1).splitlines()
    assert lines[0] == f"The plan fails its audit: 2 of {verdict.checks:,} checks."
    assert lines[1:] == ["  2030-05 mine: 0 rows in rules, 1 expected (own_rules)", "  and 1 more"]

"""Corners of plans that pass their audit: what counts, and what is over before the plan."""

from __future__ import annotations

from typing import Any

import pytest

from tests.program.tiny import decided, paid, solved, tiny

LEASE: dict[str, Any] = {"price": 100, "term_months": 12, "max_blocks": 1}
HOURLY = {"price": 3, "max_accelerators": 10}
PROVIDERS = [{}, {"provider": "lab", "kind": "tenant"}, {"provider": "other"}]


@pytest.mark.parametrize("of", ["cloud", "other"])
def test_capacity_by_the_hour_counts_in_no_share(of: str) -> None:
    """Tests that a lease of ten and ten own are half each, whoever offers ten by the hour."""
    # 30 wanted: ten own, ten leased for 100 and ten by the hour for 3 x 100 hours each. Counted by the hour, cloud had
    # two thirds; and with 0.34 of 30 the lease would be refused.
    given = {"fleet": [{"count": 10}], "contracts": [LEASE], "on_demand": [{**HOURLY, "provider": of}]}
    policy = {"rule": "max_share", "subject": "provider", "member": "cloud"}
    fits = solved(tiny(1, {"jobs": [30]}, providers=PROVIDERS, **given, policies=[{**policy, "limit": 0.5}]))
    assert fits.objective == pytest.approx(100 + 10 * 300)
    tight = solved(tiny(1, {"jobs": [30]}, providers=PROVIDERS, **given, policies=[{**policy, "limit": 0.49}]))
    assert tight.objective == pytest.approx(10 * 300 + 10 * 1000)  # no lease: by the hour, and unserved


@pytest.mark.parametrize(
    ("start", "term", "decisions", "payments"),
    [
        (-3, 2, [], {}),  # in force two months and one month before the plan: its end was then
        (-3, 3, [(0, "expire", "lease", 1)], {}),  # the plan's first month is the first without it
        (-3, 4, [(1, "expire", "lease", 1)], {0: 100}),
        (-1, 3, [(2, "expire", "lease", 1)], {0: 100, 1: 100}),
        (-1, 4, [], {0: 100, 1: 100, 2: 100}),  # it ends with the plan
        (1, 1, [(2, "expire", "lease", 1)], {1: 100}),
    ],
)
def test_agreed_terms_expire_in_the_month_after_their_last(
    start: int, term: int, decisions: list[tuple[int, str, str, float]], payments: dict[int, float]
) -> None:
    """Tests ends before the plan, in each of its months, and after it."""
    agreed = {"price": 100, "term_months": term, "earliest": start, "committed_blocks": 1}
    plan = solved(tiny(3, {"jobs": [0]}, contracts=[agreed], on_demand=[HOURLY]))
    assert decided(plan) == decisions
    assert paid(plan, "contract") == payments

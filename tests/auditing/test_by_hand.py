"""A plan written by hand, every figure worked out with a pencil: the audit agrees."""

from __future__ import annotations

import pytest

from optimizer.auditing import audit
from optimizer.auditing.facts import Facts
from optimizer.auditing.prices import Priced
from optimizer.auditing.quantities import quantity
from optimizer.auditing.reading import Draft, months, names
from optimizer.auditing.verdict import Findings
from tests.auditing.by_hand import by_hand
from tests.auditing.tampering import change, named


def test_by_hand() -> None:
    """Tests that the audit finds nothing wrong with a plan that was worked out by hand."""
    verdict = audit(by_hand())
    assert verdict.passed, verdict.text()


def test_every_payment_counts() -> None:
    """Tests that every payment of the plan, if it is a hundredth more, is named."""
    plan = by_hand()
    for row, (item, month, amount) in enumerate(zip(*(plan.cash[c] for c in ("item", "month", "amount")), strict=True)):
        assert ("cash", item, month) in named(change(plan, "cash", row, amount=amount * 1.01))


def test_leases_stay_where_others_are_lost() -> None:
    """Tests that critical work which survives a loss has to leave alone what is leased out."""
    # Of the 20 accelerators of the lease, 5 cover the outlet.
    assert ("outage_capacity", "care", "2030-01") in named(change(by_hand(), "outages", 0, accelerators=15.1))
    assert ("outage_capacity", "care", "2030-01") not in named(change(by_hand(), "outages", 0, accelerators=14.9))


# Quantities that own rules can speak of, by month.
_HALL: list[float] = [0, 60, 0, 1_500_290, 1_500_110, 1_500_110]  # what is built, bought, upkept and its energy
QUANTITIES: list[tuple[str, str, list[float]]] = [
    ("capacity", "lease", [20, 20, 20, 10, 10, 10]),
    ("capacity", "firm", [0, 2, 10, 10, 0, 0]),
    ("capacity", "hourly", [4, 4, 4, 4, 4, 4]),
    ("capacity", "cloud", [4, 6, 14, 14, 4, 4]),
    ("capacity", "buy", [0, 0, 0, 10, 10, 10]),
    ("capacity", "hall", [0, 0, 0, 10, 10, 10]),
    ("capacity", "in_house", [0, 0, 0, 10, 10, 10]),
    ("used", "lease", [0, 0, 0, 0, 10, 10]),
    ("used", "neo", [0, 0, 0, 0, 10, 10]),
    ("used", "hourly", [4, 0, 0, 0, 0, 0]),
    ("used", "cloud", [4, 0, 0, 0, 0, 0]),
    ("used", "hall", [0, 0, 0, 10, 10, 10]),
    ("used", "in_house", [0, 0, 0, 10, 10, 10]),
    ("used", "jobs", [4, 0, 0, 10, 10, 10]),
    ("used", "big", [0, 0, 0, 0, 10, 10]),
    ("leased", "let", [5, 5, 5, 5, 0, 0]),
    ("leased", "lease", [5, 5, 5, 5, 0, 0]),
    ("leased", "neo", [5, 5, 5, 5, 0, 0]),
    ("leased", "hall", [0, 0, 0, 0, 0, 0]),
    ("mw", "hall", [0.001, 0.001, 0, 0.018, 0.018, 0.018]),
    ("mw", "in_house", [0.001, 0.001, 0, 0.018, 0.018, 0.018]),
    ("mw", "wing", [0, 0, 0, 0, 0, 0]),
    ("mw", "lease", [1, 1, 1, 0.5, 0.5, 0.5]),
    ("mw", "neo", [1, 1, 1, 0.5, 0.5, 0.5]),
    ("mw", "let", [0.1, 0.1, 0.1, 0.1, 0, 0]),
    ("mw", "space", [0.001, 0.001, 0, 0, 0, 0]),
    ("spend", "wing", [0, 0, 0, 1_500_000, 1_500_000, 1_500_000]),
    ("spend", "buy", [0, 60, 0, 200, 20, 20]),
    ("spend", "lease", [200, 200, 240, 300, 120, 120]),
    ("spend", "firm", [5, 25, 50, 50, 0, 0]),
    ("spend", "hourly", [40, 0, 0, 0, 0, 0]),
    ("spend", "let", [-60, -60, -60, -60, 30, 0]),
    ("spend", "space", [-13, -10, 0, 0, 0, 0]),
    ("spend", "hall", _HALL),
    ("spend", "in_house", _HALL),
    ("spend", "cloud", [45, 25, 50, 50, 0, 300]),
    ("spend", "neo", [200, 200, 240, 300, 120, 120]),
    ("spend", "lab", [-73, -70, -60, -60, 30, 0]),
    ("started", "wing", [0, 0, 0, 1, 0, 0]),
    ("started", "buy", [0, 1, 0, 0, 0, 0]),
    ("started", "firm", [0, 1, 0, 0, 0, 0]),
    ("started", "lease", [0, 0, 0, 0, 0, 0]),
    ("started", "let", [1, 0, 0, 0, 0, 0]),
    ("started", "space", [1, 0, 0, 0, 0, 0]),
    ("started", "big", [0, 0, 0, 0, 1, 0]),
    ("served", "jobs", [8, 0, 0, 18, 18, 18]),
    ("served", "big", [0, 0, 0, 0, 20, 20]),
    ("served", "lease", [0, 0, 0, 0, 20, 20]),
    ("served", "cloud", [8, 0, 0, 0, 0, 0]),
    ("served", "hall", [0, 0, 0, 18, 18, 18]),
    ("served", "in_house", [0, 0, 0, 18, 18, 18]),
    ("unserved", "jobs", [10, 18, 18, 0, 0, 0]),
    ("unserved", "big", [0, 0, 0, 0, 0, 0]),
    ("unserved", "small", [0, 0, 0, 1, 0, 0]),
]


@pytest.mark.parametrize(("name", "item", "expected"), QUANTITIES)
def test_quantities(name: str, item: str, expected: list[float]) -> None:
    """Tests that what own rules can speak of is found in the plan as the figures above tell it."""
    plan = by_hand()
    facts = Facts(plan.instance)
    draft = Draft(plan, facts)
    say = Findings(facts.labels)
    draft.take()
    months(draft, say)
    names(draft, say)
    assert quantity(Priced(facts, plan.head, draft.tables()), name, item) == pytest.approx(expected)

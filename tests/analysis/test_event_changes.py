"""The usual events with their edits, and the decisions that answer them in words, derived by hand."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.analysis.events import Answer, Event, changes, event_row, sorted_events, usual_events
from optimizer.analysis.questions import NOT_EXAMINED
from tests.plan.pairs import decision, plan
from tests.program.tiny import month, solved, tiny

SIGN = decision("2026-03", "sign", "lease", 2)


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ([SIGN], [SIGN], "no decision differs"),
        ([SIGN], [], "do not sign lease"),
        ([], [SIGN], "sign lease in 2026-03"),
        ([SIGN], [decision("2026-05", "sign", "lease", 2)], "sign lease 2 months later"),
        ([SIGN], [decision("2026-02", "sign", "lease", 2)], "sign lease 1 month earlier"),
        ([SIGN], [decision("2026-05", "sign", "lease", 3)], "sign lease: 3 in all instead of 2"),
        ([SIGN], [decision("2026-03", "sign", "lease", 2 + 1e-7)], "no decision differs"),
        # Two rows of an item count together, from the first month on; an expiry is no decision.
        (
            [SIGN],
            [decision("2026-03", "sign", "lease", 0.5), decision("2026-04", "sign", "lease", 1.5)],
            "no decision differs",
        ),
        ([SIGN], [SIGN, decision("2026-08", "expire", "lease", 2)], "no decision differs"),
        ([], [decision("2026-03", "order_build", "hall", 12_345.678)], "order build hall in 2026-03"),
    ],
)
def test_a_decision_that_differs_in_words(before: list[Any], after: list[Any], text: str) -> None:
    """Tests each way in which the decisions on an item can differ."""
    assert changes(plan(decisions=before), plan(decisions=after)) == text


def test_the_largest_changes_come_first() -> None:
    """Tests the order by money, of a move half of it, then by accelerators, and that four are listed."""
    # Two millions moved count one; then 1.5 millions dropped are more, 0.9 millions less. Two without money are in
    # order of their accelerators: 30, 20.
    before = [SIGN, decision("2026-04", "buy", "dropped", 1.5)]
    after = [
        decision("2026-04", "sign", "lease", 2),
        decision("2026-04", "sign", "little", 0.9),
        decision("2026-04", "start_run", "small", 2, cost=0.0),
        decision("2026-05", "start_run", "large", 3, cost=0.0),
    ]
    listed = ["do not buy dropped", "sign lease 1 month later", "sign little in 2026-04", "start run large in 2026-05"]
    assert changes(plan(decisions=before), plan(decisions=after)) == "; ".join([*listed, "1 more"])
    four = "; ".join(listed)
    assert changes(plan(decisions=before), plan(decisions=[*after[:2], after[3]])) == four
    # The event itself is no answer to it.
    left = changes(plan(decisions=before), plan(decisions=after), ("start_run", "large"))
    assert left == "; ".join([*listed[:3], "start run small in 2026-04"])


def test_the_figures_of_an_event() -> None:
    """Tests the row of an event: costs of 30 more, proven from 25 to 38, with 3 of 20 not served."""
    a = plan(gap=8, cash=[("2026-01", "contract", "lease", "neo", 100, 100)])
    service = [("2026-01", "study", 9, 9, 0), ("2026-02", "study", 11, 8, 3)]
    b = plan(gap=5, cash=[("2026-01", "contract", "lease", "neo", 130, 130)], service=service, decisions=[SIGN])
    event = Event("site hall slips", "slip", "hall", "2026-02")
    known = ("site hall slips", "slip", "hall", "2026-02")
    assert event_row(a, Answer(event, b)) == (*known, 30, 25, 38, 3 / 20, "sign lease in 2026-03", "")
    empty = plan(cash=[("2026-01", "contract", "lease", "neo", 130, 130)])
    assert event_row(a, Answer(event, empty)) == (*known, 30, 30, 38, 0.0, "no decision differs", "")
    none = (None, None, None, None, "", "leaves no plan")
    assert event_row(a, Answer(event, None, "leaves no plan")) == (*known, *none)


def test_events_without_a_plan_come_first_and_those_not_examined_last() -> None:
    """Tests the order of five rows, which stays within each kind."""
    rows = [
        (name, "slip", "", "", costs, None, None, None, "", note)
        for name, costs, note in (
            ("open", None, NOT_EXAMINED),
            ("first", 1.0, ""),
            ("late", None, "not found in time"),
            ("second", 0.0, ""),
            ("none", None, "leaves no plan"),
        )
    ]
    assert sorted_events(rows)["event"].tolist() == ["none", "late", "first", "second", "open"]


def test_the_edits_of_the_usual_events() -> None:
    """Tests sites with power and builds to come, growth of three workloads, and a contract that can be taken back."""
    tables: dict[str, Any] = {
        "sites": [{}, {"site": "barn", "region": "there"}, {"site": "still", "region": "there"}],
        "power": [{"mw": 1}, {"month": 5, "mw": 2}, {"month": 3, "mw": 1.5}, {"site": "still", "mw": 1}],
        "builds": [{"site": "barn", "capex_per_mw": 1e9, "lead_months": 2, "earliest": 1}],
        "contracts": [
            {"price": 1, "min_term_months": 1, "notice_months": 2, "committed_blocks": 1, "earliest": -3},
            {"contract": "other", "price": 1, "min_term_months": 12, "committed_blocks": 1, "earliest": 0},
        ],
        "workloads": [{"workload": name} for name in ("grows", "falls", "comes")],
    }
    demand: list[tuple[str, int, float]] = [
        ("grows", 0, 5),
        ("grows", 4, 7),
        ("grows", 2, 6),
        ("falls", 0, 5),
        ("falls", 3, 4),
    ]
    demand += [("comes", 6, 0.5)]
    amounts = [{"workload": name, "month": t, "amount": amount} for name, t, amount in demand]
    found = usual_events(solved(tiny(8, amounts, **tables)))
    events = [(str(one), one.kind, one.item, one.month, [str(edit) for edit in one.edits]) for one in found]
    assert events == [
        ("site hall slips by 6 months", "slip", "hall", month(3), ["power.hall.month+=6"]),
        ("site barn slips by 6 months", "slip", "barn", month(3), ["builds.wing.lead_months+=6"]),
        (
            *("demand grows twice as fast", "growth", "", month(2)),
            [
                f"demand.grows@{month(2)}.amount=7",
                f"demand.grows@{month(4)}.amount=9",
                f"demand.comes@{month(6)}.amount=1",
            ],
        ),
        ("cloud takes lease back in 2030-03", "taken_back", "lease", month(2), []),
    ]
    assert [str(fixing) for fixing in found[-1].fixings] == [f"end lease@{month(2)}"]


def test_no_usual_event_can_happen_to_a_plan_of_an_unchanging_demand() -> None:
    """Tests that a fleet whose power is there, with the same demand in all months, has none."""
    assert usual_events(solved(tiny(2, {"jobs": [10, 10]}, fleet=[{"count": 10}]))) == []

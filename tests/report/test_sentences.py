"""Sentences of an explanation: each case of each sentence, with its figures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from optimizer.plan.plan import Plan
from optimizer.report import sentences
from tests.report.explained_plan import COLUMNS
from tests.report.plans import small_plan

NONE = float("nan")


@pytest.fixture(scope="module")
def plan() -> Plan:
    """A plan of twelve months that costs 9.2 M EUR: a difference below 0.009 EUR counts as zero."""
    return small_plan()


def table(name: str, *rows: dict[str, Any]) -> pd.DataFrame:
    """Rows of a table of an explanation; what they lack is blank."""
    return pd.DataFrame(
        [{column: row.get(column, "") for column in COLUMNS[name]} for row in rows], columns=COLUMNS[name]
    )


# ---------------------------------------------------------------- differences
@pytest.mark.parametrize(
    ("at_least", "at_most", "text"),
    [
        (2e6, 3e6, "costs between 2 M and 3 M EUR more"),
        (2e6, 2e6, "costs 2 M EUR more"),
        (2e6, None, "costs at least 2 M EUR more"),
        (None, 3e6, "costs at most 3 M EUR more"),
        (0.0, 3e6, "costs at most 3 M EUR more"),
        (-1.0, 3e6, "costs at most 3 M EUR more"),
        (0.001, 3e6, "costs at most 3 M EUR more"),
        (0.0, 0.0, "costs the same"),
        (-0.001, 0.001, "costs the same"),
        (-2.0, -2.0, "costs the same"),
        (-2.0, 0.0, "costs no more"),
        (None, 0.0, "costs no more"),
        (None, 0.001, "costs no more"),
        (None, None, "costs 1 M EUR more in the plan found; no bound is proven"),
        (NONE, NONE, "costs 1 M EUR more in the plan found; no bound is proven"),
        (-1.0, None, "costs 1 M EUR more in the plan found; no bound is proven"),
        (0.0, NONE, "costs 1 M EUR more in the plan found; no bound is proven"),
    ],
)
def test_more_is_never_more_precise_than_what_is_proven(
    plan: Plan, at_least: float | None, at_most: float | None, text: str
) -> None:
    """Tests both ends of what is proven, known or not, positive, zero and negative."""
    row = {"costs": 1e6, "delay_costs": 2e6, "at_least": at_least, "at_most": at_most}
    assert sentences.more(row, plan) == text
    assert sentences.more(row, plan, "delay_costs") == text.replace("1 M EUR more in", "2 M EUR more in")


@pytest.mark.parametrize(
    ("room", "warned"),
    [(1e5, ["The gap of this plan is 100 k EUR: smaller differences may come from the search alone."]), (9.0, [])],
)
def test_differences_within_the_gap_are_in_doubt(plan: Plan, room: float, warned: list[str]) -> None:
    """Tests that a gap of a millionth of 9.2 M EUR counts as zero, and that no bound gives no warning."""
    assert sentences.doubt(replace(plan, head={**plan.head, "bound": plan.objective - room})) == warned
    assert sentences.doubt(replace(plan, head={**plan.head, "bound": None})) == []


# ---------------------------------------------------------------- worth
def value(month: str, kind: str, item: str, held: float, fewer: float) -> dict[str, Any]:
    """A row of ``values``."""
    return {"month": month, "kind": kind, "item": item, "held": held, "held_fewer": fewer, "relaxed": 0.0}


def test_worth_names_the_item_of_which_one_more_is_worth_most(plan: Plan) -> None:
    """Tests sums by item, averages over twelve months, the best month, and both sides where they differ."""
    rows = [
        value("2026-01", "mw", "hall", 12_000.0, 12_000.0),
        value("2026-05", "mw", "hall", 24_000.0, 60_000.0),  # 36,000 in all, 3,000 a month
        value("2026-03", "mw", "annex", 30_000.0, 30_000.0),
        value("2026-02", "accelerator", "lease", 1200.0, 1200.0),
        value("2026-02", "accelerator", "other", 0.0, 5.0),
        value("2026-01", "demand", "chat", -2400.0, NONE),  # less is worth more than nothing
        value("2026-04", "budget", "half", 0.25, 0.5),
    ]
    assert sentences.worth(plan, table("values", *rows)) == [
        "One more MW at hall saves 3 k EUR a month on average, most in May 2026 (24 k; one fewer costs 60 k).",
        "One more accelerator of lease saves 100 EUR a month on average, most in Feb 2026 (1.2 k).",
        "One more reference-accelerator of demand for chat costs -200 EUR a month on average, most in Jan 2026 "
        "(-2.4 k).",
        "One more EUR in budget half saves 0.25 EUR; one fewer costs 0.5.",
    ]
    assert sentences.worth(plan, table("values", value("2026-01", "mw", "hall", 0.0, 5.0))) == []


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ("power.hall.mw+=1", "1 more MW at hall"),
        ("demand.chat.amount*=1.1", "10 % more demand of chat"),
        ("budgets.half.amount*=1.05", "5 % more in budget half"),
        ("power.hall.mw=3", "power.hall.mw=3"),
        ("sites.hall.pue*=2", "sites.hall.pue*=2"),
        ("no step", "no step"),
    ],
)
def test_steps_in_words(step: str, text: str) -> None:
    """Tests steps of each table, and that other edits stay as they are."""
    assert sentences.step_words(step) == text


# ---------------------------------------------------------------- offers
def offer(item: str, price: float, to_win: float | None, **more: Any) -> dict[str, Any]:
    """A rejected offer with its break-even price, proven to a tenth."""
    ends = {} if to_win is None else {"at_least": to_win * 0.9, "at_most": to_win * 1.1}
    row = {"item": item, "table": "contracts", "verdict": "rejected", "price": price, "price_to_win": to_win}
    return {**row, "at_least": None, "at_most": None, "reason": "too dear", **ends, **more}


def test_offers_nearest_to_being_taken_come_first(plan: Plan) -> None:
    """Tests the relative distance of prices, three at the most, and the sides of costs and revenue."""
    rows = [
        offer("far", 1000.0, 100.0),  # 90 % below
        offer("near", 1000.0, 900.0),
        offer("free", 0.0, 0.0),  # no price to compare
        offer("unknown", 1000.0, None),
        offer("let", 1000.0, 1200.0, table="outlets"),
        offer("doubtful", 1000.0, 600.0, at_least=None, at_most=None),
        offer("taken", 1000.0, 2000.0, verdict="taken"),
    ]
    assert sentences.offers(plan, table("offers", *rows)) == [
        "6 of 7 offers are rejected.",
        "near is taken below its break-even price, between 810 and 990 EUR; it is offered at 1 k EUR: too dear.",
        "let is taken above its break-even price, between 1.08 k and 1.32 k EUR; it is offered at 1 k EUR: too dear.",
        "doubtful is taken below its break-even price, not proven; it is offered at 1 k EUR: too dear.",
    ]


@pytest.mark.parametrize(
    ("of", "to_win"),
    [("contracts", 1000.0), ("contracts", 1100.0), ("purchases", 1100.0), ("outlets", 1000.0), ("outlets", 900.0)],
)
def test_an_offer_that_is_worth_its_price_could_be_taken(plan: Plan, of: str, to_win: float) -> None:
    """Tests a break-even price at the price and on the good side of it: not below for a cost, not above for revenue."""
    assert sentences.offers(plan, table("offers", offer("x", 1000.0, to_win, table=of))) == [
        "1 of 1 offers is rejected.",
        "x could be taken at its price of 1 k EUR: too dear.",
    ]


def test_no_offer_is_rejected(plan: Plan) -> None:
    """Tests the sentence without any."""
    assert sentences.offers(plan, table("offers", offer("x", 1.0, 2.0, verdict="partly"))) == [
        "No offer is rejected: each is taken, at least in part."
    ]


# ---------------------------------------------------------------- leaving
def leaving(month: str, shift: int, least: float | None = None, **more: Any) -> dict[str, Any]:
    """A row of ``exits``: proven to cost as much more."""
    costs = NONE if least is None else least
    row = {"item": "lease", "decision": "hand_back", "month": month, "notice": month, "shift": shift, "costs": costs}
    return {**row, "at_least": least, "at_most": least, **more}


def test_leaving_has_a_month_and_what_shifts_cost(plan: Plan) -> None:
    """Tests the nearest and the farthest shift of each side, a notice, and a shift without a plan."""
    rows = [
        leaving("2026-02", -3, note="leaves no plan"),
        leaving("2026-03", -2, 5000.0),
        leaving("2026-04", -1, 1000.0),
        leaving("2026-05", 0, 0.0, notice="2026-03"),
        leaving("2026-06", 1, 2000.0),
    ]
    assert sentences.exits(plan, table("exits", *rows)) == [
        "Hand back lease in May 2026, giving notice in Mar 2026. 1 month earlier costs 1 k EUR more, 3 months earlier "
        "leaves no plan; 1 month later costs 2 k EUR more."
    ]
    back = [leaving("2026-05", 0, 0.0, decision="take_back"), leaving("2026-07", 2, 2000.0, decision="take_back")]
    assert sentences.exits(plan, table("exits", *back)) == [
        "Take back lease in May 2026. 2 months later costs 2 k EUR more."
    ]


@pytest.mark.parametrize(
    ("month", "text"), [("2026-12", "Hand back lease in Dec 2026."), ("2027-01", "Keep lease to the end of the plan.")]
)
def test_leaving_after_the_plan_is_keeping(plan: Plan, month: str, text: str) -> None:
    """Tests the last month of the plan, and the one after it."""
    assert sentences.exits(plan, table("exits", leaving(month, 0, 0.0))) == [text]
    assert sentences.exits(plan, table("exits", leaving("2026-03", 1, note="leaves no plan"))) == [
        "Keep lease to the end of the plan. 1 month later leaves no plan."
    ]


# ---------------------------------------------------------------- dates
def due(month: str, item: str, last: str = "", **more: Any) -> dict[str, Any]:
    """A row of ``deadlines``: to sign something by a month."""
    row = {"month": month, "act": "sign", "decision": "sign", "item": item, "last_month": last}
    return {**row, "delay_costs": NONE, "at_least": NONE, "at_most": NONE, **more}


def test_dates_name_what_is_due_and_the_most_expensive_delay(plan: Plan) -> None:
    """Tests the first month in the order of money bound, the delay with the largest proof, and last months."""
    # The plan binds 3.6 M for fixed, 0.6 M for lease and nothing for a contract that it does not sign.
    cost = {"delay_costs": 9000.0, "at_least": 1000.0, "at_most": 9000.0}
    rows = [
        due("2026-01", "other"),
        due("2026-01", "lease"),
        due("2026-01", "fixed"),
        due("2026-02", "lease", "2026-02", **cost),
        due("2026-03", "fixed", "2026-03", delay_costs=5000.0, at_least=2000.0, at_most=5000.0),
        due("2026-04", "other", "2026-05", delay_note="leaves no plan"),
        due("2026-05", "free", "2026-06", delay_costs=0.0, at_least=0.0, at_most=0.0),
    ]
    assert sentences.deadlines(plan, table("deadlines", *rows)) == [
        "No plan is feasible if decided a month later: Sign other (Apr 2026).",
        "Due in Jan 2026: Sign fixed; Sign lease; Sign other.",
        "Most expensive delay: Sign fixed, due Mar 2026; a month later costs between 2 k and 5 k EUR more.",
        "Planned for the last month in which it is possible: Sign fixed (Mar 2026); Sign lease (Feb 2026).",
    ]


def test_a_delay_of_half_a_unit_of_money_is_a_cost(plan: Plan) -> None:
    """Tests the smallest delay that costs anything."""
    row = due("2026-03", "fixed", delay_costs=0.5, at_least=0.5, at_most=0.5)
    assert sentences.deadlines(plan, table("deadlines", row)) == [
        "Nothing is due in Jan 2026.",
        "Most expensive delay: Sign fixed, due Mar 2026; a month later costs 0.5 EUR more.",
    ]


def test_dates_without_anything_due(plan: Plan) -> None:
    """Tests that nothing due in the first month is stated, that its own last month is not, and at most three are."""
    rows = [due("2026-02", f"x{n}", "2026-02") for n in range(4)]
    assert sentences.deadlines(plan, table("deadlines", *rows)) == [
        "Nothing is due in Jan 2026.",
        "Planned for the last month in which it is possible: Sign x0 (Feb 2026); Sign x1 (Feb 2026); "
        "Sign x2 (Feb 2026).",
    ]
    assert sentences.deadlines(plan, table("deadlines", due("2026-01", "x", "2026-01"))) == ["Due in Jan 2026: Sign x."]


# ---------------------------------------------------------------- events and caps
def test_events_say_what_they_cost_and_change(plan: Plan) -> None:
    """Tests a cost with unserved demand, one without changes, and events without a plan or not found in time."""
    costs = {"costs": 1e6, "at_least": 1e6, "at_most": 1e6}
    rows = [
        {"event": "hall slips", **costs, "unserved": 0.02, "answer": "sign fixed"},
        {"event": "prices rise", **costs, "unserved": 0.0, "answer": "no decision differs"},
        {"event": "demand grows", "costs": NONE, "note": "leaves no plan"},
        {"event": "power fails", "costs": NONE, "note": "not found in time"},
    ]
    assert sentences.events(plan, table("events", *rows)) == [
        "If hall slips, the best plan costs 1 M EUR more, and 2 % of demand is not served in the plan found. "
        "Changes: sign fixed.",
        "If prices rise, the best plan costs 1 M EUR more. No other decision changes.",
        "If demand grows: no plan meets all rules.",
        "If power fails: not found in time.",
    ]
    assert sentences.without_plan(plan, table("events", *rows)) == ["If demand grows: no plan meets all rules."]
    assert sentences.without_plan(plan, None) == []


def test_caps_say_what_less_exposure_costs(plan: Plan) -> None:
    """Tests one sentence per member: limits with their first month, losses, and requirements without a price."""
    share = {"rule": "max_share", "subject": "group", "member": "alpha", "share": 0.8}
    costs = {"costs": 1e6, "at_least": 1e6, "at_most": 1e6}
    rows = [
        {**share, "limit": 0.6, "month": "2026-01", **costs},
        {**share, "limit": 0.4, "month": "2026-05", "costs": NONE, "note": "not found in time"},
        {**share, "limit": 0.2, "month": "", "costs": NONE, "note": "leaves no plan"},
        {
            "rule": "survive",
            "subject": "site",
            "member": "hall",
            "share": 0.3,
            "limit": 1.0,
            "month": "2026-02",
            **costs,
        },
    ]
    assert sentences.caps(plan, table("caps", *rows)) == [
        "alpha has up to 80 % of the capacity. At most 60 % costs 1 M EUR more; at most 40 %, feasible from May 2026 "
        "on, was not found in time; at most 20 % leaves no plan.",
        "Surviving the loss of hall, feasible from Feb 2026 on, costs 1 M EUR more.",
    ]


# ---------------------------------------------------------------- this month
def now(item: str, blocks: float = 1.0, least: float = 1.0, kept: int = 2, **more: Any) -> dict[str, Any]:
    """A row of ``first``: a contract to sign in this month, in all of two events."""
    row = {"month": "2026-01", "act": "sign", "decision": "sign", "item": item, "blocks": blocks, "least": least}
    return {**row, "events": 2, "kept": kept, "delay_costs": NONE, "at_least": NONE, "at_most": NONE, **more}


def test_this_month_is_what_all_events_share(plan: Plan) -> None:
    """Tests decisions that are sure, proven or not, those that an event reverses, and those that one needs."""
    rows = [
        now("sure", 2.0, delay_costs=5000.0, at_least=5000.0, at_most=5000.0),
        now("blank"),
        now("noted", delay_note="leaves no plan"),
        now("loose", delay_costs=5000.0, at_least=0.0, at_most=5000.0),
        now("late", delay_note="not found in time"),
        now("open", kept=1, otherwise="hall slips"),
        *(now(f"only{n}", 0.0, otherwise="demand grows") for n in range(4)),
    ]
    assert sentences.first(plan, table("first", *rows)) == [
        "In Jan 2026, whichever of these events occurs: Sign sure, at least 1 (the plan: 2) (a month later costs 5 k "
        "EUR more); Sign blank, 1; Sign noted, 1 (a month later leaves no plan).",
        "Decided in Jan 2026 in all plans found, but a delay of a month is not proven to cost more: Sign loose, 1; "
        "Sign late, 1.",
        "Do not sign open if hall slips.",
        *(f"Sign only{n} only if demand grows." for n in range(3)),
    ]


def test_events_without_a_plan_come_first(plan: Plan) -> None:
    """Tests that the other events follow those without a plan and those that were not found in time."""
    row = now("sure", without_plan="demand grows", not_found="power fails")
    assert sentences.first(plan, table("first", row)) == [
        "Whatever is decided in Jan 2026, no plan meets all rules if demand grows.",
        "No plan was found within the time limit if power fails: these events are left out.",
        "In Jan 2026, whichever other of these events occurs: Sign sure, 1.",
    ]
    nothing = ["Nothing has to be decided in Jan 2026, whichever of these events occurs."]
    assert sentences.first(plan, table("first")) == nothing
    # Without any event nothing is sure.
    assert sentences.first(plan, table("first", now("alone", kept=0, events=0))) == nothing

"""Warnings on months, at both sides of every limit, with their texts: a plan of 24 months from 2030-01 to 2031-12."""

from __future__ import annotations

from typing import Any

import pytest

from tests.instance.warned import OUT, TERM, USUAL, at, warned

Row = dict[str, Any]
OPEN = {"price": 3000, "min_term_months": 6}


def _soonest(month: str, why: str) -> list[str]:
    problem = f"it can never start: signed in the first month, it starts in {month}, {why}. "
    return at("contracts 1 lead_months", f"{problem}Give a shorter lead_months or a later latest, {OUT}")


def _too_long(term: str, month: str) -> list[str]:
    problem = f"it can never start: its {term} from {month} on end later than ends_by. "
    return at("contracts 1 ends_by", f"{problem}Give a later ends_by or a shorter term, {OUT}")


EARLIEST = at(
    "contracts 1 earliest", f"it can never start: earliest is after the plan ends. Give an earlier one, {OUT}"
)
LATEST = at("contracts 1 latest", f"it can never start: latest is before the plan. Give a later one, {OUT}")
NO_BLOCK = at("contracts 1 max_blocks", f"it can never start: max_blocks leaves no block. Raise it, {OUT}")
ENDED = "it has already ended"

OFFERS: list[tuple[Row, list[str]]] = [
    # The last month is 23; a term of 3 months is long enough to end after the plan without another warning.
    ({"earliest": 23, "term_months": 3}, []),
    ({"earliest": 24}, EARLIEST),
    ({"earliest": 26}, EARLIEST),
    ({"latest": 0}, []),
    ({"latest": -1}, LATEST),
    ({"latest": -3}, LATEST),
    ({"lead_months": 23, "term_months": 3}, []),
    ({"lead_months": 24}, _soonest("2032-01", "after the plan ends")),
    ({"lead_months": 26, "latest": 5}, _soonest("2032-03", "after the plan ends")),
    ({"lead_months": 5, "latest": 5}, []),
    ({"lead_months": 6, "latest": 5}, _soonest("2030-07", "after latest")),
    ({"lead_months": 23, "latest": 20, "term_months": 3}, _soonest("2031-12", "after latest")),
    ({"lead_months": 6, "earliest": 3, "latest": 5}, _soonest("2030-07", "after latest")),
    # Twelve months from month 0 are over with month 11; from month 5, with month 16.
    ({"ends_by": 11}, []),
    ({"ends_by": 10}, _too_long("12 months", "2030-01")),
    ({"ends_by": 3}, _too_long("12 months", "2030-01")),
    ({"ends_by": 16, "earliest": 3, "lead_months": 5}, []),
    ({"ends_by": 15, "earliest": 3, "lead_months": 5}, _too_long("12 months", "2030-06")),
    ({"ends_by": 15, "earliest": 5, "lead_months": 3}, _too_long("12 months", "2030-06")),
    ({"ends_by": 11, "earliest": -4}, []),
    ({"ends_by": 5, **OPEN, "term_months": None}, []),
    ({"ends_by": 4, **OPEN, "term_months": None}, _too_long("6 months", "2030-01")),
    # Without any minimum term it runs for a month.
    ({"ends_by": 4, "earliest": 4, "min_term_months": 0, "term_months": None}, []),
    ({"ends_by": 3, "earliest": 4, "min_term_months": 0, "term_months": None}, _too_long("1 month", "2030-05")),
    ({"max_blocks": 0}, NO_BLOCK),
    ({"max_blocks": 0.9}, NO_BLOCK),
    ({"max_blocks": 1 - 1e-12}, []),
    ({"max_blocks": 0.1, "integer": False}, []),
    ({"max_blocks": 0, "integer": False}, NO_BLOCK),
]
MADE: list[tuple[Row, list[str]]] = [
    (
        {"committed_blocks": 0, "earliest": -30},
        at("contracts 1 committed_blocks", "no blocks are committed, so it never runs; leave it blank for an offer."),
    ),
    ({"committed_blocks": 1, "earliest": 23}, []),
    (
        {"committed_blocks": 1, "earliest": 24},
        at("contracts 1 earliest", f"it starts after the plan ends. Set months to 25 or more, {OUT}"),
    ),
    (
        {"committed_blocks": 1, "earliest": 26},
        at("contracts 1 earliest", f"it starts after the plan ends. Set months to 27 or more, {OUT}"),
    ),
    # Twelve months from month -11 include the plan's first; from -12 they end with 2029-12, from -14 with 2029-10.
    ({"committed_blocks": 1, "earliest": -11}, []),
    (
        {"committed_blocks": 1, "earliest": -12},
        at("contracts 1 earliest", f"{ENDED}, in 2029-12. Remove the row."),
    ),
    (
        {"committed_blocks": 1, "earliest": -14},
        at("contracts 1 earliest", f"{ENDED}, in 2029-10. Remove the row."),
    ),
    ({"committed_blocks": 1, "earliest": -50, **OPEN, "term_months": None}, []),
    ({"committed_blocks": 1, "earliest": -50, "ends_by": 0, **OPEN, "term_months": None}, []),
    (
        {"committed_blocks": 1, "earliest": -50, "ends_by": -1, **OPEN, "term_months": None},
        at("contracts 1 ends_by", f"{ENDED}: ends_by is before the plan. Remove the row."),
    ),
    (
        {"committed_blocks": 1, "earliest": -50, "ends_by": -3, **OPEN, "term_months": None},
        at("contracts 1 ends_by", f"{ENDED}: ends_by is before the plan. Remove the row."),
    ),
]


@pytest.mark.parametrize(("terms", "expected"), [*OFFERS, *MADE])
def test_agreements(terms: Row, expected: list[str]) -> None:
    """Tests offers that can start just in time, or not at all, and agreements that run just in time, or never."""
    assert warned(contracts=[TERM | terms, USUAL]) == expected


def test_signed_offers_can_be_over() -> None:
    """Tests that an offer of which blocks were signed may be over, and that the next row is warned of."""
    late = TERM | {"latest": -1}
    contracts = [late, late | {"contract": "other"}, USUAL]
    decided = [{"decision": "sign", "item": "lease", "month": -1, "blocks": 1, "starts": -1}]
    assert warned(contracts=contracts, decided=decided) == [LATEST[0].replace("contracts 1", "contracts 2")]


# ---------------------------------------------------------------- renewals
CANNOT = f"'lease' cannot end in a month in which this can start. Change earliest and latest, {OUT}"
FIXED = TERM | {"latest": 3}  # it can end in months 12 to 15
LATER = TERM | {"earliest": 3, "latest": 5, "lead_months": 2}  # in months 15 to 17
LEADING = TERM | {"latest": 5, "lead_months": 2}  # in months 14 to 17
RUNNING = TERM | {"committed_blocks": 1, "earliest": -2}  # in month 10
ENDLESS = OPEN | {"committed_blocks": 1, "earliest": -9}  # from month 1 on
NOTICED = ENDLESS | {"notice_months": 4}  # from month 4 on
RECENT = ENDLESS | {"earliest": -2}  # six months from month -2: from month 4 on
UNTIL = OPEN | {"ends_by": 8, "latest": 1}  # in months 6 to 9
LONG = OPEN | {"ends_by": 8, "latest": 1, "notice_months": 12}  # in month 9 alone
BEYOND = OPEN | {"min_term_months": 24}  # not within the plan


@pytest.mark.parametrize(
    ("lease", "terms", "fits"),
    [
        *((FIXED, {"latest": last}, last >= 12) for last in (0, 11, 12, 13)),
        *((FIXED, {"earliest": first}, first <= 15) for first in (14, 15, 16, 18)),
        *((FIXED, {"lead_months": lead}, lead <= 15) for lead in (15, 16, 17)),
        *((FIXED, {"lead_months": 2, "earliest": first}, first <= 15) for first in (15, 16)),
        *((LATER, {"latest": last}, last >= 15) for last in (14, 15)),
        *((LATER, {"earliest": first}, first <= 17) for first in (17, 18)),
        *((LEADING, {"latest": last}, last >= 14) for last in (13, 14)),
        *((RUNNING, {"latest": last}, last >= 10) for last in (9, 10)),
        *((RUNNING, {"earliest": first}, first <= 10) for first in (10, 11)),
        *((ENDLESS, {"latest": last}, last >= 1) for last in (0, 1)),
        *((ENDLESS, {"earliest": first, "latest": 40}, True) for first in (20, 23)),
        *((NOTICED, {"latest": last}, last >= 4) for last in (3, 4)),
        *((RECENT, {"latest": last}, last >= 4) for last in (3, 4)),
        *((UNTIL, {"latest": last}, last >= 6) for last in (5, 6)),
        *((UNTIL, {"earliest": first}, first <= 9) for first in (9, 10)),
        *((LONG, {"latest": last}, last >= 9) for last in (8, 9)),
        *((LONG, {"earliest": first}, first <= 9) for first in (9, 10)),
        *((BEYOND, {"latest": last}, False) for last in (0, 23, 40)),
        # One agreed already starts as it was agreed; what ended before the plan is past.
        *((FIXED, {"committed_blocks": 1, "earliest": first}, 12 <= first <= 15) for first in (0, 11, 12, 15, 16)),
        *((FIXED, {"committed_blocks": 1, "earliest": first}, True) for first in (-1, -2)),
    ],
)
def test_renewals(lease: Row, terms: Row, fits: bool) -> None:
    """Tests that a renewal starts in a month in which the contract before can end."""
    following = {**TERM, "term_months": 3, "contract": "next", "renews": "lease", **terms}
    contracts = [{"max_blocks": 1, **lease}, following, USUAL]
    assert warned(contracts=contracts) == at("contracts 2 renews", *[CANNOT] * (not fits))


@pytest.mark.parametrize("signed", ["lease", "next", ""])
def test_renewals_of_what_is_signed(signed: str) -> None:
    """Tests that neither a contract signed already nor the renewal signed is warned of, but the one after is."""
    following = {**TERM, "renews": "lease", "latest": 1}
    contracts = [FIXED, following | {"contract": "next"}, following | {"contract": "third"}, USUAL]
    rows = [{"decision": "sign", "item": "lease", "month": -1, "blocks": 1, "starts": -1}]
    rows += [{"decision": "sign", "item": "next", "month": -1, "blocks": 1, "starts": 0}]
    decided = {"lease": rows[:1], "next": [{**rows[1], "starts": -1}], "": []}[signed]
    warned_of = {"lease": [], "next": [3], "": [2, 3]}[signed]
    assert warned(contracts=contracts, decided=decided) == [f"contracts {row} renews: {CANNOT}" for row in warned_of]


def test_renewals_in_a_circle() -> None:
    """Tests that what waits for itself is warned of, what waits for it too, and a circle with an agreement is not."""
    circular = "it can never start: what it renews waits for itself to end. Leave renews of one of them blank."
    one, two = (TERM | {"contract": name, "renews": other} for name, other in (("one", "two"), ("two", "one")))
    waiting = TERM | {"contract": "waiting", "renews": "two"}
    found = warned(contracts=[USUAL, one, two, waiting])
    assert found == [f"contracts {row} renews: {circular}" for row in (2, 3, 4)]
    assert warned(contracts=[USUAL, one | {"committed_blocks": 1, "earliest": -2}, two, waiting]) == []


# ---------------------------------------------------------------- requirements, orders, series
@pytest.mark.parametrize(
    ("lease", "terms", "expected"),
    [
        ({"max_blocks": 2}, {"requires_blocks": 1}, ""),
        *(({"max_blocks": 2}, {"requires_blocks": n}, "none") for n in (0.5, 2)),
        *(({"max_blocks": 2}, {"requires": "lease", "requires_blocks": n}, "") for n in (1, 2)),
        *(({"max_blocks": 2}, {"requires": "lease", "requires_blocks": n}, "2") for n in (2.5, 4)),
        ({"max_blocks": 5, "committed_blocks": 3}, {"requires": "lease", "requires_blocks": 3}, ""),
        ({"max_blocks": 5, "committed_blocks": 3}, {"requires": "lease", "requires_blocks": 4}, "3"),
    ],
)
def test_requirements(lease: Row, terms: Row, expected: str) -> None:
    """Tests that a required contract has enough blocks, and that a number without it has no effect."""
    contracts = [TERM | lease, TERM | {"contract": "wide"} | terms, USUAL]
    texts = {
        "": [],
        "none": ["it has no effect without requires. Name the contract that is required, or leave it blank."],
    }
    most = [f"'lease' never has so many blocks, but {expected} at most. Give fewer, {OUT}"]
    assert warned(contracts=contracts) == at("contracts 2 requires_blocks", *texts.get(expected, most))


NEVER = f"it can never be ordered within the plan. Change earliest and latest, {OUT}"


def _arrives(ordered: str, there: str, months: int) -> str:
    return f"ordered in {ordered}, it arrives in {there}, after the plan ends. Set months to {months} or more, {OUT}"


@pytest.mark.parametrize("table", ["builds", "purchases"])
@pytest.mark.parametrize(
    ("terms", "column", "problem"),
    [
        ({"earliest": 23, "lead_months": 0}, "", ""),
        ({"earliest": 24, "lead_months": 0}, "earliest", NEVER),
        ({"earliest": 26, "lead_months": 0}, "earliest", NEVER),
        ({"latest": 0}, "", ""),
        ({"latest": -1}, "earliest", NEVER),
        ({"latest": -3}, "earliest", NEVER),
        ({"earliest": 23, "latest": 40, "lead_months": 0}, "", ""),
        ({"earliest": 24, "latest": 40, "lead_months": 0}, "earliest", NEVER),
        ({"lead_months": 23}, "", ""),
        ({"earliest": -5, "lead_months": 23}, "", ""),
        ({"lead_months": 24}, "lead_months", _arrives("2030-01", "2032-01", 25)),
        ({"earliest": -5, "lead_months": 26}, "lead_months", _arrives("2030-01", "2032-03", 27)),
        ({"earliest": 3, "lead_months": 20}, "", ""),
        ({"earliest": 3, "lead_months": 21}, "lead_months", _arrives("2030-04", "2032-01", 25)),
        ({"earliest": 3, "lead_months": 30}, "lead_months", _arrives("2030-04", "2032-10", 34)),
    ],
)
def test_orders(table: str, terms: Row, column: str, problem: str) -> None:
    """Tests orders that arrive in the last month, and a month later, of two rows each."""
    price = {"capex_per_mw": 1e7, "lead_months": 6} if table == "builds" else {"unit_price": 1e4, "lead_months": 6}
    name = table.removesuffix("s")
    rows = [price, price | terms | {name: "other"}]
    power = [{"mw": 3}]
    usual = [{"capex_per_mw": 1e7, "lead_months": 6, "build": "hall-2"}]
    given = {table: rows} if table == "purchases" else {table: [*rows, *usual]}
    assert warned(power=power, **given) == at(f"{table} 2 {column}", *[problem] * bool(problem))


def test_orders_made_already() -> None:
    """Tests that a build ordered before the plan may be out of offer, and that the next row is warned of."""
    build = {"capex_per_mw": 1e7, "lead_months": 6, "latest": -1}
    decided = [{"decision": "order_build", "item": "wing", "month": -3, "blocks": 1}]
    found = warned(power=[{"mw": 3}], builds=[build, build | {"build": "other"}], decided=decided)
    assert found == at("builds 2 earliest", NEVER)


@pytest.mark.parametrize(("month", "beyond"), [(23, 0), (24, 25), (27, 28)])
def test_step_series(month: int, beyond: int) -> None:
    """Tests rows that take effect in the last month, and later, by month; those of ramps count from their start."""
    prices = [{"item": "usual", "month": month, "price": 3100}]
    ramps = [{"contract": "open", "month_of_term": 25, "capacity_fraction": 0.9}]
    contracts = [USUAL, TERM | {"contract": "open", "term_months": 30}]
    problem = f"it takes effect after the plan ends. Set months to {beyond} or more, {OUT}"
    found = warned(contracts=contracts, prices=prices, ramps=ramps)
    assert found == at("prices 1 month", *[problem] * bool(beyond))

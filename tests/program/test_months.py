"""Months in which something can be ordered, installed or begun, and what was ordered before the plan."""

from __future__ import annotations

from typing import Any

import pytest

import optimizer
from optimizer.errors import NoFeasiblePlan
from optimizer.instance.instance import Instance
from optimizer.program.commitments import start_months, year_end, year_starts
from optimizer.program.index import Index
from optimizer.program.steps import Steps, product_of_windows
from tests.program.tiny import by_month, paid, solved, tiny

MONTHS = 6
Span = tuple[int, int]  # first and last month


def _site(**given: Any) -> Instance:
    return tiny(MONTHS, {"jobs": [5]}, fleet=[{"count": 5}], **given)


def _span(months: range) -> Span | None:
    return (months[0], months[-1]) if months else None


# ---------------------------------------------------------------- orders
BUY = {"unit_price": 10, "lot_size": 5, "lead_months": 2, "life_months": 3}
WING = {"capex_per_mw": 10, "mw_per_block": 1, "lead_months": 2, "max_blocks": 2}
RULE = {"sense": "<=", "rhs": 9, "each": "total"}


@pytest.mark.parametrize(
    ("row", "quantity", "item", "span"),
    [
        ({}, "", "", (0, 3)),  # ordered in month 3 it is there in month 5, the last
        ({"earliest": 1, "latest": 2}, "", "", (1, 2)),
        ({"earliest": -2, "latest": 9}, "", "", (0, 3)),
        ({"earliest": 4}, "", "", None),
        ({"lead_months": 0}, "", "", (0, 5)),
        ({"lead_months": 6}, "", "", None),
        ({}, "started", "buy", (0, 5)),  # which a rule counts
        ({"latest": 4}, "started", "buy", (0, 4)),
        ({}, "spend", "buy", (0, 5)),
        ({}, "spend", "hall", (0, 5)),
        ({}, "spend", "in_house", (0, 5)),
        ({}, "spend", "cloud", (0, 3)),
        ({}, "used", "hall", (0, 3)),
        ({}, "started", "wing", (0, 3)),
    ],
)
def test_purchases_are_ordered_while_they_come_to_something(
    row: dict[str, Any], quantity: str, item: str, span: Span | None
) -> None:
    """Tests window and lead time; orders that are delivered after the plan stay where a rule counts them."""
    rules = {"rules": [RULE], "rule_terms": [{"quantity": quantity, "item": item}]} if quantity else {}
    instance = _site(purchases=[BUY | row], builds=[WING], **rules)
    assert _span(Index(instance).purchase_orders["buy"]) == span
    every = (max(row.get("earliest", 0), 0), min(row.get("latest", 5), 5))
    assert _span(Index(instance, every_order=True).purchase_orders["buy"]) == every


@pytest.mark.parametrize(
    ("row", "more", "span"),
    [
        ({"payment": "delivery"}, {}, (0, 3)),
        ({"payment": "order"}, {}, (0, 5)),  # paid in the plan, at the latest, in which a budget counts it
        ({"payment": "spread"}, {}, (0, 5)),
        ({"payment": "delivery", "earliest": 1, "latest": 2}, {}, (1, 2)),
        ({"payment": "delivery"}, {"builds": [{"build": "annex", "after": "wing", **WING}]}, (0, 5)),
        ({"payment": "delivery"}, {"rules": [RULE], "rule_terms": [{"quantity": "started", "item": "wing"}]}, (0, 5)),
        ({"payment": "delivery"}, {"rules": [RULE], "rule_terms": [{"quantity": "spend", "item": "wing"}]}, (0, 3)),
    ],
)
def test_builds_are_ordered_while_they_come_to_something(row: dict[str, Any], more: dict[str, Any], span: Span) -> None:
    """Tests builds that are paid on delivery, which after the plan is never, and others; and builds that wait."""
    instance = _site(**{**more, "builds": [WING | row, *more.get("builds", [])]})
    assert _span(Index(instance).build_orders["wing"]) == span


@pytest.mark.parametrize(
    ("row", "before", "span"),
    [
        ({}, [], (2, 5)),
        ({"latest": 0}, [], (2, 4)),  # for three months
        ({"latest": 1}, [], (2, 5)),
        ({"earliest": 4}, [], None),
        ({"earliest": 4}, [-3], (0, 1)),  # there from the month before the plan on
        ({"earliest": 4}, [-4], (0, 0)),
        ({"earliest": 4}, [-5], None),
        ({"earliest": 4}, [-1], (1, 3)),
        ({"latest": 0}, [-3], (0, 4)),
    ],
)
def test_months_in_which_lots_are_there(row: dict[str, Any], before: list[int], span: Span | None) -> None:
    """Tests lots that can be ordered, and those ordered before the plan, from their delivery for their life."""
    decided = [{"month": t, "decision": "buy", "item": "buy"} for t in before]
    assert _span(Index(_site(purchases=[BUY | row], decided=decided)).installed_months["buy"]) == span


@pytest.mark.parametrize(
    ("month", "there"), [(-6, []), (-5, []), (-4, [0]), (-3, [0, 1]), (-2, [0, 1, 2]), (-1, [1, 2, 3])]
)
def test_lots_ordered_before_the_plan_are_used_while_they_are_there(month: int, there: list[int]) -> None:
    """Tests five accelerators that are delivered after two months and stay for three."""
    lots = [{"month": month, "decision": "buy", "item": "buy"}]
    plan = solved(tiny(MONTHS, {"jobs": [5]}, purchases=[BUY | {"earliest": 5}], decided=lots))
    assert by_month(plan, "allocation", "accelerators") == dict.fromkeys(there, 5)


# ---------------------------------------------------------------- spend commitments
@pytest.mark.parametrize(
    ("row", "starts", "years"),
    [
        ({"latest": 0}, (0, 0), [0]),
        ({"earliest": -3, "latest": 1}, (0, 1), [0, 1]),
        ({"earliest": 4}, (4, 5), [4, 5]),
        ({"earliest": 4, "latest": 99}, (4, 5), [4, 5]),
        ({"earliest": 6, "latest": 6}, None, []),
        ({"latest": 1, "years": 3}, (0, 1), [0, 1]),
    ],
)
def test_years_of_a_commitment(row: dict[str, Any], starts: Span | None, years: list[int]) -> None:
    """Tests in which months it can start and a year of it begin, in a plan of six."""
    index = Index(_site(commitments=[{"annual_amount": 9, **row}]))
    deal = index.commitments["deal"]
    assert _span(start_months(index, deal)) == starts
    assert year_starts(index, deal) == years
    assert [year_end(index, begin) for begin in (-7, -6, -5, 0)] == [4, 5, 5, 5]


@pytest.mark.parametrize(
    ("month", "years", "begins"),
    [
        (-1, 1, [-1]),
        (-12, 1, []),  # over when the plan begins
        (-11, 1, [-11]),
        (-12, 2, [0]),
        (-11, 2, [-11, 1]),
        (-7, 2, [-7, 5]),
        (-6, 2, [-6]),
    ],
)
def test_years_of_a_commitment_made_before(month: int, years: int, begins: list[int]) -> None:
    """Tests years that have months in the plan."""
    made = [{"month": month, "decision": "commit_spend", "item": "deal"}]
    index = Index(_site(commitments=[{"annual_amount": 9, "years": years}], decided=made))
    assert _span(start_months(index, index.commitments["deal"])) is None
    assert year_starts(index, index.commitments["deal"]) == begins


def test_a_commitment_that_must_start_after_the_plan_has_no_plan() -> None:
    """Tests that the month after the plan is not one in which it can start; the last month is."""
    deal = {"annual_amount": 12, "required": True}
    with pytest.raises(NoFeasiblePlan):
        solved(_site(commitments=[deal | {"earliest": MONTHS, "latest": MONTHS}]))
    assert paid(solved(_site(commitments=[deal | {"earliest": 5, "latest": 5}])), "shortfall") == {5: 1}


@pytest.mark.parametrize(("latest", "there"), [(0, False), (1, True)])
def test_all_years_together_where_the_start_is_open(latest: int, there: bool) -> None:
    """Tests the row on all shortfalls of a commitment that can start in month 0 or 1 of 13: until month 12."""
    deal = {"annual_amount": 1200, "latest": latest}
    offers = [{"price": 1, "max_accelerators": 9}]
    program = optimizer.build(tiny(13, {"jobs": [5]}, on_demand=offers, commitments=[deal]))
    m = program.parts
    assert ("deal" in m.rows["commitment_total"]) is there
    if there:
        row = m.rows["commitment_total"]["deal"]
        terms = {
            m.names[column]: value * m.units.money for column, value in zip(row.columns, row.coefficients, strict=True)
        }
        assert terms == pytest.approx(
            {
                **{("committed", ("deal", s)): 1200 for s in (0, 1)},  # a year each
                **{("shortfall", ("deal", s)): -m.units.money for s in (0, 1)},
                ("spent", ("cloud", 12)): -m.units.money,
            }
        )
        assert (row.low, row.high) == (-float("inf"), 0)


def test_a_block_stays_for_its_month() -> None:
    """Tests that a block which a rule demands is paid for a month, its minimum term, not handed back as it starts."""
    lease = {"price": 100, "min_term_months": 1}
    rule = {
        "rules": [{"sense": ">=", "rhs": 1, "each": "total"}],
        "rule_terms": [{"quantity": "started", "item": "lease"}],
    }
    plan = solved(tiny(3, {"jobs": [0]}, contracts=[lease], **rule))
    assert sum(paid(plan, "contract").values()) == 100


@pytest.mark.parametrize(
    ("per", "price", "month"),
    [("block_month", 60.0, 60), ("accelerator_month", 6.0, 60), ("accelerator_hour", 0.06, 60)],
)
def test_an_agreed_price_is_in_its_own_unit(per: str, price: float, month: float) -> None:
    """Tests blocks of ten accelerators, a month of 100 hours: what was agreed for two blocks before the plan."""
    made = [{"month": -1, "decision": "sign", "item": "lease", "blocks": 2, "price": price}]
    lease = {"price": 99, "per": per, "term_months": 4, "max_blocks": 2, "latest": -1}
    plan = solved(tiny(4, {"jobs": [5]}, contracts=[lease], decided=made))
    assert paid(plan, "contract") == pytest.approx(dict.fromkeys(range(3), 2 * month))


# ---------------------------------------------------------------- step series
def test_a_step_holds_until_the_next() -> None:
    """Tests months before the first step, of each one, and after the last."""
    steps = Steps([(4, 7.0), (1, 5.0)], 2.0)
    assert [steps.at(t) for t in (-1, 0, 1, 3, 4, 99)] == [2, 2, 5, 5, 7, 7]
    assert steps.over(-1, 5).tolist() == [2, 2, 5, 5, 5, 7]
    assert steps.over(3, 3).tolist() == []


def test_windows_are_multiplied() -> None:
    """Tests two windows that overlap in month 2 and one without an end."""
    steps = product_of_windows([(1, 2, 0.5), (2, 3, 0.4), (5, None, 0.1)])
    assert steps.over(0, 8).tolist() == pytest.approx([1, 0.5, 0.2, 0.4, 1, 0.1, 0.1, 0.1])

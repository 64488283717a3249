"""Orders, spend commitments and runs from before the plan, at both sides of limits, with their texts: from 2030-01."""

from __future__ import annotations

from typing import Any

import pytest

from tests.instance.fault_texts import texts_if_any
from tests.program.tiny import frames

Row = dict[str, Any]
WING = {"max_blocks": 2, "lead_months": 3, "capex_per_mw": 5}
ANNEX = {"build": "annex", "max_blocks": 4, "lead_months": 1, "capex_per_mw": 5, "after": "wing"}
BUY = {"unit_price": 7, "lot_size": 10, "lead_months": 2, "life_months": 12, "max_total": 50, "max_per_month": 30}
DEAL = {"annual_amount": 10, "years": 2}
OTHER = {"decision": "commit_spend", "item": "other", "month": -9}  # of another item, before all that follow


def _found(*rows: Row, **given: Any) -> list[str]:
    """Errors of rows of `decided` after another one, or else warnings, which begin with ``!``."""
    commitments = [*given.pop("commitments", []), {**DEAL, "commitment": "other"}]
    fleet = {"fleet": [{"count": 25}], **given}
    tables = frames(12, {"jobs": [1]}, commitments=commitments, decided=[OTHER, *rows], **fleet)
    texts = texts_if_any(tables, "decided")
    return [text.replace("decided, row ", "", 1) for text in texts]


def _follows(row: int, column: str, found: str, what: str, counts: str) -> list[str]:
    problem = f"{found} does not follow from {what}; {counts}. Leave it blank."
    return [f"!{row}, column {column}: {problem}"]


def _blank(row: int, decision: str, *columns: str) -> list[str]:
    return [f"{row}, column {column}: {decision} has no {column}. Leave it blank." for column in columns]


def _most(row: int, amount: str, limit: str, most: str) -> list[str]:
    problem = f"{amount} were decided, but its {limit} is {most}. Correct the blocks or raise {limit}."
    return [f"{row}, column blocks: {problem}"]


# ---------------------------------------------------------------- builds
HALL = {"decision": "order_build", "item": "wing", "month": -2}
SIDE = {**HALL, "item": "annex"}
LEAD = "the month of the decision, the lead time and the life of"


def _behind(row: int, mine: str, its: str) -> list[str]:
    problem = f"by then {mine} of 4 blocks of 'annex' were ordered, but {its} of 2 of 'wing', which must be ahead. "
    return [f"{row}, column blocks: {problem}Add what was ordered of that, or correct the row."]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([HALL], []),
        # Ordered in month -2 with a lead of three months, it is there in month 1; it has no end.
        ([{**HALL, "starts": 1}], []),
        ([{**HALL, "starts": 2}], _follows(2, "starts", "2030-03", f"{LEAD} 'wing'", "2030-02 counts")),
        ([{**HALL, "starts": 0}], _follows(2, "starts", "2030-01", f"{LEAD} 'wing'", "2030-02 counts")),
        ([{**HALL, "ends": 5}], _follows(2, "ends", "2030-06", f"{LEAD} 'wing'", "it has none")),
        ([{**HALL, "blocks": 2, "price": 4}], []),
        ([{**HALL, "blocks": 3}], _most(2, "3 blocks of 'wing'", "max_blocks", "2")),
        ([HALL, {**HALL, "month": -5}], []),
        ([{**HALL, "blocks": 2}, {**HALL, "month": -5}], _most(3, "3 blocks of 'wing'", "max_blocks", "2")),
        ([{**HALL, "pool": "x", "spent": 4}], _blank(2, "order_build", "pool", "spent")),
        (
            [{**HALL, "blocks": 1.5}],
            ["2, column blocks: 1.5 was decided, but 'wing' has integer blocks only. Correct it."],
        ),
        # One of two blocks allows two of four, in the same month too; each month counts what was ordered by then.
        ([HALL, {**SIDE, "blocks": 2}], []),
        ([HALL, {**SIDE, "blocks": 3}], _behind(3, "3", "1")),
        ([{**HALL, "month": -1}, {**SIDE, "blocks": 2}], _behind(3, "2", "0")),
        ([{**SIDE, "blocks": 2}, {**HALL, "month": -1}], _behind(2, "2", "0")),
        ([{**HALL, "month": -3}, {**SIDE, "blocks": 2}, {**SIDE, "month": -1}], _behind(4, "3", "1")),
        ([{**HALL, "month": -3}, SIDE, {**SIDE, "month": -1}], []),
        ([{**HALL, "month": -3}, {**SIDE, "month": -1}, {**SIDE, "blocks": 2}], _behind(3, "3", "1")),
        ([{**HALL, "month": -3}, {**SIDE, "blocks": 4}, {**SIDE, "month": -3}], [
            *_most(4, "5 blocks of 'annex'", "max_blocks", "4"), *_behind(3, "5", "1"),
        ]),
    ],
)  # fmt: skip
def test_builds(rows: list[Row], expected: list[str]) -> None:
    """Tests months, limits and the order of builds."""
    assert sorted(_found(*rows, builds=[WING, ANNEX])) == sorted(expected)


def test_builds_of_fractions() -> None:
    """Tests that a build without integer blocks takes parts of a block, up to its limit and noise."""
    build = {**WING, "integer": False}
    assert _found({**HALL, "blocks": 2 + 1e-6}, builds=[build]) == []
    assert _found({**HALL, "blocks": 2.25}, builds=[build]) == _most(2, "2.25 blocks of 'wing'", "max_blocks", "2")


# ---------------------------------------------------------------- purchases
LOTS = {"decision": "buy", "item": "buy", "month": -1}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # Bought in month -1, there in month 1, for twelve months, to month 12.
        ([{**LOTS, "starts": 1, "ends": 12}], []),
        ([{**LOTS, "starts": 2}], _follows(2, "starts", "2030-03", f"{LEAD} 'buy'", "2030-02 counts")),
        ([{**LOTS, "ends": 13}], _follows(2, "ends", "2031-02", f"{LEAD} 'buy'", "2031-01 counts")),
        # Lots of ten: three a month, five in all.
        ([{**LOTS, "blocks": 3}, {**LOTS, "month": -3, "blocks": 2}], []),
        ([{**LOTS, "blocks": 4}], _most(2, "40 accelerators of 'buy'", "max_per_month", "30")),
        (
            [{**LOTS, "blocks": 2}, {**LOTS, "month": -3}, {**LOTS, "blocks": 2}],
            _most(4, "40 accelerators of 'buy'", "max_per_month", "30"),
        ),
        (
            [{**LOTS, "blocks": 3}, {**LOTS, "month": -3, "blocks": 3}],
            _most(3, "60 accelerators of 'buy'", "max_total", "50"),
        ),
        ([{**LOTS, "pool": "x", "spent": 4}], _blank(2, "buy", "pool", "spent")),
        (
            [{**LOTS, "blocks": 2.5}],
            ["2, column blocks: 2.5 was decided, but 'buy' has integer blocks only. Correct it."],
        ),
    ],
)
def test_purchases(rows: list[Row], expected: list[str]) -> None:
    """Tests months, life and limits of purchases."""
    assert _found(*rows, purchases=[BUY]) == expected


# ---------------------------------------------------------------- spend commitments
SPEND = {"decision": "commit_spend", "item": "deal", "month": -2}
YEARS = "the start and the years of"
FULL = "is taken in full. Leave it blank, or leave the row out."


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # Two years from month -2 end in month 21; from month 3, in month 26.
        ([{**SPEND, "ends": 21, "spent": 4}], []),
        ([{**SPEND, "ends": 20}], _follows(2, "ends", "2031-09", f"{YEARS} 'deal'", "2031-10 counts")),
        ([{**SPEND, "starts": 3, "ends": 26}], []),
        ([{**SPEND, "starts": -2}], []),
        (
            [{**SPEND, "starts": -3}],
            ["2, column starts: 2029-10 is before the month of the decision, 2029-11. Correct one of them."],
        ),
        ([{**SPEND, "blocks": 2}], [f"2, column blocks: 2 was decided, but 'deal' {FULL}"]),
        ([{**SPEND, "blocks": 0.5}], [f"2, column blocks: 0.5 was decided, but 'deal' {FULL}"]),
        (
            [SPEND, {**SPEND, "month": -1}, SPEND],
            [
                f"{row}, column item: commit_spend 'deal' was decided in row 2 too. It can be decided once; leave "
                "one of them out."
                for row in (3, 4)
            ],
        ),
        ([{**SPEND, "pool": "x", "price": 4}], _blank(2, "commit_spend", "pool", "price")),
        ([{**SPEND, "starts": -1, "spent": 4}], []),
        ([{**SPEND, "starts": 0, "spent": 0}], []),
        (
            [{**SPEND, "starts": 0, "spent": 4}],
            ["2, column spent: nothing can be spent before the first month of a commitment. Leave it blank."],
        ),
    ],
)  # fmt: skip
def test_spend_commitments(rows: list[Row], expected: list[str]) -> None:
    """Tests months, blocks and what was spent."""
    assert _found(*rows, commitments=[DEAL]) == expected


# ---------------------------------------------------------------- runs
RUN = {"decision": "start_run", "item": "big", "month": -2, "pool": "hall/gpu", "accelerators": 20}
BIG = {"work": 100, "sizes": "10;20"}
SPACE = {
    "contract": "grid", "price": 9, "term_months": 6, "supplies": "mw", "site": "hall", "mw_per_block": 1,
    "region": None, "accelerator": None, "accelerators_per_block": None,
}  # fmt: skip
WORK = "the start, work and accelerators of 'big'"
PLACES = ": one of hall/gpu, hall/tpu, lease, old, barred."


def _runs(row: Row, run: Row) -> list[str]:
    """Errors or warnings of a run at a site of availability 0.8, and at contracts of 10, 30 and 20."""
    lease = {"price": 1, "term_months": 9}
    return _found(
        row,
        accelerators=[{}, {"accelerator": "tpu"}, {"accelerator": "odd"}],
        throughput=[{"factor": 1.25}, {"accelerator": "tpu", "factor": 2.5}],
        providers=[{}, {"provider": "edge", "group": "beta", "tags": "far"}],
        sites=[{"availability": 0.8}],
        fleet=[{"count": 15}, {"count": 5, "until": 9}, {"accelerator": "odd", "count": 50}],
        purchases=[{**BUY, "accelerator": "tpu"}],
        contracts=[
            SPACE,
            lease,
            {**lease, "contract": "old", "max_blocks": 1, "committed_blocks": 3, "earliest": -1},
            {**lease, "contract": "barred", "provider": "edge", "max_blocks": 2},
        ],
        training_runs=[{**BIG, **run}],
    )


def _deadline(column: str, last: str, deadline: str) -> list[str]:
    problem = f"run 'big' ends in {last} then, after its deadline, {deadline}. "
    return [f"2, column {column}: {problem}Correct the row, or give a later deadline."]


def _released(column: str, start: str, release: str) -> list[str]:
    return [f"2, column {column}: {start} is before the release of 'big', {release}. Correct one of them."]


def _sizes(found: str) -> list[str]:
    return [f"2, column accelerators: {found}Give the accelerators that it occupies: one of 10, 20."]


def _elsewhere(problem: str, able: str = PLACES) -> list[str]:
    return [f"2, column pool: {problem}{able}"]


@pytest.mark.parametrize(
    ("row", "run", "expected"),
    [
        # 100 on 20 accelerators at 0.8 x 1.25 = 1 take five months from month -2, to month 2; at 0.8 x 2.5 three.
        ({"ends": 2}, {}, []),
        ({"ends": 3}, {}, _follows(2, "ends", "2030-04", WORK, "2030-03 counts")),
        ({"ends": 0, "pool": "hall/tpu"}, {}, []),
        ({"ends": 1, "pool": "hall/tpu"}, {}, _follows(2, "ends", "2030-02", WORK, "2030-01 counts")),
        ({"starts": 1, "ends": 5}, {}, []),
        ({"ends": 3}, {"work": 100.1}, []),
        ({"ends": 2}, {"work": 100 + 1e-8}, []),
        ({"ends": -2}, {"work": 1}, []),
        ({}, {"deadline": 2}, []),
        ({}, {"deadline": 1}, _deadline("month", "2030-03", "2030-02")),
        ({"starts": 0}, {"deadline": 3}, _deadline("starts", "2030-05", "2030-04")),
        ({}, {"release": 0}, []),
        ({}, {"release": -1}, []),
        ({}, {"release": 1}, _released("month", "2029-11", "2030-02")),
        ({"starts": 1}, {"release": 1}, []),
        ({"starts": 0}, {"release": 1}, _released("starts", "2030-01", "2030-02")),
        ({"starts": -2}, {}, []),
        (
            {"starts": -3},
            {},
            ["2, column starts: 2029-10 is before the month of the decision, 2029-11. Correct one of them."],
        ),
        ({"accelerators": 20 + 1e-5}, {}, []),
        ({"accelerators": 20.1}, {}, _sizes("20.1 is not one of the sizes of 'big'. ")),
        ({"accelerators": None}, {}, _sizes("")),
        ({"accelerators": None, "ends": 2}, {"sizes": "20"}, []),
        ({"blocks": 2}, {}, [f"2, column blocks: 2 was decided, but 'big' {FULL}"]),
        ({"price": 3, "spent": 4}, {}, _blank(2, "start_run", "price", "spent")),
        # Twenty at the hall, in all; thirty that are committed; twenty in two blocks; ten.
        ({"pool": "old"}, {"sizes": "20;30"}, []),
        ({"pool": "old", "accelerators": 30}, {"sizes": "20;30"}, []),
        ({"pool": "barred"}, {}, []),
        ({"pool": "hall/tpu", "accelerators": 900}, {"sizes": "900"}, []),  # more can be bought
        *(
            (
                {"pool": pool, "accelerators": 40},
                {"sizes": "40", "work": 200},
                _elsewhere(
                    f"run 'big' occupies 40 accelerators of '{pool}', which has at most {most}. ",
                    "Correct the row or the pool.",
                ),
            )
            for pool, most in (("hall/gpu", 20), ("lease", 10), ("old", 30), ("barred", 20))
        ),
        # It was over before the plan, whatever there is now: 20 on 40 at 1.25 take a month.
        ({"pool": "lease", "accelerators": 40}, {"sizes": "40", "work": 20}, []),
        (
            {"pool": "lease", "accelerators": 40, "starts": 0},
            {"sizes": "40", "work": 20},
            _elsewhere(
                "run 'big' occupies 40 accelerators of 'lease', which has at most 10. ", "Correct the row or the pool."
            ),
        ),
        (
            {"pool": None},
            {},
            _elsewhere("it is missing. Give the pool in which the run is placed, as in the plan's table runs"),
        ),
        (
            {"pool": "elsewhere"},
            {},
            _elsewhere("no pool of own or contracted accelerators is called 'elsewhere'. Correct the pool"),
        ),
        (
            {"pool": "grid"},
            {},
            _elsewhere("no pool of own or contracted accelerators is called 'grid'. Correct the pool"),
        ),
        *(
            (
                {"pool": "barred"},
                {"exclude": excluded},
                _elsewhere(
                    "run 'big' cannot run there, by class, regions or exclude. Correct the pool",
                    PLACES.replace(", barred", ""),
                ),
            )
            for excluded in ("edge", "beta", "far")
        ),
        (
            {"pool": "hall/odd"},
            {},
            _elsewhere("run 'big' cannot run there, by class, regions or exclude. Correct the pool"),
        ),
        (
            {"pool": "lease"},
            {"exclude": "cloud"},
            _elsewhere(
                "run 'big' cannot run there, by class, regions or exclude. Correct the pool",
                PLACES.replace(" lease, old,", ""),
            ),
        ),
        (
            {},
            {"exclude": "in_house;cloud;far"},
            _elsewhere(
                "run 'big' cannot run there, by class, regions or exclude. Correct the pool", "; no pool can run it."
            ),
        ),
    ],
)
def test_runs(row: Row, run: Row, expected: list[str]) -> None:
    """Tests months, sizes and pools of a run."""
    assert _runs({**RUN, **row}, run) == expected


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({**HALL, "month": -1}, []),
        (
            {**HALL, "month": 0},
            ["2, column month: 2030-01 is not before the plan's first month, 2030-01. Give only what was decided "
             "before; the plan decides on its own months."],
        ),
        (
            {**HALL, "decision": "buy"},
            ["2, column decision: buy: 'wing' is no purchase. Correct the decision or the item."],
        ),
        (
            {**HALL, "decision": "hand_back"},
            ["2, column decision: hand_back: 'wing' is no contract. Correct the decision or the item."],
        ),
        (
            {**HALL, "decision": "start_run"},
            ["2, column decision: start_run: 'wing' is no training run. Correct the decision or the item."],
        ),
        ({**HALL, "decision": "expire", "month": 3, "blocks": 9}, []),
    ],
)  # fmt: skip
def test_kinds_of_decisions(row: Row, expected: list[str]) -> None:
    """Tests months of the plan, and decisions on items of another kind."""
    assert _found(row, builds=[WING]) == expected


def test_rows_after_one_that_does_not_count() -> None:
    """Tests that an expiry, a wrong cell, a month of the plan and another kind hide no error in further rows."""
    expiry, wrong = {**HALL, "decision": "expire"}, {**HALL, "blocks": "two"}
    late, other = {**HALL, "month": 3}, {**HALL, "decision": "buy"}
    rows = [expiry, wrong, late, other, {**HALL, "pool": "x"}, {**HALL, "month": -1}]
    assert _found(*rows, builds=[WING]) == [
        "3, column blocks: expected a number, found 'two'.",
        "4, column month: 2030-04 is not before the plan's first month, 2030-01. Give only what was decided before; "
        "the plan decides on its own months.",
        "5, column decision: buy: 'wing' is no purchase. Correct the decision or the item.",
        *_blank(6, "order_build", "pool"),
    ]

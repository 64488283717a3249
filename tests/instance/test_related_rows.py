"""Rows that contradict others, at both sides of every limit, with their texts: ramps, prices, circles, own rules."""

from __future__ import annotations

from typing import Any

import pytest

from tests.instance.fault_texts import texts_if_any
from tests.program.tiny import frames

Row = dict[str, Any]
FIXED = {"price": 9, "term_months": 6}
OPEN = {"contract": "open", "price": 9, "min_term_months": 4}
SPACE = {
    **FIXED, "contract": "grid", "supplies": "mw", "site": "hall", "mw_per_block": 2, "minimum_take": 0.7,
    "region": None, "accelerator": None, "accelerators_per_block": None,
}  # fmt: skip
LET = {**FIXED, "accelerators_per_block": 5}
ROOM = {**FIXED, "outlet": "room", "sells": "mw", "site": "hall", "mw_per_block": 2, "accelerator": None}


def _found(**given: Any) -> list[str]:
    """Errors of a tiny instance with three contracts, a fleet and two outlets; none if it is valid."""
    plain = {"contracts": [FIXED, OPEN, SPACE], "outlets": [LET, ROOM], "fleet": [{"count": 9}]}
    return texts_if_any(frames(12, {"jobs": [1]}, **{**plain, **given}))


def _ramp(name: str, month: int, **fractions: float) -> Row:
    return {"contract": name, "month_of_term": month, "capacity_fraction": 1, **fractions}


@pytest.mark.parametrize(
    ("rows", "row"),
    [
        ([_ramp("open", 4)], 0),
        ([_ramp("open", 5)], 1),
        ([_ramp("open", 2), _ramp("open", 5)], 2),
        ([_ramp("open", 6), _ramp("open", 5)], 1),  # once, at the last month
        ([_ramp("open", 5), _ramp("open", 6)], 2),
        ([_ramp("lease", 9), _ramp("open", 5)], 2),  # of a fixed term it is suspicious only
        ([_ramp("lease", 9), _ramp("open", 4)], 0),
    ],
)
def test_ramps_beyond_the_minimum_term(rows: list[Row], row: int) -> None:
    """Tests ramps that end with a minimum term of four months, and a month later."""
    problem = "the ramp of 'open' goes on beyond its min_term_months (4). End it by then, or make the term longer."
    assert _found(ramps=rows) == [f"ramps, row {row}, column month_of_term: {problem}"] * bool(row)


@pytest.mark.parametrize(
    ("take", "rows", "wrong"),
    [
        (0.7, [_ramp("grid", 0, capacity_fraction=0.5), _ramp("grid", 1)], []),
        (0.7, [_ramp("grid", 0, price_fraction=1)], []),
        (0.7, [_ramp("lease", 0, price_fraction=0.5), _ramp("grid", 0, price_fraction=0.5)], [2]),
        (0.7, [_ramp("grid", 0, price_fraction=0.5), _ramp("grid", 1, price_fraction=1)], [1]),
        (0.7, [_ramp("grid", 0), _ramp("grid", 1, price_fraction=0.99), _ramp("grid", 2, price_fraction=0)], [2, 3]),
        (1, [_ramp("grid", 0, price_fraction=0.5)], []),
    ],
)
def test_ramps_of_prices_as_drawn(take: float, rows: list[Row], wrong: list[int]) -> None:
    """Tests that a price has no ramp where power is billed as drawn."""
    problem = "what is drawn from 'grid' is billed, so that its price has no ramp. Leave it blank."
    found = _found(contracts=[FIXED, {**SPACE, "minimum_take": take}], ramps=rows)
    assert found == [f"ramps, row {row}, column price_fraction: {problem}" for row in wrong]


def _circle(row: int, name: str, through: str = "") -> list[str]:
    return [f"builds, row {row}, column after: '{name}' waits for itself{through}. Leave after of one of them blank."]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ({"a": None, "b": "a", "c": "b"}, []),
        ({"a": None, "b": "b", "c": None}, _circle(2, "b")),
        ({"a": None, "b": "c", "c": "b"}, _circle(2, "b", " through 'c'")),
        # What waits for a circle is not in it; of a long one three others are named.
        ({"a": "b", "b": "c", "c": "b"}, _circle(2, "b", " through 'c'")),
        ({"a": "b", "b": "c", "c": "d", "d": "a"}, _circle(1, "a", " through 'b', 'c', 'd'")),
        ({"a": "b", "b": "c", "c": "d", "d": "e", "e": "a"}, _circle(1, "a", " through 'b', 'c', 'd'")),
        (
            {"a": "b", "b": "a", "c": "d", "d": "c"},
            [*_circle(1, "a", " through 'b'"), *_circle(3, "c", " through 'd'")],
        ),
    ],
)  # fmt: skip
def test_builds_in_a_circle(after: dict[str, str | None], expected: list[str]) -> None:
    """Tests circles of one to five builds, each reported once."""
    builds = [{"build": name, "capex_per_mw": 5, "after": other} for name, other in after.items()]
    assert _found(builds=builds) == expected


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({"renews": "lease"}, []),
        (
            {"renews": "lease", "provider": "edge"},
            ["contracts, row 2, column renews: 'lease' is a contract of 'cloud', not of 'edge'. Name one of the same "
             "provider, or leave renews blank."],
        ),
        ({"requires": "lease", "provider": "edge"}, []),
        (
            {"requires": "open"},
            ["contracts, row 2, column requires: 'open' requires itself. Name another contract, or leave requires "
             "blank."],
        ),
    ],
)  # fmt: skip
def test_other_contracts(terms: Row, expected: list[str]) -> None:
    """Tests what a contract renews and requires."""
    assert (
        _found(
            contracts=[FIXED, {**OPEN, **terms}],
            providers=[{}, {"provider": "edge"}, {"provider": "lab", "kind": "tenant"}],
        )
        == expected
    )


@pytest.mark.parametrize(
    ("item", "fraction", "wrong"),
    [("lease", 0.5, False), ("hall", 1, False), ("hall", 0.5, True), ("hourly", 0.99, True), ("hourly", None, False)],
)
def test_prices_that_are_interrupted(item: str, fraction: float | None, wrong: bool) -> None:
    """Tests that only contracts have a price that an interruption lowers."""
    none = {"item": "lease", "from": 0, "capacity_fraction": 0.5}
    row = {**none, "interruption": "other", "item": item, "price_fraction": fraction}
    found = _found(on_demand=[{"price": 9, "max_accelerators": 9}], interruptions=[none, row])
    problem = f"only contracts have a monthly price, and '{item}' is not a contract. Leave it blank."
    assert found == [f"interruptions, row 2, column price_fraction: {problem}"] * wrong


OF_CONTRACTS = "capacity, used, leased, mw, spend, started, served"


@pytest.mark.parametrize(
    ("quantity", "item", "problem"),
    [
        *((quantity, "lease", "") for quantity in OF_CONTRACTS.split(", ")),
        *((quantity, "grid", "") for quantity in ("mw", "spend", "started")),
        *((quantity, "let", "") for quantity in ("leased", "mw", "spend", "started")),
        *((quantity, "room", "") for quantity in ("mw", "spend", "started")),
        *(
            (quantity, "grid", "'grid', a contract that supplies mw; expected one of mw, spend, started.")
            for quantity in ("capacity", "used", "leased", "served")
        ),
        ("unserved", "lease", f"'lease', a contract; expected one of {OF_CONTRACTS}."),
        ("leased", "room", "'room', an outlet that sells mw; expected one of mw, spend, started."),
        ("capacity", "let", "'let', an outlet; expected one of leased, mw, spend, started."),
        ("spend", "jobs", "'jobs', a workload; expected one of used, served, unserved."),
        ("started", "in_house", "in_house; expected one of capacity, used, leased, mw, spend, served."),
    ],
)  # fmt: skip
def test_quantities_of_own_rules(quantity: str, item: str, problem: str) -> None:
    """Tests which quantities contracts and outlets of accelerators and of powered space have."""
    terms = [{"quantity": "spend", "item": "lease"}, {"rule": "mine", "quantity": quantity, "item": item}]
    found = _found(rules=[{"sense": "<=", "rhs": 5}], rule_terms=terms[(quantity, item) == ("spend", "lease") :])
    row = "rule_terms, row 2, column quantity: "
    assert found == [f"{row}{quantity} is not available for {problem}"] * bool(problem)


def test_a_name_of_two_kinds_in_own_rules() -> None:
    """Tests that a site and a provider of one name are ambiguous where both have the quantity, and only there."""
    sites = [{"site": "cloud"}]
    terms = [{"quantity": quantity, "item": "cloud"} for quantity in ("capacity", "mw")]
    found = texts_if_any(
        frames(
            12,
            {"jobs": [1]},
            sites=sites,
            power=[{"site": "cloud", "mw": 1}],
            fleet=[{"site": "cloud", "count": 9}],
            rules=[{"sense": "<=", "rhs": 5}],
            rule_terms=terms,
        )
    )
    problem = "'cloud' is the name of a site and a provider, and either has"
    assert found == [
        f"rule_terms, row {row}, column item: {problem} {quantity}; rename one."
        for row, quantity in ((1, "capacity"), (2, "mw"))
    ]


# ---------------------------------------------------------------- names that mean something else
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"builds": [{"build": "*", "capex_per_mw": 5}]},
         ["builds, row 1, column build: '*' means every item; give it a name of its own."]),
        ({"sites": [{}, {"site": "a/b"}]},
         ["sites, row 2, column site: 'a/b' contains a slash, which separates site and accelerator in the names of own "
          "pools; call it 'a-b', here and where it is named."]),
        ({"contracts": [FIXED, {**FIXED, "contract": "hall/gpu"}]},
         ["contracts, row 2, column contract: 'hall/gpu' is the name of the accelerators at an own site."]),
        ({"contracts": [FIXED, {**FIXED, "contract": "hall/tpu"}]}, []),
        ({"providers": [{}, {"provider": "lab", "kind": "tenant"}, {"provider": "in_house"}]},
         ["providers, row 3, column provider: 'in_house' is built in: the planner's own sites; remove the row."]),
    ],
)  # fmt: skip
def test_names_that_mean_something_else(given: dict[str, Any], expected: list[str]) -> None:
    """Tests names of all items, own pools and the built-in provider."""
    assert _found(**given) == expected

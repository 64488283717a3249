"""Cells that differ between two instances: settings, months, defaults, and rows of one side only."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.instance.differences import changed_cells, differences
from optimizer.instance.instance import Instance
from optimizer.instance.mixed import with_changes
from tests.program.tiny import tiny

LEASE: dict[str, Any] = {"price": 100, "term_months": 2}
CAP: dict[str, Any] = {"amount": 5}


def differing(a: dict[str, Any], b: dict[str, Any], months: tuple[int, int] = (3, 3)) -> list[tuple[str, ...]]:
    """Differences of two tiny instances, both with an offer by the hour."""
    hourly = [{"price": 3, "max_accelerators": 50}]
    pairs = zip(months, (a, b), strict=True)
    first, second = (tiny(n, {"jobs": [10]}, on_demand=hourly, **given) for n, given in pairs)
    return list(differences(first, second).itertuples(index=False, name=None))


def test_cells_that_differ() -> None:
    """Tests a number, a flag, a choice and a month of the calendar."""
    a = {"contracts": [LEASE]}
    b = {"contracts": [{**LEASE, "price": 100.5, "sublease": True, "earliest": 1}]}
    assert differing(a, b) == [
        ("contracts", "lease", "price", "100", "100.5", "lease"),
        ("contracts", "lease", "earliest", "first month", "2030-02", "lease"),
        ("contracts", "lease", "sublease", "false", "true", "lease"),
    ]
    assert differing(a, a) == []


def test_a_blank_means_the_same_in_both() -> None:
    """Tests that windows to the end of plans of three and four months are the same, unlike calendar months."""
    a, b = {"budgets": [CAP]}, {"budgets": [CAP | {"to": 2}]}
    assert differing(a, a, (3, 4)) == [("instance", "months", "value", "3", "4", "")]
    assert differing(a, b) == []  # its last month, written out
    assert differing(a, b, (3, 4))[1:] == [("budgets", "cap", "to", "last month", "2030-03", "")]
    later = {"budgets": [CAP | {"from": 1}]}
    assert differing(a, later) == [("budgets", "cap", "from", "first month", "2030-02", "")]
    assert differing(later, a) == [("budgets", "cap", "from", "2030-02", "first month", "")]


def test_settings_that_differ() -> None:
    """Tests the head, with blanks for what only one has."""
    assert differing({"head": {"discount_rate": 0.1}}, {"head": {"title": "Mine"}}) == [
        ("instance", "title", "value", "", "Mine", ""),
        ("instance", "discount_rate", "value", "0.1", "0", ""),
    ]


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (LEASE, "provider cloud; region here; accelerator gpu; accelerators_per_block 10; price 100; per block_month"),
        (CAP, "amount 5"),
        (CAP | {"to": 1}, "to 2030-02; amount 5"),
        (CAP | {"from": 1, "net": True}, "from 2030-02; amount 5; net true"),
    ],
)
def test_a_row_of_one_side_has_what_it_says_beyond_its_defaults(row: dict[str, Any], text: str) -> None:
    """Tests rows that only the second instance has, and only the first."""
    table, name = ("contracts", "lease") if "price" in row else ("budgets", "cap")
    key, item = (f"contract {name}; ", name) if table == "contracts" else (f"budget {name}; ", "")
    text = key + text + ("; term_months 2" if table == "contracts" else "")
    assert differing({}, {table: [row]}) == [(table, name, "", "", text, item)]
    assert differing({table: [row]}, {}) == [(table, name, "", text, "", item)]


def test_rows_that_share_a_key_are_compared_in_order() -> None:
    """Tests a series, and that an item is named only where the table is about items."""
    a = {"prices": [{"item": "lease", "month": 1, "price": 5}], "contracts": [LEASE]}
    b = {"prices": [{"item": "lease", "month": 1, "price": 6}], "contracts": [LEASE]}
    assert differing(a, b) == [("prices", "lease, 2030-02", "price", "5", "6", "lease")]
    fleet: list[dict[str, Any]] = [{"count": 1}]
    assert differing({"fleet": fleet}, {"fleet": [{"count": 2}]}) == [("fleet", "hall, gpu", "count", "1", "2", "hall")]


def _pair() -> tuple[Instance, Instance]:
    """Two instances that differ in a setting, two cells of a row, rows of one side, and batches that add up."""
    hourly = [{"price": 3, "max_accelerators": 50}]
    old, new = LEASE | {"contract": "old"}, LEASE | {"contract": "new", "price": 70}
    batches = [{"count": 5}, {"count": 6, "until": 2}]
    base = tiny(3, {"jobs": [10]}, on_demand=hourly, contracts=[LEASE, old], fleet=[{"count": 4}, *batches])
    changed = LEASE | {"price": 120, "earliest": 1}
    fleet = [{"count": 9}, {"count": 1}, {"count": 6, "until": 2}]
    head = {"head": {"discount_rate": 0.1}}
    return base, tiny(3, {"jobs": [10]}, on_demand=hourly, contracts=[changed, new], fleet=fleet, **head)


CELLS = [
    ("instance", ("discount_rate",), "value"),
    ("fleet", ("hall", "gpu", ""), "count"),  # 9 in all, and 10
    ("contracts", ("lease",), "price"),
    ("contracts", ("lease",), "earliest"),
    ("contracts", ("old",), ""),
    ("contracts", ("new",), ""),
]


@pytest.mark.parametrize("taken", [*({n} for n in range(6)), {2, 4}, {0, 1, 3, 5}, {2, 3}, set(range(6)), set()])
def test_some_of_the_cells_that_differ(taken: set[int]) -> None:
    """Tests that an instance with some cells of another one differs in the others alone, and with all in none."""
    base, target = _pair()
    every = list(changed_cells(base, target))
    assert [cell[:3] for cell in every] == CELLS
    mixed = with_changes(base, target, [every[n] for n in sorted(taken)])
    assert list(changed_cells(base, mixed)) == [every[n] for n in sorted(taken)]
    assert [cell[:3] for cell in changed_cells(mixed, target)] == [CELLS[n] for n in range(6) if n not in taken]
    assert list(changed_cells(base, _pair()[0])) == []

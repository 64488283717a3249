"""Hashes of instances: plans record them, so that they stay the same when the format gets more tables and columns."""

from __future__ import annotations

from optimizer.instance.instance import Instance
from optimizer.schema import load_schema
from tests.program.tiny import tiny

# As the first version of the format computed it, before any column was added.
FIRST = "20eebbd72df86d56d13917c88c315717670975c6003b414096b7c234a4a750d5"


def lease(**cells: object) -> Instance:
    """An instance with a row in most tables."""
    contract = {"contract": "lease", "price": 3000.0, "term_months": 2, **cells}
    outlet = {"outlet": "let", "accelerators_per_block": 10, "price": 9000, "term_months": 2}
    deal = {"commitment": "deal", "annual_amount": 100}
    return tiny(3, {"jobs": [10]}, fleet=[{"count": 10}], contracts=[contract], outlets=[outlet], commitments=[deal])


def test_a_plan_keeps_the_hash_of_its_instance() -> None:
    """Tests that what was added to the format since, and is not used, leaves the hash as it was."""
    assert lease().hash == FIRST


def test_a_column_that_was_added_counts_where_it_is_used() -> None:
    """Tests that a value other than the default of a later column changes the hash, and the default does not."""
    assert load_schema().tables["contracts"].columns["escalation"].later
    assert lease(escalation=0.0).hash == lease().hash
    assert lease(escalation=0.05).hash != lease().hash


def test_every_column_that_was_added_has_a_default() -> None:
    """Tests that no later column or setting is required: existing instances stay valid."""
    found = load_schema()
    for table in (found.head, *found.tables.values()):
        assert not any(column.later and column.required for column in table.columns.values())

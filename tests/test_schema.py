"""The instance format as data: complete, consistent, and found where the package is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from optimizer import schema
from optimizer.schema import Column, Table, load_schema, models_folder

TYPES = {"name", "ref", "text", "number", "integer", "flag", "month", "choice", "list", "numbers"}
SYMBOLS = {"@first": "month", "@last": "month", "@name": "text"}


def tables() -> dict[str, Table]:
    return {"instance": load_schema().head, **load_schema().tables}


def columns() -> list[tuple[str, Column]]:
    return [(f"{table}.{name}", column) for table, one in tables().items() for name, column in one.columns.items()]


def bounded(column: Column, value: float) -> bool:
    """Whether a number is within the bounds of a column."""
    low, above, high = column.min, column.above, column.max
    return (low is None or value >= low) and (above is None or value > above) and (high is None or value <= high)


def test_a_column_is_told_completely() -> None:
    """Tests that every column has a type that the reader knows, a sentence, and bounds that fit together."""
    for where, column in columns():
        assert column.type in TYPES, where
        assert column.meaning.strip(), where
        assert bool(column.choices) <= (column.type in ("choice", "integer", "text")), where
        assert all(bounded(column, end) for end in column.usual or ()), where
        assert column.usual is None or column.usual[0] < column.usual[1], where


def test_a_default_is_a_valid_value() -> None:
    """Tests that what a blank means is of the column's type and within its bounds, and no required column has it."""
    for where, column in columns():
        default = column.default
        if default is None:
            continue
        assert not column.required, where
        if default in SYMBOLS:
            assert column.type == SYMBOLS[default], where
        elif column.type in ("number", "integer"):
            assert bounded(column, default), where
        elif column.type == "flag":
            assert isinstance(default, bool), where
        elif column.type == "choice":
            assert default in column.choices, where


def test_a_reference_leads_to_names() -> None:
    """Tests that what a column refers to is there and holds names, and that every reference refers to something."""
    for where, column in columns():
        assert bool(column.refers) <= (column.type in ("ref", "list")), where
        assert column.type != "ref" or column.refers, where
        for target in column.refers:
            table, _, name = target.partition(".")
            assert tables()[table].columns[name].type in ("name", "ref", "text", "list"), where


def test_keys_and_steps_are_columns() -> None:
    """Tests that the key of each table, and the month of each step series, are columns of it."""
    for table in load_schema().tables.values():
        assert table.meaning
        assert table.key, table.name
        assert set(table.key) <= set(table.columns)
        assert not table.step or table.step in table.columns


def test_sets_name_what_is_there() -> None:
    """Tests that names that must not repeat, tables that are needed and items of quantities all exist."""
    found = load_schema()
    targets = {where for where, _ in columns()}
    assert all(set(members) <= targets for members in found.unique.values())
    assert all(set(members) <= set(found.tables) for members in found.needed.values())
    for quantity in found.quantities.values():
        assert quantity.meaning
        assert {item for item in quantity.items if item != schema.IN_HOUSE} <= targets
    assert found.referred <= targets


def test_roles_fit_their_columns() -> None:
    """Tests that windows are months, prices are required money of items, and decisions and limits are on named rows."""
    for table in load_schema().tables.values():
        assert [table.columns[name].type for name in table.window] in ([], ["month", "month"])
        assert not table.price or (table.item and table.columns[table.price].required)
        assert not table.price or table.columns[table.price].is_money
        assert bool(table.decisions) <= (table.item and len(table.window) == 2)
        assert table.limits <= (bool(table.name_column) and len(table.window) == 2)
        assert table.name_column in ("", table.key[0])
    found = load_schema()
    assert {target.split(".")[0] for target in found.unique["item"] + found.unique["supply"]} <= set(
        found.names(lambda table: table.item)
    )
    assert set(found.members) == set(found.tables["policies"].columns["subject"].choices)
    assert all(set(targets) <= {where for where, _ in columns()} for targets in found.members.values())


def test_roles_follow_from_references() -> None:
    """Tests what the format says of the decisions, agreements, parties and sites of its tables."""
    found = load_schema()
    assert found.agreements == ("contracts", "outlets")
    assert found.decisions["expire"] == ("contracts", "outlets")
    assert found.decisions["hand_back"] == ("contracts",)
    parties = {name: table.party_column for name, table in found.tables.items() if table.party_column}
    assert parties == {
        **dict.fromkeys(("contracts", "on_demand", "commitments"), "provider"),
        "outlets": "tenant",
    }
    sites = found.names(lambda table: table.site_column)
    assert sites == ("power", "fleet", "builds", "purchases")


def test_own_rules_can_ask_for_every_quantity() -> None:
    """Tests that the choices of a rule's term are the quantities that are told."""
    assert set(load_schema().tables["rule_terms"].columns["quantity"].choices) == set(load_schema().quantities)


def test_columns_can_be_attributes_of_rows() -> None:
    """Tests that columns named as Python's own words get an underscore, and all can be read as attributes."""
    assert Column(name="class", type="name", meaning="x").attribute == "class_"
    assert Column(name="price", type="number", meaning="x").attribute == "price"
    assert all(column.attribute.isidentifier() for _, column in columns())


def test_the_format_is_frozen() -> None:
    """Tests that no part of the format can be changed by who reads it, and that it is read once."""
    found: Any = load_schema()
    assert id(found) == id(load_schema())
    with pytest.raises(TypeError, match="does not support item assignment"):
        found.tables["x"] = None
    with pytest.raises(AttributeError, match="cannot assign to field"):
        found.format = 2


def test_an_incomplete_installation_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests that a package without its data says so."""
    monkeypatch.setattr(schema, "__file__", str(tmp_path / "optimizer" / "schema.py"))
    with pytest.raises(FileNotFoundError, match="the installation is incomplete"):
        models_folder()

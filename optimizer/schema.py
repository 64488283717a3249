"""The instance format and the program's contents, loaded from ``models/``: the one place that finds that folder."""

from __future__ import annotations

import keyword
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

IN_HOUSE = "in_house"


@dataclass(frozen=True)
class TriedStep:
    """A change of usual size in a cell: how, by what, in words before the item, and whether it only adds plans."""

    how: str
    value: str
    words: str
    helps: bool = False


@dataclass(frozen=True)
class Resource:
    """What the items of a table are in FOCUS: type of the resource, service and its category."""

    kind: str
    service: str
    category: str


@dataclass(frozen=True)
class Column:
    """A column of a table, or a key of the head.

    Attributes
    ----------
    name : str
        Name as written in the header.
    type : str
        ``name``, ``ref``, ``text``, ``number``, ``integer``, ``flag``, ``month``, ``choice``, ``list`` or ``numbers``.
    meaning : str
        One sentence for people.
    unit : str
        Unit of a number, ``""`` without one.
    required : bool
        Whether every row needs a value.
    default : Any
        What a blank means; ``"@first"``, ``"@last"`` and ``"@name"`` as defined in ``tables.toml``; None stays blank.
    min, above, below, max : float or None
        Bounds; ``above`` and ``below`` are exclusive.
    choices : tuple
        All legal values, empty if free.
    refers : tuple of str
        ``table.column`` that must contain the value.
    usual : tuple of float or None
        Range outside which a value is suspicious.
    or_zero : bool
        Whether 0 is usual too.
    pattern : str
        Regular expression that the full text must match, ``""`` if free.
    names : bool
        Whether it is a text that names a row of some table.
    numeric : bool
        Whether it is a text that is mostly a number.
    picks : str
        ``table`` where it names a table, ``row`` or ``column`` where it names one of the table that its row names.
    later : bool
        Whether it was added to the format later, so that the hash leaves it out where all rows have the default.
    left : bool
        Whether it limits a window, so that a rolled instance has what is left of it.
    until : bool
        Whether it is the first month without the row.
    tried : TriedStep or None
        Change of usual size that is tried on each item, if any is.
    """

    name: str
    type: str
    meaning: str
    unit: str = ""
    required: bool = False
    default: Any = None
    min: float | None = None
    above: float | None = None
    below: float | None = None
    max: float | None = None
    choices: tuple[Any, ...] = ()
    refers: tuple[str, ...] = ()
    usual: tuple[float, float] | None = None
    or_zero: bool = False
    pattern: str = ""
    names: bool = False
    numeric: bool = False
    picks: str = ""
    later: bool = False
    left: bool = False
    until: bool = False
    tried: TriedStep | None = None

    def is_usual(self, value: float, scale: float = 1.0) -> bool:
        """Whether a number is within the usual range, its ends times ``scale``, if there is one."""
        if self.usual is None or (self.or_zero and value == 0):
            return True
        return self.usual[0] * scale <= value <= self.usual[1] * scale

    @property
    def is_money(self) -> bool:
        """Whether the unit is one of money, so that the usual range depends on the currency."""
        return self.unit.startswith("money")

    @property
    def attribute(self) -> str:
        """Name as an attribute of a row: ``class`` and ``from`` get an underscore."""
        return f"{self.name}_" if keyword.iskeyword(self.name) else self.name


@dataclass(frozen=True)
class Table:
    """A table of the format, or its head.

    Attributes
    ----------
    name : str
        Name of the table: of its file, sheet or frame.
    meaning : str
        One sentence for people.
    columns : mapping of str to Column
        Columns by name, in their order.
    key : tuple of str
        Columns that together must not repeat, except where ``adds`` names a column.
    adds : str
        Column whose values add up over rows with the same key, ``""`` where a key must not repeat.
    required : bool
        Whether an instance must have rows in it.
    step : str
        Month column of a step series, ``""`` if the table is not one.
    item : bool
        Whether plans refer to its rows by name.
    window : tuple of str
        Columns with the first and last month in which a row applies or can be decided on, ``()`` if it has none.
    decisions : tuple of str
        Decisions of a plan on its rows: first the one that takes them, then those that end them.
    price : str
        Column with the price of an offer, ``""`` if its rows are not offers.
    limits : bool
        Whether its rows limit plans in their window.
    ordered : bool
        Whether the order of its rows counts.
    focus : Resource or None
        What its items are in the FOCUS dataset, where they are billed.
    uncovered : str
        What its rows are about, where the program refuses an instance with any; ``""`` where it covers them.
    """

    name: str
    meaning: str
    columns: Mapping[str, Column]
    key: tuple[str, ...] = ()
    adds: str = ""
    required: bool = False
    step: str = ""
    item: bool = False
    window: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    price: str = ""
    limits: bool = False
    uncovered: str = ""
    ordered: bool = False
    focus: Resource | None = None

    @property
    def name_column(self) -> str:
        """Column that names the row, ``""`` if rows have no names."""
        return next((column.name for column in self.columns.values() if column.type == "name"), "")

    @property
    def party_column(self) -> str:
        """Column that names the party of an item, ``""`` if items have none."""
        return self._ref("providers.provider")

    @property
    def site_column(self) -> str:
        """Column that names the site of every row, ``""`` if rows have none."""
        name = self._ref("sites.site")
        return name if name and self.columns[name].required else ""

    @property
    def is_agreement(self) -> bool:
        """Whether its rows are agreements on blocks that end: contracts and outlets."""
        return "expire" in self.decisions

    def _ref(self, target: str) -> str:
        columns = self.columns.values()
        return next((column.name for column in columns if column.type == "ref" and column.refers == (target,)), "")


@dataclass(frozen=True)
class Quantity:
    """What a planner's own rule can be about, month by month.

    Attributes
    ----------
    name : str
        Name as written in ``rule_terms``.
    meaning : str
        What it counts, for people.
    unit : str
        Unit it is counted in.
    items : tuple of str
        ``table.column`` of the names that have it; ``in_house`` for the own sites together.
    sells : str
        What an outlet must sell to have it, ``""`` if any has it.
    """

    name: str
    meaning: str
    unit: str
    items: tuple[str, ...]
    sells: str = ""


@dataclass(frozen=True)
class Schema:
    """The complete format.

    Attributes
    ----------
    format : int
        Version of the format.
    head : Table
        Keys of the head, as columns.
    tables : mapping of str to Table
        Tables by name, in their order.
    unique : mapping of str to tuple of str
        Sets of ``table.column`` whose names must not repeat across tables.
    needed : mapping of str to tuple of str
        Sets of tables of which at least one must have rows.
    members : mapping of str to tuple of str
        Kinds of member that a policy can be about, with the ``table.column`` of their names.
    quantities : mapping of str to Quantity
        What the planner's own rules can be about, by name.
    mistaken : mapping of str to tuple of (str, float)
        By the unit of a column, what a number outside its usual range may be in instead, and the factor to the unit.
    currencies : mapping of str to float
        Units of a currency that buy about what one US dollar does, in which usual ranges of money are.
    """

    format: int
    head: Table
    tables: Mapping[str, Table]
    unique: Mapping[str, tuple[str, ...]]
    needed: Mapping[str, tuple[str, ...]]
    members: Mapping[str, tuple[str, ...]]
    quantities: Mapping[str, Quantity]
    mistaken: Mapping[str, tuple[tuple[str, float], ...]]
    currencies: Mapping[str, float]

    def names(self, role: Callable[[Table], object]) -> tuple[str, ...]:
        """Names of the tables for which a predicate holds, in their order."""
        return tuple(name for name, table in self.tables.items() if role(table))

    @cached_property
    def agreements(self) -> tuple[str, ...]:
        """Tables whose rows are agreements."""
        return self.names(lambda table: table.is_agreement)

    @cached_property
    def decisions(self) -> Mapping[str, tuple[str, ...]]:
        """Tables whose rows a decision can be about, by decision."""
        found: dict[str, tuple[str, ...]] = {}
        for name, table in self.tables.items():
            for decision in table.decisions:
                found[decision] = (*found.get(decision, ()), name)
        return MappingProxyType(found)

    @cached_property
    def referred(self) -> frozenset[str]:
        """Every ``table.column`` that some other column refers to."""
        columns = (column for table in self.tables.values() for column in table.columns.values())
        return frozenset(target for column in columns for target in column.refers)


def models_folder() -> Path:
    """Folder with the data files of the models: ``models/`` of a checkout, or what an installed package carries."""
    here = Path(__file__).resolve().parent
    for folder in (here / "_models", here.parent / "models"):
        if (folder / "capacity_allocation" / "tables.toml").is_file():
            return folder
    raise FileNotFoundError(
        f"{here} has no models/capacity_allocation/tables.toml: the installation is incomplete; install capopt again"
    )


def _load(name: str) -> dict[str, Any]:
    with (models_folder() / "capacity_allocation" / name).open("rb") as file:
        return tomllib.load(file)


def _frozen(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry with its TOML arrays as tuples."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}


def _column(entry: Mapping[str, Any]) -> Column:
    tried = {"tried": TriedStep(**entry["tried"])} if "tried" in entry else {}
    return Column(**_frozen(entry) | tried)


def _table(name: str, entry: Mapping[str, Any]) -> Table:
    columns = MappingProxyType({column["name"]: _column(column) for column in entry["columns"]})
    focus = {"focus": Resource(**entry["focus"])} if "focus" in entry else {}
    return Table(**_frozen(entry) | focus | {"name": name, "columns": columns})


def _quantity(name: str, entry: Mapping[str, Any]) -> Quantity:
    return Quantity(name=name, **{**entry, "items": tuple(entry["items"])})


def _sets(entry: Mapping[str, list[str]]) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({name: tuple(members) for name, members in entry.items()})


def _mistaken(entry: Mapping[str, list[Any]]) -> Mapping[str, tuple[tuple[str, float], ...]]:
    return MappingProxyType(
        {unit: tuple((str(name), float(by)) for name, by in pairs) for unit, pairs in entry.items()}
    )


@cache
def load_schema() -> Schema:
    """Return the instance format of ``tables.toml``."""
    data = _load("tables.toml")
    return Schema(
        format=data["format"],
        head=_table("instance", data["head"]),
        tables=MappingProxyType({name: _table(name, entry) for name, entry in data["tables"].items()}),
        unique=_sets(data["unique"]),
        needed=_sets(data["needed"]),
        members=_sets(data["members"]),
        quantities=MappingProxyType({name: _quantity(name, entry) for name, entry in data["quantities"].items()}),
        mistaken=_mistaken(data["mistaken"]),
        currencies=MappingProxyType(data["currencies"]),
    )


@cache
def program_contents() -> dict[str, Any]:
    """Return the contents of the program as defined in ``program.toml``."""
    return _load("program.toml")


@cache
def plan_contents() -> dict[str, Any]:
    """Return the tables of a plan as defined in ``plan.toml``."""
    return _load("plan.toml")

"""Bounds and integrality: what program.toml declares is what is built, and what disagrees is an error."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import pytest

import optimizer
from optimizer.instance.instance import Instance
from optimizer.program import build as builder
from optimizer.program import demand, power, runs
from optimizer.program.build import ROOMS, Program
from optimizer.schema import program_contents
from tests.program.rich import rich_frames

VARIABLES = program_contents()["variables"]


@pytest.fixture(scope="module")
def program() -> Program:
    tables = rich_frames()
    tables["training_runs"] = tables["training_runs"].assign(required=True)
    return optimizer.build(optimizer.read(tables))


def _numbers(program: Program, family: str) -> dict[Any, int]:
    return {None: 0} if family == "one" else program.parts.col[family]


# ---------------------------------------------------------------- declared is built
@pytest.mark.parametrize("family", VARIABLES)
def test_a_family_is_built_over_its_declared_set(program: Program, family: str) -> None:
    """Tests that the columns of a family are exactly the index set of its room, in order."""
    if family != "one":
        declared = ROOMS[VARIABLES[family]["room"]].sets(program.index)[family]
        assert list(program.parts.col[family]) == list(dict.fromkeys(declared))


@pytest.mark.parametrize("family", VARIABLES)
def test_numbers_declared_are_those_built(program: Program, family: str) -> None:
    """Tests that bounds and integrality declared as such are those of every column, and all others are by key."""
    entry, parts = VARIABLES[family], program.parts
    numbers = _numbers(program, family).values()
    for side, built in zip(entry["bounds"], (parts.lower, parts.upper), strict=True):
        found = {built[number] for number in numbers}
        assert found == {side} if not isinstance(side, str) else all(value >= 0 for value in found)
    if not isinstance(entry["integer"], str):
        assert {parts.integer[number] for number in numbers} == {entry["integer"]}


# What is declared in words, from the tables of the rich instance. Its agreements: old is agreed already with 2 blocks,
# the others have max_blocks; all are in integer blocks and lots, but for the grid connection.
_MOST = {"lease": 3, "block": 4, "old": 2, "again": 3, "grid": 1, "let": 1, "space": 1}


def _started(_: Instance, name: str, __: int) -> tuple[float, float, bool]:
    return (2, 2, False) if name == "old" else (0, _MOST[name], name != "grid")


def _bought(instance: Instance, _: str, __: int) -> tuple[float, float, bool]:
    row = instance.rows["purchases"][0]  # 300 a month of 800 in all, in lots of 100
    assert (row.max_per_month, row.max_total, row.lot_size) == (300, 800, 100)
    return 0, 3, True


def _used(_: Instance, pool: str, t: int) -> tuple[float, float, bool]:
    """Units of 10 accelerators: hall buys, contracts have no bound here, barn has its fleet of 200 tpu."""
    return 0, {"hourly": 20.0, "rate": 15.0, "barn/tpu": 20.0}.get(pool, math.inf), False


def _unserved(_: Instance, workload: str, t: int) -> tuple[float, float, bool]:
    chat = 90 if t < 2 else 130 if t < 5 else 100
    return 0, 0.8 * chat if workload == "chat" else 20, False  # min_service 0.2 of chat


BY_KEY: dict[str, Any] = {
    "built": lambda instance, build, _: (0, {"wing": 2, "annex": 1}[build], True),
    "bought": _bought,
    "started": _started,
    "ended": lambda _, name, __: (0, math.inf, name != "grid"),
    "in_force": lambda _, name, __: (0, _MOST[name], False),
    "used": _used,
    "unserved": _unserved,
    "not_run": lambda *_: (0, 0, False),  # required here
}


def test_every_declaration_in_words_is_tried() -> None:
    """Tests that the table above has each family of which a bound or the integrality is declared in words."""
    words = [name for name, entry in VARIABLES.items() if str in map(type, (*entry["bounds"], entry["integer"]))]
    assert words == list(BY_KEY)


@pytest.mark.parametrize("family", BY_KEY)
def test_words_declared_are_what_is_built(program: Program, family: str) -> None:
    """Tests bounds and integrality by key against the tables of the instance."""
    parts = program.parts
    assert program.units.accelerators == 10
    for key, number in parts.col[family].items():
        expected = BY_KEY[family](program.instance, *(key if isinstance(key, tuple) else (key,)))
        assert (parts.lower[number], parts.upper[number], parts.integer[number]) == pytest.approx(expected), key


# ---------------------------------------------------------------- what disagrees is an error
def _rename(monkeypatch: pytest.MonkeyPatch, room: ModuleType, old: str, new: str) -> None:
    hook = getattr(room, old)
    monkeypatch.delattr(room, old)
    monkeypatch.setattr(room, new, hook, raising=False)


@pytest.mark.parametrize(
    ("room", "old", "new"),
    [
        (power, "limits_built", "limits_build"),
        (power, "integer_built", "integer_bilt"),
        (demand, "limits_used", "limit_used"),
    ],
    ids=lambda one: str(getattr(one, "__name__", one)),
)
def test_a_misspelt_function_is_an_error(monkeypatch: pytest.MonkeyPatch, room: ModuleType, old: str, new: str) -> None:
    """Tests that a function under another name, which nothing would call, ends the build instead of a free column."""
    _rename(monkeypatch, room, old, new)
    with pytest.raises(LookupError, match=r"name the function after|declared in words, and there is no function"):
        optimizer.build(optimizer.read(rich_frames()))


def test_a_function_that_nothing_declares_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a function for what is declared in numbers, or in another room, is refused."""
    monkeypatch.setattr(runs, "integer_placed", lambda *_: False, raising=False)
    with pytest.raises(
        LookupError, match=r"variables\.placed\], integer: declared in numbers, and there is a function"
    ):
        optimizer.build(optimizer.read(rich_frames()))
    monkeypatch.delattr(runs, "integer_placed")
    monkeypatch.setattr(runs, "limits_built", power.limits_built, raising=False)
    with pytest.raises(LookupError, match="declares no variable built in room runs"):
        optimizer.build(optimizer.read(rich_frames()))


def test_a_bound_other_than_declared_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that a function cannot give another number than the one declared: 0 as the least of what is built."""
    monkeypatch.setattr(power, "limits_built", lambda *_: (-1.0, 2.0))
    with pytest.raises(LookupError, match="other bounds of built than 0, as declared"):
        optimizer.build(optimizer.read(rich_frames()))


def test_every_room_is_looked_through() -> None:
    """Tests that the rooms of the program's variables are those that are checked."""
    assert {entry["room"] for entry in VARIABLES.values()} <= set(builder.ROOMS)

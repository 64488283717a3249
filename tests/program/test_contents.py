"""What program.toml declares is what is built, and what formulation.md describes."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pyomo.environ as pyo
import pytest

import optimizer
from optimizer.program.build import ROOMS, Program
from optimizer.program.index import Index
from optimizer.program.row_names import name_of
from optimizer.schema import models_folder, program_contents
from tests.program.rich import rich_frames

CONTENTS = program_contents()
FAMILIES = [*CONTENTS["variables"], *CONTENTS["constraints"]]
FORMULATION = (models_folder() / "capacity_allocation" / "formulation.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def program() -> Program:
    return optimizer.build(optimizer.read(rich_frames()))


def test_declared_is_built(program: Program) -> None:
    """Tests that variables and constraint families of the model are those of program.toml, in its order."""
    for kind, declared in ((pyo.Var, CONTENTS["variables"]), (pyo.Constraint, CONTENTS["constraints"])):
        built = [component.local_name for component in program.model.component_objects(kind)]
        assert built == list(declared)
    objectives = [objective.local_name for objective in program.model.component_objects(pyo.Objective)]
    assert objectives == ["net_present_cost"]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_index_is_of_its_declared_kinds(program: Program, family: str) -> None:
    """Tests that each family has keys in the rich instance, each position holding what program.toml says it does."""
    entry = CONTENTS["variables"].get(family) or CONTENTS["constraints"][family]
    things = _things(program.index)
    keys = list(getattr(program.model, family))
    assert keys
    for key in keys:
        parts = () if key is None else key if isinstance(key, tuple) else (key,)
        assert len(parts) == len(entry["index"])
        assert all(part in things[kind] for part, kind in zip(parts, entry["index"], strict=True))


def _things(index: Index) -> dict[str, Any]:
    """What each kind of index can be."""
    rows = index.rows
    return {
        "month": range(index.horizon),
        "build": {row.build for row in rows["builds"]},
        "purchase": {row.purchase for row in rows["purchases"]},
        "agreement": {row.contract for row in rows["contracts"]} | {row.outlet for row in rows["outlets"]},
        "site": {row.site for row in rows["sites"]},
        "offer": {row.offer for row in rows["on_demand"]},
        "pool": {"hall/gpu", "barn/tpu", "lease", "block", "old", "again", "hourly", "rate"},
        "workload": {row.workload for row in rows["workloads"]},
        "run": {row.run for row in rows["training_runs"]},
        "size": {size for row in rows["training_runs"] for size in row.sizes},
        "commitment": {row.commitment for row in rows["commitments"]},
        "provider": {row.provider for row in rows["providers"]},
        "policy": {row.policy for row in rows["policies"]},
        "member": {"alpha", "neo", "cloud", "lab"},
        "rule": {row.rule for row in rows["rules"]},
        "budget": {row.budget for row in rows["budgets"]},
    }


def test_every_cash_term_is_declared_and_booked(program: Program) -> None:
    """Tests that the ledger books each term of program.toml in the rich instance, and no other."""
    assert {account.term for account in program.entries.names} == set(CONTENTS["terms"])


def test_every_column_of_the_ledger_is_a_variable_of_the_model(program: Program) -> None:
    """Tests that the program's columns are all variables of the model, in the order of program.toml."""
    expected = [variable.name for variable in program.model.component_data_objects(pyo.Var)]
    assert [variable.name for variable in program.model.columns] == expected
    assert [name_of(column) for column in program.columns] == expected


def test_columns_of_a_family_follow_one_another(program: Program) -> None:
    """Tests that the stretch of each family holds the numbers of its columns, in order."""
    for family, columns in program.parts.col.items():
        stretch = program.parts.stretch(family)
        assert list(range(stretch.start, stretch.stop)) == list(columns.values())


@pytest.mark.parametrize("family", CONTENTS["constraints"])
def test_a_family_is_a_documented_function_of_its_room(family: str) -> None:
    """Tests that each constraint family is a function of its room, its formula and index domain in its docstring."""
    text = documentation(family)
    assert re.search(r"``[^`]*(=|<=|>=)[^`]*``.* for each ", text), "expected ``left = right`` for each ..."


@pytest.mark.parametrize("family", CONTENTS["constraints"])
def test_a_formula_names_the_variables_of_its_rows(program: Program, family: str) -> None:
    """Tests that every variable in the rows that a family builds is named by its docstring.

    Own rules and budgets are sums over whatever the tables name; the constant 1 carries numbers.
    """
    if family in ("own_rule", "budget_limit"):
        return
    numbers = {column for row in program.parts.rows[family].values() for column in row.columns}
    built = {program.parts.names[column][0] for column in numbers} - {"one"}
    named = set(re.findall(r"[a-z_]+", documentation(family)))
    assert built
    assert built <= named


def documentation(family: str) -> str:
    """Docstring of a family's function, in one line."""
    return " ".join((getattr(ROOMS[CONTENTS["constraints"][family]["room"]], family).__doc__ or "").split())


@pytest.mark.parametrize("name", CONTENTS["variables"])
def test_a_variable_has_a_row_in_the_formulation(name: str) -> None:
    """Tests that each variable has a row in the table of variables, and a unit."""
    assert re.search(rf"^\| `{name}` \|", section("2. Variables"), flags=re.MULTILINE)
    assert CONTENTS["variables"][name]["unit"]


@pytest.mark.parametrize("term", CONTENTS["terms"])
def test_a_cash_term_has_a_row_in_the_formulation(term: str) -> None:
    """Tests that each cash term has a row in the table of money."""
    assert f"\n| `{term}` |" in FORMULATION.split("Payments: `payments`")[1]


def test_families_are_numbered_by_room() -> None:
    """Tests that formulation.md has a section for each room and a numbered heading for each family, in order."""
    rooms = re.findall(r"^## (\d+)\. .*: `([a-z]+)`$", FORMULATION, flags=re.MULTILINE)
    assert [room for _, room in rooms] == [*ROOMS, "payments"]
    numbers = {room: number for number, room in rooms}
    expected, count = [], Counter[str]()
    for family, entry in [*CONTENTS["constraints"].items(), ("net_present_cost", {"room": "payments"})]:
        count[entry["room"]] += 1
        expected.append(f"{numbers[entry['room']]}.{count[entry['room']]} {family}")
    assert re.findall(r"^### (\d.*)$", FORMULATION, flags=re.MULTILINE) == expected


def section(title: str) -> str:
    """Text of a section of formulation.md."""
    return FORMULATION.split(f"## {title}")[1].split("\n## ")[0]


# Words, marks and relations of LaTeX, which are no symbols.
_MARKS = re.compile(
    r"\\text\{[^}]*\}|\\(overline|underline|sum|le|ge|lt|min|max|lceil|rceil|frac|left|right|dots|cdot|infty)(?![A-Za-z])"
)


def letters(formula: str) -> list[str]:
    """Letters of a formula: Latin ones, and Greek ones with their backslash."""
    return re.findall(r"\\[A-Za-z]+|[A-Za-z]", _MARKS.sub(" ", formula))


def test_every_symbol_has_one_meaning() -> None:
    """Tests that no letter has two rows in the tables of symbols and variables, and every letter used has one."""
    symbols = re.findall(r"^\| \$([^$]+)\$ \|", section("1. Conventions"), flags=re.MULTILINE)
    symbols += re.findall(r"^\| `[a-z_]+` \| \$([^$]+)\$ \|", section("2. Variables"), flags=re.MULTILINE)
    declared = Counter(
        letters(symbol)[0] for symbol in symbols if letters(symbol) and not symbol.startswith("\\overline")
    )
    assert [letter for letter, times in declared.items() if times > 1] == []
    used = [letter for formula in re.findall(r"\$([^$]+)\$", FORMULATION) for letter in letters(formula)]
    assert set(used) == set(declared)


def test_symbols_of_scenarios_are_others() -> None:
    """Tests that docs/uncertainty.md declares every letter that it uses, once, and none of the formulation but t."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "uncertainty.md").read_text(encoding="utf-8")
    symbols = re.findall(r"^\| \$([^$]+)\$ \|", page, flags=re.MULTILINE)
    declared = [letters(symbol)[0] for symbol in symbols]
    used = {letter for formula in re.findall(r"\$([^$]+)\$", page) for letter in letters(formula)}
    assert len(declared) == len(set(declared))
    assert used == {*declared, "t"}
    others = {letter for formula in re.findall(r"\$([^$]+)\$", FORMULATION) for letter in letters(formula)}
    assert others & set(declared) == set()

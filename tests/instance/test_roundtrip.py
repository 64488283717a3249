"""From one carrier to the other and back, nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from optimizer.generator import random_instance
from optimizer.instance.edit import apply_edits
from optimizer.instance.examples import example_names, find_example
from optimizer.instance.instance import Instance
from optimizer.instance.read import read
from optimizer.instance.template import create
from tests.instance.sample import put, sample, write_folder


def _same(found: Instance, wanted: Instance) -> None:
    """Raise unless two instances have the same head, and the same rows in the same order."""
    assert found.head == wanted.head
    for table, rows in wanted.rows.items():
        assert [dict(row) for row in found.rows[table]] == [dict(row) for row in rows], table
    assert found.hash == wanted.hash
    assert _warned(found) == _warned(wanted)


def _warned(instance: Instance) -> list[tuple[str, str]]:
    """Tables and columns that are warned of."""
    return [(warning.where.removesuffix(".csv"), warning.column) for warning in instance.warnings]


def _there_and_back(instance: Instance, folder: Path) -> None:
    _same(apply_edits(instance, ()), instance)
    workbook = read(instance.save(folder / "first.xlsx"))
    _same(workbook, instance)
    again = read(workbook.save(folder / "second"))
    _same(again, instance)


@pytest.mark.parametrize("example", example_names())
def test_examples_go_there_and_back(tmp_path: Path, example: str) -> None:
    """Tests that every example goes from folder to workbook to folder without a loss, title and sources included."""
    instance = read(find_example(example))
    _there_and_back(instance, tmp_path)
    create(tmp_path / "new.xlsx", example=example)
    _same(read(tmp_path / "new.xlsx"), instance)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_instances_go_there_and_back(tmp_path: Path, seed: int) -> None:
    """Tests that instances that use every table and column lose nothing either."""
    _there_and_back(random_instance(seed, "small"), tmp_path)


def test_awkward_texts_go_there_and_back(tmp_path: Path) -> None:
    """Tests that texts like formulas, numbers, dates and flags, line breaks and long fractions stay what they are."""
    tables = sample()
    for row, text in ((2, "=1+1"), (3, "'quoted\"")):
        put(tables, "accelerators", row, "vendor", text)
    put(tables, "accelerators", 2, "description", "two\nlines, a\ttab")
    for row, region in ((2, "2026-05"), (3, "1e5")):
        put(tables, "sites", row, "region", region)
    put(tables, "contracts", 2, "region", "TRUE")
    put(tables, "workloads", 2, "regions", "2026-05;1e5")
    put(tables, "contracts", 2, "price", 0.1 + 0.2)
    put(tables, "fleet", 2, "count", 123456789012345.6)
    head = {"format": 1, "name": "sample", "start": "2026-01", "months": 24, "title": "-5 %", "sources": "= a\n\nb"}
    instance = read(write_folder(tmp_path / "source", tables, head))
    assert instance.rows["contracts"][0].region == "TRUE"
    _there_and_back(instance, tmp_path)

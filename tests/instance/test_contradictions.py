"""Rows that contradict each other, names that nothing has, tables that are missing: each cause is reported once."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

from tests.instance.edits import frames
from tests.instance.fault_texts import fault_texts
from tests.instance.sample import HEAD, Tables, edited, sample, write_folder, write_workbook

# Edits of the sample, and all expected errors of its frames, one per line.
WRONG_ROWS = Path(__file__).parents[1] / "data" / "invalid" / "wrong_rows.csv"


def _wrong_rows() -> list[list[str]]:
    with WRONG_ROWS.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


@pytest.mark.parametrize(("edits", "messages"), _wrong_rows())
def test_each_cause_is_reported_once(edits: str, messages: str) -> None:
    """Tests that a contradiction of rows, a wrong name or a missing table is reported once, without consequences."""
    assert fault_texts(frames(edited(edits))) == messages.split("\n")


def _long(rows: int) -> Tables:
    """The sample with a demand that has many rows."""
    tables = sample()
    tables["workloads"].append(["chat", "serve", "1", "", "", ""])
    tables["demand"] += [["chat", f"{2000 + i // 12}-{i % 12 + 1:02d}", "1"] for i in range(rows)]
    return tables


def test_a_name_spelt_wrongly_where_it_is_given() -> None:
    """Tests that one wrong name is one fault, however many rows name it rightly."""
    tables = _long(600)
    tables["workloads"][3][0] = "chta"
    assert fault_texts(frames(tables)) == [
        "workloads, row 3, column workload: nothing names 'chta', but 600 cells name 'chat': first in demand row 4. "
        "Did you mean 'chat'?"
    ]


def test_a_reference_spelt_wrongly() -> None:
    """Tests that wrong references are reported one by one where others of the same name are right."""
    tables = _long(600)
    for row in (7, 9):
        tables["demand"][row][0] = "chatt"
    problem = "column workload: no workload is called 'chatt'. Did you mean 'chat'?"
    assert fault_texts(frames(tables)) == [f"demand, row 7, {problem}", f"demand, row 9, {problem}"]


def test_an_unreadable_table_explains_what_refers_to_it(tmp_path: Path) -> None:
    """Tests that nothing is said of names that may stand in a table that cannot be read."""
    folder = write_folder(tmp_path, sample())
    for name in ("sites", "contracts"):
        (folder / f"{name}.csv").write_bytes(b"")
    problem = "is empty; expected a header row with the names of the columns."
    assert fault_texts(folder) == [f"sites.csv: {problem}", f"contracts.csv: {problem}"]


@pytest.mark.parametrize("carrier", ["folder", "workbook", "frames"])
def test_an_unknown_table_hides_nothing(tmp_path: Path, carrier: str) -> None:
    """Tests that faults on a table are reported although another has nearly its name, and the head is read likewise."""
    tables = edited("prices|2|item|zzz & budgets|2|from|2027-01")
    tables["outlet"] = tables["instances"] = [["a"], ["1"]]
    dangling = "column item: no contract, outlet, offer or purchase is called 'zzz'."
    window = "column from: from (2027-01) is after to (2026-12). Change one of them."
    unknown = "no such table in the format. Did you mean"
    if carrier == "folder":
        assert fault_texts(write_folder(tmp_path, tables)) == [
            f"prices.csv, row 2, {dangling}",
            f"budgets.csv, row 2, {window}",
            *(
                "instances.csv: no such table in the format. If it contains notes, begin its name with notes.",
                f"outlet.csv: {unknown} 'outlets.csv'?",
            ),
        ]
    elif carrier == "workbook":
        assert fault_texts(write_workbook(tmp_path / "mine.xlsx", tables)) == [
            f"prices, cell A2, row 2, {dangling}",
            f"budgets, cell B2, row 2, {window}",
            *(f"outlet: {unknown} 'outlets'?", f"instances: {unknown} 'instance'?"),
        ]
    else:
        plain = {name: pd.DataFrame(rows[1:], columns=rows[0]) for name, rows in tables.items()}
        assert fault_texts({**plain, "instance": HEAD}) == [
            f"prices, row 1, {dangling}",
            f"budgets, row 1, {window}",
            *(f"outlet: {unknown} 'outlets'?", f"instances: {unknown} 'instance'?"),
        ]

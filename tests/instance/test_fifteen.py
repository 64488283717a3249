"""Fifteen faults of fifteen kinds, planted together: exactly these are reported, in the order of their places."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import capopt
from tests.instance.fault_texts import fault_texts
from tests.instance.sample import HEAD, put, sample, write_folder, write_workbook

# In each fault: a table, the row of a folder, the cell of a workbook, a column and the message; {} is the ending
# of a table's file.
FAULTS = [
    ("instance", 5, "B6", "discount_rate", "expected at most 1 (per year), found 9. Did you mean '0.09'?"),
    ("accelerators", 2, "B2", "kw", "a required value is missing."),
    ("throughput", 3, "B3", "accelerator", "no accelerator is called 'tpuu'. Did you mean 'tpu'?"),
    (
        *("providers", 2, "B2", "kind"),
        "'hyperscalar' is not a valid choice; expected one of hyperscaler, neocloud, tenant, other. "
        "Did you mean 'hyperscaler'?",
    ),
    ("sites", 1, "D1", "availabilty", "no such column in the format. Did you mean 'availability'?"),
    ("power", 2, "C2", "mw", "expected a number, found 'ten'."),
    ("fleet", 2, "C2", "count", "expected at least 0 (accelerators), found -4000."),
    ("builds", 2, "E2", "lead_months", "expected an integer, found '2.5'."),
    ("contracts", 2, "A2", "contract", "'lease' is already a name in purchases{} row 2; choose another name."),
    (
        *("contracts", 3, "I3", "term_months"),
        "exactly one of term_months (fixed) and min_term_months (terminable) is required; both are given. "
        "Leave one blank.",
    ),
    (
        *("ramps", 3, "B3", "month_of_term"),
        "the ramp of 'lease' goes on beyond its min_term_months (6). End it by then, or make the term longer.",
    ),
    ("outlets", 3, "A3", "outlet", "'let' duplicates row 2."),
    ("demand", 3, "B3", "month", "expected a month YYYY-MM, found 'Jan 2027'. Did you mean '2027-01'?"),
    ("scenarios", None, "", "probability", "the probabilities sum to 1.1; they must sum to 1. Correct one of them."),
    ("changes", 2, "C2", "key", "no build in builds is called 'hal-1'. Did you mean 'hall-1'?"),
]

# Cells that are changed: table, row, column, value.
PLANTED = [
    ("accelerators", 2, "kw", ""),
    ("throughput", 3, "accelerator", "tpuu"),
    ("providers", 2, "kind", "hyperscalar"),
    ("power", 2, "mw", "ten"),
    ("fleet", 2, "count", "-4000"),
    ("builds", 2, "lead_months", "2.5"),
    ("purchases", 2, "purchase", "lease"),
    ("contracts", 3, "min_term_months", "6"),
    ("ramps", 3, "month_of_term", "7"),
    ("outlets", 3, "outlet", "let"),
    ("demand", 3, "month", "Jan 2027"),
    ("scenarios", 3, "probability", "0.4"),
    ("changes", 2, "key", "hal-1"),
]


def _plant(folder: Path, carrier: str) -> Path:
    """The sample with faults in fifteen places."""
    tables, head = sample(), {**HEAD, "discount_rate": 9}
    for table, row, column, value in PLANTED:
        put(tables, table, row, column, value)
    tables["sites"][0][3] = "availabilty"
    if carrier == "folder":
        return write_folder(folder / "mine", tables, head)
    return write_workbook(folder / "mine.xlsx", tables, head)


def _expected(carrier: str) -> list[str]:
    """Their messages."""
    lines = []
    for table, row, cell, column, problem in FAULTS:
        ending = {"instance": ".toml"}.get(table, ".csv") if carrier == "folder" else ""
        line = row if carrier == "folder" or not cell else int(cell[1:])
        places = [f"{table}{ending}", f"cell {cell}" if cell and not ending else "", f"row {line}" if line else ""]
        told_at = ", ".join(place for place in (*places, f"column {column}") if place)
        lines.append(f"{told_at}: {problem.format(ending)}")
    return lines


@pytest.mark.parametrize("carrier", ["folder", "workbook"])
def test_all_are_told(tmp_path: Path, carrier: str) -> None:
    """Tests that fifteen planted faults are reported, each once and nothing else, with row or sheet and cell."""
    assert len(FAULTS) == 15
    assert fault_texts(_plant(tmp_path, carrier)) == _expected(carrier)


@pytest.mark.parametrize("carrier", ["folder", "workbook"])
def test_validate_tells_all(tmp_path: Path, carrier: str) -> None:
    """Tests that `capopt validate` prints one line for each fault, and ends with 2."""
    path = _plant(tmp_path, carrier)
    done = capopt("validate", path, cwd=tmp_path)
    assert done.code == 2
    assert (done.out + done.err).splitlines() == [
        f"15 errors in instance {path}:",
        *(f"  {line}" for line in _expected(carrier)),
    ]


@pytest.mark.parametrize("carrier", ["folder", "workbook"])
def test_validate_tells_all_as_json(tmp_path: Path, carrier: str) -> None:
    """Tests that `capopt validate --json` has an entry for each fault, with its parts."""
    done = capopt("validate", _plant(tmp_path, carrier), "--json", cwd=tmp_path)
    assert (done.code, done.json["valid"], done.json["exit_code"]) == (2, False, 2)
    faults = done.json["faults"]
    assert [fault["text"] for fault in faults] == _expected(carrier)
    assert [fault["column"] for fault in faults] == [column for *_, column, _ in FAULTS]
    cells = [cell if carrier == "workbook" else "" for _, _, cell, _, _ in FAULTS]
    assert [fault["cell"] for fault in faults] == cells

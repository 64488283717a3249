"""No text in a file that capopt writes is a formula of a spreadsheet, and reading a file returns every text."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import load_workbook

import optimizer
from optimizer.format import guarded, unguarded
from optimizer.instance.mark import SHEET
from optimizer.plan.folder import table_bytes
from tests.program.tiny import frames

FIRST = ("=", "+", "-", "@", "\t", "\r")
LEASE, PARTY, JOBS = "=1+1", "@SUM(A1)", "-jobs"
TITLE = "+cmd|' /C calc'!A0"


@given(st.text(st.sampled_from("'=+-@\t\ra1 "), max_size=6))
@example("'=1")
@example("-1")
def test_a_text_is_no_formula_and_comes_back(text: str) -> None:
    """Tests that a guarded text begins with no sign of a formula, others are as they were, and each comes back."""
    assert not guarded(text).startswith(FIRST)
    assert unguarded(guarded(text)) == text
    assert guarded(text) in (text, f"'{text}")


@pytest.fixture(scope="module")
def instance() -> optimizer.Instance:
    """Two months of an instance whose names would be formulas: a block of the lease costs 2 x 1000."""
    lease = {"contract": LEASE, "provider": PARTY, "price": 1000, "term_months": 2, "max_blocks": 2}
    providers = [{"provider": PARTY}, {"provider": "'=quoted"}]
    given = frames(2, {JOBS: [10, 10]}, contracts=[lease], providers=providers, head={"title": TITLE})
    return optimizer.read(given)


@pytest.fixture(scope="module")
def plan(instance: optimizer.Instance) -> optimizer.Plan:
    """Its plan."""
    return optimizer.solve(instance, gap=0.0, threads=1)


def formulas(data: bytes) -> list[str]:
    """Cells of a CSV file that a spreadsheet would take for formulas: those that begin as one and are no numbers."""
    return [cell for row in csv.reader(io.StringIO(data.decode())) for cell in row if _is_formula(cell)]


def _is_formula(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell.startswith(FIRST)
    return False


def csv_files(folder: Path) -> Iterator[Path]:
    """CSV files of a folder, at least one."""
    found = sorted(folder.rglob("*.csv"))
    assert found
    yield from found


def test_an_instance_has_no_formulas(instance: optimizer.Instance, tmp_path: Path) -> None:
    """Tests folder and workbook: cells are texts, and both are read as the same instance."""
    folder, workbook = instance.save(tmp_path / "folder"), instance.save(tmp_path / "one.xlsx")
    assert [formulas(one.read_bytes()) for one in csv_files(folder)] == [[]] * len([*csv_files(folder)])
    assert f"'{LEASE}" in (folder / "contracts.csv").read_text()
    assert "''=quoted" in (folder / "providers.csv").read_text()
    cells = [cell for sheet in load_workbook(workbook) for row in sheet.iter_rows() for cell in row]
    assert [cell.value for cell in cells if cell.data_type == "f"] == []
    for one in (folder, workbook):
        back = optimizer.read(one)
        assert (back, back.hash) == (instance, instance.hash)
        assert back.contracts["contract"].tolist() == [LEASE]


def test_a_plan_has_no_formulas(plan: optimizer.Plan, tmp_path: Path) -> None:
    """Tests every table of a plan folder, explained ones too, and that it is read and audited as it was."""
    folder = plan.save(tmp_path / "plan")
    optimizer.explain(plan, quick=True).save(folder)
    assert {one.name: formulas(one.read_bytes()) for one in csv_files(folder)} == {
        one.name: [] for one in csv_files(folder)
    }
    back = optimizer.load_plan(folder)
    assert back.decisions["item"].tolist() == plan.decisions["item"].tolist() == [LEASE]
    assert {name: table.equals(plan.tables[name]) for name, table in back.tables.items()} == dict.fromkeys(
        back.tables, True
    )
    assert "=1+1" in set(back.explained["deadlines"]["item"])
    assert optimizer.audit(back).passed
    rolled = optimizer.roll(back, 1).instance
    assert optimizer.read(rolled.save(tmp_path / "rolled")) == rolled


def test_exports_have_no_formulas(plan: optimizer.Plan, tmp_path: Path) -> None:
    """Tests the FOCUS datasets, and the report as a workbook, in which only the own formulas are some."""
    for path in optimizer.write_focus(plan, tmp_path / "focus"):
        assert formulas(path.read_bytes()) == []
        assert f"'{PARTY}" in path.read_text()
    book = load_workbook(optimizer.write_report(plan, tmp_path / "plan.xlsx"))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    names = (LEASE, PARTY, JOBS, TITLE)
    assert {str(cell.value) for cell in cells if cell.data_type == "f"}.isdisjoint(names)
    assert {LEASE, PARTY} <= {cell.value for cell in cells if cell.data_type == "s"}


def test_errors_in_a_workbook_are_no_formulas(instance: optimizer.Instance, tmp_path: Path) -> None:
    """Tests that an invalid cell that would be a formula is listed as text."""
    source = instance.save(tmp_path / "one.xlsx")
    book = load_workbook(source)
    contracts = {cell.value: cell for cell in book["contracts"][1]}
    wrong = book["contracts"].cell(2, contracts["provider"].column)
    wrong.value, wrong.data_type = "=nobody", "s"
    book.save(source)
    with pytest.raises(optimizer.InstanceError) as caught:
        optimizer.read(source)
    marked = tmp_path / "marked.xlsx"
    optimizer.mark_workbook(source, caught.value.faults, marked)
    cells = [cell for row in load_workbook(marked)[SHEET].iter_rows() for cell in row]
    assert [cell.data_type for cell in cells if cell.value == "=nobody"] == ["s"]


def test_own_decisions_are_read_from_the_table_of_a_plan(plan: optimizer.Plan, tmp_path: Path) -> None:
    """Tests that the decisions of a plan folder name the items as they are."""
    from optimizer.analysis.own_decisions import read_decisions

    plan.save(tmp_path / "plan")
    assert read_decisions(tmp_path / "plan" / "decisions.csv")["item"].tolist() == [LEASE]


def test_other_cells_are_as_they_were() -> None:
    """Tests that numbers, flags and blanks of a table with texts are written as without them."""
    table = pd.DataFrame({"text": ["-a", None], "mixed": pd.Series([1, None], dtype=object), "amount": [-1.5, 2.0]})
    assert table_bytes(table).decode() == "text,mixed,amount\n'-a,1,-1.5\n,,2\n"
